/* Which task of its benchmark a prompt belongs to: for routers that take the task as a feature, the same answer in
 * training and evaluation, and for figures by task. */
#ifndef RF_CORE_PROMPT_TASKS_H
#define RF_CORE_PROMPT_TASKS_H

#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialise; release also after a failure. */
struct rf_prompt_tasks {
    int64_t *prompt; /* [n] ascending: the prompts of items with a task */
    size_t *at;      /* [n] its task's name inside names, ended by a NUL */
    struct rf_buf names;
    size_t n, room;
};
int rf_prompt_tasks_load(struct rf_prompt_tasks *t, struct rf_db *db, struct rf_err *err);
/* Of the items of one benchmark (NULL: of all); where an item has no task, its benchmark's name stands for it. */
int rf_prompt_tasks_or_bench(struct rf_prompt_tasks *t, struct rf_db *db, const char *bench, struct rf_err *err);
void rf_prompt_tasks_release(struct rf_prompt_tasks *t);
/* The prompt's task, of several the first by strcmp; NULL: none. Owned by t. */
const char *rf_prompt_task(const struct rf_prompt_tasks *t, int64_t prompt);

#ifdef __cplusplus
}
#endif
#endif
