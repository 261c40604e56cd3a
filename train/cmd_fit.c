/* fit KIND: what all kinds have in common. Reads votes and vectors once, tunes and cross-validates where asked to, lets
 * the kind fit, checks the bytes against the scoring pair, writes the file atomically, and stores the run with its
 * training log and the prompts that it went by. Refuses: an output or scores that exist (without --force). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/division.h"
#include "core/input.h"
#include "core/mem.h"
#include "core/run.h"
#include "core/run_metric.h"
#include "core/sha256.h"
#include "train/commands.h"
#include "train/cv.h"
#include "train/fit_tables.h"
#include "train/kind.h"
#include "train/parts.h"
#include "train/subset.h"
#include "train/tune.h"

/* Rows that all kinds have. */
#define COMMON_OPTIONS                                                                                                 \
    RF_OPT(struct rf_fit_options, output, "output", 'o', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,                        \
           "The weight file to write (safetensors)."),                                                                 \
        RF_OPT(struct rf_fit_options, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,                        \
               "Replace FILE if it exists."),                                                                          \
        RF_OPT(struct rf_fit_options, valid, "valid", 0, RF_OPT_REAL, "SHARE", "0.1", NULL, 0, 0.9,                    \
               "Share of the prompts kept for validation; a prompt is on one side with all that is known of it."),     \
        RF_OPT(struct rf_fit_options, split, "split", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,                        \
               "Learn from a stored split's part train alone, and validate on its part valid; with --cv its folds."),  \
        RF_OPT(struct rf_fit_options, cv, "cv", 0, RF_OPT_INT, "K", NULL, NULL, 2, RF_CV_MOST,                         \
               "Cross-validate with K folds, duplicates and near-duplicates together as `split` has them: every "      \
               "prompt is scored by a fit without its fold; eval takes the scores by name. -o may be left out."),      \
        RF_OPT(struct rf_fit_options, name, "name", 0, RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,                          \
               "With --cv: name of the scores; without it KIND:cvK."),                                                 \
        RF_OPT(                                                                                                        \
            struct rf_fit_options, tune, "tune", 0, RF_OPT_LIST, "OPTION=V,V...", NULL, NULL, 0, 0,                    \
            "Fit with every combination of these values of the kind's own options (below), and keep the one with "     \
            "the least loss on validation prompts, held out by groups of near-duplicates, or on the folds of --cv.")

#define EMBEDDER_OPTION                                                                                                \
    RF_OPT(struct rf_fit_options, embedder, "embedder", 'e', RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,                    \
           "Whose vectors; needed where the database has several.")
/* votes_default: NULL where the votes of none are asked for; votes_note says what holds then */
#define VOTES_OPTIONS(votes_default, votes_note)                                                                       \
    RF_OPT(struct rf_fit_options, votes, "votes", 0, RF_OPT_LIST, "LIST", votes_default, NULL, 0, 0,                   \
           "Whose votes count, and for how much: JUDGE or JUDGE:WEIGHT, as in human,gpt-4:0.4; results:BENCH or "      \
           "results:BENCH:WEIGHT takes two models' scores on a question of the benchmark as a vote" votes_note "."),   \
        RF_ORDERS_OPTION(struct rf_fit_options, orders),                                                               \
        RF_OPT(struct rf_fit_options, min_chars, "min-chars", 0, RF_OPT_INT, "N", "16", NULL, 0, 1e9,                  \
               "Leave out votes on prompts of fewer characters, white space at the ends not counted; 16 is "           \
               "RouteLLM's.")
#define RESULTS_OPTIONS                                                                                                \
    RF_OPT(struct rf_fit_options, bench, "bench", 'b', RF_OPT_LIST, "LIST", NULL, NULL, 0, 0,                          \
           "The benchmarks whose results are learnt from."),                                                           \
        RF_OPT(struct rf_fit_options, model, "model", 'm', RF_OPT_LIST, "LIST", NULL, NULL, 0, 0,                      \
               "The models to choose among; without it all that have results there.")
#define SOURCE_OPTION(help)                                                                                            \
    RF_OPT(struct rf_fit_options, source, "source", 0, RF_OPT_LIST, "LIST", NULL, NULL, 0, 0, help)
#define OF_VOTES   "Only votes of these sources; without it all."
#define OF_RESULTS "Only questions that one of these sources was the first to name; without it all."

const struct rf_opt rf_fit_table[] = { COMMON_OPTIONS, EMBEDDER_OPTION, SOURCE_OPTION(OF_VOTES),
                                       VOTES_OPTIONS("human", ""), RF_OPT_END };
