/* Weights of a fitted router in other shapes: RouteLLM's folder, one vector, one weight per n-gram bucket. Reads
 * routers through the scoring pair and writes through core/safetensors. Refuses: a router without the parts that a
 * shape needs, an embedder of another width or another digest. */
#ifndef RF_TRAIN_EXPORT_H
#define RF_TRAIN_EXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/input.h"
#include "core/mem.h"
#include "core/routefit_score.h"
#include "core/safetensors.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A weight file in memory, with its router. Zero-initialise. */
struct rf_export {
    const char *path;    /* borrowed */
    struct rf_buf bytes; /* the file; the tensors point into it */
    struct routefit_tensors *tensors;
    struct routefit_router *router;
    const char *strong,
        *weak; /* the models that it compares, in the caller's pick or in the file; NULL: rows without names */
};
/* pick: which two rows of an mf file; NULL: as the file says. RF_CORRUPT with the pair's reason. */
int rf_export_open(struct rf_export *e, const char *path, const struct routefit_pick *pick, struct rf_err *err);
void rf_export_release(struct rf_export *e);

/* What was written, for people. */
struct rf_exported {
    size_t dim;        /* weights of the vector, or buckets */
    size_t bytes;      /* of the weight file */
    double difference; /* largest difference of win rates between int8 and float weights; NaN: not int8 */
    size_t texts;      /* texts compared for it */
};

/* dir (made where absent): model.safetensors with P.weight, text_proj.0.weight and classifier.0.weight; config.json;
 * and models.json, the names in row order, where the file knows them. RF_USAGE for a router that is no mf. */
int rf_export_routellm(const struct rf_export *e, const char *dir, bool force, struct rf_exported *out,
                       struct rf_err *err);
/* One logistic router on the same vectors, float32. */
int rf_export_vector(const struct rf_export *e, const char *path, bool force, struct rf_exported *out,
                     struct rf_err *err);
/* The router behind its text embedder (a file) as one logistic router on text. whole: weights as int8 with one scale;
 * then *out says what that costs on the lines of `texts` (an open input), or on generated texts where it is NULL. */
int rf_export_text(const struct rf_export *e, const char *embedder, bool whole, struct rf_input *texts, uint64_t seed,
                   const char *path, bool force, struct rf_exported *out, struct rf_err *err);

/* What the three shapes share: metadata that the new file takes over, behind the n entries of meta (room for
 * RF_EXPORT_CARRIED more); the new number of entries. */
enum { RF_EXPORT_CARRIED = 4 };
size_t rf_export_carry(const struct rf_export *e, struct rf_meta *meta, size_t n);

/* w[dim] (the caller's to free) and the intercept of the router as one linear function. RF_USAGE: its kind is none. */
int rf_export_linear(const struct rf_export *e, double **w, double *intercept, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
