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
    const int rc = RF_ROOM(dot, n * w->k, err);
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

/* ---- the first centres ---- */

enum { MOST_TRIES = 16 };

/* Rows that may become the next centre. */
struct seeding {
    struct work *w;
    size_t tries;            /* <= MOST_TRIES */
    float *row;              /* [tries][dim] */
    double norm[MOST_TRIES]; /* squared lengths */
    float *dot;              /* [rows][tries] */
    double *left;            /* [blocks][tries] sums of squared distances with each of them */
};

static double nearer(const struct seeding *s, size_t i, size_t t)
{
    const double d = s->w->square[i] - 2 * (double)s->dot[i * s->tries + t] + s->norm[t], at_least = d > 0 ? d : 0;
    return at_least < s->w->distance[i] ? at_least : s->w->distance[i];
}

static int try_block(void *ctx, size_t block, struct rf_err *err)
{
    struct seeding *const s = ctx;
    const struct work *const w = s->w;
    const size_t from = block * RF_BLOCK_ROWS, left = w->rows - from, n = left < RF_BLOCK_ROWS ? left : RF_BLOCK_ROWS;
    double *const sum = s->left + block * s->tries;
    (void)err;
    for (size_t i = from; i < from + n; i++) /* so few columns that a GEMM would only copy the rows */
        rf_row_dots(w->x + i * w->dim, s->row, s->tries, w->dim, s->dot + i * s->tries);
    for (size_t t = 0; t < s->tries; t++)
        sum[t] = 0;
    for (size_t i = from; i < from + n; i++)
        for (size_t t = 0; t < s->tries; t++)
            sum[t] += nearer(s, i, t);
    return 0;
}

/* A row with a chance as its squared distance from the centres that there are. */
static size_t draw(const struct work *w, struct rf_rng *r, double all)
{
    double u = rf_rng_uniform(r) * all;
    size_t at = 0;
    for (; at + 1 < w->rows && !(u < w->distance[at]); at++)
        u -= w->distance[at];
    return at;
}

/* The best of the rows tried becomes centre c. all: the sum of squared distances then. */
static int take_best(struct seeding *s, size_t c, double *all, struct rf_err *err)
{
    struct work *const w = s->w;
    const size_t blocks = rf_par_blocks(w->rows);
    size_t best = 0;
    const int rc = rf_par_run(blocks, w->threads, try_block, s, err);
    if (rc)
        return rc;
    for (size_t t = 0; t < s->tries; t++) {
        double sum = 0;
        for (size_t b = 0; b < blocks; b++)
            sum += s->left[b * s->tries + t];
        if (!t || sum < *all) {
            *all = sum;
            best = t;
        }
    }
    for (size_t i = 0; i < w->rows; i++)
        w->distance[i] = nearer(s, i, best);
    memcpy(w->centre + c * w->dim, s->row + best * w->dim, w->dim * sizeof *w->centre);
    return 0;
}

/* k-means++ with several rows drawn for each centre, of which the one that leaves the least is taken (the greedy form
 * of the authors' own program). */
static int seed_centres(struct work *w, uint64_t seed, struct rf_err *err)
{
    const size_t most = 2 + (size_t)log((double)w->k), tries = most < MOST_TRIES ? most : MOST_TRIES;
    struct seeding s = { .w = w };
    struct rf_rng r;
    double all = 0;
    int rc;
    rf_rng_init(&r, seed, SEED_STREAM);
    for (size_t i = 0; i < w->rows; i++)
        w->distance[i] = INFINITY;
    if ((rc = RF_NEW(s.row, tries * w->dim, err)) || (rc = RF_NEW(s.dot, w->rows * tries, err)) ||
        (rc = RF_NEW(s.left, rf_par_blocks(w->rows) * tries, err)))
        goto out;
    for (size_t c = 0; c < w->k && !rc; c++) {
        s.tries = c ? tries : 1;
        for (size_t t = 0; t < s.tries; t++) {
            const size_t at = c ? draw(w, &r, all) : rf_rng_below(&r, (uint32_t)w->rows);
            memcpy(s.row + t * w->dim, w->x + at * w->dim, w->dim * sizeof *s.row);
            s.norm[t] = w->square[at];
        }
        rc = take_best(&s, c, &all, err);
    }
out:
    rf_free(s.row);
    rf_free(s.dot);
    rf_free(s.left);
    return rc;
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
    if ((rc = seed_centres(&w, o->seed, err)))
        goto out;
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
