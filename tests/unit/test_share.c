/* Unit tests of core/share.h: the beta distribution against sums of binomials, and published intervals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "core/share.h"
#include "near.h"

static double binomial_tail(size_t k, size_t n, double x) /* P(at least k of n) */
{
    double sum = 0;
    for (size_t i = k; i <= n; i++)
        sum += exp(lgamma((double)n + 1) - lgamma((double)i + 1) - lgamma((double)(n - i) + 1) + (double)i * log(x) +
                   (double)(n - i) * log1p(-x));
    return sum;
}

static void the_beta_distribution_is_a_sum_of_binomials(void **state)
{
    (void)state;
    static const size_t n[] = { 1, 2, 7, 40, 500 };
    for (size_t i = 0; i < sizeof n / sizeof *n; i++)
        for (size_t k = 1; k <= n[i]; k += 1 + n[i] / 9)
            for (double x = .01; x < 1; x += .07)
                assert_near(rf_beta_cdf(x, (double)k, (double)(n[i] - k) + 1), binomial_tail(k, n[i], x), 1e-11);
    for (double x = 0; x <= 1; x += .125) {
        assert_near(rf_beta_cdf(x, 2.5, 1), pow(x, 2.5), 1e-14);
        assert_near(rf_beta_cdf(x, .5, .5), 2 / acos(-1) * asin(sqrt(x)), 1e-13);
        assert_near(rf_beta_cdf(x, 3e5, 7e5) + rf_beta_cdf(1 - x, 7e5, 3e5), 1, 1e-9);
    }
}

static void quantiles_undo_the_distribution(void **state)
{
    (void)state;
    static const double shape[] = { .3, 1, 4.5, 120, 1e4 };
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 5; j++)
            for (double p = .001; p < 1; p += .111)
                assert_near(rf_beta_cdf(rf_beta_quantile(p, shape[i], shape[j]), shape[i], shape[j]), p, 1e-10);
    assert_near(rf_beta_quantile(0, 2, 3), 0, 1e-300);
    assert_near(rf_beta_quantile(1, 2, 3), 1, 0);
}

static void clopper_pearson_intervals(void **state)
{
    (void)state;
    double low, high;
    rf_share_interval(0, 10, .95, &low, &high);
    assert_near(low, 0, 0);
    assert_near(high, 1 - pow(.025, .1), 1e-14);
    rf_share_interval(10, 10, .95, &low, &high);
    assert_near(low, pow(.025, .1), 1e-14);
    assert_near(high, 1, 0);
    rf_share_interval(1, 10, .95, &low, &high); /* as R's binom.test prints them */
    assert_near(low, .002528579, 1e-9);
    assert_near(high, .4450161, 1e-7);
    rf_share_interval(5, 10, .95, &low, &high);
    assert_near(low, .1870860, 1e-7);
    assert_near(high, .8129140, 1e-7);
    for (size_t k = 1; k < 30; k++) { /* each end is where the count would just be surprising */
        rf_share_interval(k, 30, .9, &low, &high);
        assert_near(binomial_tail(k, 30, low), .05, 1e-12);
        assert_near(1 - binomial_tail(k + 1, 30, high), .05, 1e-12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_beta_distribution_is_a_sum_of_binomials),
        cmocka_unit_test(quantiles_undo_the_distribution),
        cmocka_unit_test(clopper_pearson_intervals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
