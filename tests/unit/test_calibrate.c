/* Unit tests of eval/floor.h and eval/drift.h: promises that hold as often as they say, and distances by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "core/rng.h"
#include "core/stats.h"
#include "eval/drift.h"
#include "eval/floor.h"
#include "near.h"

enum { N = 300 };

struct made {
    double score[N], strong[N], weak[N];
};

/* Right or wrong answers; weak loses `gap` on prompts whose score lies above 1/2, and nothing below. */
static void make(struct made *m, uint64_t seed, double gap)
{
    struct rf_rng rng;
    rf_rng_init(&rng, seed, 0);
    for (size_t i = 0; i < N; i++) {
        const double right = .7, u = rf_rng_uniform(&rng);
        m->score[i] = rf_rng_uniform(&rng);
        m->strong[i] = u < right;
        m->weak[i] = u < right - (m->score[i] > .5 ? gap : 0);
    }
}

static struct rf_floor find(const struct made *m, const struct rf_floor_options *o, double *threshold)
{
    const struct rf_scored s = { N, m->score, m->strong, m->weak };
    struct rf_curve c = { 0 };
    struct rf_floor f;
    assert_int_equal(rf_curve_init(&c, &s, NULL), 0);
    assert_int_equal(rf_floor_find(&c, o, &f, NULL), 0);
    *threshold = c.threshold[f.vertex];
    rf_curve_release(&c);
    return f;
}

/* The mean of the bets' capitals, from the definition. */
static double p_at(const struct made *m, const struct rf_floor_options *o, double threshold)
{
    const double most = o->keep * o->high - o->low - o->loss;
    double mean = 0;
    for (int b = 0; b < 24; b++) {
        double capital = 1;
        for (size_t i = 0; i < N; i++)
            capital *=
                1 + .99 / most * pow(2, -.75 * b) *
                        ((m->score[i] >= threshold ? m->strong[i] : m->weak[i]) - o->keep * m->strong[i] + o->loss);
        mean += capital / 24;
    }
    return 1 / mean;
}

static void the_walk_stops_at_the_first_threshold_that_is_not_certain(void **state)
{
    (void)state;
    static const struct rf_floor_options o = { .keep = .9, .loss = 0, .low = 0, .high = 1, .delta = .05 };
    struct made m;
    double t;
    make(&m, 1, .5);
    const struct rf_floor f = find(&m, &o, &t);
    assert_true(f.certain);
    assert_near(f.p, p_at(&m, &o, t), 1e-9);
    double next = INFINITY; /* the lowest score above t: strong answers one prompt less */
    for (size_t i = 0; i < N; i++) {
        if (m.score[i] > t)
            next = fmin(next, m.score[i]);
        if (m.score[i] <= t)
            assert_true(p_at(&m, &o, m.score[i]) <= o.delta);
    }
    assert_true(p_at(&m, &o, next) > o.delta);
}

/* Among made data whose weak model is just not good enough, the threshold must seldom be so high that the promise
 * breaks. */
static void the_promise_fails_as_seldom_as_it_says(void **state)
{
    (void)state;
    /* quality at threshold t > 1/2: strong .7 - .4 (t - 1/2) ; the promise .7 * .9 breaks above t = 1/2 + .07 / .4 */
    static const struct rf_floor_options o = { .keep = .9, .loss = 0, .low = 0, .high = 1, .delta = .1 };
    enum { TRIALS = 1000 };
    int broken = 0, useful = 0;
    for (uint64_t k = 0; k < TRIALS; k++) {
        struct made m;
        double t;
        make(&m, 100 + k, .4);
        const struct rf_floor f = find(&m, &o, &t);
        if (!f.certain)
            continue;
        broken += t > .5 + .07 / .4;
        useful += t > .4;
    }
    assert_true(broken <= .1 * TRIALS + 3 * sqrt(.1 * .9 * TRIALS));
    assert_true(useful > TRIALS / 2); /* and it is no empty promise */
}

static void too_few_prompts_are_told(void **state)
{
    (void)state;
    static const struct rf_floor_options o = { .keep = .99, .loss = 0, .low = 0, .high = 1, .delta = .01 };
    struct made m;
    double t;
    make(&m, 3, .5);
    const struct rf_floor f = find(&m, &o, &t);
    assert_false(f.certain);
    assert_true(f.prompts > N && f.prompts < 10 * N);
    static const struct rf_floor_options exact = { .keep = 1, .loss = 0, .low = 0, .high = 1, .delta = .05 };
    const struct rf_floor never = find(&m, &exact, &t); /* nothing can show that strong is not below itself */
    assert_false(never.certain);
    assert_int_equal(never.prompts, 0);
    static const struct rf_floor_options wide = { .keep = 1, .loss = 1, .low = 0, .high = 1, .delta = .05 };
    const struct rf_floor any = find(&m, &wide, &t);
    assert_true(any.certain && any.vertex == 0);
}

