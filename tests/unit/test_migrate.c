/* A database that schema 1 wrote opens, is upgraded and keeps every row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "core/db.h"

extern const char *const rf_ddl[]; /* made from core/sql: text of 0001, of 0002, ..., NULL */

/* A row or two in every table of schema 1. */
static const char rows[] =
    "INSERT INTO source VALUES (1, 's', 'p', 'aa', 'votes', 9, 3, 2, 0, 1, 0, '2026');"
    "INSERT INTO dropped VALUES (1, 4, 'bad winner', 'found x, expected a');"
    "INSERT INTO model VALUES (1, 'm'), (2, 'n');"
    "INSERT INTO prompt VALUES (1, x'01', 'text', NULL, 1, 4), (2, x'02', NULL, NULL, 1, NULL);"
    "INSERT INTO source_row VALUES (1, 0, 1);"
    "INSERT INTO response VALUES (1, x'03', 'said');"
    "INSERT INTO preference VALUES (5, 1, 2, 'o', 'k', 1, 1, 2, 'a', 'human', 2.5, 'b', 4, x'03', NULL, NULL),"
    " (9, 1, 3, 'o', NULL, NULL, 2, 1, 'bothbad', 'gpt-4', NULL, NULL, NULL, NULL, 7, x'04');"
    "INSERT INTO item VALUES (1, 1, 2, 'quiz', 'one', 'q', 1);"
    "INSERT INTO result VALUES (1, 1, 1, 0.5, 0.25, 3, 4, 5, x'05', 1);"
    "INSERT INTO contaminated VALUES (1, x'06');"
    "INSERT INTO embedder VALUES (1, 'e', 'npy', 1, NULL, NULL);"
    "INSERT INTO embedding VALUES (1, 1, 1, x'00000000');"
    "INSERT INTO run (id, command, argv, options, seed, version, blas, threads, started_at, status) VALUES (1, 'fit', "
    "'[]', '{}', 1, '0', '', 1, '2026', 'done');"
    "INSERT INTO train_log VALUES (1, 1, 0.5, NULL, NULL, 1);"
    "INSERT INTO metric VALUES (1, 'quiz', 'r', 'apgr', 0.5, NULL, NULL);"
    "INSERT INTO curve VALUES (1, 'quiz', 'r', 0, 0, 0.5, NULL);"
    "INSERT INTO rating VALUES (1, 1, 1000, 0);";

static const struct {
    const char *sql; /* of one number */
    int64_t value;
} kept[] = {
    { "SELECT count(*) FROM preference", 2 },
    { "SELECT count(*) FROM preference WHERE id = 5 AND source = 1 AND line = 2 AND origin = 'o' AND key = 'k' AND "
      "prompt "
      "= 1 AND model_a = 1 AND model_b = 2 AND winner = 'a' AND judge = 'human' AND weight = 2.5 AND shown_first = 'b' "
      "AND response_a_bytes = 4 AND response_a_hash = x'03' AND score_a IS NULL AND task IS NULL",
      1 },
    { "SELECT count(*) FROM preference WHERE id = 9 AND key IS NULL AND prompt IS NULL AND winner = 'bothbad' AND "
      "weight "
      "IS NULL AND shown_first IS NULL AND response_b_bytes = 7 AND response_b_hash = x'04'",
      1 },
    { "SELECT count(*) FROM dropped WHERE source = 1 AND line = 4 AND reason = 'bad winner' AND found = 'found x, "
      "expected a' AND field IS NULL AND expected IS NULL",
      1 },
    { "SELECT count(*) FROM votes WHERE prompt = 'text' AND response_a = 'said'", 1 },
    { "SELECT count(*) FROM results WHERE bench = 'quiz' AND score = 0.5 AND cost = 0.25", 1 },
    { "SELECT count(*) FROM embedding JOIN embedder e ON e.id = embedder AND e.name = 'e'", 1 },
    { "SELECT count(*) FROM model_name WHERE known_as = name", 2 },
    { "SELECT (SELECT count(*) FROM source) + (SELECT count(*) FROM source_row) + (SELECT count(*) FROM response) + "
      "(SELECT count(*) FROM contaminated) + (SELECT count(*) FROM run) + (SELECT count(*) FROM train_log) + (SELECT "
      "count(*) FROM metric) + (SELECT count(*) FROM curve) + (SELECT count(*) FROM rating)",
      9 },
    { "SELECT count(*) FROM pragma_foreign_key_check", 0 },
};

static void a_database_of_schema_1_keeps_every_row(void **state)
{
    (void)state;
    char path[] = "/tmp/test_migrate.XXXXXX", name[64];
    sqlite3 *old = NULL;
    struct rf_err err = { 0 };
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(sqlite3_open(path, &old), SQLITE_OK);
    assert_int_equal(sqlite3_exec(old, rf_ddl[0], NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(old, rows, NULL, NULL, NULL), SQLITE_OK);
    snprintf(name, sizeof name, "PRAGMA application_id = %d; PRAGMA user_version = 1", 0x72666974);
    assert_int_equal(sqlite3_exec(old, name, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(old), SQLITE_OK);
    for (int again = 0; again < 2; again++) {
        struct rf_db *db = NULL;
        if (rf_db_open(&db, path, again ? RF_DB_READ : RF_DB_WRITE, &err))
            fail_msg("%s", err.msg);
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
            int64_t v = -1;
            assert_int_equal(rf_db_int(db, &v, &err, kept[i].sql, 0, NULL), 1);
            if (v != kept[i].value)
                fail_msg("%s: found %lld, expected %lld", kept[i].sql, (long long)v, (long long)kept[i].value);
        }
        rf_db_close(db);
    }
    static const char *const ends[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_database_of_schema_1_keeps_every_row) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
