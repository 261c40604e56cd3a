/* `fit cluster --add`: a new model joins a file of clusters as one vector, its means per cluster over some 50 to 200
 * scored prompts (UniRoute, arXiv 2502.08773); the clusters and the other models' tables stay as they are. Refuses: a
 * model that the file has already, fewer than 50 scored prompts, vectors of another embedder than the file's. */
#ifndef RF_TRAIN_CLUSTER_ADD_H
#define RF_TRAIN_CLUSTER_ADD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/cli.h"
#include "core/err.h"
#include "core/opt.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_cluster_add {
    const char *model;  /* its name in the results */
    const char *to;     /* the file that it joins */
    const char *output; /* the file to write; NULL is refused */
    bool force;
    struct rf_list bench, source; /* where its scores are */
    double shrink;                /* prompts of its average score that stand in every cluster, >= 0 */
    int64_t sample;               /* scored prompts used at most, >= 50; chosen by ctx->seed */
    int64_t resamples;            /* of them, for the interval; > 0 */
};

int rf_cluster_add(struct rf_ctx *ctx, const struct rf_cluster_add *o, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
