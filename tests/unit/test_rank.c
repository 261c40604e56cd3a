/* Unit tests of rankings: the likelihood of every convention for ties at its maximum, the same ratings whatever the
 * order of models, sandwich against bootstrap, models without a finite strength, the same for any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"
#include "near.h"
#include "train/rank.h"

enum { MODELS = 5, VOTES = 4000 };
static const char *const model_text[] = { "half", "drop", "davidson", "rao-kupper" };

/* Probabilities of the three outcomes, by the definitions of rank.h. */
static void outcomes(enum rf_tie_model ties, double d, double eta, double p[RF_OUTCOMES])
{
    if (ties == RF_DAVIDSON) {
        const double z = exp(d / 2) + exp(-d / 2) + exp(eta);
        p[RF_FIRST] = exp(d / 2) / z;
        p[RF_SECOND] = exp(-d / 2) / z;
    } else {
        p[RF_FIRST] = rf_sigmoid(ties == RF_RAO_KUPPER ? d - eta : d);
        p[RF_SECOND] = rf_sigmoid(ties == RF_RAO_KUPPER ? -d - eta : -d);
    }
    p[RF_DRAW] = 1 - p[RF_FIRST] - p[RF_SECOND];
}

static double log_likelihood(const struct rf_duels *d, const double *sum, enum rf_tie_model ties, const double *theta,
                             double eta)
{
    double all = 0;
    for (size_t k = 0; k < d->pairs; k++) {
        const double *const y = sum + k * RF_OUTCOMES;
        double p[RF_OUTCOMES];
        outcomes(ties, theta[d->pair[k].a] - theta[d->pair[k].b], eta, p);
        const double half = ties == RF_HALF ? y[RF_DRAW] / 2 : 0;
        all += (y[RF_FIRST] + half) * log(p[RF_FIRST]) + (y[RF_SECOND] + half) * log(p[RF_SECOND]);
        if (ties >= RF_DAVIDSON)
            all += y[RF_DRAW] * log(p[RF_DRAW]);
    }
    return all;
}

/* Every pair of MODELS models with a third of draws, weights 1 or 2. */
static void plant(struct rf_duels *d, uint64_t seed)
{
    static const double strength[MODELS] = { 0.9, 0.3, 0, -0.4, -0.8 };
    struct rf_rng r;
    rf_rng_init(&r, seed, 0);
    *d = (struct rf_duels){ .models = MODELS, .n = VOTES };
    assert_int_equal(RF_NEW(d->pair, MODELS * (MODELS - 1) / 2, NULL), 0);
    assert_int_equal(RF_NEW(d->vote, VOTES, NULL), 0);
    assert_int_equal(RF_NEW(d->weight, VOTES, NULL), 0);
    for (uint32_t a = 0; a < MODELS; a++)
        for (uint32_t b = a + 1; b < MODELS; b++)
            d->pair[d->pairs++] = (struct rf_duel){ a, b };
    for (size_t i = 0; i < VOTES; i++) {
        const uint32_t k = rf_rng_below(&r, (uint32_t)d->pairs);
        double p[RF_OUTCOMES];
        outcomes(RF_DAVIDSON, strength[d->pair[k].a] - strength[d->pair[k].b], -0.2, p);
        const double u = rf_rng_uniform(&r);
        d->vote[i] = k * RF_OUTCOMES + (u < p[0] ? RF_FIRST : u < p[0] + p[1] ? RF_SECOND : RF_DRAW);
        d->weight[i] = 1;
    }
}

static void strengths_are_where_the_likelihood_is_greatest(void **state)
{
    (void)state;
    struct rf_duels d;
    double sum[30];
    plant(&d, 1);
    rf_duels_count(&d, sum, NULL);
    for (int ties = RF_HALF; ties <= RF_RAO_KUPPER; ties++) {
        struct rf_rank r;
        struct rf_err err = { 0 };
        if (rf_rank_fit(&r, &d, sum, (enum rf_tie_model)ties, NULL, &err))
            fail_msg("%s: %s", model_text[ties], err.msg);
        assert_int_equal(r.rated, MODELS);
        assert_true(r.gradient < 1e-8 * VOTES);
        double mean = 0;
        const double eta = isnan(r.eta) ? 0 : r.eta,
                     top = log_likelihood(&d, sum, (enum rf_tie_model)ties, r.theta, eta);
        for (size_t i = 0; i <= MODELS; i++) {
            double theta[MODELS], step = 1e-4;
            mean += i < MODELS ? r.theta[i] : 0;
            for (int sign = -1; sign <= 1; sign += 2) {
                memcpy(theta, r.theta, sizeof theta);
                if (i < MODELS)
                    theta[i] += sign * step;
                assert_true(log_likelihood(&d, sum, (enum rf_tie_model)ties, theta,
                                           eta + (i == MODELS && ties >= RF_DAVIDSON ? sign * step : 0)) <= top);
            }
        }
        assert_near(mean, 0, 1e-12);
        rf_rank_release(&r);
    }
    rf_duels_release(&d);
}

