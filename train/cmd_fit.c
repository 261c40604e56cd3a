/* fit KIND: what all kinds have in common. Reads votes and vectors once, lets the kind fit, checks the bytes against
 * the scoring pair, writes the file atomically, and stores the run with its training log. Refuses: an output that
 * exists (without --force). */
#include <stdio.h>

#include "core/input.h"
#include "core/mem.h"
#include "core/run.h"
#include "core/sha256.h"
#include "train/commands.h"
#include "train/kind.h"

/* Rows that all kinds have. */
#define COMMON_OPTIONS                                                                                                 \
    RF_OPT(struct rf_fit_options, output, "output", 'o', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,                        \
           "The weight file to write (safetensors)."),                                                                 \
        RF_OPT(struct rf_fit_options, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,                        \
               "Replace FILE if it exists."),                                                                          \
        RF_OPT(struct rf_fit_options, valid, "valid", 0, RF_OPT_REAL, "SHARE", "0.1", NULL, 0, 0.9,                    \
               "Share of the prompts kept for validation; a prompt is on one side with all that is known of it.")

#define EMBEDDER_OPTION                                                                                                \
    RF_OPT(struct rf_fit_options, embedder, "embedder", 'e', RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,                    \
           "Whose vectors; needed where the database has several.")
/* votes_default: NULL where the votes of none are asked for; votes_note says what holds then */
#define VOTES_OPTIONS(votes_default, votes_note)                                                                       \
    RF_OPT(struct rf_fit_options, votes, "votes", 0, RF_OPT_LIST, "LIST", votes_default, NULL, 0, 0,                   \
           "Whose votes count, and for how much: JUDGE or JUDGE:WEIGHT, as in human,gpt-4:0.4; results:BENCH or "      \
           "results:BENCH:WEIGHT takes two models' scores on a question of the benchmark as a vote" votes_note "."),   \
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
             "the two files of the scoring pair load.",
    .examples = "routefit fit logistic -o logistic.safetensors\nroutefit fit mf -o mf.safetensors\n"
                "routefit fit knn --bench arc-challenge -o knn.safetensors",
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

static const struct rf_column votes_columns[] = {
    RF_COLUMN_TEXT("kind"),          RF_COLUMN_TEXT("output"),        RF_COLUMN_INT("votes"),
    RF_COLUMN_INT("valid_votes"),    RF_COLUMN_INT("left_out"),       RF_COLUMN_INT("dim"),
    RF_COLUMN_REAL("train_loss", 4), RF_COLUMN_REAL("valid_loss", 4), RF_COLUMN_REAL("valid_accuracy", 4),
    RF_COLUMN_REAL("seconds", 2),
};
/* mse: mean squared error of the predicted scores on the validation questions; null_mse: that of every model's mean */
static const struct rf_column results_columns[] = {
    RF_COLUMN_TEXT("kind"),       RF_COLUMN_TEXT("output"),       RF_COLUMN_INT("questions"),
    RF_COLUMN_INT("valid"),       RF_COLUMN_INT("left_out"),      RF_COLUMN_INT("dim"),
    RF_COLUMN_INT("models"),      RF_COLUMN_REAL("valid_mse", 4), RF_COLUMN_REAL("null_mse", 4),
    RF_COLUMN_REAL("seconds", 2),
};

static size_t sum_left_out(const struct rf_fit *f)
{
    if (f->votes)
        return f->votes->read - f->used_train - f->used_valid;
    size_t out = f->scored->no_prompt + f->scored->r.incomplete;
    for (int i = 0; i < RF_OUTS; i++)
        out += f->left_out[i];
    return out;
}

/* Of the vectors, or the number of buckets for texts. */
static int64_t width_of(const struct rf_fit *f)
{
    if (f->scored)
        return (int64_t)f->scored->in.dim;
    return f->votes->x ? (int64_t)f->votes->dim : ROUTEFIT_BUCKETS;
}

