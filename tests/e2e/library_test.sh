#!/usr/bin/env bash
# Programs that use the client library, beside a daemon: library_test.sh CCD PROGRAM...
#
# Each is called with the daemon's socket; one that ends with .py by Python.
set -euo pipefail
ccd=$1
shift
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
touch "$place/log"
"$ccd" --set daemon.socket="$place/s" --set daemon.state_dir="$place/state" \
    --set daemon.runtime_dir="$place/run" --set jobs.executor=process --set gpu.source=none \
    2>"$place/log" &
daemon=$!
trap 'kill "$daemon" && wait "$daemon"; rm -rf "$place"' EXIT
grep -qm1 'ready:' <(tail -n +1 -f --pid="$daemon" "$place/log") || { cat "$place/log" && exit 1; }
for program; do
    case $program in
    *.py) python3 "$program" "$place/s" ;;
    *) "$program" "$place/s" ;;
    esac
done
