#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hosted cluster answers writes as an API server does: code, Status, warnings and object, and
what is there afterwards. Each case is a row of a table; what differs on purpose says why, in the
row or, where many rows do, in the table DIFFERENCES."""
import http.client
import json
import os
import re
import ssl
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness"))
# pylint: disable=wrong-import-position
from cluster import Cluster
from daemon import Daemon
from tap import check, folder, remove, run

STATE = folder("writes")
CORE, EVENTS = "/api/v1", "/apis/events.k8s.io/v1"
NOW = "2026-11-20T03:00:00.000000Z"
JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


def core(**more):
    """A core/v1 Event; @NAME is that of the case."""
    return {"apiVersion": "v1", "kind": "Event",
            "metadata": {"name": "@NAME", "namespace": "writes"}, "reason": "R", "message": "m",
            "involvedObject": {"kind": "Pod", "namespace": "writes", "name": "p"}, "count": 1,
            "type": "Normal", **more}


def new(**more):
    """The same of events.k8s.io."""
    return {"apiVersion": "events.k8s.io/v1", "kind": "Event",
            "metadata": {"name": "@NAME", "namespace": "writes"}, "reason": "R", "note": "m",
            "regarding": {"kind": "Pod", "namespace": "writes", "name": "p"}, "type": "Normal",
            "eventTime": NOW, "action": "A", "reportingController": "c", "reportingInstance": "i",
            **more}


def meta(**more):
    """Metadata of the case's event, for core() and new(); None takes a member away."""
    members = {"name": "@NAME", "namespace": "writes", **more}
    return {"metadata": {k: v for k, v in members.items() if v is not None}}


def field(number, value):
    """A field of a protobuf message: a number, or text or bytes with its length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def varint(n):
    n &= (1 << 64) - 1
    data = b""
    while n > 0x7f:
        data += bytes([n & 0x7f | 0x80])
        n >>= 7
    return data + bytes([n])


def protobuf(version, kind, raw):
    """An object in the envelope of Kubernetes' protobuf."""
    return b"k8s\0" + field(1, field(1, version) + field(2, kind)) + field(2, raw)


def options(raw):
    return protobuf("v1", "DeleteOptions", raw)


GENERATED = re.compile(r"(\b(?:a/b|G_))[a-z0-9]{5}\b")  # what is generated behind a prefix

# --- the tables
#
# A row: method, what follows the URL of the event (of the collection for a POST), body, and what
# else is to be said: `type` of the body, `group`, `absent` if there is no such event before,
# `old` if another one was there, `made`: metadata of the one before, `space`: another namespace,
# `ours`: (code, why) if we differ on purpose.
# @NAME, @UID, @RV, @STALE (an earlier version) stand for those of the event.

LONG = "x" * 129
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}
DRY_RUNS = ("dryRun=All", "dryRun=", "dryRun", "dryRun=all", "dryRun=Some", "dryRun=All&dryRun=All",
            "dryRun=All&dryRun=Some", "dryRun=Some&dryRun=Other&dryRun=Some", "dryRun=true",
            "dryRun=%22%3C%0A", "dryRun=&dryRun=All")
OPTIONS = DRY_RUNS + (
    "fieldManager=x", "fieldManager=", "fieldManager=" + LONG, "fieldManager=" + LONG[1:],
    "fieldManager=a%0Ab", "fieldManager=%C3%A9%20x", "fieldManager=" + "%C3%A9" * 65,
    "fieldManager=a%E2%80%8Bb", "fieldManager=%FF",
    "fieldManager=" + LONG + "%0A",
    "fieldValidation=Strict", "fieldValidation=Odd", "fieldValidation=strict", "fieldValidation=",
    "fieldValidation=Strict&fieldValidation=Odd", "fieldValidation=Odd&fieldValidation=Strict",
    "dryRun=Some&fieldManager=" + LONG + "&fieldValidation=Odd", "pretty=true", "odd=1",
    "force=true", "force=false", "force=odd", "force=", "force=0", "timeout=10s", "timeout=odd",
    "dryRun=Some&force=true&fieldManager=a%0Ab", "propagationPolicy=Odd")
