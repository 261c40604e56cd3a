/* Unit tests of ridge regression: the gradient is zero at its solution, with missing values, for every ridge. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/rng.h"
#include "near.h"
#include "train/ridge.h"

enum { N = 700, DIM = 9, TARGETS = 3, RIDGES = 2 };

static void gradient_is_zero(void **state)
{
    (void)state;
    static float x[N * DIM];
    static double y[N * TARGETS], w[RIDGES * TARGETS * (DIM + 1)];
    const double l2[RIDGES] = { 1e-6, 0.3 };
    struct rf_rng r;
    rf_rng_init(&r, 8, 0);
    for (size_t i = 0; i < N * DIM; i++)
        x[i] = (float)rf_rng_normal(&r);
    for (size_t i = 0; i < N; i++)
        for (size_t t = 0; t < TARGETS; t++)
            y[i * TARGETS + t] = rf_rng_below(&r, 5) < t ? (double)NAN : 2 + (double)x[i * DIM + t] + rf_rng_normal(&r);
    assert_int_equal(rf_ridge_fit(&(struct rf_ridge){ x, N, DIM, y, TARGETS, l2, RIDGES }, w, NULL), 0);
    for (size_t k = 0; k < RIDGES; k++)
        for (size_t t = 0; t < TARGETS; t++) {
            const double *const v = w + (k * TARGETS + t) * (DIM + 1);
            double g[DIM + 1] = { 0 };
            size_t n = 0;
            for (size_t i = 0; i < N; i++) {
                double e = v[DIM] - y[i * TARGETS + t];
                if (isnan(e))
                    continue;
                for (size_t j = 0; j < DIM; j++)
                    e += v[j] * (double)x[i * DIM + j];
                for (size_t j = 0; j < DIM; j++)
                    g[j] += e * (double)x[i * DIM + j];
                g[DIM] += e;
                n++;
            }
            for (size_t j = 0; j <= DIM; j++)
                assert_near(g[j] / (double)n + (j < DIM ? l2[k] * v[j] : 0), 0, 1e-10);
            assert_true(k > 0 || fabs(v[t] - 1) < 0.2); /* the planted weight is found again */
        }
}

static int open_blas(void **state)
{
    (void)state;
    return rf_blas_init(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(gradient_is_zero) };
    return cmocka_run_group_tests(tests, open_blas, NULL);
}
