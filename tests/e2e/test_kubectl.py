#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kubectl in three versions prints the same from telltaled as from the API server that telltaled
collects from; from a hosted cluster the same as from an API server when it writes; from `at` and
`last` URLs what is known to be the answer.

Each case is a row of a table. TT_E2E_SAME=1 asks the API server twice instead of telltaled: then
all that is compared must be equal, which tries the comparison itself."""
import json
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "harness"))
# pylint: disable=wrong-import-position
import kubectl as k
import samples
from cluster import Cluster, wait_for
from daemon import Daemon
from tap import Failure, Skip, check, equal, folder, remove, run

SAME = bool(os.environ.get("TT_E2E_SAME"))
STATE = folder("kubectl")
KUBECTLS = k.kubectls()
cluster = Cluster(os.path.join(STATE, "cluster"))
daemon = Daemon(os.path.join(STATE, "telltaled"), cluster.kubeconfig())
THOUSANDS = 3000
SORTED_BY = (".lastTimestamp", ".metadata.creationTimestamp", ".count", ".involvedObject.name",
             ".metadata.name", ".reason")

# --- the tables
#
# A row: how the outputs are compared (harness/kubectl.py: FORMS), the arguments, and the oldest
# version that knows them. @NAME is an event of the set, @NS its namespace, @PREFIX the path of the
# server's URL (which --raw adds from 1.34 on). In a row that is one string a ~ stands for a blank.

COLUMNS = "custom-columns=NAME:.metadata.name,KIND:.involvedObject.kind,COUNT:.count"
SERIES = "custom-columns=N:.metadata.name,S:.series.count,L:.metadata.labels,R:.related.name"
SELECTORS = (
    "type=Warning", "type!=Normal", "reason=Scheduled", "involvedObject.kind=Pod,type=Normal",
    "involvedObject.name==web-1", "metadata.name=@NAME", "metadata.namespace=@NS",
    "metadata.namespace!=@NS", "involvedObject.namespace=@NS", "involvedObject.uid=",
    "involvedObject.apiVersion=v1,involvedObject.resourceVersion=421", "source=kubelet",
    "reportingComponent=example.com/robot", "involvedObject.fieldPath=",
    r"reason=Odd Reason\, with\=signs", "type=warning", "reason=", ",type=Normal,",
)
LABELS = ("app=web", "app==web,tier=front", "app!=web", "app in (web,db)", "app notin (web)",
          "app,!tier", "!app", "shard>3", "shard<2,app", "nosuch")
READ = [
    # lists
    ("table", "get events -n @NS"),
    ("table", "get events -n @NS -o wide"),
    ("table", "get events -A"),
    ("table", "get events -A -o wide"),
    ("table", "get ev -n @NS"),
    ("table", "get events"),
    ("table", "get events.v1. -n @NS"),
    ("table", "get events.events.k8s.io -n @NS"),
    ("table", "get events.v1.events.k8s.io -n @NS -o wide"),
    ("table", "get events -n @NS --no-headers"),
    ("table", "get events -A --no-headers -o wide"),
    ("table", "get events -n @NS --show-labels"),
    ("table", "get events -A -L app,lang"),
    ("table", "get events -n @NS --show-kind"),
    ("table", "get events -n @NS -o wide --show-kind"),
    ("table", "get events -n @NS --ignore-not-found"),
    ("exact", "get events -n nosuch"),
    ("exact", "get events -n nosuch -o json"),
    ("exact", "get events -n nosuch -o name"),
    ("exact", "get events -n nosuch --ignore-not-found"),
    # one
    ("exact", "get event @NAME -n @NS"),
    ("exact", "get events/@NAME -n @NS -o wide"),
    ("exact", "get events @NAME -n @NS --show-labels"),
    ("json", "get events @NAME -n @NS -o json"),
    ("yaml", "get events @NAME -n @NS -o yaml"),
    ("json", "get events.events.k8s.io @NAME -n @NS -o json"),
    ("exact", "get events @NAME -n @NS -o name"),
    ("exact", "get events @NAME @NAME -n @NS"),
    ("exact", "get events @NAME nosuch -n @NS"),
    ("described", "describe events @NAME -n @NS", (1, 30)),
    # forms of output
    ("words", "get events -n @NS -o name"),
    ("words", "get events -A -o name"),
    ("json", "get events -n @NS -o json"),
    ("json", "get events -A -o json"),
    ("json", "get events.events.k8s.io -A -o json"),
    ("yaml", "get events -n @NS -o yaml"),
    ("yaml", "get events -A -o yaml"),
    ("fields", "get events -n @NS -o jsonpath={.items[*].metadata.name}"),
    ("fields", "get events -A -o jsonpath={.items[*].metadata.uid}"),
    ("fields", 'get events -n @NS -o jsonpath={.items[?(@.type=="Warning")].reason}'),
    ("words", r'get events -n @NS -o jsonpath={range~.items[*]}{.reason}{"\t"}{.count}{"\n"}{end}'),
    ("words", "get events -n @NS -o go-template={{range~.items}}{{.metadata.name}}/{{.kind}}"
              '{{"\\n"}}{{end}}'),
    ("table", "get events -n @NS -o " + COLUMNS),
    ("table", "get events -A -o " + SERIES),
    ("table", "get events -n @NS -o custom-columns=M:.message"),
    # chunks
    ("table", "get events -A --chunk-size=5"),
    ("table", "get events -n @NS --chunk-size=1 -o wide"),
    ("table", "get events -A --chunk-size=0"),
    ("json", "get events -A --chunk-size=3 -o json"),
    # kubectl events
    ("exact", "events -n @NS", (1, 26)),
    ("exact", "events -A", (1, 26)),
    ("exact", "events", (1, 26)),
    ("exact", "events -A --no-headers", (1, 26)),
    ("exact", "events -n @NS --types=Warning", (1, 26)),
    ("exact", "events -A --types=normal,WARNING", (1, 26)),
    ("exact", "events -A --types=Odd", (1, 26)),
    ("exact", "events -n @NS --for pod/web-1", (1, 26)),
    ("exact", "events -n @NS --for Pod/web-1 --types Normal", (1, 26)),
    ("exact", "events -n kube-system --for deploy/web", (1, 26)),
    ("exact", "events -A --for deployments.v1.apps/web", (1, 26)),
    ("exact", "events --for node/node-1", (1, 26)),
    ("exact", "events -n @NS --for pod/nosuch", (1, 26)),
    ("exact", "events -n @NS --for nosuchkind/x", (1, 26)),
    ("exact", "events -n @NS --for pods", (1, 26)),
    ("exact", "events -n nosuch", (1, 26)),
    ("exact", "events -n nosuch -o json", (1, 26)),
    ("json", "events -n @NS -o json", (1, 26)),
    ("yaml", "events -A -o yaml", (1, 26)),
    # what kubectl asks before and beside
    ("exact", "auth can-i list events -n @NS"),
    ("exact", "auth can-i get events -A"),
    ("exact", "auth can-i watch events.events.k8s.io"),
    ("exact", "explain nosuchkind"),
    ("words", "get namespaces @NS -o name"),
    # --raw
    ("json", "get --raw @PREFIX/api/v1/namespaces/@NS/events/@NAME"),
    ("json", "get --raw @PREFIX/apis/events.k8s.io/v1/namespaces/@NS/events/@NAME"),
    ("json", "get --raw @PREFIX/api/v1/events"),
    ("json", "get --raw @PREFIX/api/v1/namespaces/@NS/events?fieldSelector=type%3DWarning"),
    ("json", "get --raw @PREFIX/apis/events.k8s.io/v1/events?labelSelector=app"),
    ("json", "get --raw @PREFIX/api/v1/namespaces/@NS/events?pretty=true"),
    ("json", "get --raw @PREFIX/api/v1/events?limit=1000"),
    ("json", "get --raw @PREFIX/api/v1/events?resourceVersion=0"),
    ("json", "get --raw @PREFIX/api/v1/events?resourceVersion=1&resourceVersionMatch=NotOlderThan"),
    # errors
    ("exact", "get events nosuch -n @NS"),
    ("exact", "get events.events.k8s.io nosuch -n @NS"),
    ("exact", "get events nosuch -n @NS -o json"),
    ("exact", "get events nosuch -n @NS --ignore-not-found"),
    ("exact", "get events @NAME -A"),
    ("exact", "get events @NAME -n nosuch"),
    ("exact", "get nosuchkind"),
    ("exact", "get events -n @NS -o nosuchform"),
    ("exact", "get events -n @NS --field-selector nosuch=1"),
    ("exact", "get events -n @NS --field-selector regarding.name=1"),
    ("exact", "get events.events.k8s.io -n @NS --field-selector involvedObject.nosuch=1"),
    ("exact", "get events -n @NS --field-selector type"),
    ("exact", r"get events -n @NS --field-selector type=\x"),
    ("exact", "get events -n @NS -l app=="),
    ("exact", "get events -n @NS -l app~in"),
    ("exact", "get events -n @NS -l -bad-"),
    ("exact", "get events -n @NS -l a=b=c"),
    ("exact", "get events @NAME -n @NS --field-selector metadata.name=other"),
    ("exact", "describe events nosuch -n @NS"),
    ("exact", "get --raw @PREFIX/api/v1/namespaces/@NS/events/nosuch"),
    ("own words", "get --raw @PREFIX/api/v1/events?limit=x"),
    ("json", "get --raw @PREFIX/api/v1/events?limit=-1"),
    ("own words", "get --raw @PREFIX/api/v1/events?continue=abc"),
    ("own words", "get --raw @PREFIX/api/v1/events?resourceVersion=abc"),
    ("exact", "get --raw @PREFIX/api/v1/events?resourceVersion=99999999"),
    ("exact", "get --raw @PREFIX/api/v1/events?resourceVersionMatch=Exact"),
    ("exact", "get --raw @PREFIX/api/v1/events?resourceVersion=0&resourceVersionMatch=Exact"),
    ("exact", "get --raw @PREFIX/api/v1/events?resourceVersion=5&resourceVersionMatch=Odd"),
    ("exact", "get --raw @PREFIX/api/v1/events?sendInitialEvents=true"),
    ("exact", "get --raw @PREFIX/api/v1/events?watch=true&sendInitialEvents=true"),
    ("exact", "get --raw @PREFIX/api/v1/events?fieldSelector=nosuch%3D1"),
    ("exact", "get --raw @PREFIX/api/v1/events?labelSelector=%3D%3D"),
    ("json", "get --raw @PREFIX/api/v1/events?fieldSelector=metadata.name%3D@NAME&watch=maybe"
             "&timeoutSeconds=1"),
    ("json", "get --raw @PREFIX/api/v1/namespaces/@NS/events?watch=false"),
    ("own words", "get --raw @PREFIX/api/v1/events?timeoutSeconds=soon"),
    ("exact", "get --raw @PREFIX/nosuch"),
]
for path in SORTED_BY:
    # equal keys lie in the order of the server: the rows are compared, and the keys' order
    READ += [("table", f"get events -n @NS --sort-by={path}"),
             ("exact", f"get events -A --sort-by={path} -o custom-columns=KEY:{path}")]
READ += [("exact", "get events -n @NS --sort-by={.metadata.name}"),
         ("exact", "get events -A --sort-by=.metadata.uid -o wide"),
         ("exact", "get events -n @NS --sort-by=.nosuch"),
         ("exact", "get events -n @NS --sort-by={.broken")]
READ += [("table", ["get", "events", "-A", "--field-selector", text]) for text in SELECTORS]
READ += [("table", ["get", "events.events.k8s.io", "-A", "--field-selector", text]) for text in (
    "regarding.name=web-1", "reportingController=kubelet", "regarding.kind!=Pod", "type=Normal")]
READ += [("table", ["get", "events", "-A", "-l", text, "--show-labels"]) for text in LABELS]

# With thousands, what depends on how many there are.
MANY = [row for row in READ if re.match(
    r"get (events|events\.events\.k8s\.io)( -n @NS| -A)?( -o (wide|json|name))?$|"
    r"get events (-n @NS -o yaml|-A --chunk-size=0)$|get events (-n @NS|-A) --(sort|show)|"
    r"events -n @NS( --types=Warning)?$|get --raw @PREFIX/api/v1/events$",
    row[1] if isinstance(row[1], str) else " ".join(row[1]))]
MANY += [("words", "events -A", (1, 26)),  # some have the time of another: kubectl's sort is not stable
         ("table", "get events -A --chunk-size=100"),
         ("table", "get events -A --chunk-size=700 -o wide"),
         ("table", "get events -A --field-selector type=Warning,reason=BackOff"),
         ("table", "get events -A -l shard>3,app --show-labels"),
         ("json", "get events -n @NS --chunk-size=33 -o json"),
         ("exact", "events -n @NS --for pod/app-7", (1, 26))]

# Watched while events come: form, arguments, what the last change shows, what the last of the first
# events shows, oldest version.
WATCHED = [
    ("exact", "get events -n @NS -w", "last", "first c"),
    ("exact", "get events -n @NS -w -o wide", "last", "first c"),
    ("exact", "get events -n @NS --watch-only", "last", "first c"),
    ("exact", "get events -n @NS -w --output-watch-events", "last", "first c"),
    ("exact", "get events -n @NS -w --no-headers", "last", "first c"),
    ("exact", "get events -n @NS -w -o name", "event/z.", "event/c."),
    ("exact", "get events -n @NS -w --field-selector type=Warning", "last", "first b"),
    ("exact", "get events -n @NS -w -l app=b --show-labels", "last", "first b"),
    ("exact", "get events a.1 -n @NS -w", "again", "first a"),
    ("json", "get events -n @NS -w -o json", "last", "first c"),
    ("json", "get events -n @NS -w --output-watch-events -o json", "last", "first c"),
    ("yaml", "get events -n @NS --watch-only -o yaml", "last", "first c"),
    ("table", "get events -n @NS -w -o custom-columns=N:.metadata.name,M:.message", "last", "first c"),
    ("exact", "get events.events.k8s.io -n @NS -w", "last", "first c"),
    ("exact", "events -n @NS -w", "last", "first c", (1, 26)),
    ("exact", "events -n @NS -w --types=Warning", "last", "first b", (1, 26)),
    ("exact", "events -n @NS -w --for pod/b", "last", "first b", (1, 26)),
]




def event(name, **more):
    """The text of a core/v1 Event to be made in namespace @NS."""
    return json.dumps({"apiVersion": "v1", "kind": "Event",
                       "metadata": {"name": name, "namespace": "@NS"},
                       "involvedObject": {"kind": "Pod", "namespace": "@NS", "name": "web"},
                       "type": "Normal", "reason": "Made", "message": "by hand", **more})


def new_event(name, **more):
    return json.dumps({"apiVersion": "events.k8s.io/v1", "kind": "Event",
                       "metadata": {"name": name, "namespace": "@NS"},
                       "regarding": {"kind": "Pod", "namespace": "@NS", "name": "web"},
                       "type": "Normal", "reason": "Made", "note": "by hand", "action": "Making",
                       "eventTime": "2026-01-02T03:04:05.678901Z",
                       "reportingController": "example.com/hand", "reportingInstance": "left",
                       **more})


NEW = "events.events.k8s.io"
# One after another, on a hosted cluster as on an API server. Form, arguments, stdin, oldest version.
# (kubectl 1.20 looks for dry-run in an OpenAPI document, of which telltale has an empty one.)
WRITTEN = [
    ("new", "create -f -", event("a.1")),
    ("new", "create -f -", event("a.1")),
    ("new", "create -f - -o json", event("a.2", count=1, message="<&> ü")),
    ("new", "create -f - -o yaml", new_event("n.1")),
    ("new", "create -f -", new_event("n.1")),
    ("new", "create -f - -o name", event("b.1") + event("b.2") + new_event("n.2")),
    ("new", "create -f -", '{"apiVersion":"v1","kind":"Event","metadata":{"generateName":'
                           '"generated-"},"involvedObject":{"namespace":"@NS"}}'),
    ("new", "create -f - --dry-run=server", event("dry.1"), (1, 30)),
    ("new", "get events dry.1", None),
    ("new", "create -f - --validate=false", event("c.1", nosuch=1, source={"odd": 2})),
    ("new", "create -f - --validate=strict", event("c.2", nosuch=1, source={"odd": 2}), (1, 30)),
    ("new", "create -f -", event("c.3", message="yaml is read too").replace('"apiVersion"',
                                                                           "# hello\n'apiVersion'")),
    # refused
    ("new", "create -f - --validate=false", event("bad.1", involvedObject={"namespace": "other"})),
    ("new", "create -f - --validate=false", event("bad.2", involvedObject={})),
    ("new", "create -f - --validate=false", event("bad.3",
                                                  eventTime="2026-01-02T03:04:05.678901Z")),
    ("new", "create -f - --validate=false", event("bad.4",
                                                  eventTime="2026-01-02T03:04:05.678901Z",
                                                  reason="r" * 129, message="m" * 1025, action="a",
                                                  reportingComponent="/", reportingInstance="i")),
    ("own words", "create -f - --validate=false", event("bad.5", eventTime="2026-01-02T03:04:05Z")),
    ("new", "create -f - --validate=false", event("bad/6")),
    ("own words", "create -f - --validate=false", event("bad.7", count="seven")),
    ("new", "create -f - --validate=false", new_event("Bad_8")),
    ("new", "create -f - --validate=false", new_event("bad.9", eventTime=None, type="Odd",
                                                      deprecatedCount=3, series={"count": 1})),
    ("new", "create -f - --validate=false", new_event("bad.10", action="", reason="", type="",
                                                      reportingController="")),
    ("new", "create -f - --validate=false", new_event("bad.11", deprecatedSource={"host": "h"},
                                                      note="n" * 1025, deprecatedFirstTimestamp=
                                                      "2026-01-02T03:04:05Z")),
    ("new", "create -f - --validate=false", event("bad.12").replace('"@NS", "name"', '"@NS"') + "}"),
    ("new", "create -n other -f - --validate=false", event("bad.13")),
    # changed
    ("new", "patch event a.1 --type=merge -p {\"count\":5}", None),
    ("new", "patch event a.1 --type=merge -p {\"count\":5}", None),
    ("new", 'patch event a.1 -p {"message":"patched","source":{"component":"c"}}', None),
    ("new", 'patch event a.1 --type=merge -o json -p {"message":null,"source":{"host":"h"}}', None),
    ("new", 'patch event a.1 -p {"metadata":{"finalizers":["x.io/a","x.io/b"]}} -o json', None),
    ("new", 'patch event a.1 -o json -p '
            '{"metadata":{"$deleteFromPrimitiveList/finalizers":["x.io/a","x.io/b"]}}', None),
    ("new", 'patch event a.1 --type=merge -p {"involvedObject":{"namespace":"other"}}', None),
    ("own words", 'patch event a.1 --type=merge -p {"count":"x"}', None),
    ("own words", 'patch event a.1 --type=merge -p [1]', None),
    ("new", 'patch event nosuch --type=merge -p {"count":5}', None),
    ("new", f'patch {NEW} n.1 --type=merge -p {{"reason":"Other"}}', None),
    ("new", f'patch {NEW} n.1 --type=merge -p {{"note":"other","type":"Warning","action":"o"}}',
     None),
    ("new", f'patch {NEW} n.1 -o yaml -p {{"series":{{"count":2,"lastObservedTime":'
            '"2026-01-02T03:05:05.000001Z"}}', None),
    ("new", f'patch {NEW} n.1 -p {{"series":{{"count":1}}}}', None),
    ("new", "patch event b.1 --dry-run=server --type=merge -p {\"count\":9}", None,
     (1, 30)),
    ("new", "get event b.1 -o jsonpath={.count}", None),
    ("new", "annotate event a.1 one=1 two=2", None),
    ("new", "annotate event a.1 one=uno", None),
    ("new", "annotate event a.1 one=uno --overwrite", None),
    ("new", "annotate event a.1 two-", None),
    ("new", "annotate event a.1 not/a/key=1", None),
    ("new", "label event a.1 app=web", None),
    ("new", "label event a.1 app=-web-", None),
    ("new", "label event a.1 b.1 nosuch tier=front", None),
    ("new", "get events -l app=web --show-labels", None),
    ("new", "replace -f -", event("b.1", message="replaced", count=2)),
    ("new", "replace -f - --validate=false", event("never.1", message="made by PUT")),
    ("new", "replace -f - --validate=false", event("b.1").replace(
        '"name": "b.1"', '"name": "b.1", "resourceVersion": "1"')),
    ("new", "replace -f - --validate=false", new_event("n.1", reason="Other", deprecatedCount=2)),
    ("new", "apply -f -", event("d.1")),
    ("new", "apply -f -", event("d.1", count=3)),
    ("new", "apply -f -", event("d.1", count=3)),
    ("new", "get events a.1 -o yaml", None),
    ("new table", "get events -o wide", None),
    ("json", "get events -o jsonpath={.items[0].kind}", None),
    # waited for, and deleted
    ("new", "wait event/a.1 --for=jsonpath={.count}=5 --timeout=10s", None, (1, 24)),
    ("new", "wait event/a.1 --for=jsonpath={.count}=6 --timeout=3s", None, (1, 24)),
    ("new", "wait event/a.1 --for=delete --timeout=3s", None),
    ("new", "delete event a.2 --dry-run=server", None, (1, 30)),
    ("new", "delete event a.2", None),
    ("new", "delete event a.2", None),
    ("new", "delete event a.2 --ignore-not-found", None),
    ("new", "wait event/a.2 --for=delete --timeout=10s", None),
    ("new", "get event a.2", None),
    ("new", f"delete {NEW} n.1 b.1 --wait=false", None),
    ("new", "delete -f -", event("d.1")),
    ("new", "create -f -", event("a.2", message="again")),
    ("new table", "delete events -l app=web", None),
    ("new table", "delete events --all", None),
    ("new", "get events", None),
    ("exact", "auth can-i create events", None),
    ("exact", "auth can-i delete events.events.k8s.io -n @NS", None),
]


# --- two servers

class Hosted(Daemon):
    """telltaled with a hosted cluster only."""

    def __init__(self, path_of_state):
        super().__init__(path_of_state, name="made", hosted="true")


def kubeconfig_for(name, url):
    """A kubeconfig for a server without TLS."""
    path = os.path.join(STATE, name + ".kubeconfig")
    with open(path, "w", encoding="ascii") as file:
        file.write("apiVersion: v1\nkind: Config\ncurrent-context: e2e\n"
                   f'clusters: [{{name: e2e, cluster: {{server: "{url}"}}}}]\n'
                   "contexts: [{name: e2e, context: {cluster: e2e, user: u}}]\n"
                   "users: [{name: u, user: {}}]\n")
    return path


def side_of(name, server, prefix=""):
    """telltaled as kubectl sees it at `prefix`; the API server itself with TT_E2E_SAME."""
    if SAME:
        side = k.Side("again-" + name, STATE, cluster.kubeconfig(), cluster.url)
        side.prefix = ""
        return side
    url = f"http://127.0.0.1:{server.port}{prefix}"
    side = k.Side(name, STATE, kubeconfig_for(name, url), url)
    side.prefix = prefix
    return side


def adds_prefix(program):
    """Whether --raw goes to a path below that of the server's URL."""
    return any(v >= (1, 34) and p == program for v, p in KUBECTLS)


