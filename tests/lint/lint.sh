#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# lint.sh BUILD   every check, clang-tidy too; ends with the line "N passed, N failed". The checks
# other than clang-tidy are a part of `make test` as well. A check that ends badly without a "not ok"
# line of its own (killed, say, or with a Python traceback) has failed.
set -u
cd "$(dirname "$0")/../.." || exit 1

build=$1
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
for check in layers.py style.py "built.py $build" format.sh "../../scripts/gen-docs.sh $build --check" \
	"tidy.py $build"; do
	status=0
	# shellcheck disable=SC2086  # a program and its argument
	tests/lint/$check >"$logs/one" 2>&1 || status=$?
	if [ "$status" != 0 ] && ! grep -q '^not ok ' "$logs/one"; then
		echo "not ok - $check broke off with status $status" >>"$logs/one"
	elif [ "$status" = 0 ] && ! grep -q '^1\.\.' "$logs/one"; then
		echo "not ok - $check has no plan" >>"$logs/one"
	fi
	cat "$logs/one" >>"$logs/all"
done
grep -v '^ok \|^1\.\.' "$logs/all"
passed=$(grep -c '^ok ' "$logs/all")
failed=$(grep -c '^not ok ' "$logs/all")
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
