/* Benchmark results of many models out of the database as matrices: read once, a row per question, a column per model.
 * A missing score is NaN, never 0. Refuses: unknown benchmarks and models (the nearest name is given), benchmarks
 * without results. */
#ifndef RF_CORE_RESULTS_H
#define RF_CORE_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"
#include "core/sha256.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_results_filter {
    struct rf_list bench;  /* names, at least one; all their questions in one matrix */
    struct rf_list model;  /* names or aliases, each model once; empty: all that have results there */
    struct rf_list source; /* only questions that one of these sources was the first to name; empty: all */
    bool complete;         /* leave out, and count, questions on which a model lacks its score */
};

struct rf_results {
    size_t n;        /* questions kept, > 0, by item id */
    size_t models;   /* > 0 */
    char **model;    /* [models] names, in the filter's order, or by strcmp */
    double *score;   /* [n][models] mean over the turns; NaN: missing */
    double *cost;    /* [n][models] US dollars, summed over the turns; NaN: unknown */
    int64_t *item;   /* [n] */
    int64_t *prompt; /* [n] 0: none */
    char **bench;    /* [n] borrowed from name */
    char **task;     /* [n] borrowed from name; NULL: none */
    char **name;     /* [names] texts of benches and tasks */
    size_t names;
    size_t incomplete;          /* questions left out by `complete` */
    char sha256[RF_SHA256_HEX]; /* of items, models, scores and costs */
};

/* Fills *r (whatever it held); on failure *r is empty. */
int rf_results_load(struct rf_results *r, struct rf_db *db, const struct rf_results_filter *f, struct rf_err *err);
void rf_results_release(struct rf_results *r);

#ifdef __cplusplus
}
#endif
#endif
