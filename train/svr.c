/* The interior point method. Each row that counts has two sides, over (residual above epsilon) and under; a side has a
 * multiplier a in (0, c), the loss it carries u > 0 and a slack s = u + epsilon -+ residual > 0, and wants a s = 0 and
 * (c - a) u = 0. The steps follow a s = (c - a) u = mu towards mu = 0; s is kept by its definition. Sums in double, a
 * block of rows at a time, always in the same order. */
#include "train/svr.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "train/rows.h"

enum { MOST_STEPS = 200, OVER = 0, UNDER = 1, SIDES = 2 };
static const double tolerance = 1e-8, to_the_wall = 0.995;

struct side {
    double a, u, s;    /* where it stands */
    double da, du, ds; /* the step */
    double ra, ru;     /* right sides of a s = mu and (c - a) u = mu */
};

struct solver {
    const struct rf_svr *p;
    size_t k, n;      /* dim + 1; rows that count */
    size_t *row;      /* [n] their places */
    struct side *v;   /* [n][SIDES] */
    double *w, *dw;   /* [k] */
    double *h, *wide; /* [k][k]; [RF_BLOCK_ROWS][k] */
    double *right;    /* [k] */
};

static double target(const struct solver *o, size_t i)
{
    return o->p->y[o->row[i] * o->p->stride];
}

static const float *vector(const struct solver *o, size_t i)
{
    return o->p->x + o->row[i] * o->p->dim;
}

static double product(const struct solver *o, const double *w, size_t i)
{
    return rf_row_dot_d(vector(o, i), w, o->k - 1) + w[o->k - 1];
}

/* to += f x_i, the constant included. */
static void add_row(const struct solver *o, double *to, double f, size_t i)
{
    rf_row_add_d(to, f, vector(o, i), o->k - 1);
    to[o->k - 1] += f;
}

static int setup(struct solver *o, struct rf_err *err)
{
    const struct rf_svr *const p = o->p;
    size_t square, block;
    int rc;
    o->k = p->dim + 1;
    if (!rf_mul(o->k, o->k, &square) || !rf_mul(RF_BLOCK_ROWS, o->k, &block))
        return rf_fail(err, RF_FAIL, "out of memory: %zu columns", p->dim);
    if ((rc = RF_NEW(o->row, p->n, err)) || (rc = RF_NEW(o->v, p->n * SIDES, err)) || (rc = RF_NEW(o->w, o->k, err)) ||
        (rc = RF_NEW(o->dw, o->k, err)) || (rc = RF_NEW(o->h, square, err)) || (rc = RF_NEW(o->wide, block, err)))
        return rc;
    for (size_t i = 0; i < p->n; i++)
        if (!isnan(p->y[i * p->stride]))
            o->row[o->n++] = i;
    return RF_NEW(o->right, o->k, err);
}

static void start(struct solver *o)
{
    double mean = 0;
    for (size_t i = 0; i < o->n; i++)
        mean += fabs(target(o, i)) / (double)o->n;
    for (size_t i = 0; i < o->n; i++) {
        const double y = target(o, i);
        for (int k = 0; k < SIDES; k++) {
            struct side *const v = &o->v[i * SIDES + (size_t)k];
            const double over = (k == OVER ? y : -y) - o->p->epsilon;
            v->a = o->p->c / 2;
            v->u = fmax(over, 0) + mean + 1e-3;
            v->s = v->u - over;
        }
    }
}

/* A row's part of the diagonal: its sides' a / q, where q = s + a u / (c - a). */
static double ratio(const struct solver *o, const struct side *v)
{
    return v->a / (v->s + v->a * v->u / (o->p->c - v->a));
}

/* h = the factor of I + X' diag X; the diagonal a little larger, so that it has one where I is lost beside the rest:
 * the next step makes up for it. */
static int factor(struct solver *o, struct rf_err *err)
{
    const size_t k = o->k;
    memset(o->h, 0, k * k * sizeof *o->h);
    for (size_t from = 0; from < o->n; from += RF_BLOCK_ROWS) {
        const size_t n = o->n - from < RF_BLOCK_ROWS ? o->n - from : RF_BLOCK_ROWS;
        for (size_t i = 0; i < n; i++) {
            const struct side *const v = &o->v[(from + i) * SIDES];
            const double scale = sqrt(ratio(o, v) + ratio(o, v + 1));
            const float *const x = vector(o, from + i);
            for (size_t j = 0; j + 1 < k; j++)
                o->wide[i * k + j] = scale * (double)x[j];
            o->wide[i * k + k - 1] = scale;
        }
        rf_dsyrk_t(n, k, 1, o->wide, k, 1, o->h, k);
    }
    for (size_t j = 0; j < k; j++)
        o->h[j * k + j] += 1 + 1e-13 * o->h[j * k + j];
    return rf_dpotrf(k, o->h, err);
}

