/* Fitting: texts are hashed in parallel blocks, the blocks transposed into rows of buckets, which carry the document
 * frequencies and go into the SVD as they stand. Embedding goes through the scoring pair, so that vectors in the
 * database and in a deployer's program are the same. */
#include "datasets/embed_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/half.h"
#include "core/input.h"
#include "core/par.h"
#include "core/routefit_score.h"
#include "core/safetensors.h"
#include "core/csr.h"
#include "datasets/svd.h"

/* ---- features ---- */

/* What one block of texts gives. */
struct hashed {
    struct rf_csr rows; /* [texts of the block][buckets] */
    double sum[ROUTEFIT_SHAPE], squares[ROUTEFIT_SHAPE];
};

struct hashing {
    const struct rf_str *text;
    size_t n, buckets;
    struct hashed *block; /* [rf_par_blocks(n)] */
};

static int no_pad(size_t buckets, struct rf_err *err)
{
    return rf_fail(err, RF_FAIL, "out of memory: no room for features of %zu buckets", buckets);
}

static int hash_block(void *ctx, size_t b, struct rf_err *err)
{
    const struct hashing *h = ctx;
    struct hashed *to = &h->block[b];
    const size_t end = (b + 1) * RF_BLOCK_ROWS < h->n ? (b + 1) * RF_BLOCK_ROWS : h->n;
    struct routefit_features *pad = routefit_features_new(h->buckets);
    int rc = pad ? 0 : no_pad(h->buckets, err);
    to->rows.cols = h->buckets;
    for (size_t i = b * RF_BLOCK_ROWS; !rc && i < end; i++) {
        const uint32_t *bucket;
        const float *value, *shape;
        const size_t found = routefit_features_of(pad, h->text[i].s, h->text[i].len, &bucket, &value, &shape);
        for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
            to->sum[k] += (double)shape[k];
            to->squares[k] += (double)shape[k] * (double)shape[k];
        }
        rc = rf_csr_push(&to->rows, bucket, value, found, err);
    }
    routefit_features_free(pad);
    return rc;
}

/* Mean of the shape entries, and the factors that give them together the mean squared norm `weight`. A constant entry
 * gets 0. */
static void shape_scaling(const struct hashing *h, double weight, float *mean, float *scale)
{
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++) {
        double sum = 0, squares = 0;
        for (size_t b = 0; b < rf_par_blocks(h->n); b++) {
            sum += h->block[b].sum[k];
            squares += h->block[b].squares[k];
        }
        const double m = sum / (double)h->n, deviation = sqrt(fmax(0, squares / (double)h->n - m * m));
        mean[k] = (float)m;
        scale[k] = deviation > 1e-4 ? (float)(sqrt(weight / ROUTEFIT_SHAPE) / deviation) : 0;
    }
}

/* *at[buckets][texts] = the features of all texts; mean and scale of their shapes. */
static int hash_texts(const struct rf_str *text, size_t n, const struct rf_text_fit_options *o, struct rf_csr *at,
                      float *mean, float *scale, struct rf_err *err)
{
    const size_t blocks = rf_par_blocks(n);
    struct hashing h = { .text = text, .n = n, .buckets = o->buckets };
    struct rf_csr *part = NULL;
    int rc;
    if ((rc = RF_NEW(h.block, blocks, err)) || (rc = RF_NEW(part, blocks, err)) ||
        (rc = rf_par_run(blocks, o->threads, hash_block, &h, err)))
        goto out;
    shape_scaling(&h, o->shape, mean, scale);
    for (size_t b = 0; b < blocks; b++)
        part[b] = h.block[b].rows;
    rc = rf_csr_transpose(part, blocks, at, err);
out:
    for (size_t b = 0; h.block && b < blocks; b++)
        rf_csr_release(&h.block[b].rows);
    rf_free(h.block);
    rf_free(part);
    return rc;
}

/* Inverse document frequency of each bucket, multiplied into its row. Returns the buckets that occur. */
static size_t weigh(struct rf_csr *at, double *idf)
{
    size_t seen = 0;
    for (size_t j = 0; j < at->rows; j++) {
        const size_t df = at->ptr[j + 1] - at->ptr[j];
        idf[j] = log((1 + (double)at->cols) / (1 + (double)df)) + 1;
        seen += df > 0;
        for (size_t e = at->ptr[j]; e < at->ptr[j + 1]; e++)
            at->val[e] *= (float)idf[j];
    }
    return seen;
}

/* ---- the file ---- */

/* v[buckets][dim] := c v with the idf of each row; c makes the mean over the texts of |vector|^2, which is
 * c^2 (sum of s^2) / n, equal to 1. */
static void finish_projection(struct rf_svd *d, const double *idf, size_t n)
{
    const double c = sqrt((double)n / d->energy);
    for (size_t b = 0; b < d->cols; b++)
        for (size_t j = 0; j < d->dim; j++)
            d->v[b * d->dim + j] = (float)((double)d->v[b * d->dim + j] * idf[b] * c);
}

