/* Embedders, their vectors, and .npy files out. Row numbers count from 0, as numpy's do. */
#include "datasets/vectors.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "core/npy.h"
#include "core/names.h"

/* ---- names ---- */

static int unknown_name(struct rf_db *db, const char *what, const char *name, const char *sql, const char *advice,
                        struct rf_err *err)
{
    struct rf_names known = { 0 };
    int rc = rf_names_read(&known, db, sql, NULL, err);
    if (!rc)
        rc = rf_names_unknown(&known, what, name, advice, err);
    rf_names_release(&known);
    return rc;
}

/* A source's row and the number of its data rows. */
int rf_source_find(struct rf_db *db, const char *name, int64_t *id, size_t *rows, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, "SELECT id, rows_read FROM source WHERE name = ?1", err);
    if (rc)
        goto out;
    rf_bind_text(s, 1, name);
    rc = rf_step(s, err);
    if (rc > 0) {
        *id = rf_col_int(s, 0);
        *rows = (size_t)rf_col_int(s, 1);
        rc = 0;
    } else if (!rc) {
        rc = unknown_name(db, "source", name, "SELECT name FROM source", "`routefit ls` lists what the database holds",
                          err);
    }
out:
    rf_stmt_free(s);
    return rc;
}

int rf_source_need(struct rf_db *db, const char *name, int64_t *id, struct rf_err *err)
{
    size_t rows;
    return rf_source_find(db, name, id, &rows, err);
}

int rf_embedder_find(struct rf_db *db, const char *name, struct rf_embedder *e, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, "SELECT id, dim, kind, coalesce(sha256, '') FROM embedder WHERE name = ?1", err);
    if (rc)
        goto out;
    rf_bind_text(s, 1, name);
    if ((rc = rf_step(s, err)) > 0) {
        e->id = rf_col_int(s, 0);
        e->dim = (size_t)rf_col_int(s, 1);
        snprintf(e->kind, sizeof e->kind, "%s", rf_col_text(s, 2));
        snprintf(e->sha256, sizeof e->sha256, "%s", rf_col_text(s, 3));
    }
out:
    rf_stmt_free(s);
    return rc;
}

int rf_embedder_need(struct rf_db *db, const char *name, struct rf_embedder *e, struct rf_err *err)
{
    const int rc = rf_embedder_find(db, name, e, err);
    if (rc < 0)
        return rc;
    return rc ? 0
              : unknown_name(db, "embedder", name, "SELECT name FROM embedder", "`routefit embed text` makes one", err);
}

int rf_embedder_add(struct rf_db *db, const char *name, const char *kind, size_t dim, const char *sha256,
                    const char *path, int64_t *id, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc =
        rf_stmt_new(&s, db, "INSERT INTO embedder (name, kind, dim, sha256, path) VALUES (?1, ?2, ?3, ?4, ?5)", err);
    if (rc)
        goto out;
    rf_bind_text(s, 1, name);
    rf_bind_text(s, 2, kind);
    rf_bind_int(s, 3, (int64_t)dim);
    rf_bind_text(s, 4, sha256);
    rf_bind_text(s, 5, path);
    if (!(rc = rf_run(s, err)))
        *id = rf_db_last_id(db);
out:
    rf_stmt_free(s);
    return rc;
}

/* Runs a statement with one number and no rows. */
static int run_with(struct rf_db *db, const char *sql, int64_t v, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, sql, err);
    if (!rc) {
        rf_bind_int(s, 1, v);
        rc = rf_run(s, err);
    }
    rf_stmt_free(s);
    return rc;
}

int rf_embedder_drop(struct rf_db *db, int64_t id, struct rf_err *err)
{
    const int rc = run_with(db, "DELETE FROM embedding WHERE embedder = ?1", id, err);
    return rc ? rc : run_with(db, "DELETE FROM embedder WHERE id = ?1", id, err);
}

/* ---- vectors ---- */

struct rf_vector_writer {
    struct rf_stmt *insert;
    size_t dim;
};