/* The step for the right sides ra, ru, by the factor. */
static void direction(struct solver *o)
{
    const double c = o->p->c;
    for (size_t j = 0; j < o->k; j++)
        o->right[j] = -o->w[j];
    for (size_t i = 0; i < o->n; i++) {
        double f = 0;
        for (int k = 0; k < SIDES; k++) {
            struct side *const v = &o->v[i * SIDES + (size_t)k];
            /* what da would be if w stood still */
            v->da = (v->ra - v->a * v->ru / (c - v->a)) / (v->s + v->a * v->u / (c - v->a));
            f += k == OVER ? v->a + v->da : -v->a - v->da;
        }
        add_row(o, o->right, f, i);
    }
    memcpy(o->dw, o->right, o->k * sizeof *o->dw);
    rf_dpotrs(o->k, o->h, o->dw);
    for (size_t i = 0; i < o->n; i++) {
        const double d = product(o, o->dw, i);
        for (int k = 0; k < SIDES; k++) {
            struct side *const v = &o->v[i * SIDES + (size_t)k];
            const double move = k == OVER ? d : -d;
            v->da -= ratio(o, v) * move;
            v->du = (v->ru + v->u * v->da) / (c - v->a);
            v->ds = v->du + move;
        }
    }
}

/* The longest step, at most 1, that keeps x + t dx above 0. */
static double room(double t, double x, double dx)
{
    return dx < 0 ? fmin(t, -x / dx) : t;
}

/* Longest steps of (w, u, s) and of a, and the mean product after them. */
static void lengths(const struct solver *o, double wall, double *primal, double *dual, double *mu)
{
    const double c = o->p->c;
    double t = 1 / wall, d = 1 / wall, sum = 0;
    for (size_t i = 0; i < o->n * SIDES; i++) {
        const struct side *const v = &o->v[i];
        t = room(room(t, v->u, v->du), v->s, v->ds);
        d = room(room(d, v->a, v->da), c - v->a, -v->da);
    }
    *primal = t = fmin(1, wall * t);
    *dual = d = fmin(1, wall * d);
    for (size_t i = 0; i < o->n * SIDES; i++) {
        const struct side *const v = &o->v[i];
        const double a = v->a + d * v->da;
        sum += a * (v->s + t * v->ds) + (c - a) * (v->u + t * v->du);
    }
    *mu = sum / (double)(4 * o->n);
}

/* One step: the pure one first, then with as much of mu as that one leaves, and its second-order error taken back. */
static int step(struct solver *o, struct rf_err *err)
{
    const double c = o->p->c;
    double t, d, now = 0, next;
    int rc = factor(o, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < o->n * SIDES; i++) {
        struct side *const v = &o->v[i];
        v->ra = -v->a * v->s;
        v->ru = -v->u * (c - v->a);
        now -= (v->ra + v->ru) / (double)(4 * o->n);
    }
    direction(o);
    lengths(o, 1, &t, &d, &next);
    const double mu = pow(next / now, 3) * now;
    for (size_t i = 0; i < o->n * SIDES; i++) {
        struct side *const v = &o->v[i];
        v->ra += mu - v->da * v->ds;
        v->ru += mu + v->da * v->du;
    }
    direction(o);
    lengths(o, to_the_wall, &t, &d, &next);
    for (size_t j = 0; j < o->k; j++)
        o->w[j] += t * o->dw[j];
    for (size_t i = 0; i < o->n * SIDES; i++) {
        struct side *const v = &o->v[i];
        v->a += d * v->da;
        v->u += t * v->du;
        v->s += t * v->ds;
    }
    return 0;
}

static double multiplier(const struct solver *o, size_t i)
{
    const double beta = o->v[i * SIDES + OVER].a - o->v[i * SIDES + UNDER].a;
    return fmax(-o->p->c, fmin(o->p->c, beta));
}

/* F at the weights and D at the multipliers. */
static void measure(struct solver *o, struct rf_svr_result *res)
{
    double square = 0, loss = 0, sum = 0, given = 0;
    memset(o->right, 0, o->k * sizeof *o->right);
    for (size_t i = 0; i < o->n; i++) {
        const double beta = multiplier(o, i);
        add_row(o, o->right, beta, i);
        sum += target(o, i) * beta - o->p->epsilon * fabs(beta);
        loss += fmax(0, fabs(target(o, i) - product(o, o->w, i)) - o->p->epsilon);
    }
    for (size_t j = 0; j < o->k; j++) {
        square += o->w[j] * o->w[j];
        given += o->right[j] * o->right[j];
    }
    res->primal = square / 2 + o->p->c * loss;
    res->dual = sum - given / 2;
}

int rf_svr_solve(const struct rf_svr *p, double *w, double *beta, struct rf_svr_result *res, struct rf_err *err)
{
    struct solver o = { .p = p };
    struct rf_svr_result r = { 0 };
    bool done = false;
    int rc = setup(&o, err);
    if (rc)
        goto out;
    start(&o);
    while (!done && r.steps < MOST_STEPS && !(rc = step(&o, err))) {
        r.steps++;
        measure(&o, &r);
        done = r.primal - r.dual <= tolerance * (1 + fabs(r.primal));
    }
    if (rc || !done) {
        rc = rf_fail(err, RF_FAIL,
                     "support vector regression with C = %g: %g from the optimum of %g after %zu steps, expected %g: "
                     "try a smaller C",
                     p->c, r.primal - r.dual, r.primal, r.steps, tolerance * (1 + fabs(r.primal)));
        goto out;
    }
    memcpy(w, o.w, o.k * sizeof *w);
    if (beta)
        memset(beta, 0, p->n * sizeof *beta);
    for (size_t i = 0; beta && i < o.n; i++)
        beta[o.row[i]] = multiplier(&o, i);
    *res = r;
out:
    rf_free(o.row);
    rf_free(o.v);
    rf_free(o.w);
    rf_free(o.dw);
    rf_free(o.h);
    rf_free(o.wide);
    rf_free(o.right);
    return rc;
}
