/* RouteLLM's arithmetic (routellm/evals/evaluate.py and benchmarks.py), quirks included, so that its published figures
 * can be met to the last digit: eleven quantile thresholds, ">" in the last row, np.interp on qualities that need not
 * rise. Undefined, as there, where quantiles coincide. */
#ifndef RF_EVAL_COMPAT_H
#define RF_EVAL_COMPAT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_COMPAT_POINTS = 11 };

/* One element per prompt, all borrowed. A prompt has as many outcomes as turns were judged. */
struct rf_compat_data {
    size_t n;             /* prompts, > 0 */
    const double *score;  /* [n] win rate */
    const double *strong; /* [n] sum of the strong model's outcomes over the turns */
    const double *weak;   /* [n] the same of the weak model */
    const size_t *turns;  /* [n] outcomes of the prompt, >= 1 */
    bool right_wrong;     /* outcomes are 0 or 1 and qualities percentages; otherwise scores as they are */
    size_t n_all;         /* prompts with the contaminated ones, for RouteLLM's optimal curve of graded scores */
    const double *strong_all, *weak_all; /* [n_all] mean outcome of a prompt; not read where right_wrong */
};

struct rf_compat {
    size_t tied;     /* edges that equal the one before; above 0 the fields marked * are NaN (pandas' qcut refuses) */
    size_t outcomes; /* all turns together */
    double threshold[RF_COMPAT_POINTS];  /* *, rising */
    double strong_pct[RF_COMPAT_POINTS]; /* *, share of outcomes that come from strong, in % */
    double quality[RF_COMPAT_POINTS];    /* *, mean outcome of the routed models, in % where right_wrong */
    double cpt20, cpt50, cpt80;          /* *, in % of calls */
    double auc, apgr;                    /* * */
    double weak, strong;                 /* mean outcome of each model, in % where right_wrong */
    double optimal[RF_COMPAT_POINTS];    /* mean outcome of RouteLLM's optimal router with 0, 10, ..., 100% of calls */
};

int rf_compat_of(const struct rf_compat_data *d, struct rf_compat *out, struct rf_err *err);

/* numpy.interp(key, x, y) for one key, x[n] in any order: numpy's search, which takes a wrong interval where x does not
 * rise. */
double rf_compat_interp(double key, const double *x, const double *y, size_t n);

#ifdef __cplusplus
}
#endif
#endif
