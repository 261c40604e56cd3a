#!/bin/sh
# Writes the command table of README.md from the program's own tables: `make readme`. With --check: says whether it is up to date.
set -eu
: "${ROUTEFIT:=build/routefit}"
new=$(mktemp)
trap 'rm -f "$new"' EXIT
"$ROUTEFIT" help --markdown |
    awk 'NR == FNR { table = table $0 "\n"; next }
         /^<!-- commands -->$/ { print; printf "%s", table; skip = 1; next }
         /^<!-- end of commands -->$/ { skip = 0 }
         !skip' - README.md >"$new"
if [ "${1:-}" = --check ]; then cmp -s "$new" README.md; else cat "$new" >README.md; fi
