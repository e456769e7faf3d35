#!/usr/bin/env bash
# Builds the packages once more, in another directory, with another umask, time zone, language and
# number of jobs, and compares them with the first ones bit by bit.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests/package/build.sh
first=$PWD/build/package/debs
second=$PWD/build/package/another/folder
rm -rf "$second"
mkdir -p "$second/tree"
tar -c --exclude=./.git --exclude=./build --exclude='./obj-*' . | tar -x -C "$second/tree"

export DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$(($(nproc) + 1))"
(
    umask 077
    cd "$second/tree"
    TZ=Asia/Kathmandu LC_ALL=C dpkg-buildpackage -us -uc -b --build-profiles=nocheck >../log 2>&1
) || { tail -n 40 "$second/log" && exit 1; }
for deb in "$first"/*.deb; do
    cmp "$deb" "$second/$(basename "$deb")"
    echo "the same bits twice: $(basename "$deb")"
done
