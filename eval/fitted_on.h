/* How many of the prompts that score a router also fitted or tuned it: figures on those are no forecast. The database
 * knows the prompts of every fit that it has seen (tables fit_data and fit_prompt), by the fingerprint that the weight
 * file carries, whatever became of the file. */
#ifndef RF_EVAL_FITTED_ON_H
#define RF_EVAL_FITTED_ON_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/db.h"
#include "core/err.h"
#include "eval/router.h"

#ifdef __cplusplus
extern "C" {
#endif

/* *count = how many of prompt[n] (ids; 0: none) are among the prompts that the router was fitted on or validated with,
 * or begin with the same first turn as one of them; -1: it is not known. Scores out of fold count only where their
 * options were tuned on the same folds. */
int rf_fitted_on(const struct rf_router *r, struct rf_db *db, const int64_t *prompt, size_t n, int64_t *count,
                 struct rf_err *err);
/* The line for people, where count is above 0. */
void rf_fitted_on_tell(const struct rf_router *r, const char *bench, int64_t count, size_t n, FILE *chat);

#ifdef __cplusplus
}
#endif
#endif
