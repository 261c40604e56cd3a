/* Unit tests of exact nearest neighbours: against brute force, with ties and near-ties, for any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/rng.h"
#include "train/neighbours.h"

enum { ROWS = 1500, QUERIES = 600, DIM = 24, K = 7 };

static float x[ROWS * DIM], q[QUERIES * DIM];

static double distance(const float *a, const float *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < DIM; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return rint((1 - ab / (sqrt(aa) * sqrt(bb))) * 1e12);
}

static void check_query(const float *query, const uint32_t *near)
{
    static bool taken[ROWS];
    memset(taken, 0, sizeof taken);
    for (size_t k = 0; k < K; k++) {
        size_t best = ROWS;
        for (size_t r = 0; r < ROWS; r++)
            if (!taken[r] && (best == ROWS || distance(x + r * DIM, query) < distance(x + best * DIM, query)))
                best = r;
        assert_int_equal(near[k], best);
        taken[best] = true;
    }
}

static void neighbours_are_those_of_brute_force(void **state)
{
    (void)state;
    static uint32_t near[3][QUERIES * K];
    static double far[QUERIES * K];
    for (int i = 0; i < 3; i++)
        assert_int_equal(rf_neighbours(x, ROWS, q, QUERIES, DIM, K, 1 << i, near[i], i ? far : NULL, NULL), 0);
    assert_memory_equal(near[1], near[0], sizeof near[0]);
    assert_memory_equal(near[2], near[0], sizeof near[0]);
    for (size_t i = 0; i < QUERIES * K; i += 7)
        assert_true(fabs(far[i] - distance(x + near[0][i] * DIM, q + i / K * DIM)) <= 1);
    for (size_t i = 0; i < QUERIES; i += 23)
        check_query(q + i * DIM, near[0] + i * K);
    check_query(q, near[0]); /* whose row stands in the matrix a hundred times */
}

static void all_rows_may_be_asked_for(void **state)
{
    (void)state;
    uint32_t near[3];
    const float v[] = { 1, 0, 0, 1, 1, 1 }, query[] = { 0.1F, 2 };
    assert_int_equal(rf_neighbours(v, 3, query, 1, 2, 3, 1, near, NULL, NULL), 0);
    assert_int_equal(near[0], 1);
    assert_int_equal(near[1], 2);
    assert_int_equal(near[2], 0);
}

static void rows_of_any_length_have_the_same_neighbours(void **state)
{
    (void)state;
    static float scaled[ROWS * DIM];
    static uint32_t near[2][20 * K];
    assert_int_equal(rf_neighbours(x, ROWS, q, 20, DIM, K, 1, near[0], NULL, NULL), 0);
    for (size_t i = 0; i < ROWS * DIM; i++)
        scaled[i] = x[i] * (i / DIM % 3 == 0 ? 0x1p-110F : i / DIM % 3 == 1 ? 0x1p110F : 1);
    assert_int_equal(rf_neighbours(scaled, ROWS, q, 20, DIM, K, 1, near[1], NULL, NULL), 0);
    assert_memory_equal(near[1], near[0], sizeof near[0]);
}

static int fill(void **state)
{
    (void)state;
    struct rf_rng r;
    rf_rng_init(&r, 5, 0);
    for (size_t i = 0; i < ROWS * DIM; i++)
        x[i] = (float)rf_rng_normal(&r);
    for (size_t i = 0; i < QUERIES * DIM; i++)
        q[i] = (float)rf_rng_normal(&r);
    for (size_t i = 0; i < 100; i++) { /* repeated rows, some of another length, some off by rounding */
        memcpy(x + (7 + 13 * i) * DIM, q, DIM * sizeof *q);
        for (size_t j = 0; j < DIM && i % 3; j++)
            x[(7 + 13 * i) * DIM + j] *= i % 3 == 1 ? 2.0F : 1.7F;
    }
    return rf_blas_init(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_those_of_brute_force),
        cmocka_unit_test(all_rows_may_be_asked_for),
        cmocka_unit_test(rows_of_any_length_have_the_same_neighbours),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
