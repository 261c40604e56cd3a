/* The sparse fit under fit ngram: its gradient against finite differences and zero at the optimum, the elastic net's
 * own conditions, the same bits for any number of threads; features that are folded for the pair and back; what
 * rounding the weights does to a logit. */
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
#include "made_texts.h"
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
    return (struct rf_sparse){
        .x = &x, .e = e, .n = n, .loss = loss, .l2 = 0.01, .last = 3, .last_l2 = 0.05, .threads = 1
    };
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
        assert_near(res.violation, sqrt(square), 1e-10);
        assert_true(theta[0][1] > 0 && theta[0][0] < 0); /* what was planted */
    }
    rf_csr_release(&x);
}

/* Zero weights: the slope is within l1; others: it is l1 against their sign. Nothing near does better. */
static void elastic_net_keeps_its_conditions(void **state)
{
    (void)state;
    const size_t n = plant();
    struct rf_rng r;
    rf_rng_init(&r, 8, 0);
    for (int loss = RF_SPARSE_LOGISTIC; loss <= RF_SPARSE_SQUARED; loss++) {
        struct rf_sparse p = problem(n, (enum rf_sparse_loss)loss);
        double theta[COLS + 1] = { 0 }, g[COLS + 1], f, there;
        struct rf_sparse_result res;
        int zeros = 0;
        p.l1 = loss == RF_SPARSE_LOGISTIC ? 0.006 : 0.02;
        assert_int_equal(rf_sparse_solve(&p, 1e-9, theta, &res, NULL, NULL, NULL), 0);
        assert_true(res.violation <= 1e-9);
        assert_int_equal(rf_sparse_gradient(&p, theta, &f, g, NULL), 0);
        assert_near(res.loss, f, 1e-12);
        assert_near(g[COLS], 0, 1e-9);
        for (int j = 0; j < COLS; j++) {
            zeros += !(fabs(theta[j]) > 0);
            if (fabs(theta[j]) > 0)
                assert_near(g[j], -copysign(p.l1, theta[j]), 1e-9);
            else
                assert_true(fabs(g[j]) <= p.l1 + 1e-9);
        }
        assert_in_range(zeros, 1, COLS - 5);
        for (int t = 0; t < 50; t++) {
            double near[COLS + 1];
            for (int j = 0; j <= COLS; j++)
                near[j] = theta[j] + 1e-3 * rf_rng_normal(&r);
            assert_int_equal(rf_sparse_gradient(&p, near, &there, g, NULL), 0);
            assert_true(there > f);
        }
    }
    rf_csr_release(&x);
}

/* With so strong an l1 all weights are 0, and the intercept is the log odds of the weights of the examples. */
static void a_strong_l1_leaves_the_intercept(void **state)
{
    (void)state;
    struct rf_sparse p = problem(plant(), RF_SPARSE_LOGISTIC);
    double theta[COLS + 1] = { 0.5, -0.5 }, up = 0, down = 0;
    struct rf_sparse_result res;
    p.l1 = 10;
    for (size_t i = 0; i < p.n; i++)
        *(e[i].y > 0 ? &up : &down) += (double)e[i].weight;
    assert_int_equal(rf_sparse_solve(&p, 1e-10, theta, &res, NULL, NULL, NULL), 0);
    for (int j = 0; j < COLS; j++)
        assert_false(fabs(theta[j]) > 0);
    assert_near(theta[COLS], log(up / down), 1e-8);
    rf_csr_release(&x);
}

/* The squared loss against the normal equations, by hand: rows (1), (2), (0) with y = 1, 1, -1, l2 = 1/3:
 * w (5 / 3 + 1 / 3) + b = 1, w + b = 1 / 3. */
