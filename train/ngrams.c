/* Raw features first, in columns of all buckets; statistics over the chosen rows; then all rows in place, without the
 * buckets that none of these has. */
#include "train/ngrams.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The tasks of the rows that are in. */
static int list_tasks(struct rf_ngrams *g, const struct rf_votes *v, const bool *in, struct rf_err *err)
{
    const char **name = NULL;
    size_t n = 0;
    int rc = RF_NEW(name, v->rows, err);
    g->task = name;
    if (rc)
        return rc;
    for (size_t i = 0; i < v->rows; i++)
        if (in[i] && (name[n] = rf_votes_task(v, i)))
            n++;
    qsort(name, n, sizeof *name, compare_names);
    for (size_t i = 0; i < n; i++)
        if (!g->tasks || strcmp(name[i], name[g->tasks - 1]) != 0)
            name[g->tasks++] = name[i];
    if (!g->tasks || g->tasks > RF_MOST_TASKS)
        return rf_fail(err, RF_BAD_INPUT, "found %zu tasks of the prompts, expected 1 to %d: fit without --task",
                       g->tasks, RF_MOST_TASKS);
    return 0;
}

/* Adds the entry of the row's task, where it has one that is listed. */
static size_t add_task(const struct rf_ngrams *g, const struct rf_votes *v, size_t row, uint32_t *col, float *val)
{
    const char *const task = g->tasks ? rf_votes_task(v, row) : NULL;
    const char **const found = task ? bsearch(&task, g->task, g->tasks, sizeof *g->task, compare_names) : NULL;
    if (!found)
        return 0;
    *col = (uint32_t)(g->buckets + ROUTEFIT_SHAPE + (size_t)(found - g->task));
    *val = 1;
    return 1;
}

static int push_texts(struct rf_ngrams *g, const struct rf_votes *v, struct rf_err *err)
{
    struct routefit_features *const pad = routefit_features_new(g->buckets);
    uint32_t *col = NULL;
    float *val = NULL;
    int rc = pad ? 0 : rf_fail(err, RF_FAIL, "out of memory: %zu buckets of features", g->buckets);
    if (rc || (rc = RF_NEW(col, g->x.cols, err)) || (rc = RF_NEW(val, g->x.cols, err)))
        goto out;
    for (size_t i = 0; i < v->rows && !rc; i++) {
        const struct rf_str t = rf_turn_of(&v->text, i);
        const uint32_t *bucket;
        const float *value, *shape;
        size_t n = routefit_features_of(pad, t.s, t.len, &bucket, &value, &shape);
        memcpy(col, bucket, n * sizeof *col);
        memcpy(val, value, n * sizeof *val);
        for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
            col[n] = (uint32_t)(g->buckets + k);
            val[n++] = shape[k];
        }
        n += add_task(g, v, i, col + n, val + n);
        rc = rf_csr_push(&g->x, col, val, n, err);
    }
out:
    routefit_features_free(pad);
    rf_free(col);
    rf_free(val);
    return rc;
}

/* Statistics of the rows that are in: idf[buckets], 0 where none of them has the bucket, and mean and scale of the
 * shape. */
static void weigh(struct rf_ngrams *g, const bool *in, double *idf)
{
    const struct rf_csr *const x = &g->x;
    double rows = 0, square = 0, squares[ROUTEFIT_SHAPE] = { 0 };
    for (size_t i = 0; i < x->rows; i++) {
        size_t k = x->ptr[i];
        if (!in[i])
            continue;
        rows++;
        for (; x->col[k] < g->buckets; k++)
            idf[x->col[k]]++;
        for (size_t s = 0; s < ROUTEFIT_SHAPE; s++)
            g->mean[s] += (double)x->val[k + s];
    }
    for (size_t s = 0; s < ROUTEFIT_SHAPE; s++)
        g->mean[s] /= rows;
    for (size_t b = 0; b < g->buckets; b++)
        if (idf[b] > 0)
            idf[b] = 1 + log((1 + rows) / (1 + idf[b]));
    for (size_t i = 0; i < x->rows; i++) {
        size_t k = x->ptr[i];
        if (!in[i])
            continue;
        for (; x->col[k] < g->buckets; k++) {
            const double v = idf[x->col[k]] * (double)x->val[k];
            square += v * v;
        }
        for (size_t s = 0; s < ROUTEFIT_SHAPE; s++) {
            const double d = (double)x->val[k + s] - g->mean[s];
            squares[s] += d * d;
        }
    }
    for (size_t b = 0; square > 0 && b < g->buckets; b++)
        idf[b] /= sqrt(square / rows);
    for (size_t s = 0; s < ROUTEFIT_SHAPE; s++)
        g->scale[s] = squares[s] / rows > 1e-12 ? 1 / sqrt(squares[s] / rows) : 0;
}

