/* Unit tests of eval/named.h and eval/named_many.h: every figure by hand, with ties, and where curves fall. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "eval/named.h"
#include "eval/named_many.h"
#include "near.h"

enum { PAD = 512 };
static struct rf_point pad[PAD];

static void routerarena(void **state)
{
    (void)state;
    /* $.0044 per 1,000: C = 1; $200: C = 0; their geometric middle: 1/2 */
    const double middle = sqrt(200 * .0044);
    assert_near(rf_arena((struct rf_point){ .0044e-3, .7 }), 1.1 * .7 / 1.07, 1e-12);
    assert_near(rf_arena_code((struct rf_point){ .0044e-3, .7 }), 1.1 * .7 / 1.07, 1e-12);
    assert_near(rf_arena((struct rf_point){ middle / 1000, .6 }), 1.1 * .6 * .5 / (.06 + .5), 1e-12);
    /* the dearest published and the cheapest end: equal accuracy (a tie) goes to the cheaper */
    assert_true(rf_arena((struct rf_point){ .001, .6 }) > rf_arena((struct rf_point){ .002, .6 }));
    /* beyond the ends: the code's score leaves the scale, the sound one stays */
    assert_true(rf_arena_code((struct rf_point){ .4, .6 }) > 1); /* C and b A + C both below 0 */
    assert_true(rf_arena_code((struct rf_point){ .21, .6 }) < 0);
    assert_near(rf_arena((struct rf_point){ .4, .6 }), 0, 0);
    assert_true(rf_arena_code((struct rf_point){ 1e-7, .7 }) > rf_arena((struct rf_point){ 1e-7, .7 }));
    assert_true(isnan(rf_arena_code((struct rf_point){ 0, .7 })));
    assert_near(rf_arena((struct rf_point){ 0, .7 }), 1.1 * .7 / 1.07, 1e-12);
    assert_near(rf_arena((struct rf_point){ .2, 0 }), 0, 0);
    /* the leaderboard's Cross-Router: accuracy 78.14, $.30 per 1,000 */
    assert_near(rf_arena((struct rf_point){ .0003, .7814 }), .7612, 1e-3);
}

static void orbit_budgets_and_choices(void **state)
{
    (void)state;
    static const double score[] = { .5, .9, .9, .2 }, cost[] = { 2, 3, 3, 1 };
    assert_int_equal(rf_orbit_choose(score, cost, 4, .5), 0); /* none can be paid: the first */
    assert_int_equal(rf_orbit_choose(score, cost, 4, 1), 3);
    assert_int_equal(rf_orbit_choose(score, cost, 4, 2.9), 0);
    assert_int_equal(rf_orbit_choose(score, cost, 4, 3), 1); /* a tie: the first */
    const struct rf_field few = { 1, 4, score, cost, score, cost };
    double budget[RF_ORBIT_BUDGETS];
    size_t n;
    assert_int_equal(rf_orbit_budgets(&few, budget, &n, NULL), 0);
    assert_int_equal(n, 3);
    assert_near(budget[0] + 10 * budget[1] + 100 * budget[2], 321, 0);
    static double many[2 * 199]; /* 0, 1, ..., 198, each twice: quantile i/99 is 397 i / 198 rounded down to a value */
    for (int i = 0; i < 398; i++)
        many[i] = i / 2;
    const struct rf_field f = { 199, 2, many, many, many, many };
    assert_int_equal(rf_orbit_budgets(&f, budget, &n, NULL), 0);
    assert_int_equal(n, 100);
    assert_near(budget[0], 0, 0);
    assert_near(budget[99], 198, 0);
    assert_near(budget[1], 2, 1e-12); /* place 4.01 of 0 0 1 1 2 2 */
}

static void orbit_by_hand(void **state)
{
    (void)state;
    /* By rising budget; (3, .6) is dearer and worse than (2, .7): the curve falls there. Best single model: $4, .8. */
    static const struct rf_point p[] = { { 1, .5 }, { 2, .7 }, { 3, .6 }, { 5, .8 } };
    struct rf_orbit o = rf_orbit_code(p, 4, (struct rf_point){ 4, .8 }, pad);
    /* points: (1, .5) (2, .7) and the code's (4, .8) before (5, .8) */
    assert_near(o.nauc, (1 * .6 + 2 * .75 + 1 * .8) / 5, 1e-15);
    assert_near(o.peak, .8, 0);
    assert_near(o.qnc, 1, 1e-15); /* its added point is as good as the best single model at that model's cost */
    /* all points tie: only the first stays */
    static const struct rf_point level[] = { { 2, .5 }, { 3, .5 }, { 3, .5 } };
    o = rf_orbit_code(level, 3, (struct rf_point){ 4, .6 }, pad);
    assert_near(o.nauc, 2 * .5 / 4, 1e-15);
    assert_near(o.peak, .5, 0);
    assert_true(isnan(o.qnc));
    /* good for less than the best single model costs */
    o = rf_orbit_code(p, 2, (struct rf_point){ 4, .7 }, pad);
    assert_near(o.qnc, .5, 1e-15);
}

