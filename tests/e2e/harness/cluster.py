#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Kubernetes control plane on loopback, its state in one folder.

As a module: Cluster starts and stops its parts one by one, keeps ports, certificates and tokens
over restarts, and speaks to the API. As a program, for trying things by hand:

    cluster.py up FOLDER [kcm sched kwok hollow]     then: . FOLDER/env
    cluster.py down FOLDER

Everything listens on 127.0.0.1 alone, on ports that the kernel chose. Programs of a Cluster end
with the process that started them. Their output is in FOLDER/logs."""
import argparse
import base64
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(HERE, "..", "cluster", "build.sh")
USERS = {  # token's user: groups
    "admin": "system:masters", "system:kube-controller-manager": "system:masters",
    "system:kube-scheduler": "", "event-viewer": "", "nobody": "",
}
VIEWER = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: event-viewer}
rules:
- {apiGroups: ["", events.k8s.io], resources: [events], verbs: [get, list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: event-viewer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: event-viewer}
subjects: [{kind: User, apiGroup: rbac.authorization.k8s.io, name: event-viewer}]
"""
NODE = """\
---
apiVersion: v1
kind: Node
metadata:
  name: node-{0}
  annotations: {{kwok.x-k8s.io/node: fake}}
  labels: {{type: kwok, kubernetes.io/hostname: node-{0}, kubernetes.io/os: linux}}
status:
  allocatable: {{cpu: "8", memory: 16Gi, pods: "110"}}
  capacity: {{cpu: "8", memory: 16Gi, pods: "110"}}
"""


def free_ports(n):
    """`n` different ports that nothing listens on."""
    sockets = [socket.socket() for _ in range(n)]
    for s in sockets:
        s.bind(("127.0.0.1", 0))
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def wait_for(what, check, seconds=60, every=0.05):
    """Calls `check` until it is true; its value. TimeoutError names `what`."""
    end = time.monotonic() + seconds
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(every)


