/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h - the certificate of the API: the given one, or one of its own that is made once and kept;
 * and what is to be done when its files change. Main thread only. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/err.h"

struct tt_arena;
struct tt_config;
struct tt_http_server_tls;
struct tt_log;

/* The files that the API's TLS comes from. */
struct tt_tls_files {
	const char *cert, *key, *client_ca; /* NULL: no certificates of clients */
	struct stat seen[3];                /* of them when they were last read */
	int64_t warned_us;                  /* when it was said last that it expires */
};

/* Finds the files; the names live in `arena`. Without a given certificate one is made in the data
 * directory, which must exist, and kept there. */
int tt_tls_files_find(struct tt_tls_files *ret, const struct tt_config *config,
	struct tt_arena *arena, const struct tt_log *log, struct tt_err *err);

/* Whether a file is another one than the one that was read last, also if it was read in vain. */
bool tt_tls_files_have_changed(const struct tt_tls_files *files);

/* Reads them into `arena`; to be followed by tt_tls_forget(). */
int tt_tls_files_read(struct tt_tls_files *files, struct tt_http_server_tls *ret,
	struct tt_arena *arena, struct tt_err *err);

/* Overwrites the key. */
void tt_tls_forget(struct tt_http_server_tls *tls);

/* Logs which certificate is in use. */
void tt_tls_show(const struct tt_tls_files *files, const struct tt_http_server_tls *tls,
	const struct tt_log *log);

/* Warns, once a day, if the certificate in use expires, at `not_after_us`, within 30 days. */
void tt_tls_warn(struct tt_tls_files *files, int64_t not_after_us, const struct tt_log *log);
