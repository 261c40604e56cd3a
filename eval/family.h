/* Several tests at once: p-values that keep the probability of even one false verdict (the family-wise error), or the
 * share of false ones among the verdicts (the false discovery rate). */
#ifndef RF_EVAL_FAMILY_H
#define RF_EVAL_FAMILY_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Holm 1979: adjusted[n] of p[n]; NaN stays NaN and counts as a test. */
int rf_family_holm(const double *p, size_t n, double *adjusted, struct rf_err *err);

/* Westfall & Young 1993, step-down max-T: t[n] of the data, null[n][draws] the same statistics where nothing is
 * different, all rows of a column from one draw. Higher is more. A single test gets (1 + draws that reach it) /
 * (1 + draws). */
int rf_family_maxt(const double *t, const double *null, size_t n, size_t draws, double *adjusted, struct rf_err *err);

/* Benjamini & Hochberg 1995: q[n] from p[n], the least rate of false discoveries at which each would be one; NaN stays
 * NaN and does not count as a test. */
int rf_false_discovery(const double *p, double *q, size_t n, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
