/* Which vectors of two sets point the same way: all pairs whose cosine reaches a threshold, by blocks of one matrix
 * product. RouteLLM calls a benchmark's prompt contaminated where its cosine with a training prompt is .95 or more
 * (evals/find_contaminated.py). A zero vector points nowhere and matches nothing. */
#ifndef RF_DATASETS_COSINE_H
#define RF_DATASETS_COSINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/pairs.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Adds to the empty list *out all pairs (row of a, row of b) with cosine >= least, in (0, 1], sorted; b NULL: the rows
 * of a against each other, each pair once with the smaller row first. a[m][dim], b[n][dim] row-major, of lengths 0 or
 * 1e-30 .. 1e30.
 * The product is in floats; what comes near the threshold is decided by a sum in doubles, so that neither threads nor
 * the order of rows change the result. RF_BAD_INPUT: a value is not finite. RF_INTERRUPTED after Ctrl-C. */
int rf_cosine_pairs(const float *a, size_t m, const float *b, size_t n, size_t dim, double least, int threads,
                    struct rf_pairs *out, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
