# SPDX-License-Identifier: Apache-2.0
"""Writes Events through the API, fast: several processes, one kept connection each, requests made by
hand. What was written is known exactly: (namespace, name, resourceVersion) of each answer."""
import json
import multiprocessing
import re
import socket
import ssl
import time

REVISION = re.compile(rb'"resourceVersion":"(\d+)"')
LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.I)


class Connection:
    """HTTP/1.1 over one TLS connection; only what the API server's answers need."""

    def __init__(self, port, authority, token):
        context = ssl.create_default_context(cafile=authority)
        self.socket = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 10),
                                          server_hostname="localhost")
        self.socket.settimeout(30)
        self.head = f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"

    def request(self, method, path, body, content_type="application/json"):
        """Status and body."""
        self.socket.sendall((f"{method} {path} HTTP/1.1\r\n{self.head}Content-Type: {content_type}"
                             f"\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
        data = b""
        while b"\r\n\r\n" not in data:
            data += self.receive()
        head, _, rest = data.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if length:
            while len(rest) < int(length.group(1)):
                rest += self.receive()
        else:
            while not rest.endswith(b"0\r\n\r\n"):
                rest += self.receive()
        return int(head[9:12]), rest

    def receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the API server closed the connection")
        return data


def event_body(namespace, name, number, message):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps({
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"name": name, "namespace": namespace},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": name.rsplit(".", 1)[0],
                           "apiVersion": "v1", "uid": f"00000000-0000-4000-8000-{number:012x}"},
        "reason": ("Scheduled", "Pulled", "Created", "Started", "BackOff")[number % 5],
        "message": message or f"event {number} of {namespace}",
        "type": "Warning" if number % 5 == 4 else "Normal",
        "source": {"component": "generator", "host": f"node-{number % 7}"},
        "firstTimestamp": now, "lastTimestamp": now, "count": 1}).encode()


def work(options, first, step, total, rate, results, stop):
    """Creates events first, first + step, ... below `total`, each fourth one patched later on.
    Writes (namespace, name, resourceVersion) tuples into the queue in lists."""
    connection = Connection(options["port"], options["authority"], options["token"])
    begin, done, written = time.monotonic(), 0, []
    number = first
    while number < total and not stop.is_set():
        namespace = f"{options['prefix']}-{number % options['namespaces']}"
        name = f"{options['prefix']}-{number % 500}.{options['salt']:04x}{number:08x}"
        path = f"/api/v1/namespaces/{namespace}/events"
        code, body = connection.request("POST", path,
                                        event_body(namespace, name, number, options["message"]))
        if code == 201:
            written.append((namespace, name, int(REVISION.search(body).group(1))))
            if options["patch"] and number % 4 == 0:
                code, body = connection.request("PATCH", f"{path}/{name}", b'{"count":2}',
                                                "application/merge-patch+json")
                if code == 200:
                    written.append((namespace, name, int(REVISION.search(body).group(1))))
        elif code not in (429, 500, 503):
            raise RuntimeError(f"create {name}: {code} {body[:200]!r}")
        number += step
        done += 1
        if rate:
            time.sleep(max(0.0, begin + done / rate - time.monotonic()))
    results.put(written)


class Generator:
    """`total` events by `processes` processes, at `rate` a second altogether (None: as fast as the
    API server goes)."""

    def __init__(self, cluster, total=1 << 40, rate=None, processes=4, namespaces=5, prefix="load",
                 patch=True, message=None, salt=1):
        options = {"port": cluster.ports["apiserver"], "authority": cluster.path("pki/ca.crt"),
                   "token": cluster.tokens["admin"], "namespaces": namespaces, "prefix": prefix,
                   "patch": patch, "message": message, "salt": salt}
        context = multiprocessing.get_context("fork")
        self.results = context.Queue()
        self.stopping = context.Event()
        self.workers = [context.Process(target=work, args=(
            options, i, processes, total, rate and rate / processes, self.results, self.stopping),
            daemon=True) for i in range(processes)]

    def start(self):
        for worker in self.workers:
            worker.start()
        return self

    def join(self):
        """Waits for the rest; everything that was written."""
        written = []
        for _ in self.workers:
            written += self.results.get(timeout=600)
        for worker in self.workers:
            worker.join()
        return written

    def stop(self):
        self.stopping.set()
        return self.join()


def namespaces(cluster, n=5, prefix="load"):
    """Makes the namespaces that a Generator writes to."""
    cluster.apply("".join(f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {prefix}-{i}}}\n"
                          for i in range(n)))
