/* SPDX-License-Identifier: Apache-2.0 */
#include "event/validate_metadata.h"

#include <stdlib.h>

#include "base/arena.h"
#include "event/event.h"
#include "event/name.h"
#include "wire/json.h"

enum { ANNOTATIONS_MAX = 256 * 1024 };

/* Finalizers that need no domain; the first two exclude each other. */
#define ORPHAN     "orphan"
#define FOREGROUND "foregroundDeletion"
#define KUBERNETES "kubernetes"

static const char immutable[] = TT_VALIDATE_IMMUTABLE;

void tt_validate_problems(struct tt_causes *to, const char *field, struct tt_str value,
	const struct tt_name_problems *problems)
{
	for (unsigned i = 0; i < problems->n; i++)
		tt_causes_invalid(to, field, value, problems->text[i]);
}

static void check_labels(const struct tt_objectmeta *meta, struct tt_causes *to)
{
	for (uint32_t i = 0; i < meta->n_labels; i++) {
		const struct tt_label *label = &meta->labels[i];
		struct tt_name_problems key = tt_name_qualified(label->key, false);
		struct tt_name_problems value = tt_name_label_value(label->value);

		tt_validate_problems(to, "metadata.labels", label->key, &key);
		tt_validate_problems(to, "metadata.labels", label->value, &value);
	}
}

static void check_annotations(const struct tt_objectmeta *meta, struct tt_causes *to)
{
	size_t bytes = 0;

	for (uint32_t i = 0; i < meta->n_annotations; i++) {
		const struct tt_label *annotation = &meta->annotations[i];
		struct tt_name_problems key = tt_name_qualified(annotation->key, true);

		tt_validate_problems(to, "metadata.annotations", annotation->key, &key);
		bytes += annotation->key.len + annotation->value.len;
	}
	if (bytes > ANNOTATIONS_MAX)
		tt_causes_add(to, "FieldValueTooLong", "metadata.annotations",
			TT_STR("Too long: may not be more than 262144 bytes"));
}

void tt_validate_put(struct tt_buf *to, const char *name, struct tt_str value)
{
	tt_buf_printf(to, "%s\"%s\":", to->data[to->len - 1] == '{' ? "" : ",", name);
	tt_json_put_string(to, value);
}

static void put_bool(struct tt_buf *to, const char *name, int8_t value)
{
	if (value >= 0)
		tt_buf_printf(to, ",\"%s\":%s", name, value > 0 ? "true" : "false");
}

static void put_owner(struct tt_buf *to, const struct tt_ownerref *owner)
{
	tt_buf_char(to, '{');
	tt_validate_put(to, "apiVersion", owner->api_version);
	tt_validate_put(to, "kind", owner->kind);
	tt_validate_put(to, "name", owner->name);
	tt_validate_put(to, "uid", owner->uid);
	put_bool(to, "controller", owner->controller);
	put_bool(to, "blockOwnerDeletion", owner->block_owner_deletion);
	tt_buf_char(to, '}');
}

static void check_owner(const struct tt_ownerref *owner, struct tt_causes *to)
{
	struct tt_str rest = owner->api_version, first = tt_str_split(&rest, '/');
	struct tt_str version = rest.data != NULL ? tt_str_split(&rest, '/') : first;
	bool bad = rest.data != NULL || version.len == 0;
	struct tt_buf json;

	if (bad)
		tt_causes_invalid(to, "metadata.ownerReferences.apiVersion", owner->api_version,
			"version must not be empty");
	if (owner->kind.len == 0)
		tt_causes_invalid(
			to, "metadata.ownerReferences.kind", owner->kind, "must not be empty");
	if (owner->name.len == 0)
		tt_causes_invalid(
			to, "metadata.ownerReferences.name", owner->name, "must not be empty");
	if (owner->uid.len == 0)
		tt_causes_invalid(
			to, "metadata.ownerReferences.uid", TT_STR(""), "must not be empty");
	if (!tt_str_is(owner->api_version, "v1") || !tt_str_is(owner->kind, "Event"))
		return;
	tt_buf_init(&json, TT_CAUSES_SHOWN_MAX);
	put_owner(&json, owner);
	tt_causes_invalid_json(to, "metadata.ownerReferences", tt_buf_view(&json),
		"/v1, Kind=Event is disallowed from being an owner");
	tt_buf_release(&json);
}

