/* routefit reliability: how good win rates are as probabilities, kept under a run; the bins, or a diagram of them. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/prompt_set.h"
#include "core/run.h"
#include "core/run_metric.h"
#include "core/sha256.h"
#include "eval/bench.h"
#include "eval/commands.h"
#include "eval/plot.h"
#include "eval/prob.h"
#include "eval/router.h"

struct options {
    struct rf_list bench;
    const char *on, *strong, *weak, *output;
    bool keep_contaminated, bins, force;
    int64_t resamples;
    struct rf_router_options router;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, bench, "bench", 'b', RF_OPT_LIST, "NAME,...", NULL, NULL, 0, 0,
           "Benchmarks with scores of both models, as `routefit ls` names them."),
    RF_OPT(struct options, on, "on", 0, RF_OPT_TEXT, "SET", NULL, NULL, 0, 0,
           "Only prompts in this set: split:NAME:test, say, for those that neither fit nor recalibrate has seen."),
    RF_BENCH_OPTIONS(struct options),
    RF_OPT(struct options, bins, "bins", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Print instead the ten bins, with the exact 95% interval of the share that strong won."),
    RF_OPT(struct options, output, "output", 'o', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Draw the bins too: the suffix .svg, .png or .pdf chooses the format."),
    RF_OPT(struct options, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Write over an existing file."),
    RF_OPT(struct options, resamples, "resamples", 0, RF_OPT_INT, "N", "2000", NULL, 100, 1e5,
           "Bootstrap resamples behind the 95% intervals."),
    RF_ROUTER_OPTIONS(struct options, router),
    RF_OPT_END,
};

/* The metrics stand in the order of enum rf_prob_metric. */
static const struct rf_column columns[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_TEXT("router"),
    RF_COLUMN_INT("n"),
    RF_COLUMN_INT("ties"),
    RF_COLUMN_INTERVAL("base_rate", 3),
    RF_COLUMN_INTERVAL("brier", 4),
    RF_COLUMN_INTERVAL("log_loss", 4),
    RF_COLUMN_INTERVAL("ece", 3),
    RF_COLUMN_INTERVAL("auroc", 3),
    RF_COLUMN_REAL("ece_by_chance", 3),
    RF_COLUMN_REAL("ece_by_chance_high", 3, .shown = RF_SHOWN_NEVER),
};
static const struct rf_column bin_columns[] = {
    RF_COLUMN_TEXT("bench"), RF_COLUMN_TEXT("router"),  RF_COLUMN_REAL("from", 1),    RF_COLUMN_REAL("to", 1),
    RF_COLUMN_INT("n"),      RF_COLUMN_REAL("said", 3), RF_COLUMN_INTERVAL("was", 3),
};
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* A router on a benchmark. */
struct row {
    const char *bench, *router; /* borrowed */
    size_t ties;                /* prompts without a better answer */
    struct rf_prob prob;
    struct rf_prob_boot boot;
};

static int add_row(struct rf_table *t, const struct row *r, struct rf_err *err)
{
    int rc;
    if ((rc = rf_table_text(t, r->bench, err)) || (rc = rf_table_text(t, r->router, err)) ||
        (rc = rf_table_int(t, (int64_t)r->prob.n, err)) || (rc = rf_table_int(t, (int64_t)r->ties, err)))
        return rc;
    for (int k = 0; k < RF_PROB_METRICS && !rc; k++)
        if (!(rc = rf_table_real(t, rf_prob_metric(&r->prob, (enum rf_prob_metric)k), err)) &&
            !(rc = rf_table_real(t, r->boot.low[k], err)))
            rc = rf_table_real(t, r->boot.high[k], err);
    if (!rc && !(rc = rf_table_real(t, r->prob.ece_by_chance, err)))
        rc = rf_table_real(t, r->boot.ece_by_chance_high, err);
    return rc;
}

static int add_bins(struct rf_table *t, const struct row *r, struct rf_err *err)
{
    int rc = 0;
    for (size_t b = 0; b < RF_PROB_BINS && !rc; b++) {
        const struct rf_prob_bin *const bin = &r->prob.bin[b];
        const double ends[] = { (double)b / RF_PROB_BINS, (double)(b + 1) / RF_PROB_BINS },
                     real[] = { bin->said, bin->was, bin->low, bin->high };
        if ((rc = rf_table_text(t, r->bench, err)) || (rc = rf_table_text(t, r->router, err)))
            break;
        for (size_t k = 0; k < COUNT(ends) && !rc; k++)
            rc = rf_table_real(t, ends[k], err);
        rc = rc ? rc : rf_table_int(t, (int64_t)bin->n, err);
        for (size_t k = 0; k < COUNT(real) && !rc; k++)
            rc = rf_table_real(t, real[k], err);
    }
    return rc;
}

