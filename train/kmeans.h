/* k-means (Lloyd 1982) with greedy k-means++ seeding (Arthur and Vassilvitskii 2007) on the rows of a float matrix:
 * distances by GEMM, the same clusters for any number of threads. A cluster that loses its rows is put on the row
 * farthest from its own. */
#ifndef RF_TRAIN_KMEANS_H
#define RF_TRAIN_KMEANS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_kmeans_options {
    size_t k;          /* 1 <= k <= rows */
    size_t iterations; /* at most; it stops where no row moves */
    uint64_t seed;
    int threads;
};

/* centre[k][dim] and cluster[rows] for x[rows][dim]; *inertia = sum of squared distances to the own centre. */
int rf_kmeans(const float *x, size_t rows, size_t dim, const struct rf_kmeans_options *o, float *centre,
              uint32_t *cluster, double *inertia, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
