/* routefit calibrate: thresholds for a wanted share of strong calls, a budget or a quality. A threshold is a setting of
 * the deployment: weights are not touched. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/numbers.h"
#include "core/run.h"
#include "core/run_metric.h"
#include "core/share.h"
#include "core/stats.h"
#include "eval/bench.h"
#include "eval/commands.h"
#include "eval/curve.h"
#include "eval/fitted_on.h"
#include "eval/floor.h"
#include "eval/interval.h"
#include "eval/log.h"
#include "eval/price.h"
#include "eval/threshold.h"

struct options {
    const char *on, *scores;
    struct rf_list share, budget, keep, loss;
    const char *bench, *strong, *weak, *date;
    struct rf_list range, output_tokens;
    double bytes_per_token, confidence, shrink;
    int by;
    struct rf_router_options router;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, on, "on", 0, RF_OPT_TEXT, "SET", NULL, NULL, 0, 0,
           "Log of prompts in the database: a source, a benchmark, a split's part, all; no labels are needed."),
    RF_OPT(struct options, scores, "scores", 0, RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Log as win rates, a line each as `score` prints them; - for stdin. No database is read."),
    RF_OPT(struct options, share, "share", 's', RF_OPT_LIST, "P,...", NULL, NULL, 0, 0,
           "Wanted shares of strong calls, from 0 to 1."),
    RF_OPT(struct options, budget, "budget", 0, RF_OPT_LIST, "USD,...", NULL, NULL, 0, 0,
           "Wanted costs of 1,000 requests, by the models' prices and the log's lengths."),
    RF_OPT(struct options, keep, "keep", 0, RF_OPT_LIST, "P,...", NULL, NULL, 0, 0,
           "Parts of the strong model's quality to keep, as 0.95; needs --bench."),
    RF_OPT(struct options, loss, "max-loss", 0, RF_OPT_LIST, "D,...", NULL, NULL, 0, 0,
           "Largest loss against the strong model, in points as eval prints qualities; needs --bench."),
    RF_OPT(
        struct options, bench, "bench", 'b', RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
        "Benchmark with the answers' scores, for --keep and --max-loss; the router must not have been fitted on it."),
    RF_OPT(struct options, strong, "strong", 0, RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0,
           "Strong model: of the benchmark, and of the price lists."),
    RF_OPT(struct options, weak, "weak", 0, RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0, "Weak model, likewise."),
    RF_OPT(struct options, confidence, "confidence", 0, RF_OPT_REAL, "P", "0.95", NULL, 0.5, 0.9999,
           "Of the intervals and of what --keep and --max-loss promise."),
    RF_OPT(struct options, range, "range", 0, RF_OPT_LIST, "LOW,HIGH", NULL, NULL, 0, 0,
           "Range of the benchmark's scores where they are not right or wrong: 1,10."),
    RF_OPT(struct options, by, "by", 0, RF_OPT_CHOICE, "WHAT", "nothing", RF_LOG_BY_CHOICES, 0, 0,
           "Also a threshold for each segment of the log, for --share."),
    RF_OPT(struct options, shrink, "shrink", 0, RF_OPT_REAL, "N", "100", NULL, 0, 1e9,
           "A segment's threshold is drawn to the log's as if that stood for N more prompts."),
    RF_OPT(struct options, date, "date", 0, RF_OPT_TEXT, "DAY", NULL, NULL, 0, 0,
           "Prices that held on that day, as 2024-05-31; without it the latest."),
    RF_OPT(struct options, output_tokens, "output-tokens", 0, RF_OPT_LIST, "STRONG,WEAK", NULL, NULL, 0, 0,
           "Mean tokens of the models' answers; without it as their results in the database have them."),
    RF_OPT(struct options, bytes_per_token, "bytes-per-token", 0, RF_OPT_REAL, "N", "4", NULL, 0.1, 100,
           "Length of a token in bytes, where only bytes are known."),
    RF_ROUTER_OPTIONS(struct options, router),
    RF_OPT_END,
};

static const struct rf_column columns[] = {
    RF_COLUMN_TEXT("wanted"),
    RF_COLUMN_TEXT("segment", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("n"),
    RF_COLUMN_REAL("threshold", 5),
    RF_COLUMN_INTERVAL("strong_calls_pct", 1),
    RF_COLUMN_INTERVAL("usd_per_1000", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("quality", 2, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("strong_quality", 2, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("p_value", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("model"),
};

/* A row of the table; NaN and NULL: missing. */
struct row {
    char wanted[64];
    const char *segment;
    size_t n, calls;
    double threshold, usd, usd_se, quality, strong_quality, p;
};

