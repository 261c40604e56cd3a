/* Gains by task. */
#include "eval/by_task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/prompt_tasks.h"
#include "eval/family.h"

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int rf_tasks_load(struct rf_tasks *t, struct rf_db *db, const struct rf_bench *b, struct rf_err *err)
{
    struct rf_prompt_tasks tasks = { 0 };
    int rc =
        rf_names_read(&t->name, db, "SELECT DISTINCT coalesce(task, bench) FROM item WHERE bench = ?1", b->name, err);
    if (rc || (rc = RF_NEW(t->of, b->n, err)) || (rc = rf_prompt_tasks_or_bench(&tasks, db, b->name, err)))
        goto out;
    qsort(t->name.v, t->name.n, sizeof *t->name.v, by_text);
    for (size_t i = 0; i < b->n; i++) {
        const char *const task = rf_prompt_task(&tasks, b->prompt[i]);
        char **const found = task ? bsearch(&task, t->name.v, t->name.n, sizeof *t->name.v, by_text) : NULL;
        if (found)
            t->of[i] = (uint32_t)(found - t->name.v);
    }
out:
    rf_prompt_tasks_release(&tasks);
    return rc;
}

void rf_tasks_release(struct rf_tasks *t)
{
    rf_names_release(&t->name);
    rf_free(t->of);
    *t = (struct rf_tasks){ 0 };
}

/* Sums of a task. */
struct sums {
    double d, d2, calls;
};

int rf_by_task(const struct rf_tasks *t, const struct rf_curve *c, double share, struct rf_task_gain *gain,
               struct rf_err *err)
{
    struct sums *sum = NULL;
    double *p = NULL, *q = NULL;
    int rc;
    if ((rc = RF_NEW(sum, t->name.n, err)) || (rc = RF_NEW(p, t->name.n, err)) || (rc = RF_NEW(q, t->name.n, err)))
        goto out;
    memset(gain, 0, t->name.n * sizeof *gain);
    /* tied prompts on the border share the calls that are left */
    const double calls = share * (double)c->n;
    for (size_t g = 0; g < c->groups; g++) {
        const double size = (double)(c->end[g + 1] - c->end[g]);
        const double part = fmin(fmax((calls - (double)c->end[g]) / size, 0), 1);
        for (size_t i = c->end[g]; i < c->end[g + 1]; i++) {
            const uint32_t k = t->of[c->order[i]];
            const double d = (part - share) * c->lift[i];
            gain[k].n++;
            sum[k].d += d;
            sum[k].d2 += d * d;
            sum[k].calls += part;
        }
    }
    for (size_t k = 0; k < t->name.n; k++) {
        struct rf_task_gain *const w = &gain[k];
        const double n = (double)w->n;
        w->gain = w->n ? sum[k].d / n : (double)NAN;
        w->share = w->n ? sum[k].calls / n : (double)NAN;
        const double variance = (sum[k].d2 - n * w->gain * w->gain) / (n - 1) / n;
        w->se = w->n > 1 && variance > 0 ? sqrt(variance) : (double)NAN;
        p[k] = w->p = isnan(w->se) ? (double)NAN : erfc(fabs(w->gain) / w->se / sqrt(2));
    }
    if (!(rc = rf_false_discovery(p, q, t->name.n, err)))
        for (size_t k = 0; k < t->name.n; k++)
            gain[k].q = q[k];
out:
    rf_free(sum);
    rf_free(p);
    rf_free(q);
    return rc;
}
