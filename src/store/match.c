/* SPDX-License-Identifier: Apache-2.0 */
#include "store/match.h"

#include <strings.h>

#include "base/mem.h"
#include "store/writer.h"

static bool is_any(struct tt_str text, const struct tt_str *of, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tt_str_eq(text, of[i]))
			return true;
	return n == 0;
}

static bool equal_caseless(struct tt_str a, struct tt_str b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.data, b.data, a.len) == 0);
}

static bool event_matches(const struct tt_filter *f, const struct tt_record *r)
{
	const struct tt_event *e = &r->event;

	return (f->namespace.len == 0 || tt_str_eq(e->metadata.namespace, f->namespace)) &&
	       (f->kind.len == 0 || equal_caseless(e->involved_object.kind, f->kind)) &&
	       (f->name.len == 0 || tt_str_eq(e->involved_object.name, f->name)) &&
	       is_any(e->type, f->types, f->n_types) &&
	       is_any(e->reason, f->reasons, f->n_reasons) &&
	       (f->grep.len == 0 || tt_search(e->message.data, e->message.len, f->grep) != NULL) &&
	       (f->selector == NULL || tt_fieldselector_matches(f->selector, e)) &&
	       (f->labels == NULL || tt_labelselector_matches(
					     f->labels, e->metadata.labels, e->metadata.n_labels));
}

/* A bound of a filter; 0 and TT_TIME_ZERO mean that there is none. */
static bool is_open(int64_t bound_us)
{
	return bound_us == 0 || bound_us == TT_TIME_ZERO;
}

bool tt_filter_matches(const struct tt_filter *f, const struct tt_record *r)
{
	if (f == NULL)
		return true;
	if (f->cluster.len > 0 && r->cluster.len > 0 && !tt_str_eq(r->cluster, f->cluster))
		return false;
	if (r->kind == TT_RECORD_GAP)
		return true;
	return (is_open(f->since_us) || r->time_us >= f->since_us) &&
	       (is_open(f->until_us) || r->time_us <= f->until_us) && event_matches(f, r);
}

/* What positive terms of the selector demand anyway. */
static void take_term(struct tt_match *m, const struct tt_field_term *term)
{
	struct tt_str *to = NULL;

	if (term->negated)
		return;
	switch (term->label) {
	case TT_LABEL_METADATA_NAME: to = &m->event_name; break;
	case TT_LABEL_METADATA_NAMESPACE: to = &m->namespace; break;
	case TT_LABEL_INVOLVED_NAME: to = &m->name; break;
	default: return;
	}
	if (term->value.len == 0 || (to->len > 0 && !tt_str_eq(*to, term->value)))
		return; /* empty, or two that exclude each other: left to the exact check */
	*to = term->value;
}

/* An event's name gives the object's, if it is made from it. */
static void take_keys(struct tt_match *m)
{
	if (m->name.len == 0 && m->event_name.len > 0) {
		const char *dot = memrchr(m->event_name.data, '.', m->event_name.len);

		m->keys[m->n_keys++] = tt_object_key(m->event_name);
		m->odd_names = true;
		if (dot != NULL)
			m->name = (struct tt_str){
				m->event_name.data, (size_t)(dot - m->event_name.data)};
	}
	if (m->name.len > 0)
		m->keys[m->n_keys++] = tt_object_key(m->name);
}

void tt_match_init(struct tt_match *m, const struct tt_filter *filter, struct tt_store *store)
{
	static const struct tt_filter everything;

	*m = (struct tt_match){.filter = filter != NULL ? filter : &everything};
	filter = m->filter;
	m->namespace = filter->namespace;
	m->name = filter->name;
	if (filter->cluster.len > 0) {
		const struct tt_cluster_entry *c = tt_store_cluster(store, filter->cluster);

		m->impossible = c == NULL;
		m->cluster = c != NULL ? c->id : 0;
	}
	for (size_t i = 0; filter->selector != NULL && i < filter->selector->n; i++)
		take_term(m, &filter->selector->terms[i]);
	m->exact = (filter->selector == NULL || filter->selector->n == 0) &&
		   (filter->labels == NULL || filter->labels->n == 0);
	take_keys(m);
	m->wants_object = filter->kind.len > 0 || m->n_keys > 0;
}

static void forget_dict(struct tt_match *m)
{
	for (size_t i = 0; i < m->n_chunks; i++)
		tt_free(m->message_bits[i]);
	tt_free(m->message_bits);
	tt_free(m->message_hits);
	m->message_bits = NULL;
	m->message_hits = NULL;
	m->n_chunks = 0;
}

void tt_match_release(struct tt_match *m)
{
	forget_dict(m);
	tt_map_release(&m->objects);
	tt_free(m->sig_ok);
	*m = (struct tt_match){0};
}

static bool zone_has_any(
	const uint64_t *words, unsigned n_words, const struct tt_str *texts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (tt_zone_has(words, n_words, texts[i]))
			return true;
	return n == 0;
}

