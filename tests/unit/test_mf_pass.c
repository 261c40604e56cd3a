/* Unit tests of train/mf_noise.h and train/mf_pass.h: quadrature, gradients by finite differences, plain sums, threads.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mf_planted.h"
#include "train/mf_noise.h"

static void quadrature_agrees_with_drawn_noise(void **state)
{
    (void)state;
    enum { DRAWS = 400000 };
    const double sds[] = { 0.3, 1.5 }, zs[] = { -2, 0, 0.7 };
    struct rf_rng r;
    rf_rng_init(&r, 3, 0);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 3; j++) {
            struct rf_mf_noise q;
            double dz, dsd, mean = 0;
            rf_mf_noise_init(&q, sds[i]);
            const double loss = rf_mf_noise_loss(&q, zs[j], &dz, &dsd);
            for (int k = 0; k < DRAWS; k++)
                mean += rf_softplus(-(zs[j] + sds[i] * rf_rng_normal(&r))) / DRAWS;
            assert_near(loss, mean, 4 * sds[i] / sqrt(DRAWS) + 1e-3);
        }
}

/* By the trapezoid rule, as sharp as wanted. */
static void quadrature_is_as_near_as_its_header_says(void **state)
{
    (void)state;
    for (double sd = 0.25; sd <= 4; sd += 0.25)
        for (double z = -8; z <= 8; z += 0.5) {
            struct rf_mf_noise q;
            double dz, dsd, exact = 0;
            rf_mf_noise_init(&q, sd);
            for (double x = -9; x <= 9; x += 0.01)
                exact += 0.01 * exp(-x * x / 2) / sqrt(2 * M_PI) * rf_softplus(-(z + sd * x));
            assert_near(rf_mf_noise_loss(&q, z, &dz, &dsd), exact,
                        sd <= 1     ? 5e-5
                        : sd <= 1.5 ? 7e-4
                        : sd <= 2   ? 3e-3
                                    : 5e-2);
        }
}

static void quadrature_slopes_are_its_differences(void **state)
{
    (void)state;
    const double h = 1e-5, sds[] = { 0, 0.4, 3, 60 }, zs[] = { -300, -5, 0, 2, 140, 400 };
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 6; j++) {
            struct rf_mf_noise q, up, down;
            double dz, dsd, a, b;
            rf_mf_noise_init(&q, sds[i]);
            rf_mf_noise_loss(&q, zs[j], &dz, &dsd);
            assert_near(dz,
                        (rf_mf_noise_loss(&q, zs[j] + h, &a, &b) - rf_mf_noise_loss(&q, zs[j] - h, &a, &b)) / (2 * h),
                        1e-6);
            if (sds[i] == 0)
                continue;
            rf_mf_noise_init(&up, sds[i] + h);
            rf_mf_noise_init(&down, sds[i] - h);
            assert_near(dsd, (rf_mf_noise_loss(&up, zs[j], &a, &b) - rf_mf_noise_loss(&down, zs[j], &a, &b)) / (2 * h),
                        1e-6);
        }
}

/* The definition, pair by pair in double. */
static double plain_loss(const struct planted *p, const float *u, double alpha)
{
    double sum = 0, weight = 0;
    for (size_t i = 0; i < p->trains; i++) {
        const struct rf_mf_pair *v = &p->pair[i];
        double z = 0, square = 0, dz, dsd;
        for (size_t j = 0; j < p->dim; j++) {
            const double diff = (double)u[v->win * p->dim + j] - (double)u[v->lose * p->dim + j];
            z += diff * (double)p->x[v->row * p->dim + j];
            square += diff * diff;
        }
        struct rf_mf_noise q;
        rf_mf_noise_init(&q, alpha * sqrt(square));
        sum += (double)v->weight * rf_mf_noise_loss(&q, z, &dz, &dsd);
        weight += (double)v->weight;
    }
    return sum / weight;
}

