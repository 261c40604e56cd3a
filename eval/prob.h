/* How good win rates are as probabilities: on prompts where one answer was better than the other, did strong win as
 * often as the router said? Pure functions on arrays. Refuses: scores outside [0, 1], no prompt with a better answer.
 */
#ifndef RF_EVAL_PROB_H
#define RF_EVAL_PROB_H

#include <stddef.h>

#include "core/err.h"
#include "eval/boot.h"

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

/* Those of its numbers that have an interval. */
enum rf_prob_metric { RF_PROB_BASE, RF_PROB_BRIER, RF_PROB_LOG_LOSS, RF_PROB_ECE, RF_PROB_AUROC, RF_PROB_METRICS };
extern const char *const rf_prob_metric_name[RF_PROB_METRICS];
double rf_prob_metric(const struct rf_prob *p, enum rf_prob_metric m);

struct rf_prob_boot {
    double low[RF_PROB_METRICS]; /* 95% intervals over prompts: of `base` exact (Clopper-Pearson), of the means and of
                                    AUROC by BCa; of ECE, which resampling raises as binning does, the percentiles
                                    mirrored at the value (the basic bootstrap), from 0 on where right win rates have
                                    such an ECE in more than 2.5%; about 90% where it is small. NaN: none */
    double high[RF_PROB_METRICS];
    double ece_by_chance_high; /* of right win rates 95% have an ECE up to here: outcomes drawn by the win rates */
};
/* Of the same arrays, which rf_prob_of has not refused. Options: resamples, seed, threads. */
int rf_prob_boot(const double *score, const double *strong, const double *weak, size_t n,
                 const struct rf_boot_options *o, struct rf_prob_boot *out, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
