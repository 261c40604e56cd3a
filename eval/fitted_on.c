/* A prompt of one turn is found by its hash; those of several turns have their first ones hashed here. */
#include "eval/fitted_on.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/sha256.h"

struct digests {
    uint8_t (*v)[RF_SHA256_SIZE]; /* [n] ascending */
    size_t n;
};

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, RF_SHA256_SIZE);
}

/* First turns of the fit's prompts with several. */
static int read_first_turns(struct digests *d, struct rf_db *db, int64_t data, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    size_t room = 0;
    int rc =
        rf_stmt_new(&s, db,
                    "SELECT p.text FROM fit_prompt f JOIN prompt p ON p.id = f.prompt WHERE f.data = ?1 AND p.turns "
                    "> 1 AND p.text IS NOT NULL",
                    err);
    if (rc)
        goto out;
    rf_bind_int(s, 1, data);
    while ((rc = rf_step(s, err)) == 1) {
        const struct rf_str text = rf_col_str(s, 0);
        if (d->n == room) {
            uint8_t(*const more)[RF_SHA256_SIZE] = rf_regrow(d->v, room, 2 * room + 256, sizeof *more, err);
            if (!more) {
                rc = RF_FAIL;
                goto out;
            }
            d->v = more;
            room = 2 * room + 256;
        }
        if ((rc = rf_sha256_of(text.s, text.len, d->v[d->n++], err)))
            goto out;
    }
    if (d->n)
        qsort(d->v, d->n, sizeof *d->v, compare);
out:
    rf_stmt_free(s);
    return rc;
}

/* 1: the prompt on which `text` stands, or one with its first turn, is in the fit's data. */
static int is_in(struct rf_stmt *text, struct rf_stmt *known, const struct digests *d, int64_t prompt,
                 struct rf_err *err)
{
    uint8_t digest[RF_SHA256_SIZE];
    rf_bind_int(text, 1, prompt);
    int rc = rf_step(text, err);
    if (rc != 1)
        return rc;
    const struct rf_str t = rf_col_str(text, 0);
    const bool has_text = t.s;
    rc = has_text ? rf_sha256_of(t.s, t.len, digest, err) : 0;
    rf_reset(text);
    if (rc)
        return rc;
    if (has_text && d->n && bsearch(digest, d->v, d->n, sizeof *d->v, compare))
        return 1;
    rf_bind_int(known, 2, prompt);
    rf_bind_blob(known, 3, has_text ? digest : NULL, has_text ? sizeof digest : 0);
    rc = rf_step(known, err);
    rf_reset(known);
    return rc;
}

/* The fingerprint of what fitted or tuned the router; NULL: not known. */
static const char *data_of(const struct rf_router *r)
{
    return r->stored ? r->stored->data_sha256 : routefit_meta(r->r, "routefit.data_sha256");
}

int rf_fitted_on(const struct rf_router *r, struct rf_db *db, const int64_t *prompt, size_t n, int64_t *count,
                 struct rf_err *err)
{
    const char *const sha256 = data_of(r);
    struct rf_stmt *text = NULL, *known = NULL;
    struct digests d = { 0 };
    int64_t data = 0;
    int rc;
    *count = -1;
    if (r->stored && r->stored->crossval && !r->stored->tuned) {
        *count = 0;
        return 0;
    }
    if (!sha256 || (rc = rf_db_int(db, &data, err, "SELECT id FROM fit_data WHERE sha256 = ?1", 1, &sha256)) == 0)
        return 0;
    if (rc < 0 || (rc = read_first_turns(&d, db, data, err)) ||
        (rc = rf_stmt_new(&text, db, "SELECT text FROM prompt WHERE id = ?1", err)) ||
        (rc = rf_stmt_new(&known, db,
                          "SELECT 1 FROM fit_prompt WHERE data = ?1 AND prompt = ?2 UNION ALL SELECT 1 FROM prompt p "
                          "JOIN fit_prompt f ON f.data = ?1 AND f.prompt = p.id WHERE p.hash = ?3 LIMIT 1",
                          err)))
        goto out;
    rf_bind_int(known, 1, data);
    *count = 0;
    for (size_t i = 0; i < n; i++) {
        if (!prompt[i])
            continue;
        if ((rc = is_in(text, known, &d, prompt[i], err)) < 0)
            goto out;
        *count += rc;
    }
    rc = 0;
out:
    rf_stmt_free(text);
    rf_stmt_free(known);
    rf_free(d.v);
    return rc;
}

void rf_fitted_on_tell(const struct rf_router *r, const char *bench, int64_t count, size_t n, FILE *chat)
{
    if (count <= 0)
        return;
    if (r->stored)
        fprintf(chat,
                "warning: %s: the options of \"%s\" were tuned on %lld of the %zu prompts: its figures flatter it\n",
                bench, r->name, (long long)count, n);
    else
        fprintf(chat,
                "warning: %s: \"%s\" was fitted or tuned on %lld of the %zu prompts: its figures flatter it; `fit KIND "
                "--cv 5` gives scores out of fold\n",
                bench, r->name, (long long)count, n);
}
