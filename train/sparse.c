/* Each block of terms adds into sums of its own; there are few blocks, for sums are as long as the weights, and their
 * number depends on the terms alone. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/par.h"
#include "core/stats.h"
#include "train/sparse_pass.h"

enum { MOST_BLOCKS = 16 };

double rf_sparse_dot(const struct rf_csr *x, const double *theta, size_t row)
{
    double sum = theta[x->cols];
    for (size_t k = x->ptr[row]; k < x->ptr[row + 1]; k++)
        sum += theta[x->col[k]] * (double)x->val[k];
    return sum;
}

/* ---- terms ---- */

static int pass_init(struct rf_sparse_pass *a, const struct rf_sparse *p, struct rf_err *err)
{
    *a = (struct rf_sparse_pass){ .p = p };
    int rc = RF_NEW(a->term, p->n, err);
    for (size_t i = 0; i < p->n && !rc; i++) {
        const struct rf_example *const e = &p->e[i];
        if (!a->terms || a->term[a->terms - 1].row != e->row)
            a->term[a->terms++] = (struct rf_sparse_term){ e->row, 0, 0 };
        struct rf_sparse_term *const t = &a->term[a->terms - 1];
        *(e->y > 0 ? &t->up : &t->down) += (double)e->weight;
        a->weight += (double)e->weight;
    }
    const size_t blocks = rf_par_blocks(a->terms);
    a->blocks = blocks < MOST_BLOCKS ? blocks : MOST_BLOCKS;
    return rc ? rc : RF_NEW(a->part, a->blocks * (p->x->cols + 1), err);
}

static void pass_release(struct rf_sparse_pass *a)
{
    rf_free(a->term);
    rf_free(a->part);
    *a = (struct rf_sparse_pass){ 0 };
}

int rf_sparse_passed(struct rf_sparse_pass *a, struct rf_err *err)
{
    a->passes++;
    return a->observe ? a->observe(a->ctx, a->passes, err) : 0;
}

double rf_sparse_lose(enum rf_sparse_loss loss, const struct rf_sparse_term *t, double f, double *slope, double *curve)
{
    const double w = t->up + t->down;
    *slope = rf_sparse_slope(loss, t, f);
    if (loss == RF_SPARSE_SQUARED) {
        *curve = w;
        return (t->up * (f - 1) * (f - 1) + t->down * (f + 1) * (f + 1)) / 2;
    }
    const double wp = *slope + t->up;
    *curve = w > 0 ? wp * (w - wp) / w : 0;
    return t->up * rf_softplus(-f) + t->down * rf_softplus(f);
}

double rf_sparse_slope(enum rf_sparse_loss loss, const struct rf_sparse_term *t, double f)
{
    const double w = t->up + t->down;
    return loss == RF_SPARSE_SQUARED ? w * f - t->up + t->down : w * rf_sigmoid(f) - t->up;
}

double rf_sparse_most_curve(enum rf_sparse_loss loss)
{
    return loss == RF_SPARSE_SQUARED ? 1 : 0.25;
}

double rf_sparse_penalty(const struct rf_sparse *p, const double *theta)
{
    double squares = 0, sum = 0;
    for (size_t j = 0; j < p->x->cols; j++) {
        squares += rf_sparse_ridge(p, j) * theta[j] * theta[j];
        sum += fabs(theta[j]);
    }
    return squares / 2 + p->l1 * sum;
}

/* ---- products ---- */

struct product {
    const struct rf_sparse_pass *a;
    const double *c, *v;
    double *f;
};

static size_t first_of(const struct rf_sparse_pass *a, size_t block)
{
    return a->terms * block / a->blocks;
}

static int margins_block(void *ctx, size_t b, struct rf_err *err)
{
    const struct product *const p = ctx;
    (void)err;
    for (size_t i = first_of(p->a, b); i < first_of(p->a, b + 1); i++)
        p->f[i] = rf_sparse_dot(p->a->p->x, p->v, p->a->term[i].row);
    return 0;
}

