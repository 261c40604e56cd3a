/* Unit tests of eval/interval.h and eval/power.h: the normal distribution against tabled values, the three intervals
 * against closed forms and hand-computed cases, tests that are the intervals turned round. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "core/rng.h"
#include "eval/interval.h"
#include "eval/power.h"

static void near(double found, double expected, double within)
{
    if (!(fabs(found - expected) <= within))
        fail_msg("found %.17g, expected %.17g", found, expected);
}

/* Abramowitz & Stegun, table 26.1 and 26.5; the far tail by its asymptotic series. */
static void the_normal_distribution_is_the_tabled_one(void **state)
{
    (void)state;
    near(rf_normal_quantile(.975), 1.959963984540054, 1e-14);
    near(rf_normal_quantile(.95), 1.644853626951473, 1e-14);
    near(rf_normal_quantile(.8), .8416212335729143, 1e-14);
    near(rf_normal_quantile(1e-10), -6.361340902404056, 1e-13);
    assert_true(rf_normal_quantile(.5) == 0);
    assert_true(isinf(rf_normal_quantile(0)) && isinf(rf_normal_quantile(1)));
    for (double p = 1e-300; p < 1; p = p < 1e-3 ? p * 1e7 : p + .0137)
        near(rf_normal_cdf(rf_normal_quantile(p)) / p, 1, 1e-12);
}

enum { N = 999 };

static void symmetric(double *x)
{
    for (size_t i = 0; i < N; i++)
        x[N - 1 - i] = rf_normal_quantile((double)(i + 1) / (N + 1)) * 2 + 5;
}

/* Of a normal distribution around the value all three say value -+ z sd. */
static void the_kinds_agree_on_a_normal_distribution(void **state)
{
    (void)state;
    for (int kind = RF_INTERVAL_PERCENTILE; kind < RF_INTERVAL_KINDS; kind++) {
        double x[N], t[N];
        symmetric(x);
        for (size_t i = 0; i < N; i++)
            t[i] = (x[i] - 5) / 2;
        const struct rf_resamples s = { x, t, N, 5, { 5, 1 }, { 4, 0, 0 }, 0, 0 };
        const struct rf_tails p = rf_interval_tails(&s, (enum rf_interval_kind)kind, 5 - 2 * 1.959963984540054);
        near(p.below, .025, .0015);
        near(p.above, .976, .0015);
        const struct rf_interval i = rf_interval_of(&s, (enum rf_interval_kind)kind, .95);
        near(i.low, 5 - 2 * 1.96, .05);
        near(i.high, 5 + 2 * 1.96, .05);
        near(i.se, 2, .03);
    }
}

/* Resamples whose median lies above the value: BCa moves down by twice the shift in z, studentised mirrors. */
static void bias_and_acceleration_move_the_ends(void **state)
{
    (void)state;
    double x[N];
    symmetric(x); /* sd 2 around 5 */
    struct rf_resamples s = { x, NULL, N, 4, { 0, 0 }, { 0, 0, 0 }, 0, 0 };
    struct rf_interval i = rf_interval_of(&s, RF_INTERVAL_BCA, .95);
    near(i.low, 3 - 2 * 1.96, .4); /* few resamples lie so far out */ /* z0 = -1/2: ends at 2 z0 -+ z = 5 - 2 -+ 3.92 */
    near(i.high, 3 + 2 * 1.96, .05);
    symmetric(x);
    s.value = 5;
    s.acceleration = .1;
    i = rf_interval_of(&s, RF_INTERVAL_BCA, .95); /* z / (1 - a z) */
    near(i.low, 5 - 2 * 1.96 / 1.196, .05);
    near(i.high, 5 + 2 * 1.96 / .804, .1);
}

/* Errors that grow with the number: the upper end of bootstrap-t lies further off. */
static void studentised_resamples_take_their_own_errors(void **state)
{
    (void)state;
    double x[5] = { 8, 9, 10, 12, 15 }, t[5] = { -2, -1, 0, .5, 1 };
    const struct rf_resamples s = { x, t, 5, 10, { 10, 1 }, { 4, 0, 0 }, 0, 0 };
    /* low = 10 - 2 q(.75), high = 10 - 2 q(.25) */
    const struct rf_interval i = rf_interval_of(&s, RF_INTERVAL_STUDENT, .5);
    near(i.low, 10 - 2 * .5, 1e-15);
    near(i.high, 10 + 2 * 1, 1e-15);
    near(i.se, sqrt(6.16), 1e-12);
}

static void a_test_is_the_interval_turned_round(void **state)
{
    (void)state;
    struct rf_rng r;
    rf_rng_init(&r, 8, 0);
    for (int kind = RF_INTERVAL_PERCENTILE; kind < RF_INTERVAL_KINDS; kind++) {
        double x[N], again[N], pivot[N], pivots[N];
        for (size_t i = 0; i < N; i++) {
            const double z = rf_rng_normal(&r);
            again[i] = x[i] = 1 + z + .2 * z * z;
            pivots[i] = pivot[i] = (x[i] - 1.1) / exp(.2 * z);
        }
        const struct rf_resamples s = { x, pivot, N, 1.1, { 2.2, 2 }, { 5, .1, .02 }, .03, 0 };
        const struct rf_resamples t = { again, pivots, N, 1.1, { 2.2, 2 }, { 5, .1, .02 }, .03, 0 };
        const struct rf_interval i = rf_interval_of(&s, (enum rf_interval_kind)kind, .9);
        const struct rf_tails low = rf_interval_tails(&t, (enum rf_interval_kind)kind, i.low);
        const struct rf_tails high = rf_interval_tails(&t, (enum rf_interval_kind)kind, i.high);
        near(low.below, .05, .003);
        near(high.above, .05, .003);
    }
}

