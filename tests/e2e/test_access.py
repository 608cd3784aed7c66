#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may read the history of a cluster: those whom its own API server lets read the events, which
is asked by TokenReview and SubjectAccessReview with the rights that deploy/kubernetes/access.yaml
gives. What was revoked ends within 60 s; without the API server only telltaled's own users are
known."""
import http.client
import json
import os
import ssl
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness"))
# pylint: disable=wrong-import-position
import generator
from cluster import Cluster, wait_for
from daemon import Daemon
from tap import check, equal, folder, remove, run

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DEPLOY = os.path.join(ROOT, "deploy", "kubernetes")
STATE = folder("access")
cluster = Cluster(os.path.join(STATE, "cluster"))
REVOKED_S = 60

# Two namespaces, a user of one of them, and one of both.
USERS = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Namespace
metadata: {name: cart}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: reader, namespace: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: auditor, namespace: shop}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: stranger, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: auditor}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: event-viewer}
subjects: [{kind: ServiceAccount, name: auditor, namespace: shop}]
---
"""
READER = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: event-viewer}
subjects: [{kind: ServiceAccount, name: reader, namespace: shop}]
"""
RULES = """\
rules:
- {users: [keeper], clusters: ["*"], namespaces: ["*"]}
"""
LISTS = ["/api/v1/events", "/api/v1/namespaces/shop/events", "/api/v1/namespaces/cart/events",
         "/apis/events.k8s.io/v1/events", "/apis/events.k8s.io/v1/namespaces/shop/events",
         "/apis/events.k8s.io/v1/namespaces/cart/events",
         "/api/v1/namespaces/shop/events/missing", "/api/v1/namespaces/cart/events/missing"]


class Guarded(Daemon):
    """A telltaled that knows its users. What the harness asks, "keeper" of its own file asks."""

    def write_config(self, kubeconfig, options):
        super().write_config(kubeconfig, options)
        for name, text in (("tokens", "keeper-token,keeper,1\n"), ("rules.yaml", RULES)):
            with open(os.path.join(self.folder, name), "w", encoding="ascii") as file:
                file.write(text)
        with open(self.config, "a", encoding="ascii") as file:
            file.write(f"authentication: {{tokenFile: {self.folder}/tokens, tokenReview: true}}\n"
                       f"authorization: {{rules: {self.folder}/rules.yaml, "
                       "subjectAccessReview: true}\n")

    def connect(self, timeout=60):
        context = ssl.create_default_context(cafile=os.path.join(self.data, "tls", "tls.crt"))
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout,
                                           context=context)

    def get(self, path, token="keeper-token"):
        return self.ask("GET", path, token)

    def ask(self, method, path, token, body=None):
        connection = self.connect()
        try:
            headers = {"Authorization": "Bearer " + token} if token else {}
            if body is not None:
                headers["Content-Type"] = "application/json"
            connection.request(method, path, body and json.dumps(body), headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


daemon = None  # of all tests; made by start()
tokens = {}


def start():
    """The cluster's users, and a telltaled with the rights of the manifests alone."""
    global daemon  # pylint: disable=global-statement
    for manifest in ("telltale.yaml", "access.yaml"):
        with open(os.path.join(DEPLOY, manifest), encoding="ascii") as file:
            for document in file.read().split("\n---\n"):
                if any(f"\nkind: {kind}\n" in "\n" + document for kind in (
                        "Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding")):
                    cluster.apply(document)
    cluster.apply(USERS + READER)
    for name in ("reader", "auditor", "stranger"):
        tokens[name] = cluster.kubectl("-n", "shop", "create", "token", name).stdout.strip()
    own = cluster.kubectl("-n", "telltale", "create", "token", "telltaled").stdout.strip()
    with open(cluster.kubeconfig(), encoding="ascii") as file:
        text = file.read().replace(cluster.tokens["admin"], own)
    path = os.path.join(STATE, "telltaled.kubeconfig")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    daemon = Guarded(os.path.join(STATE, "telltaled"), path)
    daemon.start()
    daemon.wait_state("watching")
    for namespace in ("shop", "cart"):
        write(namespace, "old")
    wait_for("both events", lambda: daemon.cluster_status()["events"] >= 2, 20)