static void two_controllers(const struct tt_objectmeta *meta, const struct tt_ownerref *first,
	const struct tt_ownerref *second, struct tt_causes *to)
{
	struct tt_str says = tt_str_printf(to->arena,
		"Only one reference can have Controller set to true. Found \"true\" in references "
		"for %.*s/%.*s and %.*s/%.*s",
		TT_STR_ARG(first->kind), TT_STR_ARG(first->name), TT_STR_ARG(second->kind),
		TT_STR_ARG(second->name));
	struct tt_buf json;

	tt_buf_init(&json, TT_CAUSES_SHOWN_MAX);
	for (uint32_t i = 0; i < meta->n_owner_references; i++) {
		tt_buf_char(&json, i == 0 ? '[' : ',');
		put_owner(&json, &meta->owner_references[i]);
	}
	tt_buf_char(&json, ']');
	tt_causes_invalid_json(to, "metadata.ownerReferences", tt_buf_view(&json), says.data);
	tt_buf_release(&json);
}

static void check_owners(const struct tt_objectmeta *meta, struct tt_causes *to)
{
	const struct tt_ownerref *controller = NULL;

	for (uint32_t i = 0; i < meta->n_owner_references; i++) {
		const struct tt_ownerref *owner = &meta->owner_references[i];

		check_owner(owner, to);
		if (owner->controller <= 0)
			continue;
		if (controller != NULL)
			two_controllers(meta, controller, owner, to);
		else
			controller = owner;
	}
}

static void check_finalizers(const struct tt_objectmeta *meta, struct tt_causes *to)
{
	bool orphan = false, foreground = false;
	struct tt_buf json;

	for (uint32_t i = 0; i < meta->n_finalizers; i++) {
		struct tt_name_problems problems = tt_name_qualified(meta->finalizers[i], false);

		tt_validate_problems(to, "metadata.finalizers", meta->finalizers[i], &problems);
		orphan |= tt_str_is(meta->finalizers[i], ORPHAN);
		foreground |= tt_str_is(meta->finalizers[i], FOREGROUND);
	}
	if (!orphan || !foreground)
		return;
	tt_buf_init(&json, TT_CAUSES_SHOWN_MAX);
	for (uint32_t i = 0; i < meta->n_finalizers; i++) {
		tt_buf_char(&json, i == 0 ? '[' : ',');
		tt_json_put_string(&json, meta->finalizers[i]);
	}
	tt_buf_char(&json, ']');
	tt_causes_invalid_json(to, "metadata.finalizers", tt_buf_view(&json),
		"finalizer " ORPHAN " and " FOREGROUND " cannot be both set");
	tt_buf_release(&json);
}

/* A finalizer has a domain unless it is one of Kubernetes' own. */
static void check_domains(const struct tt_objectmeta *meta, struct tt_causes *to)
{
	for (uint32_t i = 0; i < meta->n_finalizers; i++) {
		struct tt_str name = meta->finalizers[i];

		if (tt_str_find(name, TT_STR("/")) < 0 && !tt_str_is(name, ORPHAN) &&
			!tt_str_is(name, FOREGROUND) && !tt_str_is(name, KUBERNETES))
			tt_causes_invalid(to,
				tt_str_printf(to->arena, "metadata.finalizers[%u]", i).data, name,
				"name is neither a standard finalizer name nor is it fully "
				"qualified");
	}
}

void tt_validate_metadata(const struct tt_objectmeta *meta, bool strict, struct tt_causes *to)
{
	struct tt_name_problems (*name_problems)(struct tt_str name,
		bool prefix) = strict ? tt_name_subdomain : tt_name_path_segment;
	struct tt_name_problems prefix = name_problems(meta->generate_name, true);
	struct tt_name_problems name = name_problems(meta->name, false);
	struct tt_name_problems namespace = tt_name_label(meta->namespace);

	if (meta->generate_name.len > 0)
		tt_validate_problems(to, "metadata.generateName", meta->generate_name, &prefix);
	if (meta->name.len == 0)
		tt_causes_required(to, "metadata.name", "name or generateName is required");
	else
		tt_validate_problems(to, "metadata.name", meta->name, &name);
	if (meta->namespace.len == 0)
		tt_causes_required(to, "metadata.namespace", NULL);
	else
		tt_validate_problems(to, "metadata.namespace", meta->namespace, &namespace);
	if (meta->generation < 0)
		tt_causes_invalid_json(to, "metadata.generation",
			tt_str_printf(to->arena, "%lld", (long long)meta->generation),
			"must be greater than or equal to 0");
	check_labels(meta, to);
	check_annotations(meta, to);
	check_owners(meta, to);
	check_finalizers(meta, to);
	if (strict)
		check_domains(meta, to);
}

void tt_validate_same(struct tt_causes *to, const char *field, struct tt_str new, struct tt_str old)
{
	if (!tt_str_eq(new, old))
		tt_causes_invalid(to, field, new, immutable);
}

