/* Estimators over rows; sums in row order. */
#include "eval/offpolicy.h"

#include <math.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"

enum { FOLDS = 5, TENTHS = 10, PRIOR = 5, ENOUGH = 20, LEAST_ESS = 10 };

static bool wants_strong(const struct rf_traffic_row *r, double threshold)
{
    return r->score >= threshold;
}

static double weight_of(const struct rf_traffic_row *r, double threshold)
{
    return r->strong == wants_strong(r, threshold) ? 1 / r->propensity : 0;
}

/* ---------------------------------------------------------------- overlap */

/* Edges between the tenths of the win rates. */
static int tenths(const struct rf_traffic *t, double edge[TENTHS - 1], struct rf_err *err)
{
    double *sorted = NULL;
    int rc = RF_NEW(sorted, t->n, err);
    for (size_t i = 0; i < t->n && !rc; i++)
        sorted[i] = t->row[i].score;
    if (!rc)
        rf_sort_doubles(sorted, t->n);
    for (int i = 0; i + 1 < TENTHS && !rc; i++)
        edge[i] = rf_quantile_sorted(sorted, t->n, (i + 1.) / TENTHS);
    rf_free(sorted);
    return rc;
}

static int tenth_of(const double edge[TENTHS - 1], double score)
{
    int i = 0;
    while (i + 1 < TENTHS && score > edge[i])
        i++;
    return i;
}

static int check_overlap(const struct rf_traffic *t, double threshold, struct rf_err *err)
{
    double edge[TENTHS - 1], low[TENTHS][2], high[TENTHS][2];
    size_t wanted[TENTHS][2] = { { 0 } }, done[TENTHS][2] = { { 0 } };
    const int rc = tenths(t, edge, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < t->n; i++) {
        const double s = t->row[i].score;
        const int b = tenth_of(edge, s), strong = wants_strong(&t->row[i], threshold);
        low[b][strong] = wanted[b][strong] ? fmin(low[b][strong], s) : s;
        high[b][strong] = wanted[b][strong] ? fmax(high[b][strong], s) : s;
        wanted[b][strong]++;
        done[b][strong] += t->row[i].strong == strong;
    }
    for (int b = 0; b < TENTHS; b++)
        for (int strong = 0; strong < 2; strong++)
            if (wanted[b][strong] >= ENOUGH && !done[b][strong])
                return rf_fail(
                    err, RF_BAD_INPUT,
                    "no overlap at threshold %g: of %zu requests with win rates from %.4g to %.4g the log sent "
                    "none to the %s model, so nothing is known of it there",
                    threshold, wanted[b][strong], low[b][strong], high[b][strong], strong ? "strong" : "weak");
    return 0;
}

/* ---------------------------------------------------------------- estimates */

/* Mean of x over rows and its standard error, two passes. */
static struct rf_estimate mean_of(const struct rf_traffic *t,
                                  double (*x)(const struct rf_traffic *, size_t, double, const void *),
                                  double threshold, const void *ctx)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < t->n; i++)
        sum += x(t, i, threshold, ctx);
    const double mean = sum / (double)t->n;
    for (size_t i = 0; i < t->n; i++) {
        const double d = x(t, i, threshold, ctx) - mean;
        squares += d * d;
    }
    return (struct rf_estimate){ mean, t->n > 1 ? sqrt(squares / (double)(t->n - 1) / (double)t->n) : NAN };
}

static double row_weight(const struct rf_traffic *t, size_t i, double threshold, const void *ctx)
{
    (void)ctx;
    return weight_of(&t->row[i], threshold);
}

static double row_ips(const struct rf_traffic *t, size_t i, double threshold, const void *ctx)
{
    (void)ctx;
    return weight_of(&t->row[i], threshold) * t->row[i].reward;
}

static double row_dr(const struct rf_traffic *t, size_t i, double threshold, const void *ctx)
{
    const double(*const expected)[2] = ctx;
    const struct rf_traffic_row *const r = &t->row[i];
    return expected[i][wants_strong(r, threshold)] + weight_of(r, threshold) * (r->reward - expected[i][r->strong]);
}

