#!/usr/bin/env bash
# Installs what debian/control names as build dependencies, where anything is missing.
set -euo pipefail
cd "$(dirname "$0")/.."
if command -v dpkg-checkbuilddeps >/dev/null && dpkg-checkbuilddeps 2>/dev/null; then
    exit 0
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get -qq update
"${as_root[@]}" apt-get -qq -y --no-install-recommends install build-essential
# A package that starts a daemon of its own is not wanted here: only its programs are.
"${as_root[@]}" env RUNLEVEL=1 apt-get -qq -y --no-install-recommends build-dep "$PWD"
