/* Newton's method for a logistic problem. A step solves H s = -g by conjugate gradients with the Cholesky factor of a
 * Hessian from a sample of the blocks: with all blocks in the sample that is the plain Newton step, with fewer it costs
 * a fraction and takes a few passes more. Refuses: no descent, a Hessian that is not positive definite (only possible
 * without a ridge). */
#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "train/logit.h"

enum {
    MAX_STEPS = 200,
    MAX_CG = 60,
    FEW_CG = 6,         /* a factor that needs no more is kept for the next step */
    MANY_CG = 15,       /* a fresh factor that needs more is made from twice the blocks from now on */
    SAMPLE_COLUMNS = 4, /* rows of the sample, in multiples of the columns, at least */
    SAMPLE_PASSES = 32  /* rows that cost about two passes, in multiples of rows over columns */
};

struct newton {
    const struct rf_logit *p;
    struct rf_logit_result *res;
    size_t k; /* dim + 1 */
    double *g, *s, *r, *z, *q, *hq,
        *to;       /* [k] gradient, step, residual, preconditioned residual, direction, H q, trial point */
    double *u;     /* [k][k] factor */
    float *curve;  /* [n] */
    size_t stride; /* the factor's sample: every stride-th block */
    bool factored;
};

/* Blocks so that the sample has SAMPLE_COLUMNS rows for each column, and more where they cost little beside the passes
 * that a better factor saves; all of them without a ridge, where a sample may be singular. */
static size_t first_stride(const struct rf_logit *p)
{
    const size_t least = SAMPLE_COLUMNS * p->dim, cheap = SAMPLE_PASSES * (p->n / p->dim);
    const size_t wanted = rf_par_blocks(least > cheap ? least : cheap) + 1, blocks = rf_par_blocks(p->n);
    return p->ridge > 0 && blocks > wanted ? blocks / wanted : 1;
}

static int factor(struct newton *a, struct rf_err *err)
{
    int rc = rf_logit_hessian(a->p, a->curve, a->stride, a->u, err);
    if (!rc)
        rc = rf_logit_factor(a->k, a->u, err);
    a->factored = !rc;
    return rc;
}

/* s = -H^-1 g up to a residual of goal. *used = passes. */
static int solve_step(struct newton *a, double goal, size_t *used, struct rf_err *err)
{
    double rz = 0;
    memset(a->s, 0, a->k * sizeof *a->s);
    memset(a->q, 0, a->k * sizeof *a->q);
    for (size_t j = 0; j < a->k; j++)
        a->r[j] = -a->g[j];
    for (*used = 0; *used < MAX_CG && (*used == 0 || sqrt(rf_ddot(a->k, a->r, a->r)) > goal); ++*used) {
        memcpy(a->z, a->r, a->k * sizeof *a->z);
        rf_dpotrs(a->k, a->u, a->z);
        const double before = rz;
        rz = rf_ddot(a->k, a->r, a->z);
        for (size_t j = 0; j < a->k; j++)
            a->q[j] = a->z[j] + (before > 0 ? rz / before * a->q[j] : 0);
        const int rc = rf_logit_times(a->p, a->curve, a->q, a->hq, err);
        if (rc)
            return rc;
        const double curvature = rf_ddot(a->k, a->q, a->hq);
        if (!(curvature > 0)) { /* at the rounding of the float passes: what there is is the step */
            if (*used == 0)
                memcpy(a->s, a->z, a->k * sizeof *a->s);
            break;
        }
        rf_daxpy(a->k, rz / curvature, a->q, a->s);
        rf_daxpy(a->k, -rz / curvature, a->hq, a->r);
    }
    a->res->passes += *used;
    return 0;
}

