#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# cli.sh TELLTALE [TELLTALED]: runs the program as a person would, on a log made by `telltale
# replay`, and compares what it prints with known answers. Prints TAP. What runs against a daemon
# is left out without TELLTALED.
set -u
export LC_ALL=C TZ=UTC NO_COLOR=1

telltale=$(realpath "$1")
telltaled=${2:+$(realpath "$2")}
here=$(cd "$(dirname "$0")" && pwd)
recording=$here/outage.watch.json
work=$(mktemp -d) || exit 1
daemon=
trap 'test -n "$daemon" && kill "$daemon" 2>/dev/null; rm -rf "$work"' EXIT
test -x "$telltale" || { echo "Bail out! $telltale is no program"; exit 1; }
cd "$work" || exit 1
count=0

# t ARGUMENT...: runs the program on the log; leaves out, err and rc.
t()
{
	"$telltale" --data log "$@" >out 2>err </dev/null
	rc=$?
}

# report NAME: ok if the file `bad` is empty.
report()
{
	count=$((count + 1))
	if test -s bad; then
		echo "not ok $count - $1"
		sed 's/^/# /' bad
	else
		echo "ok $count - $1"
	fi
	: >bad
}

wrong()
{
	{
		echo "$*"
		sed 's/^/  out: /' out | head -20 | cut -c 1-200
		sed 's/^/  err: /' err | head -20 | cut -c 1-200
	} >>bad
}

wants_rc()
{
	test "$rc" = "$1" || wrong "exit status $rc, want $1"
}

# wants FILE TEXT: the file holds the text.
wants()
{
	grep -qF -- "$2" "$1" || wrong "no \"$2\" in $1"
}

wants_lines()
{
	test "$(wc -l <"$1")" = "$2" || wrong "$(wc -l <"$1") lines in $1, want $2"
}

# wants_same FILE: standard input is what the file holds.
wants_same()
{
	cat >want
	diff -u want "$1" >differs || { echo "$1 differs:" >>bad; head -20 differs | cut -c 1-200 >>bad; }
}

# Ages change with time and the widths of columns with them.
timeless()
{
	sed -E 's/ [0-9]+[yd]([0-9]+[dh])?/ AGE/g; s/   +/  /g' "$1"
}

# until_true COMMAND...: tries for up to ten seconds.
until_true()
{
	for _ in $(seq 50); do
		"$@" && return
		sleep 0.2
	done
	wrong "never true: $*"
}

: >bad
since=2023-11-22T09:00:00Z

# --- help and wrong use

t --help
wants_rc 0
wants out 'Usage: telltale VERB'
for verb in events describe log status kubeconfig check backup replay record version completion; do
	wants out "  $verb "
	"$telltale" $verb --help >out 2>err || wrong "$verb --help fails"
	wants out "Usage: telltale $verb"
	wants out 'Examples:'
	wants out '--help'
	case $verb in
	record | version | completion) taken='' refused='--data --server --ca --token-file' ;;
	check | backup) taken=--data refused='--server --ca --token-file' ;;
	kubeconfig) taken='--server --ca --token-file' refused=--data ;;
	*) taken='--data --server --ca --token-file' refused='' ;;
	esac
	for option in $taken; do wants out "$option "; done
	for option in $refused; do
		grep -q -e "^ *$option " out && wrong "$verb --help lists $option"
	done
	"$telltale" help $verb | cmp -s - out || wrong "help $verb is not $verb --help"
	t --help
done
report 'help is there for the program and each verb'

t evnts
wants_rc 2
wants err 'did you mean "events"? (see telltale --help)'
t events --namspace x
wants_rc 2
wants err '--namespace'
t events --for pod
wants_rc 2
t events --types Normla
wants_rc 2
t events --since tomorrowish
wants_rc 2
wants err '--since'
t events --limit many
wants_rc 2
t events --limit -1
wants_rc 2
wants err '"-1" is not a whole number from 0 up'
t completion
wants_rc 2
wants err 'for which shell is missing; there is telltale completion bash (see '
t events extra
wants_rc 2
t events -o xml
wants_rc 2
t describe
wants_rc 2
t describe pod
wants_rc 2
wants err 'KIND/NAME'
t describe pod/a pod/b
wants_rc 2
wants err 'one object at a time'
t describe pod/a --since soonish
wants_rc 2
wants err '--since'
t replay
wants_rc 2
t check --server http://127.0.0.1:1
wants_rc 2
t status --server http://127.0.0.1:1
wants_rc 2
wants err 'exclude each other'
t status --ca ca.pem
wants_rc 2
wants err '--ca and --data exclude each other'
for option in --ca --token-file; do
	"$telltale" --server http://127.0.0.1:1 $option ca.pem status >out 2>err
	rc=$?
	wants_rc 2
	wants err "$option needs a server with https"
done
t kubeconfig
wants_rc 2
wants err '--data: kubectl reads from a running telltaled'
"$telltale" status --server http://ann:sesame@127.0.0.1:1 >out 2>err
rc=$?
wants_rc 2
wants err '--token-file'
grep -q sesame out err && wrong 'a password is shown'
t
wants_rc 2
report 'wrong use is told in a sentence and exits with 2'

"$telltale" --data nowhere events >out 2>err
rc=$?
wants_rc 1
wants err nowhere
wants_lines err 1
"$telltale" --server http://127.0.0.1:1 status >out 2>err
rc=$?
wants_rc 1
wants_lines err 1
report 'a log or server that is not there is a sentence and exits with 1'

