#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# suite.sh NAME   run the tests of build/NAME, and end with the line "N passed, N failed".
set -eu

name=$1
dir=build/$name
# Machines that are busy otherwise make programs slow; a hang is still found.
set -- --timeout-multiplier 3
case $name in
asan | tsan)
	# Lint looks at the sources, which are the same; sanitizers make programs slow.
	set -- --no-suite lint --timeout-multiplier 10
	;;
esac

export ASAN_OPTIONS=abort_on_error=0:detect_leaks=1:strict_string_checks=1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1:suppressions=$PWD/tests/tsan.supp"

# ThreadSanitizer does not start on kernels with more random address bits than it knows of.
fixed=
if [ "$name" = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null; then
	fixed="setarch $(uname -m) -R"
fi

log=$dir/meson-logs/testlog.json
rm -f "$log"
status=0
$fixed meson test -C "$dir" --no-rebuild "$@" || status=$?
scripts/tap-summary.py "$log" || status=1
exit "$status"
