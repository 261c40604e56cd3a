/* Unit tests of hulls, AIQ and routing by lambda, against brute force on small cases. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "core/hull.h"
#include "core/lambda.h"
#include "near.h"

/* Best quality that mixing two of the points buys for an average cost. */
static double brute(const struct rf_point *p, size_t n, double cost)
{
    double best = NAN;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double q = NAN;
            if (p[i].cost <= cost)
                q = p[i].quality;
            if (p[i].cost <= cost && p[j].cost > cost)
                q = fmax(q,
                         p[i].quality + (p[j].quality - p[i].quality) * (cost - p[i].cost) / (p[j].cost - p[i].cost));
            best = fmax(best, q);
        }
    return best;
}

static void hull_is_what_mixing_two_points_buys(void **state)
{
    (void)state;
    struct rf_rng rng;
    rf_rng_init(&rng, 1, 0);
    for (size_t round = 0; round < 300; round++) {
        struct rf_point p[9], hull[9];
        size_t corners;
        const size_t n = 1 + round % 9;
        for (size_t i = 0; i < n; i++) /* few values: ties in cost and quality, collinear points */
            p[i] = (struct rf_point){ rf_rng_below(&rng, 6), rf_rng_below(&rng, 6) };
        assert_int_equal(rf_hull(p, n, hull, &corners, NULL), 0);
        assert_in_range(corners, 1, n);
        for (size_t i = 1; i < corners; i++) {
            assert_true(hull[i].cost > hull[i - 1].cost && hull[i].quality > hull[i - 1].quality);
            assert_true(i < 2 ||
                        (hull[i].quality - hull[i - 1].quality) / (hull[i].cost - hull[i - 1].cost) <
                            (hull[i - 1].quality - hull[i - 2].quality) / (hull[i - 1].cost - hull[i - 2].cost));
        }
        for (double c = 0; c < 7; c += 0.25) {
            const double q = rf_hull_quality(hull, corners, c), want = brute(p, n, c);
            assert_true(isnan(want) ? isnan(q) : fabs(q - want) < 1e-12);
        }
    }
}

/* No corner is lost among many points, in one strip of costs or in all of them: the hull of the points in any order,
 * point by point, is the same. */
static void hull_of_many_points_is_that_of_its_corners_and_each_point(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    static struct rf_point p[MANY], hull[MANY], grown[MANY];
    struct rf_rng rng;
    rf_rng_init(&rng, 2, 0);
    for (int round = 0; round < 8; round++) {
        size_t corners, slow = 0;
        for (size_t i = 0; i < MANY; i++) {
            const double u = rf_rng_uniform(&rng);
            const double cost = round % 4 == 0   ? u
                                : round % 4 == 1 ? exp(40 * u)
                                : round % 4 == 2 ? floor(9 * u)
                                                 : 1e-310 * u;
            p[i] = (struct rf_point){ cost, sqrt(u) - 0.1 * rf_rng_uniform(&rng) };
        }
        assert_int_equal(rf_hull(p, MANY, hull, &corners, NULL), 0);
        for (size_t i = 0; i < MANY; i++) {
            grown[slow] = p[i];
            assert_int_equal(rf_hull(grown, slow + 1, grown, &slow, NULL), 0);
        }
        assert_int_equal(corners, slow);
        assert_memory_equal(hull, grown, corners * sizeof *hull);
    }
}

static void aiq_by_code_and_by_paper(void **state)
{
    (void)state;
    struct rf_point p[] = { { 3, 0.9 }, { 1, 0.5 }, { 2, 0.7 } }, hull[3];
    size_t n;
    assert_int_equal(rf_hull(p, 3, hull, &n, NULL), 0);
    assert_int_equal(n, 2); /* the middle one is on the line */
    assert_near(rf_aiq_code(hull, n, 3), 1.4 / 3, 1e-12);
    assert_near(rf_aiq_paper(hull, n, 3), 0.7, 1e-12);
    assert_near(rf_hull_area(hull, n, 2), 0.6, 1e-12);
    assert_near(rf_aiq_code(hull, n, 5), (1.4 + 1.8) / 5, 1e-12); /* flat behind its end */
    assert_near(rf_aiq_paper(hull, 1, 1), 0.5, 0);
    hull[0].cost = 0;
    assert_true(isnan(rf_aiq_code(hull, 1, 0)));
}