bool tt_match_zone(const struct tt_match *m, const struct tt_block_info *info)
{
	const struct tt_zone *z = &info->zone;

	if (m->impossible || (m->cluster != 0 && (z->clusters >> m->cluster % 64 & 1) == 0))
		return false;
	if (m->gaps)
		return true;
	return (m->namespace.len == 0 ||
		       tt_zone_has(z->namespaces, TT_ZONE_NAMESPACE_WORDS, m->namespace)) &&
	       zone_has_any(&z->types, 1, m->filter->types, m->filter->n_types) &&
	       zone_has_any(
		       z->reasons, TT_ZONE_REASON_WORDS, m->filter->reasons, m->filter->n_reasons);
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* The number of a string in the dictionary, 0 if it is not there. What lies beyond what the header
 * of a block tells of has no number that is known. */
static uint32_t find_string(struct tt_dict *d, struct tt_str text)
{
	for (size_t i = d->n; i-- > 0;) {
		const struct tt_chunk *c = tt_dict_chunk(d, &d->chunks[i], TT_CHUNK_STRINGS);

		uint32_t n = c != NULL ? smaller(c->texts.n, d->chunks[i].n_strings) : 0;

		for (uint32_t j = 0; j < n; j++)
			if (tt_str_eq(tt_texts_get(&c->texts, j), text))
				return d->chunks[i].first_string + j;
	}
	return 0;
}

void tt_match_dict(struct tt_match *m, struct tt_dict *dict)
{
	forget_dict(m);
	tt_map_clear(&m->objects);
	m->objects_known = false;
	m->dict = dict;
	m->no_namespace = false;
	if (dict == NULL)
		return;
	if (m->namespace.len > 0) {
		m->namespace_id = find_string(dict, m->namespace);
		m->no_namespace = m->namespace_id == 0;
	}
	if (m->filter->grep.len > 0) {
		m->n_chunks = dict->n;
		m->message_bits = tt_calloc(dict->n, sizeof(*m->message_bits));
		m->message_hits = tt_calloc(dict->n, sizeof(*m->message_hits));
	}
}

uint32_t tt_match_columns(const struct tt_match *m)
{
	uint32_t columns = 1u << TT_COLUMN_SIG;

	if (m->cluster != 0)
		columns |= 1u << TT_COLUMN_CLUSTER;
	if (m->namespace.len > 0)
		columns |= 1u << TT_COLUMN_NAMESPACE;
	if (m->wants_object)
		columns |= 1u << TT_COLUMN_OBJECT;
	if (m->filter->grep.len > 0)
		columns |= 1u << TT_COLUMN_MESSAGE;
	return columns;
}

/* Whether a row may refer to a text that is lost, and shall then be shown as a gap. */
static bool may_be_lost(const struct tt_match *m)
{
	return m->gaps && m->dict->incomplete;
}

static bool sig_passes(struct tt_match *m, const struct tt_block_sig *s)
{
	const struct tt_filter *f = m->filter;
	struct tt_sig sig;
	struct tt_str text;

	if (tt_shape_get(s->shape, TT_SHAPE_GAP, 1))
		return m->gaps && !m->impossible;
	if (m->impossible || (m->no_namespace && !may_be_lost(m)) ||
		(!m->deleted && tt_shape_get(s->shape, TT_SHAPE_CHANGE, 2) == TT_CHANGE_DELETED))
		return false;
	if (f->n_types == 0 && f->n_reasons == 0)
		return true;
	if (!tt_dict_sig(m->dict, s->sig, &sig))
		return m->gaps; /* lost: shown as a gap where gaps are shown */
	return (f->n_types == 0 || (tt_dict_string(m->dict, sig.type, &text) &&
					   is_any(text, f->types, f->n_types))) &&
	       (f->n_reasons == 0 || (tt_dict_string(m->dict, sig.reason, &text) &&
					     is_any(text, f->reasons, f->n_reasons)));
}

bool tt_match_block(struct tt_match *m, const struct tt_block *b)
{
	bool any = false;

	m->block = b;
	if (m->cap_sigs < b->n_sigs) {
		m->cap_sigs = b->n_sigs;
		m->sig_ok = tt_realloc(m->sig_ok, b->n_sigs, 1);
	}
	for (uint32_t i = 0; i < b->n_sigs; i++) {
		m->sig_ok[i] = sig_passes(m, &b->sigs[i]);
		any |= m->sig_ok[i] != 0;
	}
	return any;
}

static bool is_wanted(struct tt_match *m, const struct tt_object *o)
{
	struct tt_str kind;

	if (m->n_keys > 0 && !tt_str_eq(o->name, m->name))
		return false;
	if (m->filter->kind.len == 0)
		return true;
	return tt_dict_string(m->dict, o->kind, &kind) ? equal_caseless(kind, m->filter->kind)
						       : m->gaps;
}

bool tt_match_objects(struct tt_match *m, const bool *maybe)
{
	bool any = false;

	for (size_t i = 0; i < m->dict->n; i++) {
		struct tt_dict_chunk *c = &m->dict->chunks[i];
		const struct tt_chunk *chunk = maybe[i]
						       ? tt_dict_chunk(m->dict, c, TT_CHUNK_OBJECTS)
						       : NULL;

		uint32_t n = chunk != NULL ? smaller(chunk->n_objects, c->n_objects) : 0;

		for (uint32_t j = 0; j < n; j++) {
			if (!is_wanted(m, &chunk->objects[j]))
				continue;
			*tt_map_put(&m->objects, c->first_object + j, NULL) = 1;
			any = true;
		}
	}
	m->objects_known = true;
	return any;
}

static bool object_passes(struct tt_match *m, uint32_t id)
{
	if (m->objects_known)
		return tt_map_get(&m->objects, id) != NULL;
	uint64_t *known = tt_map_put(&m->objects, id, NULL);
	struct tt_object o;

	if (*known == 0) {
		bool passes = tt_dict_object(m->dict, id, &o) ? is_wanted(m, &o) : m->gaps;

		*known = passes ? 1 : 2;
	}
	return *known == 1;
}

static bool namespace_passes(struct tt_match *m, uint32_t id)
{
	struct tt_str text;

	return (id == m->namespace_id && !m->no_namespace) ||
	       (may_be_lost(m) && !tt_dict_string(m->dict, id, &text));
}

/* Marks the messages of a chunk that hold the searched text: of as many as the header of its block
 * tells of, which is none if that is damaged. */
static void search_chunk(struct tt_match *m, size_t at)
{
	struct tt_dict_chunk *c = &m->dict->chunks[at];
	struct tt_str needle = m->filter->grep;

	m->message_bits[at] = tt_calloc(c->n_messages / 64 + 1, sizeof(uint64_t));
	if (m->dict->may_hold != NULL && !m->dict->may_hold(m->dict->arg, c->block, needle))
		return;
	const struct tt_chunk *chunk = tt_dict_chunk(m->dict, c, TT_CHUNK_MESSAGES);

	if (chunk == NULL && m->gaps)
		memset(m->message_bits[at], 0xff, (c->n_messages / 64 + 1) * sizeof(uint64_t));
	if (chunk == NULL || chunk->texts.n == 0 || c->n_messages == 0)
		return;
	const struct tt_texts *t = &chunk->texts;
	uint32_t i = 0, n = t->n < c->n_messages ? t->n : c->n_messages;
	const char *from = t->text, *end = t->text + t->ends[n - 1];

	while (i < n && (from = tt_search(from, (size_t)(end - from), needle)) != NULL) {
		uint32_t offset = (uint32_t)(from - t->text);

		while (t->ends[i] <= offset)
			i++;
		if (offset + needle.len > t->ends[i]) { /* across two messages */
			from++;
			continue;
		}
		m->message_bits[at][i / 64] |= 1ull << i % 64;
		m->message_hits[at]++;
		from = t->text + t->ends[i];
	}
}

bool tt_match_any_message(struct tt_match *m, size_t n)
{
	bool any = m->filter->grep.len == 0;

	for (size_t i = 0; i < n && m->filter->grep.len > 0; i++) {
		if (m->message_bits[i] == NULL)
			search_chunk(m, i);
		any |= m->message_hits[i] > 0;
	}
	return any;
}

static bool message_passes(struct tt_match *m, uint32_t id)
{
	size_t low = 0, high = m->n_chunks;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct tt_dict_chunk *c = &m->dict->chunks[middle];

		if (id < c->first_message) {
			high = middle;
		} else if (id - c->first_message >= c->n_messages) {
			low = middle + 1;
		} else {
			uint32_t i = id - c->first_message;

			if (m->message_bits[middle] == NULL)
				search_chunk(m, middle);
			return (m->message_bits[middle][i / 64] >> i % 64 & 1) != 0;
		}
	}
	return m->gaps; /* lost */
}

bool tt_match_row(struct tt_match *m, uint32_t i)
{
	const struct tt_block *b = m->block;
	uint32_t sig = b->sig[i];

	if (!m->sig_ok[sig] || (m->cluster != 0 && b->cluster[i] != m->cluster))
		return false;
	uint32_t shape = b->sigs[sig].shape;

	if (tt_shape_get(shape, TT_SHAPE_GAP, 1))
		return true;
	return (m->namespace.len == 0 || namespace_passes(m, b->namespace[i])) &&
	       (!m->wants_object ||
		       (m->odd_names && tt_shape_get(shape, TT_SHAPE_NAME, 2) != TT_TEXT_USUAL) ||
		       object_passes(m, b->object[i])) &&
	       (m->filter->grep.len == 0 || message_passes(m, b->message[i]));
}