static void scores_outside_of_the_range_are_refused(void **state)
{
    (void)state;
    static const struct rf_floor_options o = { .keep = .9, .loss = 0, .low = 0, .high = .5, .delta = .05 };
    struct made m;
    make(&m, 4, .5);
    const struct rf_scored s = { N, m.score, m.strong, m.weak };
    struct rf_curve c = { 0 };
    struct rf_floor f;
    struct rf_err err = { 0 };
    assert_int_equal(rf_curve_init(&c, &s, NULL), 0);
    assert_int_equal(rf_floor_find(&c, &o, &f, &err), RF_BAD_INPUT);
    rf_curve_release(&c);
}

static void distances_by_hand(void **state)
{
    (void)state;
    double old[20], new[20];
    struct rf_drift d;
    for (int i = 0; i < 20; i++) {
        old[i] = i;
        new[i] = i + 10;
    }
    rf_drift_of(old, 20, new, 20, &d);
    assert_near(d.ks, .5, 1e-15);
    assert_int_equal(d.bins, 10);
    /* edges 1.9, 3.8, ..., 17.1: two old ones each; the new ones from 10: 0 0 0 0 0 2 2 2 2 12 */
    const double empty = (.025 - .1) * log(.025 / .1), last = (.6 - .1) * log(.6 / .1);
    assert_near(d.psi, 5 * empty + last, 1e-12);
    assert_near(d.psi_expected, 9. / 10, 1e-15);
    /* sqrt(10) = 3.1623; (3.1623 + .12 + .0348) / 2 = 1.65853; 2 (e^-2x² - e^-8x²) */
    assert_near(d.ks_p, 2 * (exp(-2 * 1.65853 * 1.65853) - exp(-8 * 1.65853 * 1.65853)), 1e-5);
    rf_drift_of(old, 20, old, 20, &d);
    assert_near(d.ks, 0, 0);
    assert_near(d.ks_p, 1, 0);
    assert_near(d.psi, 0, 1e-15);
}

static void ties_make_fewer_bins(void **state)
{
    (void)state;
    static const double old[] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 2 }, new[] = { 1, 2, 2, 2 };
    struct rf_drift d;
    rf_drift_of(old, 10, new, 4, &d);
    assert_int_equal(d.bins, 2);
    assert_near(d.ks, .65, 1e-15);
    assert_near(d.psi, (.25 - .9) * log(.25 / .9) + (.75 - .1) * log(.75 / .1), 1e-12);
}

/* Of two samples of one distribution, 1 in 20 has a p-value of at most 1/20. */
static void the_p_value_is_one(void **state)
{
    (void)state;
    enum { TRIALS = 2000, A = 80, B = 130 };
    int small = 0;
    double psi = 0, expected = 0;
    for (uint64_t k = 0; k < TRIALS; k++) {
        struct rf_rng rng;
        double a[A], b[B];
        struct rf_drift d;
        rf_rng_init(&rng, 7, k);
        for (int i = 0; i < A; i++)
            a[i] = rf_rng_uniform(&rng);
        for (int i = 0; i < B; i++)
            b[i] = rf_rng_uniform(&rng);
        rf_sort_doubles(a, A);
        rf_sort_doubles(b, B);
        rf_drift_of(a, A, b, B, &d);
        small += d.ks_p <= .05;
        psi += d.psi / TRIALS;
        expected += d.psi_expected / TRIALS;
    }
    assert_true(small > .03 * TRIALS && small < .065 * TRIALS);
    assert_near(psi, expected, .35 * expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walk_stops_at_the_first_threshold_that_is_not_certain),
        cmocka_unit_test(the_promise_fails_as_seldom_as_it_says),
        cmocka_unit_test(too_few_prompts_are_told),
        cmocka_unit_test(scores_outside_of_the_range_are_refused),
        cmocka_unit_test(distances_by_hand),
        cmocka_unit_test(ties_make_fewer_bins),
        cmocka_unit_test(the_p_value_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
