# A job that takes more memory than it was given is ended and says so; the others notice nothing.
scenario() {
    local id other
    other=$(ccctl submit --cwd / --memory 64MiB -- sleep 1000)
    wait_for_state "$other" running
    id=$(ccctl submit --cwd / --memory 64MiB -- python3 -c 'bytearray(200 << 20)')
    wait_for_state "$other" running
    expect "the limit" $((64 << 20)) "$(systemctl show -p MemoryMax --value "$(unit_of "$other")")"
    expect_exit 137 ccctl wait "$id"
    expect "state" failed "$(field "$id" state)"
    expect_match "reason" oom "$(reason_of "$id")"
    journalctl --sync
    expect_match "the journal" "out of memory|oom" \
        "$(journalctl --no-pager -o cat MESSAGE_ID=5f0c2f6e0b0d4a5f9d0f6f3c1a7e4b05 CCD_JOB_ID="$id")"
    has "$other" state running
    ccctl cancel "$other"
}
