/* SPDX-License-Identifier: Apache-2.0 */
#include "net/secret.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/assert.h"

void tt_secret_digest(const struct tt_str *parts, size_t n, uint8_t to[TT_SHA256_BYTES])
{
	gnutls_hash_hd_t hash;

	tt_assert(gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) == 0);
	for (size_t i = 0; i < n; i++) {
		uint64_t len = parts[i].len;

		tt_assert(gnutls_hash(hash, &len, sizeof(len)) == 0);
		if (len > 0)
			tt_assert(gnutls_hash(hash, parts[i].data, parts[i].len) == 0);
	}
	gnutls_hash_deinit(hash, to);
}

bool tt_secret_same(const void *a, const void *b, size_t n)
{
	return gnutls_memcmp(a, b, n) == 0;
}
