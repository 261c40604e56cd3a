/* Figures of other benchmarks under their names, for routers among many models. Where a benchmark's code departs from
 * what its figure is meant to say, both stand here: X_code as the code has it, X as it is sound. Pure functions on
 * points of mean cost (US dollars a prompt) and mean quality, and on prompts.
 *
 * What AIQ, quality and QNC of eval/many.h say soundly (hulls, one range of costs for all) is not repeated: ORBIT's
 * nAUC, Peak and QNC and the deferral curve stand here in the form of their code. */
#ifndef RF_EVAL_NAMED_H
#define RF_EVAL_NAMED_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hull.h"
#include "core/lambda.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- RouterArena (arXiv 2510.00202; compute_scores.py) ----
 * S = (1 + b) A C / (b A + C), b = .1, of accuracy A in [0, 1] and C = (log2 200 - log2 c) / (log2 200 - log2 .0044), c
 * in dollars per 1,000 prompts. */

/* As the code: C leaves [0, 1] where c leaves [.0044, 200]; NaN where c is 0, at which the code stops. */
double rf_arena_code(struct rf_point p);
/* C held within [0, 1]; what is free has C = 1. 0 where A and C are 0. */
double rf_arena(struct rf_point p);

/* ---- ORBIT (methods/base.py) ---- */

enum { RF_ORBIT_BUDGETS = 100 };
/* budget[RF_ORBIT_BUDGETS], ascending and distinct: all predicted costs where there are so few, else their quantiles 0,
 * 1/99, ..., 1 (type 7). Returns how many. */
int rf_orbit_budgets(const struct rf_field *f, double *budget, size_t *n, struct rf_err *err);
/* The choice for a prompt under a budget: the best predicted score of those whose predicted cost it pays, the first of
 * equals; model 0 where it pays for none. score, cost: [models]. */
size_t rf_orbit_choose(const double *score, const double *cost, size_t models, double budget);

struct rf_orbit {
    double nauc; /* area under the points over cost / their largest cost, from their smallest cost on; NaN below two */
    double peak; /* largest quality */
    double qnc;  /* least cost of a point as good as the best single model / that model's cost; NaN: none is, or free */
};
/* The points are those of p[n] (by rising budget; at least one) that are cheaper than all as good ones, and behind them
 * one more as the code adds it: the cost of the best single model with the quality of p[n - 1]. pad: [n + 1]. */
struct rf_orbit rf_orbit_code(const struct rf_point *p, size_t n, struct rf_point best, struct rf_point *pad);

/* Does the choice for a prompt count as collapsed (RCI is the share of prompts for which it does)? dearest: the model
 * of the largest mean cost. It does, unless it is a best model other than the dearest or, where the dearest alone is
 * best, the dearest. score: [models] what became of the prompt. */
int rf_orbit_collapsed(const double *score, size_t models, size_t dearest, size_t choice);

/* ---- RouterEval (arXiv 2503.10657; its baselines' code) ----
 * mu: mean score of the choices without regard to cost; V_R = mu / a reference model's mean, V_B = mu / the best
 * single model's; E_p: mean over prompts of the entropy, in bits, of the chances that a router gives the models. */

/* Entropy of softmax(score[models]), as the code takes it of predicted scores; chances up to 1e-10 add nothing. It
 * hangs on the scale of the scores. */
double rf_routereval_bits_code(const double *score, size_t models);
/* Entropy of the shares of all prompts that the models get: share[models], sum 1. */
double rf_routereval_bits(const double *share, size_t models);

/* ---- LLMRouterBench (arXiv 2601.07206) ----
 * Its README names the figures in words; gains and distances are relative here as said below. p[n]: a router's points.
 */

/* PerfGain: (largest quality - the best single model's) / the latter. NaN: that is 0. */
double rf_lrb_perf_gain(const struct rf_point *p, size_t n, struct rf_point best);
/* CostSave: 1 - least cost of a point as good as the best single model / its cost; below 0 where it costs more; NaN:
 * no point is as good. Sound, with mixtures of points, it is 1 - QNC of eval/many.h. */
double rf_lrb_cost_save(const struct rf_point *p, size_t n, struct rf_point best);
/* The points of all[n] for which no other is as cheap and better, or as good and cheaper: front[n] by rising cost;
 * returns how many. front may be all. */
size_t rf_lrb_front(const struct rf_point *all, size_t n, struct rf_point *front);
/* ParetoDist: mean over p of the distance to the nearest point of the front, |cost| / cost + |quality| / quality, in
 * units of `range`, the ranges of all points compared (0: that axis does not count). */
double rf_lrb_pareto_dist(const struct rf_point *p, size_t n, const struct rf_point *front, size_t corners,
                          struct rf_point range);

/* ---- deferral curve (UniRoute, arXiv 2502.08773) ----
 * Quality over relative cost, straight between the points of p[n] by rising cost (of a cost the best), without a hull.
 * pad: [n]. */
struct rf_deferral {
    double area; /* from the first point to relative cost 1 = `dearest` and flat behind the last; points beyond are cut
                    there; NaN: dearest is 0 */
    double qnc;  /* least cost at which the curve is as good as the best single model / its cost; NaN: never, or free */
};
struct rf_deferral rf_deferral_of(const struct rf_point *p, size_t n, double dearest, struct rf_point best,
                                  struct rf_point *pad);

#ifdef __cplusplus
}
#endif
#endif
