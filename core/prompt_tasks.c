/* All tasks are read once, for items are not indexed by prompt. */
#include "core/prompt_tasks.h"

#include <string.h>

#include "core/search.h"

static int grow(struct rf_prompt_tasks *t, struct rf_err *err)
{
    const size_t room = t->room ? 2 * t->room : 1024;
    int64_t *const prompt = rf_regrow(t->prompt, t->n, room, sizeof *prompt, err);
    if (!prompt)
        return RF_FAIL;
    t->prompt = prompt;
    size_t *const at = rf_regrow(t->at, t->n, room, sizeof *at, err);
    if (!at)
        return RF_FAIL;
    t->at = at;
    t->room = room;
    return 0;
}

/* Rows (prompt, task) of a query by rising prompt; bench: its parameter, NULL: it has none. */
static int read_tasks(struct rf_prompt_tasks *t, struct rf_db *db, const char *sql, const char *bench,
                      struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, sql, err);
    if (!rc && bench)
        rf_bind_text(s, 1, bench);
    while (!rc && (rc = rf_step(s, err)) == 1) {
        const char *const task = rf_col_text(s, 1);
        if (t->n == t->room && (rc = grow(t, err)))
            break;
        t->prompt[t->n] = rf_col_int(s, 0);
        t->at[t->n++] = t->names.len;
        rc = rf_buf_add(&t->names, task, strlen(task) + 1, err);
    }
    rf_stmt_free(s);
    return rc;
}

int rf_prompt_tasks_load(struct rf_prompt_tasks *t, struct rf_db *db, struct rf_err *err)
{
    return read_tasks(t, db,
                      "SELECT prompt, min(task) FROM item WHERE prompt IS NOT NULL AND task IS NOT NULL"
                      " GROUP BY prompt ORDER BY prompt",
                      NULL, err);
}

int rf_prompt_tasks_or_bench(struct rf_prompt_tasks *t, struct rf_db *db, const char *bench, struct rf_err *err)
{
    return read_tasks(t, db,
                      bench ? "SELECT prompt, min(coalesce(task, bench)) FROM item WHERE prompt IS NOT NULL"
                              " AND bench = ?1 GROUP BY prompt ORDER BY prompt"
                            : "SELECT prompt, min(coalesce(task, bench)) FROM item WHERE prompt IS NOT NULL"
                              " GROUP BY prompt ORDER BY prompt",
                      bench, err);
}

void rf_prompt_tasks_release(struct rf_prompt_tasks *t)
{
    rf_free(t->prompt);
    rf_free(t->at);
    rf_buf_release(&t->names);
    *t = (struct rf_prompt_tasks){ 0 };
}

const char *rf_prompt_task(const struct rf_prompt_tasks *t, int64_t prompt)
{
    const size_t i = rf_first_with(t->prompt, sizeof *t->prompt, t->n, prompt);
    return i < t->n ? t->names.data + t->at[i] : NULL;
}
