/* The nearest rows of a matrix by cosine, exactly: a float GEMM finds candidates block by block, doubles decide. Cosine
 * distances are compared to 12 decimals and ties go to the lower row, as in the scoring pair. The same rows for any
 * number of threads. */
#ifndef RF_TRAIN_NEIGHBOURS_H
#define RF_TRAIN_NEIGHBOURS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* near[queries][k]: rows of x[rows][dim] nearest to each q[queries][dim], nearest first. 1 <= k <= rows < 2^32; no row
 * of x all zero. distance[queries][k]: their cosine distances in whole 1e-12; NULL: not wanted. */
int rf_neighbours(const float *x, size_t rows, const float *q, size_t queries, size_t dim, size_t k, int threads,
                  uint32_t *near, double *distance, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
