# A reboot ends the jobs that run: either ccd saw how, or they are lost; those that wait run afterwards.
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
        expect_match "what became of running job $id" \
            "^(lost: .*machine was started anew|failed: .*service manager was told to end it)" \
            "$(field "$id" state): $(reason_of "$id")"
    done <"$workshop/running"
    while read -r id; do
        expect_exit 4 ccctl wait "$id"
        expect "how often $id ran" 1 "$(grep -c ran "$workshop/ran/$id")"
    done <"$workshop/queued"
    figure "3 of 3 running ones told truthfully, 2 of 2 waiting ones ran"
}
