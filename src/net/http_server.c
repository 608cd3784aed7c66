/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_server.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/units.h"
#include "net/http_call.h"
#include "net/http_server_tls.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#endif

enum {
	SERVER_MAGIC = 0x73657276,
	DEFAULT_MAX_CONNECTIONS = 1024,
	REFUSED_CONNECTIONS = 32, /* beyond the limit, that are told so */
	REFUSED_OF_PEER = 8,      /* the same of one peer; more are cut at once */
	DEFAULT_MAX_BODY_BYTES = 3 * 1024 * 1024,
	DEFAULT_MAX_LIVE_BYTES = 256 * 1024 * 1024,
	DEFAULT_REQUEST_TIMEOUT_S = 30,
	CONNECTION_POOL_BYTES = 28 * 1024, /* head of the request and of the answer, a chunk */
	BACKLOG = 512,
	DROP_IDLE_MS = 2000, /* without a byte of a request that is answered: no more is expected */
	KEEPALIVE_IDLE_S = 30,
	KEEPALIVE_INTERVAL_S = 10,
#ifdef IS_SANITIZED
	STACK_BYTES = 256 * 1024,
#else
	STACK_BYTES = 128 * 1024,
#endif
};

struct tt_http_server {
	unsigned magic;
	struct MHD_Daemon *daemon;
	int listen_fd, quiet_fd; /* ours; libmicrohttpd's duplicate, once it has given it back */
	char address[80];
	tt_http_handler_fn *handler;
	tt_http_refuse_fn *refuse;
	void *arg;
	unsigned max_connections, max_per_peer;
	size_t max_body_bytes;
	unsigned request_timeout_s;
	int64_t stall_timeout_ns;
	const struct tt_log *log;
	atomic_bool stopping;
	struct tt_http_live live;

	pthread_t watchdog;
	bool is_watched;        /* the watchdog runs */
	pthread_mutex_t lock;   /* of what follows */
	pthread_cond_t changed; /* a call has ended while stopping, or the watchdog is to end */
	struct tt_http_credential *credential; /* NULL: no TLS */
	struct tt_http_conn *conns;
	unsigned n_conns, n_calls; /* open; being answered */
	bool watchdog_ends;
};

/* -- connections -- */

static void tune_socket(int fd)
{
	int on = 1, idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S, probes = 3;

	/* No TCP_USER_TIMEOUT: a reader that is alive may leave a stream unread for long. */
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof(probes));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* A host with IPv6 has a whole /64 to choose addresses from. */
static struct in6_addr peer_of(int fd)
{
	union {
		struct sockaddr_storage storage;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} from = {0};
	struct in6_addr peer = {0};
	socklen_t len = sizeof(from);

	if (getpeername(fd, (struct sockaddr *)&from.storage, &len) != 0)
		return peer;
	if (from.storage.ss_family == AF_INET) {
		peer.s6_addr[10] = peer.s6_addr[11] = 0xff;
		memcpy(&peer.s6_addr[12], &from.in.sin_addr, sizeof(from.in.sin_addr));
	} else if (from.storage.ss_family == AF_INET6) {
		peer = from.in6.sin6_addr;
		if (!IN6_IS_ADDR_V4MAPPED(&peer))
			memset(&peer.s6_addr[8], 0, 8);
	}
	return peer;
}

/* Holds a connection to what one peer may have. The lock is held. */
static void limit_peer(struct tt_http_server *server, struct tt_http_conn *conn)
{
	unsigned n = 1;

	if (server->max_per_peer == 0)
		return;
	for (const struct tt_http_conn *c = server->conns; c != NULL; c = c->next)
		n += IN6_ARE_ADDR_EQUAL(&c->peer, &conn->peer);
	conn->is_over = conn->is_over || n > server->max_per_peer;
	if (n > server->max_per_peer + REFUSED_OF_PEER)
		(void)shutdown(conn->fd, SHUT_RDWR);
}

