/* The randomised SVD. Everything runs on the side of A's rows (prompts): A A' is applied column by column of A, so that
 * no matrix of columns x width is ever stored before the last step. The block is cut into slices of 16 vectors, each
 * packed so that its 64-byte rows stay in cache; the slices are the unit of threads, and every sum has one fixed order.
 * Refuses: values that are not finite (they surface in a Gram matrix), widths beyond the matrix. */
#include "datasets/svd.h"

#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/rng.h"

enum {
    SLICE = 16,       /* floats: one cache line */
    OVERSAMPLE = 16,  /* vectors beside the wanted ones: the last wanted ones converge with them */
    GRAM_CHUNKS = 16, /* most partial sums of a Gram matrix */
    GRAM_PASSES = 4   /* most Cholesky-QR rounds; two do for all but nearly dependent columns */
};

/* 16 floats as two vectors of the processor's own width: wider ones are taken apart through memory by the compiler. */
typedef float lane __attribute__((vector_size(SLICE / 2 * sizeof(float))));
typedef struct {
    lane low, high;
} wide;

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- rows of a matrix in blocks ---- */

static void block_range(size_t block, size_t rows, size_t *from, size_t *to)
{
    *from = block * RF_BLOCK_ROWS;
    *to = smaller(rows, *from + RF_BLOCK_ROWS);
}

/* ---- Gram matrix: floats within a block of rows, doubles from there on ---- */

struct gram {
    const float *y; /* [n][k] */
    size_t n, k, chunks;
    double *part; /* [chunks][k][k] */
};

static int gram_chunk(void *ctx, size_t chunk, struct rf_err *err)
{
    struct gram *g = ctx;
    const size_t blocks = rf_par_blocks(g->n), kk = g->k * g->k;
    double *sum = g->part + chunk * kk;
    float *tile = rf_calloc(kk, sizeof *tile, err);
    if (!tile)
        return RF_FAIL;
    for (size_t b = chunk * blocks / g->chunks; b < (chunk + 1) * blocks / g->chunks; b++) {
        size_t from, to;
        block_range(b, g->n, &from, &to);
        rf_ssyrk_t(to - from, g->k, 1, g->y + from * g->k, g->k, 0, tile, g->k);
        for (size_t i = 0; i < kk; i++)
            sum[i] += (double)tile[i];
    }
    rf_free(tile);
    return 0;
}

/* Upper triangle of out[k][k] = Y'Y. */
static int gram_of(const float *y, size_t n, size_t k, int threads, double *out, struct rf_err *err)
{
    const size_t kk = k * k;
    struct gram g = { .y = y, .n = n, .k = k, .chunks = smaller(GRAM_CHUNKS, rf_par_blocks(n)) };
    int rc;
    if ((rc = RF_NEW(g.part, g.chunks * kk, err)) || (rc = rf_par_run(g.chunks, threads, gram_chunk, &g, err)))
        goto out;
    memset(out, 0, kk * sizeof *out);
    for (size_t c = 0; c < g.chunks; c++)
        for (size_t i = 0; i < kk; i++)
            out[i] += g.part[c * kk + i];
    for (size_t i = 0; i < k; i++)
        if (!isfinite(out[i * k + i])) {
            rc = rf_fail(err, RF_BAD_INPUT, "the matrix holds values that are not finite, or too large for float sums");
            goto out;
        }
out:
    rf_free(g.part);
    return rc;
}

/* ---- Cholesky-QR ---- */

struct solve {
    float *y;
    const float *u; /* [k][k] upper */
    size_t n, k;
};

static int solve_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct solve *s = ctx;
    size_t from, to;
    (void)err;
    block_range(block, s->n, &from, &to);
    rf_strsm_right(to - from, s->k, s->u, s->k, s->y + from * s->k, s->k);
    return 0;
}

/* Largest |G - I| over the upper triangle. */
static double distance_from_identity(const double *g, size_t k)
{
    double far = 0;
    for (size_t i = 0; i < k; i++)
        for (size_t j = i; j < k; j++)
            far = fmax(far, fabs(g[i * k + j] - (i == j ? 1.0 : 0.0)));
    return far;
}

