/* Unit tests of eval/compare.h, family.h and swap.h: duels written out by brute force, adjustments computed by hand,
 * clusters, verdicts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "eval/compare.h"
#include "eval/family.h"
#include "eval/swap.h"

enum { N = 240 };

static void near(double found, double expected, double within)
{
    if (!(fabs(found - expected) <= within))
        fail_msg("found %.17g, expected %.17g", found, expected);
}

struct data {
    double strong[N], weak[N], score[3][N];
    struct rf_curve c[3];
};

/* Scores: 0 knows the lift well, 1 less, 2 as little. noise: of the scores. */
static void make(struct data *d, uint64_t seed)
{
    struct rf_rng r;
    rf_rng_init(&r, seed, 0);
    for (size_t i = 0; i < N; i++) {
        const double hard = rf_rng_uniform(&r);
        d->weak[i] = rf_rng_uniform(&r) > hard;
        d->strong[i] = rf_rng_uniform(&r) > hard / 4;
        d->score[0][i] = hard + .1 * rf_rng_normal(&r);
        d->score[1][i] = hard + 1 * rf_rng_normal(&r);
        d->score[2][i] = hard + 1 * rf_rng_normal(&r);
    }
    for (size_t k = 0; k < 3; k++) {
        const struct rf_scored s = { N, d->score[k], d->strong, d->weak };
        assert_int_equal(rf_curve_init(&d->c[k], &s, NULL), 0);
    }
}

static void release(struct data *d)
{
    for (size_t k = 0; k < 3; k++)
        rf_curve_release(&d->c[k]);
}

static const struct rf_compare_options plain = { .resamples = 2000,
                                                 .seed = 3,
                                                 .threads = 1,
                                                 .interval = RF_INTERVAL_AUTO,
                                                 .family = RF_FAMILY_HOLM,
                                                 .level = .95,
                                                 .delta = .02 };

static void contest(const struct data *d, enum rf_measure_kind kind, double at, struct rf_contestant who[3])
{
    for (size_t k = 0; k < 3; k++)
        who[k] = (struct rf_contestant){ &d->c[k], { kind, at, NULL, NULL } };
}

static void three(struct rf_duel duel[3], double margin)
{
    duel[0] = (struct rf_duel){ .a = 0, .b = 1, .margin = margin };
    duel[1] = (struct rf_duel){ .a = 1, .b = 2, .margin = margin };
    duel[2] = (struct rf_duel){ .a = 2, .b = 0, .margin = margin };
}

static void the_better_router_wins_by_every_measure(void **state)
{
    (void)state;
    struct data d;
    struct rf_contestant who[3];
    make(&d, 1);
    static const enum rf_measure_kind kinds[] = { RF_MEASURE_APGR, RF_MEASURE_CALLS, RF_MEASURE_AUC };
    for (size_t i = 0; i < 3; i++)
        for (int kind = RF_INTERVAL_PERCENTILE; kind < RF_INTERVAL_KINDS; kind++) {
            struct rf_compare_options o = plain;
            struct rf_duel duel[3];
            o.interval = (enum rf_interval_kind)kind;
            contest(&d, kinds[i], .4, who);
            three(duel, NAN);
            assert_int_equal(rf_compare(who, 3, &o, duel, 3, NULL), 0);
            assert_int_equal(duel[0].verdict, RF_VERDICT_BETTER);
            assert_int_equal(duel[1].verdict, RF_VERDICT_UNDECIDED);
            assert_int_equal(duel[2].verdict, RF_VERDICT_WORSE);
            assert_true(duel[0].low > 0 && duel[2].high < 0 && duel[1].low < 0 && duel[1].high > 0);
            assert_true(isnan(duel[0].needed) && duel[1].needed > N);
            for (size_t k = 0; k < 3; k++)
                near((duel[k].high - duel[k].low) / duel[k].se, 2 * 1.96, .5);
        }
    release(&d);
}

/* A threshold's qualities are plain means: the permutation test is McNemar's, and its p is known. */
static void swapping_two_thresholds_is_the_sign_test(void **state)
{
    (void)state;
    enum { FEW = 40 };
    double weak[FEW] = { 0 }, strong[FEW], a[FEW], b[FEW];
    struct rf_curve c[2];
    for (size_t i = 0; i < FEW; i++) {
        strong[i] = 1; /* a asks strong on 9 prompts where b does not, b on 2 where a does not */
        a[i] = i < 9 || i >= 20;
        b[i] = (i >= 9 && i < 11) || i >= 20;
    }
    const struct rf_scored s[2] = { { FEW, a, strong, weak }, { FEW, b, strong, weak } };
    struct rf_contestant who[2];
    for (size_t k = 0; k < 2; k++) {
        assert_int_equal(rf_curve_init(&c[k], &s[k], NULL), 0);
        who[k] = (struct rf_contestant){ &c[k], { RF_MEASURE_THRESHOLD, .5, NULL, NULL } };
    }
    struct rf_compare_options o = plain;
    struct rf_duel duel = { .a = 0, .b = 1, .margin = NAN };
    o.resamples = 20000;
    assert_int_equal(rf_compare(who, 2, &o, &duel, 1, NULL), 0);
    near(duel.difference, 7. / FEW, 1e-12);
    near(duel.p_swap, 2 * (1 + 11 + 55) / 2048., .006); /* P(2 or fewer of 11) */
    rf_curve_release(&c[0]);
    rf_curve_release(&c[1]);
}

