/* Unit tests of eval/prob.h and eval/by_task.h: figures by hand, and tests that are level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "eval/by_task.h"
#include "eval/family.h"
#include "eval/prob.h"
#include "near.h"

static void figures_by_hand(void **state)
{
    (void)state;
    /* ties (0.5) say nothing; won: .9 yes, .8 no, .25 yes, .25 no, .0 no */
    static const double score[] = { .9, .8, .5, .25, .25, 0 }, strong[] = { 1, 0, 1, 9, 2, 0 },
                        weak[] = { 0, 1, 1, 3, 4, 1 };
    struct rf_prob p;
    assert_int_equal(rf_prob_of(score, strong, weak, 6, &p, NULL), 0);
    assert_int_equal(p.n, 5);
    assert_near(p.base, .4, 1e-15);
    assert_near(p.brier, (.01 + .64 + .5625 + .0625 + 0) / 5, 1e-15);
    assert_near(p.log_loss, -(log(.9) + log(.2) + log(.25) + log(.75) + log1p(-1e-15)) / 5, 1e-14);
    assert_near(p.auroc, (3 + 1.5) / 6, 1e-15); /* .9 above three, .25 above one and level with one */
    assert_near(p.ece, (.1 + .8 + 2 * .25 + 0) / 5, 1e-15);
    assert_int_equal(p.bin[2].n, 2);
    assert_near(p.bin[2].was, .5, 0);
    assert_near(p.bin[9].said, .9, 0);
    assert_near(p.bin[9].low, .025, 1e-12);
    assert_true(isnan(p.bin[5].said));
}

static void what_is_no_probability_is_refused(void **state)
{
    (void)state;
    static const double bad[] = { .5, 1.5 }, nan[] = { .5, NAN }, good[] = { .5, 1 }, one[] = { 1, 1 },
                        zero[] = { 0, 0 };
    struct rf_prob p;
    assert_int_equal(rf_prob_of(bad, one, zero, 2, &p, NULL), RF_BAD_INPUT);
    assert_int_equal(rf_prob_of(nan, one, zero, 2, &p, NULL), RF_BAD_INPUT);
    assert_int_equal(rf_prob_of(good, one, one, 2, &p, NULL), RF_BAD_INPUT);
    assert_int_equal(rf_prob_of(good, one, zero, 2, &p, NULL), 0);
    assert_true(isnan(p.auroc)); /* nobody lost */
    assert_near(p.bin[9].was, 1, 0);
}

/* Of right probabilities the binned error is what chance gives. */
static void right_probabilities_have_the_error_of_chance(void **state)
{
    (void)state;
    enum { N = 4000, TRIALS = 60 };
    static double score[N], strong[N], weak[N];
    double ece = 0, chance = 0;
    for (uint64_t t = 0; t < TRIALS; t++) {
        struct rf_rng rng;
        struct rf_prob p;
        rf_rng_init(&rng, 3, t);
        for (int i = 0; i < N; i++) {
            score[i] = rf_rng_uniform(&rng);
            strong[i] = rf_rng_uniform(&rng) < score[i];
            weak[i] = 1 - strong[i];
        }
        assert_int_equal(rf_prob_of(score, strong, weak, N, &p, NULL), 0);
        assert_near(p.brier, 1. / 6, .02);
        assert_near(p.auroc, 5. / 6, .03); /* 1/2 + cov: integral of p and q with P(win) = p */
        ece += p.ece / TRIALS;
        chance += p.ece_by_chance / TRIALS;
    }
    assert_near(ece, chance, .08 * chance);
}

/* Win rates p even in [0, 1], of which strong wins with chance (1 - s) / 2 + s p: what the numbers then are in the
 * mean, by integration. */
static double mean_of(enum rf_prob_metric m, double s)
{
    const double value[RF_PROB_METRICS] = {
        [RF_PROB_BASE] = .5,
        [RF_PROB_BRIER] = 1. / 3 - 2 * ((1 - s) / 4 + s / 3) + .5,
        [RF_PROB_LOG_LOSS] = 1 - s + s / 2,
        [RF_PROB_ECE] = (1 - s) / 4,
        [RF_PROB_AUROC] = .5 + s / 3,
    };
    return value[m];
}

static void made(uint64_t seed, double s, double *score, double *strong, double *weak, int n)
{
    struct rf_rng rng;
    rf_rng_init(&rng, seed, (uint64_t)(4 * s));
    for (int i = 0; i < n; i++) {
        score[i] = rf_rng_uniform(&rng);
        strong[i] = rf_rng_uniform(&rng) < (1 - s) / 2 + s * score[i];
        weak[i] = 1 - strong[i];
    }
}

/* 95% intervals hold the truth in about 95 of 100 samples (of ECE, whose bias hangs on the truth, fewer), and right win
 * rates are seldom beyond what chance gives. */
