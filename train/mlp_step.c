/* Forward and backward of all heads on one batch. Units of a layer stand side by side, head by head: [batch][heads *
 * width]. The first layer is one product for all heads, the others one for each. */
#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/stats.h"
#include "train/mlp.h"
#include "train/rows.h"

struct rf_mlp_step {
    float *x;                /* [batch][dim] */
    float *a[RF_MLP_LAYERS]; /* [batch][heads * width] what each layer gives, rectified but for the last */
    float *d[RF_MLP_LAYERS]; /* the same: derivative of the loss by that, before it is rectified */
    struct rf_mlp g, m1, m2; /* gradient, Adam's moments */
    size_t *steps;           /* [heads] taken so far */
};

int rf_mlp_step_new(struct rf_mlp_step **out, const struct rf_mlp *m, size_t batch, struct rf_err *err)
{
    struct rf_mlp *mine[3];
    struct rf_mlp_step *s = NULL;
    size_t cells;
    int rc = RF_NEW(s, 1, err);
    if (rc)
        goto out;
    mine[0] = &s->g;
    mine[1] = &s->m1;
    mine[2] = &s->m2;
    for (size_t i = 0; i < 3 && !rc; i++)
        rc = rf_mlp_init(mine[i], m->heads, m->width[0], m->width + 1, m->layers - 1, err);
    if (!rc)
        rc = RF_NEW(s->steps, m->heads, err);
    for (size_t l = 0; l < m->layers && !rc; l++) {
        if (!rf_mul(batch, m->heads * m->width[l + 1], &cells))
            rc = rf_fail(err, RF_FAIL, "out of memory: a batch of %zu", batch);
        else if (!(rc = RF_NEW(s->a[l], cells, err)))
            rc = RF_NEW(s->d[l], cells, err);
    }
    if (!rc && !rf_mul(batch, m->width[0], &cells))
        rc = rf_fail(err, RF_FAIL, "out of memory: a batch of %zu vectors of %zu", batch, m->width[0]);
    if (!rc)
        rc = RF_NEW(s->x, cells, err);
out:
    if (rc) {
        rf_mlp_step_free(s);
        s = NULL;
    }
    *out = s;
    return rc;
}

void rf_mlp_step_free(struct rf_mlp_step *s)
{
    if (!s)
        return;
    for (size_t l = 0; l < RF_MLP_LAYERS; l++) {
        rf_free(s->a[l]);
        rf_free(s->d[l]);
    }
    rf_mlp_release(&s->g);
    rf_mlp_release(&s->m1);
    rf_mlp_release(&s->m2);
    rf_free(s->steps);
    rf_free(s->x);
    rf_free(s);
}

const struct rf_mlp *rf_mlp_step_last(const struct rf_mlp_step *s)
{
    return &s->g;
}

/* ---- forward ---- */

static void gather(struct rf_mlp_step *s, const struct rf_mlp_data *d, size_t dim, const uint32_t *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i + 2 < n)
            __builtin_prefetch(d->x + d->row[at[i + 2]] * dim);
        memcpy(s->x + i * dim, d->x + d->row[at[i]] * dim, dim * sizeof *s->x);
    }
}

/* One row of a layer: a = max(0, a + b). */
static void rectify(float *restrict a, const float *restrict b, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        const float v = a[k] + b[k];
        a[k] = v < 0 ? 0 : v; /* NaN stays */
    }
}

/* Hidden layer l of all heads before it is rectified, from the layer below. */
static void multiply(struct rf_mlp_step *s, const struct rf_mlp *m, size_t l, size_t n)
{
    const size_t in = m->width[l], out = m->width[l + 1];
    if (l == 0)
        rf_sgemm(false, true, n, m->heads * out, in, 1, s->x, in, m->w[0], in, 0, s->a[0], m->heads * out);
    for (size_t h = 0; l > 0 && h < m->heads; h++)
        rf_sgemm(false, true, n, out, in, 1, s->a[l - 1] + h * in, m->heads * in, m->w[l] + h * in * out, in, 0,
                 s->a[l] + h * out, m->heads * out);
}

