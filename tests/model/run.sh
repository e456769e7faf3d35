#!/usr/bin/env bash
# Both models of the queues, in all their configurations; and that they find what is wrong on purpose.
#
#   tests/model/run.sh          what ends within a minute
#   tests/model/run.sh --all    the largest ones too
set -euo pipefail
cd "$(dirname "$0")"
all=${1-}

passes() { # WORD...
    printf '%s: ' "$*"
    python3 "$@"
}
# The mutant must be told from the real thing: exit 1, and not for another reason.
is_caught() { # MUTANT WORD...
    local status=0
    printf '%s with %s: ' "${*:2}" "$1"
    MUT=$1 python3 "${@:2}" >"$log" 2>&1 || status=$?
    if [ "$status" -ne 1 ] || ! grep -q BUG "$log"; then
        echo "not caught (exit $status)" && tail -3 "$log" && exit 1
    fi
    echo caught
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
passes pcq_model.py ex c 120
passes pcq_model.py ex e 120
for mutant in noclaim storealloc qfree noreclaim; do is_caught "$mutant" pcq_model.py ex c 120; done
is_caught nohelp pcq_model.py ex c 120
passes park_model.py 1 2 2 1 2
passes park_model.py 1 2 2 0 1
for mutant in nobroadcast lateseq oldcohort; do is_caught "$mutant" park_model.py 1 2 2 1 2; done
is_caught anywoken park_model.py 1 2 2 0 1
passes pcq_model.py rnd 5 1
if [ "$all" = --all ]; then
    for configuration in a b d; do passes pcq_model.py ex "$configuration" 300; done
    passes park_model.py
fi
