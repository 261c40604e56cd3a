/* Intervals out of resamples, for any number that a bootstrap gives: percentile, bias-corrected and accelerated (BCa:
 * Efron 1987), studentised (bootstrap-t: Efron 1982; of a ratio by Fieller's pivot, whose quantiles the resamples give:
 * the error of a ratio by itself is too small where the bottom is uncertain). Resamples in which the number is not
 * defined are left out; where there are more of them than one tail holds, or where a ratio's bottom may be 0, there is
 * no interval. Pure functions on arrays. */
#ifndef RF_EVAL_INTERVAL_H
#define RF_EVAL_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "eval/measure.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_interval_kind {
    RF_INTERVAL_AUTO, /* studentised below RF_FEW prompts (or clusters), BCa otherwise */
    RF_INTERVAL_PERCENTILE,
    RF_INTERVAL_BCA,
    RF_INTERVAL_STUDENT,
    RF_INTERVAL_KINDS
};
#define RF_INTERVAL_CHOICES "auto|percentile|bca|student"
enum { RF_FEW = 200 };

struct rf_interval {
    double low, high; /* ends; NaN: no interval */
    double se;        /* standard deviation over the resamples */
};

/* The resamples of one number, and what is known of the number itself. */
struct rf_resamples {
    double *x;             /* [n] the number in every resample, NaN where it has none; the intervals reorder it */
    double *t;             /* [n] its pivot there, around `value` (rf_measure_pivot); reordered; NULL but for student */
    size_t n;              /* > 0 */
    double value;          /* on the data themselves */
    struct rf_parts parts; /* the same, for student */
    struct rf_spread spread; /* of the parts, for student */
    double acceleration;     /* rf_acceleration of the influences, for BCa; NaN: a sixth of the resamples' skewness, the
                                same for sums over prompts */
    double bias; /* for BCa: how much too high `value` is known to be (rf_half_bias), 0 where not: the median of
                    the resamples says it, too little where the number is a maximum over noise */
};

/* level in (0, 1): .95. A mean of so few prompts that many resamples have no error has no studentised interval: it gets
 * its percentiles. kind is not RF_INTERVAL_AUTO: see rf_interval_choose. */
struct rf_interval rf_interval_of(const struct rf_resamples *s, enum rf_interval_kind kind, double level);
/* What AUTO stands for with so many prompts or clusters. */
enum rf_interval_kind rf_interval_choose(enum rf_interval_kind kind, size_t units);

/* p of two one-sided tests, each the level at which that end of the interval would meet `zero`; at least one resample's
 * worth. Does not touch s. NaN where there is no interval. */
struct rf_tails {
    double below; /* p of "the true number is zero or less" */
    double above; /* p of "it is zero or more"; the two-sided p is twice the smaller, and at most 1 */
};
struct rf_tails rf_interval_tails(const struct rf_resamples *s, enum rf_interval_kind kind, double zero);

/* Bias of a number that is a maximum over noise, such as the area under a hull, out of its mean over random halves of
 * the data (without replacement): the bias falls with the number of prompts to the power 2/3, as that of the least
 * concave majorant does. */
double rf_half_bias(double value, double mean_of_halves);

/* Sum u^3 / (6 (sum u^2)^1.5) of influences u[n] (Efron 1987, 4.4); 0 where all are 0. */
double rf_acceleration(const double *u, size_t n);

/* Of the standard normal distribution: P(X <= x), and the x with P(X <= x) = p, p in (0, 1). */
double rf_normal_cdf(double x);
double rf_normal_quantile(double p);

#ifdef __cplusplus
}
#endif
#endif