def words_of(arguments, side, names, program):
    """The arguments of a row, for one server."""
    if isinstance(arguments, str):
        arguments = [word.replace("~", " ") for word in arguments.split(" ")]
    for old, new in {**names, "PREFIX": "" if adds_prefix(program) else side.prefix}.items():
        arguments = [word.replace("@" + old, new) for word in arguments]
    return arguments


def compare(sides, program, row, names, stdin=None):
    """Both servers are asked; what differs may only be due to time, so is asked for up to three
    times."""
    def ask(side):
        return side.run(program, words_of(row[1], side, names, program), stdin)
    for again in range(3):
        want, got = k.both(sides, ask)
        found = k.difference(want, got, row[0])
        if not found or stdin is not None or len(row) > 2 and row[2] == "once":
            break
        time.sleep(0.3 * again)
    if found:
        raise Failure(found)


DONE = {}  # preparations: function → how it failed, or None


def after(preparation, call):
    """A test that needs this preparation, which is done once, and only if some test is run."""
    def prepared():
        if preparation not in DONE:
            DONE[preparation] = "it broke off"
            preparation()
            DONE[preparation] = None
        check(DONE[preparation] is None, f"{preparation.__name__}: {DONE[preparation]}")
        call()
    return prepared


def named(words, call):
    call.__name__ = words
    return call


