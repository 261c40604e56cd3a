/* The front of the logistic solvers: refuses data without a finite, unique optimum, picks the solver by shape, and
 * gives standard errors. The L-BFGS solver stands here too, for it is only a call. */
#include "train/logit.h"

#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "train/lbfgs.h"
#include "train/rows.h"

enum { DENSE_DIM = 4096 }; /* columns of the largest dense Hessian that is made unasked */

double rf_logit_tolerance(const struct rf_logit *p)
{
    return 1e-8 * (double)p->n * fmin(p->c, 1);
}

static enum rf_logit_solver choose(const struct rf_logit *p, enum rf_logit_solver asked)
{
    if (asked != RF_LOGIT_AUTO)
        return asked;
    if (p->ridge == 0)
        return RF_LOGIT_NEWTON;
    if (p->dim > DENSE_DIM)
        return RF_LOGIT_LBFGS;
    return p->n >= p->dim ? RF_LOGIT_NEWTON : RF_LOGIT_DUAL;
}

static int check_classes(const struct rf_logit *p, struct rf_err *err)
{
    size_t strong = 0;
    for (size_t i = 0; i < p->n; i++)
        strong += p->e[i].y > 0;
    if (strong > 0 && strong < p->n)
        return 0;
    return rf_fail(err, RF_BAD_INPUT, "only one class: %s wins all %zu votes, and a router needs both outcomes",
                   strong ? "the strong side" : "the weak side", p->n);
}

/* Columns that are the same in every row. With a ridge they are harmless unless every column is one; without a ridge a
 * constant column beside the intercept, a zero column, or two constant columns leave the weights undetermined. */
static int check_columns(const struct rf_logit *p, struct rf_err *err)
{
    const float *first = p->x + p->e[0].row * p->dim;
    bool *varies = NULL;
    size_t constant = p->dim, lowest = 0;
    int rc = RF_NEW(varies, p->dim, err);
    for (size_t i = 1; i < p->n && !rc; i++) {
        const float *x = p->x + p->e[i].row * p->dim;
        for (size_t j = 0; j < p->dim; j++)
            varies[j] |= x[j] != first[j];
        if (p->ridge > 0 && memchr(varies, true, p->dim))
            goto out; /* one column that varies is all that a ridge asks for */
    }
    if (rc)
        goto out;
    for (size_t j = p->dim; j-- > 0;)
        if (varies[j])
            constant--;
        else
            lowest = j;
    if (constant == p->dim)
        rc = rf_fail(err, RF_BAD_INPUT,
                     "all prompts of the %zu votes have the same vector: nothing can be learned from it", p->n);
    else if (constant > 1 || (constant == 1 && (p->intercept || first[lowest] == 0)))
        rc = rf_fail(
            err, RF_BAD_INPUT,
            "%zu of the %zu columns of the vectors are constant, the first is column %zu (always %g): without a "
            "ridge their weights are not determined; choose --C",
            constant, p->dim, lowest, (double)first[lowest]);
out:
    rf_free(varies);
    return rc;
}

struct lbfgs_ctx {
    const struct rf_logit *p;
    struct rf_logit_result *res;
    rf_logit_observer observe;
    void *ctx;
};

static int evaluate(void *ctx, const double *x, double *f, double *g, struct rf_err *err)
{
    struct lbfgs_ctx *a = ctx;
    a->res->passes++;
    return rf_logit_gradient(a->p, x, f, g, NULL, NULL, err);
}

static int report(void *ctx, const struct rf_lbfgs_state *s, struct rf_err *err)
{
    struct lbfgs_ctx *a = ctx;
    return a->observe ? a->observe(a->ctx, s->loss, a->res->passes, err) : 0;
}

static int lbfgs(const struct rf_logit *p, double *theta, struct rf_logit_result *res, rf_logit_observer observe,
                 void *ctx, struct rf_err *err)
{
    struct lbfgs_ctx a = { p, res, observe, ctx };
    const struct rf_lbfgs_problem problem = { p->dim + 1, evaluate, report, &a };
    const struct rf_lbfgs_options options = { .memory = 20, .max_iter = 20000, .tol_grad = rf_logit_tolerance(p) };
    struct rf_lbfgs_result end;
    const int rc = rf_lbfgs(&problem, &options, theta, &end, err);
    if (rc)
        return rc;
    res->loss = end.loss;
    res->grad_norm = end.grad_norm;
    if (end.grad_norm > options.tol_grad)
        return rf_fail(err, RF_FAIL,
                       "L-BFGS ended (%s) after %zu steps at |gradient| %g, wanted %g; --solver newton goes further",
                       rf_lbfgs_end_name(end.end), end.iter, end.grad_norm, options.tol_grad);
    return 0;
}

int rf_logit_factor(size_t k, double *h, struct rf_err *err)
{
    struct rf_err why = { 0 };
    if (!rf_dpotrf(k, h, &why))
        return 0;
    return rf_fail(err, RF_BAD_INPUT,
                   "the votes do not determine the weights (columns that are sums of others, or too few votes; a "
                   "ridge, --C, does): %s",
                   why.msg);
}

