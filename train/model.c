/* A fitted router on its way into a file: collects tensors and metadata, builds the bytes, and loads them again with
 * the pair. Refuses to hand out a file whose scores are not the trainer's: the measured router is the deployed router.
 */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/stats.h"
#include "train/kind.h"
#include "train/predict.h"

void rf_model_release(struct rf_model *m)
{
    for (size_t i = 0; i < m->tensors; i++)
        rf_free((void *)(uintptr_t)m->tensor[i].data);
    for (size_t i = 0; i < m->metas; i++)
        rf_free((void *)(uintptr_t)m->meta[i].value);
    rf_free(m->predicted);
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

int rf_model_floats(struct rf_model *m, const char *name, double *v, size_t n, struct rf_err *err)
{
    float *const w = rf_calloc(n, sizeof *w, err);
    for (size_t j = 0; w && j < n; j++)
        v[j] = (double)(w[j] = (float)v[j]);
    return rf_model_tensor(m, name, RF_F32, 1, &n, w, err);
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

size_t rf_model_check_row(size_t rows, size_t i)
{
    return i * rows / RF_MODEL_CHECKS;
}

/* ---- what every file says ---- */

static int add_counts(struct rf_model *m, const struct rf_fit *f, const char *used, const char *valid,
                      const char *sha256, struct rf_err *err)
{
    int rc;
    if ((rc = rf_model_meta(m, err, used, "%zu", f->used_train)) ||
        (rc = rf_model_meta(m, err, valid, "%zu", f->used_valid)))
        return rc;
    return rf_model_meta(m, err, "routefit.data_sha256", "%s", sha256);
}

static int add_models(struct rf_model *m, const struct rf_results *r, struct rf_err *err)
{
    struct rf_buf list = { 0 };
    int rc = 0;
    for (size_t i = 0; i < r->models && !rc; i++)
        if (!(rc = rf_buf_add(&list, i ? "," : "[", 1, err)))
            rc = rf_json_add_string(&list, (struct rf_str){ r->model[i], strlen(r->model[i]) }, err);
    if (!rc)
        rc = rf_model_meta(m, err, "routefit.models", "%s]", list.data);
    rf_buf_release(&list);
    return rc;
}

static int add_range(struct rf_model *m, const struct rf_scored *s, struct rf_err *err)
{
    float *range = rf_calloc(1, sizeof *range, err);
    if (range)
        *range = (float)(s->highest - s->lowest);
    return rf_model_tensor(m, "score_range", RF_F32, 1, &(size_t){ 1 }, range, err);
}

static int add_common(struct rf_model *m, const struct rf_kind *kind, const struct rf_fit *f, struct rf_err *err)
{
    const char *const embedder = f->votes ? f->votes->embedder : f->scored->in.embedder;
    const char *const sha256 = f->votes ? f->votes->embedder_sha256 : f->scored->in.embedder_sha256;
    int rc;
    if ((rc = rf_model_meta(m, err, "routefit.kind", "%s", kind->cmd.name)) ||
        (rc = rf_model_meta(m, err, "routefit.version", "%s", RF_VERSION)) ||
        (rc = rf_model_meta(m, err, "routefit.seed", "%llu", (unsigned long long)f->seed)) ||
        (rc = rf_model_meta(m, err, "routefit.input", "%s", embedder ? "vector" : "text")) ||
        (rc = embedder
                  ? rf_model_meta(m, err, "routefit.embedder", "%s", embedder)
                  : rf_model_meta(m, err, "routefit.features", "%s", m->features ? m->features : ROUTEFIT_FEATURES)) ||
        (sha256 && (rc = rf_model_meta(m, err, "routefit.embedder_sha256", "%s", sha256))) ||
        (f->tuned && ((rc = rf_model_meta(m, err, "routefit.tuned", "%s", f->tuned)) ||
                      (rc = rf_model_meta(m, err, "routefit.tuned_on", "%s", f->tuned_on)))))
        return rc;
    if (f->votes)
        return add_counts(m, f, "routefit.votes", "routefit.valid_votes", f->votes->sha256, err);
    if ((rc = add_models(m, &f->scored->r, err)) || (rc = add_range(m, f->scored, err)))
        return rc;
    return add_counts(m, f, "routefit.questions", "routefit.valid_questions", f->scored->sha256, err);
}

/* ---- the check against the pair ---- */

static bool agree(double got, double want)
{
    return fabs(got - want) <= 1e-6 * (1 + fabs(want));
}

/* The bytes give the trainer's logits. */
static int check_logits(const struct rf_model *m, const struct rf_votes *v, const struct routefit_router *r,
                        struct rf_err *err)
{
    for (size_t i = 0; i < RF_MODEL_CHECKS; i++) {
        const size_t row = rf_model_check_row(v->rows, i);
        const double got = routefit_logit(r, v->x + row * v->dim), want = m->check[i];
        if (!agree(got, want))
            return rf_fail(err, RF_FAIL, "the scoring pair gives logit %.9g for prompt %lld, the trainer %.9g", got,
                           (long long)v->prompt[row], want);
    }
    return 0;
}

/* The same of texts, whose win rates are compared. */
static int check_texts(const struct rf_model *m, const struct rf_votes *v, const struct routefit_router *r,
                       struct rf_err *err)
{
    struct routefit_features *const pad = routefit_features_new(routefit_dim(r));
    int rc = pad ? 0 : rf_fail(err, RF_FAIL, "out of memory: %zu buckets of features", routefit_dim(r));
    for (size_t i = 0; i < RF_MODEL_CHECKS && !rc; i++) {
        const size_t row = rf_model_check_row(v->rows, i);
        const struct rf_str text = rf_turn_of(&v->text, row);
        const double got = routefit_win_rate_task(r, pad, text.s, text.len, rf_votes_task(v, row)),
                     want = rf_sigmoid(m->check[i]);
        if (!agree(got, want))
            rc = rf_fail(err, RF_FAIL, "the scoring pair gives win rate %.9g for prompt %lld, the trainer %.9g", got,
                         (long long)v->prompt[row], want);
    }
    routefit_features_free(pad);
    return rc;
}

/* The bytes give the trainer's predicted scores and costs. room[2][models] */
static int check_predictions(const struct rf_model *m, const struct rf_scored *s, const struct routefit_router *r,
                             double *room, struct rf_err *err)
{
    const size_t models = s->r.models;
    for (size_t i = 0; i < RF_MODEL_CHECKS; i++) {
        const size_t row = rf_model_check_row(s->r.n, i);
        const double *const want = m->predicted + i * 2 * models;
        routefit_predict(r, rf_scored_x(s, row), room, room + models);
        for (size_t j = 0; j < 2 * models; j++)
            if (!agree(room[j], want[j]))
                return rf_fail(err, RF_FAIL,
                               "the scoring pair gives %s %.9g of \"%s\" for prompt %lld, the trainer %.9g",
                               j < models ? "score" : "cost", room[j], s->r.model[j % models],
                               (long long)s->r.prompt[row], want[j]);
    }
    return 0;
}

/* Mean squared errors over the validation questions: the router's, and that of each model's mean. */
static int measure(struct rf_model *m, const struct rf_scored *s, const struct routefit_router *r, struct rf_err *err)
{
    const size_t models = s->r.models;
    double sum = 0, null = 0, *score = NULL;
    size_t n = 0;
    int rc = RF_ROOM(score, RF_PREDICT_ROWS * models, err);
    for (size_t next = 0; next < s->r.n && !rc;) {
        size_t question[RF_PREDICT_ROWS], row[RF_PREDICT_ROWS], some = 0;
        for (; next < s->r.n && some < RF_PREDICT_ROWS; next++)
            if (s->valid[next]) {
                question[some] = next;
                row[some++] = s->row[next];
            }
        rc = rf_predict_rows(r, s->in.x, row, some, score, NULL, err);
        for (size_t i = 0; i < some * models && !rc; i++) {
            const size_t k = i % models;
            const double v = s->r.score[question[i / models] * models + k];
            if (isnan(v))
                continue;
            sum += (v - score[i]) * (v - score[i]);
            null += (v - s->mean_score[k]) * (v - s->mean_score[k]);
            n++;
        }
    }
    m->valid_loss = n ? sum / (double)n : (double)NAN;
    m->null_loss = n ? null / (double)n : (double)NAN;
    rf_free(score);
    return rc;
}

static int check_bytes(struct rf_model *m, const struct rf_fit *f, const struct rf_buf *buf, struct rf_err *err)
{
    const size_t dim = f->votes ? f->votes->dim : f->scored->in.dim;
    struct routefit_router *r = NULL;
    double *room = NULL;
    char why[ROUTEFIT_ERR];
    int rc = 0;
    if (routefit_load(&r, buf->data, buf->len, NULL, why))
        return rf_fail(err, RF_FAIL, "the scoring pair refuses the new weights: %s", why);
    if (f->votes && f->votes->text.at)
        rc = check_texts(m, f->votes, r, err);
    else if (routefit_dim(r) != dim)
        rc = rf_fail(err, RF_FAIL, "the scoring pair reads vectors of %zu from the new weights, expected %zu",
                     routefit_dim(r), dim);
    else if (f->votes)
        rc = check_logits(m, f->votes, r, err);
    else if (!(rc = RF_NEW(room, 2 * f->scored->r.models, err)) &&
             !(rc = check_predictions(m, f->scored, r, room, err)))
        rc = measure(m, f->scored, r, err);
    rf_free(room);
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
    return check_bytes(m, f, buf, err);
}
