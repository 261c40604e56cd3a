/* Recalibration: a rising function of a router's log odds whose values are better probabilities. Platt's (Platt 1999,
 * Probabilistic outputs for support vector machines) has two numbers and keeps the order of win rates; the isotonic one
 * (Zadrozny and Elkan 2002) any rising steps, by pooling adjacent violators (Ayer et al. 1955). Both by exact maximum
 * likelihood. Pure functions on arrays. Refuses: one outcome alone, win rates all equal, outcomes that one threshold
 * divides, a router whose order is backwards (Platt). */
#ifndef RF_EVAL_RECAL_H
#define RF_EVAL_RECAL_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_recal_method { RF_RECAL_PLATT, RF_RECAL_ISOTONIC };
#define RF_RECAL_CHOICES "platt|isotonic"

struct rf_recal {
    enum rf_recal_method method;
    double slope, bias; /* Platt: log odds = slope logit + bias, slope > 0 */
    size_t knots;       /* isotonic: */
    double *logit;      /* [knots] ascending, owned */
    double *rate;       /* [knots] win rates, not falling: straight between the knots and level beyond; owned */
};

/* logit[n]: the router's log odds, finite; won[n]: 1 where strong won, 0 where weak did. Isotonic win rates are held
 * within 1 / (n + 2) of 0 and 1, what Laplace's rule gives n prompts of one outcome: nothing is known for certain; and
 * logits that a win rate in a double hardly tells apart (1e-6, more above 8) count as one. */
int rf_recal_fit(struct rf_recal *out, enum rf_recal_method method, const double *logit, const double *won, size_t n,
                 struct rf_err *err);
/* The win rate for a logit, as the scoring pair gives it. */
double rf_recal_rate(const struct rf_recal *r, double logit);
void rf_recal_release(struct rf_recal *r); /* a zeroed struct is fine */

/* rate[n]: each prompt's win rate by a recalibration that was fitted without it: `folds` parts drawn by the seed, 2 <=
 * folds <= n. RF_BAD_INPUT: one of them could not be fitted. */
int rf_recal_cross(enum rf_recal_method method, const double *logit, const double *won, size_t n, size_t folds,
                   uint64_t seed, double *rate, struct rf_err *err);

/* The log odds of a win rate, as far as a double knows them: of 1 those of the largest double below it, of 0 those of
 * the least above. */
double rf_recal_logit(double rate);

/* The steps alone: neighbours first..last of equal mean sum / weight. */
struct rf_block {
    size_t first, last;
    double sum, weight;
};
/* Pools sum[n] over weight[n] > 0, in order, into block[n], whose means rise; returns how many. It is the fit that does
 * not fall with the least weighted squares, and for outcomes with the greatest likelihood (Barlow et al. 1972). */
size_t rf_pool_violators(const double *sum, const double *weight, size_t n, struct rf_block *block);

#ifdef __cplusplus
}
#endif
#endif
