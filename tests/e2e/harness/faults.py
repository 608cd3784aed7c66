# SPDX-License-Identifier: Apache-2.0
"""The API server that misbehaves on command (tests/fault/apiserver.py) for end-to-end tests."""
import json
import os
import subprocess
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
SERVER = os.path.join(HERE, "..", "..", "fault", "apiserver.py")


class FaultServer:
    def __init__(self, *arguments):
        self.process = subprocess.Popen(["/usr/bin/python3", SERVER, *arguments],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())

    def command(self, op, **more):
        """Its answer to one command."""
        request = urllib.request.Request(self.ready["control"],
                                         json.dumps({"op": op, **more}).encode())
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def rules(self, *rules):
        self.command("rules", rules=list(rules))

    def fill(self, n, prefix="e", size=40, namespace="default"):
        self.command("fill", n=n, prefix=prefix, bytes=size, namespace=namespace)

    def rv(self):
        return int(self.command("state")["rv"])

    def kubeconfig(self, path, user="{}", authority=None):
        """Writes a kubeconfig for it; returns `path`."""
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"""\
apiVersion: v1
kind: Config
current-context: fault
clusters:
- {{name: fault, cluster: {{server: "{self.ready['url']}",
    certificate-authority: "{authority or self.ready['ca']}"}}}}
users: [{{name: u, user: {user}}}]
contexts: [{{name: fault, context: {{cluster: fault, user: u}}}}]
""")
        return path

    def end(self):
        self.process.stdin.close()
        self.process.wait(10)
