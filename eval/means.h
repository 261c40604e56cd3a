/* How sure means are: the multinomial bootstrap over questions (Efron 1979) of any number of columns at once, with the
 * resamples that all of a benchmark's evaluations share (core/resample.h). Refuses: nothing. */
#ifndef RF_EVAL_MEANS_H
#define RF_EVAL_MEANS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_means_options {
    size_t resamples; /* > 0 */
    uint64_t seed;
    int threads; /* >= 1 */
};

/* Ends of the 95% percentile interval of v[n] values, which are reordered; NaN where more than 2.5% of them are
 * NaN. */
void rf_percentiles(double *v, size_t n, double *low, double *high);

/* v[columns][n]: a figure per question; low[columns], high[columns]: interval of its mean. The same for any number of
 * threads. */
int rf_mean_intervals(const double *v, size_t columns, size_t n, const struct rf_means_options *o, double *low,
                      double *high, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
