#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records what an API server says of selectors, of invalid Events and of patches, and how kubectl
describes an object with events:

    tests/e2e/harness/cluster.py up FOLDER && tests/golden/record_writes.py FOLDER

writes labelselectors.ndjson, validate.ndjson, patch.ndjson and describe.ndjson beside the other
goldens, a case for each line."""
import base64
import copy
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import time
from urllib.parse import quote

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "event")
GROUPS = {"v1": "/api/v1", "events.k8s.io/v1": "/apis/events.k8s.io/v1"}
CORE, EVENTS = GROUPS
NOW = "2026-11-20T03:00:00.000000Z"
LABELS = [
    "", "a", "a=b", "a==b", "a!=b", "a in (b,c)", "a notin (b,c)", "!a", "a>1", "a<1", " a , b ",
    "a in ()", "a notin (x,,y)", "a in (,)", "a in (,b)", "a in (b,)", "a in (b,,,c)", "in",
    "in in (in)", "notin notin (notin,in)", "!in", "a<1,b>2", "a=", "a=,b", "a==,b", "a!=",
    "ex.io/a=b", "Ex_-.x=A", "\ta\r\n=\tb ", "a=in", "a in(b)", "!a,b", "a,b", "a=b,a=c",
    "a>9223372036854775807", "a!in", "a b", "a in (b", "a=b,,", "!", "a>x", "a=-", "/a=b",
    "a,b in", "=", "a=b c", "(a)", "a==b,", "a!", "!a=b", "a=(b", "a in b", "x" * 64,
    "a=" + "y" * 64, "a!=b=c", "a=>b", "a=\x01", "a=é\"", "a in (b c)", "a in (b,,)",
    "a in (b,=)", "a in (=)", "a in (", "!!a", ",a", "a in (-,_)", "a>-", "a>-5",
    "a>9223372036854775808", "a/b/c", "A.b/c=1", "a=b)", "a !b", "a notin", "-", "\"=x",
    "a=\u200bb", "a<", "a>1,b>"]


class Api:
    """Requests as the administrator of the cluster in `folder`."""

    def __init__(self, folder):
        with open(os.path.join(folder, "admin.kubeconfig"), encoding="ascii") as file:
            text = file.read()
        authority = re.search(r"certificate-authority-data: ([^}]+)", text).group(1)
        context = ssl.create_default_context(cadata=base64.b64decode(authority).decode())
        host = re.search(r'server: "https://([^"]+)"', text).group(1)
        self.connection = http.client.HTTPSConnection(host, context=context)
        self.token = re.search(r'token: "([^"]+)"', text).group(1)

    def request(self, method, path, body=None, content_type="application/json"):
        """Code and decoded body."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        self.connection.request(method, path, data, {
            "Authorization": "Bearer " + self.token, "Content-Type": content_type})
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())


def changed(base, **changes):
    """A copy of `base` with `a__b=value` put into it; None takes a member away."""
    result = copy.deepcopy(base)
    for path, value in changes.items():
        *parents, last = path.split("__")
        at = result
        for parent in parents:
            at = at.setdefault(parent, {})
        if value is None:
            at.pop(last, None)
        else:
            at[last] = value
    return result


def event(api_version, **changes):
    """A valid Event of either group, changed."""
    events = api_version == EVENTS
    reference = {"kind": "Pod", "namespace": "default", "name": "web"}
    base = {"apiVersion": api_version, "kind": "Event",
            "metadata": {"name": "web.1", "namespace": "default"}, "eventTime": NOW,
            "reportingController" if events else "reportingComponent": "example.com/c",
            "reportingInstance": "i-1", "action": "Do", "reason": "Because", "type": "Normal",
            "note" if events else "message": "n",
            "regarding" if events else "involvedObject": reference}
    return changed(base, **changes)


def old_style(**changes):
    """A core/v1 Event as the older recorders write it, changed."""
    return changed({
        "apiVersion": CORE, "kind": "Event", "metadata": {"name": "web.1", "namespace": "default"},
        "involvedObject": {"kind": "Pod", "namespace": "default", "name": "web"}, "count": 1,
        "firstTimestamp": "2026-11-20T03:00:00Z", "lastTimestamp": "2026-11-20T03:00:00Z",
        "source": {"component": "kubelet"}, "type": "Normal", "reason": "R", "message": "m"},
        **changes)