/* Ratio of sums, with the error of a ratio. */
static struct rf_estimate snips_of(const struct rf_traffic *t, double threshold, bool cost)
{
    double weights = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < t->n; i++) {
        const double w = weight_of(&t->row[i], threshold);
        weights += w;
        sum += w > 0 ? w * (cost ? t->row[i].cost : t->row[i].reward) : 0;
    }
    const double value = sum / weights;
    for (size_t i = 0; i < t->n; i++) {
        const double w = weight_of(&t->row[i], threshold);
        const double d = w > 0 ? w * ((cost ? t->row[i].cost : t->row[i].reward) - value) : 0;
        squares += d * d;
    }
    return (struct rf_estimate){ value, sqrt(squares) / weights };
}

int rf_offpolicy_of(const struct rf_traffic *t, double threshold, const double (*expected)[2], struct rf_offpolicy *out,
                    struct rf_err *err)
{
    double sum = 0, squares = 0;
    size_t strong = 0;
    const int rc = check_overlap(t, threshold, err);
    *out = (struct rf_offpolicy){ 0 };
    if (rc)
        return rc;
    for (size_t i = 0; i < t->n; i++) {
        const double w = weight_of(&t->row[i], threshold);
        out->matched += w > 0;
        strong += wants_strong(&t->row[i], threshold);
        sum += w;
        squares += w * w;
    }
    out->share = (double)strong / (double)t->n;
    out->ess = squares > 0 ? sum * sum / squares : 0;
    if (out->ess < LEAST_ESS)
        return rf_fail(
            err, RF_BAD_INPUT,
            "no overlap at threshold %g: %zu of %zu requests went as it would send them, worth %.1f of equal "
            "weight; expected at least %d",
            threshold, out->matched, t->n, out->ess, (int)LEAST_ESS);
    out->weight = mean_of(t, row_weight, threshold, NULL);
    out->ips = mean_of(t, row_ips, threshold, NULL);
    out->dr = mean_of(t, row_dr, threshold, expected);
    out->snips = snips_of(t, threshold, false);
    out->cost = snips_of(t, threshold, true);
    return 0;
}

/* ---------------------------------------------------------------- the model of the rewards */

struct cell {
    double sum;
    size_t n;
};

static double mean_or(struct cell c, double otherwise, double prior)
{
    return c.n || prior > 0 ? (c.sum + prior * otherwise) / ((double)c.n + prior) : otherwise;
}

int rf_offpolicy_model(const struct rf_traffic *t, uint64_t seed, double (*expected)[2], struct rf_err *err)
{
    struct cell cell[FOLDS][TENTHS][2] = { { { { 0 } } } };
    double edge[TENTHS - 1];
    uint32_t *fold = NULL;
    struct rf_rng rng;
    int rc = tenths(t, edge, err);
    if (rc || (rc = RF_NEW(fold, t->n, err)))
        goto out;
    rf_rng_init(&rng, seed, 0);
    for (size_t i = 0; i < t->n; i++)
        fold[i] = (uint32_t)(i % FOLDS);
    rf_rng_shuffle(&rng, fold, t->n);
    for (size_t i = 0; i < t->n; i++) {
        struct cell *const c = &cell[fold[i]][tenth_of(edge, t->row[i].score)][t->row[i].strong];
        c->sum += t->row[i].reward;
        c->n++;
    }
    for (size_t i = 0; i < t->n; i++) {
        const int b = tenth_of(edge, t->row[i].score);
        for (int strong = 0; strong < 2; strong++) {
            struct cell near = { 0 }, all = { 0 };
            for (uint32_t f = 0; f < FOLDS; f++)
                for (int k = 0; k < TENTHS && f != fold[i]; k++) {
                    all.sum += cell[f][k][strong].sum;
                    all.n += cell[f][k][strong].n;
                    if (k == b)
                        near = (struct cell){ near.sum + cell[f][k][strong].sum, near.n + cell[f][k][strong].n };
                }
            expected[i][strong] = mean_or(near, mean_or(all, 0, 0), PRIOR);
        }
    }
out:
    rf_free(fold);
    return rc;
}
