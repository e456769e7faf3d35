# A user without root and without the group has a ccd of his own, in his own service manager.
scenario() {
    getent passwd carol >/dev/null || useradd --create-home --shell /bin/bash carol
    local uid
    uid=$(id -u carol)
    systemctl start "user@$uid.service"
    local his=(env "XDG_RUNTIME_DIR=/run/user/$uid")
    as carol "${his[@]}" systemctl --user enable --now ccd.socket ccd.service
    expect "the socket" "carol 600" "$(stat -c '%U %a' "/run/user/$uid/ccd/ccd.sock")"
    expect_exit 5 as carol "${his[@]}" ccctl submit --property User=root -- true
    expect_exit 9 as carol "${his[@]}" sh -c 'cd ~ && ccctl submit --wait -- sh -c "exit 9"'
    local id
    id=$(as carol "${his[@]}" ccctl submit -- sh -c 'id -un; grep ^0:: /proc/self/cgroup')
    as carol "${his[@]}" ccctl wait "$id"
    expect_match "where it ran" "carol 0::/.*user@$uid.*/ccd-jobs.slice/ccd-job-" \
        "$(as carol "${his[@]}" ccctl logs "$id" | paste -sd ' ')"
    expect_match "its limits, in health" "DeviceAllow|device|linger" \
        "$(as carol "${his[@]}" ccctl --json health | jq -r '.parts[] | select(.name == "executor") | .detail')"

    # The machine's own knows nothing of it.
    expect "jobs of the machine's ccd" 0 "$(ccctl --json list | jq .total)"
    as carol "${his[@]}" systemctl --user restart ccd.service
    as carol "${his[@]}" ccctl status "$id"

    # Jobs that are children of its ccd go on over a restart, too.
    as carol sh -c 'mkdir -p ~/.config/ccd && printf "%s\n" "[jobs]" "executor = \"process\"" \
        >~/.config/ccd/ccd.toml'
    as carol "${his[@]}" systemctl --user restart ccd.service
    id=$(as carol "${his[@]}" ccctl submit -- \
        sh -c 'touch ~/begun; while [ -e ~/begun ]; do sleep 0.05; done; exit 6')
    wait_for "the job has begun" test -e /home/carol/begun
    as carol "${his[@]}" systemctl --user restart ccd.service
    as carol rm /home/carol/begun
    expect_exit 6 as carol "${his[@]}" ccctl wait "$id"

    # One that cannot start for good refuses, as the machine's does.
    as carol sh -c 'mkdir -p ~/.config/ccd && echo nonsense >~/.config/ccd/ccd.toml'
    expect_exit 1 as carol "${his[@]}" systemctl --user reload ccd.service
    as carol "${his[@]}" ccctl ping
    expect_exit 1 as carol "${his[@]}" systemctl --user restart ccd.service
    expect_exit 9 as carol "${his[@]}" ccctl --timeout 20s ping
    as carol rm /home/carol/.config/ccd/ccd.toml
    as carol "${his[@]}" systemctl --user start ccd.service
    as carol "${his[@]}" ccctl ping
    as carol "${his[@]}" systemctl --user disable --now ccd.socket ccd.service
    systemctl stop "user@$uid.service"
}
