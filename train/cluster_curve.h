/* What a model that joined a cluster file does to its curve of cost against quality: AIQ without and with it, and the
 * interval that the few prompts behind its vector leave, by resampling them. */
#ifndef RF_TRAIN_CLUSTER_CURVE_H
#define RF_TRAIN_CLUSTER_CURVE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "train/cluster.h"

#ifdef __cplusplus
extern "C" {
#endif

/* All borrowed. The new model is the last of `models`. */
struct rf_cluster_curve {
    struct rf_clusters clusters;
    struct rf_cluster_rows rows;          /* the prompts behind the vector; count NULL */
    const double *y, *paid;               /* [rows.n] the model's score and cost there, NaN: unknown cost */
    double shrink;                        /* >= 0 */
    size_t questions, models;             /* of the curve */
    const float *const *x;                /* [questions] their vectors */
    const double *score, *cost;           /* [questions][models] predicted, the last column not looked at */
    const double *true_score, *true_cost; /* [questions][models]; NULL: the predictions are taken for the truth */
    size_t resamples;                     /* > 0 */
    uint64_t seed;
    int threads;
};
struct rf_cluster_gain {
    double before, after, low, high; /* AIQ: area under the non-decreasing hull, flat to the mean cost of the dearest
                                        model, / that cost; 95% percentile interval of `after`; NaN where no cost is
                                        above 0 */
};
int rf_cluster_curve(const struct rf_cluster_curve *c, struct rf_cluster_gain *gain, struct rf_err *err);

/* The vector itself: score[k], cost[k] of the new model over the rows as counted. room[2 k]. */
void rf_cluster_vector(const struct rf_cluster_rows *rows, size_t k, const double *y, const double *paid, double shrink,
                       double *room, double *score, double *cost);

#ifdef __cplusplus
}
#endif
#endif
