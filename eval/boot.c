/* Nothing is resampled or sorted again: a resample is a count per prompt, laid over the order of the one sorted curve.
 * RF_LANES resamples lie side by side, so that the chain of additions along the curve runs in as many lanes. */
#include "eval/boot.h"

#include <math.h>
#include <string.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/stats.h"
#include "core/resample.h"
#include "eval/band.h"
#include "eval/measure.h"

struct work {
    const struct rf_curve *curve; /* [curves] */
    size_t curves;
    const struct rf_boot_options *options;
    struct rf_boot_values *values; /* [curves] */
};

/* ---- along the curve, all lanes at once ---- */

enum { HALVES = RF_LANES / 4 };
typedef double four __attribute__((vector_size(32)));
typedef int64_t four_longs __attribute__((vector_size(32)));

/* k = a prompt's counts. */
static inline void counts_of(const uint8_t count[RF_LANES], four k[HALVES])
{
    for (int h = 0; h < HALVES; h++) {
#ifdef __AVX2__
        int32_t packed;
        memcpy(&packed, count + 4 * h, sizeof packed);
        k[h] = _mm256_cvtepi32_pd(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(packed)));
#else
        for (int l = 0; l < 4; l++)
            k[h][l] = count[4 * h + l];
#endif
    }
}

/* What the draws of one tied group add up to. count: [n][RF_LANES], by prompt. */
struct group {
    four calls[HALVES], gain[HALVES], weak[HALVES];
};

static inline void add_group(const struct rf_curve *c, const uint8_t *count, size_t from, size_t end, struct group *g)
{
    for (size_t i = from; i < end; i++) {
        four k[HALVES];
        counts_of(count + c->order[i] * RF_LANES, k);
        for (int h = 0; h < HALVES; h++) {
            g->calls[h] += k[h];
            g->gain[h] += k[h] * c->lift[i];
            g->weak[h] += k[h] * c->base[i];
        }
    }
}

struct sums {
    double gain[RF_LANES];  /* sum of strong - weak over all prompts drawn */
    double weak[RF_LANES];  /* sum of weak */
    double twice[RF_LANES]; /* twice the area between the curve and the weak model's line, in prompts x quality */
};

/* A tied group is one straight segment, whatever the counts within. */
static void add_up(const struct rf_curve *c, const uint8_t *count, struct sums *out)
{
    four gain[HALVES] = { 0 }, weak[HALVES] = { 0 }, twice[HALVES] = { 0 };
    for (size_t v = 1; v <= c->groups; v++) {
        struct group g = { 0 };
        add_group(c, count, c->end[v - 1], c->end[v], &g);
        for (int h = 0; h < HALVES; h++) {
            const four to = gain[h] + g.gain[h];
            twice[h] += (gain[h] + to) * g.calls[h];
            gain[h] = to;
            weak[h] += g.weak[h];
        }
    }
    memcpy(out->gain, gain, sizeof gain);
    memcpy(out->weak, weak, sizeof weak);
    memcpy(out->twice, twice, sizeof twice);
}

/* The points of one lane's curve that are still to be met on the way along it. */
enum { WANTED = RF_STRONG95 - RF_CPT20 + 1 };
struct path {
    double n;                     /* draws */
    double want[WANTED];          /* gains, rising: a curve first reaches a higher one later */
    enum rf_metric which[WANTED]; /* the metric that asks for it */
    size_t reached;               /* of them */
    size_t point;                 /* of the band, the next */
    double m[RF_METRICS];
    double band[RF_BAND_POINTS];
};

static double next_gain(const struct path *p)
{
    return p->reached < WANTED ? p->want[p->reached] : INFINITY;
}

static double next_calls(const struct path *p)
{
    return p->point < RF_BAND_POINTS ? (double)p->point * p->n / (RF_BAND_POINTS - 1) : INFINITY;
}

