#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real controllers, scheduler and kubelet make events; what telltale holds equals what the API says,
field by field, whether telltaled watched them come or listed them later."""
import json
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness"))
# pylint: disable=wrong-import-position
from books import (FIRST, check_books, check_gaps, check_holds, check_once, check_order, check_same,
                   identity, newest, without_managed_fields)
from cluster import Cluster, wait_for
from daemon import Daemon, event_records, gaps
from tap import check, equal, folder, note, remove, run

HERE = os.path.dirname(os.path.abspath(__file__))
STATE = folder("equality")
MAKERS = ("kube-controller-manager", "kube-scheduler", "kwok", "hollowkubelet")
cluster = Cluster(os.path.join(STATE, "cluster"))
early = Daemon(os.path.join(STATE, "early"), cluster.kubeconfig())
late = Daemon(os.path.join(STATE, "late"), cluster.kubeconfig())


def api_now():
    """The events of the API, and the revision at which they were so."""
    answer = cluster.api().get("/api/v1/events")
    return answer["items"], int(answer["metadata"]["resourceVersion"])


def has(reason, name_part, namespace, at_least=1):
    """Whether the API has an event of this reason that has happened `at_least` times."""
    for event in cluster.events():
        count = (event.get("series") or {}).get("count") or event.get("count") or 1
        if (event["reason"] == reason and name_part in event["metadata"]["name"] and
                event["metadata"]["namespace"] == namespace and count >= at_least):
            return True
    return False


def created(events):
    """The names of the Pods of Deployment cart whose creation these events tell. (The ReplicaSet's
    own are but the first of them: client-go mutes an object after 25 events.)"""
    return {e["involvedObject"]["name"] for e in events if e["reason"] == "Scheduled" and
            e["involvedObject"]["kind"] == "Pod" and e["involvedObject"]["name"].startswith("cart-")}


def quiet(on):
    """Stops everything that makes events where it stands, or lets it go on."""
    for name in MAKERS:
        cluster.processes[name].popen.send_signal(signal.SIGSTOP if on else signal.SIGCONT)


def deployments_of_every_kind_make_events():
    early.start()
    early.wait_state("watching")
    with open(os.path.join(HERE, "workload", "shop.yaml"), encoding="utf-8") as file:
        cluster.apply(file.read())
    cluster.kubectl("-n", "shop", "scale", "deployment", "cart", "--replicas=100")
    for what in (("ScalingReplicaSet", "web", "shop"), ("Started", "web", "shop"),
                 ("Completed", "migrate", "payments"), ("ScalingReplicaSet", "cart", "shop"),
                 ("FailedScheduling", "search", "shop"), ("Failed", "ledger", "payments"),
                 ("BackOff", "ledger", "payments", 2), ("BackOff", "worker", "payments", 2)):
        wait_for(f"event {what}", lambda what=what: has(*what), 120, 0.5)
    wait_for("100 Pods of the Deployment scaled to 100", lambda: len(created(
        cluster.events())) >= 100, 120, 0.5)


def what_was_watched_equals_the_api():
    quiet(True)
    events, revision = api_now()
    early.wait_rv(max(int(e["metadata"]["resourceVersion"]) for e in events))
    records = early.records()
    note(f"{len(events)} events in the API, {len(records)} records")
    check_holds(records, events, revision)
    pods = cluster.api().get("/api/v1/namespaces/shop/pods?labelSelector=app%3Dcart")["items"]
    equal(len(pods), 100, "Pods of the Deployment scaled to 100")
    equal(sorted(created(record["event"] for record in event_records(records))),
          sorted(pod["metadata"]["name"] for pod in pods), "the Pods whose creation is recorded")
    check_once(records)
    check_order(records)
    check_gaps(records, [FIRST])
    check_books(early)


def what_is_listed_later_equals_the_api():
    events, _ = api_now()
    late.start()
    late.wait_count(len(events))
    late.wait_state("watching")
    wait_for("the first gap", lambda: gaps(late.records()))
    records = late.records()
    check_holds(records, events)
    equal(len(newest(records)), len(events), "as many identities as the API has events")
    check_once(records)
    check_gaps(records, [FIRST])
    check_books(late)


def repeated_events_are_several_observations_of_one_identity():
    counts = {}
    for record in early.records():
        if record["kind"] == "event" and record["event"]["reason"] == "BackOff":
            counts.setdefault(identity(record["event"]), []).append(record["event"]["count"])
    check(any(len(c) > 1 for c in counts.values()), "no event was seen to rise", counts)
    for key, seen in counts.items():
        check(seen == sorted(seen), f"the count of {key} rises", seen)


def telltale_events_prints_what_kubectl_events_prints():
    """Ages grow between the two, so kubectl's lines must lie between two answers of ours."""
    def ours():
        return late.telltale("events", "-A", "--limit", "0").stdout.splitlines()
    before = ours()
    want = cluster.kubectl("events", "-A").stdout.splitlines()
    after = ours()
    equal((len(before), len(after)), (len(want), len(want)), "as many lines")
    other = [line for line in want if line not in before and line not in after]
    check(not other, "lines that only kubectl prints", *other[:5], "instead of",
          *[line for line in before if line not in want][:5])


def the_metrics_are_what_prometheus_wants():
    _, body = early.get("/metrics")
    tool = os.path.join(HERE, "harness", "promtool.sh")
    out = subprocess.run([tool, "check", "metrics"], input=body, capture_output=True, text=True,
                         check=False)
    equal((out.returncode, out.stdout + out.stderr), (0, ""), "promtool check metrics")


def telltale_events_as_json_is_what_the_api_has():
    out = json.loads(late.telltale("events", "-A", "--limit", "0", "-o", "json").stdout)
    equal(out["kind"], "EventList", "kind")
    got = {identity(event): event for event in out["items"]}
    want = {identity(event): without_managed_fields(event) for event in cluster.events()}
    equal(sorted(got), sorted(want), "the events")
    for key, event in want.items():
        check_same(got[key], event, key)


def a_deleted_namespace_stays_readable():
    early.stop()
    quiet(False)
    cluster.kubectl("delete", "namespace", "payments", "--wait=false")
    wait_for("the events of the namespace to be gone", lambda: not any(
        e["metadata"]["namespace"] == "payments" for e in cluster.events()), 60, 0.5)
    early.start()
    quiet(True)
    events, revision = api_now()
    early.wait_rv(max(int(e["metadata"]["resourceVersion"]) for e in events))
    records = early.records()
    check_holds(records, events, revision)
    check_once(records)
    check_gaps(records, [FIRST])
    held = [e for e in newest(records).values() if e["metadata"]["namespace"] == "payments"]
    check(len(held) > 10, "the events of the deleted namespace are held", len(held))
    out = early.telltale("events", "-n", "payments", "--limit", "0").stdout
    check("BackOff" in out and "worker" in out, "telltale events shows them", out)


try:
    cluster.up("kcm", "sched", "kwok", "hollow")
    run([deployments_of_every_kind_make_events, what_was_watched_equals_the_api,
         what_is_listed_later_equals_the_api,
         repeated_events_are_several_observations_of_one_identity,
         telltale_events_prints_what_kubectl_events_prints,
         telltale_events_as_json_is_what_the_api_has,
         the_metrics_are_what_prometheus_wants, a_deleted_namespace_stays_readable])
finally:
    for daemon in (early, late):
        daemon.end()
    cluster.end()
    remove(STATE)
