# A job whose time limit is over is ended as any other, with one SIGTERM and a grace, and is
# timed-out; by systemd itself where ccd is away, which tells so at its next start.
scenario() {
    configure '[jobs]' 'stop_grace = "1s"'
    make_workshop
    local id unit
    id=$(submit_noted 1 "$note exec sleep 1000" --time-limit 2s)
    wait_for_state "$id" running
    unit=$(unit_of "$id")
    expect_exit 143 ccctl wait "$id"
    expect_time_out "$id" 2000
    # ccd has done it; systemd is there for when ccd is not.
    journalctl --sync
    journalctl --no-pager -b -o cat UNIT="$unit" | lacks "runtime time limit"

    # One that does not go, but counts how often it was told to.
    id=$(submit_noted 1 "$stubborn" --time-limit 1s)
    expect_exit 137 ccctl wait "$id"
    expect_time_out "$id" 2000
    expect "how often it got SIGTERM" 1 "$(grep -c TERM "$workshop/ran/$id")"

    # One that ends by itself, in time.
    id=$(submit_noted 1 "$note exit 3" --time-limit 1000s)
    expect_exit 3 ccctl wait "$id"
    expect "state" failed "$(field "$id" state)"

    id=$(submit_noted 1 "$note exec sleep 1000" --time-limit 2s)
    wait_for_state "$id" running
    unit=$(unit_of "$id")
    systemctl stop ccd.socket ccd.service
    wait_for "systemd has ended it" is_unit "$unit" failed
    expect "what systemd says" timeout "$(systemctl show -p Result --value "$unit")"
    systemctl start ccd.service
    expect_exit 143 ccctl wait "$id"
    expect_time_out "$id" 2000
    expect "how often it ran" 1 "$(times_ran "$id")"
    wait_for "all units of jobs are gone" no_units_of_jobs
}

expect_time_out() { # ID LEAST_MILLISECONDS
    expect "state of job $1" timed-out "$(field "$1" state)"
    expect_match "why" "time limit was over" "$(reason_of "$1")"
    [ "$(ran_ms "$1")" -ge "$2" ]
}