static void what_is_not_defined_has_no_interval(void **state)
{
    (void)state;
    double x[100];
    for (size_t i = 0; i < 100; i++)
        x[i] = i < 3 ? (double)NAN : (double)i;
    const struct rf_resamples s = { x, NULL, 100, 50, { 0, 0 }, { 0, 0, 0 }, 0, 0 };
    assert_true(isnan(rf_interval_tails(&s, RF_INTERVAL_PERCENTILE, 20).below));
    assert_true(isnan(rf_interval_of(&s, RF_INTERVAL_PERCENTILE, .95).low));
    for (size_t i = 0; i < 100; i++)
        x[i] = i < 2 ? (double)NAN : (double)i;
    assert_true(rf_interval_of(&s, RF_INTERVAL_PERCENTILE, .95).low < 6);
    double one[3] = { 1, 1, 1 };
    const struct rf_resamples constant = { one, NULL, 3, 1, { 0, 0 }, { 0, 0, 0 }, 0, 0 };
    const struct rf_interval i = rf_interval_of(&constant, RF_INTERVAL_BCA, .95);
    assert_true(i.low == 1 && i.high == 1 && i.se == 0);
}

/* A known bias counts where the median shows less, and the skewness of a sum stands for its acceleration. */
static void a_known_bias_and_skewness_correct(void **state)
{
    (void)state;
    double x[N];
    symmetric(x);
    struct rf_resamples s = { x, NULL, N, 5, { 0, 0 }, { 0, 0, 0 }, NAN, 1 };
    struct rf_interval i = rf_interval_of(&s, RF_INTERVAL_BCA, .95); /* sd 2: z0 = -1/2 */
    near(i.high, 3 + 2 * 1.96, .05);
    s.bias = 0;
    s.acceleration = 0;
    i = rf_interval_of(&s, RF_INTERVAL_BCA, .95);
    near(i.high, 5 + 2 * 1.96, .05);
    near(rf_half_bias(1, 1.2), .2 / .587401, 1e-6);
    struct rf_rng r;
    double squares[4 * N]; /* of normal numbers, sums of 50: skewness sqrt(8 / 50), so an acceleration of .0667 */
    rf_rng_init(&r, 4, 4);
    for (size_t k = 0; k < 4 * N; k++) {
        squares[k] = 0;
        for (int j = 0; j < 50; j++) {
            const double z = rf_rng_normal(&r);
            squares[k] += z * z;
        }
    }
    struct rf_resamples chi = { squares, NULL, 4 * N, 50, { 0, 0 }, { 0, 0, 0 }, NAN, 0 };
    const double by_skewness = rf_interval_of(&chi, RF_INTERVAL_BCA, .95).high;
    chi.acceleration = sqrt(8. / 50) / 6;
    near(by_skewness, rf_interval_of(&chi, RF_INTERVAL_BCA, .95).high, .8);
    chi.acceleration = 0;
    assert_true(by_skewness > rf_interval_of(&chi, RF_INTERVAL_BCA, .95).high + 1);
}

/* Fieller's interval by hand: top 4, bottom 2, errors 1 and 1/2 without covariance, q = -+2: (4 - x 2)^2 = 4 (1 + x^2 /
 * 4), so x = (16 -+ sqrt(256 - 144)) / 6. With q = -+4 the bottom may be 0, and there is none. */
static void a_ratios_interval_is_fiellers(void **state)
{
    (void)state;
    double x[3] = { 1, 2, 3 }, t[3] = { -2, 0, 2 };
    struct rf_resamples s = { x, t, 3, 2, { 4, 2 }, { 1, 0, .25 }, 0, 0 };
    const struct rf_interval i = rf_interval_of(&s, RF_INTERVAL_STUDENT, 1);
    near(i.low, (16 - sqrt(112)) / 6, 1e-12);
    near(i.high, (16 + sqrt(112)) / 6, 1e-12);
    t[2] = 4;
    assert_true(isnan(rf_interval_of(&s, RF_INTERVAL_STUDENT, 1).low));
}

/* (1.959964 + .841621)^2 = 7.8489 (the textbook's constant). */
static void power_is_the_textbook_one(void **state)
{
    (void)state;
    near(rf_power_detectable(1, .95), 2.801585, 1e-6);
    near(rf_power_of(rf_power_detectable(.3, .95), .3, .95), .8, 1e-4);
    near(rf_power_of(0, 1, .95), .05, 1e-12);
    assert_true(rf_power_needed(.5, .1, 100, .95, 0) == ceil(100 * 7.848879734 * .04));
    assert_true(isinf(rf_power_needed(0, .1, 100, .95, 0)) && isinf(rf_power_needed_equivalent(.2, .2, .1, 50, .95)));
    /* z(.95) + z(.9) = 1.644854 + 1.281552 */
    assert_true(rf_power_needed_equivalent(0, .1, .1, 100, .95) == ceil(100 * 8.563847));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_normal_distribution_is_the_tabled_one),
        cmocka_unit_test(the_kinds_agree_on_a_normal_distribution),
        cmocka_unit_test(bias_and_acceleration_move_the_ends),
        cmocka_unit_test(studentised_resamples_take_their_own_errors),
        cmocka_unit_test(a_test_is_the_interval_turned_round),
        cmocka_unit_test(what_is_not_defined_has_no_interval),
        cmocka_unit_test(a_known_bias_and_skewness_correct),
        cmocka_unit_test(a_ratios_interval_is_fiellers),
        cmocka_unit_test(power_is_the_textbook_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
