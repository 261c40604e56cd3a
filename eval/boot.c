/* Nothing is resampled or sorted again: a resample is a count per prompt, laid over the order of the one sorted curve.
 * Eight resamples lie side by side, so that the chain of additions along the curve runs in eight lanes. */
#include "eval/boot.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/rng.h"
#include "core/stats.h"

enum {
    LANES = 8,  /* resamples side by side */
    TILE = 32,  /* prompts whose counts are turned into doubles at a time */
    WORDS = 256 /* random words made at a time */
};

struct work {
    const struct rf_curve *curve;
    const struct rf_boot_options *options;
    struct rf_boot_values *values;
};

/* ---- drawing ---- */

/* Adds n draws out of n prompts to count. One 64-bit word gives several draws: multiplied by n, its high half is an
 * index, its low half the word for the next one; rejecting low last halves makes all tuples equally likely
 * (Brackett-Rozinsky and Lemire, "Batched ranged random integer generation", 2024). Inlined, so that each caller's
 * number of draws is a constant. */
static inline __attribute__((always_inline)) void draw(struct rf_rng *rng, size_t n, unsigned draws, uint8_t *count,
                                                       size_t stride)
{
    uint64_t tuples = 1;
    for (unsigned d = 0; d < draws; d++)
        tuples *= n;
    const uint64_t reject = -tuples % tuples; /* 2^64 mod tuples */
    uint32_t word[WORDS];
    for (size_t left = n; left;) {
        rf_rng_fill(rng, word, WORDS);
        for (size_t w = 0; w < WORDS && left; w += 2) {
            uint64_t x = (uint64_t)word[w] << 32 | word[w + 1];
            size_t index[4];
            for (unsigned d = 0; d < draws; d++) {
                const unsigned __int128 p = (unsigned __int128)x * n;
                index[d] = (size_t)(p >> 64);
                x = (uint64_t)p;
            }
            if (x < reject)
                continue;
            for (unsigned d = 0; d < draws && left; d++, left--)
                count[index[d] * stride]++;
        }
    }
}

/* The same for one resample; inlined, so that the stride is a constant too. The number of prompts to the power of the
 * draws stays below 2^56, so that hardly a word is rejected. */
static inline __attribute__((always_inline)) void draw_resample(uint64_t seed, uint64_t resample, size_t n,
                                                                uint8_t *count, size_t stride)
{
    struct rf_rng rng;
    rf_rng_init(&rng, seed, resample);
    if (n <= 1u << 14)
        draw(&rng, n, 4, count, stride);
    else if (n <= 1u << 28)
        draw(&rng, n, 2, count, stride);
    else
        draw(&rng, n, 1, count, stride);
}

void rf_boot_counts(uint64_t seed, uint64_t resample, size_t n, uint8_t *count, size_t stride)
{
    for (size_t i = 0; i < n; i++)
        count[i * stride] = 0;
    draw_resample(seed, resample, n, count, stride);
}

/* ---- the sums along the curve ---- */

/* Of LANES resamples. */
struct sums {
    double gain[LANES];  /* sum of strong - weak over all prompts drawn */
    double weak[LANES];  /* sum of weak */
    double twice[LANES]; /* twice the area between the curve and the weak model's line, in prompts x quality */
};

