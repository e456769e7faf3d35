#!/usr/bin/env bash
# The main job, with the ccd in PATH: starts a private daemon with two emulated 24 GiB cards, gives
# it a mixed load that computes something real over the files of this repository, kills the daemon
# with SIGKILL in the middle, and compares every result and every exit code with the same work done
# without ccd. Leaves nothing behind, however it ends.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

say() { printf '\n== %s\n' "$*"; }

dir=$(mktemp -d "${TMPDIR:-/var/tmp}/ccd-try.XXXXXX")
daemon=
# A daemon that stops leaves its jobs running: they are ended first, by one that was killed too.
finish() {
    trap '' INT TERM
    if [ -n "$daemon" ] && { ccctl ping >/dev/null 2>&1 || start_daemon; }; then
        local unfinished
        unfinished=$(ccctl --json status | grep -o '"id":[0-9]*' | cut -d : -f 2 || true)
        # One by one, for some may have ended meanwhile.
        for id in $unfinished; do ccctl cancel "$id" >/dev/null 2>&1 || true; done
        for id in $unfinished; do ccctl wait "$id" >/dev/null || true; done
        kill "$daemon" && wait "$daemon" || true
    fi
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export CCD_SOCKET=$dir/ccd.sock
mkdir "$dir/ours" "$dir/theirs"

cat >"$dir/ccd.toml" <<TOML
[daemon]
socket = "$CCD_SOCKET"
state_dir = "$dir/state"
runtime_dir = "$dir/run"
socket_group = ""
[jobs]
executor = "process"
[gpu]
source = "static"
[[gpu.device]]
uuid = "GPU-a"
memory = "24GiB"
[[gpu.device]]
uuid = "GPU-b"
memory = "24GiB"
TOML

start_daemon() {
    # In a session of its own, or the Ctrl-C that ends us would end it too soon.
    setsid ccd --config "$dir/ccd.toml" 2>>"$dir/ccd.log" &
    daemon=$!
    # The daemon says when it is ready; if it ends first, so does the wait.
    local said
    said=$(wc -l <"$dir/ccd.log")
    grep -qm1 'ready:' <(tail -n "+$((said + 1))" -f --pid="$daemon" "$dir/ccd.log") ||
        { cat "$dir/ccd.log"; return 1; }
}

# The load: NAME CLASS VRAM EXIT_CODE, then the command, which writes $OUT/NAME.
tests/try/load.sh >"$dir/load"

say "starting the daemon"
: >"$dir/ccd.log"
start_daemon
ccctl gpus

say "submitting $(wc -l <"$dir/load") jobs"
while IFS=$'\t' read -r name class vram code command; do
    ccctl submit --name "$name" --class "$class" --gpus 1 --vram "$vram" --key "try-$name" \
        --env OUT="$dir/ours" --cwd "$root" -- sh -c "$command; exit $code" >>"$dir/ids"
done <"$dir/load"
mapfile -t ids <"$dir/ids"
last=${ids[-1]}
ccctl status | head -n 20
ccctl why "$last"

say "killing the daemon with SIGKILL in the middle, when some have ended and some run"
ccctl wait "${ids[20]}" >/dev/null || true
{ kill -KILL "$daemon" && wait "$daemon"; } 2>/dev/null || true
start_daemon
ccctl status
ccctl gpus
# A submit that is repeated after the crash is the same job.
IFS=$'\t' read -r name class vram code command <"$dir/load"
again=$(ccctl submit --name "$name" --class "$class" --gpus 1 --vram "$vram" --key "try-$name" \
    --env OUT="$dir/ours" --cwd "$root" -- sh -c "$command; exit $code")
[ "$again" = "${ids[0]}" ]

say "the same work without ccd, meanwhile"
while IFS=$'\t' read -r name class vram code command; do
    OUT=$dir/theirs sh -c "$command" </dev/null
done <"$dir/load"

ccctl wait "${ids[@]}" >/dev/null || true # some are meant to fail
ccctl stats
ccctl health

say "comparing"
ccctl --json list --limit 1000 >"$dir/jobs.json"
timeout 20 ccctl --json events --since 0 >"$dir/events" &
reader=$!
python3 tests/try/verify.py "$dir" "$reader"
kill "$reader" 2>/dev/null || true
wait "$reader" 2>/dev/null || true
diff -r "$dir/ours" "$dir/theirs"
say "all $(wc -l <"$dir/load") results are the same as without ccd"