/* Root of the smallest eigenvalue of g[k][k], of which only the upper triangle counts. */
static int least_root(const double *g, size_t k, double *least, struct rf_err *err)
{
    double *copy = NULL, *value = NULL;
    int rc;
    if ((rc = RF_NEW(copy, k * k, err)) || (rc = RF_NEW(value, k, err)))
        goto out;
    memcpy(copy, g, k * k * sizeof *g);
    if ((rc = rf_dsyev(k, copy, value, err)))
        goto out;
    *least = sqrt(fmax(0, value[0]));
out:
    rf_free(copy);
    rf_free(value);
    return rc;
}

/* The columns of y[n][k] become orthonormal and span the same space; *least (or NULL) = the smallest singular value
 * before. The diagonal is raised a little, so that nearly dependent columns pass the first round and are told apart in
 * the next (shifted Cholesky-QR: Fukaya et al. 2020, SIAM J. Sci. Comput. 42(1), A477). A column of zeros (A has a
 * lower rank) stays one. */
static int orthonormalise(float *y, size_t n, size_t k, int threads, double *least, struct rf_err *err)
{
    const double tolerance = 3e-6, raise = 1e-5;
    double *g = NULL;
    float *u = NULL;
    int rc;
    if ((rc = RF_NEW(g, k * k, err)) || (rc = RF_NEW(u, k * k, err)))
        goto out;
    for (int pass = 0; pass < GRAM_PASSES; pass++) {
        if ((rc = gram_of(y, n, k, threads, g, err)))
            goto out;
        if (pass == 0 && least && (rc = least_root(g, k, least, err)))
            goto out;
        const double far = distance_from_identity(g, k);
        if (far <= tolerance)
            break;
        for (size_t i = 0; i < k; i++)
            g[i * k + i] = g[i * k + i] > 0 ? g[i * k + i] * (far > 0.1 ? 1 + raise : 1) : 1;
        if ((rc = rf_dpotrf(k, g, err)))
            goto out;
        for (size_t i = 0; i < k * k; i++)
            u[i] = (float)g[i];
        struct solve s = { .y = y, .u = u, .n = n, .k = k };
        if ((rc = rf_par_run(rf_par_blocks(n), threads, solve_block, &s, err)))
            goto out;
    }
out:
    rf_free(g);
    rf_free(u);
    return rc;
}

/* ---- the sparse products, one slice of vectors at a time ---- */

struct product {
    const struct rf_csr *at; /* [columns][n] */
    const float *q;          /* [n][k] */
    float *out;              /* A A' q: [n][k]; or A' q: [columns][k] */
    size_t k;
};

/* Columns [first, first + SLICE) of q[n][k] as packed rows, the missing ones zero. */
static void pack(const float *q, size_t n, size_t k, size_t first, wide *to)
{
    const size_t bytes = smaller(SLICE, k - first) * sizeof *q;
    for (size_t i = 0; i < n; i++)
        memcpy(&to[i], q + i * k + first, bytes);
}

static void unpack(const wide *from, size_t n, size_t k, size_t first, float *out)
{
    const size_t bytes = smaller(SLICE, k - first) * sizeof *out;
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * k + first, &from[i], bytes);
}

/* sum += a * x */
static inline void add(wide *sum, float a, const wide *x)
{
    sum->low += a * x->low;
    sum->high += a * x->high;
}

/* Row j of A' times q: two sums in turn, so that one addition does not wait for the last. */
static inline wide gather(const struct rf_csr *at, size_t j, const wide *q)
{
    wide even = { { 0 }, { 0 } }, odd = even;
    size_t e = at->ptr[j];
    for (; e + 1 < at->ptr[j + 1]; e += 2) {
        add(&even, at->val[e], &q[at->col[e]]);
        add(&odd, at->val[e + 1], &q[at->col[e + 1]]);
    }
    if (e < at->ptr[j + 1])
        add(&even, at->val[e], &q[at->col[e]]);
    even.low += odd.low;
    even.high += odd.high;
    return even;
}

