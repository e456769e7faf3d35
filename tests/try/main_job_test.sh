#!/usr/bin/env bash
# The main job leaves nothing behind when it is ended in the middle: main_job_test.sh BIN_DIRECTORY
set -euo pipefail
bin=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
place=$(mktemp -d /var/tmp/ccd-try-test.XXXXXX)
trap 'rm -rf "$place"' EXIT

# Ends it when it has said this, and hears it out.
end_at() {
    local line code=0 said=
    exec {heard}< <(TMPDIR=$place PATH=$bin:$PATH exec tests/try/main_job.sh 2>&1)
    local job=$!
    while read -r line <&"$heard"; do
        said+=$line$'\n'
        [[ $line != "== $1"* ]] || kill -TERM "$job"
    done
    wait "$job" || code=$?
    if [ "$code" -ne 143 ] || [ -n "$(ls -A "$place")" ] || grep -ls "$place/" /proc/[0-9]*/environ; then
        echo "ended at '$1' with exit code $code, leaving '$(ls -A "$place")':"
        echo "$said"
        exit 1
    fi
}

end_at "submitting"                # while jobs are submitted
end_at "killing the daemon"        # all are submitted, some run
end_at "the same work without ccd" # another daemon has found them again
