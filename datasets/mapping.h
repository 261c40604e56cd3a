/* The user's names for columns: ingest --map column=field gives a column of the file, or a key of its objects, the name
 * that the readers know. */
#ifndef RF_DATASETS_MAPPING_H
#define RF_DATASETS_MAPPING_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_map {
    struct rf_str column; /* as the file names it */
    struct rf_str field;  /* as readers name it; "": the column is left out */
    bool seen;            /* since rf_mapping_start */
};
struct rf_mapping {
    struct rf_map *v; /* [n]; the texts are borrowed from the option */
    size_t n;         /* 0: every name stays */
};
/* Words "column=field", cut at the last "=". RF_USAGE: no "=", no column, a column twice, or two columns for one field.
 */
int rf_mapping_init(struct rf_mapping *m, const struct rf_list *words, struct rf_err *err);
void rf_mapping_release(struct rf_mapping *m);

/* In all that follows m may be NULL: no mapping. */
/* The name that readers get for a column, which counts as seen. */
struct rf_str rf_mapping_name(struct rf_mapping *m, struct rf_str column);
/* True where a column of the file goes by this name because the user said so. */
bool rf_mapping_gives(const struct rf_mapping *m, struct rf_str field);
/* RF_USAGE where a column is mapped to something that is none of known[n]; lists them. */
int rf_mapping_check(const struct rf_mapping *m, const char *const *known, size_t n, struct rf_err *err);

/* A file begins. */
void rf_mapping_start(struct rf_mapping *m);
/* RF_BAD_INPUT "PATH: ..." where a mapped column was not seen since; has: a list of those that the file has, NULL: its
 * reader did not ask for names. */
int rf_mapping_end(const struct rf_mapping *m, const char *path, const char *has, struct rf_err *err);
/* Adds a column to such a list; stays short. */
int rf_mapping_list(struct rf_buf *has, struct rf_str column, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