static int both_ways(void *ctx, size_t slice, struct rf_err *err)
{
    const struct product *p = ctx;
    const size_t n = p->at->cols, first = slice * SLICE;
    wide *q = NULL, *sum = NULL;
    int rc;
    if ((rc = RF_NEW(q, n, err)) || (rc = RF_NEW(sum, n, err)))
        goto out;
    pack(p->q, n, p->k, first, q);
    for (size_t j = 0; j < p->at->rows; j++) {
        const wide z = gather(p->at, j, q);
        for (size_t e = p->at->ptr[j]; e < p->at->ptr[j + 1]; e++)
            add(&sum[p->at->col[e]], p->at->val[e], &z);
    }
    unpack(sum, n, p->k, first, p->out);
out:
    rf_free(q);
    rf_free(sum);
    return rc;
}

static int one_way(void *ctx, size_t slice, struct rf_err *err)
{
    const struct product *p = ctx;
    const size_t n = p->at->cols, first = slice * SLICE;
    wide *q = rf_calloc(n, sizeof *q, err);
    if (!q)
        return RF_FAIL;
    pack(p->q, n, p->k, first, q);
    for (size_t j = 0; j < p->at->rows; j++) {
        const wide z = gather(p->at, j, q);
        unpack(&z, 1, p->k, first, p->out + j * p->k);
    }
    rf_free(q);
    return 0;
}

static size_t slices(size_t k)
{
    return (k + SLICE - 1) / SLICE;
}

/* ---- dense products over blocks of rows ---- */

struct rotate {
    float *y;       /* [n][k] in, [n][dim] out, row i in place of row i */
    const float *w; /* [k][dim] */
    size_t n, k, dim;
};

static int rotate_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct rotate *r = ctx;
    size_t from, to;
    block_range(block, r->n, &from, &to);
    float *tile = rf_calloc((to - from) * r->dim, sizeof *tile, err);
    if (!tile)
        return RF_FAIL;
    rf_sgemm(false, false, to - from, r->dim, r->k, 1, r->y + from * r->k, r->k, r->w, r->dim, 0, tile, r->dim);
    for (size_t i = from; i < to; i++)
        memcpy(r->y + i * r->k, tile + (i - from) * r->dim, r->dim * sizeof *tile);
    rf_free(tile);
    return 0;
}

/* ---- the whole ---- */

static void start_random(float *y, size_t n, size_t k, uint64_t seed)
{
    struct rf_rng rng;
    rf_rng_init(&rng, seed, 0);
    for (size_t i = 0; i < n * k; i++)
        y[i] = (float)rf_rng_u32(&rng) * 0x1p-32f - 0.5f;
}

/* q[n][k] = an orthonormal basis near the leading left singular vectors. */
static int subspace(const struct rf_csr *at, size_t k, const struct rf_svd_options *o, float **q, struct rf_err *err)
{
    const size_t n = at->cols;
    struct rf_progress bar;
    float *y = NULL, *next = NULL;
    double shift = 0, least;
    size_t nk;
    int rc;
    rf_progress_start(&bar, "singular vectors", "passes", o->iterations);
    if (!rf_mul(n, k, &nk)) {
        rc = rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", k, n);
        goto out;
    }
    if ((rc = RF_NEW(y, nk, err)) || (rc = RF_NEW(next, nk, err)))
        goto out;
    start_random(y, n, k, o->seed);
    if ((rc = orthonormalise(y, n, k, o->threads, NULL, err)))
        goto out;
    for (size_t it = 0; it < o->iterations; it++) {
        if ((rc = rf_progress_step(&bar, it, NULL, err)))
            goto out;
        struct product p = { .at = at, .q = y, .out = next, .k = k };
        if ((rc = rf_par_run(slices(k), o->threads, both_ways, &p, err)))
            goto out;
        for (size_t i = 0; i < nk; i++)
            next[i] -= (float)shift * y[i];
        float *t = y;
        y = next;
        next = t;
        if ((rc = orthonormalise(y, n, k, o->threads, &least, err)))
            goto out;
        shift = fmax(shift, (shift + least) / 2);
    }
    *q = y;
    y = NULL;
out:
    rf_progress_end(&bar);
    rf_free(y);
    rf_free(next);
    return rc;
}

