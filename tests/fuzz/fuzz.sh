#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# fuzz.sh BUILD   run each fuzz target of BUILD for $FUZZ_SECONDS (60) each, from its corpus.
#
# What libFuzzer finds worth keeping goes to BUILD/corpus/PARSER; an input that crashes goes to
# BUILD/crash/PARSER. Copy the latter into tests/fuzz/corpus/PARSER with the mending change.
set -u

build=$1
seconds=${FUZZ_SECONDS:-60}
here=$(dirname "$0")
passed=0
failed=0
export ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

for source in "$here"/fuzz_*.c; do
	parser=$(basename "$source" .c)
	parser=${parser#fuzz_}
	found=$build/corpus/$parser
	crash=$build/crash/$parser/
	mkdir -p "$found" "$crash"
	if "$build/tests/fuzz/fuzz_$parser" -max_total_time="$seconds" -timeout=10 \
		-rss_limit_mb=2048 -print_final_stats=0 -verbosity=0 -artifact_prefix="$crash" \
		"$found" "$here/corpus/$parser" >"$build/fuzz_$parser.log" 2>&1; then
		passed=$((passed + 1))
		echo "ok - $parser, $seconds s"
	else
		failed=$((failed + 1))
		echo "not ok - $parser: see $build/fuzz_$parser.log and $crash"
		tail -n 30 "$build/fuzz_$parser.log"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
