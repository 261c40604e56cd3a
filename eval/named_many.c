/* What does not change with a resample (choices, ORBIT's steps of the budget, entropies) is found once per router; a
 * resample then only weighs it. */
#include "eval/named_many.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/resample.h"
#include "eval/named.h"

const char *const rf_named_metric_name[RF_NAMED_METRICS] = {
    [RF_NAMED_ARENA] = "arena",
    [RF_NAMED_ARENA_CODE] = "arena_code",
    [RF_NAMED_NAUC_CODE] = "nauc_code",
    [RF_NAMED_PEAK_CODE] = "peak_code",
    [RF_NAMED_QNC_CODE] = "qnc_code",
    [RF_NAMED_RCI] = "rci",
    [RF_NAMED_V_R] = "v_r",
    [RF_NAMED_V_B] = "v_b",
    [RF_NAMED_EP_CODE] = "e_p_code",
    [RF_NAMED_EP] = "e_p",
    [RF_NAMED_PERF_GAIN] = "perf_gain",
    [RF_NAMED_COST_SAVE] = "cost_save",
    [RF_NAMED_PARETO_DIST] = "pareto_dist",
    [RF_NAMED_AREA] = "deferral_area",
    [RF_NAMED_DEFERRAL_QNC] = "deferral_qnc",
};

const char *const rf_named_group_name[RF_NAMED_GROUPS] = {
    [RF_NAMED_ROUTERARENA] = "routerarena", [RF_NAMED_ORBIT] = "orbit",
    [RF_NAMED_ROUTEREVAL] = "routereval",   [RF_NAMED_LRB] = "lrb",
    [RF_NAMED_DEFERRAL] = "deferral",
};

enum rf_named_group rf_named_group_of(enum rf_named_metric m)
{
    return m < RF_NAMED_NAUC_CODE   ? RF_NAMED_ROUTERARENA
           : m < RF_NAMED_V_R       ? RF_NAMED_ORBIT
           : m < RF_NAMED_PERF_GAIN ? RF_NAMED_ROUTEREVAL
           : m < RF_NAMED_AREA      ? RF_NAMED_LRB
                                    : RF_NAMED_DEFERRAL;
}

/* From a budget on, a prompt's score and cost are so much more than with the one before. */
struct step {
    uint32_t budget, prompt;
    double score, cost;
};

/* A router's prompts, one by one. */
struct prepared {
    uint32_t *choice; /* [prompts] at lambda 0 */
    double *bits;     /* [prompts] NULL: oracle */
    uint8_t *collapsed;
    struct step *step; /* [steps] from budget 0 on, by prompt */
    size_t steps, budgets;
};

struct work {
    const struct rf_named_router *router;
    struct prepared *ready; /* [routers] */
    size_t routers;
    const struct rf_results *r;
    size_t best, reference, resamples;
    uint64_t seed;
    double *value; /* [routers + models][RF_NAMED_METRICS][resamples] */
};

static void prepared_release(struct prepared *p)
{
    rf_free(p->choice);
    rf_free(p->bits);
    rf_free(p->collapsed);
    rf_free(p->step);
}

static size_t dearest_of(const struct rf_field *f)
{
    size_t dearest = 0;
    double most = -1;
    for (size_t m = 0; m < f->models; m++) {
        double cost = 0;
        for (size_t i = 0; i < f->prompts; i++)
            cost += f->true_cost[i * f->models + m];
        if (cost > most) {
            most = cost;
            dearest = m;
        }
    }
    return dearest;
}

/* ORBIT's choices over the budgets: one step a prompt where they begin, and one for every change. */
static int prepare_steps(struct prepared *p, const struct rf_field *f, struct rf_err *err)
{
    double budget[RF_ORBIT_BUDGETS];
    size_t room = 0;
    int rc = rf_orbit_budgets(f, budget, &p->budgets, err);
    for (size_t i = 0; i < f->prompts && !rc; i++) {
        const double *const score = f->score + i * f->models, *const cost = f->cost + i * f->models;
        const double *const got = f->true_score + i * f->models, *const paid = f->true_cost + i * f->models;
        size_t at = f->models;
        for (size_t b = 0; b < p->budgets && !rc; b++) {
            const size_t to = rf_orbit_choose(score, cost, f->models, budget[b]);
            if (to == at)
                continue;
            if (p->steps == room) {
                struct step *const more = rf_regrow(p->step, room, room ? 2 * room : 1024, sizeof *more, err);
                if (!more) {
                    rc = RF_FAIL;
                    break;
                }
                p->step = more;
                room = room ? 2 * room : 1024;
            }
            const bool first = at == f->models;
            p->step[p->steps++] = (struct step){ (uint32_t)b, (uint32_t)i, got[to] - (first ? 0 : got[at]),
                                                 paid[to] - (first ? 0 : paid[at]) };
            at = to;
        }
    }
    return rc;
}