METADATA = [
    dict(metadata__labels={"/x": "-", "b": "c"}),  # one wrong key: Go's maps have no order
    dict(metadata__labels={"A.b/c": "v"}),
    dict(metadata__labels={"a/b/c": "v"}),
    dict(metadata__labels={"x" * 64: "y" * 64}),
    dict(metadata__annotations={"A.b/C": "fine", "/": ""}),
    dict(metadata__annotations={"a" * 254 + "/c": ""}),
    dict(metadata__finalizers=["kubernetes", "plain", "a/b"]),
    dict(metadata__ownerReferences=[
        {"apiVersion": "v1", "kind": "Event", "name": "a", "uid": "1"}] * 3),
    dict(metadata__generation=-1),
    dict(metadata__finalizers=["a/b", "orphan", "foregroundDeletion", "a b"]),
    dict(metadata__ownerReferences=[{"apiVersion": "", "kind": "", "name": "", "uid": ""}]),
    dict(metadata__ownerReferences=[
        {"apiVersion": "v1", "kind": "Event", "name": "a", "uid": "1", "controller": False}]),
    dict(metadata__ownerReferences=[
        {"apiVersion": "a/b/c", "kind": "K", "name": "a", "uid": "1"}]),
    dict(metadata__ownerReferences=[
        {"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": "1", "controller": True,
         "blockOwnerDeletion": True},
        {"apiVersion": "apps/v1", "kind": "Job", "name": "b<>", "uid": "2", "controller": True}]),
]
NAMES = ["UPPER_case", ".", "..", "a/b", "50%", "a/%", "x" * 254, "x" * 63 + "." + "y" * 64,
         "a..b", "-a", "a-", "é\x01\n\"\\\u200b\u00ad\U0001f600\U000e0001\u2028", "a.B",
         "a_b", "1.2"]
PREFIXES = ["a-", "a.-", "-", "--", "a..-", "A-", "a/%", ".-", "a--", "a.b-", "-b-", "a.-b-", "a-.bc-",
            ".bc-"]


def invalid_new():
    """New-style Events, in both groups, that break one or several rules."""
    for group in GROUPS:
        controller = "reportingController" if group == EVENTS else "reportingComponent"
        note = "note" if group == EVENTS else "message"
        about = "regarding" if group == EVENTS else "involvedObject"
        deprecated = "deprecated" if group == EVENTS else ""

        def old(name, prefix=deprecated):
            return prefix + name.capitalize() if prefix else name
        stamps = [group == EVENTS and "deprecatedFirstTimestamp" or "firstTimestamp",
                  group == EVENTS and "deprecatedLastTimestamp" or "lastTimestamp"]
        for changes in [
                {}, {controller: None}, {controller: "a b"}, {controller: "a/b/c"},
                {controller: "/b"}, {controller: "A/"}, {controller: "x" * 64},
                {"reportingInstance": None}, {"reportingInstance": "i" * 129},
                {"action": None}, {"action": "a" * 129}, {"reason": None},
                {"reason": "é" * 65}, {note: "m" * 1025}, {note: "é" * 512, "action": "a" * 128},
                {note: "m" * 1024, "reason": "r" * 128, "reportingInstance": "i" * 128},
                {about: {}}, {about + "__namespace": "other"}, {"type": None}, {"type": "Odd\""},
                {"series": {"count": 1}}, {"series": {"count": 2, "lastObservedTime": NOW}},
                {"series": {"count": -3, "lastObservedTime": NOW}}, {"series": {}},
                {stamps[0]: "2026-11-20T03:00:00Z"}, {stamps[1]: "2026-11-20T03:00:00Z"},
                {old("count"): 3}, {old("source"): {"component": "c"}},
                {old("source"): {"host": "h"}}, {"eventTime": None},
                {"eventTime": None, about: {}},
                {controller: None, "reportingInstance": None, "action": None, "reason": None,
                 "type": "x", old("count"): 1, "series": {"count": 1}}]:
            yield event(group, **changes)
        for namespace in ("kube-system", "shop"):
            yield event(group, **{"metadata__namespace": namespace, about: {"kind": "Node"}})
            yield event(group, **{"metadata__namespace": namespace, about: {"kind": "Node"},
                                  "eventTime": None})
        for changes in METADATA:
            yield event(group, **changes)
        for name in NAMES:
            yield event(group, metadata__name=name)
        for prefix in PREFIXES:
            yield event(group, metadata__generateName=prefix)


