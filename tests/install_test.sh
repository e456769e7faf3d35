#!/usr/bin/env bash
# What `cmake --install` puts down works from there: install_test.sh BUILD_DIRECTORY
#
# ccd finds its ccd-shim by the path it was built with, /usr/libexec/ccd or the like: what was
# installed is laid over that in a namespace of its own; 77 where there may be none.
set -euo pipefail
build=$1 root=${2-}
if [ -z "$root" ]; then
    unshare -rm mount -t overlay -o lowerdir=/usr:/etc none /usr 2>/dev/null || { echo "skipped: no namespaces here" && exit 77; }
    root=$(mktemp -d)
    trap 'rm -rf "$root"' EXIT
    DESTDIR=$root cmake --install "$build" >/dev/null
    [ "$(cat "$root/etc/ccd/ccd.toml")" = "$(cat "$(dirname "$0")/../etc/ccd.toml")" ]

    # What the administrator has written stays.
    echo '[jobs]' >"$root/etc/ccd/ccd.toml"
    DESTDIR=$root cmake --install "$build" >/dev/null
    [ "$(cat "$root/etc/ccd/ccd.toml")" = '[jobs]' ]
    unshare -rm "$0" "$build" "$root"
    exit
fi

prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$build/CMakeCache.txt")
mount -t overlay -o "lowerdir=$root$prefix:$prefix" none "$prefix"
PATH=$prefix/bin:$PATH
[ "$(command -v ccd)" = "$prefix/bin/ccd" ]
mkdir "$root/run"
export CCD_SOCKET=$root/run/ccd.sock
ccd --config "$root/etc/ccd/ccd.toml" --set daemon.socket="$CCD_SOCKET" \
    --set daemon.state_dir="$root/state" --set daemon.runtime_dir="$root/run" \
    --set jobs.executor=process --set gpu.source=none 2>"$root/log" &
daemon=$!
trap 'kill "$daemon" && wait "$daemon"' EXIT
touch "$root/log"
grep -qm1 'ready:' <(tail -n +1 -f --pid="$daemon" "$root/log") || { cat "$root/log" && exit 1; }
ccctl submit --wait -- sh -c 'readlink "/proc/$PPID/exe" && exit 7' >"$root/id" || code=$?
[ "${code-}" -eq 7 ] || { cat "$root/log" "$root/id" && exit 1; }
[ "$(ccctl logs 1)" = "$prefix/libexec/ccd/ccd-shim" ]
