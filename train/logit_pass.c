/* Passes over the rows of a logistic problem: value and gradient in doubles, Hessian times a vector, the Hessian
 * itself. Examples are cut into blocks of RF_BLOCK_ROWS and the blocks into a fixed number of segments; a segment adds
 * its blocks in order, segments are added in order: the same bits for any number of threads. */
#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "core/stats.h"
#include "train/logit.h"
#include "train/rows.h"

enum { SEGMENTS = 8 };

/* One pass: what all segments read, and where each writes. */
struct pass {
    const struct rf_logit *p;
    const double *theta; /* gradient: [dim + 1] */
    const float *v;      /* times: [dim + 1] */
    float *curve;        /* [n] or NULL: written by the gradient */
    const float *curved; /* [n]: read by times */
    size_t width;        /* doubles of a segment's sum */
    double *sum;         /* [SEGMENTS][width] */
    double f[SEGMENTS], margin[SEGMENTS];
};

/* Blocks [*from, *to) of segment s. */
static void segment_blocks(const struct rf_logit *p, size_t s, size_t *from, size_t *to)
{
    const size_t blocks = rf_par_blocks(p->n);
    *from = blocks * s / SEGMENTS;
    *to = blocks * (s + 1) / SEGMENTS;
}

static size_t block_end(const struct rf_logit *p, size_t block)
{
    const size_t end = (block + 1) * RF_BLOCK_ROWS;
    return end < p->n ? end : p->n;
}

/* Adds the segments' sums to out[width] in order. */
static void add_segments(const struct pass *a, double *out)
{
    for (size_t s = 0; s < SEGMENTS; s++)
        rf_daxpy(a->width, 1, a->sum + s * a->width, out);
}

static int gradient_segment(void *ctx, size_t s, struct rf_err *err)
{
    struct pass *a = ctx;
    const struct rf_logit *p = a->p;
    double *g = a->sum + s * a->width, f = 0, margin = INFINITY;
    size_t from, to;
    (void)err;
    segment_blocks(p, s, &from, &to);
    for (size_t i = from * RF_BLOCK_ROWS; to > from && i < block_end(p, to - 1); i++) {
        const struct rf_example *e = &p->e[i];
        const float *x = p->x + e->row * p->dim;
        const double m = (double)e->y * (rf_row_dot_d(x, a->theta, p->dim) + a->theta[p->dim]);
        const double lose = rf_sigmoid(-m), slope = -p->c * (double)e->weight * (double)e->y * lose;
        f += p->c * (double)e->weight * rf_softplus(-m);
        margin = fmin(margin, m);
        rf_row_add_d(g, slope, x, p->dim);
        g[p->dim] += slope;
        if (a->curve)
            a->curve[i] = (float)(p->c * (double)e->weight * lose * (1 - lose));
    }
    a->f[s] = f;
    a->margin[s] = margin;
    return 0;
}

int rf_logit_gradient(const struct rf_logit *p, const double *theta, double *f, double *g, float *curve, double *margin,
                      struct rf_err *err)
{
    struct pass a = { .p = p, .theta = theta, .curve = curve, .width = p->dim + 1 };
    int rc = 0;
    if ((rc = RF_NEW(a.sum, SEGMENTS * a.width, err)) ||
        (rc = rf_par_run(SEGMENTS, p->threads, gradient_segment, &a, err)))
        goto out;
    memset(g, 0, a.width * sizeof *g);
    add_segments(&a, g);
    *f = 0.5 * p->ridge * rf_ddot(p->dim, theta, theta);
    double least = INFINITY;
    for (size_t s = 0; s < SEGMENTS; s++) {
        *f += a.f[s];
        least = fmin(least, a.margin[s]);
    }
    rf_daxpy(p->dim, p->ridge, theta, g);
    if (!p->intercept)
        g[p->dim] = 0;
    if (margin)
        *margin = least;
out:
    rf_free(a.sum);
    return rc;
}

static int times_segment(void *ctx, size_t s, struct rf_err *err)
{
    struct pass *a = ctx;
    const struct rf_logit *p = a->p;
    double *out = a->sum + s * a->width;
    float *part = NULL;
    size_t from, to;
    int rc = RF_NEW(part, a->width, err);
    segment_blocks(p, s, &from, &to);
    for (size_t b = from; b < to && !rc; b++) {
        memset(part, 0, a->width * sizeof *part);
        for (size_t i = b * RF_BLOCK_ROWS; i < block_end(p, b); i++) {
            const float *x = p->x + p->e[i].row * p->dim;
            const float t = a->curved[i] * (rf_row_dot(x, a->v, p->dim) + a->v[p->dim]);
            rf_row_add(part, t, x, p->dim);
            part[p->dim] += t;
        }
        for (size_t j = 0; j < a->width; j++)
            out[j] += (double)part[j];
    }
    rf_free(part);
    return rc;
}

