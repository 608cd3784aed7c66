#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""apiserver.py - a small Kubernetes API server for events that misbehaves on command.

    python3 tests/fault/apiserver.py [--plain] [--name NAME]... [--lifetime SECONDS]

It listens on two free ports of 127.0.0.1: the API (https; http with --plain) and the control
(always http). When ready it prints one line of JSON:

    {"url": "https://127.0.0.1:40001", "control": "http://127.0.0.1:40002", "dir": "/tmp/...",
     "ca": "DIR/ca.crt", "otherCA": "DIR/other.crt", "clientCert": "DIR/client.crt",
     "clientKey": "DIR/client.key"}

The server's certificate is for localhost and 127.0.0.1, or for the --name(s) alone; otherCA has
not signed it. The process ends at the end of its standard input, at SIGTERM, or after --lifetime
(600 s), so that a test that dies leaves nothing behind.

The API: LIST (limit, continue with 410 behind a compaction), WATCH (resourceVersion,
timeoutSeconds, ERROR 410), GET of one event, of namespaces, of /version; POST of TokenReviews and
SubjectAccessReviews; protobuf or JSON by Accept. Events live in memory under revisions as in etcd,
and never expire by themselves.

The control: POST a command, or a list of commands, as JSON; the answer is the (last) result.

    {"op": "put", "events": [{"metadata": {"name": "a"}, "reason": "R", ...}]}  create or replace
    {"op": "fill", "n": 1000, "namespace": "default", "prefix": "e", "bytes": 40}  create many;
                                                              "bytes": length of the message
    {"op": "delete", "namespace": "default", "name": "a"}     without a name: all of the namespace
    {"op": "bump", "by": 10}            revisions used by other resources
    {"op": "compact", "rv": 12}         default: all up to now
    {"op": "save"}, {"op": "restore"}   as etcd's backup; restore breaks all connections
    {"op": "uid", "uid": "..."}         of namespace kube-system
    {"op": "tokens", "tokens": ["a"]}   bearer tokens that are accepted; []: no check
    {"op": "namespaces", "namespaces": {"shop": "2026-01-01T00:00:00Z"}}   those that exist, with
                                        their creationTimestamp; before that: every one that is asked
    {"op": "reviews", "users": {"TOKEN": {"username": "u", "groups": []}},  what a TokenReview says;
     "allow": [{"user": "u", "verb": "list"}]}   a SubjectAccessReview is allowed if all members
                                        of one of these are members of its spec or attributes
    {"op": "paths", "paths": {"/apis": {}}}   what a GET of these paths is answered
    {"op": "break"}, {"op": "end"}      break off, or end cleanly, all open watches
    {"op": "rules", "rules": [RULE]}    replaces all rules
    {"op": "state"}                     {"rv", "compacted", "events", "watches", "rules"}
    {"op": "requests"}                  those since the last time: [{"on", "path", "status",
                                        "authorization", "accept", "acceptEncoding", "client",
                                        "review"}]

A RULE says how the next matching requests are answered; the first rule that matches counts.

    "on": "list" | "page" (a list with a continue token) | "watch" | "get" | "review" (a POST) |
          "any" (default)
    "times": 1                          so many requests, then it is gone; -1: for ever
    "skip": 0                           so many matching requests are left alone before
  the head of the answer:
    "status": 429, "reason": "", "message": "", "retryAfter": 1    a Status ...
    "text": "Too many requests"         ... or a text/plain body
    "retryAfterHeader": false           leave the header out (Status.details still has it)
    "close": true                       no answer at all, the connection is closed
    "delay": 2.0                        seconds before the head
    "json": true                        answer in JSON, whatever was asked for
    "contentType": "text/html"          a wrong one
  the body, in bytes as they are sent:
    "cutAfter": 1000                    then the connection is closed in the middle
    "reset": true                       with a RST instead of a FIN
    "stallAfter": 1000                  then nothing more comes, the connection stays open
    "dribble": 1, "pause": 0.001        so many bytes per packet, seconds between packets
  a watch:
    "frames": [FRAME]                   sent first; a FRAME is one of
        {"error": {"code": 410, "reason": "Expired", "message": "..."}}
        {"type": "ADDED", "object": {EVENT}}       any type and object
        {"oversized": 9000000, "name": "big"}      an event with so long a message
        {"bad": true, "name": "x"}                 a frame whose event cannot be decoded
        {"garbage": "text"}                        bytes that are no frame
    "end": true                         clean end behind the frames and what has happened
    "seconds": 0.5                      clean end after that, not after timeoutSeconds
