# What a job leaves running in the background ends with it, however far it has gone away.
scenario() {
    local id
    for code in 0 3; do
        id=$(ccctl submit --cwd / -- sh -c \
            "setsid sh -c 'trap \"\" TERM HUP; sleep 87654 & wait' & exec 2>&- >&-; exit $code")
        expect_exit "$code" ccctl wait "$id"
        never pgrep -f 'sleep 87654'
        wait_for "its unit is gone" no_units_of_jobs
    done
}
