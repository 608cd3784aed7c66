# SPDX-License-Identifier: Apache-2.0
"""telltaled as a child process, and what it holds."""
import http.client
import json
import os
import re
import signal
import subprocess
import urllib.parse

from cluster import Process, free_ports, wait_for

BUILD = os.environ.get("TT_E2E_BUILD", "build/main")
TELLTALED = os.path.join(BUILD, "cmd", "telltaled", "telltaled")
TELLTALE = os.path.join(BUILD, "cmd", "telltale", "telltale")
RESOURCE_VERSION = re.compile(r'"metadata":\{[^{}]*"resourceVersion":"(\d+)"')


class Daemon:
    """One data directory; telltaled is started on it as often as a test likes. The logs of all
    its runs are in one file."""

    def __init__(self, folder, kubeconfig=None, name="e2e", **options):
        """`options` are keys of the cluster's configuration, as watchSeconds=5."""
        self.folder = os.path.abspath(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.data = os.path.join(self.folder, "data")
        self.log = os.path.join(self.folder, "telltaled.log")
        self.config = os.path.join(self.folder, "telltaled.yaml")
        self.port = free_ports(1)[0]
        self.name = name
        self.process = None
        self.write_config(kubeconfig, options)

    def write_config(self, kubeconfig, options):
        lines = [f"data: {self.data}", f"listen: 127.0.0.1:{self.port}", "log: {level: debug}",
                 "clusters:"]
        keys = {"name": self.name, "kubeconfig": kubeconfig, **options}
        keys = ", ".join(f"{key}: {value}" for key, value in keys.items() if value is not None)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + f"\n  - {{{keys}}}\n")

    # --- the process

    def start(self, ready=True):
        self.process = Process("telltaled", [TELLTALED, "--config", self.config], self.log)
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self):
        def answers():
            if not self.process.alive():
                raise RuntimeError(f"telltaled ended:\n{self.process.tail()}")
            try:
                return self.get("/readyz")[0] == 200
            except OSError:
                return False
        wait_for("telltaled ready", answers, 20, 0.02)

    def stop(self):
        """SIGTERM, which must do within 5 s."""
        status = self.process.stop(signal.SIGTERM, 8)
        if status:
            raise RuntimeError(f"telltaled ended with {status}:\n{self.process.tail()}")

    def kill(self):
        self.process.stop(signal.SIGKILL)

    def end(self):
        """For `finally`: whatever state it is in."""
        if self.process is not None and self.process.alive():
            self.process.stop(signal.SIGKILL)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    # --- over HTTP

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def status(self):
        code, body = self.get("/v1/status")
        if code != 200:
            raise RuntimeError(f"/v1/status: {code} {body}")
        return json.loads(body)

    def cluster_status(self):
        """The entry of our cluster, or None while there is none."""
        return next((c for c in self.status()["clusters"] if c["name"] == self.name), None)

    def wait_state(self, state, seconds=60):
        return wait_for(f"collector {state}", lambda: (self.cluster_status() or {}).get(
            "state") == state, seconds)

    def wait_rv(self, revision, seconds=60):
        """Waits until the event of this revision, or a later one, is in the log. (The position in
        the status runs ahead of what is committed.)"""
        def reached():
            cluster = self.cluster_status()
            if not cluster or int(cluster["resourceVersion"] or 0) < revision:
                return False
            after = max(0, self.status()["head"] - 2000)
            _, body = self.get(f"/v1/records?after={after}&limit=10000")
            return any(int(found) >= revision for found in RESOURCE_VERSION.findall(body))
        try:
            wait_for(f"position {revision}", reached, seconds)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; status: {self.cluster_status()}") from None

    def wait_key(self, key, seconds=60):
        """Waits until the event written as `key` (namespace, name, resourceVersion) is in the log:
        for histories in which revisions come again."""
        def there():
            after = max(0, self.status()["head"] - 2000)
            _, body = self.get(f"/v1/records?after={after}&limit=10000")
            records = [json.loads(line) for line in body.splitlines()]
            return any((e["metadata"]["namespace"], e["metadata"]["name"],
                        int(e["metadata"]["resourceVersion"])) == key
                       for e in (r["event"] for r in event_records(records)))
        wait_for(f"event {key}", there, seconds)

    def wait_count(self, n, seconds=60):
        """Waits until `n` event records are held."""
        wait_for(f"{n} events", lambda: (self.cluster_status() or {}).get("events", 0) >= n,
                 seconds)

    def records(self):
        """The whole log in order, without the cursor lines."""
        records, cursor = [], 0
        while True:
            code, body = self.get(f"/v1/records?after={cursor}&limit=10000")
            if code != 200:
                raise RuntimeError(f"/v1/records: {code} {body[:500]}")
            lines = [json.loads(line) for line in body.splitlines()]
            if not lines or lines[-1]["kind"] != "cursor":
                raise RuntimeError(f"/v1/records?after={cursor} does not end with its cursor line")
            records += lines[:-1]
            if len(lines) == 1:
                return records
            cursor = lines[-1]["seq"]

    def metrics(self):
        """Name with labels → value."""
        code, body = self.get("/metrics")
        if code != 200:
            raise RuntimeError(f"/metrics: {code}")
        found = {}
        for line in body.splitlines():
            match = re.match(r"([a-z_]+(?:\{.*\})?) (\S+)$", line)
            if match:
                found[match.group(1)] = float(match.group(2))
        return found

    def metric(self, name, **labels):
        """The sum over all series of `name` that have these labels."""
        total = 0.0
        for series, value in self.metrics().items():
            base, _, rest = series.partition("{")
            if base == name and all(f'{k}="{v}"' in rest for k, v in labels.items()):
                total += value
        return total

    # --- the command line

    def telltale(self, *arguments, data=False, check=True, env=None):
        """Runs `telltale` against the daemon, or directly on its data directory."""
        where = ["--data", self.data] if data else ["--server", f"http://127.0.0.1:{self.port}"]
        run = subprocess.run([TELLTALE, *where, *arguments], capture_output=True, text=True,
                             timeout=120, env=env, check=False)
        if check and run.returncode:
            raise RuntimeError(f"telltale {' '.join(arguments)}: status {run.returncode}: "
                               f"{run.stderr.strip()}")
        return run


def gaps(records):
    return [record for record in records if record["kind"] == "gap"]


def event_records(records):
    return [record for record in records if record["kind"] == "event"]


def quote(text):
    return urllib.parse.quote(text, safe="")