def versions(row, at):
    """The kubectls that know what the row wants: the version may stand at `at`."""
    oldest = row[at] if len(row) > at else (0, 0)
    return [(v, p) for v, p in KUBECTLS if v >= oldest]


def title(version, kind, arguments):
    words = arguments if isinstance(arguments, str) else " ".join(arguments)
    return f"kubectl {version[0]}.{version[1]}, {kind}: {words}"


def reading_tests(rows, preparation, names, sides):
    """A test for each row and version."""
    return [named(title(version, preparation.__name__.split("_")[0], row[1]), after(
                preparation,
                lambda row=row, program=program: compare(sides, program, row, names)))
            for version, program in KUBECTLS for row in rows
            if (version, program) in versions(row, 2)]


# --- the tests

real = k.Side("real", STATE, cluster.kubeconfig(), cluster.url)
real.prefix = ""
ours = side_of("ours", daemon, "/clusters/e2e")
short = side_of("short", daemon)  # no prefix: the default cluster, 24 h
hosted = Hosted(os.path.join(STATE, "hosted"))
made = side_of("made", hosted, "/clusters/made")


def twelve_events_are_made():
    """All that the tests of reading see first."""
    cluster.apply("".join(f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"
                          for name in ("small", "load-0", "load-1", "load-2", "load-3")))
    samples.post_all(cluster.api(), samples.twelve())
    daemon.wait_count(12)


