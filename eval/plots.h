/* What `plot --show` draws besides curves: the front of many models, the leaderboard that rank stored, the training log
 * of a fit, and a threshold against what it costs. Each to a picture, or as text on ctx->out. Refuses: runs that stored
 * nothing of the kind (those that did are named). */
#ifndef RF_EVAL_PLOTS_H
#define RF_EVAL_PLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/cli.h"
#include "core/err.h"
#include "eval/evaluate.h"
#include "eval/many.h"
#include "eval/router.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where a plot goes. */
struct rf_plot_to {
    const char *output; /* picture; NULL: text */
    bool force;
    const char *keep; /* folder for the script, or NULL */
    int64_t width, height;
};

/* Models of a benchmark, their hull, the oracle, and routers among them by the hulls of their curves with bands. which:
 * models and sources; the rest is o's. */
int rf_plots_front(struct rf_ctx *ctx, const struct rf_evaluate_options *o, const struct rf_many_options *which,
                   const struct rf_router *router, size_t routers, const struct rf_plot_to *to, struct rf_err *err);
/* run 0: the latest that stored some. */
int rf_plots_ranking(struct rf_ctx *ctx, int64_t run, const struct rf_plot_to *to, struct rf_err *err);
int rf_plots_training(struct rf_ctx *ctx, int64_t run, const struct rf_plot_to *to, struct rf_err *err);
/* Share of strong calls, share of the quality gap and, where all costs are known, share of the strong model's cost at
 * every threshold of the one router. */
int rf_plots_threshold(struct rf_ctx *ctx, const struct rf_evaluate_options *o, const struct rf_router *router,
                       const struct rf_plot_to *to, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