"""
import argparse
import base64
import gzip
import http.server
import json
import os
import shutil
import signal
import socket
import ssl
import struct
import sys
import tempfile
import threading
import time
import urllib.parse

sys.dont_write_bytecode = True
from certificates import make_certificates
from kube_encode import (EVENT, META, NAMESPACE, PROTOBUF, STATUS, encode_frame, encode_list,
                         encode_object, envelope, pb_bytes, pb_message, status_object)

EXPIRED = ("The provided continue parameter is too old to display a consistent list result. "
           "You can start a new list without the continue parameter, or use the continue token "
           "in this response to retrieve the remainder of the results.")


# ---- the cluster ----

class Cluster:
    """Events under revisions. Everything is guarded by `changed`, which waiting watches hear."""

    def __init__(self):
        self.changed = threading.Condition()
        self.rv, self.compacted = 1000, 0
        self.history = []  # (rv, type, event) in order; never cut, only called compacted
        self.saved = None
        self.uid = "11111111-2222-3333-4444-555555555555"
        self.tokens, self.rules, self.requests = [], [], []
        self.namespaces, self.users, self.allow = None, {}, []
        self.paths = {}
        self.watches = 0
        self.epoch, self.end_epoch = 0, 0  # raised to break off, or end, what is open

    def events_at(self, rv):
        events = {}
        for at, kind, event in self.history:
            if at > rv:
                break
            key = (event["metadata"]["namespace"], event["metadata"]["name"])
            if kind == "DELETED":
                events.pop(key, None)
            else:
                events[key] = event
        return events

    def record(self, kind, event):
        self.rv += 1
        event = json.loads(json.dumps(event))
        event["metadata"]["resourceVersion"] = str(self.rv)
        self.history.append((self.rv, kind, event))

    def put(self, events):
        now, stamp = self.events_at(self.rv), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for event in events:
            meta = event.setdefault("metadata", {})
            meta.setdefault("namespace", "default")
            key = (meta["namespace"], meta["name"])
            old = now.get(key)
            meta.setdefault("uid", old["metadata"]["uid"] if old else "uid-%d" % (self.rv + 1))
            meta.setdefault("creationTimestamp", stamp)
            event.setdefault("involvedObject", {"kind": "Pod", "namespace": meta["namespace"],
                                                "name": meta["name"].split(".")[0]})
            for field in ("firstTimestamp", "lastTimestamp"):
                event.setdefault(field, stamp)
            event.setdefault("count", 1)
            event.setdefault("type", "Normal")
            event.setdefault("source", {"component": "fault"})
            self.record("MODIFIED" if old else "ADDED", event)
            now[key] = event

    def command(self, c):
        op = c["op"]
        with self.changed:
            result = getattr(self, "op_" + op)(c)
            self.changed.notify_all()
            return {"rv": self.rv} if result is None else result

    def op_put(self, c):
        self.put(c["events"])

    def op_fill(self, c):
        text = ("message " * (c.get("bytes", 40) // 8 + 1))[:c.get("bytes", 40)]
        ns, prefix = c.get("namespace", "default"), c.get("prefix", "e")
        self.put([{"metadata": {"name": "%s-%06d.%x" % (prefix, i, 1 << 60 | i), "namespace": ns},
                   "reason": "Filled", "message": text} for i in range(c["n"])])

    def op_delete(self, c):
        for (ns, name), event in sorted(self.events_at(self.rv).items()):
            if ns == c.get("namespace", "default") and name == c.get("name", name):
                self.record("DELETED", event)

    def op_bump(self, c):
        self.rv += c["by"]

    def op_compact(self, c):
        self.compacted = c.get("rv", self.rv)

    def op_save(self, c):
        self.saved = (self.rv, list(self.history))

    def op_restore(self, c):
        self.rv, self.history = self.saved[0], list(self.saved[1])
        self.compacted = min(self.compacted, self.rv)
        self.epoch += 1

    def op_uid(self, c):
        self.uid = c["uid"]

    def op_tokens(self, c):
        self.tokens = c["tokens"]

    def op_namespaces(self, c):
        self.namespaces = c["namespaces"]

    def op_reviews(self, c):
        self.users, self.allow = c.get("users", {}), c.get("allow", [])

    def op_paths(self, c):
        self.paths = c["paths"]

    def op_break(self, c):
        self.epoch += 1

    def op_end(self, c):
        self.end_epoch += 1

    def op_rules(self, c):
        self.rules = c["rules"]

    def op_state(self, c):
        return {"rv": self.rv, "compacted": self.compacted, "watches": self.watches,
                "events": len(self.events_at(self.rv)), "rules": len(self.rules)}

    def op_requests(self, c):
        requests, self.requests = self.requests, []
        return requests

    def take_rule(self, on):
        with self.changed:
            for rule in self.rules:
                if rule.get("on", "any") not in ("any", on) and not (
                        on == "page" and rule.get("on") == "list"):
                    continue
                if rule.get("skip", 0) > 0:
                    rule["skip"] -= 1
                    continue
                if rule.get("times", 1) > 0:
                    rule["times"] = rule.get("times", 1) - 1
                    if rule["times"] == 0:
                        self.rules.remove(rule)
                return rule
        return {}


class Broken(Exception):
    """The connection is to be dropped."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cluster = None  # set by serve()

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *args):
        pass


