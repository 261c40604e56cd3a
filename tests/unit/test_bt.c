/* Unit tests of train/bt.h: the optimum's own conditions, models without a finite rating, tiers against brute force. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/rng.h"
#include "core/stats.h"
#include "near.h"
#include "train/bt.h"

enum { N = 12 };

static void fill(double *win, uint64_t seed)
{
    struct rf_rng r;
    rf_rng_init(&r, seed, 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            win[i * N + j] = i == j ? 0 : rf_rng_below(&r, 40) / 2.0;
}

static void expected_wins_equal_the_observed_ones(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    double win[N * N], rating[N], mean = 0;
    size_t rated;
    fill(win, 1);
    assert_int_equal(rf_bt_fit(N, win, rating, &rated, &err), 0);
    assert_int_equal(rated, N);
    for (size_t i = 0; i < N; i++) {
        double observed = 0, expected = 0;
        for (size_t j = 0; j < N; j++) {
            const double games = win[i * N + j] + win[j * N + i];
            observed += win[i * N + j];
            expected += games * rf_sigmoid((rating[i] - rating[j]) * log(10) / 400);
        }
        assert_near(expected, observed, 1e-9);
        mean += rating[i] / N;
    }
    assert_near(mean, 1000, 1e-9);
}

static void two_models_have_the_closed_form(void **state)
{
    (void)state;
    const double win[4] = { 0, 30, 10, 0 };
    double rating[2];
    size_t rated;
    assert_int_equal(rf_bt_fit(2, win, rating, &rated, NULL), 0);
    assert_near(rating[0] - rating[1], 400 * log10(3), 1e-9);
}

static void lopsided_records_converge(void **state)
{
    (void)state;
    const double win[9] = { 0, 1e6, 1, 1, 0, 1e6, 1e-3, 1, 0 };
    double rating[3];
    size_t rated;
    struct rf_err err = { 0 };
    assert_int_equal(rf_bt_fit(3, win, rating, &rated, &err), 0);
    assert_int_equal(rated, 3);
    double observed = 1e6 + 1, expected = 0;
    for (size_t j = 1; j < 3; j++)
        expected += (win[j] + win[j * 3]) * rf_sigmoid((rating[0] - rating[j]) * log(10) / 400);
    assert_near(expected, observed, 1e-6);
}

static void unbounded_models_get_no_rating(void **state)
{
    (void)state;
    double win[N * N], rating[N], alone[N];
    size_t rated;
    fill(win, 2);
    for (size_t j = 0; j < N; j++) {
        win[j * N + 3] = 0; /* 3 never loses, 7 never wins, 9 never plays */
        win[7 * N + j] = 0;
        win[9 * N + j] = win[j * N + 9] = 0;
    }
    assert_int_equal(rf_bt_fit(N, win, rating, &rated, NULL), 0);
    assert_int_equal(rated, N - 3);
    for (size_t i = 0; i < N; i++)
        assert_int_equal(isnan(rating[i]), i == 3 || i == 7 || i == 9);
    for (size_t j = 0; j < N; j++)
        win[3 * N + j] = win[j * N + 7] = 0; /* their battles do not count for the others */
    assert_int_equal(rf_bt_fit(N, win, alone, &rated, NULL), 0);
    for (size_t i = 0; i < N; i++)
        if (!isnan(rating[i]))
            assert_near(alone[i], rating[i], 1e-9);
}

static void one_way_records_rate_nobody(void **state)
{
    (void)state;
    const double win[9] = { 0, 5, 5, 0, 0, 5, 0, 0, 0 };
    double rating[3];
    int tier[3];
    size_t rated = 9;
    assert_int_equal(rf_bt_fit(3, win, rating, &rated, NULL), 0);
    assert_int_equal(rated, 0);
    assert_true(isnan(rating[0]) && isnan(rating[1]) && isnan(rating[2]));
    assert_int_equal(rf_bt_tiers(3, rating, RF_TIERS, tier, NULL), 0);
    assert_true(tier[0] == -1 && tier[2] == -1);
}

static double spread(const double *down, const int *group, size_t n, int groups)
{
    double total = 0;
    for (int g = 0; g < groups; g++) {
        double mean = 0, sum = 0, count = 0;
        for (size_t i = 0; i < n; i++)
            if (group[i] == g) {
                mean += down[i];
                count++;
            }
        for (size_t i = 0; i < n; i++)
            if (group[i] == g)
                sum += (down[i] - mean / count) * (down[i] - mean / count);
        total += count > 0 ? sum / count : 0;
    }
    return total;
}

/* All ways to cut 9 sorted ratings into 4 groups. */
static void tiers_have_the_least_spread(void **state)
{
    (void)state;
    enum { R = 9, T = 4 };
    struct rf_rng r;
    rf_rng_init(&r, 5, 0);
    for (int again = 0; again < 20; again++) {
        double rating[R], best = INFINITY;
        int tier[R], group[R];
        for (size_t i = 0; i < R; i++)
            rating[i] = 2000 - 100 * (double)i - 90 * rf_rng_uniform(&r);
        assert_int_equal(rf_bt_tiers(R, rating, T, tier, NULL), 0);
        for (unsigned cuts = 0; cuts < 1u << (R - 1); cuts++) {
            if (__builtin_popcount(cuts) != T - 1)
                continue;
            group[0] = 0;
            for (size_t i = 1; i < R; i++)
                group[i] = group[i - 1] + (int)(cuts >> (i - 1) & 1);
            best = fmin(best, spread(rating, group, R, T));
        }
        assert_near(spread(rating, tier, R, T), best, 1e-9 * best);
    }
}

static void few_models_leave_tiers_unused(void **state)
{
    (void)state;
    const double rating[4] = { 900, NAN, 1100, 1000 };
    int tier[4];
    assert_int_equal(rf_bt_tiers(4, rating, RF_TIERS, tier, NULL), 0);
    assert_int_equal(tier[2], 0);
    assert_int_equal(tier[1], -1);
    assert_true(tier[2] < tier[3] && tier[3] < tier[0] && tier[0] < RF_TIERS);
}

static void votes_are_counted_by_weight_and_side(void **state)
{
    (void)state;
    struct rf_battle battle[] = {
        { .a = 0, .b = 1, .winner = RF_WINS_A, .weight = 1 },
        { .a = 1, .b = 0, .winner = RF_WINS_B, .weight = 2 },
        { .a = 0, .b = 2, .winner = RF_TIE, .weight = 3 },
        { .a = 2, .b = 1, .winner = RF_BOTH_BAD, .weight = 1 },
        { .a = 1, .b = 2, .winner = RF_WINS_A, .weight = 1, .valid = true },
    };
    const struct rf_votes v = { .battle = battle, .n = 5, .models = 3 };
    const double want[9] = { 0, 3, 1.5, 0, 0, 0.5, 1.5, 0.5, 0 };
    double win[9] = { 0 };
    rf_bt_count(&v, win);
    for (size_t i = 0; i < 9; i++)
        assert_near(win[i], want[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expected_wins_equal_the_observed_ones),
        cmocka_unit_test(two_models_have_the_closed_form),
        cmocka_unit_test(lopsided_records_converge),
        cmocka_unit_test(unbounded_models_get_no_rating),
        cmocka_unit_test(one_way_records_rate_nobody),
        cmocka_unit_test(tiers_have_the_least_spread),
        cmocka_unit_test(few_models_leave_tiers_unused),
        cmocka_unit_test(votes_are_counted_by_weight_and_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
