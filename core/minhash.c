/* Two passes over the texts: signatures, folded at once into 40 band keys a text; then the buckets of each band, in
 * which pairs are compared exactly. A pair that an earlier band has compared is known by the keys alone, so that no
 * list of candidates is kept. */
#include "core/minhash.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/par.h"
#include "core/progress.h"
#include "core/rng.h"
#include "core/mix.h"
#include "core/shingle.h"

enum {
    BANDS = 40,
    MOST_ROWS = 8, /* hashes in a band */
    LANES = 32,    /* hashes that stay in registers over a whole text */
    HASHES = BANDS * MOST_ROWS,
    WHOLE = 64,   /* texts (on one side) up to which a bucket is compared in full */
    PARTNERS = 8, /* above that: the next ones in order, for each text */
    SLICE = 64    /* blocks of texts between two looks at the progress bar */
};
#define CAPPED UINT64_C(1) /* lowest bit of a band key: its bucket is not compared in full */

struct work {
    const struct rf_str *text;
    const uint8_t *side; /* NULL: any two */
    size_t n, rows;      /* hashes per band in force */
    double jaccard;
    uint32_t mul[HASHES], add[HASHES];
    uint64_t (*key)[BANDS];       /* [n] */
    uint32_t *distinct;           /* [n] shingles */
    uint32_t *order[BANDS];       /* [n] texts by the keys of the band and the next two */
    struct rf_pairs found[BANDS]; /* pairs of each */
    size_t from;                  /* block that a slice starts with */
};

static size_t rows_for(double threshold)
{
    const double least = 1 - pow(1 - .999, 1. / BANDS);
    size_t rows = 1;
    while (rows < MOST_ROWS && pow(threshold, (double)(rows + 1)) >= least)
        rows++;
    return rows;
}

double rf_near_recall(double threshold, double s)
{
    return 1 - pow(1 - pow(s, (double)rows_for(threshold)), BANDS);
}

/* ---- signatures ---- */

/* The hash functions are fixed: x -> (x + add) * mul modulo 2^32 with odd mul, bijections that keep their high bits
 * well mixed; the least value counts. */
static void draw_hashes(struct work *w)
{
    struct rf_rng r;
    rf_rng_init(&r, UINT64_C(0x6d696e68617368), 0);
    rf_rng_fill(&r, w->mul, HASHES);
    rf_rng_fill(&r, w->add, HASHES);
    for (size_t i = 0; i < HASHES; i++)
        w->mul[i] |= 1;
}

/* least[LANES] = the smallest value of each of LANES hashes over x[n]. */
static void least_of(const uint32_t *x, size_t n, const uint32_t *mul, const uint32_t *add, uint32_t *least)
{
    uint32_t m[LANES];
    memset(m, 0xff, sizeof m);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < LANES; j++) {
            const uint32_t v = (x[i] + add[j]) * mul[j];
            m[j] = v < m[j] ? v : m[j];
        }
    memcpy(least, m, sizeof m);
}

static void fold_bands(const struct work *w, const uint32_t *least, uint64_t *key)
{
    for (size_t b = 0; b < BANDS; b++)
        key[b] = rf_mix_bytes(b, least + b * w->rows, w->rows * sizeof *least) & ~CAPPED;
}

static int sign_block(void *ctx, size_t block, struct rf_err *err)
{
    struct work *const w = ctx;
    const size_t from = (w->from + block) * RF_BLOCK_ROWS;
    const size_t end = from + RF_BLOCK_ROWS < w->n ? from + RF_BLOCK_ROWS : w->n;
    const size_t hashes = BANDS * w->rows;
    struct rf_shingles set = { 0 };
    uint32_t least[HASHES];
    int rc = 0;
    for (size_t i = from; i < end && !rc; i++) {
        if ((rc = rf_shingles_set(&set, w->text[i], err)))
            break;
        w->distinct[i] = (uint32_t)set.n;
        for (size_t h = 0; h < hashes; h += LANES)
            least_of(set.x, set.n, w->mul + h, w->add + h, least + h);
        fold_bands(w, least, w->key[i]);
    }
    rf_shingles_release(&set);
    return rc;
}

static int sign_all(struct work *w, int threads, struct rf_err *err)
{
    const size_t blocks = rf_par_blocks(w->n);
    struct rf_progress bar;
    int rc = 0;
    rf_progress_start(&bar, "shingles", "texts", w->n);
    for (w->from = 0; w->from < blocks && !rc; w->from += SLICE) {
        const size_t n = blocks - w->from < SLICE ? blocks - w->from : SLICE;
        if (!(rc = rf_progress_step(&bar, w->from * RF_BLOCK_ROWS, NULL, err)))
            rc = rf_par_run(n, threads, sign_block, w, err);
    }
    rf_progress_end(&bar);
    return rc;
}

/* ---- buckets ---- */

/* One bucket: places in the band's order. Where all may meet all there is only the left side. */
struct bucket {
    const uint32_t *left, *right; /* [nleft], [nright], ascending; left NULL: first, first + 1, ... */
    size_t nleft, nright, first;
};