const struct rf_opt rf_fit_text_table[] = { COMMON_OPTIONS, SOURCE_OPTION(OF_VOTES), VOTES_OPTIONS("human", ""),
                                            RF_OPT_END };
const struct rf_opt rf_fit_results_table[] = { COMMON_OPTIONS, EMBEDDER_OPTION, RESULTS_OPTIONS,
                                               SOURCE_OPTION(OF_RESULTS), RF_OPT_END };
const struct rf_opt rf_fit_either_table[] = {
    COMMON_OPTIONS,
    EMBEDDER_OPTION,
    RESULTS_OPTIONS,
    VOTES_OPTIONS(NULL, "; without it human, and none beside --bench"),
    SOURCE_OPTION("Only votes of these sources, or questions that one of them was the first to name; without it all."),
    RF_OPT_END,
};

#define SUB(name) &rf_kind_##name.cmd,
static const struct rf_cmd *const subs[] = { ROUTEFIT_KINDS(SUB) NULL };
#undef SUB

const struct rf_cmd rf_cmd_fit = {
    .name = "fit",
    .summary = "fit a router on votes or results, and write its weights",
    .args = "KIND",
    .about = "Reads votes, or results of benchmarks, and the vectors of their prompts, fits a\n"
             "router of the kind, and writes its weights to a file that `score`, `eval` and\n"
             "the two files of the scoring pair load. Any kind can be cross-validated (--cv:\n"
             "`eval` takes the scores out of fold by name, where a weight file goes) and tuned\n"
             "over a small grid of its own options (--tune).",
    .examples = "routefit fit logistic -o logistic.safetensors\nroutefit fit mf -o mf.safetensors\n"
                "routefit fit knn --bench arc-challenge --tune k=5,20,80 cost=mean,neighbours -o knn.safetensors\n"
                "routefit fit ngram --votes results:gsm8k --strong gpt-4-1106-preview --weak 'mistralai*' --cv 5 "
                "--name gold",
    .need = RF_NEED_WRITE,
    .subs = subs,
};

/* What was left out and why, and the kind's notes: chatter. */
static void tell(const struct rf_fit *f, FILE *chat)
{
    for (int i = 0; i < RF_OUTS; i++)
        if (f->left_out[i])
            fprintf(chat, "left out: %zu %s\n", f->left_out[i], rf_left_out_name((enum rf_left_out)i));
    if (f->notes.len)
        fputs(f->notes.data, chat);
}

static int store_log(struct rf_db *db, int64_t run, const struct rf_fit *f, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db,
                         "INSERT INTO train_log (run, epoch, train_loss, valid_loss, valid_accuracy, seconds)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                         err);
    for (size_t i = 0; i < f->epochs && !rc; i++) {
        const struct rf_epoch *e = &f->epoch[i];
        rf_bind_int(s, 1, run);
        rf_bind_int(s, 2, (int64_t)i + 1);
        rf_bind_real(s, 3, e->train_loss);
        rf_bind_real(s, 4, e->valid_loss);
        rf_bind_real(s, 5, e->valid_accuracy);
        rf_bind_real(s, 6, e->seconds);
        rc = rf_run(s, err);
    }
    rf_stmt_free(s);
    return rc;
}

static const char *data_sha256(const struct rf_fit_data *d)
{
    return d->votes ? d->own_votes.sha256 : d->own_scored.sha256;
}

/* Of a kind that learns from either, what is asked for must be of one sort. */
static int check_either(const struct rf_fit_options *o, struct rf_err *err)
{
    if (o->bench.n && o->votes.n)
        return rf_fail(err, RF_USAGE, "--bench and --votes: expected one of them, a router learns from either");
    if (!o->bench.n && o->model.n)
        return rf_fail(err, RF_USAGE, "--model chooses among the models of --bench: name a benchmark too");
    return 0;
}

int rf_fit_data_load(struct rf_fit_data *d, struct rf_db *db, const struct rf_kind *kind,
                     const struct rf_fit_options *o, uint64_t seed, struct rf_err *err)
{
    static const char *human = "human";
    const bool either = kind->from == RF_FROM_EITHER;
    const int rc = either ? check_either(o, err) : 0;
    if (rc)
        return rc;
    if (kind->from == RF_FROM_VOTES || (either && !o->bench.n)) {
        const struct rf_votes_filter f = { .embedder = o->embedder,
                                           .text = kind->input == ROUTEFIT_TEXT,
                                           .source = o->source,
                                           .votes = either && !o->votes.n ? (struct rf_list){ &human, 1 } : o->votes,
                                           .orders = (enum rf_orders)o->orders,
                                           .min_chars = o->min_chars,
                                           .valid = o->valid,
                                           .seed = seed,
                                           .split = o->split,
                                           .folds = (size_t)o->cv };
        d->votes = &d->own_votes;
        return rf_votes_load(&d->own_votes, db, &f, err);
    }
    const struct rf_scored_filter f = { .results = { .bench = o->bench, .model = o->model, .source = o->source },
                                        .inputs = { .embedder = o->embedder,
                                                    .valid = o->valid,
                                                    .seed = seed,
                                                    .split = o->split,
                                                    .folds = (size_t)o->cv } };
    d->scored = &d->own_scored;
    return rf_scored_load(&d->own_scored, db, &f, err);
}

