/* Resamples first, then random signs, then the verdicts. */
#include "eval/compare.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/par.h"
#include "core/resample.h"
#include "eval/boot.h"
#include "eval/family.h"
#include "eval/power.h"
#include "eval/swap.h"

const char *const rf_verdict_name[RF_VERDICTS] = { "undecided",  "better",       "worse",
                                                   "equivalent", "not inferior", "inferior" };

struct work {
    const struct rf_contestant *who;
    size_t contestants;
    const struct rf_compare_options *o;
    struct rf_boot_options boot;
    struct rf_duel *duel;
    size_t duels;
    enum rf_interval_kind interval; /* not RF_INTERVAL_AUTO */
    size_t n;                       /* prompts */
    size_t units;                   /* prompts or clusters */
    struct rf_spread *spread;       /* [duels] of the parts of their differences */
    struct rf_parts *parts;         /* [contestants] */
    double *top, *bottom;           /* [contestants][n] influences on the data */
    double *x;                      /* [contestants][resamples] */
    double *t;                      /* [duels][resamples] pivots of the difference; NULL where not studentised */
    double *part;                   /* [duels][units] what each adds to the difference and its margin, times n */
};

static double margin_of(const struct rf_duel *d)
{
    return isnan(d->margin) ? 0 : d->margin;
}

/* ---- resamples ---- */

/* Scratch of a block. */
struct pad {
    uint8_t *count;         /* [n][RF_LANES] */
    struct rf_parts *parts; /* [contestants] */
    double *top, *bottom;   /* [contestants][n] */
    double *gap;            /* [n] */
    double *cluster;        /* [2 clusters] */
};

static int pad_init(struct pad *p, const struct work *w, struct rf_err *err)
{
    const size_t cells = w->t ? w->contestants * w->n : 0; /* fits: the influences on the data are there */
    const size_t clusters = w->o->cluster ? 2 * w->o->clusters : 0;
    *p = (struct pad){ 0 };
    return !(p->count = rf_calloc(w->n, RF_LANES, err)) || RF_NEW(p->parts, w->contestants, err) ||
                   RF_NEW(p->top, cells, err) || RF_NEW(p->bottom, cells, err) || RF_NEW(p->gap, w->n, err) ||
                   RF_NEW(p->cluster, clusters, err)
               ? RF_FAIL
               : 0;
}

static void pad_release(struct pad *p)
{
    rf_free(p->count);
    rf_free(p->parts);
    rf_free(p->top);
    rf_free(p->bottom);
    rf_free(p->gap);
    rf_free(p->cluster);
}

/* The difference of two numbers of the same kind, which have the same bottom. */
static struct rf_parts parts_of(const struct rf_duel *d, const struct rf_parts *p)
{
    return (struct rf_parts){ p[d->a].top - p[d->b].top, p[d->a].bottom };
}

/* top, bottom: [contestants][n]; gap: [n] receives the influences on the difference's top. */
static struct rf_spread spread_of(const struct work *w, const struct rf_duel *d, const double *top,
                                  const double *bottom, struct rf_weights k, double *gap, double *cluster)
{
    for (size_t i = 0; i < w->n; i++)
        gap[i] = top[d->a * w->n + i] - top[d->b * w->n + i];
    return rf_measure_spread(gap, bottom + d->a * w->n, k, w->n, w->o->cluster, w->o->clusters, cluster);
}

static void resample_lane(const struct work *w, const struct pad *p, struct rf_weights k, size_t r)
{
    const size_t all = w->o->resamples;
    for (size_t i = 0; i < w->contestants; i++) {
        p->parts[i] = rf_measure_parts(&w->who[i].measure, w->who[i].curve, k, w->t ? p->top + i * w->n : NULL,
                                       w->t ? p->bottom + i * w->n : NULL);
        w->x[i * all + r] = rf_measure_value(p->parts[i]);
    }
    for (size_t i = 0; w->t && i < w->duels; i++) {
        const struct rf_duel *const d = &w->duel[i];
        w->t[i * all + r] = rf_measure_pivot(parts_of(d, p->parts),
                                             spread_of(w, d, p->top, p->bottom, k, p->gap, p->cluster), d->difference);
    }
}

