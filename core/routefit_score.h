/* routefit_score: load a router's weights and score prompts. Two files, C99, libc and libm only: copy them into your
 * program.
 *
 *     struct routefit_router *r;
 *     char err[ROUTEFIT_ERR];
 *     if (routefit_load_file(&r, "router.safetensors", NULL, err)) { fprintf(stderr, "%s\n", err); exit(1); }
 *     double p = routefit_win_rate(r, vector);              // P(strong beats weak), 0..1
 *     const char *model = p >= threshold ? strong : weak;
 *
 * Every function is free of global state: one router may be read by any number of threads at once.
 * Refuses: weight files with a hole, an overlap, a tail, a wrong length, a non-finite weight or a wrong checksum. */
#ifndef ROUTEFIT_SCORE_H
#define ROUTEFIT_SCORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds of router, one word each. train/ joins the same list with its halves, so a forgotten half does not link. */
#define ROUTEFIT_KINDS(X) X(logistic) X(mf) X(sw) X(ngram) X(knn) X(linear) X(cluster) X(svr) X(mlp)

enum { ROUTEFIT_ERR = 256 };

/* ---- safetensors, read strictly (github.com/huggingface/safetensors, README "Format"; rules in routefit_score.c) ----
 */

enum routefit_dtype {
    ROUTEFIT_F64,
    ROUTEFIT_F32,
    ROUTEFIT_F16,
    ROUTEFIT_BF16,
    ROUTEFIT_I64,
    ROUTEFIT_I32,
    ROUTEFIT_I16,
    ROUTEFIT_I8,
    ROUTEFIT_U8,
    ROUTEFIT_BOOL
};
enum { ROUTEFIT_MAX_RANK = 8 };

struct routefit_tensor {
    const char *name; /* NUL-terminated, owned by the file */
    enum routefit_dtype dtype;
    size_t rank; /* 0..ROUTEFIT_MAX_RANK */
    size_t shape[ROUTEFIT_MAX_RANK];
    size_t count;              /* product of shape */
    const unsigned char *data; /* little-endian, maybe unaligned, inside the caller's bytes */
};

struct routefit_tensors; /* a parsed file; borrows the caller's bytes */
/* bytes must outlive *out. 0, or -1 with err filled (offset, what was found, what was expected). */
int routefit_tensors_open(struct routefit_tensors **out, const void *bytes, size_t n, char err[ROUTEFIT_ERR]);
size_t routefit_tensors_count(const struct routefit_tensors *f);
const struct routefit_tensor *routefit_tensors_at(const struct routefit_tensors *f, size_t i);
const struct routefit_tensor *routefit_tensors_find(const struct routefit_tensors *f,
                                                    const char *name);                /* NULL: absent */
const char *routefit_tensors_meta(const struct routefit_tensors *f, const char *key); /* NULL: absent */
/* The i-th key of the metadata, and its value; NULL: there are no more. */
const char *routefit_tensors_meta_at(const struct routefit_tensors *f, size_t i, const char **value);
/* Copies a tensor into out[count] as float (F32, F16, BF16, I8 and F64). 0, or -1 where an element is not finite or the
 * type is another. */
int routefit_tensor_floats(const struct routefit_tensor *t, float *out, char err[ROUTEFIT_ERR]);
void routefit_tensors_close(struct routefit_tensors *f); /* NULL is fine */

/* ---- text features: hashed word and character n-grams, and the text's shape ----
 * Defined on bytes, version "rf-text-1", frozen. Capitals A-Z are folded to a-z; bytes >= 0x80 are letters as they are.
 * Words are the longest runs of [a-z0-9\x80-\xff]. The n-grams of a text:
 *   characters: every 3, 4 and 5 bytes in a row of " word " (one blank at both ends), never across words;
 *   words: every word, and every two words in a row.
 * Each gives a key of 64 bits (arithmetic modulo 2^64): n bytes b: 256 * (b[0] * 256^(n-1) + ... + b[n-1]) + n;
 * a word: h, from h = 1 by h = h * A + byte for each byte; two words: h(first) * B + h(second).
 * bucket = the top bits of mix(key), where mix(x) = (y ^ y >> 32) * B, y = x * A, A = 0x243f6a8885a308d3 and B =
 * 0xb7e151628aed2a6b (the fractions of pi and e). value = (1 + ln count) / sqrt(sum over buckets of (1 + ln count)^2).
 * A text without words has no entry. */