/* m holds RF_WEAK, RF_STRONG and RF_APGR, and NaN for the rest. */
static void path_begin(struct path *p)
{
    const double weak = p->m[RF_WEAK];
    size_t wanted = 0;
    for (enum rf_metric i = RF_CPT20; i <= RF_STRONG95; i++) {
        const double target = (rf_metric_target(i, weak, p->m[RF_STRONG]) - weak) * p->n;
        size_t j = wanted++;
        for (; j && p->want[j - 1] > target; j--) {
            p->want[j] = p->want[j - 1];
            p->which[j] = p->which[j - 1];
        }
        p->want[j] = target;
        p->which[j] = i;
    }
    p->reached = isnan(p->m[RF_APGR]) ? WANTED : 0;
    for (; p->reached < WANTED && p->want[p->reached] <= 0; p->reached++)
        p->m[p->which[p->reached]] = 0;
    p->band[0] = weak;
    p->point = 1;
}

/* One segment of the curve. A group that was not drawn reaches nothing new, so the divisions never meet a zero. */
static void path_go(struct path *p, double calls, double gain, double to_calls, double to_gain)
{
    for (double next; (next = next_gain(p)) <= to_gain; p->reached++)
        p->m[p->which[p->reached]] = (calls + (next - gain) / (to_gain - gain) * (to_calls - calls)) / p->n;
    for (double next; (next = next_calls(p)) <= to_calls; p->point++)
        p->band[p->point] = p->m[RF_WEAK] + (gain + (next - calls) / (to_calls - calls) * (to_gain - gain)) / p->n;
}

/* The metrics that are read off the path of the curve, and the band: one more walk, STEP groups at a time, for few of
 * them meet a point. */
static void follow(const struct rf_curve *c, const uint8_t *count, struct path path[RF_LANES])
{
    enum { STEP = 16 };
    four calls[STEP + 1][HALVES], gain[STEP + 1][HALVES]; /* at each vertex of the step */
    four all_calls[HALVES] = { 0 }, all_gain[HALVES] = { 0 }, high_calls[HALVES], high_gain[HALVES];
    for (size_t l = 0; l < RF_LANES; l++) {
        path_begin(&path[l]);
        high_calls[l / 4][l % 4] = next_calls(&path[l]);
        high_gain[l / 4][l % 4] = next_gain(&path[l]);
    }
    for (size_t v = 0, m; v < c->groups; v += m) {
        four_longs met[HALVES] = { 0 };
        m = c->groups - v < STEP ? c->groups - v : STEP;
        memcpy(calls[0], all_calls, sizeof all_calls);
        memcpy(gain[0], all_gain, sizeof all_gain);
        for (size_t j = 0; j < m; j++) {
            struct group g = { 0 };
            add_group(c, count, c->end[v + j], c->end[v + j + 1], &g);
            for (int h = 0; h < HALVES; h++) {
                calls[j + 1][h] = all_calls[h] += g.calls[h];
                gain[j + 1][h] = all_gain[h] += g.gain[h];
                met[h] |= all_gain[h] >= high_gain[h];
            }
        }
        for (size_t l = 0; l < RF_LANES; l++) {
            const size_t h = l / 4, k = l % 4;
            if (!met[h][k] && calls[m][h][k] < high_calls[h][k])
                continue;
            for (size_t j = 0; j < m; j++)
                if (calls[j + 1][h][k] >= high_calls[h][k] || gain[j + 1][h][k] >= high_gain[h][k]) {
                    path_go(&path[l], calls[j][h][k], gain[j][h][k], calls[j + 1][h][k], gain[j + 1][h][k]);
                    high_calls[h][k] = next_calls(&path[l]);
                    high_gain[h][k] = next_gain(&path[l]);
                }
        }
    }
}

/* The points of one lane's band that a step of the walk passes; calls, gain: at each vertex of the step. */
static void pass(struct path *p, size_t lane, size_t m, four calls[][HALVES], four gain[][HALVES])
{
    const size_t h = lane / 4, k = lane % 4;
    double next = next_calls(p);
    for (size_t j = 0; j < m; j++)
        for (; next <= calls[j + 1][h][k]; next = next_calls(p)) {
            const double part = (next - calls[j][h][k]) / (calls[j + 1][h][k] - calls[j][h][k]);
            p->band[p->point++] = gain[j][h][k] + part * (gain[j + 1][h][k] - gain[j][h][k]);
        }
}

