# A ccd that hangs is aborted by systemd and started again; its jobs go on and nobody is refused. The
# watchdog is the installed one, but for its interval.
drop_in=/run/systemd/system/ccd.service.d/scenario.conf

scenario() {
    expect "the interval" 30s "$(systemctl show -p WatchdogUSec --value ccd.service)"
    mkdir -p "$(dirname "$drop_in")"
    printf '[Service]\nWatchdogSec=2\n' >"$drop_in"
    systemctl daemon-reload
    longest_gap=20000
    survive hang
    journalctl --sync
    expect_match "the journal" 'Watchdog timeout' \
        "$(journalctl --no-pager -o cat -u ccd.service --since '1 minute ago')"
    expect "how often it was restarted" 1 "$(systemctl show -p NRestarts --value ccd.service)"
}

hang() { kill -STOP "$(main_pid)"; }

clean_up() {
    [ -z "${visitor-}" ] || kill "$visitor" 2>/dev/null || true
    rm -f "$drop_in"
    systemctl daemon-reload
}
