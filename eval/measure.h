/* One number of a router on a benchmark, with the influence that every prompt has on it: how much the number moves when
 * the prompt gets a little more weight (Hampel 1974; the infinitesimal jackknife of Jaeckel 1972). From influences come
 * standard errors, the acceleration of BCa, studentised resamples and tests that swap two routers prompt by prompt.
 * Pure functions on a curve. */
#ifndef RF_EVAL_MEASURE_H
#define RF_EVAL_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "eval/curve.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_measure_kind {
    RF_MEASURE_APGR,      /* mean share of the gap that is closed, over all shares of strong calls */
    RF_MEASURE_AUC,       /* mean quality over all shares of strong calls */
    RF_MEASURE_CALLS,     /* quality where a share `at` of the prompts goes to strong */
    RF_MEASURE_COST,      /* quality where a prompt costs `at` in the mean */
    RF_MEASURE_THRESHOLD, /* quality where scores >= at go to strong */
    RF_MEASURE_PGR        /* share of the gap that is closed there */
};

struct rf_measure {
    enum rf_measure_kind kind;
    double at;                 /* share 0..1, cost or threshold; APGR and AUC ignore it */
    const double *weak_cost;   /* RF_MEASURE_COST: [n] cost of the weak model's answer, by prompt; borrowed */
    const double *strong_cost; /* [n] of the strong model's */
};

/* How often a prompt counts: count[p * stride]. */
struct rf_weights {
    const uint8_t *count; /* NULL: each once */
    size_t stride;
};

/* The number on the curve's prompts, each counted as w says. NaN where it is not defined: no gap, no prompt, a cost
 * below that of the weak model alone. A cost that the router never reaches has the strong model's quality.
 * u: NULL, or [n] by prompt, receives the influences: their weighted sum is 0, and sqrt(sum of squares) / draws is the
 * standard error. Where a share or cost is held, the threshold moves with the prompts drawn: the influence then holds
 * the slope of the curve there, over half the cube root of the draws to both sides.
 *   area A = (1/N) sum lift_i (1 - R_i), R the mid-rank share of a score: u = lift_i (1 - R_i) + G_i - 2A, G the
 * curve's height at R_i (a V-statistic of two prompts);  APGR = A / g, g = mean lift: u = (u_A - APGR (lift_i - g)) /
 * g; quality at x of an axis: u = weak_i - W + lift_i d_i - G - m (x_i(d_i) - at), d_i the decision, m the slope. */
double rf_measure_of(const struct rf_measure *m, const struct rf_curve *c, struct rf_weights w, double *u);

/* Standard error out of influences by prompt, prompts of a cluster added up: cluster [n] < clusters, or NULL.
 * pad: [clusters], scratch; may be NULL without clusters. */
double rf_measure_se(const double *u, struct rf_weights w, size_t n, const size_t *cluster, size_t clusters,
                     double *pad);

#ifdef __cplusplus
}
#endif
#endif