static void order_of_models_does_not_matter(void **state)
{
    (void)state;
    struct rf_duels d, e;
    double sum[30], turned[30];
    plant(&d, 2);
    plant(&e, 2);
    rf_duels_count(&d, sum, NULL);
    for (size_t k = 0; k < d.pairs; k++) { /* model i becomes MODELS - 1 - i, so every pair turns over */
        e.pair[k] = (struct rf_duel){ MODELS - 1 - d.pair[k].b, MODELS - 1 - d.pair[k].a };
        turned[k * 3 + RF_FIRST] = sum[k * 3 + RF_SECOND];
        turned[k * 3 + RF_SECOND] = sum[k * 3 + RF_FIRST];
        turned[k * 3 + RF_DRAW] = sum[k * 3 + RF_DRAW];
    }
    for (int ties = RF_HALF; ties <= RF_RAO_KUPPER; ties++) {
        struct rf_rank r, t;
        assert_int_equal(rf_rank_fit(&r, &d, sum, (enum rf_tie_model)ties, NULL, NULL), 0);
        assert_int_equal(rf_rank_fit(&t, &e, turned, (enum rf_tie_model)ties, &r, NULL), 0);
        for (size_t i = 0; i < MODELS; i++)
            assert_near(r.theta[i], t.theta[MODELS - 1 - i], 1e-9);
        rf_rank_release(&r);
        rf_rank_release(&t);
    }
    rf_duels_release(&d);
    rf_duels_release(&e);
}

static void sandwich_and_bootstrap_agree(void **state)
{
    (void)state;
    enum { RESAMPLES = 800 };
    struct rf_duels d;
    double sum[30], square[30], cov[MODELS * MODELS];
    static double theta[2][RESAMPLES * MODELS];
    plant(&d, 3);
    for (size_t i = 0; i < VOTES; i += 3)
        d.weight[i] = 0.5F;
    rf_duels_count(&d, sum, square);
    for (int ties = RF_HALF; ties <= RF_RAO_KUPPER; ties++) {
        struct rf_rank r;
        const enum rf_tie_model m = (enum rf_tie_model)ties;
        assert_int_equal(rf_rank_fit(&r, &d, sum, m, NULL, NULL), 0);
        assert_int_equal(rf_rank_sandwich(&r, &d, sum, square, m, cov, NULL), 0);
        assert_int_equal(rf_rank_bootstrap(&r, &d, m, RESAMPLES, 7, 1, theta[0], NULL), 0);
        assert_int_equal(rf_rank_bootstrap(&r, &d, m, RESAMPLES, 7, 3, theta[1], NULL), 0);
        assert_memory_equal(theta[0], theta[1], sizeof theta[0]);
        for (size_t i = 0; i < MODELS; i++) {
            double mean = 0, var = 0, row = 0;
            for (size_t s = 0; s < RESAMPLES; s++)
                mean += theta[0][s * MODELS + i] / RESAMPLES;
            for (size_t s = 0; s < RESAMPLES; s++)
                var += pow(theta[0][s * MODELS + i] - mean, 2) / (RESAMPLES - 1);
            for (size_t j = 0; j < MODELS; j++)
                row += cov[i * MODELS + j];
            assert_near(row, 0, 1e-9); /* mean 0 has no variance */
            assert_near(sqrt(var) / sqrt(cov[i * MODELS + i]), 1, 0.1);
        }
        rf_rank_release(&r);
    }
    rf_duels_release(&d);
}