void rf_fit_data_release(struct rf_fit_data *d)
{
    rf_votes_release(&d->own_votes);
    rf_scored_release(&d->own_scored);
}

/* ---- the command ---- */

/* A `fit` under way. */
struct work {
    struct rf_ctx *ctx;
    const struct rf_fit_options *o;
    struct rf_fit_data data;
    struct rf_fit_job job;
    struct rf_progress bar;
    struct rf_run run;
    bool running;
    const uint32_t *fold; /* [rows] with --cv: of the split, or own_fold */
    uint32_t *own_fold;
    struct rf_grid grid; /* points 0: no --tune */
    struct rf_trial *trial;
    size_t kept;
    void *chosen; /* the kind's options at that point */
    struct rf_buf tuned;
    char tuned_on[32];
    struct rf_cv cv;
    struct rf_buf name; /* of its scores */
    struct rf_fitted file;
};

static void work_release(struct work *w)
{
    rf_fitted_release(&w->file);
    rf_buf_release(&w->name);
    rf_cv_release(&w->cv);
    rf_buf_release(&w->tuned);
    rf_grid_free_options(&w->job.kind->cmd, w->chosen);
    rf_free(w->trial);
    rf_grid_release(&w->grid);
    rf_free(w->own_fold);
    rf_fit_data_release(&w->data);
}

/* What can be refused before anything is read. */
static int check_options(struct work *w, int nargs, char **args, struct rf_err *err)
{
    const struct rf_fit_options *const o = w->o;
    const struct rf_cmd *const cmd = &w->job.kind->cmd;
    int rc;
    if (!o->output && !o->cv)
        return rf_fail(err, RF_USAGE, "name the weight file to write: -o FILE");
    if (nargs && !o->tune.n)
        return rf_fail(err, RF_USAGE, "found '%s' as argument 1, expected none without --tune", args[0]);
    if (o->name && (!o->cv || !*o->name))
        return rf_fail(err, RF_USAGE, "--name: found %s, expected a name with --cv",
                       o->cv ? "an empty word" : "it without --cv");
    if (o->tune.n && (rc = rf_grid_parse(&w->grid, cmd, &o->tune, args, (size_t)nargs, err)))
        return rc;
    if (!o->cv)
        return 0;
    rc = o->name ? rf_buf_printf(&w->name, err, "%s", o->name)
                 : rf_buf_printf(&w->name, err, "%s:cv%lld", cmd->name, (long long)o->cv);
    return rc ? rc : rf_cv_check_name(w->ctx->db, w->name.data, o->force, err);
}

/* Folds of the stored split, or those that `split --k` makes of the same prompts. */
static int make_folds(struct work *w, struct rf_err *err)
{
    const size_t rows = rf_job_rows(&w->job);
    int rc;
    w->fold = w->data.votes ? w->data.votes->fold : w->data.scored->in.fold;
    if (w->fold)
        return 0;
    if ((rc = RF_NEW(w->own_fold, rows, err)))
        return rc;
    w->fold = w->own_fold;
    return rf_folds(w->ctx->db, rf_job_prompts(&w->job), rows, (size_t)w->o->cv, w->ctx->seed, w->ctx->threads,
                    w->own_fold, err);
}

static int set_sides(struct work *w, const bool *valid, struct rf_err *err)
{
    if (w->data.scored)
        return rf_sides_of_scored(&w->data.own_scored, valid, err);
    rf_sides_of_votes(&w->data.own_votes, valid);
    return 0;
}

