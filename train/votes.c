/* Votes joined with the vectors of their prompts. Prompts are walked in id order, each vector is copied once to its
 * final place, and a vote whose prompt has no usable vector is counted, never guessed. Refuses vectors of another width
 * or with NaN or Inf. */
#include "train/votes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"
#include "train/votes_sql.h"

enum { SPLIT_STREAM = 0x73706c69 }; /* keeps the split's random numbers apart from all others of the seed */

/* A prompt that votes refer to: where its vector stands, or why it has none. */
struct wanted {
    int64_t prompt;
    size_t row;           /* in v->x, where out is RF_OUTS */
    enum rf_left_out out; /* RF_OUTS: usable */
};

const char *rf_left_out_name(enum rf_left_out why)
{
    static const char *const name[RF_OUTS] = {
        [RF_OUT_SOURCE] = "of sources not named by --source",
        [RF_OUT_JUDGE] = "by judges not named by --judge",
        [RF_OUT_UNPARSED] = "without a verdict that could be read",
        [RF_OUT_NO_PROMPT] = "without a prompt",
        [RF_OUT_SHORT] = "on a prompt shorter than --min-chars",
        [RF_OUT_NO_VECTOR] = "on a prompt without a vector",
        [RF_OUT_ZERO] = "on a prompt whose vector is all zero",
        [RF_OUT_SAME_MODEL] = "of a model against itself",
        [RF_OUT_WEIGHT] = "with a strength that is not above zero",
        [RF_OUT_TIE] = "ties",
        [RF_OUT_UNRATED] = "of a model without a finite rating",
        [RF_OUT_SETS] = "not of a strong model against a weak one",
    };
    return name[why];
}

int rf_votes_none_left(size_t read, const size_t *left_out, struct rf_err *err)
{
    struct rf_buf b = { 0 };
    int rc = 0;
    for (int i = 0; i < RF_OUTS && !rc; i++)
        if (left_out[i])
            rc = rf_buf_printf(&b, err, "%s%zu %s", b.len ? ", " : "", left_out[i],
                               rf_left_out_name((enum rf_left_out)i));
    if (!rc)
        rc = read ? rf_fail(err, RF_BAD_INPUT, "no votes left of %zu: left out were %s", read, b.len ? b.data : "none")
                  : rf_fail(err, RF_BAD_INPUT, "the database has no votes: read some with `routefit ingest`");
    rf_buf_release(&b);
    return rc;
}

void rf_votes_release(struct rf_votes *v)
{
    for (size_t i = 0; v->model && i < v->models; i++)
        rf_free(v->model[i]);
    rf_free(v->model);
    rf_free(v->battle);
    rf_free(v->x);
    rf_free(v->prompt);
    rf_free(v->valid);
    rf_free(v->embedder);
    rf_free(v->embedder_sha256);
    *v = (struct rf_votes){ 0 };
}

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

