# Where systemd answers a start with an error the job waits and says so, and runs once that is over.
policy=/etc/dbus-1/system.d/ccd-scenario.conf

scenario() {
    cat >"$policy" <<'XML'
<busconfig><policy user="root"><deny send_destination="org.freedesktop.systemd1"
    send_interface="org.freedesktop.systemd1.Manager" send_member="StartTransientUnit"/></policy></busconfig>
XML
    reload_bus
    local id
    id=$(ccctl submit --cwd / --env RAN="$workshop-ran" -- sh -c 'echo ran >>"$RAN"; exit 5')
    wait_for "the job says what it waits for" says_executor "$id"
    expect "state" queued "$(field "$id" state)"
    expect_exit 1 ccctl health
    rm "$policy"
    reload_bus
    expect_exit 5 ccctl wait "$id"
    expect "how often it ran" 1 "$(grep -c ran "$workshop-ran")"
    wait_for "health" ccctl health
}

reload_bus() {
    busctl call org.freedesktop.DBus /org/freedesktop/DBus org.freedesktop.DBus ReloadConfig
}

says_executor() { # ID
    reason_of "$1" | grep -qi 'executor.*service manager'
}

clean_up() { rm -f "$policy"; }