static void models_without_a_finite_strength_are_not_rated(void **state)
{
    (void)state;
    /* 0, 1 and 2 in a circle; 3 always wins; 4 and 5 know only each other */
    struct rf_duel pair[] = { { 0, 1 }, { 0, 2 }, { 0, 3 }, { 1, 2 }, { 4, 5 } };
    const double sum[] = { 2, 0, 0, 0, 2, 0, 0, 5, 0, 2, 0, 0, 1, 1, 0 };
    const struct rf_duels d = { .models = 6, .pair = pair, .pairs = 5 };
    const double decided[] = { 2, 0, 0, 2, 0, 0, 2, 0, 0, 2, 0, 0, 3, 0, 0 };
    struct rf_rank r;
    struct rf_err err = { 0 };
    assert_int_equal(rf_rank_fit(&r, &d, sum, RF_HALF, NULL, NULL), 0);
    assert_int_equal(r.rated, 3);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(isnan(r.theta[i]) ? 1 : 0, i > 2);
    assert_int_equal(r.group[4], r.group[5]);
    assert_true(r.group[3] != r.group[4] && r.group[3] != 0);
    rf_rank_release(&r);
    assert_int_equal(rf_rank_fit(&r, &d, decided, RF_HALF, NULL, NULL), 0);
    assert_int_equal(r.rated, 0);
    rf_rank_release(&r);
    assert_int_equal(rf_rank_fit(&r, &d, decided, RF_DAVIDSON, NULL, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "no tie"));
}

/* All votes a thousand million times as heavy, or as light: the same strengths, and the same sandwich. */
static void the_unit_of_weights_does_not_matter(void **state)
{
    (void)state;
    static const double unit[] = { 1, 1e9, 1e-9 };
    double sum[30], square[30], cov[3][MODELS * MODELS], theta[3][MODELS];
    for (int ties = RF_HALF; ties <= RF_RAO_KUPPER; ties++)
        for (size_t k = 0; k < 3; k++) {
            const enum rf_tie_model m = (enum rf_tie_model)ties;
            struct rf_duels d;
            struct rf_rank r;
            plant(&d, 4);
            rf_duels_count(&d, sum, square);
            for (size_t i = 0; i < d.pairs * RF_OUTCOMES; i++) {
                sum[i] *= unit[k];
                square[i] *= unit[k] * unit[k];
            }
            assert_int_equal(rf_rank_fit(&r, &d, sum, m, NULL, NULL), 0);
            assert_int_equal(rf_rank_sandwich(&r, &d, sum, square, m, cov[k], NULL), 0);
            memcpy(theta[k], r.theta, sizeof theta[k]);
            for (size_t i = 0; i < MODELS; i++) {
                assert_near(theta[k][i], theta[0][i], 1e-6);
                assert_near(cov[k][i * MODELS + i] / cov[0][i * MODELS + i], 1, 1e-6);
            }
            rf_rank_release(&r);
            rf_duels_release(&d);
        }
}

/* Of models A, B, C (0, 1, 2) and D, E (3, 4): pairs AB, AC, BC, DE. */
static void models_of_ties_refuse_votes_without_a_maximum(void **state)
{
    (void)state;
    struct rf_duel pair[] = { { 0, 1 }, { 0, 2 }, { 1, 2 }, { 3, 4 } };
    static const struct {
        double sum[12];
        const char *says; /* NULL: there is a maximum */
    } cases[] = {
        { { 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0 }, "too many ties" }, /* nothing else */
        { { 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "too many ties" }, /* A may be as far above B as it likes */
        { { 1, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0 }, "too many ties" }, /* A beat B; C drew with both */
        { { 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0 }, NULL },     /* A, B, C in a row; A drew with C: two against one */
        { { 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0 }, NULL },     /* A and B beat each other */
        { { 1, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1 }, "no tie" }, /* the draw is of those that are not rated */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int ties = RF_DAVIDSON; ties <= RF_RAO_KUPPER; ties++) {
            const struct rf_duels d = { .models = 5, .pair = pair, .pairs = 4 };
            struct rf_rank r;
            struct rf_err err = { 0 };
            const int rc = rf_rank_fit(&r, &d, cases[i].sum, (enum rf_tie_model)ties, NULL, &err);
            assert_int_equal(rc, cases[i].says ? RF_BAD_INPUT : 0);
            if (cases[i].says)
                assert_non_null(strstr(err.msg, cases[i].says));
            else
                assert_true(fabs(r.theta[0]) < 3 && fabs(r.eta) < 3 && r.gradient < 1e-6);
            rf_rank_release(&r);
        }
}

static int open_blas(void **state)
{
    (void)state;
    return rf_blas_init(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strengths_are_where_the_likelihood_is_greatest),
        cmocka_unit_test(order_of_models_does_not_matter),
        cmocka_unit_test(sandwich_and_bootstrap_agree),
        cmocka_unit_test(models_without_a_finite_strength_are_not_rated),
        cmocka_unit_test(the_unit_of_weights_does_not_matter),
        cmocka_unit_test(models_of_ties_refuse_votes_without_a_maximum),
    };
    return cmocka_run_group_tests(tests, open_blas, NULL);
}
