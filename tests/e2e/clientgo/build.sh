#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh   build clientgo, a client of Events made of client-go, and print its path. It goes below
# ~/.cache/telltale/clientgo, one folder for each content of the files that decide it.
set -euo pipefail
cd "$(dirname "$0")"

sum=$(cat go.mod go.sum main.go | sha256sum | cut -c1-12)
folder=${XDG_CACHE_HOME:-$HOME/.cache}/telltale/clientgo/$sum
if [ ! -x "$folder/clientgo" ]; then
	mkdir -p "$folder"
	go=$(../cluster/go.sh)
	CGO_ENABLED=0 GOWORK=off GOFLAGS="-mod=readonly -buildvcs=false -trimpath" \
		"$go" build -p 2 -ldflags "-s -w" -o "$folder/.clientgo.$$" . >&2
	mv "$folder/.clientgo.$$" "$folder/clientgo"
fi
echo "$folder/clientgo"
