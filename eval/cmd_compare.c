/* routefit compare: duels of routers on benchmarks, with verdicts, kept under a run. */
#include "eval/item_clusters.h"
#include "eval/commands.h"
#include "eval/compare.h"
#include "eval/compare_band.h"
#include "eval/cost.h"
#include "eval/entrants.h"
#include "eval/fitted_on.h"
#include "eval/evaluate.h"
#include "eval/power.h"

#include <math.h>
#include <string.h>

#include "core/numbers.h"
#include "core/progress.h"
#include "core/run.h"
#include "core/run_metric.h"

enum at { AT_CURVE, AT_CALLS, AT_COST, AT_THRESHOLD };
#define AT_CHOICES "curve|calls|cost|threshold"
static const char *const at_name[] = { "curve", "calls", "cost", "threshold" };

struct options {
    struct rf_evaluate_options common;
    int at, family;
    double share, cost, level, delta, non_inferior;
    struct rf_list threshold;
    const char *against;
    bool power, bands, poisson;
};

#define OPTION(field, name, type, arg, def, choices, min, max, help)                                                   \
    RF_OPT(struct options, field, name, 0, type, arg, def, choices, min, max, help)

static const struct rf_opt table[] = {
    OPTION(at, "at", RF_OPT_CHOICE, "WHAT", "curve", AT_CHOICES, 0, 0,
           "Compare APGR over the whole curve, or quality at equal shares of strong calls (--share), at equal "
           "costs (--cost), or at one threshold each (--threshold)."),
    OPTION(share, "share", RF_OPT_REAL, "S", NULL, NULL, 0, 1, "Share of strong calls for --at calls."),
    OPTION(cost, "cost", RF_OPT_REAL, "DOLLARS", NULL, NULL, 0, 1e9,
           "Mean cost of a prompt for --at cost, by the costs of the results, or their tokens and prices."),
    OPTION(threshold, "threshold", RF_OPT_LIST, "T,...", NULL, NULL, 0, 0,
           "Thresholds for --at threshold: one for all routers, or one for each."),
    OPTION(against, "against", RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Compare each router with this one alone, in place of all pairs: one of the routers, or strong or weak for "
           "that model on every prompt (not with --at curve)."),
    OPTION(non_inferior, "non-inferior", RF_OPT_REAL, "D", NULL, NULL, 0, 1e9,
           "Ask whether each router is at most D below --against (strong, where not given), in place of better or "
           "worse."),
    OPTION(delta, "delta", RF_OPT_REAL, "D", NULL, NULL, 0, 1e9,
           "Differences below D count as equivalent, in the units of the table; without it, 2% of the gap between "
           "the two models."),
    OPTION(family, "family", RF_OPT_CHOICE, "HOW", "holm", RF_FAMILY_CHOICES, 0, 0,
           "How p is adjusted for the number of duels on a benchmark."),
    OPTION(level, "level", RF_OPT_REAL, "P", "0.95", NULL, .5, .9999, "Confidence of intervals and verdicts."),
    OPTION(poisson, "poisson", RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Poisson counts in the bootstrap in place of multinomial ones: resamples then differ in size."),
    OPTION(power, "power", RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Print which differences these prompts can find, and how many prompts others need."),
    OPTION(bands, "bands", RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Print the difference in quality at every share of strong calls, with its pointwise band (low, high) and "
           "the simultaneous one (sim_low, sim_high), in which the whole curve lies with the wanted confidence."),
    RF_OPT_END,
};

static const struct rf_column duel_column[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_INT("n"),
    RF_COLUMN_INT("clusters", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("at"),
    RF_COLUMN_TEXT("a"),
    RF_COLUMN_TEXT("b"),
    RF_COLUMN_REAL("calls_a_pct", 1, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("calls_b_pct", 1, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("value_a", 3),
    RF_COLUMN_REAL("value_b", 3),
    RF_COLUMN_INTERVAL("difference", 3),
    RF_COLUMN_REAL("se", 4, .shown = RF_SHOWN_NEVER),
    RF_COLUMN_REAL("p", 4, .shown = RF_SHOWN_NEVER),
    RF_COLUMN_REAL("p_swap", 4, .shown = RF_SHOWN_NEVER),
    RF_COLUMN_REAL("p_family", 4),
    RF_COLUMN_REAL("p_equivalent", 4, .shown = RF_SHOWN_NEVER),
    RF_COLUMN_TEXT("verdict"),
    RF_COLUMN_INT("needed", .shown = RF_SHOWN_FILLED),
};

static const struct rf_column power_column[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_INT("n"),
    RF_COLUMN_INT("clusters", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("at"),
    RF_COLUMN_TEXT("a"),
    RF_COLUMN_TEXT("b"),
    RF_COLUMN_REAL("se", 4),
    RF_COLUMN_REAL("detectable", 3),
    RF_COLUMN_REAL("if_difference", 3),
    RF_COLUMN_REAL("power", 3),
    RF_COLUMN_INT("prompts_for_80pct"),
};

static const struct rf_column band_column[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_INT("n"),
    RF_COLUMN_INT("clusters", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("a"),
    RF_COLUMN_TEXT("b"),
    RF_COLUMN_REAL("calls_pct", 0),
    RF_COLUMN_REAL("value_a", 3),
    RF_COLUMN_REAL("value_b", 3),
    RF_COLUMN_REAL("difference", 3, .low = "low", .high = "high"),
    RF_COLUMN_REAL("low", 3),
    RF_COLUMN_REAL("high", 3),
    RF_COLUMN_REAL("sim_low", 3),
    RF_COLUMN_REAL("sim_high", 3),
};
#define COUNT(a) (sizeof(a) / sizeof *(a))

/* ---- options ---- */

static int parse_thresholds(const struct options *o, size_t n, double *out, struct rf_err *err)
{
    const struct rf_list *l = &o->threshold;
    if (l->n != 1 && l->n != n)
        return rf_fail(err, RF_USAGE,
                       "--at threshold: found %zu values of --threshold, expected one, or one for each of "
                       "%zu routers",
                       l->n, n);
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++)
        rc = rf_list_real(l, l->n == 1 ? 0 : i, "--threshold", -INFINITY, INFINITY, &out[i], err);
    return rc;
}

static int check(const struct options *o, const struct rf_entrants *e, struct rf_err *err)
{
    const int rc = rf_bench_given(&o->common.bench, err);
    if (rc)
        return rc;
    if (o->at == AT_CALLS && isnan(o->share))
        return rf_fail(err, RF_USAGE, "--at calls: expected --share S, the share of strong calls");
    if (o->at != AT_CALLS && !isnan(o->share))
        return rf_fail(err, RF_USAGE, "--share: expected --at calls with it, found --at %s", at_name[o->at]);
    if ((o->at == AT_COST) == isnan(o->cost))
        return rf_fail(err, RF_USAGE, "--at cost and --cost DOLLARS: expected both or neither");
    if (o->at != AT_THRESHOLD && o->threshold.n)
        return rf_fail(err, RF_USAGE, "--threshold: expected --at threshold with it, found --at %s", at_name[o->at]);
    if (e->model >= 0 && o->at == AT_CURVE)
        return rf_fail(err, RF_USAGE,
                       "--against %s: one model has no curve; expected --at calls or --at threshold with it",
                       rf_alone_name[e->model]);
    if (o->bands && (o->power || o->at != AT_CURVE))
        return rf_fail(err, RF_USAGE, "--bands: expected neither --power nor --at with it: it shows the whole curve");
    if (e->n < 2 && e->model < 0)
        return rf_fail(err, RF_USAGE,
                       "found %zu router, expected two or more: files, or baselines like random, length and task-prior",
                       e->n);
    return 0;
}

/* ---- one benchmark ---- */

struct bout {
    struct rf_bench bench;
    struct rf_clusters cluster;
    struct rf_costs costs;  /* with --at cost */
    struct rf_curve *curve; /* [entrants, and a model] */
    struct rf_contestant *who;
    struct rf_duel *duel;
    size_t contestants, duels;
};

static void bout_release(struct bout *b)
{
    for (size_t i = 0; b->curve && i < b->contestants; i++)
        rf_curve_release(&b->curve[i]);
    rf_free(b->curve);
    rf_free(b->who);
    rf_free(b->duel);
    rf_clusters_release(&b->cluster);
    rf_costs_release(&b->costs);
    rf_bench_release(&b->bench);
}

/* Warns where a file's own prompts measure it. */
static int tell_fitted(const struct rf_entrants *e, size_t i, struct rf_ctx *ctx, const struct rf_bench *bench,
                       struct rf_err *err)
{
    int64_t count = -1;
    if (i >= e->n || e->baseline[i] >= 0)
        return 0;
    const struct rf_router *const r = &e->router[e->file[i]];
    const int rc = rf_fitted_on(r, ctx->db, bench->prompt, bench->n, &count, err);
    if (!rc)
        rf_fitted_on_tell(r, bench->name, count, bench->n, ctx->chat);
    return rc;
}

static int fill_curves(struct bout *b, const struct rf_entrants *e, struct rf_ctx *ctx, const struct options *o,
                       struct rf_err *err)
{
    double *s = NULL;
    int rc = RF_NEW(s, b->bench.n, err);
    for (size_t i = 0; i < b->contestants && !rc; i++) {
        const struct rf_scored scored = { b->bench.n, s, b->bench.strong, b->bench.weak };
        if ((rc = rf_entrants_score(e, i, ctx, &b->bench, &o->common.router, s, err)) ||
            (rc = rf_curve_init(&b->curve[i], &scored, err)) || (rc = tell_fitted(e, i, ctx, &b->bench, err)))
            rf_fail_in(err, "router \"%s\"", e->name[i]);
    }
    rf_free(s);
    return rc ? rc : rf_metrics_check(&b->curve[0], err);
}

/* A budget below the weak model's own cost buys nothing. */
static int fill_costs(struct bout *b, struct rf_db *db, double budget, struct rf_err *err)
{
    double least = 0;
    const int rc = rf_costs_load(&b->costs, db, &b->bench, NULL, err);
    if (rc)
        return rc;
    if (b->costs.unknown)
        return rf_fail(err, RF_BAD_INPUT,
                       "found no cost of %zu of %zu questions, expected one of both models for each: compare at equal "
                       "calls, or ingest results with costs, or with tokens and a price list",
                       b->costs.unknown, b->bench.n);
    for (size_t i = 0; i < b->bench.n; i++)
        least += b->costs.weak[i] / (double)b->bench.n;
    return budget < least
               ? rf_fail(err, RF_USAGE, "--cost: found %g dollars a prompt, expected at least %g, what %s alone costs",
                         budget, least, b->bench.weak_name)
               : 0;
}

static int fill_measures(struct bout *b, const struct rf_entrants *e, const struct options *o, struct rf_err *err)
{
    static const enum rf_measure_kind kind[] = { RF_MEASURE_APGR, RF_MEASURE_CALLS, RF_MEASURE_COST,
                                                 RF_MEASURE_THRESHOLD };
    double *threshold = NULL;
    int rc = RF_NEW(threshold, e->n, err);
    if (rc || (o->at == AT_THRESHOLD && (rc = parse_thresholds(o, e->n, threshold, err))))
        goto out;
    for (size_t i = 0; i < b->contestants; i++) {
        b->who[i].curve = &b->curve[i];
        const double at = o->at == AT_CALLS ? o->share : o->at == AT_COST ? o->cost : threshold[i < e->n ? i : 0];
        b->who[i].measure = i < e->n
                                ? (struct rf_measure){ kind[o->at], at, b->costs.weak, b->costs.strong }
                                : (struct rf_measure){ RF_MEASURE_THRESHOLD, rf_alone_threshold[e->model], NULL, NULL };
    }
out:
    rf_free(threshold);
    return rc;
}

static void fill_duels(struct bout *b, const struct rf_entrants *e, double margin)
{
    for (size_t i = 0; i < e->n; i++)
        for (size_t j = i + 1; j < e->n && e->against == SIZE_MAX; j++)
            b->duel[b->duels++] = (struct rf_duel){ .a = i, .b = j, .margin = margin };
    for (size_t i = 0; i < e->n && e->against != SIZE_MAX; i++)
        if (i != e->against)
            b->duel[b->duels++] = (struct rf_duel){ .a = i, .b = e->against, .margin = margin };
}

/* What figures of the table are multiplied by. */
static double scale_of(const struct bout *b, const struct options *o)
{
    return o->at == AT_CURVE ? 1 : rf_bench_scale(&b->bench);
}

static int fight(struct bout *b, const struct rf_entrants *e, struct rf_ctx *ctx, const char *bench,
                 const struct options *o, struct rf_err *err)
{
    const struct rf_bench_options bo = { bench, o->common.strong, o->common.weak, o->common.keep_contaminated };
    int rc = rf_bench_load(&b->bench, ctx->db, &bo, err);
    if (rc)
        return rc;
    b->contestants = e->n + (e->model >= 0);
    if ((rc = rf_clusters_find(&b->cluster, &b->bench, ctx->db, err)) || (rc = RF_NEW(b->curve, b->contestants, err)) ||
        (rc = RF_NEW(b->who, b->contestants, err)) || (rc = RF_NEW(b->duel, e->n * e->n, err)) ||
        (rc = fill_curves(b, e, ctx, o, err)) || (o->at == AT_COST && (rc = fill_costs(b, ctx->db, o->cost, err))) ||
        (rc = fill_measures(b, e, o, err)))
        goto out;
    const double scale = scale_of(b, o), gap = b->curve[0].strong - b->curve[0].weak;
    const struct rf_compare_options co = { .resamples = (size_t)o->common.resamples,
                                           .seed = ctx->seed,
                                           .threads = ctx->threads,
                                           .interval = (enum rf_interval_kind)o->common.interval,
                                           .family = (enum rf_family)o->family,
                                           .level = o->level,
                                           .delta = !isnan(o->delta)    ? o->delta / scale
                                                    : o->at == AT_CURVE ? .02
                                                                        : .02 * gap,
                                           .poisson = o->poisson,
                                           .cluster = b->cluster.of,
                                           .clusters = b->cluster.n };
    fill_duels(b, e, o->non_inferior / scale);
    rc = rf_compare(b->who, b->contestants, &co, b->duel, b->duels, err);
out:
    return rc ? rf_fail_in(err, "benchmark \"%s\"", bench) : 0;
}

/* ---- out ---- */

/* Missing where each prompt is one of its own. */
static int add_clusters(struct rf_table *t, const struct bout *b, struct rf_err *err)
{
    return b->cluster.of ? rf_table_int(t, (int64_t)b->cluster.n, err) : rf_table_missing(t, err);
}

static int add_head(struct rf_table *t, const struct bout *b, const struct rf_duel *d, const struct rf_entrants *e,
                    const struct options *o, struct rf_err *err)
{
    struct rf_buf at = { 0 };
    int rc = rf_table_text(t, b->bench.name, err);
    if (rc || (rc = rf_table_int(t, (int64_t)b->bench.n, err)) || (rc = add_clusters(t, b, err)) ||
        (rc = o->at == AT_CALLS  ? rf_buf_printf(&at, err, "calls %g%%", 100 * o->share)
              : o->at == AT_COST ? rf_buf_printf(&at, err, "cost $%g", o->cost)
                                 : rf_buf_printf(&at, err, "%s", at_name[o->at])) ||
        (rc = rf_table_text(t, at.data, err)) || (rc = rf_table_text(t, e->name[d->a], err)))
        goto out;
    rc = rf_table_text(t, e->name[d->b], err);
out:
    rf_buf_release(&at);
    return rc;
}

/* Share of strong calls at a contestant's threshold, %. */
static double calls_of(const struct rf_contestant *c)
{
    return c->measure.kind == RF_MEASURE_THRESHOLD
               ? 100 * rf_curve_share(c->curve, rf_curve_vertex(c->curve, c->measure.at))
           : c->measure.kind == RF_MEASURE_CALLS ? 100 * c->measure.at
                                                 : (double)NAN;
}

static int add_duel(struct rf_table *t, const struct bout *b, const struct rf_duel *d, const struct rf_entrants *e,
                    const struct options *o, struct rf_err *err)
{
    const double scale = scale_of(b, o);
    const double figure[] = { calls_of(&b->who[d->a]),
                              calls_of(&b->who[d->b]),
                              scale * d->value_a,
                              scale * d->value_b,
                              scale * d->difference,
                              scale * d->low,
                              scale * d->high,
                              scale * d->se,
                              d->p,
                              d->p_swap,
                              d->p_family,
                              d->p_equivalent };
    int rc = add_head(t, b, d, e, o, err);
    for (size_t i = 0; i < COUNT(figure) && !rc; i++)
        rc = rf_table_real(t, figure[i], err);
    if (rc || (rc = rf_table_text(t, rf_verdict_name[d->verdict], err)))
        return rc;
    return isnan(d->needed) || d->needed > 9e15 ? rf_table_missing(t, err) : rf_table_int(t, (int64_t)d->needed, err);
}

static int add_power(struct rf_table *t, const struct bout *b, const struct rf_duel *d, const struct rf_entrants *e,
                     const struct options *o, struct rf_err *err)
{
    static const double step[] = { .01, .02, .03, .05, .1, .2 }; /* of the gap between the models */
    const double scale = scale_of(b, o), unit = o->at == AT_CURVE ? 1 : b->curve[0].strong - b->curve[0].weak;
    int rc = 0;
    for (size_t i = 0; i < COUNT(step) && !rc; i++) {
        const double wanted = step[i] * unit;
        const double needed = rf_power_needed(wanted, d->se, (double)b->bench.n, o->level, 0);
        if ((rc = add_head(t, b, d, e, o, err)) || (rc = rf_table_real(t, scale * d->se, err)) ||
            (rc = rf_table_real(t, scale * rf_power_detectable(d->se, o->level), err)) ||
            (rc = rf_table_real(t, scale * wanted, err)) ||
            (rc = rf_table_real(t, rf_power_of(wanted, d->se, o->level), err)))
            return rc;
        rc = rf_table_int(t, (int64_t)fmin(needed, 9e15), err);
    }
    return rc;
}

static int add_bands(struct rf_table *t, const struct bout *b, const struct rf_duel *d, const struct rf_entrants *e,
                     struct rf_ctx *ctx, const struct options *o, struct rf_err *err)
{
    const struct rf_boot_options bo = { .resamples = (size_t)o->common.resamples,
                                        .seed = ctx->seed,
                                        .threads = ctx->threads,
                                        .poisson = o->poisson,
                                        .cluster = b->cluster.of,
                                        .clusters = b->cluster.n };
    const double scale = rf_bench_scale(&b->bench);
    struct rf_compare_band *band = NULL;
    int rc = RF_NEW(band, 1, err);
    if (!rc)
        rc = rf_compare_band(&b->curve[d->a], &b->curve[d->b], &bo, o->level, band, err);
    for (size_t i = 0; i < RF_BAND_POINTS && !rc; i++) {
        const double figure[] = { band->value[RF_SIDE_A][i],
                                  band->value[RF_SIDE_B][i],
                                  band->value[RF_SIDE_DIFFERENCE][i],
                                  band->low[RF_SIDE_DIFFERENCE][i],
                                  band->high[RF_SIDE_DIFFERENCE][i],
                                  band->sim_low[RF_SIDE_DIFFERENCE][i],
                                  band->sim_high[RF_SIDE_DIFFERENCE][i] };
        (void)((rc = rf_table_text(t, b->bench.name, err)) || (rc = rf_table_int(t, (int64_t)b->bench.n, err)) ||
               (rc = add_clusters(t, b, err)) || (rc = rf_table_text(t, e->name[d->a], err)) ||
               (rc = rf_table_text(t, e->name[d->b], err)) || (rc = rf_table_real(t, (double)i, err)));
        for (size_t k = 0; k < COUNT(figure) && !rc; k++)
            rc = rf_table_real(t, scale * figure[k], err);
    }
    rf_free(band);
    return rc;
}

static int store(struct rf_stmt *s, const struct bout *b, const struct rf_entrants *e, const struct options *o,
                 struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < b->duels && !rc; i++) {
        const struct rf_duel *d = &b->duel[i];
        struct rf_buf pair = { 0 };
        if (!(rc = rf_buf_printf(&pair, err, "%s - %s", e->name[d->a], e->name[d->b])))
            rc =
                rf_run_metric(s, b->bench.name, pair.data, o->at == AT_CURVE ? "apgr_difference" : "quality_difference",
                              d->difference, d->low, d->high, err);
        rf_buf_release(&pair);
    }
    return rc;
}

static int compare(struct rf_ctx *ctx, const struct options *o, const struct rf_entrants *e, struct rf_table *t,
                   int64_t run, struct rf_sha256 *hash, struct rf_err *err)
{
    struct rf_progress bar = { 0 };
    struct rf_stmt *s = NULL;
    int rc = rf_db_begin(ctx->db, err);
    if (rc || (rc = rf_run_metric_new(&s, ctx->db, run, err)))
        goto out;
    rf_progress_start(&bar, "compare", "benchmarks", o->common.bench.n);
    for (size_t i = 0; i < o->common.bench.n && !rc; i++) {
        struct bout b = { 0 };
        if (!(rc = fight(&b, e, ctx, o->common.bench.v[i], o, err)) && !(rc = store(s, &b, e, o, err)))
            rc = rf_sha256_add(hash, b.bench.sha256, RF_SHA256_HEX - 1, err);
        for (size_t k = 0; k < b.duels && !rc; k++)
            rc = o->bands ? add_bands(t, &b, &b.duel[k], e, ctx, o, err)
                          : (o->power ? add_power : add_duel)(t, &b, &b.duel[k], e, o, err);
        if (!rc)
            rc = rf_progress_step(&bar, i + 1, b.bench.name, err);
        bout_release(&b);
    }
    rf_progress_end(&bar);
out:
    rf_stmt_free(s);
    if (!rc)
        rc = rf_db_commit(ctx->db, err);
    if (rc)
        rf_db_rollback(ctx->db);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *o = opts;
    const char *against = !o->against && !isnan(o->non_inferior) ? rf_alone_name[0] : o->against;
    struct rf_entrants e = { 0 };
    struct rf_table *t = NULL;
    struct rf_sha256 *hash = NULL;
    struct rf_run row = { 0 };
    char hex[RF_SHA256_HEX];
    int rc;
    if ((rc = rf_entrants_load(&e, ctx->db, args, (size_t)nargs, &o->common.router, against, err)) ||
        (rc = check(o, &e, err)) || (rc = rf_run_begin(&row, ctx, err)) || (rc = rf_sha256_new(&hash, err)) ||
        (rc = o->bands   ? rf_table_new(&t, band_column, COUNT(band_column), err)
              : o->power ? rf_table_new(&t, power_column, COUNT(power_column), err)
                         : rf_table_new(&t, duel_column, COUNT(duel_column), err)) ||
        (rc = compare(ctx, o, &e, t, row.id, hash, err)) || (rc = rf_sha256_end_hex(hash, hex, err)))
        goto out;
    if (o->poisson)
        fputs("the bootstrap draws Poisson counts, not multinomial ones\n", ctx->chat);
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rc = rf_run_close(&row, ctx, rc, rc ? NULL : hex, err);
    rf_sha256_free(hash);
    rf_table_free(t);
    rf_entrants_release(&e);
    return rc;
}

const struct rf_cmd rf_cmd_compare = {
    .name = "compare",
    .summary = "duels of routers: better, worse, equivalent or undecided",
    .args = "ROUTER...",
    .about = "Compares routers (files, names of stored scores, and the baselines random, length,\n"
             "shorter, task-prior, script-prior and oracle by name), two by two on the same\n"
             "prompts: by APGR over the whole curve, by quality at an equal share\n"
             "of strong calls, at an equal cost, or at one threshold each. Prints the difference a - b\n"
             "with its interval and the p-values of a paired bootstrap (p) and of a permutation\n"
             "test that swaps the two routers prompt by prompt (p_swap), and the larger of both\n"
             "adjusted for the number of duels (p_family). A verdict of better or worse needs\n"
             "p_family; equivalent means within --delta by two one-sided tests; undecided says\n"
             "how many prompts would decide with 80% power, were the difference as found.\n"
             "Questions with the same text, and those that `overlap` found alike, are drawn and\n"
             "swapped together: clusters says how many groups there are, where any has more than\n"
             "one question.",
    .examples = "routefit compare --bench gsm8k length random\n"
                "routefit compare --bench gsm8k,mt-bench logistic.safetensors mf.safetensors length\n"
                "routefit compare --bench gsm8k --at calls --share 0.3 --non-inferior 2 length\n"
                "routefit compare --bench gsm8k --bands length random\n"
                "routefit compare --bench gsm8k --power length random",
    .opts = { rf_evaluate_table, table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = -1,
    .need = RF_NEED_WRITE,
    .run = run,
};
