/* Wide result tables: a row per question, columns per model. Which columns belong to which model is read from the
 * header. */
#ifndef RF_DATASETS_WIDE_H
#define RF_DATASETS_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"
#include "datasets/reader.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_wide_model {
    struct rf_str name; /* into names; a NUL stands behind it */
    size_t score;       /* its columns; SIZE_MAX: it has none of the kind */
    size_t cost, response;
};
struct rf_wide {
    struct rf_wide_model *model; /* [n] in the order of the score columns */
    size_t n;
    struct rf_buf names; /* the models' names, beyond the life of the header row */
};
/* How a layout names the columns of a model M. */
struct rf_wide_layout {
    const char *const *other; /* columns that belong to no model, NULL-terminated */
    const char *cost;         /* tail: M + cost. NULL: models have no cost, and all other columns are models */
    const char *response;     /* tail: M + response; with cost, a column is a model if it has one or the other */
};

/* Place of the column, SIZE_MAX: there is none. */
size_t rf_column(const struct rf_str *name, size_t n, const char *wanted);
/* Finds the models. w is zeroed by the caller. RF_BAD_INPUT for two columns of one name and for a header without
 * models; the caller says where. */
int rf_wide_header(struct rf_wide *w, const struct rf_wide_layout *layout, const struct rf_str *name, size_t n,
                   struct rf_err *err);
/* True if the column is one of a model's, or one that belongs to none by the layout. */
bool rf_wide_uses(const struct rf_wide *w, const struct rf_wide_layout *layout, const struct rf_str *name,
                  size_t column);
/* The model's cell of a row: 1 and *r filled with its score, all else unknown; 0 where it is blank, which the sink is
 * told, or no score and dropped; or an rf_code. */
int rf_wide_score(const struct rf_wide_model *m, const struct rf_str *field, struct rf_sink *sink, uint64_t line,
                  struct rf_result *r, struct rf_err *err);
void rf_wide_release(struct rf_wide *w);

#ifdef __cplusplus
}
#endif
#endif
