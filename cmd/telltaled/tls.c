/* SPDX-License-Identifier: Apache-2.0 */
#include "telltaled/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "kube/file.h"
#include "net/certificate.h"
#include "net/http_server.h"
#include "telltaled/config.h"

enum { MAX_PEM_BYTES = 1 << 20, MAX_NAMES = 64, SOON_DAYS = 30 };
static const int64_t DAY_US = 24 * 3600 * (int64_t)TT_US_PER_S;

/* -- names -- */

struct names {
	const char *dns[MAX_NAMES], *addresses[MAX_NAMES];
	size_t n_dns, n_addresses;
	char host[256];
};

static bool is_address(const char *text)
{
	struct in6_addr bytes;

	return inet_pton(AF_INET, text, &bytes) == 1 || inet_pton(AF_INET6, text, &bytes) == 1;
}

static void add_to(const char **list, size_t *n, const char *text)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(list[i], text) == 0)
			return;
	if (*n < MAX_NAMES)
		list[(*n)++] = text;
}

static void add_name(struct names *names, const char *text)
{
	if (is_address(text))
		add_to(names->addresses, &names->n_addresses, text);
	else if (text[0] != '\0')
		add_to(names->dns, &names->n_dns, text);
}

static void add_interface(struct names *names, const struct sockaddr *sa, struct tt_arena *arena)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)sa;
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)sa;
	char text[INET6_ADDRSTRLEN] = "";

	if (sa->sa_family == AF_INET)
		(void)inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
	else if (sa->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
		(void)inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
	if (text[0] != '\0')
		add_name(names, tt_str_cstr(arena, tt_str_from(text)));
}

/* By what clients may call this machine: what is configured, its name, its addresses now. */
static void gather_names(
	struct names *names, const struct tt_config *config, struct tt_arena *arena)
{
	struct ifaddrs *interfaces = NULL;

	for (size_t i = 0; i < config->access.tls.names.n; i++)
		add_name(names, config->access.tls.names.items[i]);
	add_name(names, "localhost");
	add_name(names, "127.0.0.1");
	add_name(names, "::1");
	if (gethostname(names->host, sizeof(names->host) - 1) == 0)
		add_name(names, names->host);
	if (getifaddrs(&interfaces) != 0)
		return;
	for (const struct ifaddrs *i = interfaces; i != NULL; i = i->ifa_next)
		if (i->ifa_addr != NULL)
			add_interface(names, i->ifa_addr, arena);
	freeifaddrs(interfaces);
}

/* -- making one -- */

static int write_file(const char *path, mode_t mode, struct tt_str text, struct tt_err *err)
{
	struct tt_arena arena = {0};
	const char *temporary = tt_str_printf(&arena, "%s.new", path).data;
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	bool written = fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len &&
		       fsync(fd) == 0;

	if (fd >= 0)
		written = close(fd) == 0 && written;
	written = written && rename(temporary, path) == 0;
	tt_arena_release(&arena);
	return written ? 0 : tt_fail(err, TT_EIO, "cannot write %s: %s", path, strerror(errno));
}

static int make_certificate(const struct tt_config *config, const char *cert, const char *key,
	struct tt_arena *arena, struct tt_err *err)
{
	struct names names = {0};
	struct tt_buf cert_pem, key_pem;

	gather_names(&names, config, arena);
	struct tt_certificate_names certificate = {.common_name = "telltaled",
		.dns = names.dns,
		.n_dns = names.n_dns,
		.addresses = names.addresses,
		.n_addresses = names.n_addresses,
		.now_us = tt_clock_wall_us(&tt_clock_system)};

	tt_buf_init(&cert_pem, MAX_PEM_BYTES);
	tt_buf_init(&key_pem, MAX_PEM_BYTES);
	int rc = tt_certificate_make(&cert_pem, &key_pem, &certificate, err);

	if (rc == 0)
		rc = write_file(key, 0600, tt_buf_view(&key_pem), err);
	if (rc == 0)
		rc = write_file(cert, 0644, tt_buf_view(&cert_pem), err);
	if (key_pem.data != NULL)
		explicit_bzero(key_pem.data, key_pem.len);
	tt_buf_release(&cert_pem);
	tt_buf_release(&key_pem);
	return rc;
}

