/* Unit tests of eval/boot.h: every resample equals a curve over the prompts written out, threads change
 * nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "eval/boot.h"
#include "core/resample.h"

enum { N = 211, EXTRA = 150 }; /* EXTRA: by how much a Poisson resample may be larger */

struct data {
    double score[N + EXTRA], strong[N + EXTRA], weak[N + EXTRA];
};

/* levels: distinct scores, so that ties come in; graded: qualities 1..10 in halves, otherwise right or wrong. */
static void make(struct data *d, uint32_t levels, bool graded)
{
    struct rf_rng r;
    rf_rng_init(&r, 3, levels);
    for (size_t i = 0; i < N; i++) {
        d->score[i] = rf_rng_below(&r, levels);
        d->strong[i] = graded ? 2 + rf_rng_below(&r, 17) / 2. : rf_rng_below(&r, 10) < 8;
        d->weak[i] = graded ? 1 + rf_rng_below(&r, 17) / 2. : rf_rng_below(&r, 10) < 6;
    }
}

static void curve_of(struct rf_curve *c, size_t n, const double *score, const double *strong, const double *weak)
{
    struct rf_err err = { 0 };
    const struct rf_scored s = { n, score, strong, weak };
    assert_int_equal(rf_curve_init(c, &s, &err), 0);
}

/* The naive bootstrap with the same counts: the prompts of a resample written out one by one, sorted and measured anew.
 */
static void resamples_equal_curves_over_the_prompts_written_out(void **state)
{
    (void)state;
    enum { RESAMPLES = 21 };
    static const struct {
        uint32_t levels;
        bool graded, poisson;
    } cases[] = { { 1000000, false, false }, { 1000000, true, false }, { 12, false, false }, { 12, true, false },
                  { 1, false, false },       { 1000000, true, true },  { 12, false, true } };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        struct data d, out;
        struct rf_curve c, naive;
        struct rf_boot_values v;
        struct rf_err err = { 0 };
        const struct rf_boot_options o = {
            .resamples = RESAMPLES, .seed = 4, .threads = 1, .poisson = cases[k].poisson
        };
        make(&d, cases[k].levels, cases[k].graded);
        curve_of(&c, N, d.score, d.strong, d.weak);
        assert_int_equal(rf_boot_values_init(&v, &c, &o, &err), 0);
        for (size_t r = 0; r < RESAMPLES; r++) {
            uint8_t count[N][RF_LANES];
            uint64_t size[RF_LANES];
            double m[RF_METRICS];
            size_t n = 0;
            rf_resample(o.seed, r / RF_LANES, N, o.poisson, *count, size);
            for (size_t i = 0; i < N; i++)
                for (uint8_t j = 0; j < count[i][r % RF_LANES]; j++, n++) {
                    out.score[n] = d.score[i];
                    out.strong[n] = d.strong[i];
                    out.weak[n] = d.weak[i];
                }
            assert_int_equal(n, size[r % RF_LANES]);
            curve_of(&naive, n, out.score, out.strong, out.weak);
            rf_metrics_of(&naive, m);
            for (size_t i = 0; i < RF_METRICS; i++)
                assert_true(fabs(m[i] - v.metric[i * RESAMPLES + r]) <= 1e-12 * fmax(1, fabs(m[i])));
            for (size_t i = 0; i < RF_BAND_POINTS; i++) {
                const double q = rf_curve_quality_at(&naive, (double)i / (RF_BAND_POINTS - 1));
                assert_true(fabs(q - v.band[i * RESAMPLES + r]) <= 1e-12 * fmax(1, fabs(q)));
            }
            rf_curve_release(&naive);
        }
        rf_boot_values_release(&v);
        rf_curve_release(&c);
    }
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    struct data d;
    struct rf_curve c;
    struct rf_boot one, many;
    struct rf_err err = { 0 };
    make(&d, 1000000, true);
    curve_of(&c, N, d.score, d.strong, d.weak);
    struct rf_boot_options o = { .resamples = 150, .seed = 11, .threads = 1 };
    assert_int_equal(rf_boot_of(&c, &o, &one, &err), 0);
    for (o.threads = 2; o.threads <= 4; o.threads += 2) {
        assert_int_equal(rf_boot_of(&c, &o, &many, &err), 0);
        assert_memory_equal(&one, &many, sizeof one);
    }
    rf_curve_release(&c);
}

