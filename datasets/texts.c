/* Prompt texts in one buffer. They are read in the order of their rows, so that a mark finds its prompt by bisection.
 */
#include "datasets/texts.h"

#include "core/search.h"
#include "datasets/vectors.h"

/* First pass: how many there are; the arrays then never grow. */
static int count_texts(struct rf_db *db, int64_t embedder, size_t *n, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc =
        rf_stmt_new(&s, db,
                    "SELECT count(*) FROM prompt WHERE text IS NOT NULL AND id NOT IN (SELECT prompt FROM embedding "
                    "WHERE embedder = ?1)",
                    err);
    if (rc)
        goto out;
    rf_bind_int(s, 1, embedder);
    if ((rc = rf_step(s, err)) > 0) {
        *n = (size_t)rf_col_int(s, 0);
        rc = 0;
    }
out:
    rf_stmt_free(s);
    return rc;
}

int rf_texts_read(struct rf_db *db, int64_t embedder, struct rf_texts *t, struct rf_err *err)
{
    struct rf_texts r = { 0 };
    struct rf_stmt *s = NULL;
    size_t room = 0;
    int rc;
    if ((rc = count_texts(db, embedder, &room, err)) || (rc = RF_NEW(r.prompt, room, err)) ||
        (rc = RF_NEW(r.text, room, err)) || (rc = RF_NEW(r.marked, room, err)) ||
        (rc = rf_stmt_new(
             &s, db,
             "SELECT id, text FROM prompt WHERE text IS NOT NULL AND id NOT IN (SELECT prompt FROM embedding "
             "WHERE embedder = ?1) ORDER BY id",
             err)))
        goto out;
    rf_bind_int(s, 1, embedder);
    while (r.n < room && (rc = rf_step(s, err)) > 0) {
        const struct rf_str text = rf_col_str(s, 1);
        if ((rc = rf_buf_add(&r.bytes, text.s, text.len, err)))
            goto out;
        r.prompt[r.n] = rf_col_int(s, 0);
        r.text[r.n++].len = text.len;
    }
    if (rc < 0)
        goto out;
    rc = 0;
    for (size_t i = 0, at = 0; i < r.n; at += r.text[i++].len)
        r.text[i].s = r.bytes.data ? r.bytes.data + at : "";
    *t = r;
    r = (struct rf_texts){ 0 };
out:
    rf_stmt_free(s);
    rf_texts_release(&r);
    return rc;
}

static void mark(struct rf_texts *t, int64_t prompt)
{
    const size_t i = rf_first_with(t->prompt, sizeof *t->prompt, t->n, prompt);
    if (i < t->n)
        t->marked[i] = true;
}

/* Marks the prompts that a statement lists. */
static int mark_listed(struct rf_stmt *s, struct rf_texts *t, struct rf_err *err)
{
    int rc;
    while ((rc = rf_step(s, err)) > 0)
        mark(t, rf_col_int(s, 0));
    return rc;
}

int rf_texts_mark_source(struct rf_db *db, const char *source, struct rf_texts *t, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int64_t id;
    int rc;
    if ((rc = rf_source_need(db, source, &id, err)) ||
        (rc = rf_stmt_new(&s, db, "SELECT prompt FROM source_row WHERE source = ?1", err)))
        goto out;
    rf_bind_int(s, 1, id);
    rc = mark_listed(s, t, err);
out:
    rf_stmt_free(s);
    return rc;
}

int rf_texts_mark_votes(struct rf_db *db, struct rf_texts *t, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, "SELECT prompt FROM preference WHERE prompt IS NOT NULL", err);
    if (!rc)
        rc = mark_listed(s, t, err);
    rf_stmt_free(s);
    return rc;
}

void rf_texts_mark_all(struct rf_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        t->marked[i] = true;
}

int rf_texts_marked(const struct rf_texts *t, struct rf_str **list, size_t *n, struct rf_err *err)
{
    const int rc = RF_NEW(*list, t->n, err);
    *n = 0;
    for (size_t i = 0; !rc && i < t->n; i++)
        if (t->marked[i])
            (*list)[(*n)++] = t->text[i];
    return rc;
}

void rf_texts_release(struct rf_texts *t)
{
    rf_free(t->prompt);
    rf_free(t->text);
    rf_free(t->marked);
    rf_buf_release(&t->bytes);
    *t = (struct rf_texts){ 0 };
}
