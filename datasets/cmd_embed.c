/* `routefit embed text|apply|npy|save`: gives every prompt a vector, from the built-in text embedder or from files of
 * the user's own. Options, order of the steps, and the tables that are printed; the work is in embed_text.c and
 * vectors.c. */
#include <math.h>
#include <string.h>

#include "core/cli.h"
#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/routefit_score.h"
#include "core/run.h"
#include "core/table.h"
#include "datasets/commands.h"
#include "datasets/embed_text.h"
#include "datasets/texts.h"
#include "datasets/vectors.h"

/* ---- vectors for the texts ---- */

enum { BATCH = 32 * RF_BLOCK_ROWS }; /* vectors in memory at a time */

/* Embeds all texts and writes their vectors, inside the caller's transaction. *blank: see rf_text_model_embed. */
static int embed_all(struct rf_ctx *ctx, const struct rf_text_model *m, const struct rf_texts *t, int64_t embedder,
                     size_t *blank, struct rf_err *err)
{
    const size_t dim = rf_text_model_dim(m);
    struct rf_vector_writer *w = NULL;
    struct rf_progress bar;
    float *x = NULL;
    int rc;
    rf_progress_start(&bar, "embed", "prompts", t->n);
    if ((rc = RF_NEW(x, (t->n < BATCH ? t->n : BATCH) * dim, err)) ||
        (rc = rf_vector_writer_new(&w, ctx->db, embedder, dim, err)))
        goto out;
    for (size_t from = 0; from < t->n; from += BATCH) {
        const size_t n = t->n - from < BATCH ? t->n - from : BATCH;
        if ((rc = rf_progress_step(&bar, from, NULL, err)) ||
            (rc = rf_text_model_embed(m, t->text + from, n, ctx->threads, x, blank, err)))
            goto out;
        for (size_t i = 0; i < n; i++)
            if ((rc = rf_vector_put(w, t->prompt[from + i], x + i * dim, err)))
                goto out;
    }
out:
    rf_progress_end(&bar);
    rf_vector_writer_free(w);
    rf_free(x);
    return rc;
}

/* ---- embed text ---- */

struct text_options {
    const char *output, *name;
    struct rf_list fit_on;
    int64_t dim, buckets, iterations;
    double shape;
    bool f32, force;
};

