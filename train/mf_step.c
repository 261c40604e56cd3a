/* The recipe's step. Vectors and noise are gathered into one matrix X; H = X W' and dW = D' X are the two products; the
 * loops between them and the fused Adam touch each number once. */
#include "train/mf_step.h"

#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"

enum {
    NOISE = 1 << 16
}; /* normals in the buffer beside one row's width: 256 KB, so that it stays in the second cache */

struct rf_mf_step {
    const float *x;
    size_t batch;
    float *in;            /* [batch][dim] vectors with noise */
    float *h, *d;         /* [batch][k] W in; derivative of the loss by h */
    float *unit, *length; /* [models][k], [models] rows of P at length 1 */
    float *noise;         /* [NOISE + dim] */
    float alpha;
    struct rf_rng offset;
    struct rf_mf_model g, m1, m2; /* gradient, Adam's moments */
    size_t steps;
    size_t still; /* last coordinates without noise */
    double by_eta;
};

int rf_mf_step_new(struct rf_mf_step **out, const struct rf_mf_model *m, const float *x, size_t batch,
                   struct rf_err *err)
{
    struct rf_mf_step *s = NULL;
    size_t in, noise;
    int rc = RF_NEW(s, 1, err);
    if (rc)
        goto out;
    s->x = x;
    s->batch = batch;
    if (!rf_mul(batch, m->dim, &in) || !rf_add(m->dim, NOISE, &noise))
        rc = rf_fail(err, RF_FAIL, "out of memory: a batch of %zu vectors of %zu", batch, m->dim);
    if (rc || (rc = RF_NEW(s->in, in, err)) || (rc = RF_NEW(s->h, batch * m->k, err)) ||
        (rc = RF_NEW(s->d, batch * m->k, err)) || (rc = RF_NEW(s->unit, m->models * m->k, err)) ||
        (rc = RF_NEW(s->length, m->models, err)) || (rc = RF_NEW(s->noise, noise, err)) ||
        (rc = rf_mf_model_init(&s->g, m->models, m->k, m->dim, err)) ||
        (rc = rf_mf_model_init(&s->m1, m->models, m->k, m->dim, err)))
        goto out;
    rc = rf_mf_model_init(&s->m2, m->models, m->k, m->dim, err);
out:
    if (rc) {
        rf_mf_step_free(s);
        s = NULL;
    }
    *out = s;
    return rc;
}

void rf_mf_step_free(struct rf_mf_step *s)
{
    if (!s)
        return;
    rf_free(s->in);
    rf_free(s->h);
    rf_free(s->d);
    rf_free(s->unit);
    rf_free(s->length);
    rf_free(s->noise);
    rf_mf_model_release(&s->g);
    rf_mf_model_release(&s->m1);
    rf_mf_model_release(&s->m2);
    rf_free(s);
}

void rf_mf_step_noise(struct rf_mf_step *s, double alpha, uint64_t seed, uint64_t stream)
{
    s->alpha = (float)alpha;
    if (!(alpha > 0))
        return;
    rf_rng_init(&s->offset, seed, stream);
    for (size_t i = 0; i < NOISE + s->g.dim; i++)
        s->noise[i] = (float)(alpha * rf_rng_normal(&s->offset));
}

static void gather(struct rf_mf_step *s, const struct rf_mf_pair *pair, size_t n)
{
    const size_t dim = s->g.dim;
    for (size_t i = 0; i < n; i++) {
        const float *restrict q = s->x + pair[i].row * dim;
        float *restrict in = s->in + i * dim;
        if (i + 2 < n)
            __builtin_prefetch(s->x + pair[i + 2].row * dim);
        if (s->alpha > 0) {
            const float *restrict z = s->noise + rf_rng_below(&s->offset, NOISE);
            for (size_t j = 0; j < dim - s->still; j++)
                in[j] = q[j] + z[j];
            for (size_t j = dim - s->still; j < dim; j++)
                in[j] = q[j];
        } else {
            memcpy(in, q, dim * sizeof *in);
        }
    }
}

static float score(size_t k, const float *restrict a, const float *restrict b, const float *restrict c,
                   const float *restrict h)
{
    float z = 0;
#pragma omp simd reduction(+ : z)
    for (size_t j = 0; j < k; j++)
        z += (a[j] - b[j]) * c[j] * h[j];
    return z;
}

/* One pair's part of every gradient but W's; gz = derivative of the loss by the logit. */
static void spread(struct rf_mf_step *s, const struct rf_mf_model *m, const struct rf_mf_pair *v, size_t i, float gz)
{
    const size_t k = m->k;
    const float *restrict a = s->unit + v->win * k, *restrict b = s->unit + v->lose * k;
    const float *restrict h = s->h + i * k, *restrict c = m->c;
    float *restrict d = s->d + i * k, *restrict ga = s->g.p + v->win * k, *restrict gb = s->g.p + v->lose * k;
    float *restrict gc = s->g.c;
    for (size_t j = 0; j < k; j++) {
        const float diff = a[j] - b[j], gh = gz * h[j];
        gc[j] += diff * gh;
        ga[j] += c[j] * gh;
        gb[j] -= c[j] * gh;
        d[j] = gz * diff * c[j];
    }
}