class ApiHandler(Handler):
    def handle(self):
        try:
            super().handle()
        except (OSError, ssl.SSLError):
            pass  # the peer went, or did not like our certificate

    # -- sending --

    def send_raw(self, data):
        """Sends bytes of the body, or whatever the rule makes of them."""
        rule, end = self.rule, None
        for key in ("cutAfter", "stallAfter"):
            if key in rule and self.sent + len(data) >= rule[key]:
                end = rule[key] - self.sent
        step = rule.get("dribble", 0) or len(data) or 1
        part = data[:end]
        for i in range(0, len(part), step):
            self.connection.sendall(part[i:i + step])
            if rule.get("dribble"):
                time.sleep(rule.get("pause", 0))
        self.sent += len(part)
        if end is None:
            return
        if "stallAfter" in rule:
            epoch = self.cluster.epoch
            while self.cluster.epoch == epoch:
                time.sleep(0.02)
        raise Broken

    def send_chunk(self, data):
        if data:
            self.send_raw(b"%x\r\n%s\r\n" % (len(data), data))

    def start(self, status, content_type, length=None, headers=()):
        self.note["status"] = status
        self.send_response(status)
        self.send_header("Content-Type", self.rule.get("contentType", content_type))
        size = ("Transfer-Encoding", "chunked") if length is None else ("Content-Length", length)
        for name, value in [*headers, size]:
            self.send_header(name, value)
        self.end_headers()

    def answer(self, status, kind, schema, obj, headers=()):
        body = obj if isinstance(obj, bytes) else encode_object(kind, schema, obj, self.pb)
        if len(body) > 131072 and "gzip" in self.note["acceptEncoding"]:
            body, headers = gzip.compress(body, 1), [*headers, ("Content-Encoding", "gzip")]
        self.start(status, PROTOBUF if self.pb else "application/json", len(body), headers)
        self.send_raw(body)

    def refuse(self, code, reason, message, retry_after=None, token=None):
        status = status_object(code, reason, message, retry_after)
        if token:
            status["metadata"]["continue"] = token
        headers = []
        if retry_after is not None and self.rule.get("retryAfterHeader", True):
            headers.append(("Retry-After", str(retry_after)))
        if "text" in self.rule:
            body = self.rule["text"].encode()
            self.start(code, "text/plain; charset=utf-8", len(body), headers)
            self.send_raw(body)
        else:
            self.answer(code, "Status", STATUS, status, headers)

    # -- requests --

    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET(json.loads(text))

    def do_GET(self, review=None):
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        parts = [urllib.parse.unquote(p) for p in url.path.split("/") if p]
        on = "get" if review is None else "review"
        if parts[:2] == ["api", "v1"] and parts[-1] == "events":
            on = "watch" if query.get("watch") in ("true", "1") else (
                "page" if "continue" in query else "list")
        accept, header = self.headers.get("Accept", ""), self.headers.get
        peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        self.note = {"on": on, "path": self.path, "status": 0, "accept": accept, "review": review,
                     "authorization": header("Authorization", ""),
                     "acceptEncoding": header("Accept-Encoding", ""),
                     "impersonate": header("Impersonate-User", ""),
                     "client": peer["subject"][0][0][1] if peer else ""}
        self.cluster.requests.append(self.note)
        self.rule, self.sent = self.cluster.take_rule(on), 0
        self.pb = PROTOBUF in accept and not self.rule.get("json")
        try:
            time.sleep(self.rule.get("delay", 0))
            self.route(on, parts, query)
        except Broken:
            self.close_connection = True
            if self.rule.get("reset"):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                           struct.pack("ii", 1, 0))
            else:  # no SSL shutdown: the peer is to see the connection break
                socket.socket.shutdown(self.connection, socket.SHUT_RDWR)

    def route(self, on, parts, query):
        cluster, rule = self.cluster, self.rule
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if rule.get("close"):
            raise Broken
        if "status" in rule:
            return self.refuse(rule["status"], rule.get("reason", ""), rule.get("message", ""),
                               rule.get("retryAfter"))
        if cluster.tokens and token not in cluster.tokens:
            return self.refuse(401, "Unauthorized", "Unauthorized")
        namespace = parts[3] if parts[2:3] == ["namespaces"] and len(parts) > 3 else ""
        if on == "review":
            return self.review(self.note["review"])
        if on == "watch":
            return self.watch(namespace, query)
        if on != "get":
            return self.list(namespace, query)
        if self.path in cluster.paths:
            return self.answer(200, "", None, json.dumps(cluster.paths[self.path]).encode())
        if parts == ["version"]:
            return self.answer(200, "", None, b'{"major":"1","minor":"34"}')
        if parts == ["api", "v1", "namespaces"]:
            items = [{"metadata": {"name": name, "creationTimestamp": made}}
                     for name, made in sorted((cluster.namespaces or {}).items())]
            return self.answer(200, "", None, json.dumps(
                {"kind": "NamespaceList", "apiVersion": "v1", "metadata": {}, "items": items}
            ).encode())
        if parts[:3] == ["api", "v1", "namespaces"] and len(parts) == 4:
            meta = {"name": namespace, "uid": cluster.uid}
            if cluster.namespaces is not None and namespace not in cluster.namespaces:
                return self.refuse(404, "NotFound", 'namespaces "%s" not found' % namespace)
            if cluster.namespaces is not None:
                meta["creationTimestamp"] = cluster.namespaces[namespace]
            return self.answer(200, "Namespace", NAMESPACE, {"metadata": meta})
        event = cluster.events_at(cluster.rv).get((namespace, parts[-1] if parts else ""))
        if event is None:
            return self.refuse(404, "NotFound", 'events "%s" not found' % "/".join(parts[5:]))
        return self.answer(200, "Event", EVENT, event)

    def list(self, namespace, query):
        cluster, start, rv = self.cluster, None, -1
        if "continue" in query:
            pad = query["continue"] + "=" * (-len(query["continue"]) % 4)
            token = json.loads(base64.urlsafe_b64decode(pad))
            start, rv = tuple(token["start"]), token["rv"]
        with cluster.changed:
            current = cluster.rv
            if 0 <= rv < cluster.compacted:
                fresh = base64.urlsafe_b64encode(json.dumps({"rv": -1, "start": start}).encode())
                return self.refuse(410, "Expired", EXPIRED, token=fresh.decode().rstrip("="))
            rv = current if rv < 0 else rv
            events = sorted(cluster.events_at(rv).items())
        events = [(k, e) for k, e in events
                  if namespace in ("", k[0]) and (start is None or k > start)]
        limit = int(query.get("limit", 0)) or len(events)
        meta = {"resourceVersion": str(rv)}
        if len(events) > limit:
            token = json.dumps({"rv": rv, "start": events[limit - 1][0]}).encode()
            meta["continue"] = base64.urlsafe_b64encode(token).decode().rstrip("=")
            meta["remainingItemCount"] = len(events) - limit
        body = encode_list(meta, [e for _, e in events[:limit]], self.pb)
        self.answer(200, "EventList", None, body)

    def review(self, review):
        spec = review["spec"]
        if review["kind"] == "TokenReview":
            user = self.cluster.users.get(spec["token"])
            status = {"authenticated": True, "user": user} if user else {"error": "unknown"}
        else:
            said = {**spec, **spec.get("resourceAttributes", {}),
                    **spec.get("nonResourceAttributes", {})}
            status = {"allowed": any(all(said.get(k) == v for k, v in rule.items())
                                     for rule in self.cluster.allow)}
        self.pb = False
        self.answer(201, "", None, json.dumps({**review, "status": status}).encode())

    def scripted_frame(self, frame):
        if "error" in frame:
            e = frame["error"]
            return encode_frame("ERROR", status_object(e["code"], e.get("reason", ""),
                                                       e.get("message", "")), self.pb)
        if "garbage" in frame:
            return frame["garbage"].encode()
        meta = {"name": frame.get("name", "x"), "namespace": "default", "uid": "u",
                "resourceVersion": str(frame.get("rv", self.cluster.rv))}
        if "oversized" in frame:
            event = {"metadata": meta, "message": "x" * frame["oversized"]}
            return encode_frame("ADDED", event, self.pb)
        if "bad" in frame and self.pb:
            return encode_frame("ADDED", envelope("Event", pb_bytes(1, pb_message(META, meta)) +
                                                  b"\x12\x7f"), True)
        if "bad" in frame:
            return encode_frame("ADDED", json.dumps({"kind": "Event", "apiVersion": "v1",
                                                     "metadata": meta, "count": "no number"},
                                                    separators=(",", ":")).encode(), False)
        return encode_frame(frame["type"], frame["object"], self.pb)

    def watch(self, namespace, query):
        cluster, rule, pb = self.cluster, self.rule, self.pb
        seconds = rule.get("seconds", float(query.get("timeoutSeconds", 1800)))
        deadline = time.monotonic() + seconds
        rv, at = int(query.get("resourceVersion") or 0), 0
        self.start(200, PROTOBUF + ";stream=watch" if pb else "application/json")
        with cluster.changed:
            cluster.watches += 1
            epoch, end_epoch = cluster.epoch, cluster.end_epoch
        try:
            for frame in rule.get("frames", []):
                self.send_chunk(self.scripted_frame(frame))
            if rv < cluster.compacted:
                self.send_chunk(encode_frame("ERROR", status_object(
                    410, "Expired", "The resourceVersion for the provided watch is too old."), pb))
                deadline = 0
            while deadline:
                with cluster.changed:
                    while (at == len(cluster.history) and cluster.epoch == epoch and
                           cluster.end_epoch == end_epoch and time.monotonic() < deadline and
                           not rule.get("end")):
                        cluster.changed.wait(min(0.2, max(0, deadline - time.monotonic())))
                    if cluster.epoch != epoch:
                        raise Broken
                    new, at = cluster.history[at:], len(cluster.history)
                for at_rv, kind, event in new:
                    if at_rv > rv and namespace in ("", event["metadata"]["namespace"]):
                        self.send_chunk(encode_frame(kind, event, pb))
                if not new:
                    break
            self.send_raw(b"0\r\n\r\n")
        finally:
            with cluster.changed:
                cluster.watches -= 1


