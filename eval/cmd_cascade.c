/* routefit cascade: cheap answers first, dearer ones where a verifier asks for them, measured out of fold. */
#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/numbers.h"
#include "core/run.h"
#include "core/run_metric.h"
#include "eval/commands.h"
#include "eval/points_table.h"
#include "eval/staged.h"

enum { SHOW_POINTS, SHOW_CHECKS }; /* --show */
enum { BY_BUDGET, BY_CORNER };     /* --points */

struct options {
    struct rf_list bench, budget;
    int points, show;
    struct rf_staged_options staged;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, bench, "bench", 'b', RF_OPT_LIST, "NAME,...", NULL, NULL, 0, 0,
           "Benchmarks with scores and costs; routefit ls benches lists them."),
    RF_OPT(struct options, staged.order, "order", 0, RF_OPT_LIST, "MODEL,...", NULL, NULL, 0, 0,
           "The models, the first asked first; names or aliases."),
    RF_OPT(struct options, staged.verifier, "verifier", 0, RF_OPT_TEXT, "ROUTER", NULL, NULL, 0, 0,
           "What judges the answers: a router among many models by its predicted score (a file, or scores:NAME), or "
           "results:BENCH, a benchmark of the same prompts whose scores are the verdicts."),
    RF_OPT(
        struct options, budget, "budget", 0, RF_OPT_LIST, "USD,...", NULL, NULL, 0, 0,
        "Mean costs to keep to, in dollars per 1,000 prompts; without it the mean cost of each model but the first."),
    RF_OPT(struct options, points, "points", 0, RF_OPT_CHOICE, "WHICH", "budget", "budget|hull", 0, 0,
           "Points of the curve: those of the budgets, or every corner that some lambda makes best."),
    RF_OPT(struct options, show, "show", 0, RF_OPT_CHOICE, "TABLE", "points", "points|verifier", 0, 0,
           "The points, or how often the verifier errs at each stage of them."),
    RF_OPT(struct options, staged.folds, "folds", 0, RF_OPT_INT, "K", "2", NULL, 2, 100,
           "Thresholds are fitted on all folds but one and measured on that one."),
    RF_OPT(struct options, staged.grid, "grid", 0, RF_OPT_INT, "N", "0", NULL, 0, 1e6,
           "Most thresholds tried at a stage behind the first; 0: all that differ, which is exact."),
    RF_OPT(struct options, staged.right, "right", 0, RF_OPT_REAL, "SCORE", NULL, NULL, 0, 0,
           "An answer is right from this score on, for the verifier's errors; without it the middle of the range."),
    RF_OPT(struct options, staged.source, "source", 0, RF_OPT_LIST, "LIST", NULL, NULL, 0, 0,
           "Only questions that one of these sources was the first to name: such as the verifier was not trained on."),
    RF_OPT(struct options, staged.resamples, "resamples", 0, RF_OPT_INT, "N", "1000", NULL, 100, 1e5,
           "Bootstrap resamples behind the 95% intervals."),
    RF_OPT(struct options, staged.router.embedder, "embedder", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Vectors to use; else those that the verifier names."),
    RF_OPT_END,
};

/* ---- the table of points ---- */