/* Eigenvalues of the Gram matrix of z[m][k], descending, into s as their roots; w[k][dim] = the vectors over their
 * roots, so that z w is orthonormal. Returns through *dim how many stand above the rounding of float sums. */
static int directions(const float *z, size_t m, size_t k, int threads, double *s, float *w, size_t *dim,
                      struct rf_err *err)
{
    const double rounding = 1e-7;
    double *g = NULL, *value = NULL;
    size_t found = 0;
    int rc;
    if ((rc = RF_NEW(g, k * k, err)) || (rc = RF_NEW(value, k, err)) || (rc = gram_of(z, m, k, threads, g, err)) ||
        (rc = rf_dsyev(k, g, value, err)))
        goto out;
    while (found < *dim && value[k - 1 - found] > rounding * value[k - 1])
        found++;
    for (size_t j = 0; j < found; j++) {
        s[j] = sqrt(value[k - 1 - j]);
        for (size_t i = 0; i < k; i++)
            w[i * found + j] = (float)(g[i * k + k - 1 - j] / s[j]);
    }
    *dim = found;
    if (!found)
        rc = rf_fail(err, RF_BAD_INPUT, "every entry of the matrix is zero: there are no singular vectors");
out:
    rf_free(g);
    rf_free(value);
    return rc;
}

static int check(const struct rf_csr *at, const struct rf_svd_options *o, struct rf_err *err)
{
    const size_t most = smaller(at->rows, at->cols);
    if (o->dim < 1 || o->dim > most)
        return rf_fail(err, RF_USAGE, "%zu singular vectors of a %zu x %zu matrix: at most %zu", o->dim, at->cols,
                       at->rows, most);
    if (o->iterations < 1)
        return rf_fail(err, RF_USAGE, "0 iterations of the singular vectors: at least 1");
    return 0;
}

int rf_svd_sparse(const struct rf_csr *at, const struct rf_svd_options *o, struct rf_svd *out, struct rf_err *err)
{
    struct rf_svd d = { .cols = at->rows };
    const size_t k = smaller(o->dim + OVERSAMPLE, smaller(at->rows, at->cols));
    float *q = NULL, *w = NULL;
    size_t mk;
    int rc;
    if ((rc = check(at, o, err)) || (rc = subspace(at, k, o, &q, err)))
        goto out;
    d.dim = o->dim;
    if (!rf_mul(d.cols, k, &mk)) {
        rc = rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", k, d.cols);
        goto out;
    }
    if ((rc = RF_NEW(d.v, mk, err)) || (rc = RF_NEW(d.s, d.dim, err)) || (rc = RF_NEW(w, k * d.dim, err)))
        goto out;
    struct product p = { .at = at, .q = q, .out = d.v, .k = k };
    if ((rc = rf_par_run(slices(k), o->threads, one_way, &p, err)) ||
        (rc = directions(d.v, d.cols, k, o->threads, d.s, w, &d.dim, err)))
        goto out;
    struct rotate r = { .y = d.v, .w = w, .n = d.cols, .k = k, .dim = d.dim };
    if ((rc = rf_par_run(rf_par_blocks(d.cols), o->threads, rotate_block, &r, err)))
        goto out;
    for (size_t i = 1; i < d.cols; i++)
        memmove(d.v + i * d.dim, d.v + i * k, d.dim * sizeof *d.v);
    if ((rc = orthonormalise(d.v, d.cols, d.dim, o->threads, NULL, err)))
        goto out;
    for (size_t j = 0; j < d.dim; j++)
        d.energy += d.s[j] * d.s[j];
    for (size_t e = 0; e < rf_csr_entries(at); e++)
        d.total += (double)at->val[e] * (double)at->val[e];
    *out = d;
    d = (struct rf_svd){ 0 };
out:
    rf_free(q);
    rf_free(w);
    rf_svd_release(&d);
    return rc;
}

void rf_svd_release(struct rf_svd *d)
{
    rf_free(d->v);
    rf_free(d->s);
    *d = (struct rf_svd){ 0 };
}
