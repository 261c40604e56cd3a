/* One plan of lambda steps per router, walked once for the curve and once per resample with the resample's counts. */
#include "eval/many.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/names.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/resample.h"
#include "core/rng.h"
#include "eval/interval.h"

/* Breakpoints that a resample keeps of a curve: enough that the hull's area moves by less than its last shown digit. */
enum { KEPT = 2000 };
enum { HALVES = 40, HALVES_STREAM = 0x68616c66 }; /* random halves, and the stream of random numbers that divides */
/* From this ratio of the models' costs on they are best seen by factors. */
#define LOG_RATIO 12

const char *const rf_many_metric_name[RF_MANY_METRICS] = {
    [RF_MANY_AIQ] = "aiq",         [RF_MANY_AIQ_CODE] = "aiq_code", [RF_MANY_AIQ_PAPER] = "aiq_paper",
    [RF_MANY_QUALITY] = "quality", [RF_MANY_COST] = "cost",         [RF_MANY_QNC] = "qnc",
};

/* A router, or the oracle, under evaluation. */
struct contender {
    struct rf_field field;
    double *own;                         /* its four matrices, or NULL where they are the results' */
    size_t column[ROUTEFIT_MOST_MODELS]; /* place of each of its models among the results' */
    struct rf_lambda_plan *plan;
};

struct work {
    struct rf_many *m;
    struct contender *c; /* [curves] */
    size_t curves;       /* routers and the oracle */
    uint64_t seed;
    size_t resamples;
    double *value; /* [entries][RF_MANY_METRICS][resamples] */
    bool band;
    double *height; /* [curves + 1][RF_MANY_BAND][resamples], routers, oracle, zero router; NULL: not wanted */
};

/* ---- the data ---- */

static void find_best(struct rf_many *m)
{
    double best = -INFINITY, paid = INFINITY;
    for (size_t k = 0; k < m->r.models; k++) {
        double score = 0, cost = 0;
        for (size_t i = 0; i < m->r.n; i++) {
            score += m->r.score[i * m->r.models + k];
            cost += m->r.cost[i * m->r.models + k];
        }
        if (score > best || (score >= best && cost < paid)) {
            m->best = k;
            best = score;
            paid = cost;
        }
    }
}

/* column[routefit_models] = the places of a router's models, by name or alias, among those of the results. */
static int find_columns(size_t *column, const struct rf_results *r, const struct rf_router *router, struct rf_db *db,
                        const char *bench, struct rf_err *err)
{
    struct rf_aliases alias = { 0 };
    int rc = rf_aliases_read(&alias, db, err);
    if (!rc && rf_router_models(router) > ROUTEFIT_MOST_MODELS)
        rc = rf_fail(err, RF_BAD_INPUT, "router \"%s\" chooses among %zu models, expected at most %d", router->name,
                     rf_router_models(router), ROUTEFIT_MOST_MODELS);
    for (size_t k = 0; k < rf_router_models(router) && !rc; k++) {
        const char *const name = rf_router_model(router, k), *const known = rf_known_as(&alias, name);
        column[k] = 0;
        while (column[k] < r->models && strcmp(r->model[column[k]], known) != 0)
            column[k]++;
        if (column[k] == r->models)
            rc = rf_fail(err, RF_BAD_INPUT,
                         "router \"%s\" chooses among models of which \"%s\" has no results on benchmark \"%s\", or "
                         "--model leaves it out",
                         router->name, name, bench);
    }
    rf_aliases_release(&alias);
    return rc;
}

