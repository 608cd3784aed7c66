/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary.h - numbering the texts of events: strings, signatures (reason, type, component,
 * reporting component, action), involved objects and messages, each from 1; 0 is the empty one.
 *
 * A dictionary belongs to the writing thread. It remembers what it numbered since its last reset
 * and holds the entries that were new since the last tt_dictionary_flushed(), to be stored. The
 * tail resets one for each blob; blocks share one per epoch. Entries are found by their hash
 * alone, under a seed that is drawn at random per process. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "base/str.h"
#include "store/bytes.h"
#include "store/record.h"
#include "store/row.h"

/* What one record is looked up by, in any number of dictionaries. */
struct tt_row_hashes {
	uint64_t sig, object, message, namespace, field_path, host;
	uint64_t object_key; /* of the object's name, for filters (filter.h) */
};

struct tt_message_slot {
	uint64_t hash;
	uint32_t id, reset;
};

/* Entries that are not yet stored. */
struct tt_entries {
	uint32_t first_string, first_sig, first_object, first_message;
	struct tt_packer string_lengths, string_text, sigs, object_fields, object_text, object_uids,
		message_lengths, message_text;
};

struct tt_dictionary {
	uint64_t seed;
	struct tt_map strings, sigs, objects;
	struct tt_message_slot *messages; /* found again while no other took the slot */
	size_t n_message_slots;           /* a power of two */
	uint32_t resets;
	uint32_t n_strings, n_sigs, n_objects, n_messages; /* the last number given */
	size_t bytes;                                      /* of all entries since the reset */
	struct tt_entries new;
};

/* An empty dictionary that remembers messages in `n_message_slots` (a power of two) places.
 * Dictionaries that shall share hashes get the same `seed`. */
void tt_dictionary_init(struct tt_dictionary *d, size_t n_message_slots, uint64_t seed);
void tt_dictionary_release(struct tt_dictionary *d);

/* Forgets everything: the next numbers are 1 again. */
void tt_dictionary_reset(struct tt_dictionary *d);

/* The new entries were taken over; later ones are new. */
void tt_dictionary_flushed(struct tt_dictionary *d);

/* The hashes of the texts of `record` under `seed`. */
void tt_row_hash(struct tt_row_hashes *ret, const struct tt_record *record, uint64_t seed);

/* Begins to fetch what numbering a record with these hashes will look at. */
void tt_dictionary_prefetch(const struct tt_dictionary *d, const struct tt_row_hashes *hashes);

/* Numbers the texts of `record` and puts the numbers into `row`. */
void tt_dictionary_number(struct tt_dictionary *d, struct tt_row *row,
	const struct tt_record *record, const struct tt_row_hashes *hashes);

/* The new entries as bytes, in the form that chunk.h reads. Objects are two streams: fields and
 * names, and the (random) uids. */
void tt_entries_pack_strings(const struct tt_dictionary *d, struct tt_packer *to);
void tt_entries_pack_objects(const struct tt_dictionary *d, struct tt_packer *to);
void tt_entries_pack_messages(const struct tt_dictionary *d, struct tt_packer *to);

/* The key by which filters know an object, or an event of odd name. */
uint64_t tt_object_key(struct tt_str name);
