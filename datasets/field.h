/* Cells of result tables as values, and as text that a message may quote. */
#ifndef RF_DATASETS_FIELD_H
#define RF_DATASETS_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_SHOWN = 64 };

bool rf_str_is(struct rf_str s, const char *text);  /* byte for byte */
bool rf_str_same(struct rf_str a, struct rf_str b); /* byte for byte */
bool rf_str_ends(struct rf_str s, const char *tail);
/* No cell, an empty one, or one of the words that tables write for "no value": NaN, nan, None, null, NA. */
bool rf_field_missing(struct rf_str s);
/* The whole cell is one finite decimal number; *v untouched otherwise. */
bool rf_field_real(struct rf_str s, double *v);
bool rf_field_int(struct rf_str s, int64_t *v);
/* A whole number >= 0, also as tables with gaps write it: 12.0. */
bool rf_field_count(struct rf_str s, int64_t *v);
/* A day, month or year, and perhaps a time behind it: 2024-06-01, 2024-06, 2024, 2024-06-01T12:00:00Z. */
bool rf_field_date(struct rf_str s);
/* A number, or True and False (as Python, JSON or a spreadsheet writes them) as 1 and 0. */
bool rf_field_score(struct rf_str s, double *v);
/* s as a message may quote it: in quotes, cut at a character after some 40 bytes, control bytes as '?'. Returns out. */
const char *rf_field_show(struct rf_str s, char out[RF_SHOWN]);

#ifdef __cplusplus
}
#endif
#endif