static bool whole(const struct bucket *k)
{
    return k->nleft <= WHOLE || (k->nright && k->nright <= WHOLE);
}

typedef int bucket_fn(struct work *w, size_t band, const struct bucket *k, void *ctx, struct rf_err *err);

/* Calls fn for each bucket of a band that may hold a pair. */
static int each_bucket(struct work *w, size_t band, bucket_fn *fn, void *ctx, struct rf_err *err)
{
    const uint32_t *const order = w->order[band];
    uint32_t *side[2] = { NULL, NULL };
    int rc = 0;
    if (w->side && ((rc = RF_NEW(side[0], w->n, err)) || (rc = RF_NEW(side[1], w->n, err))))
        goto out;
    for (size_t i = 0, end; i < w->n && !rc; i = end) {
        const uint64_t key = w->key[order[i]][band];
        for (end = i + 1; end < w->n && w->key[order[end]][band] == key; end++)
            ;
        struct bucket k = { side[0], side[1], 0, 0, i };
        if (!w->side)
            k.nleft = end - i;
        for (size_t j = i; w->side && end - i > 1 && j < end; j++) {
            if (w->side[order[j]] & RF_NEAR_LEFT)
                side[0][k.nleft++] = (uint32_t)j;
            if (w->side[order[j]] & RF_NEAR_RIGHT)
                side[1][k.nright++] = (uint32_t)j;
        }
        if (w->side ? k.nleft && k.nright : k.nleft > 1)
            rc = fn(w, band, &k, ctx, err);
    }
out:
    rf_free(side[0]);
    rf_free(side[1]);
    return rc;
}

struct place {
    uint64_t key[3]; /* of the band and the next two: texts that are more alike come closer together */
    uint32_t text;
};

static int by_keys_and_text(const void *a, const void *b)
{
    const struct place *const p = a, *const q = b;
    for (size_t i = 0; i < 3; i++)
        if (p->key[i] != q->key[i])
            return p->key[i] < q->key[i] ? -1 : 1;
    return (p->text > q->text) - (p->text < q->text);
}

static int mark_capped(struct work *w, size_t band, const struct bucket *k, void *ctx, struct rf_err *err)
{
    const uint32_t *const order = w->order[band];
    (void)ctx, (void)err;
    if (whole(k))
        return 0;
    for (size_t i = 0; i < k->nleft; i++)
        w->key[order[k->left ? k->left[i] : k->first + i]][band] |= CAPPED;
    for (size_t i = 0; i < k->nright; i++)
        w->key[order[k->right[i]]][band] |= CAPPED;
    return 0;
}

static int sort_band(void *ctx, size_t band, struct rf_err *err)
{
    struct work *const w = ctx;
    struct place *place = NULL;
    int rc;
    if ((rc = RF_NEW(place, w->n, err)) || (rc = RF_NEW(w->order[band], w->n, err)))
        goto out;
    for (size_t i = 0; i < w->n; i++)
        place[i] = (struct place){ { w->key[i][band], w->key[i][(band + 1) % BANDS], w->key[i][(band + 2) % BANDS] },
                                   (uint32_t)i };
    qsort(place, w->n, sizeof *place, by_keys_and_text);
    for (size_t i = 0; i < w->n; i++)
        w->order[band][i] = place[i].text;
out:
    rf_free(place);
    return rc;
}

static int mark_band(void *ctx, size_t band, struct rf_err *err)
{
    return each_bucket(ctx, band, mark_capped, NULL, err);
}

/* ---- comparisons ---- */

/* One text against its partners; its shingles are taken in when the first comparison needs them. */
struct comparison {
    struct rf_shingles set;
    uint32_t text;
    bool set_is_text;
};

/* In a bucket that is not compared in full the neighbours were neighbours in the band before too, if they agreed there.
 */
static bool compared_before(const struct work *w, uint32_t i, uint32_t j, size_t band)
{
    const uint64_t *const a = w->key[i], *const b = w->key[j];
    if (band && a[band] & a[band - 1] & CAPPED && a[band - 1] == b[band - 1])
        return true;
    for (size_t t = 0; t < band; t++)
        if (a[t] == b[t] && !(a[t] & CAPPED))
            return true;
    return false;
}

static int compare(struct work *w, size_t band, struct comparison *c, uint32_t j, struct rf_err *err)
{
    const uint32_t i = c->text;
    const double x = w->distinct[i], y = w->distinct[j];
    if (i == j || fmin(x, y) < w->jaccard * fmax(x, y) || compared_before(w, i, j, band))
        return 0;
    if (!c->set_is_text) {
        const int rc = rf_shingles_set(&c->set, w->text[i], err);
        if (rc)
            return rc;
        c->set_is_text = true;
    }
    const double least = floor(w->jaccard / (1 + w->jaccard) * (x + y));
    const double common = (double)rf_shingles_common(&c->set, w->text[j], w->distinct[j], (size_t)least);
    const double similarity = common / (x + y - common);
    if (!(similarity >= w->jaccard))
        return 0;
    return rf_pairs_add(&w->found[band], i < j ? i : j, i < j ? j : i, similarity, err);
}

