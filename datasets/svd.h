/* Truncated singular value decomposition of a large sparse matrix: randomised block subspace iteration (Halko,
 * Martinsson, Tropp 2011, SIAM Rev. 53(2), algorithm 4.4) with dynamic shifts (Feng, Yu, Xie, Tang 2024, ACM TOMS
 * algorithm 1043, doi:10.1145/3660629), orthonormalised by Cholesky-QR. The same bits for any number of threads.
 * Refuses: widths beyond the matrix, values that are not finite. */
#ifndef RF_DATASETS_SVD_H
#define RF_DATASETS_SVD_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/csr.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_svd_options {
    size_t dim;        /* singular vectors wanted; 1 .. min(rows, columns) */
    size_t iterations; /* passes A A' over the subspace before the last one; >= 1; 4 to 6 for text */
    uint64_t seed;     /* of the random start */
    int threads;       /* >= 1; no influence on the result */
};

/* A is close to U diag(s) V', U = A V / s. */
struct rf_svd {
    size_t cols;   /* columns of A = rows of v */
    size_t dim;    /* vectors found: fewer than wanted where A has a lower rank */
    float *v;      /* [cols][dim] right singular vectors, orthonormal columns; owned */
    double *s;     /* [dim] singular values, descending; owned */
    double energy; /* sum of s^2 */
    double total;  /* sum of the squares of A's entries: energy <= total up to rounding */
};

/* at: the transpose of A, [columns of A][rows of A]. *out is filled on success; release with rf_svd_release. */
int rf_svd_sparse(const struct rf_csr *at, const struct rf_svd_options *o, struct rf_svd *out, struct rf_err *err);
void rf_svd_release(struct rf_svd *d);

#ifdef __cplusplus
}
#endif
#endif
