/* Benchmark results joined with the vectors of their prompts: what routers among many models learn from. What cannot be
 * used is left out and counted. Refuses: no question left, a model without any score on the training side. */
#ifndef RF_TRAIN_SCORED_H
#define RF_TRAIN_SCORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/results.h"
#include "train/inputs.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_scored_filter {
    struct rf_results_filter results;
    struct rf_inputs_filter inputs;
    bool level; /* all training scores may be the same */
};

struct rf_scored {
    struct rf_results r; /* r.n questions that can be used, r.models models; the rows below go with its rows */
    struct rf_inputs in; /* the vectors of the distinct prompts */
    size_t *row;         /* [r.n] of in.x */
    bool *valid;         /* [r.n] true: validation side */
    size_t no_prompt, left_out[RF_OUTS]; /* questions without a prompt, and those whose prompt cannot be used */
    double *mean_score, *mean_cost;      /* [models] over the training side; mean_cost NaN where no cost is known */
    double lowest, highest;              /* training scores */
    bool level;                          /* they may all be the same */
    char sha256[RF_SHA256_HEX];          /* fingerprint: results and vectors */
};

/* Fills *s (whatever it held); on failure *s is empty. */
int rf_scored_load(struct rf_scored *s, struct rf_db *db, const struct rf_scored_filter *f, struct rf_err *err);
void rf_scored_release(struct rf_scored *s);
/* Anew what hangs on the sides: means, lowest and highest. */
int rf_scored_summarise(struct rf_scored *s, struct rf_err *err);
/* The vector of question i. */
const float *rf_scored_x(const struct rf_scored *s, size_t i);

#ifdef __cplusplus
}
#endif
#endif