def thousands_of_events_are_made():
    """Beside the twelve, which may be there already."""
    if twelve_events_are_made not in DONE:
        after(twelve_events_are_made, lambda: None)()
    samples.post_all(cluster.api(), samples.thousands(THOUSANDS))
    daemon.wait_count(12 + THOUSANDS, 120)


def the_comparison_sees_differences():
    """What must not pass, and what must."""
    table = "LAST SEEN   TYPE     REASON\n{}         Normal   {}\n{}"
    now = time.time()

    def out(text, stderr="", status=0):
        return k.Out(text, stderr, status, now, now + 1)
    base = out(table.format("10s", "Aa", "9m1s   Warning  B\n"), "Warning: x\nError: y\n")
    for form, want, text in (
            ("exact", True, ("11s", "Aa", "9m2s   Warning  B\n")),
            ("exact", True, ("9s ", "Aa", "9m1s   Warning  B\n")),
            ("exact", False, ("15s", "Aa", "9m1s   Warning  B\n")),
            ("exact", False, ("10m", "Aa", "9m1s   Warning  B\n")),
            ("exact", False, ("10s", "Ab", "9m1s   Warning  B\n")),
            ("exact", False, (" 10s", "Aa", "9m1s   Warning  B\n")),
            ("exact", False, ("10s", "Aa", "")),
            ("table", False, ("10s", "Aa", "9m1s   Warning  B\n9m1s   Warning  B\n"))):
        found = k.difference(base, out(table.format(*text), "Error: y\n"), form)
        equal(not found, want, f"{form} {text}: {found}")
    check(k.difference(base, out(base.stdout, "Error: z\n"), "exact"), "stderr is compared")
    check(k.difference(base, out(base.stdout, "Error: y\n", 1), "exact"), "the status is compared")
    one = '{{"metadata":{{"name":"x","namespace":"n","resourceVersion":"{}"}},"count":{}}}\n'
    check(not k.difference(out(one.format(1, 2)), out(one.format(3, 2)), "json"), "json: equal")
    check(k.difference(out(one.format(1, 2)), out(one.format(1, 3)), "json"), "json: count")
    check(k.difference(out(one.format(1, 2)), out(one.format(1, 2).replace(":", ": ")), "json"),
          "json: its form")
    yaml = ('apiVersion: v1\nitems:\n- apiVersion: v1\n  count: {}\n  metadata:\n    name: x\n'
            '    resourceVersion: "{}"\n  o:\n    resourceVersion: "{}"\nkind: List\nmetadata:\n'
            '  resourceVersion: ""\n')
    check(not k.difference(out(yaml.format(1, 2, 3)), out(yaml.format(1, 9, 3)), "yaml"), "yaml")
    check(k.difference(out(yaml.format(1, 2, 3)), out(yaml.format(2, 2, 3)), "yaml"), "yaml: count")
    check(k.difference(out(yaml.format(1, 2, 3)), out(yaml.format(1, 2, 4)), "yaml"), "yaml: other")


