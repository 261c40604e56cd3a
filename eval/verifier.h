/* The verifier of a cascade: a score of every model's answer to every question, from a router among many models (its
 * predicted score of that model's answer) or from stored results of another benchmark on the same prompts
 * ("results:NAME": there the score of a model's row is what the verifier gave its answer). And how often it errs.
 * Refuses: routers of one pair, and verifiers that lack a model. */
#ifndef RF_EVAL_VERIFIER_H
#define RF_EVAL_VERIFIER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/cli.h"
#include "core/err.h"
#include "core/results.h"
#include "eval/router.h"

#ifdef __cplusplus
extern "C" {
#endif

/* v[r->n][models] = the verifier's scores of the answers of the first `models` models of r; NaN: it has none. */
int rf_verifier_load(double *v, const struct rf_results *r, size_t models, struct rf_ctx *ctx, const char *bench,
                     const char *word, const struct rf_router_options *o, struct rf_err *err);

/* A chance and its 95% interval; all NaN where nothing was counted. */
struct rf_chance {
    double value, low, high;
};
/* k of n (not necessarily whole numbers), the interval by Wilson's score. */
struct rf_chance rf_wilson(double k, double n);
/* The chance that a right answer gets a higher verdict than a wrong one, ties half, with DeLong's interval (Biometrics
 * 44, 1988). v[n * stride]: every stride-th counts. */
int rf_verifier_auc(const double *v, size_t stride, const bool *right, size_t n, struct rf_chance *auc,
                    struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
