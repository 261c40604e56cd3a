/* Votes as the matrix factorisation reads them: decisive ones alone (RouteLLM drops ties) or all, models numbered by
 * name among those with a training vote. Refuses: no training vote that counts. */
#ifndef RF_TRAIN_MF_VOTES_H
#define RF_TRAIN_MF_VOTES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "train/mf_outcome.h"
#include "train/mf_pass.h"
#include "train/votes.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_mf_votes {
    struct rf_mf_pair *train, *valid;       /* [trains], [valids]; owned */
    uint8_t *train_outcome, *valid_outcome; /* the same, of enum rf_mf_outcome; owned */
    size_t trains, valids;
    const char **model; /* [models] names in rows' order, by strcmp; the array is owned, the names are the votes' */
    size_t models;      /* >= 2 */
    const struct rf_aliases *alias; /* the votes' */
    size_t ties;                    /* votes without a winner, left out; 0 where they count */
    size_t unseen;                  /* validation votes on a model without a training vote, left out of validation */
};

/* ties: they count. left_out: [RF_OUTS], for the message where nothing is left. On failure nothing is owned. */
int rf_mf_votes_pick(struct rf_mf_votes *out, const struct rf_votes *v, bool ties, const size_t *left_out,
                     struct rf_err *err);
void rf_mf_votes_release(struct rf_mf_votes *m);

/* Row of a model's name or alias in *id. RF_USAGE: option names one without a training vote (the nearest name is
 * given). */
int rf_mf_votes_model(const struct rf_mf_votes *m, const char *option, const char *name, size_t *id,
                      struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
