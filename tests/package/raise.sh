#!/usr/bin/env bash
# Makes of packages the same with a higher version, to upgrade to: raise.sh FOLDER DEB...
set -euo pipefail
folder=$1
shift
for deb; do
    unpacked=$(mktemp -d)
    dpkg-deb -R "$deb" "$unpacked"
    sed -i 's/^Version: .*/&+next/; s/(= \([^)]*\))/(= \1+next)/' "$unpacked/DEBIAN/control"
    dpkg-deb --root-owner-group -Znone -b "$unpacked" "$folder" >/dev/null
    rm -r "$unpacked"
done