static int print(const struct row *row, size_t n, bool bins, struct rf_ctx *ctx, struct rf_err *err)
{
    struct rf_table *t = NULL;
    int rc =
        bins ? rf_table_new(&t, bin_columns, COUNT(bin_columns), err) : rf_table_new(&t, columns, COUNT(columns), err);
    for (size_t i = 0; i < n && !rc; i++)
        rc = bins ? add_bins(t, &row[i], err) : add_row(t, &row[i], err);
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
    rf_table_free(t);
    return rc;
}

static int store(const struct row *row, size_t n, struct rf_db *db, int64_t run, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_db_begin(db, err);
    if (rc)
        return rc;
    rc = rf_run_metric_new(&s, db, run, err);
    for (size_t i = 0; i < n && !rc; i++) {
        for (int k = 0; k < RF_PROB_METRICS && !rc; k++)
            rc = rf_run_metric(s, row[i].bench, row[i].router, rf_prob_metric_name[k],
                               rf_prob_metric(&row[i].prob, (enum rf_prob_metric)k), row[i].boot.low[k],
                               row[i].boot.high[k], err);
        if (!rc)
            rc = rf_run_metric(s, row[i].bench, row[i].router, "ece_by_chance", row[i].prob.ece_by_chance, NAN,
                               row[i].boot.ece_by_chance_high, err);
    }
    rf_stmt_free(s);
    if (!rc)
        rc = rf_db_commit(db, err);
    if (rc)
        rf_db_rollback(db);
    return rc;
}

/* The bins of one benchmark that hold prompts, around the diagonal on which right win rates lie. */
static int draw(const struct row *row, size_t n, const struct options *o, struct rf_err *err)
{
    static const double ends[] = { 0, 100 };
    struct line {
        double x[RF_PROB_BINS], y[RF_PROB_BINS], low[RF_PROB_BINS], high[RF_PROB_BINS];
    } *line = NULL;
    struct rf_plot_series series[RF_PLOT_SERIES];
    int rc = RF_NEW(line, n, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++) {
        struct line *const l = &line[i];
        size_t m = 0;
        for (size_t b = 0; b < RF_PROB_BINS; b++) {
            const struct rf_prob_bin *const bin = &row[i].prob.bin[b];
            if (!bin->n)
                continue;
            l->x[m] = 100 * bin->said;
            l->y[m] = 100 * bin->was;
            l->low[m] = 100 * bin->low;
            l->high[m++] = 100 * bin->high;
        }
        series[i] = (struct rf_plot_series){ row[i].router, RF_PLOT_ROUTER, l->x, l->y, l->low, l->high, m };
    }
    series[n] = (struct rf_plot_series){ .name = "right", .role = RF_PLOT_RANDOM, .x = ends, .y = ends, .n = 2 };
    const struct rf_plot p = { .title = row[0].bench,
                               .x_name = "Mean win rate (%)",
                               .y_name = "Won by the strong model (%)",
                               .weak = NAN,
                               .strong = NAN,
                               .series = series,
                               .n = n + 1 };
    rc = rf_plot_write(&p, o->output, o->force, NULL, err);
    rf_free(line);
    return rc;
}

/* Keeps the prompts of a set at the front of three arrays; NULL: all. Returns how many. */
static size_t keep(const struct rf_bench *b, const struct rf_prompt_set *set, const double *score, double *kept[3])
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (set && !rf_prompt_set_find(set, b->prompt[i]))
            continue;
        kept[0][n] = score[i];
        kept[1][n] = b->strong[i];
        kept[2][n++] = b->weak[i];
    }
    return n;
}

/* All routers on one benchmark. */
static int one_bench(struct row *row, struct rf_ctx *ctx, const char *name, const struct options *o,
                     const struct rf_prompt_set *set, const struct rf_router *router, size_t routers,
                     struct rf_sha256 *sum, struct rf_err *err)
{
    const struct rf_bench_options bo = { name, o->strong, o->weak, o->keep_contaminated };
    const struct rf_boot_options boot = { .resamples = (size_t)o->resamples,
                                          .seed = ctx->seed,
                                          .threads = ctx->threads };
    struct rf_bench b = { 0 };
    double *score = NULL, *kept[3] = { NULL, NULL, NULL };
    size_t n = 0;
    int rc;
    if ((rc = rf_bench_load(&b, ctx->db, &bo, err)) || (rc = RF_NEW(score, b.n, err)) ||
        (rc = RF_NEW(kept[0], b.n, err)) || (rc = RF_NEW(kept[1], b.n, err)) || (rc = RF_NEW(kept[2], b.n, err)) ||
        (rc = rf_sha256_add(sum, b.sha256, RF_SHA256_HEX - 1, err)))
        goto out;
    for (size_t i = 0; i < routers && !rc; i++) {
        struct row *const r = &row[i];
        *r = (struct row){ .bench = name, .router = router[i].name };
        if ((rc = rf_router_score(&router[i], ctx->db, &b, &o->router, score, err)))
            break;
        n = keep(&b, set, score, kept);
        if ((rc = rf_prob_of(kept[0], kept[1], kept[2], n, &r->prob, err)) ||
            (rc = rf_prob_boot(kept[0], kept[1], kept[2], n, &boot, &r->boot, err)))
            rf_fail_in(err, "benchmark \"%s\"%s%s, router \"%s\"", name, o->on ? " in " : "", o->on ? o->on : "",
                       r->router);
        r->ties = n - r->prob.n;
    }
    if (!rc)
        fprintf(ctx->chat, "%s: %zu prompts, on %zu of them strong %s and weak %s are equal\n", name, n, row[0].ties,
                b.strong_name, b.weak_name);
out:
    rf_bench_release(&b);
    rf_free(score);
    for (int k = 0; k < 3; k++)
        rf_free(kept[k]);
    return rc;
}