/* Without v: sums of c x; with it of c (v . x) x. */
static int sums_block(void *ctx, size_t b, struct rf_err *err)
{
    const struct product *const p = ctx;
    const struct rf_csr *const x = p->a->p->x;
    double *const sum = p->a->part + b * (x->cols + 1);
    (void)err;
    memset(sum, 0, (x->cols + 1) * sizeof *sum);
    for (size_t i = first_of(p->a, b); i < first_of(p->a, b + 1); i++) {
        const size_t row = p->a->term[i].row;
        const double c = p->v ? p->c[i] * rf_sparse_dot(x, p->v, row) : p->c[i];
        for (size_t k = x->ptr[row]; k < x->ptr[row + 1]; k++)
            sum[x->col[k]] += c * (double)x->val[k];
        sum[x->cols] += c;
    }
    return 0;
}

int rf_sparse_margins(struct rf_sparse_pass *a, const double *theta, double *f, struct rf_err *err)
{
    struct product p = { .a = a, .v = theta, .f = f };
    const int rc = rf_par_run(a->blocks, a->p->threads, margins_block, &p, err);
    return rc ? rc : rf_sparse_passed(a, err);
}

static int sums(struct rf_sparse_pass *a, const double *c, const double *v, double *out, struct rf_err *err)
{
    const size_t k = a->p->x->cols + 1;
    struct product p = { .a = a, .c = c, .v = v };
    const int rc = rf_par_run(a->blocks, a->p->threads, sums_block, &p, err);
    if (rc)
        return rc;
    memcpy(out, a->part, k * sizeof *out);
    for (size_t b = 1; b < a->blocks; b++)
        for (size_t j = 0; j < k; j++)
            out[j] += a->part[b * k + j];
    return rf_sparse_passed(a, err);
}

int rf_sparse_back(struct rf_sparse_pass *a, const double *c, double *out, struct rf_err *err)
{
    return sums(a, c, NULL, out, err);
}

int rf_sparse_times(struct rf_sparse_pass *a, const double *c, const double *v, double *out, struct rf_err *err)
{
    return sums(a, c, v, out, err);
}

/* ---- the whole function ---- */

int rf_sparse_gradient(const struct rf_sparse *p, const double *theta, double *f, double *g, struct rf_err *err)
{
    struct rf_sparse_pass a;
    double *slope = NULL, loss = 0;
    int rc = pass_init(&a, p, err);
    if (rc || (rc = RF_NEW(slope, a.terms, err)) || (rc = rf_sparse_margins(&a, theta, slope, err)))
        goto out;
    for (size_t i = 0; i < a.terms; i++) {
        double ignored;
        loss += rf_sparse_lose(p->loss, &a.term[i], slope[i], &slope[i], &ignored);
    }
    if ((rc = rf_sparse_back(&a, slope, g, err)))
        goto out;
    for (size_t j = 0; j <= p->x->cols; j++)
        g[j] = g[j] / a.weight + rf_sparse_ridge(p, j) * theta[j];
    *f = loss / a.weight + rf_sparse_penalty(p, theta);
out:
    rf_free(slope);
    pass_release(&a);
    return rc;
}

double rf_sparse_violation(const struct rf_sparse *p, const double *theta, const double *g)
{
    const size_t cols = p->x->cols;
    double square = 0, most = fabs(g[cols]);
    for (size_t j = 0; j < cols; j++) {
        square += g[j] * g[j];
        most = fmax(most, theta[j] > 0 ? fabs(g[j] + p->l1) : theta[j] < 0 ? fabs(g[j] - p->l1) : fabs(g[j]) - p->l1);
    }
    return p->l1 > 0 ? most : sqrt(square + g[cols] * g[cols]);
}

int rf_sparse_solve(const struct rf_sparse *p, double tolerance, double *theta, struct rf_sparse_result *res,
                    rf_sparse_observer observe, void *ctx, struct rf_err *err)
{
    struct rf_sparse_pass a;
    int rc = pass_init(&a, p, err);
    a.observe = observe;
    a.ctx = ctx;
    *res = (struct rf_sparse_result){ 0 };
    if (!rc)
        rc = (p->l1 > 0 ? rf_sparse_descent : rf_sparse_newton)(&a, tolerance, theta, res, err);
    res->passes = a.passes;
    if (!rc && !(res->violation <= tolerance))
        rc = rf_fail(err, RF_FAIL,
                     "no convergence: after %zu passes the conditions of the optimum are off by %.3g, expected %.3g",
                     res->passes, res->violation, tolerance);
    pass_release(&a);
    return rc;
}