static const struct rf_column fixed[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_TEXT("router"),
    RF_COLUMN_TEXT("role"),
    RF_COLUMN_INT("n"),
    RF_COLUMN_REAL("budget_per_1000", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("lambda", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INTERVAL("quality", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INTERVAL("dollars_per_1000", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INTERVAL("over_zero", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("calls", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("thresholds", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("thresholds_dear", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("chance_dear", 4, .shown = RF_SHOWN_FILLED),
};
enum { FIXED = sizeof fixed / sizeof *fixed, PER_MODEL = 4 };
static const char *const per_model[PER_MODEL] = { "calls", "calls_low", "calls_high", "answers" };

struct columns {
    struct rf_column v[FIXED + PER_MODEL * RF_CASCADE_STAGES];
    struct rf_buf name[PER_MODEL * RF_CASCADE_STAGES];
    size_t n;
};

static int columns_init(struct columns *c, const struct rf_list *order, struct rf_err *err)
{
    int rc = 0;
    memcpy(c->v, fixed, sizeof fixed);
    c->n = FIXED;
    for (size_t k = 0; k < order->n; k++)
        for (size_t j = 0; j < PER_MODEL && !rc; j++) {
            struct rf_buf *const name = &c->name[c->n - FIXED];
            if (!(rc = rf_buf_printf(name, err, "%s:%s", per_model[j], order->v[k])))
                c->v[c->n++] = (struct rf_column)RF_COLUMN_REAL(name->data, 4, .shown = RF_SHOWN_NEVER);
        }
    return rc;
}

static void columns_release(struct columns *c)
{
    for (size_t i = 0; i < PER_MODEL * RF_CASCADE_STAGES; i++)
        rf_buf_release(&c->name[i]);
}

/* "0.62, always": from which verdict the answer of each stage is taken. */
static int thresholds_text(struct rf_buf *b, const struct rf_cascade_corner *c, size_t stages, struct rf_err *err)
{
    int rc = 0;
    for (size_t k = 0; k + 1 < stages && !rc; k++) {
        const double t = c->threshold[k];
        rc = isinf(t) ? rf_buf_printf(b, err, "%s%s", k ? ", " : "", t > 0 ? "never" : "always")
                      : rf_buf_printf(b, err, "%s%.6g", k ? ", " : "", t);
    }
    return rc;
}

/* "small 100%, big 12%": how often each model is called. */
static int calls_text(struct rf_buf *b, char *const *model, const double *calls, size_t stages, struct rf_err *err)
{
    int rc = 0;
    for (size_t k = 0; k < stages && !rc; k++)
        rc = rf_buf_printf(b, err, "%s%s %.1f%%", k ? ", " : "", model[k], 100 * calls[k]);
    return rc;
}

static int reals(struct rf_table *t, const double *v, size_t n, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++)
        rc = rf_table_real(t, v[i], err);
    return rc;
}

/* A row up to its quality and cost. */
static int begin_row(struct rf_table *t, const struct rf_staged *s, const char *bench, const char *name,
                     const char *role, double budget, double lambda, const struct rf_point *p, struct rf_err *err)
{
    const double v[] = { 1000 * budget, lambda,           p[0].quality,     p[1].quality,
                         p[2].quality,  1000 * p[0].cost, 1000 * p[1].cost, 1000 * p[2].cost };
    int rc;
    if ((rc = rf_table_text(t, bench, err)) || (rc = rf_table_text(t, name, err)) ||
        (rc = rf_table_text(t, role, err)) || (rc = rf_table_int(t, (int64_t)s->r.n, err)))
        return rc;
    return reals(t, v, sizeof v / sizeof *v, err);
}

static int add_point(struct rf_table *t, const struct rf_staged *s, const struct options *o, const char *bench,
                     const char *name, const char *role, const struct rf_staged_point *p, struct rf_err *err)
{
    const size_t stages = s->r.models;
    const struct rf_point mean[] = { p->mean, p->low, p->high };
    const double gain[] = { p->gain, p->gain_low, p->gain_high };
    const bool none = isnan(p->mean.cost);
    struct rf_buf text[3] = { { 0 }, { 0 }, { 0 } };
    int rc = begin_row(t, s, bench, name, role, o->points == BY_CORNER ? (double)NAN : p->at,
                       o->points == BY_CORNER ? p->at : (double)NAN, mean, err);
    if (rc || (rc = reals(t, gain, 3, err)))
        goto out;
    if (!none && ((rc = calls_text(&text[0], s->r.model, p->calls, stages, err)) ||
                  (rc = thresholds_text(&text[1], &p->policy.low, stages, err))))
        goto out;
    if (!none && !isnan(p->policy.mix) && (rc = thresholds_text(&text[2], &p->policy.high, stages, err)))
        goto out;
    for (size_t i = 0; i < 3 && !rc; i++)
        rc = rf_table_text(t, text[i].data, err);
    if (!rc)
        rc = rf_table_real(t, p->policy.mix, err);
    for (size_t k = 0; k < stages && !rc; k++) {
        const double v[PER_MODEL] = { p->calls[k], p->calls_low[k], p->calls_high[k], p->answers[k] };
        rc = reals(t, v, PER_MODEL, err);
    }
out:
    for (size_t i = 0; i < 3; i++)
        rf_buf_release(&text[i]);
    return rc;
}

/* What answers a prompt with one call: share[k] of them go to model k. */
static int add_single(struct rf_table *t, const struct rf_staged *s, const char *bench, const char *name,
                      const char *role, double budget, const struct rf_point *mean, const double *share,
                      struct rf_err *err)
{
    const double none[] = { NAN, NAN, NAN };
    const size_t stages = s->r.models;
    struct rf_buf text = { 0 };
    int rc = begin_row(t, s, bench, name, role, budget, NAN, mean, err);
    if (rc || (rc = reals(t, none, 3, err)) ||
        (share && (rc = rf_shares_text(&text, s->r.model, share, stages, err))) ||
        (rc = rf_table_text(t, text.data, err)) || (rc = rf_table_missing(t, err)) || (rc = rf_table_missing(t, err)) ||
        (rc = rf_table_missing(t, err)))
        goto out;
    for (size_t k = 0; k < stages && !rc; k++) {
        const double part = share ? share[k] : (double)NAN, v[PER_MODEL] = { part, NAN, NAN, part };
        rc = reals(t, v, PER_MODEL, err);
    }
out:
    rf_buf_release(&text);
    return rc;
}

static int add_models(struct rf_table *t, const struct rf_staged *s, const char *bench, struct rf_err *err)
{
    size_t best = 0;
    int rc = 0;
    for (size_t k = 1; k < s->r.models; k++)
        if (s->model[k].quality > s->model[best].quality ||
            (s->model[k].quality >= s->model[best].quality && s->model[k].cost < s->model[best].cost))
            best = k;
    for (size_t k = 0; k < s->r.models && !rc; k++) {
        const struct rf_point mean[] = { s->model[k], s->model_low[k], s->model_high[k] };
        double share[RF_CASCADE_STAGES] = { 0 };
        share[k] = 1;
        rc = add_single(t, s, bench, s->r.model[k], k == best ? "best model" : "model", NAN, mean, share, err);
    }
    return rc;
}

static int add_bench(struct rf_table *t, const struct rf_staged *s, const struct options *o, const char *bench,
                     struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < s->points && !rc; i++)
        rc = add_point(t, s, o, bench, "cascade", "cascade", &s->point[i], err);
    for (size_t i = 0; i < s->perfects && !rc; i++)
        rc = add_point(t, s, o, bench, "perfect verifier", "baseline", &s->perfect[i], err);
    for (size_t i = 0; i < s->base.n && !rc; i++) {
        const struct rf_at_point *const p = &s->base.v[i];
        const struct rf_point mean[] = { p->mean, p->low, p->high };
        rc = add_single(t, s, bench, p->entry ? "oracle" : "zero router", "baseline", p->at, mean, p->share, err);
    }
    return rc ? rc : add_models(t, s, bench, err);
}

static int print_points(const struct rf_staged *s, const struct options *o, struct rf_ctx *ctx, struct rf_err *err)
{
    struct columns c = { 0 };
    struct rf_table *t = NULL;
    int rc = columns_init(&c, &o->staged.order, err);
    if (rc || (rc = rf_table_new(&t, c.v, c.n, err)))
        goto out;
    for (size_t i = 0; i < o->bench.n && !rc; i++)
        rc = add_bench(t, &s[i], o, o->bench.v[i], err);
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_table_free(t);
    columns_release(&c);
    return rc;
}

/* ---- the table of errors ---- */

static const struct rf_column checks[] = {
    RF_COLUMN_TEXT("bench"),
    RF_COLUMN_REAL("budget_per_1000", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("lambda", 4, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("model"),
    RF_COLUMN_REAL("right_share", 4),
    RF_COLUMN_INTERVAL("auc", 3, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("reached", 4),
    RF_COLUMN_INTERVAL("sensitivity", 3, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INTERVAL("specificity", 3, .shown = RF_SHOWN_FILLED),
};

static int add_checks(struct rf_table *t, const struct rf_staged *s, const struct options *o, const char *bench,
                      struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < s->points; i++)
        for (size_t k = 0; k + 1 < s->r.models && !rc; k++) {
            const struct rf_staged_point *const p = &s->point[i];
            const struct rf_chance a = s->auc[k], y = p->check[k].sensitivity, n = p->check[k].specificity;
            const double at[] = { o->points == BY_CORNER ? (double)NAN : 1000 * p->at,
                                  o->points == BY_CORNER ? p->at : (double)NAN },
                         v[] = { s->right_share[k], a.value, a.low, a.high, p->check[k].reached, y.value, y.low, y.high,
                                 n.value,           n.low,   n.high };
            if ((rc = rf_table_text(t, bench, err)) || (rc = reals(t, at, 2, err)) ||
                (rc = rf_table_text(t, s->r.model[k], err)))
                break;
            rc = reals(t, v, sizeof v / sizeof *v, err);
        }
    return rc;
}

static int print_checks(const struct rf_staged *s, const struct options *o, struct rf_ctx *ctx, struct rf_err *err)
{
    struct rf_table *t = NULL;
    int rc = rf_table_new(&t, checks, sizeof checks / sizeof *checks, err);
    for (size_t i = 0; i < o->bench.n && !rc; i++)
        rc = add_checks(t, &s[i], o, o->bench.v[i], err);
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
    rf_table_free(t);
    return rc;
}

/* ---- the run ---- */

static int store(const struct rf_staged *s, const struct options *o, const char *bench, struct rf_db *db, int64_t run,
                 struct rf_err *err)
{
    struct rf_stmt *st = NULL;
    int rc = rf_run_metric_new(&st, db, run, err);
    for (size_t i = 0; i < 2 * s->points && !rc; i++) {
        const struct rf_staged_point *const p = &s->point[i / 2];
        char name[64];
        if (isnan(p->mean.cost))
            continue;
        snprintf(name, sizeof name, "%s@%s=%.9g", i % 2 ? "cost" : "quality",
                 o->points == BY_CORNER ? "lambda" : "budget", p->at);
        rc = i % 2 ? rf_run_metric(st, bench, "cascade", name, p->mean.cost, p->low.cost, p->high.cost, err)
                   : rf_run_metric(st, bench, "cascade", name, p->mean.quality, p->low.quality, p->high.quality, err);
    }
    rf_stmt_free(st);
    return rc;
}

static int one_bench(struct rf_staged *s, struct rf_ctx *ctx, const struct options *o, const char *bench, int64_t run,
                     struct rf_sha256 *sum, struct rf_err *err)
{
    int rc = rf_staged_evaluate(s, ctx, bench, &o->staged, err);
    if (rc)
        return rc;
    rf_holes_tell(&s->holes, &s->r, bench, ctx->chat);
    if (s->unjudged)
        fprintf(ctx->chat, "%s: %zu questions left out, on which the verifier has no score of an answer\n", bench,
                s->unjudged);
    fprintf(ctx->chat, "%s: an answer counts as right from score %g; thresholds out of %lld folds\n", bench, s->right,
            (long long)o->staged.folds);
    if ((rc = rf_sha256_add(sum, s->r.sha256, sizeof s->r.sha256 - 1, err)) || (rc = rf_db_begin(ctx->db, err)))
        return rc;
    if ((rc = store(s, o, bench, ctx->db, run, err)) || (rc = rf_db_commit(ctx->db, err)))
        rf_db_rollback(ctx->db);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    struct options *const o = opts;
    struct rf_sha256 *sum = NULL;
    struct rf_staged *s = NULL;
    struct rf_run row = { 0 };
    double *budget = NULL;
    char sha256[RF_SHA256_HEX];
    (void)nargs;
    (void)args;
    int rc = rf_bench_given(&o->bench, err);
    if (!rc && o->budget.n && o->points == BY_CORNER)
        rc = rf_fail(err, RF_USAGE, "found --budget and --points hull, expected one of them");
    if (rc || (o->budget.n && (rc = rf_list_reals(&o->budget, "--budget", 0, 1e9, &budget, err))))
        goto out;
    for (size_t i = 0; i < o->budget.n; i++)
        budget[i] /= 1000;
    o->staged.budget = budget;
    o->staged.budgets = o->budget.n;
    o->staged.corners = o->points == BY_CORNER;
    if ((rc = RF_NEW(s, o->bench.n, err)) || (rc = rf_run_begin(&row, ctx, err)) || (rc = rf_sha256_new(&sum, err)))
        goto out;
    for (size_t i = 0; i < o->bench.n && !rc; i++)
        rc = one_bench(&s[i], ctx, o, o->bench.v[i], row.id, sum, err);
    if (rc || (rc = rf_sha256_end_hex(sum, sha256, err)))
        goto out;
    rc = o->show == SHOW_CHECKS ? print_checks(s, o, ctx, err) : print_points(s, o, ctx, err);
out:
    rc = rf_run_close(&row, ctx, rc, rc ? NULL : sha256, err);
    for (size_t i = 0; s && i < o->bench.n; i++)
        rf_staged_release(&s[i]);
    rf_free(s);
    rf_free(budget);
    rf_sha256_free(sum);
    return rc;
}

const struct rf_cmd rf_cmd_cascade = {
    .name = "cascade",
    .summary = "answer with a cheap model first, go on where a verifier asks for it",
    .args = "",
    .about = "The first model of --order answers every prompt; where the verifier's score of its\n"
             "answer is below a threshold, the next one is asked too, and all calls are paid.\n"
             "The thresholds are the best of all combinations for each lambda (quality -\n"
             "lambda cost); a budget is met by a coin between the two best sets around it.\n"
             "They are fitted on all folds but one and measured on that one; those printed are\n"
             "of all questions, for use.\n"
             "  over_zero  quality less that of the zero router, which mixes the same models\n"
             "             without a look at the prompt, for the same mean cost\n"
             "Below stand the same cascade with a verifier that knows which answer is right,\n"
             "the zero router and the oracle (which pays for its one answer) at the same\n"
             "budgets, and the models alone. --show verifier counts the verifier's errors where\n"
             "it was asked: right answers that it takes (sensitivity), wrong ones that it sends\n"
             "on (specificity), and its AUC over all questions. A verifier should be new to the\n"
             "questions: scores out of fold of `routefit fit --cv`, or --source.",
    .examples = "routefit cascade --bench mbpp --order mistralai/mistral-7b-chat,gpt-4-1106-preview --verifier "
                "knn.safetensors\n"
                "routefit cascade --bench mbpp --order small,big --verifier results:mbpp-judged --show verifier",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .need = RF_NEED_WRITE,
    .run = run,
};