/* What one call works with. */
struct calibration {
    const struct options *o;
    struct rf_ctx *ctx;
    const char *name; /* of the router */
    struct rf_log log;
    double *sorted; /* [log.n] win rates, ascending */
    struct rf_table *t;
    struct rf_stmt *keep; /* for the run's metrics; NULL without a database */
};

static int pair_of(const struct rf_list *l, double low, double high, const char *option, double out[2],
                   struct rf_err *err)
{
    if (l->n != 2)
        return rf_fail(err, RF_USAGE, "%s: found %zu numbers, expected two", option, l->n);
    const int rc = rf_list_real(l, 0, option, low, high, &out[0], err);
    return rc ? rc : rf_list_real(l, 1, option, low, high, &out[1], err);
}

/* ---------------------------------------------------------------- rows */

static int keep_figure(struct calibration *c, const struct row *r, const char *what, double v, double low, double high,
                       struct rf_err *err)
{
    char name[160];
    if (!c->keep)
        return 0;
    snprintf(name, sizeof name, "%s@%s%s%.60s", what, r->wanted, r->segment ? " of " : "",
             r->segment ? r->segment : "");
    return rf_run_metric(c->keep, c->o->on ? c->o->on : c->o->bench, c->name, name, v, low, high, err);
}

static int add_row(struct calibration *c, const struct row *r, struct rf_err *err)
{
    const double usd_half = rf_normal_quantile((1 + c->o->confidence) / 2) * r->usd_se;
    struct rf_buf model = { 0 };
    double low, high;
    int rc;
    rf_share_interval(r->calls, r->n, c->o->confidence, &low, &high);
    const double real[] = { r->threshold,
                            100. * (double)r->calls / (double)r->n,
                            100 * low,
                            100 * high,
                            1000 * r->usd,
                            1000 * (r->usd - usd_half),
                            1000 * (r->usd + usd_half),
                            r->quality,
                            r->strong_quality,
                            r->p };
    if ((rc = rf_table_text(c->t, r->wanted, err)) || (rc = rf_table_text(c->t, r->segment, err)) ||
        (rc = rf_table_int(c->t, (int64_t)r->n, err)))
        goto out;
    for (size_t i = 0; i < sizeof real / sizeof *real && !rc; i++)
        rc = rf_table_real(c->t, real[i], err);
    char threshold[32];
    rf_real_text(r->threshold, threshold);
    if (!rc && !(rc = rf_buf_printf(&model, err, "router-%s-%s", c->name, threshold)) &&
        !(rc = rf_table_text(c->t, isnan(r->threshold) ? NULL : model.data, err)) &&
        !(rc = keep_figure(c, r, "threshold", r->threshold, NAN, NAN, err)) &&
        !(rc = keep_figure(c, r, "strong_calls", (double)r->calls / (double)r->n, low, high, err)))
        rc = keep_figure(c, r, "usd", r->usd, r->usd - usd_half, r->usd + usd_half, err);
out:
    rf_buf_release(&model);
    return rc;
}

static struct row empty_row(size_t n)
{
    return (struct row){ .n = n, .usd = NAN, .usd_se = NAN, .quality = NAN, .strong_quality = NAN, .p = NAN };
}

/* ---------------------------------------------------------------- shares */

/* Thresholds of segments, each drawn to the log's own. */
static int add_segments(struct calibration *c, const struct row *all, double share, double plain, struct rf_err *err)
{
    const struct rf_log *const l = &c->log;
    double *own = NULL;
    int rc = RF_NEW(own, l->n, err);
    for (size_t g = 0; g < l->segments.n && !rc; g++) {
        struct row r = empty_row(0);
        memcpy(r.wanted, all->wanted, sizeof r.wanted);
        r.segment = l->segments.v[g];
        for (size_t i = 0; i < l->n; i++)
            if (l->segment[i] == g)
                own[r.n++] = l->score[i];
        if (!r.n)
            continue;
        rf_sort_doubles(own, r.n);
        const double weight = (double)r.n / ((double)r.n + c->o->shrink);
        r.threshold =
            rf_threshold_short(own, r.n, weight * rf_threshold_for_share(own, r.n, share) + (1 - weight) * plain);
        r.calls = rf_threshold_calls(own, r.n, r.threshold);
        rc = add_row(c, &r, err);
    }
    rf_free(own);
    return rc;
}

