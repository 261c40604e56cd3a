/* routefit drift: does a new log of prompts look to a router as the one did by which its threshold was chosen? */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "core/numbers.h"
#include "core/share.h"
#include "core/stats.h"
#include "eval/commands.h"
#include "eval/drift.h"
#include "eval/log.h"
#include "eval/threshold.h"

struct options {
    const char *old_set, *new_set, *old_scores, *new_scores;
    struct rf_list threshold;
    struct rf_router_options router;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, old_set, "old", 0, RF_OPT_TEXT, "SET", NULL, NULL, 0, 0,
           "The log that the threshold was chosen by: a source, a split's part, a benchmark."),
    RF_OPT(struct options, new_set, "new", 0, RF_OPT_TEXT, "SET", NULL, NULL, 0, 0, "The log of today."),
    RF_OPT(struct options, old_scores, "old-scores", 0, RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "The old log as win rates, a line each as `score` prints them."),
    RF_OPT(struct options, new_scores, "new-scores", 0, RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "The new log likewise; - for stdin."),
    RF_OPT(struct options, threshold, "threshold", 't', RF_OPT_LIST, "P,...", NULL, NULL, 0, 0,
           "Thresholds in use; without it that for 50% strong calls on the old log."),
    RF_ROUTER_OPTIONS(struct options, router),
    RF_OPT_END,
};

static const struct rf_column columns[] = {
    RF_COLUMN_REAL("threshold", 5),   RF_COLUMN_INT("old_n"),
    RF_COLUMN_INT("new_n"),           RF_COLUMN_REAL("old_pct", 1),
    RF_COLUMN_INTERVAL("new_pct", 1), RF_COLUMN_REAL("share_p", 4),
    RF_COLUMN_REAL("ks", 3),          RF_COLUMN_REAL("ks_p", 4),
    RF_COLUMN_REAL("psi", 3),         RF_COLUMN_REAL("psi_by_chance", 3),
    RF_COLUMN_TEXT("verdict"),
};

/* Two-sided p-value of two shares being one, by the normal approximation of their pooled difference. */
static double shares_p(size_t a, size_t n, size_t b, size_t m)
{
    const double p = ((double)a + (double)b) / ((double)n + (double)m);
    const double se = sqrt(p * (1 - p) * (1 / (double)n + 1 / (double)m));
    return se > 0 ? erfc(fabs((double)a / (double)n - (double)b / (double)m) / se / sqrt(2)) : 1;
}

/* By custom .1 and .25 of PSI, beyond what chance gives; and a share of strong calls that has moved by more than 2
 * points beyond doubt. */
static const char *verdict(const struct rf_drift *d, double moved, double p)
{
    const double psi = d->psi - d->psi_expected;
    if (psi > .25 || (moved > .02 && p < .01))
        return "recalibrate";
    return psi > .1 || d->ks_p < .01 ? "watch" : "stable";
}

static int add_row(struct rf_table *t, const struct rf_log *old, const struct rf_log *new, const struct rf_drift *d,
                   double threshold, struct rf_err *err)
{
    const size_t a = rf_threshold_calls(old->score, old->n, threshold),
                 b = rf_threshold_calls(new->score, new->n, threshold);
    const double old_share = (double)a / (double)old->n, new_share = (double)b / (double)new->n;
    const double p = shares_p(a, old->n, b, new->n);
    double low, high;
    rf_share_interval(b, new->n, .95, &low, &high);
    const double real[] = { 100 * old_share, 100 * new_share, 100 * low, 100 * high,     p,
                            d->ks,           d->ks_p,         d->psi,    d->psi_expected };
    int rc;
    if ((rc = rf_table_real(t, threshold, err)) || (rc = rf_table_int(t, (int64_t)old->n, err)) ||
        (rc = rf_table_int(t, (int64_t) new->n, err)))
        return rc;
    for (size_t i = 0; i < sizeof real / sizeof *real && !rc; i++)
        rc = rf_table_real(t, real[i], err);
    return rc ? rc : rf_table_text(t, verdict(d, fabs(new_share - old_share), p), err);
}

static int add_rows(struct rf_table *t, const struct rf_log *old, const struct rf_log *new, const struct options *o,
                    struct rf_err *err)
{
    struct rf_drift d;
    int rc = 0;
    rf_drift_of(old->score, old->n, new->score, new->n, &d);
    if (!o->threshold.n)
        return add_row(t, old, new, &d,
                       rf_threshold_short(old->score, old->n, rf_threshold_for_share(old->score, old->n, .5)), err);
    for (size_t i = 0; i < o->threshold.n && !rc; i++) {
        double v;
        if (!(rc = rf_list_real(&o->threshold, i, "--threshold", -DBL_MAX, DBL_MAX, &v, err)))
            rc = add_row(t, old, new, &d, v, err);
    }
    return rc;
}

static int read_log(struct rf_log *l, struct rf_ctx *ctx, const char *set, const char *scores, const char *which,
                    const struct rf_router *r, const struct rf_router_options *o, struct rf_err *err)
{
    if (!set == !scores)
        return rf_fail(err, RF_USAGE, "found %s for the %s log, expected --%s SET or --%s-scores FILE",
                       set ? "two sources" : "none", which, which, which);
    const int rc = scores ? rf_log_of_scores(l, scores, err) : rf_log_of_set(l, ctx->db, set, RF_BY_NOTHING, r, o, err);
    if (!rc)
        rf_sort_doubles(l->score, l->n);
    return rc;
}

static enum rf_need needs(const void *opts)
{
    const struct options *const o = opts;
    return o->old_set || o->new_set ? RF_NEED_READ : RF_NEED_NOTHING;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    struct rf_router *router = NULL;
    struct rf_log old = { 0 }, new = { 0 };
    struct rf_table *t = NULL;
    int rc;
    (void)nargs;
    if ((rc = rf_routers_load(&router, ctx->db, (const char *const *)args, 1, &o->router, NULL, 0, err)) ||
        (rc = read_log(&old, ctx, o->old_set, o->old_scores, "old", router, &o->router, err)) ||
        (rc = read_log(&new, ctx, o->new_set, o->new_scores, "new", router, &o->router, err)) ||
        (rc = rf_table_new(&t, columns, sizeof columns / sizeof *columns, err)) ||
        (rc = add_rows(t, &old, &new, o, err)))
        goto out;
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_log_release(&old);
    rf_log_release(&new);
    rf_table_free(t);
    rf_routers_free(router, 1);
    return rc;
}

const struct rf_cmd rf_cmd_drift = {
    .name = "drift",
    .summary = "does a new log of prompts look to a router as the old one did",
    .args = "ROUTER",
    .about = "Compares the win rates of two logs: the share of strong calls at the thresholds in\n"
             "use, with the exact interval of the new one; the Kolmogorov-Smirnov distance and\n"
             "its p-value; PSI over the old log's tenths, and the PSI that chance alone gives.\n"
             "The verdict is `recalibrate` where PSI passes .25 beyond chance, or a share has\n"
             "moved by more than 2 points with p < .01; `watch` where PSI passes .1 beyond\n"
             "chance or the distance has p < .01; else `stable`.",
    .examples = "routefit drift router.safetensors --old may --new june --threshold 0.11593\n"
                "routefit drift router.safetensors --old-scores may.txt --new-scores june.txt --json",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_READ,
    .needs = needs,
    .run = run,
};
