#!/usr/bin/env bash
# The packages on a real systemd: builds them, looks at them with lintian, installs them in a machine
# of their own, and shows what each scenario there came to.
#
#   tests/package/run.sh [nspawn|vm] [SCENARIO]...
#
# nspawn: in a container, in a few minutes. vm: in an emulated machine, for what needs a kernel of
# its own: limits of memory, device nodes, a power cut.
#
# Exit: 0 all is well, 1 something failed, 2 bad usage, 77 it cannot run here, and why.
set -euo pipefail
cd "$(dirname "$0")/../.."
lane=${1-nspawn}
case $lane in
    nspawn)
        scenarios=(install sandbox users journal property secrets no_home locked unknown_group
            daemonise cpus time_limit cancel unit_stopped flood logout refused_start bus_restart
            restart crash crashes watchdog reload no_start upgrade queues reboot late_users user_instance
            tools remove reinstall purge autopkgtest)
        ;;
    vm) scenarios=(install memory cpus devices reboot power_cut) ;;
    *) echo "usage: tests/package/run.sh [nspawn|vm] [SCENARIO]..." >&2 && exit 2 ;;
esac
[ $# -lt 2 ] || scenarios=("${@:2}")
place=$PWD/build/package
out=$place/$lane-out
source "tests/package/$lane.sh"

[ "$(id -u)" -eq 0 ] || { echo "skipped: only root can make a machine" && exit 77; }
tests/install-dependencies.sh
can_run || exit 77
began=$SECONDS

step() { # NAME COMMAND...: a row of the table for what is done here
    local name=$1 from=$SECONDS result=passed
    shift
    "$@" >"$out/$name.log" 2>&1 || result=failed
    printf '%s\t%s\t%s\t\n' "$name" "$result" "$((SECONDS - from))" >>"$out/results"
    [ "$result" = passed ]
}

lint() {
    lintian --allow-root -EvIL +pedantic --fail-on error,warning "$place"/debs/*.changes
}

show() {
    printf '\n%-16s %-7s %8s  %s\n' scenario result seconds figures
    while IFS=$'\t' read -r name result seconds figures; do
        printf '%-16s %-7s %8s  %s\n' "$name" "$result" "$seconds" "$figures"
    done <"$out/results"
}

# What makes a Debian a guest: it runs the scenarios once it is up, and says on its console what
# they come to and nothing else.
lay_out() { # ROOT
    cp -r debian/tests "$1/autopkgtest"
    cp -r tests/lib/python "$1/python-tests"
    install -m 644 tests/package/guest.service "$1/etc/systemd/system/"
    systemctl --quiet --root="$1" enable guest.service
    systemctl --quiet --root="$1" mask console-getty.service getty@.service \
        apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer dpkg-db-backup.timer
}

rm -rf "$out"
mkdir -p "$out"
step build tests/package/build.sh || { cat "$out/build.log" && exit 1; }
step lintian lint || true
root_tar=$(tests/package/root.sh "$lane" "$place"/debs/ccd_*.deb "$place"/debs/ccd-tools_*.deb)
printf '%s\n' "${scenarios[@]}" >"$out/todo"
prepare "$root_tar"
boot || echo "the machine ended with exit code $?"

failed=$(awk -F '\t' '$2 != "passed" { print $1 }' "$out/results")
for name in $failed; do
    printf '\n== %s failed\n' "$name"
    tail -n 120 "$out/$name.log"
done
[ ! -s "$out/todo" ] || { printf '\n== never ended\n' && cat "$out/todo" && tail -n 40 "$out/console"; }
show
echo "$((SECONDS - began)) seconds in all"
[ -z "$failed" ] && [ ! -s "$out/todo" ]
