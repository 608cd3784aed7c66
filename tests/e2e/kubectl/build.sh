#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh   provide kubectl in three versions: Debian 12's (kubernetes-client, 1.20), the one that
# go.mod pins, built from its Go module, and the control plane's own.
#
# Prints a line for each: VERSION PATH, oldest first. The programs go below ~/.cache/telltale/kubectl,
# one folder for each version of what they are made from, so that a second run does nothing. A first
# run takes 2-4 minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/telltale/kubectl
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9

debian() { # FOLDER
	local new=$1/.new
	rm -rf "$new"
	mkdir -p "$new"
	(
		cd "$new"
		apt-get download -q kubernetes-client || {
			apt-get update -q && apt-get download -q kubernetes-client
		}
		dpkg -x kubernetes-client_*.deb .
	) >"$1/log" 2>&1 || {
		cat "$1/log" >&2
		return 1
	}
	mv "$new/usr/bin/kubectl" "$1/kubectl"
	rm -rf "$new"
}

built() { # FOLDER VERSION
	local go link="-s -w" package
	go=$(../cluster/go.sh)
	for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
		link+=" -X $package.gitVersion=$2 -X $package.gitMajor=1"
		link+=" -X $package.gitMinor=$(echo "$2" | cut -d. -f2)"
		link+=" -X $package.gitCommit=gomod-$2 -X $package.gitTreeState=clean"
		link+=" -X $package.buildDate=1970-01-01T00:00:00Z"
	done
	echo "building kubectl $2" >&2
	CGO_ENABLED=0 GOWORK=off GOFLAGS="-mod=readonly -buildvcs=false -trimpath" \
		"$go" build -p 2 -ldflags "$link" -o "$1/.kubectl.new" k8s.io/kubernetes/cmd/kubectl
	mv "$1/.kubectl.new" "$1/kubectl"
}

provide() { # NAME MAKER [ARGUMENT...]
	local folder=$cache/$1 maker=$2
	shift 2
	if [ ! -x "$folder/kubectl" ]; then
		mkdir -p "$folder"
		"$maker" "$folder" "$@" || return 1
	fi
	show "$folder/kubectl"
}

show() { # PATH
	local version
	version=$("$1" version --client -o json | sed -n 's/.*"gitVersion": "v\([0-9.]*\).*/\1/p')
	echo "$version $1"
}

pinned=$(sed -n 's/^require k8s.io\/kubernetes //p' go.mod)
sum=$(cat go.mod go.sum | sha256sum | cut -c1-8)
provide debian-12 debian
provide "$pinned-$sum" built "$pinned"
show "$(../cluster/build.sh)/kubectl"
