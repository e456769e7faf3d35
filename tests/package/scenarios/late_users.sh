# After a boot users may come late, from a directory, and disks too, from other machines: a job that
# waited over the boot is begun when they are there, not failed because they are not.
scenario() {
    make_user dora
    configure '[jobs]' 'max_running = 1'
    make_workshop
    ccctl submit --cwd / -- sleep 1000
    wait_for "1 job runs" are_in_state 1 running
    mkdir -p /srv/far
    as dora ccctl submit --cwd /srv/far -- sh -c 'id -un; pwd' >"$workshop/late"

    grep '^dora:' /etc/passwd >"$workshop/directory"
    sed -i '/^dora:/d' /etc/passwd
    be_late late-user nss-user-lookup.target "cat $workshop/directory >>/etc/passwd"
    rmdir /srv/far
    be_late late-disk remote-fs.target "mkdir /srv/far"
    reboot_machine
}

# It takes its time, as a network does.
be_late() { # NAME TARGET COMMAND
    cat >"/etc/systemd/system/$1.service" <<UNIT
[Unit]
Before=$2
Wants=$2
[Service]
Type=oneshot
ExecStart=/bin/sleep 2
ExecStart=/bin/sh -c '$3'
[Install]
WantedBy=multi-user.target
UNIT
    systemctl --quiet enable "$1.service"
}

after_reboot() {
    local id
    id=$(cat "$workshop/late")
    expect_exit 0 ccctl wait "$id"
    expect "what it saw" "dora /srv/far" "$(ccctl logs "$id" | paste -sd ' ')"
    systemctl --quiet disable late-user.service late-disk.service
    rm /etc/systemd/system/late-*.service
}
