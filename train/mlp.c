/* The networks' memory, start and prediction. */
#include "train/mlp.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/rng.h"

enum { START_STREAM = 0x6d6c }; /* upper half of the streams of the start, apart from those of the epochs */

int rf_mlp_init(struct rf_mlp *m, size_t heads, size_t dim, const size_t *hidden, size_t n, struct rf_err *err)
{
    int rc = 0;
    *m = (struct rf_mlp){ .heads = heads, .layers = n + 1, .width = { dim } };
    for (size_t l = 0; l < m->layers && !rc; l++) {
        size_t outputs, cells;
        m->width[l + 1] = l < n ? hidden[l] : 1;
        if (!rf_mul(heads, m->width[l + 1], &outputs) || !rf_mul(outputs, m->width[l], &cells))
            return rf_fail(err, RF_FAIL, "out of memory: %zu networks of layers of %zu to %zu", heads, m->width[l],
                           m->width[l + 1]);
        if (!(rc = RF_NEW(m->w[l], cells, err)))
            rc = RF_NEW(m->b[l], outputs, err);
    }
    return rc;
}

void rf_mlp_release(struct rf_mlp *m)
{
    for (size_t l = 0; l < RF_MLP_LAYERS; l++) {
        rf_free(m->w[l]);
        rf_free(m->b[l]);
    }
    *m = (struct rf_mlp){ 0 };
}

static void draw(struct rf_rng *r, float *v, size_t n, double bound)
{
    for (size_t i = 0; i < n; i++)
        v[i] = (float)(bound * (2 * rf_rng_uniform(r) - 1));
}

void rf_mlp_start(struct rf_mlp *m, uint64_t seed)
{
    for (size_t h = 0; h < m->heads; h++) {
        struct rf_rng r;
        rf_rng_init(&r, seed, (uint64_t)START_STREAM << 32 | h);
        for (size_t l = 0; l < m->layers; l++) {
            const size_t in = m->width[l], out = m->width[l + 1];
            const double bound = sqrt(6 / (double)(in + out));
            draw(&r, m->w[l] + h * in * out, in * out, bound);
            draw(&r, m->b[l] + h * out, out, bound);
        }
    }
}

void rf_mlp_copy_head(struct rf_mlp *a, size_t to, const struct rf_mlp *b, size_t from)
{
    for (size_t l = 0; l < a->layers; l++) {
        const size_t out = a->width[l + 1], cells = out * a->width[l];
        memmove(a->w[l] + to * cells, b->w[l] + from * cells, cells * sizeof(float));
        memmove(a->b[l] + to * out, b->b[l] + from * out, out * sizeof(float));
    }
}

/* Unit k of a layer before it is rectified: w[k] . from + b[k], where from is x for the first. */
static double unit(const struct rf_mlp *m, size_t l, size_t h, size_t k, const float *x, const double *from)
{
    const size_t in = m->width[l], at = h * m->width[l + 1] + k;
    const float *const w = m->w[l] + at * in;
    double sum = (double)m->b[l][at];
    for (size_t j = 0; j < in; j++)
        sum += (double)w[j] * (l ? from[j] : (double)x[j]);
    return sum;
}

void rf_mlp_predict(const struct rf_mlp *m, const float *x, double *out)
{
    double room[2][RF_MLP_WIDEST];
    for (size_t h = 0; h < m->heads; h++) {
        const double *from = NULL;
        for (size_t l = 0; l + 1 < m->layers; l++) {
            double *const to = room[l % 2];
            for (size_t k = 0; k < m->width[l + 1]; k++)
                to[k] = fmax(0, unit(m, l, h, k, x, from));
            from = to;
        }
        out[h] = unit(m, m->layers - 1, h, 0, x, from);
    }
}
