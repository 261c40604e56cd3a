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
#include <unistd.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/json.h"
#include "core/npy.h"
#include "datasets/sink.h"
#include "datasets/vectors.h"
#include "near.h"
#include "train/bt.h"
#include "train/kind.h"

static struct rf_db *db;
static json_t *golden;
static char db_path[64];

static const char *path_of(const char *variable, const char *standard, const char *name, char out[4096])
{
    const char *const dir = getenv(variable);
    snprintf(out, 4096, "%s/%s", dir ? dir : standard, name);
    return out;
}

static const char *data(const char *name, char out[4096])
{
    return path_of("ROUTEFIT_DATA", "../shared/data", name, out);
}

static void ingest(void)
{
    static const struct rf_sink_options o = { .max_errors = -1, .responses = RF_KEEP_NONE };
    char path[4096];
    struct rf_input *in = NULL;
    struct rf_sink *sink = NULL;
    struct rf_vectors_count n;
    uint8_t digest[RF_SHA256_SIZE];
    struct rf_err err = { 0 };
    const struct rf_reader *const r = rf_readers[0];
    assert_string_equal(r->name, "arena55k");
    if (rf_db_begin(db, &err) || rf_input_open(&in, data("arena55k/votes.csv", path), &err) ||
        rf_sink_new(&sink, db, &o, &err) || rf_sink_begin(sink, in, "votes", path, r->name, &err) ||
        r->read(in, sink, &err) || rf_input_digest(in, digest, &err) ||
        rf_sink_end(sink, digest, rf_input_bytes(in), &err))
        fail_msg("%s", err.msg);
    rf_sink_free(sink);
    rf_input_close(in);
    if (rf_db_commit(db, &err) ||
        rf_vectors_load(db, data("embeddings/arena55k_votes_lsa64.npy", path), "votes", "lsa64", &n, &err))
        fail_msg("%s", err.msg);
}

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
    if (rf_fit_data_load(&d, db, &rf_kind_sw, &o.fit, 0, &err))
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
    if (rf_npy_read(data("embeddings/routellm_mt_bench_lsa64.npy", path), &npy, &err))
        fail_msg("%s", err.msg);
    for (int rule = 0; rule < 2; rule++) {
        size_t battles, i;
        json_t *want;
        struct routefit_router *const r = fit(rule, &battles);
        assert_int_equal(battles, json_integer_value(json_object_get(golden, "battles")));
        json_array_foreach(json_object_get(golden, column[rule]), i, want)
            assert_near(routefit_win_rate(r, npy.x + i * npy.dim), json_number_value(want), 1e-9);
        assert_int_equal(i, 20);
        routefit_free(r);
    }
    rf_matrix_release(&npy);
}

static int open_all(void **state)
{
    (void)state;
    struct rf_buf text = { 0 };
    struct rf_err err = { 0 };
    char path[4096], probe[4096];
    path_of("ROUTEFIT_GOLDEN", "../shared/golden", "sw_ranking.json", path);
    if (access(path, R_OK) || access(data("arena55k/votes.csv", probe), R_OK)) {
        printf("SKIP golden_sw: %s or %s is not here\n", path, probe);
        return 0;
    }
    snprintf(db_path, sizeof db_path, "/tmp/routefit-sw-%ld.db", (long)getpid());
    if (rf_file_read(path, 0, &text, &err) || rf_json_parse(text.data, text.len, &golden, &err) || rf_blas_init(&err) ||
        rf_db_open(&db, db_path, RF_DB_CREATE, &err))
        fail_msg("%s", err.msg);
    rf_buf_release(&text);
    ingest();
    return 0;
}

static int close_all(void **state)
{
    static const char *const end[] = { "", "-wal", "-shm" };
    (void)state;
    rf_db_close(db);
    json_decref(golden);
    for (size_t i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", db_path, end[i]);
        unlink(name);
    }
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(win_rates_equal_the_reference) };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
