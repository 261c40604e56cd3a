/* What a file seems to be, from its first bytes: the columns of a CSV header or the keys of its first JSON object. */
#ifndef RF_DATASETS_SNIFF_H
#define RF_DATASETS_SNIFF_H

#include "core/err.h"
#include "core/mem.h"
#include "datasets/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_sniffed {
    struct rf_sniff s;   /* for readers */
    struct rf_buf buf;   /* owned: text of the names */
    struct rf_str *name; /* owned */
};
/* path and head are borrowed for as long as s is used. */
int rf_sniff_init(struct rf_sniffed *s, const char *path, struct rf_str head, struct rf_err *err);
void rf_sniff_release(struct rf_sniffed *s);

/* Without a UTF-8 byte order mark. */
struct rf_str rf_skip_mark(struct rf_str head);
/* Index of the first byte from i on that is no JSON blank. */
size_t rf_skip_blanks(struct rf_str s, size_t i);
/* How a file writes its rows: after a byte order mark and blanks stands an object; an object whose first line holds
 * nothing but its brace; an array that starts with an object or is empty; or else it is a table. */
enum rf_shape { RF_SHAPE_TABLE, RF_SHAPE_JSON_LINES, RF_SHAPE_JSON_SPREAD, RF_SHAPE_JSON_ARRAY };
/* *object = where in head the first object starts, head.len: nowhere. */
enum rf_shape rf_sniff_shape(struct rf_str head, size_t *object);
bool rf_sniff_has(const struct rf_sniff *s, const char *name);
/* The same for a JSON key at any depth of what head shows. */
bool rf_sniff_deep(const struct rf_sniff *s, const char *name);
/* True if all of the names, up to NULL, are there. */
bool rf_sniff_all(const struct rf_sniff *s, const char *const *names);

/* The one reader that is surest of the file: 0 and *r, or RF_BAD_INPUT where two are equally sure; *r = NULL where none
 * knows it. */
int rf_sniff_pick(const struct rf_sniff *s, const struct rf_reader **r, struct rf_err *err);
/* Reader of this name; RF_USAGE with the list of formats. */
int rf_reader_need(const char *name, const struct rf_reader **r, struct rf_err *err);
/* "arena55k, routerbench, ..." */
int rf_reader_names(struct rf_buf *out, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
