/* Thresholds from win rates: for a wanted share of strong calls, or a mean cost. Pure functions on arrays. */
#ifndef RF_EVAL_THRESHOLD_H
#define RF_EVAL_THRESHOLD_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* RouteLLM's threshold for a share of strong calls in [0, 1] (calibrate_threshold.py): the quantile 1 - share of the
 * win rates, interpolated (type 7). sorted[n] ascending. */
double rf_threshold_for_share(const double *sorted, size_t n, double share);
/* How many of sorted[n] are at or above a threshold: what strong answers. */
size_t rf_threshold_calls(const double *sorted, size_t n, double threshold);
/* The threshold in the fewest decimals, at least 3, with the same calls on sorted[n]: not above t, unless no call is
 * left. */
double rf_threshold_short(const double *sorted, size_t n, double t);

/* Prompts with their win rates and what either model would cost for them. */
struct rf_priced {
    size_t n;
    const double *score;         /* [n] */
    const double *strong, *weak; /* [n] US dollars, finite */
};
/* The threshold with the most strong calls whose mean cost does not pass `most` dollars a prompt; ties stay together.
 * *cost and *se: its mean cost and the standard error of it. RF_BAD_INPUT: weak alone costs more. */
int rf_threshold_for_cost(const struct rf_priced *p, double most, double *threshold, double *cost, double *se,
                          struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