static const struct rf_opt text_opts[] = {
    RF_OPT(struct text_options, output, "output", 'o', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Where the text model goes (required)."),
    RF_OPT(struct text_options, name, "name", 'n', RF_OPT_TEXT, "NAME", "text", NULL, 0, 0,
           "Name of the embedder in the database."),
    RF_OPT(struct text_options, fit_on, "fit-on", 0, RF_OPT_LIST, "SOURCES", NULL, NULL, 0, 0,
           "Sources whose prompts shape the model, or \"all\"; without it the prompts of votes, all where there are no "
           "votes."),
    RF_OPT(struct text_options, dim, "dim", 'd', RF_OPT_INT, "N", "256", NULL, 1, 4096,
           "Directions kept, beside 8 entries for the text's shape; 64 to 128 do as well below 10,000 votes."),
    RF_OPT(struct text_options, buckets, "buckets", 0, RF_OPT_INT, "N", "32768", NULL, 256, 4194304,
           "Buckets of the n-gram hash, a power of two."),
    RF_OPT(struct text_options, iterations, "iterations", 0, RF_OPT_INT, "N", "5", NULL, 1, 100,
           "Passes of the singular value decomposition."),
    RF_OPT(struct text_options, shape, "shape-weight", 0, RF_OPT_REAL, "W", "1", NULL, 0, 1000,
           "Mean squared norm of the shape entries; that of the n-gram entries is 1."),
    RF_OPT(struct text_options, f32, "f32", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Save the projection in 32 bits instead of 16."),
    RF_OPT(struct text_options, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Replace an existing file, and the vectors under the same name."),
    RF_OPT_END,
};

/* Refused before any work: what the option table cannot say. */
static int check_text_options(struct rf_ctx *ctx, const struct text_options *o, struct rf_err *err)
{
    struct rf_embedder e;
    if (!o->output)
        return rf_fail(err, RF_USAGE, "embed text: -o FILE says where the text model goes, like -o text.safetensors");
    if (o->buckets & (o->buckets - 1))
        return rf_fail(err, RF_USAGE, "--buckets %lld: expected a power of two, like 32768", (long long)o->buckets);
    const int known = rf_embedder_find(ctx->db, o->name, &e, err);
    if (known > 0 && !o->force)
        return rf_fail(err, RF_USAGE,
                       "the database has an embedder \"%s\": --force replaces its vectors, --name makes another; "
                       "`routefit embed apply` gives new prompts theirs",
                       o->name);
    return known < 0 ? known : 0;
}

/* Marks the texts to fit on. *what names them for the table. */
static int choose_texts(struct rf_ctx *ctx, const struct rf_list *fit_on, struct rf_texts *t, const char **what,
                        struct rf_err *err)
{
    size_t marked = 0;
    int rc = 0;
    *what = "sources";
    for (size_t i = 0; i < fit_on->n && !rc; i++)
        if (strcmp(fit_on->v[i], "all") == 0) {
            *what = "all";
            rf_texts_mark_all(t);
        } else {
            rc = rf_texts_mark_source(ctx->db, fit_on->v[i], t, err);
        }
    if (rc || fit_on->n)
        return rc;
    *what = "votes";
    if ((rc = rf_texts_mark_votes(ctx->db, t, err)))
        return rc;
    for (size_t i = 0; i < t->n; i++)
        marked += t->marked[i];
    if (!marked) {
        *what = "all";
        rf_texts_mark_all(t);
    }
    return 0;
}

/* The vectors of all texts take the place of what stood under the name. */
static int store_text_model(struct rf_ctx *ctx, const struct text_options *o, const struct rf_text_model *m,
                            const struct rf_texts *t, size_t *blank, struct rf_err *err)
{
    struct rf_embedder old;
    int64_t id;
    int rc = rf_db_begin(ctx->db, err);
    if (rc)
        return rc;
    if ((rc = rf_embedder_find(ctx->db, o->name, &old, err)) < 0 ||
        (rc > 0 && (rc = rf_embedder_drop(ctx->db, old.id, err))) ||
        (rc = rf_embedder_add(ctx->db, o->name, "text", rf_text_model_dim(m), rf_text_model_sha256(m), o->output, &id,
                              err)) ||
        (rc = embed_all(ctx, m, t, id, blank, err)) || (rc = rf_db_commit(ctx->db, err)))
        rf_db_rollback(ctx->db);
    return rc;
}

static int print_text_fit(struct rf_ctx *ctx, const struct text_options *o, const char *what,
                          const struct rf_text_fit *fit, size_t prompts, size_t blank, struct rf_err *err)
{
    static const struct rf_column cols[] = {
        RF_COLUMN_TEXT("embedder"),
        RF_COLUMN_INT("dim"),
        RF_COLUMN_TEXT("fitted_on"),
        RF_COLUMN_INT("fitted_prompts"),
        RF_COLUMN_INT("buckets"),
        RF_COLUMN_INT("buckets_seen"),
        RF_COLUMN_REAL("captured_pct", 1),
        RF_COLUMN_INT("prompts"),
        RF_COLUMN_INT("blank_prompts", .shown = RF_SHOWN_FILLED),
        RF_COLUMN_TEXT("file"),
        RF_COLUMN_TEXT("sha256", .shown = RF_SHOWN_NEVER),
    };
    struct rf_table *t = NULL;
    int rc;
    if ((rc = rf_table_new(&t, cols, sizeof cols / sizeof *cols, err)) || (rc = rf_table_text(t, o->name, err)) ||
        (rc = rf_table_int(t, (int64_t)fit->dim + ROUTEFIT_SHAPE, err)) || (rc = rf_table_text(t, what, err)) ||
        (rc = rf_table_int(t, (int64_t)fit->texts, err)) || (rc = rf_table_int(t, o->buckets, err)) ||
        (rc = rf_table_int(t, (int64_t)fit->seen, err)) || (rc = rf_table_real(t, 100 * fit->captured, err)) ||
        (rc = rf_table_int(t, (int64_t)prompts, err)) || (rc = rf_table_int(t, (int64_t)blank, err)) ||
        (rc = rf_table_text(t, o->output, err)) || (rc = rf_table_text(t, fit->sha256, err)))
        goto out;
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_table_free(t);
    return rc;
}

static int embed_text(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct text_options *o = opts;
    const struct rf_text_fit_options fo = { .dim = (size_t)o->dim,
                                            .buckets = (size_t)o->buckets,
                                            .iterations = (size_t)o->iterations,
                                            .shape = o->shape,
                                            .f32 = o->f32,
                                            .force = o->force,
                                            .seed = ctx->seed,
                                            .threads = ctx->threads };
    struct rf_texts t = { 0 };
    struct rf_text_model *m = NULL;
    struct rf_text_fit fit = { 0 };
    struct rf_run run = { 0 };
    struct rf_str *list = NULL;
    const char *what;
    size_t n, blank = 0;
    int rc;
    (void)nargs, (void)args;
    if ((rc = check_text_options(ctx, o, err)) || (rc = rf_texts_read(ctx->db, 0, &t, err)) ||
        (rc = choose_texts(ctx, &o->fit_on, &t, &what, err)) || (rc = rf_texts_marked(&t, &list, &n, err)))
        goto out;
    if (!n) {
        rc = rf_fail(err, RF_BAD_INPUT,
                     "no prompt with text to fit on: `routefit ingest` brings some, or give vectors with "
                     "`routefit embed npy`");
        goto out;
    }
    if ((rc = rf_run_begin(&run, ctx, err)))
        goto out;
    if ((rc = rf_text_fit(list, n, &fo, o->output, &fit, err)) || (rc = rf_text_model_open(&m, o->output, err)) ||
        (rc = store_text_model(ctx, o, m, &t, &blank, err))) {
        rf_run_end(&run, ctx, rc == RF_INTERRUPTED ? "interrupted" : "failed", NULL, NULL, NULL, NULL);
        goto out;
    }
    if (fit.dim < fo.dim)
        fprintf(ctx->chat, "%zu directions instead of %zu: the %zu texts have no more\n", fit.dim, fo.dim, fit.texts);
    if ((rc = rf_run_end(&run, ctx, "done", NULL, fit.sha256, o->output, err)))
        goto out;
    rc = print_text_fit(ctx, o, what, &fit, t.n, blank, err);
out:
    rf_text_model_free(m);
    rf_texts_release(&t);
    rf_free(list);
    return rc;
}

static const struct rf_cmd text_command = {
    .name = "text",
    .summary = "fit the built-in text embedder and embed every prompt",
    .args = "",
    .about = "Hashes the words and character n-grams of each prompt's first turn, weighs them\n"
             "by inverse document frequency and keeps the strongest directions (truncated\n"
             "singular value decomposition). Works offline; nothing is downloaded.\n"
             "\n"
             "The model is fitted on the prompts of votes, the training data, so that\n"
             "benchmark prompts have no influence on it; --fit-on chooses otherwise. Then every\n"
             "prompt with text gets its vector, from the saved file and by the code that a\n"
             "deployed router runs. The file embeds new prompts later (embed apply), and a\n"
             "linear router on these vectors collapses to one weight per bucket (export).\n"
             "\n"
             "A vector is an affine map of the n-gram features: no step after the features is\n"
             "non-linear. Over the fitting prompts the n-gram entries have mean squared norm 1,\n"
             "the 8 entries of the text's shape (lengths, shares of digits, capitals, ...) are\n"
             "standardised and have --shape-weight together. A prompt without words has the\n"
             "shape alone and is counted as blank.\n",
    .examples = "routefit embed text -o text.safetensors\n"
                "routefit embed text -o wide.safetensors --name wide --dim 512 --fit-on all\n",
    .opts = { text_opts },
    .opts_size = sizeof(struct text_options),
    .need = RF_NEED_WRITE,
    .run = embed_text,
};

/* ---- embed apply ---- */

struct apply_options {
    const char *name;
};

static const struct rf_opt apply_opts[] = {
    RF_OPT(struct apply_options, name, "name", 'n', RF_OPT_TEXT, "NAME", "text", NULL, 0, 0,
           "Name of the embedder in the database."),
    RF_OPT_END,
};

static int print_apply(struct rf_ctx *ctx, const char *name, size_t dim, size_t added, size_t blank, struct rf_err *err)
{
    static const struct rf_column cols[] = {
        RF_COLUMN_TEXT("embedder"),
        RF_COLUMN_INT("dim"),
        RF_COLUMN_INT("added"),
        RF_COLUMN_INT("blank_prompts", .shown = RF_SHOWN_FILLED),
    };
    struct rf_table *t = NULL;
    int rc;
    if ((rc = rf_table_new(&t, cols, sizeof cols / sizeof *cols, err)) || (rc = rf_table_text(t, name, err)) ||
        (rc = rf_table_int(t, (int64_t)dim, err)) || (rc = rf_table_int(t, (int64_t)added, err)) ||
        (rc = rf_table_int(t, (int64_t)blank, err)))
        goto out;
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_table_free(t);
    return rc;
}

static int embed_apply(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct apply_options *o = opts;
    struct rf_embedder e = { 0 };
    struct rf_texts t = { 0 };
    struct rf_text_model *m = NULL;
    size_t blank = 0;
    int rc;
    (void)nargs;
    if ((rc = rf_text_model_open(&m, args[0], err)) || (rc = rf_embedder_find(ctx->db, o->name, &e, err)) < 0)
        goto out;
    const bool known = rc > 0;
    if (known && strcmp(e.sha256, rf_text_model_sha256(m)) != 0) {
        rc = rf_fail(err, RF_USAGE,
                     "%s: found SHA-256 %.12s..., expected %.12s...: embedder \"%s\" was made by another file; "
                     "--name stores these vectors under a name of their own",
                     args[0], rf_text_model_sha256(m), *e.sha256 ? e.sha256 : "none", o->name);
        goto out;
    }
    if ((rc = rf_texts_read(ctx->db, e.id, &t, err)) || (rc = rf_db_begin(ctx->db, err)))
        goto out;
    if ((!known && (rc = rf_embedder_add(ctx->db, o->name, "text", rf_text_model_dim(m), rf_text_model_sha256(m),
                                         args[0], &e.id, err))) ||
        (rc = embed_all(ctx, m, &t, e.id, &blank, err)) || (rc = rf_db_commit(ctx->db, err))) {
        rf_db_rollback(ctx->db);
        goto out;
    }
    rc = print_apply(ctx, o->name, rf_text_model_dim(m), t.n, blank, err);
out:
    rf_text_model_free(m);
    rf_texts_release(&t);
    return rc;
}

static const struct rf_cmd apply_command = {
    .name = "apply",
    .summary = "embed the prompts that have no vector yet with an existing text model",
    .args = "FILE",
    .about = "FILE is a text model of `embed text`. Prompts that came in since get their\n"
             "vectors; those that have one keep it. The file must be the one that made the\n"
             "vectors under --name (its SHA-256 is compared); a new name is made.\n",
    .examples = "routefit embed apply text.safetensors\n"
                "routefit embed apply other.safetensors --name other\n",
    .opts = { apply_opts },
    .opts_size = sizeof(struct apply_options),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_WRITE,
    .run = embed_apply,
};

/* ---- embed npy, embed save ---- */

struct npy_options {
    const char *source, *embedder, *output;
    bool half, force;
};

static const struct rf_opt npy_opts[] = {
    RF_OPT(struct npy_options, source, "source", 's', RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Source whose data rows the rows of the file belong to (required)."),
    RF_OPT(struct npy_options, embedder, "embedder", 'e', RF_OPT_TEXT, "NAME", NULL, NULL, 0, 0,
           "Name of the vectors in the database (required)."),
    RF_OPT_END,
};

static const struct rf_opt save_opts[] = {
    RF_OPT(struct npy_options, output, "output", 'o', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "The .npy file to write (required)."),
    RF_OPT(struct npy_options, half, "f16", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Write 16-bit floats instead of 32-bit ones."),
    RF_OPT(struct npy_options, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Replace an existing file."),
    RF_OPT_END,
};

static int need_names(const struct npy_options *o, struct rf_err *err)
{
    if (!o->source)
        return rf_fail(err, RF_USAGE, "--source NAME is missing; `routefit ls` lists the sources");
    if (!o->embedder)
        return rf_fail(err, RF_USAGE, "--embedder NAME is missing: the vectors' name in the database");
    return 0;
}

/* Columns of both directions; saving fills the first ones. */
static const struct rf_column count_cols[] = {
    RF_COLUMN_TEXT("embedder"),
    RF_COLUMN_TEXT("source"),
    RF_COLUMN_INT("rows"),
    RF_COLUMN_INT("dim"),
    RF_COLUMN_INT("dropped", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("zero", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("added"),
    RF_COLUMN_INT("repeated", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_REAL("max_difference", 6, .shown = RF_SHOWN_FILLED),
};
enum { SAVE_COLS = 6, LOAD_COLS = sizeof count_cols / sizeof *count_cols };

static int print_count(struct rf_ctx *ctx, const struct npy_options *o, const struct rf_vectors_count *c, size_t ncols,
                       struct rf_err *err)
{
    struct rf_table *t = NULL;
    int rc;
    if ((rc = rf_table_new(&t, count_cols, ncols, err)) || (rc = rf_table_text(t, o->embedder, err)) ||
        (rc = rf_table_text(t, o->source, err)) || (rc = rf_table_int(t, (int64_t)c->rows, err)) ||
        (rc = rf_table_int(t, (int64_t)c->dim, err)) || (rc = rf_table_int(t, (int64_t)c->dropped, err)) ||
        (rc = rf_table_int(t, (int64_t)c->zero, err)))
        goto out;
    if (ncols == LOAD_COLS &&
        ((rc = rf_table_int(t, (int64_t)c->added, err)) || (rc = rf_table_int(t, (int64_t)c->repeated, err)) ||
         (rc = rf_table_real(t, c->repeated ? c->max_difference : NAN, err))))
        goto out;
    rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_table_free(t);
    return rc;
}

static int embed_npy(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct npy_options *o = opts;
    struct rf_vectors_count c = { 0 };
    int rc;
    (void)nargs;
    if ((rc = need_names(o, err)) || (rc = rf_vectors_load(ctx->db, args[0], o->source, o->embedder, &c, err)))
        return rc;
    return print_count(ctx, o, &c, LOAD_COLS, err);
}

static int embed_save(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct npy_options *o = opts;
    struct rf_vectors_count c = { 0 };
    int rc;
    (void)nargs, (void)args;
    if ((rc = need_names(o, err)))
        return rc;
    if (!o->output)
        return rf_fail(err, RF_USAGE, "-o FILE is missing: where the vectors go, like -o vectors.npy");
    if ((rc = rf_vectors_save(ctx->db, o->source, o->embedder, o->output, o->half, o->force, &c, err)))
        return rc;
    return print_count(ctx, o, &c, SAVE_COLS, err);
}

static const struct rf_cmd npy_command = {
    .name = "npy",
    .summary = "take vectors of your own: .npy, safetensors, JSON embeddings",
    .args = "FILE",
    .about = "Reads what `routefit ingest FILE` reads as vectors, recognised by content: .npy\n"
             "(16, 32 or 64-bit floats, in C or Fortran order), safetensors with one tensor of two\n"
             "dimensions, and JSON with \"embedding\": replies of an API, output of its batches, or\n"
             "JSON lines. Row i of an .npy file or a tensor goes to the prompt of data row i of\n"
             "the source, as numpy counts, rows that ingest dropped included: both must have the\n"
             "same number of rows. JSON may say by prompt, row, id or index whose a vector is. Rows of zeros are "
             "stored and counted. A prompt\n"
             "that stands in several rows keeps its first vector; the others are counted as\n"
             "repeated, with the largest difference of an entry.\n",
    .examples = "routefit embed npy votes_openai.npy --source arena55k/votes --embedder openai\n"
                "routefit embed npy gsm8k_openai.safetensors --source gsm8k/gsm8k_responses --embedder openai\n"
                "routefit embed npy replies.jsonl --source quiz --embedder small\n",
    .opts = { npy_opts },
    .opts_size = sizeof(struct npy_options),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_WRITE,
    .run = embed_npy,
};

static const struct rf_cmd save_command = {
    .name = "save",
    .summary = "write the vectors of a source to an .npy file",
    .args = "",
    .about = "One row per data row of the source, in its order; rows that ingest dropped are zeros\n"
             "and counted. The reverse of `embed npy`.\n",
    .examples = "routefit embed save --source arena55k/votes --embedder text -o votes_text.npy\n"
                "routefit embed save --source arena55k/votes --embedder text -o small.npy --f16\n",
    .opts = { save_opts, npy_opts },
    .opts_size = sizeof(struct npy_options),
    .need = RF_NEED_READ,
    .run = embed_save,
};

/* ---- embed ---- */

static const struct rf_cmd *const embed_commands[] = { &text_command, &apply_command, &npy_command, &save_command,
                                                       NULL };

const struct rf_cmd rf_cmd_embed = {
    .name = "embed",
    .summary = "give every prompt a vector",
    .args = "text|apply|npy|save",
    .about = "Routers read vectors. `embed text` computes them offline from the prompts' text,\n"
             "`embed npy` takes those of any other embedding model, row by row.\n",
    .examples = "routefit embed text -o text.safetensors\n"
                "routefit embed npy vectors.npy --source arena55k/votes --embedder mine\n",
    .need = RF_NEED_NOTHING,
    .subs = embed_commands,
};
