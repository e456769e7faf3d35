# --cpus is what systemd lets a job have; without it there is no limit.
scenario() {
    local id unit group
    id=$(ccctl submit --cwd / -- sleep 1000)
    wait_for_state "$id" running
    expect "without --cpus" infinity "$(quota_of "$(unit_of "$id")")"
    id=$(ccctl submit --cwd / --cpus 1 -- sleep 1000)
    wait_for_state "$id" running
    unit=$(unit_of "$id")
    expect "with --cpus 1" 1s "$(quota_of "$unit")"
    group=/sys/fs/cgroup$(systemctl show -p ControlGroup --value "$unit")
    # Where the kernel gives the controller, it knows too.
    if [ -e "$group/cpu.max" ]; then
        expect "of the kernel" "100000 100000" "$(cat "$group/cpu.max")"
        figure "in cpu.max"
    else
        figure "in the unit, no controller here"
    fi
}

quota_of() { systemctl show -p CPUQuotaPerSecUSec --value "$1"; }
