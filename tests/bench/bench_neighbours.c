/* What searches among vectors cost, one thread, in processor time, on planted data: the neighbours of 1,000 queries
 * among 30,000 rows of 384 with the mean scores of 11 models, once and for RouterBench's 32 values of willingness to
 * pay; k-means of those rows; hull and area of 1,000 points of 11 curves. Floors: the product of queries and rows; that
 * of rows and centres for each pass; a sort of the points. Best of the rounds. With a folder as argument the inputs and
 * answers are left there as raw numbers, for a peer to be put beside. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/blas.h"
#include "core/hull.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"
#include "train/kmeans.h"
#include "train/neighbours.h"

enum { ROWS = 30000, QUERIES = 1000, DIM = 384, K = 40, MODELS = 11, VALUES = 32, CLUSTERS = 64, ROUNDS = 3 };
enum { POINTS = 1000, CURVES = 11, GROUPS = 96 };

static volatile double keep; /* so that nothing is optimised away */
static const char *folder;   /* NULL: none */

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int leave(const char *name, const void *data, size_t bytes)
{
    char path[4096];
    if (!folder)
        return 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const f = fopen(path, "wb");
    const int bad = !f || fwrite(data, 1, bytes, f) != bytes;
    return (f && fclose(f)) || bad;
}

/* Rows about some centres, of unit length. */
static void plant(float *x, size_t rows, uint64_t stream)
{
    struct rf_rng centre, noise;
    rf_rng_init(&noise, 1, stream);
    for (size_t i = 0; i < rows; i++) {
        double square = 0;
        rf_rng_init(&centre, 2, rf_rng_below(&noise, GROUPS));
        for (size_t j = 0; j < DIM; j++) {
            x[i * DIM + j] = (float)(rf_rng_normal(&centre) + 1.5 * rf_rng_normal(&noise));
            square += (double)x[i * DIM + j] * (double)x[i * DIM + j];
        }
        for (size_t j = 0; j < DIM; j++)
            x[i * DIM + j] = (float)((double)x[i * DIM + j] / sqrt(square));
    }
}

/* mean[QUERIES][MODELS] of the neighbours' scores. */
static void means(const uint32_t *near, const float *score, double *mean)
{
    for (size_t i = 0; i < QUERIES; i++) {
        double sum[MODELS] = { 0 };
        for (size_t k = 0; k < K; k++)
            for (size_t m = 0; m < MODELS; m++)
                sum[m] += (double)score[near[i * K + k] * MODELS + m];
        for (size_t m = 0; m < MODELS; m++)
            mean[i * MODELS + m] = sum[m] / K;
    }
}

/* The choices of all values of willingness to pay, at prices 1 .. MODELS. */
static void choose(const double *mean)
{
    for (int v = 0; v < VALUES; v++) {
        const double worth = pow(10, v - 10);
        for (size_t i = 0; i < QUERIES; i++) {
            size_t best = 0;
            for (size_t m = 1; m < MODELS; m++)
                if (worth * mean[i * MODELS + m] - (double)m > worth * mean[i * MODELS + best] - (double)best)
                    best = m;
            keep += (double)best;
        }
    }
}

static int bench_knn(const float *x, struct rf_err *err)
{
    float *q = NULL, *score = NULL, *product = NULL;
    uint32_t *near = NULL;
    double *mean = NULL, search = INFINITY, all = INFINITY, floor = INFINITY;
    struct rf_rng r;
    int rc;
    if ((rc = RF_NEW(q, QUERIES * DIM, err)) || (rc = RF_NEW(score, ROWS * MODELS, err)) ||
        (rc = RF_NEW(near, QUERIES * K, err)) || (rc = RF_NEW(mean, QUERIES * MODELS, err)) ||
        (rc = RF_NEW(product, QUERIES * 1024, err)))
        goto out;
    rf_rng_init(&r, 3, 0);
    plant(q, QUERIES, 1);
    for (size_t i = 0; i < ROWS * MODELS; i++)
        score[i] = (float)rf_rng_below(&r, 2);
    for (int i = 0; i < ROUNDS && !rc; i++) {
        const double from = cpu_seconds();
        rc = rf_neighbours(x, ROWS, q, QUERIES, DIM, K, 1, near, NULL, err);
        means(near, score, mean);
        search = fmin(search, cpu_seconds() - from);
        choose(mean);
        all = fmin(all, cpu_seconds() - from);
        const double start = cpu_seconds();
        for (size_t first = 0; first < ROWS; first += 1024)
            rf_sgemm(false, true, QUERIES, ROWS - first < 1024 ? ROWS - first : 1024, DIM, 1, q, DIM, x + first * DIM,
                     DIM, 0, product, 1024);
        floor = fmin(floor, cpu_seconds() - start);
    }
    printf("knn %d of %dx%d  %.1f ms  %.1f ms  %.2f\n", QUERIES, ROWS, DIM, search * 1e3, floor * 1e3, search / floor);
    printf("knn, %d values  %.1f ms  %.1f ms  %.2f\n", VALUES, all * 1e3, floor * 1e3, all / floor);
    if (leave("q.f32", q, QUERIES * DIM * sizeof *q) || leave("score.f32", score, ROWS * MODELS * sizeof *score) ||
        leave("near.u32", near, QUERIES * K * sizeof *near) || leave("mean.f64", mean, QUERIES * MODELS * sizeof *mean))
        rc = rf_fail(err, RF_IO, "cannot write to %s", folder);
out:
    rf_free(q);
    rf_free(score);
    rf_free(near);
    rf_free(mean);
    rf_free(product);
    return rc;
}

