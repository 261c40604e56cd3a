/* Unit tests of similarity-weighted ranking: at the strengths the gradient of the weighted votes, one by one, is zero;
 * batches agree with single queries, for any number of threads; ties, repeated prompts, queries like no prompt, a tier
 * far above the others. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/rng.h"
#include "near.h"
#include "train/sw.h"

enum { ROWS = 900, VOTES = 1500, DIM = 21, QUERIES = 300, K = RF_SW_TIERS };

static float x[ROWS * DIM], q[QUERIES * DIM];
static struct rf_sw_vote vote[VOTES];
static double exact[QUERIES * K], batch[QUERIES * K];

static double cosine(const float *a, const float *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < DIM; i++) {
        ab += (double)a[i] * (double)b[i];
        aa += (double)a[i] * (double)a[i];
        bb += (double)b[i] * (double)b[i];
    }
    return bb > 0 ? ab / sqrt(aa * bb) : 0;
}

/* The largest slope of the weighted log likelihood, over the sum of the weights: by RouteLLM's formulas, vote by vote.
 */
static double slope(const float *query, const double *t, bool compat)
{
    double g[K] = { 0 }, all = 0, most = -INFINITY, worst = 0;
    for (size_t i = 0; i < VOTES; i++)
        most = fmax(most, cosine(x + vote[i].row * DIM, query));
    for (size_t i = 0; i < VOTES; i++) {
        const double s = cosine(x + vote[i].row * DIM, query), share = (double)vote[i].share;
        const double w = 10 * pow(10, most > 0 ? s / most : 0) * (double)vote[i].weight;
        const int a = vote[i].a, b = vote[i].b;
        if (a == b && !compat)
            continue;
        all += w;
        /* the logit that a wins; a tie counts half on both sides */
        const double z = a == b ? -t[a] : t[a] - t[b], p = 1 / (1 + exp(-z)), d = w * (share - p);
        g[a] += a == b ? -d : d;
        g[b] -= a == b ? 0 : d;
    }
    for (int k = 0; k < K; k++)
        worst = fmax(worst, fabs(g[k]) / all);
    return worst;
}

static void run(const struct rf_sw *s, size_t queries)
{
    struct rf_sw_index *index = NULL;
    static double again[QUERIES * K];
    assert_int_equal(rf_sw_index_new(&index, s, NULL), 0);
    assert_int_equal(rf_sw_strengths(index, RF_SW_EXACT, q, queries, 1, exact, NULL), 0);
    assert_int_equal(rf_sw_strengths(index, RF_SW_BATCH, q, queries, 1, batch, NULL), 0);
    assert_int_equal(rf_sw_strengths(index, RF_SW_BATCH, q, queries, 3, again, NULL), 0);
    assert_memory_equal(again, batch, queries * K * sizeof *batch);
    assert_int_equal(rf_sw_strengths(index, RF_SW_EXACT, q, queries, 3, again, NULL), 0);
    assert_memory_equal(again, exact, queries * K * sizeof *exact);
    assert_int_equal(rf_sw_strengths(index, RF_SW_EXACT, q + (queries - 1) * DIM, 1, 1, again, NULL), 0);
    assert_memory_equal(again, exact + (queries - 1) * K, K * sizeof *exact); /* alone, or among others */
    rf_sw_index_free(index);
}

static void the_gradient_is_zero(void **state)
{
    (void)state;
    for (int compat = 0; compat < 2; compat++) {
        run(&(struct rf_sw){ x, ROWS, DIM, vote, VOTES, compat }, QUERIES);
        for (size_t i = 0; i < QUERIES; i++) {
            assert_true(slope(q + i * DIM, exact + i * K, compat) < 1e-12);
            for (size_t k = 0; k < K; k++)
                assert_near(batch[i * K + k], exact[i * K + k], 5e-6);
        }
    }
}

/* Strengths far apart ask for more than one step of 1.5. */
static void far_tiers_are_found(void **state)
{
    (void)state;
    static struct rf_sw_vote far[VOTES];
    for (size_t i = 0; i < VOTES; i++) {
        far[i] = vote[i];
        far[i].a = i % 2;
        far[i].b = (uint8_t)(1 - far[i].a);
        far[i].share = (far[i].a == 0) == (i % 100 != 7); /* tier 0 wins 99 of 100 */
    }
    struct rf_sw_index *index = NULL;
    double t[K];
    assert_int_equal(rf_sw_index_new(&index, &(struct rf_sw){ x, ROWS, DIM, far, VOTES, false }, NULL), 0);
    const float origin[DIM] = { 0 };
    for (int how = 0; how < 2; how++) {
        assert_int_equal(rf_sw_strengths(index, how ? RF_SW_BATCH : RF_SW_EXACT, origin, 1, 1, t, NULL), 0);
        assert_near(t[0] - t[1], log(99), 1e-5);
        for (int k = 2; k < K; k++)
            assert_near(t[k], 0, 1e-12); /* no vote names them */
    }
    rf_sw_index_free(index);
}

/* All prompts lie behind the query, or but for one that is just before it and has all the weight: what it says would be
 * infinite. */
static void queries_unlike_all_prompts_are_answered(void **state)
{
    (void)state;
    static float v[ROWS * DIM];
    float query[DIM] = { 0 };
    double t[K];
    query[0] = -1;
    for (int step = 0; step < 2; step++) {
        struct rf_sw_index *index = NULL;
        memcpy(v, x, sizeof v);
        for (size_t i = 0; i < ROWS; i++)
            v[i * DIM] = fabsf(v[i * DIM]) + 0.1F;
        if (step)
            v[0] = -1e-6F;
        const struct rf_sw s = { v, ROWS, DIM, vote, VOTES, true };
        assert_int_equal(rf_sw_index_new(&index, &s, NULL), 0);
        for (int how = 0; how < 2; how++) {
            assert_int_equal(rf_sw_strengths(index, how ? RF_SW_BATCH : RF_SW_EXACT, query, 1, 1, t, NULL), 0);
            for (int k = 0; k < K; k++)
                assert_true(isfinite(t[k]));
        }
        rf_sw_index_free(index);
    }
}

static int fill(void **state)
{
    (void)state;
    struct rf_rng r;
    rf_rng_init(&r, 8, 0);
    for (size_t i = 0; i < ROWS * DIM; i++)
        x[i] = (float)rf_rng_normal(&r);
    for (size_t i = 0; i < QUERIES * DIM; i++)
        q[i] = (float)rf_rng_normal(&r);
    for (size_t i = 0; i < VOTES; i++) {
        const uint8_t a = (uint8_t)rf_rng_below(&r, K), b = (uint8_t)rf_rng_below(&r, K);
        const double u = rf_rng_uniform(&r), p = 1 / (1 + exp(0.3 * (a - b)));
        vote[i] = (struct rf_sw_vote){ .row = i < ROWS ? (uint32_t)i : rf_rng_below(&r, ROWS),
                                       .a = a,
                                       .b = b,
                                       .share = u < 0.2             ? 0.5F
                                                : u - 0.2 < 0.8 * p ? 1
                                                                    : 0,
                                       .weight = i % 3 ? 1 : 0.4F };
    }
    return rf_blas_init(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_is_zero),
        cmocka_unit_test(far_tiers_are_found),
        cmocka_unit_test(queries_unlike_all_prompts_are_answered),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
