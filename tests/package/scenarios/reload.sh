# `systemctl reload` takes over what stands in the files, while jobs run; where that makes no sense it
# fails and says why, and ccd goes on as it was.
scenario() {
    configure '[jobs]' 'max_running = 1'
    local pid
    pid=$(main_pid)
    for _ in 1 2 3; do ccctl submit --cwd / -- sleep 1000; done
    wait_for "1 job runs" are_in_state 1 running

    write_configuration '[jobs]' 'max_running = 2'
    systemctl reload ccd.service
    wait_for "2 jobs run" are_in_state 2 running
    are_in_state 1 queued

    write_configuration '[jobs]' 'max_runing = 3'
    expect_exit 1 systemctl reload ccd.service
    journalctl --sync
    expect_match "the journal" "max_runing.*max_running" \
        "$(journalctl --no-pager -o cat -u ccd.service --since '1 minute ago')"
    expect "ccd" active "$(systemctl is-active ccd.service)"
    expect "health" healthy "$(ccctl --json health | jq -r .status)"
    are_in_state 2 running

    write_configuration '[jobs]' 'max_running = 3'
    systemctl reload ccd.service
    wait_for "3 jobs run" are_in_state 3 running
    expect "the process" "$pid" "$(main_pid)"
}
