#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""deploy/ is what it says: a real API server takes the manifests, the rights they give are enough to
collect, systemd takes the unit."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness"))
# pylint: disable=wrong-import-position
import generator
from books import FIRST, check_created, check_gaps
from cluster import Cluster
from daemon import BUILD, TELLTALED, Daemon
from tap import check, equal, folder, remove, run

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
MANIFEST = os.path.join(ROOT, "deploy", "kubernetes", "telltale.yaml")
ACCESS = os.path.join(ROOT, "deploy", "kubernetes", "access.yaml")
STATE = folder("deploy")
cluster = Cluster(os.path.join(STATE, "cluster"))


def documents(manifest=MANIFEST):
    with open(manifest, encoding="utf-8") as file:
        return re.split(r"^---$", file.read(), flags=re.M)


def a_real_api_server_takes_the_manifests():
    cluster.apply(documents()[0])  # a dry run makes no namespace for the rest
    for manifest in (MANIFEST, ACCESS):
        out = cluster.kubectl("apply", "--server-side", "--dry-run=server", "-f", manifest)
        equal(len(out.stdout.splitlines()), len(documents(manifest)), out.stdout)
        equal(out.stderr, "", "warnings, as of the restricted Pod security standard")


def the_rights_of_the_manifests_are_enough():
    for kind in ("ServiceAccount", "ClusterRole", "ClusterRoleBinding"):
        cluster.apply(next(d for d in documents() if re.search(f"^kind: {kind}$", d, re.M)))
    token = cluster.kubectl("-n", "telltale", "create", "token", "telltaled").stdout.strip()
    with open(cluster.kubeconfig(), encoding="ascii") as file:
        text = file.read()
    path = os.path.join(STATE, "telltaled.kubeconfig")
    with open(path, "w", encoding="ascii") as file:
        file.write(text.replace(cluster.tokens["admin"], token))
    generator.namespaces(cluster)
    daemon = Daemon(os.path.join(STATE, "telltaled"), path)
    try:
        daemon.start()
        daemon.wait_state("watching")
        written = generator.Generator(cluster, total=50).start().join()
        daemon.wait_rv(written[-1][2])
        check_created(daemon.records(), written)
        check_gaps(daemon.records(), [FIRST])
        check("forbidden" not in daemon.log_text(), "nothing was forbidden")
    finally:
        daemon.end()


def telltaled_takes_the_configuration_of_the_manifests():
    document = next(d for d in documents() if "kind: ConfigMap" in d)
    lines = document.partition("telltaled.yaml: |\n")[2].splitlines()
    path = os.path.join(STATE, "telltaled.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line[4:] + "\n" for line in lines)
    environment = {**os.environ, "KUBERNETES_SERVICE_HOST": "10.0.0.1",
                   "KUBERNETES_SERVICE_PORT": "443"}
    out = subprocess.run([TELLTALED, "--config", path, "--check"], capture_output=True, text=True,
                         env=environment, check=False)
    equal(out.returncode, 0, out.stderr)
    check("0.0.0.0:7448" in out.stdout, "the effective configuration is printed", out.stdout)


def systemd_takes_the_unit():
    with open(os.path.join(BUILD, "deploy", "telltaled.service"), encoding="utf-8") as file:
        text = re.sub(r"ExecStart=\S+", "ExecStart=" + os.path.abspath(TELLTALED), file.read())
    text = text.replace("Documentation=man:telltaled(8)\n", "")  # not installed here
    path = os.path.join(STATE, "telltaled.service")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    out = subprocess.run(["systemd-analyze", "verify", path], capture_output=True, text=True,
                         check=False)
    equal((out.returncode, out.stderr), (0, ""), "systemd-analyze verify")


try:
    cluster.up("kcm")
    run([a_real_api_server_takes_the_manifests, the_rights_of_the_manifests_are_enough,
         telltaled_takes_the_configuration_of_the_manifests, systemd_takes_the_unit])
finally:
    cluster.end()
    remove(STATE)