CREATED = [
    ("POST", "", core()), ("POST", "", new(), dict(group=EVENTS)),
    ("POST", "", core(), dict(old=True)), ("POST", "", new(), dict(group=EVENTS, old=True)),
    ("POST", "?dryRun=All", core(), dict(old=True)),
    ("POST", "?dryRun=All", new(), dict(group=EVENTS)),
    # versions, names, namespaces
    *[("POST", query, core(**meta(resourceVersion=version)), more)
      for query in ("", "?dryRun=All") for version in ("", "0", "1", "odd", "-1") for more in (
          {}, dict(old=True))],
    ("POST", "", new(**meta(resourceVersion="5")), dict(group=EVENTS)),
    ("POST", "", core(**meta(resourceVersion="5"), type="T" * 200, eventTime=NOW)),
    ("POST", "", core(**meta(name=None))), ("POST", "", core(**meta(name=""))),
    ("POST", "", core(**meta(name=None, generateName="g-"))),
    ("POST", "", core(**meta(name=None, generateName="g" * 70))),
    ("POST", "", core(**meta(name=None, generateName="G_"))),
    ("POST", "", core(**meta(name=None, generateName="a/b"))),
    ("POST", "?dryRun=All", core(**meta(name=None, generateName="g-"))),
    ("POST", "", core(**meta(generateName="g-"))),
    ("POST", "", new(**meta(name=None, generateName="g-")), dict(group=EVENTS)),
    ("POST", "", new(**meta(name=None, generateName="G_")), dict(group=EVENTS)),
    ("POST", "", core(**meta(namespace="other"))), ("POST", "", core(**meta(namespace=None))),
    ("POST", "", core(**meta(namespace=""))), ("POST", "", core(**meta(namespace="Other_"))),
    ("POST", "", new(**meta(namespace="default")), dict(group=EVENTS)),
    ("POST", "", core(metadata=None)), ("POST", "", core(metadata={})), ("POST", "", {}),
    ("POST", "", core(involvedObject={"kind": "Pod", "namespace": "other"})),
    ("POST", "", core(involvedObject={"kind": "Node", "name": "n"})),
    # what a client cannot set, or may
    ("POST", "", core(**meta(uid="u", creationTimestamp="2020-01-01T00:00:00Z", generation=5,
                             selfLink="/x", deletionTimestamp="2020-01-01T00:00:00Z",
                             deletionGracePeriodSeconds=5))),
    ("POST", "", core(**meta(finalizers=["ex.io/a", "b"]))),
    ("POST", "", core(**meta(finalizers=["a b"]))),
    ("POST", "", core(**meta(finalizers=["orphan", "foregroundDeletion"]))),
    ("POST", "", new(**meta(finalizers=["b"])), dict(group=EVENTS)),
    ("POST", "", core(**meta(ownerReferences=[OWNER] * 2))),
    ("POST", "", core(**meta(ownerReferences=[OWNER, {**OWNER, "uid": "w"}] * 3))),
    ("POST", "", core(**meta(ownerReferences=[OWNER, {**OWNER, "controller": True}]))),
    ("POST", "", core(**meta(ownerReferences=[{"kind": "Pod"}]))),
    ("POST", "", core(**meta(ownerReferences=[
        {"apiVersion": "v1", "kind": "Event", "name": "p", "uid": "u"}]))),
    ("POST", "", core(**meta(managedFields=[{"manager": "m", "operation": "Update",
                                             "apiVersion": "v1", "fieldsType": "FieldsV1",
                                             "fieldsV1": {}}]))),
    ("POST", "", core(**meta(managedFields=[{"manager": "m", "operation": "Odd"}]))),
    ("POST", "", core(**meta(labels={"a": "b"}, annotations={"A/B": "c"}))),
    ("POST", "", core(**meta(labels={"a b": "-"}))),
    ("POST", "", core(eventTime=NOW)), ("POST", "", new(eventTime=None), dict(group=EVENTS)),
    ("POST", "", new(type="Odd", action=""), dict(group=EVENTS)),
    # of another kind, another group
    ("POST", "", core(kind="Pod")), ("POST", "", core(kind="event")), ("POST", "", core(kind="")),
    ("POST", "", core(apiVersion="")), ("POST", "", core(apiVersion="", kind="")),
    ("POST", "", core(apiVersion="v2")), ("POST", "", core(apiVersion="apps/v1")),
    ("POST", "", core(apiVersion="a/b/c")), ("POST", "", core(apiVersion="apps/v1", kind="Scale")),
    ("POST", "", core(apiVersion="events.k8s.io/v1beta1"),
     dict(ours=("400", "fields of a wrong version are not warned of"))),
    ("POST", "", core(apiVersion="apps/v1", kind="Deployment")),
    ("POST", "", core(apiVersion="events.k8s.io/v2")),
    ("POST", "", new()), ("POST", "", core(), dict(group=EVENTS)),
    ("POST", "", core(apiVersion="v1", kind="Pod"), dict(group=EVENTS)),
    ("POST", "", new(kind="Odd"), dict(group=EVENTS)),
    ("POST", "", {"apiVersion": "v1", "kind": "EventList", "metadata": {}, "items": [core()]}),
    ("POST", "", {"apiVersion": "v1", "kind": "List", "metadata": {}, "items": [core()]}),
    ("POST", "", {"apiVersion": "v1", "kind": "Status", "code": 3}),
    ("POST", "", {"apiVersion": "v1", "kind": "DeleteOptions"}),
    ("POST", "", {"apiVersion": "meta.k8s.io/v1", "kind": "Status"}),
    ("POST", "?%ff=%zz", core(), dict(ours=("400", "a malformed query is refused"))),
    # what is looked at first
    ("POST", "?dryRun=Some", core(), dict(
        type="text/plain", ours=("422", "options are looked at before the type of the body"))),
    ("POST", "?dryRun=Some", "{"),
    ("POST", "?dryRun=Some", core(**meta(namespace="other"))),
    ("POST", "?dryRun=Some", core(kind="Pod")),
    # bodies that are none
    *[("POST", "", body) for body in (
        "", "{", "nonsense", "[]", "null", '"x"', "1", "{} x", '{"kind":1}', '{"apiVersion":[]}',
        '{"kind":null,"apiVersion":null}', "\ufeff{}", "{}", "  ", "true")],
    ("POST", "", core(count="3")), ("POST", "", core(count=1.5)), ("POST", "", core(count=2 ** 40)),
    ("POST", "", core(count=None)), ("POST", "", core(type=1)), ("POST", "", core(source="x")),
    ("POST", "", core(lastTimestamp="yesterday")),
    ("POST", "", core(eventTime="2026-11-20T03:00:00Z")),
    ("POST", "", core(**meta(labels={"a": 1}))), ("POST", "", core(involvedObject=[])),
    # unknown and repeated fields
    *[("POST", "?fieldValidation=" + how, core(odd=1, source={"odd": 2}), dict(group=group))
      for how in ("Strict", "Warn", "Ignore") for group in (CORE,)],
    ("POST", "?fieldValidation=Strict", new(odd=1), dict(group=EVENTS)),
    ("POST", "?fieldValidation=Strict", '{"reason":"a","reason":"b","odd":1}'),
    ("POST", "", json.dumps(core())[:-1] + ',"reason":"b","Reason":"c"}'),
    ("POST", "?fieldValidation=Strict", json.dumps(core())[:-1] + ',"reason":"b","Reason":"c"}'),
    # types of bodies
    *[("POST", "", core(), dict(type=kind)) for kind in (
        "application/json;charset=utf-8", "application/json; charset=UTF-8", "application/json;",
        "application/json; charset", "application/json;;", "Application/JSON", " application/json ",
        "application/json; charset=\"utf-8\"", "text/json", "application",
        "application/json;a=b;a=b", "application/json, text/plain", "application/*", "*/*",
        "text/plain",
        "application/x-www-form-urlencoded", "application/yaml", "application/yaml;charset=utf-8",
        "application/json;stream=watch", "application/merge-patch+json", "application/x-yaml",
        "application/cbor", PROTOBUF, PROTOBUF + ";a=b", "/", "application/json/x")],
    ("POST", "", "apiVersion: v1\nkind: Event\nmetadata: {name: @NAME}\n"
                 "involvedObject: {namespace: writes}\ncount: 3\n", dict(type=YAML)),
    ("POST", "", "a: b: c", dict(type=YAML)), ("POST", "", "- a", dict(type=YAML)),
    ("POST", "", "", dict(type=YAML)), ("POST", "", "kind: Pod\napiVersion: v1", dict(type=YAML)),
    ("POST", "", b"", dict(type=PROTOBUF)), ("POST", "", b"k8s\0", dict(type=PROTOBUF)),
    ("POST", "", b"k8s\0\xff\xff", dict(type=PROTOBUF)),
    ("POST", "", protobuf("v1", "Pod", b""), dict(type=PROTOBUF)),
    ("POST", "", protobuf("v1", "Odd", b""), dict(type=PROTOBUF)),
    ("POST", "", protobuf("v1", "Event", b"\xff"), dict(type=PROTOBUF)),
    ("POST", "", protobuf("events.k8s.io/v1", "Event", b""), dict(type=PROTOBUF)),
    ("POST", "", protobuf("", "", b""), dict(type=PROTOBUF)),
    ("POST", "", protobuf("v1", "Event", b""), dict(type=PROTOBUF)),
    # in other namespaces
    *[("POST", "", core(**meta(namespace=None), involvedObject={"namespace": name}),
       dict(space=name)) for name in (
        "default", "kube-system", "nosuch", "No_such", "-", "a.b", "x" * 64, "@%20b")],
    # to other places
    ("POST", "/@NAME", core()), ("POST", "/@NAME/status", core()), ("POST", "/", core()),
    *[("POST", "?" + query, core()) for query in OPTIONS],
]
UPDATED = [
    ("PUT", "", core(count=2)), ("PUT", "", core()), ("PUT", "", core(), dict(absent=True)),
    ("PUT", "", new(), dict(group=EVENTS, absent=True)),
    ("PUT", "", core(), dict(old=True, absent=True)),
    ("PUT", "?dryRun=All", core(), dict(absent=True)), ("PUT", "?dryRun=All", core(count=2)),
    *[("PUT", query, core(**meta(resourceVersion=version), count=2), dict(absent=absent))
      for query in ("", "?dryRun=All") for version in ("@RV", "@STALE", "1", "0", "odd", "-1", "")
      for absent in (False, True) if not (absent and "@" in version)],
    ("PUT", "", core(**meta(uid="@UID"), count=2)), ("PUT", "", core(**meta(uid="odd"), count=2)),
    ("PUT", "", core(**meta(uid="odd", resourceVersion="@STALE"), count=2)),
    ("PUT", "", core(**meta(uid="odd", resourceVersion="@RV"), count=2)),
    ("PUT", "", core(**meta(uid="odd")), dict(absent=True)),
    ("PUT", "", new(**meta(uid="odd")), dict(group=EVENTS)),
    ("PUT", "", core(**meta(name="other"))), ("PUT", "", core(**meta(name=None))),
    ("PUT", "", core(**meta(name="")), dict(absent=True)),
    ("PUT", "", core(**meta(name="other")), dict(absent=True)),
    ("PUT", "", core(**meta(name=None, generateName="g-"))),
    ("PUT", "", core(**meta(namespace="other"))), ("PUT", "", core(**meta(namespace=None))),
    ("PUT", "", core(metadata=None)), ("PUT", "", {}), ("PUT", "", core(kind="Pod")),
    ("PUT", "", core(apiVersion="apps/v1")), ("PUT", "", new()), ("PUT", "", "{"), ("PUT", "", ""),
    ("PUT", "", core(kind="Pod"), dict(absent=True)),
    ("PUT", "", core(**meta(deletionTimestamp="2026-01-01T00:00:00Z"))),
    ("PUT", "", core(**meta(deletionGracePeriodSeconds=3))),
    ("PUT", "", core(**meta(deletionTimestamp="2026-01-01T00:00:00Z")), dict(
        absent=True, ours=("201", "a new event is not being deleted"))),
    ("PUT", "", core(**meta(creationTimestamp="2020-01-01T00:00:00Z", generation=9, selfLink="x"))),
    ("PUT", "", core(**meta(creationTimestamp="2020-01-01T00:00:00Z", generation=9)),
     dict(absent=True)),
    ("PUT", "", core(**meta(finalizers=["ex.io/a"], labels={"a": "b"}))),
    ("PUT", "", core(**meta(finalizers=["a b"], labels={"a": "-"}))),
    ("PUT", "", core(**meta(ownerReferences=[{"kind": "x"}]))),
    ("PUT", "", core(involvedObject={})), ("PUT", "", core(involvedObject={"namespace": "other"})),
    ("PUT", "", new(reason="other", note="n"), dict(group=EVENTS)),
    ("PUT", "", new(), dict(group=EVENTS)),
    ("PUT", "?fieldValidation=Strict", core(odd=1)), ("PUT", "", core(odd=1)),
    ("PUT", "", core(), dict(type="text/plain")), ("PUT", "/status", core()),
    ("PUT", "?dryRun=Some", core(), dict(type="text/plain")), ("PUT", "?dryRun=Some", "{"),
    ("PUT", "?dryRun=Some", core(**meta(name="other"))),
    ("PUT", "", core(**meta(ownerReferences=[OWNER, {**OWNER, "uid": "w"}, OWNER, OWNER]))),
    ("PUT", "", core(**meta(ownerReferences=[OWNER] * 2)), dict(absent=True)),
    *[("PUT", "?" + query, core(count=2)) for query in OPTIONS],
]
COUNT = {"count": 5}
PATCHED = [
    *[(*row, {**more, "type": kind}) for kind in (MERGE, STRATEGIC) for row, more in (
        (("PATCH", "", COUNT), {}), (("PATCH", "", {}), {}), (("PATCH", "", {"count": 1}), {}),
        (("PATCH", "", COUNT), dict(absent=True)),
        (("PATCH", "", COUNT), dict(absent=True, old=True)),
        (("PATCH", "", COUNT), dict(absent=True, group=EVENTS)),
        (("PATCH", "", {"series": {"count": 2, "lastObservedTime": NOW}}), dict(group=EVENTS)),
        (("PATCH", "", {"note": "other"}), dict(group=EVENTS)),
        *[(("PATCH", query, {"metadata": {"resourceVersion": version}, **COUNT}), {})
          for query in ("", "?dryRun=All")
          for version in ("@RV", "@STALE", "0", "odd", "", None, 5)],
        (("PATCH", "", {"metadata": {"resourceVersion": "5"}}), dict(absent=True)),
        *[(("PATCH", query, {"metadata": {"uid": uid}}), dict(group=group))
          for query in ("", "?dryRun=All") for uid in ("@UID", "odd", "", None)
          for group in (CORE, EVENTS)],
        (("PATCH", "", {"metadata": {"uid": "odd", "resourceVersion": "@STALE"}}), {}),
        (("PATCH", "", {"metadata": {"uid": "odd", "resourceVersion": "@RV"}}), {}),
        (("PATCH", "", {"metadata": {"uid": "odd"}, "involvedObject": None}), {}),
        *[(("PATCH", "", {"metadata": value}), {}) for value in (
            None, {}, [], "x", {"name": None}, {"name": "other"}, {"name": ""}, {"namespace": None},
            {"namespace": "other"}, {"namespace": ""}, {"name": None, "namespace": None},
            {"name": "other", "namespace": "other"},
            {"generateName": "g-"}, {"creationTimestamp": None},
            {"creationTimestamp": "2020-01-01T00:00:00Z"}, {"creationTimestamp": "odd"},
            {"deletionTimestamp": "2020-01-01T00:00:00Z"}, {"deletionGracePeriodSeconds": 4},
            {"generation": 4}, {"generation": -4}, {"selfLink": "x"}, {"managedFields": None},
            {"finalizers": ["ex.io/a"]},
            {"finalizers": ["a b"]}, {"labels": {"a": "b"}}, {"labels": {"a": "-"}},
            {"annotations": {"a": "b"}}, {"ownerReferences": [OWNER, OWNER]},
            {"ownerReferences": [{"uid": "u"}]}, {"odd": 1})],
        *[(("PATCH", "", {"metadata": {"managedFields": value}}), dict(
            ours=("200", "there are no managedFields, so nothing is changed")))
          for value in ([], [{}])],
        (("PATCH", "", {"metadata": None}), dict(group=EVENTS)),
        *[(("PATCH", "", body), {}) for body in (
            {"kind": "Pod"}, {"kind": "Event"}, {"kind": None}, {"apiVersion": "v2"},
            {"apiVersion": "apps/v1"},
            {"kind": "Pod", "apiVersion": "v1"}, {"kind": "Deployment", "apiVersion": "apps/v1"},
            {"count": "x"}, {"count": None}, {"type": 1}, {"source": "x"}, {"odd": 1},
            {"involvedObject": None}, {"involvedObject": {"namespace": "other"}}, "", "{", "[]",
            "null", "1", '"x"', "{} {}", '{"count":1,"count":2}')],
        *[(("PATCH", "?fieldValidation=" + how, {"odd": 1}), {}) for how in (
            "Strict", "Warn", "Ignore")],
        (("PATCH", "?dryRun=Some", "{"), {}), (("PATCH", "?force=1", COUNT), dict(absent=True)),
        (("PATCH", "?dryRun=All", COUNT), {}), (("PATCH", "/status", COUNT), {}))],
    *[("PATCH", "", body, dict(type=MERGE, ours=("200", "a null there changes nothing")))
      for body in ({"apiVersion": None}, {"kind": None, "apiVersion": None})],
    *[("PATCH", "", body, dict(type=MERGE, ours=("422", "an empty text is none of ours")))
      for body in ({"apiVersion": ""}, {"kind": ""})],
    ("PATCH", "", {"apiVersion": "events.k8s.io/v1"}, dict(
        type=MERGE, ours=("422", "fields of a wrong version are not warned of"))),
    ("PATCH", "", {"apiVersion": "events.k8s.io/v1"}, dict(type=STRATEGIC)),
    ("PATCH", "", {"kind": 1}, dict(type=MERGE)),
    ("PATCH", "", {"kind": 1}, dict(type=STRATEGIC, ours=("200", "a strategic patch has no kind"))),
    *[("PATCH", "", body, dict(type=STRATEGIC)) for body in (
        {"apiVersion": None}, {"kind": None, "apiVersion": None}, {"apiVersion": ""},
        {"kind": ""})],
    *[("PATCH", "?" + query, COUNT, dict(type=kind)) for query in OPTIONS for kind in (
        MERGE, STRATEGIC)],
    ("PATCH", "?dryRun=Some", COUNT, dict(type=JSON)),
    *[("PATCH", "", COUNT, dict(type=kind)) for kind in (
        MERGE + ";charset=utf-8", MERGE + ";", MERGE + "; a", STRATEGIC + ";a=b;a=c", JSON, YAML,
        PROTOBUF, "text/plain", MERGE.upper(), "*/*", "application/*", MERGE + ", " + JSON)],
]
DELETED = [
    ("DELETE", "", None), ("DELETE", "", None, dict(absent=True)),
    ("DELETE", "", None, dict(group=EVENTS)), ("DELETE", "", None, dict(group=EVENTS, absent=True)),
    ("DELETE", "", None, dict(old=True, absent=True)),
    ("DELETE", "?dryRun=All", None), ("DELETE", "?dryRun=All", None, dict(absent=True)),
    ("DELETE", "/status", None),
    *[("DELETE", "?" + query, None) for query in DRY_RUNS + (
        "propagationPolicy=Orphan", "propagationPolicy=Background", "propagationPolicy=Foreground",
        "propagationPolicy=Odd", "propagationPolicy=orphan", "propagationPolicy=",
        "propagationPolicy=Orphan&propagationPolicy=Odd", "propagationPolicy=Odd%22%0A",
        "orphanDependents=true", "orphanDependents=false", "orphanDependents=odd",
        "orphanDependents=", "orphanDependents=true&propagationPolicy=Orphan",
        "orphanDependents=false&propagationPolicy=Odd&dryRun=Some",
        "gracePeriodSeconds=0", "gracePeriodSeconds=30", "gracePeriodSeconds=-1",
        "gracePeriodSeconds=odd", "gracePeriodSeconds=", "gracePeriodSeconds=1.5",
        "gracePeriodSeconds=99999999999999999999", "gracePeriodSeconds=0x5",
        "gracePeriodSeconds=%2B5",
        "fieldManager=" + LONG, "fieldValidation=Odd", "force=true", "uid=odd",
        "preconditions=odd", "preconditions.uid=odd", "resourceVersion=1", "pretty=true",
        "ignoreStoreReadErrorWithClusterBreakingPotential=true",
        "ignoreStoreReadErrorWithClusterBreakingPotential=false",
        "ignoreStoreReadErrorWithClusterBreakingPotential=odd", "kind=Odd", "apiVersion=odd",
        "timeout=odd", "orphanDependents=1&gracePeriodSeconds=odd")],
    *[("DELETE", "", body) for body in (
        {}, {"kind": "DeleteOptions"}, {"kind": "DeleteOptions", "apiVersion": "v1"},
        {"apiVersion": "v1"}, {"kind": "DeleteOptions", "apiVersion": "meta.k8s.io/v1"},
        {"kind": "DeleteOptions", "apiVersion": "events.k8s.io/v1"},
        {"kind": "DeleteOptions", "apiVersion": "apps/v1"},
        {"kind": "DeleteOptions", "apiVersion": "odd/v1"},
        {"kind": "DeleteOptions", "apiVersion": "v2"}, {"kind": "Odd", "apiVersion": "v1"},
        {"kind": "Event", "apiVersion": "v1"}, {"kind": "Status", "apiVersion": "v1"},
        {"kind": 1}, {"kind": "CreateOptions", "apiVersion": "v1"}, {"kind": "Event"},
        {"dryRun": ["All"]}, {"dryRun": []}, {"dryRun": None}, {"dryRun": ["Some"]},
        {"dryRun": ["All", "Some"]}, {"dryRun": "All"}, {"dryRun": [1]}, {"dryRun": ["All", "All"]},
        {"dryRun": [""]}, {"DryRun": ["All"]},
        {"propagationPolicy": "Orphan"}, {"propagationPolicy": "Foreground"},
        {"propagationPolicy": "Background"}, {"propagationPolicy": "Odd"},
        {"propagationPolicy": ""}, {"propagationPolicy": None}, {"propagationPolicy": 1},
        {"orphanDependents": True}, {"orphanDependents": False}, {"orphanDependents": "x"},
        {"orphanDependents": None},
        {"orphanDependents": True, "propagationPolicy": "Orphan"},
        {"orphanDependents": True, "propagationPolicy": "Odd", "dryRun": ["Some"]},
        {"gracePeriodSeconds": 0}, {"gracePeriodSeconds": 30}, {"gracePeriodSeconds": -1},
        {"gracePeriodSeconds": "x"}, {"gracePeriodSeconds": 1.5}, {"gracePeriodSeconds": None},
        {"gracePeriodSeconds": 2 ** 70}, {"gracePeriodSeconds": -5, "dryRun": ["Some"]},
        {"ignoreStoreReadErrorWithClusterBreakingPotential": True},
        {"ignoreStoreReadErrorWithClusterBreakingPotential": False},
        {"preconditions": {"uid": "@UID"}}, {"preconditions": {"uid": "odd"}},
        {"preconditions": {"uid": ""}}, {"preconditions": {"uid": None}}, {"preconditions": {}},
        {"preconditions": None}, {"preconditions": "x"}, {"preconditions": {"uid": 1}},
        {"preconditions": {"resourceVersion": "@RV"}},
        {"preconditions": {"resourceVersion": "@STALE"}},
        {"preconditions": {"resourceVersion": ""}}, {"preconditions": {"resourceVersion": "odd"}},
        {"preconditions": {"uid": "odd", "resourceVersion": "odd"}},
        {"preconditions": {"uid": "@UID", "resourceVersion": "@RV"}},
        {"preconditions": {"uid": "odd"}, "dryRun": ["All"]}, {"odd": 1},
        "{", "[]", "null", "nonsense", '"x"', "1", " ", "{} x", '{"dryRun":["All"],"dryRun":[]}')],
    ("DELETE", "?dryRun=All", {}), ("DELETE", "?dryRun=Some", {}),
    ("DELETE", "?uid=", None), ("DELETE", "?resourceVersion=", None), ("DELETE", "?uid=@UID", None),
    ("DELETE", "?resourceVersion=@RV", None), ("DELETE", "?uid=odd", None, dict(absent=True)),
    ("DELETE", "?dryRun=Some", None, dict(absent=True)),
    ("DELETE", "?dryRun=Some", {"dryRun": ["All"]}),
    ("DELETE", "?dryRun=All", {"dryRun": ["Some"]}),
    ("DELETE", "?propagationPolicy=Odd", {"propagationPolicy": "Orphan"}),
    ("DELETE", "?gracePeriodSeconds=odd", {}), ("DELETE", "?orphanDependents=true",
                                                {"propagationPolicy": "Orphan"}),
    ("DELETE", "", {"preconditions": {"uid": "odd"}}, dict(group=EVENTS)),
    ("DELETE", "", {"preconditions": {"resourceVersion": "@STALE"}}, dict(group=EVENTS)),
    ("DELETE", "", {"preconditions": {"uid": "odd"}}, dict(absent=True)),
    ("DELETE", "", {"propagationPolicy": "Odd"}, dict(absent=True)),
    ("DELETE", "", {"kind": "DeleteOptions", "apiVersion": "events.k8s.io/v1"}, dict(group=EVENTS)),
    ("DELETE", "", {"kind": "Odd", "apiVersion": "odd/v1"}, dict(group=EVENTS)),
    *[("DELETE", "", body, dict(type=PROTOBUF)) for body in (
        options(b""), options(field(1, 0)), options(field(1, 30)), options(field(1, -1)),
        options(field(2, field(1, "odd"))), options(field(2, field(1, "@UID"))),
        options(field(2, field(2, "odd"))), options(field(2, b"")), options(field(3, 1)),
        options(field(3, 0)), options(field(4, "Odd")), options(field(4, "Orphan")),
        options(field(4, "")), options(field(3, 1) + field(4, "Orphan")),
        options(field(5, "All")), options(field(5, "Some")),
        options(field(5, "All") + field(5, "Odd")),
        options(field(6, 1)), options(field(9, "x")), options(b"\xff"), options(field(2, b"\xff")),
        options(field(4, b"\xff")), protobuf("v1", "Event", b""), protobuf("", "", b""),
        protobuf("apps/v1", "DeleteOptions", field(5, "All")), protobuf("v1", "Odd", b""),
        protobuf("odd/v1", "DeleteOptions", b""), b"k8s\0", b"k8s\0\xff", b"odd", b"")],
    *[("DELETE", "", {"dryRun": ["All"]}, dict(type=kind)) for kind in (
        "application/json;charset=utf-8", "text/plain", "application/json;;", "*/*", YAML,
        "application/x-www-form-urlencoded", "Application/JSON")],
    ("DELETE", "", "dryRun: [All]", dict(type=YAML)), ("DELETE", "", "a: b: c", dict(type=YAML)),
    ("DELETE", "", "", dict(type=YAML)), ("DELETE", "", "", dict(type="text/plain")),
    ("DELETE", "", "preconditions: {uid: odd}", dict(type=YAML)),
]
HELD = dict(made={"finalizers": ["ex.io/a", "ex.io/b"]})
DELETING = dict(HELD, deleting=True)
FINALIZED = [
    ("DELETE", "", None, HELD), ("DELETE", "", {"gracePeriodSeconds": 30}, HELD),
    ("DELETE", "?dryRun=All", None, HELD), ("DELETE", "?propagationPolicy=Orphan", None, HELD),
    ("DELETE", "?propagationPolicy=Foreground", None, HELD),
    ("DELETE", "?propagationPolicy=Background", None, HELD),
    ("DELETE", "", {"preconditions": {"uid": "odd"}}, HELD),
    ("DELETE", "", None, dict(HELD, group=EVENTS)),
    ("DELETE", "", None, dict(made={"finalizers": ["orphan"]})),
    ("DELETE", "?propagationPolicy=Background", None, dict(made={"finalizers": ["orphan"]})),
    ("DELETE", "", None, DELETING), ("DELETE", "?dryRun=All", None, DELETING),
    ("DELETE", "?gracePeriodSeconds=5", None, DELETING),
    ("POST", "", core(), DELETING),
    ("PUT", "", core(), DELETING), ("PUT", "?dryRun=All", core(), DELETING),
    ("PUT", "", core(count=2, **meta(finalizers=["ex.io/a"])), DELETING),
    ("PUT", "", core(count=2, **meta(finalizers=["ex.io/a", "ex.io/c"])), DELETING),
    ("PUT", "", core(count=2, **meta(deletionTimestamp=None, finalizers=["ex.io/b"])), DELETING),
    ("PUT", "", core(**meta(uid="odd")), DELETING),
    ("PUT", "", new(), dict(DELETING, group=EVENTS)),
    *[("PATCH", query, {"metadata": change}, dict(DELETING, type=MERGE, group=group))
      for group in (CORE, EVENTS) for query, change in (
          ("", {"finalizers": None}), ("", {"finalizers": []}), ("?dryRun=All", {"finalizers": []}),
          ("", {"finalizers": ["ex.io/b"]}), ("", {"labels": {"a": "b"}}),
          ("", {"deletionTimestamp": None}), ("", {"deletionGracePeriodSeconds": 5}),
          ("", {"finalizers": [], "labels": {"a": "-"}}), ("", {"finalizers": ["ex.io/c"]}))],
    ("PATCH", "", {"metadata": {"finalizers": None}}, dict(HELD, type=MERGE)),
]


