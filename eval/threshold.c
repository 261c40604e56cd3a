/* Quantiles and sums over sorted win rates. */
#include "eval/threshold.h"

#include <math.h>

#include "core/mem.h"
#include "core/stats.h"

double rf_threshold_for_share(const double *sorted, size_t n, double share)
{
    return rf_quantile_sorted(sorted, n, 1 - share);
}

size_t rf_threshold_calls(const double *sorted, size_t n, double threshold)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (sorted[mid] >= threshold)
            high = mid;
        else
            low = mid + 1;
    }
    return n - low;
}

double rf_threshold_short(const double *sorted, size_t n, double t)
{
    const size_t calls = rf_threshold_calls(sorted, n, t);
    double scale = 1000;
    for (int decimals = 3; decimals < 16; decimals++, scale *= 10) {
        const double candidate = (calls ? floor(t * scale) : ceil(t * scale)) / scale;
        if ((!calls || candidate <= t) && rf_threshold_calls(sorted, n, candidate) == calls)
            return candidate;
    }
    return t;
}

/* Mean cost at a threshold, and its standard error. */
static double mean_cost(const struct rf_priced *p, double threshold, double *se)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < p->n; i++)
        sum += p->score[i] >= threshold ? p->strong[i] : p->weak[i];
    const double mean = sum / (double)p->n;
    for (size_t i = 0; i < p->n; i++) {
        const double d = (p->score[i] >= threshold ? p->strong[i] : p->weak[i]) - mean;
        squares += d * d;
    }
    *se = p->n > 1 ? sqrt(squares / (double)(p->n - 1) / (double)p->n) : NAN;
    return mean;
}

int rf_threshold_for_cost(const struct rf_priced *p, double most, double *threshold, double *cost, double *se,
                          struct rf_err *err)
{
    size_t *order = NULL;
    double sum = 0;
    int rc = RF_NEW(order, p->n, err);
    if (rc)
        goto out;
    rf_argsort(p->score, p->n, order);
    for (size_t i = 0; i < p->n; i++)
        sum += p->weak[i];
    const double budget = most * (double)p->n;
    if (sum > budget) {
        rc = rf_fail(err, RF_BAD_INPUT,
                     "found a mean cost of $%.4g per 1000 prompts with the weak model alone, expected at most $%.4g",
                     1000 * sum / (double)p->n, 1000 * most);
        goto out;
    }
    *threshold = nextafter(p->score[order[p->n - 1]], INFINITY); /* strong answers nothing */
    for (size_t i = p->n; i-- > 0;) {
        sum += p->strong[order[i]] - p->weak[order[i]];
        if (sum <= budget && (!i || p->score[order[i - 1]] < p->score[order[i]]))
            *threshold = p->score[order[i]];
    }
    *cost = mean_cost(p, *threshold, se);
out:
    rf_free(order);
    return rc;
}
