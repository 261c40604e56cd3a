/* Routing among many models by predicted score and cost: each prompt goes to argmax(score - lambda * cost). As lambda
 * rises from 0 the choice moves down the prompt's own hull, so all curves of (cost, quality) are found exactly, every
 * breakpoint once, without a grid. RouterBench's willingness to pay w is 1 / lambda; CARROT's weight l (arXiv
 * 2502.03261) is lambda / (1 + lambda). Ties go to the cheaper model by prediction, then to the earlier one.
 * Refuses: predictions that are not finite, costs below zero. */
#ifndef RF_CORE_LAMBDA_H
#define RF_CORE_LAMBDA_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hull.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Row-major matrices [prompts][models], borrowed for the life of a plan. */
struct rf_field {
    size_t prompts, models;               /* >= 1 */
    const double *score, *cost;           /* predicted: what the choice sees; cost >= 0 */
    const double *true_score, *true_cost; /* what became of it */
};

struct rf_lambda_point {
    double lambda;         /* the choice holds for lambdas below this one, down to and with the next point's */
    struct rf_point truth; /* mean true cost and score */
    double predicted;      /* mean predicted cost */
};

/* All steps that prompts take as lambda falls, sorted once for the curve and all its resamples. */
struct rf_lambda_plan;
int rf_lambda_plan_new(struct rf_lambda_plan **out, const struct rf_field *f, struct rf_err *err);
void rf_lambda_plan_free(struct rf_lambda_plan *p); /* NULL is fine */
/* Most points that a curve of the plan has. */
size_t rf_lambda_points(const struct rf_lambda_plan *p);
/* The curve with each prompt counted count[prompts] times (NULL: once), by falling lambda into
 * point[rf_lambda_points]; returns how many. The first holds above the greatest breakpoint (lambda = INFINITY: every
 * prompt to its cheapest model), the last down to 0. every: of the breakpoints only each `every`th is kept (1: all),
 * the ends always. */
size_t rf_lambda_walk(const struct rf_lambda_plan *p, const uint8_t *count, size_t every,
                      struct rf_lambda_point *point);

/* choice[prompts] at one lambda in [0, INFINITY]. */
void rf_lambda_choose(const struct rf_field *f, double lambda, uint32_t *choice);
/* The same by RouterBench's code (evaluate_routers.py): argmax(w * score - cost) for a willingness to pay w,
 * argmax(score) for w = 0; the first model wins ties. */
void rf_wtp_choose(const struct rf_field *f, double w, uint32_t *choice);
/* Means over the prompts of a choice; share[models]: fraction of the prompts each model gets, or NULL. */
struct rf_point rf_lambda_mean(const struct rf_field *f, const uint32_t *choice, double *share);

#ifdef __cplusplus
}
#endif
#endif
