/* Unit tests of eval/band.h: bands by hand and of a known process, crossings of lines and steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <cmocka.h>

#include "core/rng.h"
#include "eval/band.h"

static void near(double found, double expected, double within)
{
    if (!(fabs(found - expected) <= within))
        fail_msg("found %.17g, expected %.17g", found, expected);
}

enum { POINTS = 20, R = 4000 };

struct arrays {
    double low[POINTS], high[POINTS], sim_low[POINTS], sim_high[POINTS], se[POINTS];
    struct rf_band band;
};

static void point(struct arrays *a)
{
    a->band = (struct rf_band){ a->low, a->high, a->sim_low, a->sim_high, a->se, 0 };
}

static void a_band_by_hand(void **state)
{
    (void)state;
    struct arrays a;
    point(&a);
    const double value[] = { 0, 5, 1 };
    double x[] = { -1, 1, -1, 1, 5, 5, 5, 5, 1, 3, 1, -1 }; /* sd 1, 0, sqrt 2; distances 1 1 1 1 and 0 sqrt2 0 sqrt2 */
    assert_int_equal(rf_band_fill(&a.band, value, x, 3, 4, .5, NULL), 0);
    near(a.se[0], 1, 1e-15);
    near(a.se[1], 0, 1e-15);
    near(a.se[2], sqrt(2), 1e-15);
    near(a.band.widest, 1 + (sqrt(2) - 1) * .5, 1e-12); /* median of 1, 1, sqrt 2, sqrt 2 */
    assert_true(a.low[0] == -1 && a.high[0] == 1 && a.low[1] == 5 && a.sim_high[1] == 5);
    near(a.sim_high[2], 1 + a.band.widest * sqrt(2), 1e-12);
}

/* Independent normal points: the largest of POINTS distances has the quantile of (2 Phi - 1)^POINTS. */
static void a_simultaneous_band_is_wider(void **state)
{
    (void)state;
    static double x[POINTS * R];
    double value[POINTS];
    struct arrays a;
    struct rf_rng r;
    rf_rng_init(&r, 2, 2);
    point(&a);
    for (size_t j = 0; j < POINTS; j++) {
        value[j] = (double)j;
        for (size_t k = 0; k < R; k++)
            x[j * R + k] = value[j] + .1 * (double)(j + 1) * rf_rng_normal(&r);
    }
    assert_int_equal(rf_band_fill(&a.band, value, x, POINTS, R, .95, NULL), 0);
    near(a.band.widest, 3.02, .06); /* .95^(1/20): Phi(3.016) = .99872 */
    for (size_t j = 0; j < POINTS; j++)
        near((a.high[j] - a.low[j]) / (.2 * (double)(j + 1)), 1.96, .12);
}

static void a_resample_without_a_point_has_no_say(void **state)
{
    (void)state;
    struct arrays a;
    double x[2 * 100];
    const double value[] = { 0, 0 };
    point(&a);
    for (size_t k = 0; k < 100; k++) {
        x[k] = k < 4 ? 1000 : k % 2 ? 1 : -1;
        x[100 + k] = k < 4 ? (double)NAN : x[k];
    }
    assert_int_equal(rf_band_fill(&a.band, value, x, 2, 100, .95, NULL), 0);
    assert_true(isnan(a.low[1]) && !isnan(a.low[0]));
    assert_true(a.band.widest < 2);
}

static double line(void *ctx, double x)
{
    return x - *(double *)ctx;
}

static double step(void *ctx, double x)
{
    return x < *(double *)ctx ? -1 : 1;
}

static void crossings_are_where_the_edges_are(void **state)
{
    (void)state;
    double at = .437, se[POINTS], far[POINTS];
    for (size_t j = 0; j < POINTS; j++) {
        se[j] = .1;
        far[j] = 10;
    }
    struct rf_crossing c = rf_band_crossing(line, &at, se, POINTS, 2);
    near(c.low, .237, 1e-9);
    near(c.high, .637, 1e-9);
    c = rf_band_crossing(step, &at, se, POINTS, 2);
    near(c.low, at, 1e-9);
    near(c.high, at, 1e-9);
    c = rf_band_crossing(line, &at, far, POINTS, 2);
    assert_true(c.low == 0 && c.high == 1);
    for (size_t j = 0; j < POINTS; j++)
        se[j] = .05 + .1 * (double)j / (POINTS - 1); /* x - at = -+ (.05 + .1 x) */
    c = rf_band_crossing(line, &at, se, POINTS, 1);
    near(c.low, (at - .05) / 1.1, 1e-9);
    near(c.high, (at + .05) / .9, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_band_by_hand),
        cmocka_unit_test(a_simultaneous_band_is_wider),
        cmocka_unit_test(a_resample_without_a_point_has_no_say),
        cmocka_unit_test(crossings_are_where_the_edges_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
