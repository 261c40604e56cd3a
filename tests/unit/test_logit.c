/* Unit tests of train/logit.h: the optimum's own conditions, agreement of the solvers, the same bits for any number of
 * threads, and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"
#include "near.h"
#include "train/logit.h"

static const enum rf_logit_solver solvers[] = { RF_LOGIT_NEWTON, RF_LOGIT_DUAL, RF_LOGIT_LBFGS };
enum { SOLVERS = sizeof solvers / sizeof *solvers };

/* Planted data: correlated columns, weights of several sizes, labels drawn from the model. */
struct data {
    float *x;
    struct rf_example *e;
    double *theta, *other;
    struct rf_logit p;
};

static struct data make(size_t n, size_t dim, uint64_t seed)
{
    struct data d = { .x = rf_calloc(n * dim, sizeof(float), NULL),
                      .e = rf_calloc(n, sizeof(struct rf_example), NULL),
                      .theta = rf_calloc(dim + 1, sizeof(double), NULL),
                      .other = rf_calloc(dim + 1, sizeof(double), NULL) };
    struct rf_rng r;
    rf_rng_init(&r, seed, 0);
    for (size_t i = 0; i < n; i++) {
        const double shared = rf_rng_normal(&r);
        double z = 0.3;
        for (size_t j = 0; j < dim; j++) {
            d.x[i * dim + j] = (float)(0.5 * shared + rf_rng_normal(&r) / sqrt(1 + (double)j));
            z += d.x[i * dim + j] * (j % 3 == 0 ? 1 : -0.5);
        }
        d.e[i] = (struct rf_example){ (uint32_t)i, rf_rng_uniform(&r) < rf_sigmoid(z) ? 1 : -1, i % 7 == 0 ? 0.5f : 1 };
    }
    d.p = (struct rf_logit){ d.x, dim, d.e, n, 1, 1, true, 3, 1 };
    return d;
}

static void drop(struct data *d)
{
    rf_free(d->x);
    rf_free(d->e);
    rf_free(d->theta);
    rf_free(d->other);
}

static double solve(const struct rf_logit *p, enum rf_logit_solver solver, double *theta)
{
    struct rf_err err = { 0 };
    struct rf_logit_result res;
    memset(theta, 0, (p->dim + 1) * sizeof *theta);
    const int rc = rf_logit_solve(p, solver, theta, &res, NULL, NULL, &err);
    if (rc)
        print_error("%s\n", err.msg);
    assert_int_equal(rc, 0);
    assert_true(res.grad_norm <= 1e-8 * (double)p->n);
    return res.loss;
}

static int refuse(const struct rf_logit *p, enum rf_logit_solver solver, const char *word)
{
    struct rf_err err = { 0 };
    struct rf_logit_result res;
    double *theta = rf_calloc(p->dim + 1, sizeof *theta, NULL);
    const int rc = rf_logit_solve(p, solver, theta, &res, NULL, NULL, &err);
    if (!strstr(err.msg, word))
        print_error("\"%s\" does not say \"%s\"\n", err.msg, word);
    assert_non_null(strstr(err.msg, word));
    rf_free(theta);
    return rc;
}

/* F written out, in plain doubles. */
static double plain_loss(const struct rf_logit *p, const double *theta)
{
    double f = 0;
    for (size_t i = 0; i < p->n; i++) {
        double z = theta[p->dim];
        for (size_t j = 0; j < p->dim; j++)
            z += theta[j] * (double)p->x[p->e[i].row * p->dim + j];
        f += p->c * (double)p->e[i].weight * rf_softplus(-(double)p->e[i].y * z);
    }
    for (size_t j = 0; j < p->dim; j++)
        f += 0.5 * p->ridge * theta[j] * theta[j];
    return f;
}

