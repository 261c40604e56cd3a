/* Unit tests of eval/traffic.h and eval/offpolicy.h: estimates by hand, estimates that find the truth of made logs, and
 * logs that say nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"
#include "eval/offpolicy.h"
#include "near.h"

static const struct rf_traffic_options plain = { .strong = "strong", .weak = "weak" };

static int parse(struct rf_traffic *t, const char *text, const struct rf_traffic_options *o, struct rf_err *err)
{
    struct rf_input *in = NULL;
    assert_int_equal(rf_input_memory(&in, "log", text, strlen(text), NULL), 0);
    const int rc = rf_traffic_parse(t, in, o, err);
    rf_input_close(in);
    return rc;
}

static void refuses(const char *text, const char *want)
{
    struct rf_traffic t = { 0 };
    struct rf_err err = { 0 };
    assert_int_equal(parse(&t, text, &plain, &err), RF_BAD_INPUT);
    if (!strstr(err.msg, want))
        fail_msg("found \"%s\", expected \"%s\" in it", err.msg, want);
    rf_traffic_release(&t);
}

static void both_layouts_say_the_same(void **state)
{
    (void)state;
    struct rf_traffic a = { 0 }, b = { 0 };
    struct rf_traffic_options mapped = { .strong = "gpt-4",
                                         .weak = "mix, tral",
                                         .map = { (const char *[]){ "p=propensity", "a=b=reward" }, 2 } };
    assert_int_equal(
        parse(&a,
              "{\"win_rate\": 0.5, \"model\": \"strong\", \"propensity\": 0.25, \"reward\": true, \"cost\": 1e-3, "
              "\"x\": []}\r\n\n"
              "{\"reward\": -1.5, \"win_rate\": \"0\", \"model\": \"weak\", \"propensity\": 1, \"cost\": null}",
              &plain, NULL),
        0);
    assert_int_equal(parse(&b, "p,a=b,win_rate,other,model,cost\n.25,1,.5,,gpt-4,.001\n", &mapped, NULL),
                     RF_BAD_INPUT); /* .25 is no JSON number */
    rf_traffic_release(&b);
    assert_int_equal(
        parse(&b, "p,a=b,win_rate,other,model,cost\n0.25,1,0.5,,gpt-4,0.001\n1,-1.5,0,\"x\ny\",\"mix, tral\",\n",
              &mapped, NULL),
        0);
    assert_int_equal(a.n, 2);
    assert_int_equal(b.n, 2);
    for (int i = 0; i < 2; i++) {
        assert_near(a.row[i].score, b.row[i].score, 0);
        assert_near(a.row[i].propensity, b.row[i].propensity, 0);
        assert_near(a.row[i].reward, b.row[i].reward, 0);
        assert_true(a.row[i].strong == b.row[i].strong && a.row[i].strong == !i);
    }
    assert_near(a.row[0].cost, .001, 0);
    assert_true(isnan(a.row[1].cost) && isnan(b.row[1].cost));
    rf_traffic_release(&a);
    rf_traffic_release(&b);
}

static void bad_rows_are_named(void **state)
{
    (void)state;
    refuses("", "found no request");
    refuses("win_rate,model,propensity\n", "found no column 'reward'");
    refuses("win_rate,model,propensity,reward\n", "found no request");
    refuses("win_rate,model,propensity,reward\n0.5,strong,0.5,1\n0.5,strong,0,1\n", "line 3: propensity: found 0");
    refuses("win_rate,model,propensity,reward\n0.5,strong,1.5,1\n", "propensity: found '1.5'");
    refuses("win_rate,model,propensity,reward\n0.5,big,0.5,1\n", "model: found 'big', expected 'strong' or 'weak'");
    refuses("win_rate,model,propensity,reward\nnan,strong,0.5,1\n", "win_rate: found 'nan'");
    refuses("win_rate,model,propensity,reward\n0.5,strong,0.5\n", "found no reward");
    refuses("{\"win_rate\": 2, \"model\": \"strong\", \"propensity\": 1, \"reward\": 1}", "log:1: win_rate: found '2'");
    refuses("{\"win_rate\": 0.5}\n", "log:1");
    refuses("{\"win_rate\": [1]}\n", "a list or an object");
    refuses("{\"win_rate\": \n", "log:1");
    struct rf_traffic t = { 0 };
    struct rf_traffic_options o = plain;
    o.map = (struct rf_list){ (const char *[]){ "x=rewrad" }, 1 };
    assert_int_equal(parse(&t, "a\n", &o, NULL), RF_USAGE);
    o.map = (struct rf_list){ (const char *[]){ "reward" }, 1 };
    assert_int_equal(parse(&t, "a\n", &o, NULL), RF_USAGE);
}

