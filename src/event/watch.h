/* SPDX-License-Identifier: Apache-2.0 */
/* watch.h - the names of watch event types. Only for src/event. */
#pragma once

#include "event/codec.h"

/* The type called `name`; false if there is none. */
bool tt_watch_type_parse(struct tt_str name, enum tt_watch_type *ret_type);
