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
    set +x
    local all key id count=0
    all=$(ccctl --json list --limit 10000 | jq -r '.jobs[] | .key + " " + (.id | tostring)')
    while read -r _ key id; do
        grep -qx "$key ${id%.}" <<<"$all" || { echo "job ${id%.} with key $key is gone" && return 1; }
        count=$((count + 1))
    done < <(tr -d '\0' </dev/vdb)
    set -x
    [ "$count" -ge 300 ]
    expect "keys that stand there twice" "" "$(cut -d ' ' -f 1 <<<"$all" | sort | uniq -d)"
    expect "the same job" "$id" "$(ccctl submit --cwd / --key "$key" -- true)."
    wait_for "no job is left to run" nothing_unfinished
    figure "$count of $count acknowledged submits are there"
}

nothing_unfinished() {
    [ "$(ccctl --json status | jq '.jobs | length')" -eq 0 ]
}