# What the API server answers, our code (none: the same, in other words), and why.
DIFFERENCES = (
    ("^(400|422) .*(json parse error|json: cannot|unexpected end of JSON|invalid character '|"
     "parsing time|cannot convert|cannot restore|unrecognized type|patch: Invalid value|"
     "Invalid JSON Patch)",
     "", "our JSON reader has words of its own, and does not show the whole object"),
    ("^400 .*(expected prefix|empty data|empty body|unexpected EOF|yaml: )", "",
     "so have those of protobuf and YAML"),
    ("^400 .*(unknown conversion|no kind .* is registered|unexpected GroupVersion)", "",
     "what Go types a server has is not repeated"),
    ("^500 .*(json|prefix|empty body|unexpected EOF|yaml|conversion|no kind|unmarshal)", "400",
     "DeleteOptions that cannot be read are the client's fault"),
    ("^422 .*ufffd", "", "what is no UTF-8 is shown as its bytes"),
    ("^404 namespaces ", "201|422", "a hosted cluster has the namespaces that its events have"),
    ("^422 .*Too long.*invalid character", "",
     "a fieldManager that is too long is not looked at further, to keep the answer short"),
    ("^400 invalid timeout", "20.", "no write takes so long that its timeout would matter"),
    ("^415 415", "", "the types that are taken are named"),
    ("^415 .*json-patch", "", "JSON patch and apply are not taken"),
)