static void a_margin_asks_in_one_direction(void **state)
{
    (void)state;
    struct data d;
    struct rf_contestant who[3];
    make(&d, 2);
    contest(&d, RF_MEASURE_CALLS, .5, who);
    who[2].measure = (struct rf_measure){ RF_MEASURE_THRESHOLD, -INFINITY, NULL, NULL }; /* strong alone */
    struct rf_duel duel[2] = { { .a = 0, .b = 2, .margin = .25 }, { .a = 0, .b = 2, .margin = .001 } };
    assert_int_equal(rf_compare(who, 3, &plain, duel, 2, NULL), 0);
    assert_true(duel[0].value_b == d.c[0].strong || fabs(duel[0].value_b - d.c[0].strong) < 1e-12);
    assert_int_equal(duel[0].verdict, RF_VERDICT_NOT_INFERIOR);
    assert_true(duel[0].low > -.25);
    assert_int_equal(duel[1].verdict, RF_VERDICT_INFERIOR);
    assert_true(duel[1].p_swap > .9 && duel[1].high < -.001);
    near((duel[0].high - duel[0].low) / duel[0].se, 2 * 1.645, .4);
    release(&d);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    struct data d;
    struct rf_contestant who[3];
    make(&d, 3);
    for (int kind = RF_INTERVAL_PERCENTILE; kind < RF_INTERVAL_KINDS; kind++) {
        struct rf_compare_options o = plain;
        struct rf_duel one[3], many[3];
        o.interval = (enum rf_interval_kind)kind;
        o.resamples = 333;
        contest(&d, RF_MEASURE_APGR, 0, who);
        three(one, NAN);
        three(many, NAN);
        assert_int_equal(rf_compare(who, 3, &o, one, 3, NULL), 0);
        o.threads = 3;
        assert_int_equal(rf_compare(who, 3, &o, many, 3, NULL), 0);
        for (size_t k = 0; k < 3; k++)
            assert_true(one[k].low == many[k].low && one[k].p == many[k].p && one[k].p_swap == many[k].p_swap);
    }
    release(&d);
}

/* Every prompt four times, in clusters: as much is known as from the quarter alone. */
static void copies_in_a_cluster_add_nothing(void **state)
{
    (void)state;
    enum { COPIES = 4 };
    struct data d;
    static double score[2][N * COPIES], strong[N * COPIES], weak[N * COPIES];
    static size_t cluster[N * COPIES];
    struct rf_curve c[2];
    struct rf_contestant few[3], many[2];
    make(&d, 4);
    for (size_t i = 0; i < N * COPIES; i++) {
        cluster[i] = i % N;
        strong[i] = d.strong[i % N];
        weak[i] = d.weak[i % N];
        for (size_t k = 0; k < 2; k++)
            score[k][i] = d.score[k][i % N];
    }
    contest(&d, RF_MEASURE_APGR, 0, few);
    for (size_t k = 0; k < 2; k++) {
        const struct rf_scored s = { N * COPIES, score[k], strong, weak };
        assert_int_equal(rf_curve_init(&c[k], &s, NULL), 0);
        many[k] = (struct rf_contestant){ &c[k], { RF_MEASURE_APGR, 0, NULL, NULL } };
    }
    for (int kind = RF_INTERVAL_PERCENTILE; kind < RF_INTERVAL_KINDS; kind++) {
        struct rf_compare_options o = plain;
        struct rf_duel a = { .a = 0, .b = 1, .margin = NAN }, b = a, loose = a;
        o.interval = (enum rf_interval_kind)kind;
        assert_int_equal(rf_compare(few, 2, &o, &a, 1, NULL), 0);
        assert_int_equal(rf_compare(many, 2, &o, &loose, 1, NULL), 0);
        o.cluster = cluster;
        o.clusters = N;
        assert_int_equal(rf_compare(many, 2, &o, &b, 1, NULL), 0);
        near(b.difference, a.difference, 1e-12);
        near(b.se, a.se, 1e-12);
        near(b.low, a.low, 1e-9); /* the same draws, of clusters in place of prompts */
        near(b.high, a.high, 1e-9);
        near(b.p_swap, a.p_swap, 1e-12);
        near((loose.high - loose.low) / (b.high - b.low), .5, .05);
    }
    rf_curve_release(&c[0]);
    rf_curve_release(&c[1]);
    release(&d);
}

