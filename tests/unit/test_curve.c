/* Unit tests of eval/curve.h, eval/metric.h and eval/compat.h: cases that can be worked out by hand, and what must hold
 * on any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "core/rng.h"
#include "eval/compat.h"
#include "eval/curve.h"
#include "eval/metric.h"
#include "near.h"

#define NEAR(a, b) assert_near(a, b, 1e-12)

static void curve_of(struct rf_curve *c, size_t n, const double *score, const double *strong, const double *weak)
{
    struct rf_err err = { 0 };
    const struct rf_scored s = { n, score, strong, weak };
    assert_int_equal(rf_curve_init(c, &s, &err), 0);
}

/* Four prompts, by falling score: gains +1, 0, -1, +1. Weak 1/4, strong 1/2; the curve is 1/4, 1/2, 1/2, 1/4, 1/2. */
static const double score4[] = { .2, .9, .4, .6 }, strong4[] = { 1, 1, 0, 0 }, weak4[] = { 0, 0, 1, 0 };

static void a_falling_curve_is_read_at_its_first_crossing(void **state)
{
    (void)state;
    struct rf_curve c;
    double m[RF_METRICS];
    curve_of(&c, 4, score4, strong4, weak4);
    assert_int_equal(c.groups, 4);
    static const size_t order[] = { 1, 3, 2, 0 };
    static const double quality[] = { .25, .5, .5, .25, .5 };
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(c.order[i], order[i]);
    for (size_t v = 0; v <= 4; v++) {
        NEAR(rf_curve_share(&c, v), (double)v / 4);
        NEAR(rf_curve_quality(&c, v), quality[v]);
        NEAR(rf_curve_quality_at(&c, (double)v / 4), quality[v]);
    }
    NEAR(rf_curve_quality_at(&c, .625), .375);
    rf_metrics_of(&c, m);
    NEAR(m[RF_AUC], .40625); /* (.375 + .5 + .375 + .375) / 4 */
    NEAR(m[RF_APGR], .625);
    NEAR(m[RF_CPT20], .05); /* the first quarter of the calls closes the whole gap */
    NEAR(m[RF_CPT50], .125);
    NEAR(m[RF_CPT80], .2);
    NEAR(m[RF_STRONG95], .225);
    NEAR(m[RF_WEAK], .25);
    NEAR(m[RF_STRONG], .5);
    assert_true(isnan(rf_curve_share_for(&c, .51)));
    NEAR(rf_curve_share_for(&c, .1), 0);
    rf_curve_release(&c);
}

