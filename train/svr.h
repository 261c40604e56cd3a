/* Linear support vector regression on float rows, to the exact optimum:
 *
 *     F(w, b) = 1/2 (|w|^2 + b^2) + c * sum_i max(0, |y_i - w . x_i - b| - epsilon)
 *
 * which is what scikit-learn's LinearSVR minimises with its defaults (loss epsilon_insensitive, intercept_scaling 1,
 * so that the intercept is shrunk too; epsilon 0, c 1), and RouterBench by it (routers/svm_router.py). Its dual, of
 * multipliers beta_i in [-c, c] with w = sum beta_i x_i and b = sum beta_i:
 *
 *     D(beta) = sum_i y_i beta_i - epsilon |beta_i| - 1/2 (|w|^2 + b^2)
 *
 * Solved by an interior point method (Mehrotra, SIAM J. Optim. 2, 1992): one Cholesky factor of dim + 1 columns a step,
 * and a step or two a digit. Refuses: no convergence. */
#ifndef RF_TRAIN_SVR_H
#define RF_TRAIN_SVR_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_svr {
    const float *x; /* [n][dim], finite; borrowed */
    size_t n, dim;
    const double *y;   /* of row i: y[i * stride]; NaN: the row does not count */
    size_t stride;     /* >= 1 */
    double c, epsilon; /* > 0, >= 0 */
};

struct rf_svr_result {
    double primal, dual; /* F and D at the solution; primal - dual <= 1e-8 (1 + primal) */
    size_t steps;
};

/* w[dim + 1] = the optimum, the intercept last; beta[n] = the multipliers it is the sum of (0 for a row that does not
 * count), NULL: not wanted. RF_FAIL: no convergence, no memory. */
int rf_svr_solve(const struct rf_svr *p, double *w, double *beta, struct rf_svr_result *res, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
