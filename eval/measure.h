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

/* The number is top / bottom; bottom is 1 but for shares of the gap, whose bottom is the gap. NaN both where it is not
 * defined: no prompt, a cost below that of the weak model alone. A cost that the router never reaches has the strong
 * model's quality. */
struct rf_parts {
    double top, bottom;
};

/* The number on the curve's prompts, each counted as w says. top, bottom: both NULL, or [n] by prompt, receive the
 * influences on the two parts, whose weighted sums are 0. Where a share or cost is held, the threshold moves with the
 * prompts drawn: the influence then holds the slope of the curve there, over half the cube root of the draws to both
 * sides.
 *   area A = (1/N) sum lift_i (1 - R_i), R the mid-rank share of a score: u = lift_i (1 - R_i) + G_i - 2A, G the
 * curve's height at R_i (a V-statistic of two prompts);  APGR = A / gap; quality at x of an axis: u = weak_i - W +
 * lift_i d_i - G - m (x_i(d_i) - at), d_i the decision, m the slope. */
struct rf_parts rf_measure_parts(const struct rf_measure *m, const struct rf_curve *c, struct rf_weights w, double *top,
                                 double *bottom);
/* top / bottom; NaN without a bottom above 0. */
double rf_measure_value(struct rf_parts p);
/* u[n] = influences on the number: (top_i - value bottom_i) / bottom. u may be top. */
void rf_measure_influence(struct rf_parts p, const double *top, const double *bottom, size_t n, double *u);

/* Variances and covariance of the two parts out of their influences. */
struct rf_spread {
    double top, both, bottom;
};
/* cluster: [n] < clusters, prompts that are drawn together, or NULL. pad: [2 * clusters], scratch; may be NULL without
 * clusters. */
struct rf_spread rf_measure_spread(const double *top, const double *bottom, struct rf_weights w, size_t n,
                                   const size_t *cluster, size_t clusters, double *pad);
/* Standard error of top / bottom (delta method). */
double rf_measure_se(struct rf_parts p, struct rf_spread v);
/* (top - value bottom) over its standard error: the pivot of Fieller's interval, sound also where bottom is uncertain.
 * 0 where both are 0, infinite where the error alone is. */
double rf_measure_pivot(struct rf_parts p, struct rf_spread v, double value);

#ifdef __cplusplus
}
#endif
#endif
