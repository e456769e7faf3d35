#!/usr/bin/env bash
# What the library exports is what its header declares: exports_test.sh LIBRARY HEADER
set -euo pipefail
diff <(nm -D --defined-only "$1" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' | sort) \
    <(grep -oE '\bccd_[a-z_]+\(' "$2" | tr -d '(' | sort -u)
