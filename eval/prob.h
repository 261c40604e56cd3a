/* How good win rates are as probabilities: on prompts where one answer was better than the other, did strong win as
 * often as the router said? Pure functions on arrays. Refuses: scores outside [0, 1], no prompt with a better answer.
 */
#ifndef RF_EVAL_PROB_H
#define RF_EVAL_PROB_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_PROB_BINS = 10 };

struct rf_prob_bin {
    size_t n;
    double said;      /* mean win rate in the bin; NaN where it is empty */
    double was;       /* share of prompts in it that strong won */
    double low, high; /* exact 95% interval of that share (Clopper-Pearson) */
};
struct rf_prob {
    size_t n;        /* prompts with a better answer; ties say nothing of who wins */
    double base;     /* share of them that strong won */
    double brier;    /* mean of (win rate - won)^2 (Brier 1950) */
    double log_loss; /* mean of -ln of the probability given to what happened, nats; win rates of 0 and 1 count as 1e-15
                        away from them, as scikit-learn's old default */
    double ece;      /* expected calibration error: sum over ten bins of equal width of n_bin / n |said - was| (Guo et
                        al., arXiv 1706.04599) */
    double ece_by_chance; /* what it would be in the mean were every win rate right: binned errors are never 0 */
    double auroc;         /* probability that a prompt which strong won has the higher win rate; ties count half */
    struct rf_prob_bin bin[RF_PROB_BINS];
};

/* Arrays of n, one element per prompt. */
int rf_prob_of(const double *score, const double *strong, const double *weak, size_t n, struct rf_prob *out,
               struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
