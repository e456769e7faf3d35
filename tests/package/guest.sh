#!/usr/bin/env bash
# Runs in the guest, as a service: the scenarios named in /out/todo, one after the other, each in a
# process of its own, then powers off. A line for each goes to /out/results:
# NAME, passed or failed, seconds, figures; by tabs. After a reboot it goes on where it was.
set -uo pipefail
cd /out || exit

# Of what a scenario did, what is needed to see why it failed.
explain() { # NAME
    echo "-- journal"
    journalctl --no-pager -o short-precise --since "@$(cut -d . -f 1 started)" \
        _SYSTEMD_UNIT=ccd.service + UNIT=ccd.service + UNIT=ccd.socket + \
        _SYSTEMD_UNIT=ccd-resume.service + UNIT=ccd-resume.service |
        tail -n 60
    echo "-- jobs"
    timeout 10 ccctl list --limit 40 2>&1 || true
}

finish() { # NAME RESULT
    local seconds
    seconds=$(awk -v from="$(cat started)" -v to="$(date +%s.%N)" 'BEGIN { printf "%.1f", to - from }')
    [ "$2" = passed ] || explain >>"$1.log" 2>&1
    printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$seconds" "$(paste -sd ';' figures | sed 's/;/, /g')" |
        tee -a results >/dev/console
    sed -i 1d todo
    rm -f started figures phase
    sync
}

while name=$(head -n 1 todo) && [ -n "$name" ]; do
    if [ ! -e started ]; then
        date +%s.%N >started
        : >figures
        echo scenario >phase
    fi
    if timeout --kill-after=10 240 /package/scenario.sh "$name" "$(cat phase)" >>"$name.log" 2>&1; then
        finish "$name" passed
    else
        finish "$name" failed
    fi
done
systemctl poweroff
