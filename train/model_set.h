/* A set of models as a user names it: names or their aliases, globs with * and ?, and tiers ("tier:0-1", strongest
 * first); "!word" takes out what the word names, of the words before it, or of all models where it stands first.
 * Refuses a word that matches no model of the votes. */
#ifndef RF_TRAIN_MODEL_SET_H
#define RF_TRAIN_MODEL_SET_H

#include <stdbool.h>

#include "core/err.h"
#include "core/opt.h"
#include "train/votes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* True where a word of the list asks for tiers. */
bool rf_model_set_wants_tiers(const struct rf_list *words);
/* in[models] = which models of the votes the words name; option: "--strong", for errors. tier[models]: from
 * rf_bt_tiers, may be NULL where no word asks for tiers. RF_USAGE: a word that matches none (the nearest name is
 * given), a malformed tier. */
int rf_model_set(const struct rf_votes *v, const struct rf_list *words, const char *option, const int *tier, bool *in,
                 struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