static int add_shares(struct calibration *c, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < c->o->share.n && !rc; i++) {
        struct row r = empty_row(c->log.n);
        double share;
        if ((rc = rf_list_real(&c->o->share, i, "--share", 0, 1, &share, err)))
            break;
        const double t = rf_threshold_for_share(c->sorted, c->log.n, share);
        snprintf(r.wanted, sizeof r.wanted, "%.6g%% strong calls", 100 * share);
        r.threshold = rf_threshold_short(c->sorted, c->log.n, t);
        r.calls = rf_threshold_calls(c->sorted, c->log.n, r.threshold);
        rc = add_row(c, &r, err);
        if (!rc && c->o->by != RF_BY_NOTHING)
            rc = add_segments(c, &r, share, t, err);
    }
    return rc;
}

/* ---------------------------------------------------------------- budgets */

/* What a model costs for each prompt of the log. */
static int price_log(const struct calibration *c, const char *model, double tokens, double *usd, struct rf_err *err)
{
    struct rf_price_of p = { 0 };
    int rc = rf_price_find(&p, c->ctx->db, model, c->o->date, err);
    if (!rc && isnan(tokens))
        rc = rf_price_output_tokens(&tokens, c->ctx->db, model, c->o->bytes_per_token, err);
    if (!rc && (isnan(p.input) || isnan(p.output)))
        rc = rf_fail(err, RF_BAD_INPUT, "the price list gives no price per token of \"%s\"", model);
    if (!rc && isnan(tokens))
        rc = rf_fail(err, RF_USAGE,
                     "no result says how long the answers of \"%s\" are: give --output-tokens STRONG,WEAK", model);
    if (rc)
        return rc;
    fprintf(c->ctx->chat, "%s: $%.4g and $%.4g per million tokens in and out%s%s, %.0f tokens an answer\n", model,
            1e6 * p.input, 1e6 * p.output, *p.date ? " from " : "", p.date, tokens);
    for (size_t i = 0; i < c->log.n; i++) {
        if (isnan(c->log.bytes[i]))
            return rf_fail(err, RF_BAD_INPUT, "the log has prompts of unknown length: --budget needs their texts");
        usd[i] = p.request + p.input * c->log.bytes[i] / c->o->bytes_per_token + p.output * tokens;
    }
    return 0;
}

static int add_budgets(struct calibration *c, struct rf_err *err)
{
    const struct options *const o = c->o;
    double *strong = NULL, *weak = NULL, tokens[2] = { NAN, NAN };
    int rc = 0;
    if (!o->budget.n)
        return 0;
    if (!c->ctx->db || !o->strong || !o->weak)
        return rf_fail(err, RF_USAGE, "--budget needs a log in the database, and --strong and --weak for their prices");
    if ((o->output_tokens.n && (rc = pair_of(&o->output_tokens, 0, 1e9, "--output-tokens", tokens, err))) ||
        (rc = RF_NEW(strong, c->log.n, err)) || (rc = RF_NEW(weak, c->log.n, err)) ||
        (rc = price_log(c, o->strong, tokens[0], strong, err)) || (rc = price_log(c, o->weak, tokens[1], weak, err)))
        goto out;
    const struct rf_priced p = { c->log.n, c->log.score, strong, weak };
    for (size_t i = 0; i < o->budget.n && !rc; i++) {
        struct row r = empty_row(c->log.n);
        double usd, t;
        if ((rc = rf_list_real(&o->budget, i, "--budget", 0, 1e12, &usd, err)) ||
            (rc = rf_threshold_for_cost(&p, usd / 1000, &t, &r.usd, &r.usd_se, err)))
            break;
        snprintf(r.wanted, sizeof r.wanted, "$%.6g per 1000", usd);
        r.threshold = rf_threshold_short(c->sorted, c->log.n, t);
        r.calls = rf_threshold_calls(c->sorted, c->log.n, r.threshold);
        rc = add_row(c, &r, err);
    }
out:
    rf_free(strong);
    rf_free(weak);
    return rc;
}

/* ---------------------------------------------------------------- qualities */

