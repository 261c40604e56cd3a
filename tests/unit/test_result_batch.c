/* Results that wait for company: whatever order they come in, each is fresh once, and the first score stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "core/rng.h"
#include "datasets/result_batch.h"
#include "reader_fixture.h"

enum { ITEMS = 12, MODELS = 90, TURNS = 3 };

static struct rf_db *db_of_items(void)
{
    struct rf_db *const db = new_db();
    static const char sql[] =
        "INSERT INTO source VALUES (1, 's', 's', 'x', 'x', 0, 0, 0, 0, 0, 0, 'now', 0);"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO model (id, name) "
        "SELECT i, 'm' || i FROM n;"
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
        "INSERT INTO item (id, source, line, bench, key) SELECT i, 1, i, 'b', i FROM n";
    assert_int_equal(rf_db_exec(db, sql, NULL), 0);
    return db;
}

static bool put(struct rf_result_batch *b, int64_t item, int64_t model, int turn, double score)
{
    const struct rf_result_row row = {
        .item = item, .model = model, .source = 1, .r = { .turn = turn, .score = score, .cost = NAN, .latency = NAN }
    };
    bool fresh;
    assert_int_equal(rf_result_batch_put(b, &row, &fresh, NULL), 0);
    return fresh;
}

/* How a series of rows walks over the items: by chance among `spread` neighbours, one item further every `stay` rows.
 */
static void check_order(uint64_t seed, uint32_t spread, uint32_t stay)
{
    static struct rf_result_batch b;
    static bool has[ITEMS + 1][MODELS + 1][TURNS + 1];
    struct rf_db *const db = db_of_items();
    struct rf_rng rng;
    int64_t count = 0;
    double sum = 0;
    memset(has, 0, sizeof has);
    rf_rng_init(&rng, seed, 0);
    b = (struct rf_result_batch){ 0 };
    assert_int_equal(rf_db_begin(db, NULL), 0);
    assert_int_equal(rf_result_batch_init(&b, db, NULL), 0);
    for (uint32_t i = 0; i < 2000; i++) {
        const uint32_t item = 1 + (i / stay + rf_rng_below(&rng, spread)) % ITEMS;
        const uint32_t model = 1 + rf_rng_below(&rng, MODELS), turn = 1 + rf_rng_below(&rng, TURNS);
        const double score = i + 1;
        assert_int_equal(put(&b, item, model, (int)turn, score), !has[item][model][turn]);
        sum += has[item][model][turn] ? 0 : score;
        count += !has[item][model][turn];
        has[item][model][turn] = true;
    }
    assert_int_equal(rf_result_batch_flush(&b, NULL), 0);
    assert_int_equal(rf_db_commit(db, NULL), 0);
    rf_result_batch_release(&b);
    assert_int_equal(ask(db, "SELECT count(*) FROM result"), count);
    assert_int_equal(ask(db, "SELECT CAST(sum(score) AS INTEGER) FROM result"), (int64_t)sum);
    rf_db_close(db);
}

static void rows_are_fresh_once_in_any_order(void **state)
{
    (void)state;
    const uint32_t stay[] = { 1, 5, 11, 64, 170, 300, 2000 };
    for (uint64_t seed = 0; seed < 3; seed++)
        for (size_t i = 0; i < sizeof stay / sizeof *stay; i++) {
            check_order(seed, 1, stay[i]);
            check_order(seed, 2, stay[i]);
            check_order(seed, ITEMS, stay[i]);
        }
}

static void rows_of_a_second_load_are_asked_for(void **state)
{
    (void)state;
    static struct rf_result_batch b;
    struct rf_db *const db = db_of_items();
    for (int load = 0; load < 2; load++) {
        b = (struct rf_result_batch){ 0 };
        assert_int_equal(rf_db_begin(db, NULL), 0);
        assert_int_equal(rf_result_batch_init(&b, db, NULL), 0);
        for (int64_t item = 2; item <= 40; item += 2)
            for (int64_t model = 11; model > 0; model--)
                assert_int_equal(put(&b, item, model, 1, load), load == 0);
        assert_true(put(&b, 41 + load, 1, 1, 0.5));
        assert_true(put(&b, 1, 1, 1 + load, 0.5));
        assert_int_equal(rf_result_batch_flush(&b, NULL), 0);
        assert_int_equal(rf_db_commit(db, NULL), 0);
        rf_result_batch_release(&b);
    }
    assert_int_equal(ask(db, "SELECT count(*) FROM result"), 20 * 11 + 4);
    assert_int_equal(ask(db, "SELECT count(*) FROM result WHERE score = 1"), 0);
    rf_db_close(db);
}

static void a_rollback_forgets_what_waits(void **state)
{
    (void)state;
    static struct rf_result_batch b;
    struct rf_db *const db = db_of_items();
    b = (struct rf_result_batch){ 0 };
    assert_int_equal(rf_db_begin(db, NULL), 0);
    assert_int_equal(rf_result_batch_init(&b, db, NULL), 0);
    assert_true(put(&b, 1, 1, 1, 1));
    assert_int_equal(rf_result_batch_flush(&b, NULL), 0);
    assert_int_equal(rf_db_exec(db, "SAVEPOINT file", NULL), 0);
    for (int64_t model = 1; model <= 70; model++)
        assert_true(put(&b, 2, model, 1, 1));
    assert_true(put(&b, 3, 1, 1, 1));
    assert_int_equal(rf_db_exec(db, "ROLLBACK TO file; RELEASE file", NULL), 0);
    assert_int_equal(rf_result_batch_reload(&b, NULL), 0);
    assert_false(put(&b, 1, 1, 1, 2));
    assert_true(put(&b, 2, 70, 1, 2));
    assert_int_equal(rf_result_batch_flush(&b, NULL), 0);
    assert_int_equal(rf_db_commit(db, NULL), 0);
    rf_result_batch_release(&b);
    assert_int_equal(ask(db, "SELECT count(*) FROM result"), 2);
    rf_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_fresh_once_in_any_order),
        cmocka_unit_test(rows_of_a_second_load_are_asked_for),
        cmocka_unit_test(a_rollback_forgets_what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
