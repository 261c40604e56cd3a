/* Duels of routers on the prompts of one benchmark, all paired: the routers meet the same resamples, and are swapped
 * prompt by prompt. Two tests stand side by side: the bootstrap of the difference (of the kind of its interval), and
 * the permutation test that gives each prompt's (or cluster's) part in the difference a random sign, which is exact
 * where swapping the two routers changes nothing. A verdict needs both. Pure functions on curves.
 * Refuses: numbers that are not defined on the data. */
#ifndef RF_EVAL_COMPARE_H
#define RF_EVAL_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "eval/curve.h"
#include "eval/interval.h"
#include "eval/measure.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How p is adjusted for the number of duels. */
enum rf_family {
    RF_FAMILY_HOLM, /* Holm 1979: step-down Bonferroni, whatever the dependence */
    RF_FAMILY_MAXT, /* Westfall & Young 1993: step-down over the largest |t| of the same random signs */
    RF_FAMILY_NONE  /* not at all */
};
#define RF_FAMILY_CHOICES "holm|maxt|none"

enum rf_verdict {
    RF_VERDICT_UNDECIDED,
    RF_VERDICT_BETTER,
    RF_VERDICT_WORSE,
    RF_VERDICT_EQUIVALENT,   /* neither better nor worse, and within delta */
    RF_VERDICT_NOT_INFERIOR, /* of duels with a margin: at most so much below */
    RF_VERDICT_INFERIOR,     /* more than the margin below */
    RF_VERDICTS
};
extern const char *const rf_verdict_name[RF_VERDICTS];

/* A router, and what is compared of it. */
struct rf_contestant {
    const struct rf_curve *curve; /* over the same prompts as all others; borrowed */
    struct rf_measure measure;
};

struct rf_compare_options {
    size_t resamples; /* > 0, and as many random signs */
    uint64_t seed;
    int threads;                    /* >= 1 */
    enum rf_interval_kind interval; /* of the difference */
    enum rf_family family;
    double level;          /* of intervals, .95; a verdict errs with probability 1 - level */
    double delta;          /* >= 0: differences up to it are as good as none; NaN: no verdict of equivalence */
    const size_t *cluster; /* [n] < clusters: prompts that stand or fall together; NULL: each by itself */
    size_t clusters;
    bool poisson; /* as rf_boot_options */
};

struct rf_duel {
    size_t a, b;   /* contestants; set by the caller */
    double margin; /* NaN: is a better than b? else: is a at most so much worse? >= 0; set by the caller */

    double value_a, value_b;
    double difference, low, high; /* a - b with its interval; with a margin its ends are one-sided, each at the level */
    double se;                    /* of the difference, from influences */
    double p;                     /* of the bootstrap: no difference, or with a margin: worse by the margin or more */
    double p_swap;                /* of the permutation test for the same */
    double p_family;              /* the larger of both, adjusted; with RF_FAMILY_MAXT p_swap is what is adjusted */
    double p_equivalent;          /* two one-sided tests of |difference| < delta, normal; NaN without delta */
    enum rf_verdict verdict;
    double needed; /* prompts of this kind that would decide with 80% power, were the difference as found; NaN: decided,
                      or none would */
};

/* Fills duel[duels] but for what the caller sets. */
int rf_compare(const struct rf_contestant *who, size_t contestants, const struct rf_compare_options *o,
               struct rf_duel *duel, size_t duels, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
