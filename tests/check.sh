#!/usr/bin/env bash
# Builds everything and runs the default lane of tests, on a machine that has only apt.
#
# Lanes: format and file sizes; all tests under ASan and UBSan; the threads under TSan; the main
# job on a release build. Long runs take a flag of their own and are not here.
set -euo pipefail
cd "$(dirname "$0")/.."
tests/install-dependencies.sh
jobs=$(nproc)

.ci/file-size
.ci/format

cmake --preset tsan >/dev/null
cmake --build --preset tsan -j "$jobs" -t store_test gpu_test loop_test
ctest --preset tsan -R '^(store_test|gpu_test|loop_test)$'

cmake --preset release >/dev/null
cmake --build --preset release -j "$jobs"
tests/try.sh

cmake --preset dev >/dev/null
cmake --build --preset dev -j "$jobs"
.ci/tidy build/dev
ctest --preset dev
