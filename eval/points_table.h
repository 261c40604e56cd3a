/* Points of curves as a table: a column per model for programs, one column of shares for people. */
#ifndef RF_EVAL_POINTS_TABLE_H
#define RF_EVAL_POINTS_TABLE_H

#include <stddef.h>
#include <stdio.h>

#include "core/err.h"
#include "core/table.h"
#include "eval/many.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Prints m[n].at, a block for each of the benchmarks bench[n]. The columns "share:MODEL" are of all models of all of
 * them. */
int rf_points_print(const struct rf_many *m, const char *const *bench, size_t n, FILE *f, enum rf_format format,
                    struct rf_err *err);

/* "gpt-4 62.5%, mixtral 37.5%" behind what stands in b: the models that get prompts, by falling share, those below
 * 1% in one sum. */
int rf_shares_text(struct rf_buf *b, char *const *model, const double *share, size_t models, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
