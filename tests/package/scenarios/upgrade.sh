# An upgrade of the package restarts ccd and nothing else.
scenario() {
    local socket
    socket=$(systemctl show -p ActiveEnterTimestampMonotonic --value ccd.socket)
    survive apt-get -qq -y install "$place"/next/ccd_*.deb
    expect "the version" "$(dpkg-deb -f "$place"/next/ccd_*.deb Version)" \
        "$(dpkg-query -W -f '${Version}' ccd)"
    expect "since when ccd.socket is there" "$socket" \
        "$(systemctl show -p ActiveEnterTimestampMonotonic --value ccd.socket)"
}

clean_up() {
    [ -z "${visitor-}" ] || kill "$visitor" 2>/dev/null || true
    apt-get -qq -y --allow-downgrades install "$place"/debs/ccd_*.deb
}
