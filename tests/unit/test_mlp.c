/* Unit tests of the networks: forward by hand, every gradient against differences, steps and losses as scikit-learn's,
 * heads that do not touch each other, missing targets, stopping, and losses that are not finite. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"
#include "near.h"
#include "train/mlp.h"

enum { N = 90, DIM = 5, HEADS = 3 };

static float x[N * DIM], y[N * HEADS], weight[N];
static uint32_t row[N], all[N];

/* The first head has no target on every fourth row, the last one a target from 0 to 1. */
static int plant(void **state)
{
    struct rf_rng r;
    (void)state;
    rf_rng_init(&r, 3, 0);
    for (size_t i = 0; i < N * DIM; i++)
        x[i] = (float)rf_rng_normal(&r);
    for (size_t i = 0; i < N; i++) {
        row[i] = (uint32_t)(N - 1 - i);
        all[i] = (uint32_t)i;
        weight[i] = 0.5f + (float)(i % 3);
        const float *const v = x + row[i] * DIM;
        y[i * HEADS] = i % 4 ? v[0] * v[1] : NAN;
        y[i * HEADS + 1] = v[2];
        y[i * HEADS + 2] = v[3] > v[4];
    }
    return rf_blas_init(NULL);
}

static const struct rf_mlp_data data = { x, row, y, weight, N, HEADS };
static const struct rf_mlp_data nothing = { x, row, y, weight, 0, HEADS };
static const size_t column[HEADS] = { 0, 1, 2 };

static void model(struct rf_mlp *m, size_t heads, const size_t *hidden, size_t n)
{
    assert_int_equal(rf_mlp_init(m, heads, DIM, hidden, n, NULL), 0);
    rf_mlp_start(m, 5);
}

/* Two units and one output, the numbers small enough for paper. */
static void forward_by_hand(void **state)
{
    struct rf_mlp m;
    const float v[2] = { 1, -2 };
    double out;
    (void)state;
    assert_int_equal(rf_mlp_init(&m, 1, 2, (const size_t[]){ 2 }, 1, NULL), 0);
    memcpy(m.w[0], (const float[]){ 3, 1, 1, 1 }, 4 * sizeof(float)); /* 3 - 2 + 0.5 = 1.5 and 1 - 2 + 0.25 < 0 */
    memcpy(m.b[0], (const float[]){ 0.5f, 0.25f }, 2 * sizeof(float));
    memcpy(m.w[1], (const float[]){ 2, 7 }, 2 * sizeof(float)); /* 2 * 1.5 + 7 * 0 - 1 */
    m.b[1][0] = -1;
    rf_mlp_predict(&m, v, &out);
    assert_near(out, 2, 0);
    rf_mlp_release(&m);
}

/* Loss of one head over its weight, from the predictions in double. */
static double loss_of(const struct rf_mlp *m, size_t head, enum rf_mlp_loss loss)
{
    double out[HEADS], sum = 0, all_weight = 0;
    for (size_t i = 0; i < N; i++) {
        const double want = (double)y[i * HEADS + head], w = (double)weight[i];
        if (isnan(want))
            continue;
        rf_mlp_predict(m, x + row[i] * DIM, out);
        const double z = out[head];
        sum += w * (loss == RF_MLP_SQUARED ? (z - want) * (z - want) / 2 : rf_softplus(z) - want * z);
        all_weight += w;
    }
    return sum / all_weight;
}

/* The gradient is between the slopes to both sides, which differ where a unit bends in between; true where they hardly
 * do. */
static bool check_number(struct rf_mlp *m, float *p, double gradient, size_t head, enum rf_mlp_loss loss)
{
    const float was = *p, step = 1.0f / 1024;
    const double at = loss_of(m, head, loss);
    *p = was + step;
    const double up = (loss_of(m, head, loss) - at) / (double)(*p - was);
    *p = was - step;
    const double down = (at - loss_of(m, head, loss)) / (double)(was - *p);
    *p = was;
    assert_near(gradient, (up + down) / 2, 3e-4 + fabs(up - down) * 0.6);
    return fabs(up - down) < 4e-3;
}

