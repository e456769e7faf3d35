# What keeps ccd from starting. A configuration that makes no sense is not tried again, and clients
# are refused, not kept waiting; all else is tried until it works, though not without a pause.
scenario() {
    local began
    began=$(date +%s)
    write_configuration '[jobs]' 'max_start = 3'
    expect_exit 1 systemctl restart ccd.service
    wait_for "it has failed" is_unit ccd.service failed
    expect "its exit code" 2 "$(systemctl show -p ExecMainStatus --value ccd.service)"
    expect "how often it was tried again" 0 "$(systemctl show -p NRestarts --value ccd.service)"
    wait_for "the socket is closed" is_unit ccd.socket inactive
    expect_exit 9 ccctl --timeout 20s ping
    journalctl --sync
    expect "how often it was tried" 1 "$(journalctl --no-pager -b -o cat -u ccd.service \
        --since "@$began" | grep -c "unknown key 'jobs.max_start'")"
    rm /etc/ccd/conf.d/scenario.toml
    systemctl start ccd.service
    wait_for "health" ccctl health
    systemctl is-active ccd.socket

    # Somebody has the state.
    systemctl stop ccd.socket ccd.service
    exec {state}</var/lib/ccd/lock
    flock "$state"
    expect_exit 1 systemctl start ccd.service
    expect "its exit code" 3 "$(systemctl show -p ExecMainStatus --value ccd.service)"
    local first second
    wait_for "it is tried again" was_restarted 1
    first=$(started_at)
    wait_for "it is tried once more" was_restarted 2
    second=$(started_at)
    figure "tried again every $(((second - first) / 1000)) ms"
    [ $((second - first)) -ge 5000000 ]
    exec {state}<&-
    wait_for "it is there" ccctl ping
}

was_restarted() { # COUNT
    [ "$(systemctl show -p NRestarts --value ccd.service)" -ge "$1" ]
}

started_at() { systemctl show -p ExecMainStartTimestampMonotonic --value ccd.service; }
