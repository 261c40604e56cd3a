/* Whose verdicts count, and for how much: "human", "gpt-4:0.4", ... as --votes takes them. A name may hold colons: the
 * weight is what follows the last one, where that is a number. "results:BENCH", unless a judge has that name, counts
 * the results of a benchmark as votes. Refuses: weights that are not above 0, a judge twice. */
#ifndef RF_TRAIN_JUDGES_H
#define RF_TRAIN_JUDGES_H

#include <stddef.h>

#include "core/db.h"
#include "core/err.h"
#include "core/opt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_judges {
    char **name;    /* [n], owned */
    double *weight; /* [n] > 0 */
    size_t n;       /* 0, and no benches: all judges count 1 */
    char **bench;   /* [benches] owned: whose results count */
    double *trust;  /* [benches] > 0 */
    size_t benches;
};

/* RF_USAGE also for a judge that has no vote in the database (all that have are named). */
int rf_judges_parse(struct rf_judges *j, struct rf_db *db, const struct rf_list *list, struct rf_err *err);
/* What a verdict of this judge counts; NaN: nothing, it is not named. */
double rf_judges_weight(const struct rf_judges *j, const char *name);
void rf_judges_release(struct rf_judges *j); /* a zeroed struct is fine */

#ifdef __cplusplus
}
#endif
#endif