def invalid_old():
    """Old-style Events, of which little is asked."""
    for changes in [
            {}, {"involvedObject__namespace": "other"}, {"involvedObject": {}},
            {"involvedObject": {}, "metadata__namespace": "shop"},
            {"involvedObject": {}, "metadata__namespace": "kube-system"},
            {"type": "Odd", "message": "m" * 1025, "reason": "r" * 129}, {"count": -1},
            {"series": {"count": 1}}, {"reportingComponent": "a b"}]:
        yield old_style(**changes)


def updates():
    """Old and new object of an update."""
    new = event(EVENTS, metadata__name="up.1", related={"kind": "Node", "name": "n"},
                series={"count": 2, "lastObservedTime": NOW})
    for changes in [
            {}, {"series": None}, {"series": {"count": 3, "lastObservedTime": NOW}},
            {"series": {"count": 1}}, {"regarding__name": "z<", "reason": "Z", "note": "z\n",
                                       "type": "Warning", "action": "z"},
            {"deprecatedSource": {"component": "x", "host": "y"}, "deprecatedCount": 3,
             "deprecatedFirstTimestamp": "2026-11-20T03:00:01Z",
             "deprecatedLastTimestamp": "2026-11-20T03:00:01Z"},
            {"eventTime": "2026-11-20T03:00:01.000000Z"}, {"eventTime": None},
            {"related": None}, {"related": {"kind": "Node", "name": "m", "uid": "u",
             "apiVersion": "v1", "resourceVersion": "1", "fieldPath": "f", "namespace": "n"}},
            {"reportingController": "z", "reportingInstance": "z"}, {"reportingController": None},
            {"type": "Odd"}, {"reason": None}, {"metadata__labels": {"a": "b"}},
            {"metadata__creationTimestamp": "2026-11-20T03:00:01Z"}, {"metadata__generation": -1},
            {"metadata__deletionTimestamp": "2026-11-20T03:00:01Z"},
            {"metadata__deletionGracePeriodSeconds": 5}, METADATA[0], *METADATA[6:8]]:
        yield new, changed(new, **changes)
    yield (changed(new, metadata__name="up.2", series=None),
           changed(new, metadata__name="up.2", series=None, related=None, type="Warning"))
    yield (changed(new, metadata__name="up.3", series=None, related=None),
           changed(new, metadata__name="up.3", series={"count": 0}))
    old = old_style(metadata__name="up.4")
    for changes in [{}, {"type": "Odd", "count": 7, "reason": None, "message": "new"},
                    {"involvedObject__namespace": "other"}, {"involvedObject": {}},
                    {"eventTime": NOW}, {"metadata__deletionGracePeriodSeconds": 5}, METADATA[0], *METADATA[6:8]]:
        yield old, changed(old, **changes)


PATCHED_CORE = changed(
    old_style(metadata__name="patched.core"), metadata__labels={"a": "1", "b": "2"},
    metadata__annotations={"note": "x"}, metadata__finalizers=["ex.io/1", "ex.io/2", "ex.io/3"],
    metadata__ownerReferences=[
        {"apiVersion": "v1", "kind": "Pod", "name": "p1", "uid": "u1", "controller": True},
        {"apiVersion": "v1", "kind": "Pod", "name": "p2", "uid": "u2"},
        {"apiVersion": "v1", "kind": "Pod", "name": "p3", "uid": "u3",
         "blockOwnerDeletion": False}])
