/* Unit tests of train/lbfgs.h: known minima, the conditions at an optimum, stopping and refusals. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "near.h"
#include "train/lbfgs.h"

enum { N = 50 };

/* sum over i of d_i (x_i - i)^2 / 2 with d from 1 to 100. */
static int quadratic(void *ctx, const double *x, double *f, double *g, struct rf_err *err)
{
    (void)ctx;
    (void)err;
    *f = 0;
    for (int i = 0; i < N; i++) {
        const double d = pow(100, i / (N - 1.0)), r = x[i] - i;
        *f += d * r * r / 2;
        g[i] = d * r;
    }
    return 0;
}

/* Rosenbrock's valley, minimum 0 at (1, 1). */
static int valley(void *ctx, const double *x, double *f, double *g, struct rf_err *err)
{
    (void)ctx;
    (void)err;
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];
    *f = a * a + 100 * b * b;
    g[0] = -2 * a - 400 * x[0] * b;
    g[1] = 200 * b;
    return 0;
}

/* x - ln x: not a number below zero. */
static int walled(void *ctx, const double *x, double *f, double *g, struct rf_err *err)
{
    (void)ctx;
    (void)err;
    *f = x[0] - log(x[0]);
    g[0] = 1 - 1 / x[0];
    return 0;
}

static int nan_everywhere(void *ctx, const double *x, double *f, double *g, struct rf_err *err)
{
    (void)ctx;
    (void)x;
    (void)err;
    *f = NAN;
    g[0] = 1;
    return 0;
}

/* Finite at 0 only. */
static int nan_beyond_the_start(void *ctx, const double *x, double *f, double *g, struct rf_err *err)
{
    (void)ctx;
    (void)err;
    *f = x[0] == 0 ? 1 : NAN;
    g[0] = 1;
    return 0;
}

static int failing(void *ctx, const double *x, double *f, double *g, struct rf_err *err)
{
    (void)ctx;
    (void)x;
    (void)f;
    (void)g;
    return rf_fail(err, RF_IO, "the disk went away");
}

static int stop_at_third(void *ctx, const struct rf_lbfgs_state *s, struct rf_err *err)
{
    (void)err;
    *(double *)ctx = s->loss;
    return s->iter == 3;
}

static int never_rises(void *ctx, const struct rf_lbfgs_state *s, struct rf_err *err)
{
    (void)err;
    double *last = ctx;
    assert_true(s->loss <= *last);
    *last = s->loss;
    return 0;
}

static void an_ill_conditioned_quadratic_is_solved(void **state)
{
    (void)state;
    double x[N] = { 0 }, last = INFINITY;
    struct rf_err err = { 0 };
    struct rf_lbfgs_result r;
    const struct rf_lbfgs_problem p = { N, quadratic, never_rises, &last };
    const struct rf_lbfgs_options o = { .tol_grad = 1e-9 };
    assert_int_equal(rf_lbfgs(&p, &o, x, &r, &err), 0);
    assert_int_equal(r.end, RF_LBFGS_GRADIENT);
    assert_true(r.grad_norm <= 1e-9);
    assert_true(r.evals < 200);
    for (int i = 0; i < N; i++)
        assert_near(x[i], i, 1e-8);
}

static void the_curved_valley_is_followed_to_its_end(void **state)
{
    (void)state;
    double x[2] = { -1.2, 1 };
    struct rf_lbfgs_result r;
    const struct rf_lbfgs_problem p = { 2, valley, NULL, NULL };
    const struct rf_lbfgs_options o = { .tol_grad = 1e-10 };
    assert_int_equal(rf_lbfgs(&p, &o, x, &r, NULL), 0);
    assert_int_equal(r.end, RF_LBFGS_GRADIENT);
    assert_near(x[0], 1, 1e-9);
    assert_near(x[1], 1, 1e-9);
}

