#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# go.sh   print the path of a Go that can build the control plane.
#
# A go of 1.21 or newer on PATH fetches the release that go.mod asks for by itself. Otherwise
# Debian's older one is installed, and fetches that release as the Go module it also is.
set -euo pipefail
cd "$(dirname "$0")"

new_enough() { # GO
	local minor
	minor=$("$1" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
	[ "${minor:-0}" -ge 21 ]
}

found=$(command -v go || true)
if [ -n "$found" ] && new_enough "$found"; then
	echo "$found"
	exit 0
fi

../../../scripts/setup.sh go >&2
found=$(command -v go)
if ! new_enough "$found"; then
	machine=$(dpkg --print-architecture)
	module=golang.org/toolchain@v0.0.1-go$(sed -n 's/^go //p' go.mod).linux-$machine
	export GOFLAGS=-modcacherw
	(cd / && "$found" mod download "$module") >&2
	folder=$("$found" env GOMODCACHE)/$module
	chmod -R u+x "$folder/bin" "$folder/pkg/tool"
	found=$folder/bin/go
fi
echo "$found"
