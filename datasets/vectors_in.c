/* Rows of vector files to the prompts that they belong to: by the number of a data row, by a prompt's id, or by its
 * text. Row numbers count from 0, as numpy's do. */
#include <math.h>
#include <string.h>

#include "core/progress.h"
#include "core/sha256.h"
#include "datasets/field.h"
#include "datasets/vector_file.h"
#include "datasets/vectors.h"

struct load {
    struct rf_db *db;
    const char *path;
    const struct rf_vectors_from *from;
    struct rf_vectors_count c;
    int64_t source;
    size_t source_rows;
    uint8_t *seen;                   /* [(source_rows + 7) / 8] a bit for each data row that the file numbered */
    size_t numbered;                 /* how many */
    bool whole;                      /* every one of them must be there */
    struct rf_vector_writer *writer; /* NULL until the first vector says the width */
    float *old;                      /* [c.dim] */
    struct rf_stmt *by_row, *by_key, *by_hash, *by_turn, *known;
    struct rf_progress progress;
};

/* ---- the first vector ---- */

/* The embedder of this name for vectors of this width, made where it is new. Its kind "npy" says: from a file. */
static int embedder_for_file(struct rf_db *db, const char *name, size_t dim, int64_t *id, struct rf_err *err)
{
    struct rf_embedder e;
    const int rc = rf_embedder_find(db, name, &e, err);
    if (rc < 0)
        return rc;
    if (!rc)
        return rf_embedder_add(db, name, "npy", dim, NULL, NULL, id, err);
    if (strcmp(e.kind, "npy") != 0)
        return rf_fail(err, RF_USAGE,
                       "embedder \"%s\" is the text model %.12s...: vectors from a file need another name", name,
                       e.sha256);
    if (e.dim != dim)
        return rf_fail(err, RF_BAD_INPUT, "found vectors of %zu, expected %zu: embedder \"%s\" has that width", dim,
                       e.dim, name);
    *id = e.id;
    return 0;
}

/* "PATH: " or "PATH:LINE: " before a refusal of a row. */
static int refuse_row(const struct load *l, const struct rf_vector_row *r, struct rf_err *err)
{
    return r->line ? rf_fail_in(err, "%s:%llu", l->path, (unsigned long long)r->line) : rf_fail_in(err, "%s", l->path);
}

static int begin_vectors(struct load *l, size_t dim, struct rf_err *err)
{
    int64_t id;
    int rc;
    if (!dim)
        return rf_fail(err, RF_BAD_INPUT, "found rows without numbers, expected at least one in each");
    l->c.dim = dim;
    if ((rc = embedder_for_file(l->db, l->from->embedder, dim, &id, err)) || (rc = RF_NEW(l->old, dim, err)) ||
        (rc = rf_vector_query(&l->known, l->db, id, err)))
        return rc;
    return rf_vector_writer_new(&l->writer, l->db, id, dim, err);
}

/* ---- whose it is ---- */

/* Gives the prompt the vector, unless it has one. *outcome: what counts the row; an added vector outdoes a repeated
 * one. */
static int give(struct load *l, int64_t prompt, const struct rf_vector_row *r, size_t **outcome, struct rf_err *err)
{
    int rc = rf_vector_stored(l->known, prompt, l->old, r->dim, err);
    if (rc < 0)
        return rc;
    if (rc) {
        for (size_t i = 0; i < r->dim; i++)
            l->c.max_difference = fmax(l->c.max_difference, fabs((double)r->x[i] - (double)l->old[i]));
        *outcome = *outcome == &l->c.added ? *outcome : &l->c.repeated;
        return 0;
    }
    *outcome = &l->c.added;
    return rf_vector_put(l->writer, prompt, r->x, err);
}

/* Gives it to the prompts that a query finds, and ends the query. */
static int give_found(struct load *l, struct rf_stmt *s, const struct rf_vector_row *r, size_t **outcome,
                      struct rf_err *err)
{
    int rc;
    while ((rc = rf_step(s, err)) == 1)
        if ((rc = give(l, rf_col_int(s, 0), r, outcome, err)))
            break;
    rf_reset(s);
    return rc;
}