static int prepare(struct prepared *p, const struct rf_named_router *r, struct rf_err *err)
{
    const struct rf_field *const f = r->field;
    const size_t dearest = dearest_of(f);
    int rc;
    if ((rc = RF_NEW(p->choice, f->prompts, err)) || (rc = RF_NEW(p->collapsed, f->prompts, err)) ||
        (!r->oracle && (rc = RF_NEW(p->bits, f->prompts, err))) || (rc = prepare_steps(p, f, err)))
        return rc;
    rf_lambda_choose(f, 0, p->choice);
    for (size_t i = 0; i < f->prompts; i++) {
        p->collapsed[i] = rf_orbit_collapsed(f->true_score + i * f->models, f->models, dearest, p->choice[i]) != 0;
        if (p->bits)
            p->bits[i] = rf_routereval_bits_code(f->score + i * f->models, f->models);
    }
    return 0;
}

/* ---- one sample ---- */

/* Scratch of one thread. */
struct scratch {
    uint8_t *count;               /* [prompts] */
    struct rf_lambda_point *walk; /* of the router with most points */
    struct rf_point *curve;       /* [routers][RF_NAMED_POINTS + 2] */
    size_t *points;               /* [routers] */
    struct rf_point *front;       /* of all routers and models */
    struct rf_point *pad;         /* for one curve, or the budgets */
    struct rf_point *model;       /* [models] */
    double *share;                /* [models of the router that has most] */
};
enum { ROOM = RF_NAMED_POINTS + 2 }; /* both ends stay */

static int scratch_init(struct scratch *s, const struct work *w, struct rf_err *err)
{
    const size_t models = w->r->models;
    size_t most = 1, choices = models, all;
    *s = (struct scratch){ 0 };
    for (size_t i = 0; i < w->routers; i++) {
        const size_t n = rf_lambda_points(w->router[i].plan), k = w->router[i].field->models;
        most = n > most ? n : most;
        choices = k > choices ? k : choices;
    }
    if (!rf_mul(w->routers, ROOM, &all) || !rf_add(all, models, &all))
        return rf_fail(err, RF_FAIL, "out of memory: %zu routers", w->routers);
    return RF_NEW(s->count, w->r->n, err) || RF_NEW(s->walk, most, err) || RF_NEW(s->curve, all, err) ||
                   RF_NEW(s->points, w->routers, err) || RF_NEW(s->front, all, err) || RF_NEW(s->pad, ROOM, err) ||
                   RF_NEW(s->model, models, err) || RF_NEW(s->share, choices, err)
               ? RF_FAIL
               : 0;
}

static void scratch_release(struct scratch *s)
{
    void *const owned[] = { s->count, s->walk, s->curve, s->points, s->front, s->pad, s->model, s->share };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        rf_free(owned[i]);
}

static double weight_of(const uint8_t *count, size_t i)
{
    return count ? count[i] : 1;
}

static double model_points(const struct rf_results *r, const uint8_t *count, struct rf_point *p)
{
    double n = 0;
    memset(p, 0, r->models * sizeof *p);
    for (size_t i = 0; i < r->n; i++) {
        const double w = weight_of(count, i);
        n += w;
        for (size_t m = 0; m < r->models; m++) {
            p[m].quality += w * r->score[i * r->models + m];
            p[m].cost += w * r->cost[i * r->models + m];
        }
    }
    for (size_t m = 0; m < r->models; m++) {
        p[m].quality /= n;
        p[m].cost /= n;
    }
    return n;
}

static void fill_curve(const struct rf_lambda_plan *plan, const uint8_t *count, struct scratch *s, size_t at)
{
    struct rf_point *const curve = s->curve + at * ROOM;
    const size_t n = rf_lambda_walk(plan, count, rf_lambda_points(plan) / RF_NAMED_POINTS + 1, s->walk);
    for (size_t k = 0; k < n; k++) /* sums of steps may end a rounding below nothing */
        curve[k] = (struct rf_point){ fmax(0, s->walk[k].truth.cost), s->walk[k].truth.quality };
    s->points[at] = n;
}

