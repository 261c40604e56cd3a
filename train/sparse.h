/* A linear function of sparse rows, fitted to the exact optimum of
 *
 *     F(w, b) = sum_i weight_i loss(y_i, w . x_i + b) / sum_i weight_i + sum_j l2_j / 2 w_j^2 + l1 sum_j |w_j|
 *
 * (b is never penalised; l2_j is l2, or last_l2 for the last columns): by Newton's method with conjugate gradients, and
 * where l1 > 0 by coordinate descent. Examples of one row stand together, so that it is read once. Refuses: no
 * convergence. */
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
    double l2;      /* > 0 */
    size_t last;    /* so many of the last columns have ... */
    double last_l2; /* ... this in place of l2; > 0 where there are any */
    double l1;      /* >= 0; 0: none */
    int threads;    /* the result does not depend on it */
};

struct rf_sparse_result {
    double loss;      /* F at the solution */
    double violation; /* what is left of the conditions of the optimum, as rf_sparse_violation has it */
    size_t passes;    /* over the rows */
};

/* Called after each step: 0 goes on, an rf_code stops with it; may be NULL. */
typedef int (*rf_sparse_observer)(void *ctx, size_t passes, struct rf_err *err);

/* w . x + b for one row; theta[x->cols + 1]: weights, then the intercept. */
double rf_sparse_dot(const struct rf_csr *x, const double *theta, size_t row);
/* *f = F and g[x->cols + 1] = the gradient at theta of its part without l1. */
int rf_sparse_gradient(const struct rf_sparse *p, const double *theta, double *f, double *g, struct rf_err *err);
/* How far theta[cols + 1] is from the optimum, from its g: without l1 |g|; with l1 the largest |g_j + l1 sign w_j|, for
 * w_j = 0 of what |g_j| has above l1, and |g_b|. */
double rf_sparse_violation(const struct rf_sparse *p, const double *theta, const double *g);
/* From theta, in place, until the violation is <= tolerance (> 0). RF_FAIL: not reached, no memory. */
int rf_sparse_solve(const struct rf_sparse *p, double tolerance, double *theta, struct rf_sparse_result *res,
                    rf_sparse_observer observe, void *ctx, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
