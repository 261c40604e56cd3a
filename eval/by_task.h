/* Where a router loses: its gain over a coin that calls strong as often, task by task, with the rate of false alarms
 * held over all tasks (Benjamini and Hochberg 1995). */
#ifndef RF_EVAL_BY_TASK_H
#define RF_EVAL_BY_TASK_H

#include <stddef.h>

#include "core/db.h"
#include "core/err.h"
#include "core/names.h"
#include "eval/bench.h"
#include "eval/curve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The tasks of a benchmark's prompts. */
struct rf_tasks {
    struct rf_names name; /* sorted; one, the benchmark's, where its items name none */
    uint32_t *of;         /* [bench n] index into name */
};
int rf_tasks_load(struct rf_tasks *t, struct rf_db *db, const struct rf_bench *b, struct rf_err *err);
void rf_tasks_release(struct rf_tasks *t); /* a zeroed struct is fine */

struct rf_task_gain {
    size_t n;     /* prompts of the task */
    double share; /* of its prompts that go to strong, 0..1 */
    double gain;  /* mean quality less that of a coin with the same share over the whole benchmark */
    double se;    /* by the sampling of the task's prompts; NaN below two */
    double p;     /* two-sided, normal; NaN: no error to test by */
    double q;     /* least rate of false alarms at which it would be one (BH over the tasks); NaN as p */
};
/* gain[t->name.n] with `share` of all prompts going to strong by the curve. */
int rf_by_task(const struct rf_tasks *t, const struct rf_curve *c, double share, struct rf_task_gain *gain,
               struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
