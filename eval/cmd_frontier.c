/* routefit frontier: routers among many models on benchmarks, with what stands beside them, kept under a run. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/numbers.h"
#include "core/run.h"
#include "core/run_metric.h"
#include "core/sha256.h"
#include "eval/commands.h"
#include "eval/fitted_on.h"
#include "eval/many.h"
#include "eval/points_table.h"

enum { POINTS_NONE, POINTS_HULL, POINTS_CURVE }; /* --points */

struct options {
    struct rf_list bench, wtp, budget, metrics;
    int points;
    unsigned groups; /* of --metrics, a bit each */
    struct rf_many_options many;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, bench, "bench", 'b', RF_OPT_LIST, "NAME,...", NULL, NULL, 0, 0,
           "Benchmarks with scores and costs; routefit ls benches lists them."),
    RF_OPT(
        struct options, many.model, "model", 'm', RF_OPT_LIST, "MODEL,...", NULL, NULL, 0, 0,
        "Models to look at, by name or alias; without it all that have results there. Questions that lack a score or "
        "a cost of one of them are left out."),
    RF_OPT(struct options, many.source, "source", 0, RF_OPT_LIST, "LIST", NULL, NULL, 0, 0,
           "Only questions that one of these sources was the first to name: the test table, say, where another trained "
           "the router."),
    RF_OPT(struct options, budget, "budget", 0, RF_OPT_LIST, "USD,...", NULL, NULL, 0, 0,
           "Print instead the most quality for this mean cost, in dollars per 1,000 prompts: of each router the two "
           "corners of its hull, the chance of the dearer one, and each model's share of the prompts."),
    RF_OPT(struct options, wtp, "wtp", 0, RF_OPT_LIST, "W,...", NULL, NULL, 0, 0,
           "Print instead the points of RouterBench's rule argmax(W score - cost), W in dollars per unit of score; "
           "routerbench stands for its 32 values."),
    RF_OPT(struct options, points, "points", 0, RF_OPT_CHOICE, "WHICH", "none", "none|hull|curve", 0, 0,
           "Print instead the corners of each hull with the lambda that makes them, or all breakpoints of lambda."),
    RF_OPT(struct options, metrics, "metrics", 0, RF_OPT_LIST, "WHOSE,...", NULL, NULL, 0, 0,
           "Print instead the figures of other benchmarks under their names: routerarena, orbit, routereval, lrb, "
           "deferral; all for all."),
    RF_OPT(struct options, many.reference, "reference", 0, RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0,
           "Reference model of RouterEval's v_r."),
    RF_OPT(struct options, many.resamples, "resamples", 0, RF_OPT_INT, "N", "1000", NULL, 100, 1e5,
           "Bootstrap resamples behind the 95% intervals."),
    RF_OPT(struct options, many.router.embedder, "embedder", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Vectors to use; else those that the router names."),
    RF_OPT_END,
};

