/* Unit tests of cascades: thresholds and corners against every combination of thresholds on small cases. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/rng.h"
#include "eval/cascade.h"
#include "eval/verifier.h"
#include "near.h"

enum { MOST = 12, ALL = 8000 };

struct data {
    double score[MOST * 4], cost[MOST * 4], verdict[MOST * 3];
    uint32_t row[MOST];
    struct rf_cascade c;
};

/* Few values: ties in everything. Of more prompts than are fitted on, every second. */
static void fill(struct data *d, uint64_t seed, size_t rows, size_t stages)
{
    struct rf_rng rng;
    rf_rng_init(&rng, seed, 0);
    for (size_t i = 0; i < MOST * 4; i++) {
        d->score[i] = rf_rng_below(&rng, 3);
        d->cost[i] = (rf_rng_below(&rng, 3) + (double)(i % stages) * 2) / 8;
    }
    for (size_t i = 0; i < MOST * 3; i++)
        d->verdict[i] = rf_rng_below(&rng, 5) - 2.;
    for (size_t i = 0; i < rows; i++)
        d->row[i] = (uint32_t)(2 * i % MOST + 2 * i / MOST);
    d->c = (struct rf_cascade){ MOST, stages, d->score, d->cost, d->verdict, 0 };
}

static struct rf_point mean_of(const struct data *d, size_t rows, const double *t)
{
    struct rf_point p = { 0, 0 };
    for (size_t i = 0; i < rows; i++) {
        const size_t r = d->row[i];
        size_t k = 0;
        for (;; k++) {
            p.cost += d->cost[r * d->c.stages + k] / (double)rows;
            if (k + 1 == d->c.stages || d->verdict[r * (d->c.stages - 1) + k] >= t[k])
                break;
        }
        p.quality += d->score[r * d->c.stages + k] / (double)rows;
    }
    return p;
}

/* Every combination of thresholds -2..3: 3 takes nothing. */
static size_t all_points(const struct data *d, size_t rows, struct rf_point *p)
{
    size_t n = 1;
    for (size_t k = 0; k + 1 < d->c.stages; k++)
        n *= 6;
    for (size_t i = 0; i < n; i++) {
        double t[3];
        size_t code = i;
        for (size_t k = 0; k < 3; k++, code /= 6)
            t[k] = (double)(code % 6) - 2;
        p[i] = mean_of(d, rows, t);
    }
    return n;
}

static void thresholds_are_the_best_of_all(void **state)
{
    (void)state;
    static struct rf_point all[ALL];
    static const double lambda[] = { 0, 0.1, 0.5, 1, 2, 7 };
    for (uint64_t seed = 0; seed < 120; seed++) {
        const size_t stages = 2 + seed % 3, rows = 1 + seed % MOST;
        struct data d;
        fill(&d, seed, rows, stages);
        const size_t n = all_points(&d, rows, all);
        for (size_t j = 0; j < sizeof lambda / sizeof *lambda; j++) {
            struct rf_cascade_corner got;
            double want = -INFINITY;
            for (size_t i = 0; i < n; i++)
                want = fmax(want, all[i].quality - lambda[j] * all[i].cost);
            assert_int_equal(rf_cascade_best(&d.c, d.row, rows, lambda[j], &got, NULL), 0);
            const struct rf_point again = mean_of(&d, rows, got.threshold);
            assert_near(again.quality, got.mean.quality, 1e-12);
            assert_near(again.cost, got.mean.cost, 1e-12);
            assert_near(got.mean.quality - lambda[j] * got.mean.cost, want, 1e-12);
        }
    }
}

static void corners_are_those_of_the_hull_of_all(void **state)
{
    (void)state;
    static struct rf_point all[ALL], hull[ALL], own[ALL];
    for (uint64_t seed = 0; seed < 120; seed++) {
        const size_t stages = 2 + seed % 3, rows = 1 + seed % MOST;
        struct rf_cascade_corner *corner = NULL;
        struct data d;
        size_t n, corners, want;
        fill(&d, 1000 + seed, rows, stages);
        n = all_points(&d, rows, all);
        assert_int_equal(rf_hull(all, n, hull, &want, NULL), 0);
        assert_int_equal(rf_cascade_corners(&d.c, d.row, rows, &corner, &corners, NULL), 0);
        for (size_t i = 0; i < corners; i++) {
            const double q = rf_hull_quality(hull, want, corner[i].mean.cost);
            assert_near(corner[i].mean.quality, q, 1e-9);
        }
        for (size_t i = 0; i < corners; i++)
            own[i] = corner[i].mean;
        for (size_t i = 0; i < want; i++) /* rounding may make corners of points on a line */
            assert_near(rf_hull_quality(own, corners, fmax(hull[i].cost, own[0].cost)), hull[i].quality, 1e-9);
        const size_t at = rf_cascade_at_lambda(corner, corners, 0);
        assert_near(corner[at].mean.quality, hull[want - 1].quality, 1e-9);
        rf_free(corner);
    }
}

