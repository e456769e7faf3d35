# Jobs of three users run as themselves, with their groups, home, directory and umask, and each user
# sees only what is for everybody's eyes of the others' jobs.
scenario() {
    getent group project >/dev/null || groupadd project
    make_user alice --groups project
    make_user bob
    local report='id -un; id -gn; id -Gn; pwd; echo $HOME; umask; cat /proc/self/cgroup'
    declare -A ids
    for user in alice bob root; do
        ids[$user]=$(as "$user" sh -c "cd ~ && umask 027 && ccctl submit -- sh -c '$report'")
    done
    for user in alice bob root; do
        local id=${ids[$user]} home
        home=$(getent passwd "$user" | cut -d : -f 6)
        as "$user" ccctl wait "$id"
        local said
        said=$(as "$user" ccctl logs "$id")
        expect "what $user's job is" \
            "$user $user $(as "$user" id -Gn) $home $home 0027" \
            "$(head -n 6 <<<"$said" | paste -sd ' ')"
        expect_match "where $user's job ran" "/ccd-jobs.slice/ccd-job-" "$(tail -n 1 <<<"$said")"
        expect "who it is of" "$user" "$(field "$id" user)"
    done

    # Its own output can be opened by name, too, though the log is root's.
    local by_name
    by_name=$(as alice ccctl submit --cwd / -- sh -c 'echo again >>/dev/stderr')
    expect_exit 0 as alice ccctl wait "$by_name"
    expect "what was said by name" again "$(as alice ccctl logs "$by_name")"

    # Bob knows that Alice's jobs are there. What they are and print is hers, and so is their end.
    local hers
    hers=$(as alice ccctl submit -- sh -c 'echo private; sleep 1000')
    wait_for_state "$hers" running
    expect_exit 5 as bob ccctl logs "$hers"
    expect_exit 5 as bob ccctl cancel "$hers"
    expect "her arguments, to Bob" null "$(as bob ccctl --json status "$hers" | jq -c '.jobs[0].argv')"
    expect "her arguments, to root" '"sh"' "$(ccctl --json status "$hers" | jq -c '.jobs[0].argv[0]')"
    expect_exit 0 as alice ccctl cancel "$hers"
    wait_for_state "$hers" cancelled
    figure "3 users"
}