mkdir garbage
head -c 8192 /dev/zero | tr '\0' x >garbage/telltale.db
for verb in 'events -A' log status check 'backup saved' "replay $recording"; do
	# shellcheck disable=SC2086  # a verb and its operand
	"$telltale" --data garbage $verb >out 2>err
	rc=$?
	wants_rc 1
	wants_lines err 1
done
if test -n "$telltaled"; then
	"$telltaled" --data garbage --listen 127.0.0.1:0 --hosted live >out 2>err
	rc=$?
	wants_rc 1
	wants err 'no log of telltale'
fi
report 'a file that is no log is a failure, not wrong use'

# --- replay

t replay "$recording"
wants_rc 0
wants_same out <<-'EOF'
	35 events recorded as cluster outage in log, 1 deletion passed over
EOF
t replay "$recording"
wants_rc 0
wants_same out <<-'EOF'
	0 events recorded as cluster outage in log, 35 there already, 1 deletion passed over
EOF
report 'replay records each observation once'

{ head -n 3 "$recording"; echo '{"type":"ADDED","object":{"metadata":{"na'; sed -n 4p "$recording"; } >torn
"$telltale" --data torn.log replay torn >out 2>err
rc=$?
wants_rc 1
wants out '4 events recorded as cluster torn in torn.log, 1 not readable'
wants err 'torn:4: '
report 'replay names a damaged line and goes on behind it'

"$telltale" --data now.log replay - --shift --cluster now <"$recording" >out 2>err
rc=$?
wants_rc 0
wants out '35 events recorded as cluster now in now.log'
"$telltale" --data now.log events -A >out 2>err
rc=$?
wants_rc 0
wants_lines out 17
tail -n 1 out | grep -q '^HTTP 503$' || wrong 'the newest event is not last'
sed -n 16p out | grep -Eq '^shop +[0-9]s \(x7 over 5m' || wrong 'the newest event is not of now'
report 'replay of a pipe, shifted, ends now'

t replay "$recording" --cluster Not_A_Name
wants_rc 2
t replay missing.json
wants_rc 1
wants err 'missing.json: No such file'
report 'replay refuses names and files that are none'

# --- record

# A server that takes connections and never answers, and one that answers with status 500.
cat >mute.py <<'EOF'
import socket, sys, threading
mute, failing = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
with open("ports", "w") as f:
    f.write("%d %d\n" % (mute.getsockname()[1], failing.getsockname()[1]))
