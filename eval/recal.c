/* Newton's method in two numbers, and a stack of pooled blocks. */
#include "eval/recal.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"

double rf_recal_logit(double rate)
{
    const double p = fmin(fmax(rate, DBL_TRUE_MIN), 1 - DBL_EPSILON / 2);
    return log(p) - log1p(-p);
}

/* ---- Platt ---- */

/* Whether there is a finite maximum with a rising slope; says why not. */
static int check_outcomes(const double *logit, const double *won, size_t n, struct rf_err *err)
{
    double least[2] = { HUGE_VAL, HUGE_VAL }, most[2] = { -HUGE_VAL, -HUGE_VAL };
    size_t count[2] = { 0, 0 };
    for (size_t i = 0; i < n; i++) {
        const int k = won[i] > 0;
        if (!isfinite(logit[i]))
            return rf_fail(err, RF_BAD_INPUT, "found the logit %g at prompt %zu, expected a finite one", logit[i],
                           i + 1);
        count[k]++;
        least[k] = fmin(least[k], logit[i]);
        most[k] = fmax(most[k], logit[i]);
    }
    if (!count[0] || !count[1])
        return rf_fail(err, RF_BAD_INPUT, "%s won all %zu prompts that have a better answer: expected wins of both",
                       count[1] ? "strong" : "weak", n);
    if (fmin(least[0], least[1]) >= fmax(most[0], most[1]))
        return rf_fail(err, RF_BAD_INPUT, "all %zu win rates are the same: there is nothing to recalibrate", n);
    return 0;
}

static int check_divided(const double *logit, const double *won, size_t n, struct rf_err *err)
{
    double most_lost = -HUGE_VAL, least_won = HUGE_VAL;
    for (size_t i = 0; i < n; i++)
        if (won[i] > 0)
            least_won = fmin(least_won, logit[i]);
        else
            most_lost = fmax(most_lost, logit[i]);
    return most_lost > least_won
               ? 0
               : rf_fail(err, RF_BAD_INPUT,
                         "one threshold divides the %zu prompts that strong won from those that it lost: the slope has "
                         "no finite maximum; more prompts are needed, or --method isotonic",
                         n);
}

struct standard {
    double mean, sd;
};

static struct standard standardise(const double *x, size_t n)
{
    struct standard s = { 0, 0 };
    for (size_t i = 0; i < n; i++)
        s.mean += x[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        s.sd += (x[i] - s.mean) * (x[i] - s.mean) / (double)n;
    s.sd = sqrt(s.sd);
    return s;
}

/* Mean loss at a + b u, u the standardised logits; g[2] and h[3] (aa, ab, bb): its derivatives, or NULL. */
static double platt_loss(const double *x, const double *won, size_t n, struct standard s, const double at[2], double *g,
                         double *h)
{
    double loss = 0;
    if (g) {
        memset(g, 0, 2 * sizeof *g);
        memset(h, 0, 3 * sizeof *h);
    }
    for (size_t i = 0; i < n; i++) {
        const double u = (x[i] - s.mean) / s.sd, z = at[0] + at[1] * u;
        loss += won[i] > 0 ? rf_softplus(-z) : rf_softplus(z);
        if (!g)
            continue;
        const double p = rf_sigmoid(z), off = p - (won[i] > 0), v = p * rf_sigmoid(-z);
        g[0] += off;
        g[1] += off * u;
        h[0] += v;
        h[1] += v * u;
        h[2] += v * u * u;
    }
    if (g)
        for (int k = 0; k < 3; k++) {
            h[k] /= (double)n;
            if (k < 2)
                g[k] /= (double)n;
        }
    return loss / (double)n;
}

/* From no slope at all, where the loss curves most. */
static int fit_platt(struct rf_recal *out, const double *x, const double *won, size_t n, struct rf_err *err)
{
    enum { STEPS = 200 };
    static const double flat = 1e-12; /* of the mean gradient */
    const struct standard s = standardise(x, n);
    double at[2] = { 0, 0 }, g[2], h[3];
    double now = platt_loss(x, won, n, s, at, g, h), size = 1;
    int rc = check_divided(x, won, n, err);
    if (rc)
        return rc;
    for (int step = 0; step < STEPS && size > 1e-15 && fmax(fabs(g[0]), fabs(g[1])) > flat; step++) {
        const double det = h[0] * h[2] - h[1] * h[1];
        const double by[2] = { (h[2] * g[0] - h[1] * g[1]) / det, (h[0] * g[1] - h[1] * g[0]) / det };
        double to[2], next;
        for (size = 1; size > 1e-15; size /= 2) {
            to[0] = at[0] - size * by[0];
            to[1] = at[1] - size * by[1];
            next = platt_loss(x, won, n, s, to, NULL, NULL);
            if (next <= now + 1e-16 * fabs(now)) /* close by, the loss knows no better */
                break;
        }
        if (size > 1e-15) {
            memcpy(at, to, sizeof at);
            now = platt_loss(x, won, n, s, at, g, h);
        }
    }
    if (!(fmax(fabs(g[0]), fabs(g[1])) < 1e-9))
        return rf_fail(err, RF_BAD_INPUT, "Newton's method found no maximum: the mean gradient stays at %g",
                       fmax(fabs(g[0]), fabs(g[1])));
    out->slope = at[1] / s.sd;
    out->bias = at[0] - out->slope * s.mean;
    return out->slope > 0 ? 0
                          : rf_fail(err, RF_BAD_INPUT,
                                    "strong wins no more often where the win rate is higher (slope %.3g): a router "
                                    "whose order is backwards cannot be mended by recalibration",
                                    out->slope);
}

/* ---- isotonic ---- */

size_t rf_pool_violators(const double *sum, const double *weight, size_t n, struct rf_block *block)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        block[k++] = (struct rf_block){ i, i, sum[i], weight[i] };
        while (k > 1 && block[k - 2].sum * block[k - 1].weight >= block[k - 1].sum * block[k - 2].weight) {
            block[k - 2].last = block[k - 1].last;
            block[k - 2].sum += block[k - 1].sum;
            block[k - 2].weight += block[k - 1].weight;
            k--;
        }
    }
    return k;
}

