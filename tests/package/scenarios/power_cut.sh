# The power is cut while four clients submit: every submit that was acknowledged is there afterwards,
# once, and its key finds it.
scenario() {
    expect_reboot
    exec {wire}>/dev/ttyS1
    stty -F /dev/ttyS1 raw
    for client in 1 2 3 4; do
        submit_for_ever "$client" &
    done
    wait
}

# A line ends with a point: one that was cut off does not.
submit_for_ever() { # CLIENT
    set +x
    local n id
    for ((n = 0; ; ++n)); do
        id=$(ccctl submit --cwd / --key "cut-$1-$n" -- true)
        echo "ack cut-$1-$n $id." >&"$wire"
    done
}

after_reboot() {
    systemctl is-active ccd.service
    local keys ids
    read -r -a keys < <(acknowledged 2)
    read -r -a ids < <(acknowledged 3)
    [ "${#ids[@]}" -ge 300 ]
    expect "the keys of the acknowledged jobs" "${keys[*]}" \
        "$(ccctl --json status "${ids[@]}" | jq -r '[.jobs[].key] | join(" ")')"
    # A key that is given again is the same job, for the last ones too.
    local n
    for n in $(seq 1 20); do
        expect "job of a repeated submit" "${ids[-n]}" \
            "$(ccctl submit --cwd / --key "${keys[-n]}" -- true)"
    done
    wait_for "no job is left to run" nothing_unfinished
    figure "${#ids[@]} of ${#ids[@]} acknowledged submits are there"
}

# What the host had read before the cut, in one line.
acknowledged() { # COLUMN
    tr -d '\0.' </dev/vdb | cut -d ' ' -f "$1" | paste -sd ' '
}

nothing_unfinished() {
    [ "$(ccctl --json status | jq '.jobs | length')" -eq 0 ]
}
