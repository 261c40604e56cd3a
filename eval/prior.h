/* Prior routers: what a prompt's task or script alone says of how much better strong is there, by the means of the
 * other prompts of the group. Out of fold within the benchmark, in folds that keep duplicates and near-duplicates
 * together, so that no prompt tells of itself. */
#ifndef RF_EVAL_PRIOR_H
#define RF_EVAL_PRIOR_H

#include <stddef.h>
#include <stdint.h>

#include "core/cli.h"
#include "core/err.h"
#include "eval/bench.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_PRIOR_FOLDS = 5 };

/* score[n] = mean gain[] over the items of the same group outside the item's fold; where the group has none there, over
 * all items outside it. group[n] < groups, fold[n] < folds. RF_FAIL: no memory. */
int rf_prior(const double *gain, const uint32_t *group, size_t groups, const uint32_t *fold, size_t folds, size_t n,
             double *score, struct rf_err *err);

/* By the tasks that the items name, and by the script of their prompts: 1; 0: there are not two of them. ctx: database,
 * seed and threads. */
int rf_prior_of_tasks(const struct rf_bench *b, const struct rf_ctx *ctx, double *score, struct rf_err *err);
int rf_prior_of_scripts(const struct rf_bench *b, const struct rf_ctx *ctx, double *score, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
