/* RouterBench's figures on its ARC and MBPP tables (golden/README.md: routerbench.json): means of the models, oracle,
 * the zero router's hull and AIQ, and the kNN router over the willingness to pay, through ingest, fit knn and the pair.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/results.h"
#include "core/hull.h"
#include "core/lambda.h"
#include "golden_db.h"
#include "near.h"
#include "train/kind.h"

enum { MOST_MODELS = 16 };

static double number(const json_t *o, const char *key)
{
    double v;
    struct rf_err err = { 0 };
    if (rf_json_get_number(o, key, &v, &err))
        fail_msg("%s: %s", key, err.msg);
    return v;
}

/* Whether two rows of a table share the question: the reference leaves such out. */
static bool stands_twice(int64_t prompt, const char *bench)
{
    char id[24];
    const char *const value[] = { id, bench };
    int64_t n = 0;
    snprintf(id, sizeof id, "%lld", (long long)prompt);
    assert_true(rf_db_int(golden_db, &n, NULL,
                          "SELECT count(*) FROM source_row WHERE prompt = CAST(?1 AS INTEGER) AND ?2 = 'arc-challenge'",
                          2, value) >= 0);
    return n > 1;
}

/* The reference looks at rows: the questions whose id is split over two rows are not complete there. */
static void load_complete(const char *bench, const char *source, const struct rf_list *models, struct rf_results *r)
{
    struct rf_results_filter f = { .bench = { &bench, 1 }, .model = *models, .complete = true };
    struct rf_err err = { 0 };
    size_t k = 0;
    if (source)
        f.source = (struct rf_list){ &source, 1 };
    if (rf_results_load(r, golden_db, &f, &err))
        fail_msg("%s", err.msg);
    for (size_t i = 0; i < r->n; i++) {
        if (stands_twice(r->prompt[i], bench))
            continue;
        memmove(r->score + k * r->models, r->score + i * r->models, r->models * sizeof *r->score);
        memmove(r->cost + k * r->models, r->cost + i * r->models, r->models * sizeof *r->cost);
        r->prompt[k++] = r->prompt[i];
    }
    r->n = k;
}

static void compare_hull(const struct rf_point *p, size_t n, const json_t *hull, double aiq)
{
    struct rf_point mine[64];
    size_t corners, i;
    json_t *pair;
    assert_true(n <= 64);
    assert_int_equal(rf_hull((struct rf_point *)(uintptr_t)p, n, mine, &corners, NULL), 0);
    json_array_foreach(hull, i, pair)
    {
        const double cost = json_number_value(json_array_get(pair, 0));
        /* a corner's cost may differ from the reference's by rounding: look just inside */
        const double q = rf_hull_quality(mine, corners, fmax(cost, mine[0].cost));
        assert_near(q, json_number_value(json_array_get(pair, 1)), 1e-9);
    }
    assert_near(rf_aiq_code(mine, corners, rf_hull_end(p, n)), aiq, 1e-9);
}

