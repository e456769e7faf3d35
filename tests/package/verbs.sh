# What scenarios are made of. Sourced by scenario.sh.
#
# Nothing waits for a while: it waits for something, and says for what when that does not come.

export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
patience=60 # seconds
workshop=/var/tmp/workshop

expect() { # WHAT WANTED GOT
    [ "$2" = "$3" ] || { echo "$1: wanted '$2', got '$3'" && return 1; }
}

expect_match() { # WHAT PATTERN GOT
    grep -qE -- "$2" <<<"$3" || { echo "$1: '$3' is not like '$2'" && return 1; }
}

expect_exit() { # CODE COMMAND...
    local wanted=$1 code=0
    shift
    "$@" || code=$?
    expect "exit code of '$*'" "$wanted" "$code"
}

# For what must look and find nothing, which is 1 of grep and pgrep. To be unable to look is more.
never() { # COMMAND...
    expect_exit 1 "$@"
}

# Reads what must not have that in it.
lacks() { # TEXT
    never grep -aF -- "$1"
}

wait_for() { # WHAT COMMAND...
    local what=$1 end=$((SECONDS + patience))
    shift
    { set +x; } 2>/dev/null
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || { echo "still not so after $patience s: $what" && return 1; }
        sleep 0.05
    done
    set -x
}

figure() { echo "$*" >>"$place/out/figures"; }

# Users and what they run.

make_user() { # NAME [USERADD_OPTION...]
    getent passwd "$1" >/dev/null || useradd --create-home --shell /bin/bash "${@:2}" "$1"
    usermod --append --groups ccd "$1"
}

as() { # USER COMMAND...
    local user=$1
    shift
    setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
        env -i PATH="$PATH" HOME="$(getent passwd "$user" | cut -d : -f 6)" USER="$user" \
        LOGNAME="$user" "$@"
}

# Jobs.

field() { # ID NAME
    ccctl --json status "$1" | jq -r ".jobs[0].$2 | if type == \"array\" then join(\",\") else . end"
}

has() { # ID NAME VALUE
    [ "$(field "$1" "$2")" = "$3" ]
}

wait_for_state() { # ID STATE
    wait_for "job $1 is $2" has "$1" state "$2"
}

reason_of() { # ID
    ccctl --json why "$1" | jq -r '[.reason, (.blockers // [] | .[] | tostring)] | join(" ")'
}

unit_of() { # ID
    systemctl list-units --all --plain --no-legend "ccd-job-*-$1-*.service" | awk '{ print $1 }'
}

make_workshop() { mkdir -p -m 1777 "$workshop" "$workshop/ran"; }

# What jobs say of themselves: that they have begun, and how often they were told to end.
note='echo ran >>"$RAN/$CCD_JOB_ID";'
# Counts SIGTERM and goes on.
stubborn="trap 'echo TERM >>\"\$RAN/\$CCD_JOB_ID\"' TERM; $note while :; do sleep 1000 & wait; done"

submit_noted() { # COUNT SCRIPT [OPTION...]: jobs that make notes; prints the numbers
    for _ in $(seq "$1"); do
        ccctl submit --cwd / --env RAN="$workshop/ran" "${@:3}" -- sh -c "$2"
    done
}

ran_ms() { # ID: how long it ran
    echo $(($(date -d "$(field "$1" finished_at)" +%s%3N) - $(date -d "$(field "$1" started_at)" +%s%3N)))
}

times_ran() { # ID
    grep -c ran "$workshop/ran/$1" || [ $? -eq 1 ]
}

have_begun() { # COUNT: of the jobs that note it
    [ "$(find "$workshop/ran" -type f | wc -l)" -eq "$1" ]
}

# A job that notes that it ran, waits until the gate is opened, and exits with its number modulo 7.
# What it has written is there if and only if it ran; twice if it ran twice.
gated_job="$note"' flock -s "$GATE" true; exit $((CCD_JOB_ID % 7))'

close_gate() {
    make_workshop
    touch "$workshop/gate"
    exec {gate}<"$workshop/gate"
    flock "$gate"
}

open_gate() { flock -u "$gate"; }