/* Rows in their final columns; place[buckets]: of a bucket that is kept. */
static void settle(struct rf_ngrams *g, const double *idf, const uint32_t *place)
{
    struct rf_csr *const x = &g->x;
    const uint32_t gone = (uint32_t)(g->buckets - g->kept);
    size_t to = 0, k = 0;
    for (size_t i = 0; i < x->rows; i++) {
        for (; k < x->ptr[i + 1]; k++) {
            const uint32_t c = x->col[k];
            double v = (double)x->val[k];
            if (c < g->buckets && !(idf[c] > 0))
                continue;
            if (c < g->buckets)
                v *= idf[c];
            else if (c < g->buckets + ROUTEFIT_SHAPE)
                v = (v - g->mean[c - g->buckets]) * g->scale[c - g->buckets];
            x->col[to] = c < g->buckets ? place[c] : c - gone;
            x->val[to++] = (float)v;
        }
        x->ptr[i + 1] = to;
    }
    x->cols -= gone;
}

int rf_ngrams_make(struct rf_ngrams *g, const struct rf_votes *v, const bool *in, bool with_tasks, struct rf_err *err)
{
    double *idf = NULL;
    uint32_t *place = NULL;
    int rc;
    *g = (struct rf_ngrams){ .buckets = ROUTEFIT_BUCKETS };
    if (with_tasks && (rc = list_tasks(g, v, in, err)))
        return rc;
    g->x.cols = g->buckets + ROUTEFIT_SHAPE + g->tasks;
    if ((rc = RF_NEW(idf, g->buckets, err)) || (rc = RF_NEW(place, g->buckets, err)) || (rc = push_texts(g, v, err)))
        goto out;
    weigh(g, in, idf);
    for (size_t b = 0; b < g->buckets; b++)
        if (idf[b] > 0)
            place[b] = (uint32_t)g->kept++;
    if ((rc = RF_NEW(g->bucket, g->kept, err)) || (rc = RF_NEW(g->idf, g->kept, err)))
        goto out;
    for (size_t b = 0; b < g->buckets; b++)
        if (idf[b] > 0) {
            g->bucket[place[b]] = (uint32_t)b;
            g->idf[place[b]] = idf[b];
        }
    settle(g, idf, place);
out:
    rf_free(idf);
    rf_free(place);
    return rc;
}

void rf_ngrams_release(struct rf_ngrams *g)
{
    rf_csr_release(&g->x);
    rf_free(g->bucket);
    rf_free(g->idf);
    rf_free(g->task);
    *g = (struct rf_ngrams){ 0 };
}

size_t rf_ngrams_own(const struct rf_ngrams *g)
{
    return g->buckets + ROUTEFIT_SHAPE + g->tasks + 1;
}

void rf_ngrams_fold(const struct rf_ngrams *g, const double *theta, double *own)
{
    const double *const from = theta + g->kept;
    double *const shape = own + g->buckets, *const task = shape + ROUTEFIT_SHAPE, *const bias = task + g->tasks;
    memset(own, 0, g->buckets * sizeof *own);
    for (size_t b = 0; b < g->kept; b++)
        own[g->bucket[b]] = theta[b] * g->idf[b];
    *bias = theta[g->x.cols];
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
        shape[k] = from[k] * g->scale[k];
        *bias -= shape[k] * g->mean[k];
    }
    for (size_t t = 0; t < g->tasks; t++)
        task[t] = from[ROUTEFIT_SHAPE + t];
}

void rf_ngrams_unfold(const struct rf_ngrams *g, const double *own, double *theta)
{
    const double *const shape = own + g->buckets, *const task = shape + ROUTEFIT_SHAPE;
    double *const to = theta + g->kept, *const bias = theta + g->x.cols;
    for (size_t b = 0; b < g->kept; b++)
        theta[b] = own[g->bucket[b]] / g->idf[b];
    *bias = task[g->tasks];
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
        *bias += shape[k] * g->mean[k];
        to[k] = g->scale[k] > 0 ? shape[k] / g->scale[k] : 0;
    }
    for (size_t t = 0; t < g->tasks; t++)
        to[ROUTEFIT_SHAPE + t] = task[t];
}
