/* Scores of probabilities. One pass over the prompts with a better answer, sorted by win rate, gives all numbers of the
 * data or, with counts, of a resample. */
#include "eval/prob.h"

#include <math.h>

#include "core/mem.h"
#include "core/par.h"
#include "core/resample.h"
#include "core/rng.h"
#include "core/share.h"
#include "core/stats.h"

const char *const rf_prob_metric_name[RF_PROB_METRICS] = {
    [RF_PROB_BASE] = "base_rate", [RF_PROB_BRIER] = "brier", [RF_PROB_LOG_LOSS] = "log_loss",
    [RF_PROB_ECE] = "ece",        [RF_PROB_AUROC] = "auroc",
};

double rf_prob_metric(const struct rf_prob *p, enum rf_prob_metric m)
{
    const double value[RF_PROB_METRICS] = {
        [RF_PROB_BASE] = p->base, [RF_PROB_BRIER] = p->brier, [RF_PROB_LOG_LOSS] = p->log_loss,
        [RF_PROB_ECE] = p->ece,   [RF_PROB_AUROC] = p->auroc,
    };
    return value[m];
}

/* The prompts with a better answer, by rising win rate. */
struct decided {
    size_t n;
    double *p;    /* [n] win rate */
    double *won;  /* [n] 0 or 1 */
    double *loss; /* [n] -ln of the probability of what happened */
};

static void decided_release(struct decided *d)
{
    rf_free(d->p);
    rf_free(d->won);
    rf_free(d->loss);
}

static int decided_init(struct decided *d, const double *score, const double *strong, const double *weak, size_t n,
                        struct rf_err *err)
{
    static const double edge = 1e-15;
    size_t *order = NULL;
    int rc;
    *d = (struct decided){ 0 };
    for (size_t i = 0; i < n; i++)
        if (!(score[i] >= 0 && score[i] <= 1))
            return rf_fail(err, RF_BAD_INPUT, "found the score %g at prompt %zu, expected a probability", score[i],
                           i + 1);
    if ((rc = RF_NEW(order, n, err)) || (rc = RF_NEW(d->p, n, err)) || (rc = RF_NEW(d->won, n, err)) ||
        (rc = RF_NEW(d->loss, n, err)))
        goto out;
    rf_argsort(score, n, order);
    for (size_t k = 0; k < n; k++) {
        const size_t i = order[k];
        if (strong[i] == weak[i])
            continue;
        const double q = fmin(fmax(score[i], edge), 1 - edge);
        d->p[d->n] = score[i];
        d->won[d->n] = strong[i] > weak[i];
        d->loss[d->n] = -log(strong[i] > weak[i] ? q : 1 - q);
        d->n++;
    }
    if (!d->n)
        rc = rf_fail(err, RF_BAD_INPUT, "found no prompt on which one model is better than the other");
out:
    rf_free(order);
    return rc;
}

static size_t bin_of(double p)
{
    const size_t b = (size_t)(p * RF_PROB_BINS);
    return b < RF_PROB_BINS ? b : RF_PROB_BINS - 1;
}

/* Sums of one bin. */
struct sums {
    double n, said, won;
};

static double ece_of(const struct sums bin[RF_PROB_BINS], double n)
{
    double gap = 0;
    for (size_t b = 0; b < RF_PROB_BINS; b++)
        gap += fabs(bin[b].said - bin[b].won);
    return gap / n;
}

/* count[i * RF_LANES]: how often prompt i counts; NULL: once. AUROC is Mann-Whitney's, prompts of one win rate level.
 */
static void measure(const struct decided *d, const uint8_t *count, double m[RF_PROB_METRICS],
                    struct sums bin[RF_PROB_BINS])
{
    double n = 0, wins = 0, losses = 0, above = 0, brier = 0, loss = 0;
    for (size_t b = 0; b < RF_PROB_BINS; b++)
        bin[b] = (struct sums){ 0 };
    for (size_t i = 0; i < d->n;) {
        struct sums *const at = &bin[bin_of(d->p[i])];
        const double p = d->p[i];
        double group = 0, won = 0;
        for (; i < d->n && d->p[i] <= p; i++) {
            const double w = count ? count[i * RF_LANES] : 1;
            group += w;
            won += w * d->won[i];
            brier += w * (p - d->won[i]) * (p - d->won[i]);
            loss += w * d->loss[i];
        }
        above += won * (losses + (group - won) / 2);
        n += group;
        wins += won;
        losses += group - won;
        at->n += group;
        at->said += p * group;
        at->won += won;
    }
    m[RF_PROB_BASE] = wins / n;
    m[RF_PROB_BRIER] = brier / n;
    m[RF_PROB_LOG_LOSS] = loss / n;
    m[RF_PROB_ECE] = ece_of(bin, n);
    m[RF_PROB_AUROC] = wins > 0 && losses > 0 ? above / (wins * losses) : (double)NAN;
}

static void fill_bins(struct rf_prob *out, const struct decided *d, const struct sums sum[RF_PROB_BINS])
{
    double variance[RF_PROB_BINS] = { 0 };
    for (size_t i = 0; i < d->n; i++)
        variance[bin_of(d->p[i])] += d->p[i] * (1 - d->p[i]);
    for (size_t b = 0; b < RF_PROB_BINS; b++) {
        struct rf_prob_bin *const bin = &out->bin[b];
        if (!(sum[b].n > 0)) {
            *bin = (struct rf_prob_bin){ 0, NAN, NAN, NAN, NAN };
            continue;
        }
        bin->n = (size_t)sum[b].n;
        bin->said = sum[b].said / sum[b].n;
        bin->was = sum[b].won / sum[b].n;
        rf_share_interval((size_t)sum[b].won, bin->n, .95, &bin->low, &bin->high);
        /* mean of |N(0, v)| is sqrt(2 v / pi) */
        out->ece_by_chance += sqrt(2 / acos(-1) * variance[b]) / (double)d->n;
    }
}

