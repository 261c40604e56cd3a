/* Joins bench, router, curve, metric and boot. Every entry of a benchmark meets the same bootstrap resamples. */
#include "eval/evaluate.h"

#include <math.h>

#include "core/progress.h"
#include "core/run_metric.h"
#include "core/sha256.h"
#include "eval/item_clusters.h"

enum { CURVE_POINTS = 201 }; /* of a stored curve */

const struct rf_opt rf_evaluate_table[] = {
    RF_OPT(struct rf_evaluate_options, bench, "bench", 'b', RF_OPT_LIST, "NAME,...", NULL, NULL, 0, 0,
           "Benchmarks to evaluate on, as `routefit ls` names them."),
    RF_BENCH_OPTIONS(struct rf_evaluate_options),
    RF_OPT(struct rf_evaluate_options, resamples, "resamples", 0, RF_OPT_INT, "N", "2000", NULL, 100, 1e5,
           "Bootstrap resamples behind the 95% intervals."),
    RF_OPT(struct rf_evaluate_options, interval, "interval", 0, RF_OPT_CHOICE, "KIND", "auto", RF_INTERVAL_CHOICES, 0,
           0,
           "Bootstrap intervals: percentile, bca (bias-corrected, accelerated), student (studentised); auto is student "
           "below 200 prompts, bca otherwise."),
    RF_ROUTER_OPTIONS(struct rf_evaluate_options, router),
    RF_OPT_END,
};

static int compat_of(const struct rf_bench *b, const double *score, struct rf_compat *out, struct rf_err *err)
{
    const struct rf_compat_data d = { .n = b->n,
                                      .score = score,
                                      .strong = b->strong_sum,
                                      .weak = b->weak_sum,
                                      .turns = b->turns,
                                      .right_wrong = b->right_wrong,
                                      .n_all = b->n_all,
                                      .strong_all = b->strong_all,
                                      .weak_all = b->weak_all };
    return rf_compat_of(&d, out, err);
}

static int measure(struct rf_entry *t, const struct rf_bench *b, const double *score, const struct rf_boot_options *o,
                   struct rf_err *err)
{
    const struct rf_scored s = { b->n, score, b->strong, b->weak };
    int rc = rf_curve_init(&t->curve, &s, err);
    if (rc || (rc = rf_metrics_check(&t->curve, err)))
        return rc;
    rf_metrics_of(&t->curve, t->metric);
    rc = compat_of(b, score, &t->compat, err);
    return rc ? rc : rf_boot_of(&t->curve, o, &t->boot, err);
}

/* score[all->n] out of the scores of the kept items, which stand at its start: both run in the order of items, so that
 * only what was left out is scored. */
static int score_left_out(const struct rf_router *r, struct rf_db *db, const struct rf_bench *all,
                          const struct rf_bench *kept, const struct rf_router_options *o, double *score,
                          struct rf_err *err)
{
    int64_t *prompt = NULL;
    size_t *at = NULL, *len = NULL, n = 0, j = 0;
    double *more = NULL;
    bool *out = NULL;
    int rc;
    if ((rc = RF_NEW(prompt, all->n, err)) || (rc = RF_NEW(at, all->n, err)) || (rc = RF_NEW(len, all->n, err)) ||
        (rc = RF_NEW(more, all->n, err)) || (rc = RF_NEW(out, all->n, err)))
        goto out;
    for (size_t i = 0; i < all->n; i++) {
        out[i] = j == kept->n || all->prompt[i] != kept->prompt[j];
        j += !out[i];
        if (out[i]) {
            prompt[n] = all->prompt[i];
            at[n] = all->text_at[i];
            len[n++] = all->text_len[i];
        }
    }
    const struct rf_asked a = { all->name, n, prompt, &all->texts, at, len };
    if ((rc = rf_router_score_asked(r, db, &a, o, more, err)))
        goto out;
    for (size_t i = all->n, k = n; i-- > 0;) /* backwards: a kept score never moves to where another one waits */
        score[i] = out[i] ? more[--k] : score[--j];
out:
    rf_free(prompt);
    rf_free(at);
    rf_free(len);
    rf_free(more);
    rf_free(out);
    return rc;
}

/* *apgr over all items, those that were left out with them; NaN where it is not defined, or a vector is missing.
 * score: at its start the scores of the kept items. */
