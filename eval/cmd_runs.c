/* routefit runs: what was done to the database, how to do it again, and whether it comes out the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/opt.h"
#include "eval/commands.h"
#include "eval/past_run.h"

/* The run that the only argument names. */
static int load(struct rf_past_run *r, struct rf_ctx *ctx, const char *id, struct rf_err *err)
{
    char *end;
    const long long n = strtoll(id, &end, 10);
    if (end == id || *end || n < 1)
        return rf_fail(err, RF_USAGE, "found run '%s', expected a number; `routefit runs list` lists them", id);
    return rf_past_run_load(r, ctx->db, n, err);
}

/* ---------------------------------------------------------------- list */

struct list_options {
    int64_t limit;
};

static const struct rf_opt list_table[] = {
    RF_OPT(struct list_options, limit, "limit", 'n', RF_OPT_INT, "N", "20", NULL, 0, 1e15,
           "Most runs to print, the latest; 0 for all."),
    RF_OPT_END,
};

static const struct rf_column list_columns[] = {
    RF_COLUMN_INT("run"),
    RF_COLUMN_TEXT("command"),
    RF_COLUMN_TEXT("status"),
    RF_COLUMN_TEXT("started_at"),
    RF_COLUMN_REAL("seconds", 2),
    RF_COLUMN_TEXT("output", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_TEXT("data_sha256", .shown = RF_SHOWN_NEVER),
    RF_COLUMN_TEXT("weights_sha256", .shown = RF_SHOWN_NEVER),
};

static int list(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct list_options *const o = opts;
    struct rf_table *t = NULL;
    struct rf_stmt *s = NULL;
    int rc;
    (void)nargs, (void)args;
    if ((rc = rf_table_new(&t, list_columns, sizeof list_columns / sizeof *list_columns, err)) ||
        (rc = rf_stmt_new(&s, ctx->db,
                          "SELECT * FROM (SELECT id, command, status, started_at, seconds, output, data_sha256,"
                          " weights_sha256 FROM run ORDER BY id DESC LIMIT ?1) ORDER BY id",
                          err)))
        goto out;
    rf_bind_int(s, 1, o->limit ? o->limit : -1);
    while ((rc = rf_step(s, err)) == 1) {
        rc = rf_table_int(t, rf_col_int(s, 0), err);
        for (int i = 1; i < 4 && !rc; i++)
            rc = rf_table_text(t, rf_col_text(s, i), err);
        rc = rc ? rc : rf_table_real(t, rf_col_real(s, 4), err);
        for (int i = 5; i < 8 && !rc; i++)
            rc = rf_table_text(t, rf_col_text(s, i), err);
        if (rc)
            goto out;
    }
    rc = rc ? rc : rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_stmt_free(s);
    rf_table_free(t);
    return rc;
}

static const struct rf_cmd runs_list = {
    .name = "list",
    .summary = "list what was done: fits, evaluations and the like, oldest first",
    .args = "",
    .about = "Every fit, embed text, split, overlap, rank, eval and the like leaves a run: its\n"
             "command line, options, seed, versions, time, and fingerprints of the data that\n"
             "went in and of the weights that came out.",
    .examples = "routefit runs list\nroutefit runs list -n 0 --json",
    .opts = { list_table },
    .opts_size = sizeof(struct list_options),
    .max_args = 0,
    .need = RF_NEED_READ,
    .run = list,
};

/* ---------------------------------------------------------------- show */

struct show_options {
    bool reproduce;
};

static const struct rf_opt show_table[] = {
    RF_OPT(struct show_options, reproduce, "reproduce", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Print the command line alone, quoted for a shell."),
    RF_OPT_END,
};

static const struct rf_column show_columns[] = { RF_COLUMN_TEXT("field"), RF_COLUMN_TEXT("value") };

/* What the row says, field by field, in its columns' order. */
static int add_fields(struct rf_table *t, struct rf_db *db, const struct rf_past_run *r, const char *line,
                      struct rf_err *err)
{
    static const char *const field[] = { "command_line",   "status",  "started_at", "seconds", "peak_rss",
                                         "seed",           "threads", "version",    "blas",    "data_sha256",
                                         "weights_sha256", "output",  "options",    "figures" };
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db,
                         "SELECT ?2, status, started_at, seconds, peak_rss, seed, threads, version, blas, data_sha256,"
                         " weights_sha256, output, options, (SELECT count(*) FROM metric m WHERE m.run = r.id)"
                         " FROM run r WHERE id = ?1",
                         err);
    if (rc)
        goto out;
    rf_bind_int(s, 1, r->id);
    rf_bind_text(s, 2, line);
    rc = rf_step(s, err);
    for (size_t i = 0; i < sizeof field / sizeof *field && rc == 1; i++)
        if (!rf_col_null(s, (int)i) &&
            (rf_table_text(t, field[i], err) || rf_table_text(t, rf_col_text(s, (int)i), err)))
            rc = RF_FAIL;
    rc = rc < 0 ? rc : 0;
out:
    rf_stmt_free(s);
    return rc;
}

static int show(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct show_options *const o = opts;
    struct rf_past_run r = { 0 };
    struct rf_buf line = { 0 };
    struct rf_table *t = NULL;
    int rc;
    (void)nargs;
    if ((rc = load(&r, ctx, args[0], err)) || (rc = rf_past_run_shell(&r, &line, err)))
        goto out;
    if (o->reproduce) {
        fprintf(ctx->out, "%s\n", line.data);
        goto out;
    }
    if (!(rc = rf_table_new(&t, show_columns, sizeof show_columns / sizeof *show_columns, err)) &&
        !(rc = add_fields(t, ctx->db, &r, line.data, err)))
        rc = rf_table_print(t, ctx->out, ctx->format, err);
out:
    rf_table_free(t);
    rf_buf_release(&line);
    rf_past_run_release(&r);
    return rc;
}

static const struct rf_cmd runs_show = {
    .name = "show",
    .summary = "print all that is kept of a run, or the command that does it again",
    .args = "RUN",
    .about = "Prints the fields of a run: its command line, options in force, seed, versions,\n"
             "time, memory and fingerprints. Values of options that hold secrets were never\n"
             "stored.",
    .examples = "routefit runs show 3\nroutefit runs show 3 --reproduce",
    .opts = { show_table },
    .opts_size = sizeof(struct show_options),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_READ,
    .run = show,
};

/* ---------------------------------------------------------------- verify */

static const struct rf_opt no_options[] = { RF_OPT_END };

static const struct rf_column verify_columns[] = {
    RF_COLUMN_TEXT("what"),
    RF_COLUMN_TEXT("before"),
    RF_COLUMN_TEXT("again"),
    RF_COLUMN_TEXT("same"),
};

struct verdict {
    struct rf_table *t;
    struct rf_buf differ; /* "weights, figures" */
};

static int add_verdict(struct verdict *v, const char *what, const char *before, const char *again, bool same,
                       struct rf_err *err)
{
    int rc;
    if ((rc = rf_table_text(v->t, what, err)) || (rc = rf_table_text(v->t, *before ? before : NULL, err)) ||
        (rc = rf_table_text(v->t, *again ? again : NULL, err)) || (rc = rf_table_text(v->t, same ? "yes" : "no", err)))
        return rc;
    return same ? 0 : rf_buf_printf(&v->differ, err, "%s%s", v->differ.len ? ", " : "", what);
}

static int compare_texts(struct verdict *v, const char *what, const char *before, const char *again, struct rf_err *err)
{
    return *before || *again ? add_verdict(v, what, before, again, !strcmp(before, again), err) : 0;
}

/* Tables of figures under a run, whose rows must be the same to the last bit. */
#define ROWS(what, columns, table)                                                                                     \
    {                                                                                                                  \
        what,                                                                                                          \
            "SELECT (SELECT count(*) FROM " table " WHERE run = ?1), (SELECT count(*) FROM " table " WHERE run = ?2)," \
            " (SELECT count(*) FROM (SELECT " columns " FROM " table " WHERE run = ?1 INTERSECT SELECT " columns       \
            " FROM " table " WHERE run = ?2))"                                                                         \
    }
static const struct {
    const char *what, *sql;
} figures[] = {
    ROWS("figures", "bench, router, name, value, low, high", "metric"),
    ROWS("curves", "bench, router, point, strong_share, quality, threshold", "curve"),
    ROWS("ratings", "model, rating, tier", "rating"),
    ROWS("losses", "epoch, train_loss, valid_loss, valid_accuracy", "train_log"),
};

static int compare_rows(struct verdict *v, struct rf_db *copy, int64_t before, int64_t again, size_t k,
                        struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, copy, figures[k].sql, err);
    if (rc)
        goto out;
    rf_bind_int(s, 1, before);
    rf_bind_int(s, 2, again);
    if ((rc = rf_step(s, err)) < 0)
        goto out;
    const int64_t a = rf_col_int(s, 0), b = rf_col_int(s, 1), both = rf_col_int(s, 2);
    char before_text[64], again_text[96];
    snprintf(before_text, sizeof before_text, "%lld rows", (long long)a);
    snprintf(again_text, sizeof again_text, "%lld rows, %lld the same", (long long)b, (long long)both);
    rc = a || b ? add_verdict(v, figures[k].what, before_text, again_text, a == both && b == both, err) : 0;
out:
    rf_stmt_free(s);
    return rc;
}