/* add_up and the band in one walk; the band holds sums of strong - weak, not yet qualities. path[].n is there. */
static void add_up_band(const struct rf_curve *c, const uint8_t *count, struct sums *out, struct path path[RF_LANES])
{
    enum { STEP = 16 };
    four calls[STEP + 1][HALVES] = { 0 }, gain[STEP + 1][HALVES] = { 0 }; /* at each vertex of the step */
    four weak[HALVES] = { 0 }, twice[HALVES] = { 0 }, next[HALVES];
    for (size_t l = 0; l < RF_LANES; l++) {
        path[l].band[0] = 0;
        path[l].point = 1;
        next[l / 4][l % 4] = next_calls(&path[l]);
    }
    for (size_t v = 0, m; v < c->groups; v += m) {
        m = c->groups - v < STEP ? c->groups - v : STEP;
        const size_t first = c->end[v];
        if (c->end[v + m] - first == m) /* nothing is tied: the usual case, without the inner loop */
            for (size_t j = 0; j < m; j++) {
                four k[HALVES];
                counts_of(count + c->order[first + j] * RF_LANES, k);
                for (int h = 0; h < HALVES; h++) {
                    calls[j + 1][h] = calls[j][h] + k[h];
                    gain[j + 1][h] = gain[j][h] + k[h] * c->lift[first + j];
                    twice[h] += (gain[j][h] + gain[j + 1][h]) * k[h];
                    weak[h] += k[h] * c->base[first + j];
                }
            }
        else
            for (size_t j = 0; j < m; j++) {
                struct group g = { 0 };
                add_group(c, count, c->end[v + j], c->end[v + j + 1], &g);
                for (int h = 0; h < HALVES; h++) {
                    calls[j + 1][h] = calls[j][h] + g.calls[h];
                    gain[j + 1][h] = gain[j][h] + g.gain[h];
                    twice[h] += (gain[j][h] + gain[j + 1][h]) * g.calls[h];
                    weak[h] += g.weak[h];
                }
            }
        for (size_t l = 0; l < RF_LANES; l++)
            if (calls[m][l / 4][l % 4] >= next[l / 4][l % 4]) {
                pass(&path[l], l, m, calls, gain);
                next[l / 4][l % 4] = next_calls(&path[l]);
            }
        memcpy(calls[0], calls[m], sizeof calls[0]);
        memcpy(gain[0], gain[m], sizeof gain[0]);
    }
    memcpy(out->gain, gain[0], sizeof gain[0]);
    memcpy(out->weak, weak, sizeof weak);
    memcpy(out->twice, twice, sizeof twice);
}

/* count: [n][RF_LANES], by prompt. */
static void measure(const struct rf_curve *c, const struct rf_boot_options *o, const uint8_t *count,
                    const uint64_t size[RF_LANES], size_t first, struct rf_boot_values *v)
{
    struct sums s;
    struct path path[RF_LANES];
    const bool band_alone = o->no_shares && !o->areas_only;
    for (size_t l = 0; l < RF_LANES; l++)
        path[l].n = (double)size[l];
    if (band_alone)
        add_up_band(c, count, &s, path);
    else
        add_up(c, count, &s);
    for (size_t l = 0; l < RF_LANES; l++) {
        const double n = path[l].n;
        double *m = path[l].m;
        m[RF_WEAK] = s.weak[l] / n;
        m[RF_STRONG] = (s.weak[l] + s.gain[l]) / n;
        m[RF_AUC] = m[RF_WEAK] + s.twice[l] / 2 / (n * n);
        m[RF_APGR] = s.gain[l] > 0 ? s.twice[l] / 2 / (n * s.gain[l]) : NAN;
        m[RF_CPT20] = m[RF_CPT50] = m[RF_CPT80] = m[RF_STRONG95] = NAN;
    }
    for (size_t l = 0; l < RF_LANES && band_alone; l++)
        for (size_t i = 0; i < RF_BAND_POINTS; i++)
            path[l].band[i] = path[l].m[RF_WEAK] + path[l].band[i] / path[l].n;
    if (!o->areas_only && !band_alone)
        follow(c, count, path);
    for (size_t l = 0; l < RF_LANES && first + l < v->resamples; l++) {
        for (size_t i = 0; i < RF_METRICS; i++)
            v->metric[i * v->resamples + first + l] = path[l].m[i];
        for (size_t i = 0; v->band && i < RF_BAND_POINTS; i++)
            v->band[i * v->resamples + first + l] = path[l].band[i];
    }
}

