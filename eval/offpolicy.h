/* What another threshold would have brought, from a log that chose at random with known probabilities: inverse
 * propensity scoring (Horvitz and Thompson 1952), its self-normalised form (Swaminathan and Joachims 2015), and the
 * doubly robust estimator (Dudik, Langford and Li, arXiv 1103.4601) over a model of the rewards that is fitted on other
 * rows than it is used on. Refuses logs without overlap: where the log never did what the policy would do, nothing is
 * known of it. */
#ifndef RF_EVAL_OFFPOLICY_H
#define RF_EVAL_OFFPOLICY_H

#include "core/err.h"
#include "eval/traffic.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_estimate {
    double value, se; /* standard error, by the sampling of rows */
};
struct rf_offpolicy {
    size_t matched;            /* rows whose logged choice is the policy's */
    double share;              /* of strong calls under the policy, 0..1 */
    double ess;                /* effective sample size: (sum of weights)^2 / sum of squares */
    struct rf_estimate weight; /* mean weight: 1 where the propensities are right */
    struct rf_estimate ips, snips, dr;
    struct rf_estimate cost; /* by snips; NaN where a matched row has none */
};

/* The policy "strong from this threshold on" (-INFINITY: always, INFINITY: never). expected[n]: rewards that
 * rf_offpolicy_model predicts. RF_BAD_INPUT: no overlap, with the win rates where it is missing. */
int rf_offpolicy_of(const struct rf_traffic *t, double threshold, const double (*expected)[2], struct rf_offpolicy *out,
                    struct rf_err *err);

/* expected[n][2]: reward of the weak (0) and the strong (1) model on each row, the mean over rows of other folds with a
 * similar win rate (tenths), drawn to the model's mean as if that stood for five rows more. Five folds by the seed. */
int rf_offpolicy_model(const struct rf_traffic *t, uint64_t seed, double (*expected)[2], struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
