/* The exact interval of a share, and the beta distribution beneath it. */
#ifndef RF_CORE_SHARE_H
#define RF_CORE_SHARE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* P(X <= x) of a Beta(a, b), the regularised incomplete beta function: a, b > 0, x in [0, 1]. By its continued fraction
 * (Abramowitz and Stegun 26.5.8), to about 1e-14. */
double rf_beta_cdf(double x, double a, double b);
/* The x with rf_beta_cdf(x, a, b) = p, p in [0, 1]: by bisection, to the last bits. */
double rf_beta_quantile(double p, double a, double b);

/* Clopper-Pearson: k of n draws were hits, 0 <= k <= n, n > 0; the interval covers the share of hits with probability
 * `level` at least, whatever the share. */
void rf_share_interval(size_t k, size_t n, double level, double *low, double *high);

#ifdef __cplusplus
}
#endif
#endif