/* For --tune without folds: --valid of the prompts are held out by groups, unless the split says which. */
static int hold_out(struct work *w, bool *valid, struct rf_err *err)
{
    const double share[] = { 1 - w->o->valid, w->o->valid };
    const int64_t *const prompt = rf_job_prompts(&w->job);
    const size_t rows = rf_job_rows(&w->job);
    struct rf_division d = { 0 };
    struct rf_parts parts;
    int rc = rf_parts_find(&parts, w->ctx->db, w->o->split, 0, err);
    if (rc || parts.valid)
        return rc;
    if (w->o->valid <= 0)
        return rf_fail(err, RF_USAGE, "--tune chooses on validation prompts: expected a --valid above 0, or --cv");
    if ((rc = rf_division_read(&d, w->ctx->db, prompt, rows, RF_DIVISION_JACCARD, w->ctx->threads, err)) ||
        (rc = rf_division_divide(&d, share, 2, w->ctx->seed, err)))
        goto out;
    for (size_t i = 0; i < rows; i++)
        valid[i] = rf_division_part(&d, prompt[i]) == 1;
    rc = set_sides(w, valid, err);
out:
    rf_division_release(&d);
    return rc;
}

/* Chooses a point of the grid; from now on the job has its options. */
static int tune(struct work *w, struct rf_err *err)
{
    const size_t rows = rf_job_rows(&w->job);
    const struct rf_cmd *const cmd = &w->job.kind->cmd;
    const size_t folds = w->fold ? (size_t)w->o->cv : 1;
    bool *valid = NULL;
    int rc;
    if ((rc = RF_NEW(valid, rows, err)) || (rc = RF_NEW(w->trial, w->grid.points, err)))
        goto out;
    memcpy(valid, w->data.votes ? w->data.votes->valid : w->data.scored->in.valid, rows * sizeof *valid);
    if (!w->fold && (rc = hold_out(w, valid, err)))
        goto out;
    rf_progress_start(&w->bar, "tune", "fits", w->grid.points * folds);
    rc = rf_tune(&w->grid, &w->job, &w->data, w->fold, folds, &w->bar, w->trial, &w->kept, err);
    rf_progress_end(&w->bar);
    if (rc || (w->fold && (rc = set_sides(w, valid, err))) || (rc = rf_grid_text(&w->grid, w->kept, &w->tuned, err)) ||
        (rc = rf_grid_options(&w->grid, w->kept, cmd, w->job.opts, &w->chosen, err)) ||
        (rc = rf_run_chose(&w->run, w->ctx, w->job.opts, w->chosen, err)))
        goto out;
    if (w->fold)
        snprintf(w->tuned_on, sizeof w->tuned_on, "%zu folds", folds);
    else
        snprintf(w->tuned_on, sizeof w->tuned_on, "validation side");
    w->job.opts = w->chosen;
    w->job.tuned = w->tuned.data;
    w->job.tuned_on = w->tuned_on;
out:
    rf_free(valid);
    return rc;
}

static int cross_validate(struct work *w, struct rf_err *err)
{
    rf_progress_start(&w->bar, "cross-validate", "folds", (uint64_t)w->o->cv);
    const int rc = rf_cv_run(&w->cv, &w->job, w->fold, (size_t)w->o->cv, &w->bar, err);
    rf_progress_end(&w->bar);
    return rc;
}

/* The figures that a choice was made by, and those out of fold, among the metrics of the run. */
static int store_metrics(const struct work *w, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct rf_buf text = { 0 };
    const bool votes = w->data.votes;
    int rc = rf_run_metric_new(&s, w->ctx->db, w->run.id, err);
    for (size_t i = 0; i < w->grid.points && !rc; i++) {
        text.len = 0;
        if (w->trial[i].validated == 0 || (rc = rf_grid_text(&w->grid, i, &text, err)))
            continue;
        rc = rf_run_metric(s, w->tuned_on, text.data, votes ? "valid_loss" : "valid_mse", w->trial[i].valid_loss, NAN,
                           NAN, err);
    }
    if (!rc && w->cv.all.tested)
        rc = rf_run_metric(s, "out of fold", w->name.data, votes ? "loss" : "mse", w->cv.all.loss, NAN, NAN, err);
    rf_stmt_free(s);
    rf_buf_release(&text);
    return rc;
}

/* The prompts of the data, once for all fits on them: what eval asks for. */
static int store_prompts(const struct work *w, struct rf_err *err)
{
    const char *const sha256 = data_sha256(&w->data);
    const int64_t *const prompt = rf_job_prompts(&w->job);
    struct rf_stmt *s = NULL;
    int64_t id = 0;
    int rc = rf_db_int(w->ctx->db, &id, err, "SELECT id FROM fit_data WHERE sha256 = ?1", 1, &sha256);
    if (rc)
        return rc < 0 ? rc : 0;
    if ((rc = rf_stmt_new(&s, w->ctx->db, "INSERT INTO fit_data (sha256) VALUES (?1)", err)))
        goto out;
    rf_bind_text(s, 1, sha256);
    if ((rc = rf_run(s, err)))
        goto out;
    id = rf_db_last_id(w->ctx->db);
    rf_stmt_free(s);
    s = NULL;
    rc = rf_stmt_new(&s, w->ctx->db, "INSERT INTO fit_prompt (data, prompt) VALUES (?1, ?2)", err);
    for (size_t i = 0; i < rf_job_rows(&w->job) && !rc; i++) {
        rf_bind_int(s, 1, id);
        rf_bind_int(s, 2, prompt[i]);
        rc = rf_run(s, err);
    }
out:
    rf_stmt_free(s);
    return rc;
}

