/* SPDX-License-Identifier: Apache-2.0 */
#include "store/dictionary.h"

#include "base/hash.h"
#include "base/mem.h"

static const uint64_t KEY_SEED = 0x6f626a6563740001u; /* stored: never change */

void tt_dictionary_init(struct tt_dictionary *d, size_t n_message_slots, uint64_t seed)
{
	*d = (struct tt_dictionary){.seed = seed, .n_message_slots = n_message_slots};
	d->messages = tt_calloc(n_message_slots, sizeof(*d->messages));
	tt_dictionary_reset(d);
}

static void entries_clear(struct tt_entries *e)
{
	e->string_lengths.len = e->string_text.len = e->sigs.len = 0;
	e->object_fields.len = e->object_text.len = e->object_uids.len = 0;
	e->message_lengths.len = e->message_text.len = 0;
}

void tt_dictionary_release(struct tt_dictionary *d)
{
	struct tt_entries *e = &d->new;

	tt_map_release(&d->strings);
	tt_map_release(&d->sigs);
	tt_map_release(&d->objects);
	tt_free(d->messages);
	tt_packer_release(&e->string_lengths);
	tt_packer_release(&e->string_text);
	tt_packer_release(&e->sigs);
	tt_packer_release(&e->object_fields);
	tt_packer_release(&e->object_text);
	tt_packer_release(&e->object_uids);
	tt_packer_release(&e->message_lengths);
	tt_packer_release(&e->message_text);
	*d = (struct tt_dictionary){0};
}

/* Clears a map, and gives back the memory of one that was unusually large. */
static void clear(struct tt_map *m)
{
	if (m->cap > 1 << 17)
		tt_map_release(m);
	else
		tt_map_clear(m);
}

void tt_dictionary_reset(struct tt_dictionary *d)
{
	clear(&d->strings);
	clear(&d->sigs);
	clear(&d->objects);
	d->n_strings = d->n_sigs = d->n_objects = d->n_messages = 0;
	d->bytes = 0;
	if (++d->resets == 0) { /* slots of 2^32 resets ago would look fresh */
		memset(d->messages, 0, d->n_message_slots * sizeof(*d->messages));
		d->resets = 1;
	}
	tt_dictionary_flushed(d);
}

void tt_dictionary_flushed(struct tt_dictionary *d)
{
	entries_clear(&d->new);
	d->new.first_string = d->n_strings + 1;
	d->new.first_sig = d->n_sigs + 1;
	d->new.first_object = d->n_objects + 1;
	d->new.first_message = d->n_messages + 1;
}

uint64_t tt_object_key(struct tt_str name)
{
	return tt_hash_str(name, KEY_SEED);
}

void tt_row_hash(struct tt_row_hashes *ret, const struct tt_record *record, uint64_t seed)
{
	const struct tt_event *e = &record->event;

	if (record->kind != TT_RECORD_EVENT) {
		*ret = (struct tt_row_hashes){0};
		return;
	}
	const struct tt_objectref *o = &e->involved_object;

	ret->namespace = tt_hash_str(e->metadata.namespace, seed);
	ret->field_path = tt_hash_str(o->field_path, seed);
	ret->host = tt_hash_str(
		e->source_host.len > 0 ? e->source_host : e->reporting_instance, seed);
	ret->message = tt_hash_str(e->message, seed);
	ret->sig = tt_hash_str(e->reason,
		tt_hash_str(e->type,
			tt_hash_str(e->source_component, tt_hash_str(e->reporting_component,
								 tt_hash_str(e->action, seed)))));
	ret->object_key = tt_object_key(o->name);
	uint64_t kind = tt_hash_str(o->kind, tt_hash_str(o->namespace, seed ^ ret->object_key));

	ret->object = tt_hash_str(o->uid, tt_hash_str(o->api_version, kind));
}

/* The number of `s`, whose hash is `hash`. */
static uint32_t number_string(struct tt_dictionary *d, struct tt_str s, uint64_t hash)
{
	if (s.len == 0)
		return 0;
	bool is_new;
	uint64_t *id = tt_map_put(&d->strings, hash, &is_new);

	if (is_new) {
		*id = ++d->n_strings;
		tt_pack_varint(&d->new.string_lengths, s.len);
		tt_pack_bytes(&d->new.string_text, s.data, s.len);
		d->bytes += s.len + 1;
	}
	return (uint32_t)*id;
}

static uint32_t number_plain(struct tt_dictionary *d, struct tt_str s)
{
	return number_string(d, s, tt_hash_str(s, d->seed));
}

static uint32_t number_sig(struct tt_dictionary *d, const struct tt_event *e, uint64_t hash)
{
	bool is_new;
	uint64_t *id = tt_map_put(&d->sigs, hash, &is_new);

	if (!is_new)
		return (uint32_t)*id;
	*id = ++d->n_sigs;
	tt_pack_varint(&d->new.sigs, number_plain(d, e->reason));
	tt_pack_varint(&d->new.sigs, number_plain(d, e->type));
	tt_pack_varint(&d->new.sigs, number_plain(d, e->source_component));
	tt_pack_varint(&d->new.sigs, number_plain(d, e->reporting_component));
	tt_pack_varint(&d->new.sigs, number_plain(d, e->action));
	d->bytes += 8;
	return d->n_sigs;
}

