/* Raw features first, statistics over the chosen rows, then all rows scaled in place. */
#include "train/ngrams.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"

static int push_texts(struct rf_ngrams *g, const struct rf_turns *text, size_t rows, struct rf_err *err)
{
    struct routefit_features *const pad = routefit_features_new(g->buckets);
    uint32_t *col = NULL;
    float *val = NULL;
    int rc = pad ? 0 : rf_fail(err, RF_FAIL, "out of memory: %zu buckets of features", g->buckets);
    if (rc || (rc = RF_NEW(col, g->x.cols, err)) || (rc = RF_NEW(val, g->x.cols, err)))
        goto out;
    for (size_t i = 0; i < rows && !rc; i++) {
        const struct rf_str t = rf_turn_of(text, i);
        const uint32_t *bucket;
        const float *value, *shape;
        const size_t n = routefit_features_of(pad, t.s, t.len, &bucket, &value, &shape);
        memcpy(col, bucket, n * sizeof *col);
        memcpy(val, value, n * sizeof *val);
        for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
            col[n + k] = (uint32_t)(g->buckets + k);
            val[n + k] = shape[k];
        }
        rc = rf_csr_push(&g->x, col, val, n + ROUTEFIT_SHAPE, err);
    }
out:
    routefit_features_free(pad);
    rf_free(col);
    rf_free(val);
    return rc;
}

/* Where the shape of a row begins: its last entries. */
static size_t shape_of(const struct rf_ngrams *g, size_t row)
{
    return g->x.ptr[row + 1] - ROUTEFIT_SHAPE;
}

/* idf, and mean and scale of the shape, over the rows that are in. */
static void weigh(struct rf_ngrams *g, const bool *in)
{
    const struct rf_csr *const x = &g->x;
    double rows = 0, square = 0, squares[ROUTEFIT_SHAPE] = { 0 };
    for (size_t i = 0; i < x->rows; i++) {
        if (!in[i])
            continue;
        const float *const shape = x->val + shape_of(g, i);
        rows++;
        for (size_t k = x->ptr[i]; k < shape_of(g, i); k++)
            g->idf[x->col[k]]++;
        for (size_t k = 0; k < ROUTEFIT_SHAPE; k++)
            g->mean[k] += (double)shape[k];
    }
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++)
        g->mean[k] /= rows;
    for (size_t b = 0; b < g->buckets; b++)
        g->idf[b] = 1 + log((1 + rows) / (1 + g->idf[b]));
    for (size_t i = 0; i < x->rows; i++) {
        if (!in[i])
            continue;
        for (size_t k = x->ptr[i]; k < shape_of(g, i); k++) {
            const double v = g->idf[x->col[k]] * (double)x->val[k];
            square += v * v;
        }
        for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
            const double d = (double)x->val[shape_of(g, i) + k] - g->mean[k];
            squares[k] += d * d;
        }
    }
    for (size_t b = 0; square > 0 && b < g->buckets; b++)
        g->idf[b] /= sqrt(square / rows);
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++)
        g->scale[k] = squares[k] / rows > 1e-12 ? 1 / sqrt(squares[k] / rows) : 0;
}

int rf_ngrams_make(struct rf_ngrams *g, const struct rf_turns *text, size_t rows, const bool *in, struct rf_err *err)
{
    int rc;
    *g = (struct rf_ngrams){ .buckets = ROUTEFIT_BUCKETS, .x.cols = ROUTEFIT_BUCKETS + ROUTEFIT_SHAPE };
    if ((rc = RF_NEW(g->idf, g->buckets, err)) || (rc = push_texts(g, text, rows, err)))
        return rc;
    weigh(g, in);
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = g->x.ptr[i]; k < shape_of(g, i); k++)
            g->x.val[k] = (float)((double)g->x.val[k] * g->idf[g->x.col[k]]);
        float *const shape = g->x.val + shape_of(g, i);
        for (size_t k = 0; k < ROUTEFIT_SHAPE; k++)
            shape[k] = (float)(((double)shape[k] - g->mean[k]) * g->scale[k]);
    }
    return 0;
}

void rf_ngrams_release(struct rf_ngrams *g)
{
    rf_csr_release(&g->x);
    rf_free(g->idf);
    *g = (struct rf_ngrams){ 0 };
}

void rf_ngrams_fold(const struct rf_ngrams *g, double *theta)
{
    double *const shape = theta + g->buckets;
    for (size_t b = 0; b < g->buckets; b++)
        theta[b] *= g->idf[b];
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
        shape[k] *= g->scale[k];
        theta[g->x.cols] -= shape[k] * g->mean[k];
    }
}

void rf_ngrams_unfold(const struct rf_ngrams *g, double *theta)
{
    double *const shape = theta + g->buckets;
    for (size_t b = 0; b < g->buckets; b++)
        theta[b] /= g->idf[b];
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
        theta[g->x.cols] += shape[k] * g->mean[k];
        shape[k] = g->scale[k] > 0 ? shape[k] / g->scale[k] : 0;
    }
}
