#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""client-go as a client of telltaled: informers of both groups, with and without watch-list, that
follow through restarts of telltaled and through the edge of the window; both event recorders
against a hosted cluster; the pager. What they end with is what the log holds."""
import json
import os
import queue
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness"))
# pylint: disable=wrong-import-position
import samples
from cluster import Cluster, wait_for
from daemon import Daemon, event_records
from tap import check, equal, folder, note, remove, run

HERE = os.path.dirname(os.path.abspath(__file__))
STATE = folder("clientgo")
PROGRAM = subprocess.run([os.path.join(HERE, "clientgo", "build.sh")], check=True,
                         stdout=subprocess.PIPE, text=True).stdout.strip()
cluster = Cluster(os.path.join(STATE, "cluster"))
daemon = Daemon(os.path.join(STATE, "telltaled"), cluster.kubeconfig())
hosted = Daemon(os.path.join(STATE, "hosted"), name="made", hosted="true")
started = []
EDGE = 60  # seconds of the short window
WATCH_LIST = "sendInitialEvents=true"


def kubeconfig(name, server, prefix):
    path = os.path.join(STATE, name + ".kubeconfig")
    with open(path, "w", encoding="ascii") as file:
        json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "c",
                   "clusters": [{"name": "c", "cluster": {
                       "server": f"http://127.0.0.1:{server.port}{prefix}"}}],
                   "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
                   "users": [{"name": "c", "user": {}}]}, file)
    return path


class Client:
    """A clientgo program that is asked on stdin."""

    def __init__(self, mode, config, argument, watch_list=False):
        self.name = f"{mode} {argument} {'with' if watch_list else 'without'} watch-list"
        env = {**os.environ, "KUBE_FEATURE_WatchListClient": str(watch_list).lower(),
               "HOME": STATE}
        self.log = os.path.join(STATE, f"client-{len(started)}.log")
        with open(self.log, "wb") as err:
            self.popen = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", PROGRAM, mode, config, argument],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True, env=env)
        self.asked, self.watch_list, self.answers = [], watch_list, queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        started.append(self)

    def read(self):
        for line in self.popen.stdout:
            self.answers.put(json.loads(line))

    def tell(self, line):
        self.popen.stdin.write(line + "\n")
        self.popen.stdin.flush()

    def state(self):
        """What it holds now. The requests of its whole life are in self.asked."""
        self.tell("state")
        answer = self.answers.get(timeout=20)
        self.asked += answer["requests"]
        answer["held"] = {(i["namespace"], i["name"]): i for i in answer["items"]}
        return answer

    def wait(self, what, condition, seconds=60):
        """Waits until condition(state) holds; the state."""
        last = []

        def holds():
            last[:] = [self.state()]
            return condition(last[0])
        try:
            wait_for(what, holds, seconds, 0.2)
        except TimeoutError as error:
            with open(self.log, encoding="utf-8", errors="replace") as file:
                words = file.read()[-1500:]
            state = {**last[0], "items": len(last[0]["items"]), "held": sorted(last[0]["held"])[:8]}
            raise TimeoutError(f"{self.name}: {error}\n{state}\n{self.asked[-12:]}\n{words}"
                               ) from None
        return last[0]

    def end(self):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()


def in_log(server):
    """The newest observation of each identity that is in the log and was not deleted:
    identity → (resourceVersion that our API gives it, count)."""
    held = {}
    for record in event_records(server.records()):
        event = record["event"]
        key = event["metadata"]["namespace"], event["metadata"]["name"]
        held[key] = (str(record["seq"]), (event.get("series") or {}).get("count") or
                     event.get("count") or 0)
        if record["change"] == "DELETED":
            held.pop(key)
    return held


def shown(state):
    return {key: (i["resourceVersion"], i["count"]) for key, i in state["held"].items()}


def same(state, server, what):
    want, got = in_log(server), shown(state)
    check(want == got, f"{what}: {len(got)} held, {len(want)} in the log; differing",
          sorted({key: (want.get(key), got.get(key)) for key in {*want, *got}
                  if want.get(key) != got.get(key)}.items())[:6])


def follows(client, server, seconds=60):
    """Waits until the client has what the log has."""
    try:
        return client.wait("the same as the log", lambda s: s["synced"] and
                           shown(s) == in_log(server), seconds)
    except TimeoutError as error:
        same(client.state(), server, str(error))
        raise


def add(number, namespace="go", labels=None):
    samples.post_all(cluster.api(), [samples.core(namespace, f"e-{number}.1", ("Pod", f"e-{number}"),
                                                  {**samples.times(0), "type": "Normal",
                                                   "reason": "Added", "message": str(number)},
                                                  labels)])


def repeat(number, count):
    status, body = cluster.api().request(
        "PATCH", f"/api/v1/namespaces/go/events/e-{number}.1",
        {"count": count, "lastTimestamp": samples.stamp(0)}, "application/merge-patch+json")
    equal(status, 200, body)


informers = {}


def informers_sync():
    """With watch-list they stream their first list, without they ask for pages."""
    config = kubeconfig("view", daemon, "/clusters/e2e")
    for group in ("core", "events"):
        for watch_list in (False, True):
            client = Client("informer", config, group, watch_list)
            informers[group, watch_list] = client
    for client in informers.values():
        follows(client, daemon)
        check(any(WATCH_LIST in line for line in client.asked) == client.watch_list,
              f"{client.name}: whether it streams its list", *client.asked)
        check(client.watch_list != any("limit=500" in line for line in client.asked),
              f"{client.name}: whether it asks for pages", *client.asked)


def informers_follow():
    for number in range(5):
        add(100 + number)
    repeat(0, 2)
    repeat(100, 5)
    wait_for("the last of them in the log", lambda: in_log(daemon).get(
        ("go", "e-100.1"), (0, 0))[1] == 5)
    for client in informers.values():
        state = follows(client, daemon)
        equal(state["held"]["go", "e-100.1"]["count"], 5, f"{client.name}: the count")
        check(state["changes"].get("updated", 0) >= 2, f"{client.name}: updates", state["changes"])


def informers_follow_through_restarts():
    """What happened while telltaled was down is there afterwards, and what was there is not said
    again: an orderly restart costs a watch, not a list. (client-go lists after a broken stream.)"""
    before = {client: client.state()["changes"] for client in informers.values()}
    for cycle, end in enumerate((daemon.stop, daemon.kill, daemon.stop)):
        for client in informers.values():
            client.state()
            client.asked.clear()
        end()
        add(200 + cycle)
        repeat(cycle, 10 + cycle)
        time.sleep(1.5)
        daemon.start()
        daemon.wait_state("watching")
        for client in informers.values():
            follows(client, daemon, 90)
            listed = [line for line in client.asked if "watch=true" not in line or
                      WATCH_LIST in line]
            check(end == daemon.kill or not listed, f"{client.name}: lists after a restart",
                  *client.asked)
    for client in informers.values():
        changes = client.state()["changes"]
        equal(changes.get("deleted", 0), before[client].get("deleted", 0),
              f"{client.name}: deletions")
        equal(changes["added"] - before[client]["added"], 3, f"{client.name}: additions")


def informers_follow_through_the_edge_of_the_window():
    """A window of a minute: events leave it, with a DELETED for each, and a cache that resumes
    after a restart is told what has left since."""
    config = kubeconfig("short", daemon, "/clusters/e2e/last/1m")
    short = [Client("informer", config, group, watch_list) for group, watch_list in informers]
    begin = time.monotonic()
    for number in range(3):
        add(300 + number)
    for client in short:
        client.wait("three new events", lambda s: all(("go", f"e-{n}.1") in s["held"]
                                                      for n in (300, 301, 302)), 30)
    time.sleep(max(0, begin + EDGE / 2 - time.monotonic()))
    repeat(302, 2)  # starts its minute again
    add(303)
    for client in short:
        client.wait("one more", lambda s: ("go", "e-303.1") in s["held"], 20)
    # away while 300 and 301 leave
    time.sleep(max(0, begin + EDGE - 5 - time.monotonic()))
    daemon.stop()
    time.sleep(max(0, begin + EDGE + 3 - time.monotonic()))
    daemon.start()
    for client in short:
        state = client.wait("300 and 301 gone", lambda s: not {("go", "e-300.1"), (
            "go", "e-301.1")} & set(s["held"]), 40)
        check({("go", "e-302.1"), ("go", "e-303.1")} <= set(state["held"]),
              f"{client.name}: those that were repeated or came later stay", *state["held"])
    for client in short:
        left = client.wait("an empty window", lambda s: not s["held"], 60)
        check(left["changes"]["deleted"] >= 4, f"{client.name}: deletions", left["changes"])
    check(time.monotonic() - begin < 3 * EDGE, "each left within seconds of its minute",
          time.monotonic() - begin)
    for client in informers.values():
        follows(client, daemon)


def the_pager_reads_all_pages():
    before = len(in_log(daemon))
    samples.post_all(cluster.api(), samples.thousands(1200))
    wait_for("1200 more events in the log", lambda: len(in_log(daemon)) >= before + 1200)
    config = kubeconfig("pages", daemon, "/clusters/e2e")
    for size in (500, 37):
        client = Client("pager", config, str(size))
        answer = client.answers.get(timeout=60)
        answer["held"] = {(i["namespace"], i["name"]): i for i in answer["items"]}
        equal(len(answer["items"]), len(answer["held"]), "nothing comes twice")
        same(answer, daemon, f"pages of {size}")
        equal(len(answer["requests"]), -(-len(answer["items"]) // size), "requests")


def recorded(api, wishes, condition, what):
    """Lets a recorder write; the events of `made` when condition(events) holds."""
    config = kubeconfig("made", hosted, "/clusters/made")
    client = Client("recorder", config, api)
    for wish in wishes:
        client.tell(json.dumps(wish))
        time.sleep(0.05)
    last = []

    def holds():
        _, body = hosted.get("/clusters/made/api/v1/events")
        last[:] = json.loads(body)["items"]
        return condition(last)
    try:
        wait_for(what, holds, 30)
    finally:
        client.tell("requests")
        requests = client.answers.get(timeout=10)
        if not last or not condition(last):
            note(f"{what}: {requests} {last}")
        client.end()
    return last, requests


def wish(space, thing, reason="Tried", message="hello", kind="Normal"):
    return {"Namespace": space, "Object": thing, "Type": kind, "Reason": reason,
            "Action": "Trying", "Message": message}


def the_core_recorder_writes():
    wishes = [wish("core", "a"), wish("core", "b", kind="Warning")] + [wish("core", "a")] * 3

    def done(events):
        return {e["involvedObject"]["name"]: e["count"] for e in events
                if e["metadata"]["namespace"] == "core"} == {"a": 4, "b": 1}
    _, requests = recorded("core", wishes, done, "a four times, b once")
    equal([line.split()[0] + line.split()[-1] for line in requests],
          ["POST201", "POST201", "PATCH200", "PATCH200", "PATCH200"], "its requests")


def the_core_recorder_combines_similar_events():
    """After ten messages about one object the eleventh is the first of a combined one."""
    wishes = [wish("similar", "many", message=f"message {n}") for n in range(14)]

    def done(events):
        found = {e["message"]: e["count"] for e in events
                 if e["metadata"]["namespace"] == "similar"}
        combined = [count for text, count in found.items() if text.startswith("(combined from")]
        return len(found) == 10 and combined == [5]
    recorded("core", wishes, done, "nine events and a combined one of five")


def the_new_recorder_writes():
    """The second of its kind makes a series by a PATCH, in protobuf or JSON as client-go does it."""
    wishes = [wish("new", "a"), wish("new", "b", kind="Warning"), wish("new", "a")]

    def done(events):
        found = {e["involvedObject"]["name"]: (e.get("series") or {}).get("count")
                 for e in events if e["metadata"]["namespace"] == "new"}
        return found == {"a": 2, "b": None}
    found, requests = recorded("events", wishes, done, "a as a series of two, b alone")
    equal(sorted(line.split()[0] + line.split()[-1] for line in requests),
          ["PATCH200", "POST201", "POST201"], "its requests")
    one = next(e for e in found if e["metadata"]["namespace"] == "new" and
               e["involvedObject"]["name"] == "b")
    equal((one["reportingComponent"], one["action"], one["type"], one["message"]),
          ("clientgo.example/recorder", "Trying", "Warning", "hello"), "what it wrote")


def informers_of_a_hosted_cluster_see_what_recorders_write():
    config = kubeconfig("made-view", hosted, "/clusters/made")
    for watch_list in (False, True):
        client = Client("informer", config, "events", watch_list)
        follows(client, hosted)
        informers["made", watch_list] = client
    recorded("core", [wish("late", "c")], lambda events: any(
        e["involvedObject"]["name"] == "c" for e in events), "a new event")
    for watch_list in (False, True):
        follows(informers["made", watch_list], hosted)


try:
    cluster.up()
    cluster.apply("".join(f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"
                          for name in ("go", "load-0", "load-1", "load-2", "load-3")))
    for n in range(20):
        add(n)
    daemon.start()
    hosted.start()
    daemon.wait_count(20)
    run([informers_sync, informers_follow, informers_follow_through_restarts,
         informers_follow_through_the_edge_of_the_window, the_pager_reads_all_pages,
         the_core_recorder_writes, the_core_recorder_combines_similar_events,
         the_new_recorder_writes, informers_of_a_hosted_cluster_see_what_recorders_write])
finally:
    for client_program in started:
        client_program.end()
    for one in (daemon, hosted):
        one.end()
    cluster.end()
    remove(STATE)
