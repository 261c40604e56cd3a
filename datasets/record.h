/* Rows with named fields, from a CSV table, JSON lines or one JSON array of objects: the reader says once which names
 * it wants and gets them in that order, wherever they stand in the file. */
#ifndef RF_DATASETS_RECORD_H
#define RF_DATASETS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/input.h"
#include "core/mem.h"
#include "datasets/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_ALIASES = 4, RF_RECORD_MOST = 16 };

/* true and false say whether a field is needed. */
enum rf_need {
    RF_OPTIONAL,
    RF_REQUIRED,  /* a CSV header without it stops the reading, a JSON object without it is dropped */
    RF_RESPONSE,  /* optional, and nobody looks at it where the sink does not read responses (CSV text is then as it
                   * stands in the file, quotes doubled) */
    RF_AS_WRITTEN /* optional, and a JSON list or object is as it stands in the file: its reader takes it apart */
};

struct rf_wanted {
    const char *name[RF_ALIASES]; /* the first one that the file has; NULL-filled. "a/b": key b of the object a */
    enum rf_need need;
};

struct rf_record {
    uint64_t line;              /* physical line on which the row starts, from 1 */
    uint64_t row;               /* data row from 0, dropped ones too */
    const struct rf_str *field; /* [n] in the order of the wanted ones, borrowed until the callback returns; .s NULL:
                                 * not there or null. JSON strings are decoded; numbers, true and false as they are
                                 * written; lists and objects as JSON text without blanks */
};

/* Calls take for every row; drops rows that are no rows (another number of fields, no JSON object) and names the
 * columns that nobody wants. n <= RF_RECORD_MOST. */
int rf_records_read(struct rf_input *in, struct rf_sink *sink, const struct rf_wanted *wanted, size_t n,
                    int (*take)(void *ctx, const struct rf_record *r, struct rf_err *err), void *ctx,
                    struct rf_err *err);

/* The prompt of a row that has its text, or its id and perhaps its length, or neither: 1 and *p filled (p->turn borrows
 * from r), 0 where the row was dropped, or an rf_code. */
int rf_record_prompt(const struct rf_record *r, int text, int id, int bytes, struct rf_sink *sink, struct rf_prompt *p,
                     struct rf_err *err);

/* A CSV table of the reader's own shape: header once, then row for every row that has the header's number of fields;
 * other rows are dropped here. Both get the cells in file order, borrowed until they return. */
struct rf_csv_table {
    int (*header)(void *ctx, const struct rf_str *name, size_t n, struct rf_err *err);
    int (*row)(void *ctx, const struct rf_str *cell, uint64_t line, uint64_t row, struct rf_err *err);
    void *ctx;
    const uint64_t *unread; /* as in rf_csv_options; NULL: all cells are read */
};
/* Hands t the header by the names that readers know (ingest --map): for tables that are no CSV. */
int rf_table_header(const struct rf_csv_table *t, struct rf_sink *sink, const struct rf_str *column, size_t n,
                    struct rf_err *err);
int rf_csv_table_read(struct rf_input *in, struct rf_sink *sink, const struct rf_csv_table *t, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
