/* The fused pass. Rows are read where they lie, four at a time: four dot products, four losses, four updates of the
 * gradient row that the pair of models shares. The pairs are cut into at most BLOCKS fixed blocks, each with float
 * partial sums of its own; blocks are added in order, in double. */
#include "train/mf_pass.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "train/mf_noise.h"

enum { BLOCKS = 8, BLOCK_MIN = 64, TILE = 4 };

struct entry {
    uint32_t lo, hi; /* models, lo < hi */
    uint32_t row;
    float weight; /* > 0: lo won, < 0: hi won */
};

struct block {
    size_t begin, end;  /* entries */
    double loss, right; /* sums: weight * loss, votes ranked right */
    float *g;           /* [models][dim] partial gradient, NULL until one is asked for */
    float *diff, *acc;  /* [dim] u_lo - u_hi, gradient of the current pair of models */
};

struct rf_mf_pass {
    const float *x;
    size_t dim, models, n;
    struct entry *entry; /* [n] sorted */
    double weight;       /* sum of |weight| */
    struct block block[BLOCKS];
    size_t blocks;
    /* of the pass that runs */
    const float *u;
    double alpha;
    bool want_gradient;
    size_t noisy; /* leading coordinates that carry noise */
};

static int by_models_and_row(const void *pa, const void *pb)
{
    const struct entry *a = pa, *b = pb;
    if (a->lo != b->lo)
        return a->lo < b->lo ? -1 : 1;
    if (a->hi != b->hi)
        return a->hi < b->hi ? -1 : 1;
    if (a->row != b->row)
        return a->row < b->row ? -1 : 1;
    return (a->weight > b->weight) - (a->weight < b->weight);
}

