/* SPDX-License-Identifier: Apache-2.0 */
/* listing.h - the events at given places, sent as one list in the representation that a request
 * asked for. Private to this folder.
 *
 * What is small goes out whole; else it is read and sent piece by piece, so that memory does not
 * grow with the list. YAML and indented JSON are made of all of it, and have a limit. */
#pragma once

#include "store/reader.h"

struct tt_api_request;
struct tt_listmeta;

/* Answers `r` with a list of the events at `places` (whose items it takes over), of a view with the
 * floor `floor_us`. A list that is sent for long is broken off when the right to it is lost. */
void tt_api_send_list(struct tt_api_request *r, const struct tt_listmeta *meta,
	const struct tt_locations *places, int64_t floor_us);
