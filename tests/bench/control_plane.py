#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""control_plane.py TELLTALED FOLDER EVENTS   a real kube-apiserver with so many Events, and a
telltaled that has collected them. Both speak TLS with one certificate and know the same tokens.

When all are there it prints a line `NAME PID URL` for each of the two, then `CA TOKEN`; it ends
both when its standard input ends, at the latest with the process that started it."""
import ctypes
import http.client
import os
import shutil
import signal
import ssl
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "e2e", "harness"))
sys.dont_write_bytecode = True
# pylint: disable=wrong-import-position
from cluster import Cluster, Process, free_ports, wait_for
from generator import Generator, namespaces

PR_SET_PDEATHSIG = 1


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def start_telltaled(program, cluster):
    port = free_ports(1)[0]
    rules = write(cluster.path("rules.yaml"), 'rules:\n- groups: ["system:masters"]\n'
                  '  clusters: ["*"]\n  namespaces: ["*"]\n')
    config = write(cluster.path("telltaled.yaml"), f"""\
data: {cluster.path("data")}
listen: 127.0.0.1:{port}
clusters: [{{name: real, kubeconfig: {cluster.kubeconfig()}}}]
tls: {{cert: {cluster.path("pki/apiserver.crt")}, key: {cluster.path("pki/apiserver.key")}}}
authentication: {{tokenFile: {cluster.path("pki/tokens.csv")}}}
authorization: {{rules: {rules}}}
""")
    log = cluster.path("logs/telltaled.log")
    return Process("telltaled", [program, "--config", config], log), port


def events_at(cluster, port):
    """How many Events telltaled lists."""
    context = ssl.create_default_context(cafile=cluster.path("pki/ca.crt"))
    try:
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=context)
        connection.request("GET", "/api/v1/events",
                           headers={"Authorization": "Bearer " + cluster.tokens["admin"]})
        return connection.getresponse().read().count(b'"involvedObject":')
    except OSError:
        return 0


def main():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    program, folder, events = sys.argv[1], sys.argv[2], int(sys.argv[3])
    cluster = Cluster(folder)
    telltaled = None
    try:
        cluster.start_etcd()
        cluster.start_apiserver()
        namespaces(cluster)
        Generator(cluster, total=events, patch=False).start().join()
        telltaled, port = start_telltaled(program, cluster)
        wait_for("all events", lambda: events_at(cluster, port) >= events, 60, 0.5)
        print(f"kube-apiserver {cluster.processes['kube-apiserver'].pid} {cluster.url}\n"
              f"telltaled {telltaled.pid} https://127.0.0.1:{port}\n"
              f"{cluster.path('pki/ca.crt')} {cluster.tokens['admin']}", flush=True)
        sys.stdin.read()
    finally:
        if telltaled is not None:
            telltaled.stop()
        cluster.end()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