/* count: [n][LANES], by prompt. A tied group is one straight segment, whatever the counts within. */
static void add_up(const struct rf_curve *c, const uint8_t *count, struct sums *out)
{
    double gain[LANES] = { 0 }, weak[LANES] = { 0 }, twice[LANES] = { 0 };
    double group_calls[LANES] = { 0 }, group_gain[LANES] = { 0 };
    uint8_t packed[TILE * LANES] = { 0 };
    double calls[TILE * LANES];
    size_t group = 1;
    for (size_t first = 0; first < c->n; first += TILE) {
        const size_t m = c->n - first < TILE ? c->n - first : TILE;
        for (size_t i = 0; i < m; i++)
            memcpy(packed + i * LANES, count + c->order[first + i] * LANES, LANES);
        for (size_t i = 0; i < TILE * LANES; i++)
            calls[i] = packed[i];
        for (size_t i = 0; i < m; i++) {
            const double *k = calls + i * LANES;
            const double lift = c->lift[first + i], base = c->base[first + i];
            for (size_t l = 0; l < LANES; l++) {
                weak[l] += k[l] * base;
                group_calls[l] += k[l];
                group_gain[l] += k[l] * lift;
            }
            if (first + i + 1 < c->end[group])
                continue;
            for (size_t l = 0; l < LANES; l++) {
                twice[l] += (2 * gain[l] + group_gain[l]) * group_calls[l];
                gain[l] += group_gain[l];
                group_calls[l] = group_gain[l] = 0;
            }
            group++;
        }
    }
    memcpy(out->gain, gain, sizeof gain);
    memcpy(out->weak, weak, sizeof weak);
    memcpy(out->twice, twice, sizeof twice);
}

/* The metrics that are read off the path of the curve, and the band: one more walk, for one lane. m holds RF_WEAK and
 * RF_STRONG. */
static void follow(const struct rf_curve *c, const uint8_t *count, double m[RF_METRICS], double band[RF_BAND_POINTS])
{
    enum { WANTED = RF_STRONG95 - RF_CPT20 + 1 };
    const double n = (double)c->n, weak = m[RF_WEAK];
    enum rf_metric which[WANTED]; /* by rising target: a curve first reaches a higher one later */
    double want[WANTED];
    size_t wanted = 0, point = 1;
    for (enum rf_metric i = RF_CPT20; i <= RF_STRONG95; i++) {
        const double target = (rf_metric_target(i, weak, m[RF_STRONG]) - weak) * n;
        size_t j = wanted++;
        for (; j && want[j - 1] > target; j--) {
            want[j] = want[j - 1];
            which[j] = which[j - 1];
        }
        want[j] = target;
        which[j] = i;
        m[i] = NAN;
    }
    size_t reached = isnan(m[RF_APGR]) ? WANTED : 0;
    for (; reached < WANTED && want[reached] <= 0; reached++)
        m[which[reached]] = 0;

    double calls = 0, gain = 0, next = n / (RF_BAND_POINTS - 1); /* next: calls at the band's next point */
    band[0] = weak;
    for (size_t g = 1, i = 0; g <= c->groups; g++) {
        double more_calls = 0, more_gain = 0;
        for (; i < c->end[g]; i++) {
            const double k = count[c->order[i] * LANES];
            more_calls += k;
            more_gain += k * c->lift[i];
        }
        /* a group that was not drawn reaches nothing new, so the divisions below never meet a zero */
        for (; reached < WANTED && gain + more_gain >= want[reached]; reached++)
            m[which[reached]] = (calls + (want[reached] - gain) / more_gain * more_calls) / n;
        for (; next <= calls + more_calls; next = (double)++point * n / (RF_BAND_POINTS - 1))
            band[point] = weak + (gain + (next - calls) / more_calls * more_gain) / n;
        calls += more_calls;
        gain += more_gain;
    }
}