static void check_gradient(const size_t *hidden, size_t n, enum rf_mlp_loss loss)
{
    struct rf_mlp m;
    struct rf_mlp_step *s = NULL;
    struct rf_mlp_sums sum[HEADS];
    size_t numbers = 0, checked = 0;
    model(&m, HEADS, hidden, n);
    assert_int_equal(rf_mlp_step_new(&s, &m, N, NULL), 0);
    rf_mlp_step_run(s, &m, &data, loss, all, N, column, true, sum);
    const struct rf_mlp *const g = rf_mlp_step_last(s);
    for (size_t h = 0; h < HEADS; h++) {
        if (loss == RF_MLP_LOGISTIC && h < 2)
            continue; /* its targets are no classes */
        assert_near(sum[h].loss / sum[h].weight, loss_of(&m, h, loss), 1e-6);
        for (size_t l = 0; l < m.layers; l++) {
            const size_t out = m.width[l + 1], cells = out * m.width[l];
            for (size_t k = h * cells; k < (h + 1) * cells; k++, numbers++)
                checked += check_number(&m, m.w[l] + k, (double)g->w[l][k], h, loss);
            for (size_t k = h * out; k < (h + 1) * out; k++, numbers++)
                checked += check_number(&m, m.b[l] + k, (double)g->b[l][k], h, loss);
        }
    }
    assert_true(checked > numbers * 9 / 10);
    rf_mlp_step_free(s);
    rf_mlp_release(&m);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    for (int loss = RF_MLP_SQUARED; loss <= RF_MLP_LOGISTIC; loss++)
        for (size_t n = 1; n <= RF_MLP_HIDDEN; n++)
            check_gradient((const size_t[]){ 7, 6, 4 }, n, (enum rf_mlp_loss)loss);
}

static const struct rf_mlp_recipe usual = {
    .loss = RF_MLP_SQUARED, .adam = { 0.01, 0.9, 0.999, 1e-8, 0 }, .l2 = 1e-4, .batch = 32, .epochs = 40, .threads = 1
};

static void fit(struct rf_mlp *m, const struct rf_mlp_data *train, const struct rf_mlp_data *valid,
                const struct rf_mlp_recipe *o, struct rf_mlp_head *head)
{
    struct rf_err err = { 0 };
    bool interrupted;
    if (rf_mlp_fit(m, train, valid, o, NULL, NULL, NULL, head, &interrupted, &err))
        print_error("%s\n", err.msg);
    assert_int_equal(err.code, 0);
    assert_false(interrupted);
}

struct curve {
    const struct rf_mlp_head *head;
    double loss[64];
    size_t n;
};

static int follow(void *ctx, struct rf_err *err)
{
    struct curve *const c = ctx;
    (void)err;
    c->loss[c->n++] = c->head->least;
    return 0;
}

/* scikit-learn 1.2.1 (MLPRegressor and MLPClassifier, alpha 0.5, batch_size 16, learning_rate_init 0.01, shuffle False)
 * from the same start on the same numbers: loss_curve_ of six epochs, and what the first five rows give then. */
static void as_scikit_learn(void **state)
{
    enum { ROWS = 40, WIDE = 3, EPOCHS = 6, SHOWN = 5 };
    static const struct {
        enum rf_mlp_loss loss;
        size_t hidden[2], n;
        double curve[EPOCHS], out[SHOWN];
    } known[] = {
        { RF_MLP_SQUARED,
          { 4 },
          1,
          { 0.997410307, 0.914634771, 0.84117177, 0.775008887, 0.714753579, 0.658975781 },
          { 0.27837903, 0.313494708, 0.352438704, 0.409480746, 0.210721491 } },
        { RF_MLP_SQUARED,
          { 4, 3 },
          2,
          { 0.754236743, 0.704226979, 0.653275806, 0.605371035, 0.559809623, 0.515109973 },
          { 0.796481385, 0.433619387, 0.644795185, 0.440111825, 0.543791746 } },
        { RF_MLP_LOGISTIC,
          { 5 },
          1,
          { 0.753176874, 0.736926852, 0.724500748, 0.713989881, 0.704963011, 0.69672772 },
          { -0.432986008, -0.142863421, 0.0306367589, -0.225317876, -0.0967281331 } },
    };
    static float v[ROWS * WIDE], to[2][ROWS];
    static uint32_t at[ROWS];
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        at[i] = (uint32_t)i;
        for (int j = 0; j < WIDE; j++)
            v[i * WIDE + j] = (float)((i * 37 + j * 53 + i * j * 11) % 101 - 50) / 32;
        to[0][i] = (float)(i * 29 % 17) / 8 + v[i * WIDE] * 0.5f - v[i * WIDE + 2] * 0.25f;
        to[1][i] = to[0][i] > 1;
    }
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        const struct rf_mlp_data d = { v, at, to[known[k].loss == RF_MLP_LOGISTIC], NULL, ROWS, 1 };
        const struct rf_mlp_data none = { .x = v, .heads = 1 };
        const struct rf_mlp_recipe o = { .loss = known[k].loss,
                                         .adam = usual.adam,
                                         .l2 = 0.5,
                                         .batch = 16,
                                         .epochs = EPOCHS,
                                         .in_order = true,
                                         .threads = 1 };
        struct rf_mlp_head head;
        struct curve c = { &head, { 0 }, 0 };
        struct rf_mlp m;
        bool interrupted;
        assert_int_equal(rf_mlp_init(&m, 1, WIDE, known[k].hidden, known[k].n, NULL), 0);
        for (size_t l = 0; l < m.layers; l++) {
            for (size_t i = 0; i < m.width[l] * m.width[l + 1]; i++)
                m.w[l][i] = (float)((int)((i * 7 + l * 13) % 17) - 8) / 16;
            for (size_t i = 0; i < m.width[l + 1]; i++)
                m.b[l][i] = (float)((int)((i * 5 + l * 3) % 7) - 3) / 16;
        }
        assert_int_equal(rf_mlp_fit(&m, &d, &none, &o, NULL, follow, &c, &head, &interrupted, NULL), 0);
        for (size_t i = 0; i < EPOCHS; i++)
            assert_near(c.loss[i], known[k].curve[i], 2e-6);
        for (size_t i = 0; i < SHOWN; i++) {
            double out;
            rf_mlp_predict(&m, v + i * WIDE, &out);
            assert_near(out, known[k].out[i], 1e-5);
        }
        rf_mlp_release(&m);
    }
}

