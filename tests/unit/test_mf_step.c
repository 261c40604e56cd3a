/* Unit tests of train/mf_model.h and train/mf_step.h: exact conversions, starting values, gradients of the recipe by
 * finite differences, Adam by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mf_planted.h"

enum { MODELS = 6, K = 8, DIM = 12, BATCH = 40 };

/* The recipe's loss by its definition, in double. */
static double plain_loss(const struct rf_mf_model *m, const struct planted *p)
{
    double sum = 0;
    for (size_t i = 0; i < BATCH; i++) {
        const struct rf_mf_pair *v = &p->pair[i];
        sum += (double)v->weight * rf_softplus(-rf_mf_model_logit(m, v->win, v->lose, p->x + v->row * p->dim)) / BATCH;
    }
    return sum;
}

static void check_gradient(struct rf_mf_model *m, const struct planted *p, float *value, const float *g, size_t n)
{
    const float h = 0.00390625f;
    for (size_t i = 0; i < n; i++) {
        const float kept = value[i];
        value[i] = kept + h;
        const double up = plain_loss(m, p), width_up = (double)value[i];
        value[i] = kept - h;
        const double down = plain_loss(m, p), width = width_up - (double)value[i];
        value[i] = kept;
        assert_near((double)g[i], (up - down) / width, 1e-5);
    }
}

