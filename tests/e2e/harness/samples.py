# SPDX-License-Identifier: Apache-2.0
"""Events for tests of what clients print: twelve that are each odd in another way, and thousands
that are not. All of them lie within an hour, so that an API server still has what telltaled has."""
import time

MINUTE = 60
TEXT = "Grüße aus Köln 日本語 e\u0301 👩‍👩‍👧 \u202eright to left\u202c"


def stamp(ago):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - ago))


def micro(ago, us=123456):
    return stamp(ago)[:-1] + f".{us:06d}Z"


def core(namespace, name, about, more, meta=None):
    """A core/v1 Event about `about`: kind, name and, if there is a third, its namespace."""
    reference = {"kind": about[0], "name": about[1],
                 "namespace": about[2] if len(about) > 2 else namespace}
    if about[0] == "Pod":
        reference |= {"apiVersion": "v1", "uid": "5a1c7d1e-0000-4000-8000-0000000000aa",
                      "resourceVersion": "421"}
    elif about[0] == "Deployment":
        reference |= {"apiVersion": "apps/v1"}
    return {"apiVersion": "v1", "kind": "Event",
            "metadata": {"namespace": namespace, "name": name, **(meta or {})},
            "involvedObject": {k: v for k, v in reference.items() if v}, **more}


def new(namespace, name, about, more, meta=None):
    """An events.k8s.io/v1 Event."""
    event = core(namespace, name, about, {}, meta)
    event["apiVersion"] = "events.k8s.io/v1"
    event["regarding"] = event.pop("involvedObject")
    return event | {"reportingController": "example.com/robot", "reportingInstance": "robot-1",
                    "action": "Moving", "type": "Normal"} | more


def times(first, last=None, count=1):
    return {"firstTimestamp": stamp(first), "lastTimestamp": stamp(first if last is None else last),
            "count": count}


def twelve():
    """No two share a time by which a client sorts."""
    kubelet = {"source": {"component": "kubelet", "host": "node-1"}}
    return [
        core("small", "web-1.17a0000000000001", ("Pod", "web-1"),
             {**times(3 * MINUTE), "type": "Normal", "reason": "Scheduled",
              "message": "Successfully assigned small/web-1 to node-1",
              "source": {"component": "default-scheduler"}},
             {"labels": {"app": "web", "tier": "front"}}),
        core("small", "web-1.17a0000000000002", ("Pod", "web-1"),
             {**times(130 * MINUTE, 12 * MINUTE, 7), **kubelet, "type": "Warning",
              "reason": "BackOff", "message": "Back-off restarting failed container"},
             {"labels": {"app": "web"}, "annotations": {"note": "a b", "example.com/x": "{}"}}),
        core("small", "db-0.17a0000000000003", ("Pod", "db-0"),
             {"eventTime": micro(50 * MINUTE), "type": "Warning", "reason": "FailedScheduling",
              "series": {"count": 4, "lastObservedTime": micro(20 * MINUTE, 5)},
              "action": "Scheduling", "message": "0/3 nodes are available: 3 Insufficient cpu.",
              "reportingComponent": "default-scheduler", "reportingInstance": "default-scheduler-1",
              "related": {"kind": "Node", "name": "node-2"}}, {"labels": {"app": "db"}}),
        new("small", "lift.17a0000000000004", ("Pod", "lift"),
            {"eventTime": micro(25 * MINUTE, 1), "reason": "Moved", "note": "one floor up",
             "related": {"kind": "Pod", "namespace": "small", "name": "web-1"}}),
        new("small", "lift.17a0000000000005", ("Pod", "lift"),
            {"eventTime": micro(55 * MINUTE), "reason": "Moved", "note": "two floors up",
             "series": {"count": 2, "lastObservedTime": micro(35 * MINUTE)}, "type": "Warning"}),
        core("default", "node-1.17a0000000000006", ("Node", "node-1", ""),
             {**times(45 * MINUTE), **kubelet, "type": "Normal", "reason": "NodeReady",
              "message": "Node node-1 status is now: NodeReady"}),
        core("small", "multi.17a0000000000007", ("Pod", "multi"),
             {**times(14 * MINUTE), **kubelet, "type": "Warning", "reason": "Unhealthy",
              "message": "Readiness probe failed:\nline two\tafter a tab\n\nline four\n"}),
        core("small", "text.17a0000000000008", ("Pod", "text"),
             {**times(16 * MINUTE), **kubelet, "type": "Normal", "reason": "Sprache",
              "message": f" \u3000{TEXT}\u00a0\n"}, {"labels": {"app": "web", "lang": "de"}}),
        core("small", "Odd_Name:x~@+1", ("widget.Custom", "Odd_Name"),
             {**times(18 * MINUTE), "type": "Odd", "reason": "Odd Reason, with=signs",
              "message": "an odd name", "source": {"host": "only-a-host"}}),
        core("small", "bare.1", ("", ""), {}),
        core("small", "escape.17a000000000000b", ("Pod", "escape"),
             {**times(22 * MINUTE), **kubelet, "type": "Normal", "reason": "Escaped",
              "message": "\x1b[31mred\x1b[0m\rback <b>&amp;</b> \"quoted\" back\\slash\u2028end"}),
        core("kube-system", "web.17a000000000000c", ("Deployment", "web"),
             {**times(400 * 24 * 60 * MINUTE, 30 * MINUTE, 12345), "type": "Normal",
              "reason": "ScalingReplicaSet", "message": "Scaled up replica set web-1 to 3",
              "source": {"component": "deployment-controller"}},
             {"ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u"}]}),
    ]


REASONS = ("Scheduled", "Pulled", "Created", "Started", "BackOff", "Unhealthy", "Killing")


def thousands(n, namespaces=4):
    """`n` events, a second between each and the next but for every 50th, which has its neighbour's
    time; every 10th is of events.k8s.io, every 7th was repeated."""
    made = []
    for i in range(n):
        ago = 3300 - (i if i % 50 else max(0, i - 1)) * 3000 / n
        namespace, owner = f"load-{i % namespaces}", f"app-{i % 211}"
        name = f"{owner}.17b{i * 7919 % 1000003:013x}"
        meta = {"labels": {"app": owner, "shard": str(i % 8)}} if i % 3 == 0 else None
        text = f"message {i} " + "x" * (i % 37) + (" ünïcode" if i % 11 == 0 else "")
        if i % 10 == 0:
            more = {"eventTime": micro(ago + 60, i), "reason": REASONS[i % 7], "note": text}
            if i % 20 == 0:
                more["series"] = {"count": i % 90 + 2, "lastObservedTime": micro(ago, i)}
            made.append(new(namespace, name, ("Pod", owner), more, meta))
            continue
        count = i % 40 + 1 if i % 7 == 0 else 1
        made.append(core(namespace, name, ("Deployment" if i % 5 == 0 else "Pod", owner),
                         {**times(ago + (600 if count > 1 else 0), ago, count),
                          "type": "Warning" if i % 5 == 4 else "Normal", "reason": REASONS[i % 7],
                          "message": text, "source": {"component": "kubelet",
                                                      "host": f"node-{i % 13}"}}, meta))
    return made


def path(event):
    """Where it is posted to."""
    group = "/api/v1" if event["apiVersion"] == "v1" else "/apis/events.k8s.io/v1"
    return f"{group}/namespaces/{event['metadata']['namespace']}/events"


def post_all(api, events):
    """Creates them through `api`, or says which was refused."""
    for event in events:
        status, body = api.request("POST", path(event), event)
        if status != 201:
            raise RuntimeError(f"{event['metadata']['name']}: {status} {body[:500]!r}")