static int by_number(struct load *l, uint64_t row, const struct rf_vector_row *r, size_t **outcome, struct rf_err *err)
{
    if (!l->from->source)
        return rf_fail(err, RF_BAD_INPUT,
                       "found a row that goes by its number, expected a source for it: name it with --for NAME");
    if (r->rows && r->rows != l->source_rows)
        return rf_fail(err, RF_BAD_INPUT, "found %llu rows, expected %zu: one per data row of source \"%s\"",
                       (unsigned long long)r->rows, l->source_rows, l->from->source);
    if (row >= l->source_rows)
        return rf_fail(err, RF_BAD_INPUT, "found row %llu, expected 0 to %zu: source \"%s\" has %zu data rows",
                       (unsigned long long)row, l->source_rows - 1, l->from->source, l->source_rows);
    uint8_t *const byte = &l->seen[row / 8];
    const uint8_t bit = (uint8_t)(1U << row % 8);
    if (*byte & bit)
        return rf_fail(err, RF_BAD_INPUT, "found row %llu again, expected every number once", (unsigned long long)row);
    *byte |= bit;
    l->numbered++;
    l->whole = l->whole || r->owner == RF_OWNER_PLACE;
    *outcome = &l->c.dropped;
    rf_bind_int(l->by_row, 1, l->source);
    rf_bind_int(l->by_row, 2, (int64_t)row);
    return give_found(l, l->by_row, r, outcome, err);
}

static int by_hash(struct load *l, struct rf_str hashed, const struct rf_vector_row *r, size_t **outcome,
                   struct rf_err *err)
{
    uint8_t digest[RF_SHA256_SIZE];
    const int rc = rf_sha256_of(hashed.s, hashed.len, digest, err);
    if (rc)
        return rc;
    rf_bind_blob(l->by_hash, 1, digest, sizeof digest);
    return give_found(l, l->by_hash, r, outcome, err);
}

static bool number_of(struct rf_str s, uint64_t *n)
{
    *n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.s[i] < '0' || s.s[i] > '9' || *n > UINT64_MAX / 100)
            return false;
        *n = 10 * *n + (uint64_t)(s.s[i] - '0');
    }
    return s.len > 0;
}

/* A prompt id first, with its text or without (prompt.hash); in digits it may be the number of a data row. */
static int by_id(struct load *l, const struct rf_vector_row *r, size_t **outcome, struct rf_err *err)
{
    struct rf_buf text = { 0 };
    uint64_t row;
    rf_bind_str(l->by_key, 1, r->text);
    int rc = give_found(l, l->by_key, r, outcome, err);
    if (rc || *outcome != &l->c.unknown)
        return rc;
    if (!(rc = rf_buf_add(&text, "id:", 3, err)) && !(rc = rf_buf_add(&text, r->text.s, r->text.len, err)))
        rc = by_hash(l, (struct rf_str){ text.data, text.len }, r, outcome, err);
    if (!rc && *outcome == &l->c.unknown && number_of(r->text, &row))
        rc = by_number(l, row, r, outcome, err);
    rf_buf_release(&text);
    return rc;
}

/* A prompt of one turn by the digest of its text; those of several turns, whose digest covers all, by an index made for
 * the first row. */
static int by_text(struct load *l, const struct rf_vector_row *r, size_t **outcome, struct rf_err *err)
{
    int rc = by_hash(l, r->text, r, outcome, err);
    if (!rc && !l->by_turn &&
        !(rc = rf_db_exec(l->db,
                          "CREATE TEMP TABLE first_turn AS SELECT id, text FROM prompt WHERE turns > 1 AND text IS NOT "
                          "NULL; CREATE INDEX temp.first_turn_text ON first_turn(text)",
                          err)))
        rc = rf_stmt_new(&l->by_turn, l->db, "SELECT id FROM temp.first_turn WHERE text = ?1", err);
    if (rc)
        return rc;
    rf_bind_str(l->by_turn, 1, r->text);
    return give_found(l, l->by_turn, r, outcome, err);
}

static int find_owner(struct load *l, const struct rf_vector_row *r, size_t **outcome, struct rf_err *err)
{
    return r->owner == RF_OWNER_TEXT ? by_text(l, r, outcome, err)
           : r->owner == RF_OWNER_ID ? by_id(l, r, outcome, err)
                                     : by_number(l, r->row, r, outcome, err);
}