/* A router against itself: equal, certainly. */
static void a_router_is_its_own_equal(void **state)
{
    (void)state;
    struct data d;
    struct rf_contestant who[3];
    make(&d, 5);
    contest(&d, RF_MEASURE_APGR, 0, who);
    for (int kind = RF_INTERVAL_PERCENTILE; kind < RF_INTERVAL_KINDS; kind++) {
        struct rf_compare_options o = plain;
        struct rf_duel duel = { .a = 1, .b = 1, .margin = NAN };
        o.interval = (enum rf_interval_kind)kind;
        assert_int_equal(rf_compare(who, 3, &o, &duel, 1, NULL), 0);
        assert_true(duel.low == 0 && duel.high == 0 && duel.p_family == 1);
        assert_int_equal(duel.verdict, RF_VERDICT_EQUIVALENT);
    }
    release(&d);
}

static void what_has_no_gap_is_refused(void **state)
{
    (void)state;
    struct data d;
    struct rf_contestant who[3];
    struct rf_err err = { 0 };
    struct rf_duel duel[3];
    make(&d, 6);
    for (size_t i = 0; i < N; i++)
        d.strong[i] = d.weak[i];
    const struct rf_scored s = { N, d.score[1], d.strong, d.weak };
    rf_curve_release(&d.c[1]);
    assert_int_equal(rf_curve_init(&d.c[1], &s, NULL), 0);
    contest(&d, RF_MEASURE_APGR, 0, who);
    three(duel, NAN);
    assert_int_equal(rf_compare(who, 3, &plain, duel, 3, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "router 2 of 3"));
    release(&d);
}

/* ---- families ---- */

static void holm_is_the_hand_computed_one(void **state)
{
    (void)state;
    const double p[] = { .03, .01, NAN, .04, .02 };
    double a[5];
    assert_int_equal(rf_family_holm(p, 5, a, NULL), 0);
    near(a[1], .05, 1e-15); /* 5 p, 4 p, 3 p, 2 p: not below the one before */
    near(a[4], .08, 1e-15);
    near(a[0], .09, 1e-15);
    near(a[3], .09, 1e-15);
    assert_true(isnan(a[2]));
}

static void maxt_is_the_hand_computed_one(void **state)
{
    (void)state;
    const double t[] = { 2, 3, 1 };
    const double null[] = { 0, 1, 2.5, 1,    /* of test 0 */
                            1, 0, 0,   3,    /* of test 1 */
                            0, 2, 0,   .5 }; /* of test 2 */
    double a[3];
    assert_int_equal(rf_family_maxt(t, null, 3, 4, a, NULL), 0);
    near(a[2], 3. / 5, 1e-15); /* alone 2 / 5, lifted to that of test 0 */
    near(a[0], 3. / 5, 1e-15); /* max of tests 2 and 0: 0 2 2.5 1: two reach 2 */
    near(a[1], 2. / 5, 1e-15); /* max of all: 1 2 2.5 3: one reaches 3 */
}

static void signs_have_their_moments(void **state)
{
    (void)state;
    enum { DRAWS = 20000 };
    static double t[2 * DRAWS];
    const double part[] = { 1, -2, 3, 1, 0, 0, 0, 0 };
    double sum = 0, squares = 0;
    assert_int_equal(rf_swap_draws(part, 2, 4, DRAWS, 1, 1, t, NULL), 0);
    for (size_t r = 0; r < DRAWS; r++) {
        const double whole = t[r] * sqrt(15);
        near(whole, 2 * round((whole - 7) / 2) + 7, 1e-9); /* -7, -5, ..., 7 */
        sum += t[r];
        squares += t[r] * t[r];
        assert_true(t[DRAWS + r] == 0);
    }
    near(sum / DRAWS, 0, .03);
    near(squares / DRAWS, 1, .03);
    near(rf_swap_t(part, 4), 3 / sqrt(15), 1e-15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_better_router_wins_by_every_measure),
        cmocka_unit_test(swapping_two_thresholds_is_the_sign_test),
        cmocka_unit_test(a_margin_asks_in_one_direction),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(copies_in_a_cluster_add_nothing),
        cmocka_unit_test(a_router_is_its_own_equal),
        cmocka_unit_test(what_has_no_gap_is_refused),
        cmocka_unit_test(holm_is_the_hand_computed_one),
        cmocka_unit_test(maxt_is_the_hand_computed_one),
        cmocka_unit_test(signs_have_their_moments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
