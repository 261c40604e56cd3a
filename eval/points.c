/* A point is a coin between two choices (of which one may be certain): two rows of figures per question, their means,
 * and the share of each model. */
#include "eval/points.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"

const double rf_wtp_grid[RF_WTP_GRID] = { 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 5e-3, 0.01, 0.1,
                                          0.5,   1,    1.5,  2,    10,   50,   100,  500,  1e3,  2e3,  3e3,
                                          4e3,   5e3,  7500, 1e4,  25e3, 5e4,  75e3, 1e5,  1e6,  1e9 };
const char *const rf_at_name[RF_ATS] = {
    [RF_AT_CORNER] = "hull", [RF_AT_LAMBDA] = "lambda", [RF_AT_WTP] = "wtp", [RF_AT_BUDGET] = "budget"
};

/* A corner of a curve's hull and what makes its choice. */
struct corner {
    double lambda;  /* routers; NaN for the zero router */
    uint32_t model; /* the zero router's */
    struct rf_point mean;
};

/* A router whose points are being added. */
struct source {
    struct rf_points *p;
    size_t entry;
    const struct rf_field *f;
    const size_t *column; /* NULL: the field's own order */
    bool zero;
    size_t models; /* of the results */
    const struct rf_points_wish *wish;
    struct corner *corner; /* [corners] by rising cost */
    size_t corners;
    uint32_t *low, *high; /* [prompts] choices */
    double *figure;       /* [2 * wanted][prompts] quality and cost of each point */
    size_t first;         /* its first point */
};

void rf_points_release(struct rf_points *p)
{
    for (size_t i = 0; i < p->n; i++)
        rf_free(p->v[i].share);
    rf_free(p->v);
    *p = (struct rf_points){ 0 };
}

static void choose(const struct source *s, const struct corner *c, uint32_t *choice)
{
    if (!isnan(c->lambda)) {
        rf_lambda_choose(s->f, c->lambda, choice);
        return;
    }
    for (size_t i = 0; i < s->f->prompts; i++)
        choice[i] = c->model;
}

/* The next point, with its figures from the choices in s->low and, by chance mix, in s->high. */
static int take(struct source *s, struct rf_at_point at, struct rf_err *err)
{
    const struct rf_field *const f = s->f;
    const size_t n = f->prompts;
    double *const quality = s->figure + 2 * (s->p->n - s->first) * n, *const cost = quality + n;
    const double mix = isnan(at.mix) ? 0 : at.mix;
    int rc = RF_NEW(at.share, s->models, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++) {
        const size_t a = i * f->models + s->low[i], b = i * f->models + s->high[i];
        quality[i] = (1 - mix) * f->true_score[a] + mix * f->true_score[b];
        cost[i] = (1 - mix) * f->true_cost[a] + mix * f->true_cost[b];
        at.mean.quality += quality[i];
        at.mean.cost += cost[i];
        at.share[s->column ? s->column[s->low[i]] : s->low[i]] += 1 - mix;
        at.share[s->column ? s->column[s->high[i]] : s->high[i]] += mix;
    }
    at.mean.quality /= (double)n;
    at.mean.cost /= (double)n;
    for (size_t k = 0; k < s->models; k++)
        at.share[k] /= (double)n;
    at.entry = s->entry;
    s->p->v[s->p->n++] = at;
    return 0;
}

static int take_corner(struct source *s, const struct corner *c, struct rf_err *err)
{
    choose(s, c, s->low);
    memcpy(s->high, s->low, s->f->prompts * sizeof *s->high);
    return take(
        s, (struct rf_at_point){ .how = RF_AT_CORNER, .at = NAN, .lambda = c->lambda, .upper = NAN, .mix = NAN }, err);
}

static int take_wtp(struct source *s, double w, struct rf_err *err)
{
    rf_wtp_choose(s->f, w, s->low);
    memcpy(s->high, s->low, s->f->prompts * sizeof *s->high);
    return take(s, (struct rf_at_point){ .how = RF_AT_WTP, .at = w, .lambda = NAN, .upper = NAN, .mix = NAN }, err);
}

