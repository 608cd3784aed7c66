/* SPDX-License-Identifier: Apache-2.0 */
/* causes.h - what is wrong with the fields of an object, in the words of a Kubernetes API server:
 * the causes of a Status of reason Invalid (apimachinery util/validation/field). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "event/codec.h"

struct tt_arena;

/* So many causes are kept: a foreign object can have a wrong label in every 5 of its bytes, each
 * of which would be answered with a sentence. */
enum { TT_CAUSES_MAX = 1000 };

/* The values that causes show are cut at so many bytes, for the same reason. */
enum { TT_CAUSES_SHOWN_MAX = 8192 };

/* A growing list in an arena, which owns all its texts as well. `items` and `n` are what
 * struct tt_status takes as its causes. */
struct tt_causes {
	struct tt_arena *arena;
	struct tt_status_cause *items;
	uint32_t n, cap;
};

/* An empty list. */
void tt_causes_init(struct tt_causes *c, struct tt_arena *arena);

/* A cause of reason FieldValueRequired for the path `field`; `detail` may be NULL. */
void tt_causes_required(struct tt_causes *c, const char *field, const char *detail);

/* A cause of reason FieldValueInvalid: the text `value` is wrong, and `detail` says why. */
void tt_causes_invalid(
	struct tt_causes *c, const char *field, struct tt_str value, const char *detail);

/* The same for a value that is shown as the JSON it is. */
void tt_causes_invalid_json(
	struct tt_causes *c, const char *field, struct tt_str json, const char *detail);

/* A cause of reason FieldValueForbidden: `detail` says why the field must not be there. */
void tt_causes_forbidden(struct tt_causes *c, const char *field, const char *detail);

/* A cause of reason FieldValueNotSupported: the value is shown as `shown` is, and `supported` lists
 * those that are. */
void tt_causes_unsupported(
	struct tt_causes *c, const char *field, struct tt_str shown, const char *supported);

/* A cause of any reason, such as FieldValueTooLong, with its whole `message`. */
void tt_causes_add(
	struct tt_causes *c, const char *reason, const char *field, struct tt_str message);

/* Appends all causes as one text, each once: "field: message", or "[field: message, field:
 * message]". In a Status it stands behind `Event "name" is invalid: `, in either API group. */
void tt_causes_message(struct tt_buf *to, const struct tt_causes *c);

/* Whether a character can be shown, as Go's strconv.IsPrint has it, but for those that Unicode has
 * not assigned. */
bool tt_causes_is_printable(uint32_t c);

/* Appends `s` in quotes, escaped as Go's strconv.Quote does. Characters of the kinds control,
 * format, separator and private use are escaped; those that Unicode has not assigned are not. */
void tt_causes_quote(struct tt_buf *to, struct tt_str s);
