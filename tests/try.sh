#!/usr/bin/env bash
# The main job, on this machine, in a few minutes: installs what the build needs, builds ccd and
# runs tests/try/main_job.sh with it.
set -euo pipefail
cd "$(dirname "$0")/.."

tests/install-dependencies.sh
cmake --preset release >/dev/null
cmake --build --preset release -j "$(nproc)" -t ccd ccctl ccd-shim
PATH=$PWD/build/release/bin:$PATH exec tests/try/main_job.sh