int rf_prob_of(const double *score, const double *strong, const double *weak, size_t n, struct rf_prob *out,
               struct rf_err *err)
{
    struct sums bin[RF_PROB_BINS];
    struct decided d;
    double m[RF_PROB_METRICS];
    const int rc = decided_init(&d, score, strong, weak, n, err);
    *out = (struct rf_prob){ 0 };
    if (!rc) {
        measure(&d, NULL, m, bin);
        out->n = d.n;
        out->base = m[RF_PROB_BASE];
        out->brier = m[RF_PROB_BRIER];
        out->log_loss = m[RF_PROB_LOG_LOSS];
        out->ece = m[RF_PROB_ECE];
        out->auroc = m[RF_PROB_AUROC];
        fill_bins(out, &d, bin);
    }
    decided_release(&d);
    return rc;
}

/* ---- intervals ---- */

struct work {
    const struct decided *d;
    const struct rf_boot_options *o;
    double *value;  /* [RF_PROB_METRICS][resamples] */
    double *chance; /* [resamples] ECE of outcomes drawn by the win rates */
};

/* ECE were the win rates right. */
static double chance_ece(const struct decided *d, uint64_t seed, uint64_t stream)
{
    struct sums bin[RF_PROB_BINS] = { 0 };
    struct rf_rng rng;
    rf_rng_init(&rng, seed, stream);
    for (size_t i = 0; i < d->n; i++) {
        struct sums *const at = &bin[bin_of(d->p[i])];
        at->said += d->p[i];
        at->won += rf_rng_uniform(&rng) < d->p[i];
    }
    return ece_of(bin, (double)d->n);
}

/* Resamples [block * RF_LANES, ...): par's unit of work. */
static int resample_block(void *ctx, size_t block, struct rf_err *err)
{
    static const uint64_t outcomes = 1ull << 62; /* streams that resamples do not use */
    const struct work *const w = ctx;
    const size_t resamples = w->o->resamples;
    uint64_t size[RF_LANES];
    uint8_t *count = NULL;
    double m[RF_PROB_METRICS];
    struct sums bin[RF_PROB_BINS];
    int rc = RF_FAIL;
    if (!(count = rf_calloc(w->d->n, RF_LANES, err)) || (rc = rf_boot_draw(w->o, w->d->n, block, count, size, err)))
        goto out;
    for (size_t lane = 0; lane < RF_LANES; lane++) {
        const size_t r = block * RF_LANES + lane;
        if (r >= resamples)
            break;
        measure(w->d, count + lane, m, bin);
        for (size_t k = 0; k < RF_PROB_METRICS; k++)
            w->value[k * resamples + r] = m[k];
        w->chance[r] = chance_ece(w->d, w->o->seed, outcomes + r);
    }
out:
    rf_free(count);
    return rc;
}

int rf_prob_boot(const double *score, const double *strong, const double *weak, size_t n,
                 const struct rf_boot_options *o, struct rf_prob_boot *out, struct rf_err *err)
{
    const size_t resamples = o->resamples;
    struct sums bin[RF_PROB_BINS];
    double m[RF_PROB_METRICS];
    struct decided d = { 0 };
    struct work w = { .d = &d, .o = o };
    size_t cells;
    int rc;
    if (!rf_mul(RF_PROB_METRICS, resamples, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu resamples", resamples);
    if ((rc = decided_init(&d, score, strong, weak, n, err)) || (rc = RF_NEW(w.value, cells, err)) ||
        (rc = RF_NEW(w.chance, resamples, err)) ||
        (rc = rf_par_run((resamples + RF_LANES - 1) / RF_LANES, o->threads, resample_block, &w, err)))
        goto out;
    measure(&d, NULL, m, bin);
    for (size_t k = 0; k < RF_PROB_METRICS; k++) {
        const bool mirrored = k == RF_PROB_ECE;
        const struct rf_resamples s = {
            .x = w.value + k * resamples, .n = resamples, .value = m[k], .acceleration = (double)NAN
        };
        const struct rf_interval i = rf_interval_of(&s, mirrored ? RF_INTERVAL_PERCENTILE : RF_INTERVAL_BCA, .95);
        out->low[k] = mirrored ? fmax(0, 2 * m[k] - i.high) : i.low;
        out->high[k] = mirrored ? fmax(0, 2 * m[k] - i.low) : i.high;
    }
    rf_sort_doubles(w.chance, resamples);
    out->ece_by_chance_high = rf_quantile_sorted(w.chance, resamples, .95);
    if (m[RF_PROB_ECE] <= rf_quantile_sorted(w.chance, resamples, .975))
        out->low[RF_PROB_ECE] = 0;
    rf_share_interval((size_t)(m[RF_PROB_BASE] * (double)d.n + .5), d.n, .95, &out->low[RF_PROB_BASE],
                      &out->high[RF_PROB_BASE]);
out:
    rf_free(w.value);
    rf_free(w.chance);
    decided_release(&d);
    return rc;
}
