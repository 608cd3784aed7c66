#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# install.sh PREFIX DESTDIR   build a release into build/install and install it below DESTDIR/PREFIX.
#
# Refuses at once, not behind the build, if the user cannot write there. What sudo builds is given
# back to the user who called it, so that `make clean` works without.
set -eu

prefix=$1
destdir=$2
case $prefix in
/*) ;;
*)
	echo "install: PREFIX must be an absolute path, not \"$prefix\"" >&2
	exit 1
	;;
esac

# What is written into, or the nearest directory above it that is there already.
for dir in bin lib share; do
	at=$destdir$prefix/$dir
	while [ ! -e "$at" ] && [ "$at" != . ]; do
		at=$(dirname "$at")
	done
	if [ ! -w "$at" ]; then
		echo "install: $at cannot be written by $(id -un); please run one of:" >&2
		command -v sudo >/dev/null && echo "  sudo make install" >&2
		echo "  make install PREFIX=\$HOME/.local" >&2
		exit 1
	fi
done

give_back() {
	if [ "$(id -u)" = 0 ] && [ -n "${SUDO_UID:-}" ] && [ -d build ]; then
		chown -hR "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" build
	fi
}
trap give_back EXIT

scripts/setup.sh build
scripts/configure.sh install -Dbuildtype=release -Doptimization=2 "-Dprefix=$prefix"
ninja -C build/install
DESTDIR=$destdir meson install -C build/install --no-rebuild --quiet