class Process:
    """One program with its log. It dies with us unless `detached`."""

    def __init__(self, name, arguments, log, detached=False, env=None):
        self.name = name
        command = list(arguments)
        if not detached:
            command = ["setpriv", "--pdeathsig", "KILL", *command]
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out,
                                          stderr=out, start_new_session=True, env=env)
        self.log = log

    @property
    def pid(self):
        return self.popen.pid

    def alive(self):
        return self.popen.poll() is None

    def tail(self, lines=8):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def stop(self, sig=signal.SIGTERM, seconds=15):
        """Ends it, with SIGKILL after `seconds`; its status."""
        if self.alive():
            self.popen.send_signal(sig)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        return self.popen.wait()

    def rss(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        return 0


class Api:
    """Requests to the API server with one kept connection. Not for several threads."""

    def __init__(self, cluster, token):
        self.port = cluster.ports["apiserver"]
        self.context = ssl.create_default_context(cafile=cluster.path("pki/ca.crt"))
        self.token = token
        self.connection = None

    def request(self, method, path, body=None, content_type="application/json"):
        """Status and body; reconnects once."""
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        headers = {"Authorization": "Bearer " + self.token, "Content-Type": content_type}
        for last in (False, True):
            try:
                if self.connection is None:
                    self.connection = http.client.HTTPSConnection(
                        "127.0.0.1", self.port, timeout=30, context=self.context)
                self.connection.request(method, path, data, headers)
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                self.connection = None
                if last:
                    raise
        raise AssertionError

    def get(self, path):
        status, body = self.request("GET", path)
        if status != 200:
            raise RuntimeError(f"GET {path}: {status} {body[:300]!r}")
        return json.loads(body)


class Cluster:
    """etcd and kube-apiserver, and on demand the parts that make events."""

    def __init__(self, folder, event_ttl="1h", compaction="5m", detached=False):
        self.folder = os.path.abspath(folder)
        self.event_ttl, self.compaction = event_ttl, compaction
        self.detached = detached
        self.bin = subprocess.run([BUILD], check=True, capture_output=True,
                                  text=True).stdout.split("\n")[-2]
        self.processes = {}
        os.makedirs(self.path("logs"), exist_ok=True)
        os.makedirs(self.path("pki"), exist_ok=True)
        names = ("etcd", "peer", "apiserver", "kwok")
        self.ports = dict(zip(names, free_ports(4)))
        self.make_keys()
        self.tokens = {user: secrets.token_hex(16) for user in USERS}
        self.write_tokens()

    def path(self, name):
        return os.path.join(self.folder, name)

    @property
    def etcd_url(self):
        return f"http://127.0.0.1:{self.ports['etcd']}"

    @property
    def url(self):
        return f"https://127.0.0.1:{self.ports['apiserver']}"

    # --- certificates, tokens, kubeconfigs

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.path("pki"), check=True,
                       capture_output=True)

    def make_keys(self):
        """One CA, one certificate of the API server, one key for ServiceAccounts."""
        if os.path.exists(self.path("pki/ca.crt")):
            return
        names = ("IP:127.0.0.1,IP:10.0.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,"
                 "DNS:kubernetes.default.svc")
        with open(self.path("pki/extensions"), "w", encoding="ascii") as file:
            file.write(f"subjectAltName={names}\nextendedKeyUsage=serverAuth\n"
                       "keyUsage=digitalSignature,keyEncipherment\n")
        for key in ("ca", "apiserver", "sa"):
            self.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key + ".key")
        self.openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=e2e-ca",
                     "-days", "3650", "-out", "ca.crt")
        self.openssl("req", "-new", "-key", "apiserver.key", "-subj", "/CN=kube-apiserver",
                     "-out", "apiserver.csr")
        self.openssl("x509", "-req", "-in", "apiserver.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
                     "-CAcreateserial", "-days", "3650", "-out", "apiserver.crt",
                     "-extfile", "extensions")
        self.openssl("ec", "-in", "sa.key", "-pubout", "-out", "sa.pub")

    def write_tokens(self):
        with open(self.path("pki/tokens.csv"), "w", encoding="ascii") as file:
            for user, groups in USERS.items():
                row = f"{self.tokens[user]},{user},{user.replace(':', '-')}"
                file.write(row + (f',"{groups}"' if groups else "") + "\n")
        with open(self.path("pki/ca.crt"), "rb") as file:
            authority = base64.b64encode(file.read()).decode()
        for user in USERS:
            self.write_kubeconfig(self.kubeconfig(user), authority, self.tokens[user])

    def kubeconfig(self, user="admin"):
        return self.path(user.replace(":", "-") + ".kubeconfig")

    def write_kubeconfig(self, path, authority, token):
        with open(path, "w", encoding="ascii") as file:
            os.chmod(path, 0o600)
            file.write(f"""\
apiVersion: v1
kind: Config
current-context: e2e
clusters: [{{name: e2e, cluster: {{server: "{self.url}", certificate-authority-data: {authority}}}}}]
users: [{{name: u, user: {{token: "{token}"}}}}]
contexts: [{{name: e2e, context: {{cluster: e2e, user: u, namespace: default}}}}]
""")

    # --- parts

    def start(self, name, *arguments):
        process = Process(name, [os.path.join(self.bin, name), *arguments],
                          self.path(f"logs/{name}.log"), self.detached)
        self.processes[name] = process
        return process

    def wait_ready(self, process, url):
        """Waits until `url` answers 200, or says what the program's last words were."""
        context = ssl.create_default_context(cafile=self.path("pki/ca.crt"))
        host = url.split("/")[2].split(":")

        def ready():
            if not process.alive():
                raise RuntimeError(f"{process.name} ended:\n{process.tail()}")
            try:
                kind = http.client.HTTPSConnection if url.startswith("https") else None
                connection = kind(*host, timeout=2, context=context) if kind else (
                    http.client.HTTPConnection(*host, timeout=2))
                connection.request("GET", "/" + url.split("/", 3)[3])
                return connection.getresponse().status == 200
            except OSError:
                return False
        wait_for(f"{process.name} ready", ready, 90)

    def start_etcd(self):
        """fsync is left out: it is a matter of speed here, etcd is not what is tested."""
        peer = f"http://127.0.0.1:{self.ports['peer']}"
        process = self.start(
            "etcd", "--name", "e2e", "--data-dir", self.path("etcd"), "--unsafe-no-fsync",
            "--log-level", "warn", "--listen-client-urls", self.etcd_url,
            "--advertise-client-urls", self.etcd_url, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"e2e={peer}")
        self.wait_ready(process, self.etcd_url + "/health")

    def start_apiserver(self, *more):
        pki = self.path("pki/")
        process = self.start(
            "kube-apiserver", "--etcd-servers", self.etcd_url,
            "--etcd-compaction-interval", self.compaction, "--event-ttl", self.event_ttl,
            "--bind-address", "127.0.0.1", "--advertise-address", "127.0.0.1",
            "--secure-port", str(self.ports["apiserver"]), "--endpoint-reconciler-type", "none",
            "--tls-cert-file", pki + "apiserver.crt",
            "--tls-private-key-file", pki + "apiserver.key", "--client-ca-file", pki + "ca.crt",
            "--token-auth-file", pki + "tokens.csv", "--authorization-mode", "RBAC",
            "--service-account-issuer", "https://kubernetes.default.svc",
            "--service-account-key-file", pki + "sa.pub",
            "--service-account-signing-key-file", pki + "sa.key",
            "--service-cluster-ip-range", "10.0.0.0/24", "--allow-privileged", "--profiling=false",
            *more)
        self.wait_ready(process, self.url + "/readyz")

    def start_kcm(self):
        self.start("kube-controller-manager",
                   "--kubeconfig", self.kubeconfig("system:kube-controller-manager"),
                   "--secure-port", "0", "--leader-elect=false",
                   "--service-account-private-key-file", self.path("pki/sa.key"),
                   "--root-ca-file", self.path("pki/ca.crt"), "--profiling=false")
        wait_for("default ServiceAccount",
                 lambda: self.kubectl("get", "sa", "default", check=False).returncode == 0)

    def start_sched(self):
        """Retries pods that do not fit every 5 s, so that their events come to be repeated."""
        self.start("kube-scheduler", "--kubeconfig", self.kubeconfig("system:kube-scheduler"),
                   "--secure-port", "0", "--leader-elect=false", "--profiling=false",
                   "--pod-max-in-unschedulable-pods-duration=5s")

    def start_kwok(self, nodes=2):
        """Simulated nodes, which run any pod at once and have no events of their own."""
        self.apply("".join(NODE.format(i + 1) for i in range(nodes)))
        self.start("kwok", "--kubeconfig", self.kubeconfig(), "--manage-all-nodes=false",
                   "--manage-nodes-with-label-selector", "type=kwok",
                   "--node-lease-duration-seconds", "40", "--cidr", "10.1.0.0/16",
                   "--node-ip", "127.0.0.1",
                   "--server-address", f"127.0.0.1:{self.ports['kwok']}")
        self.wait_nodes(nodes, "type=kwok")

    def start_hollow(self):
        """A real kubelet whose containers exist in its memory alone. Images */bad/* cannot be
        pulled, containers of */crash/* end with status 1 after a second. Needs /dev/kmsg: root."""
        self.start("hollowkubelet", "--kubeconfig", self.kubeconfig(), "--name", "hollow-1",
                   "--root-dir", self.path("hollow"))
        self.wait_nodes(1, "type=hollow")

    def wait_nodes(self, n, label):
        def ready():
            run = self.kubectl("get", "nodes", "-l", label, "--no-headers", check=False)
            return sum(line.split()[1] == "Ready" for line in run.stdout.splitlines()) >= n
        wait_for(f"{n} nodes {label}", ready)

    def up(self, *parts):
        """etcd, the API server, and `parts` of: kcm sched kwok hollow."""
        self.start_etcd()
        self.start_apiserver()
        self.apply(VIEWER)
        for part in parts:
            getattr(self, "start_" + part)()
        return self

    def stop(self, *names, sig=signal.SIGTERM):
        for name in names:
            self.processes.pop(name).stop(sig)

    def end(self):
        """Ends everything at once."""
        self.stop(*list(self.processes), sig=signal.SIGKILL)

    # --- use

    def kubectl(self, *arguments, stdin=None, check=True, user="admin"):
        run = subprocess.run(
            [os.path.join(self.bin, "kubectl"), "--kubeconfig", self.kubeconfig(user), *arguments],
            input=stdin, capture_output=True, text=True, check=False)
        if check and run.returncode:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {run.stderr.strip()}")
        return run

    def apply(self, manifest):
        self.kubectl("apply", "--server-side", "-f", "-", stdin=manifest)

    def api(self, user="admin"):
        return Api(self, self.tokens[user])

    def events(self):
        """What `kubectl get events -A -o json` says."""
        return json.loads(self.kubectl("get", "events", "-A", "-o", "json").stdout)["items"]

    def revision(self):
        """The revision of the whole cluster now."""
        answer = self.api().get("/api/v1/events?limit=1")
        return int(answer["metadata"]["resourceVersion"])

    def compact(self, revision=None):
        """Forgets all revisions before `revision` (now)."""
        self.etcdctl("compaction", str(revision or self.revision()))

    def etcdctl(self, *arguments):
        run = subprocess.run([os.path.join(self.bin, "etcdctl"), "--endpoints", self.etcd_url,
                              *arguments], capture_output=True, text=True, check=False)
        if run.returncode:
            raise RuntimeError(f"etcdctl {' '.join(arguments)}: {run.stderr.strip()}")
        return run.stdout

    def copy_etcd(self, name):
        """Keeps a copy of etcd's data; everything must be stopped or quiet."""
        shutil.copytree(self.path("etcd"), self.path(name))

    def restore_etcd(self, name):
        """Puts the copy back in place of etcd's data, with etcd and the API server stopped."""
        shutil.rmtree(self.path("etcd"))
        shutil.copytree(self.path(name), self.path("etcd"))


