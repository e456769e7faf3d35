# What is in a queue is there after a restart, a crash and an upgrade of ccd, and who waits in one goes
# on. It goes with systemctl stop.
scenario() {
    make_user alice
    as alice ccctl queue create kept --capacity 100 --message-size 100 --mode 0600
    as alice ccctl queue put kept one two three four
    as alice ccctl queue create late --capacity 1 --message-size 100 >/dev/null
    as alice ccctl queue get late >"$place/late" &
    waiting=$!
    wait_for "somebody waits in a queue" attached late 1
    expect_match "what the manager keeps" '^9$' "$(systemctl show -p NFileDescriptorStore --value ccd)"

    systemctl restart ccd.service
    expect "after a restart" one "$(as alice ccctl queue get kept --timeout 10s)"
    systemctl kill --signal=KILL --kill-whom=main ccd.service
    expect "after a crash" two "$(as alice ccctl queue get kept --timeout 10s)"
    apt-get -qq -y install "$place"/next/ccd_*.deb
    expect "after an upgrade" three "$(as alice ccctl queue get kept --timeout 10s)"

    attached late 1
    as alice ccctl queue put late hello
    wait "$waiting"
    expect "who has waited all the time" hello "$(cat "$place/late")"
    wait_for "nobody waits any more" attached late 0

    as alice ccctl queue destroy late
    expect_match "what the manager keeps then" '^5$' "$(systemctl show -p NFileDescriptorStore --value ccd)"
    systemctl stop ccd.service
    systemctl start ccd.service
    expect "messages after a stop" 0 "$(as alice ccctl --json queue stat kept | jq .depth)"
    as alice ccctl queue destroy kept
}

attached() { # QUEUE COUNT
    [ "$(ccctl --json queue stat "$1" | jq '.attached | length')" -eq "$2" ]
}

clean_up() {
    [ -z "${waiting-}" ] || kill "$waiting" 2>/dev/null || true
    apt-get -qq -y --allow-downgrades install "$place"/debs/ccd_*.deb
}
