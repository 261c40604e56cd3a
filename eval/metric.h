/* What is read off a curve: the field's metrics by their definitions, exact over all thresholds. RouteLLM's own
 * arithmetic, which looks at eleven of them, is in eval/compat.h. Refuses: a pair whose strong model is not the better
 * one. */
#ifndef RF_EVAL_METRIC_H
#define RF_EVAL_METRIC_H

#include <stdbool.h>

#include "eval/curve.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_metric {
    RF_APGR,  /* (area - weak) / (strong - weak): mean share of the gap that is closed; random .5 (arXiv 2406.18665) */
    RF_AUC,   /* area under the curve: mean quality over all shares */
    RF_CPT20, /* CPT(x%): least share of strong calls that closes x% of the gap (the same paper) */
    RF_CPT50,
    RF_CPT80,
    RF_STRONG95, /* least share of strong calls that keeps 95% of strong's quality */
    RF_WEAK,     /* mean quality of the weak model */
    RF_STRONG,   /* mean quality of the strong model */
    RF_METRICS
};

enum rf_unit {
    RF_UNIT_RATIO,  /* printed as it is */
    RF_UNIT_SHARE,  /* 0..1, printed as a percentage of calls */
    RF_UNIT_QUALITY /* in the benchmark's own scores */
};

struct rf_metric_info {
    const char *name; /* machine name: "apgr" */
    enum rf_unit unit;
};
extern const struct rf_metric_info rf_metric_info[RF_METRICS];
/* What a metric is multiplied by where it is printed: shares as percentages, qualities times scale. */
double rf_metric_factor(enum rf_metric m, double scale);

/* RF_BAD_INPUT where strong <= weak on the curve's prompts: the gap that the metrics divide by is not there. */
int rf_metrics_check(const struct rf_curve *c, struct rf_err *err);
/* All metrics; those that divide by the gap are NaN where rf_metrics_check refuses, or where the wanted quality is
 * never reached. */
void rf_metrics_of(const struct rf_curve *c, double m[RF_METRICS]);

/* PGR: the share of the gap between weak and strong that a mean quality closes. NaN without a gap. */
double rf_pgr(double quality, double weak, double strong);
/* The quality that closes the share x of the gap; of RF_CPT20, RF_CPT50, RF_CPT80, RF_STRONG95 the one wanted. */
double rf_metric_target(enum rf_metric m, double weak, double strong);

#ifdef __cplusplus
}
#endif
#endif