def change(namespace):
    """What happens in a watched namespace: three new events, two updates."""
    api = cluster.api()

    def patch(name, body):
        status, answer = api.request("PATCH", f"/api/v1/namespaces/{namespace}/events/{name}", body,
                                     "application/merge-patch+json")
        equal(status, 200, answer)
    more = {"source": {"component": "kubelet", "host": "node-1"}}
    samples.post_all(api, [samples.core(namespace, "d.1", ("Pod", "b"), {
        **samples.times(1), **more, "type": "Warning", "reason": "ALongerReasonThanAllBefore",
        "message": "new"}, {"labels": {"app": "b"}})])
    patch("a.1", {"count": 7, "message": "again", "lastTimestamp": samples.stamp(0)})
    samples.post_all(api, [samples.new(namespace, "e.1", ("Pod", "lift"), {
        "eventTime": samples.micro(0), "reason": "Moved", "note": "three\nlines\n."})])
    patch("d.1", {"count": 2, "metadata": {"labels": {"app": "c"}}})
    patch("d.1", {"count": 3, "type": "Normal", "metadata": {"labels": {"app": "b"}}})
    samples.post_all(api, [samples.core(namespace, "z.1", ("Pod", "b"), {
        **samples.times(0), **more, "type": "Warning", "reason": "End", "message": "last"},
        {"labels": {"app": "b"}})])


