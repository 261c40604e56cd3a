/* Unit tests of support vector regression: its multipliers prove the optimum, rows without a target do not count, and
 * scikit-learn's LinearSVR comes to the same objective. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/rng.h"
#include "near.h"
#include "train/svr.h"

enum { N = 700, DIM = 9, TARGETS = 2 };

static float x[N * DIM];
static double y[N * TARGETS], beta[N];

/* The first target is 0 or 1, the second continuous; a tenth is missing. */
static int plant(void **state)
{
    struct rf_rng r;
    (void)state;
    rf_rng_init(&r, 8, 0);
    for (size_t i = 0; i < N * DIM; i++)
        x[i] = (float)rf_rng_normal(&r);
    for (size_t i = 0; i < N; i++) {
        const double z = 2 * (double)x[i * DIM] - (double)x[i * DIM + 1] + rf_rng_normal(&r);
        y[i * TARGETS] = z > 0;
        y[i * TARGETS + 1] = z + 3;
        for (size_t t = 0; t < TARGETS; t++)
            if (rf_rng_below(&r, 10) == 0)
                y[i * TARGETS + t] = NAN;
    }
    return rf_blas_init(NULL);
}

static double residual(const double *w, size_t i, size_t t)
{
    double e = y[i * TARGETS + t] - w[DIM];
    for (size_t j = 0; j < DIM; j++)
        e -= w[j] * (double)x[i * DIM + j];
    return e;
}

/* The conditions of Karush, Kuhn and Tucker: w is the sum of beta x, and beta is c where the residual is above epsilon,
 * 0 where it is below, of the residual's sign. */
static void check_conditions(const struct rf_svr *p, size_t t, const double *w, double gap)
{
    double sum[DIM + 1] = { 0 };
    size_t on = 0;
    for (size_t i = 0; i < N; i++) {
        const double e = residual(w, i, t);
        if (isnan(e)) {
            assert_near(beta[i], 0, 0);
            continue;
        }
        for (size_t j = 0; j < DIM; j++)
            sum[j] += beta[i] * (double)x[i * DIM + j];
        sum[DIM] += beta[i];
        assert_true(fabs(beta[i]) <= p->c);
        if (fabs(e) > p->epsilon + 1e-4)
            assert_near(beta[i], e > 0 ? p->c : -p->c, 1e-3 * p->c);
        else if (fabs(e) < p->epsilon - 1e-4)
            assert_near(beta[i], 0, 1e-3 * p->c);
        else
            on++;
    }
    assert_true(on <= 2 * DIM + 4);   /* about one a column lies on the edge */
    for (size_t j = 0; j <= DIM; j++) /* both are within sqrt(2 gap) of the optimum */
        assert_near(w[j], sum[j], 2 * sqrt(2 * gap));
}

static void multipliers_prove_the_optimum(void **state)
{
    const double c[] = { 0.01, 1, 100 }, epsilon[] = { 0, 0.3 };
    (void)state;
    for (size_t t = 0; t < TARGETS; t++)
        for (size_t i = 0; i < 3; i++)
            for (size_t k = 0; k < 2; k++) {
                const struct rf_svr p = { x, N, DIM, y + t, TARGETS, c[i], epsilon[k] };
                struct rf_svr_result r;
                struct rf_err err = { 0 };
                double w[DIM + 1];
                if (rf_svr_solve(&p, w, beta, &r, &err))
                    print_error("%s\n", err.msg);
                assert_int_equal(err.code, 0);
                assert_true(r.primal - r.dual <= 1e-8 * (1 + r.primal) && r.steps < 60);
                check_conditions(&p, t, w, fmax(0, r.primal - r.dual));
            }
}

/* Targets of 0 or 1 with C small: the median of all is 1, or 0. */
static void a_constant_is_found(void **state)
{
    const float one[5] = { 0 };
    const double of[5] = { 4, 4, 1, 4, 4 };
    const struct rf_svr p = { one, 5, 1, of, 1, 10, 0 };
    struct rf_svr_result r;
    double w[2];
    (void)state;
    assert_int_equal(rf_svr_solve(&p, w, NULL, &r, NULL), 0);
    assert_near(w[0], 0, 1e-12);
    assert_near(w[1], 4, 1e-6);
    assert_near(r.primal, 8 + 30, 1e-6);
}

/* Fewer rows than columns, a column that stands twice and one of nothing, long vectors, and targets that are all met.
 */
static void awkward_data_have_an_optimum_too(void **state)
{
    const double c[] = { 1e-6, 1, 1e5 };
    static float v[N * DIM];
    static double to[N];
    (void)state;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < DIM; j++)
            v[i * DIM + j] = j == DIM - 1 ? 0 : 1000 * x[i * DIM + (j == 1 ? 0 : j)];
        to[i] = x[i * DIM] > 0.5f;
    }
    for (size_t n = 4; n <= N; n += N - 4)
        for (size_t i = 0; i < 3; i++)
            for (int flat = 0; flat < 2; flat++) {
                const struct rf_svr p = { v, n, DIM, flat ? y + 1 : to, flat ? TARGETS : 1, c[i], flat ? 100 : 0 };
                struct rf_svr_result r;
                struct rf_err err = { 0 };
                double w[DIM + 1];
                if (rf_svr_solve(&p, w, NULL, &r, &err))
                    print_error("%zu rows, C %g: %s\n", n, c[i], err.msg);
                assert_int_equal(err.code, 0);
                assert_near(w[0], w[1], 1e-6);
                assert_near(w[DIM - 1], 0, 1e-6);
                assert_true(!flat || r.primal < 1e-6);
            }
}

/* LinearSVR(C, epsilon, tol 1e-12) of scikit-learn 1.2.1 on the same numbers: its coefficients, and the objective
 * there. */
static void as_scikit_learn(void **state)
{
    enum { ROWS = 40, WIDE = 3 };
    static const struct {
        double c, epsilon, objective, w[WIDE + 1];
    } known[] = {
        { 1, 0, 21.8653532466819, { 0.541785126048, -0.0759755198973, -0.25375801851, 0.943786231525 } },
        { 0.05, 0.25, 1.06754436756143, { 0.339772471265, 0.0479370829246, -0.309893579757, 0.658022138822 } },
    };
    float v[ROWS * WIDE];
    double to[ROWS];
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < WIDE; j++)
            v[i * WIDE + j] = (float)((i * 37 + j * 53 + i * j * 11) % 101 - 50) / 32;
        to[i] = (i * 29 % 17) / 8.0 + (double)v[i * WIDE] * 0.5 - (double)v[i * WIDE + 2] * 0.25;
    }
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        const struct rf_svr p = { v, ROWS, WIDE, to, 1, known[k].c, known[k].epsilon };
        struct rf_svr_result r;
        double w[WIDE + 1];
        assert_int_equal(rf_svr_solve(&p, w, NULL, &r, NULL), 0);
        assert_near(r.primal, known[k].objective, 1e-7);
        for (int j = 0; j <= WIDE; j++)
            assert_near(w[j], known[k].w[j], 1e-4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multipliers_prove_the_optimum),
        cmocka_unit_test(a_constant_is_found),
        cmocka_unit_test(awkward_data_have_an_optimum_too),
        cmocka_unit_test(as_scikit_learn),
    };
    return cmocka_run_group_tests(tests, plant, NULL);
}
