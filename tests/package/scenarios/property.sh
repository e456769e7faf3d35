# A property that is on the list reaches the unit; any other is refused at the submit, by its name.
scenario() {
    make_user alice
    local id
    id=$(as alice ccctl submit --cwd / --property CPUWeight=50 --property Nice=5 -- sleep 1000)
    wait_for_state "$id" running
    expect "of the unit" "CPUWeight=50 Nice=5" \
        "$(systemctl show -p CPUWeight -p Nice "$(unit_of "$id")" | LC_ALL=C sort | paste -sd ' ')"
    ccctl cancel "$id"
    for forbidden in User=root ExecStartPre=/bin/true AmbientCapabilities=CAP_SYS_ADMIN \
        DeviceAllow=/dev/mem BindPaths=/etc LoadCredential=a:/etc/shadow Slice=system.slice; do
        expect_exit 5 as alice ccctl submit --cwd / --property "$forbidden" -- true
        expect_match "what is said of $forbidden" "${forbidden%%=*}.*allowed" \
            "$(as alice ccctl submit --cwd / --property "$forbidden" -- true 2>&1 || true)"
    done
    expect_exit 2 as alice ccctl submit --cwd / --property CPUWeight=heavy -- true
    expect "jobs of it all" 1 "$(ccctl --json list | jq .total)"
}
