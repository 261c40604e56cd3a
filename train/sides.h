/* From votes to examples "strong against weak": which models are on which side, which votes count, and what a tie says.
 * What does not count is added to the fit's left_out. Refuses: a model on both sides, no votes left. */
#ifndef RF_TRAIN_SIDES_H
#define RF_TRAIN_SIDES_H

#include "core/err.h"
#include "core/opt.h"
#include "train/kind.h"
#include "train/logit.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_ties { RF_TIES_DROP, RF_TIES_HALF, RF_TIES_WEAK };
/* drop: ties do not count. half: one example of half weight for each side. weak-suffices: the weak model wins, for its
 * answer was as good. "Both bad" is a tie. */
#define RF_TIES_CHOICES "drop|half|weak-suffices"

struct rf_sides {
    bool *strong, *weak;      /* [models of the votes] */
    struct rf_example *train; /* [trains] by ascending row */
    struct rf_example *valid; /* [valids] */
    size_t trains, valids;
};

/* Fills *s (release it also after a failure), f->used_train and f->used_valid (votes, not examples), f->left_out and a
 * note about models without a rating. Tiers come from a Bradley-Terry fit on the training votes. RF_BAD_INPUT: no
 * training votes left (the reasons are counted), no ratings. */
int rf_sides_pick(struct rf_sides *s, struct rf_fit *f, const struct rf_list *strong, const struct rf_list *weak,
                  enum rf_ties ties, struct rf_err *err);
void rf_sides_release(struct rf_sides *s);

#ifdef __cplusplus
}
#endif
#endif