# --- asking

class Side:
    """A server, and how it is asked."""

    def __init__(self, connection, prefix="", **headers):
        self.connection, self.prefix, self.headers = connection, prefix, headers

    def ask(self, method, path, body=None, kind=JSON):
        """Code, the texts of the warnings, the body."""
        headers = {**self.headers, "Content-Type": kind}
        try:
            self.connection.request(method, self.prefix + path, body, headers)
            answer = self.connection.getresponse()
            data = answer.read()
        except (http.client.HTTPException, OSError):
            self.connection.close()
            raise
        try:
            data = json.loads(data)
        except ValueError:
            data = data.decode(errors="replace")
        return answer.status, answer.headers.get_all("Warning") or [], data


def write(side, row, name):
    """What the server answers to the row, and what is there afterwards; both without what must
    differ."""
    method, suffix, body, more = (*row, {})[:4]
    collection = f"{more.get('group', CORE)}/namespaces/{more.get('space', 'writes')}/events"
    url = collection + "/" + name
    seen = {"NAME": name, "UID": "none", "RV": "none", "STALE": "none"}
    if more.get("old") or more.get("made") or method != "POST" and not more.get("absent"):
        make(side, url, more, seen)
        if more.get("absent"):
            side.ask("DELETE", url)
    if isinstance(body, bytes):
        data = body
        if b"@UID" in data:  # of the same length everywhere
            data = options(field(2, field(1, seen["UID"])))
    else:
        data = json.dumps(body) if isinstance(body, dict) else body
        data = data and put(data, seen).encode()
    answer = side.ask(method, put((collection if method == "POST" else url) + suffix, seen), data,
                      more.get("type", JSON))
    after = side.ask("GET", url)
    return [alike(answer, seen), alike(after, seen)]