def begin_watching(program, namespace, rows):
    """Starts kubectl on both servers for each row; what each had to show at the start is there."""
    cluster.apply(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {namespace}}}\n")
    samples.post_all(cluster.api(), [samples.core(namespace, name + ".1", ("Pod", name), {
        **samples.times(300 - 10 * i, count=i), "type": kind, "reason": "Began",
        "message": f"first {name}", "source": {"component": "kubelet"}},
        {"labels": {"app": name}}) for i, (name, kind) in enumerate((
            ("a", "Normal"), ("b", "Warning"), ("c", "Normal")))])
    wait_for("the events in the log", lambda: SAME or len(json.loads(daemon.telltale(
        "events", "-n", namespace, "-o", "json").stdout)["items"]) == 3, 20)
    runs = [[side.start(program, words_of(row[1], side, {"NS": namespace}, program))
             for side in (real, ours)] for row in rows]
    for row, pair in zip(rows, runs):
        if "--watch-only" not in row[1]:
            for one in pair:
                one.wait_text(row[3], soft=True)
    time.sleep(1.5)  # nothing tells when a watch has begun
    return runs


def watching_tests():
    """All rows of a version watch the same namespace at the same time; the test of each compares."""
    tests = []
    for version, program in KUBECTLS:
        rows = [row for row in WATCHED if (version, program) in versions(row, 4)]
        outs = []

        def watch(version=version, program=program, rows=rows, outs=outs):
            namespace = f"watched-{version[1]}"
            runs = begin_watching(program, namespace, rows)
            try:
                change(namespace)
                for row, pair in zip(rows, runs):
                    for one in pair:
                        one.wait_text(row[2], soft=True)
                time.sleep(0.5)
            finally:
                outs += [[one.stop() for one in pair] for pair in runs]

        def compared(row, number, outs=outs):
            check(outs, "the watches were not begun")
            want, got = outs[number]
            check(row[2] in want.stdout, f"{row[2]!r} comes", want)
            found = k.difference(want, got, row[0])
            if found:
                raise Failure(found)
        tests += [named(title(version, "watching", row[1]),
                        after(watch, lambda r=row, n=number, c=compared: c(r, n)))
                  for number, row in enumerate(rows)]
    return tests