static int add_floor(struct calibration *c, const struct rf_curve *curve, const struct rf_bench *b,
                     const struct rf_floor_options *f, const char *wanted, struct rf_err *err)
{
    const double scale = rf_bench_scale(b);
    struct row r = empty_row(b->n);
    struct rf_floor found;
    double *sorted = NULL;
    int rc = rf_floor_find(curve, f, &found, err);
    if (rc || (rc = RF_NEW(sorted, b->n, err)))
        goto out;
    for (size_t v = curve->groups, at = 0; v > 0; v--) /* the win rates, ascending */
        for (size_t i = curve->end[v - 1]; i < curve->end[v]; i++)
            sorted[at++] = curve->threshold[v];
    snprintf(r.wanted, sizeof r.wanted, "%s", wanted);
    r.p = found.p;
    r.strong_quality = scale * curve->strong;
    r.calls = curve->end[found.vertex];
    r.quality = scale * rf_curve_quality(curve, found.vertex);
    if (found.certain) {
        const double t = found.vertex ? curve->threshold[found.vertex] : nextafter(curve->threshold[1], INFINITY);
        r.threshold = rf_threshold_short(sorted, b->n, t);
    } else {
        r.threshold = NAN;
        fprintf(c->ctx->chat, "%s: %zu prompts cannot promise that, not even with strong on all of them; ", wanted,
                b->n);
        if (found.prompts)
            fprintf(c->ctx->chat, "about %zu could\n", found.prompts);
        else
            fputs("no number could\n", c->ctx->chat);
    }
    rc = add_row(c, &r, err);
out:
    rf_free(sorted);
    return rc;
}

static int add_qualities(struct calibration *c, const struct rf_router *router, struct rf_err *err)
{
    const struct options *const o = c->o;
    const struct rf_bench_options bo = { o->bench, o->strong, o->weak, false };
    struct rf_floor_options f = { .low = 0, .high = 1, .delta = 1 - o->confidence };
    struct rf_bench b = { 0 };
    struct rf_curve curve = { 0 };
    double *score = NULL, range[2];
    int64_t fitted = -1;
    char wanted[64];
    int rc = 0;
    if (!o->keep.n && !o->loss.n)
        return o->bench ? rf_fail(err, RF_USAGE, "--bench needs --keep or --max-loss: what is to be promised?") : 0;
    if (!c->ctx->db || !o->bench)
        return rf_fail(err, RF_USAGE, "--keep and --max-loss need --bench, a benchmark with the answers' scores");
    if ((rc = rf_bench_load(&b, c->ctx->db, &bo, err)) || (rc = RF_NEW(score, b.n, err)) ||
        (rc = rf_router_score(router, c->ctx->db, &b, &o->router, score, err)) ||
        (rc = rf_fitted_on(router, c->ctx->db, b.prompt, b.n, &fitted, err)))
        goto out;
    rf_fitted_on_tell(router, b.name, fitted, b.n,
                      c->ctx->chat); /* what is promised then holds for new prompts only by luck */
    if (o->range.n && (rc = pair_of(&o->range, -1e12, 1e12, "--range", range, err)))
        goto out;
    if (!o->range.n && !b.right_wrong) {
        rc = rf_fail(err, RF_USAGE, "benchmark \"%s\" has graded scores: give their range, as in --range 1,10",
                     o->bench);
        goto out;
    }
    if (o->range.n) {
        f.low = range[0];
        f.high = range[1];
        if (!(f.low < f.high)) {
            rc = rf_fail(err, RF_USAGE, "found --range %g,%g, expected the lower end first", f.low, f.high);
            goto out;
        }
    }
    const struct rf_scored s = { b.n, score, b.strong, b.weak };
    if ((rc = rf_curve_init(&curve, &s, err)))
        goto out;
    fprintf(c->ctx->chat, "%s: %zu prompts, strong %s, weak %s\n", b.name, b.n, b.strong_name, b.weak_name);
    for (size_t i = 0; i < o->keep.n && !rc; i++) {
        f.loss = 0;
        if (!(rc = rf_list_real(&o->keep, i, "--keep", 1e-6, 1, &f.keep, err))) {
            snprintf(wanted, sizeof wanted, "%.6g%% of strong's quality", 100 * f.keep);
            rc = add_floor(c, &curve, &b, &f, wanted, err);
        }
    }
    for (size_t i = 0; i < o->loss.n && !rc; i++) {
        double points;
        f.keep = 1;
        if (!(rc = rf_list_real(&o->loss, i, "--max-loss", 0, 1e12, &points, err))) {
            f.loss = points / rf_bench_scale(&b);
            snprintf(wanted, sizeof wanted, "at most %.6g below strong", points);
            rc = add_floor(c, &curve, &b, &f, wanted, err);
        }
    }
out:
    rf_curve_release(&curve);
    rf_bench_release(&b);
    rf_free(score);
    return rc;
}

/* ---------------------------------------------------------------- the command */

static enum rf_need needs(const void *opts)
{
    const struct options *const o = opts;
    return o->scores && !o->bench ? RF_NEED_NOTHING : RF_NEED_WRITE;
}

