#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# configure.sh NAME [MESON OPTION...]   configure build/NAME, unless it already is with these options.
set -eu

name=$1
shift
dir=build/$name
stamp=$dir/.options

if [ -f "$dir/build.ninja" ] && [ "$(cat "$stamp" 2>/dev/null)" = "${CC:-} $*" ]; then
	exit 0
fi
rm -rf "$dir"
mkdir -p "$dir"
if ! meson setup "$dir" "$@" >"$dir/configure.log" 2>&1; then
	cat "$dir/configure.log" >&2
	exit 1
fi
echo "${CC:-} $*" >"$stamp"