PATCHED_EVENTS = event(EVENTS, metadata__name="patched.events",
                       related={"kind": "Node", "name": "n"})
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "new", "uid": "u9"}
# Both kinds of patch are tried, in core/v1.
PATCHES = [
    {}, {"count": 2, "lastTimestamp": "2026-11-20T03:05:00Z", "message": "again"},
    {"count": None, "type": None, "message": None, "lastTimestamp": None},
    {"source": {"host": "h"}}, {"source": None}, {"source": {"component": None}},
    {"involvedObject": {"name": "other", "uid": "u"}}, {"involvedObject": {"kind": None}},
    {"series": {"count": 2, "lastObservedTime": NOW}}, {"series": {}}, {"series": None},
    {"series": {"count": None, "lastObservedTime": None}},
    {"related": {"kind": "Node"}}, {"related": {"$patch": "delete"}},
    {"metadata": {"labels": {"a": None, "c": "3"}}}, {"metadata": {"labels": None}},
    {"metadata": {"labels": {}}}, {"metadata": {"annotations": {"k": "v", "note": ""}}},
    {"metadata": {"labels": {"b": "<&>"}}, "reason": "<&>"},
    {"metadata": {"finalizers": ["ex.io/4"]}},
    {"metadata": {"finalizers": ["ex.io/3", "ex.io/4", "ex.io/1"]}},
    {"metadata": {"finalizers": ["ex.io/4", "ex.io/4", "ex.io/5", "ex.io/4"]}},
    {"metadata": {"finalizers": []}}, {"metadata": {"finalizers": None}},
    {"metadata": {"ownerReferences": [OWNER]}},
    {"metadata": {"ownerReferences": [{"uid": "u2", "name": "renamed"}]}},
    {"metadata": {"ownerReferences": [OWNER, {"uid": "u1", "controller": None}]}},
    {"metadata": {"ownerReferences": [{"name": "no uid"}]}},
    {"metadata": {"ownerReferences": []}}, {"metadata": {"ownerReferences": None}},
    {"metadata": {"generateName": "g-", "generation": 7}},
    {"metadata": {"uid": None, "creationTimestamp": None}},
    {"metadata": {"resourceVersion": None}},
    {"metadata": {"managedFields": [{}]}},
    {"unknown": {"deep": [1, {"x": None}]}, "count": 5},
    {"eventTime": NOW, "reportingComponent": "c", "reportingInstance": "i", "action": "a"},
    # wrong types and values
    {"count": "3"}, {"count": 1.5}, {"type": 1}, {"type": {}},
    {"source": "kubelet"}, {"source": []}, {"metadata": {"labels": {"a": 1}}},
    {"metadata": {"labels": []}}, {"metadata": {"finalizers": "x"}},
    {"metadata": {"finalizers": [1]}}, {"metadata": {"finalizers": [None]}},
    {"metadata": {"ownerReferences": ["x"]}}, {"metadata": {"ownerReferences": {}}},
    {"lastTimestamp": "yesterday"}, {"lastTimestamp": "2026-11-20T04:00:00.5+01:00"},
    {"series": {"lastObservedTime": "2026-11-20T03:00:00Z"}}, {"series": 7},
    {"metadata": {"labels": {"a": "-"}}}, {"metadata": "x"}, {"metadata": None},
    {"metadata": {"name": None}}, {"metadata": {"name": "other"}},
    {"metadata": {"namespace": "other"}}, {"kind": "Pod"}, {"apiVersion": "v2"}, {"kind": None},
    [], [1], "x", 1, None, b"", b"{", b"{} x", b'{"a":1}]', b"nonsense",
    b'{"message":"one","message":"two"}',
    b'{"metadata":{"labels":{"x":"1"}},"metadata":{"labels":{"y":"1"}}}',
    b'{"metadata":{"labels":{"x":"1","x":"2"}}}', b' {"count" : 9 }\n ',
    b'{"Count":8}', b'{"metadata":{"finalizers":["ex.io/4",null]}}',
    {"metadata": {"labels": {"$patch": "replace", "$retainKeys": ["b"]}}}, {"$patch": "delete"}]
