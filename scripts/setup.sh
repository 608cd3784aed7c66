#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# setup.sh GROUP...   install the Debian packages of these groups of scripts/packages that are missing.
#
# Nothing missing: says nothing and takes a few milliseconds. Otherwise apt-get installs them if
# this is root or sudo asks for no password; else the command to run is printed and this fails.
set -eu

list=$(dirname "$0")/packages
wanted=
for group in "$@"; do
	wanted="$wanted $(sed -n "s/^$group: //p" "$list" | tr '\n' ' ')"
done

if ! command -v dpkg-query >/dev/null; then
	echo "setup: not a Debian system; these Debian packages' counterparts are needed:$wanted" >&2
	exit 0
fi

# shellcheck disable=SC2086  # a list of words
have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $wanted 2>/dev/null |
	sed -n 's/^ii *//p') || true
missing=
for package in $wanted; do
	case " $missing
$have
" in
	*"
$package
"* | *" $package "*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

command="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
	sudo=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	sudo="sudo -n"
else
	if command -v sudo >/dev/null; then
		echo "setup: packages are missing; please run:" >&2
		echo "  sudo apt-get update && sudo $command" >&2
	else
		echo "setup: packages are missing; please run as root:" >&2
		echo "  apt-get update && $command" >&2
	fi
	exit 1
fi

echo "setup: installing$missing" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# An unreachable foreign source must not stop what Debian itself can give.
{ $sudo env DEBIAN_FRONTEND=noninteractive apt-get update -q || true; } >"$log" 2>&1 </dev/null
# shellcheck disable=SC2086  # a command and its arguments
if ! $sudo env DEBIAN_FRONTEND=noninteractive $command >>"$log" 2>&1 </dev/null; then
	cat "$log" >&2
	echo "setup: this failed: $command" >&2
	exit 1
fi