static void tables_have_the_reference_means_oracle_and_hull(void **state)
{
    (void)state;
    static const char *const bench[][2] = { { "arc-challenge", "arc_challenge" }, { "mbpp", "mbpp" } };
    if (!golden)
        skip();
    for (size_t b = 0; b < 2; b++) {
        const json_t *const want = json_object_get(golden, bench[b][1]);
        struct rf_results r;
        struct rf_point mean[MOST_MODELS] = { { 0, 0 } }, oracle = { 0, 0 };
        double free_failures = 0;
        load_complete(bench[b][0], NULL, &(struct rf_list){ 0 }, &r);
        assert_int_equal(r.n, json_integer_value(json_object_get(want, "complete_rows")));
        assert_int_equal(r.models, json_object_size(json_object_get(want, "models")));
        uint32_t *choice = rf_calloc(r.n, sizeof *choice, NULL);
        const struct rf_field f = { r.n, r.models, r.score, r.cost, r.score, r.cost };
        rf_lambda_choose(&f, 0, choice);
        for (size_t i = 0; i < r.n; i++) {
            const size_t at = i * r.models + choice[i];
            oracle.quality += r.score[at] / (double)r.n;
            oracle.cost += r.cost[at] / (double)r.n;
            free_failures += r.score[at] > 0 ? r.cost[at] / (double)r.n : 0;
            for (size_t m = 0; m < r.models; m++) {
                mean[m].quality += r.score[i * r.models + m] / (double)r.n;
                mean[m].cost += r.cost[i * r.models + m] / (double)r.n;
            }
        }
        for (size_t m = 0; m < r.models; m++) {
            const json_t *const one = json_object_get(json_object_get(want, "models"), r.model[m]);
            assert_near(mean[m].quality, number(one, "mean_score"), 1e-9);
            assert_near(mean[m].cost, number(one, "mean_cost"), 1e-9);
        }
        assert_near(oracle.quality, number(json_object_get(want, "oracle"), "mean_score"), 1e-9);
        assert_near(oracle.cost, number(json_object_get(want, "oracle"), "mean_cost"), 1e-9);
        assert_near(free_failures, number(json_object_get(want, "oracle"), "mean_cost_failures_free"), 1e-9);
        compare_hull(mean, r.models, json_object_get(want, "zero_router_hull"), number(want, "zero_router_aiq"));
        rf_free(choice);
        rf_results_release(&r);
    }
}

/* The names of the models in the order of the reference's columns. */
static size_t model_order(const json_t *want, const char **name)
{
    size_t n = 0;
    const char *key;
    json_t *v;
    json_object_foreach(json_object_get(want, "models"), key, v) name[n++] = key;
    return n;
}

static void fit_knn(const char *bench, const char *train, const struct rf_list *models, struct routefit_router **r,
                    size_t *rows)
{
    const struct rf_kind *const kind = &rf_kind_knn;
    const char *k = "20";
    struct {
        struct rf_fit_options fit;
        struct rf_list k;
        int cost;
        const char *guard; /* none */
        double novelty, near, z, tolerance, floor;
        int64_t pairs;
    } o = { .fit = { .bench = { &bench, 1 }, .model = *models, .source = { &train, 1 } }, .k = { &k, 1 } };
    struct rf_fit_data d = { 0 };
    struct rf_fit f;
    struct rf_model m = { 0 };
    struct rf_buf bytes = { 0 };
    struct rf_err err = { 0 };
    char why[ROUTEFIT_ERR];
    size_t n = 0;
    if (rf_fit_data_load(&d, golden_db, kind, &o.fit, 0, &err))
        fail_msg("%s", err.msg);
    struct rf_scored *const s = &d.own_scored;
    for (size_t i = 0; i < s->r.n; i++) {
        bool complete = !stands_twice(s->r.prompt[i], bench);
        for (size_t j = 0; j < s->r.models; j++)
            complete &= !isnan(s->r.score[i * s->r.models + j]);
        if (!complete)
            continue;
        memmove(s->r.score + n * s->r.models, s->r.score + i * s->r.models, s->r.models * sizeof *s->r.score);
        memmove(s->r.cost + n * s->r.models, s->r.cost + i * s->r.models, s->r.models * sizeof *s->r.cost);
        s->row[n++] = s->row[i];
    }
    *rows = s->r.n = n;
    for (size_t j = 0; j < s->r.models; j++) { /* over the rows kept */
        s->mean_cost[j] = 0;
        for (size_t i = 0; i < n; i++)
            s->mean_cost[j] += s->r.cost[i * s->r.models + j] / (double)n;
    }
    rf_fit_init(&f, NULL, s, 1, 0, NULL);
    if (kind->fit(&f, &o, &m, &err) || rf_model_build(&m, kind, &f, &bytes, &err))
        fail_msg("%s", err.msg);
    if (routefit_load(r, bytes.data, bytes.len, NULL, why))
        fail_msg("%s", why);
    rf_buf_release(&bytes);
    rf_model_release(&m);
    rf_fit_release(&f);
    rf_fit_data_release(&d);
}