def make(side, url, more, seen):
    """The event that is there before; with an earlier version."""
    event = (new if more.get("group") == EVENTS else core)(**meta(**more.get("made", {})))
    code, _, made = side.ask("POST", url[:url.rindex("/")], put(json.dumps(event), seen))
    check(code == 201, f"{url}: {made}")
    seen["STALE"], seen["UID"] = (made["metadata"][k] for k in ("resourceVersion", "uid"))
    _, _, made = side.ask("PATCH", url, '{"metadata":{"labels":{"v":"2"}}}', MERGE)
    if more.get("deleting"):
        side.ask("DELETE", url)
        _, _, made = side.ask("GET", url)
    seen["RV"] = made["metadata"]["resourceVersion"]


def put(text, seen):
    for key, value in seen.items():
        text = text.replace("@" + key, value)
    return text


def alike(answer, seen):
    """An answer in which names and versions are those of no server."""
    code, warnings, body = answer
    if isinstance(body, dict) and body.get("kind") == "Event":
        about = body["metadata"]
        about.pop("managedFields", None)
        for key, known in (("uid", "UID"), ("resourceVersion", "RV")):
            if key in about:
                about[key] = "same" if about[key] == seen[known] else "another"
        for key in {"creationTimestamp", "deletionTimestamp"} & set(about):
            about[key] = about[key][:2]
        if "generateName" in about and about["name"] != seen["NAME"]:
            about["name"] = about["name"][:-5]
    if isinstance(body, dict) and body.get("kind") == "Status":
        text = json.dumps({**body, "code": None})
        for key in ("UID", "STALE", "RV"):
            text = re.sub(rf"(?<![-.\w]){seen[key]}\b", "@" + key, text)
        body = {**json.loads(GENERATED.sub(r"\1", text)), "code": body.get("code")}
    return [code, warnings, body]


