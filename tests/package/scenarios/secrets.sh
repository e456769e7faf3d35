# Nobody reads a job's environment or arguments from its unit, from the journal, or from a file.
scenario() {
    make_user alice
    make_user bob
    local id unit secret=sesame-4711
    id=$(as alice sh -c "cd ~ && TOKEN=env-$secret ccctl submit --env OTHER=env-$secret -- \
        sh -c 'echo \$OTHER | sha256sum; exec sleep 1000' arg-$secret")
    wait_for_state "$id" running
    unit=$(unit_of "$id")
    expect_match "the unit" "^ccd-job-.*\.service$" "$unit"
    as bob systemctl show --all "$unit" | lacks "$secret"
    as bob systemctl cat "$unit" | lacks "$secret"
    busctl introspect org.freedesktop.systemd1 "$(path_of "$unit")" | lacks "$secret"
    [ -s "/run/systemd/transient/$unit" ]
    never grep -ra "$secret" /run/systemd/transient /run/systemd/units
    journalctl --no-pager -o export | lacks "$secret"
    as bob ccctl --json status "$id" | lacks "$secret"
    expect "others who can enter the state" 700 "$(stat -c %a /var/lib/ccd)"
    # It was there all the same.
    wait_for "the job's first line" test -n "$(as alice ccctl logs "$id")"
    expect "what the job saw" "$(echo "env-$secret" | sha256sum)" "$(as alice ccctl logs "$id")"
    as alice ccctl cancel "$id"
}

path_of() { # UNIT
    busctl --json=short call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
        org.freedesktop.systemd1.Manager GetUnit s "$1" | jq -r '.data[0]'
}
