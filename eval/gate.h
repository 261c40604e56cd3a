/* Wanted qualities: conditions on the figures of `eval`, for pipelines. */
#ifndef RF_EVAL_GATE_H
#define RF_EVAL_GATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/opt.h"
#include "eval/evaluate.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_gate {
    enum rf_metric metric;
    enum { RF_GATE_VALUE, RF_GATE_LOW, RF_GATE_HIGH } end; /* the figure, or an end of its interval */
    double bound;                                          /* in the units that eval prints */
    bool over; /* true: the figure must not lie above the bound; else not below */
};

/* Reads "apgr=0.6", "apgr.low=0.55", "cpt50=40". RF_USAGE: unknown metric (the nearest is named), no number. */
int rf_gate_parse(const char *text, bool over, struct rf_gate *g, struct rf_err *err);

/* RF_GATE names the first router, in the order of e[n] and its entries, that misses a bound, a figure that is not
 * defined included. Baselines are not looked at. */
int rf_gates_check(const struct rf_gate *g, size_t gates, const struct rf_evaluation *e, size_t n, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
