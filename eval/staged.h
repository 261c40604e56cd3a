/* A cascade on a benchmark: thresholds fitted on all folds but one and measured on that one, so that every figure is
 * out of fold, beside the same cascade with a verifier that knows which answers are right, the models alone, the zero
 * router and the oracle. The verifier's errors are counted where it was asked. */
#ifndef RF_EVAL_STAGED_H
#define RF_EVAL_STAGED_H

#include <stddef.h>
#include <stdint.h>

#include "core/cli.h"
#include "core/err.h"
#include "core/results.h"
#include "eval/cascade.h"
#include "eval/complete.h"
#include "eval/points.h"
#include "eval/verifier.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_staged_options {
    struct rf_list order;  /* models, the first asked first */
    struct rf_list source; /* only questions that one of these sources was the first to name; empty: all */
    const char *verifier;
    const double *budget; /* [budgets] mean cost of a prompt; none: the mean cost of each model but the first */
    size_t budgets;
    bool corners;  /* in place of budgets, every corner of the fit on all questions */
    int64_t folds; /* >= 2 */
    int64_t grid;  /* as rf_cascade.grid */
    double right;  /* an answer is right from this score on; NaN: the middle of the scores' range */
    int64_t resamples;
    struct rf_router_options router;
};

/* Two corners and the chance of the dearer one, or the same one twice. */
struct rf_staged_policy {
    struct rf_cascade_corner low, high;
    double mix; /* NaN: one corner; the policy's `low` has mean NaN where the budget buys nothing */
};

/* What a verifier does at one stage of one point, out of fold; in prompts, which a coin may split. */
struct rf_staged_check {
    double reached;                            /* mean over all prompts of the chance to be asked */
    struct rf_chance sensitivity, specificity; /* right answers that are taken, wrong ones that are passed on */
};

struct rf_staged_point {
    double at;                        /* the budget, or a lambda that makes the corner */
    struct rf_staged_policy policy;   /* fitted on all questions: what is deployed */
    struct rf_point mean, low, high;  /* out of fold; NaN: the budget buys nothing */
    double gain, gain_low, gain_high; /* quality less the zero router's for the same mean cost */
    double calls[RF_CASCADE_STAGES], answers[RF_CASCADE_STAGES]; /* of each model, a prompt */
    double calls_low[RF_CASCADE_STAGES], calls_high[RF_CASCADE_STAGES];
    struct rf_staged_check check[RF_CASCADE_STAGES - 1];
};

struct rf_staged {
    struct rf_results r;
    struct rf_holes holes;
    size_t unjudged;                             /* questions left out: the verifier has no score of an answer */
    double right;                                /* the score from which an answer counts as right */
    double right_share[RF_CASCADE_STAGES];       /* of each model's answers */
    struct rf_chance auc[RF_CASCADE_STAGES - 1]; /* of the verifier at each stage, on all questions */
    struct rf_staged_point *point;               /* [points] */
    size_t points;
    struct rf_staged_point *perfect; /* [perfects] with a verifier that knows the scores, fitted to these questions */
    size_t perfects;
    struct rf_point model[RF_CASCADE_STAGES], model_low[RF_CASCADE_STAGES], model_high[RF_CASCADE_STAGES];
    struct rf_points base; /* entry 0: zero router, 1: oracle, of these models */
};

/* *s must be zeroed; release it also after a failure. */
int rf_staged_evaluate(struct rf_staged *s, struct rf_ctx *ctx, const char *bench, const struct rf_staged_options *o,
                       struct rf_err *err);
void rf_staged_release(struct rf_staged *s);

#ifdef __cplusplus
}
#endif
#endif
