/* Votes counted by pair of models, without prompts: what rankings are made of. Aliases count as one model; a judge may
 * have a weight. What cannot be counted is left out by reason. Refuses: unknown judges and sources, no votes left. */
#ifndef RF_TRAIN_DUELS_H
#define RF_TRAIN_DUELS_H

#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/opt.h"
#include "core/sha256.h"
#include "train/votes.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_outcome { RF_FIRST, RF_SECOND, RF_DRAW, RF_OUTCOMES };

/* A pair that met: a < b. */
struct rf_duel {
    uint32_t a, b;
};
struct rf_duels {
    char **model; /* [models] by strcmp order; owned */
    size_t models;
    struct rf_duel *pair; /* [pairs] by a, then b */
    size_t pairs;
    uint32_t *vote; /* [n] pair * RF_OUTCOMES + outcome, in database order */
    float *weight;  /* [n] > 0: the vote's own times its judge's */
    size_t n;
    size_t read, left_out[RF_OUTS];
    size_t *votes;              /* [models] in which each stands */
    char sha256[RF_SHA256_HEX]; /* fingerprint of names, votes and weights */
};

struct rf_duels_filter {
    struct rf_list votes;  /* "JUDGE" or "JUDGE:WEIGHT"; empty: all judges, weight 1 */
    struct rf_list source; /* names; empty: all */
    int orders;            /* enum rf_orders */
};

/* Fills *d (whatever it held); on failure *d is empty. Both bad is a draw. */
int rf_duels_load(struct rf_duels *d, struct rf_db *db, const struct rf_duels_filter *f, struct rf_err *err);
void rf_duels_release(struct rf_duels *d);
/* sum[pairs][RF_OUTCOMES] of the weights; square: of their squares, or NULL. */
void rf_duels_count(const struct rf_duels *d, double *sum, double *square);

#ifdef __cplusplus
}
#endif
#endif
