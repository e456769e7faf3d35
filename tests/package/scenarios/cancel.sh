# A job that is cancelled gets SIGTERM once, and a grace; what is left of it then, SIGKILL.
scenario() {
    configure '[jobs]' 'stop_grace = "2s"'
    make_workshop
    local polite stubborn_one family
    polite=$(submit_noted 1 "trap 'exit 0' TERM; $note sleep 1000 & wait")
    stubborn_one=$(submit_noted 1 "$stubborn")
    # It goes at once, and leaves somebody who does not.
    family=$(submit_noted 1 "setsid sh -c 'trap \"\" TERM; $note sleep 54321' & wait")
    wait_for "3 jobs have begun" have_begun 3
    wait_for "3 jobs run" are_in_state 3 running
    ccctl cancel "$polite" "$stubborn_one" "$family"
    ccctl wait "$polite" "$stubborn_one" "$family" || true
    local id
    for id in "$polite" "$stubborn_one" "$family"; do
        expect "state of job $id" cancelled "$(field "$id" state)"
        expect "how often it ran" 1 "$(times_ran "$id")"
    done
    expect "how often it got SIGTERM" 1 "$(grep -c TERM "$workshop/ran/$stubborn_one")"
    expect "the signal that ended it" 9 "$(field "$stubborn_one" signal)"
    [ "$(ran_ms "$stubborn_one")" -ge 2000 ]
    expect_match "the end of the polite one" '^(0|null) (15|null)$' \
        "$(field "$polite" exit_code) $(field "$polite" signal)"
    never pgrep -f 'sleep 54321'
    wait_for "all units of jobs are gone" no_units_of_jobs
}
