/* The sparse fit under fit ngram: its gradient against finite differences and zero at the optimum, the same bits for
 * any number of threads; features that are folded for the pair and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"
#include "near.h"
#include "train/ngrams.h"
#include "train/sparse.h"
#include "train/whole.h"

enum { ROWS = 1500, COLS = 40, EXAMPLES = 2 * ROWS };

static struct rf_csr x;
static struct rf_example e[EXAMPLES];

/* Rows of a few entries, labels by a planted function of them; every fifth row has both labels, at half the weight. */
static size_t plant(void)
{
    struct rf_rng r;
    size_t n = 0;
    rf_rng_init(&r, 5, 0);
    x = (struct rf_csr){ .cols = COLS };
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t col[COLS];
        float val[COLS];
        double f = 0.3;
        size_t k = 0;
        for (uint32_t j = 0; j < COLS; j++)
            if (rf_rng_below(&r, 6) == 0) {
                col[k] = j;
                val[k++] = (float)rf_rng_normal(&r);
                f += (j % 3 ? 0.5 : -1) * (double)val[k - 1];
            }
        assert_int_equal(rf_csr_push(&x, col, val, k, NULL), 0);
        if (i % 5 == 0) {
            e[n++] = (struct rf_example){ i, 1, 0.5f };
            e[n++] = (struct rf_example){ i, -1, 0.5f };
        } else {
            e[n++] = (struct rf_example){ i, rf_rng_uniform(&r) < rf_sigmoid(f) ? 1 : -1, 1 };
        }
    }
    return n;
}

static struct rf_sparse problem(size_t n, enum rf_sparse_loss loss)
{
    return (struct rf_sparse){ .x = &x, .e = e, .n = n, .loss = loss, .l2 = 0.01, .threads = 1 };
}

static void gradient_is_the_slope(void **state)
{
    (void)state;
    const size_t n = plant();
    for (int loss = RF_SPARSE_LOGISTIC; loss <= RF_SPARSE_SQUARED; loss++) {
        const struct rf_sparse p = problem(n, (enum rf_sparse_loss)loss);
        double theta[COLS + 1], g[COLS + 1], ignored[COLS + 1], f, up, down;
        for (int j = 0; j <= COLS; j++)
            theta[j] = 0.1 * (j % 7 - 3);
        assert_int_equal(rf_sparse_gradient(&p, theta, &f, g, NULL), 0);
        for (int j = 0; j <= COLS; j += 8) {
            const double at = theta[j], h = 1e-5;
            theta[j] = at + h;
            assert_int_equal(rf_sparse_gradient(&p, theta, &up, ignored, NULL), 0);
            theta[j] = at - h;
            assert_int_equal(rf_sparse_gradient(&p, theta, &down, ignored, NULL), 0);
            theta[j] = at;
            assert_near((up - down) / (2 * h), g[j], 1e-8);
        }
    }
    rf_csr_release(&x);
}

static void gradient_is_zero_at_the_optimum(void **state)
{
    (void)state;
    const size_t n = plant();
    for (int loss = RF_SPARSE_LOGISTIC; loss <= RF_SPARSE_SQUARED; loss++) {
        struct rf_sparse p = problem(n, (enum rf_sparse_loss)loss);
        double theta[3][COLS + 1] = { { 0 } }, g[COLS + 1], f, square = 0;
        struct rf_sparse_result res;
        for (int t = 0; t < 3; t++) {
            p.threads = 1 << t;
            assert_int_equal(rf_sparse_solve(&p, 1e-9, theta[t], &res, NULL, NULL, NULL), 0);
            assert_memory_equal(theta[t], theta[0], sizeof theta[0]);
        }
        assert_int_equal(rf_sparse_gradient(&p, theta[0], &f, g, NULL), 0);
        for (int j = 0; j <= COLS; j++)
            square += g[j] * g[j];
        assert_true(sqrt(square) <= 1e-9);
        assert_near(res.loss, f, 1e-12);
        assert_true(theta[0][1] > 0 && theta[0][0] < 0); /* what was planted */
    }
    rf_csr_release(&x);
}

static void folded_weights_score_as_the_rows_do(void **state)
{
    (void)state;
    static const char *const text[] = { "How many eggs?", "Prove that 2 + 2 = 4", "",
                                        "how many ducks\nand how many eggs" };
    const bool in[] = { true, true, false, true };
    struct rf_turns turns = { 0 };
    struct rf_ngrams g;
    struct rf_rng r;
    rf_rng_init(&r, 6, 0);
    assert_int_equal(RF_NEW(turns.at, 5, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(rf_buf_add(&turns.all, text[i], strlen(text[i]), NULL), 0);
        turns.at[i + 1] = turns.all.len;
    }
    assert_int_equal(rf_ngrams_make(&g, &turns, 4, in, NULL), 0);
    double *theta = rf_calloc(g.x.cols + 1, sizeof *theta, NULL), rows[4], square = 0;
    for (size_t j = 0; j <= g.x.cols; j++)
        theta[j] = rf_rng_normal(&r);
    for (size_t i = 0; i < 4; i++) {
        rows[i] = rf_sparse_dot(&g.x, theta, i);
        for (size_t k = g.x.ptr[i]; in[i] && k < g.x.ptr[i + 1] - ROUTEFIT_SHAPE; k++)
            square += (double)g.x.val[k] * (double)g.x.val[k] / 3;
    }
    assert_near(square, 1, 1e-6);
    rf_ngrams_fold(&g, theta);
    struct routefit_features *const pad = routefit_features_new(g.buckets);
    for (size_t i = 0; i < 4; i++) {
        const uint32_t *bucket;
        const float *value, *shape;
        const size_t n = routefit_features_of(pad, text[i], strlen(text[i]), &bucket, &value, &shape);
        double f = theta[g.x.cols];
        for (size_t k = 0; k < n; k++)
            f += theta[bucket[k]] * (double)value[k];
        for (size_t k = 0; k < ROUTEFIT_SHAPE; k++)
            f += theta[g.buckets + k] * (double)shape[k];
        assert_near(f, rows[i], 1e-5);
    }
    rf_ngrams_unfold(&g, theta);
    for (size_t i = 0; i < 4; i++)
        assert_near(rf_sparse_dot(&g.x, theta, i), rows[i], 1e-5);
    routefit_features_free(pad);
    rf_free(theta);
    rf_ngrams_release(&g);
    rf_turns_release(&turns);
}

static void whole_weights_are_nearest(void **state)
{
    (void)state;
    const float w[] = { 0.5f, -1, 0.003f, 0 }, zero[] = { 0, 0 };
    int8_t whole[4];
    const float scale = rf_whole_weights(w, 4, whole);
    assert_near((double)scale, 1 / 127.0, 1e-9);
    for (int i = 0; i < 4; i++)
        assert_near((double)scale * whole[i], (double)w[i], 0.5001 / 127);
    assert_int_equal(whole[1], -127);
    assert_true(rf_whole_weights(zero, 2, whole) > 0);
    assert_int_equal(whole[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_is_the_slope),
        cmocka_unit_test(gradient_is_zero_at_the_optimum),
        cmocka_unit_test(folded_weights_score_as_the_rows_do),
        cmocka_unit_test(whole_weights_are_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