static void gradient_and_hessian_pass_finite_differences(void **state)
{
    (void)state;
    enum { N = 700, D = 9, K = D + 1 };
    struct data d = make(N, D, 1);
    double g[K], up[K], down[K], f, h[K * K], times[K];
    float curve[N];
    d.p.c = 0.7;
    for (size_t j = 0; j < K; j++)
        d.theta[j] = 0.2 * sin((double)j);
    assert_int_equal(rf_logit_gradient(&d.p, d.theta, &f, g, curve, NULL, NULL), 0);
    assert_near(f, plain_loss(&d.p, d.theta), 1e-9 * f);
    assert_int_equal(rf_logit_hessian(&d.p, curve, 1, h, NULL), 0);
    for (size_t j = 0; j < K; j++) {
        const double step = 1e-5, at = d.theta[j];
        double high, low;
        d.theta[j] = at + step;
        assert_int_equal(rf_logit_gradient(&d.p, d.theta, &high, up, NULL, NULL, NULL), 0);
        d.theta[j] = at - step;
        assert_int_equal(rf_logit_gradient(&d.p, d.theta, &low, down, NULL, NULL, NULL), 0);
        d.theta[j] = at;
        assert_near(g[j], (high - low) / (2 * step), 1e-5);
        double unit[K] = { 0 };
        unit[j] = 1;
        assert_int_equal(rf_logit_times(&d.p, curve, unit, times, NULL), 0);
        for (size_t i = 0; i < K; i++) {
            const double want = (up[i] - down[i]) / (2 * step);
            assert_near(i <= j ? h[i * K + j] : h[j * K + i], want, 1e-3);
            assert_near(times[i], want, 1e-3);
        }
    }
    drop(&d);
}

static void solvers_agree_at_the_optimum(void **state)
{
    (void)state;
    static const struct {
        size_t n, dim;
        double c;
        bool intercept;
    } shape[] = {
        { 1500, 20, 1, true },  { 1500, 20, 0.01, true }, { 1500, 20, 100, false }, { 40, 100, 1, true },
        { 1500, 120, 1, true }, { 2, 3, 1, true },        { 600, 1, 1, false },
    };
    for (size_t s = 0; s < sizeof shape / sizeof *shape; s++) {
        struct data d = make(shape[s].n, shape[s].dim, s);
        d.p.c = shape[s].c;
        d.p.intercept = shape[s].intercept;
        d.e[0].y = 1;
        d.e[1].y = -1;
        const double f = solve(&d.p, RF_LOGIT_NEWTON, d.theta);
        assert_near(f, plain_loss(&d.p, d.theta), 1e-9 * f);
        if (!d.p.intercept)
            assert_true(d.theta[d.p.dim] == 0);
        for (size_t i = 1; i < SOLVERS; i++) {
            assert_near(solve(&d.p, solvers[i], d.other), f, 1e-9 * f);
            for (size_t j = 0; j <= d.p.dim; j++)
                assert_near(d.other[j], d.theta[j], 2e-5 * (1 + fabs(d.theta[j])));
        }
        drop(&d);
    }
}

static void ridgeless_fit_is_the_maximum_likelihood(void **state)
{
    (void)state;
    struct data d = make(2000, 6, 11);
    d.p.ridge = 0;
    const double f = solve(&d.p, RF_LOGIT_AUTO, d.theta);
    assert_near(solve(&d.p, RF_LOGIT_LBFGS, d.other), f, 1e-9 * f);
    for (size_t j = 0; j <= 6; j++) /* the planted weights, within five standard errors */
        assert_near(d.theta[j], j == 6 ? 0.3 : j % 3 == 0 ? 1 : -0.5, 0.5);
    drop(&d);
}

