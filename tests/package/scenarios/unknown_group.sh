# A user whose first group has no name any more: the job runs with it all the same.
scenario() {
    userdel --remove grouped 2>/dev/null || true
    getent group vanishing >/dev/null || groupadd --gid 4242 vanishing
    make_user grouped --gid vanishing
    sed -i '/^vanishing:/d' /etc/group /etc/gshadow
    local id
    id=$(as grouped ccctl submit --cwd / -- id -g)
    expect_exit 0 ccctl wait "$id"
    expect "its group" 4242 "$(ccctl logs "$id")"
    userdel --remove grouped

    # And one whose account is gone is told so, and nothing of it runs.
    make_user leaving
    id=$(as leaving ccctl submit --cwd / --hold -- true)
    userdel --remove leaving
    ccctl release "$id"
    expect_exit 125 ccctl wait "$id"
    expect_match "reason" "account|no user|unknown" "$(reason_of "$id")"
}
