#!/usr/bin/env bash
# Makes a Debian with a systemd, and with what the packages depend on, so that they are installed
# there without a network: root.sh KIND DEB... prints where it lies, as a tar. It is made once.
set -euo pipefail
kind=$1
shift
cd "$(dirname "$0")/../.."
place=$PWD/build/package

dependencies=$(for deb; do dpkg-deb -f "$deb" Depends; done |
    tr ',' '\n' | sed 's/|.*//; s/(.*)//; s/ //g' | grep -v '^ccd' | sort -u)
include="systemd systemd-sysv dbus dbus-user-session libnss-systemd libpam-systemd python3 jq
    procps passwd $dependencies"
# The container runs the package's autopkgtests too.
[ "$kind" = vm ] || include+=" dpkg-repack"
[ "$kind" = nspawn ] || include+=" linux-image-cloud-amd64 udev kmod initramfs-tools"
include=$(tr -s ' \n' ',,' <<<"$include" | sed 's/,$//')

root=$place/$kind-$(sha256sum <<<"$include" | cut -c 1-12).tar
if [ ! -e "$root" ]; then
    rm -f "$place/$kind"-*.tar
    mmdebstrap --quiet --format=tar --variant=minbase --include="$include" bookworm "$root.part" >&2
    mv "$root.part" "$root"
fi
echo "$root"
