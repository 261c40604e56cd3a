/* routefit eval: the table of metrics of routers and baselines on benchmarks, with intervals, kept under a run. */
#include "eval/commands.h"
#include "eval/evaluate.h"
#include "eval/gate.h"

#include "core/run.h"

#include <string.h>

struct options {
    struct rf_evaluate_options common;
    bool compat;
    struct rf_list under, over;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, compat, "compat", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Add RouteLLM's figures, computed as its code does, in columns named compat_*."),
    RF_OPT(struct options, under, "fail-under", 0, RF_OPT_LIST, "METRIC=N,...", NULL, NULL, 0, 0,
           "Exit code 5 where a router's figure lies below: apgr=0.6, or apgr.low=0.55 for the end of its interval."),
    RF_OPT(struct options, over, "fail-over", 0, RF_OPT_LIST, "METRIC=N,...", NULL, NULL, 0, 0,
           "The same where a figure lies above: cpt50=40 (%)."),
    RF_OPT_END,
};

/* Groups of columns; the metrics stand in the order of enum rf_metric. For people the prompts and the levels of the two
 * models, which are the same in every row of a benchmark, stand in a table of their own. */
static const struct rf_column metric_column[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_TEXT("router"),
    RF_COLUMN_INT("n", .shown = RF_SHOWN_NEVER),
    RF_COLUMN_INTERVAL("apgr", 3),
    RF_COLUMN_REAL("apgr_all", 3, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INTERVAL("auc", 2),
    RF_COLUMN_INTERVAL("cpt20_pct", 1),
    RF_COLUMN_INTERVAL("cpt50_pct", 1),
    RF_COLUMN_INTERVAL("cpt80_pct", 1),
    RF_COLUMN_INTERVAL("strong95_pct", 1),
    RF_COLUMN_INT("fitted_on", .shown = RF_SHOWN_FILLED), /* of the n prompts */
};
static const struct rf_column level_column[] = { RF_COLUMN_INTERVAL("weak", 2), RF_COLUMN_INTERVAL("strong", 2) };
static const struct rf_column compat_column[] = {
    RF_COLUMN_REAL("compat_apgr", 4),   RF_COLUMN_REAL("compat_auc", 3),   RF_COLUMN_REAL("compat_cpt20", 2),
    RF_COLUMN_REAL("compat_cpt50", 2),  RF_COLUMN_REAL("compat_cpt80", 2), RF_COLUMN_REAL("compat_weak", 3),
    RF_COLUMN_REAL("compat_strong", 3),
};
static const struct rf_column bench_column[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_INT("items"),
    RF_COLUMN_INT("contaminated", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("overlap_exact", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("overlap_normalised", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("overlap_near", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("overlap_cosine", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("unpaired", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("weak_model"),
    RF_COLUMN_INTERVAL("weak", 2),
    RF_COLUMN_TEXT("strong_model"),
    RF_COLUMN_INTERVAL("strong", 2),
};
#define COUNT(a) (sizeof(a) / sizeof *(a))
enum { MAX_COLUMNS = COUNT(metric_column) + COUNT(level_column) + COUNT(compat_column), COMPAT = COUNT(compat_column) };

static bool for_people(enum rf_format f)
{
    return f == RF_FORMAT_TABLE || f == RF_FORMAT_MD;
}

static size_t choose_columns(struct rf_column out[MAX_COLUMNS], bool people, bool compat)
{
    size_t n = COUNT(metric_column);
    memcpy(out, metric_column, sizeof metric_column);
    if (!people) {
        memcpy(out + n, level_column, sizeof level_column);
        n += COUNT(level_column);
    }
    if (compat) {
        memcpy(out + n, compat_column, sizeof compat_column);
        n += COUNT(compat_column);
    }
    return n;
}

static int add_metric(struct rf_table *t, const struct rf_entry *e, size_t m, double scale, struct rf_err *err)
{
    const double factor = rf_metric_factor((enum rf_metric)m, scale);
    int rc = rf_table_real(t, factor * e->metric[m], err);
    if (!rc)
        rc = rf_table_real(t, factor * e->boot.low[m], err);
    return rc ? rc : rf_table_real(t, factor * e->boot.high[m], err);
}

static int add_row(struct rf_table *t, const struct rf_bench *b, const struct rf_entry *e, bool people, bool compat,
                   struct rf_err *err)
{
    const double figure[COMPAT] = { e->compat.apgr,  e->compat.auc,  e->compat.cpt20, e->compat.cpt50,
                                    e->compat.cpt80, e->compat.weak, e->compat.strong };
    int rc = rf_table_text(t, b->name, err);
    if (rc || (rc = rf_table_text(t, e->name, err)) || (rc = rf_table_int(t, (int64_t)b->n, err)))
        return rc;
    for (size_t m = 0; m < (people ? RF_WEAK : RF_METRICS) && !rc; m++) {
        rc = add_metric(t, e, m, rf_bench_scale(b), err);
        if (!rc && m == RF_APGR)
            rc = rf_table_real(t, e->apgr_all, err);
        if (!rc && m + 1 == RF_WEAK)
            rc = e->fitted_on < 0 ? rf_table_missing(t, err) : rf_table_int(t, e->fitted_on, err);
    }
    for (size_t i = 0; compat && i < COMPAT && !rc; i++)
        rc = rf_table_real(t, figure[i], err);
    return rc;
}

static int add_rows(struct rf_table *t, const struct rf_evaluation *e, bool people, bool compat, FILE *chat,
                    struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < e->n && !rc; i++) {
        rc = add_row(t, &e->bench, &e->entry[i], people, compat, err);
        if (compat && e->entry[i].compat.tied)
            fprintf(chat, "%s: RouteLLM's figures of %s are not defined: scores tie at %zu of %d thresholds\n",
                    e->bench.name, e->entry[i].name, e->entry[i].compat.tied, RF_COMPAT_POINTS);
    }
    return rc;
}

static int add_left_out(struct rf_table *t, const struct rf_bench *b, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < RF_OVERLAPS && !rc; i++)
        rc = rf_table_int(t, (int64_t)b->left_out[i], err);
    return rc;
}

/* The benchmarks themselves: what was left out, and how good both models are alone. */
static int print_benches(const struct rf_evaluation *e, size_t n, struct rf_ctx *ctx, struct rf_err *err)
{
    struct rf_table *t = NULL;
    int rc = rf_table_new(&t, bench_column, COUNT(bench_column), err);
    for (size_t i = 0; i < n && !rc; i++) {
        const struct rf_bench *b = &e[i].bench;
        const struct rf_entry *any = &e[i].entry[0];
        (void)((rc = rf_table_text(t, b->name, err)) || (rc = rf_table_int(t, (int64_t)b->n, err)) ||
               (rc = rf_table_int(t, (int64_t)b->contaminated, err)) || (rc = add_left_out(t, b, err)) ||
               (rc = rf_table_int(t, (int64_t)b->missing, err)) || (rc = rf_table_text(t, b->weak_name, err)) ||
               (rc = add_metric(t, any, RF_WEAK, rf_bench_scale(b), err)) ||
               (rc = rf_table_text(t, b->strong_name, err)) ||
               (rc = add_metric(t, any, RF_STRONG, rf_bench_scale(b), err)));
    }
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
    if (!rc)
        fputc('\n', ctx->out);
    rf_table_free(t);
    return rc;
}

/* *gate receives o->under.n + o->over.n of them. */
static int read_gates(const struct options *o, struct rf_gate **gate, struct rf_err *err)
{
    int rc = RF_NEW(*gate, o->under.n + o->over.n + 1, err);
    for (size_t i = 0; i < o->under.n && !rc; i++)
        rc = rf_gate_parse(o->under.v[i], false, *gate + i, err);
    for (size_t i = 0; i < o->over.n && !rc; i++)
        rc = rf_gate_parse(o->over.v[i], true, *gate + o->under.n + i, err);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *o = opts;
    const size_t benches = o->common.bench.n, routers = (size_t)nargs;
    struct rf_evaluation *e = NULL;
    struct rf_router *router = NULL;
    struct rf_gate *gate = NULL;
    struct rf_table *t = NULL;
    struct rf_run row = { 0 };
    struct rf_column column[MAX_COLUMNS];
    const bool people = for_people(ctx->format);
    char sha256[RF_SHA256_HEX];
    int rc;
    if ((rc = rf_bench_given(&o->common.bench, err)) || (rc = read_gates(o, &gate, err)) ||
        (rc = RF_NEW(e, benches, err)) ||
        (rc = rf_routers_load(&router, ctx->db, (const char *const *)args, routers, &o->common.router,
                              rf_baseline_names, RF_BASELINES, err)) ||
        (rc = rf_run_begin(&row, ctx, err)) ||
        (rc = rf_table_new(&t, column, choose_columns(column, people, o->compat), err)))
        goto out;
    for (size_t i = 0; i < benches; i++)
        if ((rc = rf_evaluate(&e[i], ctx, o->common.bench.v[i], &o->common, router, routers, err)) ||
            (rc = add_rows(t, &e[i], people, o->compat, ctx->chat, err)))
            goto out;
    if ((rc = rf_evaluations_store(e, benches, ctx->db, row.id, sha256, err)))
        goto out;
    for (size_t i = 0; i < benches && !people; i++)
        rf_evaluation_tell(&e[i], ctx->chat);
    if (people && (rc = print_benches(e, benches, ctx, err)))
        goto out;
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rc = rf_run_close(&row, ctx, rc, rc ? NULL : sha256, err);
    if (!rc) /* the figures are kept, whatever was wanted */
        rc = rf_gates_check(gate, o->under.n + o->over.n, e, benches, err);
    rf_free(gate);
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
    .about = "Scores every prompt of the benchmarks with each router, a weight file or the name of\n"
             "scores that the database holds (`ls scores`: ingested, or out of fold of `fit\n"
             "KIND --cv`), and prints what the\n"
             "curve of quality over strong calls says: APGR (mean share of the gap between\n"
             "weak and strong that is closed), AUC (area under the curve), CPT20, CPT50 and\n"
             "CPT80 (share of strong calls, in %, that closes so much of the gap), strong95\n"
             "(share of strong calls that keeps 95% of strong's quality), and both models\n"
             "alone. Where questions were left out, as contaminated or by `overlap --drop`,\n"
             "apgr_all is APGR with them. Exact over all thresholds; tied scores are never\n"
             "split. Intervals are 95% bootstrap intervals over prompts. Below the routers stand\n"
             "baselines: random, length and shorter (the two signs of prompt length), task-prior\n"
             "and script-prior (the mean gain on the other prompts of the task or script, out of\n"
             "fold) where there are several, oracle. Prompts that fitted or tuned a router as\n"
             "well are counted in fitted_on, and said. Metrics and curves are kept in the\n"
             "database.",
    .examples = "routefit eval --bench gsm8k router.safetensors\n"
                "routefit eval --bench gsm8k,mt-bench --compat logistic.safetensors mf.safetensors\n"
                "routefit eval --bench gsm8k --fail-under apgr.low=0.5 router.safetensors\n"
                "routefit eval --bench gsm8k gold\n"
                "routefit eval --bench mmlu --json router.safetensors",
    .opts = { rf_evaluate_table, table },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = -1,
    .need = RF_NEED_WRITE,
    .run = run,
};
