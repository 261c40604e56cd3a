/* Bands around a curve out of resamples, and what a band says about where the curve crosses a level. Pointwise: each
 * point alone is covered with the level's probability. Simultaneous: the whole curve is, by the largest distance in
 * standard errors over all points (max-t). Pure functions on arrays. */
#ifndef RF_EVAL_BAND_H
#define RF_EVAL_BAND_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One array element per point of the curve; all owned by the caller. */
struct rf_band {
    double *low, *high; /* pointwise, percentiles; NaN where more than a tail's share of resamples lack the point */
    double *sim_low, *sim_high; /* simultaneous: value -+ widest * se */
    double *se;                 /* standard deviations over the resamples */
    double widest;              /* the quantile of the largest distance; NaN with sim_* where there is none */
};

/* value[points] of the data, x[points][resamples]: reordered. level in (0, 1). Resamples without one of the points do
 * not count for the simultaneous band; points without error are as they are. */
int rf_band_fill(struct rf_band *b, const double *value, double *x, size_t points, size_t resamples, double level,
                 struct rf_err *err);

/* Where a curve over [0, 1], given by its height above a level at even steps and the standard errors there, first
 * crosses 0: all places x at which "the height is 0" would not be rejected, |height| <= z se, from the first to where
 * the lower edge first reaches 0 (1 where it never does). The interval that inverts the test, as Woodruff 1952 does for
 * quantiles: it needs no slope of the curve, and the crossing may jump. height(ctx, x): the curve, exactly. */
struct rf_crossing {
    double low, high;
};
struct rf_crossing rf_band_crossing(double (*height)(void *ctx, double x), void *ctx, const double *se, size_t points,
                                    double z);

#ifdef __cplusplus
}
#endif
#endif
