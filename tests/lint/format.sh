#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# format.sh   is every C file as clang-format leaves it, and every shell script clean for shellcheck?
set -u
cd "$(dirname "$0")/../.." || exit 1

failed=0
list() {
	git ls-files --cached --others --exclude-standard -- "$@"
}

unformatted=$(list '*.[ch]' | while read -r file; do
	[ ! -f "$file" ] || clang-format --style=file "$file" | cmp -s - "$file" || echo "# $file"
done)
if [ -n "$unformatted" ]; then
	echo "# run clang-format -i on:"
	echo "$unformatted"
	echo "not ok 1 - every C file is as clang-format leaves it"
	failed=1
else
	echo "ok 1 - every C file is as clang-format leaves it"
fi

# shellcheck disable=SC2046  # one word per file
if found=$(shellcheck -x -S style $(list '*.sh' .ci/run) 2>&1); then
	echo "ok 2 - every shell script is clean for shellcheck"
else
	echo "$found" | sed 's/^/# /'
	echo "not ok 2 - every shell script is clean for shellcheck"
	failed=1
fi
echo "1..2"
exit "$failed"
