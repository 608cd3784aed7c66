/* SPDX-License-Identifier: Apache-2.0 */
#include <curl/curl.h>
#include <string.h>

#include "base/str.h"
#include "net/http_exchange.h"

int tt_http_split_url(
	const char *url, CURLU **ret, char **ret_host, char **ret_port, struct tt_err *err)
{
	CURLU *u = curl_url();

	*ret_host = *ret_port = NULL;
	if (u == NULL || curl_url_set(u, CURLUPART_URL, url, 0) != CURLUE_OK ||
		curl_url_get(u, CURLUPART_HOST, ret_host, 0) != CURLUE_OK ||
		curl_url_get(u, CURLUPART_PORT, ret_port, CURLU_DEFAULT_PORT) != CURLUE_OK) {
		curl_free(*ret_host);
		curl_url_cleanup(u);
		return tt_fail(err, TT_EINVAL, "the URL cannot be read");
	}
	*ret = u;
	return 0;
}

const char *tt_http_peer_name(struct tt_http_exchange *x)
{
	char *url = NULL, *host, *port;
	const char *name = "the server";
	CURLU *u;

	(void)curl_easy_getinfo(x->client->easy, CURLINFO_EFFECTIVE_URL, &url);
	if (url == NULL || tt_http_split_url(url, &u, &host, &port, NULL) < 0)
		return name;
	if (x->connect_to != NULL) /* NAME:PORT:HOST:PORT, see set_server_name() */
		name = x->connect_to->data + strlen(host) + strlen(port) + 2;
	else
		name = tt_str_printf(&x->arena, "%s:%s", host, port).data;
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(u);
	return name;
}

static const char *detail_of(struct tt_http_exchange *x)
{
	/* Of a socket that the peer has reset libcurl 7.88 tells only its own follow-up failure. */
	if (strncmp(x->curl_error, "getpeername()", 13) == 0)
		return "closed by the peer";
	return x->curl_error[0] != '\0' ? x->curl_error : curl_easy_strerror(x->result);
}

static int explain_connect(struct tt_http_exchange *x, const char *peer, struct tt_err *err)
{
	long os_error = 0;

	(void)curl_easy_getinfo(x->client->easy, CURLINFO_OS_ERRNO, &os_error);
	if (x->client->unix_socket != NULL)
		peer = x->client->unix_socket;
	if (os_error != 0)
		return tt_fail(
			err, TT_EIO, "cannot connect to %s: %s", peer, strerror((int)os_error));
	return tt_fail(err, TT_EIO, "cannot connect to %s: %s", peer, detail_of(x));
}

int tt_http_explain(struct tt_http_exchange *x, struct tt_err *err)
{
	const char *peer = tt_http_peer_name(x);
	int rc = tt_tls_explain(
		&x->client->tls, x->client->easy, x->result, peer, detail_of(x), err);

	if (rc < 0)
		return rc;
	switch (x->result) {
	case CURLE_OK: /* libcurl is content with half a head */
		return tt_fail(err, TT_EIO,
			"the connection to %s broke off in the head of the answer", peer);
	case CURLE_COULDNT_RESOLVE_HOST:
		return tt_fail(err, TT_EIO, "cannot find the address of %s", peer);
	case CURLE_COULDNT_RESOLVE_PROXY:
		return tt_fail(err, TT_EIO, "cannot find the address of the proxy");
	case CURLE_COULDNT_CONNECT: return explain_connect(x, peer, err);
	case CURLE_OPERATION_TIMEDOUT:
		return tt_fail(err, TT_EIO, "no connection to %s within %ld ms", peer,
			x->client->connect_timeout_ms);
	case CURLE_GOT_NOTHING:
		return tt_fail(err, TT_EIO, "%s closed the connection without an answer", peer);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
		return tt_fail(err, TT_EIO, "%s does not answer in HTTP: %s", peer, detail_of(x));
	case CURLE_URL_MALFORMAT:
		return tt_fail(err, TT_EINVAL, "the URL cannot be read: %s", detail_of(x));
	case CURLE_WRITE_ERROR:
		return tt_fail(err, TT_ELIMIT, "the head of the answer of %s is too long", peer);
	default:
		return tt_fail(
			err, TT_EIO, "the connection to %s broke off: %s", peer, detail_of(x));
	}
}