def writing(row, program, namespace):
    names = {"NS": namespace}
    stdin = row[2] and row[2].replace("@NS", namespace)
    row = (row[0], row[1] if " -n " in row[1] else row[1].replace(" ", f" -n {namespace} ", 1),
           "once")
    sides = (real, made)
    if SAME:  # one server cannot make things twice but in another namespace
        other = "edam" + namespace[4:]
        outs = [real.run(program, words_of(row[1].replace(namespace, n), real, {"NS": n}, program),
                         stdin and stdin.replace(namespace, n)) for n in (namespace, other)]
        for name in ("stdout", "stderr"):
            setattr(outs[1], name, getattr(outs[1], name).replace(other, namespace))
        found = k.difference(*outs, row[0])
        check(not found, found or "")
        return
    compare(sides, program, row, names, stdin)


def writing_tests():
    tests = []
    for version, program in KUBECTLS:
        namespace = f"made-{version[1]}"

        def namespaces(n=namespace):
            cluster.apply(f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {n}}}\n---\n"
                          f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: edam{n[4:]}}}\n")
        for row in WRITTEN:
            if (version, program) in versions(row, 3):
                tests.append(named(title(version, "writing", row[1]), after(
                    namespaces, lambda r=row, p=program, n=namespace: writing(r, p, n))))
    return tests


# --- what only telltaled answers: known answers

def human(seconds):
    """An age as Kubernetes prints it (duration.HumanDuration), up to a day."""
    seconds = int(seconds)
    if seconds < 120:
        return f"{seconds}s"
    if seconds < 600:
        return f"{seconds // 60}m" + (f"{seconds % 60}s" if seconds % 60 else "")
    return f"{seconds // 60}m" if seconds < 180 * 60 else f"{seconds // 3600}h"


def ask(program, url_path, *arguments, server=None):
    url = f"http://127.0.0.1:{(server or daemon).port}{url_path}"
    name = "known-" + re.sub(r"[^a-z0-9]+", "-", url_path.lower())
    side = k.Side(name, STATE, kubeconfig_for(name, url), url)
    return side.run(program, arguments)


def the_resources_are_those_that_are_served(program):
    out = ask(program, "/clusters/e2e", "api-resources", "-o", "name")
    equal((sorted(out.stdout.split()), out.status),
          (["events", "events.events.k8s.io", "namespaces",
            "selfsubjectaccessreviews.authorization.k8s.io",
            "selfsubjectreviews.authentication.k8s.io",
            "selfsubjectrulesreviews.authorization.k8s.io"], 0), out.stderr)


def the_rights_are_listed(program):
    for server, path, verbs in ((daemon, "/clusters/e2e", "[get list watch]"),
                                (hosted, "", "[create delete get list patch update watch]")):
        out = ask(program, path, "auth", "can-i", "--list", "-n", "small", server=server)
        equal((out.status, out.stderr), (0, ""), out.stdout)
        rows = {line.split()[0]: line.partition("[]")[2].split("[]")[-1].strip()
                for line in out.stdout.splitlines()}
        check(out.stdout.startswith("Resources "), "a table", out)
        equal([rows.get(name) for name in ("events", "events.events.k8s.io", "namespaces")],
              [verbs, verbs, "[get list watch]"], out.stdout)


def reviews_are_what_is_answered(program):
    for arguments, answer in ((["list", "namespaces"], "yes"), (["get", "namespaces/small"], "yes"),
                              (["create", "events"], "no - the events of cluster"),
                              (["list", "pods"], "no - telltale keeps the events of cluster"),
                              (["get", "/version"], "yes"), (["get", "/nowhere"], "no")):
        out = ask(program, "/clusters/e2e", "auth", "can-i", *arguments)
        check(out.stdout.startswith(answer), " ".join(arguments), out)


def a_collected_cluster_is_not_written_to(program):
    for arguments in (("delete", "event", "web-1.17a0000000000001"),
                      ("annotate", "event", "web-1.17a0000000000001", "a=b"),
                      ("label", "event", "web-1.17a0000000000001", "a=b")):
        out = ask(program, "/clusters/e2e", "-n", "small", *arguments)
        check(out.status == 1 and "Error from server (MethodNotAllowed)" in out.stderr,
              " ".join(arguments), out)


def what_is_not_served_is_at_the_api_server(program):
    prefix = "" if adds_prefix(program) else "/clusters/e2e"
    for arguments in (("get", "pods"), ("get", "--raw", prefix + "/api/v1/nodes"),
                      ("get", "--raw", prefix + "/apis/apps/v1/deployments"),
                      ("get", "--raw", prefix + "/apis/events.k8s.io/v2/events")):
        out = ask(program, "/clusters/e2e", *arguments)
        check(out.status == 1 and out.stderr.startswith("Error from server") and
              cluster.url in out.stderr, " ".join(arguments), out)


PAST = {}  # what was true: name → (moment, what `get` must print then)