static void gradients_of_p_w_and_c_are_the_differences(void **state)
{
    (void)state;
    struct planted p = planted_new(MODELS, DIM, BATCH, 0, 2);
    struct rf_mf_model m;
    struct rf_mf_step *s = NULL;
    double loss;
    p.pair[3].weight = 2;
    assert_int_equal(rf_mf_model_init(&m, MODELS, K, DIM, NULL), 0);
    rf_mf_model_start(&m, 7);
    assert_int_equal(rf_mf_step_new(&s, &m, p.x, 64, NULL), 0);
    assert_int_equal(rf_mf_step_gradient(s, &m, p.pair, BATCH, &loss, NULL), 0);
    assert_near(loss, plain_loss(&m, &p), 1e-6);
    const struct rf_mf_model *g = rf_mf_step_last(s);
    check_gradient(&m, &p, m.p, g->p, MODELS * K);
    check_gradient(&m, &p, m.w, g->w, K * DIM);
    check_gradient(&m, &p, m.c, g->c, K);
    rf_mf_step_free(s);
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void adam_takes_the_step_of_its_formula(void **state)
{
    (void)state;
    const struct rf_adam o = { 0.01, 0.9, 0.999, 1e-8, 0.1 };
    struct planted p = planted_new(MODELS, DIM, BATCH, 0, 2);
    struct rf_mf_model m;
    struct rf_mf_step *s = NULL;
    double loss, first = 0, second = 0;
    assert_int_equal(rf_mf_model_init(&m, MODELS, K, DIM, NULL), 0);
    rf_mf_model_start(&m, 7);
    assert_int_equal(rf_mf_step_new(&s, &m, p.x, BATCH, NULL), 0);
    double w = (double)m.w[5];
    for (int t = 1; t <= 3; t++) {
        assert_int_equal(rf_mf_step_gradient(s, &m, p.pair, BATCH, &loss, NULL), 0);
        const double g = (double)rf_mf_step_last(s)->w[5] + o.decay * w;
        rf_mf_step_update(s, &m, &o);
        first = o.beta1 * first + (1 - o.beta1) * g;
        second = o.beta2 * second + (1 - o.beta2) * g * g;
        w -= o.lr * (first / (1 - pow(o.beta1, t))) / (sqrt(second / (1 - pow(o.beta2, t))) + o.eps);
        assert_near((double)m.w[5], w, 1e-6);
    }
    rf_mf_step_free(s);
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void noise_has_the_wanted_size_and_is_repeatable(void **state)
{
    (void)state;
    /* One vector of zeros against W = 1: the batch's logits are the noise itself, summed over the coordinates. */
    enum { WIDE = 400, N = 500 };
    float *x = rf_calloc(WIDE, sizeof *x, NULL);
    struct rf_mf_pair pair[N];
    struct rf_mf_model m;
    struct rf_mf_step *s = NULL;
    double loss[2], quiet;
    assert_int_equal(rf_mf_model_init(&m, 2, 1, WIDE, NULL), 0);
    m.p[0] = 1;
    m.p[1] = -1;
    m.c[0] = 0.5f;
    for (size_t j = 0; j < WIDE; j++)
        m.w[j] = 1;
    for (size_t i = 0; i < N; i++)
        pair[i] = (struct rf_mf_pair){ 0, 1, 0, 1 };
    assert_int_equal(rf_mf_step_new(&s, &m, x, N, NULL), 0);
    assert_int_equal(rf_mf_step_gradient(s, &m, pair, N, &quiet, NULL), 0);
    assert_near(quiet, log(2), 1e-9);
    for (int k = 0; k < 2; k++) {
        rf_mf_step_noise(s, 0.05, 9, 1);
        assert_int_equal(rf_mf_step_gradient(s, &m, pair, N, &loss[k], NULL), 0);
    }
    assert_true(loss[0] == loss[1]);
    assert_near(loss[0], 0.80606, 0.06); /* E softplus(N(0, 1)), sd of the mean .023 */
    rf_mf_step_noise(s, 0, 9, 1);
    assert_int_equal(rf_mf_step_gradient(s, &m, pair, N, &loss[0], NULL), 0);
    assert_true(loss[0] == quiet);
    rf_mf_step_free(s);
    rf_mf_model_release(&m);
    rf_free(x);
}

static void a_loss_that_is_not_finite_is_named(void **state)
{
    (void)state;
    struct planted p = planted_new(MODELS, DIM, BATCH, 0, 2);
    struct rf_mf_model m;
    struct rf_mf_step *s = NULL;
    struct rf_err err = { 0 };
    double loss;
    assert_int_equal(rf_mf_model_init(&m, MODELS, K, DIM, NULL), 0);
    rf_mf_model_start(&m, 7);
    m.c[0] = NAN;
    assert_int_equal(rf_mf_step_new(&s, &m, p.x, BATCH, NULL), 0);
    assert_int_equal(rf_mf_step_gradient(s, &m, p.pair, BATCH, &loss, &err), RF_FAIL);
    assert_non_null(strstr(err.msg, "the loss is "));
    rf_mf_step_free(s);
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void start_has_pytorchs_distributions(void **state)
{
    (void)state;
    struct rf_mf_model m;
    double square = 0, largest = 0;
    assert_int_equal(rf_mf_model_init(&m, 50, 100, 64, NULL), 0);
    rf_mf_model_start(&m, 1);
    for (size_t i = 0; i < 5000; i++)
        square += (double)(m.p[i] * m.p[i]) / 5000;
    assert_near(square, 1, 0.08);
    for (size_t i = 0; i < 6400; i++)
        largest = fmax(largest, fabs((double)m.w[i]));
    assert_true(largest <= 1 / 8.0 && largest > 0.99 / 8);
    largest = 0;
    for (size_t i = 0; i < 100; i++)
        largest = fmax(largest, fabs((double)m.c[i]));
    assert_true(largest <= 0.1 && largest > 0.09);
    rf_mf_model_release(&m);
}

static void scores_become_parameters_with_the_same_logits(void **state)
{
    (void)state;
    struct planted p = planted_new(MODELS, DIM, 10, 0, 3);
    struct rf_mf_model m;
    float u[MODELS * DIM], unit[MODELS * K];
    assert_int_equal(rf_mf_model_init(&m, MODELS, K, DIM, NULL), 0);
    rf_mf_model_from_scores(&m, p.u);
    rf_mf_model_scores(&m, u, unit);
    assert_memory_equal(u, p.u, sizeof u);
    for (size_t i = 0; i < 10; i++) {
        double z = 0;
        for (size_t j = 0; j < DIM; j++)
            z += ((double)p.u[2 * DIM + j] - (double)p.u[5 * DIM + j]) * (double)p.x[i * DIM + j];
        assert_near(rf_mf_model_logit(&m, 2, 5, p.x + i * DIM), z, 1e-12);
    }
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void factors_become_parameters_with_the_same_logits(void **state)
{
    (void)state;
    enum { RANK = 3 };
    struct planted p = planted_new(MODELS, DIM, 10, 0, 3);
    struct rf_mf_model m;
    struct rf_rng r;
    double a[MODELS * RANK], b[RANK * DIM];
    float unit[MODELS * K], length[MODELS];
    rf_rng_init(&r, 1, 1);
    for (size_t i = 0; i < MODELS * RANK; i++)
        a[i] = 5 * rf_rng_normal(&r);
    for (size_t i = 0; i < RANK * DIM; i++)
        b[i] = rf_rng_normal(&r);
    assert_int_equal(rf_mf_model_init(&m, MODELS, K, DIM, NULL), 0);
    rf_mf_model_from_factors(&m, RANK, a, b);
    rf_mf_model_unit_rows(&m, unit, length);
    for (size_t i = 0; i < MODELS; i++)
        assert_near((double)length[i], 1, 1e-6);
    for (size_t i = 0; i < 10; i++) {
        double z = 0;
        for (size_t j = 0; j < DIM; j++)
            for (size_t t = 0; t < RANK; t++)
                z += (a[1 * RANK + t] - a[4 * RANK + t]) * b[t * DIM + j] * (double)p.x[i * DIM + j];
        assert_near(rf_mf_model_logit(&m, 1, 4, p.x + i * DIM), z, 1e-5);
    }
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void failed_allocations_leave_nothing_behind(void **state)
{
    (void)state;
    const float x[DIM] = { 0 };
    struct rf_mf_model m;
    assert_int_equal(rf_mf_model_init(&m, MODELS, K, DIM, NULL), 0);
    for (long nth = 1; nth <= 16; nth++) {
        struct rf_mf_step *s = NULL;
        rf_mem_fail_at(nth, true);
        assert_int_equal(rf_mf_step_new(&s, &m, x, BATCH, NULL), RF_FAIL);
        rf_mem_fail_at(0, false);
        assert_null(s);
    }
    rf_mf_model_release(&m);
    assert_int_equal(rf_mf_model_init(&m, SIZE_MAX / 2, 4, 4, NULL), RF_FAIL);
}

/* ---- outcomes ---- */

static void chances_of_the_outcomes_sum_to_one(void **state)
{
    (void)state;
    static const double v[] = { -30, -2, -0.3, 0, 1.5, 40 };
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 6; j++)
            for (int e = -2; e < 3; e++) {
                double d[3], sum = 0;
                for (int o = RF_MF_WIN; o <= RF_MF_TIE; o++)
                    sum += exp(-rf_mf_outcome_loss(RF_MF_DAVIDSON, (enum rf_mf_outcome)o, v[i], v[j], e, d));
                sum += exp(-rf_mf_outcome_loss(RF_MF_DAVIDSON, RF_MF_WIN, v[j], v[i], e, d));
                assert_near(sum, 1, 1e-12);
                sum = exp(-rf_mf_outcome_loss(RF_MF_GROUNDED, RF_MF_WIN, v[j], v[i], e, d));
                for (int o = RF_MF_WIN; o <= RF_MF_BOTH_BAD; o++)
                    sum += exp(-rf_mf_outcome_loss(RF_MF_GROUNDED, (enum rf_mf_outcome)o, v[i], v[j], e, d));
                assert_near(sum, 1, 1e-9);
                assert_true(isfinite(rf_mf_outcome_loss(RF_MF_GROUNDED, RF_MF_TIE, v[i], v[j], e, d)));
            }
    double d[3]; /* by hand: p_a = 2, p_b = 1, theta = 2.000001 */
    assert_near(exp(-rf_mf_outcome_loss(RF_MF_GROUNDED, RF_MF_WIN, log(2), 0, 0, d)), 2 / (2 + 2.000001 + 1), 1e-12);
    assert_near(exp(-rf_mf_outcome_loss(RF_MF_GROUNDED, RF_MF_BOTH_BAD, log(2), 0, 0, d)), 0.25, 1e-12);
    assert_near(exp(-rf_mf_outcome_loss(RF_MF_DAVIDSON, RF_MF_TIE, log(4), 0, 0, d)), 1 / (2 + 1 + 0.5), 1e-12);
    assert_near(rf_mf_outcome_loss(RF_MF_CORRECTNESS, RF_MF_TIE, 0, 0, 0, d), log(2), 1e-12);
}

static void derivatives_of_the_outcomes_are_the_differences(void **state)
{
    (void)state;
    static const double v[] = { -3, -0.4, 0.7, 2.5 };
    const double h = 1e-5;
    for (int rule = RF_MF_DECISIVE; rule <= RF_MF_CORRECTNESS; rule++)
        for (int o = RF_MF_WIN; o <= RF_MF_BOTH_BAD; o++)
            for (size_t i = 0; i < 64; i++) {
                const double at[3] = { v[i % 4], v[i / 4 % 4], v[i / 16] / 2 };
                double d[3], none[3];
                rf_mf_outcome_loss((enum rf_mf_rule)rule, (enum rf_mf_outcome)o, at[0], at[1], at[2], d);
                for (int k = 0; k < 3; k++) {
                    double up[3], down[3];
                    memcpy(up, at, sizeof up);
                    memcpy(down, at, sizeof down);
                    up[k] += h;
                    down[k] -= h;
                    const double slope =
                        (rf_mf_outcome_loss((enum rf_mf_rule)rule, (enum rf_mf_outcome)o, up[0], up[1], up[2], none) -
                         rf_mf_outcome_loss((enum rf_mf_rule)rule, (enum rf_mf_outcome)o, down[0], down[1], down[2],
                                            none)) /
                        (2 * h);
                    assert_near(d[k], slope, 1e-7);
                }
            }
}

static double plain_outcomes(const struct rf_mf_model *m, const struct planted *p, const uint8_t *outcome,
                             enum rf_mf_rule rule, double eta)
{
    float u[MODELS * DIM], unit[MODELS * K];
    double sum = 0, d[3];
    rf_mf_model_scores(m, u, unit);
    for (size_t i = 0; i < BATCH; i++) {
        const struct rf_mf_pair *v = &p->pair[i];
        double a = 0, b = 0;
        for (size_t j = 0; j < DIM; j++) {
            a += (double)(u[v->win * DIM + j] * p->x[v->row * DIM + j]);
            b += (double)(u[v->lose * DIM + j] * p->x[v->row * DIM + j]);
        }
        sum += (double)v->weight * rf_mf_outcome_loss(rule, (enum rf_mf_outcome)outcome[i], a, b, eta, d) / BATCH;
    }
    return sum;
}

static void gradients_by_outcomes_are_the_differences(void **state)
{
    (void)state;
    struct planted p = planted_new(MODELS, DIM, BATCH, 0, 2);
    uint8_t outcome[BATCH];
    struct rf_mf_model m;
    struct rf_mf_step *s = NULL;
    double loss, decisive;
    p.pair[3].weight = 2;
    for (size_t i = 0; i < BATCH; i++)
        outcome[i] = (uint8_t)(i % 3);
    assert_int_equal(rf_mf_model_init(&m, MODELS, K, DIM, NULL), 0);
    rf_mf_model_start(&m, 7);
    assert_int_equal(rf_mf_step_new(&s, &m, p.x, 64, NULL), 0);
    for (int r = RF_MF_DAVIDSON; r <= RF_MF_CORRECTNESS; r++) {
        const enum rf_mf_rule rule = (enum rf_mf_rule)r;
        const float h = 0.00390625f;
        assert_int_equal(rf_mf_step_outcomes(s, &m, p.pair, outcome, BATCH, rule, 0.4, &loss, NULL), 0);
        assert_near(loss, plain_outcomes(&m, &p, outcome, rule, 0.4), 1e-6);
        const struct rf_mf_model *g = rf_mf_step_last(s);
        float *const value[] = { m.p, m.w, m.c };
        const float *const slope[] = { g->p, g->w, g->c };
        const size_t n[] = { MODELS * K, K * DIM, K };
        for (int t = 0; t < 3; t++)
            for (size_t i = 0; i < n[t]; i++) {
                const float kept = value[t][i];
                value[t][i] = kept + h;
                const double up = plain_outcomes(&m, &p, outcome, rule, 0.4), high = (double)value[t][i];
                value[t][i] = kept - h;
                const double down = plain_outcomes(&m, &p, outcome, rule, 0.4), width = high - (double)value[t][i];
                value[t][i] = kept;
                assert_near((double)slope[t][i], (up - down) / width, 3e-5);
            }
        assert_near(
            rf_mf_step_by_eta(s),
            (plain_outcomes(&m, &p, outcome, rule, 0.4 + 1e-4) - plain_outcomes(&m, &p, outcome, rule, 0.4 - 1e-4)) /
                2e-4,
            1e-6);
    }
    memset(outcome, RF_MF_WIN, sizeof outcome);
    assert_int_equal(rf_mf_step_outcomes(s, &m, p.pair, outcome, BATCH, RF_MF_DECISIVE, 0, &loss, NULL), 0);
    assert_int_equal(rf_mf_step_gradient(s, &m, p.pair, BATCH, &decisive, NULL), 0);
    assert_near(loss, decisive, 1e-6);
    rf_mf_step_free(s);
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void constants_carry_no_noise(void **state)
{
    (void)state;
    float x[2] = { 0, 1 };
    const struct rf_mf_pair pair = { 0, 1, 0, 1 };
    struct rf_mf_model m;
    struct rf_mf_step *s = NULL;
    struct rf_mf_pass *pass = NULL;
    struct rf_mf_loss quiet, noisy;
    const float u[4] = { 0, 1, 0, -1 };
    double loss, still;
    assert_int_equal(rf_mf_model_init(&m, 2, 1, 2, NULL), 0);
    m.p[0] = 1;
    m.p[1] = -1;
    m.c[0] = 0.5f;
    m.w[1] = 1;
    assert_int_equal(rf_mf_step_new(&s, &m, x, 1, NULL), 0);
    assert_int_equal(rf_mf_step_gradient(s, &m, &pair, 1, &still, NULL), 0);
    rf_mf_step_constants(s, 1);
    rf_mf_step_noise(s, 5, 9, 1);
    assert_int_equal(rf_mf_step_gradient(s, &m, &pair, 1, &loss, NULL), 0);
    assert_near(loss, still, 0);
    assert_int_equal(rf_mf_pass_new(&pass, x, 1, 2, 2, &pair, 1, NULL), 0);
    assert_int_equal(rf_mf_pass_run(pass, u, 0, 1, &quiet, NULL, NULL), 0);
    rf_mf_pass_constants(pass, 1);
    assert_int_equal(rf_mf_pass_run(pass, u, 5, 1, &noisy, NULL, NULL), 0);
    assert_near(noisy.loss, quiet.loss, 1e-9);
    rf_mf_pass_free(pass);
    rf_mf_step_free(s);
    rf_mf_model_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chances_of_the_outcomes_sum_to_one),
        cmocka_unit_test(derivatives_of_the_outcomes_are_the_differences),
        cmocka_unit_test(gradients_by_outcomes_are_the_differences),
        cmocka_unit_test(constants_carry_no_noise),
        cmocka_unit_test(gradients_of_p_w_and_c_are_the_differences),
        cmocka_unit_test(adam_takes_the_step_of_its_formula),
        cmocka_unit_test(noise_has_the_wanted_size_and_is_repeatable),
        cmocka_unit_test(a_loss_that_is_not_finite_is_named),
        cmocka_unit_test(start_has_pytorchs_distributions),
        cmocka_unit_test(scores_become_parameters_with_the_same_logits),
        cmocka_unit_test(factors_become_parameters_with_the_same_logits),
        cmocka_unit_test(failed_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
