/* SPDX-License-Identifier: Apache-2.0 */
/* test_server.h - starting tests/fault/apiserver.py from a test program, and commanding it. Its
 * commands are described at the top of that file. Only for tests. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

struct tt_test_server;

/* Starts one with `args` ("--plain", "--name", ...; ended by NULL, or NULL) and waits until it is
 * ready. NULL if it does not start, which a test takes as a failure. */
struct tt_test_server *tt_test_server_start(const char *const *args);

/* Ends it. NULL is allowed. */
void tt_test_server_stop(struct tt_test_server *server);

/* A member of what it printed when it was ready: "url", "ca", "otherCA", "dir", ... Borrowed until
 * stop. */
const char *tt_test_server_info(const struct tt_test_server *server, const char *key);

/* Sends a command, printf style, and returns the answer, borrowed until the next command; the empty
 * string if it was refused. */
__attribute__((format(printf, 2, 3))) struct tt_str tt_test_server_command(
	struct tt_test_server *server, const char *fmt, ...);
