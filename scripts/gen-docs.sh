#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# gen-docs.sh BUILD [--check]   print the collector's table of moves into doc/architecture.md, or with
# --check fail (as TAP) if it is not as printed.
set -eu

build=${1:-build/main}
cd "$(dirname "$0")/.."
doc=doc/architecture.md
new=$(mktemp)
trap 'rm -f "$new"' EXIT

"$build/tests/lint/moves" >"$new.moves"
awk -v table="$new.moves" '
	/^<!-- moves: end/ { while ((getline line < table) > 0) print line; inside = 0 }
	!inside
	/^<!-- moves: begin/ { inside = 1 }
' "$doc" >"$new"
rm "$new.moves"

if [ "${2:-}" != --check ]; then
	cat "$new" >"$doc"
elif cmp -s "$new" "$doc"; then
	echo "ok 1 - the table of moves in $doc is the code's"
	echo "1..1"
else
	echo "# run scripts/gen-docs.sh"
	echo "not ok 1 - the table of moves in $doc is the code's"
	echo "1..1"
	exit 1
fi
