/* SPDX-License-Identifier: Apache-2.0 */
/* kubernetes.h - the Kubernetes API of telltaled: an API server for Events, of now or of any past
 * moment (url.h). */
#pragma once

#include <stdbool.h>

struct tt_http_call;
struct tt_kubernetes;
struct tt_log;
struct tt_serve;

/* What the API keeps between requests, and in `resources_file` (NULL: nothing) over a restart;
 * freed when all of them have ended. */
struct tt_kubernetes *tt_kubernetes_new(const char *resources_file, const struct tt_log *log);
/* NULL is allowed. */
void tt_kubernetes_free(struct tt_kubernetes *kubernetes);

/* Breaks off what is being asked of API servers, and asks them nothing until as many calls of
 * tt_kubernetes_resume(): who changes or stops what they belong to must not wait for them. */
void tt_kubernetes_interrupt(struct tt_kubernetes *kubernetes);
void tt_kubernetes_resume(struct tt_kubernetes *kubernetes);

/* Answers `call` if its path belongs to an API server; false, with nothing answered, if not. */
bool tt_kubernetes_handle(struct tt_serve *serve, struct tt_http_call *call);
