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
