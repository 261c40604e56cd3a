/* Words of a command line as routers: baselines by name, everything else through rf_routers_load. */
#include "eval/entrants.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "eval/baseline.h"

const char *const rf_alone_name[] = { "strong", "weak" };
const double rf_alone_threshold[] = { -INFINITY, INFINITY };

/* A word of the command line: a baseline by its name, or a file. */
static int baseline_of(const char *word)
{
    for (int i = 0; i < RF_BASELINES; i++)
        if (!strcmp(word, rf_baselines[i].name))
            return i;
    return -1;
}

void rf_entrants_release(struct rf_entrants *e)
{
    rf_routers_free(e->router, e->routers);
    rf_free(e->name);
    rf_free(e->baseline);
    rf_free(e->file);
    *e = (struct rf_entrants){ 0 };
}

static int find_against(struct rf_entrants *e, const char *name, struct rf_err *err)
{
    e->against = SIZE_MAX;
    e->model = -1;
    for (size_t i = 0; name && i < e->n; i++)
        if (!strcmp(name, e->name[i]))
            e->against = i;
    for (int i = 0; name && e->against == SIZE_MAX && i < RF_ALONE; i++)
        if (!strcmp(name, rf_alone_name[i])) {
            e->model = i;
            e->against = e->n;
            e->name[e->n] = rf_alone_name[i];
        }
    return name && e->against == SIZE_MAX
               ? rf_fail(err, RF_USAGE, "--against: found \"%s\", expected one of the routers compared, strong or weak",
                         name)
               : 0;
}

int rf_entrants_load(struct rf_entrants *e, struct rf_db *db, char **word, size_t n, const struct rf_router_options *o,
                     const char *against, struct rf_err *err)
{
    const char **path = NULL, *taken[RF_BASELINES + RF_ALONE];
    int rc;
    if ((rc = RF_NEW(path, n, err)) || (rc = RF_NEW(e->name, n + 1, err)) || (rc = RF_NEW(e->baseline, n, err)) ||
        (rc = RF_NEW(e->file, n, err)))
        goto out;
    e->n = n;
    for (size_t i = 0; i < n; i++) {
        if ((e->baseline[i] = baseline_of(word[i])) < 0)
            path[e->file[i] = e->routers++] = word[i];
        for (size_t j = 0; j < i && e->baseline[i] >= 0; j++)
            if (e->baseline[j] == e->baseline[i]) {
                rc = rf_fail(err, RF_USAGE, "found \"%s\" twice, expected each router once", word[i]);
                goto out;
            }
    }
    for (int i = 0; i < RF_BASELINES; i++)
        taken[i] = rf_baseline_names[i];
    for (int i = 0; i < RF_ALONE; i++) /* --against strong is the model, whatever a file is called */
        taken[RF_BASELINES + i] = rf_alone_name[i];
    if ((rc = rf_routers_load(&e->router, db, path, e->routers, o, taken, RF_BASELINES + RF_ALONE, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        e->name[i] = e->baseline[i] >= 0 ? rf_baselines[e->baseline[i]].name : e->router[e->file[i]].name;
    rc = find_against(e, against, err);
out:
    if (rc && !e->router)
        e->routers = 0;
    rf_free(path);
    return rc;
}

int rf_entrants_score(const struct rf_entrants *e, size_t i, struct rf_ctx *ctx, const struct rf_bench *bench,
                      const struct rf_router_options *o, double *out, struct rf_err *err)
{
    const int baseline = i < e->n ? e->baseline[i] : RF_BASELINE_RANDOM;
    if (baseline < 0)
        return rf_router_score(&e->router[e->file[i]], ctx->db, bench, o, out, err);
    const int rc = rf_baselines[baseline].score(bench, ctx, out, err);
    if (!rc)
        return rf_fail(err, RF_BAD_INPUT, "baseline \"%s\": the benchmark does not have what it reads",
                       rf_baselines[baseline].name);
    return rc < 0 ? rc : 0;
}