def a_past_is_made():
    """An event that comes, is repeated twice, and one that comes later. Moments between them."""
    api = cluster.api()
    cluster.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: past}\n")

    def moment(name, rows):
        time.sleep(2.2)
        PAST[name] = (time.time(), rows)
        time.sleep(2.2)
    moment("nothing", [])
    samples.post_all(api, [samples.core("past", "p.1", ("Pod", "p"), {
        **samples.times(0), "type": "Normal", "reason": "Came", "message": "one"})])
    came = time.time()
    moment("one", [("p.1", came, 1, "one")])
    last = int(time.time())
    api.request("PATCH", "/api/v1/namespaces/past/events/p.1",
                {"count": 2, "lastTimestamp": samples.stamp(0), "message": "two"},
                "application/merge-patch+json")
    moment("two", [("p.1", last, 2, "two")])
    later = int(time.time())
    samples.post_all(api, [samples.core("past", "q.1", ("Pod", "q"), {
        **samples.times(0), "type": "Warning", "reason": "Came", "message": "three"})])
    moment("three", [("p.1", last, 2, "two"), ("q.1", later, 1, "three")])
    wait_for("the past in the log", lambda: len(json.loads(daemon.telltale(
        "events", "-n", "past", "-o", "json").stdout)["items"]) == 2, 20)


def at_urls_show_what_was(program):
    """Also the ages: they count from the moment that the URL names."""
    for name, (moment, rows) in PAST.items():
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
        out = ask(program, f"/clusters/e2e/at/{when}", "get", "events", "-n", "past",
                  "--no-headers", "-o", "wide")
        got = [line.split() for line in out.stdout.splitlines()]
        equal([(r[-1], r[-2], r[-4]) for r in got],
              [(r[0], str(r[2]), r[3]) for r in rows], f"at {name}: {out}")
        for cells, row in zip(got, rows):
            at = int(moment)
            check(cells[0] in [human(at - row[1] + d) for d in (-1, 0, 1)],
                  f"at {name}: the age of {row} at {when}", out)
        if not rows:
            equal(out.stderr.splitlines()[-1], "No resources found in past namespace.", name)


def a_watch_at_a_past_moment_is_silent(program):
    moment = PAST["two"][0]
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
    prefix = "" if adds_prefix(program) else f"/clusters/e2e/at/{when}"
    out = ask(program, f"/clusters/e2e/at/{when}", "get", "--raw",
              f"{prefix}/api/v1/namespaces/past/events?watch=true&timeoutSeconds=2"
              "&resourceVersion=1")
    equal((out.stdout, out.status), ("", 0), out.stderr)
    check(out.end - out.begin >= 1.9, "it lasts until its timeout", out.end - out.begin)


def last_urls_are_as_wide_as_they_say(program):
    """At the last moment q.1 is 2 to 4 s old, p.1 at least 5 s; both are gone by and by."""
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(PAST["three"][0]))
    for width, names in (("4s", "q.1"), ("1h", "p.1 q.1"), ("10m", "p.1 q.1"), ("1s", "")):
        out = ask(program, f"/clusters/e2e/at/{when}/last/{width}", "get", "events", "-n", "past",
                  "-o", "jsonpath={.items[*].metadata.name}")
        equal((out.stdout, out.status), (names, 0), f"the last {width} at {when}: {out.stderr}")
    out = ask(program, "/clusters/e2e/last/1h", "get", "events", "-n", "past", "-o", "name")
    equal(out.stdout, "event/p.1\nevent/q.1\n", f"last hour: {out.stderr}")


def what_left_the_window_is_gone(program):
    """The last event of `past` is at least two seconds old."""
    out = ask(program, "/clusters/e2e/last/1s", "get", "events", "-n", "past")
    equal((out.stdout, out.stderr.splitlines()[-1], out.status),
          ("", "No resources found in past namespace.", 0), "last 1s")
    out = ask(program, "/clusters/e2e/last/1s", "get", "events", "-n", "past", "p.1")
    equal((out.stdout, out.status), ("", 1), out.stderr)


def lists_are_ordered_by_time(program):
    out = ask(program, "/clusters/e2e", "get", "events", "-A", "-o", "json")
    items = json.loads(out.stdout)["items"]
    times = []
    for e in items:
        t = (e.get("series") or {}).get("lastObservedTime") or e.get("lastTimestamp") or e.get(
            "eventTime") or e.get("firstTimestamp") or ""
        times.append(max(t.replace("Z", "")[:19], e["metadata"]["creationTimestamp"][:19]))
    check(len(times) > 12 and times == sorted(times), "by time, newest last", times[:20])


def known_answers():
    tests = []
    for version, program in KUBECTLS:
        for test in (the_resources_are_those_that_are_served, the_rights_are_listed,
                     reviews_are_what_is_answered,
                     a_collected_cluster_is_not_written_to,
                     what_is_not_served_is_at_the_api_server,
                     at_urls_show_what_was, a_watch_at_a_past_moment_is_silent,
                     last_urls_are_as_wide_as_they_say, what_left_the_window_is_gone,
                     lists_are_ordered_by_time):
            tests.append(named(title(version, "known answers", test.__name__), after(
                a_past_is_made, after(twelve_events_are_made, lambda t=test, p=program: t(p)))))
    return tests


SMALL = {"NS": "small", "NAME": "web-1.17a0000000000001"}
LARGE = {"NS": "load-1", "NAME": "app-1.17b0000000001eef"}

try:
    cluster.up()
    if not SAME:
        daemon.start()
        hosted.start()
    else:
        daemon.wait_count = lambda *_: None
    run([the_comparison_sees_differences,
         *reading_tests(READ, twelve_events_are_made, SMALL, (real, ours)),
         *watching_tests(),
         *reading_tests(MANY, thousands_of_events_are_made, LARGE, (real, short)),
         *([] if SAME else known_answers()),
         *writing_tests()])  # last: what is deleted here is not forgotten there
finally:
    for one_daemon in (daemon, hosted):
        one_daemon.end()
    cluster.end()
    remove(STATE)