static const struct rf_column columns[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_TEXT("router"),
    RF_COLUMN_TEXT("role"),
    RF_COLUMN_INT("n"),
    RF_COLUMN_INTERVAL("aiq", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INTERVAL("aiq_code", 4, .shown = RF_SHOWN_NEVER),
    RF_COLUMN_INTERVAL("aiq_paper", 4, .shown = RF_SHOWN_NEVER),
    RF_COLUMN_INTERVAL("quality", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INTERVAL("dollars_per_1000", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INTERVAL("qnc", 3, .shown = RF_SHOWN_FILLED),
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

static const struct rf_column named_columns[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_TEXT("router"),
    RF_COLUMN_TEXT("role"),
    RF_COLUMN_INT("n"),
};
enum { NAMED_TEXTS = sizeof named_columns / sizeof *named_columns, NAMED_COLUMNS = NAMED_TEXTS + 3 * RF_NAMED_METRICS };

/* The columns of the groups; name holds those that are put together. */
static size_t choose_columns(struct rf_column column[NAMED_COLUMNS], char name[NAMED_COLUMNS][32], unsigned groups)
{
    size_t n = NAMED_TEXTS;
    memcpy(column, named_columns, sizeof named_columns);
    for (int k = 0; k < RF_NAMED_METRICS; k++) {
        const char *const base = rf_named_metric_name[k];
        if (!(groups >> rf_named_group_of((enum rf_named_metric)k) & 1))
            continue;
        snprintf(name[n + 1], sizeof name[0], "%s_low", base);
        snprintf(name[n + 2], sizeof name[0], "%s_high", base);
        column[n] = (struct rf_column)RF_COLUMN_REAL(base, 4, .low = name[n + 1], .high = name[n + 2],
                                                     .shown = RF_SHOWN_FILLED);
        column[n + 1] = (struct rf_column)RF_COLUMN_REAL(name[n + 1], 4);
        column[n + 2] = (struct rf_column)RF_COLUMN_REAL(name[n + 2], 4);
        n += 3;
    }
    return n;
}

static int add_named(struct rf_table *t, const struct rf_many *m, const char *bench, unsigned groups,
                     struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < m->n && !rc; i++) {
        const struct rf_many_entry *const e = &m->entry[i];
        if (!e->named)
            continue;
        if ((rc = rf_table_text(t, bench, err)) || (rc = rf_table_text(t, e->name, err)) ||
            (rc = rf_table_text(t, role_name[e->role], err)) || (rc = rf_table_int(t, (int64_t)m->r.n, err)))
            return rc;
        for (int k = 0; k < RF_NAMED_METRICS && !rc; k++)
            if ((groups >> rf_named_group_of((enum rf_named_metric)k) & 1) &&
                !(rc = rf_table_real(t, e->named->value[k], err)) && !(rc = rf_table_real(t, e->named->low[k], err)))
                rc = rf_table_real(t, e->named->high[k], err);
    }
    return rc;
}

static int read_metrics(struct options *o, struct rf_err *err)
{
    for (size_t i = 0; i < o->metrics.n; i++) {
        const char *const word = o->metrics.v[i];
        int g = 0;
        while (g < RF_NAMED_GROUPS && strcmp(word, rf_named_group_name[g]) != 0)
            g++;
        if (g == RF_NAMED_GROUPS && strcmp(word, "all") != 0)
            return rf_fail(err, RF_USAGE,
                           "--metrics: found \"%s\", expected routerarena, orbit, routereval, lrb, deferral or all",
                           word);
        o->groups |= g < RF_NAMED_GROUPS ? 1u << g : (1u << RF_NAMED_GROUPS) - 1;
    }
    o->many.named = o->groups != 0;
    if (o->many.reference && !(o->groups >> RF_NAMED_ROUTEREVAL & 1))
        return rf_fail(err, RF_USAGE, "--reference is of --metrics routereval");
    return 0;
}

/* Table metric has no roles: a model that is called like a router or a baseline is kept as "model:NAME". */
static int name_in_metrics(struct rf_buf *to, const struct rf_many *m, size_t i, struct rf_err *err)
{
    const char *const name = m->entry[i].name;
    bool shared = false;
    for (size_t j = 0; j < m->n && m->entry[i].role == RF_MANY_MODEL; j++)
        shared |= m->entry[j].role != RF_MANY_MODEL && !strcmp(m->entry[j].name, name);
    to->len = 0;
    const int rc = shared ? rf_buf_add(to, "model:", strlen("model:"), err) : 0;
    return rc ? rc : rf_buf_add(to, name, strlen(name) + 1, err);
}

static int store(const struct rf_many *m, const char *bench, struct rf_db *db, int64_t run, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct rf_buf name = { 0 };
    int rc = rf_run_metric_new(&s, db, run, err);
    for (size_t i = 0; i < m->n && !rc; i++) {
        const struct rf_many_entry *const e = &m->entry[i];
        const struct rf_named *const named = e->named;
        rc = name_in_metrics(&name, m, i, err);
        for (size_t k = 0; k < RF_MANY_METRICS && !rc; k++)
            rc = rf_run_metric(s, bench, name.data, rf_many_metric_name[k], e->metric[k], e->low[k], e->high[k], err);
        for (size_t k = 0; k < RF_NAMED_METRICS && named && !rc; k++)
            rc = rf_run_metric(s, bench, name.data, rf_named_metric_name[k], named->value[k], named->low[k],
                               named->high[k], err);
    }
    rf_stmt_free(s);
    rf_buf_release(&name);
    return rc;
}

/* Evaluates one benchmark, keeps its metrics and adds its fingerprint. */
static int one_bench(struct rf_many *m, struct rf_ctx *ctx, const struct options *o, const char *bench,
                     const struct rf_router *router, size_t routers, int64_t run, struct rf_sha256 *sum,
                     struct rf_err *err)
{
    int rc = rf_many_evaluate(m, ctx, bench, &o->many, router, routers, err);
    if (rc)
        return rc;
    rf_holes_tell(&m->holes, &m->r, bench, ctx->chat);
    for (size_t i = 0; i < routers && !rc; i++) {
        int64_t count;
        if (!(rc = rf_fitted_on(&router[i], ctx->db, m->r.prompt, m->r.n, &count, err)))
            rf_fitted_on_tell(&router[i], bench, count, m->r.n, ctx->chat);
    }
    if (rc)
        return rc;
    if ((rc = rf_sha256_add(sum, m->r.sha256, sizeof m->r.sha256 - 1, err)) || (rc = rf_db_begin(ctx->db, err)))
        return rc;
    if ((rc = store(m, bench, ctx->db, run, err)) || (rc = rf_db_commit(ctx->db, err)))
        rf_db_rollback(ctx->db);
    return rc;
}

/* The numbers of --wtp and --budget; *wtp and *budget are the caller's. */
static int read_wish(struct rf_points_wish *w, const struct options *o, double **wtp, double **budget,
                     struct rf_err *err)
{
    const bool grid = o->wtp.n == 1 && !strcmp(o->wtp.v[0], "routerbench");
    int rc = 0;
    if (o->budget.n && (rc = rf_list_reals(&o->budget, "--budget", 0, 1e9, budget, err)))
        return rc;
    for (size_t i = 0; i < o->budget.n; i++)
        (*budget)[i] /= 1000;
    if (o->wtp.n && !grid && (rc = rf_list_reals(&o->wtp, "--wtp", 0, 1e30, wtp, err)))
        return rc;
    *w = (struct rf_points_wish){ .corners = o->points == POINTS_HULL,
                                  .curve = o->points == POINTS_CURVE,
                                  .wtp = grid ? rf_wtp_grid : *wtp,
                                  .wtps = grid ? RF_WTP_GRID : o->wtp.n,
                                  .budget = *budget,
                                  .budgets = o->budget.n };
    return 0;
}

/* The summary, or the points that were asked for. */
static int print(const struct rf_many *m, const struct options *o, struct rf_ctx *ctx, struct rf_err *err)
{
    struct rf_column column[NAMED_COLUMNS];
    char name[NAMED_COLUMNS][32];
    struct rf_table *t = NULL;
    int rc;
    if (o->wtp.n || o->budget.n || o->points)
        return rf_points_print(m, o->bench.v, o->bench.n, ctx->out, ctx->format, err);
    rc = o->groups ? rf_table_new(&t, column, choose_columns(column, name, o->groups), err)
                   : rf_table_new(&t, columns, sizeof columns / sizeof *columns, err);
    if (rc)
        goto out;
    for (size_t i = 0; i < o->bench.n && !rc; i++)
        rc = o->groups ? add_named(t, &m[i], o->bench.v[i], o->groups, err) : add_rows(t, &m[i], o->bench.v[i], err);
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_table_free(t);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    static const char *const taken[] = { "zero router", "oracle" };
    struct options *const o = opts;
    struct rf_router *router = NULL;
    struct rf_sha256 *sum = NULL;
    struct rf_many *m = NULL;
    struct rf_run row = { 0 };
    double *wtp = NULL, *budget = NULL;
    char sha256[RF_SHA256_HEX];
    int rc = rf_bench_given(&o->bench, err);
    if (rc || (rc = read_metrics(o, err)) || (rc = read_wish(&o->many.wish, o, &wtp, &budget, err)) ||
        (rc = RF_NEW(m, o->bench.n, err)) ||
        (rc = rf_routers_load(&router, ctx->db, (const char *const *)args, (size_t)nargs, &o->many.router, taken, 2,
                              err)) ||
        (rc = rf_run_begin(&row, ctx, err)) || (rc = rf_sha256_new(&sum, err)))
        goto out;
    for (size_t i = 0; i < o->bench.n && !rc; i++)
        rc = one_bench(&m[i], ctx, o, o->bench.v[i], router, (size_t)nargs, row.id, sum, err);
    if (rc || (rc = rf_sha256_end_hex(sum, sha256, err)))
        goto out;
    rc = print(m, o, ctx, err);
out:
    rc = rf_run_close(&row, ctx, rc, rc ? NULL : sha256, err);
    for (size_t i = 0; m && i < o->bench.n; i++)
        rf_many_release(&m[i]);
    rf_free(m);
    rf_routers_free(router, (size_t)nargs);
    rf_sha256_free(sum);
    rf_free(wtp);
    rf_free(budget);
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
             "database.\n"
             "\n"
             "With --points, --wtp or --budget the table is of single points, with the share of\n"
             "the prompts that each model gets. A budget is the mean cost of a prompt: with the\n"
             "printed chance a prompt goes by the second lambda, else by the first, which is the\n"
             "optimum for that cost; \"-\" where the cheapest choice costs more. Intervals there are\n"
             "of the choices as they stand.\n"
             "\n"
             "With --metrics the table is of other benchmarks' figures; X_code is as their code has\n"
             "it. The choice without regard to cost is that of lambda 0; configurations are 256\n"
             "breakpoints of lambda:\n"
             "  arena      RouterArena's score of that choice\n"
             "  nauc_code, peak_code, qnc_code, rci\n"
             "             ORBIT's, over 100 budgets a prompt; rci is the share of prompts\n"
             "             whose choice is no best model, or the dearest where a cheaper is\n"
             "             as good\n"
             "  v_r, v_b, e_p\n"
             "             RouterEval's: mean score of that choice over a reference model's\n"
             "             and over the best single model's; entropy of the choices in bits.\n"
             "             e_p_code is that of softmax(predicted scores), which hangs on\n"
             "             their scale\n"
             "  perf_gain, cost_save, pareto_dist\n"
             "             LLMRouterBench's: best configuration over the best single model,\n"
             "             less 1; 1 - least cost of a configuration as good as that model\n"
             "             over its cost; mean distance of the configurations to the front\n"
             "             of all routers and models, in units of the ranges of cost and\n"
             "             quality\n"
             "  deferral_area, deferral_qnc\n"
             "             UniRoute's: area under quality over cost relative to the dearest\n"
             "             model, and qnc, on the curve itself, without a hull",
    .examples = "routefit frontier --bench arc-challenge\n"
                "routefit frontier --bench mbpp --json knn.safetensors\n"
                "routefit frontier --bench mbpp --budget 0.5,2 knn.safetensors\n"
                "routefit frontier --bench mbpp --wtp routerbench knn.safetensors\n"
                "routefit frontier --bench mbpp --metrics all knn.safetensors",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = -1,
    .need = RF_NEED_WRITE,
    .run = run,
};
