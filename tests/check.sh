#!/usr/bin/env bash
# Builds everything and runs the default lane of tests, on a machine that has only apt.
#
#   tests/check.sh           the default lane: sizes, format, the packages on a real systemd, all
#                            tests under ASan and UBSan, the main job among them
#   tests/check.sh --tidy    clang-tidy besides
#   tests/check.sh --tsan    the threads under TSan besides
set -euo pipefail
cd "$(dirname "$0")/.."
tidy=no tsan=no
for option; do
    case $option in
        --tidy) tidy=yes ;;
        --tsan) tsan=yes ;;
        *) echo "usage: tests/check.sh [--tidy] [--tsan]" >&2 && exit 2 ;;
    esac
done

tests/install-dependencies.sh
jobs=$(nproc)

.ci/file-size
.ci/format
# Where it cannot run it has said why.
tests/package/run.sh || [ $? -eq 77 ]

if [ "$tsan" = yes ]; then
    cmake --preset tsan >/dev/null
    cmake --build --preset tsan -j "$jobs" -t store_test gpu_test loop_test
    ctest --preset tsan -R '^(store_test|gpu_test|loop_test)$'
fi

cmake --preset dev >/dev/null
cmake --build --preset dev -j "$jobs"
[ "$tidy" = no ] || .ci/tidy build/dev
ctest --preset dev