void tt_http_conn_renew(struct tt_http_conn *conn, struct MHD_Connection *mhd)
{
	struct tt_http_server *server = conn->server;
	struct tt_http_credential *old = conn->credential;

	(void)pthread_mutex_lock(&server->lock);
	if (server->credential != old)
		conn->credential = tt_http_credential_ref(server->credential);
	(void)pthread_mutex_unlock(&server->lock);
	if (conn->credential == old)
		return;
	tt_http_credential_use(conn->credential, mhd);
	tt_http_credential_unref(old);
}

static struct tt_http_conn *open_conn(
	struct tt_http_server *server, int fd, struct MHD_Connection *mhd)
{
	struct tt_http_conn *conn = tt_calloc(1, sizeof(*conn));

	conn->server = server;
	conn->fd = fd;
	atomic_store(&conn->waiting_since_ns, tt_clock_mono_ns(&tt_clock_system));
	tune_socket(fd);
	conn->peer = peer_of(fd);
	tt_http_conn_renew(conn, mhd);
	(void)pthread_mutex_lock(&server->lock);
	conn->is_over = ++server->n_conns > server->max_connections;
	limit_peer(server, conn);
	conn->next = server->conns;
	if (conn->next != NULL)
		conn->next->prev = conn;
	server->conns = conn;
	(void)pthread_mutex_unlock(&server->lock);
	return conn;
}

static void close_conn(struct tt_http_server *server, struct tt_http_conn *conn)
{
	(void)pthread_mutex_lock(&server->lock);
	server->n_conns--;
	if (conn->next != NULL)
		conn->next->prev = conn->prev;
	if (conn->prev != NULL)
		conn->prev->next = conn->next;
	else
		server->conns = conn->next;
	(void)pthread_mutex_unlock(&server->lock);
	tt_http_credential_unref(conn->credential);
	tt_free(conn);
}

static void conn_changed(void *arg, struct MHD_Connection *mhd, void **socket_context,
	enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_context = open_conn(arg, info->connect_fd, mhd);
	} else if (*socket_context != NULL) {
		close_conn(arg, *socket_context);
		*socket_context = NULL;
	}
}

/* libmicrohttpd's own timeout begins anew with each byte. This one is for the whole request: an
 * idle time and the time to receive it; and for a stream that the peer does not read. */
static void cut_slow_conns(struct tt_http_server *server)
{
	int64_t limit_ns = 2LL * server->request_timeout_s * TT_NS_PER_S;
	int64_t now_ns = tt_clock_mono_ns(&tt_clock_system);

	for (struct tt_http_conn *c = server->conns; c != NULL; c = c->next) {
		int64_t since_ns = atomic_load(&c->waiting_since_ns);
		int64_t unsent_ns = atomic_load(&c->unsent_since_ns);
		bool is_slow = since_ns != 0 && now_ns - since_ns > limit_ns;
		bool is_stalled = server->stall_timeout_ns > 0 && unsent_ns != 0 &&
				  now_ns - unsent_ns > server->stall_timeout_ns;

		if (is_slow || is_stalled)
			(void)shutdown(c->fd, SHUT_RDWR);
	}
}

static struct timespec at_mono_ns(int64_t ns)
{
	return (struct timespec){ns / TT_NS_PER_S, ns % TT_NS_PER_S};
}

static void *watch(void *arg)
{
	struct tt_http_server *server = arg;

	(void)pthread_mutex_lock(&server->lock);
	while (!server->watchdog_ends) {
		struct timespec until = at_mono_ns(
			tt_clock_mono_ns(&tt_clock_system) + TT_NS_PER_S);

		(void)pthread_cond_timedwait(&server->changed, &server->lock, &until);
		cut_slow_conns(server);
	}
	(void)pthread_mutex_unlock(&server->lock);
	return NULL;
}

/* -- requests -- */