int rf_logit_times(const struct rf_logit *p, const float *curve, const double *v, double *out, struct rf_err *err)
{
    struct pass a = { .p = p, .curved = curve, .width = p->dim + 1 };
    float *vf = NULL;
    int rc = 0;
    if ((rc = RF_NEW(a.sum, SEGMENTS * a.width, err)) || (rc = RF_NEW(vf, a.width, err)))
        goto out;
    for (size_t j = 0; j < a.width; j++)
        vf[j] = (float)v[j];
    a.v = vf;
    if ((rc = rf_par_run(SEGMENTS, p->threads, times_segment, &a, err)))
        goto out;
    memset(out, 0, a.width * sizeof *out);
    add_segments(&a, out);
    rf_daxpy(p->dim, p->ridge, v, out);
    if (!p->intercept)
        out[p->dim] = 0;
out:
    rf_free(vf);
    rf_free(a.sum);
    return rc;
}

/* A wave of blocks, as many as threads: the Gram matrix of each block's rows, scaled, in float. */
struct wave {
    const struct rf_logit *p;
    const float *curve;
    size_t first, stride; /* block of slot s: first + s * stride */
    float *rows;          /* [slots][RF_BLOCK_ROWS][dim + 1] */
    float *gram;          /* [slots][dim + 1][dim + 1] */
};

/* Rows of the block, each times the square root of its second derivative, with a column of ones behind: their Gram
 * matrix is the block's Hessian. */
static int gram_block(void *ctx, size_t slot, struct rf_err *err)
{
    const struct wave *a = ctx;
    const struct rf_logit *p = a->p;
    const size_t k = p->dim + 1, b = a->first + slot * a->stride;
    const size_t first = b * RF_BLOCK_ROWS, m = block_end(p, b) - first;
    float *rows = a->rows + slot * RF_BLOCK_ROWS * k;
    (void)err;
    for (size_t i = 0; i < m; i++) {
        const float root = sqrtf(a->curve[first + i]), *x = p->x + p->e[first + i].row * p->dim;
        float *r = rows + i * k;
        for (size_t j = 0; j < p->dim; j++)
            r[j] = root * x[j];
        r[p->dim] = p->intercept ? root : 0;
    }
    rf_ssyrk_t(m, k, 1, rows, k, 0, a->gram + slot * k * k, k);
    return 0;
}

/* What every stride-th block stands for: all examples over those in the blocks taken. */
static double upscale(const struct rf_logit *p, size_t stride)
{
    size_t taken = 0;
    for (size_t b = 0; b < rf_par_blocks(p->n); b += stride)
        taken += block_end(p, b) - b * RF_BLOCK_ROWS;
    return (double)p->n / (double)taken;
}

int rf_logit_hessian(const struct rf_logit *p, const float *curve, size_t stride, double *h, struct rf_err *err)
{
    const size_t k = p->dim + 1, taken = (rf_par_blocks(p->n) + stride - 1) / stride;
    const size_t slots = p->threads < 1 ? 1 : (size_t)p->threads < taken ? (size_t)p->threads : taken;
    const double scale = upscale(p, stride);
    struct wave a = { .p = p, .curve = curve, .stride = stride };
    int rc = 0;
    if ((rc = RF_NEW(a.rows, slots * RF_BLOCK_ROWS * k, err)) || (rc = RF_NEW(a.gram, slots * k * k, err)))
        goto out;
    memset(h, 0, k * k * sizeof *h);
    for (size_t done = 0; done < taken; done += slots) { /* block by block in order, however many a wave holds */
        const size_t now = taken - done < slots ? taken - done : slots;
        a.first = done * stride;
        if ((rc = rf_par_run(now, p->threads, gram_block, &a, err)))
            goto out;
        for (size_t s = 0; s < now; s++)
            for (size_t i = 0; i < k; i++)
                for (size_t j = i; j < k; j++)
                    h[i * k + j] += scale * (double)a.gram[(s * k + i) * k + j];
    }
    for (size_t j = 0; j < p->dim; j++)
        h[j * k + j] += p->ridge;
    if (!p->intercept)
        h[p->dim * k + p->dim] = 1;
out:
    rf_free(a.rows);
    rf_free(a.gram);
    return rc;
}
