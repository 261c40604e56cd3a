/* Results as tables: one description of the columns, five ways out (table for people, json, jsonl, csv, md). Cells are
 * appended row by row. Control characters never reach a terminal; NaN and missing values print as "-" or null, never as
 * 0. */
#ifndef RF_CORE_TABLE_H
#define RF_CORE_TABLE_H

#include <stdint.h>
#include <stdio.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_format { RF_FORMAT_TABLE, RF_FORMAT_JSON, RF_FORMAT_JSONL, RF_FORMAT_CSV, RF_FORMAT_MD };
#define RF_FORMAT_CHOICES "table|json|jsonl|csv|md"

enum rf_cell { RF_CELL_TEXT, RF_CELL_INT, RF_CELL_REAL };

/* Who sees a column in the formats for people, table and md; programs get all. */
enum rf_shown {
    RF_SHOWN_ALWAYS,
    RF_SHOWN_FILLED, /* where some row has a value that is neither missing, 0 nor "" */
    RF_SHOWN_NEVER
};

struct rf_column {
    const char *name; /* machine name: "strong_calls_pct"; also the title for people, with blanks for underscores */
    enum rf_cell type;
    int digits;          /* RF_CELL_REAL: decimals for people (json and csv print all digits) */
    const char *low;     /* name of the column with the lower end of this one's interval, NULL: none; people see the */
    const char *high;    /* two ends behind the value: "0.586 [0.567, 0.603]", "21.9 [17, 29]" */
    enum rf_shown shown; /* whether people see the column */
};

/* Rows of a table of columns; further fields may follow: RF_COLUMN_INT("ties", .shown = RF_SHOWN_FILLED). */
#define RF_COLUMN_TEXT(column, ...)                                                                                    \
    {                                                                                                                  \
        .name = column, .type = RF_CELL_TEXT, __VA_ARGS__                                                              \
    }
#define RF_COLUMN_INT(column, ...)                                                                                     \
    {                                                                                                                  \
        .name = column, .type = RF_CELL_INT, __VA_ARGS__                                                               \
    }
#define RF_COLUMN_REAL(column, decimals, ...)                                                                          \
    {                                                                                                                  \
        .name = column, .type = RF_CELL_REAL, .digits = decimals, __VA_ARGS__                                          \
    }
/* A real with the ends of its interval in columns of their own, NAME_low and NAME_high. */
#define RF_COLUMN_INTERVAL(column, decimals, ...)                                                                      \
    RF_COLUMN_REAL(column, decimals, .low = column "_low", .high = column "_high", __VA_ARGS__),                       \
        RF_COLUMN_REAL(column "_low", decimals), RF_COLUMN_REAL(column "_high", decimals)

struct rf_table;
/* An empty table; cols[ncols], at least one, are borrowed until rf_table_free. */
int rf_table_new(struct rf_table **out, const struct rf_column *cols, size_t ncols, struct rf_err *err);
/* Cells in column order; a row is full when all columns have one. The wrong type is a programming error (abort). */
int rf_table_text(struct rf_table *t, const char *s, struct rf_err *err); /* copied; NULL: missing */
int rf_table_int(struct rf_table *t, int64_t v, struct rf_err *err);
int rf_table_real(struct rf_table *t, double v, struct rf_err *err); /* NaN: missing */
int rf_table_missing(struct rf_table *t, struct rf_err *err);
/* Writes the whole table and flushes f. A last row that is not full is a programming error (abort). */
int rf_table_print(const struct rf_table *t, FILE *f, enum rf_format format, struct rf_err *err);
void rf_table_free(struct rf_table *t); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