static void turn_to(struct comparison *c, uint32_t text)
{
    c->text = text;
    c->set_is_text = false;
}

/* Each text at from[n] against those at to[m]: all, or the PARTNERS nearest ones before and behind it. */
static int compare_sides(struct work *w, size_t band, struct comparison *c, const uint32_t *from, size_t n,
                         const uint32_t *to, size_t m, bool all, struct rf_err *err)
{
    const uint32_t *const order = w->order[band];
    size_t behind = 0; /* first of to[] behind from[i] */
    int rc = 0;
    for (size_t i = 0; i < n && !rc; i++) {
        while (behind < m && to[behind] <= from[i])
            behind++;
        const size_t start = all || behind < PARTNERS ? 0 : behind - PARTNERS;
        turn_to(c, order[from[i]]);
        for (size_t j = start; j < m && (all || j < behind + PARTNERS) && !rc; j++)
            rc = compare(w, band, c, order[to[j]], err);
    }
    return rc;
}

static int compare_bucket(struct work *w, size_t band, const struct bucket *k, void *ctx, struct rf_err *err)
{
    const uint32_t *const text = w->order[band] + k->first;
    const bool all = whole(k);
    struct comparison *const c = ctx;
    int rc = 0;
    if (w->side) {
        rc = compare_sides(w, band, c, k->left, k->nleft, k->right, k->nright, all, err);
        return rc || all ? rc : compare_sides(w, band, c, k->right, k->nright, k->left, k->nleft, all, err);
    }
    for (size_t i = 0; i < k->nleft && !rc; i++) {
        turn_to(c, text[i]);
        for (size_t j = i + 1; j < k->nleft && (all || j <= i + PARTNERS) && !rc; j++)
            rc = compare(w, band, c, text[j], err);
    }
    return rc;
}

static int compare_band(void *ctx, size_t block, struct rf_err *err)
{
    struct work *const w = ctx;
    struct comparison c = { 0 };
    const int rc = each_bucket(w, w->from + block, compare_bucket, &c, err);
    rf_shingles_release(&c.set);
    return rc;
}

static int compare_all(struct work *w, int threads, struct rf_err *err)
{
    const size_t step = (size_t)threads < BANDS ? (size_t)threads : BANDS;
    struct rf_progress bar;
    int rc = 0;
    rf_progress_start(&bar, "near-duplicates", "bands", BANDS);
    for (w->from = 0; w->from < BANDS && !rc; w->from += step) {
        const size_t n = BANDS - w->from < step ? BANDS - w->from : step;
        if (!(rc = rf_progress_step(&bar, w->from, NULL, err)))
            rc = rf_par_run(n, threads, compare_band, w, err);
    }
    rf_progress_end(&bar);
    return rc;
}

int rf_near_pairs(const struct rf_str *text, size_t n, const struct rf_near_options *o, struct rf_pairs *out,
                  struct rf_err *err)
{
    struct work *w = NULL;
    int rc;
    if (!(o->jaccard >= .5 && o->jaccard <= 1))
        return rf_fail(err, RF_USAGE, "found a Jaccard similarity of %g, expected .5 to 1", o->jaccard);
    if (n >= UINT32_MAX)
        return rf_fail(err, RF_FAIL, "found %zu texts, expected fewer than 2^32", n);
    if ((rc = RF_NEW(w, 1, err)))
        goto out;
    w->text = text;
    w->side = o->side;
    w->n = n;
    w->rows = rows_for(o->jaccard);
    w->jaccard = o->jaccard;
    draw_hashes(w);
    if ((rc = RF_NEW(w->key, n, err)) || (rc = RF_NEW(w->distinct, n, err)) || (rc = sign_all(w, o->threads, err)) ||
        (rc = rf_par_run(BANDS, o->threads, sort_band, w, err)) ||
        (rc = rf_par_run(BANDS, o->threads, mark_band, w, err)) || (rc = compare_all(w, o->threads, err)))
        goto out;
    for (size_t b = 0; b < BANDS && !rc; b++)
        rc = rf_pairs_append(out, &w->found[b], err);
    rf_pairs_sort(out);
out:
    for (size_t b = 0; w && b < BANDS; b++) {
        rf_free(w->order[b]);
        rf_pairs_release(&w->found[b]);
    }
    if (w) {
        rf_free(w->key);
        rf_free(w->distinct);
    }
    rf_free(w);
    return rc;
}

int rf_jaccard(struct rf_str a, struct rf_str b, double *similarity, struct rf_err *err)
{
    struct rf_shingles set = { 0 };
    int rc = rf_shingles_set(&set, b, err);
    const double nb = (double)set.n;
    if (!rc && !(rc = rf_shingles_set(&set, a, err))) {
        const double common = (double)rf_shingles_common(&set, b, (size_t)nb, 0);
        *similarity = common / ((double)set.n + nb - common);
    }
    rf_shingles_release(&set);
    return rc;
}
