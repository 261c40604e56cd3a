/* Routers that need no training: what every fitted one is compared with. */
#ifndef RF_EVAL_BASELINE_H
#define RF_EVAL_BASELINE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/cli.h"
#include "core/err.h"
#include "eval/bench.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_baseline {
    const char *name;
    const char *summary; /* one clause for help */
    /* 1: score[b->n] is filled; 0: the benchmark does not say enough; or an rf_code. ctx: database, seed, threads. */
    int (*score)(const struct rf_bench *b, const struct rf_ctx *ctx, double *score, struct rf_err *err);
};

enum {
    RF_BASELINE_RANDOM,
    RF_BASELINE_LENGTH,
    RF_BASELINE_SHORTER,
    RF_BASELINE_TASK,
    RF_BASELINE_SCRIPT,
    RF_BASELINE_ORACLE,
    RF_BASELINES
};
extern const struct rf_baseline rf_baselines[RF_BASELINES];
extern const char *const rf_baseline_names[RF_BASELINES];

#ifdef __cplusplus
}
#endif
#endif
