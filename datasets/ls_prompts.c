/* `routefit ls prompts`: how many prompts there are by script and length. One walk over their texts. */
#include <string.h>

#include "core/mem.h"
#include "datasets/ls.h"
#include "core/script.h"

/* Characters of the first turn up to which a bucket reaches; the last one has no end. The columns are named by them. */
static const size_t bucket_end[] = { 50, 200, 1000, 5000, SIZE_MAX };
enum { BUCKETS = sizeof bucket_end / sizeof *bucket_end };

struct group {
    int64_t prompts, several_turns, bucket[BUCKETS];
    double chars; /* sum */
};

static void count(struct group *g, struct rf_stmt *s)
{
    const struct rf_str text = rf_col_str(s, 0);
    size_t chars, b = 0;
    struct group *const to = &g[text.s ? rf_script(text, &chars) : rf_scripts()]; /* last: no text */
    to->prompts++;
    to->several_turns += rf_col_int(s, 1) > 1;
    if (!text.s)
        return;
    while (chars > bucket_end[b])
        b++;
    to->bucket[b]++;
    to->chars += (double)chars;
}

static int put(struct rf_table *t, const char *name, const struct group *g, bool text, struct rf_err *err)
{
    int rc = rf_table_text(t, name, err);
    if (!rc)
        rc = rf_table_int(t, g->prompts, err);
    if (!rc)
        rc = rf_table_int(t, g->several_turns, err);
    for (size_t b = 0; !rc && b < BUCKETS; b++)
        rc = text ? rf_table_int(t, g->bucket[b], err) : rf_table_missing(t, err);
    if (!rc)
        rc = text ? rf_table_real(t, g->chars / (double)g->prompts, err) : rf_table_missing(t, err);
    return rc;
}

int rf_ls_prompts(struct rf_db *db, struct rf_table *t, struct rf_err *err)
{
    const size_t n = rf_scripts();
    struct group *g = NULL; /* [n + 1] */
    struct rf_stmt *s = NULL;
    int rc;
    if ((rc = RF_NEW(g, n + 1, err)) || (rc = rf_stmt_new(&s, db, "SELECT text, turns FROM prompt", err)))
        goto out;
    while ((rc = rf_step(s, err)) == 1)
        count(g, s);
    for (size_t i = 0; !rc && i <= n; i++)
        if (g[i].prompts)
            rc = put(t, i < n ? rf_script_name(i) : "no text", &g[i], i < n, err);
out:
    rf_stmt_free(s);
    rf_free(g);
    return rc;
}
