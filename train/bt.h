/* Bradley-Terry strengths from a matrix of wins, to the exact optimum, and the tiers that RouteLLM cuts them into. A
 * model that the data give no finite strength (it never loses, never wins, or never meets the others) gets none: NaN,
 * never a large number. */
#ifndef RF_TRAIN_BT_H
#define RF_TRAIN_BT_H

#include <stddef.h>

#include "core/err.h"
#include "train/votes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_TIERS = 10 }; /* RouteLLM's number (arXiv 2406.18665, appendix A) */

/* Adds the training votes (valid = false) to win[models][models]: win[i][j] = weight with which i beat j; a tie of
 * either kind is half a win for each side. */
void rf_bt_count(const struct rf_votes *v, double *win);

/* rating[n] = 400 / ln 10 * theta + 1000 with mean 1000 over the rated models, where theta maximises sum of win[i][j]
 * ln sigma(theta_i - theta_j) (Bradley and Terry 1952). A finite maximum exists within a set of models each of which
 * beats every other by some chain of wins (Ford 1957): the largest such set is rated on its own battles, the rest is
 * NaN. *rated = how many; 0 where no set has two models. RF_FAIL: no memory. */
int rf_bt_fit(size_t n, const double *win, double *rating, size_t *rated, struct rf_err *err);

/* tier[n]: 0 = strongest .. tiers - 1, or -1 where the rating is NaN. Ratings are sorted downwards and cut into
 * contiguous groups so that the sum of the groups' population variances is least (RouteLLM,
 * routers/similarity_weighted/utils.py: compute_tiers; not weighted by size). With fewer distinct groups than tiers
 * some numbers stay unused. tiers >= 1. */
int rf_bt_tiers(size_t n, const double *rating, size_t tiers, int *tier, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
