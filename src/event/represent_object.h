/* SPDX-License-Identifier: Apache-2.0 */
/* represent_object.h - what an Event is called in a representation. Only for src/event. */
#pragma once

#include "event/message_encode.h"
#include "event/representation.h"

/* An Event as an object of its own: of the group that `r` names if `whole`, else its metadata. */
struct tt_object tt_represented_object(
	const struct tt_representation *r, const struct tt_event *e, bool whole);

/* The version of meta.k8s.io. */
struct tt_str tt_represented_meta_version(const struct tt_representation *r);
