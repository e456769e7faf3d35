# The container lane: boots a root in systemd-nspawn, where systemd is PID 1 and has cgroup v2, but
# no controllers of it where this machine has them in v1. Sourced by run.sh.

can_run() {
    command -v systemd-nspawn >/dev/null || { echo "no systemd-nspawn here" && return 1; }
    unshare -m mount -t tmpfs none /mnt 2>/dev/null || { echo "no mounts allowed here" && return 1; }
}

prepare() { # ROOT_TAR
    root=$place/nspawn
    rm -rf "$root"
    mkdir -p "$root" "$out"
    tar -xf "$1" -C "$root"
    mkdir -p "$root/package" "$root/debs" "$root/next" "$root/out"
    lay_out "$root"
}

# Until it is powered off. Where there is no service manager that starts it again after a reboot, it
# ends with 133 for that.
boot() {
    local code=0 alone=(--register=no --keep-unit)
    [ ! -d /run/systemd/system ] || alone=()
    while :; do
        code=0
        SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout 900 systemd-nspawn --quiet "${alone[@]}" \
            --private-network --machine=ccd-package --hostname=package -D "$root" \
            --bind-ro="$PWD/tests/package:/package" --bind-ro="$place/debs:/debs" \
            --bind-ro="$place/next:/next" --bind="$out:/out" --boot \
            </dev/null >>"$out/console" 2>&1 || code=$?
        [ "$code" -eq 133 ] || break
    done
    leave_no_cgroup
    return "$code"
}

# What nspawn leaves in the hierarchy of a machine without systemd; only empty ones can be removed.
leave_no_cgroup() {
    [ ! -d /run/systemd/system ] || return 0
    find /sys/fs/cgroup -depth -type d -path '*/payload*' -exec rmdir {} \; 2>/dev/null || true
}
