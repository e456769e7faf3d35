# A job can open the node of its own card and of no other; two serial ports stand in for cards. ccd
# itself reaches the nodes of NVIDIA's driver though that is loaded after it.
scenario() {
    make_user alice
    for card in 0 1; do
        rm -f "/dev/stand-in$card"
        mknod -m 666 "/dev/stand-in$card" c 4 $((66 + card))
    done
    configure '[gpu]' 'source = "static"' \
        '[[gpu.device]]' 'uuid = "GPU-0"' 'memory = "24GiB"' 'node = "/dev/stand-in0"' \
        '[[gpu.device]]' 'uuid = "GPU-1"' 'memory = "24GiB"' 'node = "/dev/stand-in1"'
    local id try='import os
for node in ("/dev/stand-in0", "/dev/stand-in1", "/dev/null", "/dev/urandom"):
    try:
        os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        print("open")
    except PermissionError:
        print("closed")'
    for user in alice root; do
        for card in 0 1; do
            id=$(as "$user" ccctl submit --cwd / --gpu "GPU-$card" -- python3 -c "$try")
            ccctl wait "$id"
            [ "$card" -eq 0 ] && wanted="open closed open open" || wanted="closed open open open"
            expect "what a job of $user with card $card opens" "$wanted" \
                "$(ccctl logs "$id" | paste -sd ' ')"
        done
        id=$(as "$user" ccctl submit --cwd / -- python3 -c "$try")
        ccctl wait "$id"
        expect "what a job of $user without a card opens" "closed closed open open" \
            "$(ccctl logs "$id" | paste -sd ' ')"
    done

    rm -f /dev/nvidia-stand-in
    mknod -m 666 /dev/nvidia-stand-in c 195 0
    expect "what ccd is told of a node without a driver" ENXIO "$(try_as_ccd /dev/nvidia-stand-in)"
    expect "what ccd is told of another node" EPERM "$(try_as_ccd /dev/stand-in0)"
}

# Tells how an attempt fails, under the rules for devices that the running ccd has.
try_as_ccd() { # NODE
    local rules rule options=()
    mapfile -t rules < <(systemctl show -p DevicePolicy -p DeviceAllow ccd.service)
    for rule in "${rules[@]}"; do options+=(-p "$rule"); done
    systemd-run --quiet --wait --pipe "${options[@]}" python3 -c 'import errno, os, sys
try:
    os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
    print("open")
except OSError as error:
    print(errno.errorcode[error.errno])' "$1"
}