/* From the gradient by the unit rows to the one by P: the part along the row does not change its direction. */
static void through_length(struct rf_mf_step *s)
{
    const size_t k = s->g.k;
    for (size_t i = 0; i < s->g.models; i++) {
        float *g = s->g.p + i * k;
        const float *unit = s->unit + i * k;
        const float along = s->length[i] > RF_MF_MIN_NORM ? rf_sdot(k, g, unit) : 0;
        for (size_t j = 0; j < k; j++)
            g[j] = (g[j] - along * unit[j]) / s->length[i];
    }
}

/* The vectors' projections, and empty gradients. */
static void begin(struct rf_mf_step *s, const struct rf_mf_model *m, const struct rf_mf_pair *pair, size_t n)
{
    const size_t k = m->k, dim = m->dim;
    gather(s, pair, n);
    rf_sgemm(false, true, n, k, dim, 1, s->in, dim, m->w, dim, 0, s->h, k);
    rf_mf_model_unit_rows(m, s->unit, s->length);
    memset(s->g.p, 0, m->models * k * sizeof *s->g.p);
    memset(s->g.c, 0, k * sizeof *s->g.c);
    s->by_eta = 0;
}

/* The gradients that the loop over the pairs leaves open. */
static int end(struct rf_mf_step *s, const struct rf_mf_model *m, size_t n, double loss, struct rf_err *err)
{
    const size_t k = m->k, dim = m->dim;
    if (!isfinite(loss))
        return rf_fail(err, RF_FAIL, "the loss is %g, expected a finite value: try a smaller --lr", loss);
    rf_sgemm(true, false, k, dim, n, 1, s->d, k, s->in, dim, 0, s->g.w, dim);
    through_length(s);
    return 0;
}

int rf_mf_step_gradient(struct rf_mf_step *s, const struct rf_mf_model *m, const struct rf_mf_pair *pair, size_t n,
                        double *loss, struct rf_err *err)
{
    const size_t k = m->k;
    double sum = 0;
    begin(s, m, pair, n);
    for (size_t i = 0; i < n; i++) {
        const struct rf_mf_pair *v = &pair[i];
        const double z = (double)score(k, s->unit + v->win * k, s->unit + v->lose * k, m->c, s->h + i * k);
        sum += (double)v->weight * rf_softplus(-z);
        spread(s, m, v, i, (float)(-(double)v->weight * rf_sigmoid(-z) / (double)n));
    }
    *loss = sum / (double)n;
    return end(s, m, n, *loss, err);
}

/* Score of a model's unit row. */
static double score_of(size_t k, const float *unit, const float *c, const float *h)
{
    double z = 0;
    for (size_t j = 0; j < k; j++)
        z += (double)(unit[j] * c[j] * h[j]);
    return z;
}

/* As spread(), with a derivative for each of the two scores. */
static void spread_two(struct rf_mf_step *s, const struct rf_mf_model *m, const struct rf_mf_pair *v, size_t i,
                       float by_a, float by_b)
{
    const size_t k = m->k;
    const float *const a = s->unit + v->win * k, *const b = s->unit + v->lose * k, *const h = s->h + i * k;
    float *const ga = s->g.p + v->win * k, *const gb = s->g.p + v->lose * k;
    for (size_t j = 0; j < k; j++) {
        const float both = by_a * a[j] + by_b * b[j];
        s->g.c[j] += both * h[j];
        ga[j] += by_a * m->c[j] * h[j];
        gb[j] += by_b * m->c[j] * h[j];
        s->d[i * k + j] = both * m->c[j];
    }
}

int rf_mf_step_outcomes(struct rf_mf_step *s, const struct rf_mf_model *m, const struct rf_mf_pair *pair,
                        const uint8_t *outcome, size_t n, enum rf_mf_rule rule, double eta, double *loss,
                        struct rf_err *err)
{
    const size_t k = m->k;
    double sum = 0;
    begin(s, m, pair, n);
    for (size_t i = 0; i < n; i++) {
        const struct rf_mf_pair *const v = &pair[i];
        const double weight = (double)v->weight, share = weight / (double)n;
        double d[3];
        sum += weight * rf_mf_outcome_loss(rule, (enum rf_mf_outcome)outcome[i],
                                           score_of(k, s->unit + v->win * k, m->c, s->h + i * k),
                                           score_of(k, s->unit + v->lose * k, m->c, s->h + i * k), eta, d);
        s->by_eta += share * d[2];
        spread_two(s, m, v, i, (float)(share * d[0]), (float)(share * d[1]));
    }
    *loss = sum / (double)n;
    return end(s, m, n, *loss, err);
}

double rf_mf_step_by_eta(const struct rf_mf_step *s)
{
    return s->by_eta;
}

void rf_mf_step_constants(struct rf_mf_step *s, size_t n)
{
    s->still = n;
}

const struct rf_mf_model *rf_mf_step_last(const struct rf_mf_step *s)
{
    return &s->g;
}

void rf_mf_step_update(struct rf_mf_step *s, struct rf_mf_model *m, const struct rf_adam *o)
{
    const struct rf_adam_step at = rf_adam_at(o, ++s->steps);
    rf_adam_update(m->k * m->dim, m->w, s->g.w, s->m1.w, s->m2.w, o, at);
    rf_adam_update(m->models * m->k, m->p, s->g.p, s->m1.p, s->m2.p, o, at);
    rf_adam_update(m->k, m->c, s->g.c, s->m1.c, s->m2.c, o, at);
}
