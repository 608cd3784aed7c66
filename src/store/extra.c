/* SPDX-License-Identifier: Apache-2.0 */
#include "store/extra.h"

#include "store/row.h"

/* Stored: never renumber. */
enum extra_tag {
	EXTRA_END = 0,
	EXTRA_NAME,
	EXTRA_UID,
	EXTRA_RV,
	EXTRA_OBJECT_RV,
	EXTRA_INSTANCE,
	EXTRA_COUNT,
	EXTRA_GENERATE_NAME,
	EXTRA_SELF_LINK,
	EXTRA_GENERATION,
	EXTRA_DELETION,
	EXTRA_GRACE,
	EXTRA_LABELS,
	EXTRA_ANNOTATIONS,
	EXTRA_OWNERS,
	EXTRA_FINALIZERS,
	EXTRA_RELATED,
};

static void pack_text(struct tt_packer *to, enum extra_tag tag, struct tt_str text)
{
	tt_pack_varint(to, tag);
	tt_pack_str(to, text);
}

static void pack_text_if(struct tt_packer *to, enum extra_tag tag, struct tt_str text)
{
	if (text.len > 0)
		pack_text(to, tag, text);
}

static void pack_number(struct tt_packer *to, enum extra_tag tag, int64_t number)
{
	tt_pack_varint(to, tag);
	tt_pack_zigzag(to, number);
}

static void pack_labels(
	struct tt_packer *to, enum extra_tag tag, const struct tt_label *labels, uint32_t n)
{
	if (n == 0)
		return;
	tt_pack_varint(to, tag);
	tt_pack_varint(to, n);
	for (uint32_t i = 0; i < n; i++) {
		tt_pack_str(to, labels[i].key);
		tt_pack_str(to, labels[i].value);
	}
}

static void pack_owners(struct tt_packer *to, const struct tt_objectmeta *m)
{
	if (m->n_owner_references == 0)
		return;
	tt_pack_varint(to, EXTRA_OWNERS);
	tt_pack_varint(to, m->n_owner_references);
	for (uint32_t i = 0; i < m->n_owner_references; i++) {
		const struct tt_ownerref *o = &m->owner_references[i];

		tt_pack_str(to, o->kind);
		tt_pack_str(to, o->name);
		tt_pack_str(to, o->uid);
		tt_pack_str(to, o->api_version);
		tt_pack_zigzag(to, o->controller);
		tt_pack_zigzag(to, o->block_owner_deletion);
	}
}

static void pack_texts(
	struct tt_packer *to, enum extra_tag tag, const struct tt_str *texts, uint32_t n)
{
	if (n == 0)
		return;
	tt_pack_varint(to, tag);
	tt_pack_varint(to, n);
	for (uint32_t i = 0; i < n; i++)
		tt_pack_str(to, texts[i]);
}

static void pack_reference(struct tt_packer *to, const struct tt_objectref *r)
{
	tt_pack_varint(to, EXTRA_RELATED);
	tt_pack_str(to, r->kind);
	tt_pack_str(to, r->namespace);
	tt_pack_str(to, r->name);
	tt_pack_str(to, r->uid);
	tt_pack_str(to, r->api_version);
	tt_pack_str(to, r->resource_version);
	tt_pack_str(to, r->field_path);
}

static void pack_metadata(struct tt_packer *to, const struct tt_objectmeta *m)
{
	pack_text_if(to, EXTRA_GENERATE_NAME, m->generate_name);
	pack_text_if(to, EXTRA_SELF_LINK, m->self_link);
	if (m->generation != 0)
		pack_number(to, EXTRA_GENERATION, m->generation);
	if (m->deletion_us != TT_TIME_ZERO)
		pack_number(to, EXTRA_DELETION, m->deletion_us);
	if (m->has_deletion_grace_period)
		pack_number(to, EXTRA_GRACE, m->deletion_grace_period_seconds);
	pack_labels(to, EXTRA_LABELS, m->labels, m->n_labels);
	pack_labels(to, EXTRA_ANNOTATIONS, m->annotations, m->n_annotations);
	pack_owners(to, m);
	pack_texts(to, EXTRA_FINALIZERS, m->finalizers, m->n_finalizers);
}

void tt_extra_pack_event(struct tt_packer *to, const struct tt_record *record, uint32_t shape)
{
	const struct tt_event *e = &record->event;

	if (tt_shape_get(shape, TT_SHAPE_NAME, 2) == TT_TEXT_EXTRA)
		pack_text(to, EXTRA_NAME, e->metadata.name);
	if (tt_shape_get(shape, TT_SHAPE_UID, 2) == TT_TEXT_EXTRA)
		pack_text(to, EXTRA_UID, e->metadata.uid);
	if (tt_shape_get(shape, TT_SHAPE_RV, 2) == TT_TEXT_EXTRA)
		pack_text(to, EXTRA_RV, e->metadata.resource_version);
	if (tt_shape_get(shape, TT_SHAPE_OBJECT_RV, 2) == TT_TEXT_EXTRA)
		pack_text(to, EXTRA_OBJECT_RV, e->involved_object.resource_version);
	if (tt_shape_get(shape, TT_SHAPE_HOST, 3) == TT_HOST_DIFFERENT)
		pack_text(to, EXTRA_INSTANCE, e->reporting_instance);
	if (tt_shape_get(shape, TT_SHAPE_COUNT, 2) == TT_COUNT_EXTRA)
		pack_number(to, EXTRA_COUNT, e->count);
	pack_metadata(to, &e->metadata);
	if (e->has_related)
		pack_reference(to, &e->related);
}