static int bench_kmeans(const float *x, struct rf_err *err)
{
    float *centre = NULL, *product = NULL;
    uint32_t *cluster = NULL;
    double took = INFINITY, floor = INFINITY, inertia = 0;
    int rc;
    if ((rc = RF_NEW(centre, CLUSTERS * DIM, err)) || (rc = RF_NEW(cluster, ROWS, err)) ||
        (rc = RF_NEW(product, ROWS * CLUSTERS, err)))
        goto out;
    for (int i = 0; i < ROUNDS && !rc; i++) {
        double from = cpu_seconds();
        rc =
            rf_kmeans(x, ROWS, DIM, &(struct rf_kmeans_options){ CLUSTERS, 100, 5, 1 }, centre, cluster, &inertia, err);
        took = fmin(took, cpu_seconds() - from);
        from = cpu_seconds();
        rf_sgemm(false, true, ROWS, CLUSTERS, DIM, 1, x, DIM, centre, DIM, 0, product, CLUSTERS);
        floor = fmin(floor, cpu_seconds() - from);
    }
    printf("k-means %dx%d to %d, inertia %.2f  %.1f ms  %.1f ms a pass  %.1f\n", ROWS, DIM, CLUSTERS, inertia,
           took * 1e3, floor * 1e3, took / floor);
    if (leave("centre.f32", centre, CLUSTERS * DIM * sizeof *centre) ||
        leave("cluster.u32", cluster, ROWS * sizeof *cluster))
        rc = rf_fail(err, RF_IO, "cannot write to %s", folder);
out:
    rf_free(centre);
    rf_free(product);
    rf_free(cluster);
    return rc;
}

static int bench_hull(struct rf_err *err)
{
    static struct rf_point point[CURVES][POINTS], hull[POINTS];
    static double cost[POINTS];
    double took = INFINITY, floor = INFINITY;
    struct rf_rng r;
    int rc = 0;
    rf_rng_init(&r, 4, 0);
    for (size_t c = 0; c < CURVES; c++)
        for (size_t i = 0; i < POINTS; i++) {
            const double u = rf_rng_uniform(&r);
            point[c][i] = (struct rf_point){ u, sqrt(u) - 0.05 * rf_rng_uniform(&r) };
        }
    for (int i = 0; i < 20 && !rc; i++) {
        double from = cpu_seconds();
        for (size_t c = 0; c < CURVES && !rc; c++) {
            size_t corners;
            if (!(rc = rf_hull(point[c], POINTS, hull, &corners, err)))
                keep += rf_hull_area(hull, corners, 1);
        }
        took = fmin(took, cpu_seconds() - from);
        from = cpu_seconds();
        for (size_t c = 0; c < CURVES; c++) {
            for (size_t k = 0; k < POINTS; k++)
                cost[k] = point[c][k].cost;
            rf_sort_doubles(cost, POINTS);
        }
        floor = fmin(floor, cpu_seconds() - from);
    }
    printf("hull and area, %d points of %d curves  %.3f ms  %.3f ms  %.1f\n", POINTS, CURVES, took * 1e3, floor * 1e3,
           took / floor);
    return rc;
}

int main(int argc, char **argv)
{
    struct rf_err err = { 0 };
    float *x = NULL;
    folder = argc > 1 ? argv[1] : NULL;
    int rc = rf_blas_init(&err);
    if (rc || (rc = RF_NEW(x, ROWS * DIM, &err)))
        goto out;
    plant(x, ROWS, 0);
    if (leave("x.f32", x, ROWS * DIM * sizeof *x))
        rc = rf_fail(&err, RF_IO, "cannot write to %s", folder);
    if (!rc && !(rc = bench_knn(x, &err)) && !(rc = bench_kmeans(x, &err)))
        rc = bench_hull(&err);
out:
    rf_free(x);
    if (rc)
        fprintf(stderr, "%s\n", err.msg);
    return rc ? 1 : 0;
}
