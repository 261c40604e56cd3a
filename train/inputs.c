/* Prompts are walked in id order and each vector is copied once to its final place. Refuses vectors of another width or
 * with NaN or Inf. */
#include "train/inputs.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "train/parts.h"
#include "train/votes_sql.h"

enum { SPLIT_STREAM = 0x73706c69 }; /* keeps the split's random numbers apart from all others of the seed */

void rf_inputs_release(struct rf_inputs *in)
{
    void *const owned[] = { in->x, in->prompt, in->valid, in->fold, in->embedder, in->embedder_sha256 };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        rf_free(owned[i]);
    rf_turns_release(&in->text);
    *in = (struct rf_inputs){ 0 };
}

/* ---- ids ---- */

static int compare_ids(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

size_t rf_sort_ids(int64_t *id, size_t n)
{
    size_t k = 0;
    if (n)
        qsort(id, n, sizeof *id, compare_ids);
    for (size_t i = 0; i < n; i++)
        if (k == 0 || id[i] != id[k - 1])
            id[k++] = id[i];
    return k;
}

const int64_t *rf_find_id(int64_t wanted, const int64_t *id, size_t n)
{
    return n ? bsearch(&wanted, id, n, sizeof *id, compare_ids) : NULL;
}

static struct rf_wanted *find_wanted(struct rf_wanted *w, size_t n, int64_t prompt)
{
    return n ? bsearch(&prompt, w, n, sizeof *w, compare_ids) : NULL; /* prompt is the first member */
}

const struct rf_wanted *rf_wanted_of(const struct rf_wanted *wanted, size_t n, int64_t prompt)
{
    return n ? bsearch(&prompt, wanted, n, sizeof *wanted, compare_ids) : NULL;
}

/* ---- texts ---- */

/* One code point of text at *i; a byte that starts none counts as one. */
static uint32_t next_code(struct rf_str text, size_t *i)
{
    const unsigned char *s = (const unsigned char *)text.s, c = s[*i];
    const size_t tail = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    uint32_t code = tail ? c & (0x3fu >> tail) : c;
    size_t end = *i + 1 + tail;
    for ((*i)++; *i < end && *i < text.len && (s[*i] & 0xc0) == 0x80; (*i)++)
        code = code << 6 | (s[*i] & 0x3fu);
    return code;
}

/* White space as Python's str.strip() takes it off (Unicode White_Space and the separators U+001C..U+001F): RouteLLM's
 * rule. */
static bool is_space(uint32_t c)
{
    return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* At least min code points between the first and the last that are no white space. */
static bool is_long_enough(struct rf_str text, int64_t min)
{
    int64_t at = 0, first = -1;
    for (size_t i = 0; i < text.len && min > 0; at++)
        if (!is_space(next_code(text, &i))) {
            first = first < 0 ? at : first;
            if (at - first + 1 >= min)
                return true;
        }
    return min <= 0;
}

/* ---- vectors ---- */

/* Sets in->embedder, in->embedder_sha256, in->dim and *id. */
static int find_embedder(struct rf_inputs *in, struct rf_db *db, const char *name, int64_t *id, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct rf_buf all = { 0 };
    int rc, n = 0;
    if ((rc = rf_stmt_new(
             &s, db, "SELECT id, name, dim, sha256 FROM embedder WHERE ?1 IS NULL OR name = ?1 ORDER BY name", err)))
        goto out;
    rf_bind_text(s, 1, name);
    while ((rc = rf_step(s, err)) == 1 && ++n == 1) {
        const struct rf_str title = rf_col_str(s, 1), sha = rf_col_str(s, 3);
        *id = rf_col_int(s, 0);
        in->dim = (size_t)rf_col_int(s, 2);
        if (!(in->embedder = rf_strndup(title.s, title.len, err)) ||
            (sha.s && !(in->embedder_sha256 = rf_strndup(sha.s, sha.len, err)))) {
            rc = RF_FAIL;
            goto out;
        }
    }
    if (rc < 0 || n == 1)
        goto out;
    if ((rc = rf_join_names(db, "SELECT name FROM embedder ORDER BY name", &all, err)))
        goto out;
    if (!all.len)
        rc = rf_fail(err, RF_BAD_INPUT, "the database has no vectors of prompts: make them with `routefit embed text`");
    else if (n == 0)
        rc = rf_fail(err, RF_USAGE, "--embedder %s: the database has no such vectors; it has %s", name, all.data);
    else
        rc = rf_fail(err, RF_USAGE, "the database has vectors of several embedders: choose one with --embedder: %s",
                     all.data);
out:
    rf_stmt_free(s);
    rf_buf_release(&all);
    return rc < 0 ? rc : 0;
}

/* Copies one vector to row in->rows. Returns RF_OUTS (usable), RF_OUT_ZERO, or an rf_code. */
static int take_vector(struct rf_inputs *in, int64_t prompt, struct rf_str blob, struct rf_err *err)
{
    float *x = in->x + in->rows * in->dim;
    double square = 0;
    if (blob.len != in->dim * sizeof *x)
        return rf_fail(err, RF_CORRUPT, "vector of prompt %lld: %zu bytes, expected %zu (%zu floats of embedder %s)",
                       (long long)prompt, blob.len, in->dim * sizeof *x, in->dim, in->embedder);
    memcpy(x, blob.s, blob.len);
    for (size_t j = 0; j < in->dim; j++) {
        if (!isfinite(x[j]))
            return rf_fail(err, RF_BAD_INPUT,
                           "vector of prompt %lld: element %zu is %g, expected finite numbers; embed the prompt again "
                           "or correct the file of vectors of %s",
                           (long long)prompt, j, (double)x[j], in->embedder);
        square += (double)x[j] * (double)x[j];
    }
    if (square > (double)FLT_MAX) /* sums of products are floats in places */
        return rf_fail(
            err, RF_BAD_INPUT,
            "vector of prompt %lld: found the length %g, expected at most 1e19; scale the vectors of %s down",
            (long long)prompt, sqrt(square), in->embedder);
    return square > 0 ? RF_OUTS : RF_OUT_ZERO;
}

/* Adds one text at row in->rows. RF_OUTS, RF_OUT_NO_PROMPT, or an rf_code. */
static int take_text(struct rf_inputs *in, struct rf_str text, struct rf_err *err)
{
    if (!text.s)
        return RF_OUT_NO_PROMPT;
    const int rc = rf_buf_add(&in->text.all, text.s, text.len, err);
    in->text.at[in->rows + 1] = in->text.all.len;
    return rc ? rc : RF_OUTS;
}

/* The side of a prompt: the same first turn is on the same side whatever follows it, in every database. */
static int pick_side(struct rf_str text, struct rf_str hash, const struct rf_inputs_filter *f, bool *valid,
                     struct rf_err *err)
{
    uint8_t digest[RF_SHA256_SIZE] = { 0 };
    uint32_t ctr[4] = { SPLIT_STREAM, 0, 0, 0 }, out[4];
    const uint32_t key[2] = { (uint32_t)f->seed, (uint32_t)(f->seed >> 32) };
    if (text.s) {
        const int rc = rf_sha256_of(text.s, text.len, digest, err);
        if (rc)
            return rc;
    } else {
        memcpy(digest, hash.s, hash.len < sizeof digest ? hash.len : sizeof digest);
    }
    for (size_t i = 0; i < 12; i++)
        ctr[1 + i / 4] |= (uint32_t)digest[i] << 8 * (i % 4);
    rf_philox(ctr, key, out);
    *valid = out[0] * 0x1p-32 < f->valid;
    return 0;
}

static int make_room(struct rf_inputs *in, const struct rf_inputs_filter *f, size_t n, struct rf_err *err)
{
    size_t cells;
    int rc = 0;
    if (!rf_mul(n, in->dim, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu floats", n, in->dim);
    if ((rc = RF_NEW(in->prompt, n, err)) || (rc = RF_NEW(in->valid, n, err)) ||
        (f->split && f->folds && (rc = RF_NEW(in->fold, n, err))))
        return rc;
    return f->text ? RF_NEW(in->text.at, n + 1, err) : RF_NEW(in->x, cells, err);
}

static int read_vectors(struct rf_inputs *in, struct rf_db *db, int64_t embedder, const struct rf_inputs_filter *f,
                        struct rf_wanted *w, size_t nw, struct rf_sha256 *sum, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct rf_parts parts;
    int rc;
    if ((rc = rf_parts_find(&parts, db, f->split, f->folds, err)) || (rc = make_room(in, f, nw, err)) ||
        (rc = rf_stmt_new(&s, db,
                          "SELECT q.id, q.text, q.bytes, q.hash, e.vector, p.part FROM prompt q LEFT JOIN embedding e"
                          " ON e.embedder = ?1 AND e.prompt = q.id LEFT JOIN split_prompt p ON p.split = ?2 AND"
                          " p.prompt = q.id ORDER BY q.id",
                          err)))
        goto out;
    rf_bind_int(s, 1, embedder);
    rf_bind_int(s, 2, parts.split);
    while ((rc = rf_step(s, err)) == 1) {
        struct rf_wanted *p = find_wanted(w, nw, rf_col_int(s, 0));
        bool valid = false;
        uint32_t fold = 0;
        if (!p)
            continue;
        const struct rf_str text = rf_col_str(s, 1), hash = rf_col_str(s, 3);
        if (parts.split && !rf_parts_take(&parts, rf_col_str(s, 5), &valid, &fold)) {
            p->out = RF_OUT_SPLIT;
            continue;
        }
        /* without text, the number of bytes bounds the number of code points from above */
        const bool is_short =
            text.s ? !is_long_enough(text, f->min_chars) : !rf_col_null(s, 2) && rf_col_int(s, 2) < f->min_chars;
        if (is_short || (!f->text && rf_col_null(s, 4))) {
            p->out = is_short ? RF_OUT_SHORT : RF_OUT_NO_VECTOR;
            continue;
        }
        if ((rc = f->text ? take_text(in, text, err) : take_vector(in, p->prompt, rf_col_str(s, 4), err)) < 0)
            goto out;
        p->out = (enum rf_left_out)rc;
        if (p->out != RF_OUTS)
            continue;
        if ((!parts.valid && (rc = pick_side(text, hash, f, &valid, err))) ||
            (!f->text && (rc = rf_sha256_add(sum, in->x + in->rows * in->dim, in->dim * sizeof *in->x, err))))
            goto out;
        if (in->fold)
            in->fold[in->rows] = fold;
        in->valid[in->rows] = valid;
        p->row = in->rows;
        in->prompt[in->rows++] = p->prompt;
    }
    if (!rc && f->text && !(rc = rf_sha256_add(sum, in->text.all.data, in->text.all.len, err)))
        rc = rf_sha256_add(sum, in->text.at, (in->rows + 1) * sizeof *in->text.at, err);
out:
    rf_stmt_free(s);
    return rc;
}

int rf_inputs_load(struct rf_inputs *in, struct rf_db *db, const struct rf_inputs_filter *f, struct rf_wanted *wanted,
                   size_t n, struct rf_sha256 *sum, struct rf_err *err)
{
    int64_t embedder = 0;
    *in = (struct rf_inputs){ 0 };
    for (size_t i = 0; i < n; i++)
        wanted[i].out = RF_OUT_NO_VECTOR;
    int rc = f->text ? 0 : find_embedder(in, db, f->embedder, &embedder, err);
    if (!rc)
        rc = read_vectors(in, db, embedder, f, wanted, n, sum, err);
    if (rc)
        rf_inputs_release(in);
    return rc;
}