/* What hangs on single prompts: the choice at lambda 0, the budgets. n: the sum of the counts. */
static void measure_choices(const struct work *w, size_t at, const uint8_t *count, double n, struct scratch *s,
                            double *v)
{
    const struct rf_field *const f = w->router[at].field;
    const struct prepared *const p = &w->ready[at];
    struct rf_point mean = { 0, 0 };
    double collapsed = 0, bits = 0;
    memset(s->share, 0, f->models * sizeof *s->share);
    for (size_t i = 0; i < f->prompts; i++) {
        const double weight = weight_of(count, i) / n;
        const size_t cell = i * f->models + p->choice[i];
        mean.quality += weight * f->true_score[cell];
        mean.cost += weight * f->true_cost[cell];
        collapsed += weight * p->collapsed[i];
        bits += p->bits ? weight * p->bits[i] : 0;
        s->share[p->choice[i]] += weight;
    }
    v[RF_NAMED_ARENA] = rf_arena(mean);
    v[RF_NAMED_ARENA_CODE] = rf_arena_code(mean);
    v[RF_NAMED_RCI] = collapsed;
    v[RF_NAMED_V_R] = w->reference < w->r->models ? mean.quality / s->model[w->reference].quality : (double)NAN;
    v[RF_NAMED_V_B] = mean.quality / s->model[w->best].quality;
    v[RF_NAMED_EP_CODE] = p->bits ? bits : (double)NAN;
    v[RF_NAMED_EP] = rf_routereval_bits(s->share, f->models);
}

static void measure_budgets(const struct work *w, size_t at, const uint8_t *count, double n, struct scratch *s,
                            double *v)
{
    const struct prepared *const p = &w->ready[at];
    struct rf_point under[RF_ORBIT_BUDGETS] = { { 0, 0 } };
    for (size_t k = 0; k < p->steps; k++) {
        const struct step *const t = &p->step[k];
        const double weight = weight_of(count, t->prompt) / n;
        under[t->budget].quality += weight * t->score;
        under[t->budget].cost += weight * t->cost;
    }
    for (size_t b = 1; b < p->budgets; b++) {
        under[b].quality += under[b - 1].quality;
        under[b].cost = fmax(0, under[b].cost + under[b - 1].cost);
    }
    const struct rf_orbit o = rf_orbit_code(under, p->budgets, s->model[w->best], s->pad);
    v[RF_NAMED_NAUC_CODE] = o.nauc;
    v[RF_NAMED_PEAK_CODE] = o.peak;
    v[RF_NAMED_QNC_CODE] = o.qnc;
}

static void measure_curve(const struct rf_point *p, size_t n, double dearest, struct rf_point best, struct scratch *s,
                          double *v)
{
    const struct rf_deferral d = rf_deferral_of(p, n, dearest, best, s->pad);
    v[RF_NAMED_PERF_GAIN] = rf_lrb_perf_gain(p, n, best);
    v[RF_NAMED_COST_SAVE] = rf_lrb_cost_save(p, n, best);
    v[RF_NAMED_AREA] = d.area;
    v[RF_NAMED_DEFERRAL_QNC] = d.qnc;
}

static void measure_model(const struct work *w, size_t m, struct rf_point best, const struct rf_point *p, double *v)
{
    v[RF_NAMED_ARENA] = rf_arena(p[m]);
    v[RF_NAMED_ARENA_CODE] = rf_arena_code(p[m]);
    v[RF_NAMED_V_R] = w->reference < w->r->models ? p[m].quality / p[w->reference].quality : (double)NAN;
    v[RF_NAMED_V_B] = p[m].quality / best.quality;
    v[RF_NAMED_PERF_GAIN] = rf_lrb_perf_gain(&p[m], 1, best);
    v[RF_NAMED_COST_SAVE] = rf_lrb_cost_save(&p[m], 1, best);
}

/* The range of all points compared. */
static struct rf_point range_of(const struct rf_point *p, size_t n)
{
    struct rf_point low = p[0], high = p[0];
    for (size_t i = 1; i < n; i++) {
        low = (struct rf_point){ fmin(low.cost, p[i].cost), fmin(low.quality, p[i].quality) };
        high = (struct rf_point){ fmax(high.cost, p[i].cost), fmax(high.quality, p[i].quality) };
    }
    return (struct rf_point){ high.cost - low.cost, high.quality - low.quality };
}

