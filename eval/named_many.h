/* The figures of eval/named.h for routers, the oracle and single models of a benchmark, with bootstrap intervals over
 * prompts. A router's configurations are at most RF_NAMED_POINTS breakpoints of its lambda curve, evenly thinned; its
 * choice "without regard to cost" is that of lambda 0. */
#ifndef RF_EVAL_NAMED_MANY_H
#define RF_EVAL_NAMED_MANY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/lambda.h"
#include "core/results.h"
#include "eval/means.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_NAMED_POINTS = 256 };

enum rf_named_metric {
    RF_NAMED_ARENA,      /* rf_arena of the choice without regard to cost */
    RF_NAMED_ARENA_CODE, /* rf_arena_code */
    RF_NAMED_NAUC_CODE,  /* rf_orbit_code */
    RF_NAMED_PEAK_CODE,
    RF_NAMED_QNC_CODE,
    RF_NAMED_RCI, /* mean of rf_orbit_collapsed of that choice, in which the cheaper of equals goes first */
    RF_NAMED_V_R, /* NaN without a reference model */
    RF_NAMED_V_B,
    RF_NAMED_EP_CODE, /* mean of rf_routereval_bits_code of the predicted scores; NaN: oracle, models */
    RF_NAMED_EP,      /* rf_routereval_bits of the choices */
    RF_NAMED_PERF_GAIN,
    RF_NAMED_COST_SAVE,
    RF_NAMED_PARETO_DIST, /* from the front of all routers and models; NaN: oracle, which is neither */
    RF_NAMED_AREA,        /* rf_deferral_of */
    RF_NAMED_DEFERRAL_QNC,
    RF_NAMED_METRICS
};
extern const char *const rf_named_metric_name[RF_NAMED_METRICS];

/* Whose figures: RouterArena's, ORBIT's, RouterEval's, LLMRouterBench's, UniRoute's; the words of --metrics. */
enum rf_named_group {
    RF_NAMED_ROUTERARENA,
    RF_NAMED_ORBIT,
    RF_NAMED_ROUTEREVAL,
    RF_NAMED_LRB,
    RF_NAMED_DEFERRAL,
    RF_NAMED_GROUPS
};
extern const char *const rf_named_group_name[RF_NAMED_GROUPS];
enum rf_named_group rf_named_group_of(enum rf_named_metric m);

struct rf_named_router {
    const struct rf_field *field;      /* of its own models */
    const struct rf_lambda_plan *plan; /* of the field */
    bool oracle;
};
struct rf_named {
    double value[RF_NAMED_METRICS];                       /* NaN: not defined */
    double low[RF_NAMED_METRICS], high[RF_NAMED_METRICS]; /* 95% percentile interval */
};

/* out[routers + r->models]: the routers, then the models of r, which has no holes. best: the best single model;
 * reference: V_R's; r->models: none. */
int rf_named_all(struct rf_named *out, const struct rf_named_router *router, size_t routers, const struct rf_results *r,
                 size_t best, size_t reference, const struct rf_means_options *o, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
