/* routefit offpolicy: what other thresholds would have brought, from a log of routed traffic. A filter: no database. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "core/numbers.h"
#include "core/stats.h"
#include "eval/commands.h"
#include "eval/offpolicy.h"

struct options {
    struct rf_traffic_options traffic;
    struct rf_list threshold;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, threshold, "threshold", 't', RF_OPT_LIST, "P,...", NULL, NULL, 0, 0,
           "Thresholds to evaluate: strong from this win rate on."),
    RF_OPT(struct options, traffic.strong, "strong", 0, RF_OPT_TEXT, "NAME", "strong", NULL, 0, 0,
           "The log's name of the strong model."),
    RF_OPT(struct options, traffic.weak, "weak", 0, RF_OPT_TEXT, "NAME", "weak", NULL, 0, 0, "And of the weak one."),
    RF_OPT(struct options, traffic.map, "map", 'm', RF_OPT_LIST, "COLUMN=FIELD,...", NULL, NULL, 0, 0,
           "Columns that the log calls otherwise: score=win_rate."),
    RF_OPT_END,
};

static const struct rf_column columns[] = {
    RF_COLUMN_TEXT("policy"),     RF_COLUMN_REAL("threshold", 5, .shown = RF_SHOWN_NEVER),
    RF_COLUMN_INT("n"),           RF_COLUMN_REAL("strong_calls_pct", 1),
    RF_COLUMN_INT("matched"),     RF_COLUMN_REAL("ess", 0),
    RF_COLUMN_INTERVAL("dr", 4),  RF_COLUMN_INTERVAL("snips", 4),
    RF_COLUMN_INTERVAL("ips", 4), RF_COLUMN_INTERVAL("usd_per_1000", 4, .shown = RF_SHOWN_FILLED),
};

static int add_estimate(struct rf_table *t, struct rf_estimate e, double scale, struct rf_err *err)
{
    const double half = RF_NORMAL_95 * e.se;
    int rc = rf_table_real(t, scale * e.value, err);
    if (!rc && !(rc = rf_table_real(t, scale * (e.value - half), err)))
        rc = rf_table_real(t, scale * (e.value + half), err);
    return rc;
}

static int add_policy(struct rf_table *t, struct rf_ctx *ctx, const struct rf_traffic *log, const char *name,
                      double threshold, const double (*expected)[2], struct rf_err *err)
{
    struct rf_offpolicy p;
    int rc = rf_offpolicy_of(log, threshold, expected, &p, err);
    if (rc || (rc = rf_table_text(t, name, err)) ||
        (rc = rf_table_real(t, isfinite(threshold) ? threshold : NAN, err)) ||
        (rc = rf_table_int(t, (int64_t)log->n, err)) || (rc = rf_table_real(t, 100 * p.share, err)) ||
        (rc = rf_table_int(t, (int64_t)p.matched, err)) || (rc = rf_table_real(t, p.ess, err)) ||
        (rc = add_estimate(t, p.dr, 1, err)) || (rc = add_estimate(t, p.snips, 1, err)) ||
        (rc = add_estimate(t, p.ips, 1, err)))
        return rc;
    if (fabs(p.weight.value - 1) > 4 * p.weight.se)
        fprintf(
            ctx->chat,
            "%s: the weights' mean is %.3f, expected 1 within %.3f: the log's propensities are not those that it was "
            "drawn by\n",
            name, p.weight.value, 4 * p.weight.se);
    return add_estimate(t, p.cost, 1000, err);
}

/* What the log itself brought. */
static int add_logged(struct rf_table *t, const struct rf_traffic *log, struct rf_err *err)
{
    struct rf_estimate e = { 0 }, cost = { 0 };
    size_t strong = 0;
    int rc;
    for (size_t i = 0; i < log->n; i++) {
        strong += log->row[i].strong;
        e.value += log->row[i].reward / (double)log->n;
        cost.value += log->row[i].cost / (double)log->n;
    }
    for (size_t i = 0; i < log->n; i++) {
        e.se += pow(log->row[i].reward - e.value, 2);
        cost.se += pow(log->row[i].cost - cost.value, 2);
    }
    const double of_mean = (double)log->n * ((double)log->n - 1);
    e.se = sqrt(e.se / of_mean);
    cost.se = sqrt(cost.se / of_mean);
    if ((rc = rf_table_text(t, "as logged", err)) || (rc = rf_table_missing(t, err)) ||
        (rc = rf_table_int(t, (int64_t)log->n, err)) ||
        (rc = rf_table_real(t, 100. * (double)strong / (double)log->n, err)) ||
        (rc = rf_table_int(t, (int64_t)log->n, err)) || (rc = rf_table_real(t, (double)log->n, err)))
        return rc;
    for (int i = 0; i < 3 && !rc; i++)
        rc = add_estimate(t, e, 1, err);
    return rc ? rc : add_estimate(t, cost, 1000, err);
}

/* A log that always did the same says nothing of anything else. */
static int check_random(const struct rf_traffic *log, struct rf_err *err)
{
    for (size_t i = 0; i < log->n; i++)
        if (log->row[i].propensity < 1)
            return 0;
    return rf_fail(
        err, RF_BAD_INPUT,
        "no overlap: all propensities are 1, the log's router never chose at random; let it send a small share "
        "of requests to the other model and log with which probability");
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    struct rf_traffic log = { 0 };
    struct rf_table *t = NULL;
    double(*expected)[2] = NULL;
    int rc;
    (void)nargs;
    if (!o->threshold.n) {
        rc = rf_fail(err, RF_USAGE, "found no policy to evaluate, expected --threshold P,...");
        goto out;
    }
    if ((rc = rf_traffic_read(&log, args[0], &o->traffic, err)) || (rc = check_random(&log, err)) ||
        (rc = RF_NEW(expected, log.n, err)) || (rc = rf_offpolicy_model(&log, ctx->seed, expected, err)) ||
        (rc = rf_table_new(&t, columns, sizeof columns / sizeof *columns, err)))
        goto out;
    for (size_t i = 0; i < o->threshold.n && !rc; i++) {
        double v;
        char name[64];
        snprintf(name, sizeof name, "threshold %.40s", o->threshold.v[i]);
        if (!(rc = rf_list_real(&o->threshold, i, "--threshold", -DBL_MAX, DBL_MAX, &v, err)))
            rc = add_policy(t, ctx, &log, name, v, (const double(*)[2])expected, err);
    }
    if (!rc && !(rc = add_logged(t, &log, err)))
        rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_traffic_release(&log);
    rf_table_free(t);
    rf_free(expected);
    return rc;
}

const struct rf_cmd rf_cmd_offpolicy = {
    .name = "offpolicy",
    .summary = "what other thresholds would have brought, from a log of routed traffic",
    .args = "LOG|-",
    .about = "Reads requests as JSON lines or CSV: win_rate, model (who answered), propensity\n"
             "(probability with which the router of that day chose so), reward, and cost in $\n"
             "where it is known. For each threshold it prints the mean reward that it would\n"
             "have brought, with 95% intervals: doubly robust (dr), self-normalised (snips) and\n"
             "plain (ips) inverse propensity weighting, and the effective sample size (ess):\n"
             "how many requests of equal weight the estimate is worth. Refuses logs without\n"
             "overlap, where the log never did what the threshold would do. No database is\n"
             "read or written.",
    .examples = "routefit offpolicy traffic.jsonl --threshold 0.3,0.5\n"
                "routefit offpolicy traffic.csv -t 0.5 --strong gpt-4 --weak mixtral --map p=propensity --json",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_NOTHING,
    .run = run,
};
