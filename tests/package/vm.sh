# The lane of an emulated machine: a kernel of its own, with the controllers of cgroup v2, that can
# be switched off in the middle. It needs no virtualisation here, and takes its time. Sourced by
# run.sh.
#
# What a scenario must tell while it runs it writes to the second serial port, which ends in the file
# `wire`. When it has told of enough acknowledged submits the power is cut; the next start finds what
# it had told on a second disk.

acknowledged_before_cut=300

can_run() {
    command -v qemu-system-x86_64 >/dev/null ||
        DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
            qemu-system-x86 e2fsprogs >/dev/null || { echo "no qemu here" && return 1; }
}

prepare() { # ROOT_TAR
    local root=$place/vm
    disk=$place/vm.img kernel=$place/vm-kernel initrd=$place/vm-initrd ledger=$place/vm-ledger
    rm -rf "$root" "$disk"
    mkdir -p "$root"
    tar -xf "$1" -C "$root"
    cp -r tests/package "$root/package"
    cp -r "$place/debs" "$place/next" "$root"
    mkdir "$root/out"
    cp "$out/todo" "$root/out"
    lay_out "$root"
    cp "$root"/boot/vmlinuz-* "$kernel"
    cp "$root"/boot/initrd.img-* "$initrd"
    truncate -s 3G "$disk"
    mkfs.ext4 -q -d "$root" "$disk"
    rm -r "$root"
    truncate -s 1M "$ledger"
    : >"$out/wire"
}

start_machine() {
    timeout 1500 qemu-system-x86_64 -accel tcg,thread=multi -cpu max -m 1024 -smp 2 -display none \
        -kernel "$kernel" -initrd "$initrd" -append "root=/dev/vda rw console=ttyS0 quiet" \
        -drive "file=$disk,format=raw,if=virtio,cache=writeback" \
        -drive "file=$ledger,format=raw,if=virtio,readonly=on" \
        -nic none -chardev "file,id=console,path=$out/console,append=on" -serial chardev:console \
        -chardev "file,id=wire,path=$out/wire,append=on" -serial chardev:wire \
        -serial null -serial null </dev/null 2>>"$out/qemu.log" &
    machine=$!
}

# Until it is powered off.
boot() {
    local told
    while :; do
        start_machine
        told=$(grep -c -m "$acknowledged_before_cut" '^ack ' \
            <(tail -n +1 -f --pid="$machine" "$out/wire") || true)
        [ "$told" -eq "$acknowledged_before_cut" ] || break
        cut_power
    done
    wait "$machine"
    take_results
}

take_results() {
    rm -rf "$place/vm-dump"
    mkdir "$place/vm-dump"
    debugfs -R "rdump /out $place/vm-dump" "$disk" >/dev/null 2>&1
    cat "$place/vm-dump/out/results" >>"$out/results"
    rm "$place/vm-dump/out/results"
    mv -f "$place"/vm-dump/out/* "$out"
}

# What qemu had written stays; nothing else does.
cut_power() {
    pkill -KILL -P "$machine"
    wait "$machine" || true
    grep -a '^ack .*\.' "$out/wire" | tr -d '\r' >"$ledger"
    truncate -s 1M "$ledger"
    : >"$out/wire"
}
