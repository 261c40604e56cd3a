/* Ridge regression of many targets on the same rows, exact, for several ridges at once: one Gram matrix, one Cholesky
 * factor per ridge. Rows on which a target is missing (NaN) do not count for that target. */
#ifndef RF_TRAIN_RIDGE_H
#define RF_TRAIN_RIDGE_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_ridge {
    const float *x; /* [n][dim] */
    size_t n, dim;
    const double *y; /* [n][targets]; NaN: missing; every target has one value at least */
    size_t targets;
    const double *l2; /* [ridges] > 0 */
    size_t ridges;
};

/* w[ridges][targets][dim + 1], the intercept last: minimises (1/n_t) sum (y - w x - b)^2 + l2 |w|^2 over the n_t rows
 * of target t; the intercept is not shrunk. */
int rf_ridge_fit(const struct rf_ridge *r, double *w, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
