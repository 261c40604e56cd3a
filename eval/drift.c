/* Kolmogorov-Smirnov and PSI of two sorted samples. */
#include "eval/drift.h"

#include <math.h>

#include "core/stats.h"

static double ks_distance(const double *a, size_t n, const double *b, size_t m)
{
    double most = 0;
    for (size_t i = 0, j = 0; i < n && j < m;) {
        const double at = fmin(a[i], b[j]);
        while (i < n && a[i] <= at)
            i++;
        while (j < m && b[j] <= at)
            j++;
        most = fmax(most, fabs((double)i / (double)n - (double)j / (double)m));
    }
    return most;
}

/* P(sup > d) of two samples of n and m: Kolmogorov's series at (e + .12 + .11 / e) d, e = sqrt(nm / (n + m)) (Stephens
 * 1970). */
static double ks_p(double d, double n, double m)
{
    const double e = sqrt(n * m / (n + m)), x = (e + .12 + .11 / e) * d;
    double sum = 0;
    if (x < .2) /* the series converges slowly where it is 1 to all digits */
        return 1;
    for (int k = 1; k <= 100; k++)
        sum += (k % 2 ? 2 : -2) * exp(-2. * k * k * x * x);
    return fmin(fmax(sum, 0), 1);
}

/* Elements of sorted x[n] that are <= edge. */
static size_t count_upto(const double *x, size_t n, double edge)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (x[mid] <= edge)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static double share(size_t count, size_t n)
{
    return (count ? (double)count : .5) / (double)n;
}

void rf_drift_of(const double *old_score, size_t old_n, const double *new_score, size_t new_n, struct rf_drift *out)
{
    size_t old_before = 0, new_before = 0;
    *out = (struct rf_drift){ .ks = ks_distance(old_score, old_n, new_score, new_n) };
    out->ks_p = ks_p(out->ks, (double)old_n, (double)new_n);
    for (int i = 1; i <= RF_PSI_BINS; i++) {
        const double edge = i < RF_PSI_BINS ? rf_quantile_sorted(old_score, old_n, (double)i / RF_PSI_BINS) : INFINITY;
        const size_t old_upto = count_upto(old_score, old_n, edge), new_upto = count_upto(new_score, new_n, edge);
        if (old_upto == old_before && i < RF_PSI_BINS)
            continue; /* a tied edge: one bin less */
        const double a = share(old_upto - old_before, old_n), b = share(new_upto - new_before, new_n);
        out->psi += (b - a) * log(b / a);
        out->bins++;
        old_before = old_upto;
        new_before = new_upto;
    }
    out->psi_expected = ((double)out->bins - 1) * (1. / (double)old_n + 1. / (double)new_n);
}
