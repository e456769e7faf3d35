#!/usr/bin/env bash
# Installs what debian/control names as build dependencies, where anything is missing. Of packages
# that bring a service only the programs are wanted: it is neither started nor enabled.
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v dpkg-checkbuilddeps >/dev/null && dpkg-checkbuilddeps 2>/dev/null; then
    exit 0
fi
as_root=(env DEBIAN_FRONTEND=noninteractive)
[ "$(id -u)" -eq 0 ] || as_root=(sudo "${as_root[@]}")

enabled_units() {
    [ ! -d /run/systemd/system ] ||
        systemctl list-unit-files --state=enabled --no-legend | cut -d ' ' -f 1 | sort
}
enabled=$(enabled_units)

# Packages ask this file whether to start a service; one that is there is the administrator's.
policy=/usr/sbin/policy-rc.d
made_policy=no
finish() {
    [ "$made_policy" = no ] || "${as_root[@]}" rm -f "$policy"
    comm -13 <(echo "$enabled") <(enabled_units) | xargs -r "${as_root[@]}" systemctl -q disable
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if [ ! -e "$policy" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" install -m 755 /dev/stdin "$policy"
fi

"${as_root[@]}" apt-get -qq update
"${as_root[@]}" apt-get -qq -y --no-install-recommends install build-essential
"${as_root[@]}" apt-get -qq -y --no-install-recommends build-dep "$PWD"
