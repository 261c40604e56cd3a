/* routefit frontier: routers among many models on benchmarks, with what stands beside them, kept under a run. */
#include <math.h>

#include "core/run.h"
#include "core/sha256.h"
#include "eval/commands.h"
#include "eval/many.h"

struct options {
    struct rf_list bench;
    struct rf_many_options many;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, bench, "bench", 'b', RF_OPT_LIST, "NAME,...", NULL, NULL, 0, 0,
           "Benchmarks with scores and costs; routefit ls benches lists them."),
    RF_OPT(struct options, many.model, "model", 'm', RF_OPT_LIST, "MODEL,...", NULL, NULL, 0, 0,
           "Models to look at; without it all that have results there. Questions that lack a score are left out."),
    RF_OPT(struct options, many.source, "source", 0, RF_OPT_LIST, "LIST", NULL, NULL, 0, 0,
           "Only questions that one of these sources was the first to name: the test table, say, where another trained "
           "the router."),
    RF_OPT(struct options, many.resamples, "resamples", 0, RF_OPT_INT, "N", "1000", NULL, 100, 1e5,
           "Bootstrap resamples behind the 95% intervals."),
    RF_OPT(struct options, many.router.embedder, "embedder", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Vectors to use; else those that the router names."),
    RF_OPT_END,
};

#define INTERVAL(name, digits, when)                                                                                   \
    RF_COLUMN_REAL(name, digits, .low = name "_low", .high = name "_high", .shown = when),                             \
        RF_COLUMN_REAL(name "_low", digits), RF_COLUMN_REAL(name "_high", digits)

static const struct rf_column columns[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_TEXT("router"),
    RF_COLUMN_TEXT("role"),
    RF_COLUMN_INT("n"),
    INTERVAL("aiq", 4, RF_SHOWN_FILLED),
    INTERVAL("aiq_code", 4, RF_SHOWN_NEVER),
    INTERVAL("aiq_paper", 4, RF_SHOWN_NEVER),
    INTERVAL("quality", 4, RF_SHOWN_FILLED),
    INTERVAL("dollars_per_1000", 4, RF_SHOWN_FILLED),
    INTERVAL("qnc", 3, RF_SHOWN_FILLED),
};

static const char *const role_name[] = {
    [RF_MANY_ROUTER] = "router", [RF_MANY_ZERO] = "baseline", [RF_MANY_ORACLE] = "baseline", [RF_MANY_MODEL] = "model"
};

static int add_rows(struct rf_table *t, const struct rf_many *m, const char *bench, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < m->n && !rc; i++) {
        const struct rf_many_entry *const e = &m->entry[i];
        if ((rc = rf_table_text(t, bench, err)) || (rc = rf_table_text(t, e->name, err)) ||
            (rc = rf_table_text(t, role_name[e->role], err)) || (rc = rf_table_int(t, (int64_t)m->r.n, err)))
            return rc;
        for (size_t k = 0; k < RF_MANY_METRICS && !rc; k++) {
            const double scale = k == RF_MANY_COST ? 1000 : 1;
            if (!(rc = rf_table_real(t, scale * e->metric[k], err)) && !(rc = rf_table_real(t, scale * e->low[k], err)))
                rc = rf_table_real(t, scale * e->high[k], err);
        }
    }
    return rc;
}

static int store(const struct rf_many *m, const char *bench, struct rf_db *db, int64_t run, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db,
                         "INSERT INTO metric(run, bench, router, name, value, low, high) VALUES (?1, ?2, ?3, ?4, ?5, "
                         "?6, ?7)",
                         err);
    for (size_t i = 0; i < m->n && !rc; i++)
        for (size_t k = 0; k < RF_MANY_METRICS && !rc; k++) {
            const struct rf_many_entry *const e = &m->entry[i];
            if (isnan(e->metric[k]))
                continue;
            rf_bind_int(s, 1, run);
            rf_bind_text(s, 2, bench);
            rf_bind_text(s, 3, e->name);
            rf_bind_text(s, 4, rf_many_metric_name[k]);
            rf_bind_real(s, 5, e->metric[k]);
            rf_bind_real(s, 6, e->low[k]);
            rf_bind_real(s, 7, e->high[k]);
            rc = rf_run(s, err);
        }
    rf_stmt_free(s);
    return rc;
}

