/* A part of the prompts with all that is known of them, as a fit would have read it were the others not there: the rows
 * left out are gone from votes, vectors, texts, models and means. And other sides for the same prompts. */
#ifndef RF_TRAIN_SUBSET_H
#define RF_TRAIN_SUBSET_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "train/scored.h"
#include "train/votes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* *out = the votes on the prompts with keep[v->rows] set, and the models that they name; what does not hang on rows is
 * borrowed from v, which must outlive it. Votes left out count under RF_OUT_SPLIT. RF_BAD_INPUT: none left. */
int rf_subset_votes(struct rf_votes *out, const struct rf_votes *v, const bool *keep, struct rf_err *err);
void rf_subset_votes_release(struct rf_votes *s); /* a zeroed struct is fine */

/* The same of results: keep[s->in.rows]. Models stay. RF_BAD_INPUT as rf_scored_summarise. */
int rf_subset_scored(struct rf_scored *out, const struct rf_scored *s, const bool *keep, struct rf_err *err);
void rf_subset_scored_release(struct rf_scored *s);

/* Puts the prompts with valid[rows] set on the validation side, all others on the training side. */
void rf_sides_of_votes(struct rf_votes *v, const bool *valid);
int rf_sides_of_scored(struct rf_scored *s, const bool *valid, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
