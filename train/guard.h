/* The guard of a kNN router: whether a prompt's neighbours are evidence enough to leave a baseline model for another
 * one. Every doubt - a prompt unlike all that were seen, too few neighbours scored for both models, a paired difference
 * within its standard error - falls back to the baseline. The scoring pair has the same rule. */
#ifndef RF_TRAIN_GUARD_H
#define RF_TRAIN_GUARD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The tensor "guard" of the file, in this order. */
enum rf_guard_number {
    RF_GUARD_NOVELTY,   /* least cosine of the nearest neighbour, [-1, 1]; one of 0 or less never suffices */
    RF_GUARD_NEAR,      /* neighbours count whose cosine is at least this share of the nearest one's, [0, 1] */
    RF_GUARD_PAIRS,     /* least number of them that are scored for both models, >= 1 */
    RF_GUARD_Z,         /* standard errors taken off the mean difference, >= 0 */
    RF_GUARD_TOLERANCE, /* loss that is accepted, as a share of the score range, >= 0 */
    RF_GUARD_FLOOR,     /* least standard deviation of the differences, as a share of the score range, >= 0 */
    RF_GUARD_NUMBERS
};
struct rf_guard {
    double number[RF_GUARD_NUMBERS];
    double range; /* of the scores, > 0 */
};

enum rf_guard_verdict { RF_GUARD_TRUSTED, RF_GUARD_NOVEL, RF_GUARD_FEW, RF_GUARD_DOUBT, RF_GUARD_VERDICTS };
/* Why the baseline keeps the prompt: static. */
const char *rf_guard_verdict_name(enum rf_guard_verdict v);

/* May `other` take the prompt from the baseline? distance[k]: cosine distances of the neighbours in whole 1e-12,
 * nearest first; other[k], baseline[k]: the two models' scores there, NaN: missing. Trusted where mean - z
 * sqrt(max(variance, (floor range)^2) / n) >= -tolerance range over the n paired differences. Cosines and the bound are
 * compared to 9 decimals. */
enum rf_guard_verdict rf_guard_judge(const struct rf_guard *g, const double *distance, const double *other,
                                     const double *baseline, size_t k);

/* score, cost of a model that is not trusted: no better (by a millionth of the range worse) and no cheaper than the
 * baseline's, so that no trade of score against cost takes it. */
void rf_guard_hold(const struct rf_guard *g, double baseline_score, double baseline_cost, double *score, double *cost);

#ifdef __cplusplus
}
#endif
#endif