#define ROUTEFIT_FEATURES      "rf-text-1"
#define ROUTEFIT_FEATURES_TASK "rf-text-1, task-1" /* and the task that the prompt belongs to */
enum { ROUTEFIT_BUCKETS = 32768, ROUTEFIT_SHAPE = 8 };

struct routefit_features; /* a scratch pad for one thread */
/* buckets: a power of two in [256, 2^22]. NULL: no memory or a wrong number. */
struct routefit_features *routefit_features_new(size_t buckets);
void routefit_features_free(struct routefit_features *f);
/* The features of text[n] (any bytes; the first 2^30 count). Results stay in f until the next call: *bucket[i]
 * ascending and distinct, *value[i] > 0 with unit Euclidean length, i < the returned count; *shape[ROUTEFIT_SHAPE]:
 * ln(1+bytes), ln(1+words), ln(1+line feeds), the shares of digits, of capitals, of ASCII punctuation and of bytes >=
 * 0x80 among the bytes, ln(1+bytes of the longest word); all finite. */
size_t routefit_features_of(struct routefit_features *f, const char *text, size_t n, const uint32_t **bucket,
                            const float **value, const float **shape);

/* ---- text embedder: an affine map of the features ----
 * vector = projection' features + shape part; file: tensors "projection" [buckets][dim] (F16 or F32; IDF folded in),
 * "shape_mean", "shape_scale" [ROUTEFIT_SHAPE] F32 (vector tail of ROUTEFIT_SHAPE entries (shape - mean) * scale);
 * metadata "routefit.kind" = "text-embedder", "routefit.features" = ROUTEFIT_FEATURES. Width = dim + ROUTEFIT_SHAPE. */

struct routefit_embedder;
int routefit_embedder_load(struct routefit_embedder **out, const void *bytes, size_t n,
                           char err[ROUTEFIT_ERR]); /* copies what it needs */
void routefit_embedder_free(struct routefit_embedder *e);
size_t routefit_embedder_dim(const struct routefit_embedder *e); /* width of its vectors */
size_t routefit_embedder_buckets(const struct routefit_embedder *e);
/* out[dim] = the vector of text[n]; f: a pad of the same number of buckets. A text without n-grams gives the shape part
 * alone. */
void routefit_embed(const struct routefit_embedder *e, struct routefit_features *f, const char *text, size_t n,
                    float *out);
/* Folds a linear function of the vectors, w[dim], into one of the features: bucket_w[buckets], shape_w[ROUTEFIT_SHAPE],
 * and what is added to the intercept. */
void routefit_embedder_collapse(const struct routefit_embedder *e, const double *w, double *bucket_w, double *shape_w,
                                double *bias);