/* Hessian without a ridge like that of rf_logit_hessian, in doubles: what is next to singular shows only there. */
static int exact_hessian(const struct rf_logit *p, const float *curve, double *h, struct rf_err *err)
{
    const size_t k = p->dim + 1;
    double *rows = NULL;
    int rc = RF_NEW(rows, RF_BLOCK_ROWS * k, err);
    for (size_t first = 0; first < p->n && !rc; first += RF_BLOCK_ROWS) {
        const size_t m = p->n - first < RF_BLOCK_ROWS ? p->n - first : RF_BLOCK_ROWS;
        for (size_t i = 0; i < m; i++) {
            const double root = sqrt((double)curve[first + i]);
            const float *x = p->x + p->e[first + i].row * p->dim;
            for (size_t j = 0; j < p->dim; j++)
                rows[i * k + j] = root * (double)x[j];
            rows[i * k + p->dim] = p->intercept ? root : 0;
        }
        rf_dsyrk_t(m, k, 1, rows, k, 1, h, k);
    }
    if (!p->intercept)
        h[k * k - 1] = 1;
    rf_free(rows);
    return rc;
}

/* The least share of a column's own curvature that the columns before it leave over; below 1e-12 that is the rounding
 * of float columns which are sums of others. h holds the factor, so that its columns' squared lengths are the diagonal
 * of the Hessian. */
static double least_pivot(const double *h, size_t k)
{
    double least = 1;
    for (size_t j = 0; j < k; j++) {
        double whole = 0;
        for (size_t i = 0; i <= j; i++)
            whole += h[i * k + j] * h[i * k + j];
        least = fmin(least, h[j * k + j] * h[j * k + j] / whole);
    }
    return least;
}

/* Largest change of a logit in the Newton step from theta, where h holds the factored Hessian; g becomes the step. */
static double step_left(const struct rf_logit *p, const double *h, double *g)
{
    double most = 0;
    rf_dpotrs(p->dim + 1, h, g);
    for (size_t i = 0; i < p->n; i++)
        most = fmax(most, fabs(rf_row_dot_d(p->x + p->e[i].row * p->dim, g, p->dim) + g[p->dim]));
    return most;
}

/* Without a ridge a small gradient is no optimum yet: along a direction that ranks some votes right and none wrong it
 * fades while the weights run away. There another Newton step moves logits by about 1, at an optimum by next to
 * nothing. */
static int check_finite(const struct rf_logit *p, const double *theta, struct rf_err *err)
{
    static const double moved = 0.1;
    const size_t k = p->dim + 1;
    double f, margin, *h = NULL, *g = NULL;
    float *curve = NULL;
    size_t cells;
    int rc = 0;
    if (p->ridge > 0)
        return 0;
    if (!rf_mul(k, k, &cells)) {
        rc = rf_fail(err, RF_FAIL, "out of memory: a Hessian of %zu columns", k);
        goto out;
    }
    if ((rc = RF_NEW(h, cells, err)) || (rc = RF_NEW(g, k, err)) || (rc = RF_NEW(curve, p->n, err)) ||
        (rc = rf_logit_gradient(p, theta, &f, g, curve, &margin, err)))
        goto out;
    if (margin > 0) {
        rc = rf_fail(err, RF_BAD_INPUT,
                     "the votes are separable: some weights rank all of them right, so without a ridge no weights are "
                     "the best; choose --C");
        goto out;
    }
    if ((rc = exact_hessian(p, curve, h, err)) || (rc = rf_logit_factor(k, h, err)))
        goto out;
    if (least_pivot(h, k) < 1e-12)
        rc = rf_fail(err, RF_BAD_INPUT,
                     "the votes do not determine the weights (columns that are sums of others; a ridge, --C, does)");
    else if (step_left(p, h, g) > moved)
        rc = rf_fail(err, RF_BAD_INPUT,
                     "the votes are separable in part: some weights rank many of them right and none wrong, and grow "
                     "without end where there is no ridge; choose --C");
out:
    rf_free(h);
    rf_free(g);
    rf_free(curve);
    return rc;
}

int rf_logit_solve(const struct rf_logit *p, enum rf_logit_solver asked, double *theta, struct rf_logit_result *res,
                   rf_logit_observer observe, void *ctx, struct rf_err *err)
{
    static int (*const solver[])(const struct rf_logit *, double *, struct rf_logit_result *, rf_logit_observer, void *,
                                 struct rf_err *) = {
        [RF_LOGIT_NEWTON] = rf_logit_newton,
        [RF_LOGIT_DUAL] = rf_logit_dual,
        [RF_LOGIT_LBFGS] = lbfgs,
    };
    int rc;
    *res = (struct rf_logit_result){ .solver = choose(p, asked) };
    if (!p->n)
        return rf_fail(err, RF_BAD_INPUT, "no votes to fit");
    if ((rc = check_classes(p, err)) || (rc = check_columns(p, err)) ||
        (rc = solver[res->solver](p, theta, res, observe, ctx, err)))
        return rc;
    return check_finite(p, theta, err);
}

int rf_logit_errors(const struct rf_logit *p, const double *theta, double *se, struct rf_err *err)
{
    const size_t k = p->dim + 1;
    double *h = NULL, f;
    float *curve = NULL;
    int rc = 0;
    if ((rc = RF_NEW(h, k * k, err)) || (rc = RF_NEW(curve, p->n, err)) ||
        (rc = rf_logit_gradient(p, theta, &f, se, curve, NULL, err)) || (rc = rf_logit_hessian(p, curve, 1, h, err)) ||
        (rc = rf_dpotrf(k, h, err)) || (rc = rf_dpotri(k, h, err)))
        goto out;
    for (size_t j = 0; j < k; j++)
        se[j] = sqrt(h[j * k + j] * p->c);
    if (!p->intercept)
        se[p->dim] = 0;
out:
    rf_free(h);
    rf_free(curve);
    return rc;
}