# Directives, for a strategic patch alone.
DIRECTIVES = [
    {"$patch": "delete"}, {"$patch": "replace", "reason": "x"}, {"$patch": "merge"},
    {"$patch": "odd"}, {"$patch": 7}, {"source": {"$patch": "replace", "host": "h"}},
    {"source": {"$patch": "delete"}}, {"source": {"$patch": "odd"}},
    {"involvedObject": {"$patch": "replace", "kind": "K", "namespace": "default"}},
    {"series": {"$patch": "delete"}}, {"series": {"$patch": "replace", "count": 4}},
    {"metadata": {"labels": {"$patch": "replace", "z": "1"}}},
    {"metadata": {"labels": {"$patch": "delete"}}},
    {"metadata": {"labels": {"$retainKeys": ["b", "c"], "c": "3"}}},
    {"metadata": {"labels": {"$retainKeys": ["c"], "d": "3"}}},
    {"metadata": {"labels": {"$retainKeys": "c"}}},
    {"source": {"$retainKeys": ["host"], "host": "h"}},
    {"series": {"$retainKeys": ["count"], "count": 4}},
    {"source": {"$retainKeys": ["host"], "component": "h"}},
    {"$retainKeys": ["metadata", "reason", "involvedObject"], "reason": "kept"},
    {"metadata": {"ownerReferences": [{"$patch": "delete", "uid": "u2"}]}},
    {"metadata": {"ownerReferences": [{"$patch": "delete", "uid": "none"}, OWNER]}},
    {"metadata": {"ownerReferences": [{"$patch": "delete"}]}},
    {"metadata": {"ownerReferences": [{"$patch": "merge", "uid": "u1"}]}},
    {"metadata": {"ownerReferences": [{"$patch": "odd", "uid": "u1"}]}},
    {"metadata": {"ownerReferences": [{"$patch": "replace"}, OWNER]}},
    {"metadata": {"ownerReferences": [{"$patch": "replace"}]}},
    {"metadata": {"ownerReferences": [
        {"uid": "u1", "$retainKeys": ["uid", "name"], "name": "n"}]}},
    {"metadata": {"$deleteFromPrimitiveList/finalizers": ["ex.io/2", "none"]}},
    {"metadata": {"$deleteFromPrimitiveList/finalizers": ["ex.io/1", "ex.io/2", "ex.io/3"]}},
    {"metadata": {"$deleteFromPrimitiveList/finalizers": "x"}},
    {"metadata": {"$deleteFromPrimitiveList/": ["x"]}},
    {"metadata": {"$deleteFromPrimitiveList/none": ["x"]}},
    {"metadata": {"$deleteFromPrimitiveList": ["x"]}},
    {"metadata": {"$deleteFromPrimitiveList/finalizers": ["ex.io/2"],
                  "$setElementOrder/finalizers": ["ex.io/3", "ex.io/4", "ex.io/1"],
                  "finalizers": ["ex.io/4"]}},
    {"metadata": {"$setElementOrder/finalizers": ["ex.io/3", "ex.io/1", "ex.io/2"]}},
    {"metadata": {"$setElementOrder/finalizers": ["ex.io/3", "ex.io/1"]}},
    {"metadata": {"$setElementOrder/finalizers": ["ex.io/2"], "finalizers": ["ex.io/4"]}},
    {"metadata": {"$setElementOrder/finalizers": "x"}},
    {"metadata": {"$setElementOrder/none": ["x"]}},
    {"metadata": {"$setElementOrder": ["x"]}},
    {"metadata": {"$setElementOrder/labels": ["x"]}},
    {"metadata": {"$setElementOrder/ownerReferences": [
        {"uid": "u3"}, {"uid": "u9"}, {"uid": "u1"}], "ownerReferences": [OWNER]}},
    {"metadata": {"$setElementOrder/ownerReferences": [
        {"uid": "u3"}, {"uid": "u1"}],
        "ownerReferences": [{"uid": "u2", "$patch": "delete"}]}},
    {"metadata": {"$setElementOrder/ownerReferences": [{"uid": "u3"}],
                  "ownerReferences": [OWNER]}},
    {"metadata": {"$setElementOrder/ownerReferences": [{"name": "x"}]}},
    {"metadata": {"$setElementOrder/ownerReferences": ["u1"]}},
]
# To an Event of events.k8s.io that has neither labels nor lists.
PATCHES_EVENTS = [
    {"series": {"count": 2, "lastObservedTime": NOW}}, {"series": {"count": 1}}, {"note": "other"},
    {"message": "core's name"}, {"metadata": {"labels": {"a": "b"}}}, {"deprecatedCount": 1},
    {"metadata": {"labels": {"$patch": "replace", "z": "1"}}},
    {"metadata": {"labels": {"$patch": "delete"}}},
    {"metadata": {"finalizers": ["ex.io/1", "ex.io/1"]}},
    {"metadata": {"finalizers": ["ex.io/1", "ex.io/2", "ex.io/1"]}},
    {"metadata": {"$deleteFromPrimitiveList/finalizers": ["ex.io/1"]}},
    {"metadata": {"$setElementOrder/finalizers": ["ex.io/2", "ex.io/1"],
                  "finalizers": ["ex.io/1", "ex.io/2"]}},
    {"metadata": {"$setElementOrder/finalizers": ["ex.io/2", "ex.io/1"],
                  "finalizers": ["ex.io/2", "ex.io/1"]}},
    {"metadata": {"ownerReferences": [{"$patch": "delete", "uid": "x"}, OWNER]}},
    {"metadata": {"ownerReferences": [{"$patch": "replace"}, OWNER, OWNER]}},
    {"metadata": {"ownerReferences": [{"name": "x"}]}},
    {"metadata": {"ownerReferences": [{"uid": "x", "$retainKeys": ["uid"]}]}},
    {"regarding": {"name": "other"}}, {"related": None}, {"related": {"$patch": "delete"}},
    {"reportingController": "other"}, {"eventTime": None},
]