static void *request_begins(void *arg, const char *uri, struct MHD_Connection *mhd)
{
	struct tt_http_server *server = arg;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
		mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct tt_http_call *call = tt_http_call_new(
		info->socket_context, mhd, uri, server->max_body_bytes);

	call->stopping = &server->stopping;
	call->live = &server->live;
	return call;
}

static void set_timeout(struct MHD_Connection *mhd, unsigned seconds)
{
	(void)MHD_set_connection_option(mhd, MHD_CONNECTION_OPTION_TIMEOUT, seconds);
}

/* Answers in place of the handler; the connection ends with it. */
static enum MHD_Result refuse(
	struct tt_http_server *server, struct tt_http_call *call, int status, const char *why)
{
	tt_http_add_header(call, "Connection", "close");
	if (server->refuse != NULL)
		server->refuse(server->arg, call, status, why);
	else
		tt_http_reply(call, status, "text/plain", tt_str_from(why));
	tt_assert(call->is_answered);
	return call->queued;
}

static bool count_call(struct tt_http_server *server, struct tt_http_call *call)
{
	(void)pthread_mutex_lock(&server->lock);
	call->is_counted = !atomic_load(&server->stopping);
	server->n_calls += call->is_counted;
	(void)pthread_mutex_unlock(&server->lock);
	return call->is_counted;
}

static void uncount_call(struct tt_http_server *server)
{
	(void)pthread_mutex_lock(&server->lock);
	server->n_calls--;
	if (atomic_load(&server->stopping))
		(void)pthread_cond_broadcast(&server->changed);
	(void)pthread_mutex_unlock(&server->lock);
}

static enum MHD_Result handle(struct tt_http_server *server, struct tt_http_call *call)
{
	atomic_store(&call->conn->waiting_since_ns, 0);
	if (!count_call(server, call))
		return refuse(server, call, MHD_HTTP_SERVICE_UNAVAILABLE, "the server is stopping");
	/* A handler and a stream may take as long as they like. Setting the timeout again also
	 * begins it anew. */
	set_timeout(call->mhd, 0);
	server->handler(server->arg, call);
	tt_assert(call->is_answered);
	if (call->next == NULL)
		set_timeout(call->mhd, server->request_timeout_s);
	return call->queued;
}

static enum MHD_Result request_goes_on(void *arg, struct MHD_Connection *mhd, const char *url,
	const char *method, const char *version, const char *data, size_t *n, void **context)
{
	struct tt_http_server *server = arg;
	struct tt_http_call *call = *context;
	const char *why;
	int status;

	if (!call->is_begun) {
		status = tt_http_call_begin(call, method, version, &why);
		if (call->conn->is_over)
			return refuse(server, call, MHD_HTTP_TOO_MANY_REQUESTS,
				"there are too many connections");
		if (status != 0)
			return refuse(server, call, status, why);
		return call->body_rc != 0 ? handle(server, call) : MHD_YES;
	}
	if (*n > 0) {
		bool is_taken = tt_http_call_take(call, data, *n);

		*n = 0;
		return is_taken ? MHD_YES : MHD_NO;
	}
	call->is_whole = true;
	return handle(server, call);
}

/* Whether the peer has got an answer, ours or one of libmicrohttpd to what it cannot read, and may
 * still be sending. */
static bool is_unread(const struct tt_http_call *call, enum MHD_RequestTerminationCode code)
{
	return !call->is_whole && call->dropped_bytes <= TT_HTTP_MAX_DROPPED_BYTES &&
	       (code == MHD_REQUEST_TERMINATED_COMPLETED_OK ||
		       code == MHD_REQUEST_TERMINATED_WITH_ERROR);
}

/* A socket that is closed before all that came was read resets the connection, which costs the peer
 * the answer unless he has read it by then. The watchdog bounds the time. */
