# A job that prints without end disturbs nobody, and is ended like any other.
scenario() {
    make_user alice
    local id
    begin_visits
    id=$(as alice ccctl submit --cwd / -- sh -c 'head -c 100000000 /dev/zero | tr "\0" x; exit 6')
    expect_exit 0 ccctl submit --cwd / --wait -- true
    expect_exit 6 ccctl wait "$id"
    expect "bytes of its log" 100000000 "$(as alice ccctl logs "$id" | wc -c)"
    id=$(as alice ccctl submit --cwd / -- yes)
    wait_for_state "$id" running
    ccctl cancel "$id"
    wait_for_state "$id" cancelled
    end_visits
    expect "health" healthy "$(ccctl --json health | jq -r .status)"
}
