#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# record-sample.sh FILE [SECONDS]   make the recording that `make run` replays when there is no cluster:
# start a real control plane, run tests/e2e/workload/shop.yaml on it, and write every watch event
# of SECONDS (420) into FILE as JSON lines, without managedFields.
set -euo pipefail
cd "$(dirname "$0")/.."

file=$(realpath -m "$1")
seconds=${2:-420}
state=$(mktemp -d)
cluster=tests/e2e/harness/cluster.py
trap '$cluster down "$state"' EXIT

$cluster up "$state" kcm sched kwok hollow
# shellcheck disable=SC1091  # written by cluster.py
. "$state/env"
kubectl get --raw "/api/v1/events?watch=true&resourceVersion=1&timeoutSeconds=$seconds" >"$state/watch" &
watch=$!
sleep 5
kubectl apply --server-side -f tests/e2e/workload/shop.yaml >/dev/null
sleep $((seconds / 4))
kubectl -n shop scale deployment cart --replicas=100 >/dev/null
sleep $((seconds / 4))
kubectl -n shop set image deployment/web web=registry.example/bad/web:1.5 >/dev/null
sleep $((seconds / 6))
kubectl -n shop rollout undo deployment/web >/dev/null
kubectl -n shop scale deployment cart --replicas=4 >/dev/null
wait "$watch"

python3 -c '
import json, sys
for line in sys.stdin:
    event = json.loads(line)
    if event["type"] in ("ADDED", "MODIFIED", "DELETED"):
        event["object"]["metadata"].pop("managedFields", None)
        print(json.dumps(event, separators=(",", ":"), ensure_ascii=False))
' <"$state/watch" >"$file"
echo "$file: $(wc -l <"$file") watch events, $(stat -c %s "$file") bytes"
