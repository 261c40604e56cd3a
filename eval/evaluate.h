/* One benchmark, several routers and the baselines: curves, metrics and their intervals, as commands need them. */
#ifndef RF_EVAL_EVALUATE_H
#define RF_EVAL_EVALUATE_H

#include <stdbool.h>

#include "core/cli.h"
#include "eval/baseline.h"
#include "eval/bench.h"
#include "eval/boot.h"
#include "eval/compat.h"
#include "eval/curve.h"
#include "eval/fitted_on.h"
#include "eval/metric.h"
#include "eval/router.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The options that `eval` and `plot` share. */
struct rf_evaluate_options {
    struct rf_list bench;
    const char *strong, *weak;
    bool keep_contaminated;
    int64_t resamples;
    int interval; /* enum rf_interval_kind */
    struct rf_router_options router;
};
/* Their table, over a command's struct that starts with a struct rf_evaluate_options. */
extern const struct rf_opt rf_evaluate_table[];

/* A router or a baseline on the benchmark. */
struct rf_entry {
    const char *name;  /* borrowed from the router, or constant */
    int baseline;      /* RF_BASELINE_*, or -1 for a router */
    int64_t fitted_on; /* how many of the prompts also fitted or tuned it (eval/fitted_on.h); -1: not known */
    struct rf_curve curve;
    double metric[RF_METRICS];
    double apgr_all; /* APGR with the items that were left out; NaN: none were, or it is not defined */
    struct rf_boot boot;
    struct rf_compat compat;
};

struct rf_evaluation {
    struct rf_bench bench;
    struct rf_entry *entry; /* [n] routers in the order given, then the baselines that the benchmark allows */
    size_t n;
};

/* Loads the benchmark `name` and scores everything on it. */
int rf_evaluate(struct rf_evaluation *e, struct rf_ctx *ctx, const char *name, const struct rf_evaluate_options *o,
                const struct rf_router *router, size_t nrouter, struct rf_err *err);
/* A line for people: how many items, which models, what was left out. */
void rf_evaluation_tell(const struct rf_evaluation *e, FILE *chat);
void rf_evaluation_release(struct rf_evaluation *e); /* a zeroed struct is fine */

/* Keeps metrics and curves (thinned to at most 201 points) of n evaluations under a run, in one transaction.
 * sha256[RF_SHA256_HEX] = one fingerprint of all benchmarks, also where the rest fails. */
int rf_evaluations_store(const struct rf_evaluation *e, size_t n, struct rf_db *db, int64_t run, char *sha256,
                         struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