static int take_budget(struct source *s, double budget, struct rf_err *err)
{
    struct rf_at_point at = { .how = RF_AT_BUDGET, .at = budget, .lambda = NAN, .upper = NAN, .mix = NAN };
    size_t k = 0;
    while (k < s->corners && rf_affords(budget, s->corner[k].mean.cost))
        k++;
    if (!k) { /* the cheapest corner is too dear */
        double *const quality = s->figure + 2 * (s->p->n - s->first) * s->f->prompts;
        for (size_t i = 0; i < 2 * s->f->prompts; i++)
            quality[i] = NAN;
        at.entry = s->entry;
        at.mean = (struct rf_point){ NAN, NAN };
        s->p->v[s->p->n++] = at;
        return 0;
    }
    const struct corner *const a = &s->corner[k - 1], *const b = k < s->corners ? &s->corner[k] : a;
    choose(s, a, s->low);
    choose(s, b, s->high);
    at.lambda = a->lambda;
    if (b != a) {
        at.mix = fmax(0, (budget - a->mean.cost) / (b->mean.cost - a->mean.cost));
        at.upper = b->lambda;
    }
    return take(s, at, err);
}

/* All that is wished for, with intervals. */
static int take_all(struct source *s, struct rf_err *err)
{
    const struct rf_points_wish *const w = s->wish;
    const size_t wtps = s->zero ? 0 : w->wtps, wanted = (w->corners ? s->corners : 0) + wtps + w->budgets;
    double *low = NULL, *high = NULL;
    size_t cells;
    if (!wanted)
        return 0;
    if (!rf_mul(2 * wanted, s->f->prompts, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu points of %zu questions", wanted, s->f->prompts);
    struct rf_at_point *const grown = rf_regrow(s->p->v, s->p->n, s->p->n + wanted, sizeof *grown, err);
    int rc = grown ? 0 : RF_FAIL;
    if (rc)
        return rc;
    s->p->v = grown;
    s->first = s->p->n;
    if ((rc = RF_NEW(s->figure, cells, err)) || (rc = RF_NEW(low, 2 * wanted, err)) ||
        (rc = RF_NEW(high, 2 * wanted, err)))
        goto out;
    for (size_t i = 0; w->corners && i < s->corners && !rc; i++)
        rc = take_corner(s, &s->corner[i], err);
    for (size_t i = 0; i < wtps && !rc; i++)
        rc = take_wtp(s, w->wtp[i], err);
    for (size_t i = 0; i < w->budgets && !rc; i++)
        rc = take_budget(s, w->budget[i], err);
    if (rc || (rc = rf_mean_intervals(s->figure, 2 * wanted, s->f->prompts, &w->boot, low, high, err)))
        goto out;
    for (size_t i = 0; i < wanted; i++) {
        s->p->v[s->first + i].low = (struct rf_point){ low[2 * i + 1], low[2 * i] };
        s->p->v[s->first + i].high = (struct rf_point){ high[2 * i + 1], high[2 * i] };
    }
out:
    rf_free(low);
    rf_free(high);
    return rc;
}

static int open_source(struct source *s, size_t corners, struct rf_err *err)
{
    return RF_NEW(s->corner, corners, err) || RF_NEW(s->low, s->f->prompts, err) || RF_NEW(s->high, s->f->prompts, err)
               ? RF_FAIL
               : 0;
}

static void close_source(struct source *s)
{
    void *const owned[] = { s->corner, s->low, s->high, s->figure };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        rf_free(owned[i]);
}

/* A lambda at which point k's choice holds: in the middle, so that rounding does not matter. */
static double inside(const struct rf_lambda_point *walk, size_t n, size_t k)
{
    const double low = k + 1 < n ? walk[k + 1].lambda : 0;
    return isinf(walk[k].lambda) ? 2 * low : (walk[k].lambda + low) / 2;
}

/* The corners of the walk's hull, each with a lambda and its choice's own means. */
static int find_corners(struct source *s, const struct rf_lambda_point *walk, size_t n, struct rf_point *hull,
                        struct rf_err *err)
{
    size_t corners, k = 0;
    for (size_t i = 0; i < n; i++)
        hull[i] = (struct rf_point){ fmax(0, walk[i].truth.cost), walk[i].truth.quality };
    const int rc = rf_hull(hull, n, hull, &corners, err);
    for (size_t i = 0; i < corners && !rc; i++) {
        for (k = 0; k < n; k++) /* the hull's points are copies */
            if (fmax(0, walk[k].truth.cost) == hull[i].cost && walk[k].truth.quality == hull[i].quality)
                break;
        struct corner *const c = &s->corner[s->corners++];
        c->lambda = inside(walk, n, k);
        rf_lambda_choose(s->f, c->lambda, s->low);
        c->mean = rf_lambda_mean(s->f, s->low, NULL);
    }
    return rc;
}

/* Every breakpoint as it is. */
static int take_curve(struct source *s, const struct rf_lambda_point *walk, size_t n, struct rf_err *err)
{
    struct rf_at_point *const grown = rf_regrow(s->p->v, s->p->n, s->p->n + n, sizeof *grown, err);
    if (!grown)
        return RF_FAIL;
    s->p->v = grown;
    for (size_t i = 0; i < n; i++)
        s->p->v[s->p->n++] = (struct rf_at_point){ .entry = s->entry,
                                                   .how = RF_AT_LAMBDA,
                                                   .at = NAN,
                                                   .lambda = inside(walk, n, i),
                                                   .upper = NAN,
                                                   .mix = NAN,
                                                   .mean = walk[i].truth,
                                                   .low = { NAN, NAN },
                                                   .high = { NAN, NAN } };
    return 0;
}

int rf_points_add(struct rf_points *p, size_t entry, const struct rf_field *f, const size_t *column, size_t models,
                  const struct rf_lambda_plan *plan, const struct rf_points_wish *wish, struct rf_err *err)
{
    struct source s = { .p = p, .entry = entry, .f = f, .column = column, .models = models, .wish = wish };
    const size_t room = rf_lambda_points(plan);
    struct rf_lambda_point *walk = NULL;
    struct rf_point *hull = NULL;
    int rc;
    if ((rc = open_source(&s, room, err)) || (rc = RF_NEW(walk, room, err)) || (rc = RF_NEW(hull, room, err)))
        goto out;
    const size_t n = rf_lambda_walk(plan, NULL, 1, walk);
    const bool corners = wish->corners || wish->budgets; /* a pass over all prompts for each of them */
    if ((corners && (rc = find_corners(&s, walk, n, hull, err))) || (rc = take_all(&s, err)))
        goto out;
    if (wish->curve)
        rc = take_curve(&s, walk, n, err);
out:
    rf_free(walk);
    rf_free(hull);
    close_source(&s);
    return rc;
}

int rf_points_add_zero(struct rf_points *p, size_t entry, const struct rf_field *f, const struct rf_points_wish *wish,
                       struct rf_err *err)
{
    struct source s = { .p = p, .entry = entry, .f = f, .zero = true, .models = f->models, .wish = wish };
    struct rf_point *model = NULL, *hull = NULL;
    size_t corners;
    int rc;
    if ((rc = open_source(&s, f->models, err)) || (rc = RF_NEW(model, f->models, err)) ||
        (rc = RF_NEW(hull, f->models, err)))
        goto out;
    for (uint32_t m = 0; m < f->models; m++) {
        for (size_t i = 0; i < f->prompts; i++)
            s.low[i] = m;
        model[m] = rf_lambda_mean(f, s.low, NULL);
    }
    if ((rc = rf_hull(model, f->models, hull, &corners, err)))
        goto out;
    for (size_t i = 0; i < corners; i++) {
        uint32_t m = 0;
        while (model[m].cost != hull[i].cost || model[m].quality != hull[i].quality)
            m++;
        s.corner[s.corners++] = (struct corner){ NAN, m, hull[i] };
    }
    rc = take_all(&s, err);
out:
    rf_free(model);
    rf_free(hull);
    close_source(&s);
    return rc;
}