static int check_options(const struct options *o, size_t routers, struct rf_err *err)
{
    const int rc = rf_bench_given(&o->bench, err);
    if (rc)
        return rc;
    if (o->output && o->bench.n != 1)
        return rf_fail(err, RF_USAGE, "--output: found %zu benchmarks, expected one for a picture", o->bench.n);
    if (o->output && routers >= RF_PLOT_SERIES)
        return rf_fail(err, RF_USAGE, "--output: found %zu routers, expected at most %d in one picture", routers,
                       RF_PLOT_SERIES - 1);
    return 0;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    const size_t routers = (size_t)nargs;
    struct rf_router *router = NULL;
    struct rf_sha256 *sum = NULL;
    struct rf_prompt_set set = { 0 };
    struct rf_run run_row = { 0 };
    struct row *row = NULL;
    char sha256[RF_SHA256_HEX];
    size_t rows;
    int rc = check_options(o, routers, err);
    if (rc)
        return rc;
    if (!rf_mul(o->bench.n, routers, &rows))
        return rf_fail(err, RF_FAIL, "out of memory: %zu routers on %zu benchmarks", routers, o->bench.n);
    if ((rc = RF_NEW(row, rows, err)) || (o->on && (rc = rf_prompt_set_read(&set, ctx->db, o->on, err))) ||
        (rc = rf_routers_load(&router, ctx->db, (const char *const *)args, routers, &o->router, NULL, 0, err)) ||
        (rc = rf_run_begin(&run_row, ctx, err)) || (rc = rf_sha256_new(&sum, err)))
        goto out;
    for (size_t i = 0; i < o->bench.n; i++)
        if ((rc = one_bench(row + i * routers, ctx, o->bench.v[i], o, o->on ? &set : NULL, router, routers, sum, err)))
            goto out;
    if ((rc = rf_sha256_end_hex(sum, sha256, err)) || (rc = store(row, rows, ctx->db, run_row.id, err)) ||
        (o->output && (rc = draw(row, rows, o, err))))
        goto out;
    rc = print(row, rows, o->bins, ctx, err);
out:
    rc = rf_run_close(&run_row, ctx, rc, rc ? NULL : sha256, err);
    rf_routers_free(router, routers);
    rf_sha256_free(sum);
    rf_prompt_set_release(&set);
    rf_free(row);
    return rc;
}

const struct rf_cmd rf_cmd_reliability = {
    .name = "reliability",
    .summary = "how good win rates are as probabilities, with intervals",
    .args = "ROUTER...",
    .about = "Compares the win rates of each router with what happened, on the prompts of a\n"
             "benchmark where one model's answer is better; the others (ties) say nothing:\n"
             "  base_rate  share of prompts that strong won\n"
             "  brier, log_loss\n"
             "             mean squared error, and mean surprise in nats; less is better.\n"
             "             Always saying base_rate gives base_rate (1 - base_rate) and its\n"
             "             entropy\n"
             "  ece        mean gap between win rate and share won over ten bins\n"
             "  auroc      chance that a prompt which strong won has the higher win rate\n"
             "  ece_by_chance\n"
             "             the ece that right win rates would have in the mean: binning never\n"
             "             gives 0. With --json also ece_by_chance_high, below which 95% lie\n"
             "Intervals are 95% bootstrap intervals over prompts, of base_rate exact. The figures\n"
             "are kept in the database. `recalibrate` mends win rates that are off.",
    .examples = "routefit reliability --bench gsm8k router.safetensors\n"
                "routefit reliability --bench gsm8k --bins router.safetensors\n"
                "routefit reliability --bench gsm8k,mmlu --json logistic.safetensors mf.safetensors",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = -1,
    .need = RF_NEED_WRITE,
    .run = run,
};
