/* A table out of a pickle: a pandas DataFrame (pandas 1.0 to 2.x, numpy 1 and 2, columns of texts, numbers, bools and
 * Python objects), a dictionary of lists of one length, or a list of dictionaries. Refuses: other pandas types (string
 * and category columns, dates, MultiIndex) with the way to a table that is read, and tables whose cells are more than
 * the file has bytes. Sources: __reduce__ and __setstate__ in pandas' core/internals and _libs/internals.pyx, numpy's
 * array_reduce, array_setstate and _frombuffer. */
#ifndef RF_DATASETS_DATAFRAME_H
#define RF_DATASETS_DATAFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_cell_kind {
    RF_CELL_MISSING, /* NaN, None, pandas.NA, no such key */
    RF_CELL_BOOL,
    RF_CELL_INT,
    RF_CELL_REAL,
    RF_CELL_TEXT,
    RF_CELL_LIST, /* list or tuple; text = its last element, "" where it has none */
    RF_CELL_OTHER /* no cell of a table: a dictionary, bytes, a list whose last element is no text, ... */
};
struct rf_cell {
    enum rf_cell_kind kind;
    int64_t i;          /* BOOL: 0, 1; INT */
    double x;           /* BOOL, INT, REAL: the number; never NaN */
    struct rf_str text; /* TEXT, LIST: valid UTF-8 */
    size_t repaired;    /* lone surrogates of text replaced by U+FFFD */
};

enum { RF_CELL_ROOM = 32 };

struct rf_frame;
/* True where head starts a pickle of a DataFrame, or of dictionaries or a dictionary of lists with the key in sight. */
bool rf_frame_sniff(struct rf_str head, const char *key);
/* bytes: the whole pickle, borrowed for as long as *out lives. RF_BAD_INPUT says what was found and expected; a list of
 * dictionaries must repeat the first one's keys in their order. */
int rf_frame_new(struct rf_frame **out, struct rf_str bytes, struct rf_err *err);
size_t rf_frame_rows(const struct rf_frame *f);
/* Names of the columns [*n], borrowed; an index with a name is the first of them, as to_csv writes it. */
const struct rf_str *rf_frame_names(const struct rf_frame *f, size_t *n);
/* The cell; text is valid until a cell of another row is asked for. RF_BAD_INPUT once the texts handed out are many
 * times the file's bytes: a small file may hold one long text in very many places. */
int rf_frame_cell(struct rf_frame *f, size_t row, size_t column, struct rf_cell *cell, struct rf_err *err);
/* What the cell says as text: integers, True and False as Python writes them, numbers with 17 digits (1.0 where they
 * are whole), a list's last element; .s NULL for MISSING and OTHER. room is used for numbers. */
struct rf_str rf_cell_text(const struct rf_cell *cell, char room[RF_CELL_ROOM]);
void rf_frame_free(struct rf_frame *f);

#ifdef __cplusplus
}
#endif
#endif