/* Copies the database without its free pages. */
static int copy_database(struct rf_db *db, const char *path, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, "VACUUM INTO ?1", err);
    if (!rc) {
        rf_bind_text(s, 1, path);
        rc = rf_run(s, err);
    }
    rf_stmt_free(s);
    return rc ? rf_fail_in(err, "the copy for the second run") : 0;
}

static int compare_runs(struct verdict *v, struct rf_ctx *ctx, const struct rf_past_run *r, const char *copy_path,
                        struct rf_err *err)
{
    struct rf_past_run again = { 0 };
    struct rf_db *copy = NULL;
    int64_t id = 0;
    int rc;
    if ((rc = rf_db_open(&copy, copy_path, RF_DB_READ, err)) ||
        (rc = rf_db_int(copy, &id, err, "SELECT max(id) FROM run", 0, NULL)) < 0 ||
        (rc = rf_past_run_load(&again, copy, id, err)))
        goto out;
    if (id == r->id || strcmp(again.command, r->command)) {
        rc = rf_fail(err, RF_FAIL, "run %lld left no run when it was done again", (long long)r->id);
        goto out;
    }
    if ((rc = compare_texts(v, "data", r->data_sha256, again.data_sha256, err)) ||
        (rc = compare_texts(v, "weights", r->weights_sha256, again.weights_sha256, err)))
        goto out;
    for (size_t k = 0; k < sizeof figures / sizeof *figures && !rc; k++)
        rc = compare_rows(v, copy, r->id, id, k, err);
    if (!rc && (strcmp(r->version, again.version) || strcmp(r->blas, again.blas)))
        fprintf(ctx->chat, "then routefit %s with %s, now %s with %s\n", r->version, r->blas, again.version,
                again.blas);
out:
    rf_past_run_release(&again);
    rf_db_close(copy);
    return rc;
}

