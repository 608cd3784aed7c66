#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD   try telltale from a checkout: telltaled in the foreground, with its log in a directory of
# the user's, collecting from the current kubeconfig if its API server answers, else replaying the
# sample.
set -eu

build=$1
data=${XDG_STATE_HOME:-$HOME/.local/state}/telltale
mkdir -p "$data"
echo "For the commands below, in the other terminal first:"
echo
echo "    export PATH=$PWD/$build/cmd/telltale:\$PATH"
echo
exec "$build/cmd/telltaled/telltaled" --run --data "$data" --sample share/sample.watch.json