def fail():
    while True:
        s = failing.accept()[0]
        s.recv(65536)
        s.sendall(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        s.close()
threading.Thread(target=fail, daemon=True).start()
threading.Event().wait(60)
EOF
if command -v python3 >/dev/null; then
	rm -f ports
	python3 mute.py &
	server_pid=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		test -s ports && break
		sleep 0.1
	done
	# shellcheck disable=SC2013  # two words
	for port in $(cat ports); do
		cat >kubeconfig <<-EOF
			{"apiVersion": "v1", "kind": "Config", "current-context": "x",
			 "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
			 "users": [{"name": "x", "user": {}}],
			 "clusters": [{"name": "x", "cluster": {"server": "http://127.0.0.1:$port"}}]}
		EOF
		"$telltale" record --kubeconfig kubeconfig --duration 1s >out 2>err
		rc=$?
		wants_rc 1
		wants err "recorded 0 events, because http://127.0.0.1:$port was never connected: "
	done
	wants err '(HTTP status 500)'
	kill $server_pid
fi
report 'record says that it never connected, and why'

# --- events

t events -A --since $since
wants_rc 0
wants_same err </dev/null
timeless out >table
wants_same table <"$here/events.txt"
t events -A --since $since -o ''
timeless out >again
wants_same again <"$here/events.txt"
t events -A --since $since --no-headers
timeless out >table
tail -n +2 "$here/events.txt" | wants_same table
report 'events are a table as kubectl prints it, newest last'

t events -A --since $since -o wide
timeless out >table
wants_same table <"$here/wide.txt"
report 'wide has the columns of kubectl get events'

t events -n shop --since $since -o yaml
wants_same out <"$here/shop.yaml"
t events -n shop --since $since -o json
wants_same out <"$here/shop.json"
t events -n nowhere -o json
wants_same out <<-'EOF'
	{
	    "kind": "EventList",
	    "apiVersion": "v1",
	    "metadata": {},
	    "items": []
	}
EOF
t events -n nowhere -o yaml
wants_same out <<-'EOF'
	apiVersion: v1
	items: []
	kind: EventList
	metadata: {}
EOF
report 'json and yaml are an EventList, byte for byte as of kubectl'

t events -A --since $since -o ndjson
wants_lines out 15
test "$(grep -c '^{"kind":"Event","apiVersion":"v1","metadata":{"name":' out)" = 15 ||
	wrong 'a line is no Event'
report 'ndjson is an Event per line'

# names WHAT-TO-ASK...: names of events without their suffix, and how many.
names()
{
	t events --since $since -o name "$@"
	wants_rc 0
	sed 's/\.[0-9a-f]*$//' out | sort | uniq -c | sed 's/^ *//' >names
}

names --types warning
wants_same names <<-'EOF'
	3 event/h-bad-9fb8995cf-2bdd7
	1 event/h-crash-6477b98455-q9csj
EOF
names --reason BackOff,Killing --reason ScalingReplicaSet
wants_same names <<-'EOF'
	1 event/h-bad-9fb8995cf-2bdd7
	1 event/h-crash-6477b98455-q9csj
	1 event/h2
EOF
names -A --grep 'Preemption is not'
wants_same names <<-'EOF'
	2 event/toobig-56b64b68c4-7jdp4
EOF
for kind in deploy deployment Deployments.apps DEPLOY; do
	names --for $kind/h2
	wants_same names <<-'EOF'
		1 event/h2
	EOF
done
names --for pod/h2
wants_same names </dev/null
names -n shop -A --until 2023-11-22T09:15:10Z
cp names all
names -A --until 2023-11-22T09:15:10Z
wants_same names <all
names -n shop
wants_same names <<-'EOF'
	2 event/toobig-56b64b68c4-7jdp4
	1 event/web-0
EOF
names -A --until 2023-11-22T09:15:10Z
wants_same names <<-'EOF'
	5 event/h-bad-9fb8995cf-2bdd7
	6 event/h-crash-6477b98455-q9csj
	1 event/h2
EOF
report 'events are found by type, reason, text, object, namespace and time'

t events -A --since $since --limit 2 -o name
wants_lines out 2
tail -n 1 out | grep -q '^event/web-0' || wrong 'not the newest ones'
wants err 'showing the newest 2'
wants_lines err 1
t events -A --since $since --limit 15 -o name
wants_lines out 15
wants_same err </dev/null
t events -A --since $since --limit 0 -o name
wants_lines out 15
report 'a limit keeps the newest and says that there are more'

t events
wants_rc 0
wants_same out </dev/null
head -n 1 err >first
wants_same first <<-'EOF'
	No events found in default namespace in the last 24h.
EOF
wants err 'Warning: older ones are there: the newest is of 2023-11-22T09:'
wants err ' shows it'
shows=$(sed -n 's/.*; --since \([0-9]*d\) shows it$/\1/p' err)
t events --since "$shows" --limit 1 -o name
wants_lines out 1
t events --since "$shows ago" --limit 1 -o name
wants_lines out 1
t events -n nowhere
wants err 'Warning: the newest event of cluster outage is of 2023-11-22T09:25:00Z'
t events -n shop --for deploy/h2
wants err 'No events found in shop namespace in the last 24h.'
grep -q 'older ones are there' err && wrong 'older ones where there never was one'
t events -n nowhere --since $since
wants err 'No events found in nowhere namespace between 2023-11-22T09:00:00Z and now.'
wants err 'nothing here, but '
wants err 'in 2 other namespaces, most in '
t events -n nowhere --since $since --for deploy/h2
wants err 'nothing here, but 1 in namespace default'
t events -A --since $since --for Deploymnt/h2
wants err 'did you mean "Deployment"?'
t events -n '' --since $since -o name
cp out empty
t events --since $since -o name
wants_same out <empty
bookmark='{"type":"BOOKMARK","object":{"kind":"Event","apiVersion":"v1","metadata":{"resourceVersion":"9"}}}'
echo "$bookmark" | "$telltale" --data two replay - --cluster silent >out 2>&1
"$telltale" --data two events >out 2>err
wants err 'cluster silent has no events'
"$telltale" --data two replay "$recording" >out 2>&1
"$telltale" --data two events --cluster silent >out 2>err
grep -q 'others have' err && wrong 'of other clusters what lies outside of the time asked for'
"$telltale" --data two events --cluster silent --since $since >out 2>err
wants err 'cluster silent has no events; others have: outage 15'
t events -A --cluster nowhere
wants_rc 1
wants err 'there is no cluster "nowhere"; there is: outage'
cp err events.err
for follow in '' --follow; do
	timeout 10 "$telltale" --data log log $follow --cluster nowhere >out 2>err
	rc=$?
	wants_rc 1
	wants_same out </dev/null
	wants_same err <events.err
done
report 'an empty answer says what lies elsewhere'

"$telltale" --data now.log events -A -w >followed 2>err &
watcher=$!
sleep 1
"$telltale" --data now.log replay "$recording" --cluster other --shift >out 2>&1
grep -F web-0 "$recording" | sed 's/"2900"/"2999"/' | "$telltale" --data now.log replay - --cluster now --shift >out 2>&1
for _ in 1 2 3 4 5 6 7 8 9 10; do
	test "$(grep -c '^HTTP 503' followed)" = 2 && break
	sleep 0.3
done
kill -INT $watcher
wait $watcher
rc=$?
wants_rc 130
cp followed out
wants_lines out 19
wants err 'cluster now is a recording'
test "$(grep -c '^NAMESPACE' followed)" = 1 || wrong 'not one header'
report 'watch goes on with what comes of its cluster, until interrupted'

# --- log

t log -o ndjson
wants_lines out 35
sed -n 's/^{"seq":\([0-9]*\),"kind":"event","cluster":"outage","recordedAt":"[^"]*Z","change":"[A-Z]*","event":{.*}}$/\1/p' out |
	sort -n | uniq | wc -l | tr -d ' ' >seqs
wants_same seqs <<-'EOF'
	35
EOF
t log --tail 3 -o ndjson
wants_lines out 3
wants out '{"seq":35,'
t log --after 30 --limit 2 -o ndjson
wants_lines out 2
wants out '{"seq":31,'
wants out '{"seq":32,'
t log --after 35
wants_rc 0
wants err 'no record behind 35 matches; the newest is 35'
t log --until 2020-01-01
wants_rc 0
wants err 'none of the records up to 35 matches'
t log --tail 0
wants_same err </dev/null
t log --after 99
wants_rc 1
wants err 'beyond the newest record'
t log --after 1 --tail 1
wants_rc 2
t log --tail 1
wants_lines out 2
sed -E 's/   +/  /g; s/[0-9-]+T[0-9:]+Z/WHEN/' out >table
wants_same table <<-'EOF'
	SEQ  RECORDED  CLUSTER  CHANGE  NAMESPACE  TYPE  REASON  OBJECT  MESSAGE
	35  WHEN  outage  ADDED  shop  Warning  Unhealthy  Pod/web-0  Readiness probe failed: <html> HTTP 503 (x7)
EOF
report 'log has every record in order'

echo "$bookmark" | "$telltale" --data now.log replay - --cluster third >out 2>&1
"$telltale" --data now.log log --follow --tail 0 --cluster third -o ndjson >followed 2>err &
watcher=$!
sleep 1
"$telltale" --data now.log replay "$recording" --cluster third >out 2>&1
for _ in 1 2 3 4 5 6 7 8 9 10; do
	test "$(wc -l <followed)" = 35 && break
	sleep 0.3
done
kill -TERM $watcher
wait $watcher
rc=$?
wants_rc 143
wants_lines followed 35
"$telltale" --data follow.log replay - --cluster long-name <"$recording" >out 2>&1
"$telltale" --data follow.log log --follow --tail 1 >followed 2>err &
watcher=$!
sleep 1
"$telltale" --data follow.log replay "$recording" --cluster b >out 2>&1
until_true grep -q BackOff followed
kill -INT $watcher
wait $watcher
cut -c "$(sed -n '1s/CHANGE.*//p' followed | wc -c)-" followed | cut -d ' ' -f 1 | sort -u >out
wants_same out <<-'EOF'
	ADDED
	CHANGE
	MODIFIED
EOF
cut -c "$(sed -n '1s/MESSAGE.*//p' followed | wc -c)-" followed | grep -q '^ ' && wrong 'columns are not aligned'
cut -c "$(sed -n '1s/OBJECT.*//p' followed | wc -c)-" followed | sed '1d; s,/.*,,' | sort -u >out
wants_same out <<-'EOF'
	Deployment
	Pod
EOF
report 'log follows what is recorded'

# --- describe

# event NAME KIND/NAME/UID NAMESPACE TIME MESSAGE: a line of a recording.
event()
{
	rest=${2#*/}
	printf '{"type":"ADDED","object":{"kind":"Event","apiVersion":"v1","metadata":{"name":"%s",' "$1"
	printf '"namespace":"%s","uid":"u-%s","resourceVersion":"%s","creationTimestamp":"%s"},' \
		"${3:-default}" "$1" "${1#e}" "$4"
	printf '"involvedObject":{"kind":"%s","name":"%s","uid":"%s"%s},"reason":"Told","message":"%s",' \
		"${2%%/*}" "${rest%%/*}" "${rest#*/}" "${3:+,\"namespace\":\"$3\"}" "$5"
	printf '"source":{"component":"c"},"firstTimestamp":"%s","lastTimestamp":"%s","count":1,' "$4" "$4"
	printf '"type":"Normal","eventTime":null,"reportingComponent":"","reportingInstance":""}}\n'
}

{
	event e101 Node/n1/uid-of-it '' 2023-11-20T01:00:00Z 'the cluster says'
	event e102 Node/n1/n1 '' 2023-11-20T02:00:00Z 'the kubelet says'
	event e103 Pod/db-0/first shop 2023-11-20T03:00:00Z 'the first of this name'
	event e104 Pod/db-0/second shop 2023-11-20T04:00:00Z 'the second'
	event e105 Widget/w/u '' 2023-11-20T05:00:00Z 'in no namespace'
	event e106 Widget/w/u other 2023-11-20T06:00:00Z 'in another one'
} >objects
"$telltale" --data objects.log replay objects >out 2>err
rc=$?
wants_rc 0

# d ARGUMENT...: describes on that log.
d()
{
	"$telltale" --data objects.log describe "$@" >out 2>err
	rc=$?
	timeless out | sed -E 's/  +/  /g' >ageless
}

d no/n1 -n wherever
wants_rc 0
wants_same ageless <<-'EOF'
	Events:
	  Type  Reason  Age  From  Message
	  ----  ------  ----  ----  -------
	  Normal  Told  AGE  c  the cluster says
	  Normal  Told  AGE  c  the kubelet says
EOF
d pod db-0 -n shop
wants_same ageless <<-'EOF'
	Events:
	  Type  Reason  Age  From  Message
	  ----  ------  ----  ----  -------
	  Normal  Told  AGE  c  the first of this name
	  Normal  Told  AGE  c  the second
EOF
d pod db-0 -n shop --since 2023-11-20T03:30:00Z --until 2023-11-20T05:00:00Z
wants_lines out 4
wants out 'the second'
d widgets/w
wants_lines out 1
wants err 'no kind "widgets" is known here'
d Widget/w
wants_lines out 4
wants out 'in no namespace'
d Widget/w -n other
wants_lines out 4
wants out 'in another one'
d pod/db-0
wants_rc 0
wants_same out <<-'EOF'
	Events:  <none>
EOF
wants err 'Warning: nothing here, but 2 in '
d pod/db-0 --cluster nowhere
wants_rc 1
wants_lines out 0
wants err 'there is no cluster "nowhere"'
report 'describe shows the events of an object, wherever and whoever it was'

t describe pod/web-0 -n shop
wants out 'spec.containers{app}: Readiness probe failed: <html>'
wants out '(x7 over '
report 'describe shows what kubectl describe shows'

t describe deploy/h2
cp out known
t describe -n '' deploy/h2
wants_same out <known
t describe Deploymnt/h2
wants out '<none>'
wants err 'did you mean "Deployment"?'
report 'describe takes an empty namespace for none, and guesses a kind'

# --- status, check, backup

t status
wants_rc 0
wants out 'Directory  log'
wants out 'Records    1 to 35'
wants out 'a file of 64.0 MiB is kept in reserve for a full disk'
grep -Eq '^outage +recording +- +- +- +[0-9]+[yd].* 35 +0$' out || wrong 'no row of the cluster'
t status -o json
wants out '    "head": 35,'
wants out '"name": "outage",'
report 'status shows what is kept'

t check
wants_rc 0
wants out '35 records in '
wants out 'no problems'
t backup copy
wants_rc 0
"$telltale" --data copy check >out 2>err
rc=$?
wants_rc 0
wants out '35 records in '
"$telltale" --data copy log -o ndjson >copied 2>err
t log -o ndjson
wants_same copied <out
t backup copy
wants_rc 2
wants err 'copy is not empty'
report 'check finds no problem, also not in a backup, which holds the same'

# --- output

{ "$telltale" --data log log -o ndjson; echo $? >status; } | head -n 1 >out
rc=$(cat status)
wants_rc 0
"$telltale" --data log log -o ndjson >/dev/full 2>err
rc=$?
wants_rc 1
wants err 'No space left on device'
report 'a closed pipe is no failure, a full disk is one'

env -u NO_COLOR TERM=xterm "$telltale" --data log events -A --since $since >out 2>err
test "$(tr -dc '\033' <out | wc -c)" = 0 || wrong 'colour in a pipe'
report 'a pipe gets no colour'
# Containers and sandboxes may have no terminals to give.
if test "$(script -qec 'test -t 1 && echo terminal' /dev/null 2>&1 </dev/null | tr -d '\r')" = terminal; then
	skipped=
	script -qec "env -u NO_COLOR TERM=xterm '$telltale' --data log events -A --since $since" /dev/null >out </dev/null
	tr -dc '\033' <out | grep -q . || wrong 'no colour on a terminal'
	script -qec "NO_COLOR=1 TERM=xterm '$telltale' --data log events -A --since $since" /dev/null >out </dev/null
	tr -dc '\033' <out | grep -q . && wrong 'colour in spite of NO_COLOR'
else
	skipped=' # SKIP no terminal can be made with script(1)'
fi
report "a terminal gets colour, unless NO_COLOR is set$skipped"

t version
grep -Eq '^telltale [0-9]+\.[0-9]+\.[0-9]+$' out || wrong 'no version'
t version -o json
grep -Eq '^\{"version":"[0-9.]+"\}$' out || wrong 'no version in JSON'
ln -s "$telltale" kubectl-telltale
./kubectl-telltale --help >out
wants out 'Usage: kubectl telltale VERB'
wants out '  kubectl telltale events -A'
if command -v kubectl >/dev/null; then
	for words in 'version -o json' 'events --data log -A --since 2023-11-22T09:00:00Z -o name' \
		'describe pod/web-0 -n shop --data log'; do
		# shellcheck disable=SC2086  # a verb and its options
		PATH=$PWD:$PATH HOME=$work kubectl telltale $words >out 2>err || wrong "kubectl telltale $words"
		cp out answer
		# shellcheck disable=SC2086
		"$telltale" $words >out 2>err
		wants_same answer <out
	done
	PATH=$PWD:$PATH HOME=$work kubectl telltale events --types Loud >out 2>err
	wants err 'kubectl telltale: --types'
fi
report 'the version, and the name as a plug-in of kubectl'

t completion bash
cp out completion
bash -n completion || wrong 'the script is no bash'
cat >try <<'EOF'
. ./completion
complete_words()
{
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_telltale
	echo "$*: ${COMPREPLY[*]}"
}
complete_words telltale ev
complete_words telltale --data x sta
complete_words telltale events --types Warning --out
complete_words telltale events -o n
complete_words telltale events -o json --no
complete_words telltale completion ''
complete_words telltale events --types ''
complete_words telltale events --output = nd
complete_words telltale events --types =
complete_words telltale --data = "$PWD/log" sta
complete_words telltale --server http : //127.0.0.1 : 7447 sta
complete_words ./telltale events --data log -n ''
complete_words ./telltale --data = log log --cluster = o
EOF
ln -s "$telltale" telltale
bash try 2>&1 | sed "s,$PWD,WORK," >out
wants_same out <<-'EOF'
	telltale ev: events
	telltale --data x sta: status
	telltale events --types Warning --out: --output
	telltale events -o n: name ndjson
	telltale events -o json --no: --no-headers
	telltale completion : bash
	telltale events --types : Normal Warning
	telltale events --output = nd: ndjson
	telltale events --types =: Normal Warning
	telltale --data = WORK/log sta: status
	telltale --server http : //127.0.0.1 : 7447 sta: status
	./telltale events --data log -n : default shop
	./telltale --data = log log --cluster = o: outage
EOF
t completion fish
wants_rc 2
cp "$here/../../share/kubectl_complete-telltale.sh" kubectl_complete-telltale
./kubectl_complete-telltale ev >out
./kubectl_complete-telltale events --data log --cluster=o >>out
./kubectl_complete-telltale events --data "$PWD/log" -n '' >>out
wants_same out <<-'EOF'
	events
	:4
	outage
	:4
	default
	shop
	:4
EOF
report 'bash completes verbs, options and values'

"$telltale" --man >telltale.1 || wrong '--man fails'
for verb in events describe log status kubeconfig check backup replay record version completion; do
	grep -q "^.SS \"$verb" telltale.1 || wrong "no $verb in the manual page"
done
head -n 1 telltale.1 | grep -Eq '^\.TH TELLTALE 1 "[0-9]{4}-[0-9]{2}-[0-9]{2}" ' || wrong 'the page has no date'
if command -v man >/dev/null && command -v groff >/dev/null; then
	man --warnings -E UTF-8 -l telltale.1 2>out >page
	grep -q 'kubeconfig --at "yesterday 03:00" > night' page || wrong 'an example lost its quotes'
	wants_same out </dev/null
fi
report 'the manual page is made from the tables'

# --- with a daemon

if test -z "$telltaled"; then
	echo "1..$count"
	exit 0
fi

port=$((20000 + $$ % 12000)) # below those that the kernel gives to clients
server=http://127.0.0.1:$port
"$telltaled" --data served --listen 127.0.0.1:$port --hosted live >daemon.log 2>&1 </dev/null &
daemon=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	"$telltale" --server $server status >out 2>err && break
	sleep 0.2
done

# s ARGUMENT...: runs the program against the daemon.
s()
{
	"$telltale" --server $server "$@" >out 2>err </dev/null
	rc=$?
}

s replay "$recording"
wants_rc 0
wants_same out <<-EOF
	35 events recorded as cluster outage in $server, 1 deletion passed over
EOF
s replay "$recording"
wants out '0 events recorded'
wants out '35 there already'
report 'a recording is replayed into a daemon once'

for form in json yaml ndjson name; do
	t events -A --since $since -o $form
	cp out direct
	s events -A --cluster outage --since $since -o $form
	wants_rc 0
	wants_same out <direct
done
t describe pod/h-bad-9fb8995cf-2bdd7
cp out direct
s describe pod/h-bad-9fb8995cf-2bdd7 --cluster outage
wants_lines out 8
wants_same out <direct
s events -A --cluster outage --since $since
timeless out >table
wants_same table <"$here/events.txt"
s events -A --cluster outage --since $since --limit 2 -o name
wants_lines out 2
wants err 'showing the newest 2'
s events -A --cluster outage --since $since --grep 'Error: ErrImagePull' --types Warning --for po/h-bad-9fb8995cf-2bdd7 -o name
wants_lines out 1
s events -n nowhere --cluster outage --since $since
wants err 'in 2 other namespaces'
"$telltale" --data served events -A --cluster outage --since $since -o name >out
wants_lines out 15
report 'a daemon answers the same as its directory'

"$telltale" --server $server log --follow --tail 0 -o ndjson >followed 2>err &
watcher=$!
sleep 1
s replay "$recording" --cluster third
for _ in 1 2 3 4 5 6 7 8 9 10; do
	test "$(wc -l <followed)" = 35 && break
	sleep 0.3
done
kill -INT $watcher
wait $watcher
rc=$?
wants_rc 130
wants_lines followed 35
s log -o ndjson --limit 36
wants_lines out 36
s log --after 9999
wants_rc 1
for verb in events log; do
	s $verb --cluster nowhere
	wants_rc 1
	wants_lines err 1
	wants err 'there is no cluster "nowhere"; there is: '
done
report 'a daemon is followed, until interrupted'

# k ARGUMENT...: kubectl with the kubeconfig `config`.
k()
{
	HOME=$work KUBECONFIG=$work/config kubectl "$@" >out 2>err </dev/null
	rc=$?
}

s kubeconfig --cluster outage -n shop
wants_rc 0
wants_lines err 0
wants_same out <<-EOF
	apiVersion: v1
	clusters:
	- cluster:
	    server: $server/clusters/outage
	  name: telltale-outage
	contexts:
	- context:
	    cluster: telltale-outage
	    namespace: shop
	    user: telltale-outage
	  name: telltale-outage
	current-context: telltale-outage
	kind: Config
	users:
	- name: telltale-outage
	  user: {}
EOF
s kubeconfig
wants out "server: $server/clusters/live"
"$telltale" --server "$server/" kubeconfig --cluster outage --last 36500d >config 2>err
wants config "server: $server/clusters/outage/last/36500d"
wants config 'name: telltale-outage-last-36500d'
if command -v kubectl >/dev/null; then
	k get events -A -o name
	wants_rc 0
	wants_lines out 15
	"$telltale" --server $server kubeconfig --cluster outage --at 2023-11-22T09:18:00Z --last 1h >config 2>err
	k get events -A --no-headers
	wants_lines out 12
	grep -qv '^default  *[23]m[0-9]*s* ' out && wrong 'ages do not count from that moment'
fi
export TZ=UTC-2
s kubeconfig --cluster outage --at '2023-11-22 11:50' --last 90m -o json
wants_rc 0
wants out "\"server\": \"$server/clusters/outage/at/2023-11-22T09:50:00Z/last/90m\""
wants out '"current-context": "telltale-outage-at-20231122T095000Z-last-90m"'
s kubeconfig --cluster outage --at 'yesterday 03:00'
wants out "/at/$(date -d yesterday +%Y-%m-%d)T01:00:00Z"
export TZ=UTC
for _ in 1 2 3 4 5 6 7 8 9 10; do # which lasts less than the command
	s kubeconfig --cluster outage --at now
	wants_rc 0
done
report 'a kubeconfig shows kubectl a cluster, a window, a past moment'

for wrong in '--last 7x' '--last 0' '--at noonish' '--at 2999-01-01' '--cluster ../x' \
	'--user a --token-file b' '--user a' '--token-file b'; do
	# shellcheck disable=SC2086  # an option and its value
	s kubeconfig $wrong
	wants_rc 2
	wants_lines err 1
	wants_lines out 0
	wants err "${wrong%% *}"
done
s kubeconfig --cluster nowhere
wants_rc 1
wants err 'there is no cluster "nowhere"; there is: '
"$telltale" --server http://127.0.0.1:1 kubeconfig >out 2>err
rc=$?
wants_rc 1
wants err '--cluster names one'
"$telltale" --server http://127.0.0.1:1 kubeconfig --cluster prod >out 2>err
rc=$?
wants_rc 0
wants err 'is not known'
wants out 'server: http://127.0.0.1:1/clusters/prod'
report 'a kubeconfig that would be wrong is not printed'

echo 'users: [{name: me, user: {token: sesame, client-key: key}}]' >mine
echo sesame >secret
echo '-----BEGIN CERTIFICATE-----' >ca.pem
KUBECONFIG=mine "$telltale" --server https://127.0.0.1:1 kubeconfig --user me --cluster prod >out 2>err
wants out 'token: sesame'
wants out "client-key: $work/key"
grep -q certificate-authority-data out && wrong 'a CA from nowhere'
KUBECONFIG=mine "$telltale" --server https://127.0.0.1:1 kubeconfig --user you --cluster prod >out 2>err
rc=$?
wants_rc 1
wants err 'no user "you"'
"$telltale" --server https://127.0.0.1:1 --ca mine kubeconfig --cluster prod >out 2>err
rc=$?
wants_rc 2
wants err '--ca'
"$telltale" --server 127.0.0.1:1 --ca ca.pem --token-file secret kubeconfig --cluster prod >out 2>err
wants out 'server: https://127.0.0.1:1/clusters/prod'
wants out "certificate-authority-data: $(base64 -w0 ca.pem)"
wants out "tokenFile: $work/secret"
grep -q sesame out err && wrong 'a token is shown'
report 'a kubeconfig says whom to be and whom to trust'

s status
wants out "Server     $server"
wants out 'live'
s status -o json
wants out '"kind": "hosted",'
s replay "$recording" --cluster live
wants_rc 0
"$telltale" --data served replay "$recording" >out 2>err
rc=$?
wants_rc 1
wants_lines err 1
wants err 'another telltaled, or a telltale replay, has the log in served open'
"$telltaled" --data second --listen 127.0.0.1:$port --hosted live >out 2>err
rc=$?
wants_rc 1
wants err "cannot listen on 127.0.0.1:$port: another program uses this port, probably another telltaled"
kill "$daemon"
wait "$daemon"
daemon=
s status
wants_rc 1
wants_lines err 1
report 'the state of a daemon is shown, and that it is gone'

# --- with a daemon that cuts an answer

command -v python3 >/dev/null || { echo "1..$count"; exit 0; }
cat >cutting.py <<'EOF'
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        is_view = self.path.startswith("/v1/events")
        body = b'{"kind":"cursor","seq":1}\n' if is_view else (
            b'{"log":"x","head":1,"oldest":1,"clusters":[{"name":"a","kind":"hosted","events":1}]}')
        self.send_response(200)
        if is_view and "limit=7&" not in self.path:
            self.send_header("Telltale-Truncated", "true")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.timeout = 20
for _ in range(6):
    server.handle_request()
EOF
python3 cutting.py >ready 2>&1 &
until_true test -s ready
for limit in 0 120000; do
	"$telltale" --server "http://127.0.0.1:$(cat ready)" events --limit $limit >out 2>err
	wants err 'the server gave only the newest 0;'
done
"$telltale" --server "http://127.0.0.1:$(cat ready)" events --limit 6 >out 2>err
grep -q 'only the newest' err && wrong 'a whole answer is called cut'
report 'an answer that a server cuts is said to be cut'

# --- with a daemon that collects

mkfifo hold
: >ready
python3 "$here/../fault/apiserver.py" --plain --lifetime 120 >ready <hold &
exec 3>hold

until_true test -s ready
url=$(sed 's/.*"url": "\([^"]*\)".*/\1/' ready)
control=$(sed 's/.*"control": "\([^"]*\)".*/\1/' ready)

# api COMMAND: tells the API server how to behave.
api()
{
	python3 -c 'import sys, urllib.request as u; u.urlopen(sys.argv[1], sys.argv[2].encode())' "$control" "$1"
}

cat >kubeconfig <<EOF
{"apiVersion": "v1", "kind": "Config", "current-context": "x",
 "contexts": [{"name": "x", "context": {"cluster": "x", "user": "x"}}],
 "users": [{"name": "x", "user": {}}], "clusters": [{"name": "x", "cluster": {"server": "$url"}}]}
EOF
api '{"op": "fill", "n": 3}'
"$telltaled" --data collected --listen 127.0.0.1:$port --kubeconfig kubeconfig --cluster prod >daemon.log 2>&1 </dev/null &
daemon=$!
watching() { "$telltale" --server $server status 2>/dev/null | grep -q '^prod .* watching '; }
until_true watching
api '[{"op": "paths", "paths": {"/api/v1": {}, "/apis": {"groups": [{"versions": [{"groupVersion": "e.com/v1"}]}]},
	"/apis/e.com/v1": {"resources": [{"name": "widgets", "kind": "Widget", "shortNames": ["wd"]}]}}},
	{"op": "put", "events": [{"metadata": {"name": "w1.1"}, "reason": "Turned",
		"involvedObject": {"kind": "Widget", "namespace": "default", "name": "w1"}}]}]'
