/* Inserts results, many at a time where nobody need ask whether they are there. */
#include "datasets/result_batch.h"

#include <string.h>

#define COLUMNS                                                                                                        \
    "item, model, turn, score, cost, input_tokens, output_tokens, response_bytes, response_hash, source, latency"
enum { COLUMN_COUNT = 11 };

/* A conflict within `many` would be a mistake of this file: then the statement fails, and the transaction with it. */
static int prepare(struct rf_stmt **out, struct rf_db *db, const char *verb, size_t rows, const char *tail,
                   struct rf_err *err)
{
    static const char values[] = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    struct rf_buf sql = { 0 };
    int rc = rf_buf_printf(&sql, err, "%s INTO result (" COLUMNS ") VALUES ", verb);
    for (size_t i = 0; !rc && i < rows; i++)
        rc = rf_buf_printf(&sql, err, "%s%s", i ? ", " : "", values);
    if (!rc && !(rc = rf_buf_add(&sql, tail, strlen(tail), err)))
        rc = rf_stmt_new(out, db, sql.data, err);
    rf_buf_release(&sql);
    return rc;
}

int rf_result_batch_init(struct rf_result_batch *b, struct rf_db *db, struct rf_err *err)
{
    b->db = db;
    int rc = prepare(&b->one, db, "INSERT", 1, " ON CONFLICT DO NOTHING", err);
    if (rc || (rc = prepare(&b->many, db, "INSERT OR FAIL", RF_RESULT_BATCH, "", err)))
        return rc;
    return rf_result_batch_reload(b, err);
}

int rf_result_batch_reload(struct rf_result_batch *b, struct rf_err *err)
{
    b->n = 0;
    b->last = 0;
    const int rc = rf_db_int(b->db, &b->last, err, "SELECT max(item) FROM result", 0, NULL);
    return rc < 0 ? rc : 0;
}

void rf_result_batch_release(struct rf_result_batch *b)
{
    rf_stmt_free(b->one);
    rf_stmt_free(b->many);
    b->one = b->many = NULL;
}

static void bind_count(struct rf_stmt *s, int i, int64_t v)
{
    if (v >= 0)
        rf_bind_int(s, i, v);
    else
        rf_bind_null(s, i);
}

/* As values i and on. */
static void bind_row(struct rf_stmt *s, int i, const struct rf_result_row *row)
{
    rf_bind_int(s, i, row->item);
    rf_bind_int(s, i + 1, row->model);
    rf_bind_int(s, i + 2, row->r.turn);
    rf_bind_real(s, i + 3, row->r.score);
    rf_bind_real(s, i + 4, row->r.cost);
    bind_count(s, i + 5, row->r.input_tokens);
    bind_count(s, i + 6, row->r.output_tokens);
    rf_said_bind(&row->said, s, i + 7);
    rf_bind_int(s, i + 9, row->source);
    rf_bind_real(s, i + 10, row->r.latency);
}

static int insert_one(struct rf_result_batch *b, const struct rf_result_row *row, struct rf_err *err)
{
    bind_row(b->one, 1, row);
    return rf_run(b->one, err);
}

static int insert_many(struct rf_result_batch *b, struct rf_err *err)
{
    for (int i = 0; i < RF_RESULT_BATCH; i++)
        bind_row(b->many, 1 + i * COLUMN_COUNT, &b->row[i]);
    const int rc = rf_run(b->many, err);
    b->last = b->row[RF_RESULT_BATCH - 1].item;
    b->n -= RF_RESULT_BATCH;
    memmove(b->row, b->row + RF_RESULT_BATCH, b->n * sizeof *b->row);
    return rc;
}

int rf_result_batch_flush(struct rf_result_batch *b, struct rf_err *err)
{
    int rc = 0;
    if (!b->n)
        return 0;
    const int64_t last = b->row[b->n - 1].item;
    while (!rc && b->n >= RF_RESULT_BATCH)
        rc = insert_many(b, err);
    for (size_t i = 0; !rc && i < b->n; i++)
        rc = insert_one(b, &b->row[i], err);
    b->last = last;
    b->n = 0;
    return rc;
}

static int order(const struct rf_result_row *x, const struct rf_result_row *y)
{
    const int64_t a[] = { x->item, x->model, x->r.turn }, b[] = { y->item, y->model, y->r.turn };
    for (size_t i = 0; i < sizeof a / sizeof *a; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* Full batches go, up to the item before this one: as long as an item's rows all wait, they need not come in order. */
static int make_room(struct rf_result_batch *b, int64_t item, struct rf_err *err)
{
    int rc = 0;
    while (!rc && b->n >= RF_RESULT_BATCH && item > b->row[b->n - 1].item)
        rc = insert_many(b, err);
    return !rc && b->n == RF_RESULT_ROOM ? rf_result_batch_flush(b, err) : rc;
}

int rf_result_batch_put(struct rf_result_batch *b, const struct rf_result_row *row, bool *fresh, struct rf_err *err)
{
    int rc = make_room(b, row->item, err);
    size_t at = b->n;
    while (!rc && at && order(&b->row[at - 1], row) > 0)
        at--;
    if (!rc && row->item > b->last && !(at && order(&b->row[at - 1], row) == 0)) {
        memmove(b->row + at + 1, b->row + at, (b->n++ - at) * sizeof *b->row);
        b->row[at] = *row;
        *fresh = true;
        return 0;
    }
    if (!rc)
        rc = rf_result_batch_flush(b, err);
    if (!rc)
        rc = insert_one(b, row, err);
    *fresh = !rc && rf_db_changes(b->db) == 1;
    return rc;
}