static void a_verifier_that_knows_pays_only_for_right_answers(void **state)
{
    (void)state;
    static const double score[] = { 1, 1, 0, 1, 0, 0, 1, 0 }, cost[] = { 1, 10, 1, 10, 1, 10, 1, 10 },
                        verdict[] = { 1, 0, 0, 1 };
    static const uint32_t row[] = { 0, 1, 2, 3 };
    const struct rf_cascade c = { 4, 2, score, cost, verdict, 0 };
    struct rf_cascade_corner *corner = NULL;
    size_t n;
    assert_int_equal(rf_cascade_corners(&c, row, 4, &corner, &n, NULL), 0);
    assert_int_equal(n, 2);
    assert_near(corner[0].mean.cost, 1, 0);
    assert_near(corner[0].mean.quality, 0.5, 0);
    assert_near(corner[1].mean.cost, 6, 0); /* two prompts pay twice */
    assert_near(corner[1].mean.quality, 0.75, 0);
    assert_near(corner[1].threshold[0], 1, 0);
    rf_free(corner);
}

static void a_grid_is_no_better_and_nonsense_is_refused(void **state)
{
    (void)state;
    struct data d;
    struct rf_cascade_corner exact, coarse;
    struct rf_err err = { 0 };
    for (uint64_t seed = 0; seed < 30; seed++) {
        fill(&d, seed, MOST, 4);
        assert_int_equal(rf_cascade_best(&d.c, d.row, MOST, 0.3, &exact, NULL), 0);
        d.c.grid = 2;
        assert_int_equal(rf_cascade_best(&d.c, d.row, MOST, 0.3, &coarse, NULL), 0);
        assert_true(coarse.mean.quality - 0.3 * coarse.mean.cost <= exact.mean.quality - 0.3 * exact.mean.cost + 1e-12);
    }
    d.cost[d.row[1] * 4 + 2] = -1;
    assert_int_equal(rf_cascade_best(&d.c, d.row, MOST, 0.3, &exact, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "model 3"));
    d.cost[d.row[1] * 4 + 2] = 1;
    d.verdict[d.row[1] * 3] = NAN;
    assert_int_equal(rf_cascade_best(&d.c, d.row, MOST, 0.3, &exact, NULL), RF_BAD_INPUT);
}

static void auc_is_the_share_of_pairs_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 60; seed++) {
        enum { N = 9 };
        struct rf_rng rng;
        double v[2 * N], pairs = 0, wins = 0, sum[N] = { 0 };
        bool right[N];
        struct rf_chance auc;
        size_t rights = 0;
        rf_rng_init(&rng, seed, 4);
        for (size_t i = 0; i < N; i++) {
            v[2 * i] = rf_rng_below(&rng, 5);
            right[i] = rf_rng_below(&rng, 2);
            rights += right[i];
        }
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < N; j++)
                if (right[i] && !right[j]) {
                    const double win = v[2 * i] > v[2 * j] ? 1 : v[2 * i] < v[2 * j] ? 0 : 0.5;
                    pairs++;
                    wins += win;
                    sum[i] += win;
                    sum[j] += win;
                }
        assert_int_equal(rf_verifier_auc(v, 2, right, N, &auc, NULL), 0);
        if (!rights || rights == N) {
            assert_true(isnan(auc.value));
            continue;
        }
        assert_near(auc.value, wins / pairs, 1e-12);
        if (rights < 2 || rights > N - 2 || auc.low <= 0 || auc.high >= 1)
            continue;
        double var = 0; /* DeLong's: placements of both sides about their common mean */
        for (size_t i = 0; i < N; i++) {
            const double others = (double)(right[i] ? N - rights : rights),
                         own = (double)(right[i] ? rights : N - rights);
            const double d = sum[i] / others - auc.value;
            var += d * d / (own - 1) / own;
        }
        assert_near(auc.high - auc.low, 2 * 1.959963984540054 * sqrt(var), 1e-9);
    }
}

static void wilson_s_interval(void **state)
{
    (void)state;
    const struct rf_chance half = rf_wilson(5, 10), none = rf_wilson(0, 10);
    assert_near(half.low, 0.236593, 1e-6);
    assert_near(half.high, 0.763407, 1e-6);
    assert_near(none.low, 0, 1e-12);
    assert_near(none.high, 0.277533, 1e-6);
    assert_true(isnan(rf_wilson(0, 0).value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thresholds_are_the_best_of_all),
        cmocka_unit_test(corners_are_those_of_the_hull_of_all),
        cmocka_unit_test(a_verifier_that_knows_pays_only_for_right_answers),
        cmocka_unit_test(auc_is_the_share_of_pairs_in_order),
        cmocka_unit_test(wilson_s_interval),
        cmocka_unit_test(a_grid_is_no_better_and_nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
