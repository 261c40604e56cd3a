/* Limited-memory BFGS for smooth functions of many variables (Nocedal & Wright, Numerical Optimization, 2nd ed.,
 * algorithms 7.4 and 3.5), with a strong Wolfe line search. Vectors are doubles: a caller whose data are floats
 * converts the point once per evaluation. Refuses: a start where the function or its gradient is not finite, and a
 * direction along which no finite value is found. */
#ifndef RF_TRAIN_LBFGS_H
#define RF_TRAIN_LBFGS_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the observer sees after each accepted step; borrowed. */
struct rf_lbfgs_state {
    size_t iter;      /* accepted steps, from 1 */
    size_t evals;     /* evaluations so far, the one of the start included */
    double loss;      /* f(x) */
    double grad_norm; /* |gradient|, Euclidean */
    double step;      /* multiple of the direction that was taken, > 0 */
    const double *x;  /* [n] */
    const double *g;  /* [n], gradient at x */
};

struct rf_lbfgs_problem {
    size_t n; /* variables, > 0 */
    /* f and gradient g[n] at x[n]. A value that is not finite means "too far": the search shortens its step. */
    int (*eval)(void *ctx, const double *x, double *f, double *g, struct rf_err *err);
    /* After each accepted step, or NULL: 0 goes on, 1 stops there, an rf_code fails. */
    int (*observe)(void *ctx, const struct rf_lbfgs_state *s, struct rf_err *err);
    void *ctx;
};

/* Zero-initialise for the defaults in brackets. */
struct rf_lbfgs_options {
    size_t memory;   /* correction pairs kept [10] */
    size_t max_iter; /* accepted steps [1000] */
    double tol_grad; /* done at |gradient| <= tol_grad [0: off] */
    double tol_loss; /* done when a step lowers f by less than tol_loss * max(|f|, 1) [0: off] */
    double noise;    /* relative error of f: differences below noise * |f| do not refuse a step [1e-14] */
};

enum rf_lbfgs_end {
    RF_LBFGS_GRADIENT, /* |gradient| <= tol_grad */
    RF_LBFGS_LOSS,     /* the last step gained less than tol_loss */
    RF_LBFGS_STOPPED,  /* the observer said so */
    RF_LBFGS_MAX_ITER,
    RF_LBFGS_STALLED /* no step lowers f any more: rounding */
};
/* "gradient", "loss", "stopped", "max-iter", "stalled". */
const char *rf_lbfgs_end_name(enum rf_lbfgs_end end);

struct rf_lbfgs_result {
    enum rf_lbfgs_end end;
    size_t iter, evals;
    double loss, grad_norm; /* at the x returned */
};

/* Minimises from x[n] in place; o may be NULL. On failure x holds the last accepted point. Needs (2 memory + 4) n
 * doubles. */
int rf_lbfgs(const struct rf_lbfgs_problem *p, const struct rf_lbfgs_options *o, double *x, struct rf_lbfgs_result *res,
             struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
