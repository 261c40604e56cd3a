/* Unit tests of single points of curves: budgets against every mixture of two choices, willingness to pay against the
 * rule itself, shares, intervals; and of closing the holes in results. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"
#include "eval/complete.h"
#include "eval/points.h"
#include "near.h"

enum { PROMPTS = 9, MODELS = 4 };

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

/* Most quality that one of the points, or a coin between two, has for a mean cost; NaN: none is that cheap. */
static double brute(const struct rf_point *p, size_t n, double cost)
{
    double best = NAN;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            if (p[i].cost > cost)
                continue;
            best = fmax(best, p[i].quality);
            if (p[j].cost > cost)
                best = fmax(best, p[i].quality +
                                      (p[j].quality - p[i].quality) * (cost - p[i].cost) / (p[j].cost - p[i].cost));
        }
    return best;
}

static const double budgets[] = { 0, 0.5, 1, 1.7, 2.25, 3, 9 };
enum { BUDGETS = sizeof budgets / sizeof *budgets };

static void a_budget_buys_what_the_best_mixture_has(void **state)
{
    (void)state;
    double v[4][PROMPTS * MODELS];
    for (uint64_t seed = 0; seed < 100; seed++) {
        const struct rf_points_wish wish = { .budget = budgets, .budgets = BUDGETS, .boot = { 16, 1, 1 } };
        struct rf_field f;
        struct rf_lambda_plan *plan = NULL;
        struct rf_lambda_point walk[PROMPTS * MODELS + 1];
        struct rf_point p[PROMPTS * MODELS + 1];
        struct rf_points at = { 0 };
        random_field(seed, v, &f);
        assert_int_equal(rf_lambda_plan_new(&plan, &f, NULL), 0);
        const size_t n = rf_lambda_walk(plan, NULL, 1, walk);
        for (size_t i = 0; i < n; i++)
            p[i] = walk[i].truth;
        assert_int_equal(rf_points_add(&at, 7, &f, NULL, MODELS, plan, &wish, NULL), 0);
        assert_int_equal(at.n, BUDGETS);
        for (size_t i = 0; i < BUDGETS; i++) {
            const double want = brute(p, n, budgets[i] + 1e-12);
            double sum = 0;
            assert_int_equal(at.v[i].entry, 7);
            if (isnan(want)) {
                assert_true(isnan(at.v[i].mean.quality) && !at.v[i].share && isnan(at.v[i].low.cost));
                continue;
            }
            assert_near(at.v[i].mean.quality, want, 1e-9);
            assert_true(at.v[i].mean.cost <= budgets[i] + 1e-9);
            assert_true(isnan(at.v[i].mix) || fabs(at.v[i].mean.cost - budgets[i]) < 1e-9);
            for (size_t m = 0; m < MODELS; m++)
                sum += at.v[i].share[m];
            assert_near(sum, 1, 1e-12);
        }
        rf_points_release(&at);
        rf_lambda_plan_free(plan);
    }
}

static void the_zero_router_mixes_models(void **state)
{
    (void)state;
    double v[4][PROMPTS * MODELS];
    for (uint64_t seed = 0; seed < 50; seed++) {
        const struct rf_points_wish wish = {
            .budget = budgets, .budgets = BUDGETS, .wtp = rf_wtp_grid, .wtps = RF_WTP_GRID, .boot = { 16, 1, 1 }
        };
        struct rf_field f;
        struct rf_point p[MODELS] = { { 0, 0 } };
        struct rf_points at = { 0 };
        random_field(seed, v, &f);
        for (size_t i = 0; i < PROMPTS * MODELS; i++) {
            p[i % MODELS].quality += f.true_score[i] / PROMPTS;
            p[i % MODELS].cost += f.true_cost[i] / PROMPTS;
        }
        assert_int_equal(rf_points_add_zero(&at, 0, &f, &wish, NULL), 0);
        assert_int_equal(at.n, BUDGETS); /* it sees no prompt, so no willingness to pay */
        for (size_t i = 0; i < BUDGETS; i++) {
            const double want = brute(p, MODELS, budgets[i] + 1e-12);
            if (isnan(want))
                assert_true(isnan(at.v[i].mean.quality));
            else
                assert_near(at.v[i].mean.quality, want, 1e-9);
        }
        rf_points_release(&at);
    }
}