static void squared_loss_by_hand(void **state)
{
    (void)state;
    const float one = 1, two = 2;
    const uint32_t zero = 0;
    const struct rf_example three[] = { { 0, 1, 1 }, { 1, 1, 1 }, { 2, -1, 1 } };
    struct rf_csr small = { .cols = 1 };
    assert_int_equal(rf_csr_push(&small, &zero, &one, 1, NULL), 0);
    assert_int_equal(rf_csr_push(&small, &zero, &two, 1, NULL), 0);
    assert_int_equal(rf_csr_push(&small, NULL, NULL, 0, NULL), 0);
    const struct rf_sparse p = {
        .x = &small, .e = three, .n = 3, .loss = RF_SPARSE_SQUARED, .l2 = 1.0 / 3, .threads = 1
    };
    double theta[2] = { 0 };
    struct rf_sparse_result res;
    assert_int_equal(rf_sparse_solve(&p, 1e-12, theta, &res, NULL, NULL, NULL), 0);
    assert_near(theta[0], 2.0 / 3, 1e-11);
    assert_near(theta[1], -1.0 / 3, 1e-11);
    rf_csr_release(&small);
}

enum { TEXTS = 5 };
static const char *const text[TEXTS] = { "How many eggs?", "Prove that 2 + 2 = 4", "",
                                         "how many ducks\nand how many eggs", "Only here: zyzzyva" };
static const bool in[TEXTS] = { true, true, false, true, false };
static const char *const task[TEXTS] = { "farm", "algebra", "", "farm", "words" };

static void make_votes(struct rf_votes *v)
{
    *v = (struct rf_votes){ .rows = TEXTS };
    assert_int_equal(RF_NEW(v->text.at, TEXTS + 1, NULL), 0);
    assert_int_equal(RF_NEW(v->task.at, TEXTS + 1, NULL), 0);
    for (size_t i = 0; i < TEXTS; i++) {
        assert_int_equal(rf_buf_add(&v->text.all, text[i], strlen(text[i]), NULL), 0);
        assert_int_equal(rf_buf_add(&v->task.all, task[i], strlen(task[i]) + 1, NULL), 0);
        v->text.at[i + 1] = v->text.all.len;
        v->task.at[i + 1] = v->task.all.len;
    }
}

/* The logit of the pair's own features; buckets that no weighed row has count nothing. */
static double own_logit(const struct rf_ngrams *g, struct routefit_features *pad, const double *own, size_t i)
{
    const uint32_t *bucket;
    const float *value, *shape;
    const size_t n = routefit_features_of(pad, text[i], strlen(text[i]), &bucket, &value, &shape);
    double f = own[rf_ngrams_own(g) - 1];
    for (size_t k = 0; k < n; k++)
        f += own[bucket[k]] * (double)value[k];
    for (size_t k = 0; k < ROUTEFIT_SHAPE; k++)
        f += own[g->buckets + k] * (double)shape[k];
    for (size_t t = 0; t < g->tasks; t++)
        f += strcmp(task[i], g->task[t]) ? 0 : own[g->buckets + ROUTEFIT_SHAPE + t];
    return f;
}

