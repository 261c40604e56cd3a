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

double rf_half_bias(double value, double mean_of_halves)
{
    return (mean_of_halves - value) / (cbrt(4) - 1);
}

/* Standard deviation and skewness of what is defined. */
struct moments {
    double deviation, skewness;
};

static struct moments moments_of(const double *x, size_t n)
{
    double sum = 0, squares = 0, cubes = 0, kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) {
            sum += x[i];
            kept++;
        }
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i])) {
            const double off = x[i] - sum / kept;
            squares += off * off;
            cubes += off * off * off;
        }
    const double deviation = sqrt(squares / kept);
    return (struct moments){ deviation, deviation > 0 ? cubes / kept / (deviation * deviation * deviation) : 0 };
}

/* What BCa corrects by: z of the share of resamples below the value, equal ones by half (how far their median is off,
 * kept finite), or the known bias where that says more; and the acceleration. */
struct correction {
    double bias, acceleration;
};

static struct correction correction_of(const struct rf_resamples *s, struct moments m)
{
    double below = 0, kept = 0;
    for (size_t i = 0; i < s->n; i++) {
        below += s->x[i] < s->value ? 1 : s->x[i] == s->value ? .5 : 0;
        kept += isnan(s->x[i]) ? 0 : 1;
    }
    const double median = rf_normal_quantile(fmin(fmax(below, .5), kept - .5) / kept);
    const double known = m.deviation > 0 ? -s->bias / m.deviation : 0;
    return (struct correction){ fabs(known) > fabs(median) ? known : median,
                                isnan(s->acceleration) ? m.skewness / 6 : s->acceleration };
}

/* BCa: the quantile of the resamples that stands for the normal quantile z. Beyond the pole of the formula it is the
 * outermost. */
static double bca_quantile(struct correction c, double z)
{
    const double to = c.bias + z, scale = 1 - c.acceleration * to;
    return scale > 0 ? rf_normal_cdf(c.bias + to / scale) : to > 0 ? 1 : 0;
}

/* Sorts what is defined of x[n] to the front: how much; 0 where more is missing than a tail holds. */
static size_t sort_defined(double *x, size_t n, double tail)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(x[i]))
            x[kept++] = x[i];
    if ((double)(n - kept) > tail * (double)n)
        return 0;
    rf_sort_doubles(x, kept);
    return kept;
}

/* The number at which the pivot is q: (top - x bottom)^2 = q^2 (var top - 2 x cov + x^2 var bottom), on the side of q's
 * sign. NaN where the bottom may be 0 at that level: every number far off would do. */
static double where_pivot(struct rf_parts p, struct rf_spread v, double q)
{
    const double a = p.bottom * p.bottom - q * q * v.bottom, b = p.top * p.bottom - q * q * v.both;
    const double c = p.top * p.top - q * q * v.top;
    if (!(a > 0))
        return NAN; /* infinite q too */
    const double root = sqrt(fmax(0, b * b - a * c)) / a;
    return b / a + (q > 0 ? -root : root);
}

static size_t missing(const double *x, size_t n)
{
    size_t lacking = 0;
    for (size_t i = 0; i < n; i++)
        lacking += isnan(x[i]) ? 1 : 0;
    return lacking;
}

static struct rf_interval student(const struct rf_resamples *s, double tail, double se)
{
    const size_t n = sort_defined(s->t, s->n, tail);
    if (!n || (double)missing(s->x, s->n) > tail * (double)s->n)
        return none;
    const struct rf_interval i = { where_pivot(s->parts, s->spread, rf_quantile_sorted(s->t, n, 1 - tail)),
                                   where_pivot(s->parts, s->spread, rf_quantile_sorted(s->t, n, tail)), se };
    return isfinite(i.low) && isfinite(i.high) ? i : none;
}

struct rf_interval rf_interval_of(const struct rf_resamples *s, enum rf_interval_kind kind, double level)
{
    const struct moments m = moments_of(s->x, s->n);
    const double tail = (1 - level) / 2, se = m.deviation;
    double low = tail, high = 1 - tail;
    if (isnan(s->value))
        return none;
    if (kind == RF_INTERVAL_STUDENT) {
        const struct rf_interval i = student(s, tail, se);
        if (s->spread.bottom > 0 || !isnan(i.low))
            return i;
    }
    if (kind == RF_INTERVAL_BCA) {
        const struct correction c = correction_of(s, m);
        low = bca_quantile(c, rf_normal_quantile(tail));
        high = bca_quantile(c, rf_normal_quantile(1 - tail));
    }
    const size_t n = sort_defined(s->x, s->n, tail);
    if (!n)
        return none;
    return (struct rf_interval){ rf_quantile_sorted(s->x, n, low), rf_quantile_sorted(s->x, n, high), se };
}

/* ---- tests ---- */

/* The level of BCa at which an end is the quantile q of the resamples: bca_quantile solved for z. */
static double bca_level(struct correction c, double q)
{
    const double w = rf_normal_quantile(q) - c.bias;
    return rf_normal_cdf(w / (1 + c.acceleration * w) - c.bias);
}

struct rf_tails rf_interval_tails(const struct rf_resamples *s, enum rf_interval_kind kind, double zero)
{
    const bool is_student = kind == RF_INTERVAL_STUDENT;
    const double *const values = is_student ? s->t : s->x;
    const double off = is_student ? rf_measure_pivot(s->parts, s->spread, zero) : zero;
    double low = 0, high = 0, kept = 0;
    for (size_t i = 0; i < s->n; i++) {
        const double x = values[i];
        kept += !isnan(x);
        low += x <= off;
        high += x >= off;
    }
    if (isnan(s->value) || isnan(off) || (double)s->n - kept > .025 * (double)s->n)
        return (struct rf_tails){ NAN, NAN };
    /* the data are a resample of their own: no p is 0 */
    struct rf_tails p = { fmin(1, (low + 1) / (kept + 1)), fmin(1, (high + 1) / (kept + 1)) };
    if (is_student)
        return (struct rf_tails){ p.above, p.below };
    if (kind == RF_INTERVAL_BCA) {
        const struct correction c = correction_of(s, moments_of(s->x, s->n));
        const double least = 1 / (kept + 1);
        p.below = fmax(least, p.below < 1 ? bca_level(c, p.below) : 1);
        p.above = fmax(least, p.above < 1 ? 1 - bca_level(c, 1 - p.above) : 1);
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