def main():
    parser = argparse.ArgumentParser(usage="cluster.py up|down FOLDER [kcm sched kwok hollow]")
    parser.add_argument("verb", choices=["up", "down"])
    parser.add_argument("folder")
    parser.add_argument("parts", nargs="*", choices=[[], "kcm", "sched", "kwok", "hollow"])
    options = parser.parse_args()
    pids = os.path.join(options.folder, "pids")
    if options.verb == "up":
        begin = time.monotonic()
        cluster = Cluster(options.folder, detached=True).up(*options.parts)
        with open(pids, "w", encoding="ascii") as file:
            file.writelines(f"{p.pid} {name}\n" for name, p in cluster.processes.items())
        with open(cluster.path("env"), "w", encoding="ascii") as file:
            file.write(f"export KUBECONFIG={cluster.kubeconfig()}\n"
                       f"export PATH={cluster.bin}:$PATH ETCDCTL_ENDPOINTS={cluster.etcd_url}\n")
        print(f"up in {time.monotonic() - begin:.1f} s; use it with: . {cluster.path('env')}")
        return
    with open(pids, encoding="ascii") as file:
        for line in reversed(file.readlines()):
            pid, name = line.split()
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as command:
                    if name.encode() in command.read():
                        os.kill(int(pid), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                pass
    time.sleep(0.2)
    shutil.rmtree(options.folder)


if __name__ == "__main__":
    main()
