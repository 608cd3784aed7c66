/* SPDX-License-Identifier: Apache-2.0 */
/* validate.h - what an API server checks when an Event is written: fields, reasons and
 * messages are those of kube-apiserver 1.34 (pkg/apis/core/validation/events.go, apimachinery
 * api/validation/objectmeta.go, apiserver registry/rest).
 *
 * core/v1 asks little of an Event without eventTime and more of one with it; events.k8s.io/v1 asks
 * more on top, and lets an update change nothing but series and metadata. Field paths are those of
 * core/v1 in both groups (except for reportingComponent), and so is the kind in the message of the
 * Status: `Event "name" is invalid: `. Lengths are bytes. */
#pragma once

#include "event/causes.h"
#include "event/group.h"

struct tt_event;

/* Adds what is wrong with a new Event to `to`, nothing if it is valid. Its namespace must be that
 * of the request already, its name generated. */
void tt_event_validate(const struct tt_event *e, enum tt_api_group group, struct tt_causes *to);

/* The same for `e` that is to replace `old`, after
 * tt_event_prepare_update() of prepare.h. */
void tt_event_validate_update(const struct tt_event *e, const struct tt_event *old,
	enum tt_api_group group, struct tt_causes *to);