static void drop_rest(const struct tt_http_conn *conn)
{
	struct pollfd fd = {.fd = conn->fd, .events = POLLIN};
	char dropped[4096];
	ssize_t n;

	if (conn->credential == NULL) /* TLS has an end of its own to send */
		(void)shutdown(conn->fd, SHUT_WR);
	for (size_t bytes = 0; bytes < TT_HTTP_MAX_DROPPED_BYTES; bytes += (size_t)n) {
		if (poll(&fd, 1, DROP_IDLE_MS) <= 0)
			break;
		n = recv(conn->fd, dropped, sizeof(dropped), MSG_DONTWAIT);
		if (n <= 0)
			break;
	}
}

static void request_ends(
	void *arg, struct MHD_Connection *mhd, void **context, enum MHD_RequestTerminationCode code)
{
	struct tt_http_server *server = arg;
	struct tt_http_call *call = *context;
	struct tt_http_conn *conn;
	bool was_counted, was_unread;

	if (call == NULL)
		return;
	*context = NULL;
	conn = call->conn;
	was_counted = call->is_counted;
	was_unread = is_unread(call, code);
	set_timeout(mhd, server->request_timeout_s);
	atomic_store(&call->conn->unsent_since_ns, 0);
	atomic_store(&call->conn->waiting_since_ns, tt_clock_mono_ns(&tt_clock_system));
	tt_http_call_free(call);
	if (was_counted)
		uncount_call(server);
	if (was_unread)
		drop_rest(conn);
}

__attribute__((format(printf, 2, 0))) static void log_message(
	void *arg, const char *fmt, va_list ap)
{
	struct tt_http_server *server = arg;
	char text[300];
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (n > 0 && n < (int)sizeof(text) && text[n - 1] == '\n')
		text[n - 1] = '\0';
	tt_log_debug(server->log, "libmicrohttpd", TT_FS("message", text));
}

/* -- starting and stopping -- */

static int fail_listen(const char *listen_at, int error, struct tt_err *err)
{
	switch (error) {
	case EADDRINUSE:
		return tt_fail(err, TT_EBUSY, "cannot listen on %s: another program uses this port",
			listen_at);
	case EACCES:
		return tt_fail(err, TT_EDENIED,
			"cannot listen on %s: not permitted (ports below 1024 need privileges)",
			listen_at);
	case EADDRNOTAVAIL:
		return tt_fail(err, TT_EINVAL,
			"cannot listen on %s: this machine has no such address", listen_at);
	default: return tt_fail(err, TT_EIO, "cannot listen on %s: %s", listen_at, strerror(error));
	}
}

/* Splits an address that tt_address_parse() has accepted. */
static struct addrinfo *resolve(const char *listen_at)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
	struct addrinfo *found = NULL;
	const char *colon = strrchr(listen_at, ':');
	size_t skip = listen_at[0] == '[';
	char host[64];

	(void)snprintf(host, sizeof(host), "%.*s", (int)(colon - listen_at - 2 * (long)skip),
		listen_at + skip);
	if (strcmp(host, "localhost") == 0)
		(void)snprintf(host, sizeof(host), "127.0.0.1");
	return getaddrinfo(host, colon + 1, &hints, &found) == 0 ? found : NULL;
}

static int open_listener(struct tt_http_server *server, const char *listen_at, struct tt_err *err)
{
	struct addrinfo *address;
	uint16_t port;
	bool is_loopback;
	int on = 1, error = 0;
	int rc = tt_address_parse(tt_str_from(listen_at), &is_loopback, &port, err);

	if (rc < 0)
		return rc;
	address = resolve(listen_at);
	if (address == NULL)
		return tt_fail(err, TT_EINVAL, "cannot listen on %s: not an address", listen_at);
	server->listen_fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server->listen_fd < 0 ||
		setsockopt(server->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(server->listen_fd, address->ai_addr, address->ai_addrlen) < 0 ||
		listen(server->listen_fd, BACKLOG) < 0)
		error = errno;
	freeaddrinfo(address);
	return error != 0 ? fail_listen(listen_at, error, err) : 0;
}