static void points_that_are_none_are_refused(void **state)
{
    (void)state;
    struct rf_point p[] = { { 1, 1 }, { -1, 1 } }, hull[2];
    struct rf_err err = { 0 };
    size_t n;
    assert_int_equal(rf_hull(p, 2, hull, &n, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "point 2"));
}

enum { PROMPTS = 7, MODELS = 4 };

/* A field of small whole numbers: many ties. */
static void random_field(uint64_t seed, double v[4][PROMPTS * MODELS], struct rf_field *f)
{
    struct rf_rng rng;
    rf_rng_init(&rng, seed, 0);
    for (size_t k = 0; k < 4; k++)
        for (size_t i = 0; i < PROMPTS * MODELS; i++)
            v[k][i] = rf_rng_below(&rng, 5);
    *f = (struct rf_field){ PROMPTS, MODELS, v[0], v[1], v[2], v[3] };
}

static void curve_holds_every_choice_that_a_lambda_can_make(void **state)
{
    (void)state;
    double v[4][PROMPTS * MODELS];
    uint32_t choice[PROMPTS];
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct rf_field f;
        struct rf_lambda_plan *plan = NULL;
        struct rf_lambda_point point[PROMPTS * MODELS + 1], twice[PROMPTS * MODELS + 1];
        static const uint8_t two[PROMPTS] = { 2, 2, 2, 2, 2, 2, 2 };
        random_field(seed, v, &f);
        assert_int_equal(rf_lambda_plan_new(&plan, &f, NULL), 0);
        assert_in_range(rf_lambda_points(plan), 1, PROMPTS * MODELS + 1);
        const size_t n = rf_lambda_walk(plan, NULL, 1, point);
        assert_int_equal(rf_lambda_walk(plan, two, 1, twice), n);
        assert_near(twice[n - 1].truth.quality, point[n - 1].truth.quality, 1e-12);
        assert_true(isinf(point[0].lambda));
        for (size_t k = 0; k < n; k++) {
            const double from = k + 1 < n ? point[k + 1].lambda : 0, upto = point[k].lambda;
            assert_true(from < upto || (from <= 0 && upto <= 0));
            /* at a breakpoint itself rounding decides, but 0 is exact */
            const double inside[] = { from > 0 ? from + 1e-6 : 0, isinf(upto) ? INFINITY : (from + upto) / 2,
                                      isinf(upto) ? from + 1 : upto - 1e-6 };
            for (size_t j = 0; j < 3; j++) {
                rf_lambda_choose(&f, inside[j], choice);
                const struct rf_point p = rf_lambda_mean(&f, choice, NULL);
                assert_near(p.cost, point[k].truth.cost, 1e-12);
                assert_near(p.quality, point[k].truth.quality, 1e-12);
            }
            assert_true(k == 0 || point[k].predicted > point[k - 1].predicted);
        }
        rf_lambda_plan_free(plan);
    }
}

static void shares_sum_to_one_and_nonsense_is_refused(void **state)
{
    (void)state;
    double v[4][PROMPTS * MODELS], share[MODELS], sum = 0;
    uint32_t choice[PROMPTS];
    struct rf_lambda_plan *plan = NULL;
    struct rf_field f;
    struct rf_err err = { 0 };
    random_field(1, v, &f);
    rf_lambda_choose(&f, 0.5, choice);
    rf_lambda_mean(&f, choice, share);
    for (size_t m = 0; m < MODELS; m++)
        sum += share[m];
    assert_near(sum, 1, 1e-12);
    v[0][MODELS + 2] = NAN;
    assert_int_equal(rf_lambda_plan_new(&plan, &f, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "prompt 2, model 3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hull_is_what_mixing_two_points_buys),
        cmocka_unit_test(hull_of_many_points_is_that_of_its_corners_and_each_point),
        cmocka_unit_test(aiq_by_code_and_by_paper),
        cmocka_unit_test(points_that_are_none_are_refused),
        cmocka_unit_test(curve_holds_every_choice_that_a_lambda_can_make),
        cmocka_unit_test(shares_sum_to_one_and_nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