static void add_knot(struct rf_recal *out, double logit, double rate)
{
    out->logit[out->knots] = logit;
    out->rate[out->knots++] = rate;
}

/* How near two logits count as one: wide enough that the rounding of a win rate moves the line between two knots by no
 * more than a millionth. */
static double tie_width(double logit)
{
    return 1e-6 + 1e6 * DBL_EPSILON * exp(fmin(fmax(logit, 0), 40));
}

static int fit_isotonic(struct rf_recal *out, const double *x, const double *won, size_t n, struct rf_err *err)
{
    size_t *order = NULL, distinct = 0;
    double *at = NULL, *sum = NULL, *weight = NULL;
    struct rf_block *block = NULL;
    int rc;
    if ((rc = RF_NEW(order, n, err)) || (rc = RF_NEW(at, n, err)) || (rc = RF_NEW(sum, n, err)) ||
        (rc = RF_NEW(weight, n, err)) || (rc = RF_NEW(block, n, err)) || (rc = RF_NEW(out->logit, n, err)) ||
        (rc = RF_NEW(out->rate, n, err)))
        goto out;
    rf_argsort(x, n, order);
    for (size_t i = 0; i < n; i++) {
        const double logit = x[order[i]];
        if (!distinct || logit > at[distinct - 1] + tie_width(logit))
            at[distinct++] = logit;
        sum[distinct - 1] += won[order[i]] > 0;
        weight[distinct - 1]++;
    }
    const size_t blocks = rf_pool_violators(sum, weight, distinct, block);
    const double edge = 1 / ((double)n + 2);
    for (size_t b = 0; b < blocks; b++) {
        const double rate = fmin(fmax(block[b].sum / block[b].weight, edge), 1 - edge);
        add_knot(out, at[block[b].first], rate);
        if (block[b].last > block[b].first)
            add_knot(out, at[block[b].last], rate);
    }
out:
    rf_free(order);
    rf_free(at);
    rf_free(sum);
    rf_free(weight);
    rf_free(block);
    return rc;
}

/* ---- both ---- */

int rf_recal_fit(struct rf_recal *out, enum rf_recal_method method, const double *logit, const double *won, size_t n,
                 struct rf_err *err)
{
    *out = (struct rf_recal){ .method = method };
    int rc = check_outcomes(logit, won, n, err);
    if (!rc)
        rc = method == RF_RECAL_PLATT ? fit_platt(out, logit, won, n, err) : fit_isotonic(out, logit, won, n, err);
    if (rc)
        rf_recal_release(out);
    return rc;
}

double rf_recal_rate(const struct rf_recal *r, double logit)
{
    size_t low = 0, high = r->knots - 1;
    if (r->method == RF_RECAL_PLATT)
        return rf_sigmoid(r->slope * logit + r->bias);
    if (logit <= r->logit[low])
        return r->rate[low];
    if (logit >= r->logit[high])
        return r->rate[high];
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (logit < r->logit[middle])
            high = middle;
        else
            low = middle;
    }
    return r->rate[low] + (r->rate[high] - r->rate[low]) * (logit - r->logit[low]) / (r->logit[high] - r->logit[low]);
}

void rf_recal_release(struct rf_recal *r)
{
    rf_free(r->logit);
    rf_free(r->rate);
    *r = (struct rf_recal){ 0 };
}

int rf_recal_cross(enum rf_recal_method method, const double *logit, const double *won, size_t n, size_t folds,
                   uint64_t seed, double *rate, struct rf_err *err)
{
    struct rf_recal r = { 0 };
    struct rf_rng rng;
    uint32_t *place = NULL;
    double *x = NULL, *y = NULL;
    int rc;
    if (n > UINT32_MAX)
        return rf_fail(err, RF_BAD_INPUT, "found %zu prompts, expected fewer than 2^32", n);
    if ((rc = RF_NEW(place, n, err)) || (rc = RF_NEW(x, n, err)) || (rc = RF_NEW(y, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        place[i] = (uint32_t)i;
    rf_rng_init(&rng, seed, 0);
    rf_rng_shuffle(&rng, place, n); /* prompt i is in part place[i] % folds */
    for (size_t f = 0; f < folds && !rc; f++) {
        size_t m = 0;
        for (size_t i = 0; i < n; i++)
            if (place[i] % folds != f) {
                x[m] = logit[i];
                y[m++] = won[i];
            }
        if ((rc = rf_recal_fit(&r, method, x, y, m, err)))
            break;
        for (size_t i = 0; i < n; i++)
            if (place[i] % folds == f)
                rate[i] = rf_recal_rate(&r, logit[i]);
        rf_recal_release(&r);
    }
out:
    rf_recal_release(&r);
    rf_free(place);
    rf_free(x);
    rf_free(y);
    return rc;
}