def write(namespace, name):
    body = json.loads(generator.event_body(namespace, name, 1, "of " + name))
    status, answer = cluster.api().request("POST", f"/api/v1/namespaces/{namespace}/events", body)
    check(status == 201, f"POST: {status}", answer)


def list_names(user, path):
    """The status, and the names of the events."""
    status, body = daemon.get("/clusters/e2e/last/7d" + path, tokens[user])
    return status, sorted(i["metadata"]["name"] for i in json.loads(body).get("items", []))


def rights_are_those_of_the_cluster():
    differ = []
    for name, token in [*tokens.items(), ("nobody", "a" * 32), ("", "")]:
        api = cluster.api()
        api.token = token
        for path in LISTS:
            theirs, ours = api.request("GET", path), daemon.get("/clusters/e2e" + path, token)
            if not token:  # the API server lets the anonymous be refused one step later
                theirs = (401, theirs[1])
            if theirs[0] != ours[0]:
                differ.append((name, path, theirs[0], ours[0], ours[1][:200]))
    equal(differ, [], "user, path, the API server's status, ours")


def review(user, what, spec):
    """The status of a review of a user's own rights: the API server's, and ours."""
    path = f"/apis/authorization.k8s.io/v1/selfsubject{what}reviews"
    body = {"apiVersion": "authorization.k8s.io/v1", "spec": spec,
            "kind": {"access": "SelfSubjectAccessReview", "rules": "SelfSubjectRulesReview"}[what]}
    api = cluster.api()
    api.token = tokens[user]
    answers = (api.request("POST", path, body),
               daemon.ask("POST", "/clusters/e2e" + path, tokens[user], body))
    equal([status for status, _ in answers], [201, 201], (user, spec, answers))
    return [json.loads(text)["status"] for _, text in answers]


def rights_are_told_as_the_cluster_tells_them():
    for user in ("reader", "auditor", "stranger"):
        for group in ("", "events.k8s.io"):
            for namespace in ("", "shop", "cart"):
                for verb in ("get", "list", "watch"):
                    theirs, ours = review(user, "access", {"resourceAttributes": {
                        "verb": verb, "group": group, "resource": "events",
                        "namespace": namespace}})
                    equal(ours["allowed"], theirs["allowed"], (user, verb, group, namespace))
    for user, namespace, wanted in (("reader", "shop", True), ("reader", "cart", False),
                                    ("auditor", "cart", True), ("stranger", "shop", False)):
        for status in review(user, "rules", {"namespace": namespace}):
            found = any("events" in rule["resources"] and "watch" in rule["verbs"]
                        for rule in status["resourceRules"])
            equal(found, wanted, (user, namespace, status))


def namespaces_are_those_that_may_be_read():
    made = cluster.api().get("/api/v1/namespaces/shop")["metadata"]["creationTimestamp"]
    for user, wanted in (("reader", ["shop"]), ("auditor", ["cart", "shop"]), ("stranger", [])):
        status, body = daemon.get("/clusters/e2e/api/v1/namespaces", tokens[user])
        found = [item["metadata"] for item in json.loads(body)["items"]]
        equal((status, [m["name"] for m in found]), (200, wanted), user)
        equal([m["creationTimestamp"] for m in found if m["name"] == "shop"],
              [made] * ("shop" in wanted), user)


def a_user_of_one_namespace_sees_that_one_alone():
    equal(list_names("reader", "/api/v1/namespaces/shop/events"), (200, ["old"]), "shop")
    equal(list_names("reader", "/api/v1/namespaces/cart/events")[0], 403, "cart")
    equal(list_names("auditor", "/api/v1/events"), (200, ["old", "old"]), "all")
    for path in ("/v1/records", "/v1/records?cluster=e2e", "/v1/status", "/v1/events"):
        equal(daemon.get(path, tokens["reader"])[0], 403, path)
        equal(daemon.get(path, tokens["auditor"])[0], 200, path)


def watch(user, path, seconds):
    """Reads a watch until it ends; how long that took, and what came last."""
    begin, last = time.monotonic(), b""
    connection = daemon.connect(seconds)
    connection.request("GET", f"/clusters/e2e{path}?watch=true&timeoutSeconds={seconds}",
                       headers={"Authorization": "Bearer " + tokens[user]})
    answer = connection.getresponse()
    while line := answer.readline():
        last = line
    connection.close()
    return time.monotonic() - begin, last