static void orbit_collapse(void **state)
{
    (void)state;
    static const double tie[] = { 1, 0, 1 }, alone[] = { 0, 0, 1 }, none[] = { 0, 0, 0 }; /* model 2 is the dearest */
    static const int want[3][3] = { { 0, 1, 1 }, { 1, 1, 0 }, { 0, 0, 1 } };
    for (size_t choice = 0; choice < 3; choice++) {
        assert_int_equal(rf_orbit_collapsed(tie, 3, 2, choice), want[0][choice]);
        assert_int_equal(rf_orbit_collapsed(alone, 3, 2, choice), want[1][choice]);
        assert_int_equal(rf_orbit_collapsed(none, 3, 2, choice), want[2][choice]);
    }
}

static void routereval(void **state)
{
    (void)state;
    static const double level[] = { 3, 3, 3, 3 }, far[] = { 0, 800 }, two[] = { 0, 1 };
    assert_near(rf_routereval_bits_code(level, 4), 2, 1e-15);
    assert_near(rf_routereval_bits_code(far, 2), 0, 0);
    const double p = 1 / (1 + exp(-1));
    assert_near(rf_routereval_bits_code(two, 2), -p * log2(p) - (1 - p) * log2(1 - p), 1e-15);
    static const double share[] = { .5, .25, 0, .25 };
    assert_near(rf_routereval_bits(share, 4), 1.5, 1e-15);
    const double lone = 1 + 0x1p-52; /* a sum of shares */
    assert_true(!signbit(rf_routereval_bits(&lone, 1)) && rf_routereval_bits(&lone, 1) <= 0);
}

static void llmrouterbench(void **state)
{
    (void)state;
    static const struct rf_point p[] = { { 1, .5 }, { 2, .84 }, { 3, .6 }, { 5, .88 } };
    const struct rf_point best = { 4, .8 };
    assert_near(rf_lrb_perf_gain(p, 4, best), .1, 1e-12);
    assert_near(rf_lrb_perf_gain(p, 1, best), -.375, 1e-12);
    assert_near(rf_lrb_cost_save(p, 4, best), .5, 1e-12);
    assert_near(rf_lrb_cost_save(p + 2, 2, best), -.25, 1e-12); /* as good only for more */
    assert_true(isnan(rf_lrb_cost_save(p, 1, best)));
    static const struct rf_point level[] = { { 4, .8 }, { 4, .8 } }; /* a tie with the best is as good */
    assert_near(rf_lrb_cost_save(level, 2, best), 0, 1e-12);
    assert_near(rf_lrb_perf_gain(level, 2, best), 0, 1e-12);
    struct rf_point front[8];
    static const struct rf_point all[] = { { 5, .88 }, { 3, .6 }, { 2, .84 }, { 1, .5 },
                                           { 2, .84 }, { 2, .7 }, { 1, .5 } };
    assert_int_equal(rf_lrb_front(all, 7, front), 3);
    assert_near(front[1].cost, 2, 0);
    assert_near(front[1].quality, .84, 0);
    /* (3, .6), at ranges 4 and .38: from (2, .84) 1/4 + .24/.38, from (1, .5) 2/4 + .1/.38, which is nearer */
    const struct rf_point range = { 4, .38 };
    assert_near(rf_lrb_pareto_dist(p, 4, front, 3, range), (.5 + .1 / .38) / 4, 1e-12);
    assert_near(rf_lrb_pareto_dist(p, 4, front, 3, (struct rf_point){ 0, 0 }), 0, 0);
}

