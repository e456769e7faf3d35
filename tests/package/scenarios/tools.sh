# ccd-bench and ccd-stress work as installed, and ccd keeps up with a raw loop of transient services.
scenario() {
    apt-get -qq -y install "$place"/debs/{libccd0,ccd-tools}_*.deb
    ccd-stress connections
    local line
    line=$(ccd-bench --json --seconds 0.5 jobs/true-systemd)
    expect_match "what was measured" '"ops_per_s":[0-9]' "$line"
    figure "$(jq -r '"\(.ops_per_s | round) jobs/s, raw loop \(.peer_ops_per_s | round)/s, " +
        "ratio \(.ratio * 100 | round / 100)"' <<<"$line")"
    expect "a ratio of 0.5 at least" true "$(jq '.ratio >= 0.5' <<<"$line")"
    apt-get -qq -y purge ccd-tools libccd0
}