/* Three heads together are what each is alone: by the same start, on the same order. */
static void heads_do_not_touch(void **state)
{
    struct rf_mlp three, one;
    struct rf_mlp_head head[HEADS], alone;
    (void)state;
    model(&three, HEADS, (const size_t[]){ 300, 3 }, 2); /* two groups */
    model(&one, HEADS, (const size_t[]){ 300, 3 }, 2);
    for (size_t h = 0; h < HEADS; h++) {
        struct rf_mlp m;
        static float own[N];
        const struct rf_mlp_data d = { x, row, own, weight, N, 1 }, none = { .x = x, .heads = 1 };
        for (size_t i = 0; i < N; i++)
            own[i] = y[i * HEADS + h];
        assert_int_equal(rf_mlp_init(&m, 1, DIM, one.width + 1, 2, NULL), 0);
        rf_mlp_copy_head(&m, 0, &one, h);
        fit(&m, &d, &none, &usual, &alone);
        rf_mlp_copy_head(&one, h, &m, 0);
        rf_mlp_release(&m);
    }
    fit(&three, &data, &nothing, &usual, head);
    for (size_t i = 0; i < N; i++) {
        double a[HEADS], b[HEADS];
        rf_mlp_predict(&three, x + i * DIM, a);
        rf_mlp_predict(&one, x + i * DIM, b);
        for (size_t h = 0; h < HEADS; h++)
            assert_near(a[h], b[h], 1e-4);
    }
    rf_mlp_release(&three);
    rf_mlp_release(&one);
}

/* Rows without a target change nothing, whatever stands there: the same as leaving them out. */
static void missing_targets_do_not_count(void **state)
{
    static float own[N], known[N], some_weight[N];
    static uint32_t some[N];
    struct rf_mlp a, b;
    struct rf_mlp_head head;
    struct rf_mlp_recipe o = usual;
    size_t n = 0;
    (void)state;
    o.batch = N; /* one step an epoch, so that both have the same batches */
    o.in_order = true;
    for (size_t i = 0; i < N; i++) {
        own[i] = y[i * HEADS];
        if (isnan(own[i]))
            continue;
        known[n] = own[i];
        some_weight[n] = weight[i];
        some[n++] = row[i];
    }
    const struct rf_mlp_data with = { x, row, own, weight, N, 1 }, without = { x, some, known, some_weight, n, 1 };
    const struct rf_mlp_data none = { .x = x, .heads = 1 };
    model(&a, 1, (const size_t[]){ 8 }, 1);
    model(&b, 1, (const size_t[]){ 8 }, 1);
    fit(&a, &with, &none, &o, &head);
    fit(&b, &without, &none, &o, &head);
    for (size_t i = 0; i < 8 * DIM; i++)
        assert_near(a.w[0][i], b.w[0][i], 1e-4);
    rf_mlp_release(&a);
    rf_mlp_release(&b);
}