static int measure_all(const struct rf_bench *all, const struct rf_bench *kept, const struct rf_router *router,
                       int baseline, const struct rf_ctx *ctx, const struct rf_router_options *o, double *score,
                       double *apgr, struct rf_err *err)
{
    const struct rf_scored s = { all->n, score, all->strong, all->weak };
    struct rf_err own = { 0 };
    struct rf_curve c = { 0 };
    double metric[RF_METRICS] = { [RF_APGR] = NAN };
    int rc = !router          ? rf_baselines[baseline].score(all, ctx, score, &own)
             : router->stored ? rf_router_score(router, ctx->db, all, o, score, &own)
                              : score_left_out(router, ctx->db, all, kept, o, score, &own);
    const bool scored = rc == (router ? 0 : 1);
    rc = rc > 0 ? 0 : rc;
    if (scored && !(rc = rf_curve_init(&c, &s, &own)))
        rf_metrics_of(&c, metric);
    rf_curve_release(&c);
    *apgr = metric[RF_APGR];
    return rc && rc != RF_BAD_INPUT ? rf_fail(err, rc, "%s", own.msg) : 0;
}

void rf_evaluation_tell(const struct rf_evaluation *e, FILE *chat)
{
    const struct rf_bench *b = &e->bench;
    fprintf(chat, "%s: %zu of %zu items, strong %s, weak %s", b->name, b->n, b->items, b->strong_name, b->weak_name);
    if (b->contaminated)
        fprintf(chat, "; %zu contaminated left out", b->contaminated);
    for (int i = 0; i < RF_OVERLAPS; i++)
        if (b->left_out[i])
            fprintf(chat, "; %zu %s overlaps left out", b->left_out[i], rf_overlap_name[i]);
    if (b->missing)
        fprintf(chat, "; %zu without a score of both left out", b->missing);
    fputc('\n', chat);
}

int rf_evaluate(struct rf_evaluation *e, struct rf_ctx *ctx, const char *name, const struct rf_evaluate_options *o,
                const struct rf_router *router, size_t nrouter, struct rf_err *err)
{
    const struct rf_bench_options bo = { name, o->strong, o->weak, o->keep_contaminated };
    const struct rf_bench_options keep = { name, o->strong, o->weak, true };
    struct rf_boot_options boot = { .resamples = (size_t)o->resamples,
                                    .seed = ctx->seed,
                                    .threads = ctx->threads,
                                    .interval = (enum rf_interval_kind)o->interval };
    struct rf_progress bar = { 0 };
    struct rf_clusters cluster = { 0 };
    struct rf_bench all = { 0 }; /* where items were left out: with them */
    double *score = NULL;
    int rc;
    *e = (struct rf_evaluation){ 0 };
    rf_progress_start(&bar, name, "routers", nrouter + RF_BASELINES);
    if ((rc = rf_bench_load(&e->bench, ctx->db, &bo, err)) ||
        (rc = rf_clusters_find(&cluster, &e->bench, ctx->db, err)) ||
        (e->bench.n < e->bench.n_all && (rc = rf_bench_load(&all, ctx->db, &keep, err))) ||
        (rc = RF_NEW(score, e->bench.n_all, err)) || (rc = RF_NEW(e->entry, nrouter + RF_BASELINES, err)))
        goto out;
    boot.cluster = cluster.of;
    boot.clusters = cluster.n;
    for (size_t i = 0; i < nrouter + RF_BASELINES; i++) {
        struct rf_entry *t = &e->entry[e->n];
        const bool fitted = i < nrouter;
        t->baseline = fitted ? -1 : (int)(i - nrouter);
        t->name = fitted ? router[i].name : rf_baselines[t->baseline].name;
        t->fitted_on = -1;
        if (fitted && ((rc = rf_router_score(&router[i], ctx->db, &e->bench, &o->router, score, err)) ||
                       (rc = rf_fitted_on(&router[i], ctx->db, e->bench.prompt, e->bench.n, &t->fitted_on, err))))
            goto out;
        if (fitted)
            rf_fitted_on_tell(&router[i], name, t->fitted_on, e->bench.n, ctx->chat);
        else if ((rc = rf_baselines[t->baseline].score(&e->bench, ctx, score, err)) < 0)
            goto out;
        else if (!rc)
            continue;
        e->n++;
        if ((rc = measure(t, &e->bench, score, &boot, err))) {
            rf_fail_in(err, "benchmark \"%s\", strong \"%s\", weak \"%s\", router \"%s\"", name, e->bench.strong_name,
                       e->bench.weak_name, t->name);
            goto out;
        }
        t->apgr_all = NAN;
        if (all.n && (rc = measure_all(&all, &e->bench, fitted ? &router[i] : NULL, t->baseline, ctx, &o->router, score,
                                       &t->apgr_all, err)))
            goto out;
        if ((rc = rf_progress_step(&bar, i + 1, t->name, err)))
            goto out;
    }
out:
    rf_progress_end(&bar);
    if (!rc && e->entry[0].boot.undefined)
        fprintf(ctx->chat, "%s: strong is not better in %zu resamples, which the intervals leave out\n", e->bench.name,
                e->entry[0].boot.undefined);
    rf_clusters_release(&cluster);
    rf_bench_release(&all);
    rf_free(score);
    return rc;
}

