/* How sure a curve is: the multinomial bootstrap over prompts (Efron 1979), every metric of a resample at once.
 * Resample r holds each prompt as often as (seed, r, number of prompts) say, so that all routers of a benchmark meet
 * the same resamples, on any number of threads. Refuses: benchmarks of 2^32 prompts and more. */
#ifndef RF_EVAL_BOOT_H
#define RF_EVAL_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "eval/curve.h"
#include "eval/interval.h"
#include "eval/metric.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_BAND_POINTS = 101 }; /* shares 0, 1/100, ..., 1 at which the band of a curve is taken */

struct rf_boot_options {
    size_t resamples; /* > 0; 2000 gives percentile ends that are stable to about a tenth of the interval */
    uint64_t seed;
    int threads;    /* >= 1 */
    bool poisson;   /* each prompt's count by itself, Poisson of mean 1, in place of multinomial counts that sum to n:
                     * more prompts behind leave the counts of the others, but resamples differ in size */
    bool no_shares; /* without RF_CPT* and RF_STRONG95: the band alone takes one walk along the curve in place of two */
    bool areas_only;       /* only RF_APGR, RF_AUC, RF_WEAK, RF_STRONG, and no band: twice as fast */
    const size_t *cluster; /* [n] < clusters: prompts of one cluster are drawn together; NULL: each prompt by itself */
    size_t clusters;       /* with cluster: how many; resamples then differ in size */
    enum rf_interval_kind interval; /* of rf_boot_of */
};

/* The values of every resample. */
struct rf_boot_values {
    size_t resamples;
    double *metric; /* [RF_METRICS][resamples]; NaN as rf_metrics_of gives it; owned */
    double *band;   /* [RF_BAND_POINTS][resamples] quality at each share; NULL with areas_only; owned */
};

/* 95% intervals. Those of the shares of calls (CPT, STRONG95), which are order statistics and may jump, invert the test
 * of the curve's height at a share (eval/band.h), unless RF_INTERVAL_PERCENTILE is asked for. An interval that there is
 * none of is NaN: see eval/interval.h. */
struct rf_boot {
    size_t undefined;        /* resamples in which strong was not the better model */
    double low[RF_METRICS];  /* lower ends */
    double high[RF_METRICS]; /* upper ends */
    double se[RF_METRICS];   /* standard deviations over the resamples; NaN where more than 2.5% lack the metric */
    double band_low[RF_BAND_POINTS]; /* pointwise 95% band of the quality; NaN with areas_only */
    double band_high[RF_BAND_POINTS];
    double sim_low[RF_BAND_POINTS]; /* simultaneous: the whole curve lies in it with 95% */
    double sim_high[RF_BAND_POINTS];
};

int rf_boot_values_init(struct rf_boot_values *v, const struct rf_curve *c, const struct rf_boot_options *o,
                        struct rf_err *err);
/* The same of k curves over the same n prompts into v[k]: every resample is drawn once, for all of them. Release each,
 * also after a failure. */
int rf_boot_joint(struct rf_boot_values *v, const struct rf_curve *c, size_t k, const struct rf_boot_options *o,
                  struct rf_err *err);
/* The counts of the resamples from block * RF_LANES on, by prompt: count[n][RF_LANES] and their sums, as
 * core/resample.h says, by clusters where the options have them. */
int rf_boot_draw(const struct rf_boot_options *o, size_t n, size_t block, uint8_t *count, uint64_t *size,
                 struct rf_err *err);
void rf_boot_values_release(struct rf_boot_values *v);

/* Values and their summary in one call. */
int rf_boot_of(const struct rf_curve *c, const struct rf_boot_options *o, struct rf_boot *out, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
