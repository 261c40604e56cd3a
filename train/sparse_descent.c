/* Coordinate descent for a sparse fit with l1: each weight to the optimum of a parabola that touches the loss from
 * above, which never raises it (Friedman, Hastie & Tibshirani, J. Stat. Softw. 33, 2010, with the bound 1/4 on the
 * logistic curvature). Weights that are not 0 are visited until they are settled, then all once. */
#include <math.h>

#include "core/mem.h"
#include "train/sparse_pass.h"

enum { MOST_SWEEPS = 20000 };

struct descent {
    struct rf_sparse_pass *a;
    struct rf_csr columns;       /* [cols][rows of x] */
    struct rf_sparse_term *term; /* [rows of x], without weight where there is no example */
    double *f, *slope;           /* [rows of x] linear function, derivative of the row's loss by it */
    double *curve;               /* [cols + 1] of the parabolas, the ridge in them */
    double *theta;               /* [cols + 1] borrowed */
};

/* Adds to the linear function of a row. The slope is kept beside it: most visits read it and change nothing. */
static void move(struct descent *s, size_t row, double by)
{
    s->f[row] += by;
    s->slope[row] = rf_sparse_slope(s->a->p->loss, &s->term[row], s->f[row]);
}

static int descent_init(struct descent *s, struct rf_sparse_pass *a, double *theta, struct rf_err *err)
{
    const struct rf_sparse *const p = a->p;
    const double most = rf_sparse_most_curve(p->loss) / a->weight;
    int rc;
    *s = (struct descent){ .a = a, .theta = theta };
    if ((rc = rf_csr_transpose(p->x, 1, &s->columns, err)) || (rc = RF_NEW(s->term, p->x->rows, err)) ||
        (rc = RF_NEW(s->f, p->x->rows, err)) || (rc = RF_NEW(s->slope, p->x->rows, err)) ||
        (rc = RF_NEW(s->curve, p->x->cols + 1, err)))
        return rc;
    for (size_t i = 0; i < a->terms; i++) {
        const size_t row = a->term[i].row;
        const double w = most * (a->term[i].up + a->term[i].down);
        s->term[row] = a->term[i];
        move(s, row, rf_sparse_dot(p->x, theta, row));
        for (size_t k = p->x->ptr[row]; k < p->x->ptr[row + 1]; k++)
            s->curve[p->x->col[k]] += w * (double)p->x->val[k] * (double)p->x->val[k];
        s->curve[p->x->cols] += w;
    }
    for (size_t j = 0; j < p->x->cols; j++)
        s->curve[j] += rf_sparse_ridge(p, j);
    return 0;
}

static void descent_release(struct descent *s)
{
    rf_csr_release(&s->columns);
    rf_free(s->term);
    rf_free(s->f);
    rf_free(s->slope);
    rf_free(s->curve);
}

static double shrink(double v, double by)
{
    return v > by ? v - by : v < -by ? v + by : 0;
}

/* Moves weight j; how much its condition was violated. */
static double visit(struct descent *s, size_t j)
{
    const struct rf_sparse *const p = s->a->p;
    const struct rf_csr *const c = &s->columns;
    const double was = s->theta[j];
    double g = 0;
    for (size_t k = c->ptr[j]; k < c->ptr[j + 1]; k++)
        g += s->slope[c->col[k]] * (double)c->val[k];
    g = g / s->a->weight + rf_sparse_ridge(p, j) * was;
    const double now = shrink(was - g / s->curve[j], p->l1 / s->curve[j]), by = now - was;
    s->theta[j] = now;
    for (size_t k = c->ptr[j]; k < c->ptr[j + 1] && fabs(by) > 0; k++)
        move(s, c->col[k], by * (double)c->val[k]);
    return fabs(was) > 0 ? fabs(g + copysign(p->l1, was)) : fmax(fabs(g) - p->l1, 0);
}

static double visit_intercept(struct descent *s)
{
    const size_t j = s->a->p->x->cols;
    double g = 0;
    for (size_t i = 0; i < s->a->terms; i++)
        g += s->slope[s->a->term[i].row];
    g /= s->a->weight;
    s->theta[j] -= g / s->curve[j];
    for (size_t i = 0; i < s->a->terms; i++)
        move(s, s->a->term[i].row, -g / s->curve[j]);
    return fabs(g);
}

/* All weights once, or those that are not 0; the largest violation that was met. */
static double sweep(struct descent *s, bool all)
{
    double most = visit_intercept(s);
    for (size_t j = 0; j < s->a->p->x->cols; j++)
        if (all || fabs(s->theta[j]) > 0)
            most = fmax(most, visit(s, j));
    return most;
}

int rf_sparse_descent(struct rf_sparse_pass *a, double tolerance, double *theta, struct rf_sparse_result *res,
                      struct rf_err *err)
{
    struct descent s;
    double *g = NULL, met = INFINITY;
    bool all = true;
    int rc;
    if ((rc = descent_init(&s, a, theta, err)) || (rc = RF_NEW(g, a->p->x->cols + 1, err)))
        goto out;
    for (int i = 0; i < MOST_SWEEPS && !(all && met <= tolerance / 4); i++) {
        all = i == 0 || met <= tolerance / 4;
        met = sweep(&s, all);
        if ((rc = rf_sparse_passed(a, err)))
            goto out;
    }
    if (!(rc = rf_sparse_gradient(a->p, theta, &res->loss, g, err)))
        res->violation = rf_sparse_violation(a->p, theta, g);
out:
    rf_free(g);
    descent_release(&s);
    return rc;
}
