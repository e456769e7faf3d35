#!/usr/bin/env bash
# Builds the packages into build/package/debs, from a copy of the tree, unless they are there already
# as this tree makes them. What was compiled is kept from one build to the next.
#
# In build/package/next are the same packages with a higher version, to upgrade to.
set -euo pipefail
cd "$(dirname "$0")/../.."
place=$PWD/build/package
mkdir -p "$place"

# All that a package is made of: not the history, not what a build has left, not what tests it.
sources() {
    find . \( -path ./.git -o -path ./build -o -path './obj-*' -o -path ./tests/package \
        -o -path ./debian/.debhelper -o -path ./debian/tmp -o -path './debian/ccd*/*' \) -prune -o \
        \( -type f -o -type l \) ! -path './debian/*debhelper*' ! -path './debian/*.substvars' \
        ! -path ./debian/files -print0 | LC_ALL=C sort -z
}
stamp=$(sources | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
[ "$(cat "$place/debs/stamp" 2>/dev/null)" != "$stamp" ] || exit 0

rm -rf "$place/debs" "$place/next" "$place/fresh"
mkdir -p "$place/tree" "$place/fresh" "$place/debs" "$place/next"
sources | tar -c --null -T - | tar -x -C "$place/fresh"
find "$place/tree" -maxdepth 1 -name 'obj-*' -exec mv {} "$place/fresh" \;
rm -rf "$place/tree"
mv "$place/fresh" "$place/tree"

cores=$(nproc)
export DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$cores"
if ! (cd "$place/tree" && dpkg-buildpackage -us -uc -b -nc --build-profiles=nocheck) \
    >"$place/build.log" 2>&1; then
    tail -n 40 "$place/build.log"
    exit 1
fi
mv "$place"/*.deb "$place"/ccd_*.changes "$place"/ccd_*.buildinfo "$place/debs"
tests/package/raise.sh "$place/next" "$place"/debs/ccd_*.deb "$place"/debs/ccd-tools_*.deb
echo "$stamp" >"$place/debs/stamp"
