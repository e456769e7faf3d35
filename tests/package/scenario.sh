#!/usr/bin/env bash
# One phase of one scenario, in the guest: scenario.sh NAME PHASE. It fails with the first command
# that does, and says which.
set -eEuo pipefail
name=$1 phase=$2
trap 'echo "failed: ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
trap 'clean_up' EXIT
source /package/verbs.sh
source "/package/scenarios/$name.sh"
[ "$phase" != scenario ] || begin_afresh
set -x
"$phase"
