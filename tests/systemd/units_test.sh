#!/usr/bin/env bash
# The units are understood, the service is as closed as is promised, and the catalog explains the
# messages that ccd writes: units_test.sh SYSTEMD_DIRECTORY; 77 where there is no systemd to ask.
set -euo pipefail
units=$1
command -v systemd-analyze >/dev/null || { echo "skipped: no systemd-analyze here" && exit 77; }
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

# Units that nobody has installed start nothing, so there has to be something that they name.
mkdir -p "$root/units" "$root/user" "$root/usr/lib/systemd/catalog" "$root/var/lib/systemd/catalog"
for unit in "$units"/ccd* "$units"/user/ccd*; do
    folder=$root/units
    [ "$(dirname "$unit")" = "$units" ] || folder=$root/user
    sed -E 's,=/usr/bin/cc(d|ctl),=/bin/true,' "$unit" >"$folder/$(basename "$unit")"
done
said=$(systemd-analyze verify --man=no "$root"/units/*.{service,socket,slice} 2>&1 || true)
said+=$(XDG_RUNTIME_DIR=$root systemd-analyze --user verify --man=no \
    "$root"/user/*.{service,socket,slice} 2>&1 || true)
[ -z "$said" ] || { echo "$said" && exit 1; }

score=$(systemd-analyze security --offline=yes --threshold=20 --no-pager "$units/ccd.service") ||
    { echo "$score" && exit 1; }
tail -n 1 <<<"$score"

cp "$units/ccd.catalog" "$root/usr/lib/systemd/catalog/"
journalctl --root="$root" --update-catalog
messages=$(sed -n 's/^-- //p' "$units/ccd.catalog" | sort)
[ "$messages" = "$(grep -oE '"[0-9a-f]{32}"' "$units/../daemon/entry.h" | tr -d '"' | sort)" ]
[ "$(tr '\0' '\n' <"$root/var/lib/systemd/catalog/database" | grep -ac '^Subject: ')" -eq \
    "$(wc -l <<<"$messages")" ]