void tt_validate_number(struct tt_causes *to, const char *field, int64_t new, int64_t old)
{
	if (new != old)
		tt_causes_invalid_json(
			to, field, tt_str_printf(to->arena, "%lld", (long long)new), immutable);
}

void tt_validate_time(
	struct tt_causes *to, const char *field, int64_t new, int64_t old, enum tt_time_form form)
{
	char text[TT_TIME_SIZE];

	if (new == old)
		return;
	if (new == TT_TIME_ZERO) {
		tt_causes_invalid_json(to, field, TT_STR("null"), immutable);
		return;
	}
	(void)tt_time_format(new, form, text);
	tt_causes_invalid(to, field, tt_str_from(text), immutable);
}

static void check_grace(
	struct tt_causes *to, const struct tt_objectmeta *new, const struct tt_objectmeta *old)
{
	static const char field[] = "metadata.deletionGracePeriodSeconds";

	if (new->has_deletion_grace_period && old->has_deletion_grace_period)
		tt_validate_number(to, field, new->deletion_grace_period_seconds,
			old->deletion_grace_period_seconds);
	else if (new->has_deletion_grace_period)
		tt_causes_invalid_json(to, field,
			tt_str_printf(
				to->arena, "%lld", (long long)new->deletion_grace_period_seconds),
			immutable);
	else if (old->has_deletion_grace_period)
		tt_causes_invalid_json(to, field, TT_STR("null"), immutable);
}

static int compare(const void *a, const void *b)
{
	return tt_str_cmp(*(const struct tt_str *)a, *(const struct tt_str *)b);
}

/* What is being deleted gets no new finalizers. */
static void check_new_finalizers(
	struct tt_causes *to, const struct tt_objectmeta *new, const struct tt_objectmeta *old)
{
	struct tt_str *extra = tt_arena_new(to->arena, struct tt_str, new->n_finalizers + 1);
	struct tt_str *known = tt_arena_new(to->arena, struct tt_str, old->n_finalizers + 1);
	struct tt_buf says;
	size_t n = 0;

	for (uint32_t i = 0; i < old->n_finalizers; i++)
		known[i] = old->finalizers[i];
	qsort(known, old->n_finalizers, sizeof(*known), compare);
	for (uint32_t i = 0; i < new->n_finalizers; i++)
		if (bsearch(&new->finalizers[i], known, old->n_finalizers, sizeof(*known),
			    compare) == NULL)
			extra[n++] = new->finalizers[i];
	if (n == 0)
		return;
	qsort(extra, n, sizeof(*extra), compare);
	tt_buf_init(&says, TT_CAUSES_SHOWN_MAX);
	tt_buf_text(&says, "Forbidden: no new finalizers can be added if the object is being "
			   "deleted, found new finalizers []string{");
	for (size_t i = 0; i < n; i++) {
		tt_buf_text(&says, i > 0 ? ", " : "");
		tt_causes_quote(&says, extra[i]);
	}
	tt_buf_char(&says, '}');
	tt_causes_add(to, "FieldValueForbidden", "metadata.finalizers", tt_buf_view(&says));
	tt_buf_release(&says);
}

void tt_validate_metadata_update(const struct tt_objectmeta *new, const struct tt_objectmeta *old,
	bool strict, struct tt_causes *to)
{
	struct tt_buf uid;

	if (old->deletion_us != TT_TIME_ZERO)
		check_new_finalizers(to, new, old);
	if (new->resource_version.len == 0)
		tt_causes_invalid(to, "metadata.resourceVersion", TT_STR(""),
			"must be specified for an update");
	if (new->generation < old->generation)
		tt_causes_invalid_json(to, "metadata.generation",
			tt_str_printf(to->arena, "%lld", (long long)new->generation),
			"must not be decremented");
	tt_validate_same(to, "metadata.name", new->name, old->name);
	tt_validate_same(to, "metadata.namespace", new->namespace, old->namespace);
	if (!tt_str_eq(new->uid, old->uid)) {
		tt_buf_init(&uid, TT_CAUSES_SHOWN_MAX);
		tt_json_put_string(&uid, new->uid);
		tt_causes_invalid_json(to, "metadata.uid", tt_buf_view(&uid), immutable);
		tt_buf_release(&uid);
	}
	tt_validate_time(to, "metadata.creationTimestamp", new->creation_us, old->creation_us,
		TT_TIME_SECONDS);
	tt_validate_time(to, "metadata.deletionTimestamp", new->deletion_us, old->deletion_us,
		TT_TIME_SECONDS);
	check_grace(to, new, old);
	check_labels(new, to);
	check_annotations(new, to);
	check_owners(new, to);
	if (strict)
		check_domains(new, to);
}
