/* A short sorted list of the nearest centroids; one pass over a column for the means. */
#include "train/cluster.h"

#include <math.h>
#include <string.h>

#include "train/rows.h"

size_t rf_clusters_weigh(const struct rf_clusters *c, const float *x, uint32_t *which, double *weight)
{
    double near[RF_CLUSTER_TOP + 1], all = 0;
    size_t n = 0;
    const double length = rf_row_norm(x, c->dim), inverse = length > 0 ? 1 / length : 0;
    for (size_t k = 0; k < c->k; k++) {
        const float *const centre = c->centre + k * c->dim;
        double d = 0;
        for (size_t i = 0; i < c->dim; i++) {
            const double e = (double)x[i] * inverse - (double)centre[i];
            d += e * e;
        }
        size_t at = n;
        for (; at > 0 && d < near[at - 1]; at--) {
            near[at] = near[at - 1];
            which[at] = which[at - 1];
        }
        near[at] = d;
        which[at] = (uint32_t)k;
        n += n < c->top;
    }
    for (size_t i = 0; i < n; i++)
        all += weight[i] = exp(-c->beta * (sqrt(near[i]) - sqrt(near[0])));
    for (size_t i = 0; i < n; i++)
        weight[i] /= all;
    return n;
}

static double times(const struct rf_cluster_rows *rows, size_t i)
{
    return rows->count ? rows->count[i * rows->count_stride] : 1;
}

void rf_clusters_mean(const struct rf_cluster_rows *rows, size_t k, const double *column, size_t stride, double all,
                      double shrink, double *room, double *mean)
{
    double *const sum = room, *const weight = room + k;
    for (size_t c = 0; c < k; c++) {
        sum[c] = shrink * all;
        weight[c] = shrink;
    }
    for (size_t i = 0; i < rows->n; i++) {
        const double v = column[i * stride], w = times(rows, i);
        if (isnan(v))
            continue;
        sum[rows->cluster[i]] += w * v;
        weight[rows->cluster[i]] += w;
    }
    for (size_t c = 0; c < k; c++)
        mean[c] = weight[c] > 0 ? sum[c] / weight[c] : all;
}

double rf_clusters_mean_all(const struct rf_cluster_rows *rows, const double *column, size_t stride)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < rows->n; i++) {
        const double v = column[i * stride], w = times(rows, i);
        if (isnan(v))
            continue;
        sum += w * v;
        weight += w;
    }
    return weight > 0 ? sum / weight : (double)NAN;
}
