/* Texts as sparse rows for a linear fit: the scoring pair's features, weighted by rarity (IDF) and the shape of the
 * text standardised; and the way back, for the pair knows neither. */
#ifndef RF_TRAIN_NGRAMS_H
#define RF_TRAIN_NGRAMS_H

#include <stdbool.h>

#include "core/csr.h"
#include "core/err.h"
#include "core/routefit_score.h"
#include "train/votes.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_ngrams {
    struct rf_csr x; /* [rows][buckets + ROUTEFIT_SHAPE] */
    size_t buckets;
    double *idf; /* [buckets] > 0: (1 + ln((1 + rows) / (1 + rows with it))) times one number that gives the n-grams of
                    the weighed rows a mean square of 1 */
    double mean[ROUTEFIT_SHAPE], scale[ROUTEFIT_SHAPE]; /* x = (shape - mean) * scale; scale 0: always the same */
};

/* Fills *g (release it also after a failure) with a row for each text. in[rows]: those that the statistics are of, at
 * least one. */
int rf_ngrams_make(struct rf_ngrams *g, const struct rf_turns *text, size_t rows, const bool *in, struct rf_err *err);
void rf_ngrams_release(struct rf_ngrams *g);
/* theta[x.cols + 1], weights of the rows and intercept, becomes weights of the pair's own features, and back. */
void rf_ngrams_fold(const struct rf_ngrams *g, double *theta);
void rf_ngrams_unfold(const struct rf_ngrams *g, double *theta);

#ifdef __cplusplus
}
#endif
#endif