static int compare_ids(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Sorts id[n] and drops repeats; returns how many are left. */
static size_t sort_unique(int64_t *id, size_t n)
{
    size_t k = 0;
    if (n)
        qsort(id, n, sizeof *id, compare_ids);
    for (size_t i = 0; i < n; i++)
        if (k == 0 || id[i] != id[k - 1])
            id[k++] = id[i];
    return k;
}

static int find_wanted(const struct rf_raw_vote *raw, size_t n, struct wanted **out, size_t *count, struct rf_err *err)
{
    struct wanted *w = NULL;
    int64_t *id = NULL;
    size_t k = 0;
    int rc;
    if ((rc = RF_NEW(id, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        id[i] = raw[i].prompt;
    k = sort_unique(id, n);
    if ((rc = RF_NEW(w, k, err)))
        goto out;
    for (size_t i = 0; i < k; i++)
        w[i] = (struct wanted){ .prompt = id[i], .out = RF_OUT_NO_VECTOR };
out:
    rf_free(id);
    *out = w;
    *count = k;
    return rc;
}

static struct wanted *wanted_of(struct wanted *w, size_t n, int64_t prompt)
{
    return bsearch(&prompt, w, n, sizeof *w, compare_ids); /* prompt is the first member */
}

/* Copies one vector to row v->rows. Returns RF_OUTS (usable), RF_OUT_ZERO, or an rf_code. */
static int take_vector(struct rf_votes *v, int64_t prompt, struct rf_str blob, struct rf_err *err)
{
    float *x = v->x + v->rows * v->dim;
    bool zero = true;
    if (blob.len != v->dim * sizeof *x)
        return rf_fail(err, RF_CORRUPT, "vector of prompt %lld: %zu bytes, expected %zu (%zu floats of embedder %s)",
                       (long long)prompt, blob.len, v->dim * sizeof *x, v->dim, v->embedder);
    memcpy(x, blob.s, blob.len);
    for (size_t j = 0; j < v->dim; j++) {
        if (!isfinite(x[j]))
            return rf_fail(err, RF_BAD_INPUT,
                           "vector of prompt %lld: element %zu is %g, expected finite numbers; embed the prompt again "
                           "or correct the file of vectors of %s",
                           (long long)prompt, j, (double)x[j], v->embedder);
        zero &= x[j] == 0;
    }
    return zero ? RF_OUT_ZERO : RF_OUTS;
}

/* The side of a prompt: the same first turn is on the same side whatever follows it, in every database. */
static int pick_side(struct rf_str text, struct rf_str hash, const struct rf_votes_filter *f, bool *valid,
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

static int read_vectors(struct rf_votes *v, struct rf_db *db, int64_t embedder, const struct rf_votes_filter *f,
                        struct wanted *w, size_t nw, struct rf_sha256 *sum, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    size_t cells;
    int rc;
    if (!rf_mul(nw, v->dim, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu floats", nw, v->dim);
    if ((rc = RF_NEW(v->x, cells, err)) || (rc = RF_NEW(v->prompt, nw, err)) || (rc = RF_NEW(v->valid, nw, err)) ||
        (rc = rf_stmt_new(&s, db,
                          "SELECT q.id, q.text, q.bytes, q.hash, e.vector FROM prompt q LEFT JOIN embedding e"
                          " ON e.embedder = ?1 AND e.prompt = q.id ORDER BY q.id",
                          err)))
        goto out;
    rf_bind_int(s, 1, embedder);
    while ((rc = rf_step(s, err)) == 1) {
        struct wanted *p = wanted_of(w, nw, rf_col_int(s, 0));
        if (!p)
            continue;
        const struct rf_str text = rf_col_str(s, 1), hash = rf_col_str(s, 3);
        /* without text, the number of bytes bounds the number of code points from above */
        const bool is_short =
            text.s ? !is_long_enough(text, f->min_chars) : !rf_col_null(s, 2) && rf_col_int(s, 2) < f->min_chars;
        if (is_short || rf_col_null(s, 4)) {
            p->out = is_short ? RF_OUT_SHORT : RF_OUT_NO_VECTOR;
            continue;
        }
        if ((rc = take_vector(v, p->prompt, rf_col_str(s, 4), err)) < 0)
            goto out;
        p->out = (enum rf_left_out)rc;
        if (p->out != RF_OUTS)
            continue;
        if ((rc = pick_side(text, hash, f, &v->valid[v->rows], err)) ||
            (rc = rf_sha256_add(sum, v->x + v->rows * v->dim, v->dim * sizeof *v->x, err)))
            goto out;
        p->row = v->rows;
        v->prompt[v->rows++] = p->prompt;
    }
out:
    rf_stmt_free(s);
    return rc;
}

struct named {
    const char *name; /* owned */
    int64_t id;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

/* Reads the names of id[n] (sorted) and gives them indices by name: of[i] = index of id[i]. */
static int name_models(struct rf_votes *v, struct rf_db *db, const int64_t *id, size_t n, uint32_t *of,
                       struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct named *m = NULL;
    size_t known = 0;
    int rc;
    if ((rc = RF_NEW(m, n, err)) || (rc = RF_NEW(v->model, n, err)) ||
        (rc = rf_stmt_new(&s, db, "SELECT id, name FROM model ORDER BY id", err)))
        goto out;
    while (known < n && (rc = rf_step(s, err)) == 1) {
        if (rf_col_int(s, 0) != id[known])
            continue;
        const struct rf_str name = rf_col_str(s, 1);
        m[known].id = (int64_t)known;
        if (!(m[known].name = rf_strndup(name.s, name.len, err))) {
            rc = RF_FAIL;
            goto out;
        }
        known++;
    }
    if (rc < 0)
        goto out;
    rc = 0;
    qsort(m, n, sizeof *m, compare_names);
    for (size_t i = 0; i < n; i++) {
        v->model[i] = (char *)(uintptr_t)m[i].name;
        of[m[i].id] = (uint32_t)i;
    }
    v->models = n;
    known = 0; /* the names are the votes' now */
out:
    for (size_t i = 0; i < known; i++)
        rf_free((void *)(uintptr_t)m[i].name);
    rf_free(m);
    rf_stmt_free(s);
    return rc;
}

/* Turns the raw votes whose prompts are usable into battles. */
static int fill_battles(struct rf_votes *v, struct rf_db *db, const struct rf_raw_vote *raw, size_t n, struct wanted *w,
                        size_t nw, struct rf_err *err)
{
    int64_t *id = NULL;
    uint32_t *of = NULL;
    size_t models = 0, k = 0;
    int rc;
    if ((rc = RF_NEW(id, 2 * n, err)) || (rc = RF_NEW(v->battle, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        const struct wanted *p = wanted_of(w, nw, raw[i].prompt);
        if (p->out != RF_OUTS) {
            v->left_out[p->out]++;
            continue;
        }
        id[models++] = raw[i].a;
        id[models++] = raw[i].b;
    }
    models = sort_unique(id, models);
    if ((rc = RF_NEW(of, models, err)) || (rc = name_models(v, db, id, models, of, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        const struct wanted *p = wanted_of(w, nw, raw[i].prompt);
        if (p->out != RF_OUTS)
            continue;
        const int64_t *a = bsearch(&raw[i].a, id, models, sizeof *id, compare_ids);
        const int64_t *b = bsearch(&raw[i].b, id, models, sizeof *id, compare_ids);
        v->battle[k++] = (struct rf_battle){ .row = (uint32_t)p->row,
                                             .a = of[a - id],
                                             .b = of[b - id],
                                             .winner = raw[i].winner,
                                             .weight = isnan(raw[i].weight) ? 1 : (float)raw[i].weight,
                                             .valid = v->valid[p->row] };
    }
    v->n = k;
out:
    rf_free(id);
    rf_free(of);
    return rc;
}

/* The vectors are in the sum already; the battles go in field by field, for a struct has holes. */
static int finish_fingerprint(struct rf_votes *v, struct rf_sha256 *sum, struct rf_err *err)
{
    uint8_t digest[RF_SHA256_SIZE];
    int rc = 0;
    for (size_t i = 0; i < v->models && !rc; i++)
        rc = rf_sha256_add(sum, v->model[i], strlen(v->model[i]) + 1, err);
    for (size_t i = 0; i < v->n && !rc; i++) {
        const struct rf_battle *b = &v->battle[i];
        uint32_t word[6] = { b->row, b->a, b->b, (uint32_t)b->winner, 0, b->valid };
        memcpy(&word[4], &b->weight, sizeof word[4]);
        rc = rf_sha256_add(sum, word, sizeof word, err);
    }
    if (!rc && !(rc = rf_sha256_end(sum, digest, err)))
        rf_sha256_hex(digest, v->sha256);
    return rc;
}

int rf_votes_load(struct rf_votes *v, struct rf_db *db, const struct rf_votes_filter *f, struct rf_err *err)
{
    struct rf_raw_vote *raw = NULL;
    struct wanted *w = NULL;
    struct rf_sha256 *sum = NULL;
    size_t n = 0, nw = 0;
    int64_t embedder = 0;
    int rc;
    *v = (struct rf_votes){ 0 };
    if ((rc = rf_votes_embedder(v, db, f->embedder, &embedder, err)) || (rc = rf_votes_check_names(db, f, err)) ||
        (rc = rf_votes_read(v, db, f, &raw, &n, err)) || (rc = find_wanted(raw, n, &w, &nw, err)) ||
        (rc = rf_sha256_new(&sum, err)) || (rc = read_vectors(v, db, embedder, f, w, nw, sum, err)) ||
        (rc = fill_battles(v, db, raw, n, w, nw, err)) || (rc = finish_fingerprint(v, sum, err)))
        goto out;
    if (!v->n)
        rc = rf_votes_none_left(v->read, v->left_out, err);
out:
    if (rc)
        rf_votes_release(v);
    rf_free(raw);
    rf_free(w);
    rf_sha256_free(sum);
    return rc;
}
