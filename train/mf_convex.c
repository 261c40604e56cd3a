/* The convex solver: L-BFGS over the scores U, over a grid of noise levels and ridges. RouteLLM's parameters constrain
 * U only through its rank (k), so with models <= k nothing is lost, and the problem has one minimum; the ridge also
 * settles the shift that all rows of U may share. The factored form U = A B walks the same loss by the chain rule. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "train/lbfgs.h"
#include "train/mf_fit.h"

#define FLOAT_NOISE 1e-8 /* relative error of a loss summed from float scores */
#define FLAT        1e-5 /* done at a gradient this long, in units of the vectors' root mean square length, */
#define GAIN        1e-9 /* or when a step gains less */

struct solver {
    const struct rf_mf_data *d;
    const struct rf_mf_convex *o;
    const struct rf_mf_watch *watch;
    struct rf_mf_report *report;
    struct rf_mf_pass *train, *valid; /* valid NULL: none */
    size_t nu, nx;                    /* entries of U; variables: nu, or rank * (models + dim) */
    double *x;                        /* [nx] variables */
    double *kept, *best;              /* [nx] at the lowest validation loss of this grid point, and of all so far */
    double *g, *ud;                   /* [nu] gradient by U; U = A B (factored form) */
    float *u;                         /* [nu] the scores last evaluated */
    double length2;                   /* mean |q|^2 over the training votes */
    double alpha, lambda;             /* of this grid point */
    double train_loss;                /* last evaluated, ridge left out */
    struct rf_mf_point *point;
    size_t since; /* steps since the lowest validation loss */
};

static int setup(struct solver *s, size_t k, struct rf_err *err)
{
    const struct rf_mf_data *d = s->d;
    const size_t rank = s->o->rank;
    size_t rows;
    if (!rank && d->models > k)
        return rf_fail(err, RF_USAGE,
                       "%zu models do not fit a width of %zu, expected at least as many dimensions or a rank",
                       d->models, k);
    if (!d->valids && s->o->alphas * s->o->ridges > 1)
        return rf_fail(err, RF_USAGE,
                       "%zu noise levels and %zu ridges but no validation votes to choose by: give one --alpha and one "
                       "--ridge, or a --valid share above 0",
                       s->o->alphas, s->o->ridges);
    if (!rf_mul(d->models, d->dim, &s->nu) || !rf_add(d->models, d->dim, &rows) ||
        !rf_mul(rank ? rows : d->models, rank ? rank : d->dim, &s->nx))
        return rf_fail(err, RF_FAIL, "out of memory: %zu models, vectors of %zu", d->models, d->dim);
    int rc = rf_mf_pass_new(&s->train, d->x, d->rows, d->dim, d->models, d->train, d->trains, err);
    if (!rc && d->valids)
        rc = rf_mf_pass_new(&s->valid, d->x, d->rows, d->dim, d->models, d->valid, d->valids, err);
    if (!rc) {
        rf_mf_pass_constants(s->train, d->constants);
        if (s->valid)
            rf_mf_pass_constants(s->valid, d->constants);
    }
    if (rc || (rc = RF_NEW(s->x, s->nx, err)) || (rc = RF_NEW(s->kept, s->nx, err)) ||
        (rc = RF_NEW(s->best, s->nx, err)) || (rc = RF_NEW(s->u, s->nu, err)))
        return rc;
    if (rank && ((rc = RF_NEW(s->g, s->nu, err)) || (rc = RF_NEW(s->ud, s->nu, err))))
        return rc;
    for (size_t i = 0; i < d->trains; i++) {
        const float *q = d->x + d->train[i].row * d->dim;
        s->length2 += (double)rf_sdot(d->dim - d->constants, q, q) / (double)d->trains;
    }
    return 0;
}

/* Where every point of the grid starts: U = 0, with factors whose gradient does not vanish there. A start from a
 * neighbour's best would be quicker, but that one stopped early: its validation loss would stand for points that never
 * reach their own. */
