/* The inner loops over one row of a float matrix: dot products and sums of rows, in float or in double. Four
 * accumulators hide the latency of the multiply-add; their order is fixed, so that a row gives the same bits in every
 * call. */
#ifndef RF_TRAIN_ROWS_H
#define RF_TRAIN_ROWS_H

#include <math.h>
#include <stddef.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef float rf_f8 __attribute__((vector_size(32)));
typedef float rf_f4 __attribute__((vector_size(16)));
typedef double rf_d4 __attribute__((vector_size(32)));

/* sum += x * w, eight or four at once. Rows need not be aligned; vectors go by pointer, for passing them by value is
 * not the same on every processor. */
static inline void rf_add_f8(rf_f8 *sum, const float *x, const float *w)
{
    rf_f8 a, b;
    memcpy(&a, x, sizeof a);
    memcpy(&b, w, sizeof b);
    *sum += a * b;
}

static inline void rf_add_d4(rf_d4 *sum, const float *x, const double *w)
{
    rf_f4 a;
    rf_d4 b;
    memcpy(&a, x, sizeof a);
    memcpy(&b, w, sizeof b);
    *sum += __builtin_convertvector(a, rf_d4) * b;
}

/* x . w, both float[n]. */
static inline float rf_row_dot(const float *x, const float *w, size_t n)
{
    rf_f8 a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
    size_t j = 0;
    for (; j + 32 <= n; j += 32) {
        rf_add_f8(&a, x + j, w + j);
        rf_add_f8(&b, x + j + 8, w + j + 8);
        rf_add_f8(&c, x + j + 16, w + j + 16);
        rf_add_f8(&d, x + j + 24, w + j + 24);
    }
    a = (a + b) + (c + d);
    float sum = ((a[0] + a[1]) + (a[2] + a[3])) + ((a[4] + a[5]) + (a[6] + a[7]));
    for (; j < n; j++)
        sum += x[j] * w[j];
    return sum;
}

/* dot[k] = x . w[k], k < rows of w[rows][n]: four at a time, so that x is read once for them. */
static inline void rf_row_dots(const float *x, const float *w, size_t rows, size_t n, float *dot)
{
    size_t k = 0;
    for (; k + 4 <= rows; k += 4) {
        const float *const v = w + k * n;
        rf_f8 a[4] = { { 0 } }, b[4] = { { 0 } };
        size_t j = 0;
        for (; j + 16 <= n; j += 16)
            for (size_t r = 0; r < 4; r++) {
                rf_add_f8(&a[r], x + j, v + r * n + j);
                rf_add_f8(&b[r], x + j + 8, v + r * n + j + 8);
            }
        for (size_t r = 0; r < 4; r++) {
            const rf_f8 s = a[r] + b[r];
            float sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
            for (size_t i = j; i < n; i++)
                sum += x[i] * v[r * n + i];
            dot[k + r] = sum;
        }
    }
    for (; k < rows; k++)
        dot[k] = rf_row_dot(x, w + k * n, n);
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
        rf_add_d4(&a, x + j, w + j);
        rf_add_d4(&b, x + j + 4, w + j + 4);
        rf_add_d4(&c, x + j + 8, w + j + 8);
        rf_add_d4(&d, x + j + 12, w + j + 12);
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

/* Euclidean length of x[n]. */
static inline double rf_row_norm(const float *x, size_t n)
{
    rf_d4 sum[4] = { { 0 } };
    size_t j = 0;
    for (; j + 16 <= n; j += 16)
        for (size_t k = 0; k < 4; k++) {
            rf_f4 v;
            memcpy(&v, x + j + 4 * k, sizeof v);
            const rf_d4 d = __builtin_convertvector(v, rf_d4);
            sum[k] += d * d;
        }
    const rf_d4 all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    double square = (all[0] + all[1]) + (all[2] + all[3]);
    for (; j < n; j++)
        square += (double)x[j] * (double)x[j];
    return sqrt(square);
}

/* unit[n] = x / |x|; zeros stay zeros. */
static inline void rf_row_unit(const float *x, size_t n, float *unit)
{
    const double length = rf_row_norm(x, n), inverse = length > 0 ? 1 / length : 0;
    for (size_t i = 0; i < n; i++)
        unit[i] = (float)((double)x[i] * inverse);
}

#ifdef __cplusplus
}
#endif
#endif
