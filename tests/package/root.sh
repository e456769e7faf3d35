#!/usr/bin/env bash
# Makes a Debian with a systemd, and with what the packages depend on, so that they are installed
# there without a network: root.sh KIND DEB... prints where it lies, as a tar. It is made once.
set -euo pipefail
kind=$1
shift
cd "$(dirname "$0")/../.."
place=$PWD/build/package

of_others() { # the packages of the lists read that are not ours, each once
    tr ',' '\n' | sed 's/|.*//; s/(.*)//; s/ //g' | grep -Ev '^(lib|python3-)?ccd' | sort -u
}
dependencies=$(for deb; do dpkg-deb -f "$deb" Depends; done | of_others)
include="systemd systemd-sysv dbus dbus-user-session libnss-systemd libpam-systemd python3 jq
    procps passwd $dependencies"
# The container runs the package's autopkgtests too.
[ "$kind" = vm ] || include+=" $(sed -n 's/^Depends: //p' debian/tests/control | of_others)"
[ "$kind" = nspawn ] || include+=" linux-image-cloud-amd64 udev kmod initramfs-tools"
include=$(tr -s ' \n' ',,' <<<"$include" | sed 's/,$//')

root=$place/$kind-$(sha256sum <<<"$include" | cut -c 1-12).tar
if [ ! -e "$root" ]; then
    rm -f "$place/$kind"-*.tar
    mmdebstrap --quiet --format=tar --variant=minbase --include="$include" bookworm "$root.part" >&2
    mv "$root.part" "$root"
fi
echo "$root"