static void weights_count_as_repeats(void **state)
{
    (void)state;
    struct data d = make(400, 5, 4);
    struct rf_example *twice = rf_calloc(800, sizeof *twice, NULL);
    for (size_t i = 0; i < 400; i++) {
        d.e[i].weight = 2;
        twice[2 * i] = twice[2 * i + 1] = (struct rf_example){ d.e[i].row, d.e[i].y, 1 };
    }
    const double f = solve(&d.p, RF_LOGIT_NEWTON, d.theta);
    struct rf_logit p = d.p;
    p.e = twice;
    p.n = 800;
    assert_near(solve(&p, RF_LOGIT_DUAL, d.other), f, 1e-9 * f);
    for (size_t j = 0; j <= 5; j++)
        assert_near(d.other[j], d.theta[j], 1e-6);
    rf_free(twice);
    drop(&d);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    for (size_t s = 0; s < SOLVERS; s++) {
        struct data d = make(4200, 12, 9);
        solve(&d.p, solvers[s], d.theta);
        for (int threads = 2; threads <= 4; threads += 2) {
            d.p.threads = threads;
            solve(&d.p, solvers[s], d.other);
            assert_memory_equal(d.other, d.theta, 13 * sizeof *d.theta);
        }
        drop(&d);
    }
}

static void standard_errors_match_the_inverse_information(void **state)
{
    (void)state;
    /* one column of 0 or 1 and an intercept, no ridge: a 2 x 2 table, whose log odds have closed-form errors */
    const float x[] = { 0, 1 };
    struct rf_example e[] = { { 0, -1, 30 }, { 0, 1, 10 }, { 1, -1, 8 }, { 1, 1, 24 } };
    struct rf_logit p = { x, 1, e, 4, 1, 0, true, 1, 1 };
    double theta[2] = { 0 }, se[2];
    solve(&p, RF_LOGIT_NEWTON, theta);
    assert_int_equal(rf_logit_errors(&p, theta, se, NULL), 0);
    assert_near(theta[1], log(10 / 30.), 1e-7);
    assert_near(theta[0], log(24 / 8.) - log(10 / 30.), 1e-7);
    assert_near(se[1], sqrt(1 / 30. + 1 / 10.), 1e-6);
    assert_near(se[0], sqrt(1 / 30. + 1 / 10. + 1 / 8. + 1 / 24.), 1e-6);
}

static void one_class_is_refused(void **state)
{
    (void)state;
    struct data d = make(50, 3, 2);
    for (size_t i = 0; i < 50; i++)
        d.e[i].y = -1;
    for (size_t s = 0; s < SOLVERS; s++)
        assert_int_equal(refuse(&d.p, solvers[s], "only one class: the weak side wins all 50 votes"), RF_BAD_INPUT);
    d.p.n = 0;
    assert_int_equal(refuse(&d.p, RF_LOGIT_AUTO, "no votes"), RF_BAD_INPUT);
    drop(&d);
}

static void separable_votes_need_a_ridge(void **state)
{
    (void)state;
    struct data d = make(200, 3, 2);
    for (size_t i = 0; i < 200; i++)
        d.e[i].y = d.x[i * 3] > 0.1 ? 1 : -1;
    solve(&d.p, RF_LOGIT_NEWTON, d.theta);
    d.p.ridge = 0;
    assert_int_equal(refuse(&d.p, RF_LOGIT_NEWTON, "separable"), RF_BAD_INPUT);
    assert_int_equal(refuse(&d.p, RF_LOGIT_LBFGS, "separable"), RF_BAD_INPUT);
    assert_int_equal(refuse(&d.p, RF_LOGIT_DUAL, "needs a ridge"), RF_USAGE);
    drop(&d);
}

static void votes_separable_in_part_need_a_ridge_too(void **state)
{
    (void)state;
    struct data d = make(400, 3, 5);
    for (size_t i = 0; i < 400; i++) {
        float *x = d.x + i * 3;
        const float side = i % 2 ? 0 : d.e[i].y;     /* ranks every other vote right, and no vote wrong */
        const float spread = roundf(64 * x[1]) / 64; /* so that the sums are exact: rounding would rank some wrong */
        x[0] = side + spread;
        x[1] = side - spread;
    }
    solve(&d.p, RF_LOGIT_NEWTON, d.theta);
    d.p.ridge = 0;
    assert_int_equal(refuse(&d.p, RF_LOGIT_NEWTON, ""), RF_BAD_INPUT);
    assert_int_equal(refuse(&d.p, RF_LOGIT_LBFGS, ""), RF_BAD_INPUT);
    drop(&d);
}