def stored(api, new):
    """The object as the server keeps it, without managedFields."""
    path = f"{GROUPS[new['apiVersion']]}/namespaces/{new['metadata']['namespace']}/events"
    api.request("POST", path, new)
    code, body = api.request("GET", path + "/" + new["metadata"]["name"])
    assert code == 200, body
    del body["metadata"]["managedFields"]
    return body


def verdict(case, code, body):
    """What was answered, in a line of a golden file."""
    case["code"] = code
    if body.get("kind") == "Status":
        case["causes"] = body.get("details", {}).get("causes", [])
        if len(case["causes"]) != 1:  # else it says the same
            case["message"] = body["message"]
    else:
        case["causes"] = []
        body["metadata"].pop("managedFields", None)
    return case


def validations(api):
    for new in [*invalid_new(), *invalid_old()]:
        path = f"{GROUPS[new['apiVersion']]}/namespaces/{new['metadata']['namespace']}/events"
        code, body = api.request("POST", path + "?dryRun=All", new)
        if code not in (201, 422):
            raise SystemExit(f"{code} {body['message']}: {new}")
        yield verdict({"event": new}, code, body)
    for old, new in updates():
        old = stored(api, old)
        path = f"{GROUPS[new['apiVersion']]}/namespaces/default/events/{new['metadata']['name']}"
        code, body = api.request("PUT", path + "?dryRun=All", new)
        if code not in (200, 422):
            raise SystemExit(f"{code} {body['message']}: {new}")
        yield verdict({"event": new, "old": old}, code, body)


def patch_case(api, path, patch, kind):
    """What the server makes of one patch. Its own words for what is no patch, and for what is no
    Event, come from Go and are left out."""
    data = patch if isinstance(patch, bytes) else json.dumps(patch).encode()
    code, body = api.request("PATCH", path, data, f"application/{kind}+json")
    case = verdict({"patch": data.decode(), "type": [kind]}, code, body)
    if code == 200:
        case["event"] = body
    elif code != 422 or case["causes"][0]["field"] == "patch":
        case["causes"] = [] if code != 422 else [{"field": "patch"}]
        if not re.search("the object|provided object|invalid patch", case.get("message", "")):
            case.pop("message", None)
    return case