int rf_vector_writer_new(struct rf_vector_writer **out, struct rf_db *db, int64_t embedder, size_t dim,
                         struct rf_err *err)
{
    struct rf_vector_writer *w = NULL;
    int rc;
    if ((rc = RF_NEW(w, 1, err)) ||
        (rc = rf_stmt_new(&w->insert, db, "INSERT INTO embedding (embedder, prompt, vector) VALUES (?1, ?2, ?3)", err)))
        goto out;
    w->dim = dim;
    rf_bind_int(w->insert, 1, embedder);
    *out = w;
    w = NULL;
out:
    rf_vector_writer_free(w);
    return rc;
}

int rf_vector_put(struct rf_vector_writer *w, int64_t prompt, const float *x, struct rf_err *err)
{
    rf_bind_int(w->insert, 2, prompt);
    rf_bind_blob(w->insert, 3, x, w->dim * sizeof *x);
    return rf_run(w->insert, err);
}

void rf_vector_writer_free(struct rf_vector_writer *w)
{
    if (w)
        rf_stmt_free(w->insert);
    rf_free(w);
}

int rf_vector_stored(struct rf_stmt *s, int64_t prompt, float *x, size_t dim, struct rf_err *err)
{
    rf_bind_int(s, 2, prompt);
    int rc = rf_step(s, err);
    if (rc > 0) {
        const struct rf_str blob = rf_col_str(s, 0);
        if (blob.len == dim * sizeof *x)
            memcpy(x, blob.s, blob.len);
        else
            rc = rf_fail(err, RF_CORRUPT, "the vector of prompt %lld has %zu bytes, expected %zu", (long long)prompt,
                         blob.len, dim * sizeof *x);
    }
    rf_reset(s);
    return rc;
}

int rf_vector_query(struct rf_stmt **s, struct rf_db *db, int64_t embedder, struct rf_err *err)
{
    const int rc = rf_stmt_new(s, db, "SELECT vector FROM embedding WHERE embedder = ?1 AND prompt = ?2", err);
    if (!rc)
        rf_bind_int(*s, 1, embedder);
    return rc;
}

bool rf_vector_zero(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] != 0)
            return false;
    return true;
}

/* ---- .npy out ---- */

int rf_vectors_save(struct rf_db *db, const char *source, const char *embedder, const char *npy_path, bool half,
                    bool force, struct rf_vectors_count *count, struct rf_err *err)
{
    struct rf_stmt *rows = NULL, *known = NULL;
    struct rf_vectors_count c = { 0 };
    struct rf_embedder e;
    float *x = NULL;
    int64_t source_id;
    size_t cells;
    int rc;
    if ((rc = rf_source_find(db, source, &source_id, &c.rows, err)) || (rc = rf_embedder_need(db, embedder, &e, err)))
        goto out;
    c.dim = e.dim;
    c.dropped = c.rows;
    if (!rf_mul(c.rows, c.dim, &cells)) {
        rc = rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", c.rows, c.dim);
        goto out;
    }
    if ((rc = RF_NEW(x, cells, err)) || (rc = rf_vector_query(&known, db, e.id, err)) ||
        (rc = rf_stmt_new(&rows, db, "SELECT row, prompt FROM source_row WHERE source = ?1 ORDER BY row", err)))
        goto out;
    rf_bind_int(rows, 1, source_id);
    while ((rc = rf_step(rows, err)) > 0) {
        const size_t row = (size_t)rf_col_int(rows, 0);
        if (row >= c.rows) {
            rc = rf_fail(err, RF_CORRUPT, "data row %zu of a source of %zu rows", row, c.rows);
            goto out;
        }
        if ((rc = rf_vector_stored(known, rf_col_int(rows, 1), x + row * c.dim, c.dim, err)) < 0)
            goto out;
        if (!rc) {
            rc = rf_fail(err, RF_BAD_INPUT,
                         "data row %zu of source \"%s\" has no vector of embedder \"%s\"; `routefit embed apply` "
                         "gives new prompts theirs",
                         row, source, embedder);
            goto out;
        }
        c.dropped--;
        c.zero += rf_vector_zero(x + row * c.dim, c.dim);
    }
    if (rc || (rc = rf_npy_write(npy_path, x, c.rows, c.dim, half ? RF_NPY_F2 : RF_NPY_F4, force, err)))
        goto out;
    *count = c;
out:
    rf_stmt_free(rows);
    rf_stmt_free(known);
    rf_free(x);
    return rc;
}
