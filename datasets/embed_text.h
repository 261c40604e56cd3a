/* The built-in text embedder: TF-IDF over the pair's hashed n-grams, cut down to `dim` directions by the truncated SVD
 * and saved as the affine map that core/routefit_score.h describes; and the vectors of texts out of such a file, by the
 * pair's own code. Nothing non-linear stands between features and vector. Refuses: no texts, texts without a single
 * n-gram. */
#ifndef RF_DATASETS_EMBED_TEXT_H
#define RF_DATASETS_EMBED_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/sha256.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_text_fit_options {
    size_t dim;        /* directions kept, >= 1; fewer where the texts have a lower rank */
    size_t buckets;    /* of the hash: a power of two, 256 .. 2^22 */
    size_t iterations; /* of the SVD, >= 1 */
    double shape;      /* >= 0: mean squared norm of the shape part; that of the n-gram part is 1 */
    bool f32;          /* save the projection as F32, else F16 */
    bool force;        /* write over an existing file */
    uint64_t seed;
    int threads; /* >= 1; no influence on the file */
};

struct rf_text_fit {
    size_t dim;                 /* directions kept */
    size_t texts;               /* fitted on */
    size_t seen;                /* buckets that hold an n-gram of them */
    double captured;            /* share of the squared TF-IDF entries within the kept directions, 0..1 */
    char sha256[RF_SHA256_HEX]; /* of the file */
};

/* Fits on text[n] and writes the file. inverse document frequency: ln((1 + n) / (1 + df)) + 1. One constant scales the
 * projection so that the mean squared norm of the n-gram part is 1 over text[n]. */
int rf_text_fit(const struct rf_str *text, size_t n, const struct rf_text_fit_options *o, const char *path,
                struct rf_text_fit *fit, struct rf_err *err);

/* A loaded file. */
struct rf_text_model;
int rf_text_model_open(struct rf_text_model **out, const char *path, struct rf_err *err);
void rf_text_model_free(struct rf_text_model *m);                /* NULL is fine */
size_t rf_text_model_dim(const struct rf_text_model *m);         /* width of its vectors: directions and shape */
const char *rf_text_model_sha256(const struct rf_text_model *m); /* of the file, hex */
/* out[n][dim] = the vectors of text[n]; *blank += those whose n-gram part is zero: no words, or none that fitting saw.
 */
int rf_text_model_embed(const struct rf_text_model *m, const struct rf_str *text, size_t n, int threads, float *out,
                        size_t *blank, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
