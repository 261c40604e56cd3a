/* The product is made in tiles of 512 x 2,048: large enough for BLAS to run at full speed, and small enough to be
 * looked through in the cache. Rows of a are scaled to length 1, and the lengths of b stand in its thresholds. */
#include "datasets/cosine.h"

#include <math.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"

enum {
    TILE_ROWS = RF_BLOCK_ROWS,
    TILE_COLS = 2048,
    LANES = 32 /* columns in one test */
};

struct work {
    const float *a, *b;
    size_t m, n, dim;
    bool self;
    double least;            /* cosine of a match */
    double slack;            /* > the rounding error of a cosine in floats, dim * 2^-24 at worst */
    double *norm_a, *norm_b; /* [m], [n]; the same array where self */
    size_t from, tiles_b;    /* first row block of a slice; tiles along b */
    struct rf_pairs *found;  /* [tiles] of the slice */
};

static int norms_of(double **norm, const float *x, size_t n, size_t dim, struct rf_err *err)
{
    int rc = RF_NEW(*norm, n, err);
    for (size_t i = 0; i < n && !rc; i++) {
        double sum = 0;
        for (size_t j = 0; j < dim; j++)
            sum += (double)x[i * dim + j] * (double)x[i * dim + j];
        (*norm)[i] = sqrt(sum);
        if (!isfinite(sum))
            rc = rf_fail(err, RF_BAD_INPUT, "vector %zu holds a value that is not finite", i);
    }
    return rc;
}

static double cosine_of(const struct work *w, size_t i, size_t j)
{
    const float *const x = w->a + i * w->dim, *const y = w->b + j * w->dim;
    double sum = 0;
    for (size_t k = 0; k < w->dim; k++)
        sum += (double)x[k] * (double)y[k];
    return fmin(sum / (w->norm_a[i] * w->norm_b[j]), 1);
}

/* Rows [from, from + rows) of a, scaled to length 1. */
static void scale_rows(const struct work *w, size_t from, size_t rows, float *out)
{
    for (size_t i = 0; i < rows; i++) {
        const double norm = w->norm_a[from + i];
        const float *const x = w->a + (from + i) * w->dim;
        for (size_t k = 0; k < w->dim; k++)
            out[i * w->dim + k] = norm > 0 ? (float)((double)x[k] / norm) : 0;
    }
}

/* least[LANES] where any of c[LANES] reaches its threshold; the common case, that none does, is one pass of vectors. */
static bool any_reaches(const float *c, const float *least)
{
    int any = 0;
    for (size_t j = 0; j < LANES; j++)
        any |= c[j] >= least[j];
    return any;
}

/* Looks through one row of a tile: columns [col, col + cols) of b. */
static int take_row(const struct work *w, size_t i, size_t col, size_t cols, const float *c, const float *least,
                    struct rf_pairs *found, struct rf_err *err)
{
    int rc = 0;
    for (size_t at = 0; at < cols && !rc; at += LANES) {
        if (!any_reaches(c + at, least + at))
            continue;
        for (size_t j = at; j < at + LANES && j < cols && !rc; j++) {
            if (!(c[j] >= least[j]) || (w->self && col + j <= i))
                continue;
            const double cosine = cosine_of(w, i, col + j);
            if (cosine >= w->least)
                rc = rf_pairs_add(found, (uint32_t)i, (uint32_t)(col + j), cosine, err);
        }
    }
    return rc;
}

static int take_tile(void *ctx, size_t block, struct rf_err *err)
{
    struct work *const w = ctx;
    const size_t row = (w->from + block / w->tiles_b) * TILE_ROWS, col = block % w->tiles_b * TILE_COLS;
    const size_t rows = w->m - row < TILE_ROWS ? w->m - row : TILE_ROWS;
    const size_t cols = w->n - col < TILE_COLS ? w->n - col : TILE_COLS;
    float *x = NULL, *c = NULL, *least = NULL;
    int rc = 0;
    if (w->self && col + cols <= row + 1)
        return 0; /* below the diagonal */
    if ((rc = RF_NEW(x, rows * w->dim, err)) || (rc = RF_NEW(c, rows * TILE_COLS, err)) ||
        (rc = RF_NEW(least, TILE_COLS, err)))
        goto out;
    scale_rows(w, row, rows, x);
    for (size_t j = 0; j < TILE_COLS; j++) {
        const double norm = j < cols ? w->norm_b[col + j] : 0;
        least[j] = norm > 0 ? (float)((w->least - w->slack) * norm) : INFINITY;
    }
    rf_sgemm(false, true, rows, cols, w->dim, 1, x, w->dim, w->b + col * w->dim, w->dim, 0, c, TILE_COLS);
    for (size_t i = 0; i < rows && !rc; i++)
        rc = take_row(w, row + i, col, cols, c + i * TILE_COLS, least, &w->found[block], err);
out:
    rf_free(x);
    rf_free(c);
    rf_free(least);
    return rc;
}

/* A slice of row blocks: about eight tiles for each thread, then a look at the progress bar. */
static int take_slice(struct work *w, size_t blocks, int threads, struct rf_pairs *out, struct rf_err *err)
{
    const size_t tiles = blocks * w->tiles_b;
    int rc = RF_NEW(w->found, tiles, err);
    if (!rc)
        rc = rf_par_run(tiles, threads, take_tile, w, err);
    for (size_t t = 0; w->found && t < tiles; t++) {
        rc = rc ? rc : rf_pairs_append(out, &w->found[t], err);
        rf_pairs_release(&w->found[t]);
    }
    rf_free(w->found);
    w->found = NULL;
    return rc;
}

int rf_cosine_pairs(const float *a, size_t m, const float *b, size_t n, size_t dim, double least, int threads,
                    struct rf_pairs *out, struct rf_err *err)
{
    const bool self = !b;
    struct work w = { .a = a,
                      .b = self ? a : b,
                      .m = m,
                      .n = self ? m : n,
                      .dim = dim,
                      .self = self,
                      .least = least,
                      .slack = 1e-6 + ldexp((double)dim, -23) };
    const size_t blocks = rf_par_blocks(m);
    struct rf_progress bar;
    int rc;
    if (!(least > 0 && least <= 1))
        return rf_fail(err, RF_USAGE, "found a cosine of %g, expected more than 0 and at most 1", least);
    w.tiles_b = (w.n + TILE_COLS - 1) / TILE_COLS;
    rf_progress_start(&bar, "cosine", "vectors", m);
    if ((rc = norms_of(&w.norm_a, a, m, dim, err)) || (!self && (rc = norms_of(&w.norm_b, b, n, dim, err))))
        goto out;
    if (self)
        w.norm_b = w.norm_a;
    const size_t step = w.tiles_b && w.tiles_b < 8 * (size_t)threads ? 8 * (size_t)threads / w.tiles_b : 1;
    for (w.from = 0; w.from < blocks && !rc; w.from += step)
        if (!(rc = rf_progress_step(&bar, w.from * TILE_ROWS, NULL, err)))
            rc = take_slice(&w, blocks - w.from < step ? blocks - w.from : step, threads, out, err);
    rf_pairs_sort(out);
out:
    rf_progress_end(&bar);
    rf_free(w.norm_a);
    if (!self)
        rf_free(w.norm_b);
    return rc;
}
