#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records in tests/golden/represent/ what a Kubernetes API server answers about three Events, in
each representation that a client may ask for. Run by hand: it starts a control plane of its own.

The file `now` says when it was done (seconds since 1970), as the ages in Tables count up to then;
the Events are so old that an age does not change while the recording lasts."""
import json
import os
import ssl
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e", "harness"))
from cluster import Cluster  # noqa: E402  pylint: disable=wrong-import-position

RICH = {
    "metadata": {
        "name": "rich", "labels": {"app": "web", "b/c": ""},
        "annotations": {"note": '<a> & "b"\n\u2028'}, "finalizers": ["telltale/keep"],
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web",
                             "uid": "u-1", "controller": True, "blockOwnerDeletion": False}]},
    "involvedObject": {"kind": "Pod", "namespace": "default", "name": "web-1", "uid": "p-1",
                       "apiVersion": "v1", "resourceVersion": "41",
                       "fieldPath": "spec.containers{web}"},
    "reason": "BackOff", "type": "Warning", "count": 7, "action": "Pull",
    "message": '  <b>: tab\there & "quoted"\x01\nsecond line ä 😀\u2029 \n',
    "source": {"component": "kubelet", "host": "node-1"},
    "firstTimestamp": "2025-06-01T00:00:00Z", "lastTimestamp": "2025-07-01T00:00:00Z",
    "eventTime": "2025-05-01T03:04:05.000006Z",
    "series": {"count": 3, "lastObservedTime": "2025-08-01T01:02:03.123456Z"},
    "related": {"kind": "Node", "name": "n1"},
    "reportingComponent": "example.com/ctl", "reportingInstance": "i-1"}
PLAIN = {
    "metadata": {"name": "plain"}, "reason": "Created", "message": "1.5", "count": 7,
    "involvedObject": {"kind": "ReplicaSet", "namespace": "default", "name": "web"},
    "firstTimestamp": "2025-06-01T00:00:00Z", "lastTimestamp": "2025-07-01T00:00:00Z",
    "type": "Normal", "reportingComponent": "ctl"}
BARE = {"metadata": {"name": "bare"}, "involvedObject": {"namespace": "default"}}

CORE = "/api/v1/namespaces/default/events"
EVENTS = "/apis/events.k8s.io/v1/namespaces/default/events"
GROUPS = {"core": CORE, "events": EVENTS}
JSON, YAML, PB = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
TYPES = {"json": JSON, "yaml": YAML, "pb": PB}
TABLE = ";as=Table;v=v1;g=meta.k8s.io"
PARTIAL = ";as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
PARTIALS = ";as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
WATCH = ("?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
         "&allowWatchBookmarks=true&timeoutSeconds=1")
LIST = "?limit=2"
FUTURE = "?resourceVersion=99999999&resourceVersionMatch=NotOlderThan"
# file: path, Accept. What exists in both groups and all formats is added in main().
ANSWERS = {
    "rich.pretty.json": (CORE + "/rich?pretty=true", JSON),
    "rich.partial.json": (CORE + "/rich", JSON + PARTIAL),
    "rich.partial.pb": (CORE + "/rich", PB + PARTIAL),
    "rich.partial-v1beta1.json": (CORE + "/rich", JSON + PARTIAL.replace("v=v1", "v=v1beta1")),
    "rich.table.json": (CORE + "/rich", JSON + TABLE),
    "rich.table-object.json": (EVENTS + "/rich?includeObject=Object", JSON + TABLE),
    "rich.table-none.json": (CORE + "/rich?includeObject=None", JSON + TABLE),
    "bare.table-v1beta1.json": (CORE + "/bare", JSON + TABLE.replace("v=v1", "v=v1beta1")),
    "bare.table.yaml": (CORE + "/bare", YAML + TABLE),
    "list.table.json": (CORE + LIST, JSON + TABLE),
    "list.partial.json": (CORE + LIST, JSON + PARTIALS),
    "list.partial.pb": (CORE + LIST, PB + PARTIALS),
    "list.partial-v1beta1.json": (CORE + LIST, JSON + PARTIALS.replace("v=v1", "v=v1beta1")),
    "list.partial.yaml": (CORE + LIST, YAML + PARTIALS),
    "list.pretty.json": (CORE + LIST + "&pretty=1", JSON),
    "empty.core.json": ("/api/v1/namespaces/none/events", JSON),
    "empty.core.pb": ("/api/v1/namespaces/none/events", PB),
    "empty.table.json": ("/api/v1/namespaces/none/events", JSON + TABLE),
    "watch.table.json": (CORE + WATCH, JSON + TABLE),
    "watch.table-object.json": (CORE + WATCH + "&includeObject=Object", JSON + TABLE),
    "watch.partial.json": (CORE + WATCH, JSON + PARTIAL),
    "watch.partial.pb": (CORE + WATCH, PB + PARTIAL),
    "status404.pretty.json": (CORE + "/none?pretty=1", JSON),
    "status404.yaml": (CORE + "/none", YAML),
}


class Recorder:
    """Requests to one API server, and their answers as files."""

    def __init__(self, cluster):
        self.url, self.token = cluster.url, cluster.tokens["admin"]
        self.context = ssl.create_default_context(cafile=cluster.path("pki/ca.crt"))

    def ask(self, path, accept=JSON, method="GET", body=None, content_type=JSON):
        """The body of an answer of any status."""
        request = urllib.request.Request(
            self.url + path, body, method=method, headers={
                "Authorization": "Bearer " + self.token, "Accept": accept,
                "Content-Type": content_type, "User-Agent": "record"})
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=30) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            return error.read()

    def record(self, name, *arguments, **more):
        with open(os.path.join(HERE, "represent", name), "wb") as file:
            file.write(self.ask(*arguments, **more))

    def record_statuses(self, name, *arguments, **more):
        for end, accept in (("json", JSON), ("pb", PB)):
            self.record(f"{name}.{end}", *arguments, accept=accept, **more)

    def create(self, event):
        body = {"kind": "Event", "apiVersion": "v1", **event}
        name = event["metadata"]["name"]
        self.ask(CORE, method="POST", body=json.dumps(body).encode())
        self.ask(f"{CORE}/{name}", method="PATCH",  # as telltale keeps no managedFields
                 body=b'{"metadata":{"managedFields":[{}]}}',
                 content_type="application/merge-patch+json")


def record_errors(recorder, cluster):
    for group, path in GROUPS.items():
        kind = {"kind": "Event", "apiVersion": path.split("/namespaces")[0][1:].split("/", 1)[1]}
        new = {"eventTime": "2025-05-01T03:04:05.000006Z", "reportingController": "a/b",
               "reportingInstance": "i", "action": "a", "reason": "r", "type": "Normal"}
        again = {**kind, **(new if group == "events" else {}), "metadata": {"name": "bare"}}
        bad = {**kind, "metadata": {"name": "Bad_<1>"}, "type": "x"}
        if group == "core":
            bad["involvedObject"] = {"namespace": "other"}
        recorder.record_statuses(f"status404.{group}", path + "/none")
        for code, body in ((409, again), (422, bad)):
            recorder.record_statuses(f"status{code}.{group}", path, method="POST",
                                     body=json.dumps(body).encode())
    recorder.record_statuses("status504", CORE + FUTURE)
    token = json.loads(recorder.ask(CORE + LIST))["metadata"]["continue"]
    recorder.create({"metadata": {"name": "another"}})
    time.sleep(1)
    cluster.compact()
    recorder.record_statuses("status410", f"{CORE}{LIST}&continue={token}")
    expired = "?watch=true&resourceVersion=2&timeoutSeconds=5"
    recorder.record("expired.json", CORE + expired, JSON)
    recorder.record("expired.pb", CORE + expired, PB)
    for name in ("bare", "plain"):  # the same Event in two forms would need two
        end = "json" if name == "bare" else "pb"
        recorder.record(f"deleted.{name}.{end}", f"{CORE}/{name}", TYPES[end], method="DELETE")


def main():
    for kind, suffix in (("rich", "/rich"), ("list", LIST), ("watch", WATCH)):
        for group, path in GROUPS.items():
            for end, accept in TYPES.items():
                if kind != "watch" or end != "yaml":
                    ANSWERS[f"{kind}.{group}.{end}"] = (path + suffix, accept)
    for name in ("bare", "plain"):
        ANSWERS[f"{name}.core.json"] = (f"{CORE}/{name}", JSON)
    os.makedirs(os.path.join(HERE, "represent"), exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(folder).up()
        try:
            recorder = Recorder(cluster)
            for event in (BARE, PLAIN, RICH):
                recorder.create(event)
            with open(os.path.join(HERE, "represent", "now"), "w", encoding="ascii") as file:
                print(int(time.time()), file=file)
            for name, (path, accept) in ANSWERS.items():
                recorder.record(name, path, accept)
            record_errors(recorder, cluster)
        finally:
            cluster.end()


main()