submit_gated() { # COUNT: prints the numbers
    for _ in $(seq "$1"); do
        ccctl submit --env RAN="$workshop/ran" --env GATE="$workshop/gate" --cwd / -- \
            sh -c "$gated_job"
    done
}

# Of all jobs given, that each ran once and ended as it had to.
expect_gated_ends() { # ID...
    local right=0
    ccctl wait "$@" >/dev/null || true
    for id; do
        if has "$id" exit_code $((id % 7)) && [ "$(cat "$workshop/ran/$id")" = ran ]; then
            right=$((right + 1))
        else
            echo "job $id: $(field "$id" state), exit code $(field "$id" exit_code), ran" \
                "$(grep -c ran "$workshop/ran/$id") times"
        fi
    done
    figure "$right/$# exit codes"
    expect "right exit codes, each of a job that ran once" $# "$right"
}

jobs_in_state() { # STATE
    ccctl --json list --state "$1" --limit 1000 | jq '.jobs | length'
}

are_in_state() { # COUNT STATE
    [ "$(jobs_in_state "$2")" -eq "$1" ]
}

# The machine.

write_configuration() { # TOML_LINE...
    printf '%s\n' "$@" >/etc/ccd/conf.d/scenario.toml
}

configure() { # TOML_LINE...
    write_configuration "$@"
    ccd --check-config
    systemctl restart ccd.service
}

main_pid() { systemctl show -p MainPID --value ccd.service; }

is_unit() { # UNIT STATE
    [ "$(systemctl show -p ActiveState --value "$1")" = "$2" ]
}

# How long ccd may be away, in milliseconds.
longest_gap=1000

# Asks the daemon without a pause until end_visits, and notes how long it was away.
begin_visits() {
    python3 "$here/visits.py" >"$workshop-visits" &
    visitor=$!
    wait_for "the first visit" test -s "$workshop-visits"
}

end_visits() {
    kill -TERM "$visitor"
    wait "$visitor"
    local answered refused broken gap
    read -r answered refused broken gap < <(tail -n 1 "$workshop-visits")
    figure "$refused refused and $broken broken of $((answered + refused + broken)) visits," \
        "longest gap ${gap} ms"
    expect "refused visits" 0 "$refused"
    [ "$gap" -lt "$longest_gap" ]
}

# The rest of the scenario is its after_reboot. Returns where the caller itself ends the machine.
expect_reboot() {
    echo after_reboot >"$place/out/phase"
    sync
}

reboot_machine() {
    expect_reboot
    systemctl reboot
    sleep infinity
}

# Twenty jobs that run and five that wait notice nothing of what is done to ccd meanwhile, and nobody
# who connects is refused.
survive() { # COMMAND...
    local ids before
    configure '[jobs]' 'max_running = 20'
    close_gate
    mapfile -t ids < <(submit_gated 25)
    wait_for "20 jobs run" are_in_state 20 running
    are_in_state 5 queued
    before=$(main_pid)
    begin_visits
    "$@"
    wait_for "another ccd is ready" is_another_ready "$before"
    ccctl ping
    end_visits
    are_in_state 20 running
    are_in_state 5 queued
    open_gate
    expect_gated_ends "${ids[@]}"
    expect "lost jobs" 0 "$(jobs_in_state lost)"
    wait_for "all units of jobs are gone" no_units_of_jobs
}

is_another_ready() { # MAIN_PID
    is_unit ccd.service active && [ "$(main_pid)" != "$1" ]
}

no_units_of_jobs() {
    [ -z "$(systemctl list-units --all --plain --no-legend 'ccd-job-*')" ]
}

install_ccd() {
    apt-get -qq -y install "$place"/debs/ccd_*.deb
}

# A ccd as after the installation, whatever was before.
begin_afresh() {
    [ "$name" != install ] || return 0
    dpkg -s ccd >/dev/null 2>&1 || install_ccd
    systemctl stop ccd.socket ccd.service ccd-jobs.slice
    systemctl reset-failed
    rm -rf /etc/ccd/conf.d/scenario.toml "$workshop"* /var/lib/ccd/*
    systemctl start ccd.socket ccd.service
}

clean_up() {
    [ -z "${visitor-}" ] || kill "$visitor" 2>/dev/null || true
}
