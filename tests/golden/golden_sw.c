/* RouteLLM's similarity-weighted router on 5,006 arena votes and stored vectors, against the reference
 * (golden/README.md: sw_ranking.json): tiers, and win rates by the code and without votes inside a tier, through
 * ingest, fit sw and the pair. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/npy.h"
#include "golden_db.h"
#include "near.h"
#include "train/kind.h"

static struct routefit_router *fit(int rule, size_t *battles)
{
    struct {
        struct rf_fit_options fit;
        const char *strong, *weak;
        int rule, store;
    } o = { .fit = { .min_chars = 16 }, .rule = rule };
    struct rf_fit_data d = { 0 };
    struct rf_fit f;
    struct rf_model m = { 0 };
    struct rf_buf bytes = { 0 };
    struct rf_err err = { 0 };
    struct routefit_router *r = NULL;
    char why[ROUTEFIT_ERR];
    if (rf_fit_data_load(&d, golden_db, &rf_kind_sw, &o.fit, 0, &err))
        fail_msg("%s", err.msg);
    rf_fit_init(&f, d.votes, NULL, 2, 0, NULL);
    if (rf_kind_sw.fit(&f, &o, &m, &err) || rf_model_build(&m, &rf_kind_sw, &f, &bytes, &err))
        fail_msg("%s", err.msg);
    if (routefit_load(&r, bytes.data, bytes.len, NULL, why))
        fail_msg("%s", why);
    *battles = f.used_train;
    rf_buf_release(&bytes);
    rf_model_release(&m);
    rf_fit_release(&f);
    rf_fit_data_release(&d);
    return r;
}

static void win_rates_equal_the_reference(void **state)
{
    (void)state;
    static const char *const column[] = { "win_rate_routellm", "win_rate_clean" };
    char path[4096];
    struct rf_matrix npy = { 0 };
    struct rf_err err = { 0 };
    if (!golden)
        skip();
    if (rf_npy_read(golden_data("embeddings/routellm_mt_bench_lsa64.npy", path), &npy, &err))
        fail_msg("%s", err.msg);
    for (int rule = 0; rule < 2; rule++) {
        size_t battles, i;
        json_t *want;
        struct routefit_router *const r = fit(rule, &battles);
        assert_int_equal(battles, json_integer_value(json_object_get(golden, "battles")));
        json_array_foreach(json_object_get(golden, column[rule]), i, want)
            assert_near(routefit_win_rate(r, npy.x + i * npy.dim), json_number_value(want), 1e-9);
        assert_int_equal(i, 20);
        double p[20];
        routefit_win_rates(r, npy.x, 20, p); /* several at once: the same bits as one by one */
        for (i = 0; i < 20; i++)
            assert_true(p[i] == routefit_win_rate(r, npy.x + i * npy.dim));
        routefit_free(r);
    }
    rf_matrix_release(&npy);
}

static int open_all(void **state)
{
    (void)state;
    golden_open("sw_ranking.json", "arena55k/votes.csv");
    if (golden)
        golden_ingest("arena55k", "votes", "arena55k/votes.csv", "embeddings/arena55k_votes_lsa64.npy");
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
    const struct CMUnitTest tests[] = { cmocka_unit_test(win_rates_equal_the_reference) };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
