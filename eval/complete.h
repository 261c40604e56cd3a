/* Results without holes: of many models, the questions of which every model has its score and its cost. The others are
 * left out and counted by model. Refuses: a model without any score or any cost there, and when no question is left. */
#ifndef RF_EVAL_COMPLETE_H
#define RF_EVAL_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/err.h"
#include "core/results.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_holes {
    size_t no_score; /* questions left out: a model lacks its score */
    size_t no_cost;  /* questions left out: all scores are there, and a model lacks its cost */
    size_t worst;    /* the model with the most missing cells, where one of the two is > 0 */
    size_t missing;  /* how many it lacks */
};

/* Takes the rows with a hole out of *r (r->incomplete grows by their number). bench: for messages. */
int rf_results_complete(struct rf_results *r, const char *bench, struct rf_holes *h, struct rf_err *err);
/* Takes out the rows i with !keep[i]; returns how many. */
size_t rf_results_keep(struct rf_results *r, const bool *keep);
/* One line for people, or nothing where nothing was left out. */
void rf_holes_tell(const struct rf_holes *h, const struct rf_results *r, const char *bench, FILE *chat);

#ifdef __cplusplus
}
#endif
#endif
