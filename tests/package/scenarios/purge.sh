# Removing the package ends its jobs and keeps its state; purging it leaves nothing.

# All files that somebody has put there, and all users and groups.
inventory() {
    find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /out \
        -o -path /package -o -path /debs -o -path /next -o -path /var/tmp -o -path /var/log \
        -o -path /var/cache -o -path /var/lib/apt -o -path '/run/systemd/*' -o -path /run/user \
        -o -path /run/log \) -prune -o -print | grep -vE '^/(var/lib/dpkg|run)/|-$' | LC_ALL=C sort
    find /run -xdev -path '*ccd*' ! -path /run/systemd/journal\* | LC_ALL=C sort
    cut -d : -f 1,4 /etc/group
    cut -d : -f 1 /etc/passwd
}

scenario() {
    make_user alice
    apt-get -qq -y purge ccd
    inventory >"$workshop-before"
    install_ccd
    make_user alice
    # In a conf.d file, as an administrator does.
    configure '[jobs]' 'max_running = 1'
    local running
    running=$(as alice ccctl submit --cwd / -- sleep 98765)
    as alice ccctl submit --cwd / -- sleep 98765
    wait_for_state "$running" running

    apt-get -qq -y remove ccd
    never pgrep -f 'sleep 98765'
    expect_exit 3 systemctl is-active ccd.service
    no_units_of_jobs
    [ -s /etc/ccd/ccd.toml ]
    [ -d /var/lib/ccd ]

    # What was there is found again.
    install_ccd
    ccctl status "$running"

    apt-get -qq -y purge ccd
    # Once more: a purge of what is gone already is no failure.
    dpkg --purge ccd
    inventory >"$workshop-after"
    diff "$workshop-before" "$workshop-after"
    figure "$(wc -l <"$workshop-after") files and names as before"
}