static void deferral(void **state)
{
    (void)state;
    /* out of order; falls from (2, .7) to (3, .6); of cost 1 the better counts */
    static const struct rf_point p[] = { { 3, .6 }, { 1, .5 }, { 2, .7 }, { 1, .4 }, { 6, .9 } };
    struct rf_deferral d = rf_deferral_of(p, 5, 4, (struct rf_point){ 4, .75 }, pad);
    assert_near(d.area, (.6 + .65 + 1 * (.6 + .7) / 2) / 4, 1e-12); /* cut at 4, where it is .7 */
    assert_near(d.qnc, 4.5 / 4, 1e-12);
    d = rf_deferral_of(p, 5, 8, (struct rf_point){ 4, .65 }, pad);
    assert_near(d.area, (.6 + .65 + 3 * .75 + 2 * .9) / 8, 1e-12);
    assert_near(d.qnc, 1.75 / 4, 1e-12);
    d = rf_deferral_of(p, 5, 4, (struct rf_point){ 4, .95 }, pad);
    assert_true(isnan(d.qnc));
    static const struct rf_point level[] = { { 2, .5 }, { 1, .5 } }; /* ties */
    d = rf_deferral_of(level, 2, 4, (struct rf_point){ 2, .5 }, pad);
    assert_near(d.area, .375, 1e-12);
    assert_near(d.qnc, .5, 1e-12);
}

/* Two models and a router that is told the truth about four questions. */
static void a_bench_by_hand(void **state)
{
    (void)state;
    static double score[] = { 1, 1, 0, 1, 0, 1, 0, 0 }, cost[] = { 1, 3, 1, 3, 1, 3, 1, 3 };
    static double said[] = { .9, .8, .2, .9, .6, .5, .1, .3 }; /* the third is wrong, the first right and thrifty */
    const struct rf_results r = { .n = 4, .models = 2, .score = score, .cost = cost };
    const struct rf_field f = { 4, 2, said, cost, score, cost }, sees = { 4, 2, score, cost, score, cost };
    struct rf_lambda_plan *plan = NULL, *oracle = NULL;
    struct rf_named out[4];
    const struct rf_means_options o = { 100, 3, 1 };
    assert_int_equal(rf_lambda_plan_new(&plan, &f, NULL), 0);
    assert_int_equal(rf_lambda_plan_new(&oracle, &sees, NULL), 0);
    const struct rf_named_router router[] = { { &f, plan, false }, { &sees, oracle, true } };
    assert_int_equal(rf_named_all(out, router, 2, &r, 1, 0, &o, NULL), 0);
    const double *const v = out[0].value;
    /* lambda 0: models 0 1 0 1: score 2/4, cost 2; the best single model: 3/4 for 3 */
    assert_near(v[RF_NAMED_ARENA], rf_arena((struct rf_point){ 2, .5 }), 1e-12);
    assert_near(v[RF_NAMED_V_R], .5 / .25, 1e-12);
    assert_near(v[RF_NAMED_V_B], .5 / .75, 1e-12);
    assert_near(v[RF_NAMED_EP], 1, 1e-12);
    double bits = 0;
    for (int i = 0; i < 4; i++)
        bits += rf_routereval_bits_code(said + 2 * i, 2) / 4;
    assert_near(v[RF_NAMED_EP_CODE], bits, 1e-12);
    /* the third misses the dearest that alone is right; the fourth takes the dearest where all are as good */
    assert_near(v[RF_NAMED_RCI], .5, 1e-12);
    /* budgets 1 and 3: (1, .25), (2, .5); behind them (3, .5) */
    assert_near(v[RF_NAMED_NAUC_CODE], (.375 + .5) / 3, 1e-12);
    assert_near(v[RF_NAMED_PEAK_CODE], .5, 1e-12);
    assert_true(isnan(v[RF_NAMED_QNC_CODE]));
    /* lambda's curve: all cheap (1, .25), question 2 dear (1.5, .5), question 4 dear (2, .5) */
    assert_near(v[RF_NAMED_PERF_GAIN], .5 / .75 - 1, 1e-12);
    assert_true(isnan(v[RF_NAMED_COST_SAVE]));
    assert_near(v[RF_NAMED_AREA], (.5 * .375 + .5 * .5 + 1 * .5) / 3, 1e-12);
    /* front: (1, .25), (1.5, .5), (3, .75); ranges 2 and .5; only (2, .5) is off it, by .25 */
    assert_near(v[RF_NAMED_PARETO_DIST], .25 / 3, 1e-12);
    /* the oracle: (1, .25) to (2, .75): as good as the best single model for 2 of 3 */
    assert_near(out[1].value[RF_NAMED_COST_SAVE], 1. / 3, 1e-12);
    assert_near(out[1].value[RF_NAMED_DEFERRAL_QNC], 2. / 3, 1e-12);
    assert_near(out[1].value[RF_NAMED_RCI], 0, 0); /* it takes the cheaper of equals */
    assert_true(isnan(out[1].value[RF_NAMED_PARETO_DIST]));
    assert_true(isnan(out[1].value[RF_NAMED_EP_CODE]));
    /* the models */
    assert_near(out[3].value[RF_NAMED_V_B], 1, 1e-12);
    assert_near(out[3].value[RF_NAMED_V_R], 3, 1e-12);
    assert_near(out[2].value[RF_NAMED_PERF_GAIN], -2. / 3, 1e-12);
    assert_near(out[2].value[RF_NAMED_PARETO_DIST], 0, 1e-12);
    assert_true(isnan(out[2].value[RF_NAMED_NAUC_CODE]));
    rf_lambda_plan_free(plan);
    rf_lambda_plan_free(oracle);
}