turned() { "$telltale" --server $server describe "$@" 2>err | grep -q Turned; }
until_true turned widget/w1
for word in widgets.e.com wd Widget; do
	turned $word/w1 || wrong "describe $word/w1 shows nothing"
	s events --for $word/w1 -o name
	wants_lines out 1
done
s describe wd/w2
grep -q 'is known here' err && wrong 'a kind of the cluster is not known'
s describe wdg/w1
wants err 'no kind "wdg" is known here'
report 'the kinds of a cluster are known by any of their names'
"$telltale" --data collected events >out 2>err
grep -q 'nothing is known after' err && wrong 'an open gap beside a daemon that is connected'
"$telltale" --server $server events -w >followed 2>watched &
watcher=$!
"$telltale" --server $server log -f --tail 0 >followed 2>logged &
logger=$!
api '[{"op": "rules", "rules": [{"status": 500, "times": -1}]}, {"op": "break"}]'
for file in watched logged; do
	until_true grep -q 'Warning: cluster prod: disconnected since .*Z: .* 500' $file
done
s log
wants err 'Warning: cluster prod: disconnected since'
api '{"op": "rules", "rules": []}'
for file in watched logged; do
	until_true grep -q 'cluster prod: connected again' $file
	test "$(grep -c 'disconnected since' $file)" = 1 || wrong 'an outage is not told once'
