# Whoever stops a job's unit past ccd ends a job that was not done: it is failed and says so, even if
# its program takes it in good part. One that ends by itself is what its exit code says.
scenario() {
    make_workshop
    local id polite plain
    plain=$(submit_noted 1 "$note exec sleep 1000")
    polite=$(submit_noted 1 "trap 'exit 0' TERM; $note sleep 1000 & wait")
    wait_for "2 jobs have begun" have_begun 2
    wait_for "2 jobs run" are_in_state 2 running
    for id in "$plain" "$polite"; do
        systemctl stop "$(unit_of "$id")"
        ccctl wait "$id" || true
        expect_match "what became of job $id" \
            "^failed: the service manager was told to end it" "$(field "$id" state): $(reason_of "$id")"
        expect "how often it ran" 1 "$(times_ran "$id")"
    done
    expect_exit 0 ccctl submit --cwd / --wait -- true
    wait_for "all units of jobs are gone" no_units_of_jobs
}
