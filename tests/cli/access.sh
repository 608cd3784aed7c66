#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# access.sh TELLTALE TELLTALED: what telltaled refuses to start with, the certificate that it makes,
# and who may ask it then. Prints TAP.
set -u
export LC_ALL=C TZ=UTC NO_COLOR=1

telltale=$(realpath "$1")
telltaled=$(realpath "$2")
work=$(mktemp -d) || exit 1
daemon=
trap 'test -n "$daemon" && kill "$daemon" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
count=0
: >bad

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

# config LINE...: a configuration with these lines and a hosted cluster.
config()
{
	{
		echo "data: $work/data"
		printf '%s\n' "$@"
		echo 'clusters: [{name: edge, hosted: true}]'
	} >config.yaml
}

# refuses WORDS: the configuration is wrong, with these words and exit status 2.
refuses()
{
	"$telltaled" --config config.yaml --check >out 2>err
	rc=$?
	test "$rc" = 2 || echo "exit status $rc, want 2, of:" "$(cat config.yaml)" >>bad
	grep -qF -- "$1" err || echo "no \"$1\" in: $(cat err)" >>bad
}

accepts()
{
	"$telltaled" --config config.yaml --check >out 2>err || echo "refused: $(cat err)" >>bad
}

# begin: starts the daemon and waits until it serves; its log is in `log`.
begin()
{
	: >log
	"$telltaled" --config config.yaml >log 2>&1 </dev/null &
	daemon=$!
	for _ in $(seq 100); do
		grep -q 'msg=serving' log && break
		sleep 0.1
	done
	server=https://$(sed -n 's/.*msg=serving.* address=\([^ ]*\).*/\1/p' log)
}

end()
{
	kill "$daemon" 2>/dev/null
	wait "$daemon" || echo "telltaled ended with $?: $(cat log)" >>bad
	daemon=
}

# ask TOKEN ARGUMENT...: runs telltale with this token.
ask()
{
	echo "$1" >token
	shift
	"$telltale" --server "$server" --ca data/tls/tls.crt --token-file token "$@" \
		>out 2>err </dev/null
}

wants()
{
	grep -qF -- "$2" "$1" || echo "no \"$2\" in $1: $(cat "$1")" >>bad
}

echo 'root-token,root,1,admins' >tokens
cat >rules.yaml <<'END'
rules:
- {groups: [admins], clusters: ['*'], namespaces: ['*']}
END

config 'listen: 0.0.0.0:7447'
refuses 'listen: 0.0.0.0:7447 is not a loopback address'
config 'listen: 0.0.0.0:7447' 'tls: {cert: a, key: b}'
refuses 'the API needs authentication'
config 'listen: 0.0.0.0:7447' 'authorization: {rules: rules.yaml}'
refuses 'with authorization but without authentication'
config 'listen: 0.0.0.0:7447' 'authentication: {tokenFile: tokens}'
refuses 'with authentication but without authorization'
config 'authentication: {tokenFile: tokens}'
refuses 'with authentication but without authorization'
config 'tls: {clientCA: ca}'
refuses 'with authentication but without authorization'
config 'tls: {cert: a}'
refuses 'cert and key are given together'
config 'authentication: {tokenReview: true}' 'authorization: {rules: rules.yaml}'
refuses 'there is none'
config 'authentication: {tokenfile: tokens}'
refuses 'tokenFile'
config 'listen: 0.0.0.0:7447' 'authentication: {tokenFile: tokens}' \
	'authorization: {rules: rules.yaml}'
accepts
report 'nothing is served beyond loopback that nothing protects'

config 'listen: 127.0.0.1:0' 'authentication: {tokenFile: missing}' \
	'authorization: {rules: rules.yaml}'
"$telltaled" --config config.yaml >out 2>err && echo 'it started' >>bad
wants err 'missing'
echo 'root-token' >short
config 'listen: 127.0.0.1:0' 'authentication: {tokenFile: short}' \
	'authorization: {rules: rules.yaml}'
"$telltaled" --config config.yaml >out 2>err && echo 'it started' >>bad
wants err 'short:1: there must be at least three columns'
grep -q root-token err && echo 'the message holds a token' >>bad
report 'a wrong token file is told without its tokens'

