/* The simultaneous band needs the resamples side by side, the pointwise one sorts them: in that order. */
#include "eval/band.h"

#include <math.h>

#include "core/mem.h"
#include "core/stats.h"

static double deviation(const double *x, size_t n)
{
    double sum = 0, squares = 0, kept = 0;
    for (size_t r = 0; r < n; r++)
        if (!isnan(x[r])) {
            sum += x[r];
            kept++;
        }
    for (size_t r = 0; r < n; r++)
        if (!isnan(x[r]))
            squares += (x[r] - sum / kept) * (x[r] - sum / kept);
    return sqrt(squares / kept);
}

/* most[r] = max(most[r], |x[r] - value| / se); NaN stays, and comes in. */
static void widen(double *most, const double *x, size_t n, double value, double se)
{
    const double scale = 1 / se;
    for (size_t r = 0; r < n; r++) {
        const double t = fabs(x[r] - value) * scale;
        most[r] = most[r] >= t ? most[r] : t + 0 * most[r];
    }
}

/* Sorts what is defined to the front: how much. */
static size_t sort_defined(double *x, size_t n)
{
    size_t kept = 0;
    for (size_t r = 0; r < n; r++)
        if (!isnan(x[r]))
            x[kept++] = x[r];
    rf_sort_doubles(x, kept);
    return kept;
}

int rf_band_fill(struct rf_band *b, const double *value, double *x, size_t points, size_t resamples, double level,
                 struct rf_err *err)
{
    const double tail = (1 - level) / 2;
    double *most = NULL;
    int rc = RF_NEW(most, resamples, err);
    if (rc)
        return rc;
    for (size_t j = 0; j < points; j++) {
        double *const own = x + j * resamples;
        b->se[j] = deviation(own, resamples);
        if (b->se[j] > 1e-14 * fabs(value[j])) /* else nothing but rounding */
            widen(most, own, resamples, value[j], b->se[j]);
        const size_t n = sort_defined(own, resamples);
        const int enough = n && (double)(resamples - n) <= tail * (double)resamples;
        b->low[j] = enough ? rf_quantile_sorted(own, n, tail) : (double)NAN;
        b->high[j] = enough ? rf_quantile_sorted(own, n, 1 - tail) : (double)NAN;
    }
    const size_t n = sort_defined(most, resamples);
    b->widest = n && (double)(resamples - n) <= (1 - level) * (double)resamples ? rf_quantile_sorted(most, n, level)
                                                                                : (double)NAN;
    for (size_t j = 0; j < points; j++) {
        b->sim_low[j] = value[j] - b->widest * b->se[j];
        b->sim_high[j] = value[j] + b->widest * b->se[j];
    }
    rf_free(most);
    return 0;
}

/* ---- crossings ---- */

enum { STEPS = 10, HALVINGS = 40 }; /* steps between two points, then bisection */

struct edge {
    double (*height)(void *ctx, double x);
    void *ctx;
    const double *se;
    size_t points;
    double z;
};

static double edge_at(const struct edge *e, double x)
{
    const double place = x * (double)(e->points - 1), low = fmin(floor(place), (double)(e->points - 2));
    const size_t i = (size_t)low;
    return e->height(e->ctx, x) + e->z * (e->se[i] + (place - low) * (e->se[i + 1] - e->se[i]));
}

static double first_at_zero(const struct edge *e)
{
    const size_t steps = (e->points - 1) * STEPS;
    if (edge_at(e, 0) >= 0)
        return 0;
    for (size_t i = 1; i <= steps; i++) {
        double low = (double)(i - 1) / (double)steps, high = (double)i / (double)steps;
        if (!(edge_at(e, high) >= 0))
            continue;
        for (int k = 0; k < HALVINGS; k++) {
            const double mid = low + (high - low) / 2;
            if (edge_at(e, mid) >= 0)
                high = mid;
            else
                low = mid;
        }
        return high;
    }
    return 1;
}

struct rf_crossing rf_band_crossing(double (*height)(void *ctx, double x), void *ctx, const double *se, size_t points,
                                    double z)
{
    const struct edge upper = { height, ctx, se, points, z }, lower = { height, ctx, se, points, -z };
    return (struct rf_crossing){ first_at_zero(&upper), first_at_zero(&lower) };
}