/* Resamples [block * LANES, ...): par's unit of work. */
static int run_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct work *w = ctx;
    const struct rf_curve *c = w->curve;
    const size_t first = block * LANES, all = w->values->resamples, n = c->n;
    if (rf_interrupted())
        return rf_fail(err, RF_INTERRUPTED, "interrupted after about %zu of %zu resamples", first, all);
    uint8_t *count = rf_calloc(n, LANES, err);
    if (!count)
        return RF_FAIL;
    for (size_t l = 0; l < LANES; l++)
        draw_resample(w->options->seed, first + l, n, count + l, LANES);
    struct sums s;
    add_up(c, count, &s);
    for (size_t l = 0; l < LANES && first + l < all; l++) {
        double m[RF_METRICS], band[RF_BAND_POINTS];
        const double size = (double)n;
        m[RF_WEAK] = s.weak[l] / size;
        m[RF_STRONG] = (s.weak[l] + s.gain[l]) / size;
        m[RF_AUC] = m[RF_WEAK] + s.twice[l] / 2 / (size * size);
        m[RF_APGR] = s.gain[l] > 0 ? s.twice[l] / 2 / (size * s.gain[l]) : NAN;
        if (w->options->areas_only)
            m[RF_CPT20] = m[RF_CPT50] = m[RF_CPT80] = m[RF_STRONG95] = NAN;
        else
            follow(c, count + l, m, band);
        for (size_t i = 0; i < RF_METRICS; i++)
            w->values->metric[i * all + first + l] = m[i];
        for (size_t i = 0; w->values->band && i < RF_BAND_POINTS; i++)
            w->values->band[i * all + first + l] = band[i];
    }
    rf_free(count);
    return 0;
}

int rf_boot_values_init(struct rf_boot_values *v, const struct rf_curve *c, const struct rf_boot_options *o,
                        struct rf_err *err)
{
    struct work w = { c, o, v };
    size_t metrics = 0, points = 0;
    int rc;
    *v = (struct rf_boot_values){ .resamples = o->resamples };
    if (c->n > UINT32_MAX)
        return rf_fail(err, RF_BAD_INPUT, "found %zu prompts, expected fewer than 2^32", c->n);
    if (!rf_mul(RF_METRICS, o->resamples, &metrics) || !rf_mul(RF_BAND_POINTS, o->resamples, &points))
        return rf_fail(err, RF_USAGE, "%zu resamples are too many", o->resamples);
    if ((rc = RF_NEW(v->metric, metrics, err)) || (!o->areas_only && (rc = RF_NEW(v->band, points, err))))
        return rc;
    return rf_par_run((o->resamples + LANES - 1) / LANES, o->threads, run_block, &w, err);
}

void rf_boot_values_release(struct rf_boot_values *v)
{
    rf_free(v->metric);
    rf_free(v->band);
    *v = (struct rf_boot_values){ 0 };
}

/* ---- the summary ---- */

/* Sorts x[n] in place, missing values left out. Ends of the central 95% and the standard deviation. */
static void summarise(double *x, size_t n, double *low, double *high, double *se)
{
    const double tail = .025;
    size_t kept = 0;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            x[kept++] = x[i];
    *low = *high = *se = NAN;
    if ((double)(n - kept) > tail * (double)n)
        return;
    rf_sort_doubles(x, kept);
    *low = rf_quantile_sorted(x, kept, tail);
    *high = rf_quantile_sorted(x, kept, 1 - tail);
    for (size_t i = 0; i < kept; i++)
        sum += x[i];
    for (size_t i = 0; i < kept; i++)
        squares += (x[i] - sum / (double)kept) * (x[i] - sum / (double)kept);
    *se = sqrt(squares / (double)kept);
}

int rf_boot_of(const struct rf_curve *c, const struct rf_boot_options *o, struct rf_boot *out, struct rf_err *err)
{
    struct rf_boot_values v = { 0 };
    *out = (struct rf_boot){ 0 };
    int rc = rf_boot_values_init(&v, c, o, err);
    if (rc)
        goto out;
    for (size_t r = 0; r < v.resamples; r++)
        out->undefined += isnan(v.metric[RF_APGR * v.resamples + r]) ? 1 : 0;
    for (size_t i = 0; i < RF_METRICS; i++)
        summarise(v.metric + i * v.resamples, v.resamples, &out->low[i], &out->high[i], &out->se[i]);
    for (size_t i = 0; i < RF_BAND_POINTS; i++) {
        double se;
        out->band_low[i] = out->band_high[i] = NAN;
        if (v.band)
            summarise(v.band + i * v.resamples, v.resamples, &out->band_low[i], &out->band_high[i], &se);
    }
out:
    rf_boot_values_release(&v);
    return rc;
}