/* Evaluates one benchmark, keeps its metrics and adds its rows and its fingerprint. */
static int one_bench(struct rf_table *t, struct rf_ctx *ctx, const struct options *o, const char *bench,
                     const struct rf_router *router, size_t routers, int64_t run, struct rf_sha256 *sum,
                     struct rf_err *err)
{
    struct rf_many m = { 0 };
    int rc = rf_many_evaluate(&m, ctx, bench, &o->many, router, routers, err);
    if (rc)
        return rc;
    if (m.r.incomplete)
        fprintf(ctx->chat, "%s: %zu questions left out, on which a model lacks its score\n", bench, m.r.incomplete);
    if ((rc = rf_sha256_add(sum, m.r.sha256, sizeof m.r.sha256 - 1, err)) || (rc = add_rows(t, &m, bench, err)) ||
        (rc = rf_db_begin(ctx->db, err)))
        goto out;
    if ((rc = store(&m, bench, ctx->db, run, err)) || (rc = rf_db_commit(ctx->db, err)))
        rf_db_rollback(ctx->db);
out:
    rf_many_release(&m);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    static const char *const taken[] = { "zero router", "oracle" };
    const struct options *const o = opts;
    struct rf_router *router = NULL;
    struct rf_sha256 *sum = NULL;
    struct rf_table *t = NULL;
    struct rf_run row = { 0 };
    uint8_t digest[RF_SHA256_SIZE];
    char sha256[RF_SHA256_HEX];
    int rc = o->bench.n ? 0
                        : rf_fail(err, RF_USAGE,
                                  "found no benchmark, expected --bench NAME; `routefit ls benches` lists them");
    if (rc ||
        (rc = rf_routers_load(&router, ctx->db, (const char *const *)args, (size_t)nargs, &o->many.router, taken, 2,
                              err)) ||
        (rc = rf_run_begin(&row, ctx, err)) || (rc = rf_sha256_new(&sum, err)) ||
        (rc = rf_table_new(&t, columns, sizeof columns / sizeof *columns, err)))
        goto out;
    for (size_t i = 0; i < o->bench.n && !rc; i++)
        rc = one_bench(t, ctx, o, o->bench.v[i], router, (size_t)nargs, row.id, sum, err);
    if (rc || (rc = rf_sha256_end(sum, digest, err)))
        goto out;
    rf_sha256_hex(digest, sha256);
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rc = rf_run_close(&row, ctx, rc, rc ? NULL : sha256, err);
    rf_routers_free(router, (size_t)nargs);
    rf_sha256_free(sum);
    rf_table_free(t);
    return rc;
}

const struct rf_cmd rf_cmd_frontier = {
    .name = "frontier",
    .summary = "cost against quality of routers among many models, with intervals",
    .args = "[ROUTER...]",
    .about = "Sends every question of a benchmark to argmax(predicted score - lambda cost) for\n"
             "all lambdas at once and prints, for each router (a weight file of fit knn and its\n"
             "like, or the name of their scores out of fold, see `ls scores`):\n"
             "  aiq        area under the non-decreasing hull of quality over cost, up to the\n"
             "             mean cost of the dearest model, divided by that cost\n"
             "  quality, dollars_per_1000\n"
             "             the best point of the curve, and what 1,000 prompts cost there\n"
             "  qnc        cost that reaches the best single model's quality, divided by that\n"
             "             model's cost\n"
             "Below stand the zero router (mixtures of single models), the oracle (the best\n"
             "answer of each question) and the models alone. Intervals are 95% bootstrap\n"
             "intervals over questions. With --json and the like also aiq_code, where each hull\n"
             "ends at its own last cost as in RouterBench's code, and aiq_paper, where the area\n"
             "is divided by the range of costs as in its paper. The figures are kept in the\n"
             "database.",
    .examples = "routefit frontier --bench arc-challenge\n"
                "routefit frontier --bench mbpp --json knn.safetensors",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = -1,
    .need = RF_NEED_WRITE,
    .run = run,
};