static int write_file(const struct rf_svd *d, const float *mean, const float *scale,
                      const struct rf_text_fit_options *o, size_t n, const char *path, char *sha256, struct rf_err *err)
{
    char texts[32], seed[32];
    uint16_t *half = NULL;
    int rc = 0;
    if (!o->f32) {
        if ((rc = RF_NEW(half, d->cols * d->dim, err)))
            goto out;
        for (size_t i = 0; i < d->cols * d->dim; i++)
            half[i] = rf_half_from_float(d->v[i]);
    }
    snprintf(texts, sizeof texts, "%zu", n);
    snprintf(seed, sizeof seed, "%" PRIu64, o->seed);
    const struct rf_tensor tensors[] = {
        { "projection", o->f32 ? RF_F32 : RF_F16, 2, { d->cols, d->dim }, o->f32 ? (const void *)d->v : half },
        { "shape_mean", RF_F32, 1, { ROUTEFIT_SHAPE }, mean },
        { "shape_scale", RF_F32, 1, { ROUTEFIT_SHAPE }, scale },
    };
    const struct rf_meta meta[] = {
        { "routefit.kind", "text-embedder" },
        { "routefit.features", ROUTEFIT_FEATURES },
        { "routefit.prompts", texts },
        { "routefit.seed", seed },
    };
    rc = rf_safetensors_write(path, tensors, sizeof tensors / sizeof *tensors, meta, sizeof meta / sizeof *meta,
                              o->force, sha256, err);
out:
    rf_free(half);
    return rc;
}

int rf_text_fit(const struct rf_str *text, size_t n, const struct rf_text_fit_options *o, const char *path,
                struct rf_text_fit *fit, struct rf_err *err)
{
    struct rf_text_fit r = { .texts = n };
    struct rf_csr at = { 0 };
    struct rf_svd d = { 0 };
    double *idf = NULL;
    float mean[ROUTEFIT_SHAPE], scale[ROUTEFIT_SHAPE];
    int rc;
    if (!n)
        return rf_fail(err, RF_BAD_INPUT, "no text to fit the embedder on");
    if ((rc = hash_texts(text, n, o, &at, mean, scale, err)) || (rc = RF_NEW(idf, at.rows, err)))
        goto out;
    r.seen = weigh(&at, idf);
    if (!r.seen) {
        rc = rf_fail(err, RF_BAD_INPUT, "none of the %zu texts has a word: found only blanks and punctuation", n);
        goto out;
    }
    const size_t most = r.seen < n ? r.seen : n;
    const struct rf_svd_options so = {
        .dim = o->dim < most ? o->dim : most, .iterations = o->iterations, .seed = o->seed, .threads = o->threads
    };
    if ((rc = rf_svd_sparse(&at, &so, &d, err)))
        goto out;
    rf_csr_release(&at);
    r.dim = d.dim;
    r.captured = d.energy / d.total;
    finish_projection(&d, idf, n);
    if ((rc = write_file(&d, mean, scale, o, n, path, r.sha256, err)))
        goto out;
    *fit = r;
out:
    rf_csr_release(&at);
    rf_svd_release(&d);
    rf_free(idf);
    return rc;
}

/* ---- vectors out of a file ---- */

struct rf_text_model {
    struct routefit_embedder *embedder;
    size_t dim;
    char sha256[RF_SHA256_HEX];
};

int rf_text_model_open(struct rf_text_model **out, const char *path, struct rf_err *err)
{
    struct rf_text_model *m = NULL;
    struct rf_buf bytes = { 0 };
    char why[ROUTEFIT_ERR];
    int rc;
    if ((rc = RF_NEW(m, 1, err)) || (rc = rf_file_read(path, 0, &bytes, err)) ||
        (rc = rf_sha256_hex_of(bytes.data, bytes.len, m->sha256, err)))
        goto out;
    if (routefit_embedder_load(&m->embedder, bytes.data, bytes.len, why)) {
        rc = rf_fail(err, RF_CORRUPT, "%s: %s", path, why);
        goto out;
    }
    m->dim = routefit_embedder_dim(m->embedder);
    *out = m;
    m = NULL;
out:
    rf_buf_release(&bytes);
    rf_text_model_free(m);
    return rc;
}

void rf_text_model_free(struct rf_text_model *m)
{
    if (m)
        routefit_embedder_free(m->embedder);
    rf_free(m);
}

size_t rf_text_model_dim(const struct rf_text_model *m)
{
    return m->dim;
}

const char *rf_text_model_sha256(const struct rf_text_model *m)
{
    return m->sha256;
}

struct embedding {
    const struct rf_text_model *model;
    const struct rf_str *text;
    size_t n;
    float *out;
    size_t *blank; /* [blocks] */
};

static int embed_block(void *ctx, size_t b, struct rf_err *err)
{
    const struct embedding *e = ctx;
    const size_t dim = e->model->dim, buckets = routefit_embedder_buckets(e->model->embedder);
    const size_t end = (b + 1) * RF_BLOCK_ROWS < e->n ? (b + 1) * RF_BLOCK_ROWS : e->n;
    struct routefit_features *pad = routefit_features_new(buckets);
    if (!pad)
        return no_pad(buckets, err);
    for (size_t i = b * RF_BLOCK_ROWS; i < end; i++) {
        float *x = e->out + i * dim;
        size_t k = 0;
        routefit_embed(e->model->embedder, pad, e->text[i].s, e->text[i].len, x);
        while (k < dim - ROUTEFIT_SHAPE && x[k] == 0)
            k++;
        e->blank[b] += k == dim - ROUTEFIT_SHAPE;
    }
    routefit_features_free(pad);
    return 0;
}

int rf_text_model_embed(const struct rf_text_model *m, const struct rf_str *text, size_t n, int threads, float *out,
                        size_t *blank, struct rf_err *err)
{
    const size_t blocks = rf_par_blocks(n);
    struct embedding e = { .model = m, .text = text, .n = n, .out = out };
    int rc;
    if ((rc = RF_NEW(e.blank, blocks, err)) || (rc = rf_par_run(blocks, threads, embed_block, &e, err)))
        goto out;
    for (size_t b = 0; b < blocks; b++)
        *blank += e.blank[b];
out:
    rf_free(e.blank);
    return rc;
}
