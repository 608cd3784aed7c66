#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh BUILD   try telltale from a checkout: telltaled in the foreground, with its log in the usual
# directory of the user's, collecting from the current kubeconfig if its API server answers, else
# replaying the sample.
set -eu

exec "$1/cmd/telltaled/telltaled" --run --sample share/sample.watch.json