static void a_step_into_nan_is_shortened(void **state)
{
    (void)state;
    double x[1] = { 9 };
    struct rf_lbfgs_result r;
    const struct rf_lbfgs_problem p = { 1, walled, NULL, NULL };
    const struct rf_lbfgs_options o = { .tol_grad = 1e-12 };
    assert_int_equal(rf_lbfgs(&p, &o, x, &r, NULL), 0);
    assert_near(x[0], 1, 1e-10);
}

static void the_observer_may_stop(void **state)
{
    (void)state;
    double x[N] = { 0 }, seen = 0;
    struct rf_lbfgs_result r;
    const struct rf_lbfgs_problem p = { N, quadratic, stop_at_third, &seen };
    assert_int_equal(rf_lbfgs(&p, NULL, x, &r, NULL), 0);
    assert_int_equal(r.end, RF_LBFGS_STOPPED);
    assert_int_equal(r.iter, 3);
    assert_true(r.loss == seen);
    assert_string_equal(rf_lbfgs_end_name(r.end), "stopped");
}

static void limits_on_steps_and_gain_end_it(void **state)
{
    (void)state;
    double x[N] = { 0 };
    struct rf_lbfgs_result r;
    const struct rf_lbfgs_problem p = { N, quadratic, NULL, NULL };
    assert_int_equal(rf_lbfgs(&p, &(struct rf_lbfgs_options){ .max_iter = 2 }, x, &r, NULL), 0);
    assert_int_equal(r.end, RF_LBFGS_MAX_ITER);
    assert_int_equal(r.iter, 2);
    assert_int_equal(rf_lbfgs(&p, &(struct rf_lbfgs_options){ .tol_loss = 1e-3 }, x, &r, NULL), 0);
    assert_int_equal(r.end, RF_LBFGS_LOSS);
}

static void without_tolerances_rounding_ends_it_at_the_minimum(void **state)
{
    (void)state;
    double x[N] = { 0 };
    struct rf_lbfgs_result r;
    const struct rf_lbfgs_problem p = { N, quadratic, NULL, NULL };
    assert_int_equal(rf_lbfgs(&p, NULL, x, &r, NULL), 0);
    assert_true(r.grad_norm < 1e-6);
}

static void a_start_at_the_minimum_takes_no_step(void **state)
{
    (void)state;
    double x[2] = { 1, 1 };
    struct rf_lbfgs_result r;
    const struct rf_lbfgs_problem p = { 2, valley, NULL, NULL };
    assert_int_equal(rf_lbfgs(&p, NULL, x, &r, NULL), 0);
    assert_int_equal(r.iter, 0);
    assert_int_equal(r.end, RF_LBFGS_GRADIENT);
}

static void values_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    double x[1] = { 0 };
    struct rf_err err = { 0 };
    assert_int_equal(rf_lbfgs(&(struct rf_lbfgs_problem){ 1, nan_everywhere, NULL, NULL }, NULL, x, NULL, &err),
                     RF_FAIL);
    assert_non_null(strstr(err.msg, "step 0: the loss is "));
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_lbfgs(&(struct rf_lbfgs_problem){ 1, nan_beyond_the_start, NULL, NULL }, NULL, x, NULL, &err),
                     RF_FAIL);
    assert_non_null(strstr(err.msg, "step 1: the loss is "));
    assert_true(x[0] == 0);
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_lbfgs(&(struct rf_lbfgs_problem){ 1, failing, NULL, NULL }, NULL, x, NULL, &err), RF_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ill_conditioned_quadratic_is_solved),
        cmocka_unit_test(the_curved_valley_is_followed_to_its_end),
        cmocka_unit_test(a_step_into_nan_is_shortened),
        cmocka_unit_test(the_observer_may_stop),
        cmocka_unit_test(limits_on_steps_and_gain_end_it),
        cmocka_unit_test(without_tolerances_rounding_ends_it_at_the_minimum),
        cmocka_unit_test(a_start_at_the_minimum_takes_no_step),
        cmocka_unit_test(values_that_are_not_finite_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