static void intervals_hold_the_truth(void **state)
{
    (void)state;
    enum { N = 300, SETS = 200 };
    static double score[N], strong[N], weak[N];
    for (double s = .5; s <= 1; s += .25) {
        int held[RF_PROB_METRICS] = { 0 }, beyond = 0;
        for (uint64_t t = 0; t < SETS; t++) {
            const struct rf_boot_options o = { .resamples = 400, .seed = 1000 + t, .threads = 1 };
            struct rf_prob_boot boot;
            struct rf_prob p;
            made(t, s, score, strong, weak, N);
            assert_int_equal(rf_prob_of(score, strong, weak, N, &p, NULL), 0);
            assert_int_equal(rf_prob_boot(score, strong, weak, N, &o, &boot, NULL), 0);
            for (int k = 0; k < RF_PROB_METRICS; k++)
                held[k] += boot.low[k] <= mean_of((enum rf_prob_metric)k, s) &&
                           mean_of((enum rf_prob_metric)k, s) <= boot.high[k];
            beyond += p.ece > boot.ece_by_chance_high;
        }
        for (int k = 0; k < RF_PROB_METRICS; k++)
            if (held[k] < (k == RF_PROB_ECE ? .85 : .9) * SETS)
                fail_msg("slope %g, %s: the interval holds the truth in %d of %d samples", s, rf_prob_metric_name[k],
                         held[k], SETS);
        if (s < .75)
            assert_true(beyond > .9 * SETS);
        if (s > .75)
            assert_true(beyond < .1 * SETS);
    }
}

static void intervals_do_not_depend_on_threads(void **state)
{
    (void)state;
    enum { N = 90 };
    static double score[N], strong[N], weak[N];
    struct rf_prob_boot one, four, other;
    const struct rf_boot_options o = { .resamples = 101, .seed = 5, .threads = 1 },
                                 o4 = { .resamples = 101, .seed = 5, .threads = 4 },
                                 o6 = { .resamples = 101, .seed = 6, .threads = 1 };
    made(1, .5, score, strong, weak, N);
    for (int i = 0; i < N; i += 3) /* scores that tie, and prompts without a better answer */
        score[i] = .5;
    for (int i = 0; i < N; i += 10)
        strong[i] = weak[i];
    memset(&one, 0, sizeof one);
    four = one;
    assert_int_equal(rf_prob_boot(score, strong, weak, N, &o, &one, NULL), 0);
    assert_int_equal(rf_prob_boot(score, strong, weak, N, &o4, &four, NULL), 0);
    assert_int_equal(rf_prob_boot(score, strong, weak, N, &o6, &other, NULL), 0);
    assert_memory_equal(&one, &four, sizeof one);
    assert_true(one.low[RF_PROB_BRIER] < other.low[RF_PROB_BRIER] || one.low[RF_PROB_BRIER] > other.low[RF_PROB_BRIER]);
}

static void false_discoveries_by_hand(void **state)
{
    (void)state;
    static const double p[] = { .01, NAN, .04, .03, .5 };
    static const double want[] = { .04, NAN, .04 * 4 / 3, .04 * 4 / 3, .5 };
    double q[5];
    assert_int_equal(rf_false_discovery(p, q, 5, NULL), 0);
    for (int i = 0; i < 5; i++)
        if (isnan(want[i]))
            assert_true(isnan(q[i]));
        else
            assert_near(q[i], want[i], 1e-15);
}

static void gains_by_task_add_up(void **state)
{
    (void)state;
    /* Two tasks; strong answers the upper half. Task 0 has its gains there, task 1 below. */
    static const double score[] = { .9, .8, .7, .6, .4, .3, .2, .1 }, strong[] = { 1, 1, 0, 1, 1, 1, 1, 0 },
                        weak[] = { 0, 1, 1, 0, 0, 0, 1, 0 };
    static uint32_t of[] = { 0, 0, 1, 0, 1, 1, 1, 0 };
    char *name[] = { (char[]){ "a" }, (char[]){ "b" } };
    const struct rf_tasks t = { { name, 2 }, of };
    const struct rf_scored s = { 8, score, strong, weak };
    struct rf_curve c;
    struct rf_task_gain g[2];
    assert_int_equal(rf_curve_init(&c, &s, NULL), 0);
    assert_int_equal(rf_by_task(&t, &c, .5, g, NULL), 0);
    assert_int_equal(g[0].n, 4);
    assert_near(g[0].share, .75, 1e-15);
    assert_near(g[0].gain, (.5 * 1 + 0 + .5 * 1 + 0) / 4, 1e-15);
    assert_near(g[1].share, .25, 1e-15);
    assert_near(g[1].gain, (.5 * -1 - .5 - .5 + 0) / 4, 1e-15);
    /* together: quality of the router less that of the coin */
    assert_near((4 * g[0].gain + 4 * g[1].gain) / 8, rf_curve_quality_at(&c, .5) - (c.weak + c.strong) / 2, 1e-15);
    assert_int_equal(rf_by_task(&t, &c, .3, g, NULL), 0); /* 2.4 calls: a part of the third */
    assert_near((4 * g[0].share + 4 * g[1].share) / 8, .3, 1e-15);
    rf_curve_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_by_hand),
        cmocka_unit_test(what_is_no_probability_is_refused),
        cmocka_unit_test(right_probabilities_have_the_error_of_chance),
        cmocka_unit_test(intervals_hold_the_truth),
        cmocka_unit_test(intervals_do_not_depend_on_threads),
        cmocka_unit_test(false_discoveries_by_hand),
        cmocka_unit_test(gains_by_task_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