static void start(struct solver *s)
{
    const size_t rank = s->o->rank;
    struct rf_rng r;
    rf_rng_init(&r, s->o->seed, 0);
    memset(s->x, 0, s->nx * sizeof *s->x);
    for (size_t i = 0; i < s->d->models * rank; i++)
        s->x[i] = rf_rng_normal(&r) / sqrt((double)rank);
    memcpy(s->kept, s->x, s->nx * sizeof *s->x);
}

/* U of the variables, also as floats in s->u. */
static const double *scores(struct solver *s, const double *x)
{
    const size_t r = s->o->rank, models = s->d->models, dim = s->d->dim;
    if (r)
        rf_dgemm(false, false, models, dim, r, 1, x, r, x + models * r, dim, 0, s->ud, dim);
    const double *u = r ? s->ud : x;
    for (size_t i = 0; i < s->nu; i++)
        s->u[i] = (float)u[i];
    return u;
}

static int eval(void *ctx, const double *x, double *f, double *g, struct rf_err *err)
{
    struct solver *s = ctx;
    const size_t r = s->o->rank, models = s->d->models, dim = s->d->dim;
    const double *u = scores(s, x);
    double *gu = r ? s->g : g;
    struct rf_mf_loss loss;
    const int rc = rf_mf_pass_run(s->train, s->u, s->alpha, s->d->threads, &loss, gu, err);
    if (rc)
        return rc;
    rf_daxpy(s->nu, s->lambda, u, gu);
    s->train_loss = loss.loss;
    *f = loss.loss + s->lambda / 2 * rf_ddot(s->nu, u, u);
    if (r) { /* by A: G B', by B: A' G */
        rf_dgemm(false, true, models, r, dim, 1, gu, dim, x + models * r, dim, 0, g, r);
        rf_dgemm(true, false, r, dim, models, 1, x, r, gu, dim, 0, g + models * r, dim);
    }
    return 0;
}

/* Validation loss of s->u; NaN where there is nothing to validate with. */
static int validate(struct solver *s, struct rf_mf_loss *out, struct rf_err *err)
{
    *out = (struct rf_mf_loss){ NAN, NAN };
    return s->valid ? rf_mf_pass_run(s->valid, s->u, 0, s->d->threads, out, NULL, err) : 0;
}

/* After a step of L-BFGS: s->u is its point (the last one evaluated). */
static int observe(void *ctx, const struct rf_lbfgs_state *st, struct rf_err *err)
{
    struct solver *s = ctx;
    struct rf_mf_epoch e = { .train_loss = s->train_loss };
    int rc = validate(s, &e.valid, err);
    if (rc)
        return rc;
    s->report->epochs++;
    s->since++;
    if (!s->valid || e.valid.loss < s->point->valid.loss) {
        memcpy(s->kept, st->x, s->nx * sizeof *s->kept);
        s->point->valid = e.valid;
        s->point->train_loss = e.train_loss;
        s->since = 0;
    }
    rc = s->watch && s->watch->epoch ? s->watch->epoch(s->watch->ctx, &e, err) : 0;
    if (rc == RF_INTERRUPTED) {
        s->report->interrupted = true;
        return 1;
    }
    return rc ? rc : s->o->patience && s->valid && s->since >= s->o->patience;
}

static int fit_point(struct solver *s, struct rf_err *err)
{
    const struct rf_lbfgs_problem p = { s->nx, eval, observe, s };
    const struct rf_lbfgs_options o = {
        .max_iter = s->o->max_steps, .tol_grad = FLAT * sqrt(s->length2), .tol_loss = GAIN, .noise = FLOAT_NOISE
    };
    struct rf_lbfgs_result res;
    s->since = 0;
    s->alpha = s->point->alpha * sqrt(s->length2);
    s->lambda = s->point->ridge * s->length2;
    start(s);
    scores(s, s->x);
    int rc = validate(s, &s->point->valid, err); /* so the start counts as step 0 */
    if (rc)
        return rc;
    rc = rf_lbfgs(&p, &o, s->x, &res, err);
    if (rc)
        return rf_fail_in(err, "alpha %g, ridge %g", s->point->alpha, s->point->ridge);
    s->point->steps = res.iter;
    s->point->evals = res.evals;
    s->point->end = s->report->interrupted        ? "interrupted"
                    : res.end == RF_LBFGS_STOPPED ? "validation loss no longer falls"
                                                  : rf_lbfgs_end_name(res.end);
    return 0;
}

