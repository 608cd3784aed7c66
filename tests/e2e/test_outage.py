#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Connections lost, histories cut short, etcd restored: everything that the API still has is there
once, and each gap is said exactly as the rule in doc/architecture.md has it."""
import contextlib
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness"))
# pylint: disable=wrong-import-position
import generator
from books import (FIRST, check_books, check_created, check_gaps, check_holds, check_once,
                   check_order, newest)
from cluster import Cluster, wait_for
from daemon import Daemon, gaps
from tap import check, equal, folder, remove, run

STATE = folder("outage")
cluster = Cluster(os.path.join(STATE, "cluster"), compaction="0")
salts = iter(range(1, 1000))


def write(n, ttl_names=None):
    """`n` new events, and how they were written."""
    return generator.Generator(cluster, total=n, processes=2, salt=next(salts),
                               prefix=ttl_names or "load").start().join()


@contextlib.contextmanager
def daemon(name, **options):
    """A telltaled of its own for a test, watching."""
    options.setdefault("watchSeconds", 5)
    d = Daemon(os.path.join(STATE, name), cluster.kubeconfig(), **options)
    try:
        d.start()
        d.wait_state("watching")
        yield d
    finally:
        d.end()


def settle(d):
    """Waits until `d` has everything, by an event that it watches come; its log. (An event that a
    list brings is there before the gap that ends the list.)"""
    d.wait_key(write(1)[-1])
    d.wait_state("watching")
    d.wait_key(write(1)[-1])
    records = d.records()
    check_order(records)
    check_once(records)
    check_holds(records, cluster.events())
    check_books(d)
    return records


def restart_apiserver(event_ttl="1h", compaction="0"):
    cluster.event_ttl, cluster.compaction = event_ttl, compaction
    cluster.stop("kube-apiserver")
    cluster.start_apiserver()


def both_down():
    cluster.stop("kube-apiserver", "etcd")


def both_up():
    cluster.start_etcd()
    cluster.start_apiserver()


def the_api_server_goes_away_and_comes_back():
    with daemon("away") as d:
        written = write(200)
        cluster.stop("kube-apiserver", sig=signal.SIGKILL)
        d.wait_state("backing-off")
        watch = d.cluster_status()["watches"][0]
        check(watch["problem"] and not watch["connected"], "the status says what is wrong", watch)
        cluster.start_apiserver()
        written += write(200)
        records = settle(d)
        check_created(records, written)
        check_gaps(records, [FIRST])


def events_written_while_telltaled_was_stopped_arrive_later():
    with daemon("stopped") as d:
        d.stop()
        written = write(200)
        d.start()
        records = settle(d)
        check_created(records, written)
        check_gaps(records, [FIRST])


def sigterm_stops_within_five_seconds_whatever_hangs():
    with daemon("hanging") as d:
        cluster.processes["kube-apiserver"].popen.send_signal(signal.SIGSTOP)
        try:
            time.sleep(1)
            begin = time.monotonic()
            d.stop()
            check(time.monotonic() - begin < 5, "SIGTERM took", time.monotonic() - begin)
            d.start()  # now it hangs in connecting
            time.sleep(1)
            begin = time.monotonic()
            d.stop()
            check(time.monotonic() - begin < 5, "SIGTERM took", time.monotonic() - begin)
        finally:
            cluster.processes["kube-apiserver"].popen.send_signal(signal.SIGCONT)
        d.start()
        check_gaps(settle(d), [FIRST])


def a_history_compacted_past_the_position_is_an_updates_gap():
    with daemon("compacted", eventTTL="1h") as d:
        before = write(50)
        d.wait_rv(before[-1][2])
        d.stop()
        write(100)
        cluster.compact()
        d.start()
        records = settle(d)
        check_gaps(records, [FIRST, ("updates", False)])
        check("410" in d.log_text() or "xpired" in gaps(records)[1]["reason"] or
              "compact" in gaps(records)[1]["reason"], "the reason says why", gaps(records)[1])


def an_etcd_restored_from_an_older_copy_is_an_events_gap():
    with daemon("restored") as d:
        write(50)
        both_down()
        cluster.copy_etcd("older")
        both_up()
        lost = write(100)
        d.wait_rv(lost[-1][2])
        both_down()
        cluster.restore_etcd("older")
        both_up()
        records = settle(d)
        check_gaps(records, [FIRST, ("events", False)])
        check_created(records, lost)  # what the restored etcd has forgotten, telltale still knows


def a_restored_etcd_that_is_past_our_position_is_noticed_too():
    with daemon("past") as d:
        write(50)
        both_down()
        cluster.copy_etcd("past")
        both_up()
        lost = write(60)
        d.wait_rv(lost[-1][2])
        d.stop()
        both_down()
        cluster.restore_etcd("past")
        both_up()
        after = write(200)
        check(after[-1][2] > lost[-1][2] + 50, "the new history is past our position")
        d.start()
        records = settle(d)
        check_gaps(records, [FIRST, ("events", False)])
        check_created(records, lost)
        have = newest(records)
        check(all(key[:2] in have for key in after), "events of the new history are there")


def a_quiet_cluster_never_gets_a_410():
    """Ten quiet minutes in one: compaction every 10 s instead of 5 min, watches of 5 s instead of
    120-150 s. Only other objects change, so that the revision of the events grows old."""
    restart_apiserver(compaction="10s")
    try:
        with daemon("quiet") as d:
            written = write(20)
            d.wait_rv(written[-1][2])
            api = cluster.api()
            for i in range(120):
                api.request("POST", "/api/v1/namespaces/default/configmaps", {
                    "metadata": {"generateName": "other-"}, "data": {"n": str(i)}})
                time.sleep(0.5)
            code, body = api.request("GET", f"/api/v1/events?watch=true&timeoutSeconds=1"
                                            f"&resourceVersion={written[-1][2]}")
            check(b'"code":410' in body, "the position of the last event is compacted away",
                  code, body[:300])
            equal(d.metric("telltale_collector_requests_total", outcome="expired"), 0,
                  "answers that the position is expired")
            check_gaps(settle(d), [FIRST])
    finally:
        restart_apiserver()


def expired_events_after_an_outage(name, compact, want):
    restart_apiserver(event_ttl="10s")
    try:
        with daemon(name, eventTTL="10s") as d:
            before = write(20)
            d.wait_rv(before[-1][2])
            d.stop()
            written = write(100)
            wait_for("the events to expire", lambda: not {
                e["metadata"]["name"] for e in cluster.events()} & {k[1] for k in written}, 60, 0.5)
            if compact:
                cluster.compact()
            d.start()
            records = settle(d)
            check_gaps(records, want)
            if not compact:
                check_created(records, written)
            check_created(records, before)
            shown = d.telltale("events", "-A", "--limit", "0", "-o", "name").stdout
            check(all(key[1] in shown for key in before), "expired events are still shown")
    finally:
        restart_apiserver()


def an_outage_longer_than_the_ttl_loses_nothing_uncompacted():
    expired_events_after_an_outage("ttl", False, [FIRST])


def an_outage_longer_than_the_ttl_with_compaction_is_an_events_gap():
    expired_events_after_an_outage("ttl-compacted", True, [FIRST, ("events", False)])


def a_namespace_added_later_begins_with_a_gap_of_its_own():
    with daemon("namespaces", namespaces="[load-0]") as d:
        write(20)
        d.write_config(cluster.kubeconfig(), {"namespaces": "[load-0, load-1]", "watchSeconds": 5})
        d.process.popen.send_signal(signal.SIGHUP)
        wait_for("two watches", lambda: len(d.cluster_status()["watches"]) == 2 and all(
            w["state"] == "watching" for w in d.cluster_status()["watches"]), 30)
        written = write(20)
        mine = [key for key in written if key[0] in ("load-0", "load-1")]
        wait_for("the events of both", lambda: {k[:2] for k in mine} <= set(newest(d.records())))
        records = d.records()
        check_once(records)
        check_created(records, mine)
        check_gaps(records, [FIRST, FIRST])
        equal([g["namespaces"] for g in gaps(records)], [["load-0"], ["load-1"]], "scopes")
        check({k[0] for k in newest(records)} == {"load-0", "load-1"}, "no other namespace")


try:
    cluster.up()
    generator.namespaces(cluster)
    run([the_api_server_goes_away_and_comes_back,
         events_written_while_telltaled_was_stopped_arrive_later,
         sigterm_stops_within_five_seconds_whatever_hangs,
         a_history_compacted_past_the_position_is_an_updates_gap,
         an_etcd_restored_from_an_older_copy_is_an_events_gap,
         a_restored_etcd_that_is_past_our_position_is_noticed_too,
         a_quiet_cluster_never_gets_a_410,
         an_outage_longer_than_the_ttl_loses_nothing_uncompacted,
         an_outage_longer_than_the_ttl_with_compaction_is_an_events_gap,
         a_namespace_added_later_begins_with_a_gap_of_its_own])
finally:
    cluster.end()
    remove(STATE)
