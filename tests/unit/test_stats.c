/* Unit tests of core/stats.h. */
#include <setjmp.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"

static void logistic_does_not_overflow(void **state)
{
    (void)state;
    assert_true(rf_sigmoid(0) == .5);
    assert_true(rf_sigmoid(1e308) == 1 && rf_sigmoid(-1e308) == 0);
    assert_true(rf_sigmoid(-700) > 0 && rf_sigmoid(-700) < 1e-300);
    assert_true(rf_softplus(1e308) == 1e308 && rf_softplus(-1e308) == 0);
    assert_true(fabs(rf_softplus(0) - log(2)) < 1e-16);
    for (double x = -30; x <= 30; x += .25) {
        assert_true(fabs(rf_sigmoid(x) + rf_sigmoid(-x) - 1) < 1e-15);
        assert_true(fabs(rf_softplus(x) - rf_softplus(-x) - x) < 1e-13);
        const double slope = (rf_softplus(x + 1e-5) - rf_softplus(x - 1e-5)) / 2e-5;
        assert_true(fabs(slope - rf_sigmoid(x)) < 1e-8);
    }
}

static void quantile_interpolates_as_numpy_does(void **state)
{
    (void)state;
    const double x[] = { 1, 2, 4, 8 };
    assert_true(rf_quantile_sorted(x, 4, 0) == 1);
    assert_true(rf_quantile_sorted(x, 4, 1) == 8);
    assert_true(rf_quantile_sorted(x, 4, .5) == 3);
    assert_true(rf_quantile_sorted(x, 1, .7) == 1);
    /* numpy.quantile's own results, where a fused multiply-add would differ in the last bit */
    const double y[] = { .03, .73, .86 }, z[] = { .23, .48, .8 };
    assert_true(rf_quantile_sorted(y, 3, .2) == 0.30999999999999994);
    assert_true(rf_quantile_sorted(z, 3, .9) == 0.736);
}

static void sorted(const double *x, const double *old, const size_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_true(x[i] == old[order[i]]);
        if (i)
            assert_true(x[i - 1] < x[i] || (x[i - 1] == x[i] && order[i - 1] < order[i]));
    }
}

static void sorts_agree_short_long_and_without_memory(void **state)
{
    (void)state;
    enum { N = 5000 };
    static double x[N], old[N];
    static size_t order[N];
    struct rf_rng r;
    rf_rng_init(&r, 5, 0);
    for (int kind = 0; kind < 4; kind++)
        for (size_t n = 0; n <= N; n = n * 3 + 1) {
            for (size_t i = 0; i < n; i++)
                old[i] = kind == 0   ? rf_rng_normal(&r) * 1e10
                         : kind == 1 ? (double)rf_rng_below(&r, 4) - 2
                         : kind == 2 ? (rf_rng_below(&r, 2) ? 0. : -0.)
                                     : rf_rng_uniform(&r);
            if (n > 2 && kind == 0) {
                old[0] = INFINITY;
                old[1] = -INFINITY;
            }
            memcpy(x, old, sizeof x);
            rf_mem_fail_at(n % 2, true); /* every second size without memory */
            rf_sort_doubles(x, n);
            rf_argsort(old, n, order);
            rf_mem_fail_at(0, false);
            sorted(x, old, order, n);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logistic_does_not_overflow),
        cmocka_unit_test(quantile_interpolates_as_numpy_does),
        cmocka_unit_test(sorts_agree_short_long_and_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