config 'listen: 127.0.0.1:0' 'authentication: {tokenFile: tokens}' \
	'authorization: {rules: rules.yaml}'
begin
ask root-token status || echo "status failed: $(cat err)" >>bad
wants out edge
ask wrong status && echo 'a wrong token was taken' >>bad
wants err Unauthorized
echo 'new-token,ann,2' >>tokens
sed -i 's/admins\]/admins], users: [ann]/' rules.yaml
kill -HUP "$daemon"
for _ in $(seq 50); do
	grep -q 'read again' log && break
	sleep 0.1
done
ask new-token status || echo "the new user may not: $(cat err)" >>bad
ask root-token kubeconfig || echo "no kubeconfig: $(cat err)" >>bad
cp out kubeconfig
wants kubeconfig "server: $server/clusters/edge"
wants kubeconfig "certificate-authority-data: $(base64 -w0 data/tls/tls.crt)"
wants kubeconfig "tokenFile: $work/token"
if command -v kubectl >/dev/null; then
	mv data/tls/tls.crt aside # it is in the kubeconfig
	HOME=$work kubectl --kubeconfig kubeconfig get events -A >out 2>err ||
		echo "kubectl failed: $(cat err)" >>bad
	wants err 'No resources found'
	echo wrong >token
	HOME=$work kubectl --kubeconfig kubeconfig get events -A >out 2>err &&
		echo 'kubectl may come in with a wrong token' >>bad
	mv aside data/tls/tls.crt
fi
"$telltale" --server "$server" status >out 2>err && echo 'any certificate will do' >>bad
wants err '; --ca says whom to trust'
"$telltale" --server "$server" --ca data/tls/tls.crt status >out 2>err && echo 'anybody may come in' >>bad
wants err '; --token-file says who asks'
"$telltale" --server "http${server#https}" status >out 2>err && echo 'there is no TLS' >>bad
wants err '; perhaps it speaks TLS'
end
grep -qE 'root-token|new-token' log && echo "the log holds a token: $(cat log)" >>bad
report 'users of the token file may do what the rules say'

test "$(stat -c %a data/tls/tls.key)" = 600 || echo 'others can read the key' >>bad
print=$(openssl x509 -in data/tls/tls.crt -noout -fingerprint -sha256 | sed 's/.*=//')
wants log "fingerprint=$print"
begin
wants log "fingerprint=$print"
end
rm data/tls/tls.crt
begin
ask root-token status || echo "a new certificate does not serve: $(cat err)" >>bad
grep -qF "$print" log && echo 'the old certificate is in use' >>bad
end
report 'a certificate is made once, kept, and made anew if it is gone'

# renewed DAYS: a certificate and key of its own for 127.0.0.1, in place of those that are in use.
renewed()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$1" \
		-subj /CN=api -addext subjectAltName=IP:127.0.0.1 \
		-keyout new.key -out new.crt 2>/dev/null
	mv new.key api.key
	mv new.crt api.crt
}

# hears WORDS: waits until they are in the log.
hears()
{
	for _ in $(seq 100); do
		grep -qF -- "$1" log && return
		sleep 0.1
	done
	wants log "$1"
}

print_of()
{
	openssl x509 -in api.crt -noout -fingerprint -sha256 | sed 's/.*=//'
}

config 'listen: 127.0.0.1:0' 'tls: {cert: api.crt, key: api.key}' \
	'authentication: {tokenFile: tokens}' 'authorization: {rules: rules.yaml}'
renewed 90
cp api.crt first.crt
begin
echo root-token >token
grep -q 'expires soon' log && echo 'a certificate for 90 days is warned of' >>bad
cp first.crt api.crt && echo garbage >api.key
hears 'stays as it was'
"$telltale" --server "$server" --ca first.crt --token-file token status >out 2>err ||
	echo "the old certificate is gone: $(cat err)" >>bad
renewed 9
hears "fingerprint=$(print_of)"
hears 'expires soon'
"$telltale" --server "$server" --ca api.crt --token-file token status >out 2>err ||
	echo "the renewed certificate does not serve: $(cat err)" >>bad
"$telltale" --server "$server" --ca first.crt --token-file token status >out 2>err &&
	echo 'the old certificate is in use' >>bad
end
report 'a renewed certificate is taken while telltaled runs, and a broken one is not'

echo "1..$count"