/* The files of our own certificate, which are there afterwards. */
static int own_certificate(const struct tt_config *config, const char **ret_cert,
	const char **ret_key, struct tt_arena *arena, const struct tt_log *log, struct tt_err *err)
{
	const char *dir = tt_str_printf(arena, "%s/tls", config->data).data;

	*ret_cert = tt_str_printf(arena, "%s/tls.crt", dir).data;
	*ret_key = tt_str_printf(arena, "%s/tls.key", dir).data;
	if (access(*ret_cert, F_OK) == 0 && access(*ret_key, F_OK) == 0)
		return 0;
	if (mkdir(dir, 0755) != 0 && errno != EEXIST)
		return tt_fail(err, TT_EIO, "cannot make %s: %s", dir, strerror(errno));
	int rc = make_certificate(config, *ret_cert, *ret_key, arena, err);

	if (rc == 0)
		tt_log_info(log, "made a certificate for the API", TT_FS("file", *ret_cert));
	return rc;
}

/* -- reading -- */

static int read_pem(const char *file, const char **ret, struct tt_arena *arena, struct tt_err *err)
{
	struct tt_str text;
	int rc = tt_file_read(file, MAX_PEM_BYTES, arena, &text, err);

	if (rc == 0)
		*ret = text.data;
	return rc;
}

int tt_tls_files_find(struct tt_tls_files *ret, const struct tt_config *config,
	struct tt_arena *arena, const struct tt_log *log, struct tt_err *err)
{
	const struct tt_tls_config *tls = &config->access.tls;
	int rc = 0;

	*ret = (struct tt_tls_files){.warned_us = TT_TIME_ZERO};
	if (tls->client_ca != NULL)
		ret->client_ca = tt_str_cstr(arena, tt_str_from(tls->client_ca));
	if (tls->cert == NULL) {
		rc = own_certificate(config, &ret->cert, &ret->key, arena, log, err);
	} else {
		ret->cert = tt_str_cstr(arena, tt_str_from(tls->cert));
		ret->key = tt_str_cstr(arena, tt_str_from(tls->key));
	}
	return rc == 0 ? 0 : tt_err_wrap(err, "tls");
}

static void look(const struct tt_tls_files *files, struct stat ret[3])
{
	ret[0] = tt_file_look(files->cert);
	ret[1] = tt_file_look(files->key);
	ret[2] = tt_file_look(files->client_ca);
}

bool tt_tls_files_have_changed(const struct tt_tls_files *files)
{
	struct stat now[3];

	look(files, now);
	for (size_t i = 0; i < 3; i++)
		if (!tt_file_same(&now[i], &files->seen[i]))
			return true;
	return false;
}

int tt_tls_files_read(struct tt_tls_files *files, struct tt_http_server_tls *ret,
	struct tt_arena *arena, struct tt_err *err)
{
	int rc;

	*ret = (struct tt_http_server_tls){0};
	look(files, files->seen);
	rc = read_pem(files->cert, &ret->cert_pem, arena, err);
	if (rc == 0)
		rc = read_pem(files->key, &ret->key_pem, arena, err);
	if (rc == 0 && files->client_ca != NULL)
		rc = read_pem(files->client_ca, &ret->client_ca_pem, arena, err);
	return rc == 0 ? 0 : tt_err_wrap(err, "tls");
}

void tt_tls_forget(struct tt_http_server_tls *tls)
{
	if (tls->key_pem != NULL)
		explicit_bzero((char *)(uintptr_t)tls->key_pem, strlen(tls->key_pem));
	*tls = (struct tt_http_server_tls){0};
}

/* -- saying -- */

void tt_tls_show(const struct tt_tls_files *files, const struct tt_http_server_tls *tls,
	const struct tt_log *log)
{
	struct tt_certificate_info info;
	char until[TT_TIME_SIZE];

	if (tt_certificate_info(tt_str_from(tls->cert_pem), &info, NULL) != 0)
		return;
	(void)tt_time_format(info.not_after_us, TT_TIME_SECONDS, until);
	tt_log_info(log, "the API speaks TLS", TT_FS("certificate", files->cert),
		TT_FS("fingerprint", info.fingerprint), TT_FS("until", until));
}

void tt_tls_warn(struct tt_tls_files *files, int64_t not_after_us, const struct tt_log *log)
{
	int64_t now_us = tt_clock_wall_us(&tt_clock_system);
	char until[TT_TIME_SIZE];

	if (not_after_us - now_us > SOON_DAYS * DAY_US || now_us < files->warned_us + DAY_US)
		return;
	files->warned_us = now_us;
	(void)tt_time_format(not_after_us, TT_TIME_SECONDS, until);
	tt_log_warn(log, "the certificate of the API expires soon, or has expired",
		TT_FS("certificate", files->cert), TT_FS("until", until));
}
