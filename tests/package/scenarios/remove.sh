# Removing the package ends the jobs that run while ccd is there to see it, whatever a policy says of
# services: each end is on record, and what waited runs after the next installation, once.
policy=/usr/sbin/policy-rc.d

scenario() {
    configure '[jobs]' 'max_running = 4'
    make_workshop
    submit_noted 3 "$note exec sleep 98765" >"$workshop/running"
    # It takes its time, and the removal waits for it.
    submit_noted 1 "trap 'sleep 1; trap - TERM; kill -TERM \$\$' TERM; $note sleep 98765 & wait" \
        >>"$workshop/running"
    wait_for "4 jobs have begun" have_begun 4
    wait_for "4 jobs run" are_in_state 4 running
    submit_noted 2 "$note exit 4" >"$workshop/waiting"
    are_in_state 2 queued

    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    apt-get -qq -y remove ccd
    rm "$policy"
    never pgrep -f 'sleep 98765'
    no_units_of_jobs
    have_begun 4
    systemctl stop ccd.socket ccd.service

    install_ccd
    local id
    while read -r id; do
        expect_match "what became of running job $id" \
            "^failed: the service manager was told to end it" "$(field "$id" state): $(reason_of "$id")"
        expect "how often $id ran" 1 "$(times_ran "$id")"
    done <"$workshop/running"
    while read -r id; do
        expect_exit 4 ccctl wait "$id"
        expect "how often $id ran" 1 "$(times_ran "$id")"
    done <"$workshop/waiting"
    figure "4 of 4 running ones told truthfully, 2 of 2 waiting ones ran"
}

clean_up() { rm -f "$policy"; }
