/* A linear function of sparse rows, fitted to the exact optimum of
 *
 *     F(w, b) = sum_i weight_i loss(y_i, w . x_i + b) / sum_i weight_i + l2 / 2 |w|^2        (b is never penalised)
 *
 * by L-BFGS. Examples of one row stand together, so that it is read once. Refuses: no convergence. */
#ifndef RF_TRAIN_SPARSE_H
#define RF_TRAIN_SPARSE_H

#include <stddef.h>

#include "core/csr.h"
#include "core/err.h"
#include "train/logit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ln(1 + exp(-y f)), or (y - f)^2 / 2: the regression on the difference of two models. */
enum rf_sparse_loss { RF_SPARSE_LOGISTIC, RF_SPARSE_SQUARED };

struct rf_sparse {
    const struct rf_csr *x;     /* borrowed */
    const struct rf_example *e; /* [n] by ascending row, n > 0; borrowed */
    size_t n;
    enum rf_sparse_loss loss;
    double l2;   /* > 0 */
    int threads; /* the result does not depend on it */
};

struct rf_sparse_result {
    double loss;      /* F at the solution */
    double grad_norm; /* |gradient| in the solver's units, which are no smaller */
    size_t passes;    /* over the rows */
};

/* Called after each step: 0 goes on, an rf_code stops with it; may be NULL. */
typedef int (*rf_sparse_observer)(void *ctx, size_t passes, struct rf_err *err);

/* w . x + b for one row; theta[x->cols + 1]: weights, then the intercept. */
double rf_sparse_dot(const struct rf_csr *x, const double *theta, size_t row);
/* *f = F and g[x->cols + 1] = its gradient at theta. */
int rf_sparse_gradient(const struct rf_sparse *p, const double *theta, double *f, double *g, struct rf_err *err);
/* From theta, in place, until |gradient| <= tolerance (> 0). RF_FAIL: not reached, no memory. */
int rf_sparse_solve(const struct rf_sparse *p, double tolerance, double *theta, struct rf_sparse_result *res,
                    rf_sparse_observer observe, void *ctx, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
