/* A fitted router on its way into a file: collects tensors and metadata, builds the bytes, and loads them again with
 * the pair. Refuses to hand out a file whose scores are not the trainer's: the measured router is the deployed router.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "train/kind.h"

void rf_model_release(struct rf_model *m)
{
    for (size_t i = 0; i < m->tensors; i++)
        rf_free((void *)(uintptr_t)m->tensor[i].data);
    for (size_t i = 0; i < m->metas; i++)
        rf_free((void *)(uintptr_t)m->meta[i].value);
    *m = (struct rf_model){ 0 };
}

int rf_model_tensor(struct rf_model *m, const char *name, enum rf_dtype dtype, size_t rank, const size_t *shape,
                    void *data, struct rf_err *err)
{
    struct rf_tensor t = { .name = name, .dtype = dtype, .rank = rank, .data = data };
    if (!data)
        return rf_fail(err, RF_FAIL, "out of memory: tensor %s", name);
    if (m->tensors == RF_MODEL_TENSORS || rank > sizeof t.shape / sizeof *t.shape)
        abort(); /* the arrays are sized for the kinds that there are */
    memcpy(t.shape, shape, rank * sizeof *shape);
    m->tensor[m->tensors++] = t;
    return 0;
}

int rf_model_meta(struct rf_model *m, struct rf_err *err, const char *key, const char *fmt, ...)
{
    struct rf_buf b = { 0 };
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    const int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    const int rc = n < 0 ? rf_fail(err, RF_FAIL, "cannot format %s", key) : rf_buf_reserve(&b, (size_t)n, err);
    if (!rc) {
        if (m->metas == RF_MODEL_METAS)
            abort();
        vsnprintf(b.data, (size_t)n + 1, fmt, again);
        m->meta[m->metas++] = (struct rf_meta){ key, b.data };
    }
    va_end(again);
    return rc;
}

size_t rf_model_check_row(const struct rf_votes *v, size_t i)
{
    return i * v->rows / RF_MODEL_CHECKS;
}

static int add_common(struct rf_model *m, const struct rf_kind *kind, const struct rf_fit *f, struct rf_err *err)
{
    const struct rf_votes *v = f->votes;
    int rc;
    if ((rc = rf_model_meta(m, err, "routefit.kind", "%s", kind->cmd.name)) ||
        (rc = rf_model_meta(m, err, "routefit.version", "%s", RF_VERSION)) ||
        (rc = rf_model_meta(m, err, "routefit.input", "vector")) ||
        (rc = rf_model_meta(m, err, "routefit.embedder", "%s", v->embedder)) ||
        (rc = rf_model_meta(m, err, "routefit.seed", "%llu", (unsigned long long)f->seed)) ||
        (rc = rf_model_meta(m, err, "routefit.votes", "%zu", f->used_train)) ||
        (rc = rf_model_meta(m, err, "routefit.valid_votes", "%zu", f->used_valid)) ||
        (rc = rf_model_meta(m, err, "routefit.data_sha256", "%s", v->sha256)))
        return rc;
    return v->embedder_sha256 ? rf_model_meta(m, err, "routefit.embedder_sha256", "%s", v->embedder_sha256) : 0;
}

/* The bytes give the trainer's logits. */
static int check_bytes(const struct rf_model *m, const struct rf_votes *v, const struct rf_buf *buf, struct rf_err *err)
{
    struct routefit_router *r = NULL;
    char why[ROUTEFIT_ERR];
    int rc = 0;
    if (routefit_load(&r, buf->data, buf->len, NULL, why))
        return rf_fail(err, RF_FAIL, "the scoring pair refuses the new weights: %s", why);
    if (routefit_dim(r) != v->dim) {
        rc = rf_fail(err, RF_FAIL, "the scoring pair reads vectors of %zu from the new weights, expected %zu",
                     routefit_dim(r), v->dim);
        goto out;
    }
    for (size_t i = 0; i < RF_MODEL_CHECKS && !rc; i++) {
        const size_t row = rf_model_check_row(v, i);
        const double got = routefit_logit(r, v->x + row * v->dim), want = m->check[i];
        if (!(fabs(got - want) <= 1e-6 * (1 + fabs(want))))
            rc = rf_fail(err, RF_FAIL, "the scoring pair gives logit %.9g for prompt %lld, the trainer %.9g", got,
                         (long long)v->prompt[row], want);
    }
out:
    routefit_free(r);
    return rc;
}

int rf_model_build(struct rf_model *m, const struct rf_kind *kind, const struct rf_fit *f, struct rf_buf *buf,
                   struct rf_err *err)
{
    int rc;
    if ((rc = add_common(m, kind, f, err)) ||
        (rc = rf_safetensors_build(m->tensor, m->tensors, m->meta, m->metas, buf, err)))
        return rc;
    return check_bytes(m, f->votes, buf, err);
}
