# A reboot ends the jobs that run, which are lost and said to be; those that wait run afterwards.
scenario() {
    configure '[jobs]' 'max_running = 3'
    mkdir -p "$workshop/ran"
    for _ in 1 2 3; do ccctl submit --cwd / -- sleep 100000; done >"$workshop/running"
    wait_for "3 jobs run" are_in_state 3 running
    for _ in 1 2; do
        ccctl submit --cwd / --env RAN="$workshop/ran" -- \
            sh -c 'echo ran >>"$RAN/$CCD_JOB_ID"; exit 4'
    done >"$workshop/queued"
    are_in_state 2 queued
    reboot_machine
}

after_reboot() {
    systemctl is-active ccd.service
    local id
    while read -r id; do
        wait_for_state "$id" lost
        # In a container the sandbox shows ccd the boot of the host, and so hides this one from it.
        expect_match "why $id is lost" "started anew|manager knows nothing of it" "$(reason_of "$id")"
    done <"$workshop/running"
    while read -r id; do
        expect_exit 4 ccctl wait "$id"
        expect "how often $id ran" 1 "$(grep -c ran "$workshop/ran/$id")"
    done <"$workshop/queued"
    figure "3 lost and said to be, 2 of 2 waiting ones ran"
}
