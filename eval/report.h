/* One page of evidence: what was compared on what, curves with bands, verdicts, reliability, costs, where each router
 * loses, what was left out, and where it all comes from. HTML in one file: no network, no script needed. */
#ifndef RF_EVAL_REPORT_H
#define RF_EVAL_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "core/cli.h"
#include "core/err.h"
#include "eval/by_task.h"
#include "eval/compare.h"
#include "eval/cost.h"
#include "eval/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the page says of one benchmark. */
struct rf_report_bench {
    const struct rf_evaluation *e;
    struct rf_duel *duel; /* [duels] of APGR: all pairs of routers, and each router against prompt length and chance */
    size_t duels;
    struct rf_costs costs;
    struct rf_tasks tasks;
};

struct rf_report {
    const char *title;
    struct rf_report_bench *bench; /* [benches] */
    size_t benches;
    const struct rf_router *router; /* [routers] */
    const char *const *path;        /* [routers] as given */
    char (*sha256)[RF_SHA256_HEX];  /* [routers] of the files, "" for stored scores */
    size_t routers;
    int64_t run;
    double share; /* of strong calls at which tasks are compared, 0..1 */
};

/* Fills everything of a benchmark but e, which is there. */
int rf_report_fill(struct rf_report_bench *b, struct rf_ctx *ctx, const struct rf_evaluate_options *o,
                   struct rf_err *err);
void rf_report_bench_release(struct rf_report_bench *b); /* but not e; a zeroed struct is fine */

int rf_report_write(const struct rf_report *r, const struct rf_ctx *ctx, FILE *f, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
