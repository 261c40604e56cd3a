/* Quantiles, sorting, the logistic function. Sorting is a radix sort on the bits of the doubles, for curves over tens
 * of thousands of prompts are sorted often; short arrays, and long ones without memory for the copies, go through qsort
 * with the same result. */
#include "core/stats.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

double rf_sigmoid(double x)
{
    const double e = exp(-fabs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

double rf_softplus(double x)
{
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

double rf_quantile_sorted(const double *x, size_t n, double q)
{
    const double v = (double)(n - 1) * q, low = floor(v), t = v - low;
    const size_t i = (size_t)low;
    const double a = x[i], b = x[i + 1 < n ? i + 1 : n - 1];
    /* volatile: a fused multiply-add would round once where numpy rounds twice */
    const volatile double step = (b - a) * (t < .5 ? t : 1 - t);
    return t < .5 ? a + step : b - step;
}

/* Horner's rule over c[n], highest power first. */
static double polynomial(const double *c, size_t n, double x)
{
    double y = c[0];
    for (size_t i = 1; i < n; i++)
        y = y * x + c[i];
    return y;
}

/* P. J. Acklam, "An algorithm for computing the inverse normal cumulative distribution function" (2003): rational
 * approximations of relative error 1.15e-9, each followed by one step of Halley's rule. */
double rf_normal_quantile(double p)
{
    static const double a[] = { -3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                                1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00 };
    static const double b[] = { -5.447609879822406e+01, 1.615858368580409e+02,  -1.556989798598866e+02,
                                6.680131188771972e+01,  -1.328068155288572e+01, 1 };
    static const double c[] = { -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                                -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00 };
    static const double d[] = { 7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                                3.754408661907416e+00, 1 };
    const double tail = fmin(p, 1 - p), middle = p - .5;
    double x, excess; /* Phi(x) - p, taken where it does not cancel: from the middle, or in the lower tail */
    if (tail > .02425) {
        const double r = middle * middle;
        x = polynomial(a, 6, r) * middle / polynomial(b, 6, r);
        excess = .5 * erf(x * M_SQRT1_2) - middle;
    } else {
        const double r = sqrt(-2 * log(tail));
        x = polynomial(c, 6, r) / polynomial(d, 5, r);
        excess = .5 * erfc(-x * M_SQRT1_2) - tail;
    }
    const double u = excess * sqrt(2 * M_PI) * exp(x * x / 2);
    x -= u / (1 + x * u / 2);
    return tail <= .02425 && middle > 0 ? -x : x;
}

/* ---- sorting ---- */

enum { RADIX = 256, DIGITS = 8, SHORT = 64 };

struct keyed {
    uint64_t key; /* the double's bits, turned so that unsigned order is numeric order */
    size_t index;
};

static uint64_t key_of(double x)
{
    uint64_t u;
    x += 0; /* -0 and +0 are equal */
    memcpy(&u, &x, sizeof u);
    return u >> 63 ? ~u : u | UINT64_C(1) << 63;
}

static double of_key(uint64_t u)
{
    double x;
    u = u >> 63 ? u & ~(UINT64_C(1) << 63) : ~u;
    memcpy(&x, &u, sizeof x);
    return x;
}

/* The pairs of x[n] in ascending, stable order, inside *block; NULL where x is short or memory is. Release *block. */
static const struct keyed *radix_sort(const double *x, size_t n, struct keyed **block)
{
    size_t count[DIGITS][RADIX] = { 0 };
    *block = n > SHORT && n <= SIZE_MAX / 2 ? rf_calloc(2 * n, sizeof **block, NULL) : NULL;
    if (!*block)
        return NULL;
    struct keyed *from = *block, *to = *block + n;
    for (size_t i = 0; i < n; i++) {
        from[i] = (struct keyed){ key_of(x[i]), i };
        for (size_t d = 0; d < DIGITS; d++)
            count[d][from[i].key >> (8 * d) & (RADIX - 1)]++;
    }
    for (size_t d = 0; d < DIGITS; d++) {
        if (count[d][from[0].key >> (8 * d) & (RADIX - 1)] == n)
            continue; /* all keys agree in this digit */
        size_t place = 0;
        for (size_t b = 0; b < RADIX; b++) {
            const size_t here = count[d][b];
            count[d][b] = place;
            place += here;
        }
        for (size_t i = 0; i < n; i++)
            to[count[d][from[i].key >> (8 * d) & (RADIX - 1)]++] = from[i];
        struct keyed *t = from;
        from = to;
        to = t;
    }
    return from;
}

static int by_value(const void *pa, const void *pb)
{
    const double a = *(const double *)pa, b = *(const double *)pb;
    return (a > b) - (a < b);
}

static int by_indexed_value(const void *pa, const void *pb, void *x)
{
    const size_t i = *(const size_t *)pa, j = *(const size_t *)pb;
    const int order = by_value((const double *)x + i, (const double *)x + j);
    return order ? order : (i > j) - (i < j);
}

void rf_sort_doubles(double *x, size_t n)
{
    struct keyed *block;
    const struct keyed *sorted = radix_sort(x, n, &block);
    for (size_t i = 0; sorted && i < n; i++)
        x[i] = of_key(sorted[i].key);
    if (!sorted)
        qsort(x, n, sizeof *x, by_value);
    rf_free(block);
}

void rf_argsort(const double *x, size_t n, size_t *order)
{
    struct keyed *block;
    const struct keyed *sorted = radix_sort(x, n, &block);
    for (size_t i = 0; i < n; i++)
        order[i] = sorted ? sorted[i].index : i;
    if (!sorted)
        qsort_r(order, n, sizeof *order, by_indexed_value, (void *)(uintptr_t)x); /* qsort_r only hands x on */
    rf_free(block);
}