/* All that the run leaves in the database, in one transaction. sha256: of the file; NULL: there is none. */
static int store(struct work *w, const char *sha256, struct rf_err *err)
{
    struct rf_db *const db = w->ctx->db;
    int rc;
    if ((rc = rf_db_begin(db, err)) || (rc = store_log(db, w->run.id, &w->file.fit, err)) ||
        (rc = store_prompts(w, err)) || (rc = store_metrics(w, err)) ||
        (w->o->cv && (rc = rf_cv_store(&w->cv, &w->job, db, w->run.id, w->name.data, w->grid.points > 0, err))) ||
        (rc = rf_run_end(&w->run, w->ctx, w->file.fit.interrupted ? "interrupted" : "done", data_sha256(&w->data),
                         sha256, w->o->output, err)) ||
        (rc = rf_db_commit(db, err)))
        rf_db_rollback(db);
    return rc;
}

static int report(const struct work *w, struct rf_err *err)
{
    const struct rf_fit_story story = { .job = &w->job,
                                        .grid = w->grid.points ? &w->grid : NULL,
                                        .trial = w->trial,
                                        .kept = w->kept,
                                        .cv = w->o->cv ? &w->cv : NULL,
                                        .name = w->name.data,
                                        .file = w->o->output ? &w->file : NULL,
                                        .output = w->o->output };
    if (w->o->output)
        tell(&w->file.fit, w->ctx->chat);
    if (w->o->cv)
        fprintf(w->ctx->chat,
                "scores out of fold are kept as \"%s\": `routefit eval --bench NAME '%s'` measures them\n",
                w->name.data, w->name.data);
    return rf_fit_tell(&story, w->ctx, err);
}

int rf_fit_command(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct rf_fit_options *o = opts;
    struct work w = { .ctx = ctx, .o = o };
    struct rf_outfile file = { 0 };
    char sha256[RF_SHA256_HEX];
    int rc;
    w.job = (struct rf_fit_job){ .kind = (const struct rf_kind *)(const void *)ctx->cmd, /* cmd is its first member */
                                 .opts = opts,
                                 .threads = ctx->threads,
                                 .seed = ctx->seed,
                                 .progress = &w.bar };
    /* the file first: a name that cannot be written should not cost a fit */
    if ((rc = check_options(&w, nargs, args, err)) ||
        (o->output && (rc = rf_outfile_open(&file, o->output, o->force, err))) ||
        (rc = rf_fit_data_load(&w.data, ctx->db, w.job.kind, o, ctx->seed, err)) ||
        (rc = rf_run_begin(&w.run, ctx, err)))
        goto out;
    w.running = true;
    w.job.votes = w.data.votes;
    w.job.scored = w.data.scored;
    if ((o->cv && (rc = make_folds(&w, err))) || (w.grid.points && (rc = tune(&w, err))) ||
        (o->cv && (rc = cross_validate(&w, err))))
        goto out;
    rf_progress_start(&w.bar, "fit", "epochs", 0);
    if (o->output && ((rc = rf_fitted_make(&w.file, &w.job, err)) ||
                      (rc = rf_outfile_save(&file, w.file.bytes.data, w.file.bytes.len, sha256, err))))
        goto out;
    if ((rc = store(&w, o->output ? sha256 : NULL, err)))
        goto out;
    w.running = false;
    rf_progress_end(&w.bar);
    if (!(rc = report(&w, err)) && w.file.fit.interrupted)
        rc = rf_fail(err, RF_INTERRUPTED, "stopped by Ctrl-C: %s holds the best model so far", o->output);
out:
    rf_progress_end(&w.bar);
    if (w.running) /* the first error is the one that counts */
        rf_run_end(&w.run, ctx, rc == RF_INTERRUPTED ? "interrupted" : "failed", data_sha256(&w.data), NULL, NULL,
                   NULL);
    rf_outfile_release(&file);
    work_release(&w);
    return rc;
}
