# What a job has in shared memory goes when its user logs out, of which README.Debian warns, and stays
# with the setting that it names.
setting=/etc/systemd/logind.conf.d/ccd.conf

scenario() {
    make_user alice
    local uid
    uid=$(id -u alice)
    as alice ccctl submit --cwd / -- sh -c 'echo mine >/dev/shm/of-alice; exec sleep 1000'
    wait_for "what the job shares" test -s /dev/shm/of-alice
    set_logind yes
    log_in_and_out
    [ ! -e /dev/shm/of-alice ]

    as alice ccctl submit --cwd / -- sh -c 'echo mine >/dev/shm/of-alice; exec sleep 1000'
    wait_for "what the job shares" test -s /dev/shm/of-alice
    set_logind no
    log_in_and_out
    [ -s /dev/shm/of-alice ]
    are_in_state 2 running
}

set_logind() { # YES_OR_NO
    mkdir -p "$(dirname "$setting")"
    printf '[Login]\nUserStopDelaySec=0\nRemoveIPC=%s\n' "$1" >"$setting"
    systemctl kill --signal=HUP systemd-logind
    wait_for "logind has read it" removes "$1"
}

removes() { # YES_OR_NO
    local value
    value=$(busctl get-property org.freedesktop.login1 /org/freedesktop/login1 \
        org.freedesktop.login1.Manager RemoveIPC)
    [ "$value" = "b $([ "$1" = yes ] && echo true || echo false)" ]
}

# Until logind has forgotten the user, the last of what it does.
log_in_and_out() {
    su --login alice -c "test -e /run/systemd/users/$uid"
    wait_for "logind has forgotten alice" test ! -e "/run/systemd/users/$uid"
}

clean_up() {
    rm -f "$setting" /dev/shm/of-alice
    systemctl kill --signal=HUP systemd-logind
}