static void areas_alone_are_the_same_areas(void **state)
{
    (void)state;
    struct data d;
    struct rf_curve c;
    struct rf_boot all, areas;
    struct rf_err err = { 0 };
    make(&d, 30, false);
    curve_of(&c, N, d.score, d.strong, d.weak);
    struct rf_boot_options o = { .resamples = 100, .seed = 2, .threads = 1 };
    assert_int_equal(rf_boot_of(&c, &o, &all, &err), 0);
    o.areas_only = true;
    assert_int_equal(rf_boot_of(&c, &o, &areas, &err), 0);
    assert_true(all.low[RF_APGR] == areas.low[RF_APGR] && all.high[RF_AUC] == areas.high[RF_AUC]);
    assert_true(isnan(areas.low[RF_CPT50]) && isnan(areas.band_low[50]));
    o.areas_only = false;
    o.no_shares = true;
    assert_int_equal(rf_boot_of(&c, &o, &areas, &err), 0);
    assert_true(all.low[RF_APGR] == areas.low[RF_APGR] && all.high[RF_AUC] == areas.high[RF_AUC]);
    assert_true(isnan(areas.low[RF_CPT50]) && isnan(areas.high[RF_STRONG95]));
    for (size_t i = 0; i < RF_BAND_POINTS; i++) {
        assert_true(fabs(all.band_low[i] - areas.band_low[i]) < 1e-12);
        assert_true(fabs(all.sim_high[i] - areas.sim_high[i]) < 1e-9);
        assert_true(all.sim_low[i] <= all.band_low[i] + 1e-12 && all.band_high[i] <= all.sim_high[i] + 1e-12);
    }
    assert_true(all.low[RF_CPT50] <= all.high[RF_CPT50] && all.band_low[50] <= all.band_high[50]);
    rf_curve_release(&c);
}

/* One prompt in a hundred makes the gap: more than a third of the resamples miss it, and no interval is made up. */
static void an_uncertain_gap_has_no_interval(void **state)
{
    (void)state;
    double score[100], strong[100] = { 1 }, weak[100] = { 0 };
    struct rf_curve c;
    struct rf_boot b;
    struct rf_err err = { 0 };
    for (size_t i = 0; i < 100; i++)
        score[i] = (double)i;
    curve_of(&c, 100, score, strong, weak);
    const struct rf_boot_options o = { .resamples = 400, .seed = 1, .threads = 1 };
    assert_int_equal(rf_boot_of(&c, &o, &b, &err), 0);
    assert_true(b.undefined > 100 && b.undefined < 200);
    assert_true(isnan(b.low[RF_APGR]));
    assert_true(b.low[RF_CPT80] == 0 && b.high[RF_CPT80] == 1); /* nothing is known */
    assert_true(b.low[RF_STRONG] <= .01 && b.high[RF_STRONG] >= .01);
    rf_curve_release(&c);
}

/* Known standard errors: the mean of n independent outcomes has sqrt(p (1 - p) / n). */
static void the_standard_error_of_a_mean_is_the_known_one(void **state)
{
    (void)state;
    struct data d;
    struct rf_curve c;
    struct rf_boot b;
    struct rf_err err = { 0 };
    make(&d, 1000000, false);
    curve_of(&c, N, d.score, d.strong, d.weak);
    const struct rf_boot_options o = { .resamples = 4000, .seed = 1, .threads = 2 };
    assert_int_equal(rf_boot_of(&c, &o, &b, &err), 0);
    const double se = sqrt(c.weak * (1 - c.weak) / N);
    assert_true(fabs(b.se[RF_WEAK] / se - 1) < .06);
    assert_true(fabs((b.high[RF_WEAK] - b.low[RF_WEAK]) / (2 * 1.96 * se) - 1) < .08);
    rf_curve_release(&c);
}

/* A single prompt: a third of its Poisson resamples are empty, and have no value. */
static void an_empty_resample_has_no_value(void **state)
{
    (void)state;
    const double score = 1, strong = 1, weak = 0;
    struct rf_curve c;
    struct rf_boot_values v;
    struct rf_err err = { 0 };
    size_t empty = 0;
    curve_of(&c, 1, &score, &strong, &weak);
    const struct rf_boot_options o = { .resamples = 400, .seed = 1, .threads = 1, .poisson = true };
    assert_int_equal(rf_boot_values_init(&v, &c, &o, &err), 0);
    for (size_t r = 0; r < o.resamples; r++) {
        const bool none = isnan(v.metric[RF_STRONG * o.resamples + r]);
        empty += none;
        assert_true(none || v.metric[RF_STRONG * o.resamples + r] == 1);
        assert_true(isnan(v.band[(RF_BAND_POINTS - 1) * o.resamples + r]) == none);
    }
    assert_true(empty > 100 && empty < 200);
    rf_boot_values_release(&v);
    rf_curve_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resamples_equal_curves_over_the_prompts_written_out),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(areas_alone_are_the_same_areas),
        cmocka_unit_test(an_uncertain_gap_has_no_interval),
        cmocka_unit_test(an_empty_resample_has_no_value),
        cmocka_unit_test(the_standard_error_of_a_mean_is_the_known_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