/* Resamples [block * RF_LANES, ...): par's unit of work. */
static int run_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct work *w = ctx;
    const size_t first = block * RF_LANES;
    uint64_t size[RF_LANES];
    struct pad p;
    int rc = pad_init(&p, w, err);
    if (!rc)
        rc = rf_boot_draw(&w->boot, w->n, block, p.count, size, err);
    for (size_t l = 0; l < RF_LANES && first + l < w->o->resamples && !rc; l++)
        resample_lane(w, &p, (struct rf_weights){ p.count + l, RF_LANES }, first + l);
    pad_release(&p);
    return rc;
}

/* Areas alone have a fast way, all lanes at once. */
static int resample_areas(struct work *w, struct rf_err *err)
{
    struct rf_boot_values *v = NULL;
    struct rf_curve *c = NULL;
    int rc;
    if ((rc = RF_NEW(v, w->contestants, err)) || (rc = RF_NEW(c, w->contestants, err)))
        goto out;
    for (size_t i = 0; i < w->contestants; i++)
        c[i] = *w->who[i].curve;
    if ((rc = rf_boot_joint(v, c, w->contestants, &w->boot, err)))
        goto out;
    for (size_t i = 0; i < w->contestants; i++)
        memcpy(w->x + i * w->o->resamples, v[i].metric + RF_APGR * w->o->resamples, w->o->resamples * sizeof *w->x);
out:
    for (size_t i = 0; v && i < w->contestants; i++)
        rf_boot_values_release(&v[i]);
    rf_free(v);
    rf_free(c);
    return rc;
}

static int resample(struct work *w, struct rf_err *err)
{
    bool areas = !w->t;
    for (size_t i = 0; i < w->contestants; i++)
        areas = areas && w->who[i].measure.kind == RF_MEASURE_APGR;
    return areas ? resample_areas(w, err)
                 : rf_par_run((w->o->resamples + RF_LANES - 1) / RF_LANES, w->o->threads, run_block, w, err);
}

/* ---- on the data ---- */

/* Influences of a duel's number, clusters added up, with the number itself: what each unit adds to it, times n. */
static void fill_part(const struct work *w, const struct rf_duel *d, const double *gap, double *part)
{
    const struct rf_parts p = parts_of(d, w->parts);
    const double *const bottom = w->bottom + d->a * w->n;
    for (size_t i = 0; i < w->n; i++) {
        const double u = (gap[i] - d->difference * bottom[i]) / p.bottom;
        part[w->o->cluster ? w->o->cluster[i] : i] += u + d->difference + margin_of(d);
    }
}

/* Values, standard errors and what each prompt adds. */
static int measure(struct work *w, struct rf_err *err)
{
    const struct rf_weights once = { NULL, 0 };
    double *gap = NULL, *cluster = NULL;
    int rc;
    if ((rc = RF_NEW(gap, w->n, err)) || (rc = RF_NEW(cluster, w->o->cluster ? 2 * w->o->clusters : 0, err)))
        goto out;
    for (size_t i = 0; i < w->contestants; i++) {
        w->parts[i] =
            rf_measure_parts(&w->who[i].measure, w->who[i].curve, once, w->top + i * w->n, w->bottom + i * w->n);
        if (isnan(rf_measure_value(w->parts[i]))) {
            rc = rf_fail(err, RF_BAD_INPUT, "router %zu of %zu: what is compared is not defined on these %zu prompts",
                         i + 1, w->contestants, w->n);
            goto out;
        }
    }
    for (size_t k = 0; k < w->duels; k++) {
        struct rf_duel *const d = &w->duel[k];
        d->value_a = rf_measure_value(w->parts[d->a]);
        d->value_b = rf_measure_value(w->parts[d->b]);
        d->difference = d->value_a - d->value_b;
        w->spread[k] = spread_of(w, d, w->top, w->bottom, once, gap, cluster);
        d->se = rf_measure_se(parts_of(d, w->parts), w->spread[k]);
        fill_part(w, d, gap, w->part + k * w->units);
    }
out:
    rf_free(gap);
    rf_free(cluster);
    return rc;
}

