/* Weighted logistic regression with a ridge on float rows, to the exact optimum:
 *
 *     F(w, b) = c * sum_i weight_i ln(1 + exp(-y_i (w . x_i + b))) + ridge / 2 |w|^2        (b is never penalised)
 *
 * scikit-learn's C is c with ridge = 1. Rows are read in place, once per pass, never copied to double; sums are
 * doubles. Refuses: one class, rows that are all equal, and where there is no ridge also data that is separable, in
 * part too, and undetermined weights. */
#ifndef RF_TRAIN_LOGIT_H
#define RF_TRAIN_LOGIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_example {
    uint32_t row; /* of x */
    float y;      /* +1: strong wins, -1: weak wins */
    float weight; /* > 0 */
};

struct rf_logit {
    const float *x; /* [rows][dim] row-major, finite; borrowed */
    size_t dim;
    const struct rf_example *e; /* [n] by ascending row; borrowed */
    size_t n;
    double c;     /* > 0 */
    double ridge; /* 1, or 0: no ridge */
    bool intercept;
    uint64_t seed; /* order of the dual solver's visits */
    int threads;   /* the result does not depend on it */
};

/* AUTO: L-BFGS where there are so many columns that a dense Hessian is too large; the dual for fewer examples than
 * columns; Newton for the rest and always without a ridge. */
enum rf_logit_solver { RF_LOGIT_AUTO, RF_LOGIT_NEWTON, RF_LOGIT_DUAL, RF_LOGIT_LBFGS };
#define RF_LOGIT_SOLVERS "auto|newton|dual|lbfgs"

struct rf_logit_result {
    double loss;                 /* F at the solution */
    double grad_norm;            /* |gradient|, in doubles; <= rf_logit_tolerance */
    size_t passes;               /* over the rows, of whatever sort */
    enum rf_logit_solver solver; /* the one that ran, never RF_LOGIT_AUTO */
};

/* Called after each step of a solver with F and the number of passes so far; 0 goes on, an rf_code stops with it. May
 * be NULL. */
typedef int (*rf_logit_observer)(void *ctx, double loss, size_t passes, struct rf_err *err);

/* Solvers stop at this |gradient|: 1e-8 per example, times c where c < 1. */
double rf_logit_tolerance(const struct rf_logit *p);

/* Solves from theta[dim + 1] (weights, then the intercept; zeros, or the solution for another c), in place.
 * RF_BAD_INPUT: data without a finite or unique optimum (the reason is named). RF_USAGE: the dual without a ridge.
 * RF_FAIL: no convergence, no memory. */
int rf_logit_solve(const struct rf_logit *p, enum rf_logit_solver asked, double *theta, struct rf_logit_result *res,
                   rf_logit_observer observe, void *ctx, struct rf_err *err);

/* se[dim + 1] = standard errors at the optimum theta: square roots of the diagonal of c times the inverse Hessian of F,
 * which is the inverse information of the votes and of a normal prior of variance c / ridge on each weight. se[dim] = 0
 * without an intercept. */
int rf_logit_errors(const struct rf_logit *p, const double *theta, double *se, struct rf_err *err);

/* ---- the passes, for the solvers ---- */

/* *f = F and g[dim + 1] = its gradient at theta, in doubles (g[dim] = 0 without an intercept). curve[n], or NULL:
 * second derivatives c weight p (1 - p). *margin, or NULL: least y (w . x + b): above 0, theta separates the classes.
 */
int rf_logit_gradient(const struct rf_logit *p, const double *theta, double *f, double *g, float *curve, double *margin,
                      struct rf_err *err);
/* out[dim + 1] = Hessian times v: rows in float, sums of blocks in double. */
int rf_logit_times(const struct rf_logit *p, const float *curve, const double *v, double *out, struct rf_err *err);
/* h[(dim + 1)^2], upper triangle = Hessian from every stride-th block of rows, scaled up; stride 1: all. Without an
 * intercept its last diagonal is 1 and the rest of the last column 0. */
int rf_logit_hessian(const struct rf_logit *p, const float *curve, size_t stride, double *h, struct rf_err *err);

/* Cholesky factor of a Hessian h[k][k] in place. RF_BAD_INPUT: it is singular, so the votes do not determine the
 * weights. */
int rf_logit_factor(size_t k, double *h, struct rf_err *err);

/* ---- the solvers; theta, res and the observer as in rf_logit_solve ---- */

int rf_logit_newton(const struct rf_logit *p, double *theta, struct rf_logit_result *res, rf_logit_observer observe,
                    void *ctx, struct rf_err *err);
int rf_logit_dual(const struct rf_logit *p, double *theta, struct rf_logit_result *res, rf_logit_observer observe,
                  void *ctx, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