int rf_boot_draw(const struct rf_boot_options *o, size_t n, size_t block, uint8_t *count, uint64_t *size,
                 struct rf_err *err)
{
    uint8_t *drawn = NULL;
    if (rf_interrupted())
        return rf_fail(err, RF_INTERRUPTED, "interrupted after about %zu of %zu resamples", block * RF_LANES,
                       o->resamples);
    if (!o->cluster) {
        rf_resample(o->seed, block, n, o->poisson, count, size);
        return 0;
    }
    if (!(drawn = rf_calloc(o->clusters, RF_LANES, err)))
        return RF_FAIL;
    rf_resample(o->seed, block, o->clusters, o->poisson, drawn, size);
    memset(size, 0, RF_LANES * sizeof *size);
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < RF_LANES; l++)
            size[l] += count[i * RF_LANES + l] = drawn[o->cluster[i] * RF_LANES + l];
    rf_free(drawn);
    return 0;
}

/* Resamples [block * RF_LANES, ...): par's unit of work. */
static int run_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct work *w = ctx;
    const size_t n = w->curve->n;
    uint64_t size[RF_LANES];
    uint8_t *count = rf_calloc(n, RF_LANES, err);
    int rc = count ? rf_boot_draw(w->options, n, block, count, size, err) : RF_FAIL;
    for (size_t k = 0; k < w->curves && !rc; k++)
        measure(&w->curve[k], w->options, count, size, block * RF_LANES, &w->values[k]);
    rf_free(count);
    return rc;
}

int rf_boot_joint(struct rf_boot_values *v, const struct rf_curve *c, size_t k, const struct rf_boot_options *o,
                  struct rf_err *err)
{
    struct work w = { c, k, o, v };
    size_t metrics = 0, points = 0;
    int rc = 0;
    for (size_t i = 0; i < k; i++)
        v[i] = (struct rf_boot_values){ .resamples = o->resamples };
    if (c->n > UINT32_MAX)
        return rf_fail(err, RF_BAD_INPUT, "found %zu prompts, expected fewer than 2^32", c->n);
    if (!rf_mul(RF_METRICS, o->resamples, &metrics) || !rf_mul(RF_BAND_POINTS, o->resamples, &points))
        return rf_fail(err, RF_USAGE, "%zu resamples are too many", o->resamples);
    for (size_t i = 0; i < k && !rc; i++)
        if (!(rc = RF_NEW(v[i].metric, metrics, err)) && !o->areas_only)
            rc = RF_NEW(v[i].band, points, err);
    return rc ? rc : rf_par_run((o->resamples + RF_LANES - 1) / RF_LANES, o->threads, run_block, &w, err);
}

int rf_boot_values_init(struct rf_boot_values *v, const struct rf_curve *c, const struct rf_boot_options *o,
                        struct rf_err *err)
{
    return rf_boot_joint(v, c, 1, o, err);
}

void rf_boot_values_release(struct rf_boot_values *v)
{
    rf_free(v->metric);
    rf_free(v->band);
    *v = (struct rf_boot_values){ 0 };
}

/* ---- the summary ---- */

enum { SMOOTH = 4 };
static const enum rf_metric smooth[SMOOTH] = { RF_APGR, RF_AUC, RF_WEAK, RF_STRONG };

/* The smooth metrics as measures: weak and strong alone are a threshold that nothing reaches, and one that all does. */
static struct rf_measure measure_for(enum rf_metric m)
{
    const enum rf_measure_kind kind = m == RF_APGR  ? RF_MEASURE_APGR
                                      : m == RF_AUC ? RF_MEASURE_AUC
                                                    : RF_MEASURE_THRESHOLD;
    return (struct rf_measure){ kind, m == RF_WEAK ? INFINITY : -INFINITY, NULL, NULL };
}

/* The smooth metrics on the data, and their pivots in every resample. */
struct pivots {
    const struct rf_curve *curve;
    const struct rf_boot_options *o;
    struct rf_parts parts[SMOOTH];
    struct rf_spread spread[SMOOTH];
    double acceleration[SMOOTH];
    double *t; /* [SMOOTH][resamples]; NULL where no interval needs them */
};

