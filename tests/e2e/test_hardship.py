#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad credentials, missing rights, a full disk, a read-only root: a clear message, recovery, and
nothing lost."""
import contextlib
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness"))
# pylint: disable=wrong-import-position
import generator
from books import FIRST, check_books, check_created, check_gaps, check_holds, check_once
from cluster import Cluster, Process, wait_for
from daemon import TELLTALED, Daemon
from tap import Skip, check, equal, folder, note, remove, run

STATE = folder("hardship")
cluster = Cluster(os.path.join(STATE, "cluster"), compaction="0")
salts = iter(range(1, 1000))
NOBODY_MAY = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: nobody-may}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: event-viewer}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: nobody}]
"""


def write(n, **more):
    return generator.Generator(cluster, total=n, processes=2, salt=next(salts), **more
                               ).start().join()


@contextlib.contextmanager
def daemon(name, kubeconfig, **options):
    options.setdefault("watchSeconds", 3)
    d = Daemon(os.path.join(STATE, name), kubeconfig, **options)
    try:
        yield d
    finally:
        d.end()


def problem(d):
    """What the status says is wrong, once it says so."""
    def words():
        status = d.cluster_status()
        return status and status["watches"] and status["watches"][0]["problem"]
    return wait_for("a problem in the status", words, 20)


def without_rights_it_says_so_and_recovers():
    with daemon("forbidden", cluster.kubeconfig("nobody")) as d:
        d.start()
        words = problem(d)
        check("forbidden" in words and "nobody" in words, "the problem is named", words)
        equal(d.get("/readyz")[0], 200, "it is ready all the same")
        write(20)
        cluster.apply(NOBODY_MAY)
        d.wait_state("watching")
        d.wait_count(20)
        cluster.kubectl("delete", "clusterrolebinding", "nobody-may")
        check("forbidden" in problem(d), "the loss of a right is noticed")
        written = write(20)
        cluster.apply(NOBODY_MAY)
        d.wait_rv(written[-1][2])
        records = d.records()
        check_once(records)
        check_holds(records, cluster.events())
        equal(len([g for g in records if g["kind"] == "gap" and g["lost"] == "events"]), 1,
              "only the first gap says that events are lost")


def a_wrong_authority_is_named():
    path = os.path.join(STATE, "wrong-ca.kubeconfig")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", os.devnull,
                    "-subj", "/CN=other-ca", "-out", path + ".crt"], check=True,
                   capture_output=True)
    with open(cluster.kubeconfig(), encoding="ascii") as file:
        head, _, rest = file.read().partition("certificate-authority-data: ")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"{head}certificate-authority: {path}.crt}}}}]\n{rest.split('}}]', 1)[1]}")
    with daemon("wrong-ca", path) as d:
        d.start()
        words = problem(d)
        check("certificate" in words, "the problem is named", words)
        note(words)


def a_rotated_token_is_read_again():
    token, path = os.path.join(STATE, "token"), os.path.join(STATE, "token.kubeconfig")
    with open(cluster.kubeconfig(), encoding="ascii") as file:
        text = file.read()
    with open(path, "w", encoding="ascii") as file:
        file.write(text.replace(f'token: "{cluster.tokens["admin"]}"', f"tokenFile: {token}"))

    def put(value):
        with open(token + ".new", "w", encoding="ascii") as out:
            out.write(value)
        os.rename(token + ".new", token)
    put(cluster.tokens["event-viewer"])
    with daemon("rotated", path) as d:
        d.start()
        d.wait_state("watching")
        written = write(20)
        d.wait_rv(written[-1][2])
        old = cluster.tokens["event-viewer"]
        cluster.tokens["event-viewer"] = "rotated" + old
        cluster.write_tokens()
        cluster.stop("kube-apiserver")
        cluster.start_apiserver()
        written += write(20)
        words = problem(d)
        check("401" in words or "nauthorized" in words, "the old token is refused", words)
        put(cluster.tokens["event-viewer"])
        d.wait_rv(written[-1][2])
        records = d.records()
        check_created(records, written)
        check_gaps(records, [FIRST])


def a_full_disk_stops_and_resumes_by_itself():
    """The position stays, the watch is closed: an API server would buffer what nobody reads."""
    if os.geteuid() != 0:
        raise Skip("needs root to mount a small file system")
    mount = os.path.join(STATE, "full", "data")
    os.makedirs(mount)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", mount],
                      check=False).returncode:
        raise Skip("cannot mount a tmpfs here")
    try:
        with daemon("full", cluster.kubeconfig()) as d:
            d.start()
            d.wait_state("watching")
            filler = os.path.join(mount, "filler")
            with open(filler, "wb") as file:
                try:
                    while True:
                        file.write(b"\0" * 65536)
                        file.flush()
                except OSError:
                    pass
            api = cluster.processes["kube-apiserver"]
            load = generator.Generator(cluster, rate=800, processes=3, salt=next(salts),
                                       message="x" * 900).start()
            time.sleep(10)
            before = api.rss()
            time.sleep(20)
            grown = api.rss() - before
            written = load.stop()
            note(f"{len(written)} writes, the API server grew by {grown >> 20} MiB")
            equal(d.get("/readyz")[0], 503, "a full disk makes it unready")
            check(grown < 60 << 20, "the API server's memory stays flat", grown)
            check(d.cluster_status() is not None, "the status answers")
            os.remove(filler)
            d.wait_rv(max(key[2] for key in written), 120)
            records = d.records()
            check_created(records, written)
            check_once(records)
            check_gaps(records, [FIRST])
            check_books(d)
            equal(d.get("/readyz")[0], 200, "it is ready again")
    finally:
        subprocess.run(["umount", mount], check=False)


def it_runs_as_nobody_on_a_read_only_root():
    if os.geteuid() != 0:
        raise Skip("needs root for a mount namespace")
    with daemon("readonly", cluster.kubeconfig()) as d:
        os.makedirs(d.data)
        os.chmod(STATE, 0o755)
        for path in (cluster.kubeconfig(), d.config):
            os.chmod(path, 0o644)
        script = (f"mount --bind {d.data} {d.data} && chown 65534:65534 {d.data} && "
                  "mount -o remount,ro,bind / && exec setpriv --reuid 65534 --regid 65534 "
                  f"--clear-groups --no-new-privs --inh-caps=-all {os.path.abspath(TELLTALED)} "
                  f"--config {d.config}")
        d.process = Process("telltaled", ["unshare", "--mount", "sh", "-c", script], d.log)
        d.wait_ready()
        written = write(20)
        d.wait_rv(written[-1][2])
        equal(os.stat(os.path.join(d.data, "telltale.db")).st_uid, 65534, "the owner of the log")
        d.stop()


try:
    cluster.up()
    os.chmod(STATE, 0o755)
    generator.namespaces(cluster)
    run([without_rights_it_says_so_and_recovers, a_wrong_authority_is_named,
         a_rotated_token_is_read_again, a_full_disk_stops_and_resumes_by_itself,
         it_runs_as_nobody_on_a_read_only_root])
finally:
    cluster.end()
    remove(STATE)
