/* routefit eval: the table of metrics of routers and baselines on benchmarks, with intervals, kept under a run. */
#include "eval/commands.h"
#include "eval/evaluate.h"

#include "core/run.h"

struct options {
    struct rf_evaluate_options common;
    bool compat;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, compat, "compat", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Add RouteLLM's figures, computed as its code does, in columns named compat_*."),
    RF_OPT_END,
};

#define INTERVAL(name, digits)                                                                                         \
    { name, RF_CELL_REAL, digits, name "_low", name "_high" }, { name "_low", RF_CELL_REAL, digits, NULL, NULL },      \
    {                                                                                                                  \
        name "_high", RF_CELL_REAL, digits, NULL, NULL                                                                 \
    }
#define PLAIN(name, type, digits)                                                                                      \
    {                                                                                                                  \
        name, type, digits, NULL, NULL                                                                                 \
    }

/* The metrics in the order of enum rf_metric. */
static const struct rf_column column[] = {
    PLAIN("bench", RF_CELL_TEXT, 0),
    PLAIN("router", RF_CELL_TEXT, 0),
    PLAIN("n", RF_CELL_INT, 0),
    INTERVAL("apgr", 3),
    INTERVAL("auc", 2),
    INTERVAL("cpt20_pct", 1),
    INTERVAL("cpt50_pct", 1),
    INTERVAL("cpt80_pct", 1),
    INTERVAL("strong95_pct", 1),
    INTERVAL("weak", 2),
    INTERVAL("strong", 2),
    PLAIN("compat_apgr", RF_CELL_REAL, 4),
    PLAIN("compat_auc", RF_CELL_REAL, 3),
    PLAIN("compat_cpt20", RF_CELL_REAL, 2),
    PLAIN("compat_cpt50", RF_CELL_REAL, 2),
    PLAIN("compat_cpt80", RF_CELL_REAL, 2),
    PLAIN("compat_weak", RF_CELL_REAL, 3),
    PLAIN("compat_strong", RF_CELL_REAL, 3),
};
enum { COLUMNS = sizeof column / sizeof *column, COMPAT_COLUMNS = 7 };

static int add_metric(struct rf_table *t, const struct rf_entry *e, size_t m, double scale, struct rf_err *err)
{
    const double factor = rf_metric_info[m].unit == RF_UNIT_QUALITY ? scale
                          : rf_metric_info[m].unit == RF_UNIT_SHARE ? 100
                                                                    : 1;
    int rc = rf_table_real(t, factor * e->metric[m], err);
    if (!rc)
        rc = rf_table_real(t, factor * e->boot.low[m], err);
    return rc ? rc : rf_table_real(t, factor * e->boot.high[m], err);
}

static int add_row(struct rf_table *t, const struct rf_bench *b, const struct rf_entry *e, bool compat,
                   struct rf_err *err)
{
    const double figure[COMPAT_COLUMNS] = { e->compat.apgr,  e->compat.auc,  e->compat.cpt20, e->compat.cpt50,
                                            e->compat.cpt80, e->compat.weak, e->compat.strong };
    int rc = rf_table_text(t, b->name, err);
    if (rc || (rc = rf_table_text(t, e->name, err)) || (rc = rf_table_int(t, (int64_t)b->n, err)))
        return rc;
    for (size_t m = 0; m < RF_METRICS && !rc; m++)
        rc = add_metric(t, e, m, rf_bench_scale(b), err);
    for (size_t i = 0; compat && i < COMPAT_COLUMNS && !rc; i++)
        rc = rf_table_real(t, figure[i], err);
    return rc;
}

static int add_rows(struct rf_table *t, const struct rf_evaluation *e, bool compat, FILE *chat, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < e->n && !rc; i++) {
        rc = add_row(t, &e->bench, &e->entry[i], compat, err);
        if (compat && e->entry[i].compat.tied)
            fprintf(chat, "%s: RouteLLM's figures of %s are not defined: scores tie at %zu of %d thresholds\n",
                    e->bench.name, e->entry[i].name, e->entry[i].compat.tied, RF_COMPAT_POINTS);
    }
    return rc;
}

