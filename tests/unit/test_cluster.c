/* Unit tests of what a cluster router reads: weights of the nearest centroids and means per cluster by hand, and the
 * curve of a model that joins: a copy of a model changes nothing, a better one helps, the interval narrows with the
 * prompts, the same for any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "near.h"
#include "train/cluster_curve.h"

static void weights_fall_with_distance(void **state)
{
    (void)state;
    static const float centre[] = { 0, 1, 1, 0, 0.6F, 0.8F, 0, 1 }; /* the last is a copy of the first */
    struct rf_clusters c = { 4, 2, centre, 3, 9 };
    uint32_t which[RF_CLUSTER_TOP + 1];
    double weight[RF_CLUSTER_TOP + 1];
    const float x[] = { 0, 5 };
    assert_int_equal(rf_clusters_weigh(&c, x, which, weight), 3);
    assert_int_equal(which[0], 0); /* of equals the lower one first */
    assert_int_equal(which[1], 3);
    assert_int_equal(which[2], 2);
    const double third = exp(-9 * sqrt(0.4)), all = 2 + third; /* |(0,1) - (.6,.8)|^2 = .36 + .04 */
    assert_near(weight[0], 1 / all, 1e-7);
    assert_near(weight[1], 1 / all, 1e-7);
    assert_near(weight[2], third / all, 1e-7);
    c.top = 1;
    assert_int_equal(rf_clusters_weigh(&c, x, which, weight), 1);
    assert_near(weight[0], 1, 0);
}

static void means_are_drawn_to_all(void **state)
{
    (void)state;
    static const uint32_t cluster[] = { 0, 0, 1, 0 };
    static const uint8_t twice[] = { 2, 7, 0, 7, 1, 7, 0, 7 }; /* every second one */
    static const double y[] = { 1, 0, 0.5, NAN };
    struct rf_cluster_rows rows = { 4, cluster, NULL, 0 };
    double room[6], mean[3];
    assert_near(rf_clusters_mean_all(&rows, y, 1), 0.5, 0);
    rf_clusters_mean(&rows, 3, y, 1, 0.5, 0, room, mean);
    assert_near(mean[0], 0.5, 0);
    assert_near(mean[1], 0.5, 0);
    assert_near(mean[2], 0.5, 0); /* none there */
    rf_clusters_mean(&rows, 3, y, 1, 0.25, 2, room, mean);
    assert_near(mean[0], (1 + 2 * 0.25) / 4, 1e-15);
    assert_near(mean[1], (0.5 + 2 * 0.25) / 3, 1e-15);
    assert_near(mean[2], 0.25, 0);
    rows.count = twice;
    rows.count_stride = 2;
    rf_clusters_mean(&rows, 3, y, 1, 0.25, 1, room, mean);
    assert_near(mean[0], (2 * 1 + 0.25) / 3, 1e-15);
    assert_near(mean[1], (0.5 + 0.25) / 2, 1e-15);
    assert_near(rf_clusters_mean_all(&rows, y, 1), 2.5 / 3, 1e-15);
}

/* Two clusters of questions; an old model that is right in the first, and a dearer one that is right everywhere. */
enum { QUESTIONS = 400, MODELS = 3 };
static const float centres[] = { 1, 0, 0, 1 };
static struct {
    float v[2][2];
    const float *x[QUESTIONS];
    uint32_t cluster[QUESTIONS];
    double score[QUESTIONS * MODELS], cost[QUESTIONS * MODELS], true_score[QUESTIONS * MODELS],
        true_cost[QUESTIONS * MODELS], y[QUESTIONS], paid[QUESTIONS];
} made;

/* The new model answers questions of cluster c right with chance p[c], at a price. */
static struct rf_cluster_curve make(const double *p, double price, size_t prompts)
{
    static const double cheap[] = { 1, 0 };
    struct rf_rng r;
    rf_rng_init(&r, 4, 0);
    memcpy(made.v, centres, sizeof made.v);
    for (size_t i = 0; i < QUESTIONS; i++) {
        const size_t c = i % 2;
        const double right = rf_rng_uniform(&r) < p[c], old[] = { cheap[c], 1, right }, paid[] = { 1, 10, price };
        made.x[i] = made.v[c];
        made.cluster[i] = (uint32_t)c;
        for (size_t m = 0; m < MODELS; m++) {
            made.true_score[i * MODELS + m] = made.score[i * MODELS + m] = old[m];
            made.true_cost[i * MODELS + m] = made.cost[i * MODELS + m] = paid[m];
        }
        made.y[i] = right;
        made.paid[i] = price;
    }
    return (struct rf_cluster_curve){ .clusters = { 2, 2, centres, 1, 9 },
                                      .rows = { prompts, made.cluster, NULL, 0 },
                                      .y = made.y,
                                      .paid = made.paid,
                                      .shrink = 0,
                                      .questions = QUESTIONS,
                                      .models = MODELS,
                                      .x = made.x,
                                      .score = made.score,
                                      .cost = made.cost,
                                      .true_score = made.true_score,
                                      .true_cost = made.true_cost,
                                      .resamples = 99,
                                      .seed = 3,
                                      .threads = 1 };
}

/* Without it: from (1, .5) to (5.5, 1), then flat to 10: (4.5 * .75 + 4.5) / 10. */
enum { BEFORE = 7875 };

static void a_copy_of_a_model_changes_nothing(void **state)
{
    (void)state;
    const struct rf_cluster_curve c = make((const double[]){ 1, 0 }, 1, 100);
    struct rf_cluster_gain g;
    assert_int_equal(rf_cluster_curve(&c, &g, NULL), 0);
    assert_near(g.before, BEFORE * 1e-4, 1e-12);
    assert_near(g.after, BEFORE * 1e-4, 1e-12);
    assert_near(g.low, BEFORE * 1e-4, 1e-12);
    assert_near(g.high, BEFORE * 1e-4, 1e-12);
}

/* Always right in the second cluster at 2 dollars: from (1, .5) to (1.5, 1). */
static void a_model_that_fills_a_gap_helps(void **state)
{
    (void)state;
    const struct rf_cluster_curve c = make((const double[]){ 0, 1 }, 2, 100);
    struct rf_cluster_gain g;
    assert_int_equal(rf_cluster_curve(&c, &g, NULL), 0);
    assert_near(g.before, BEFORE * 1e-4, 1e-12);
    assert_near(g.after, (0.5 * 0.75 + 8.5) / 10, 1e-12);
}

/* By its own predictions, at the same prices: the curve is the vector's. */
static void few_prompts_leave_a_wide_interval(void **state)
{
    (void)state;
    double width[2];
    for (int i = 0; i < 2; i++) {
        struct rf_cluster_curve c = make((const double[]){ 0.5, 0.7 }, 2, i ? 400 : 50);
        struct rf_cluster_gain g, two;
        c.true_score = c.true_cost = NULL;
        assert_int_equal(rf_cluster_curve(&c, &g, NULL), 0);
        assert_true(g.low < g.after && g.after < g.high && g.before < g.after);
        width[i] = g.high - g.low;
        c.threads = 3;
        assert_int_equal(rf_cluster_curve(&c, &two, NULL), 0);
        assert_memory_equal(&g, &two, sizeof g);
    }
    assert_true(width[0] > 1.8 * width[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_fall_with_distance),        cmocka_unit_test(means_are_drawn_to_all),
        cmocka_unit_test(a_copy_of_a_model_changes_nothing), cmocka_unit_test(a_model_that_fills_a_gap_helps),
        cmocka_unit_test(few_prompts_leave_a_wide_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