static void folded_weights_score_as_the_rows_do(void **state)
{
    (void)state;
    struct rf_votes v;
    struct rf_rng r;
    struct routefit_features *const pad = routefit_features_new(ROUTEFIT_BUCKETS);
    rf_rng_init(&r, 6, 0);
    make_votes(&v);
    for (int with = 0; with < 2; with++) {
        struct rf_ngrams g;
        assert_int_equal(rf_ngrams_make(&g, &v, in, with > 0, NULL), 0);
        assert_int_equal(g.tasks, with ? 2 : 0);
        assert_true(g.kept > 50 && g.kept < 150);
        double *theta = rf_calloc(g.x.cols + 1, sizeof *theta, NULL), rows[TEXTS], square = 0;
        double *own = rf_calloc(rf_ngrams_own(&g), sizeof *own, NULL);
        for (size_t j = 0; j <= g.x.cols; j++)
            theta[j] = rf_rng_normal(&r);
        for (size_t i = 0; i < TEXTS; i++) {
            rows[i] = rf_sparse_dot(&g.x, theta, i);
            for (size_t k = g.x.ptr[i]; in[i] && k < g.x.ptr[i + 1]; k++)
                if (g.x.col[k] < g.kept)
                    square += (double)g.x.val[k] * (double)g.x.val[k] / 3;
                else if (g.x.col[k] >= g.kept + ROUTEFIT_SHAPE)
                    assert_near((double)g.x.val[k], 1, 1e-6);
        }
        assert_near(square, 1, 1e-6);
        rf_ngrams_fold(&g, theta, own);
        for (size_t i = 0; i < TEXTS; i++)
            assert_near(own_logit(&g, pad, own, i), rows[i], 1e-5);
        rf_ngrams_unfold(&g, own, theta);
        for (size_t i = 0; i < TEXTS; i++)
            assert_near(rf_sparse_dot(&g.x, theta, i), rows[i], 1e-5);
        rf_free(theta);
        rf_free(own);
        rf_ngrams_release(&g);
    }
    routefit_features_free(pad);
    rf_votes_release(&v);
}

static void tasks_that_are_not_there_are_refused(void **state)
{
    (void)state;
    struct rf_votes v;
    struct rf_ngrams g;
    struct rf_err err = { 0 };
    const bool third[TEXTS] = { false, false, true, false, false };
    make_votes(&v);
    assert_int_equal(rf_ngrams_make(&g, &v, third, true, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "--task"));
    rf_ngrams_release(&g);
    rf_votes_release(&v);
}

/* Rounding a weight moves it by half a step at most, so a logit by half a step times the sum of the values, which is at
 * most the root of their number, for they have unit length. */
static void whole_weights_move_logits_little(void **state)
{
    (void)state;
    struct routefit_features *const pad = routefit_features_new(ROUTEFIT_BUCKETS);
    float *const w = rf_calloc(ROUTEFIT_BUCKETS, sizeof *w, NULL);
    int8_t *const whole = rf_calloc(ROUTEFIT_BUCKETS, sizeof *whole, NULL);
    struct rf_buf made = { 0 };
    struct rf_rng r;
    rf_rng_init(&r, 9, 0);
    for (size_t b = 0; b < ROUTEFIT_BUCKETS; b++)
        w[b] = (float)rf_rng_normal(&r);
    const double step = (double)rf_whole_weights(w, ROUTEFIT_BUCKETS, whole);
    for (uint32_t i = 0; i < 200; i++) {
        const uint32_t *bucket;
        const float *value, *shape;
        double real = 0, rounded = 0, sum = 0;
        made.len = 0;
        assert_int_equal(made_text(&r, 10 + 5 * i, &made), 0);
        const size_t n = routefit_features_of(pad, made.data, made.len, &bucket, &value, &shape);
        for (size_t k = 0; k < n; k++) {
            real += (double)w[bucket[k]] * (double)value[k];
            rounded += step * whole[bucket[k]] * (double)value[k];
            sum += (double)value[k];
        }
        assert_true(sum <= sqrt((double)n) * (1 + 1e-6));
        assert_true(fabs(real - rounded) <= 0.5001 * step * sum);
        assert_true(fabs(real - rounded) <= 2 * step); /* the errors cancel: a standard deviation is 0.29 steps */
    }
    rf_buf_release(&made);
    routefit_features_free(pad);
    rf_free(w);
    rf_free(whole);
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
        cmocka_unit_test(elastic_net_keeps_its_conditions),
        cmocka_unit_test(a_strong_l1_leaves_the_intercept),
        cmocka_unit_test(squared_loss_by_hand),
        cmocka_unit_test(tasks_that_are_not_there_are_refused),
        cmocka_unit_test(whole_weights_move_logits_little),
        cmocka_unit_test(folded_weights_score_as_the_rows_do),
        cmocka_unit_test(whole_weights_are_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