/* Names in the folder that a second run works in. */
static const char *const left[] = { "routefit.db", "routefit.db-wal", "routefit.db-shm", "output" };
enum { COPY, WAL, SHM, OUTPUT, NAMES };

static int make_folder(const char *db_path, struct rf_buf *folder, struct rf_buf name[NAMES], struct rf_err *err)
{
    const char *const slash = strrchr(db_path, '/');
    int rc = rf_buf_printf(folder, err, "%.*s.routefit-verify-XXXXXX", slash ? (int)(slash - db_path) + 1 : 0, db_path);
    if (rc)
        return rc;
    if (!mkdtemp(folder->data)) {
        rc = rf_fail_errno(err, RF_IO, "cannot make a folder beside %s for the second run", db_path);
        folder->len = 0;
        return rc;
    }
    for (int i = 0; i < NAMES && !rc; i++)
        rc = rf_buf_printf(&name[i], err, "%s/%s", folder->data, left[i]);
    return rc;
}

static int verify(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    struct rf_past_run r = { 0 };
    struct verdict v = { 0 };
    struct rf_buf folder = { 0 }, name[NAMES] = { { 0 } };
    int rc;
    (void)opts, (void)nargs;
    if ((rc = load(&r, ctx, args[0], err)))
        goto out;
    if (strcmp(r.status, "done")) {
        rc = rf_fail(err, RF_USAGE, "run %lld is '%s': only runs that are done can be verified", (long long)r.id,
                     r.status);
        goto out;
    }
    if ((rc = rf_table_new(&v.t, verify_columns, sizeof verify_columns / sizeof *verify_columns, err)) ||
        (rc = make_folder(ctx->db_path, &folder, name, err)) || (rc = copy_database(ctx->db, name[COPY].data, err)) ||
        (rc = rf_past_run_again(&r, name[COPY].data, name[OUTPUT].data, err)) ||
        (rc = compare_runs(&v, ctx, &r, name[COPY].data, err)) ||
        (rc = rf_table_print(v.t, ctx->out, ctx->format, err)))
        goto out;
    if (v.differ.len)
        rc = rf_fail(err, RF_GATE, "run %lld came out differently: %s", (long long)r.id, v.differ.data);
out:
    for (int i = 0; i < NAMES; i++) {
        if (name[i].len)
            unlink(name[i].data);
        rf_buf_release(&name[i]);
    }
    if (folder.len)
        rmdir(folder.data);
    rf_buf_release(&folder);
    rf_buf_release(&v.differ);
    rf_table_free(v.t);
    rf_past_run_release(&r);
    return rc;
}

static const struct rf_cmd runs_verify = {
    .name = "verify",
    .summary = "do a run again on a copy of the database and compare what comes out",
    .args = "RUN",
    .about = "Copies the database beside itself, runs the command line of the run on the copy,\n"
             "in the current folder, with its output beside the copy, and compares the\n"
             "fingerprints of data and weights and every figure that was kept, to the last\n"
             "bit. The database and the run's output stay as they are; the copy is removed.\n"
             "Exit code 5: something differs.",
    .examples = "routefit runs verify 3\nroutefit runs verify 3 --json",
    .opts = { no_options },
    .opts_size = sizeof(char),
    .min_args = 1,
    .max_args = 1,
    .need = RF_NEED_WRITE, /* SQLite copies a database from no read-only connection */
    .run = verify,
};

static const struct rf_cmd *const subs[] = { &runs_list, &runs_show, &runs_verify, NULL };

const struct rf_cmd rf_cmd_runs = {
    .name = "runs",
    .summary = "what was done, how to do it again, and whether it comes out the same",
    .args = "list|show|verify",
    .about = "Fits, evaluations, rankings and the like leave a run in the database.",
    .examples = "routefit runs list\nroutefit runs show 3 --reproduce\nroutefit runs verify 3",
    .need = RF_NEED_READ,
    .subs = subs,
};
