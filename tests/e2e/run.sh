#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD [TEST...]   run the end-to-end tests (all test_*.py, or those named) on the programs of
# BUILD, and end with the line "N passed, N failed".
#
# $TAP_FILTER    only tests whose name contains this
# $TT_E2E_SEED   repeats the random choices of an earlier run
# $TT_E2E_STATE  where state is kept instead of the system's folder for temporary files
# $TT_E2E_KEEP   set to 1: the state is left for a look
set -uo pipefail

TT_E2E_BUILD=$(realpath "$1")
export TT_E2E_BUILD PYTHONDONTWRITEBYTECODE=1
shift
cd "$(dirname "$0")" || exit 1

bin=$(cluster/build.sh) || exit 1
echo "control plane: $(basename "$(dirname "$bin")")"
[ $# -gt 0 ] || set -- test_*.py

log=$(mktemp)
trap 'rm -f "$log"' EXIT
broken=0
for test in "$@"; do
	printf '\n-- %s\n' "$test"
	begin=$SECONDS
	timeout --kill-after=10 900 /usr/bin/python3 "$test" </dev/null 2>&1 | tee -a "$log"
	status=${PIPESTATUS[0]}
	# 1 says that tests failed, which their lines say too
	if [ "$status" -gt 1 ] || ! tail -n 1 "$log" | grep -q '^1\.\.'; then
		broken=$((broken + 1))
		echo "$test broke off with status $status"
	fi
	echo "-- $test: $((SECONDS - begin)) s"
done
printf '\n'
grep '^not ok\|# SKIP' "$log"
passed=$(grep '^ok ' "$log" | grep -vc '# SKIP')
failed=$(($(grep -c '^not ok ' "$log") + broken))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