SEEN = set()  # the DIFFERENCES that there were


def our_code(row, want):
    """Ours, where we are to differ from the API server's answer; else None."""
    ours = (*row, {})[3].get("ours")
    if ours:
        return ours[0]
    said = f"{want[0]} {want[2].get('message')}"
    for pattern, code, why in DIFFERENCES:
        if re.search(pattern, said):
            SEEN.add(why)
            return code or str(want[0])
    return None


def compared(row, name, sides):
    (want, after), (got, got_after) = (write(side, row, name) for side in sides)
    code = our_code(row, want)
    words = "\n".join(json.dumps(a, ensure_ascii=False) for a in (want, got, after, got_after))
    same = [json.dumps(a) for a in (want, after)] == [json.dumps(a) for a in (got, got_after)]
    if code is None:
        check(same, words)
        return
    check(re.fullmatch(code, str(got[0])), f"ours is {code}", words)
    if "ours" in (*row, {})[3]:
        check(not same, "there is no difference any more", words)
    elif got[0] == want[0]:
        check(got[2].get("reason") == want[2].get("reason") and got_after == after, words)


def each_difference_is_seen():
    unseen = [why for _, _, why in DIFFERENCES if why not in SEEN]
    check(os.environ.get("TAP_FILTER") or not unseen, "is there still such a case?", unseen)


