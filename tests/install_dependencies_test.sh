#!/usr/bin/env bash
# tests/install-dependencies.sh starts and enables no service, whatever comes of it.
#
# Runs in namespaces of its own, where /usr/sbin and /run are empty and apt-get and systemctl only
# tell what they are asked; 77 where there may be none.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1-}" != inside ]; then
    unshare -rm true 2>/dev/null || { echo "skipped: no namespaces here" && exit 77; }
    exec unshare -rm "$0" inside
fi

mount -t tmpfs none /usr/sbin
mount -t tmpfs none /run
mkdir -p /run/bin /run/systemd/system
PATH=/run/bin:$PATH
program() {
    cat >"/run/bin/$1"
    chmod 755 "/run/bin/$1"
}
program dpkg-checkbuilddeps <<<'#!/bin/sh
exit 1'
program apt-get <<<'#!/bin/sh
asked=0
/usr/sbin/policy-rc.d || asked=$?
echo "$DEBIAN_FRONTEND $asked" >>/run/asked
case $* in *build-dep*) echo "redis-server.service enabled enabled" >>/run/units && exit "$FAILS" ;; esac'
program systemctl <<<'#!/bin/sh
case $1 in
list-unit-files) cat /run/units ;;
*) echo "$*" >>/run/told ;;
esac'

# What apt-get meets and what is left, as install-dependencies.sh ends with this exit code.
install_with() {
    echo "ssh.service enabled enabled" >/run/units
    rm -f /run/asked /run/told
    local code=0
    FAILS=$1 tests/install-dependencies.sh || code=$?
    [ "$code" -eq "$1" ]
    [ "$(sort -u /run/asked)" = "noninteractive $2" ]
    [ "$(cat /run/told)" = "-q disable redis-server.service" ]
}

for code in 0 1; do
    install_with "$code" 101
    [ ! -e /usr/sbin/policy-rc.d ]
done

# The administrator's own word stands, before and after.
printf '#!/bin/sh\nexit 104\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
install_with 0 104
[ "$(tail -n 1 /usr/sbin/policy-rc.d)" = "exit 104" ]
