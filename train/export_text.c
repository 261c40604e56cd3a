/* A router behind its text embedder becomes one weight per n-gram bucket: nothing between the features and the win rate
 * is anything but linear. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/rng.h"
#include "core/sha256.h"
#include "train/export.h"
#include "train/whole.h"

enum { TEXTS = 1000, MOST_WORDS = 60, MOST_LETTERS = 9 };

/* The collapsed router, and what its file is made of. */
struct collapsed {
    size_t buckets;
    float *weight; /* [buckets] */
    int8_t *whole; /* [buckets], whole[i] * scale is about weight[i] */
    float scale, bias, shape[ROUTEFIT_SHAPE];
};

static void collapsed_release(struct collapsed *c)
{
    rf_free(c->weight);
    rf_free(c->whole);
}

/* The router was fitted on the vectors of one embedder; another one's give nonsense. */
static int check_embedder(const struct rf_export *e, const char *path, const struct rf_buf *bytes,
                          const struct routefit_embedder *embedder, struct rf_err *err)
{
    const char *const wanted = routefit_meta(e->router, "routefit.embedder_sha256");
    char found[RF_SHA256_HEX];
    int rc = rf_sha256_hex_of(bytes->data, bytes->len, found, err);
    if (rc)
        return rc;
    if (routefit_input(e->router) != ROUTEFIT_VECTOR)
        return rf_fail(err, RF_USAGE,
                       "%s: found a router on text, expected one on vectors: it needs no embedder any more", e->path);
    if (routefit_embedder_dim(embedder) != routefit_dim(e->router))
        return rf_fail(err, RF_BAD_INPUT, "%s: found vectors of width %zu, expected the %zu of %s", path,
                       routefit_embedder_dim(embedder), routefit_dim(e->router), e->path);
    if (wanted && strcmp(wanted, found))
        return rf_fail(
            err, RF_BAD_INPUT,
            "%s: found the digest %.12s..., expected %.12s...: %s was fitted on the vectors of another embedder file",
            path, found, wanted, e->path);
    return 0;
}

static int collapse(struct collapsed *c, const struct rf_export *e, const struct routefit_embedder *embedder,
                    struct rf_err *err)
{
    double *w = NULL, *bucket = NULL, shape[ROUTEFIT_SHAPE], intercept, added;
    int rc;
    c->buckets = routefit_embedder_buckets(embedder);
    if ((rc = rf_export_linear(e, &w, &intercept, err)) || (rc = RF_NEW(bucket, c->buckets, err)) ||
        (rc = RF_NEW(c->weight, c->buckets, err)) || (rc = RF_NEW(c->whole, c->buckets, err)))
        goto out;
    routefit_embedder_collapse(embedder, w, bucket, shape, &added);
    for (size_t i = 0; i < c->buckets; i++)
        c->weight[i] = (float)bucket[i];
    for (int k = 0; k < ROUTEFIT_SHAPE; k++)
        c->shape[k] = (float)shape[k];
    c->bias = (float)(intercept + added);
    c->scale = rf_whole_weights(c->weight, c->buckets, c->whole);
out:
    rf_free(w);
    rf_free(bucket);
    return rc;
}

/* The weight file as bytes, of whole numbers or floats. */
static int build(const struct collapsed *c, const struct rf_export *e, bool whole, struct rf_buf *bytes,
                 struct rf_err *err)
{
    struct rf_meta meta[3 + RF_EXPORT_CARRIED] = { { "routefit.kind", "logistic" },
                                                   { "routefit.input", "text" },
                                                   { "routefit.features", ROUTEFIT_FEATURES } };
    const struct rf_tensor t[] = {
        { "weight", whole ? RF_I8 : RF_F32, 1, { c->buckets }, whole ? (const void *)c->whole : c->weight },
        { "shape_weight", RF_F32, 1, { ROUTEFIT_SHAPE }, c->shape },
        { "bias", RF_F32, 1, { 1 }, &c->bias },
        { "weight_scale", RF_F32, 1, { 1 }, &c->scale }
    };
    return rf_safetensors_build(t, whole ? 4 : 3, meta, rf_export_carry(e, meta, 3), bytes, err);
}

