/* Two routers along the whole curve: where, between no strong calls and all of them, one is better, and how surely.
 * Both meet the same resamples. */
#ifndef RF_EVAL_COMPARE_BAND_H
#define RF_EVAL_COMPARE_BAND_H

#include "core/err.h"
#include "eval/band.h"
#include "eval/boot.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_compare_side { RF_SIDE_A, RF_SIDE_B, RF_SIDE_DIFFERENCE, RF_SIDES };

/* Qualities of a and b and a - b at the shares 0, 1/100, ..., 1. */
struct rf_compare_band {
    double value[RF_SIDES][RF_BAND_POINTS];
    double low[RF_SIDES][RF_BAND_POINTS], high[RF_SIDES][RF_BAND_POINTS];         /* pointwise */
    double sim_low[RF_SIDES][RF_BAND_POINTS], sim_high[RF_SIDES][RF_BAND_POINTS]; /* simultaneous */
    double se[RF_SIDES][RF_BAND_POINTS];
    double widest[RF_SIDES]; /* standard errors that the simultaneous band goes to both sides */
    struct rf_interval apgr; /* of the difference of both APGR, percentile */
};

/* level in (0, 1). Of o: resamples, seed, threads, poisson, clusters. */
int rf_compare_band(const struct rf_curve *a, const struct rf_curve *b, const struct rf_boot_options *o, double level,
                    struct rf_compare_band *out, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
