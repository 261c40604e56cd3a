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

/* Rows for the members strong, weak (struct rf_list) and ties (int) of a kind's options. Without a default for a side
 * its note says what holds. */
#define RF_SIDES_ROWS(type, strong_default, strong_note, weak_default, weak_note, usual_ties)                          \
    RF_OPT(type, strong, "strong", 's', RF_OPT_LIST, "SET", strong_default, NULL, 0, 0,                                \
           "The strong side: model names, * and ? match, tier:N-M are Bradley-Terry tiers of the training votes, 0 "   \
           "the strongest of ten, !NAME takes out (first: of all models); " strong_note "."),                          \
        RF_OPT(type, weak, "weak", 'w', RF_OPT_LIST, "SET", weak_default, NULL, 0, 0,                                  \
               "The weak side, in the same way" weak_note "."),                                                        \
        RF_OPT(type, ties, "ties", 't', RF_OPT_CHOICE, "HOW", usual_ties, RF_TIES_CHOICES, 0, 0,                       \
               "What a tie says: nothing (as in RouteLLM's training), half a win for each side, or that the weak "     \
               "model is enough; \"both bad\" is a tie.")
#define RF_SIDES_STRONG "tier:0-1"
#define RF_SIDES_WEAK   "tier:2-9"
#define RF_SIDES_OPTIONS(type, usual_ties)                                                                             \
    RF_SIDES_ROWS(type, RF_SIDES_STRONG, "the default is RouteLLM's strong set", RF_SIDES_WEAK, "", usual_ties)

struct rf_sides {
    bool *strong, *weak;      /* [models of the votes] */
    struct rf_example *train; /* [trains] by ascending row */
    struct rf_example *valid; /* [valids] */
    size_t trains, valids;
};

/* Fills *s (release it also after a failure), f->used_train and f->used_valid (votes, not examples), f->left_out and
 * notes: models without a rating, and who is on which side. Tiers come from a Bradley-Terry fit on the training votes.
 * RF_BAD_INPUT: no training votes left (the reasons are counted), no ratings. */
int rf_sides_pick(struct rf_sides *s, struct rf_fit *f, const struct rf_list *strong, const struct rf_list *weak,
                  enum rf_ties ties, struct rf_err *err);
/* RF_BAD_INPUT: one side wins all training votes. A constant then has no finite optimum under the logistic loss. */
int rf_sides_both_win(const struct rf_sides *s, struct rf_err *err);
/* Mean log loss (nats) and share of examples e[n] ranked right (0.5 for a logit of 0), by weight; NaN where there are
 * none. logit: of strong over weak for a row. */
void rf_sides_measure(const struct rf_example *e, size_t n, double (*logit)(const void *ctx, size_t row),
                      const void *ctx, double *loss, double *accuracy);
/* Adds the note "strong: some-model, another and 5 more". side: its first word; in[v->models]: who is on that side. */
int rf_sides_name(const char *side, const struct rf_votes *v, const bool *in, struct rf_fit *f, struct rf_err *err);
/* Metadata of both sides and the ties: "routefit.strong", ".weak" as the user wrote them, ".strong_models",
 * ".weak_models" as JSON lists, ".ties". */
int rf_sides_describe(const struct rf_sides *s, const struct rf_votes *v, const struct rf_list *strong,
                      const struct rf_list *weak, enum rf_ties ties, struct rf_model *m, struct rf_err *err);
void rf_sides_release(struct rf_sides *s);

#ifdef __cplusplus
}
#endif
#endif
