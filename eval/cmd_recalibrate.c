/* routefit recalibrate: win rates that are off, mended on prompts that the router has not learned from; a new weight
 * file, which the scoring pair reads as the old one. */
#include <math.h>
#include <string.h>

#include "core/input.h"
#include "core/mem.h"
#include "core/prompt_set.h"
#include "core/run.h"
#include "core/sha256.h"
#include "eval/bench.h"
#include "eval/commands.h"
#include "eval/prob.h"
#include "eval/recal.h"
#include "eval/recal_file.h"
#include "eval/router.h"

struct options {
    const char *bench, *on, *strong, *weak, *output;
    bool force, keep_contaminated;
    int method; /* enum rf_recal_method */
    int64_t folds;
    struct rf_router_options router;
};

static const struct rf_opt table[] = {
    RF_OPT(struct options, output, "output", 'o', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "The weight file to write (safetensors)."),
    RF_OPT(struct options, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Replace FILE if it exists."),
    RF_OPT(struct options, bench, "bench", 'b', RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Benchmark with scores of both models."),
    RF_OPT(struct options, on, "on", 0, RF_OPT_TEXT, "SET", NULL, NULL, 0, 0,
           "Only its prompts in this set: split:NAME:valid for those that fit --split NAME has not learned from."),
    RF_OPT(
        struct options, method, "method", 0, RF_OPT_CHOICE, "METHOD", "platt", RF_RECAL_CHOICES, 0, 0,
        "Two numbers that keep the order of win rates, or any rising steps, which may make some equal and want a few "
        "hundred prompts."),
    RF_BENCH_OPTIONS(struct options),
    RF_OPT(struct options, folds, "folds", 0, RF_OPT_INT, "N", "10", NULL, 2, 100,
           "Parts of the cross-validation behind the figures after."),
    RF_ROUTER_OPTIONS(struct options, router),
    RF_OPT_END,
};

static const struct rf_column columns[] = {
    RF_COLUMN_TEXT("output"),
    RF_COLUMN_TEXT("method"),
    RF_COLUMN_INT("n"),
    RF_COLUMN_INT("ties"),
    RF_COLUMN_REAL("slope", 3, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("bias", 3, .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("knots", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("brier_before", 4),
    RF_COLUMN_REAL("brier_after", 4),
    RF_COLUMN_REAL("log_loss_before", 4),
    RF_COLUMN_REAL("log_loss_after", 4),
    RF_COLUMN_REAL("ece_before", 3),
    RF_COLUMN_REAL("ece_after", 3),
    RF_COLUMN_REAL("ece_by_chance", 3),
};

/* ---- the prompts ---- */

/* The benchmark's prompts with a better answer, in its order. */
struct prompts {
    struct rf_bench bench;
    size_t *place; /* [n] in the benchmark */
    size_t n, ties;
    double *score;                     /* [bench n] as the router gives them, then as the new one does */
    double *logit, *won, *lost, *rate; /* [n] */
};

static void prompts_release(struct prompts *p)
{
    rf_bench_release(&p->bench);
    rf_free(p->place);
    rf_free(p->score);
    rf_free(p->logit);
    rf_free(p->won);
    rf_free(p->lost);
    rf_free(p->rate);
}

static int prompts_load(struct prompts *p, struct rf_db *db, const struct options *o, const struct rf_router *r,
                        struct rf_err *err)
{
    const struct rf_bench_options bo = { o->bench, o->strong, o->weak, o->keep_contaminated };
    struct rf_bench *const b = &p->bench;
    struct rf_prompt_set set = { 0 };
    int rc;
    if ((o->on && (rc = rf_prompt_set_read(&set, db, o->on, err))) || (rc = rf_bench_load(b, db, &bo, err)) ||
        (rc = RF_NEW(p->place, b->n, err)) || (rc = RF_NEW(p->score, b->n, err)) ||
        (rc = RF_NEW(p->logit, b->n, err)) || (rc = RF_NEW(p->won, b->n, err)) || (rc = RF_NEW(p->lost, b->n, err)) ||
        (rc = RF_NEW(p->rate, b->n, err)) || (rc = rf_router_score(r, db, b, &o->router, p->score, err)))
        goto out;
    for (size_t i = 0; i < b->n; i++) {
        if (o->on && !rf_prompt_set_find(&set, b->prompt[i]))
            continue;
        if (b->strong[i] == b->weak[i]) {
            p->ties++;
            continue;
        }
        p->place[p->n] = i;
        p->logit[p->n] = rf_recal_logit(p->score[i]);
        p->won[p->n] = b->strong[i] > b->weak[i];
        p->lost[p->n] = 1 - p->won[p->n];
        p->n++;
    }
    if (p->n < (size_t)o->folds)
        rc = rf_fail(err, RF_BAD_INPUT,
                     "benchmark \"%s\"%s%s: found %zu prompts with a better answer, expected at "
                     "least %lld",
                     o->bench, o->on ? " in " : "", o->on ? o->on : "", p->n, (long long)o->folds);
out:
    rf_prompt_set_release(&set);
    return rc;
}

/* Refuses prompts that the weights were fitted on, as far as the database knows. */
static int check_fresh(struct rf_db *db, const char *origin, const struct options *o, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = o->on ? 0
                   : rf_stmt_new(&s, db,
                                 "SELECT run.id FROM run, json_each(run.options, '$.bench') AS b WHERE "
                                 "run.weights_sha256 = ?1 AND run.command LIKE 'fit %' AND b.value = ?2",
                                 err);
    if (rc || o->on)
        return rc;
    rf_bind_text(s, 1, origin);
    rf_bind_text(s, 2, o->bench);
    if ((rc = rf_step(s, err)) > 0)
        rc = rf_fail(err, RF_USAGE,
                     "run %lld fitted this router on benchmark \"%s\": its win rates there say nothing of other "
                     "prompts; recalibrate on another one, or name those that it has not learned from, --on "
                     "split:NAME:valid",
                     (long long)rf_col_int(s, 0), o->bench);
    rf_stmt_free(s);
    return rc;
}

/* ---- the command ---- */

/* What is found, for the table. */
struct found {
    struct rf_recal r;
    struct rf_prob before, after; /* after: cross-validated */
};

/* The new file's win rates are those of the recalibration. */
static int check_pair(struct prompts *p, const struct rf_recal *recal, const struct rf_router *r, struct rf_db *db,
                      const struct options *o, struct rf_err *err)
{
    int rc = rf_router_score(r, db, &p->bench, &o->router, p->score, err);
    for (size_t k = 0; k < p->n && !rc; k++) {
        const double got = p->score[p->place[k]], want = rf_recal_rate(recal, p->logit[k]);
        if (!(fabs(got - want) <= 1e-6))
            rc = rf_fail(err, RF_FAIL, "the scoring pair gives the win rate %.9g at prompt %zu, recalibration %.9g",
                         got, p->place[k] + 1, want);
    }
    return rc;
}

static int print(const struct found *f, const struct prompts *p, const struct options *o, struct rf_ctx *ctx,
                 struct rf_err *err)
{
    const bool platt = f->r.method == RF_RECAL_PLATT;
    const double real[] = { f->before.brier, f->after.brier, f->before.log_loss,    f->after.log_loss,
                            f->before.ece,   f->after.ece,   f->after.ece_by_chance };
    struct rf_table *t = NULL;
    int rc;
    if ((rc = rf_table_new(&t, columns, sizeof columns / sizeof *columns, err)) ||
        (rc = rf_table_text(t, o->output, err)) || (rc = rf_table_text(t, platt ? "platt" : "isotonic", err)) ||
        (rc = rf_table_int(t, (int64_t)p->n, err)) || (rc = rf_table_int(t, (int64_t)p->ties, err)) ||
        (rc = rf_table_real(t, platt ? f->r.slope : (double)NAN, err)) ||
        (rc = rf_table_real(t, platt ? f->r.bias : (double)NAN, err)) ||
        (rc = platt ? rf_table_missing(t, err) : rf_table_int(t, (int64_t)f->r.knots, err)))
        goto out;
    for (size_t i = 0; i < sizeof real / sizeof *real && !rc; i++)
        rc = rf_table_real(t, real[i], err);
    if (!rc)
        rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_table_free(t);
    return rc;
}

/* The figures after stay unknown where one of the parts cannot be fitted. */
static int measure_after(struct found *f, struct prompts *p, const struct options *o, struct rf_ctx *ctx,
                         struct rf_err *err)
{
    struct rf_err own = { 0 };
    const int rc = rf_recal_cross((enum rf_recal_method)o->method, p->logit, p->won, p->n, (size_t)o->folds, ctx->seed,
                                  p->rate, &own);
    f->after = (struct rf_prob){ .brier = NAN, .log_loss = NAN, .ece = NAN, .ece_by_chance = NAN };
    if (!rc)
        return rf_prob_of(p->rate, p->won, p->lost, p->n, &f->after, err);
    if (rc != RF_BAD_INPUT)
        return rf_fail(err, rc, "%s", own.msg);
    fprintf(ctx->chat, "too few prompts to cross-validate: without one part of %lld, %s\n", (long long)o->folds,
            own.msg);
    return 0;
}

static int measure(struct found *f, struct prompts *p, const struct options *o, struct rf_ctx *ctx, struct rf_err *err)
{
    int rc;
    for (size_t k = 0; k < p->n; k++)
        p->rate[k] = p->score[p->place[k]];
    if ((rc = rf_prob_of(p->rate, p->won, p->lost, p->n, &f->before, err)) ||
        (rc = rf_recal_fit(&f->r, (enum rf_recal_method)o->method, p->logit, p->won, p->n, err)))
        return rc;
    return measure_after(f, p, o, ctx, err);
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    struct rf_router r = { .name = args[0] };
    struct routefit_pick pick = { 0 };
    struct rf_recal_file file = { 0 };
    struct prompts prompts = { 0 };
    struct found found = { 0 };
    struct rf_buf bytes = { 0 };
    struct rf_run row = { 0 };
    char hex[RF_SHA256_HEX] = "", count[24];
    int rc;
    (void)nargs;
    if (!o->output || !o->bench)
        return rf_fail(err, RF_USAGE, "found no %s, expected %s", o->output ? "benchmark" : "output",
                       o->output ? "--bench NAME; `routefit ls` lists them" : "-o FILE");
    if (o->router.pick.ids.n)
        return rf_fail(err, RF_USAGE,
                       "--ids: a recalibrated file names its pair, so that no other is scored with it: give "
                       "--router-strong and --router-weak, which want a file that names its models");
    if ((rc = rf_pick(&o->router.pick, &pick, err)) || (rc = rf_run_begin(&row, ctx, err)) ||
        (rc = rf_file_read(args[0], 0, &bytes, err)) || (rc = rf_recal_file_open(&file, args[0], &bytes, err)) ||
        (rc = check_fresh(ctx->db, file.origin, o, err)) ||
        (rc = rf_recal_file_load(&file, &pick, &bytes, &r.r, err)) ||
        (rc = prompts_load(&prompts, ctx->db, o, &r, err)) || (rc = measure(&found, &prompts, o, ctx, err)))
        goto out;
    snprintf(count, sizeof count, "%zu", prompts.n);
    if (pick.strong)
        rf_recal_file_meta(&file, "routefit.strong", pick.strong);
    if (pick.weak)
        rf_recal_file_meta(&file, "routefit.weak", pick.weak);
    rf_recal_file_meta(&file, "routefit.recalibrated_on", o->on ? o->on : o->bench);
    rf_recal_file_meta(&file, "routefit.recalibrated_prompts", count);
    rf_recal_file_meta(&file, "routefit.recalibrated_data_sha256", prompts.bench.sha256);
    rf_recal_file_set(&file, &found.r);
    routefit_free(r.r);
    r.r = NULL;
    if ((rc = rf_recal_file_load(&file, NULL, &bytes, &r.r, err)) ||
        (rc = check_pair(&prompts, &found.r, &r, ctx->db, o, err)) ||
        (rc = rf_file_write(o->output, o->force, bytes.data, bytes.len, hex, err)))
        goto out;
    fprintf(ctx->chat, "%s: strong %s, weak %s; the figures after are of %lld-fold cross-validation\n", o->bench,
            prompts.bench.strong_name, prompts.bench.weak_name, (long long)o->folds);
    rc = print(&found, &prompts, o, ctx, err);
out:
    if (row.id) {
        const char *const status = !rc ? "done" : rc == RF_INTERRUPTED ? "interrupted" : "failed";
        const char *const data = *prompts.bench.sha256 ? prompts.bench.sha256 : NULL;
        const int end =
            rf_run_end(&row, ctx, status, data, *hex ? hex : NULL, *hex ? o->output : NULL, rc ? NULL : err);
        rc = rc ? rc : end;
    }
    routefit_free(r.r);
    rf_recal_release(&found.r);
    prompts_release(&prompts);
    rf_recal_file_release(&file);
    rf_buf_release(&bytes);
    return rc;
}

const struct rf_cmd rf_cmd_recalibrate = {
    .name = "recalibrate",
    .summary = "mend win rates that are off as probabilities; a new weight file",
    .args = "ROUTER",
    .about = "Fits a rising function of a router's log odds to what happened on a benchmark and\n"
             "writes it into a copy of the weight file; the scoring pair applies it to every win\n"
             "rate. Take prompts that the router has not learned from. By maximum likelihood:\n"
             "  platt      log odds = slope logit + bias; the order of win rates stays, and\n"
             "             so do all figures of `eval`. It becomes part of the weights where\n"
             "             a router is one linear function, so that `export` keeps it\n"
             "  isotonic   the best steps that do not fall, straight lines between them;\n"
             "             win rates may become equal\n"
             "A router among many models is recalibrated for one pair: --router-strong and\n"
             "--router-weak. A recalibration that the file has already is replaced. The figures\n"
             "after are cross-validated. Thresholds move with the win rates: `calibrate` again.",
    .examples = "routefit recalibrate router.safetensors --bench gsm8k -o platt.safetensors\n"
                "routefit recalibrate router.safetensors --bench mmlu --method isotonic -o isotonic.safetensors",
    .opts = { table },
    .opts_size = sizeof(struct options),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_WRITE,
    .run = run,
};