/* Words of random letters: features that no text of the training data had. */
static int invent(struct rf_rng *r, struct rf_buf *text, struct rf_err *err)
{
    text->len = 0;
    int rc = 0;
    for (uint32_t words = 1 + rf_rng_below(r, MOST_WORDS); words-- && !rc;) {
        char word[MOST_LETTERS + 1];
        uint32_t n = 0;
        for (const uint32_t letters = 1 + rf_rng_below(r, MOST_LETTERS); n < letters; n++)
            word[n] = (char)('a' + rf_rng_below(r, 26));
        word[n] = ' ';
        rc = rf_buf_add(text, word, n + 1, err);
    }
    return rc;
}

/* The next text to compare: 1, 0 at the end, or an rf_code. */
static int next_text(struct rf_input *texts, struct rf_rng *r, size_t done, struct rf_buf *buf, struct rf_str *text,
                     struct rf_err *err)
{
    uint64_t line;
    if (texts)
        return rf_input_line(texts, text, &line, err);
    if (done == TEXTS)
        return 0;
    const int rc = invent(r, buf, err);
    *text = (struct rf_str){ buf->data, buf->len };
    return rc ? rc : 1;
}

/* Both files through the pair, text by text. */
static int compare(const struct rf_buf *a, const struct rf_buf *b, size_t buckets, struct rf_input *texts,
                   uint64_t seed, struct rf_exported *out, struct rf_err *err)
{
    struct routefit_router *x = NULL, *y = NULL;
    struct routefit_features *pad = routefit_features_new(buckets);
    struct rf_buf buf = { 0 };
    struct rf_str text;
    struct rf_rng r;
    char why[ROUTEFIT_ERR] = "out of memory";
    int rc;
    rf_rng_init(&r, seed, 0);
    if (!pad || routefit_load(&x, a->data, a->len, NULL, why) || routefit_load(&y, b->data, b->len, NULL, why)) {
        rc = rf_fail(err, RF_FAIL, "cannot compare the weights: %s", why);
        goto out;
    }
    out->difference = 0;
    while ((rc = next_text(texts, &r, out->texts, &buf, &text, err)) > 0) {
        const double p = routefit_win_rate_text(x, pad, text.s, text.len),
                     q = routefit_win_rate_text(y, pad, text.s, text.len);
        out->difference = fmax(out->difference, fabs(p - q));
        out->texts++;
    }
out:
    routefit_free(x);
    routefit_free(y);
    routefit_features_free(pad);
    rf_buf_release(&buf);
    return rc;
}

int rf_export_text(const struct rf_export *e, const char *embedder, bool whole, struct rf_input *texts, uint64_t seed,
                   const char *path, bool force, struct rf_exported *out, struct rf_err *err)
{
    struct routefit_embedder *net = NULL;
    struct rf_buf file = { 0 }, real = { 0 }, small = { 0 };
    struct collapsed c = { 0 };
    char why[ROUTEFIT_ERR];
    int rc = rf_file_read(embedder, 0, &file, err);
    if (rc)
        goto out;
    if (routefit_embedder_load(&net, file.data, file.len, why)) {
        rc = rf_fail(err, RF_CORRUPT, "%s: %s", embedder, why);
        goto out;
    }
    if ((rc = check_embedder(e, embedder, &file, net, err)) || (rc = collapse(&c, e, net, err)) ||
        (rc = build(&c, e, false, &real, err)) || (whole && (rc = build(&c, e, true, &small, err))))
        goto out;
    const struct rf_buf *const chosen = whole ? &small : &real;
    *out = (struct rf_exported){ c.buckets, chosen->len, NAN, 0 };
    if (whole && (rc = compare(&real, &small, c.buckets, texts, seed, out, err)))
        goto out;
    rc = rf_file_write(path, force, chosen->data, chosen->len, NULL, err);
out:
    routefit_embedder_free(net);
    rf_buf_release(&file);
    rf_buf_release(&real);
    rf_buf_release(&small);
    collapsed_release(&c);
    return rc;
}
