#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# promtool.sh ARGUMENTS   Debian's promtool, without the server that its package would start.
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/telltale/promtool
if [ ! -x "$cache/usr/bin/promtool" ]; then
	mkdir -p "$cache"
	(cd "$cache" && { apt-get download -q prometheus || {
		apt-get update -q && apt-get download -q prometheus
	}; } && dpkg -x prometheus_*.deb . && rm prometheus_*.deb) >"$cache/log" 2>&1 ||
		{
			cat "$cache/log" >&2
			exit 1
		}
fi
exec "$cache/usr/bin/promtool" "$@"
