#!/usr/bin/env bash
# Prints the load of try.sh, a job a line: name, class, memory, exit code, command; by tabs.
set -euo pipefail
cd "$(dirname "$0")/../.."

n=0
for file in daemon/service/*.cpp lib/text/*.cpp; do
    [ "$n" -lt 12 ] || break
    printf 'train-%02d\ttraining\t12GiB\t%d\t%s\n' "$n" $((n % 3)) \
        "g++ -std=c++20 -O1 -Ilib/include -I. -S -o \"\$OUT/train-$(printf %02d "$n")\" $file"
    n=$((n + 1))
done

all='find daemon lib ctl tests -type f | LC_ALL=C sort | xargs cat'
for n in $(seq 0 35); do
    name=$(printf 'infer-%02d' "$n")
    case $((n % 4)) in
        0) work="$all | sha256sum" ;;
        1) work="$all | LC_ALL=C sort | uniq -c | LC_ALL=C sort -rn | head -n $((100 + n))" ;;
        2) work="$all | gzip -n -$((1 + n % 9)) | sha256sum" ;;
        3) work="$all | tr -cs a-z '\\n' | LC_ALL=C sort | uniq -c | wc" ;;
    esac
    printf '%s\tinference\t3GiB\t%d\t%s\n' "$name" $((n % 5)) "$work >\"\$OUT/$name\""
done
