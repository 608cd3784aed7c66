/* SPDX-License-Identifier: Apache-2.0 */
/* represent.h - an Event in the representations that a client of a Kubernetes API may ask for, with
 * the bytes of a Kubernetes server (1.34).
 *
 * Core/v1 or events.k8s.io/v1; whole, as a row of a Table (meta.k8s.io), or its metadata alone; in
 * JSON, compact or for people, YAML, or protobuf. A Table has no protobuf, a watch neither YAML nor
 * JSON for people: the first is for the caller to refuse, of the second only the compact form is
 * written. All of it appends to a buffer, whose `failed` says whether everything has come to fit;
 * nothing else can fail. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "event/codec.h"
#include "event/representation.h"

/* The Content-Type of an answer; of a watch with `stream`. Static. */
const char *tt_representation_content_type(const struct tt_representation *r, bool stream);

/* The whole body of the answer to a GET of one Event. */
void tt_represent_event(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_event *e);

/* A list as compact JSON, piece by piece: the beginning with its metadata, each item (`first` for
 * the first of all), the end. For YAML and pretty JSON the pieces are the same, and
 * tt_represent_text() turns the whole into what is asked for. */
void tt_represent_list_begin(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_listmeta *meta);
void tt_represent_list_end(struct tt_buf *to, const struct tt_representation *r);

/* An item of a list: of one in JSON as above; of one in protobuf (`first` does not matter), where
 * all items come first and are counted, and then go between head and tail. */
void tt_represent_list_item(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_event *e, bool first);

/* What goes before the items of a list in protobuf, which take `items_bytes`, and behind them. */
void tt_represent_list_head_protobuf(struct tt_buf *to, const struct tt_representation *r,
	const struct tt_listmeta *meta, size_t items_bytes);
void tt_represent_list_tail_protobuf(struct tt_buf *to, const struct tt_representation *r);

/* A whole compact JSON value as YAML or pretty JSON, whichever `r` says; else as it is. */
void tt_represent_text(struct tt_buf *to, const struct tt_representation *r, struct tt_str json);

/* A frame of a watch, of any type but ERROR. Only the `first` frame of a stream names the columns
 * of a Table. */
void tt_represent_frame(struct tt_buf *to, const struct tt_representation *r,
	enum tt_watch_type type, const struct tt_event *e, bool first);

/* A Status as a body of its own; it is a Status whatever `as` says. */
void tt_represent_status(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_status *s);

/* The ERROR frame of a watch, after which the stream ends. */
void tt_represent_status_frame(
	struct tt_buf *to, const struct tt_representation *r, const struct tt_status *s);