static void estimates_by_hand(void **state)
{
    (void)state;
    /* strong from .5 on: rows 0, 1 match of the strong ones, row 3 of the weak ones; ten times over for its weight */
    enum { TIMES = 10 };
    static const struct rf_traffic_row four[] = {
        { .9, .5, 1, 3, true }, { .8, .25, 0, 3, true }, { .7, .5, 1, 1, false }, { .2, .8, .5, 1, false }
    };
    struct rf_traffic_row row[4 * TIMES];
    double expected[4 * TIMES][2];
    for (int i = 0; i < 4 * TIMES; i++) {
        row[i] = four[i % 4];
        expected[i][0] = .25;
        expected[i][1] = .5;
    }
    const struct rf_traffic t = { row, 4 * TIMES };
    struct rf_offpolicy p;
    assert_int_equal(rf_offpolicy_of(&t, .5, (const double(*)[2])expected, &p, NULL), 0);
    assert_int_equal(p.matched, 3 * TIMES);
    assert_near(p.share, .75, 1e-15);
    assert_near(p.weight.value, (2 + 4 + 1.25) / 4, 1e-14);
    assert_near(p.ess, TIMES * 7.25 * 7.25 / (4 + 16 + 1.5625), 1e-12);
    assert_near(p.ips.value, (2 * 1 + 4 * 0 + 1.25 * .5) / 4, 1e-14);
    assert_near(p.snips.value, (2 + .625) / 7.25, 1e-14);
    assert_near(p.cost.value, (6 + 12 + 1.25) / 7.25, 1e-14);
    assert_near(p.dr.value, ((.5 + 2 * .5) + (.5 + 4 * -.5) + .5 + (.25 + 1.25 * .25)) / 4, 1e-14);
}

/* Rewards hang on the win rate and the model; the logging router sends to strong with a probability of its own. */
static void make(struct rf_traffic_row *row, size_t n, uint64_t seed)
{
    struct rf_rng rng;
    rf_rng_init(&rng, seed, 3);
    for (size_t i = 0; i < n; i++) {
        const double s = rf_rng_uniform(&rng), p = .2 + .6 * s;
        const bool strong = rf_rng_uniform(&rng) < p;
        const double right = strong ? .9 : .9 - .6 * s;
        row[i] =
            (struct rf_traffic_row){ s, strong ? p : 1 - p, rf_rng_uniform(&rng) < right, strong ? 10 : 1, strong };
    }
}

static void made_logs_give_the_truth(void **state)
{
    (void)state;
    enum { N = 2000, LOGS = 200 };
    static struct rf_traffic_row row[N];
    static double expected[N][2];
    /* strong from .5 on: .9 on half of the prompts, .9 - .6 * .25 in the mean on the other */
    const double truth = .5 * .9 + .5 * .75, usd = 5.5;
    int ips = 0, snips = 0, dr = 0;
    double ips_error = 0, dr_error = 0;
    for (uint64_t k = 0; k < LOGS; k++) {
        const struct rf_traffic t = { row, N };
        struct rf_offpolicy p;
        make(row, N, k);
        assert_int_equal(rf_offpolicy_model(&t, 1, expected, NULL), 0);
        assert_int_equal(rf_offpolicy_of(&t, .5, (const double(*)[2])expected, &p, NULL), 0);
        ips += fabs(p.ips.value - truth) < 1.96 * p.ips.se;
        snips += fabs(p.snips.value - truth) < 1.96 * p.snips.se;
        dr += fabs(p.dr.value - truth) < 1.96 * p.dr.se;
        ips_error += pow(p.ips.value - truth, 2);
        dr_error += pow(p.dr.value - truth, 2);
        assert_near(p.weight.value, 1, 5 * p.weight.se);
        assert_near(p.cost.value, usd, 6 * p.cost.se);
    }
    assert_true(ips > .9 * LOGS && snips > .9 * LOGS && dr > .9 * LOGS); /* of 200 intervals of 95% */
    assert_true(dr_error < .5 * ips_error);                              /* that is what the model of rewards is for */
}

static void logs_without_overlap_are_refused(void **state)
{
    (void)state;
    enum { N = 1000 };
    static struct rf_traffic_row row[N];
    static double expected[N][2];
    const struct rf_traffic t = { row, N };
    struct rf_offpolicy p;
    struct rf_err err = { 0 };
    make(row, N, 1);
    for (size_t i = 0; i < N; i++)
        if (row[i].score > .8)
            row[i].strong = true; /* above .8 the log never asked the weak model */
    assert_int_equal(rf_offpolicy_model(&t, 1, expected, NULL), 0);
    assert_int_equal(rf_offpolicy_of(&t, .5, (const double(*)[2])expected, &p, NULL), 0);
    assert_int_equal(rf_offpolicy_of(&t, INFINITY, (const double(*)[2])expected, &p, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "none to the weak model"));
    const struct rf_traffic few = { row, 8 };
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_offpolicy_of(&few, .5, (const double(*)[2])expected, &p, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "expected at least 10"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_layouts_say_the_same),
        cmocka_unit_test(bad_rows_are_named),
        cmocka_unit_test(estimates_by_hand),
        cmocka_unit_test(made_logs_give_the_truth),
        cmocka_unit_test(logs_without_overlap_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
