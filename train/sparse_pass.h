/* The passes over sparse rows, for the solvers: examples of a row summed up to one term, products with the rows and
 * with their transpose in blocks that depend on the rows alone. */
#ifndef RF_TRAIN_SPARSE_PASS_H
#define RF_TRAIN_SPARSE_PASS_H

#include "train/sparse.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All examples of one row. */
struct rf_sparse_term {
    uint32_t row;
    double up, down; /* weights of the examples with y = 1 and y = -1 */
};

struct rf_sparse_pass {
    const struct rf_sparse *p;
    struct rf_sparse_term *term; /* [terms] by ascending row */
    size_t terms;
    double weight; /* of all examples */
    size_t blocks;
    double *part;  /* [blocks][cols + 1] */
    size_t passes; /* so far */
    rf_sparse_observer observe;
    void *ctx;
};
/* Counts a pass and asks the observer. */
int rf_sparse_passed(struct rf_sparse_pass *a, struct rf_err *err);

/* f[terms] = w . x + b of every term's row. */
int rf_sparse_margins(struct rf_sparse_pass *a, const double *theta, double *f, struct rf_err *err);
/* out[cols + 1] = sum over the terms of c[i] (x_i, 1). */
int rf_sparse_back(struct rf_sparse_pass *a, const double *c, double *out, struct rf_err *err);
/* out[cols + 1] = sum over the terms of c[i] (v . (x_i, 1)) (x_i, 1). */
int rf_sparse_times(struct rf_sparse_pass *a, const double *c, const double *v, double *out, struct rf_err *err);

/* A term's loss at f; *slope and *curve: its first and second derivative. */
double rf_sparse_lose(enum rf_sparse_loss loss, const struct rf_sparse_term *t, double f, double *slope, double *curve);
/* The slope alone: no logarithm. */
double rf_sparse_slope(enum rf_sparse_loss loss, const struct rf_sparse_term *t, double f);
/* The largest second derivative for an example of weight 1. */
double rf_sparse_most_curve(enum rf_sparse_loss loss);
/* l2_j of column j < cols; 0 of the intercept. */
static inline double rf_sparse_ridge(const struct rf_sparse *p, size_t j)
{
    const size_t cols = p->x->cols;
    return j + p->last < cols ? p->l2 : j < cols ? p->last_l2 : 0;
}
/* What is added to the mean loss. */
double rf_sparse_penalty(const struct rf_sparse *p, const double *theta);

/* The solvers: theta in place; RF_FAIL: not reached. res: but for the passes. */
int rf_sparse_newton(struct rf_sparse_pass *a, double tolerance, double *theta, struct rf_sparse_result *res,
                     struct rf_err *err);
int rf_sparse_descent(struct rf_sparse_pass *a, double tolerance, double *theta, struct rf_sparse_result *res,
                      struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