static int check_options(const struct options *o, struct rf_err *err)
{
    const bool log = o->share.n || o->budget.n;
    if (!log && !o->keep.n && !o->loss.n)
        return rf_fail(err, RF_USAGE, "found nothing wanted, expected --share, --budget, --keep or --max-loss");
    if (o->on && o->scores)
        return rf_fail(err, RF_USAGE, "found --on and --scores, expected one log");
    if (log && !o->on && !o->scores)
        return rf_fail(err, RF_USAGE,
                       "--share and --budget need a log: --on SET (`routefit ls` lists sources), or --scores FILE");
    return 0;
}

static int read_log(struct calibration *c, const struct rf_router *router, struct rf_err *err)
{
    const struct options *const o = c->o;
    int rc = 0;
    if (o->scores)
        rc = rf_log_of_scores(&c->log, o->scores, err);
    else if (o->on)
        rc = rf_log_of_set(&c->log, c->ctx->db, o->on, (enum rf_log_by)o->by, router, &o->router, err);
    if (rc || !c->log.n || (rc = RF_NEW(c->sorted, c->log.n, err)))
        return rc;
    memcpy(c->sorted, c->log.score, c->log.n * sizeof *c->sorted);
    rf_sort_doubles(c->sorted, c->log.n);
    return 0;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    struct calibration c = { .o = o, .ctx = ctx };
    struct rf_router *router = NULL;
    struct rf_run row = { 0 };
    int rc;
    (void)nargs;
    if ((rc = check_options(o, err)) ||
        (rc = rf_routers_load(&router, ctx->db, (const char *const *)args, 1, &o->router, NULL, 0, err)))
        goto out;
    c.name = router->name;
    if ((rc = rf_table_new(&c.t, columns, sizeof columns / sizeof *columns, err)))
        goto out;
    if ((ctx->db && (rc = rf_run_begin(&row, ctx, err))) || (rc = read_log(&c, router, err)) ||
        (ctx->db && (rc = rf_db_begin(ctx->db, err))))
        goto out;
    if ((ctx->db && (rc = rf_run_metric_new(&c.keep, ctx->db, row.id, err))) || (rc = add_shares(&c, err)) ||
        (rc = add_budgets(&c, err)) || (rc = add_qualities(&c, router, err))) {
        if (ctx->db)
            rf_db_rollback(ctx->db);
        goto out;
    }
    if (ctx->db && (rc = rf_db_commit(ctx->db, err))) {
        rf_db_rollback(ctx->db);
        goto out;
    }
    rc = rf_table_print(c.t, ctx->out, ctx->format, err);
out:
    rf_stmt_free(c.keep);
    rc = rf_run_close(&row, ctx, rc, *c.log.sha256 ? c.log.sha256 : NULL, err);
    rf_log_release(&c.log);
    rf_free(c.sorted);
    rf_table_free(c.t);
    rf_routers_free(router, 1);
    return rc;
}

const struct rf_cmd rf_cmd_calibrate = {
    .name = "calibrate",
    .summary = "thresholds for a wanted share of strong calls, a budget or a quality",
    .args = "ROUTER",
    .about = "Prints thresholds, and the string router-NAME-THRESHOLD under which RouteLLM's\n"
             "server takes them as a model's name:\n"
             "  --share     from a log without labels: the quantile that RouteLLM takes. The\n"
             "              interval is exact (Clopper-Pearson): where the share of strong\n"
             "              calls of further prompts like these lies\n"
             "  --budget    the most strong calls that $ per 1,000 requests pay for\n"
             "  --keep, --max-loss\n"
             "              from a benchmark: the fewest strong calls that keep a quality with\n"
             "              the wanted confidence, whatever the number of prompts (learn then\n"
             "              test); no threshold where the prompts are too few to promise it\n"
             "With --by each segment of the log gets a threshold of its own, drawn to the\n"
             "common one where it has few prompts. The weights are not touched.",
    .examples =
        "routefit calibrate router.safetensors --on prompts --share 0.1,0.2,0.5\n"
        "routefit score router.safetensors prompts.txt | routefit calibrate router.safetensors --scores - -s 0.2\n"
        "routefit calibrate router.safetensors --bench gsm8k --keep 0.95\n"
        "routefit calibrate router.safetensors --on prompts --budget 5 --strong gpt-4-1106-preview --weak "
        "mixtral-8x7b-instruct-v0.1",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_WRITE,
    .needs = needs,
    .run = run,
};
