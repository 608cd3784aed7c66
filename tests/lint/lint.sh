#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint.sh BUILD   every check, clang-tidy too; ends with the line "N passed, N failed". The checks
# other than clang-tidy are a part of `make test` as well.
set -u
cd "$(dirname "$0")/../.." || exit 1

build=$1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
for check in layers.py style.py "built.py $build" format.sh "../../scripts/gen-docs.sh $build --check" \
	"tidy.py $build"; do
	# shellcheck disable=SC2086  # a program and its argument
	tests/lint/$check >>"$log" 2>&1 || echo "# status $? of $check" >>"$log"
done
grep -v '^ok \|^1\.\.' "$log"
passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^not ok ' "$log")
broken=$(grep -c '^Traceback\|: not found$' "$log")
echo "$passed passed, $((failed + broken)) failed"
[ "$failed" = 0 ] && [ "$broken" = 0 ]
