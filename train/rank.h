/* Strengths of models from counted votes, to the exact maximum of the likelihood, under four conventions for ties, with
 * sandwich covariances and bootstrap resamples. A model that the votes give no finite strength is not rated: NaN, never
 * a large number. */
#ifndef RF_TRAIN_RANK_H
#define RF_TRAIN_RANK_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "train/duels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A rating is 400 / ln 10 * theta + 1000: ten times the odds are 400 points (Elo's scale). */
#define RF_RATING_SCALE 173.71779276130073
#define RF_RATING_MEAN  1000.0

/* With d the difference of two models' strengths (log-odds):
 *   half         Bradley and Terry 1952, a draw is half a win for each side
 *   drop         the same, draws do not count
 *   davidson     Davidson 1970, JASA 65: win : draw : loss = e^(d/2) : e^eta : e^(-d/2)
 *   rao-kupper   Rao and Kupper 1967, JASA 62: P(win) = sigma(d - eta), P(loss) = sigma(-d - eta), eta > 0 */
enum rf_tie_model { RF_HALF, RF_DROP, RF_DAVIDSON, RF_RAO_KUPPER };
#define RF_TIE_MODELS "half|drop|davidson|rao-kupper"

struct rf_rank {
    size_t models;
    double *theta; /* [models] log-odds with mean 0 over the rated ones; NaN: not rated */
    size_t rated;
    double eta;      /* of the ties; NaN for half and drop */
    double gradient; /* largest entry of the log-likelihood's gradient at theta */
    int *group; /* [models] 0: rated; else models of one number are comparable with each other, not with the rest */
};

/* sum[d->pairs][RF_OUTCOMES]: the weights of the outcomes. start: ratings to begin with, or NULL. The largest group of
 * models that are comparable is rated: each beats or draws every other by some chain (Ford 1957). RF_BAD_INPUT: a model
 * of ties whose eta the votes give no finite value, for want of ties or of wins. On failure *r is empty. */
int rf_rank_fit(struct rf_rank *r, const struct rf_duels *d, const double *sum, enum rf_tie_model ties,
                const struct rf_rank *start, struct rf_err *err);
void rf_rank_release(struct rf_rank *r); /* a zeroed struct is fine */

/* cov[models][models] of theta, sandwich estimator H^-1 B H^-1 with B from single votes (square[pairs][RF_OUTCOMES]:
 * sums of squared weights), in the gauge of mean 0: rows of models that are not rated are NaN. The variance of a
 * difference of two strengths, which no gauge changes, is cov[i][i] + cov[j][j] - 2 cov[i][j]. */
int rf_rank_sandwich(const struct rf_rank *r, const struct rf_duels *d, const double *sum, const double *square,
                     enum rf_tie_model ties, double *cov, struct rf_err *err);

/* theta[resamples][models]: fits of multinomial resamples of the votes, each with mean 0 over the models rated in r;
 * NaN where a resample does not rate a model, or refuses. The same for any number of threads. */
int rf_rank_bootstrap(const struct rf_rank *r, const struct rf_duels *d, enum rf_tie_model ties, size_t resamples,
                      uint64_t seed, int threads, double *theta, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
