# A job can open the node of its own card and of no other; two serial ports stand in for cards.
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
}
