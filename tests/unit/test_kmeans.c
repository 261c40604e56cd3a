/* Unit tests of k-means: every row with its nearest centre, every centre the mean of its rows, planted clusters found,
 * repeated rows, the same for any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/rng.h"
#include "near.h"
#include "train/kmeans.h"

enum { ROWS = 1800, DIM = 5, K = 6 };

static float x[ROWS * DIM];

static double distance(const float *a, const float *b)
{
    double d = 0;
    for (size_t i = 0; i < DIM; i++)
        d += pow((double)a[i] - (double)b[i], 2);
    return d;
}

static void rows_and_centres_belong_together(void **state)
{
    (void)state;
    static float centre[3][K * DIM];
    static uint32_t cluster[3][ROWS];
    double inertia[3], sum = 0;
    for (int i = 0; i < 3; i++)
        assert_int_equal(rf_kmeans(x, ROWS, DIM, &(struct rf_kmeans_options){ K, 100, 3, 1 << i }, centre[i],
                                   cluster[i], &inertia[i], NULL),
                         0);
    for (int i = 1; i < 3; i++) {
        assert_memory_equal(centre[i], centre[0], sizeof centre[0]);
        assert_memory_equal(cluster[i], cluster[0], sizeof cluster[0]);
    }
    for (size_t c = 0; c < K; c++) {
        double mean[DIM] = { 0 };
        size_t n = 0;
        for (size_t i = 0; i < ROWS; i++)
            if (cluster[0][i] == c) {
                n++;
                for (size_t j = 0; j < DIM; j++)
                    mean[j] += (double)x[i * DIM + j];
            }
        assert_int_equal(n, ROWS / K); /* the planted ones */
        for (size_t j = 0; j < DIM; j++)
            assert_near(centre[0][c * DIM + j], mean[j] / (double)n, 1e-5);
    }
    for (size_t i = 0; i < ROWS; i++) {
        const double own = distance(x + i * DIM, centre[0] + cluster[0][i] * DIM);
        sum += own;
        for (size_t c = 0; c < K; c++)
            assert_true(own <= distance(x + i * DIM, centre[0] + c * DIM) + 1e-4);
    }
    assert_near(inertia[0] / sum, 1, 1e-4);
}

static void as_many_clusters_as_rows_and_repeated_rows(void **state)
{
    (void)state;
    const float v[] = { 0, 0, 0, 0, 1, 1, 5, 5 };
    float centre[8];
    uint32_t cluster[4];
    double inertia;
    assert_int_equal(rf_kmeans(v, 4, 2, &(struct rf_kmeans_options){ 4, 50, 1, 1 }, centre, cluster, &inertia, NULL),
                     0);
    assert_near(inertia, 0, 1e-6);
    for (size_t i = 0; i < 4; i++)
        assert_true(cluster[i] < 4);
    assert_int_equal(rf_kmeans(v, 4, 2, &(struct rf_kmeans_options){ 1, 50, 1, 1 }, centre, cluster, &inertia, NULL),
                     0);
    assert_near(centre[0], 1.5, 1e-6);
}

static int plant(void **state)
{
    (void)state;
    struct rf_rng r;
    rf_rng_init(&r, 4, 0);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < DIM; j++)
            x[i * DIM + j] =
                (float)(rf_rng_normal(&r) * 0.3 + ((i % K) >> (j % 3) & 1 ? 4 : -4) + (j == 4 ? (double)(i % K) : 0));
    return rf_blas_init(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_and_centres_belong_together),
        cmocka_unit_test(as_many_clusters_as_rows_and_repeated_rows),
    };
    return cmocka_run_group_tests(tests, plant, NULL);
}