static int store(const struct rf_evaluation *e, size_t n, struct rf_ctx *ctx, int64_t run, struct rf_err *err)
{
    int rc = rf_db_begin(ctx->db, err);
    for (size_t i = 0; i < n && !rc; i++)
        rc = rf_evaluation_store(&e[i], ctx->db, run, err);
    if (!rc)
        rc = rf_db_commit(ctx->db, err);
    if (rc)
        rf_db_rollback(ctx->db);
    return rc;
}

/* One fingerprint of all benchmarks. */
static int fingerprint(const struct rf_evaluation *e, size_t n, char hex[RF_SHA256_HEX], struct rf_err *err)
{
    struct rf_sha256 *h = NULL;
    uint8_t digest[RF_SHA256_SIZE];
    int rc = rf_sha256_new(&h, err);
    for (size_t i = 0; i < n && !rc; i++)
        rc = rf_sha256_add(h, e[i].bench.sha256, RF_SHA256_HEX - 1, err);
    if (!rc && !(rc = rf_sha256_end(h, digest, err)))
        rf_sha256_hex(digest, hex);
    rf_sha256_free(h);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *o = opts;
    const size_t benches = o->common.bench.n, routers = (size_t)nargs;
    struct rf_evaluation *e = NULL;
    struct rf_router *router = NULL;
    struct rf_table *t = NULL;
    struct rf_run row = { 0 };
    char sha256[RF_SHA256_HEX];
    int rc;
    if (!benches) {
        rc = rf_fail(err, RF_USAGE, "found no benchmark, expected --bench NAME; `routefit ls` lists them");
        goto out;
    }
    if ((rc = RF_NEW(e, benches, err)) ||
        (rc = rf_routers_load(&router, (const char *const *)args, routers, &o->common.router, rf_baseline_names,
                              RF_BASELINES, err)) ||
        (rc = rf_run_begin(&row, ctx, err)) ||
        (rc = rf_table_new(&t, column, o->compat ? COLUMNS : COLUMNS - COMPAT_COLUMNS, err)))
        goto out;
    for (size_t i = 0; i < benches; i++)
        if ((rc = rf_evaluate(&e[i], ctx, o->common.bench.v[i], &o->common, router, routers, err)) ||
            (rc = add_rows(t, &e[i], o->compat, ctx->chat, err)))
            goto out;
    if ((rc = fingerprint(e, benches, sha256, err)) || (rc = store(e, benches, ctx, row.id, err)))
        goto out;
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    if (row.id) {
        const char *status = !rc ? "done" : rc == RF_INTERRUPTED ? "interrupted" : "failed";
        const int ended = rf_run_end(&row, ctx, status, rc ? NULL : sha256, NULL, NULL, err);
        rc = rc ? rc : ended;
    }
    for (size_t i = 0; e && i < benches; i++)
        rf_evaluation_release(&e[i]);
    rf_free(e);
    rf_routers_free(router, routers);
    rf_table_free(t);
    return rc;
}

const struct rf_cmd rf_cmd_eval = {
    .name = "eval",
    .summary = "measure routers on benchmarks, with intervals and baselines",
    .args = "[ROUTER...]",
    .about = "Scores every prompt of the benchmarks with each router file and prints what the\n"
             "curve of quality over strong calls says: APGR (mean share of the gap between\n"
             "weak and strong that is closed), AUC (area under the curve), CPT20, CPT50 and\n"
             "CPT80 (share of strong calls, in %, that closes so much of the gap), strong95\n"
             "(share of strong calls that keeps 95% of strong's quality), and both models\n"
             "alone. Exact over all thresholds; tied scores are never split. Intervals are 95%\n"
             "bootstrap intervals over prompts. Three baselines stand below the routers:\n"
             "random, prompt length, oracle. Metrics and curves are kept in the database.",
    .examples = "routefit eval --bench gsm8k router.safetensors\n"
                "routefit eval --bench gsm8k,mt-bench --compat logistic.safetensors mf.safetensors\n"
                "routefit eval --bench mmlu --json router.safetensors",
    .opts = { rf_evaluate_table, table },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = -1,
    .need = RF_NEED_WRITE,
    .run = run,
};
