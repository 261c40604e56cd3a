/* Routers among many models on a benchmark: each by its whole curve of cost against quality, beside the single models,
 * the zero router (RouterBench: mixtures of single models, no look at the prompt) and the oracle (the best answer of
 * each prompt, the cheapest of equals). Intervals are over prompts. Questions with a hole are left out and counted
 * (eval/complete.h). Refuses: a router among models that the benchmark has no results of. */
#ifndef RF_EVAL_MANY_H
#define RF_EVAL_MANY_H

#include <stddef.h>
#include <stdint.h>

#include "core/cli.h"
#include "core/err.h"
#include "core/lambda.h"
#include "core/results.h"
#include "eval/complete.h"
#include "eval/named_many.h"
#include "eval/points.h"
#include "eval/router.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_many_metric {
    RF_MANY_AIQ,       /* area under the non-decreasing hull, flat to the mean cost of the dearest model, / that cost:
                          RouterBench's formula over one range for all */
    RF_MANY_AIQ_CODE,  /* RouterBench's code, each hull over its own range: area / the hull's last cost */
    RF_MANY_AIQ_PAPER, /* RouterBench's paper: area / (cost of the dearest model - the hull's first cost) */
    RF_MANY_QUALITY,   /* mean score of the best point */
    RF_MANY_COST,      /* its mean cost, US dollars a prompt */
    RF_MANY_QNC, /* least cost that reaches the best single model's quality / that model's cost; NaN: never (ORBIT,
                    UniRoute: query-normalised cost) */
    RF_MANY_METRICS
};
extern const char *const rf_many_metric_name[RF_MANY_METRICS];

enum { RF_MANY_BAND = 121 }; /* costs at which the band of a hull is taken */

enum rf_many_role { RF_MANY_ROUTER, RF_MANY_ZERO, RF_MANY_ORACLE, RF_MANY_MODEL };

struct rf_many_entry {
    const char *name; /* borrowed */
    enum rf_many_role role;
    struct rf_point *point; /* [n] its curve by rising lambda's end first, as rf_lambda_walk gives it; of a model one */
    size_t n;
    double metric[RF_MANY_METRICS]; /* NaN: not defined, as all but quality and cost for a model alone */
    double low[RF_MANY_METRICS], high[RF_MANY_METRICS]; /* 95% interval over prompts: BCa with the bias of halves for
                                                              heights of hulls, percentiles for the rest */
    double *band_low, *band_high; /* [RF_MANY_BAND] pointwise 95% band of the hull's quality, NaN below its first
                                     corner; NULL: of a model, or not wanted */
    const struct rf_named *named; /* NULL: of the zero router, or not wanted */
};

struct rf_many {
    struct rf_results r;         /* without holes: every question has all scores and costs */
    size_t best;                 /* the best single model, the cheapest of equals */
    struct rf_many_entry *entry; /* [n] routers, zero router, oracle, models by falling quality */
    size_t n;
    double grid[RF_MANY_BAND]; /* the band's costs, from the cheapest to the dearest model's mean */
    bool log_grid;             /* they grow by equal factors: the dearest costs over LOG_RATIO times as much */
    struct rf_holes holes;     /* what was left out */
    struct rf_points at;       /* as wished for; entry: place in `entry` */
    struct rf_named *named;    /* of the entries but the zero router's; NULL: not wanted */
};

struct rf_many_options {
    struct rf_list model;  /* empty: all of the benchmark */
    struct rf_list source; /* only questions that stand in these sources; empty: all */
    int64_t resamples;     /* > 0 */
    bool band;
    bool named;                 /* the figures of other benchmarks too */
    const char *reference;      /* model of V_R, by name or alias; NULL: none */
    struct rf_points_wish wish; /* without its boot, which comes from above */
    struct rf_router_options router;
};

int rf_many_evaluate(struct rf_many *m, struct rf_ctx *ctx, const char *bench, const struct rf_many_options *o,
                     const struct rf_router *router, size_t routers, struct rf_err *err);
void rf_many_release(struct rf_many *m); /* a zeroed struct is fine */

#ifdef __cplusplus
}
#endif
#endif
