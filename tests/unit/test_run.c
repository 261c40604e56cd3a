/* Unit tests of core/run.h and core/run_metric.h: what a run row says, that no secret is in it, and its figures. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/run.h"
#include "core/run_metric.h"

struct mine {
    int64_t dim;
    const char *api_key;
};
static const struct rf_opt table[] = {
    RF_OPT(struct mine, dim, "dim", 0, RF_OPT_INT, "N", "64", NULL, 1, 4096, "Width."),
    RF_OPT(struct mine, api_key, "api-key", 0, RF_OPT_TEXT, "KEY", NULL, NULL, 0, 0, "Secret."),
    RF_OPT_END,
};

static void assert_row(struct rf_db *db, const char *sql, const char *want)
{
    struct rf_stmt *s = NULL;
    assert_int_equal(rf_stmt_new(&s, db, sql, NULL), 0);
    assert_int_equal(rf_step(s, NULL), 1);
    assert_string_equal(rf_col_text(s, 0), want);
    rf_stmt_free(s);
}

static void a_run_row_is_begun_and_ended_without_secrets(void **state)
{
    (void)state;
    char *argv[] = { (char[]){ "routefit" }, (char[]){ "fit" }, (char[]){ "--api-key" },      (char[]){ "CANARY" },
                     (char[]){ "mf" },       (char[]){ "-o" },  (char[]){ "--token=CANARY" }, (char[]){ "a\"b" } };
    struct mine opts = { .dim = 7, .api_key = "CANARY" };
    const struct rf_opt_set set = { table, &opts };
    struct rf_ctx ctx = {
        .command = "fit mf", .threads = 2, .seed = 42, .sets = &set, .nsets = 1, .argc = 8, .argv = argv
    };
    struct rf_run run = { 0 };
    struct rf_err err = { 0 };
    assert_int_equal(rf_db_open(&ctx.db, ":memory:", RF_DB_CREATE, &err), 0);
    assert_int_equal(rf_run_begin(&run, &ctx, &err), 0);
    assert_int_equal(run.id, 1);
    assert_row(ctx.db, "SELECT command || ' ' || seed || ' ' || threads || ' ' || status FROM run",
               "fit mf 42 2 running");
    assert_row(ctx.db, "SELECT argv FROM run",
               "[\"routefit\",\"fit\",\"--api-key\",\"(removed)\",\"mf\",\"-o\",\"--token=(removed)\",\"a\\\"b\"]");
    assert_row(ctx.db, "SELECT options FROM run", "{\"dim\":7}");
    struct mine chosen = { .dim = 9 };
    assert_int_equal(rf_run_chose(&run, &ctx, &opts, &chosen, &err), 0);
    assert_row(ctx.db, "SELECT options FROM run", "{\"dim\":9}");
    assert_row(ctx.db, "SELECT CASE WHEN started_at LIKE '20__-__-__T__:__:__Z' THEN 'utc' END FROM run", "utc");
    assert_int_equal(rf_run_end(&run, &ctx, "done", "abc", NULL, "x.safetensors", &err), 0);
    assert_row(
        ctx.db,
        "SELECT status || ' ' || data_sha256 || ' ' || coalesce(weights_sha256, 'none') || ' ' || output FROM run "
        "WHERE seconds >= 0 AND peak_rss > 100000",
        "done abc none x.safetensors");
    assert_int_equal(rf_run_end(&run, &ctx, "lost", NULL, NULL, NULL, &err), RF_FAIL);
    rf_db_close(ctx.db);
}

static void a_run_ends_where_memory_has_run_out(void **state)
{
    (void)state;
    struct rf_ctx ctx = { .command = "rank" };
    struct rf_run run = { 0 };
    assert_int_equal(rf_db_open(&ctx.db, ":memory:", RF_DB_CREATE, NULL), 0);
    rf_mem_fail_at(1, true);
    assert_int_equal(rf_run_begin(&run, &ctx, NULL), RF_FAIL);
    rf_mem_fail_at(0, false);
    assert_int_equal(rf_run_close(&run, &ctx, RF_FAIL, NULL, NULL), RF_FAIL); /* of a run that never began */
    assert_int_equal(rf_run_begin(&run, &ctx, NULL), 0);
    rf_mem_fail_at(1, true);
    const int ended = rf_run_close(&run, &ctx, RF_FAIL, NULL, NULL);
    rf_mem_fail_at(0, false);
    assert_int_equal(ended, RF_FAIL);
    assert_row(ctx.db, "SELECT group_concat(status) FROM run", "failed");
    rf_db_close(ctx.db);
}

static void figures_of_a_run_are_kept_once_and_no_nan(void **state)
{
    (void)state;
    struct rf_ctx ctx = { .command = "rank" };
    struct rf_run run = { 0 };
    struct rf_stmt *s = NULL;
    struct rf_err err = { 0 };
    assert_int_equal(rf_db_open(&ctx.db, ":memory:", RF_DB_CREATE, NULL), 0);
    assert_int_equal(rf_run_begin(&run, &ctx, NULL), 0);
    assert_int_equal(rf_run_metric_new(&s, ctx.db, run.id, NULL), 0);
    assert_int_equal(rf_run_metric(s, "quiz", "mf", "apgr", .5, .25, .75, NULL), 0);
    assert_int_equal(rf_run_metric(s, "quiz", "mf", "auc", .125, NAN, NAN, NULL), 0);
    assert_int_equal(rf_run_metric(s, "quiz", "mf", "cpt50", NAN, .25, .75, NULL), 0);
    assert_row(ctx.db,
               "SELECT group_concat(run || ' ' || bench || ' ' || router || ' ' || name || ' ' || value || ' ' || "
               "coalesce(low, '-') || ' ' || coalesce(high, '-'), '; ') FROM metric",
               "1 quiz mf apgr 0.5 0.25 0.75; 1 quiz mf auc 0.125 - -");
    assert_true(rf_run_metric(s, "quiz", "mf", "apgr", .5, NAN, NAN, &err) < 0);
    assert_true(*err.msg);
    rf_stmt_free(s);
    assert_int_equal(rf_run_close(&run, &ctx, 0, NULL, NULL), 0);
    rf_db_close(ctx.db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_row_is_begun_and_ended_without_secrets),
        cmocka_unit_test(a_run_ends_where_memory_has_run_out),
        cmocka_unit_test(figures_of_a_run_are_kept_once_and_no_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