static void a_threshold_sends_equal_scores_to_strong(void **state)
{
    (void)state;
    struct rf_curve c;
    curve_of(&c, 4, score4, strong4, weak4);
    static const struct {
        double threshold;
        size_t vertex;
    } cases[] = { { INFINITY, 0 }, { .91, 0 }, { .9, 1 }, { .61, 1 }, { .6, 2 }, { .4, 3 }, { .2, 4 }, { 0, 4 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(rf_curve_vertex(&c, cases[i].threshold), cases[i].vertex);
    NEAR(rf_pgr(rf_curve_quality(&c, rf_curve_vertex(&c, .4)), c.weak, c.strong), 0);
    rf_curve_release(&c);
}

/* Two groups: {0, 1, 2} with gains +1, -1, +1 and {3} with 0. */
static void tied_scores_make_one_straight_segment(void **state)
{
    (void)state;
    static const double score[] = { .7, .7, .7, .1 }, strong[] = { 1, 0, 1, 1 }, weak[] = { 0, 1, 0, 1 };
    struct rf_curve c;
    double m[RF_METRICS];
    curve_of(&c, 4, score, strong, weak);
    assert_int_equal(c.groups, 2);
    assert_int_equal(c.end[1], 3);
    NEAR(rf_curve_quality_at(&c, .375), .625);
    NEAR(rf_curve_share_for(&c, .625), .375);
    rf_metrics_of(&c, m);
    NEAR(m[RF_APGR], .625);
    NEAR(m[RF_CPT50], .375);
    rf_curve_release(&c);
}

/* The straight segment is the mean over all orders in which a coin may take the tied prompts. */
static void the_segment_is_the_expectation_over_tie_breaks(void **state)
{
    (void)state;
    static const double tied[] = { 1, 1, 1 }, strong[] = { 1, 0, 3 }, weak[] = { 0, 1, 0 };
    static const double broken[][3] = { { 3, 2, 1 }, { 3, 1, 2 }, { 2, 3, 1 }, { 1, 3, 2 }, { 2, 1, 3 }, { 1, 2, 3 } };
    struct rf_curve c, b;
    curve_of(&c, 3, tied, strong, weak);
    assert_int_equal(c.groups, 1);
    for (size_t k = 0; k <= 3; k++) {
        double mean = 0;
        for (size_t i = 0; i < 6; i++) {
            curve_of(&b, 3, broken[i], strong, weak);
            mean += rf_curve_quality(&b, k) / 6;
            rf_curve_release(&b);
        }
        NEAR(rf_curve_quality_at(&c, (double)k / 3), mean);
    }
    rf_curve_release(&c);
}

static void constant_scores_are_the_random_router(void **state)
{
    (void)state;
    static const double score[] = { .5, .5, .5, .5 };
    struct rf_curve c;
    double m[RF_METRICS];
    curve_of(&c, 4, score, strong4, weak4);
    rf_metrics_of(&c, m);
    NEAR(m[RF_APGR], .5);
    NEAR(m[RF_CPT20], .2);
    NEAR(m[RF_CPT80], .8);
    NEAR(m[RF_STRONG95], .9);
    rf_curve_release(&c);
}

static void one_prompt_is_enough(void **state)
{
    (void)state;
    static const double one[] = { 1 }, zero[] = { 0 };
    struct rf_curve c;
    struct rf_err err = { 0 };
    double m[RF_METRICS];
    curve_of(&c, 1, one, one, zero);
    rf_metrics_of(&c, m);
    NEAR(m[RF_APGR], .5);
    NEAR(m[RF_CPT50], .5);
    assert_int_equal(rf_metrics_check(&c, &err), 0);
    rf_curve_release(&c);
}

static void a_pair_without_a_gap_is_refused(void **state)
{
    (void)state;
    struct rf_curve c;
    double m[RF_METRICS];
    for (int swapped = 0; swapped < 2; swapped++) {
        struct rf_err err = { 0 };
        curve_of(&c, 4, score4, weak4, swapped ? strong4 : weak4);
        rf_metrics_of(&c, m);
        assert_true(isnan(m[RF_APGR]) && isnan(m[RF_CPT50]) && !isnan(m[RF_AUC]));
        assert_int_equal(rf_metrics_check(&c, &err), RF_BAD_INPUT);
        rf_curve_release(&c);
    }
}

static void what_is_not_finite_is_refused(void **state)
{
    (void)state;
    const double bad[] = { 1, NAN }, good[] = { 1, 0 };
    struct rf_curve c;
    for (int i = 0; i < 3; i++) {
        struct rf_err err = { 0 };
        const struct rf_scored s = { 2, i == 0 ? bad : good, i == 1 ? bad : good, i == 2 ? bad : good };
        assert_int_equal(rf_curve_init(&c, &s, &err), RF_BAD_INPUT);
        rf_curve_release(&c);
    }
    struct rf_err err = { 0 };
    const struct rf_scored none = { 0, good, good, good };
    assert_int_equal(rf_curve_init(&c, &none, &err), RF_BAD_INPUT);
    rf_curve_release(&c);
}

/* On random data: the oracle lies above every router, every curve joins weak to strong, mirrored scores mirror the
 * area. */
static void every_curve_lies_under_the_oracle(void **state)
{
    (void)state;
    enum { N = 257 };
    double score[N], mirrored[N], ideal[N], strong[N], weak[N], m[RF_METRICS], back[RF_METRICS];
    struct rf_rng r;
    rf_rng_init(&r, 1, 0);
    for (size_t i = 0; i < N; i++) {
        score[i] = rf_rng_below(&r, 40) / 40.; /* with ties */
        mirrored[i] = -score[i];
        strong[i] = rf_rng_uniform(&r) + .3;
        weak[i] = rf_rng_uniform(&r);
        ideal[i] = strong[i] - weak[i];
    }
    struct rf_curve c, o, x;
    curve_of(&c, N, score, strong, weak);
    curve_of(&o, N, ideal, strong, weak);
    curve_of(&x, N, mirrored, strong, weak);
    for (int i = 0; i <= 100; i++)
        assert_true(rf_curve_quality_at(&c, i / 100.) <= rf_curve_quality_at(&o, i / 100.) + 1e-12);
    NEAR(rf_curve_quality(&c, 0), c.weak);
    NEAR(rf_curve_quality(&c, c.groups), c.strong);
    rf_metrics_of(&c, m);
    rf_metrics_of(&x, back);
    NEAR(m[RF_APGR] + back[RF_APGR], 1);
    for (enum rf_metric i = RF_CPT20; i <= RF_STRONG95; i++)
        NEAR(rf_curve_quality_at(&c, m[i]), rf_metric_target(i, c.weak, c.strong));
    rf_curve_release(&c);
    rf_curve_release(&o);
    rf_curve_release(&x);
}

/* ---- RouteLLM's arithmetic; its figures on real data are in tests/golden ---- */

static void interpolation_takes_numpys_interval(void **state)
{
    (void)state;
    static const double rising[] = { 0, 1, 2, 3, 4, 5 }, y[] = { 10, 20, 30, 40, 50, 60 };
    NEAR(rf_compat_interp(-1, rising, y, 6), 10);
    NEAR(rf_compat_interp(6, rising, y, 6), 60);
    NEAR(rf_compat_interp(5, rising, y, 6), 60);
    NEAR(rf_compat_interp(3.25, rising, y, 6), 42.5);
    NEAR(rf_compat_interp(.5, rising, y, 3), 15);
    /* not rising: x[1] exceeds the key at once, though x[2] is below it again */
    static const double dip[] = { 0, 3, 1, 4, 5, 6 };
    NEAR(rf_compat_interp(2, dip, y, 6), 10 + 10. * 2 / 3);
}

static void tied_quantiles_have_no_reference(void **state)
{
    (void)state;
    enum { N = 40 };
    double score[N], strong[N], weak[N];
    size_t turns[N];
    for (size_t i = 0; i < N; i++) {
        score[i] = i < 10 ? 0 : (double)i;
        strong[i] = 1;
        weak[i] = i % 2 ? 1 : 0;
        turns[i] = 1;
    }
    struct rf_compat_data d = {
        .n = N, .score = score, .strong = strong, .weak = weak, .turns = turns, .right_wrong = true
    };
    struct rf_compat out;
    struct rf_err err = { 0 };
    assert_int_equal(rf_compat_of(&d, &out, &err), 0);
    assert_int_equal(out.tied, 2);
    assert_true(isnan(out.apgr) && isnan(out.cpt50));
    NEAR(out.weak, 50);
    NEAR(out.optimal[2], 70);
    for (size_t i = 0; i < N; i++)
        score[i] = (double)i;
    assert_int_equal(rf_compat_of(&d, &out, &err), 0);
    assert_int_equal(out.tied, 0);
    NEAR(out.strong_pct[0], 100);
    NEAR(out.strong_pct[10], 0);
    NEAR(out.quality[10], 50);
    NEAR(out.apgr, .5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_falling_curve_is_read_at_its_first_crossing),
        cmocka_unit_test(a_threshold_sends_equal_scores_to_strong),
        cmocka_unit_test(tied_scores_make_one_straight_segment),
        cmocka_unit_test(the_segment_is_the_expectation_over_tie_breaks),
        cmocka_unit_test(constant_scores_are_the_random_router),
        cmocka_unit_test(one_prompt_is_enough),
        cmocka_unit_test(a_pair_without_a_gap_is_refused),
        cmocka_unit_test(what_is_not_finite_is_refused),
        cmocka_unit_test(every_curve_lies_under_the_oracle),
        cmocka_unit_test(interpolation_takes_numpys_interval),
        cmocka_unit_test(tied_quantiles_have_no_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
