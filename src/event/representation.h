/* SPDX-License-Identifier: Apache-2.0 */
/* representation.h - which of its representations a client wants of an Event (represent.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "event/codec.h"

enum tt_as {
	TT_AS_OBJECT,  /* Event, EventList */
	TT_AS_TABLE,   /* Table, for an Event as for a list of them */
	TT_AS_PARTIAL, /* PartialObjectMetadata, PartialObjectMetadataList */
};

/* What stands as `object` in each row of a Table: includeObject of the query. */
enum tt_include {
	TT_INCLUDE_METADATA, /* PartialObjectMetadata */
	TT_INCLUDE_OBJECT,   /* the Event, of `group` */
	TT_INCLUDE_NONE,     /* null */
};

/* All zero: a core/v1 Event as compact JSON. */
struct tt_representation {
	enum tt_format format;
	enum tt_as as;
	bool v1beta1; /* of meta.k8s.io, for a Table or metadata; else v1 */
	enum tt_api_group group;
	enum tt_include include;
	bool pretty;    /* JSON in lines, indented by two spaces, without a newline at the end */
	int64_t now_us; /* the ages in a Table count up to here */
};