done
kill -INT $watcher $logger
kill "$daemon"
wait "$daemon"
daemon=
for verb in events log; do
	"$telltale" --data collected $verb >out 2>err
	wants err 'nothing is known after 20'
	wants err 'Z: telltaled is not running'
done
"$telltale" --data collected status >out 2>err
wants out 'Z ('
wants out 'ago): telltaled is not running'
report 'every reader is told what is disconnected, and that it is back'

# --- what make run starts

# run_until TEXT: starts telltaled --run on the directory `tried`, until TEXT is printed.
run_until()
{
	"$telltaled" --run --data tried --listen 127.0.0.1:$port --sample "$recording" >out 2>err </dev/null &
	daemon=$!
	until_true grep -qF "$1" out
}
end_run()
{
	kill "$daemon"
	wait "$daemon"
	rc=$?
	daemon=
	wants_rc 0
	wants_same err </dev/null
}

export KUBECONFIG=nowhere
run_until 'Ctrl-C stops'
"$telltale" --server $server status >shown 2>&1
grep -q '^sample .* 35 ' shown || wrong 'the sample is not there'
if command -v kubectl >/dev/null; then
	kubectl --kubeconfig tried/kubeconfig get events -A -o name >got 2>&1 || wrong "kubectl: $(cat got)"
	test "$(wc -l <got)" = 15 || wrong 'kubectl does not show the sample'