void rf_evaluation_release(struct rf_evaluation *e)
{
    for (size_t i = 0; i < e->n; i++)
        rf_curve_release(&e->entry[i].curve);
    rf_free(e->entry);
    rf_bench_release(&e->bench);
    *e = (struct rf_evaluation){ 0 };
}

/* ---- into the database ---- */

static int store_metrics(struct rf_stmt *s, const char *bench, const struct rf_entry *t, struct rf_err *err)
{
    const struct {
        const char *name;
        double value;
    } compat[] = { { "compat:cpt20", t->compat.cpt20 },  { "compat:cpt50", t->compat.cpt50 },
                   { "compat:cpt80", t->compat.cpt80 },  { "compat:auc", t->compat.auc },
                   { "compat:apgr", t->compat.apgr },    { "compat:weak", t->compat.weak },
                   { "compat:strong", t->compat.strong } };
    int rc = 0;
    for (size_t i = 0; i < RF_METRICS && !rc; i++)
        rc = rf_run_metric(s, bench, t->name, rf_metric_info[i].name, t->metric[i], t->boot.low[i], t->boot.high[i],
                           err);
    if (!rc)
        rc = rf_run_metric(s, bench, t->name, "apgr_all", t->apgr_all, NAN, NAN, err);
    for (size_t i = 0; i < sizeof compat / sizeof *compat && !rc; i++)
        rc = rf_run_metric(s, bench, t->name, compat[i].name, compat[i].value, NAN, NAN, err);
    return rc;
}

/* Evenly thinned over the vertices; both ends stay. */
static int store_curve(struct rf_stmt *s, const struct rf_entry *t, struct rf_err *err)
{
    const size_t points = t->curve.groups + 1 < CURVE_POINTS ? t->curve.groups + 1 : CURVE_POINTS;
    int rc = 0;
    rf_bind_text(s, 3, t->name);
    for (size_t i = 0; i < points && !rc; i++) {
        const size_t v = (size_t)((double)i / (double)(points - 1) * (double)t->curve.groups + .5);
        rf_bind_int(s, 4, (int64_t)i);
        rf_bind_real(s, 5, rf_curve_share(&t->curve, v));
        rf_bind_real(s, 6, rf_curve_quality(&t->curve, v));
        rf_bind_real(s, 7, v ? t->curve.threshold[v] : NAN);
        rc = rf_run(s, err);
    }
    return rc;
}

static int store(const struct rf_evaluation *e, struct rf_db *db, int64_t run, struct rf_err *err)
{
    struct rf_stmt *metric = NULL, *curve = NULL;
    int rc = rf_run_metric_new(&metric, db, run, err);
    if (rc || (rc = rf_stmt_new(&curve, db,
                                "INSERT INTO curve(run, bench, router, point, strong_share, quality, threshold) "
                                "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                                err)))
        goto out;
    rf_bind_int(curve, 1, run);
    rf_bind_text(curve, 2, e->bench.name);
    for (size_t i = 0; i < e->n && !rc; i++)
        if (!(rc = store_metrics(metric, e->bench.name, &e->entry[i], err)))
            rc = store_curve(curve, &e->entry[i], err);
out:
    rf_stmt_free(metric);
    rf_stmt_free(curve);
    return rc;
}

static int fingerprint(const struct rf_evaluation *e, size_t n, char *hex, struct rf_err *err)
{
    struct rf_sha256 *h = NULL;
    int rc = rf_sha256_new(&h, err);
    for (size_t i = 0; i < n && !rc; i++)
        rc = rf_sha256_add(h, e[i].bench.sha256, RF_SHA256_HEX - 1, err);
    if (!rc)
        rc = rf_sha256_end_hex(h, hex, err);
    rf_sha256_free(h);
    return rc;
}

int rf_evaluations_store(const struct rf_evaluation *e, size_t n, struct rf_db *db, int64_t run, char *sha256,
                         struct rf_err *err)
{
    int rc = fingerprint(e, n, sha256, err);
    if (rc || (rc = rf_db_begin(db, err)))
        return rc;
    for (size_t i = 0; i < n && !rc; i++)
        rc = store(&e[i], db, run, err);
    if (!rc)
        rc = rf_db_commit(db, err);
    if (rc)
        rf_db_rollback(db);
    return rc;
}