/* value[routers + models][RF_NAMED_METRICS] * stride of one sample; count NULL: the data themselves. */
static void sample(const struct work *w, const uint8_t *count, struct scratch *s, double *value, size_t stride)
{
    const size_t models = w->r->models;
    const double n = model_points(w->r, count, s->model);
    const struct rf_point best = s->model[w->best];
    double dearest = 0, v[RF_NAMED_METRICS];
    size_t all = models;
    for (size_t m = 0; m < models; m++)
        dearest = fmax(dearest, s->model[m].cost);
    memcpy(s->front, s->model, models * sizeof *s->front);
    for (size_t i = 0; i < w->routers; i++) {
        fill_curve(w->router[i].plan, count, s, i);
        if (w->router[i].oracle)
            continue;
        memcpy(s->front + all, s->curve + i * ROOM, s->points[i] * sizeof *s->front);
        all += s->points[i];
    }
    const struct rf_point range = range_of(s->front, all);
    const size_t corners = rf_lrb_front(s->front, all, s->front);
    for (size_t e = 0; e < w->routers + models; e++) {
        for (size_t k = 0; k < RF_NAMED_METRICS; k++)
            v[k] = NAN;
        const struct rf_point *const p = e < w->routers ? s->curve + e * ROOM : &s->model[e - w->routers];
        const size_t points = e < w->routers ? s->points[e] : 1;
        if (e < w->routers) {
            measure_choices(w, e, count, n, s, v);
            measure_budgets(w, e, count, n, s, v);
            measure_curve(p, points, dearest, best, s, v);
        } else {
            measure_model(w, e - w->routers, best, s->model, v);
        }
        if (e >= w->routers || !w->router[e].oracle)
            v[RF_NAMED_PARETO_DIST] = rf_lrb_pareto_dist(p, points, s->front, corners, range);
        for (size_t k = 0; k < RF_NAMED_METRICS; k++)
            value[(e * RF_NAMED_METRICS + k) * stride] = v[k];
    }
}

/* Resamples [block * RF_LANES, ...): par's unit of work. */
static int resample_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct work *const w = ctx;
    const size_t n = w->r->n, first = block * RF_LANES;
    uint64_t size[RF_LANES];
    uint8_t *lanes = NULL;
    struct scratch s = { 0 };
    int rc = 0;
    if (rf_interrupted())
        return rf_fail(err, RF_INTERRUPTED, "interrupted after about %zu of %zu resamples", first, w->resamples);
    if (scratch_init(&s, w, err) || !(lanes = rf_calloc(n, RF_LANES, err))) {
        rc = RF_FAIL;
        goto out;
    }
    rf_resample(w->seed, block, n, false, lanes, size);
    for (size_t l = 0; l < RF_LANES && first + l < w->resamples; l++) {
        for (size_t i = 0; i < n; i++)
            s.count[i] = lanes[i * RF_LANES + l];
        sample(w, s.count, &s, w->value + first + l, w->resamples);
    }
out:
    rf_free(lanes);
    scratch_release(&s);
    return rc;
}

int rf_named_all(struct rf_named *out, const struct rf_named_router *router, size_t routers, const struct rf_results *r,
                 size_t best, size_t reference, const struct rf_means_options *o, struct rf_err *err)
{
    struct work w = { .router = router,
                      .routers = routers,
                      .r = r,
                      .best = best,
                      .reference = reference,
                      .resamples = o->resamples,
                      .seed = o->seed };
    const size_t entries = routers + r->models;
    struct scratch s = { 0 };
    double *point = NULL;
    size_t figures, cells;
    int rc;
    if (!rf_mul(entries, RF_NAMED_METRICS, &figures) || !rf_mul(figures, o->resamples, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu resamples", o->resamples);
    if ((rc = RF_NEW(w.ready, routers, err)) || (rc = RF_NEW(point, figures, err)) ||
        (rc = RF_NEW(w.value, cells, err)) || (rc = scratch_init(&s, &w, err)))
        goto out;
    for (size_t i = 0; i < routers; i++)
        if ((rc = prepare(&w.ready[i], &router[i], err)))
            goto out;
    sample(&w, NULL, &s, point, 1);
    if ((rc = rf_par_run((o->resamples + RF_LANES - 1) / RF_LANES, o->threads, resample_block, &w, err)))
        goto out;
    for (size_t e = 0; e < entries; e++)
        for (size_t k = 0; k < RF_NAMED_METRICS; k++) {
            const size_t at = e * RF_NAMED_METRICS + k;
            out[e].value[k] = point[at];
            rf_percentiles(w.value + at * o->resamples, o->resamples, &out[e].low[k], &out[e].high[k]);
        }
out:
    for (size_t i = 0; w.ready && i < routers; i++)
        prepared_release(&w.ready[i]);
    rf_free(w.ready);
    rf_free(w.value);
    rf_free(point);
    scratch_release(&s);
    return rc;
}