/* The router's predictions beside the true figures of its own models. */
static int fill_field(struct contender *c, const struct rf_results *r, const struct rf_router *router,
                      struct rf_ctx *ctx, const char *bench, const struct rf_router_options *o, struct rf_err *err)
{
    const size_t models = rf_router_models(router), *const column = c->column;
    size_t cells;
    int rc = find_columns(c->column, r, router, ctx->db, bench, err);
    if (rc)
        return rc;
    if (!rf_mul(r->n, models * 4, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu questions of %zu models", r->n, models);
    rc = RF_NEW(c->own, cells, err);
    double *const score = c->own, *const cost = score + r->n * models;
    if (rc || (rc = rf_router_predict(router, ctx->db, bench, r->prompt, r->n, o, score, cost, err)))
        return rc;
    double *const true_score = cost + r->n * models, *const true_cost = true_score + r->n * models;
    for (size_t i = 0; i < r->n; i++)
        for (size_t k = 0; k < models; k++) {
            true_score[i * models + k] = r->score[i * r->models + column[k]];
            true_cost[i * models + k] = r->cost[i * r->models + column[k]];
        }
    c->field = (struct rf_field){ r->n, models, score, cost, true_score, true_cost };
    return 0;
}

/* ---- one sample ---- */

/* Scratch of one thread. */
struct scratch {
    uint8_t *count;
    struct rf_lambda_point *walk;
    struct rf_point *hull; /* [curves + 1][room] */
    size_t room;
    size_t *corners;        /* [curves + 1] */
    double *end;            /* [curves + 1] rf_hull_end */
    struct rf_point *model; /* [models] */
};

static int scratch_init(struct scratch *s, const struct work *w, struct rf_err *err)
{
    *s = (struct scratch){ .room = w->m->r.models };
    for (size_t i = 0; i < w->curves; i++) {
        const size_t n = rf_lambda_points(w->c[i].plan);
        s->room = n > s->room ? n : s->room;
    }
    return RF_NEW(s->count, w->m->r.n, err) || RF_NEW(s->walk, s->room, err) ||
                   RF_NEW(s->hull, s->room * (w->curves + 1), err) || RF_NEW(s->corners, w->curves + 1, err) ||
                   RF_NEW(s->end, w->curves + 1, err) || RF_NEW(s->model, w->m->r.models, err)
               ? RF_FAIL
               : 0;
}

static void scratch_release(struct scratch *s)
{
    void *const owned[] = { s->count, s->walk, s->hull, s->corners, s->end, s->model };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        rf_free(owned[i]);
}

static void model_points(const struct rf_results *r, const uint8_t *count, struct rf_point *p)
{
    double weight = 0;
    memset(p, 0, r->models * sizeof *p);
    for (size_t i = 0; i < r->n; i++) {
        const double w = count ? count[i] : 1;
        weight += w;
        for (size_t k = 0; k < r->models; k++) {
            p[k].quality += w * r->score[i * r->models + k];
            p[k].cost += w * r->cost[i * r->models + k];
        }
    }
    for (size_t k = 0; k < r->models; k++) {
        p[k].quality /= weight;
        p[k].cost /= weight;
    }
}

/* Least cost at which the hull reaches a quality; NaN: it never does. */
static double cost_of(const struct rf_point *hull, size_t n, double quality)
{
    if (hull[0].quality >= quality)
        return hull[0].cost;
    for (size_t i = 1; i < n; i++)
        if (hull[i].quality >= quality)
            return hull[i - 1].cost + (hull[i].cost - hull[i - 1].cost) * (quality - hull[i - 1].quality) /
                                          (hull[i].quality - hull[i - 1].quality);
    return NAN;
}

static void metrics_of(const struct rf_point *hull, size_t n, double end, double upto, struct rf_point best,
                       double *metric)
{
    metric[RF_MANY_AIQ] = rf_aiq_code(hull, n, upto);
    metric[RF_MANY_AIQ_CODE] = rf_aiq_code(hull, n, end);
    metric[RF_MANY_AIQ_PAPER] = rf_aiq_paper(hull, n, upto);
    metric[RF_MANY_QUALITY] = hull[n - 1].quality;
    metric[RF_MANY_COST] = hull[n - 1].cost;
    metric[RF_MANY_QNC] = best.cost > 0 ? cost_of(hull, n, best.quality) / best.cost : (double)NAN;
}

/* Which entry is the i-th curve's, which the zero router's, which model k's: routers, zero router, oracle, models. */
static size_t entry_of(const struct work *w, size_t curve)
{
    return curve + 1 < w->curves ? curve
                                 : w->curves; /* the oracle is the last curve and stands behind the zero router */
}

/* height[curves + 1][RF_MANY_BAND] * stride: the hulls of one sample at the band's costs. */
static void measure_band(const struct work *w, const struct scratch *s, double *height, size_t stride)
{
    for (size_t i = 0; i <= w->curves; i++)
        for (size_t j = 0; j < RF_MANY_BAND; j++)
            height[(i * RF_MANY_BAND + j) * stride] =
                rf_hull_quality(s->hull + i * s->room, s->corners[i], w->m->grid[j]);
}

/* metric[entries][RF_MANY_METRICS] * stride of one sample; count NULL: the data themselves. */
static int sample(const struct work *w, const uint8_t *count, struct scratch *s, double *metric, size_t stride,
                  struct rf_err *err)
{
    const struct rf_results *const r = &w->m->r;
    const size_t zero = w->curves, models = w->curves + 1;
    double upto = 0, all[RF_MANY_METRICS];
    int rc = 0;
    model_points(r, count, s->model);
    for (size_t k = 0; k < r->models; k++)
        upto = fmax(upto, s->model[k].cost);
    for (size_t i = 0; i <= w->curves && !rc; i++) {
        struct rf_point *const hull = s->hull + i * s->room;
        size_t n = r->models;
        if (i == zero) {
            memcpy(hull, s->model, n * sizeof *hull);
        } else {
            const size_t every = count ? rf_lambda_points(w->c[i].plan) / KEPT + 1 : 1;
            n = rf_lambda_walk(w->c[i].plan, count, every, s->walk);
            for (size_t k = 0; k < n; k++) /* sums of steps may end a rounding below nothing */
                hull[k] = (struct rf_point){ fmax(0, s->walk[k].truth.cost), s->walk[k].truth.quality };
        }
        s->end[i] = rf_hull_end(hull, n);
        rc = rf_hull(hull, n, hull, &s->corners[i], err);
    }
    for (size_t i = 0; i <= w->curves && !rc; i++) {
        const size_t e = i == zero ? w->curves - 1 : entry_of(w, i);
        metrics_of(s->hull + i * s->room, s->corners[i], s->end[i], upto, s->model[w->m->best], all);
        for (size_t k = 0; k < RF_MANY_METRICS; k++)
            metric[(e * RF_MANY_METRICS + k) * stride] = all[k];
    }
    for (size_t k = 0; k < r->models && !rc; k++)
        for (size_t j = 0; j < RF_MANY_METRICS; j++)
            metric[((models + k) * RF_MANY_METRICS + j) * stride] = j == RF_MANY_QUALITY ? s->model[k].quality
                                                                    : j == RF_MANY_COST  ? s->model[k].cost
                                                                                         : (double)NAN;
    return rc;
}

/* ---- resamples ---- */

/* Resamples [block * RF_LANES, ...): par's unit of work. */
static int resample_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct work *const w = ctx;
    const size_t n = w->m->r.n, first = block * RF_LANES;
    uint64_t size[RF_LANES];
    uint8_t *lanes = NULL;
    struct scratch s = { 0 };
    int rc;
    if (rf_interrupted())
        return rf_fail(err, RF_INTERRUPTED, "interrupted after about %zu of %zu resamples", first, w->resamples);
    if ((rc = scratch_init(&s, w, err)) || !(lanes = rf_calloc(n, RF_LANES, err))) {
        rc = RF_FAIL;
        goto out;
    }
    rf_resample(w->seed, block, n, false, lanes, size);
    for (size_t l = 0; l < RF_LANES && first + l < w->resamples && !rc; l++) {
        for (size_t i = 0; i < n; i++)
            s.count[i] = lanes[i * RF_LANES + l];
        rc = sample(w, s.count, &s, w->value + first + l, w->resamples, err);
        if (w->band && !rc)
            measure_band(w, &s, w->height + first + l, w->resamples);
    }
out:
    rf_free(lanes);
    scratch_release(&s);
    return rc;
}

static int fill_band(const struct work *w, size_t curve, struct rf_many_entry *e, struct rf_err *err)
{
    int rc;
    if ((rc = RF_NEW(e->band_low, RF_MANY_BAND, err)) || (rc = RF_NEW(e->band_high, RF_MANY_BAND, err)))
        return rc;
    for (size_t j = 0; j < RF_MANY_BAND; j++)
        rf_percentiles(w->height + (curve * RF_MANY_BAND + j) * w->resamples, w->resamples, &e->band_low[j],
                       &e->band_high[j]);
    return 0;
}

/* mean[entries][RF_MANY_METRICS] over random halves of the questions, both halves of each division. */
static int measure_halves(const struct work *w, struct scratch *s, double *mean, struct rf_err *err)
{
    const size_t n = w->m->r.n, cells = w->m->n * RF_MANY_METRICS;
    uint32_t *order = NULL;
    double *one = NULL;
    struct rf_rng rng;
    int rc;
    if ((rc = RF_NEW(order, n, err)) || (rc = RF_NEW(one, cells, err)))
        goto out;
    rf_rng_init(&rng, w->seed, HALVES_STREAM);
    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    for (size_t h = 0; h < HALVES && !rc; h++) {
        if (h % 2 == 0)
            rf_rng_shuffle(&rng, order, n);
        for (size_t i = 0; i < n; i++)
            s->count[order[i]] = (i < n / 2) == (h % 2 == 0);
        rc = sample(w, s->count, s, one, 1, err);
        for (size_t i = 0; i < cells; i++)
            mean[i] += one[i] / HALVES;
    }
out:
    rf_free(order);
    rf_free(one);
    return rc;
}

/* Heights of hulls are maxima over noise: their intervals are BCa with the bias that halves of the questions show
 * (tests/bench/RESULTS.md: percentiles cover 88 to 91% of the time, these 94). Costs of a best point are not. */
static const bool is_maximum[RF_MANY_METRICS] = {
    [RF_MANY_AIQ] = true, [RF_MANY_AIQ_CODE] = true, [RF_MANY_AIQ_PAPER] = true, [RF_MANY_QUALITY] = true
};

static void fill_interval(const struct work *w, size_t e, size_t k, double mean_of_halves)
{
    struct rf_many_entry *const entry = &w->m->entry[e];
    struct rf_resamples s = { .x = w->value + (e * RF_MANY_METRICS + k) * w->resamples,
                              .n = w->resamples,
                              .value = entry->metric[k],
                              .acceleration = NAN };
    if (is_maximum[k] && w->m->r.n > 1)
        s.bias = rf_half_bias(s.value, mean_of_halves);
    const struct rf_interval i =
        isnan(s.value) ? (struct rf_interval){ NAN, NAN, NAN }
                       : rf_interval_of(&s, is_maximum[k] ? RF_INTERVAL_BCA : RF_INTERVAL_PERCENTILE, .95);
    entry->low[k] = i.low;
    entry->high[k] = i.high;
}

static int fill_metrics(struct work *w, int threads, struct rf_err *err)
{
    struct rf_many *const m = w->m;
    struct scratch s = { 0 };
    double *point = NULL, *halves = NULL;
    size_t cells, heights = 0;
    int rc;
    if (!rf_mul(m->n * RF_MANY_METRICS, w->resamples, &cells) ||
        (w->band && !rf_mul((w->curves + 1) * RF_MANY_BAND, w->resamples, &heights)))
        return rf_fail(err, RF_FAIL, "out of memory: %zu resamples", w->resamples);
    if ((rc = scratch_init(&s, w, err)) || (rc = RF_NEW(point, m->n * RF_MANY_METRICS, err)) ||
        (rc = RF_NEW(halves, m->n * RF_MANY_METRICS, err)) || (rc = RF_NEW(w->value, cells, err)) ||
        (w->band && (rc = RF_NEW(w->height, heights, err))) || (rc = sample(w, NULL, &s, point, 1, err)) ||
        (rc = measure_halves(w, &s, halves, err)) ||
        (rc = rf_par_run((w->resamples + RF_LANES - 1) / RF_LANES, threads, resample_block, w, err)))
        goto out;
    for (size_t e = 0; e < m->n; e++)
        for (size_t k = 0; k < RF_MANY_METRICS; k++) {
            m->entry[e].metric[k] = point[e * RF_MANY_METRICS + k];
            fill_interval(w, e, k, halves[e * RF_MANY_METRICS + k]);
        }
    for (size_t i = 0; w->band && i <= w->curves && !rc; i++)
        rc = fill_band(w, i, &m->entry[i == w->curves ? w->curves - 1 : entry_of(w, i)], err);
out:
    rf_free(point);
    rf_free(halves);
    rf_free(w->value);
    rf_free(w->height);
    scratch_release(&s);
    return rc;
}

/* ---- entries ---- */

static int fill_curve(struct rf_many_entry *e, const struct contender *c, struct rf_err *err)
{
    struct rf_lambda_point *walk = NULL;
    int rc;
    if ((rc = RF_NEW(walk, rf_lambda_points(c->plan), err)) || (rc = RF_NEW(e->point, rf_lambda_points(c->plan), err)))
        goto out;
    e->n = rf_lambda_walk(c->plan, NULL, 1, walk);
    for (size_t i = 0; i < e->n; i++)
        e->point[i] = walk[i].truth;
out:
    rf_free(walk);
    return rc;
}

static void set_grid(struct rf_many *m, const struct rf_point *model)
{
    double low = INFINITY, high = 0;
    for (size_t k = 0; k < m->r.models; k++) {
        low = fmin(low, model[k].cost);
        high = fmax(high, model[k].cost);
    }
    m->log_grid = low > 0 && high > LOG_RATIO * low;
    for (size_t j = 0; j < RF_MANY_BAND; j++) {
        const double t = (double)j / (RF_MANY_BAND - 1);
        m->grid[j] = m->log_grid ? low * pow(high / low, t) : low + (high - low) * t;
    }
    m->grid[RF_MANY_BAND - 1] = high;
}

static int fill_models(struct rf_many *m, size_t first, struct rf_err *err)
{
    struct rf_point *p = NULL;
    size_t corners;
    int rc = RF_NEW(p, m->r.models, err);
    if (rc)
        return rc;
    model_points(&m->r, NULL, p);
    set_grid(m, p);
    for (size_t k = 0; k < m->r.models && !rc; k++) {
        struct rf_many_entry *const e = &m->entry[first + k];
        *e = (struct rf_many_entry){ .name = m->r.model[k], .role = RF_MANY_MODEL, .n = 1 };
        if (!(rc = RF_NEW(e->point, 1, err)))
            e->point[0] = p[k];
    }
    struct rf_many_entry *const zero = &m->entry[first - 2];
    zero->point = p;
    if (!rc)
        rc = rf_hull(p, m->r.models, p, &corners, err);
    zero->n = rc ? 0 : corners;
    return rc;
}

/* The points that are wished for: routers, zero router, oracle. */
static int fill_points(const struct work *w, const struct rf_points_wish *asked, int threads, struct rf_err *err)
{
    struct rf_points_wish wish = *asked;
    struct rf_many *const m = w->m;
    int rc = 0;
    wish.boot = (struct rf_means_options){ w->resamples, w->seed, threads };
    for (size_t i = 0; i < w->curves && !rc; i++) {
        const struct contender *const c = &w->c[i];
        const bool oracle = i + 1 == w->curves;
        if (oracle)
            rc = rf_points_add_zero(&m->at, i, &c->field, &wish, err);
        if (!rc)
            rc = rf_points_add(&m->at, entry_of(w, i), &c->field, oracle ? NULL : c->column, m->r.models, c->plan,
                               &wish, err);
    }
    return rc;
}

/* The place of V_R's model among those of the results. */
static int find_reference(const struct rf_results *r, const char *name, struct rf_db *db, const char *bench,
                          size_t *place, struct rf_err *err)
{
    struct rf_aliases alias = { 0 };
    int rc = name ? rf_aliases_read(&alias, db, err) : 0;
    *place = name && !rc ? 0 : r->models;
    while (*place < r->models && strcmp(r->model[*place], rf_known_as(&alias, name)) != 0)
        ++*place;
    if (name && !rc && *place == r->models)
        rc = rf_fail(err, RF_USAGE, "--reference: benchmark \"%s\" has no results of \"%s\"", bench, name);
    rf_aliases_release(&alias);
    return rc;
}

static int fill_named(const struct work *w, const char *name, struct rf_ctx *ctx, const char *bench, struct rf_err *err)
{
    const struct rf_means_options o = { w->resamples, w->seed, ctx->threads };
    struct rf_many *const m = w->m;
    struct rf_named_router *router = NULL;
    size_t reference;
    int rc;
    if ((rc = RF_NEW(router, w->curves, err)) || (rc = RF_NEW(m->named, w->curves + m->r.models, err)) ||
        (rc = find_reference(&m->r, name, ctx->db, bench, &reference, err)))
        goto out;
    for (size_t i = 0; i < w->curves; i++) {
        router[i] = (struct rf_named_router){ &w->c[i].field, w->c[i].plan, i + 1 == w->curves };
        m->entry[entry_of(w, i)].named = &m->named[i];
    }
    for (size_t k = 0; k < m->r.models; k++)
        m->entry[w->curves + 1 + k].named = &m->named[w->curves + k];
    rc = rf_named_all(m->named, router, w->curves, &m->r, m->best, reference, &o, err);
out:
    rf_free(router);
    return rc;
}

static int by_quality(const void *a, const void *b)
{
    const struct rf_many_entry *x = a, *y = b;
    const double p = x->metric[RF_MANY_QUALITY], q = y->metric[RF_MANY_QUALITY];
    return p > q ? -1 : p < q ? 1 : strcmp(x->name, y->name);
}

int rf_many_evaluate(struct rf_many *m, struct rf_ctx *ctx, const char *bench, const struct rf_many_options *o,
                     const struct rf_router *router, size_t routers, struct rf_err *err)
{
    const struct rf_results_filter f = { .bench = { &bench, 1 }, .model = o->model, .source = o->source };
    struct work w = {
        .m = m, .curves = routers + 1, .seed = ctx->seed, .resamples = (size_t)o->resamples, .band = o->band
    };
    int rc;
    *m = (struct rf_many){ 0 };
    if ((rc = RF_NEW(w.c, w.curves, err)) || (rc = rf_results_load(&m->r, ctx->db, &f, err)) ||
        (rc = rf_results_complete(&m->r, bench, &m->holes, err)))
        goto out;
    find_best(m);
    m->n = routers + 2 + m->r.models;
    if ((rc = RF_NEW(m->entry, m->n, err)))
        goto out;
    for (size_t i = 0; i < w.curves && !rc; i++) {
        struct contender *const c = &w.c[i];
        struct rf_many_entry *const e = &m->entry[entry_of(&w, i)];
        const bool oracle = i == routers;
        *e = (struct rf_many_entry){ .name = oracle ? "oracle" : router[i].name,
                                     .role = oracle ? RF_MANY_ORACLE : RF_MANY_ROUTER };
        c->field = (struct rf_field){ m->r.n, m->r.models, m->r.score, m->r.cost, m->r.score, m->r.cost };
        if (!oracle)
            rc = fill_field(c, &m->r, &router[i], ctx, bench, &o->router, err);
        if (rc || (rc = rf_lambda_plan_new(&c->plan, &c->field, err)))
            rc = rf_fail_in(err, "%s", e->name);
        else
            rc = fill_curve(e, c, err);
    }
    if (rc)
        goto out;
    m->entry[routers] = (struct rf_many_entry){ .name = "zero router", .role = RF_MANY_ZERO };
    if ((rc = fill_models(m, routers + 2, err)) || (rc = fill_metrics(&w, ctx->threads, err)) ||
        (rc = fill_points(&w, &o->wish, ctx->threads, err)) ||
        (o->named && (rc = fill_named(&w, o->reference, ctx, bench, err))))
        goto out;
    qsort(m->entry + routers + 2, m->r.models, sizeof *m->entry, by_quality);
out:
    for (size_t i = 0; w.c && i < w.curves; i++) {
        rf_lambda_plan_free(w.c[i].plan);
        rf_free(w.c[i].own);
    }
    rf_free(w.c);
    if (rc)
        rf_many_release(m);
    return rc;
}

void rf_many_release(struct rf_many *m)
{
    for (size_t i = 0; m->entry && i < m->n; i++) {
        rf_free(m->entry[i].point);
        rf_free(m->entry[i].band_low);
        rf_free(m->entry[i].band_high);
    }
    rf_free(m->entry);
    rf_free(m->named);
    rf_points_release(&m->at);
    rf_results_release(&m->r);
    *m = (struct rf_many){ 0 };
}
