/* Texts as sparse rows for a linear fit: the scoring pair's features, of the buckets that occur, weighted by rarity
 * (IDF); the shape of the text standardised; maybe the task of the prompt; and the way to weights of the pair's own
 * features, for the pair knows nothing of all this, and back. */
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

enum { RF_MOST_TASKS = 4096 };

struct rf_ngrams {
    struct rf_csr x;  /* [rows][kept + ROUTEFIT_SHAPE + tasks] */
    uint32_t *bucket; /* [kept] ascending: the buckets that the weighed rows have; others would get no weight */
    size_t kept, buckets;
    double *idf; /* [kept] > 0: (1 + ln((1 + rows) / (1 + rows with it))) times one number that gives the n-grams of
                    the weighed rows a mean square of 1 */
    double mean[ROUTEFIT_SHAPE], scale[ROUTEFIT_SHAPE]; /* x = (shape - mean) * scale; scale 0: always the same */
    const char **task; /* [tasks] names by strcmp, of the weighed rows; borrowed from the votes */
    size_t tasks;      /* 0: they are no features; else a row of a task has a 1 in its column */
};

/* Fills *g (release it also after a failure) with a row for each text of v. in[v->rows]: those that the statistics are
 * of, at least one. RF_BAD_INPUT: tasks are wanted, and there are none or too
 * many. */
int rf_ngrams_make(struct rf_ngrams *g, const struct rf_votes *v, const bool *in, bool with_tasks, struct rf_err *err);
void rf_ngrams_release(struct rf_ngrams *g);

/* Length of the weights of the pair's own features: [buckets], [ROUTEFIT_SHAPE], [tasks], [1] intercept. */
size_t rf_ngrams_own(const struct rf_ngrams *g);
/* own[rf_ngrams_own] from theta[x.cols + 1], weights of the rows and intercept; and back. */
void rf_ngrams_fold(const struct rf_ngrams *g, const double *theta, double *own);
void rf_ngrams_unfold(const struct rf_ngrams *g, const double *own, double *theta);

#ifdef __cplusplus
}
#endif
#endif
