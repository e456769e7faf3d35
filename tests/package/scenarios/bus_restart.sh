# The bus is restarted while jobs start and end: none is lost, none runs twice, all codes are right.
scenario() {
    local ids=()
    close_gate
    open_gate
    begin_visits
    for round in 1 2 3; do
        mapfile -t -O "${#ids[@]}" ids < <(submit_gated 15)
        systemctl restart dbus.service
        mapfile -t -O "${#ids[@]}" ids < <(submit_gated 15)
    done
    expect_gated_ends "${ids[@]}"
    end_visits
    wait_for "health" ccctl health
    wait_for "all units of jobs are gone" no_units_of_jobs
}