static int print_summary(const struct rf_ctx *ctx, const struct rf_fit *f, const struct rf_model *m,
                         const struct rf_fit_options *o, double seconds, struct rf_err *err)
{
    const struct rf_column *const columns = f->votes ? votes_columns : results_columns;
    const size_t n =
        f->votes ? sizeof votes_columns / sizeof *votes_columns : sizeof results_columns / sizeof *results_columns;
    struct rf_table *t = NULL;
    int rc;
    if ((rc = rf_table_new(&t, columns, n, err)) || (rc = rf_table_text(t, ctx->cmd->name, err)) ||
        (rc = rf_table_text(t, o->output, err)) || (rc = rf_table_int(t, (int64_t)f->used_train, err)) ||
        (rc = rf_table_int(t, (int64_t)f->used_valid, err)) || (rc = rf_table_int(t, (int64_t)sum_left_out(f), err)) ||
        (rc = rf_table_int(t, width_of(f), err)) ||
        (rc = f->votes ? rf_table_real(t, m->train_loss, err) : rf_table_int(t, (int64_t)f->scored->r.models, err)) ||
        (rc = rf_table_real(t, m->valid_loss, err)) ||
        (rc = rf_table_real(t, f->votes ? m->valid_accuracy : m->null_loss, err)) ||
        (rc = rf_table_real(t, seconds, err)))
        goto out;
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_table_free(t);
    return rc;
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

/* The log and the end of the run, in one transaction. */
static int store_run(struct rf_ctx *ctx, struct rf_run *run, const struct rf_fit *f, const struct rf_fit_data *d,
                     const char *sha256, const char *output, struct rf_err *err)
{
    int rc;
    if ((rc = rf_db_begin(ctx->db, err)) || (rc = store_log(ctx->db, run->id, f, err)) ||
        (rc = rf_run_end(run, ctx, f->interrupted ? "interrupted" : "done", data_sha256(d), sha256, output, err)) ||
        (rc = rf_db_commit(ctx->db, err)))
        rf_db_rollback(ctx->db);
    return rc;
}

int rf_fit_write(struct rf_outfile *file, const struct rf_buf *bytes, char sha256[RF_SHA256_HEX], struct rf_err *err)
{
    uint8_t digest[RF_SHA256_SIZE];
    int rc;
    if ((rc = rf_sha256_of(bytes->data, bytes->len, digest, err)))
        return rc;
    rf_sha256_hex(digest, sha256);
    if (fwrite(bytes->data, 1, bytes->len, file->f) != bytes->len)
        return rf_fail_errno(err, RF_IO, "cannot write %s", file->path);
    return rf_outfile_commit(file, err);
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
                                           .min_chars = o->min_chars,
                                           .valid = o->valid,
                                           .seed = seed };
        d->votes = &d->own_votes;
        return rf_votes_load(&d->own_votes, db, &f, err);
    }
    const struct rf_scored_filter f = { .results = { .bench = o->bench, .model = o->model, .source = o->source },
                                        .inputs = { .embedder = o->embedder, .valid = o->valid, .seed = seed } };
    d->scored = &d->own_scored;
    return rf_scored_load(&d->own_scored, db, &f, err);
}

void rf_fit_data_release(struct rf_fit_data *d)
{
    rf_votes_release(&d->own_votes);
    rf_scored_release(&d->own_scored);
}

int rf_fit_command(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct rf_fit_options *o = opts;
    const struct rf_kind *kind = (const struct rf_kind *)(const void *)ctx->cmd; /* cmd is its first member */
    struct rf_outfile file = { 0 };
    struct rf_fit_data data = { 0 };
    struct rf_fit fit = { 0 };
    struct rf_model model = { 0 };
    struct rf_progress progress;
    struct rf_buf bytes = { 0 };
    struct rf_run run = { 0 };
    char sha256[RF_SHA256_HEX];
    bool running = false;
    int rc;
    (void)nargs;
    (void)args;
    rf_progress_start(&progress, "fit", "epochs", 0);
    if (!o->output) {
        rc = rf_fail(err, RF_USAGE, "name the weight file to write: -o FILE");
        goto out;
    }
    /* the file first: a name that cannot be written should not cost a fit */
    if ((rc = rf_outfile_open(&file, o->output, o->force, err)) ||
        (rc = rf_fit_data_load(&data, ctx->db, kind, o, ctx->seed, err)) || (rc = rf_run_begin(&run, ctx, err)))
        goto out;
    running = true;
    rf_fit_init(&fit, data.votes, data.scored, ctx->threads, ctx->seed, &progress);
    if ((rc = kind->fit(&fit, opts, &model, err)) || (rc = rf_model_build(&model, kind, &fit, &bytes, err)))
        goto out;
    const double seconds = rf_seconds() - fit.started;
    if ((rc = rf_fit_write(&file, &bytes, sha256, err)) ||
        (rc = store_run(ctx, &run, &fit, &data, sha256, o->output, err)))
        goto out;
    running = false;
    rf_progress_end(&progress);
    tell(&fit, ctx->chat);
    if (!(rc = print_summary(ctx, &fit, &model, o, seconds, err)) && fit.interrupted)
        rc = rf_fail(err, RF_INTERRUPTED, "stopped by Ctrl-C: %s holds the best model so far", o->output);
out:
    rf_progress_end(&progress);
    if (running) /* the first error is the one that counts */
        rf_run_end(&run, ctx, rc == RF_INTERRUPTED ? "interrupted" : "failed", data_sha256(&data), NULL, NULL, NULL);
    rf_outfile_release(&file);
    rf_buf_release(&bytes);
    rf_model_release(&model);
    rf_fit_release(&fit);
    rf_fit_data_release(&data);
    return rc;
}
