/* Dual coordinate descent for a logistic problem with a ridge (Yu, Huang, Lin 2011, "Dual coordinate descent methods
 * for logistic regression and maximum entropy models"): one dual variable per example, w kept as the weighted sum of
 * the rows. A handful of passes in float come near the optimum; the penalty that the dual needs on the intercept, and
 * the last digits, are the polish's work. Refuses: no ridge (the dual variables would not determine w). */
#include <math.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "train/logit.h"
#include "train/rows.h"

/* The descent ends where no dual variable was further than this from its own optimum, in units of a logit. */
static const double ENOUGH = 2e-2;

enum { MAX_PASSES = 100, INNER = 8, AHEAD = 3, LINES = 8 };

struct dual {
    const struct rf_logit *p;
    float *w;        /* [dim + 1]; the last is the intercept, a column of ones */
    double *alpha;   /* [n] in (0, c weight) */
    float *norm;     /* [n] |x|^2 of the example's row, plus 1 for the intercept */
    uint32_t *order; /* [n] of visits */
};

/* One variable to its optimum, the others fixed: z in (0, u) with norm (z - old) + m + ln(z / (u - z)) = 0, by guarded
 * Newton steps. Returns |that| before the first step. */
static double settle(double *alpha, double norm, double m, double u)
{
    const double old = *alpha;
    double z = old, before = 0;
    for (int step = 0; step < INNER; step++) {
        const double slope = norm * (z - old) + m + log(z / (u - z));
        const double next = z - slope / (norm + u / (z * (u - z)));
        if (step == 0)
            before = fabs(slope);
        z = next <= 0 ? z * 0.1 : next >= u ? u - (u - z) * 0.1 : next;
        if (fabs(slope) < 1e-4)
            break;
    }
    *alpha = z;
    return before;
}

/* Fetches the start of a row that comes soon; the processor's own prefetcher goes on from there. */
static void fetch(const struct rf_logit *p, const uint32_t *order, size_t k)
{
    if (k + AHEAD >= p->n)
        return;
    const float *x = p->x + p->e[order[k + AHEAD]].row * p->dim;
    for (size_t line = 0; line < LINES; line++)
        __builtin_prefetch(x + line * 16);
}

/* Visits every example once. Returns the largest distance from its own optimum that a variable had. */
static double sweep(struct dual *d)
{
    const struct rf_logit *p = d->p;
    double worst = 0;
    for (size_t k = 0; k < p->n; k++) {
        const size_t i = d->order[k];
        const struct rf_example *e = &p->e[i];
        const float *x = p->x + e->row * p->dim;
        fetch(p, d->order, k);
        const double y = (double)e->y, old = d->alpha[i];
        const double m = y * (double)(rf_row_dot(x, d->w, p->dim) + d->w[p->dim]);
        worst = fmax(worst, settle(&d->alpha[i], (double)d->norm[i], m, p->c * (double)e->weight));
        const float step = (float)(y * (d->alpha[i] - old));
        rf_row_add(d->w, step, x, p->dim);
        if (p->intercept)
            d->w[p->dim] += step;
    }
    return worst;
}

static void start(struct dual *d)
{
    const struct rf_logit *p = d->p;
    for (size_t i = 0; i < p->n; i++) {
        const struct rf_example *e = &p->e[i];
        const float *x = p->x + e->row * p->dim;
        d->alpha[i] = 1e-3 * p->c * (double)e->weight;
        d->norm[i] = rf_row_dot(x, x, p->dim) + (p->intercept ? 1 : 0);
        d->order[i] = (uint32_t)i;
        const float step = (float)((double)e->y * d->alpha[i]);
        rf_row_add(d->w, step, x, p->dim);
        if (p->intercept)
            d->w[p->dim] += step;
    }
}

/* The descent from nothing; theta = its w. */
static int descend(const struct rf_logit *p, double *theta, size_t *passes, struct rf_err *err)
{
    struct dual d = { .p = p };
    struct rf_rng rng;
    double worst = INFINITY;
    int rc = 0;
    if ((rc = RF_NEW(d.w, p->dim + 1, err)) || (rc = RF_NEW(d.alpha, p->n, err)) || (rc = RF_NEW(d.norm, p->n, err)) ||
        (rc = RF_NEW(d.order, p->n, err)))
        goto out;
    start(&d);
    for (uint64_t pass = 0; pass < MAX_PASSES && worst > ENOUGH; pass++) {
        rf_rng_init(&rng, p->seed, pass);
        rf_rng_shuffle(&rng, d.order, p->n);
        worst = sweep(&d);
        ++*passes;
    }
    for (size_t j = 0; j <= p->dim; j++)
        theta[j] = (double)d.w[j];
out:
    rf_free(d.w);
    rf_free(d.alpha);
    rf_free(d.norm);
    rf_free(d.order);
    return rc;
}

int rf_logit_dual(const struct rf_logit *p, double *theta, struct rf_logit_result *res, rf_logit_observer observe,
                  void *ctx, struct rf_err *err)
{
    if (p->ridge == 0)
        return rf_fail(err, RF_USAGE,
                       "the dual solver needs a ridge: give --C a finite number or take --solver newton");
    const bool warm = rf_ddot(p->dim, theta, theta) > 0; /* the solution for another c: the polish goes on from there */
    const int rc = warm ? 0 : descend(p, theta, &res->passes, err);
    return rc ? rc : rf_logit_newton(p, theta, res, observe, ctx, err);
}
