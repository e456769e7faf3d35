# ccd is killed again and again, at any instant, while short jobs are submitted, start and end: each is
# run once and its exit code is right, nobody is refused, and however often that is, ccd comes back.
crashes=40
script="$note"' sleep 0.0$((CCD_JOB_ID % 4)); exit $((CCD_JOB_ID % 7))'

scenario() {
    configure '[jobs]' 'max_running = 8'
    make_workshop
    mkdir "$workshop/ids"
    longest_gap=20000
    RANDOM=${SEED:=$RANDOM}
    begin_visits
    local submitters=() client pid i
    for client in 1 2; do
        submit_until_enough "$client" &
        submitters+=($!)
    done
    for ((i = 0; i < crashes; ++i)); do
        pid=$(main_pid)
        # Any instant from its start on.
        sleep "0.$(printf %03d $((RANDOM % 400)))"
        kill -KILL "$pid"
        wait_for "another ccd is there" is_another_running "$pid"
    done
    touch "$workshop/enough"
    wait "${submitters[@]}"
    wait_for "ccd is ready" ccctl ping
    end_visits
    expect "submits that failed" "" "$(cat "$workshop"/ids/*-failed)"
    wait_for "no job is left" nothing_unfinished
    expect_ends
    wait_for "all units of jobs are gone" no_units_of_jobs
    figure "seed $SEED"
}

submit_until_enough() { # CLIENT
    { set +x; } 2>/dev/null
    while [ ! -e "$workshop/enough" ]; do
        submit_noted 1 "$script" >>"$workshop/ids/$1" 2>>"$workshop/ids/$1-failed" || true
    done
}

is_another_running() { # MAIN_PID
    local pid
    pid=$(main_pid)
    [ "$pid" -ne 0 ] && [ "$pid" -ne "$1" ]
}

nothing_unfinished() {
    [ "$(ccctl --json status | jq '.jobs | length')" -eq 0 ]
}

# Of many jobs at once, for there are many.
expect_ends() {
    local ids
    mapfile -t ids < <(sort -n "$workshop"/ids/[12])
    printf '%s\n' "${ids[@]}" | xargs --max-args=500 ccctl --json status |
        jq -r '.jobs[] | "\(.id) \(.exit_code)"' >"$workshop/told"
    for id in "${ids[@]}"; do
        echo "$id $((id % 7))"
    done >"$workshop/wanted"
    diff "$workshop/wanted" "$workshop/told"
    for id in "${ids[@]}"; do
        echo "$id ran"
    done >"$workshop/wanted"
    (cd "$workshop/ran" && grep -H . -- * | tr : ' ' | sort -n) >"$workshop/told"
    diff "$workshop/wanted" "$workshop/told"
    expect "jobs of it all" "${#ids[@]}" "$(ccctl --json list --limit 1 | jq .total)"
    figure "${#ids[@]} jobs right over $crashes crashes"
}
