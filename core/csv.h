/* CSV in (the only door to libcsv) and CSV fields out. Strict: an unclosed quote is an error, blanks are kept, a UTF-8
 * byte order mark is removed, every row knows its physical line. Refuses: quotes inside unquoted fields, text behind
 * closing quotes, fields above the cap; not rows with another number of fields, which are the reader's to judge. */
#ifndef RF_CORE_CSV_H
#define RF_CORE_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/err.h"
#include "core/input.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_csv_row {
    size_t n;                   /* number of fields */
    const struct rf_str *field; /* [n], borrowed until the callback returns; may contain NUL bytes and line ends; a NUL
                                   stands behind each */
    uint64_t line;              /* physical line (from 1) on which the row starts; LF, CRLF and lone CR end lines */
};

struct rf_csv_options {
    size_t max_field; /* bytes; 0 = 16 MiB */
    size_t chunk;     /* most bytes looked at together, 0 = as many as the input hands out; rows do not depend on it */
    const uint64_t *unread; /* bit i: nobody reads column i, whose text may come with its quotes doubled; looked at for
                               every row; NULL: all columns are read */
    char delimiter;         /* 0 = ',' */
};

/* Calls row for every row, the header too. The callback returns 0 to go on, or an rf_code to stop, which is then
 * returned. o may be NULL. RF_BAD_INPUT: "FILE:LINE: found ..., expected ...". Ragged rows: each row has its own n (the
 * reader decides: it knows whether to drop or to stop). Wholly blank lines are skipped. */
int rf_csv_read(struct rf_input *in, const struct rf_csv_options *o,
                int (*row)(void *ctx, const struct rf_csv_row *row, struct rf_err *err), void *ctx, struct rf_err *err);

/* Only the header row of the bytes in head (for sniffing): the fields are copied into buf, and field[max] points there.
 * *n: the number of fields (maybe above max), 0 where head does not start with a well-formed row. Fails only for want
 * of memory. */
int rf_csv_header(struct rf_str head, struct rf_buf *buf, struct rf_str *field, size_t max, size_t *n,
                  struct rf_err *err);

/* One field, quoted where needed; safe: a cell that starts with = + - @ TAB CR gets a leading ' (numbers do not). */
void rf_csv_put(FILE *f, struct rf_str field, bool safe);

#ifdef __cplusplus
}
#endif
#endif