/* Halves the step until F falls enough; theta, g, curve, *f and *margin are those of the new point. */
static int walk(struct newton *a, double *theta, double *f, double *margin, struct rf_err *err)
{
    const double slope = rf_ddot(a->k, a->g, a->s), noise = 1e-13 * fabs(*f);
    for (double length = 1; length > 1e-10; length /= 2) {
        double next;
        memcpy(a->to, theta, a->k * sizeof *theta);
        rf_daxpy(a->k, length, a->s, a->to);
        const int rc = rf_logit_gradient(a->p, a->to, &next, a->g, a->curve, margin, err);
        if (rc)
            return rc;
        a->res->passes++;
        if (next <= *f + 1e-4 * length * slope + noise) {
            memcpy(theta, a->to, a->k * sizeof *theta);
            *f = next;
            return 0;
        }
    }
    return rf_fail(err, RF_FAIL, "the logistic loss %.17g does not fall along Newton's direction (slope %g)", *f,
                   slope);
}

/* The factor for the next step: kept while it serves, remade where it aged, from more blocks where a fresh one did
 * badly. */
static void review_factor(struct newton *a, size_t used, bool fresh)
{
    if (fresh && used > MANY_CG && a->stride > 1)
        a->stride /= 2;
    a->factored = a->stride > 1 && used <= FEW_CG;
}

static int iterate(struct newton *a, double *theta, rf_logit_observer observe, void *ctx, struct rf_err *err)
{
    const double tolerance = rf_logit_tolerance(a->p);
    double f, margin;
    int rc = rf_logit_gradient(a->p, theta, &f, a->g, a->curve, &margin, err);
    a->res->passes++;
    for (int step = 0; !rc; step++) {
        a->res->loss = f;
        a->res->grad_norm = sqrt(rf_ddot(a->k, a->g, a->g));
        if (!isfinite(f) || !isfinite(a->res->grad_norm))
            return rf_fail(err, RF_FAIL, "step %d of Newton's method: the loss is %g, expected a finite one", step, f);
        if (a->p->ridge == 0 && margin > 0)
            return rf_fail(
                err, RF_BAD_INPUT,
                "the votes are separable: some weights rank all of them right, so without a ridge no weights "
                "are the best; choose --C");
        if (a->res->grad_norm <= tolerance)
            return 0;
        if (step == MAX_STEPS)
            return rf_fail(
                err, RF_FAIL,
                "no convergence in %d Newton steps: |gradient| %g, wanted %g, |weights| %g (nearly separable "
                "votes need a smaller --C)",
                step, a->res->grad_norm, tolerance, sqrt(rf_ddot(a->p->dim, theta, theta)));
        const bool fresh = !a->factored;
        const double part = fmin(0.1, sqrt(a->res->grad_norm / ((double)a->p->n * fmin(a->p->c, 1))));
        size_t used;
        if ((fresh && (rc = factor(a, err))) ||
            (rc = solve_step(a, fmax(part * a->res->grad_norm, 0.5 * tolerance), &used, err)) ||
            (rc = walk(a, theta, &f, &margin, err)))
            return rc;
        review_factor(a, used, fresh);
        rc = observe ? observe(ctx, f, a->res->passes, err) : 0;
    }
    return rc;
}

int rf_logit_newton(const struct rf_logit *p, double *theta, struct rf_logit_result *res, rf_logit_observer observe,
                    void *ctx, struct rf_err *err)
{
    const size_t k = p->dim + 1;
    struct newton a = { .p = p, .res = res, .k = k, .stride = first_stride(p) };
    double *vectors = NULL;
    size_t cells;
    int rc = 0;
    if (!rf_mul(k, k, &cells)) {
        rc = rf_fail(err, RF_FAIL, "out of memory: a Hessian of %zu columns", k);
        goto out;
    }
    if ((rc = RF_NEW(vectors, 7 * k, err)) || (rc = RF_NEW(a.u, cells, err)) || (rc = RF_NEW(a.curve, p->n, err)))
        goto out;
    double **const part[7] = { &a.g, &a.s, &a.r, &a.z, &a.q, &a.hq, &a.to };
    for (size_t i = 0; i < 7; i++)
        *part[i] = vectors + i * k;
    rc = iterate(&a, theta, observe, ctx, err);
out:
    rf_free(vectors);
    rf_free(a.u);
    rf_free(a.curve);
    return rc;
}
