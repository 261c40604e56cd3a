/* The inner loops over one row of a float matrix: dot products and sums of rows, in float or in double. Four
 * accumulators hide the latency of the multiply-add; their order is fixed, so that a row gives the same bits in every
 * call. */
#ifndef RF_TRAIN_ROWS_H
#define RF_TRAIN_ROWS_H

#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef float rf_f8 __attribute__((vector_size(32)));
typedef float rf_f4 __attribute__((vector_size(16)));
typedef double rf_d4 __attribute__((vector_size(32)));

static inline rf_f8 rf_load_f8(const float *x)
{
    rf_f8 v;
    memcpy(&v, x, sizeof v); /* rows need not be aligned */
    return v;
}

/* Four products in double. */
static inline rf_d4 rf_mul_d4(const float *x, const double *w)
{
    rf_f4 a;
    rf_d4 b;
    memcpy(&a, x, sizeof a);
    memcpy(&b, w, sizeof b);
    return __builtin_convertvector(a, rf_d4) * b;
}

/* x . w, both float[n]. */
static inline float rf_row_dot(const float *x, const float *w, size_t n)
{
    rf_f8 a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
    size_t j = 0;
    for (; j + 32 <= n; j += 32) {
        a += rf_load_f8(x + j) * rf_load_f8(w + j);
        b += rf_load_f8(x + j + 8) * rf_load_f8(w + j + 8);
        c += rf_load_f8(x + j + 16) * rf_load_f8(w + j + 16);
        d += rf_load_f8(x + j + 24) * rf_load_f8(w + j + 24);
    }
    a = (a + b) + (c + d);
    float sum = ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]));
    for (; j < n; j++)
        sum += x[j] * w[j];
    return sum;
}

/* y += s x, both float[n]. */
static inline void rf_row_add(float *__restrict y, float s, const float *__restrict x, size_t n)
{
    for (size_t j = 0; j < n; j++)
        y[j] += s * x[j];
}

/* x . w with w in double. */
static inline double rf_row_dot_d(const float *x, const double *w, size_t n)
{
    rf_d4 a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
    size_t j = 0;
    for (; j + 16 <= n; j += 16) {
        a += rf_mul_d4(x + j, w + j);
        b += rf_mul_d4(x + j + 4, w + j + 4);
        c += rf_mul_d4(x + j + 8, w + j + 8);
        d += rf_mul_d4(x + j + 12, w + j + 12);
    }
    a = (a + b) + (c + d);
    double sum = (a[0] + a[1]) + (a[2] + a[3]);
    for (; j < n; j++)
        sum += (double)x[j] * w[j];
    return sum;
}

/* y += s x with y in double. */
static inline void rf_row_add_d(double *__restrict y, double s, const float *__restrict x, size_t n)
{
    for (size_t j = 0; j < n; j++)
        y[j] += s * (double)x[j];
}

#ifdef __cplusplus
}
#endif
#endif