/* With port 0 only the kernel knows which one it is. */
static void note_address(struct tt_http_server *server)
{
	struct sockaddr_storage bound = {0};
	socklen_t len = sizeof(bound);
	char host[64] = "", port[16] = "";

	(void)getsockname(server->listen_fd, (struct sockaddr *)&bound, &len);
	(void)getnameinfo((struct sockaddr *)&bound, len, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV);
	(void)snprintf(server->address, sizeof(server->address),
		bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

/* libmicrohttpd closes the socket that it is given, also when it fails, but not always then: so it
 * gets a duplicate of its own, which nobody else closes. */
static bool start_daemon(struct tt_http_server *server, const struct tt_http_server_tls *given)
{
	int fd = fcntl(server->listen_fd, F_DUPFD_CLOEXEC, 0);
	struct MHD_OptionItem options[] = {
		{MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)log_message, server},
		{MHD_OPTION_LISTEN_SOCKET, fd, NULL},
		{MHD_OPTION_CONNECTION_LIMIT, server->max_connections + REFUSED_CONNECTIONS, NULL},
		{MHD_OPTION_CONNECTION_TIMEOUT, server->request_timeout_s, NULL},
		{MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_POOL_BYTES, NULL},
		{MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, NULL},
		{MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)conn_changed, server},
		{MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)request_begins, server},
		{MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)request_ends, server},
		{MHD_OPTION_END, 0, NULL},
	};
	struct MHD_OptionItem tls[5];
	unsigned flags = MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
			 MHD_USE_POLL | MHD_USE_ITC | MHD_USE_ERROR_LOG;

	if (fd < 0)
		return false;
	tt_http_server_tls_options(given, tls);
	if (given != NULL)
		flags |= MHD_USE_TLS;
	server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, request_goes_on, server,
		MHD_OPTION_ARRAY, options, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
	return server->daemon != NULL;
}

static int start_threads(
	struct tt_http_server *server, const struct tt_http_server_tls *tls, struct tt_err *err)
{
	sigset_t all, before;

	/* Signals are for the program's own threads. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	server->is_watched = pthread_create(&server->watchdog, NULL, watch, server) == 0;
	bool runs = server->is_watched && start_daemon(server, tls);

	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return runs ? 0 : tt_fail(err, TT_EIO, "cannot start the threads of the HTTP server");
}

static void init_lock(struct tt_http_server *server)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&server->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&server->changed, &attr);
	(void)pthread_condattr_destroy(&attr);
}

/* Ends what runs and frees everything; no call is being answered any more. */
static void destroy(struct tt_http_server *server)
{
	if (server->daemon != NULL)
		MHD_stop_daemon(server->daemon);
	if (server->is_watched) {
		(void)pthread_mutex_lock(&server->lock);
		server->watchdog_ends = true;
		(void)pthread_cond_broadcast(&server->changed);
		(void)pthread_mutex_unlock(&server->lock);
		(void)pthread_join(server->watchdog, NULL);
	}
	if (server->listen_fd >= 0)
		(void)close(server->listen_fd);
	if (server->quiet_fd >= 0)
		(void)close(server->quiet_fd);
	tt_http_credential_unref(server->credential);
	(void)pthread_cond_destroy(&server->changed);
	(void)pthread_mutex_destroy(&server->lock);
	server->magic = 0;
	tt_free(server);
}

int tt_http_server_start(struct tt_http_server **ret, const struct tt_http_server_options *options,
	struct tt_err *err)
{
	struct tt_http_server *server = tt_calloc(1, sizeof(*server));
	int64_t timeout_s = options->request_timeout_ns / TT_NS_PER_S;
	int rc = 0;

