/* Incomplete beta by Lentz's evaluation of the continued fraction; quantiles by bisection, since a few hundred
 * evaluations cost nothing where they are used. */
#include "core/share.h"

#include <float.h>
#include <math.h>

enum { MAX_TERMS = 100000 };

/* The continued fraction, for x < (a + 1) / (a + b + 2), where it converges fast. */
static double fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double f = d;
    for (int i = 1; i < MAX_TERMS; i++) {
        const double m = i, even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        f *= c * d;
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        f *= c * d;
        if (fabs(c * d - 1) < DBL_EPSILON)
            break;
    }
    return f;
}

double rf_beta_cdf(double x, double a, double b)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * fraction(x, a, b) / a : 1 - front * fraction(1 - x, b, a) / b;
}

double rf_beta_quantile(double p, double a, double b)
{
    double low = 0, high = 1;
    if (p >= 1)
        return 1;
    for (double mid = .5; mid > low && mid < high; mid = low + (high - low) / 2)
        if (rf_beta_cdf(mid, a, b) < p)
            low = mid;
        else
            high = mid;
    return high;
}

void rf_share_interval(size_t k, size_t n, double level, double *low, double *high)
{
    const double tail = (1 - level) / 2, hits = (double)k, misses = (double)(n - k);
    *low = k ? rf_beta_quantile(tail, hits, misses + 1) : 0;
    *high = k < n ? rf_beta_quantile(1 - tail, hits + 1, misses) : 1;
}