/* A resample is the same as its prompts written out: figures of data in which every prompt stands twice are those of
 * the data, and ORBIT's steps give what its choices give one by one. */
static void steps_and_choices_agree(void **state)
{
    (void)state;
    enum { N = 60, M = 4 };
    static double said[N * M], paid[N * M], score[N * M], cost[N * M];
    struct rf_rng rng;
    rf_rng_init(&rng, 7, 0);
    for (int i = 0; i < N * M; i++) {
        score[i] = rf_rng_uniform(&rng) < .5;
        cost[i] = (1 + i % M) * (.5 + rf_rng_uniform(&rng));
        said[i] = floor(4 * (score[i] + 2 * rf_rng_uniform(&rng))) / 4; /* with ties */
        paid[i] = cost[i] * (.8 + .4 * rf_rng_uniform(&rng));
    }
    const struct rf_results r = { .n = N, .models = M, .score = score, .cost = cost };
    const struct rf_field f = { N, M, said, paid, score, cost };
    struct rf_lambda_plan *plan = NULL;
    struct rf_named out[1 + M], again[1 + M];
    const struct rf_means_options one = { 200, 3, 1 }, four = { 200, 3, 4 };
    assert_int_equal(rf_lambda_plan_new(&plan, &f, NULL), 0);
    const struct rf_named_router router = { &f, plan, false };
    memset(out, 0, sizeof out);
    memset(again, 0, sizeof again);
    assert_int_equal(rf_named_all(out, &router, 1, &r, 0, M, &one, NULL), 0);
    assert_int_equal(rf_named_all(again, &router, 1, &r, 0, M, &four, NULL), 0);
    assert_memory_equal(out, again, sizeof out);
    double budget[RF_ORBIT_BUDGETS];
    struct rf_point p[RF_ORBIT_BUDGETS], best = { 0, 0 };
    size_t n;
    assert_int_equal(rf_orbit_budgets(&f, budget, &n, NULL), 0);
    for (size_t b = 0; b < n; b++) {
        p[b] = (struct rf_point){ 0, 0 };
        for (size_t i = 0; i < N; i++) {
            const size_t at = i * M + rf_orbit_choose(said + i * M, paid + i * M, M, budget[b]);
            p[b].quality += score[at] / N;
            p[b].cost += cost[at] / N;
        }
    }
    for (size_t i = 0; i < N; i++)
        best = (struct rf_point){ best.cost + cost[i * M] / N, best.quality + score[i * M] / N };
    const struct rf_orbit o = rf_orbit_code(p, n, best, pad);
    assert_near(out[0].value[RF_NAMED_NAUC_CODE], o.nauc, 1e-12);
    assert_near(out[0].value[RF_NAMED_PEAK_CODE], o.peak, 1e-12);
    for (int k = 0; k < RF_NAMED_METRICS; k++)
        if (!isnan(out[0].low[k]))
            assert_true(out[0].low[k] <= out[0].high[k]);
    assert_true(isnan(out[0].value[RF_NAMED_V_R]));
    rf_lambda_plan_free(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routerarena),
        cmocka_unit_test(orbit_budgets_and_choices),
        cmocka_unit_test(orbit_by_hand),
        cmocka_unit_test(orbit_collapse),
        cmocka_unit_test(routereval),
        cmocka_unit_test(llmrouterbench),
        cmocka_unit_test(deferral),
        cmocka_unit_test(a_bench_by_hand),
        cmocka_unit_test(steps_and_choices_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