static void forward(struct rf_mlp_step *s, const struct rf_mlp *m, size_t n)
{
    const size_t last = m->layers - 1, in = m->width[last], units = m->heads * in;
    for (size_t l = 0; l < last; l++) {
        multiply(s, m, l, n);
        for (size_t i = 0; l + 1 < last && i < n; i++)
            rectify(s->a[l] + i * m->heads * m->width[l + 1], m->b[l], m->heads * m->width[l + 1]);
    }
    for (size_t i = 0; i < n; i++) { /* the last hidden layer is rectified while it is near */
        float *const a = s->a[last - 1] + i * units;
        rectify(a, m->b[last - 1], units);
        for (size_t h = 0; h < m->heads; h++)
            s->a[last][i * m->heads + h] = m->b[last][h] + rf_row_dot(a + h * in, m->w[last] + h * in, in);
    }
}

/* ---- loss ---- */

static double loss_of(enum rf_mlp_loss loss, double z, double y)
{
    return loss == RF_MLP_SQUARED ? (z - y) * (z - y) / 2 : rf_softplus(z) - y * z;
}

static double slope_of(enum rf_mlp_loss loss, double z, double y)
{
    return (loss == RF_MLP_SQUARED ? z : rf_sigmoid(z)) - y;
}

/* The sums, and d of the output but for the division by the weight. */
static void compare(struct rf_mlp_step *s, const struct rf_mlp *m, const struct rf_mlp_data *d, enum rf_mlp_loss loss,
                    const uint32_t *at, size_t n, const size_t *column, struct rf_mlp_sums *sum)
{
    const float *const z = s->a[m->layers - 1];
    float *const slope = s->d[m->layers - 1];
    memset(sum, 0, m->heads * sizeof *sum);
    for (size_t i = 0; i < n; i++)
        for (size_t h = 0; h < m->heads; h++) {
            const double y = (double)d->y[at[i] * d->heads + column[h]], out = (double)z[i * m->heads + h];
            const double weight = d->weight ? (double)d->weight[at[i]] : 1;
            slope[i * m->heads + h] = 0;
            if (isnan(y))
                continue;
            sum[h].weight += weight;
            sum[h].loss += weight * loss_of(loss, out, y);
            sum[h].right += weight * (out > 0 ? y : out < 0 ? 1 - y : 0.5);
            slope[i * m->heads + h] = (float)(weight * slope_of(loss, out, y));
        }
}

/* ---- backward: where d of a layer is made, its biases' gradient is summed too ---- */

/* One row of the output's gradient, and of d and the biases' gradient of the layer below it, for one head. */
static void backward_row(float slope, size_t n, const float *restrict w, const float *restrict a, float *restrict d,
                         float *restrict gw, float *restrict gb)
{
#pragma omp simd
    for (size_t k = 0; k < n; k++) {
        const float on = a[k] > 0 ? 1 : 0, v = on * (slope * w[k]); /* without a branch, which would stand alone */
        gw[k] += slope * a[k];
        gb[k] += v;
        d[k] = v;
    }
}

static void backward_output(struct rf_mlp_step *s, const struct rf_mlp *m, size_t n, const struct rf_mlp_sums *sum)
{
    const size_t last = m->layers - 1, in = m->width[last], units = m->heads * in;
    memset(s->g.w[last], 0, units * sizeof(float));
    memset(s->g.b[last], 0, m->heads * sizeof(float));
    memset(s->g.b[last - 1], 0, units * sizeof(float));
    for (size_t i = 0; i < n; i++)
        for (size_t h = 0; h < m->heads; h++) {
            const size_t at = h * in;
            const float slope = sum[h].weight > 0 ? s->d[last][i * m->heads + h] / (float)sum[h].weight : 0;
            s->g.b[last][h] += slope;
            backward_row(slope, in, m->w[last] + at, s->a[last - 1] + i * units + at, s->d[last - 1] + i * units + at,
                         s->g.w[last] + at, s->g.b[last - 1] + at);
        }
}