/* ---- routers ----
 * A router of one pair gives the chance that the strong model's answer beats the weak one's. A router among many models
 * predicts every model's score and cost; of any two of them it is a router of one pair too, by the logit 4 (predicted
 * score of strong - of weak) / score range, which is 0 (a win rate of .5) where it expects the same of both.
 *
 * Weight files (metadata "routefit.kind", "routefit.input", "routefit.strong", "routefit.weak", "routefit.embedder",
 * "routefit.embedder_sha256", "routefit.features"):
 *   logistic, input "vector": "weight" [dim], "bias" [1] (F32 or F64): logit = weight . x + bias
 *   logistic, input "text":   "weight" [buckets] (F32 or I8 with "weight_scale" [1]), "shape_weight" [ROUTEFIT_SHAPE]
 * F32, "bias" [1]
 *
 *   ngram, input "text": the same; and with "routefit.features" = ROUTEFIT_FEATURES_TASK metadata "routefit.tasks"
 * (JSON list of names, none twice) and "task_weight" [tasks] F32: the logit of a prompt of one of these tasks has its
 * weight added
 *
 *   mf, input "vector": "P.weight" [models][k], "text_proj.0.weight" [k][dim], "classifier.0.weight" [1][k], metadata
 * "routefit.models" (JSON list of the names in row order): logit = c . ((P_s/|P_s| - P_w/|P_w|) * (W x)) (RouteLLM,
 * routers/matrix_factorization/model.py); with "text_proj.0.bias" [k] it is W x + bias (RouteLLM's paper). A file
 * without "routefit.kind" but with the three mf tensors is RouteLLM's own; the caller then names the two rows.
 *
 *   sw, input "vector": "vectors" [rows][dim], "vote_row", "vote_a", "vote_b" (tiers 0..9), "vote_share" (2: a wins, 1:
 * a tie, 0), "vote_weight" [n], "tier" [models], metadata "routefit.models" and "routefit.rule" (clean, compat):
 * similarity- weighted ranking, a Bradley-Terry model of the tiers for every prompt (RouteLLM,
 * routers/similarity_weighted); logit = strength of strong's tier - of weak's. Every call reads all vectors and takes
 * memory for one number a row.
 *
 * Routers among many models have "routefit.models" and "score_range" [1] (largest less smallest training score):
 *
 *   knn, input "vector": "vectors" [n][dim], none all zero, "scores" [n][models], maybe "known" [n][models] (I8: 0
 * marks a missing score), "mean_score" and "mean_cost" [models], maybe "costs" [n][models], metadata "routefit.k": the
 * mean over the k rows of greatest cosine whose score is known (RouterBench, routers/knn_router.py); cosines are
 * compared to 12 decimals, ties go to the lower row; where none is known, mean_score. Cost: the mean over the same
 * rows, or mean_cost. With "guard" [6] and metadata "routefit.guard" (a model, the baseline) another model is trusted
 * with a prompt only where the nearest row's cosine is above 0 and at least guard[0], at least guard[2] of the k rows
 * with guard[1] times that cosine or more are scored for both models, and mean - guard[3] sqrt(max(variance,
 * guard[5]^2) / n) >= -guard[4] over their n differences of score in units of the range (rule:
 * github.com/experientiallabs/experiential, routing/decision.py). One that is not trusted is predicted no better and no
 * cheaper than the baseline. Of a pair the strong model is the baseline, and its logit is 4 where the weak one is not
 * trusted.
 *
 *   linear and svr, input "vector": "weight" [models][dim] and "bias" [models], "cost_weight" and "cost_bias" alike:
 * score and cost are weight . x + bias, the cost at least 0.
 *
 *   mlp, input "vector": "hidden.0.weight" [models][units][dim] and "hidden.0.bias" [models][units], maybe
 * "hidden.1.weight" [models][units][units before] and so on up to hidden.2, "output.weight" [models][units] and
 * "output.bias" [models], "cost_weight" and "cost_bias" as of linear: a network for each model, of rectified linear
 * units max(0, weight . x + bias) and one linear output, the score (RouterBench, routers/mlp_router.py). Without
 * "routefit.models" the file has one network, whose output is the logit of one pair, and no score_range and costs.
 *
 *   cluster, input "vector": "centroids" [k][dim], "scores" and "costs" [k][models], "beta" [1], metadata
 * "routefit.top": the mean of the tables of the `top` centroids nearest to x / |x|, weighed by e^(-beta distance) (top
 * 1: UniRoute, arXiv 2502.08773; top 3, beta 9: Avengers-Pro, arXiv 2508.12631). */

