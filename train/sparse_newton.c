/* Newton's method for a sparse fit without l1: each step by conjugate gradients, preconditioned by the diagonal of the
 * Hessian, until the residual is small beside the gradient (Dembo, Eisenstat & Steihaug, SIAM J. Numer. Anal. 19,
 * 1982). Margins are kept, so that a shorter step costs no pass. Of the squared loss one step is the whole. */
#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "train/sparse_pass.h"

#define DECREASE 1e-4  /* share of the decrease by the slope that a step must reach */
#define NOISE    1e-13 /* relative: smaller decreases are not asked for */
enum { MOST_STEPS = 100, MOST_TURNS = 5000, MOST_HALVES = 40 };

struct newton {
    struct rf_sparse_pass *a;
    size_t k;                                   /* cols + 1 */
    double *arena;                              /* owns the vectors below */
    double *g, *step, *residual, *dir, *hd, *m; /* [k]; m: the diagonal of the Hessian at its largest */
    double *f, *df, *slope, *curve;             /* [terms] */
};

static int newton_init(struct newton *s, struct rf_sparse_pass *a, struct rf_err *err)
{
    *s = (struct newton){ .a = a, .k = a->p->x->cols + 1 };
    const int rc = RF_NEW(s->arena, 6 * s->k + 4 * a->terms, err);
    if (rc)
        return rc;
    double **const of_k[] = { &s->g, &s->step, &s->residual, &s->dir, &s->hd, &s->m };
    double **const of_term[] = { &s->f, &s->df, &s->slope, &s->curve };
    for (size_t i = 0; i < 6; i++)
        *of_k[i] = s->arena + i * s->k;
    for (size_t i = 0; i < 4; i++)
        *of_term[i] = s->arena + 6 * s->k + i * a->terms;
    return 0;
}

static void set_diagonal(struct newton *s)
{
    const struct rf_sparse *const p = s->a->p;
    const struct rf_csr *const x = p->x;
    const double most = rf_sparse_most_curve(p->loss) / s->a->weight;
    for (size_t i = 0; i < s->a->terms; i++) {
        const struct rf_sparse_term *const t = &s->a->term[i];
        const double w = most * (t->up + t->down);
        for (size_t k = x->ptr[t->row]; k < x->ptr[t->row + 1]; k++)
            s->m[x->col[k]] += w * (double)x->val[k] * (double)x->val[k];
        s->m[x->cols] += w;
    }
    for (size_t j = 0; j < x->cols; j++)
        s->m[j] += rf_sparse_ridge(p, j);
}

/* Mean loss at f + t df; slope and curve there. */
static double mean_loss(struct newton *s, double t)
{
    double sum = 0;
    for (size_t i = 0; i < s->a->terms; i++)
        sum += rf_sparse_lose(s->a->p->loss, &s->a->term[i], s->f[i] + t * s->df[i], &s->slope[i], &s->curve[i]);
    return sum / s->a->weight;
}

/* out = what the weights of a mean and the ridge make of sums. */
static void finish(const struct newton *s, const double *v, double *out)
{
    for (size_t j = 0; j < s->k; j++)
        out[j] = out[j] / s->a->weight + rf_sparse_ridge(s->a->p, j) * v[j];
}

/* step: H step = -g, until |residual| <= enough. */
static int solve_step(struct newton *s, double enough, struct rf_err *err)
{
    double rz = 0;
    memset(s->step, 0, s->k * sizeof *s->step);
    for (size_t j = 0; j < s->k; j++) {
        s->residual[j] = -s->g[j];
        s->dir[j] = s->residual[j] / s->m[j];
        rz += s->residual[j] * s->dir[j];
    }
    for (int turn = 0; turn < MOST_TURNS; turn++) {
        const int rc = rf_sparse_times(s->a, s->curve, s->dir, s->hd, err);
        if (rc)
            return rc;
        finish(s, s->dir, s->hd);
        const double bend = rf_ddot(s->k, s->dir, s->hd);
        if (!(bend > 0)) /* rounding */
            break;
        const double t = rz / bend;
        rf_daxpy(s->k, t, s->dir, s->step);
        rf_daxpy(s->k, -t, s->hd, s->residual);
        if (sqrt(rf_ddot(s->k, s->residual, s->residual)) <= enough)
            break;
        double next = 0;
        for (size_t j = 0; j < s->k; j++)
            next += s->residual[j] * s->residual[j] / s->m[j];
        for (size_t j = 0; j < s->k; j++)
            s->dir[j] = s->residual[j] / s->m[j] + next / rz * s->dir[j];
        rz = next;
    }
    return 0;
}

/* Moves theta along the step; false: no length lowers *loss (the mean loss; f, slope and curve follow). */
static bool move(struct newton *s, double *theta, double *loss)
{
    const double downhill = rf_ddot(s->k, s->g, s->step);
    double ww = 0, wd = 0, dd = 0, t = 1; /* of the ridges */
    for (size_t j = 0; j + 1 < s->k; j++) {
        const double l2 = rf_sparse_ridge(s->a->p, j);
        ww += l2 * theta[j] * theta[j];
        wd += l2 * theta[j] * s->step[j];
        dd += l2 * s->step[j] * s->step[j];
    }
    const double start = *loss + ww / 2;
    for (int i = 0; i < MOST_HALVES; i++, t /= 2) {
        const double there = mean_loss(s, t), value = there + (ww + 2 * t * wd + t * t * dd) / 2;
        if (!(value <= start + DECREASE * t * downhill + NOISE * fabs(start)))
            continue;
        *loss = there;
        rf_daxpy(s->k, t, s->step, theta);
        rf_daxpy(s->a->terms, t, s->df, s->f);
        return true;
    }
    return false;
}

int rf_sparse_newton(struct rf_sparse_pass *a, double tolerance, double *theta, struct rf_sparse_result *res,
                     struct rf_err *err)
{
    const bool linear = a->p->loss == RF_SPARSE_SQUARED;
    struct newton s;
    int rc = newton_init(&s, a, err);
    if (rc || (rc = rf_sparse_margins(a, theta, s.f, err)))
        goto out;
    set_diagonal(&s);
    double loss = mean_loss(&s, 0);
    for (int step = 0;; step++) {
        if ((rc = rf_sparse_back(a, s.slope, s.g, err)))
            goto out;
        finish(&s, theta, s.g);
        res->violation = rf_sparse_violation(a->p, theta, s.g);
        if (!isfinite(loss) || !isfinite(res->violation)) {
            rc = rf_fail(err, RF_FAIL, "step %d: the loss is %g and its gradient %g long, expected finite values", step,
                         loss, res->violation);
            goto out;
        }
        if (res->violation <= tolerance || step == MOST_STEPS)
            break;
        const double share = linear ? 0 : fmin(0.1, sqrt(res->violation));
        if ((rc = solve_step(&s, fmax(tolerance / 2, share * res->violation), err)) ||
            (rc = rf_sparse_margins(a, s.step, s.df, err)))
            goto out;
        if (!move(&s, theta, &loss))
            break;
    }
    res->loss = loss + rf_sparse_penalty(a->p, theta);
out:
    rf_free(s.arena);
    return rc;
}