def revoked_rights_end_what_runs():
    took = []
    thread = threading.Thread(
        target=lambda: took.append(watch("reader", "/api/v1/namespaces/shop/events", 200)))
    thread.start()
    time.sleep(1)
    begin = time.monotonic()
    cluster.kubectl("-n", "shop", "delete", "rolebinding", "reader")
    wait_for("no new list", lambda: list_names(
        "reader", "/api/v1/namespaces/shop/events")[0] == 403, 15)
    thread.join(REVOKED_S + 5)
    check(took and not thread.is_alive(), "the running watch has ended")
    check(time.monotonic() - begin < REVOKED_S, "within 60 s", took)
    cluster.apply(READER)
    wait_for("rights again", lambda: list_names(
        "reader", "/api/v1/namespaces/shop/events")[0] == 200, 15)


def a_revoked_token_is_nobodys():
    equal(list_names("stranger", "/api/v1/events")[0], 403, "before")
    cluster.kubectl("-n", "shop", "delete", "serviceaccount", "stranger")
    wait_for("401", lambda: list_names("stranger", "/api/v1/events")[0] == 401, 20)


def without_the_api_server_only_our_own_users_are_known():
    cluster.stop("kube-apiserver")
    try:
        wait_for("503", lambda: list_names(
            "auditor", "/api/v1/events")[0] == 503, 20)
        status, body = daemon.get("/clusters/e2e/last/7d/api/v1/events")
        equal(status, 200, "the keeper")
        check('"old"' in body, "history is there when it matters", body[:300])
        equal(daemon.get("/v1/status")[0], 200, "the keeper")
        begin = time.monotonic()
        daemon.stop()
        check(time.monotonic() - begin < 5, "a stop waits for nobody")
        daemon.start()
        equal(daemon.get("/clusters/e2e/api/v1/events")[0], 200, "after a restart")
    finally:
        cluster.start_apiserver()
    wait_for("200", lambda: list_names("auditor", "/api/v1/events")[0] == 200, 30)


def a_namespace_that_was_made_again_has_no_past():
    cluster.kubectl("delete", "namespace", "shop", "--wait=true")
    cluster.apply(USERS + READER)
    for name in ("reader", "auditor"):
        tokens[name] = cluster.kubectl("-n", "shop", "create", "token", name).stdout.strip()
    time.sleep(1.1)  # an event of the second in which the namespace was made could be of either
    write("shop", "new")
    shop = "/api/v1/namespaces/shop/events"
    wait_for("the new event", lambda: "new" in list_names("auditor", shop)[1], 20)
    equal(list_names("reader", shop), (200, ["new"]), "the new owner")
    check("old" in list_names("auditor", shop)[1], "who may read all namespaces sees the past")
    equal(daemon.get("/clusters/e2e/last/7d" + shop + "/old", tokens["reader"])[0], 404, "get")
    equal(daemon.get("/clusters/e2e/last/7d" + shop + "/new", tokens["reader"])[0], 200, "get")


def without_the_role_it_is_said_what_is_missing():
    cluster.kubectl("delete", "clusterrolebinding", "telltaled-auth-delegator")
    wait_for("503", lambda: list_names("auditor", "/api/v1/events")[0] == 503, 30)
    check("cannot create resource" in daemon.log_text(), "the log says what is missing")


def the_log_holds_no_token():
    text = daemon.log_text()
    for token in [*tokens.values(), "keeper-token"]:
        check(token not in text, "a token is in the log")


try:
    cluster.up("kcm")
    start()
    run([rights_are_those_of_the_cluster, rights_are_told_as_the_cluster_tells_them,
         namespaces_are_those_that_may_be_read, a_user_of_one_namespace_sees_that_one_alone,
         revoked_rights_end_what_runs, a_revoked_token_is_nobodys,
         without_the_api_server_only_our_own_users_are_known,
         a_namespace_that_was_made_again_has_no_past,
         without_the_role_it_is_said_what_is_missing, the_log_holds_no_token])
finally:
    if daemon is not None:
        daemon.end()
    cluster.end()
    remove(STATE)
