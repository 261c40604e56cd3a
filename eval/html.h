/* HTML out: text that cannot leave its place, and tables. Whatever a name holds, the page stays well-formed and runs
 * nothing: control characters, direction overrides and broken UTF-8 become '?', the five special characters entities,
 * and long names are cut. */
#ifndef RF_EVAL_HTML_H
#define RF_EVAL_HTML_H

#include <stdio.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Text of the page's own language: at most 200 characters. */
int rf_html_text(FILE *f, const char *s, struct rf_err *err);
/* A name of somebody else's: the same, and isolated, so that right-to-left names turn nothing around them. */
int rf_html_name(FILE *f, const char *s, struct rf_err *err);

/* A table: head, then rows of cells, then end. */
void rf_html_table(FILE *f, const char *id, const char *const *column, size_t n); /* columns: constant text */
void rf_html_row(FILE *f);
int rf_html_cell(FILE *f, const char *name, struct rf_err *err); /* a name; NULL: a dash */
/* A number with its interval; NaN: a dash; low or high NaN: no interval. Sorts by its value. */
void rf_html_real(FILE *f, double v, double low, double high, int digits);
void rf_html_count(FILE *f, size_t n);
void rf_html_table_end(FILE *f);

#ifdef __cplusplus
}
#endif
#endif