/* More units than rows: the targets are learnt by heart, and the loss falls on the way. */
static void a_wide_net_overfits(void **state)
{
    struct rf_mlp m;
    struct rf_mlp_head head[HEADS];
    struct rf_mlp_recipe o = usual;
    double before = INFINITY;
    (void)state;
    o.l2 = 0;
    o.batch = N;
    for (o.epochs = 1; o.epochs <= 1000; o.epochs *= 10) {
        model(&m, HEADS, (const size_t[]){ 200 }, 1);
        fit(&m, &data, &nothing, &o, head);
        for (size_t h = 0; h < HEADS; h++)
            assert_int_equal(head[h].epochs, o.epochs);
        assert_true(head[0].train < before);
        before = head[0].train;
        rf_mlp_release(&m);
    }
    for (size_t h = 0; h < HEADS; h++)
        assert_true(head[h].train < 1e-3);
}

/* Noise cannot be validated: each head keeps its own best epoch, whose loss is the one told. */
static void each_head_stops_by_itself(void **state)
{
    const struct rf_mlp_data train = { x, row, y, weight, N / 2, HEADS };
    const struct rf_mlp_data valid = { x, row + N / 2, y + N / 2 * HEADS, weight + N / 2, N - N / 2, HEADS };
    struct rf_mlp m, again;
    struct rf_mlp_head head[HEADS], other[HEADS];
    struct rf_mlp_sums sum[HEADS];
    struct rf_mlp_recipe o = usual;
    (void)state;
    o.epochs = 2000;
    o.patience = 7;
    model(&m, HEADS, (const size_t[]){ 300 }, 1);
    model(&again, HEADS, (const size_t[]){ 300 }, 1);
    fit(&m, &train, &valid, &o, head);
    assert_int_equal(rf_mlp_measure(&m, &valid, o.loss, sum, NULL), 0);
    for (size_t h = 0; h < HEADS; h++) {
        assert_true(head[h].stopped && head[h].epochs < o.epochs);
        assert_int_equal(head[h].epochs, head[h].best + o.patience);
        assert_near(sum[h].loss / sum[h].weight, head[h].valid, 1e-6);
    }
    assert_true(head[0].epochs != head[1].epochs);
    o.threads = 3;
    fit(&again, &train, &valid, &o, other);
    for (size_t l = 0; l < m.layers; l++)
        assert_memory_equal(m.w[l], again.w[l], HEADS * m.width[l] * m.width[l + 1] * sizeof(float));
    rf_mlp_release(&m);
    rf_mlp_release(&again);
}

/* Without validation the training loss decides: it has not fallen by 1e-4 for more than `patience` epochs. */
static void training_loss_stops_too(void **state)
{
    struct rf_mlp m;
    struct rf_mlp_head head[HEADS];
    struct rf_mlp_recipe o = usual;
    (void)state;
    o.adam.lr = 1e-9;
    o.patience = 4;
    model(&m, HEADS, (const size_t[]){ 6 }, 1);
    fit(&m, &data, &nothing, &o, head);
    for (size_t h = 0; h < HEADS; h++) {
        assert_int_equal(head[h].epochs, 1 + 5);
        assert_int_equal(head[h].best, 6);
        assert_true(isnan(head[h].valid));
    }
    rf_mlp_release(&m);
}

static void what_is_not_finite_is_named(void **state)
{
    static const char *const name[HEADS] = { "first", "second", "third" };
    struct rf_mlp m;
    struct rf_mlp_head head[HEADS];
    struct rf_err err = { 0 };
    static float huge[N * HEADS];
    const struct rf_mlp_data d = { x, row, huge, NULL, N, HEADS };
    bool interrupted;
    (void)state;
    memcpy(huge, y, sizeof huge);
    huge[7 * HEADS + 1] = INFINITY;
    model(&m, HEADS, (const size_t[]){ 6 }, 1);
    assert_int_equal(rf_mlp_fit(&m, &d, &nothing, &usual, name, NULL, NULL, head, &interrupted, &err), RF_FAIL);
    assert_non_null(strstr(err.msg, "epoch 1, step"));
    assert_non_null(strstr(err.msg, "the loss of second is inf"));
    assert_int_equal(rf_mlp_fit(&m, &nothing, &nothing, &usual, name, NULL, NULL, head, &interrupted, NULL),
                     RF_BAD_INPUT);
    rf_mlp_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_by_hand),
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(as_scikit_learn),
        cmocka_unit_test(heads_do_not_touch),
        cmocka_unit_test(missing_targets_do_not_count),
        cmocka_unit_test(a_wide_net_overfits),
        cmocka_unit_test(each_head_stops_by_itself),
        cmocka_unit_test(training_loss_stops_too),
        cmocka_unit_test(what_is_not_finite_is_named),
    };
    return cmocka_run_group_tests(tests, plant, NULL);
}