static void read_vector(int64_t prompt, float *x, size_t dim)
{
    struct rf_stmt *s = NULL;
    assert_int_equal(rf_stmt_new(&s, golden_db, "SELECT vector FROM embedding WHERE prompt = ?1", NULL), 0);
    rf_bind_int(s, 1, prompt);
    assert_int_equal(rf_step(s, NULL), 1);
    assert_int_equal(rf_col_str(s, 0).len, dim * sizeof *x);
    memcpy(x, rf_col_str(s, 0).s, dim * sizeof *x);
    rf_stmt_free(s);
}

static void knn_routes_as_the_reference(void **state)
{
    (void)state;
    static const char *const bench[][4] = {
        { "arc-challenge", "arc_challenge", "arc_challenge_train", "arc_challenge_test" },
        { "mbpp", "mbpp", "mbpp_train", "mbpp_test" },
    };
    if (!golden)
        skip();
    for (size_t b = 0; b < 2; b++) {
        char key[64];
        const char *name[MOST_MODELS];
        const json_t *const models = json_object_get(golden, bench[b][1]);
        const struct rf_list order = { name, model_order(models, name) };
        snprintf(key, sizeof key, "%s/knn", bench[b][1]);
        const json_t *const want = json_object_get(golden, key);
        struct routefit_router *r = NULL;
        struct rf_results t;
        size_t rows, i;
        json_t *row;
        struct rf_point point[32];
        fit_knn(bench[b][0], bench[b][2], &order, &r, &rows);
        assert_int_equal(rows, json_integer_value(json_object_get(want, "train_rows")));
        load_complete(bench[b][0], bench[b][3], &order, &t);
        assert_int_equal(t.n, json_integer_value(json_object_get(want, "test_rows")));
        double *const score = rf_calloc(t.n * t.models, sizeof *score, NULL);
        double *const cost = rf_calloc(t.n * t.models, sizeof *cost, NULL);
        uint32_t *const choice = rf_calloc(t.n, sizeof *choice, NULL);
        for (i = 0; i < t.n; i++) {
            float x[64];
            read_vector(t.prompt[i], x, 64);
            routefit_predict(r, x, score + i * t.models, cost + i * t.models);
        }
        for (size_t m = 0; m < t.models; m++)
            assert_near(score[m], number(json_object_get(want, "first_row_prediction"), name[m]), 1e-6);
        const struct rf_field f = { t.n, t.models, score, cost, t.score, t.cost };
        json_array_foreach(json_object_get(want, "rows"), i, row)
        {
            double share[MOST_MODELS];
            rf_wtp_choose(&f, number(row, "willingness_to_pay"), choice);
            point[i] = rf_lambda_mean(&f, choice, share);
            assert_near(point[i].quality, number(row, "mean_score"), 1e-9);
            assert_near(point[i].cost, number(row, "mean_cost"), 1e-9);
            for (size_t m = 0; m < t.models; m++)
                assert_near(share[m] * (double)t.n,
                            json_number_value(json_object_get(json_object_get(row, "chosen"), name[m])), 1e-6);
        }
        compare_hull(point, json_array_size(json_object_get(want, "rows")), json_object_get(want, "hull"),
                     number(want, "aiq"));
        rf_free(score);
        rf_free(cost);
        rf_free(choice);
        rf_results_release(&t);
        routefit_free(r);
    }
}

/* Both tables with their vectors in one database, once. */
static int open_all(void **state)
{
    static const char *const table[] = { "arc_challenge_train", "arc_challenge_test", "mbpp_train", "mbpp_test" };
    (void)state;
    golden_open("routerbench.json", "routerbench_0shot/mbpp_test.csv");
    for (size_t i = 0; golden && i < 4; i++) {
        char file[256], vectors[256];
        snprintf(file, sizeof file, "routerbench_0shot/%s.csv", table[i]);
        snprintf(vectors, sizeof vectors, "embeddings/routerbench_%s_lsa64.npy", table[i]);
        golden_ingest("routerbench", table[i], file, vectors);
    }
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    golden_close();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_have_the_reference_means_oracle_and_hull),
        cmocka_unit_test(knn_routes_as_the_reference),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