static void mask_row(size_t n, const float *restrict a, float *restrict d, float *restrict gb)
{
#pragma omp simd
    for (size_t k = 0; k < n; k++) {
        const float all = d[k], v = a[k] > 0 ? all : 0;
        gb[k] += v;
        d[k] = v;
    }
}

/* The gradient of hidden layer l's weights, l > 0, and d of the layer below. */
static void backward_hidden(struct rf_mlp_step *s, const struct rf_mlp *m, size_t l, size_t n)
{
    const size_t in = m->width[l], out = m->width[l + 1], ins = m->heads * in, outs = m->heads * out;
    const float *const a = s->a[l - 1];
    float *const d = s->d[l - 1];
    for (size_t h = 0; h < m->heads; h++) {
        rf_sgemm(true, false, out, in, n, 1, s->d[l] + h * out, outs, a + h * in, ins, 0, s->g.w[l] + h * in * out, in);
        rf_sgemm(false, false, n, in, out, 1, s->d[l] + h * out, outs, m->w[l] + h * in * out, in, 0, d + h * in, ins);
    }
    memset(s->g.b[l - 1], 0, ins * sizeof(float));
    for (size_t i = 0; i < n; i++)
        mask_row(ins, a + i * ins, d + i * ins, s->g.b[l - 1]);
}

void rf_mlp_step_run(struct rf_mlp_step *s, const struct rf_mlp *m, const struct rf_mlp_data *d, enum rf_mlp_loss loss,
                     const uint32_t *at, size_t n, const size_t *column, bool backward, struct rf_mlp_sums *sum)
{
    const size_t dim = m->width[0], first = m->heads * m->width[1];
    gather(s, d, dim, at, n);
    forward(s, m, n);
    compare(s, m, d, loss, at, n, column, sum);
    if (!backward)
        return;
    backward_output(s, m, n, sum);
    for (size_t l = m->layers - 2; l > 0; l--)
        backward_hidden(s, m, l, n);
    rf_sgemm(true, false, first, dim, n, 1, s->d[0], first, s->x, dim, 0, s->g.w[0], dim);
}

/* ---- update ---- */

void rf_mlp_step_update(struct rf_mlp_step *s, struct rf_mlp *m, const struct rf_adam *o, double l2,
                        const struct rf_mlp_sums *sum, double *penalty)
{
    for (size_t h = 0; h < m->heads; h++) {
        penalty[h] = 0;
        if (!(sum[h].weight > 0))
            continue;
        const struct rf_adam_step at = rf_adam_at(o, ++s->steps[h]);
        struct rf_adam weights = *o, biases = *o;
        biases.eps = weights.eps = o->eps * at.root;
        biases.decay = 0;
        weights.decay = l2 / sum[h].weight;
        for (size_t l = 0; l < m->layers; l++) {
            const size_t out = m->width[l + 1], cells = out * m->width[l], w = h * cells, b = h * out;
            const float square =
                rf_adam_update(cells, m->w[l] + w, s->g.w[l] + w, s->m1.w[l] + w, s->m2.w[l] + w, &weights, at);
            penalty[h] += weights.decay / 2 * (double)square;
            rf_adam_update(out, m->b[l] + b, s->g.b[l] + b, s->m1.b[l] + b, s->m2.b[l] + b, &biases, at);
        }
    }
}

void rf_mlp_step_drop(struct rf_mlp_step *s, struct rf_mlp *m, size_t head)
{
    const size_t last = --m->heads;
    if (head == last)
        return;
    rf_mlp_copy_head(m, head, m, last);
    rf_mlp_copy_head(&s->m1, head, &s->m1, last);
    rf_mlp_copy_head(&s->m2, head, &s->m2, last);
    s->steps[head] = s->steps[last];
}
