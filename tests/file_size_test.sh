#!/usr/bin/env bash
# .ci/file-size finds a long file of ours, and none that a build has left beside it.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

mkdir "$tree/.ci"
cp "$source/.ci/file-size" "$tree/.ci/"
long() {
    mkdir -p "$(dirname "$tree/$1")"
    seq 501 >"$tree/$1"
}
seq 500 >"$tree/short.md"
for left in build/dev/generated.cpp obj-x86_64-linux-gnu/generated.cpp debian/tmp/usr/doc.md \
    debian/.debhelper/list.sh debian/ccd/usr/include/all.h debian/ccd-tools/usr/doc.md \
    debian/libccd-dev/usr/ccd.h; do
    long "$left"
done
"$tree/.ci/file-size"

for ours in daemon/long.cpp debian/tests/long.sh tests/build/long.py objects.h; do
    long "$ours"
    said=$("$tree/.ci/file-size") && { echo "$ours was not found" && exit 1; }
    [ "$said" = "./$ours has 501 lines; at most 500" ]
    rm "$tree/$ours"
done
