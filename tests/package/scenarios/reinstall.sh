# A ccd that cannot start when it is installed again begins what waited once it can, however late that
# is; but what an administrator has drained stays drained.
marker=/var/lib/ccd/drained-by-prerm

scenario() {
    configure '[jobs]' 'max_running = 1'
    make_workshop
    local running waiting
    running=$(submit_noted 1 "$note exec sleep 98765")
    wait_for_state "$running" running
    waiting=$(submit_noted 1 "$note exit 4")
    apt-get -qq -y remove ccd
    [ -e "$marker" ]

    write_configuration '[jobs]' 'max_start = 3'
    install_ccd
    wait_for "it has failed" is_unit ccd.service failed
    expect "its exit code" 2 "$(systemctl show -p ExecMainStatus --value ccd.service)"
    # Nor does it help to ask it.
    expect_exit 9 ccctl --timeout 20s ping
    wait_for "the socket is closed" is_unit ccd.socket inactive
    wait_for "nobody goes on trying" is_unit ccd-resume.service inactive
    [ -e "$marker" ]
    [ ! -e "$workshop/ran/$waiting" ]

    rm /etc/ccd/conf.d/scenario.toml
    systemctl start ccd.service
    expect_exit 4 ccctl wait "$waiting"
    expect "how often $waiting ran" 1 "$(times_ran "$waiting")"
    wait_for "the drain is forgotten" test ! -e "$marker"

    # One of the administrator's own.
    ccctl admin drain
    waiting=$(submit_noted 1 "$note exit 4")
    apt-get -qq -y remove ccd
    [ ! -e "$marker" ]
    install_ccd
    wait_for "it is ready" ccctl ping
    expect_match "what $waiting waits for" drained "$(reason_of "$waiting")"
    ccctl admin resume
    expect_exit 4 ccctl wait "$waiting"
    figure "2 drains of 2 ended by whom they were begun"
}
