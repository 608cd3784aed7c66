# SPDX-License-Identifier: Apache-2.0
"""kube_encode.py - objects, lists and watch frames of the core/v1 event API as bytes, in protobuf
and JSON, from dicts in the form of their JSON. A second, independent encoder for tests: its
schemas follow k8s.io/api core/v1 and apimachinery meta/v1 generated.proto."""
import datetime
import json
import struct

PROTOBUF = "application/vnd.kubernetes.protobuf"


def varint(n):
    n &= (1 << 64) - 1
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def pb_bytes(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def pb_int(number, value):
    return varint(number << 3) + varint(int(value))


def pb_time(text):
    if not text:
        return b""
    t = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    whole = t.replace(microsecond=0)
    return pb_int(1, int(whole.timestamp())) + pb_int(2, t.microsecond * 1000)


# (number, JSON key, type): "?" types are left out when absent, all others are always written.
REF = [(1, "kind", "s"), (2, "namespace", "s"), (3, "name", "s"), (4, "uid", "s"),
       (5, "apiVersion", "s"), (6, "resourceVersion", "s"), (7, "fieldPath", "s")]
META = [(1, "name", "s"), (2, "generateName", "s"), (3, "namespace", "s"), (4, "selfLink", "s"),
        (5, "uid", "s"), (6, "resourceVersion", "s"), (7, "generation", "i"),
        (8, "creationTimestamp", "t"), (11, "labels", "map"), (12, "annotations", "map")]
SERIES = [(1, "count", "i"), (2, "lastObservedTime", "t")]
SOURCE = [(1, "component", "s"), (2, "host", "s")]
EVENT = [(1, "metadata", META), (2, "involvedObject", REF), (3, "reason", "s"),
         (4, "message", "s"), (5, "source", SOURCE), (6, "firstTimestamp", "t"),
         (7, "lastTimestamp", "t"), (8, "count", "i"), (9, "type", "s"), (10, "eventTime", "t"),
         (11, "series", ("?", SERIES)), (12, "action", "s"), (13, "related", ("?", REF)),
         (14, "reportingComponent", "s"), (15, "reportingInstance", "s")]
LISTMETA = [(1, "selfLink", "s"), (2, "resourceVersion", "s"), (3, "continue", "s"),
            (4, "remainingItemCount", "i?")]
STATUS = [(1, "metadata", LISTMETA), (2, "status", "s"), (3, "message", "s"), (4, "reason", "s"),
          (5, "details", ("?", [(1, "name", "s"), (2, "group", "s"), (3, "kind", "s"),
                                (5, "retryAfterSeconds", "i")])), (6, "code", "i")]
NAMESPACE = [(1, "metadata", META)]


def pb_message(schema, obj):
    out = b""
    for number, key, kind in schema:
        value = obj.get(key)
        if isinstance(kind, list):
            out += pb_bytes(number, pb_message(kind, value or {}))
        elif isinstance(kind, tuple):
            out += pb_bytes(number, pb_message(kind[1], value)) if value is not None else b""
        elif kind == "s":
            out += pb_bytes(number, (value or "").encode())
        elif kind == "t":
            out += pb_bytes(number, pb_time(value))
        elif kind == "map":
            for k in sorted(value or {}):
                out += pb_bytes(number, pb_bytes(1, k.encode()) + pb_bytes(2, value[k].encode()))
        elif kind == "i" or value is not None:
            out += pb_int(number, value or 0)
    return out


def envelope(kind, raw):
    meta = pb_bytes(1, b"v1") + pb_bytes(2, kind.encode())
    return b"k8s\0" + pb_bytes(1, meta) + pb_bytes(2, raw) + b"\x1a\0\x22\0"


def encode_object(kind, schema, obj, pb):
    if pb:
        return envelope(kind, pb_message(schema, obj))
    return json.dumps({"kind": kind, "apiVersion": "v1", **obj}, separators=(",", ":")).encode()


def encode_list(meta, items, pb):
    if pb:
        raw = pb_bytes(1, pb_message(LISTMETA, meta))
        raw += b"".join(pb_bytes(2, pb_message(EVENT, e)) for e in items)
        return envelope("EventList", raw)
    return json.dumps({"kind": "EventList", "apiVersion": "v1", "metadata": meta, "items": items},
                      separators=(",", ":")).encode() + b"\n"


def encode_frame(kind, obj, pb):
    """`obj` is a dict (an Event, or a Status for ERROR), or the bytes of an object."""
    if not isinstance(obj, bytes):
        is_status = kind == "ERROR"
        obj = encode_object("Status" if is_status else "Event", STATUS if is_status else EVENT,
                            obj, pb)
    if pb:
        frame = pb_bytes(1, kind.encode()) + pb_bytes(2, pb_bytes(1, obj))
        return struct.pack(">I", len(frame)) + frame
    return b'{"type":"%s","object":%s}\n' % (kind.encode(), obj)


def status_object(code, reason, message, retry_after=None):
    status = {"metadata": {}, "status": "Failure", "message": message, "reason": reason}
    if retry_after is not None:
        status["details"] = {"retryAfterSeconds": retry_after}
    status["code"] = code
    return status
