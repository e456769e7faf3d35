#!/usr/bin/env bash
# Builds the packages twice, in other directories, with another umask, time zone, language and number
# of jobs, and compares them bit by bit.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=$PWD/build/package/reproducible
rm -rf "$place"

build() { # FOLDER JOBS
    mkdir -p "$place/$1/tree"
    tar -c --exclude=./.git --exclude=./build --exclude='./obj-*' . | tar -x -C "$place/$1/tree"
    (cd "$place/$1/tree" && DEB_BUILD_OPTIONS="nocheck parallel=$2" \
        dpkg-buildpackage -us -uc -b --build-profiles=nocheck >"$place/$1/log" 2>&1) ||
        { tail -n 40 "$place/$1/log" && return 1; }
}

(umask 022 && TZ=UTC LC_ALL=C.UTF-8 build one "$(nproc)")
(umask 077 && TZ=Asia/Kathmandu LC_ALL=C build another/folder "$(($(nproc) + 1))")
for deb in "$place"/one/*.deb; do
    cmp "$deb" "$place/another/folder/$(basename "$deb")"
    echo "the same bits twice: $(basename "$deb")"
done
