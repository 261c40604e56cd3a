/* One sort, one pass of prefix sums, and what can be read off them. Sums are kept, not means: with right/wrong outcomes
 * they are whole numbers, so that equal qualities compare equal. */
#include "eval/curve.h"

#include <math.h>

#include "core/mem.h"
#include "core/stats.h"

static int check_finite(const double *x, size_t n, const char *what, struct rf_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return rf_fail(err, RF_BAD_INPUT, "%s of prompt %zu of %zu: found %g, expected a finite number", what,
                           i + 1, n, x[i]);
    return 0;
}

int rf_curve_init(struct rf_curve *c, const struct rf_scored *s, struct rf_err *err)
{
    const size_t n = s->n;
    double *falling = NULL, weak = 0, strong = 0;
    int rc;
    *c = (struct rf_curve){ .n = n };
    if (!n) {
        rc = rf_fail(err, RF_BAD_INPUT, "there are no prompts to evaluate on");
        goto out;
    }
    if ((rc = check_finite(s->score, n, "score", err)) || (rc = check_finite(s->strong, n, "strong quality", err)) ||
        (rc = check_finite(s->weak, n, "weak quality", err)))
        goto out;
    if ((rc = RF_NEW(falling, n, err)) || (rc = RF_NEW(c->order, n, err)) || (rc = RF_NEW(c->lift, n, err)) ||
        (rc = RF_NEW(c->base, n, err)) || (rc = RF_NEW(c->end, n + 1, err)) || (rc = RF_NEW(c->gain, n + 1, err)) ||
        (rc = RF_NEW(c->threshold, n + 1, err)))
        goto out;

    for (size_t i = 0; i < n; i++)
        falling[i] = -s->score[i];
    rf_argsort(falling, n, c->order);
    c->threshold[0] = INFINITY;
    double gain = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t p = c->order[i];
        c->lift[i] = s->strong[p] - s->weak[p];
        c->base[i] = s->weak[p];
        gain += c->lift[i];
        weak += c->base[i];
        strong += s->strong[p];
        if (i + 1 < n && s->score[c->order[i + 1]] == s->score[p])
            continue;
        c->groups++;
        c->end[c->groups] = i + 1;
        c->gain[c->groups] = gain;
        c->threshold[c->groups] = s->score[p];
    }
    c->weak = weak / (double)n;
    c->strong = strong / (double)n;
out:
    rf_free(falling);
    return rc;
}

void rf_curve_release(struct rf_curve *c)
{
    rf_free(c->order);
    rf_free(c->end);
    rf_free(c->gain);
    rf_free(c->threshold);
    rf_free(c->lift);
    rf_free(c->base);
    *c = (struct rf_curve){ 0 };
}

double rf_curve_share(const struct rf_curve *c, size_t v)
{
    return (double)c->end[v] / (double)c->n;
}

double rf_curve_quality(const struct rf_curve *c, size_t v)
{
    return c->weak + c->gain[v] / (double)c->n;
}

double rf_curve_quality_at(const struct rf_curve *c, double share)
{
    const double calls = share * (double)c->n;
    size_t low = 0, high = c->groups; /* end[low] <= calls <= end[high] */
    while (high - low > 1) {
        const size_t mid = low + (high - low) / 2;
        if ((double)c->end[mid] <= calls)
            low = mid;
        else
            high = mid;
    }
    const double t = (calls - (double)c->end[low]) / (double)(c->end[high] - c->end[low]);
    return c->weak + (c->gain[low] + (c->gain[high] - c->gain[low]) * t) / (double)c->n;
}

size_t rf_curve_vertex(const struct rf_curve *c, double threshold)
{
    size_t low = 0,
           high = c->groups + 1; /* threshold[low] >= threshold; high is the first below, or one past the end */
    while (high - low > 1) {
        const size_t mid = low + (high - low) / 2;
        if (c->threshold[mid] >= threshold)
            low = mid;
        else
            high = mid;
    }
    return low;
}

double rf_curve_share_for(const struct rf_curve *c, double quality)
{
    const double want = (quality - c->weak) * (double)c->n;
    if (want <= 0)
        return 0;
    size_t v = 1;
    while (v <= c->groups && c->gain[v] < want)
        v++;
    if (v > c->groups)
        return NAN;
    const double t = (want - c->gain[v - 1]) / (c->gain[v] - c->gain[v - 1]);
    return ((double)c->end[v - 1] + t * (double)(c->end[v] - c->end[v - 1])) / (double)c->n;
}

double rf_curve_area(const struct rf_curve *c)
{
    double twice = 0;
    for (size_t v = 1; v <= c->groups; v++)
        twice += (c->gain[v - 1] + c->gain[v]) * (double)(c->end[v] - c->end[v - 1]);
    return c->weak + twice / 2 / ((double)c->n * (double)c->n);
}