/* Scratch: influences and sums of clusters. */
struct influences {
    double *top, *bottom, *cluster;
};

static int influences_init(struct influences *u, const struct rf_curve *c, const struct rf_boot_options *o,
                           struct rf_err *err)
{
    *u = (struct influences){ 0 };
    return RF_NEW(u->top, c->n, err) || RF_NEW(u->bottom, c->n, err) ||
                   RF_NEW(u->cluster, o->cluster ? 2 * o->clusters : 0, err)
               ? RF_FAIL
               : 0;
}

static void influences_release(struct influences *u)
{
    rf_free(u->top);
    rf_free(u->bottom);
    rf_free(u->cluster);
}

static struct rf_spread influence(const struct pivots *p, size_t i, struct rf_weights w, struct influences *u,
                                  struct rf_parts *parts)
{
    const struct rf_measure m = measure_for(smooth[i]);
    *parts = rf_measure_parts(&m, p->curve, w, u->top, u->bottom);
    return rf_measure_spread(u->top, u->bottom, w, p->curve->n, p->o->cluster, p->o->clusters, u->cluster);
}

static int pivot_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct pivots *p = ctx;
    const size_t n = p->curve->n, first = block * RF_LANES, all = p->o->resamples;
    struct influences u;
    uint8_t *count = NULL;
    uint64_t size[RF_LANES];
    int rc = influences_init(&u, p->curve, p->o, err);
    if (rc)
        goto out;
    if (!(count = rf_calloc(n, RF_LANES, err))) {
        rc = RF_FAIL;
        goto out;
    }
    rc = rf_boot_draw(p->o, n, block, count, size, err);
    for (size_t l = 0; l < RF_LANES && first + l < all && !rc; l++)
        for (size_t i = 0; i < SMOOTH; i++) {
            struct rf_parts parts;
            const struct rf_spread v = influence(p, i, (struct rf_weights){ count + l, RF_LANES }, &u, &parts);
            p->t[i * all + first + l] = rf_measure_pivot(parts, v, rf_measure_value(p->parts[i]));
        }
out:
    rf_free(count);
    influences_release(&u);
    return rc;
}

/* Sums of clusters in place of influences of prompts: how many there are. */
static size_t join(const struct rf_boot_options *o, size_t n, double *u, double *sum)
{
    if (!o->cluster)
        return n;
    memset(sum, 0, o->clusters * sizeof *sum);
    for (size_t i = 0; i < n; i++)
        sum[o->cluster[i]] += u[i];
    memcpy(u, sum, o->clusters * sizeof *u);
    return o->clusters;
}

static int pivots_init(struct pivots *p, const struct rf_curve *c, const struct rf_boot_options *o, bool student,
                       struct rf_err *err)
{
    const struct rf_weights once = { NULL, 0 };
    struct influences u;
    size_t cells;
    int rc = influences_init(&u, c, o, err);
    *p = (struct pivots){ .curve = c, .o = o };
    if (rc)
        goto out;
    for (size_t i = 0; i < SMOOTH; i++) {
        p->spread[i] = influence(p, i, once, &u, &p->parts[i]);
        rf_measure_influence(p->parts[i], u.top, u.bottom, c->n, u.top);
        p->acceleration[i] = rf_acceleration(u.top, join(o, c->n, u.top, u.cluster));
    }
    if (!student)
        goto out;
    if (!rf_mul(SMOOTH, o->resamples, &cells)) {
        rc = rf_fail(err, RF_USAGE, "%zu resamples are too many", o->resamples);
        goto out;
    }
    if (!(rc = RF_NEW(p->t, cells, err)))
        rc = rf_par_run((o->resamples + RF_LANES - 1) / RF_LANES, o->threads, pivot_block, p, err);
out:
    influences_release(&u);
    return rc;
}

/* How far the curve lies above the quality that a metric asks for. */
struct height {
    const struct rf_curve *c;
    double target;
};

static double height_at(void *ctx, double share)
{
    const struct height *const h = ctx;
    return rf_curve_quality_at(h->c, share) - h->target;
}

