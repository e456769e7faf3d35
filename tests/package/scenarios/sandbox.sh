# The daemon that runs is closed as its unit says: no capability, no way to more privileges, and
# nothing to write to but its own directories. Jobs are outside of all that.
scenario() {
    local said
    said=$(systemd-analyze security --threshold=20 --no-pager ccd.service)
    figure "exposure $(grep -oE '[0-9.]+ [A-Z]+' <<<"$(tail -n 1 <<<"$said")")"

    local pid
    pid=$(systemctl show -p MainPID --value ccd.service)
    for set in CapInh CapPrm CapEff CapBnd CapAmb; do
        expect "$set" 0000000000000000 \
            "$(awk -v set="$set:" '$1 == set { print $2 }' "/proc/$pid/status")"
    done
    expect "NoNewPrivs, Seccomp" "1 2" \
        "$(awk '/^NoNewPrivs:|^Seccomp:/ { printf "%s%s", sep, $2; sep = " " }' "/proc/$pid/status")"
    expect "network of its own" 1 "$(ls /proc/"$pid"/net/dev_snmp6 | wc -l)"

    local id
    id=$(ccctl submit --cwd / -- sh -c 'grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status')
    ccctl wait "$id"
    expect "what a job of root may" "$(report)" "$(ccctl logs "$id")"
}

report() { grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status; }