/* Recalibration: any of these files may say how the win rates of its pair are mended, in metadata
 * "routefit.recalibration". Another pair cannot be picked then. l is the logit that the router gives by itself.
 *   platt: "recalibration.platt" [2], a > 0 and b: the win rate's log odds are a l + b (Platt 1999). It keeps the order
 * of win rates, and becomes part of the weights of a router that is one linear function.
 *   isotonic: "recalibration.logit" [knots], ascending, and "recalibration.win_rate" [knots], from 0 to 1 and not
 * falling: the win rate is straight between the knots and level beyond them. It may make win rates equal. Such a router
 * is no linear function, and where its win rate is 0 or 1 its logit is infinite. */

enum routefit_input { ROUTEFIT_VECTOR, ROUTEFIT_TEXT };

/* Which two models of a file with several are compared; zero-initialise for "as the file says". Names win over ids. */
struct routefit_pick {
    const char *strong, *weak; /* names out of "routefit.models", or NULL */
    int use_ids;               /* nonzero: take the row numbers below */
    size_t strong_id, weak_id;
};

struct routefit_router;
int routefit_load(struct routefit_router **out, const void *bytes, size_t n, const struct routefit_pick *pick,
                  char err[ROUTEFIT_ERR]); /* copies what it needs; pick may be NULL */
int routefit_load_file(struct routefit_router **out, const char *path, const struct routefit_pick *pick,
                       char err[ROUTEFIT_ERR]);
void routefit_free(struct routefit_router *r); /* NULL is fine */

const char *routefit_kind(const struct routefit_router *r); /* "logistic", "mf", ... */
enum routefit_input routefit_input(const struct routefit_router *r);
size_t routefit_dim(const struct routefit_router *r); /* width of the vectors; number of buckets for text */
const char *routefit_meta(const struct routefit_router *r, const char *key); /* metadata of the file; NULL: absent */

/* ln(p / (1 - p)) of the win rate p, and p itself, for one vector x[dim]. NaN where x holds one, and for a router among
 * many models of which neither the file nor the pick names the pair. */
double routefit_logit(const struct routefit_router *r, const float *x);
double routefit_win_rate(const struct routefit_router *r, const float *x);
/* n vectors in the rows of x[n][dim]; p[n]. */
void routefit_win_rates(const struct routefit_router *r, const float *x, size_t n, double *p);
/* For text routers; f: a pad of routefit_dim(r) buckets. */
double routefit_win_rate_text(const struct routefit_router *r, struct routefit_features *f, const char *text, size_t n);
/* The same of a prompt whose task is known by name; NULL, or a task that the router has not seen: as without one. */
double routefit_win_rate_task(const struct routefit_router *r, struct routefit_features *f, const char *text, size_t n,
                              const char *task);
size_t routefit_tasks(const struct routefit_router *r); /* 0: the router takes no notice of tasks */
/* The router as one linear function of the vector: w[dim] and the intercept. 0, or -1 for a kind that is none (knn,
 * mlp), and after an isotonic recalibration. */
int routefit_linear(const struct routefit_router *r, double *w, double *bias);

/* ---- routers among many models ---- */
enum { ROUTEFIT_MOST_MODELS = 1024 };
size_t routefit_models(const struct routefit_router *r);               /* 0: a router of one pair */
const char *routefit_model(const struct routefit_router *r, size_t i); /* its name, owned by r; i < routefit_models */
/* 1: it has a win rate; 0: it is a router among many models, and neither the file nor the pick names a pair. */
int routefit_compares(const struct routefit_router *r);
/* The predicted score of every model's answer, on the scale of the training scores, and its cost in US dollars:
 * score[models], cost[models] (NULL: not wanted). 0, or -1 for a router of one pair. */
int routefit_predict(const struct routefit_router *r, const float *x, double *score, double *cost);
/* The same for x[n][dim], bit by bit: score[n][models], cost[n][models] (NULL: not wanted). Faster for kNN. */
int routefit_predict_many(const struct routefit_router *r, const float *x, size_t n, double *score, double *cost);

#ifdef __cplusplus
}
#endif
#endif
