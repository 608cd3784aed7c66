# SPDX-License-Identifier: Apache-2.0
"""What must be true of a log: nothing twice, nothing missing, every field as the API has it, and no
gap but the true ones."""
from daemon import event_records, gaps
from tap import check, equal


def identity(event):
    meta = event["metadata"]
    return meta["namespace"], meta["name"]


def revision(event):
    return int(event["metadata"]["resourceVersion"])


def without_managed_fields(event):
    """The object as telltale promises to keep it: all but managedFields. (In a list's answer the
    API server leaves out what kind its items are.)"""
    meta = {key: value for key, value in event["metadata"].items() if key != "managedFields"}
    return {"kind": "Event", "apiVersion": "v1", **event, "metadata": meta}


def newest(records, upto=None):
    """The newest observation of each identity, at most of revision `upto`: identity → event."""
    held = {}
    for record in event_records(records):
        if upto is None or revision(record["event"]) <= upto:
            held[identity(record["event"])] = record["event"]
    return held


def check_same(got, want, key):
    """Two objects are equal; else the fields that differ are shown."""
    differ = {name: (got.get(name), want.get(name)) for name in {*got, *want}
              if got.get(name, "absent") != want.get(name, "absent")}
    check(not differ, f"{key} is as the API has it; differing (held, API): {differ}")


def check_order(records):
    """seq is dense from the first record, recordedAt never decreases."""
    for before, after in zip(records, records[1:]):
        equal(after["seq"], before["seq"] + 1, "seq is dense")
        check(after["recordedAt"] >= before["recordedAt"], "recordedAt does not decrease",
              before, after)


def check_once(records):
    """Each (identity, resourceVersion) is recorded once. In a log with a restored etcd two
    histories may use one resourceVersion: then the uid or the content differs."""
    seen = {}
    for record in event_records(records):
        event = record["event"]
        key = (*identity(event), revision(event), event["metadata"]["uid"])
        if key in seen and seen[key]["event"] == event:
            check(False, f"recorded twice: {key}", seen[key], record)
        seen[key] = record


def check_holds(records, api_events, upto=None):
    """Everything that the API has (as it was at revision `upto`) is held, equal field by field."""
    held = newest(records, upto)
    for event in api_events:
        key = identity(event)
        check(key in held, f"missing: {key} at {revision(event)}", event)
        check_same(held[key], without_managed_fields(event), key)


def check_created(records, created):
    """Every (namespace, name, resourceVersion) that was written is held."""
    held = {(*identity(r["event"]), revision(r["event"])) for r in event_records(records)}
    missing = [key for key in created if key not in held]
    check(not missing, f"{len(missing)} of {len(created)} missing, first: {sorted(missing)[:5]}")


def check_gaps(records, want):
    """The gaps are exactly those of `want`: a list of (lost, whether `from` is null)."""
    found = gaps(records)
    equal([(gap["lost"], gap["from"] is None) for gap in found], want,
          f"the gaps {[(g['reason'], g['from'], g['to']) for g in found]}")
    for gap in found:
        check(gap["from"] is None or gap["from"] <= gap["to"], "a gap does not end before it begins",
              gap)


FIRST = ("events", True)


def check_books(daemon):
    """received = recorded + duplicates + deletions + refused."""
    metrics = daemon.metrics()

    def total(name):
        return sum(value for series, value in metrics.items()
                   if series.partition("{")[0] == f"telltale_events_{name}_total")
    parts = {name: total(name) for name in ("recorded", "duplicate", "deleted", "refused")}
    equal(sum(parts.values()), total("received"), f"the books balance: {parts}")
