/* Small statistics that several rooms share: quantiles, sums, the logistic function. Doubles throughout. */
#ifndef RF_CORE_STATS_H
#define RF_CORE_STATS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 95% of the standard normal distribution lie within so much of 0. */
#define RF_NORMAL_95 1.959963984540054

/* 1 / (1 + e^-x), without overflow for any finite x. */
double rf_sigmoid(double x);
/* ln(1 + e^x), without overflow: the logistic loss of a lost comparison with logit x. */
double rf_softplus(double x);

/* Quantile q in [0, 1] of sorted x[n], n > 0, by linear interpolation (Hyndman-Fan type 7). Bit-equal to numpy's: with
 * v = (n-1)q, a = x[floor v], b = the next, t = v - floor v: a + (b-a)t if t < 1/2, else b - (b-a)(1-t). */
double rf_quantile_sorted(const double *x, size_t n, double q);
/* Ascending sort of doubles; NaN must not occur. */
void rf_sort_doubles(double *x, size_t n);
/* order[i] = index of the i-th smallest x (ties: lower index first). */
void rf_argsort(const double *x, size_t n, size_t *order);

#ifdef __cplusplus
}
#endif
#endif