int rf_mf_pass_new(struct rf_mf_pass **out, const float *x, size_t rows, size_t dim, size_t models,
                   const struct rf_mf_pair *pair, size_t n, struct rf_err *err)
{
    struct rf_mf_pass *p = NULL;
    int rc = n ? RF_NEW(p, 1, err) : rf_fail(err, RF_BAD_INPUT, "no votes with a winner, expected at least one");
    if (rc)
        goto out;
    *p = (struct rf_mf_pass){ .x = x, .dim = dim, .models = models, .n = n, .noisy = dim };
    p->blocks = n < BLOCKS * BLOCK_MIN ? (n + BLOCK_MIN - 1) / BLOCK_MIN : BLOCKS;
    if ((rc = RF_NEW(p->entry, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        const struct rf_mf_pair *v = &pair[i];
        if (v->win >= models || v->lose >= models || v->win == v->lose || v->row >= rows)
            abort();
        const bool lo_won = v->win < v->lose;
        p->entry[i] = (struct entry){ lo_won ? v->win : v->lose, lo_won ? v->lose : v->win, v->row,
                                      lo_won ? v->weight : -v->weight };
        p->weight += (double)v->weight;
    }
    qsort(p->entry, n, sizeof *p->entry, by_models_and_row);
    for (size_t b = 0; b < p->blocks && !rc; b++) {
        struct block *k = &p->block[b];
        k->begin = n * b / p->blocks;
        k->end = n * (b + 1) / p->blocks;
        if (!(rc = RF_NEW(k->diff, dim, err)))
            rc = RF_NEW(k->acc, dim, err);
    }
out:
    if (rc) {
        rf_mf_pass_free(p);
        p = NULL;
    }
    *out = p;
    return rc;
}

void rf_mf_pass_constants(struct rf_mf_pass *p, size_t n)
{
    p->noisy = p->dim - n;
}

void rf_mf_pass_free(struct rf_mf_pass *p)
{
    if (!p)
        return;
    for (size_t b = 0; b < p->blocks; b++) {
        rf_free(p->block[b].g);
        rf_free(p->block[b].diff);
        rf_free(p->block[b].acc);
    }
    rf_free(p->entry);
    rf_free(p);
}

/* ---- the two loops over a row's coordinates ---- */

static void dots(size_t dim, const float *restrict d, const float *const row[TILE], float z[TILE])
{
    const float *restrict a = row[0], *restrict b = row[1], *restrict c = row[2], *restrict e = row[3];
    float s0 = 0, s1 = 0, s2 = 0, s3 = 0;
#pragma omp simd reduction(+ : s0, s1, s2, s3)
    for (size_t j = 0; j < dim; j++) {
        s0 += a[j] * d[j];
        s1 += b[j] * d[j];
        s2 += c[j] * d[j];
        s3 += e[j] * d[j];
    }
    z[0] = s0;
    z[1] = s1;
    z[2] = s2;
    z[3] = s3;
}

static void add_rows(size_t dim, const float w[TILE], const float *const row[TILE], float *restrict acc)
{
    const float *restrict a = row[0], *restrict b = row[1], *restrict c = row[2], *restrict e = row[3];
    for (size_t j = 0; j < dim; j++)
        acc[j] += w[0] * a[j] + w[1] * b[j] + w[2] * c[j] + w[3] * e[j];
}

/* ---- one pair of models ---- */

/* Entries [i, end) of one pair of models: adds to the block's sums and to acc; returns the derivative by the noise's
 * sd. */
static double pair_of_models(const struct rf_mf_pass *p, struct block *k, size_t i, size_t end,
                             const struct rf_mf_noise *noise)
{
    double by_sd = 0;
    for (; i < end; i += TILE) {
        const size_t m = end - i < TILE ? end - i : TILE;
        const float *row[TILE];
        float z[TILE], w[TILE] = { 0 };
        for (size_t t = 0; t < TILE; t++) /* a short tile repeats its last row with weight 0 */
            row[t] = p->x + p->entry[i + (t < m ? t : m - 1)].row * p->dim;
        dots(p->dim, k->diff, row, z);
        for (size_t t = 0; t < m; t++) {
            const double weight = fabs((double)p->entry[i + t].weight), sign = p->entry[i + t].weight > 0 ? 1 : -1;
            const double margin = sign * (double)z[t];
            double dz, dsd;
            k->loss += weight * rf_mf_noise_loss(noise, margin, &dz, &dsd);
            k->right += margin > 0 ? 1 : margin == 0 ? 0.5 : 0;
            by_sd += weight * dsd;
            w[t] = (float)(sign * weight * dz);
        }
        if (p->want_gradient)
            add_rows(p->dim, w, row, k->acc);
    }
    return by_sd;
}

static int run_block(void *ctx, size_t b, struct rf_err *err)
{
    (void)err;
    struct rf_mf_pass *p = ctx;
    struct block *k = &p->block[b]; /* written by this call alone */
    const size_t dim = p->dim;
    k->loss = k->right = 0;
    if (p->want_gradient)
        memset(k->g, 0, p->models * dim * sizeof *k->g);
    for (size_t i = k->begin, end; i < k->end; i = end) {
        const struct entry *e = &p->entry[i];
        for (end = i + 1; end < k->end && p->entry[end].lo == e->lo && p->entry[end].hi == e->hi;)
            end++;
        const float *lo = p->u + e->lo * dim, *hi = p->u + e->hi * dim;
        for (size_t j = 0; j < dim; j++) {
            k->diff[j] = lo[j] - hi[j];
            k->acc[j] = 0;
        }
        struct rf_mf_noise noise;
        const double sd = p->alpha > 0 ? p->alpha * sqrt((double)rf_sdot(p->noisy, k->diff, k->diff)) : 0;
        rf_mf_noise_init(&noise, sd);
        const double by_sd = pair_of_models(p, k, i, end, &noise);
        if (!p->want_gradient)
            continue;
        if (sd > 0) /* d sd / d diff = alpha diff / |diff| */
            rf_saxpy(p->noisy, (float)(by_sd * p->alpha * p->alpha / sd), k->diff, k->acc);
        rf_saxpy(dim, 1, k->acc, k->g + e->lo * dim);
        rf_saxpy(dim, -1, k->acc, k->g + e->hi * dim);
    }
    return 0;
}

int rf_mf_pass_run(struct rf_mf_pass *p, const float *u, double alpha, int threads, struct rf_mf_loss *loss, double *g,
                   struct rf_err *err)
{
    const size_t size = p->models * p->dim;
    double sum = 0, right = 0;
    p->u = u;
    p->alpha = alpha;
    p->want_gradient = g != NULL;
    int rc = 0;
    for (size_t b = 0; g && b < p->blocks && !rc; b++)
        rc = p->block[b].g ? 0 : RF_NEW(p->block[b].g, size, err);
    if (!rc)
        rc = rf_par_run(p->blocks, threads, run_block, p, err);
    if (rc)
        return rc;
    for (size_t b = 0; b < p->blocks; b++) {
        sum += p->block[b].loss;
        right += p->block[b].right;
    }
    const double scale = 1 / p->weight;
    for (size_t i = 0; g && i < size; i++) {
        double s = 0;
        for (size_t b = 0; b < p->blocks; b++)
            s += (double)p->block[b].g[i];
        g[i] = s * scale;
    }
    *loss = (struct rf_mf_loss){ sum * scale, right / (double)p->n };
    return 0;
}
