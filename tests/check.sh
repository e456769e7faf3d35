#!/usr/bin/env bash
# Builds everything and runs the default lane of tests, on a machine that has only apt.
#
#   tests/check.sh                  the default lane: sizes, format, the packages on a real systemd,
#                                   all tests under ASan and UBSan, the main job among them
#   tests/check.sh --tidy           clang-tidy besides
#   tests/check.sh --tsan           the threads under TSan besides
#   tests/check.sh --vm             the packages in an emulated machine besides, for limits of memory,
#                                   device nodes and a power cut; some ten minutes
#   tests/check.sh --reproducible   the packages built twice besides, and compared bit by bit
set -euo pipefail
cd "$(dirname "$0")/.."
declare -A with=()
for option; do
    case $option in
        --tidy | --tsan | --vm | --reproducible) with[$option]=yes ;;
        *) echo "usage: tests/check.sh [--tidy] [--tsan] [--vm] [--reproducible]" >&2 && exit 2 ;;
    esac
done
asked_for() { # OPTION
    [ -n "${with[$1]-}" ]
}

tests/install-dependencies.sh
jobs=$(nproc)

.ci/file-size
.ci/format
# Where it cannot run it has said why.
tests/package/run.sh || [ $? -eq 77 ]
if asked_for --vm; then
    tests/package/run.sh vm || [ $? -eq 77 ]
fi
if asked_for --reproducible; then
    tests/package/reproducible.sh
fi

if asked_for --tsan; then
    cmake --preset tsan >/dev/null
    cmake --build --preset tsan -j "$jobs" -t store_test gpu_test loop_test shm_threads_test
    ctest --preset tsan -R '^(store_test|gpu_test|loop_test|shm_threads_test)$'
fi

cmake --preset dev >/dev/null
cmake --build --preset dev -j "$jobs"
if asked_for --tidy; then
    .ci/tidy build/dev
fi
ctest --preset dev -j "$jobs"
