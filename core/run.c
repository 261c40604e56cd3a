/* Run rows. What is stored of the command line has no secrets in it: the value of an option whose name speaks of one is
 * replaced. */
#include "core/run.h"

#include <string.h>

#include "core/blas.h"
#include "core/json.h"
#include "core/progress.h"

static const char removed[] = "(removed)";

static int add_arg(struct rf_buf *out, const char *s, size_t n, struct rf_err *err)
{
    int rc = out->len > 1 ? rf_buf_add(out, ",", 1, err) : 0;
    return rc ? rc : rf_json_add_string(out, (struct rf_str){ s, n }, err);
}

/* argv as a JSON list. Long names cannot be shortened on the command line, so that a secret option is known by its
 * name. */
static int argv_json(int argc, char **argv, struct rf_buf *out, struct rf_err *err)
{
    bool hide = false; /* the word is the value of a secret option */
    int rc = rf_buf_add(out, "[", 1, err);
    for (int i = 0; !rc && i < argc; i++) {
        const char *equals = strchr(argv[i], '=');
        const size_t name = equals ? (size_t)(equals - argv[i]) : strlen(argv[i]);
        const bool secret = !hide && !strncmp(argv[i], "--", 2) && rf_opt_secret(argv[i], name);
        struct rf_buf word = { 0 };
        if (hide)
            rc = add_arg(out, removed, strlen(removed), err);
        else if (!secret || !equals)
            rc = add_arg(out, argv[i], strlen(argv[i]), err);
        else if (!(rc = rf_buf_printf(&word, err, "%.*s=%s", (int)name, argv[i], removed)))
            rc = add_arg(out, word.data, word.len, err);
        rf_buf_release(&word);
        hide = secret && !equals;
    }
    return rc ? rc : rf_buf_add(out, "]", 1, err);
}

static int end_statement(struct rf_run *run, struct rf_ctx *ctx, struct rf_err *err)
{
    return rf_stmt_new(&run->end, ctx->db,
                       "UPDATE run SET status = ?2, seconds = ?3, peak_rss = ?4, data_sha256 = ?5, weights_sha256 = ?6,"
                       " output = ?7 WHERE id = ?1",
                       err);
}

int rf_run_begin(struct rf_run *run, struct rf_ctx *ctx, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct rf_buf argv = { 0 }, options = { 0 };
    int rc;
    run->started = rf_seconds();
    if ((rc = argv_json(ctx->argc, ctx->argv, &argv, err)) ||
        (rc = rf_opt_json(ctx->sets, ctx->nsets, &options, err)) || (rc = end_statement(run, ctx, err)) ||
        (rc = rf_stmt_new(&s, ctx->db,
                          "INSERT INTO run(command, argv, options, seed, version, blas, threads, started_at, status)"
                          " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), 'running')",
                          err)))
        goto out;
    rf_bind_text(s, 1, ctx->command);
    rf_bind_text(s, 2, argv.data);
    rf_bind_text(s, 3, options.data);
    rf_bind_int(s, 4, (int64_t)ctx->seed);
    rf_bind_text(s, 5, RF_VERSION);
    rf_bind_text(s, 6, rf_blas_info());
    rf_bind_int(s, 7, ctx->threads);
    if (!(rc = rf_run(s, err)))
        run->id = rf_db_last_id(ctx->db);
out:
    if (rc) {
        rf_stmt_free(run->end);
        run->end = NULL;
    }
    rf_stmt_free(s);
    rf_buf_release(&argv);
    rf_buf_release(&options);
    return rc;
}

int rf_run_chose(struct rf_run *run, struct rf_ctx *ctx, const void *opts, void *chosen, struct rf_err *err)
{
    struct rf_opt_set *sets = NULL;
    struct rf_buf options = { 0 };
    struct rf_stmt *s = NULL;
    int rc = RF_NEW(sets, ctx->nsets, err);
    if (rc)
        goto out;
    for (size_t i = 0; i < ctx->nsets; i++)
        sets[i] = (struct rf_opt_set){ ctx->sets[i].table, ctx->sets[i].dest == opts ? chosen : ctx->sets[i].dest };
    if ((rc = rf_opt_json(sets, ctx->nsets, &options, err)) ||
        (rc = rf_stmt_new(&s, ctx->db, "UPDATE run SET options = ?2 WHERE id = ?1", err)))
        goto out;
    rf_bind_int(s, 1, run->id);
    rf_bind_text(s, 2, options.data);
    rc = rf_run(s, err);
out:
    rf_stmt_free(s);
    rf_buf_release(&options);
    rf_free(sets);
    return rc;
}

int rf_run_end(struct rf_run *run, struct rf_ctx *ctx, const char *status, const char *data_sha256,
               const char *weights_sha256, const char *output, struct rf_err *err)
{
    int rc = run->end ? 0 : end_statement(run, ctx, err); /* ended before, in a transaction that was rolled back */
    if (rc)
        return rc;
    rf_bind_int(run->end, 1, run->id);
    rf_bind_text(run->end, 2, status);
    rf_bind_real(run->end, 3, rf_seconds() - run->started);
    rf_bind_int(run->end, 4, (int64_t)rf_peak_rss());
    rf_bind_text(run->end, 5, data_sha256);
    rf_bind_text(run->end, 6, weights_sha256);
    rf_bind_text(run->end, 7, output);
    rc = rf_run(run->end, err);
    rf_stmt_free(run->end);
    run->end = NULL;
    return rc;
}

int rf_run_close(struct rf_run *run, struct rf_ctx *ctx, int rc, const char *data_sha256, struct rf_err *err)
{
    if (!run->id)
        return rc;
    const char *const status = !rc ? "done" : rc == RF_INTERRUPTED ? "interrupted" : "failed";
    const int ended = rf_run_end(run, ctx, status, data_sha256, NULL, NULL, err);
    return rc ? rc : ended;
}
