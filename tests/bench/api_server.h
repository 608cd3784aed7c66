/* SPDX-License-Identifier: Apache-2.0 */
/* api_server.h - an API server that knows only events: a list of the corpus's first events, and a
 * watch that sends the following ones as fast as they are read, one TLS record each. */
#pragma once

#include <stdint.h>

#include "corpus.h"
#include "net/test_peer.h"

struct api_server {
	struct test_peer peer;
	struct test_cert cert;
	SSL_CTX *tls;
	enum tt_encoding encoding; /* of the watch; lists are protobuf */
	struct corpus *corpus;
	uint64_t listed, watched; /* events of the list, and of the watch behind it */
	uint64_t sent;            /* of the list under way */
};

/* Starts it; its events lie at `start_us` and after. Writes a kubeconfig for it to `path`. */
void api_server_start(
	struct api_server *s, enum tt_encoding encoding, int64_t start_us, const char *kubeconfig);
void api_server_stop(struct api_server *s);