static void constant_columns_matter_only_where_they_are_singular(void **state)
{
    (void)state;
    struct data d = make(300, 5, 3);
    for (size_t i = 0; i < 300; i++)
        d.x[i * 5 + 2] = d.x[i * 5 + 4] = 0.25f;
    solve(&d.p, RF_LOGIT_NEWTON, d.theta); /* harmless with a ridge */
    assert_true(fabs(d.theta[2]) < 1e-6);  /* the free intercept takes their part */
    d.p.ridge = 0;
    assert_int_equal(
        refuse(&d.p, RF_LOGIT_NEWTON, "2 of the 5 columns of the vectors are constant, the first is column 2"),
        RF_BAD_INPUT);
    for (size_t i = 0; i < 300; i++)
        d.x[i * 5 + 4] = d.x[i * 5];
    d.p.intercept = false; /* one constant column alone stands for the intercept */
    assert_int_equal(refuse(&d.p, RF_LOGIT_NEWTON, "do not determine the weights"),
                     RF_BAD_INPUT); /* columns 0 and 4 are the same */
    assert_int_equal(refuse(&d.p, RF_LOGIT_LBFGS, "do not determine the weights"), RF_BAD_INPUT);
    for (size_t i = 0; i < 1500; i++)
        d.x[i] = 0.5f;
    d.p.ridge = 1;
    assert_int_equal(refuse(&d.p, RF_LOGIT_DUAL, "the same vector"), RF_BAD_INPUT);
    drop(&d);
}

static int stop(void *ctx, double loss, size_t passes, struct rf_err *err)
{
    (void)loss;
    (void)passes;
    ++*(int *)ctx;
    return rf_fail(err, RF_INTERRUPTED, "enough");
}

static void observer_stops_every_solver(void **state)
{
    (void)state;
    for (size_t s = 0; s < SOLVERS; s++) {
        struct data d = make(500, 8, 6);
        struct rf_err err = { 0 };
        struct rf_logit_result res;
        int calls = 0;
        assert_int_equal(rf_logit_solve(&d.p, solvers[s], d.theta, &res, stop, &calls, &err), RF_INTERRUPTED);
        assert_int_equal(calls, 1);
        drop(&d);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    for (size_t s = 0; s < SOLVERS; s++)
        for (long nth = 1; nth < 40; nth++) {
            struct data d = make(60, 4, 6);
            struct rf_err err = { 0 };
            struct rf_logit_result res;
            rf_mem_fail_at(nth, false);
            const int rc = rf_logit_solve(&d.p, solvers[s], d.theta, &res, NULL, NULL, &err);
            rf_mem_fail_at(0, false);
            assert_true(rc == 0 || rc == RF_FAIL);
            assert_int_equal(rc, err.code);
            drop(&d);
        }
}

static int init(void **state)
{
    (void)state;
    return rf_blas_init(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_and_hessian_pass_finite_differences),
        cmocka_unit_test(solvers_agree_at_the_optimum),
        cmocka_unit_test(ridgeless_fit_is_the_maximum_likelihood),
        cmocka_unit_test(weights_count_as_repeats),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(standard_errors_match_the_inverse_information),
        cmocka_unit_test(one_class_is_refused),
        cmocka_unit_test(separable_votes_need_a_ridge),
        cmocka_unit_test(votes_separable_in_part_need_a_ridge_too),
        cmocka_unit_test(constant_columns_matter_only_where_they_are_singular),
        cmocka_unit_test(observer_stops_every_solver),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, init, NULL);
}
