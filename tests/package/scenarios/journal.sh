# What happens to a job stands in the journal, with fields to look for it by and words that explain.
scenario() {
    make_user alice
    local id
    id=$(as alice ccctl submit --cwd / -- sh -c 'exit 3')
    expect_exit 3 ccctl wait "$id"
    journalctl --sync
    local what
    for what in submitted:01 started:02 ended:03; do
        expect "entries that it was ${what%:*}" 1 "$(entries "$id" "${what#*:}" | wc -l)"
    done
    expect "the fields of its end" "$(id -u alice) failed 1 3" \
        "$(entries "$id" 03 | jq -r '[.CCD_UID, .CCD_STATE, .CCD_ATTEMPT, .CCD_EXIT_CODE] | join(" ")')"
    expect_match "the explanation" "Job $id has ended: failed" \
        "$(journalctl --no-pager --catalog --since "5 minutes ago" CCD_JOB_ID="$id")"
}

# Of this ccd: an earlier one had a job of that number too.
entries() { # ID MESSAGE
    journalctl --no-pager -o json MESSAGE_ID="5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b$2" CCD_JOB_ID="$1" \
        _SYSTEMD_INVOCATION_ID="$(systemctl show -p InvocationID --value ccd.service)"
}
