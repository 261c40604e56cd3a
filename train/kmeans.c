/* |x - c|^2 = |x|^2 - 2 x.c + |c|^2: one GEMM per block of rows, sums of a block in double, blocks added in order. */
#include "train/kmeans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "core/rng.h"
#include "train/rows.h"

enum { SEED_STREAM = 0x6b6d656e };

struct work {
    const float *x;
    size_t rows, dim, k;
    int threads;
    float *centre, *norm; /* [k][dim], [k] |c|^2 */
    double *square;       /* [rows] |x|^2 */
    double *distance;     /* [rows] to the own centre, squared */
    uint32_t *cluster;    /* [rows] */
    double *sum;          /* [k][dim] */
    size_t *size;         /* [k] */
    size_t moved;         /* rows that changed their cluster */
    size_t *moved_in;     /* [blocks] */
};

/* One block of rows to their nearest centres. */
static int assign_block(void *ctx, size_t block, struct rf_err *err)
{
    struct work *const w = ctx;
    const size_t from = block * RF_BLOCK_ROWS, left = w->rows - from, n = left < RF_BLOCK_ROWS ? left : RF_BLOCK_ROWS;
    float *dot = NULL;
    const int rc = RF_NEW(dot, n * w->k, err);
    if (rc)
        return rc;
    rf_sgemm(false, true, n, w->k, w->dim, 1, w->x + from * w->dim, w->dim, w->centre, w->dim, 0, dot, w->k);
    w->moved_in[block] = 0;
    for (size_t i = 0; i < n; i++) {
        const float *const d = dot + i * w->k;
        size_t best = 0;
        float least = INFINITY;
        for (size_t j = 0; j < w->k; j++) {
            const float v = w->norm[j] - 2 * d[j];
            if (v < least) {
                least = v;
                best = j;
            }
        }
        w->moved_in[block] += w->cluster[from + i] != best;
        w->cluster[from + i] = (uint32_t)best;
        w->distance[from + i] = fmax(0, w->square[from + i] + (double)least);
    }
    rf_free(dot);
    return 0;
}

static void set_norms(struct work *w)
{
    for (size_t j = 0; j < w->k; j++)
        w->norm[j] = rf_row_dot(w->centre + j * w->dim, w->centre + j * w->dim, w->dim);
}

static int assign(struct work *w, struct rf_err *err)
{
    const size_t blocks = rf_par_blocks(w->rows);
    set_norms(w);
    const int rc = rf_par_run(blocks, w->threads, assign_block, w, err);
    w->moved = 0;
    for (size_t b = 0; b < blocks; b++)
        w->moved += w->moved_in[b];
    return rc;
}

/* Centres = means of their rows. */
static void update(struct work *w)
{
    memset(w->sum, 0, w->k * w->dim * sizeof *w->sum);
    memset(w->size, 0, w->k * sizeof *w->size);
    for (size_t i = 0; i < w->rows; i++) {
        double *const s = w->sum + w->cluster[i] * w->dim;
        for (size_t j = 0; j < w->dim; j++)
            s[j] += (double)w->x[i * w->dim + j];
        w->size[w->cluster[i]]++;
    }
    for (size_t c = 0; c < w->k; c++) {
        float *const to = w->centre + c * w->dim;
        if (w->size[c]) {
            for (size_t j = 0; j < w->dim; j++)
                to[j] = (float)(w->sum[c * w->dim + j] / (double)w->size[c]);
            continue;
        }
        size_t far = 0; /* an empty one: it takes the row that lies worst */
        for (size_t i = 1; i < w->rows; i++)
            if (w->distance[i] > w->distance[far])
                far = i;
        memcpy(to, w->x + far * w->dim, w->dim * sizeof *to);
        w->distance[far] = 0;
    }
}

/* k-means++: each further centre is a row drawn with chances as its squared distance from those that there are. */
static void seed_centres(struct work *w, uint64_t seed)
{
    struct rf_rng r;
    rf_rng_init(&r, seed, SEED_STREAM);
    size_t at = rf_rng_below(&r, (uint32_t)w->rows);
    for (size_t i = 0; i < w->rows; i++)
        w->distance[i] = INFINITY;
    for (size_t c = 0; c < w->k; c++) {
        float *const centre = w->centre + c * w->dim;
        double all = 0;
        memcpy(centre, w->x + at * w->dim, w->dim * sizeof *centre);
        const double norm = (double)rf_row_dot(centre, centre, w->dim);
        for (size_t i = 0; i < w->rows; i++) {
            const double d = w->square[i] - 2 * (double)rf_row_dot(w->x + i * w->dim, centre, w->dim) + norm;
            w->distance[i] = fmin(w->distance[i], fmax(0, d));
            all += w->distance[i];
        }
        double u = rf_rng_uniform(&r) * all;
        for (at = 0; at + 1 < w->rows && !(u < w->distance[at]); at++)
            u -= w->distance[at];
    }
}

int rf_kmeans(const float *x, size_t rows, size_t dim, const struct rf_kmeans_options *o, float *centre,
              uint32_t *cluster, double *inertia, struct rf_err *err)
{
    struct work w = {
        .x = x, .rows = rows, .dim = dim, .k = o->k, .threads = o->threads, .centre = centre, .cluster = cluster
    };
    int rc;
    if ((rc = RF_NEW(w.norm, o->k, err)) || (rc = RF_NEW(w.square, rows, err)) ||
        (rc = RF_NEW(w.distance, rows, err)) || (rc = RF_NEW(w.sum, o->k * dim, err)) ||
        (rc = RF_NEW(w.size, o->k, err)) || (rc = RF_NEW(w.moved_in, rf_par_blocks(rows), err)))
        goto out;
    for (size_t i = 0; i < rows; i++) {
        w.square[i] = (double)rf_row_dot(x + i * dim, x + i * dim, dim);
        cluster[i] = UINT32_MAX;
    }
    seed_centres(&w, o->seed);
    for (size_t i = 0; i < o->iterations; i++) {
        if ((rc = assign(&w, err)))
            goto out;
        if (!w.moved)
            break;
        update(&w);
    }
    rc = assign(&w, err); /* the clusters of the centres as they are */
    *inertia = 0;
    for (size_t i = 0; i < rows; i++)
        *inertia += w.distance[i];
out:
    rf_free(w.norm);
    rf_free(w.square);
    rf_free(w.distance);
    rf_free(w.sum);
    rf_free(w.size);
    rf_free(w.moved_in);
    return rc;
}
