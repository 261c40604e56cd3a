/* All ends are quantiles of the sorted resamples. */
#include "eval/interval.h"

#include <math.h>

#include "core/stats.h"

static const struct rf_interval none = { NAN, NAN, NAN };

enum rf_interval_kind rf_interval_choose(enum rf_interval_kind kind, size_t units)
{
    return kind != RF_INTERVAL_AUTO ? kind : units < RF_FEW ? RF_INTERVAL_STUDENT : RF_INTERVAL_BCA;
}

double rf_acceleration(const double *u, size_t n)
{
    double squares = 0, cubes = 0;
    for (size_t i = 0; i < n; i++) {
        squares += u[i] * u[i];
        cubes += u[i] * u[i] * u[i];
    }
    return squares > 0 ? cubes / (6 * squares * sqrt(squares)) : 0;
}

/* (x - value) / se of a resample; NaN where it has none. */
static double student_of(const struct rf_resamples *s, size_t i)
{
    const double off = s->x[i] - s->value;
    return s->se[i] > 0 ? off / s->se[i] : off == 0 ? 0 : (double)NAN;
}

/* Standard deviation of what is defined. */
static double deviation(const double *x, size_t n)
{
    double sum = 0, squares = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) {
            sum += x[i];
            kept++;
        }
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            squares += (x[i] - sum / kept) * (x[i] - sum / kept);
    return sqrt(squares / kept);
}

/* z of the share of resamples below the value, equal ones by half: how far their median is off. Kept finite. */
static double bias_of(const double *x, size_t n, double value)
{
    double below = 0, kept = 0;
    for (size_t i = 0; i < n; i++) {
        below += x[i] < value ? 1 : x[i] == value ? .5 : 0;
        kept += !isnan(x[i]);
    }
    return rf_normal_quantile(fmin(fmax(below, .5), kept - .5) / kept);
}

/* BCa: the quantile of the resamples that stands for the normal quantile z. Beyond the pole of the formula it is the
 * outermost. */
static double bca_quantile(double bias, double acceleration, double z)
{
    const double to = bias + z, scale = 1 - acceleration * to;
    return scale > 0 ? rf_normal_cdf(bias + to / scale) : to > 0 ? 1 : 0;
}

struct rf_interval rf_interval_of(const struct rf_resamples *s, enum rf_interval_kind kind, double level)
{
    const double tail = (1 - level) / 2, se = deviation(s->x, s->n);
    double low = tail, high = 1 - tail;
    size_t n = 0;
    if (kind == RF_INTERVAL_BCA) {
        const double bias = bias_of(s->x, s->n, s->value), z = rf_normal_quantile(1 - tail);
        low = bca_quantile(bias, s->acceleration, -z);
        high = bca_quantile(bias, s->acceleration, z);
    }
    for (size_t i = 0; i < s->n; i++) {
        const double x = kind == RF_INTERVAL_STUDENT ? student_of(s, i) : s->x[i];
        if (!isnan(x))
            s->x[n++] = x;
    }
    if (isnan(s->value) || (double)(s->n - n) > tail * (double)s->n)
        return none;
    rf_sort_doubles(s->x, n);
    low = rf_quantile_sorted(s->x, n, low);
    high = rf_quantile_sorted(s->x, n, high);
    if (kind != RF_INTERVAL_STUDENT)
        return (struct rf_interval){ low, high, se };
    return (struct rf_interval){ s->value - high * s->se_value, s->value - low * s->se_value, se };
}

/* ---- tests ---- */

/* The level of BCa at which an end is the quantile q of the resamples: bca_quantile solved for z. */
static double bca_level(double bias, double acceleration, double q)
{
    const double w = rf_normal_quantile(q) - bias;
    return rf_normal_cdf(w / (1 + acceleration * w) - bias);
}

struct rf_tails rf_interval_tails(const struct rf_resamples *s, enum rf_interval_kind kind, double zero)
{
    const bool student = kind == RF_INTERVAL_STUDENT;
    const double gap = s->value - zero, off = !student ? zero : gap == 0 ? 0 : gap / s->se_value;
    double low = 0, high = 0, kept = 0;
    for (size_t i = 0; i < s->n; i++) {
        const double x = student ? student_of(s, i) : s->x[i];
        kept += !isnan(x);
        low += x <= off;
        high += x >= off;
    }
    if (isnan(off) || (double)s->n - kept > .025 * (double)s->n)
        return (struct rf_tails){ NAN, NAN };
    /* the data are a resample of their own: no p is 0 */
    struct rf_tails p = { fmin(1, (low + 1) / (kept + 1)), fmin(1, (high + 1) / (kept + 1)) };
    if (student)
        return (struct rf_tails){ p.above, p.below };
    if (kind == RF_INTERVAL_BCA) {
        const double bias = bias_of(s->x, s->n, s->value), least = 1 / (kept + 1);
        p.below = fmax(least, p.below < 1 ? bca_level(bias, s->acceleration, p.below) : 1);
        p.above = fmax(least, p.above < 1 ? 1 - bca_level(bias, s->acceleration, 1 - p.above) : 1);
    }
    return p;
}

/* ---- the normal distribution ---- */

double rf_normal_cdf(double x)
{
    return .5 * erfc(-x * M_SQRT1_2);
}

/* Newton's steps on the logarithm of the smaller tail. It is concave and rises, so they climb to the root from any
 * point below it, and P(X <= x) <= exp(-x^2 / 2) / 2 gives one. */
double rf_normal_quantile(double p)
{
    const double tail = p < .5 ? p : 1 - p;
    double x = tail > 0 ? -sqrt(-2 * log(2 * tail)) : -INFINITY;
    for (int i = 0; i < 60 && tail > 0; i++) {
        const double cdf = rf_normal_cdf(x), density = exp(-x * x / 2) / sqrt(2 * M_PI);
        const double step = log(cdf / tail) * cdf / density;
        x -= step;
        if (fabs(step) <= 1e-15 * fmax(1, -x))
            break;
    }
    return p < .5 ? x : -x;
}
