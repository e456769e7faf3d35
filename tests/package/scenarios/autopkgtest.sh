# The package's autopkgtests, as debian/tests/control names them and in its order: those that leave the
# package as it is come first. Each command in a copy of the sources and with what it says that it needs.
tree=/var/tmp/autopkgtest

scenario() {
    rm -rf "$tree"
    mkdir -p "$tree/tests" "$tree/debian"
    cp -r "$here" "$tree/tests/package"
    cp -r /autopkgtest "$tree/debian/tests"
    mkdir "$tree/tests/lib"
    cp -r /python-tests "$tree/tests/lib/python"
    cd "$tree"
    dpkg --install /debs/libccd0_*.deb /debs/libccd-dev_*.deb /debs/python3-ccd_*.deb
    sed -n 's/^Depends: //p' debian/tests/control | tr -s ', ' '\n' | sort -u | xargs dpkg -s >/dev/null
    local command count=0
    while read -r command; do
        count=$((count + 1))
        mkdir "$tree/tmp-$count"
        AUTOPKGTEST_TMP=$tree/tmp-$count bash -ec "$command" </dev/null
        figure "${command#* }"
    done < <(sed -n 's/^Test-Command: //p' debian/tests/control)
    [ "$count" -gt 0 ]
}

# What they leave is packed anew, and not what the next scenario is to see.
clean_up() {
    dpkg --purge python3-ccd libccd-dev libccd0 ccd
    rm -rf "$tree"
}
