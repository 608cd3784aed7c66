/* SPDX-License-Identifier: Apache-2.0 */
/* requests.h - requests to a server on loopback, one after another over one kept connection, and
 * what they cost the process that answers. What it costs to ask is not counted. Every function dies
 * with a sentence on failure, and if the answer is a failure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/str.h"

struct tt_http_client;

/* What clients of Kubernetes accept: kubectl's Table, protobuf, and metadata alone. */
#define ACCEPT_JSON "application/json"
#define ACCEPT_TABLE                                                                               \
	"application/json;as=Table;v=v1;g=meta.k8s.io,"                                            \
	"application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
#define ACCEPT_PROTOBUF "application/vnd.kubernetes.protobuf,application/json"
#define ACCEPT_METADATA "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

struct requests {
	const char *url;   /* of the server, without a path; borrowed, as is the token */
	const char *token; /* NULL: none */
	pid_t pid;         /* who answers */
	struct tt_http_client *http;
	struct tt_buf body; /* of the newest answer */
};

/* What is asked for with GET. */
struct question {
	const char *path, *accept;
	bool gzip; /* the answer may be compressed, and is left so */
};

/* Requests to the process `pid`; `r` has url and token. `ca_file` is for https. */
void requests_open(struct requests *r, pid_t pid, const char *ca_file);
void requests_close(struct requests *r);

/* The answer is in r->body. */
void requests_get(struct requests *r, const struct question *q);
void requests_post(struct requests *r, const char *path, const char *type, struct tt_str body);

/* The server's CPU time for one answer, in milliseconds. */
double requests_cost_ms(struct requests *r, const struct question *q);

/* Asks once to warm it up, then 21 times: the median of the server's CPU time in milliseconds. */
double requests_median_ms(struct requests *r, const struct question *q);

/* Asks once to warm it up, then `n` times: the mean, in milliseconds, which holds what the server
 * puts off, such as collecting garbage. What it does anyway, `idle` of a core, is left out. */
double requests_mean_ms(struct requests *r, const struct question *q, int n, double idle);

/* The share of a core that the server takes while nobody asks. */
double requests_idle(const struct requests *r);
