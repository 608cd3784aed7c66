/* SPDX-License-Identifier: Apache-2.0 */
/* codec.h - an Event and what carries it, from and to JSON and protobuf.
 *
 * Formats: reference/events.md a.2 to a.6 of the field's facts, that is k8s.io/api core/v1,
 * apimachinery meta/v1 and runtime generated.proto, and Go's encoding/json as the API server
 * uses it. Decoders take foreign bytes: they are bounds-checked, check UTF-8, limit depth, ignore
 * unknown fields, and say in `err` the offset and a clipped, printable excerpt. Decoded text
 * borrows from the input, or from `arena` where an escape had to be undone; both must outlive
 * the event. managedFields are skipped.
 *
 * What a server stores and shows is taken: text in protobuf that is not UTF-8 gets U+FFFD for each
 * wrong byte, as the server's JSON has it (in JSON itself it is an error); a time beyond the years
 * 0 to 9999 becomes the nearest of them; of a label key that occurs twice the last stays. More than
 * 65,536 labels, annotations, owner references or finalizers are refused. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "event/event.h"
#include "event/group.h"

struct tt_arena;

enum tt_encoding { TT_ENCODING_JSON, TT_ENCODING_PROTOBUF };

/* The same, and what bodies may be written in besides. */
enum tt_format { TT_FORMAT_JSON, TT_FORMAT_YAML, TT_FORMAT_PROTOBUF };

/* metav1.StatusCause: what is wrong with one field. */
struct tt_status_cause {
	struct tt_str reason, message, field;
};

/* metav1.Status, as in error bodies and ERROR frames. All zero is a Status that says nothing. */
struct tt_status {
	struct tt_str status, message, reason;
	int32_t code;
	int32_t retry_after_seconds;          /* details.retryAfterSeconds, 0 if absent */
	bool has_details;                     /* the members of details count, and are written */
	struct tt_str self_link;              /* metadata.selfLink, empty since Kubernetes 1.20 */
	struct tt_str continue_token;         /* metadata.continue, given with an expired token */
	struct tt_str resource_version;       /* metadata.resourceVersion */
	int64_t remaining_item_count;         /* metadata.remainingItemCount, 0 if absent */
	struct tt_str name, group, kind, uid; /* of details: what it is about; kind is a resource */
	struct tt_status_cause *causes;       /* of details */
	uint32_t n_causes;
};

enum tt_watch_type {
	TT_WATCH_ADDED,
	TT_WATCH_MODIFIED,
	TT_WATCH_DELETED,
	TT_WATCH_BOOKMARK, /* only event.metadata.resource_version is meaningful */
	TT_WATCH_ERROR,    /* `status` is filled */
};

/* A frame of a watch. `event` is valid for ADDED, MODIFIED, DELETED and BOOKMARK. */
struct tt_watch_frame {
	enum tt_watch_type type;
	struct tt_event event;
	struct tt_status status;
};

/* metav1.ListMeta of a list. */
struct tt_listmeta {
	struct tt_str self_link; /* empty since Kubernetes 1.20 */
	struct tt_str resource_version, continue_token;
	int64_t remaining_item_count; /* -1 if absent */
};

/* One watch frame from `bytes`: for protobuf the message after the 4-byte length, for JSON one
 * {"type":...,"object":...} value. On TT_EINVAL `frame->event.metadata` holds what was read of
 * the name, namespace and resourceVersion, for the report. */
int tt_watch_frame_decode(struct tt_watch_frame *frame, enum tt_encoding encoding,
	struct tt_str bytes, struct tt_arena *arena, struct tt_err *err);

/* A stand-alone core/v1 or events.k8s.io/v1 Event: an object of its own, with envelope in
 * protobuf. The API group is told from apiVersion. */
int tt_event_decode(struct tt_event *e, enum tt_encoding encoding, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err);

/* The same for a core/v1 Event as it stands inside a list: without envelope in protobuf, and with
 * no need of kind and apiVersion in JSON. On TT_EINVAL `e->metadata` holds what was read. */
int tt_event_decode_item(struct tt_event *e, enum tt_encoding encoding, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err);

/* A Status, with envelope in protobuf. */
int tt_status_decode(struct tt_status *status, enum tt_encoding encoding, struct tt_str bytes,
	struct tt_arena *arena, struct tt_err *err);

/* Takes an item of a list. */
typedef int tt_list_item_fn(void *arg, const struct tt_event *e, const struct tt_err *item_err);

/* Where the items of a list go: `item` is called with `arg`. */
struct tt_list_sink {
	tt_list_item_fn *item;
	void *arg;
};

/* A body of a request to create or change an Event. */
struct tt_event_body {
	struct tt_event event;
	struct tt_str api_version, kind; /* empty if the body does not say */
	/* What fieldValidation is about, worded as by an API server: `unknown field "spec.x"`,
	 * `duplicate field "reason"`; of each the first time, at most 100 of them. */
	struct tt_str *unknown;
	size_t n_unknown;
};

/* Reads the body of a request: JSON, or YAML (of which the first document counts), or protobuf with
 * its envelope. Fields are those of the group that apiVersion names, `group` if it names none; to
 * compare both, and to refuse a kind that is not Event, is left to the caller. Texts live as long
 * as `bytes` and `arena`. TT_EINVAL for what is malformed or has a wrong type; TT_ELIMIT for YAML
 * of more than 3 MiB, with 100,000 values or nested deeper than 32 levels. */
int tt_event_body_decode(struct tt_event_body *ret, enum tt_format format, enum tt_api_group group,
	struct tt_str bytes, struct tt_arena *arena, struct tt_err *err);

/* An EventList of either API group (in JSON also a v1 List of Events). `sink` gets each item in
 * order, with an event that lives until `arena` is cleared, which the callback must not do; a
 * negative return ends the decoding and is returned. An item that cannot be decoded is given with
 * `item_err` filled and what was read of its name, namespace and resourceVersion; the list goes on
 * behind it where its end is known. Each item takes a struct tt_event of the arena: lists of any
 * length are for a reader that hands over one item at a time, and tt_event_decode_item(). */
int tt_eventlist_decode(struct tt_listmeta *ret_meta, enum tt_encoding encoding,
	struct tt_str bytes, struct tt_arena *arena, const struct tt_list_sink *sink,
	struct tt_err *err);

/* How an Event is written as JSON. */
enum tt_json_form {
	TT_JSON_OBJECT = 0,    /* with kind and apiVersion, as a GET answers */
	TT_JSON_LIST_ITEM = 1, /* without them, as inside a list */
};

/* Appends the compact JSON of a core/v1 Event, byte for byte as a Kubernetes server (1.34)
 * writes it, without a newline. */
void tt_event_encode_json(struct tt_buf *to, const struct tt_event *e, enum tt_json_form form);

/* Appends the protobuf of a core/v1 Event without envelope, byte for byte as a Kubernetes server
 * writes it; with `envelope` the stand-alone form (k8s\0 and runtime.Unknown). */
void tt_event_encode_protobuf(struct tt_buf *to, const struct tt_event *e, bool envelope);

/* Appends a watch frame of any type but ERROR: protobuf with its 4-byte length, JSON with a
 * newline. */
void tt_watch_frame_encode(struct tt_buf *to, enum tt_encoding encoding, enum tt_watch_type type,
	const struct tt_event *e);

/* "ADDED" and so on; "UNKNOWN" for no known type. */
const char *tt_watch_type_name(enum tt_watch_type type);