static void the_pass_gives_the_plain_sum_and_its_gradient(void **state)
{
    (void)state;
    const size_t widths[] = { 5, 24 };
    for (size_t k = 0; k < 2; k++)
        for (double alpha = 0; alpha < 0.5; alpha += 0.4) {
            struct planted p = planted_new(7, widths[k], 601, 0, 2);
            struct rf_mf_pass *pass = NULL;
            struct rf_mf_loss loss;
            double *g = rf_calloc(p.models * p.dim, sizeof *g, NULL);
            for (size_t i = 0; i < p.trains; i += 3)
                p.pair[i].weight = 2.5f;
            assert_int_equal(rf_mf_pass_new(&pass, p.x, 601, p.dim, p.models, p.pair, p.trains, NULL), 0);
            assert_int_equal(rf_mf_pass_run(pass, p.u, alpha, 1, &loss, g, NULL), 0);
            assert_near(loss.loss, plain_loss(&p, p.u, alpha), 1e-6);
            for (size_t i = 0; i < p.models * p.dim; i++) {
                const float kept = p.u[i], h = 0.0078125f;
                p.u[i] = kept + h;
                const double up = plain_loss(&p, p.u, alpha);
                p.u[i] = kept - h;
                const double down = plain_loss(&p, p.u, alpha);
                p.u[i] = kept;
                assert_near(g[i], (up - down) / (2 * (double)h), 2e-6);
            }
            rf_mf_pass_free(pass);
            rf_free(g);
            planted_free(&p);
        }
}

static void accuracy_counts_votes_ranked_right_and_half_the_ties(void **state)
{
    (void)state;
    const float x[] = { 1, -1 }, u[] = { 1, 0, 0 }; /* three models in one dimension; the last two are equal */
    const struct rf_mf_pair pair[] = { { 0, 1, 0, 1 }, { 0, 1, 1, 1 }, { 1, 2, 0, 1 }, { 2, 0, 1, 1 } };
    struct rf_mf_pass *pass = NULL;
    struct rf_mf_loss loss;
    assert_int_equal(rf_mf_pass_new(&pass, x, 2, 1, 3, pair, 4, NULL), 0);
    assert_int_equal(rf_mf_pass_run(pass, u, 0, 1, &loss, NULL, NULL), 0);
    assert_true(loss.accuracy == 2.5 / 4);
    rf_mf_pass_free(pass);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    struct planted p = planted_new(9, 33, 5000, 0, 3);
    struct rf_mf_pass *pass = NULL;
    struct rf_mf_loss one, many;
    const size_t bytes = p.models * p.dim * sizeof(double);
    double *g1 = rf_calloc(bytes, 1, NULL), *g4 = rf_calloc(bytes, 1, NULL);
    assert_int_equal(rf_mf_pass_new(&pass, p.x, 5000, p.dim, p.models, p.pair, p.trains, NULL), 0);
    assert_int_equal(rf_mf_pass_run(pass, p.u, 0.1, 1, &one, g1, NULL), 0);
    for (int threads = 2; threads <= 4; threads++) {
        assert_int_equal(rf_mf_pass_run(pass, p.u, 0.1, threads, &many, g4, NULL), 0);
        assert_memory_equal(&one, &many, sizeof one);
        assert_memory_equal(g1, g4, bytes);
    }
    rf_mf_pass_free(pass);
    rf_free(g1);
    rf_free(g4);
    planted_free(&p);
}

static void no_pairs_and_no_memory_are_refused(void **state)
{
    (void)state;
    struct planted p = planted_new(4, 8, 300, 0, 1);
    struct rf_mf_pass *pass = NULL;
    struct rf_mf_loss loss;
    struct rf_err err = { 0 };
    double g[32];
    assert_int_equal(rf_mf_pass_new(&pass, p.x, 300, 8, 4, p.pair, 0, &err), RF_BAD_INPUT);
    assert_null(pass);
    for (long nth = 1; nth <= 12; nth++) {
        rf_mem_fail_at(nth, true);
        if (!rf_mf_pass_new(&pass, p.x, 300, 8, 4, p.pair, 300, NULL))
            assert_int_equal(rf_mf_pass_run(pass, p.u, 0, 1, &loss, g, NULL), RF_FAIL);
        rf_mem_fail_at(0, false);
        rf_mf_pass_free(pass);
    }
    planted_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quadrature_agrees_with_drawn_noise),
        cmocka_unit_test(quadrature_is_as_near_as_its_header_says),
        cmocka_unit_test(quadrature_slopes_are_its_differences),
        cmocka_unit_test(the_pass_gives_the_plain_sum_and_its_gradient),
        cmocka_unit_test(accuracy_counts_votes_ranked_right_and_half_the_ties),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(no_pairs_and_no_memory_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