static int by_falling_value(const void *pa, const void *pb)
{
    const double a = *(const double *)pa, b = *(const double *)pb;
    return (a < b) - (a > b);
}

static double *sorted_ridges(const struct rf_mf_convex *o, struct rf_err *err)
{
    double *v = rf_calloc(o->ridges, sizeof *v, err);
    if (v) {
        memcpy(v, o->ridge, o->ridges * sizeof *v);
        qsort(v, o->ridges, sizeof *v, by_falling_value);
    }
    return v;
}

/* Every noise level at every ridge, the ridges falling. */
static int walk_grid(struct solver *s, const double *ridge, struct rf_mf_points *points, struct rf_err *err)
{
    int rc = 0;
    size_t steps_before = 0;
    for (size_t i = 0; i < s->o->ridges * s->o->alphas && !rc && !s->report->interrupted; i++) {
        s->point = &points->v[i];
        *s->point = (struct rf_mf_point){ .alpha = s->o->alpha[i % s->o->alphas], .ridge = ridge[i / s->o->alphas] };
        if ((rc = fit_point(s, err)))
            break;
        points->n = i + 1;
        if (i == 0 || s->point->valid.loss < points->v[points->best].valid.loss) {
            points->best = i;
            s->report->best = steps_before + s->point->steps - s->since;
            s->report->valid = s->point->valid;
            memcpy(s->best, s->kept, s->nx * sizeof *s->best);
        }
        steps_before += s->point->steps;
    }
    return rc;
}

/* The chosen variables as RouteLLM's parameters, and their loss without noise. */
static int finish(struct solver *s, struct rf_mf_model *m, struct rf_err *err)
{
    const size_t rank = s->o->rank;
    float *unit = NULL;
    int rc = RF_NEW(unit, m->models * m->k, err);
    if (rc)
        return rc;
    for (size_t i = 0; !rank && i < s->nu; i++)
        s->u[i] = (float)s->best[i];
    if (rank)
        rf_mf_model_from_factors(m, rank, s->best, s->best + m->models * rank);
    else
        rf_mf_model_from_scores(m, s->u);
    rf_mf_model_scores(m, s->u, unit);
    rc = rf_mf_pass_run(s->train, s->u, 0, s->d->threads, &s->report->train, NULL, err);
    rf_free(unit);
    return rc;
}

int rf_mf_convex(struct rf_mf_model *m, const struct rf_mf_data *d, const struct rf_mf_convex *o,
                 const struct rf_mf_watch *watch, struct rf_mf_report *report, struct rf_mf_points *points,
                 struct rf_err *err)
{
    struct rf_mf_report r = { 0 };
    struct rf_mf_points grid = { 0 };
    struct solver s = { .d = d, .o = o, .watch = watch, .report = &r };
    double *ridge = NULL;
    int rc = setup(&s, m->k, err);
    if (rc || !(ridge = sorted_ridges(o, err)) || (rc = RF_NEW(grid.v, o->alphas * o->ridges, err))) {
        rc = rc ? rc : RF_FAIL;
        goto out;
    }
    if ((rc = walk_grid(&s, ridge, &grid, err)) || (rc = finish(&s, m, err)))
        goto out;
    if (report)
        *report = r;
    if (points) {
        *points = grid;
        grid.v = NULL;
    }
out:
    rf_mf_pass_free(s.train);
    rf_mf_pass_free(s.valid);
    rf_free(s.x);
    rf_free(s.kept);
    rf_free(s.best);
    rf_free(s.g);
    rf_free(s.ud);
    rf_free(s.u);
    rf_free(ridge);
    rf_free(grid.v);
    return rc;
}