	server->magic = SERVER_MAGIC;
	server->listen_fd = server->quiet_fd = -1;
	server->handler = options->handler;
	server->refuse = options->refuse;
	server->arg = options->arg;
	server->log = options->log;
	server->max_connections = options->max_connections > 0 ? options->max_connections
							       : DEFAULT_MAX_CONNECTIONS;
	server->max_body_bytes = options->max_body_bytes > 0 ? options->max_body_bytes
							     : DEFAULT_MAX_BODY_BYTES;
	server->live.max_bytes = options->max_live_bytes > 0 ? options->max_live_bytes
							     : DEFAULT_MAX_LIVE_BYTES;
	server->max_per_peer = options->max_per_peer;
	server->stall_timeout_ns = options->stall_timeout_ns;
	server->request_timeout_s = timeout_s > 0 ? (unsigned)timeout_s : 1;
	if (options->request_timeout_ns == 0)
		server->request_timeout_s = DEFAULT_REQUEST_TIMEOUT_S;
	init_lock(server);
	if (options->tls != NULL)
		rc = tt_http_credential_new(&server->credential, options->tls, err);
	if (rc == 0)
		rc = open_listener(server, options->listen, err);
	if (rc == 0) {
		note_address(server);
		rc = start_threads(server, options->tls, err);
	}
	if (rc < 0) {
		destroy(server);
		return rc;
	}
	*ret = server;
	return 0;
}

int tt_http_server_set_tls(
	struct tt_http_server *server, const struct tt_http_server_tls *tls, struct tt_err *err)
{
	struct tt_http_credential *new, *old;
	int rc = tt_http_credential_new(&new, tls, err);

	tt_assert(server->magic == SERVER_MAGIC);
	if (rc < 0)
		return rc;
	(void)pthread_mutex_lock(&server->lock);
	old = server->credential;
	tt_assert(old != NULL);
	server->credential = new;
	(void)pthread_mutex_unlock(&server->lock);
	tt_http_credential_unref(old);
	return 0;
}

bool tt_http_server_not_after(struct tt_http_server *server, int64_t *ret_us)
{
	bool is_tls;

	(void)pthread_mutex_lock(&server->lock);
	is_tls = server->credential != NULL;
	if (is_tls)
		*ret_us = tt_http_credential_not_after_us(server->credential);
	(void)pthread_mutex_unlock(&server->lock);
	return is_tls;
}

const char *tt_http_server_address(const struct tt_http_server *server)
{
	tt_assert(server->magic == SERVER_MAGIC);
	return server->address;
}

/* Waits until no call is being answered; false if that is not so at `deadline_ns`. */
static bool wait_for_calls(struct tt_http_server *server, int64_t deadline_ns)
{
	struct timespec until = at_mono_ns(deadline_ns);

	while (server->n_calls > 0 &&
		pthread_cond_timedwait(&server->changed, &server->lock, &until) != ETIMEDOUT) {
	}
	return server->n_calls == 0;
}

bool tt_http_server_stop(struct tt_http_server *server, int64_t timeout_ns)
{
	int64_t now_ns = tt_clock_mono_ns(&tt_clock_system);
	bool is_idle;

	if (server == NULL)
		return true;
	tt_assert(server->magic == SERVER_MAGIC);
	if (server->quiet_fd < 0)
		server->quiet_fd = MHD_quiesce_daemon(server->daemon);
	(void)shutdown(server->listen_fd, SHUT_RDWR);
	(void)pthread_mutex_lock(&server->lock);
	atomic_store(&server->stopping, true);
	is_idle = wait_for_calls(server, now_ns + timeout_ns / 2);
	if (!is_idle) {
		/* Those that hang in sending to a peer that does not read. */
		for (struct tt_http_conn *c = server->conns; c != NULL; c = c->next)
			(void)shutdown(c->fd, SHUT_RDWR);
		is_idle = wait_for_calls(server, now_ns + timeout_ns);
	}
	(void)pthread_mutex_unlock(&server->lock);
	if (is_idle)
		destroy(server);
	return is_idle;
}
