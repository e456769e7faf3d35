# The package alone makes a working system: ccd runs, is healthy, and lets in who is in its group.
scenario() {
    ! dpkg -s ccd >/dev/null 2>&1 || apt-get -qq -y purge ccd
    install_ccd
    systemctl is-enabled ccd.service ccd.socket
    systemctl is-active ccd.service ccd.socket
    expect "the socket" "root:ccd 660" "$(stat -c '%U:%G %a' /run/ccd/ccd.sock)"
    expect "the state" "root:root 700" "$(stat -c '%U:%G %a' /var/lib/ccd)"
    expect "health" "healthy systemd" \
        "$(ccctl --json health | jq -r '.status + " " + .executor')"
    expect_match "the status line" "running" "$(systemctl show -p StatusText --value ccd.service)"
    expect_match "the catalog" "Job .* has started" \
        "$(journalctl --dump-catalog 5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b02)"

    expect_exit 7 ccctl submit --wait -- sh -c 'exit 7'
    make_user alice
    expect_exit 0 as alice ccctl submit --wait -- true
    getent passwd stranger || useradd --create-home stranger
    expect_exit 5 as stranger ccctl status
    expect_match "the way out" "group ccd" "$(as stranger ccctl status 2>&1 || true)"

    local began ready
    began=$(systemctl show -p ExecMainStartTimestampMonotonic --value ccd.service)
    ready=$(systemctl show -p ActiveEnterTimestampMonotonic --value ccd.service)
    figure "ready after $(((ready - began) / 1000)) ms"
}
