#!/usr/bin/env bash
# One phase of one scenario, in the guest: scenario.sh NAME PHASE. It fails with the first command
# that does, and says which. The packages are in $PLACE/debs and $PLACE/next, figures go to $PLACE/out;
# in a guest these lie in the root.
set -eEuo pipefail
name=$1 phase=$2 place=${PLACE-}
here=$(dirname "$(realpath "$0")")
trap 'echo "failed: ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND"' ERR
trap 'clean_up' EXIT
source "$here/verbs.sh"
source "$here/scenarios/$name.sh"
[ "$phase" != scenario ] || begin_afresh
set -x
"$phase"