void tt_extra_pack_gap(struct tt_packer *to, const struct tt_gap *gap)
{
	tt_pack_varint(to, gap->n_namespaces);
	for (uint32_t i = 0; i < gap->n_namespaces; i++)
		tt_pack_str(to, gap->namespaces[i]);
	tt_pack_varint(to, gap->epoch);
	tt_pack_fixed(to, (uint64_t)gap->from_us, 8);
	tt_pack_fixed(to, (uint64_t)gap->to_us, 8);
	tt_pack_byte(to, (uint8_t)gap->lost);
	tt_pack_str(to, gap->reason);
}

static struct tt_str *unpack_texts(struct tt_unpacker *u, uint32_t *ret_n, struct tt_arena *arena)
{
	size_t n = tt_unpack_count(u);
	struct tt_str *texts = n > 0 ? tt_arena_new(arena, struct tt_str, n) : NULL;

	for (size_t i = 0; i < n; i++)
		texts[i] = tt_unpack_str(u);
	*ret_n = (uint32_t)n;
	return texts;
}

static struct tt_label *unpack_labels(
	struct tt_unpacker *u, uint32_t *ret_n, struct tt_arena *arena)
{
	size_t n = tt_unpack_count(u);
	struct tt_label *labels = n > 0 ? tt_arena_new(arena, struct tt_label, n) : NULL;

	for (size_t i = 0; i < n; i++) {
		labels[i].key = tt_unpack_str(u);
		labels[i].value = tt_unpack_str(u);
	}
	*ret_n = (uint32_t)n;
	return labels;
}

static void unpack_owners(struct tt_unpacker *u, struct tt_objectmeta *m, struct tt_arena *arena)
{
	size_t n = tt_unpack_count(u);

	m->owner_references = n > 0 ? tt_arena_new(arena, struct tt_ownerref, n) : NULL;
	m->n_owner_references = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		struct tt_ownerref *o = &m->owner_references[i];

		o->kind = tt_unpack_str(u);
		o->name = tt_unpack_str(u);
		o->uid = tt_unpack_str(u);
		o->api_version = tt_unpack_str(u);
		o->controller = (int8_t)tt_unpack_zigzag(u);
		o->block_owner_deletion = (int8_t)tt_unpack_zigzag(u);
	}
}

static void unpack_reference(struct tt_unpacker *u, struct tt_event *e)
{
	e->has_related = true;
	e->related.kind = tt_unpack_str(u);
	e->related.namespace = tt_unpack_str(u);
	e->related.name = tt_unpack_str(u);
	e->related.uid = tt_unpack_str(u);
	e->related.api_version = tt_unpack_str(u);
	e->related.resource_version = tt_unpack_str(u);
	e->related.field_path = tt_unpack_str(u);
}

static void unpack_value(
	struct tt_unpacker *u, uint64_t tag, struct tt_event *e, struct tt_arena *arena)
{
	struct tt_objectmeta *m = &e->metadata;

	switch (tag) {
	case EXTRA_NAME: m->name = tt_unpack_str(u); break;
	case EXTRA_UID: m->uid = tt_unpack_str(u); break;
	case EXTRA_RV: m->resource_version = tt_unpack_str(u); break;
	case EXTRA_OBJECT_RV: e->involved_object.resource_version = tt_unpack_str(u); break;
	case EXTRA_INSTANCE: e->reporting_instance = tt_unpack_str(u); break;
	case EXTRA_COUNT: e->count = (int32_t)tt_unpack_zigzag(u); break;
	case EXTRA_GENERATE_NAME: m->generate_name = tt_unpack_str(u); break;
	case EXTRA_SELF_LINK: m->self_link = tt_unpack_str(u); break;
	case EXTRA_GENERATION: m->generation = tt_unpack_zigzag(u); break;
	case EXTRA_DELETION: m->deletion_us = tt_unpack_zigzag(u); break;
	case EXTRA_GRACE:
		m->has_deletion_grace_period = true;
		m->deletion_grace_period_seconds = tt_unpack_zigzag(u);
		break;
	case EXTRA_LABELS: m->labels = unpack_labels(u, &m->n_labels, arena); break;
	case EXTRA_ANNOTATIONS: m->annotations = unpack_labels(u, &m->n_annotations, arena); break;
	case EXTRA_OWNERS: unpack_owners(u, m, arena); break;
	case EXTRA_FINALIZERS: m->finalizers = unpack_texts(u, &m->n_finalizers, arena); break;
	case EXTRA_RELATED: unpack_reference(u, e); break;
	default: u->failed = true;
	}
}

bool tt_extra_unpack_event(struct tt_record *record, struct tt_str bytes, struct tt_arena *arena)
{
	struct tt_unpacker u = {
		(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len, false};

	while (!u.failed && u.at < u.end)
		unpack_value(&u, tt_unpack_varint(&u), &record->event, arena);
	return !u.failed;
}

bool tt_extra_unpack_gap(struct tt_gap *gap, struct tt_str bytes, struct tt_arena *arena)
{
	struct tt_unpacker u = {
		(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len, false};

	gap->namespaces = unpack_texts(&u, &gap->n_namespaces, arena);
	gap->epoch = tt_unpack_u32(&u);
	gap->from_us = (int64_t)tt_unpack_fixed(&u, 8);
	gap->to_us = (int64_t)tt_unpack_fixed(&u, 8);
	gap->lost = (enum tt_lost)tt_unpack_fixed(&u, 1);
	gap->reason = tt_unpack_str(&u);
	return !u.failed && u.at == u.end && (unsigned)gap->lost <= TT_LOST_EVENTS;
}