class ControlHandler(Handler):
    def do_POST(self):
        text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            commands = json.loads(text)
            for command in commands if isinstance(commands, list) else [commands]:
                result = self.cluster.command(command)
            status = 200
        except Exception as problem:  # whatever is wrong with a command is its sender's to see
            status, result = 400, {"error": repr(problem)}
        body = json.dumps(result).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


# ---- start ----

def serve(handler, cluster, context=None):
    bound = type("Bound", (handler,), {"cluster": cluster})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), bound)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True,
                                            do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--name", action="append", default=[])
    parser.add_argument("--lifetime", type=float, default=600)
    options = parser.parse_args()
    where, cluster, context = tempfile.mkdtemp(prefix="telltale-fault-"), Cluster(), None
    try:
        if not options.plain:
            make_certificates(where, options.name)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{where}/server.crt", f"{where}/server.key")
            context.load_verify_locations(f"{where}/ca.crt")
            context.verify_mode = ssl.CERT_OPTIONAL
        port, control = serve(ApiHandler, cluster, context), serve(ControlHandler, cluster)
        print(json.dumps({"url": "%s://127.0.0.1:%d" % ("http" if options.plain else "https", port),
                          "control": "http://127.0.0.1:%d" % control, "dir": where,
                          "ca": f"{where}/ca.crt", "otherCA": f"{where}/other.crt",
                          "clientCert": f"{where}/client.crt",
                          "clientKey": f"{where}/client.key"}), flush=True)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        threading.Thread(target=lambda: (time.sleep(options.lifetime), os._exit(1)),
                         daemon=True).start()
        while sys.stdin.buffer.read(4096):
            pass
    finally:
        shutil.rmtree(where, ignore_errors=True)


if __name__ == "__main__":
    main()
