/* RouteLLM's parameters and their exact conversions to and from scores. */
#include "train/mf_model.h"

#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"

int rf_mf_model_init(struct rf_mf_model *m, size_t models, size_t k, size_t dim, struct rf_err *err)
{
    size_t np, nw;
    *m = (struct rf_mf_model){ .models = models, .k = k, .dim = dim };
    if (!rf_mul(models, k, &np) || !rf_mul(k, dim, &nw))
        return rf_fail(err, RF_FAIL, "out of memory: %zu models, width %zu, vectors of %zu", models, k, dim);
    int rc = RF_NEW(m->p, np, err);
    if (!rc)
        rc = RF_NEW(m->w, nw, err);
    if (!rc)
        rc = RF_NEW(m->c, k, err);
    if (rc)
        rf_mf_model_release(m);
    return rc;
}

void rf_mf_model_release(struct rf_mf_model *m)
{
    rf_free(m->p);
    rf_free(m->w);
    rf_free(m->c);
    *m = (struct rf_mf_model){ 0 };
}

void rf_mf_model_copy(struct rf_mf_model *to, const struct rf_mf_model *from)
{
    memcpy(to->p, from->p, from->models * from->k * sizeof *to->p);
    memcpy(to->w, from->w, from->k * from->dim * sizeof *to->w);
    memcpy(to->c, from->c, from->k * sizeof *to->c);
}

static void fill_uniform(struct rf_rng *r, float *v, size_t n, size_t fan_in)
{
    const double bound = 1 / sqrt((double)fan_in);
    for (size_t i = 0; i < n; i++)
        v[i] = (float)((2 * rf_rng_uniform(r) - 1) * bound);
}

void rf_mf_model_start(struct rf_mf_model *m, uint64_t seed)
{
    enum { STREAM = 0x6d66 }; /* of the start alone: epochs count from 0 */
    struct rf_rng r;
    rf_rng_init(&r, seed, (uint64_t)STREAM << 32);
    for (size_t i = 0; i < m->models * m->k; i++)
        m->p[i] = (float)rf_rng_normal(&r);
    fill_uniform(&r, m->w, m->k * m->dim, m->dim);
    fill_uniform(&r, m->c, m->k, m->k);
}

void rf_mf_model_unit_rows(const struct rf_mf_model *m, float *unit, float *length)
{
    for (size_t i = 0; i < m->models; i++) {
        const float *p = m->p + i * m->k;
        const float norm = fmaxf(sqrtf(rf_sdot(m->k, p, p)), RF_MF_MIN_NORM);
        for (size_t j = 0; j < m->k; j++)
            unit[i * m->k + j] = p[j] / norm;
        if (length)
            length[i] = norm;
    }
}

void rf_mf_model_scores(const struct rf_mf_model *m, float *u, float *scratch)
{
    rf_mf_model_unit_rows(m, scratch, NULL);
    for (size_t i = 0; i < m->models; i++)
        for (size_t j = 0; j < m->k; j++)
            scratch[i * m->k + j] *= m->c[j];
    rf_sgemm(false, false, m->models, m->dim, m->k, 1, scratch, m->k, m->w, m->dim, 0, u, m->dim);
}

void rf_mf_model_from_scores(struct rf_mf_model *m, const float *u)
{
    memset(m->p, 0, m->models * m->k * sizeof *m->p);
    memset(m->w, 0, m->k * m->dim * sizeof *m->w);
    memcpy(m->w, u, m->models * m->dim * sizeof *m->w);
    for (size_t i = 0; i < m->models; i++)
        m->p[i * m->k + i] = 1;
    for (size_t j = 0; j < m->k; j++)
        m->c[j] = 1;
}

void rf_mf_model_from_factors(struct rf_mf_model *m, size_t rank, const double *a, const double *b)
{
    double longest = 0;
    for (size_t i = 0; i < m->models; i++)
        longest = fmax(longest, sqrt(rf_ddot(rank, a + i * rank, a + i * rank)));
    const double scale = longest > 0 ? longest : 1;
    memset(m->p, 0, m->models * m->k * sizeof *m->p);
    memset(m->w, 0, m->k * m->dim * sizeof *m->w);
    for (size_t i = 0; i < m->models; i++) {
        double square = 0;
        for (size_t j = 0; j < rank; j++) {
            const double v = a[i * rank + j] / scale;
            m->p[i * m->k + j] = (float)v;
            square += v * v;
        }
        m->p[i * m->k + rank] = (float)sqrt(fmax(0, 1 - square));
    }
    for (size_t i = 0; i < rank * m->dim; i++)
        m->w[i] = (float)(b[i] * scale);
    for (size_t j = 0; j < m->k; j++)
        m->c[j] = 1;
}

double rf_mf_model_logit(const struct rf_mf_model *m, size_t s, size_t w, const float *q)
{
    const float *ps = m->p + s * m->k, *pw = m->p + w * m->k;
    double ss = 0, ww = 0, logit = 0;
    for (size_t j = 0; j < m->k; j++) {
        ss += (double)ps[j] * (double)ps[j];
        ww += (double)pw[j] * (double)pw[j];
    }
    ss = fmax(sqrt(ss), (double)RF_MF_MIN_NORM);
    ww = fmax(sqrt(ww), (double)RF_MF_MIN_NORM);
    for (size_t j = 0; j < m->k; j++) {
        double h = 0;
        for (size_t i = 0; i < m->dim; i++)
            h += (double)m->w[j * m->dim + i] * (double)q[i];
        logit += (double)m->c[j] * ((double)ps[j] / ss - (double)pw[j] / ww) * h;
    }
    return logit;
}
