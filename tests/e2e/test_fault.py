#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a real API server cannot be made to do: telltaled against one that misbehaves on command. Each
time: a clear message, recovery, nothing lost, nothing twice, and no gap but the true ones."""
import contextlib
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness"))
# pylint: disable=wrong-import-position
from books import FIRST, check_books, check_gaps, check_once, check_order, newest
from cluster import Process, wait_for
from daemon import TELLTALED, Daemon, event_records, gaps
from faults import FaultServer
from tap import Skip, check, equal, folder, note, remove, run

STATE = folder("fault")
NOWHERE = """\
apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: "https://nowhere.example:6443"}}]
users: [{name: u, user: {}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
"""


@contextlib.contextmanager
def pair(name, user="{}", before=None, start=True, **options):
    """A server with 50 events, and a telltaled that collects from it."""
    server = FaultServer()
    options.setdefault("watchSeconds", 2)
    os.makedirs(os.path.join(STATE, name))
    path = server.kubeconfig(os.path.join(STATE, name, "kubeconfig"), user)
    d = Daemon(os.path.join(STATE, name), path, **options)
    try:
        server.fill(50, "before")
        if before:
            before(server)
        if start:
            d.start()
        yield server, d
    finally:
        d.end()
        server.end()


def everything(server, d, n, want_gaps, seconds=60):
    """Waits for `n` identities, and for one more that is watched come (what a list brings is there
    before the gap that ends it); the log must be as it should."""
    wait_for(f"{n} identities", lambda: len(newest(d.records())) >= n, seconds)
    d.wait_state("watching", seconds)
    server.fill(1, "last")
    d.wait_rv(server.rv(), seconds)
    records = d.records()
    equal(len(newest(records)), n + 1, "identities held")
    check_order(records)
    check_once(records)
    check_gaps(records, want_gaps)
    check_books(d)
    return records


def problem(d):
    def words():
        status = d.cluster_status()
        return status and status["watches"] and status["watches"][0]["problem"]
    return wait_for("a problem in the status", words, 20, 0.02)


def a_connection_cut_in_mid_frame_loses_nothing():
    with pair("cut") as (server, d):
        d.wait_state("watching")
        server.rules({"on": "watch", "cutAfter": 700, "times": 2},
                     {"on": "watch", "cutAfter": 1500, "reset": True, "times": 2})
        server.command("break")
        server.fill(30, "after")
        everything(server, d, 80, [FIRST])


def a_list_cut_in_mid_page_loses_nothing():
    def before(server):
        server.fill(1500, "many")
        server.rules({"on": "list", "cutAfter": 5000, "times": 1, "skip": 1},
                     {"on": "page", "cutAfter": 9000, "reset": True, "times": 1})
    with pair("cut-list", before=before) as (server, d):
        everything(server, d, 1550, [FIRST])


def one_byte_per_packet_is_enough():
    with pair("dribble") as (server, d):
        d.wait_state("watching")
        server.rules({"on": "watch", "dribble": 1, "pause": 0, "times": 1})
        server.command("end")
        server.fill(20, "after")
        everything(server, d, 70, [FIRST], 120)


def a_half_open_connection_is_given_up():
    """The watch may be silent for its own time and 30 s more."""
    with pair("half-open", watchSeconds=1) as (server, d):
        d.wait_state("watching")
        server.rules({"on": "watch", "stallAfter": 300, "times": 1})
        server.command("end")
        server.fill(10, "after")
        everything(server, d, 60, [FIRST], 90)


def an_event_of_three_megabytes_is_held():
    with pair("large") as (server, d):
        d.wait_state("watching")
        server.fill(1, "huge", 3_000_000)
        server.fill(5, "after")
        records = everything(server, d, 56, [FIRST])
        sizes = [len(r["event"].get("message", "")) for r in event_records(records)]
        check(max(sizes) >= 2_900_000, "the message is whole", max(sizes))


def an_event_beyond_all_bounds_is_refused_with_a_gap_that_names_it():
    with pair("oversized") as (server, d):
        d.wait_state("watching")
        server.rules({"on": "watch", "times": 1,
                      "frames": [{"oversized": 20_000_000, "name": "monster"}]})
        server.command("bump", by=10)  # the scripted frame gets a revision of its own
        server.command("end")
        wait_for("the gap", lambda: len(gaps(d.records())) > 1, 30)
        check("monster" in gaps(d.records())[1]["reason"], "it is named", gaps(d.records())[1])
        server.fill(10, "after")
        wait_for("the rest", lambda: len(newest(d.records())) == 60, 30)
        equal(d.metric("telltale_events_refused_total"), 1, "refused")
        check_books(d)


def an_event_that_cannot_be_decoded_is_refused_with_a_gap_that_names_it():
    with pair("bad") as (server, d):
        d.wait_state("watching")
        server.rules({"on": "watch", "times": 1, "frames": [{"bad": True, "name": "broken-one"}]})
        server.command("bump", by=10)  # the scripted frame gets a revision of its own
        server.command("end")
        wait_for("the gap", lambda: len(gaps(d.records())) > 1, 30)
        check("broken-one" in gaps(d.records())[1]["reason"], "it is named", gaps(d.records())[1])
        server.fill(10, "after")
        wait_for("the rest", lambda: len(newest(d.records())) == 60, 30)
        check_books(d)


def garbage_is_named_and_survived():
    with pair("garbage") as (server, d):
        d.wait_state("watching")
        server.rules({"on": "watch", "times": 2, "frames": [{"garbage": "<html>not a frame"}]},
                     {"on": "watch", "times": 1, "contentType": "text/html"})
        server.command("end")
        server.fill(10, "after")
        note(problem(d))
        everything(server, d, 60, [FIRST])


def storms_of_429_are_waited_out():
    def before(server):
        server.rules({"on": "any", "times": 6, "status": 429, "text": "Too many requests, please "
                      "try again later.", "retryAfter": 1})
    with pair("throttled", before=before) as (server, d):
        words = problem(d)
        check("429" in words or "oo many" in words, "the problem is named", words)
        d.wait_state("watching", 60)
        server.rules({"on": "any", "times": 3, "status": 429, "reason": "TooManyRequests",
                      "message": "slow down", "retryAfter": 1})
        server.command("break")
        server.fill(10, "after")
        everything(server, d, 60, [FIRST])
        server.command("requests")
        check(d.metric("telltale_collector_requests_total", outcome="throttled") >= 4,
              "429 answers are counted", d.metrics())


def a_410_in_mid_list_is_followed_by_one_list_without_pages():
    def before(server):
        server.fill(1600, "many")
        server.rules({"on": "page", "skip": 1, "times": 1, "status": 410, "reason": "Expired",
                      "message": "The provided continue parameter is too old."})
    with pair("list-410", before=before) as (server, d):
        everything(server, d, 1650, [FIRST])


def errors_500_are_waited_out():
    with pair("errors") as (server, d):
        d.wait_state("watching")
        server.rules({"on": "any", "times": 3, "status": 500, "message": "etcdserver: timed out"},
                     {"on": "any", "times": 2, "close": True})
        server.command("break")
        server.fill(10, "after")
        wait_for("the words of the server", lambda: "etcdserver: timed out" in problem(d), 20)
        everything(server, d, 60, [FIRST])


def a_server_that_speaks_json_alone_will_do():
    def before(server):
        server.fill(600, "many")
        server.rules({"on": "any", "times": -1, "json": True})
    with pair("json", before=before) as (server, d):
        d.wait_state("watching")
        server.fill(10, "after")
        everything(server, d, 660, [FIRST])


def another_cluster_behind_the_same_name_is_refused():
    with pair("uid") as (server, d):
        everything(server, d, 50, [FIRST])
        d.stop()
        server.command("uid", uid="99999999-2222-3333-4444-555555555555")
        server.fill(10, "other")
        d.start()
        d.wait_state("stopped")
        words = problem(d)
        check("another" in words or "kube-system" in words, "the problem is named", words)
        equal(len(newest(d.records())), 51, "nothing of the other cluster is recorded")


def it_ends_within_five_seconds_while_a_name_is_looked_up():
    """The resolver of a mount namespace of its own is a socket that never answers."""
    if os.geteuid() != 0:
        raise Skip("needs root for a mount namespace and port 53")
    name = os.path.join(STATE, "dns")
    os.makedirs(name)
    resolver = os.path.join(name, "resolv.conf")
    with open(resolver, "w", encoding="ascii") as file:
        file.write("nameserver 127.83.53.1\noptions timeout:30 attempts:5\n")
    with open(os.path.join(name, "kubeconfig"), "w", encoding="ascii") as file:
        file.write(NOWHERE)
    hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    d = Daemon(name, file.name)
    try:
        hole.bind(("127.83.53.1", 53))
        hole.settimeout(20)
        script = (f"mount --bind {resolver} /etc/resolv.conf && "
                  f"exec {os.path.abspath(TELLTALED)} --config {d.config}")
        if subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
            raise Skip("cannot make a mount namespace here")
        d.process = Process("telltaled", ["unshare", "--mount", "sh", "-c", script], d.log)
        d.wait_ready()
        check(b"nowhere" in hole.recv(512), "the name is being looked up")
        begin = time.monotonic()
        d.stop()
        seconds = time.monotonic() - begin
        check(seconds < 5, "it ends within five seconds", seconds)
    finally:
        d.end()
        hole.close()


def a_plugin_is_asked_again_after_a_401():
    plugin = os.path.join(STATE, "plugin.sh")
    with open(plugin, "w", encoding="ascii") as file:
        file.write(f"""#!/bin/sh
echo x >>{STATE}/plugin.calls
token=$(cat {STATE}/plugin.token)
echo '{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential",'
echo '"status":{{"token":"'$token'"}}}}'
""")
    os.chmod(plugin, 0o755)

    def token(value):
        with open(os.path.join(STATE, "plugin.token"), "w", encoding="ascii") as file:
            file.write(value)
    token("one")
    user = (f"{{exec: {{apiVersion: client.authentication.k8s.io/v1, command: {plugin}, "
            "interactiveMode: Never}}")
    with pair("plugin", user=user, before=lambda s: s.command("tokens", tokens=["one"])) as (
            server, d):
        d.wait_state("watching")
        server.command("tokens", tokens=["two"])
        token("two")
        server.command("break")
        server.fill(10, "after")
        everything(server, d, 60, [FIRST])
        with open(os.path.join(STATE, "plugin.calls"), encoding="ascii") as file:
            calls = len(file.readlines())
        check(2 <= calls <= 4, "the plug-in is not asked for each request", calls)


try:
    run([a_connection_cut_in_mid_frame_loses_nothing, a_list_cut_in_mid_page_loses_nothing,
         one_byte_per_packet_is_enough, a_half_open_connection_is_given_up,
         an_event_of_three_megabytes_is_held,
         an_event_beyond_all_bounds_is_refused_with_a_gap_that_names_it,
         an_event_that_cannot_be_decoded_is_refused_with_a_gap_that_names_it,
         garbage_is_named_and_survived, storms_of_429_are_waited_out,
         a_410_in_mid_list_is_followed_by_one_list_without_pages, errors_500_are_waited_out,
         a_server_that_speaks_json_alone_will_do,
         another_cluster_behind_the_same_name_is_refused, a_plugin_is_asked_again_after_a_401,
         it_ends_within_five_seconds_while_a_name_is_looked_up], at_once=5)
finally:
    remove(STATE)