def title(row):
    method, suffix, body, more = (*row, {})[:4]
    words = [f"{key}={more[key]}" for key in sorted(more) if key != "ours" and more[key]]
    shown = body.hex() if isinstance(body, bytes) else json.dumps(body)
    return re.sub(r"[#\s]+", " ", f"{method} {' '.join(words)} {suffix} {shown[-160:]}")


def tests_of(rows, sides):
    made = []
    for number, row in enumerate(rows):
        def test(row=row, name=f"w-{number}.1"):
            compared(row, name, sides)
        test.__name__ = title(row)
        made.append(test)
    return made


cluster = Cluster(os.path.join(STATE, "cluster"))
hosted = Daemon(os.path.join(STATE, "hosted"), name="made", hosted="true")

try:
    cluster.up()
    cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: writes}\n")
    hosted.start()
    context = ssl.create_default_context(cafile=cluster.path("pki/ca.crt"))
    real = Side(http.client.HTTPSConnection("127.0.0.1", cluster.ports["apiserver"], timeout=30,
                                            context=context),
                Authorization="Bearer " + cluster.tokens["admin"])
    ours = Side(http.client.HTTPConnection("127.0.0.1", hosted.port, timeout=30),
                "/clusters/made")
    rows = [*CREATED, *UPDATED, *PATCHED, *DELETED, *FINALIZED]
    run([*tests_of(rows, (real, ours)), each_difference_is_seen])
finally:
    cluster.end()
    hosted.end()
    remove(STATE)