static void willingness_to_pay_is_routerbench_s_rule(void **state)
{
    (void)state;
    static const double w[] = { 0, 0.3, 1, 50 };
    static const size_t column[MODELS] = { 5, 1, 0, 3 };
    const struct rf_points_wish wish = { .wtp = w, .wtps = 4, .corners = true, .boot = { 400, 3, 1 } };
    double v[4][PROMPTS * MODELS];
    struct rf_field f;
    struct rf_lambda_plan *plan = NULL;
    struct rf_points at = { 0 };
    uint32_t choice[PROMPTS];
    random_field(5, v, &f);
    assert_int_equal(rf_lambda_plan_new(&plan, &f, NULL), 0);
    assert_int_equal(rf_points_add(&at, 0, &f, column, 6, plan, &wish, NULL), 0);
    assert_true(at.n > 4);
    for (size_t i = 0; i < 4; i++) {
        const struct rf_at_point *const p = &at.v[at.n - 4 + i];
        double share[MODELS];
        rf_wtp_choose(&f, w[i], choice);
        const struct rf_point want = rf_lambda_mean(&f, choice, share);
        assert_near(p->mean.cost, want.cost, 1e-12);
        assert_near(p->mean.quality, want.quality, 1e-12);
        for (size_t m = 0; m < MODELS; m++)
            assert_near(p->share[column[m]], share[m], 1e-12);
        assert_true(p->low.quality <= want.quality && want.quality <= p->high.quality);
    }
    for (size_t i = 0; i + 4 < at.n; i++) { /* a corner's lambda makes its figures */
        rf_lambda_choose(&f, at.v[i].lambda, choice);
        const struct rf_point again = rf_lambda_mean(&f, choice, NULL);
        assert_near(again.cost, at.v[i].mean.cost, 1e-12);
        assert_true(i == 0 || at.v[i].mean.cost > at.v[i - 1].mean.cost);
    }
    rf_points_release(&at);
    rf_lambda_plan_free(plan);
}

static void intervals_of_means_are_those_of_the_binomial(void **state)
{
    (void)state;
    enum { N = 400 };
    double v[2 * N], low[2], high[2], low3[2], high3[2];
    struct rf_means_options o = { 4000, 9, 1 };
    for (size_t i = 0; i < N; i++) {
        v[i] = i % 4 == 0;
        v[N + i] = 2.5;
    }
    assert_int_equal(rf_mean_intervals(v, 2, N, &o, low, high, NULL), 0);
    const double se = sqrt(0.25 * 0.75 / N);
    assert_near(low[0], 0.25 - 1.96 * se, 0.2 * se);
    assert_near(high[0], 0.25 + 1.96 * se, 0.2 * se);
    assert_near(low[1], 2.5, 0);
    assert_near(high[1], 2.5, 0);
    o.threads = 3;
    assert_int_equal(rf_mean_intervals(v, 2, N, &o, low3, high3, NULL), 0);
    assert_memory_equal(low, low3, sizeof low);
    assert_memory_equal(high, high3, sizeof high);
}

/* Two models, five questions: one without b's score, one without its cost. */
static void results_with_holes(struct rf_results *r)
{
    static const double score[] = { 1, 0, 1, NAN, 0, 1, 1, 1, 0, 0 }, cost[] = { 1, 2, 1, NAN, 1, 2, 1, NAN, 1, 2 };
    *r = (struct rf_results){ .n = 5, .models = 2 };
    assert_int_equal(RF_NEW(r->score, 10, NULL) || RF_NEW(r->cost, 10, NULL) || RF_NEW(r->item, 5, NULL) ||
                         RF_NEW(r->prompt, 5, NULL) || RF_NEW(r->bench, 5, NULL) || RF_NEW(r->task, 5, NULL) ||
                         RF_NEW(r->model, 2, NULL),
                     0);
    memcpy(r->score, score, sizeof score);
    memcpy(r->cost, cost, sizeof cost);
    for (int i = 0; i < 5; i++)
        r->item[i] = 10 + i;
    r->model[0] = rf_strndup("a", 1, NULL);
    r->model[1] = rf_strndup("b", 1, NULL);
}

static void rows_with_a_hole_go_and_are_counted(void **state)
{
    (void)state;
    struct rf_results r;
    struct rf_holes h;
    results_with_holes(&r);
    assert_int_equal(rf_results_complete(&r, "x", &h, NULL), 0);
    assert_int_equal(r.n, 3);
    assert_int_equal(h.no_score, 1);
    assert_int_equal(h.no_cost, 1);
    assert_int_equal(h.worst, 1);
    assert_int_equal(h.missing, 2);
    assert_int_equal(r.incomplete, 2);
    assert_int_equal(r.item[1], 12);
    assert_int_equal(r.item[2], 14);
    assert_near(r.score[3], 1, 0);
    rf_results_release(&r);
}

static void a_model_with_nothing_is_refused(void **state)
{
    (void)state;
    struct rf_results r;
    struct rf_holes h;
    struct rf_err err = { 0 };
    results_with_holes(&r);
    for (size_t i = 0; i < 5; i++)
        r.cost[2 * i + 1] = NAN;
    assert_int_equal(rf_results_complete(&r, "x", &h, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "no cost is known of any of the 4 answers of \"b\""));
    memset(&err, 0, sizeof err);
    for (size_t i = 0; i < 5; i++)
        r.score[2 * i + 1] = NAN;
    assert_int_equal(rf_results_complete(&r, "x", &h, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "no score is known of any of the 5 answers of \"b\""));
    rf_results_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_buys_what_the_best_mixture_has),
        cmocka_unit_test(the_zero_router_mixes_models),
        cmocka_unit_test(willingness_to_pay_is_routerbench_s_rule),
        cmocka_unit_test(intervals_of_means_are_those_of_the_binomial),
        cmocka_unit_test(rows_with_a_hole_go_and_are_counted),
        cmocka_unit_test(a_model_with_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
