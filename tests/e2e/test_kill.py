#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""telltaled is killed with SIGKILL at random moments, some during the first list of 20,000 events,
while several hundred events a second are written: nothing is missing, nothing is there twice, and
no gap is claimed but the first."""
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness"))
# pylint: disable=wrong-import-position
import generator
from books import (FIRST, check_books, check_created, check_gaps, check_holds, check_once,
                   check_order, newest)
from cluster import Cluster
from daemon import Daemon
from tap import check, folder, note, remove, run, seed

BEFORE = 20000
KILLS, KILLS_IN_LIST = 20, 8
STATE = folder("kill")
rand = random.Random(seed())
cluster = Cluster(os.path.join(STATE, "cluster"))
daemon = Daemon(os.path.join(STATE, "telltaled"), cluster.kubeconfig(), watchSeconds=10)
load = generator.Generator(cluster, rate=400, processes=2, salt=2)
written = []
fence = []  # every revision after this one is watched, and so must be held


def kills_during_the_first_list():
    """Each run gets a little further; the position travels with each page."""
    load.start()
    early = 0
    for _ in range(KILLS_IN_LIST):
        daemon.start(ready=False)
        time.sleep(rand.uniform(0.02, 0.25))
        daemon.kill()
        status = daemon.telltale("status", "-o", "json", data=True, check=False).stdout
        early += '"head"' in status and 0 < json.loads(status)["head"] < BEFORE
    check(early > 0, "no kill fell into the first list; is it that fast?")
    note(f"{early} of {KILLS_IN_LIST} kills fell into the list")


def kills_while_events_are_written():
    daemon.start()
    daemon.wait_state("watching")
    fence.append(cluster.revision())
    for _ in range(KILLS - KILLS_IN_LIST):
        time.sleep(rand.uniform(0.0, 1.5))
        daemon.kill()
        daemon.start(ready=False)
    time.sleep(1)
    written.extend(load.stop())
    check(len(written) > 2000, "too little was written", len(written))


def every_event_is_there_once_without_a_gap():
    daemon.wait_rv(max(key[2] for key in written))
    records = daemon.records()
    watched = [key for key in written if key[2] > fence[0]]
    note(f"{len(records)} records, {len(written)} writes, {len(watched)} after the first list")
    check_order(records)
    check_once(records)
    check_gaps(records, [FIRST])
    check_created(records, watched)
    have = newest(records)
    check(all(key[:2] in have for key in written), "every event that was created is there")
    check_holds(records, cluster.events())
    check_books(daemon)


def telltale_check_finds_nothing_wrong():
    daemon.stop()
    out = daemon.telltale("check", data=True)
    check(out.returncode == 0, "telltale check", out.stdout, out.stderr)


try:
    cluster.up()
    generator.namespaces(cluster)
    generator.Generator(cluster, total=BEFORE, patch=False).start().join()
    run([kills_during_the_first_list, kills_while_events_are_written,
         every_event_is_there_once_without_a_gap, telltale_check_finds_nothing_wrong])
finally:
    daemon.end()
    cluster.end()
    remove(STATE)
