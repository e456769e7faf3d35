# A reboot ends the jobs that run: either ccd saw how, or they are lost; those that wait run afterwards.
scenario() {
    configure '[jobs]' 'max_running = 3'
    make_workshop
    submit_noted 2 "$note exec sleep 100000" >"$workshop/running"
    # It takes the end of the machine for its own.
    submit_noted 1 "trap 'exit 0' TERM; $note sleep 100000 & wait" >>"$workshop/running"
    wait_for "3 jobs have begun" have_begun 3
    wait_for "3 jobs run" are_in_state 3 running
    submit_noted 2 "$note exit 4" >"$workshop/queued"
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
        expect "how often $id ran" 1 "$(times_ran "$id")"
    done <"$workshop/running"
    while read -r id; do
        expect_exit 4 ccctl wait "$id"
        expect "how often $id ran" 1 "$(times_ran "$id")"
    done <"$workshop/queued"
    figure "3 of 3 running ones told truthfully, 2 of 2 waiting ones ran"
}