/* `namespace` is the event's, with its number: mostly the object's too. */
static void add_object(struct tt_dictionary *d, const struct tt_objectref *o,
	struct tt_str namespace, uint32_t namespace_id)
{
	struct tt_packer *fields = &d->new.object_fields;
	uint8_t uid[16];

	tt_pack_varint(fields, number_plain(d, o->kind));
	tt_pack_varint(fields,
		tt_str_eq(o->namespace, namespace) ? namespace_id : number_plain(d, o->namespace));
	tt_pack_varint(fields, number_plain(d, o->api_version));
	tt_pack_varint(fields, o->name.len);
	tt_pack_bytes(&d->new.object_text, o->name.data, o->name.len);
	if (tt_uuid_parse(o->uid, uid)) { /* 0: a UUID; else the length of the uid and 1 */
		tt_pack_varint(fields, 0);
		tt_pack_bytes(&d->new.object_uids, uid, sizeof(uid));
	} else {
		tt_pack_varint(fields, o->uid.len + 1);
		tt_pack_bytes(&d->new.object_text, o->uid.data, o->uid.len);
	}
	d->bytes += o->name.len + 24;
}

static uint32_t number_object(
	struct tt_dictionary *d, const struct tt_event *e, uint32_t namespace_id, uint64_t hash)
{
	bool is_new;
	uint64_t *id = tt_map_put(&d->objects, hash, &is_new);

	if (!is_new)
		return (uint32_t)*id;
	*id = ++d->n_objects;
	add_object(d, &e->involved_object, e->metadata.namespace, namespace_id);
	return d->n_objects;
}

static uint32_t number_message(struct tt_dictionary *d, struct tt_str message, uint64_t hash)
{
	struct tt_message_slot *slot = &d->messages[hash & (d->n_message_slots - 1)];

	if (message.len == 0)
		return 0;
	if (slot->hash == hash && slot->reset == d->resets)
		return slot->id;
	*slot = (struct tt_message_slot){hash, ++d->n_messages, d->resets};
	tt_pack_varint(&d->new.message_lengths, message.len);
	tt_pack_bytes(&d->new.message_text, message.data, message.len);
	d->bytes += message.len + 1;
	return d->n_messages;
}

void tt_dictionary_prefetch(const struct tt_dictionary *d, const struct tt_row_hashes *hashes)
{
	tt_map_prefetch(&d->objects, hashes->object);
	__builtin_prefetch(&d->messages[hashes->message & (d->n_message_slots - 1)]);
}

void tt_dictionary_number(struct tt_dictionary *d, struct tt_row *row,
	const struct tt_record *record, const struct tt_row_hashes *hashes)
{
	const struct tt_event *e = &record->event;

	if (record->kind != TT_RECORD_EVENT)
		return;
	row->namespace = number_string(d, e->metadata.namespace, hashes->namespace);
	row->sig = number_sig(d, e, hashes->sig);
	row->object = number_object(d, e, row->namespace, hashes->object);
	row->message = number_message(d, e->message, hashes->message);
	row->field_path = number_string(d, e->involved_object.field_path, hashes->field_path);
	row->host = number_string(
		d, e->source_host.len > 0 ? e->source_host : e->reporting_instance, hashes->host);
}

void tt_entries_pack_strings(const struct tt_dictionary *d, struct tt_packer *to)
{
	const struct tt_entries *e = &d->new;

	tt_pack_varint(to, d->n_strings + 1 - e->first_string);
	tt_pack_bytes(to, e->string_lengths.data, e->string_lengths.len);
	tt_pack_varint(to, d->n_sigs + 1 - e->first_sig);
	tt_pack_bytes(to, e->sigs.data, e->sigs.len);
	tt_pack_bytes(to, e->string_text.data, e->string_text.len);
}

void tt_entries_pack_objects(const struct tt_dictionary *d, struct tt_packer *to)
{
	const struct tt_entries *e = &d->new;

	tt_pack_varint(to, d->n_objects + 1 - e->first_object);
	tt_pack_bytes(to, e->object_fields.data, e->object_fields.len);
	tt_pack_bytes(to, e->object_text.data, e->object_text.len);
}

void tt_entries_pack_messages(const struct tt_dictionary *d, struct tt_packer *to)
{
	const struct tt_entries *e = &d->new;

	tt_pack_varint(to, d->n_messages + 1 - e->first_message);
	tt_pack_varint(to, e->message_lengths.len);
	tt_pack_bytes(to, e->message_lengths.data, e->message_lengths.len);
	tt_pack_bytes(to, e->message_text.data, e->message_text.len);
}