static int take(void *ctx, const struct rf_vector_row *r, struct rf_err *err)
{
    struct load *const l = ctx;
    size_t *outcome = &l->c.unknown;
    int rc = rf_progress_step(&l->progress, ++l->c.rows, NULL, err);
    if (rc)
        return rc;
    if (!r->x) {
        l->c.failed++;
        return 0;
    }
    if (!l->writer)
        rc = begin_vectors(l, r->dim, err);
    else if (r->dim != l->c.dim)
        rc = rf_fail(err, RF_BAD_INPUT, "found a vector of %zu numbers, expected %zu as in the rows before", r->dim,
                     l->c.dim);
    if (rc || (rc = find_owner(l, r, &outcome, err))) {
        refuse_row(l, r, err);
        return rc;
    }
    ++*outcome;
    l->c.zero += outcome == &l->c.added && rf_vector_zero(r->x, r->dim);
    if (outcome == &l->c.unknown && !l->c.first_line)
        l->c.first_line = r->line;
    return 0;
}

/* ---- a file ---- */

static int check_whole(struct load *l, struct rf_err *err)
{
    struct rf_vectors_count *const c = &l->c;
    if (!c->rows && (!l->from->source || l->source_rows))
        return rf_fail(err, RF_BAD_INPUT, "%s: found no vector, expected one in each row", l->path);
    if (l->numbered)
        c->missing = l->source_rows - l->numbered;
    if (l->whole && c->missing) {
        size_t row = 0;
        while (l->seen[row / 8] >> row % 8 & 1)
            row++;
        return rf_fail(err, RF_BAD_INPUT,
                       "%s: found %zu rows, expected %zu: one per data row of source \"%s\"; the first that is not "
                       "there is %zu (from 0)",
                       l->path, l->numbered, l->source_rows, l->from->source, row);
    }
    if (c->rows && c->unknown + c->failed == c->rows)
        return rf_fail(err, RF_BAD_INPUT,
                       "%s: found no vector of a prompt that is here in its %zu rows, expected some: ingest the "
                       "prompts first (%zu rows have no vector)",
                       l->path, c->rows, c->failed);
    return 0;
}

static int read_file(struct load *l, struct rf_err *err)
{
    const struct rf_vector_layout *layout = NULL;
    struct rf_input *in = NULL;
    struct rf_str head;
    int rc = rf_input_open(&in, l->path, err);
    if (rc || (rc = rf_input_head(in, &head, err)) || (rc = rf_vector_layout_of(head, &layout, err)))
        goto out;
    rf_progress_start(&l->progress, l->path, "vectors", 0);
    rc = layout ? layout->read(in, l->from->tensor, take, l, err)
                : rf_fail(err, RF_BAD_INPUT,
                          "%s: found no vectors, expected .npy, safetensors or JSON with \"embedding\"", l->path);
    rf_progress_end(&l->progress);
out:
    rf_input_close(in);
    return rc ? rc : check_whole(l, err);
}

/* Statements are closed before the transaction ends. */
static void close_statements(struct load *l)
{
    struct rf_stmt *const all[] = { l->by_row, l->by_key, l->by_hash, l->by_turn, l->known };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        rf_stmt_free(all[i]);
    rf_vector_writer_free(l->writer);
}

int rf_vectors_read(struct rf_db *db, const char *path, const struct rf_vectors_from *from,
                    struct rf_vectors_count *count, struct rf_err *err)
{
    struct load l = { .db = db, .path = path, .from = from };
    int rc = from->source ? rf_source_find(db, from->source, &l.source, &l.source_rows, err) : 0;
    if (rc || (rc = RF_NEW(l.seen, l.source_rows / 8 + 1, err)) || (rc = rf_db_begin(db, err)))
        goto out;
    if (!(rc = rf_stmt_new(&l.by_row, db, "SELECT prompt FROM source_row WHERE source = ?1 AND row = ?2", err)) &&
        !(rc = rf_stmt_new(&l.by_key, db, "SELECT prompt FROM prompt_key WHERE key = ?1", err)) &&
        !(rc = rf_stmt_new(&l.by_hash, db, "SELECT id FROM prompt WHERE hash = ?1", err)))
        rc = read_file(&l, err);
    const bool turns = l.by_turn != NULL;
    close_statements(&l);
    if (rc || (turns && (rc = rf_db_exec(db, "DROP TABLE temp.first_turn", err))) || (rc = rf_db_commit(db, err)))
        rf_db_rollback(db);
    else
        *count = l.c;
out:
    rf_free(l.seen);
    rf_free(l.old);
    return rc;
}

int rf_vectors_load(struct rf_db *db, const char *path, const char *source, const char *embedder,
                    struct rf_vectors_count *count, struct rf_err *err)
{
    return rf_vectors_read(db, path, &(struct rf_vectors_from){ .source = source, .embedder = embedder }, count, err);
}
