# An account that was locked or has expired while its job waited: the job does not run, and says why.
scenario() {
    local id
    for way in 'usermod --lock' 'usermod --expiredate 1970-01-02'; do
        userdel --remove mallory 2>/dev/null || true
        make_user mallory
        echo 'mallory:something' | chpasswd
        id=$(as mallory ccctl submit --cwd / --hold -- touch "$workshop-forbidden")
        $way mallory
        ccctl release "$id"
        expect_exit 125 ccctl wait "$id"
        expect "state" failed "$(field "$id" state)"
        expect_match "reason" "mallory.*(locked|expired|closed)" "$(reason_of "$id")"
        [ ! -e "$workshop-forbidden" ]
    done
}
