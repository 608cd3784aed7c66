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
# What a test needs built is no part of its time.
for test in "$@"; do
	case $test in
	test_kubectl.py) kubectl/build.sh || exit 1 ;;
	test_clientgo.py) clientgo/build.sh || exit 1 ;;
	esac
done

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

run() { # TEST
	local begin=$SECONDS status=0
	timeout --kill-after=10 900 /usr/bin/python3 "$1" </dev/null >"$logs/$1" 2>&1 || status=$?
	# 1 says that tests failed, which their lines say too
	if [ "$status" -gt 1 ] || ! grep -q '^1\.\.' "$logs/$1"; then
		echo "not ok - $1 broke off with status $status" >>"$logs/$1"
	fi
	echo "# $1: $((SECONDS - begin)) s" >>"$logs/$1"
}

show() { # TEST
	printf '\n-- %s\n' "$1"
	cat "$logs/$1"
}

# Those that mostly wait run beside the others, which run one after another.
beside=()
for test in "$@"; do
	case $test in
	test_clientgo.py | test_fault.py | test_outage.py)
		run "$test" &
		beside+=("$test")
		;;
	esac
done
for test in "$@"; do
	case " ${beside[*]} " in
	*" $test "*) ;;
	*)
		run "$test"
		show "$test"
		;;
	esac
done
wait
for test in "${beside[@]}"; do
	show "$test"
done
cat "$logs"/test_*.py >"$logs/all"
printf '\n'
grep '^not ok\|# SKIP' "$logs/all"
passed=$(grep '^ok ' "$logs/all" | grep -vc '# SKIP')
failed=$(grep -c '^not ok ' "$logs/all")
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
