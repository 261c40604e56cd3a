/* What the clusters of a cluster router do, at the fit and when a model is added: the weights of the centroids nearest
 * to a vector, and means per cluster. The scoring pair has the same rules (core/routefit_score.h: cluster). */
#ifndef RF_TRAIN_CLUSTER_H
#define RF_TRAIN_CLUSTER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_CLUSTER_TOP = 16 }; /* most centroids that a prompt reads, in the pair too */

struct rf_clusters {
    size_t k, dim;
    const float *centre; /* [k][dim], borrowed */
    size_t top;          /* centroids that a prompt reads, 1..RF_CLUSTER_TOP */
    double beta;         /* weights are e^(-beta distance), normed to sum 1 */
};

/* The centroids nearest to x[dim] / |x|, nearest first (ties: the lower one), and their weights; returns how many:
 * min(top, k). which, weight: room for RF_CLUSTER_TOP + 1. */
size_t rf_clusters_weigh(const struct rf_clusters *c, const float *x, uint32_t *which, double *weight);

/* Rows with their clusters. */
struct rf_cluster_rows {
    size_t n;
    const uint32_t *cluster; /* [n] */
    const uint8_t *count;    /* count[i * count_stride] = how often row i counts; NULL: once */
    size_t count_stride;
};
/* mean[k]: of column[i * stride] over the rows i < n of each cluster[i], with `shrink` >= 0 rows of the value `all` in
 * each. NaN is missing; a cluster without any has `all`.
 * room[2 k]. */
void rf_clusters_mean(const struct rf_cluster_rows *rows, size_t k, const double *column, size_t stride, double all,
                      double shrink, double *room, double *mean);
/* Mean of the same rows together; NaN where none is known. */
double rf_clusters_mean_all(const struct rf_cluster_rows *rows, const double *column, size_t stride);

#ifdef __cplusplus
}
#endif
#endif