/* ---- tests ---- */

static int swap(struct work *w, struct rf_err *err)
{
    const size_t draws = w->o->resamples;
    double *null = NULL, *t = NULL, *p = NULL, *adjusted = NULL;
    size_t cells;
    int rc;
    if (!rf_mul(w->duels, draws, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu permutations of %zu duels", draws, w->duels);
    if ((rc = RF_NEW(null, cells, err)) || (rc = RF_NEW(t, w->duels, err)) || (rc = RF_NEW(p, w->duels, err)) ||
        (rc = RF_NEW(adjusted, w->duels, err)) ||
        (rc = rf_swap_draws(w->part, w->duels, w->units, draws, w->o->seed, w->o->threads, null, err)))
        goto out;
    for (size_t k = 0; k < w->duels; k++) {
        struct rf_duel *const d = &w->duel[k];
        size_t reached = 1;
        t[k] = rf_swap_t(w->part + k * w->units, w->units);
        t[k] = isnan(d->margin) ? fabs(t[k]) : t[k];
        t[k] -= 1e-12 * fabs(t[k]); /* sums in another order may end a rounding apart */
        for (size_t r = 0; r < draws; r++) {
            double *const x = &null[k * draws + r];
            *x = isnan(d->margin) ? fabs(*x) : *x;
            reached += *x >= t[k];
        }
        d->p_swap = (double)reached / (double)(draws + 1);
        p[k] = fmax(d->p, d->p_swap);
        p[k] = isnan(d->p) ? d->p : p[k];
    }
    if (w->o->family == RF_FAMILY_HOLM)
        rc = rf_family_holm(p, w->duels, adjusted, err);
    else if (w->o->family == RF_FAMILY_MAXT)
        rc = rf_family_maxt(t, null, w->duels, draws, adjusted, err);
    for (size_t k = 0; k < w->duels && !rc; k++)
        w->duel[k].p_family = w->o->family == RF_FAMILY_NONE || isnan(p[k]) ? p[k] : fmax(p[k], adjusted[k]);
out:
    rf_free(null);
    rf_free(t);
    rf_free(p);
    rf_free(adjusted);
    return rc;
}

/* Of the parts around their mean, which are influences. */
static double acceleration(const struct work *w, size_t duel, double *u)
{
    const double *const part = w->part + duel * w->units;
    double mean = 0;
    for (size_t i = 0; i < w->units; i++)
        mean += part[i] / (double)w->units;
    for (size_t i = 0; i < w->units; i++)
        u[i] = part[i] - mean;
    return rf_acceleration(u, w->units);
}

static int interval(struct work *w, struct rf_err *err)
{
    const size_t all = w->o->resamples;
    double *x = NULL, *u = NULL;
    int rc = RF_NEW(x, all, err);
    if (!rc)
        rc = RF_NEW(u, w->units, err);
    for (size_t k = 0; k < w->duels && !rc; k++) {
        struct rf_duel *const d = &w->duel[k];
        const struct rf_resamples s = { .x = x,
                                        .t = w->t ? w->t + k * all : NULL,
                                        .n = all,
                                        .value = d->difference,
                                        .parts = parts_of(d, w->parts),
                                        .spread = w->spread[k],
                                        .acceleration = acceleration(w, k, u) };
        const bool margin = !isnan(d->margin);
        for (size_t r = 0; r < all; r++)
            x[r] = w->x[d->a * all + r] - w->x[d->b * all + r];
        const struct rf_tails p = rf_interval_tails(&s, w->interval, -margin_of(d));
        d->p = margin ? p.below : fmin(1, 2 * fmin(p.below, p.above));
        d->p = isnan(p.below) ? p.below : d->p;
        const struct rf_interval i = rf_interval_of(&s, w->interval, margin ? 2 * w->o->level - 1 : w->o->level);
        d->low = i.low;
        d->high = i.high;
    }
    rf_free(x);
    rf_free(u);
    return rc;
}

static void judge(struct rf_duel *d, const struct rf_compare_options *o, size_t n)
{
    const bool found = d->p_family <= 1 - o->level, margin = !isnan(d->margin);
    const double room = o->delta - fabs(d->difference);
    d->p_equivalent = isnan(o->delta) ? NAN : d->se > 0 ? 1 - rf_normal_cdf(room / d->se) : room > 0 ? 0 : 1;
    d->needed = NAN;
    if (margin) {
        /* inferior: the other end of the interval of level 2 level - 1 lies below -margin, by the normal distribution
         */
        const double below = d->se > 0 ? rf_normal_cdf((d->difference + d->margin) / d->se) : 1;
        d->verdict = found                   ? RF_VERDICT_NOT_INFERIOR
                     : below <= 1 - o->level ? RF_VERDICT_INFERIOR
                                             : RF_VERDICT_UNDECIDED;
    } else if (found) {
        d->verdict = d->difference > 0 ? RF_VERDICT_BETTER : RF_VERDICT_WORSE;
    } else {
        d->verdict = d->p_equivalent <= 1 - o->level ? RF_VERDICT_EQUIVALENT : RF_VERDICT_UNDECIDED;
    }
    if (d->verdict != RF_VERDICT_UNDECIDED || !(d->se > 0))
        return;
    const double off = d->difference + margin_of(d);
    d->needed = rf_power_needed(off, d->se, (double)n, o->level, margin);
    if (!margin && !isnan(o->delta))
        d->needed = fmin(d->needed, rf_power_needed_equivalent(d->difference, o->delta, d->se, (double)n, o->level));
    if (isinf(d->needed))
        d->needed = NAN;
}

int rf_compare(const struct rf_contestant *who, size_t contestants, const struct rf_compare_options *o,
               struct rf_duel *duel, size_t duels, struct rf_err *err)
{
    const size_t n = who->curve->n, units = o->cluster ? o->clusters : n;
    struct work w = { .who = who,
                      .contestants = contestants,
                      .o = o,
                      .boot = { .resamples = o->resamples,
                                .seed = o->seed,
                                .threads = o->threads,
                                .poisson = o->poisson,
                                .areas_only = true,
                                .cluster = o->cluster,
                                .clusters = o->clusters },
                      .duel = duel,
                      .duels = duels,
                      .interval = rf_interval_choose(o->interval, units),
                      .n = n,
                      .units = units };
    size_t u, x, t, part;
    int rc;
    if (!rf_mul(contestants, n, &u) || !rf_mul(contestants, o->resamples, &x) || !rf_mul(duels, o->resamples, &t) ||
        !rf_mul(duels, units, &part)) {
        rc = rf_fail(err, RF_USAGE, "%zu duels of %zu resamples are too many", duels, o->resamples);
        goto out;
    }
    if ((rc = RF_NEW(w.spread, duels, err)) || (rc = RF_NEW(w.parts, contestants, err)) ||
        (rc = RF_NEW(w.top, u, err)) || (rc = RF_NEW(w.bottom, u, err)) || (rc = RF_NEW(w.x, x, err)) ||
        (rc = RF_NEW(w.part, part, err)) || (w.interval == RF_INTERVAL_STUDENT && (rc = RF_NEW(w.t, t, err))) ||
        (rc = measure(&w, err)) || (rc = resample(&w, err)) || (rc = interval(&w, err)) || (rc = swap(&w, err)))
        goto out;
    for (size_t k = 0; k < duels; k++)
        judge(&duel[k], o, n);
out:
    rf_free(w.spread);
    rf_free(w.parts);
    rf_free(w.top);
    rf_free(w.bottom);
    rf_free(w.x);
    rf_free(w.t);
    rf_free(w.part);
    return rc;
}
