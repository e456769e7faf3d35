# A user whose home is not there: the job runs where that is not needed, and says so where it is.
scenario() {
    getent passwd homeless >/dev/null || useradd --no-create-home --home-dir /nowhere homeless
    usermod --append --groups ccd homeless
    local id
    id=$(as homeless ccctl submit --cwd /tmp -- sh -c 'echo $HOME; pwd')
    expect_exit 0 ccctl wait "$id"
    expect "what it saw" "/nowhere /tmp" "$(ccctl logs "$id" | paste -sd ' ')"

    id=$(as homeless ccctl submit --cwd /nowhere -- true)
    expect_exit 125 ccctl wait "$id"
    expect "state" failed "$(field "$id" state)"
    expect_match "reason" "/nowhere.*No such file" "$(reason_of "$id")"
    expect_match "last line" "/nowhere.*No such file" "$(ccctl logs "$id" | tail -n 1)"
}