def patches(api):
    both = ["merge-patch", "strategic-merge-patch"]
    for base, all_patches, kinds in (
            (PATCHED_CORE, PATCHES, both), (PATCHED_CORE, DIRECTIVES, both[1:]),
            (PATCHED_EVENTS, PATCHES_EVENTS, both)):
        old = stored(api, base)
        group = GROUPS[base["apiVersion"]]
        path = f"{group}/namespaces/default/events/{base['metadata']['name']}?dryRun=All"
        yield {"old": old}
        for patch in all_patches:
            cases = [patch_case(api, path, patch, kind) for kind in kinds]
            same = [{**case, "type": None} for case in cases]
            if same[0] == same[-1]:
                cases = [{**cases[0], "type": kinds}]
            yield from cases


def ago(minutes, micros=False):
    """A time half a minute more than `minutes` ago, whose age is the same for some seconds."""
    form = "%Y-%m-%dT%H:%M:%S" + (".000000Z" if micros else "Z")
    return time.strftime(form, time.gmtime(time.time() - minutes * 60 - 30))


def described_events():
    """Events about one ConfigMap, in all the shapes that the Events section has."""
    about = {"kind": "ConfigMap", "namespace": "default", "name": "seen", "apiVersion": "v1"}
    base = {"apiVersion": CORE, "kind": "Event", "metadata": {"namespace": "default"},
            "involvedObject": about, "type": "Normal", "reason": "R", "message": "m"}
    new = {"reportingComponent": "new", "reportingInstance": "n-1", "action": "A"}
    same = {"count": 1, "firstTimestamp": ago(200), "lastTimestamp": ago(200)}
    for i, changes in enumerate([
            dict(count=7, firstTimestamp=ago(400), lastTimestamp=ago(20), type="Warning",
                 reason="BackOff", message="  Back-off\t\u3000\n",
                 source={"component": "kubelet", "host": "node-1"}),
            dict(same, message="tie 1"),
            dict(same, message="tie 2", reportingComponent="ctl", reportingInstance="ctl-1"),
            dict(new, eventTime=ago(300, True), message="new style"),
            dict(new, eventTime=ago(600, True), message="series", type="Warning",
                 reason="AMuchLongerReason",
                 series={"count": 4, "lastObservedTime": ago(30, True)}),
            dict(count=3, message="no times"), dict(message="two\nlines", lastTimestamp=ago(900)),
            dict(firstTimestamp=ago(5000), lastTimestamp=ago(4000), count=2, reason=None,
                 message="\x1b[31mred\rback", type=None),
            dict(same, message="tie 3 \u00e4\U0001f600")]):
        yield changed({**base, "metadata": {"namespace": "default", "name": f"seen.{i}"}},
                      **changes)


def describes(api, folder):
    base = "/api/v1/namespaces/default"
    for name in ("seen", "unseen"):
        api.request("POST", base + "/configmaps", {
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}})
    uid = api.request("GET", base + "/configmaps/seen")[1]["metadata"]["uid"]
    for new in described_events():
        api.request("DELETE", f"{base}/events/{new['metadata']['name']}")
        new["involvedObject"]["uid"] = uid
        code, body = api.request("POST", base + "/events", new)
        assert code == 201, body
    for name in ("seen", "unseen"):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        _, events = api.request(
            "GET", f"{base}/events?fieldSelector=involvedObject.name={name}")
        for item in events["items"]:
            del item["metadata"]["managedFields"]
        text = subprocess.run(
            ["sh", "-c", f'. "$0/env" && kubectl describe configmap {name}', folder],
            check=True, capture_output=True, text=True).stdout
        yield {"now": now, "list": events, "text": text[text.index("Events:"):]}


def write(name, cases):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        for case in cases:
            file.write(json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n")


def selectors(api):
    for text in LABELS:
        code, body = api.request(
            "GET", "/api/v1/namespaces/default/events?limit=1&labelSelector=" + quote(text))
        yield {"selector": text, "message": None if code == 200 else body["message"]}


def main():
    api = Api(sys.argv[1])
    for name in ("shop",):
        api.request("POST", "/api/v1/namespaces", {
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    write("labelselectors.ndjson", selectors(api))
    write("validate.ndjson", validations(api))
    write("patch.ndjson", patches(api))
    write("describe.ndjson", describes(api, sys.argv[1]))


main()