/* x: [resamples], scratch. */
static void invert(const struct rf_curve *c, const struct rf_boot_values *v, enum rf_metric m, double *x,
                   struct rf_boot *out)
{
    struct height h = { c, rf_metric_target(m, c->weak, c->strong) };
    double se[RF_BAND_POINTS];
    const size_t all = v->resamples;
    for (size_t j = 0; j < RF_BAND_POINTS; j++) {
        double sum = 0, squares = 0;
        for (size_t r = 0; r < all; r++) {
            const double weak = v->metric[RF_WEAK * all + r], strong = v->metric[RF_STRONG * all + r];
            x[r] = v->band[j * all + r] - rf_metric_target(m, weak, strong);
            sum += x[r];
        }
        for (size_t r = 0; r < all; r++)
            squares += (x[r] - sum / (double)all) * (x[r] - sum / (double)all);
        se[j] = sqrt(squares / (double)all);
    }
    const struct rf_crossing i = rf_band_crossing(height_at, &h, se, RF_BAND_POINTS, rf_normal_quantile(.975));
    out->low[m] = i.low;
    out->high[m] = i.high;
}

static int fill_bands(const struct rf_curve *c, struct rf_boot_values *v, struct rf_boot *out, struct rf_err *err)
{
    double value[RF_BAND_POINTS], se[RF_BAND_POINTS];
    struct rf_band band = { out->band_low, out->band_high, out->sim_low, out->sim_high, se, NAN };
    for (size_t i = 0; i < RF_BAND_POINTS; i++) {
        value[i] = rf_curve_quality_at(c, (double)i / (RF_BAND_POINTS - 1));
        out->band_low[i] = out->band_high[i] = out->sim_low[i] = out->sim_high[i] = NAN;
    }
    return v->band ? rf_band_fill(&band, value, v->band, RF_BAND_POINTS, v->resamples, .95, err) : 0;
}

/* Reorders the resamples of all metrics. */
static void fill_intervals(const struct rf_curve *c, const struct rf_boot_values *v, const struct pivots *p,
                           enum rf_interval_kind kind, double *x, struct rf_boot *out)
{
    const bool crossings = kind != RF_INTERVAL_PERCENTILE && v->band && !p->o->no_shares;
    double m[RF_METRICS];
    rf_metrics_of(c, m);
    for (enum rf_metric i = RF_CPT20; i <= RF_STRONG95 && crossings; i++)
        invert(c, v, i, x, out);
    for (size_t i = 0; i < RF_METRICS; i++) {
        const bool crossing = i >= RF_CPT20 && i <= RF_STRONG95;
        struct rf_resamples s = { .x = v->metric + i * v->resamples, .n = v->resamples, .value = m[i] };
        for (size_t k = 0; k < SMOOTH; k++)
            if (smooth[k] == i) {
                s.t = p->t ? p->t + k * v->resamples : NULL;
                s.parts = p->parts[k];
                s.spread = p->spread[k];
                s.acceleration = p->acceleration[k];
            }
        const struct rf_interval r = rf_interval_of(&s, crossing ? RF_INTERVAL_PERCENTILE : kind, .95);
        out->se[i] = r.se;
        if (crossing && crossings)
            continue;
        out->low[i] = r.low;
        out->high[i] = r.high;
    }
}

int rf_boot_of(const struct rf_curve *c, const struct rf_boot_options *o, struct rf_boot *out, struct rf_err *err)
{
    const enum rf_interval_kind kind = rf_interval_choose(o->interval, o->cluster ? o->clusters : c->n);
    struct rf_boot_values v = { 0 };
    struct pivots p = { 0 };
    double *x = NULL;
    *out = (struct rf_boot){ 0 };
    int rc = rf_boot_values_init(&v, c, o, err);
    if (rc || (rc = RF_NEW(x, o->resamples, err)) || (rc = pivots_init(&p, c, o, kind == RF_INTERVAL_STUDENT, err)))
        goto out;
    for (size_t r = 0; r < v.resamples; r++)
        out->undefined += isnan(v.metric[RF_APGR * v.resamples + r]) ? 1 : 0;
    fill_intervals(c, &v, &p, kind, x, out);
    rc = fill_bands(c, &v, out, err);
out:
    rf_boot_values_release(&v);
    rf_free(p.t);
    rf_free(x);
    return rc;
}