fi
end_run
wants out "There is no usable kubeconfig (none of the files in "
test "$(sed -n '/^NAMESPACE /,/^$/p' out | sed '1d; $d' | wc -l)" = 16 || wrong 'not the rows of the sample'
test "$(tail -n 2 out | head -n 1)" = 'Ctrl-C stops.' || wrong 'the hints are not last'
test "$(stat -c %a tried/kubeconfig)" = 600 || wrong 'others may read the kubeconfig'
sed -n 's/^    \(telltale .*\)  *# .*/\1/p' out | grep -v -e ' -w' >tries
test "$(wc -l <tries)" -ge 4 || wrong 'no commands to try'
while read -r line; do
	PATH=$(dirname "$telltale"):$PATH sh -c "$line" >tried.out 2>&1 </dev/null || wrong "fails: $line"
	test -s tried.out || wrong "prints nothing: $line"
done <tries
report 'make run shows a sample, then commands that work, also afterwards'

KUBECONFIG=kubeconfig
run_until 'Ctrl-C stops'
api '{"op": "fill", "n": 1, "prefix": "late"}'
until_true grep -q '^default .*late' out
api '[{"op": "rules", "rules": [{"status": 500, "times": -1}]}, {"op": "break"}]'
until_true grep -q '^--- not connected: ' out
api '{"op": "rules", "rules": []}'
until_true grep -q '^--- connected again' out
test "$(grep -c '^--- not connected' out)" = 1 || wrong 'trouble is not told once'
api '[{"op": "bump", "by": 10}, {"op": "compact"}, {"op": "break"}]'
until_true grep -Eq '^--- GAP: .*events may be missing from 20.*Z to 20.*Z: .' out
end_run
wants out 'Collecting the events of context "x"'
grep -q 'web-0' out && wrong 'events of the sample beside those of the cluster'
grep -q ' --cluster x ' out || wrong 'the commands do not say which cluster'
exec 3>&-
report 'make run shows one cluster alone, trouble with its end, and gaps'

# The first cluster waits for a token that never comes while the second one fails.
mkfifo token late
sed 's/"user": {}/"user": {"tokenFile": "token"}/; s,http:,https:,' kubeconfig >waiting
cat >two.yaml <<EOF
{data: two.log, listen: "127.0.0.1:$port", clusters: [
  {name: waiting, kubeconfig: waiting}, {name: late, kubeconfig: late}]}
EOF
"$telltaled" --config two.yaml >daemon.log 2>&1 </dev/null &
daemon=$!
timeout 10 sh -c 'exec >late && sleep 0.3 && echo "clusters: [}"' || wrong 'the second cluster is not read'
until_true sh -c "! kill -0 $daemon 2>/dev/null"
test -s bad && kill -9 "$daemon"
wait "$daemon"
rc=$?
daemon=
wants_rc 2
wants daemon.log 'cluster "late": '
wants daemon.log 'something hangs and is left behind'
report 'a start that fails while something hangs ends the program'

echo "1..$count"
