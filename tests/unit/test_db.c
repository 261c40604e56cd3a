/* Unit tests of core/db.h: what is opened and what is refused, transactions after an error, values in and out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "core/db.h"

static char dir[] = "/tmp/routefit-db-XXXXXX";
static char path[64];

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/t.db", dir);
    return 0;
}

static int drop_dir(void **state)
{
    (void)state;
    return rmdir(dir);
}

static int drop_file(void **state)
{
    (void)state;
    char beside[80];
    for (const char *const *end = (const char *const[]){ "", "-wal", "-shm", "-journal", NULL }; *end; end++) {
        snprintf(beside, sizeof beside, "%s%s", path, *end);
        unlink(beside);
    }
    return 0;
}

static void write_file(const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct rf_db *open_new(void)
{
    struct rf_db *db = NULL;
    struct rf_err err = { 0 };
    assert_int_equal(rf_db_open(&db, path, RF_DB_CREATE, &err), 0);
    return db;
}

static int64_t value(struct rf_db *db, const char *sql)
{
    int64_t v = -1;
    struct rf_err err = { 0 };
    assert_int_equal(rf_db_int(db, &v, &err, sql, 0, NULL), 1);
    return v;
}

static void assert_refused(enum rf_db_mode mode, int code, const char *says)
{
    struct rf_db *db = NULL;
    struct rf_err err = { 0 };
    assert_int_equal(rf_db_open(&db, path, mode, &err), code);
    assert_null(db);
    if (!strstr(err.msg, says))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, says);
}

static void a_new_database_has_the_schema_and_the_settings(void **state)
{
    (void)state;
    struct rf_db *db = open_new();
    assert_int_equal(value(db, "PRAGMA application_id"), 0x72666974);
    assert_true(value(db, "PRAGMA user_version") >= 1);
    assert_int_equal(value(db, "PRAGMA page_size"), 8192);
    assert_int_equal(value(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(value(db, "PRAGMA synchronous"), 1);
    assert_int_equal(value(db, "PRAGMA trusted_schema"), 0);
    assert_int_equal(value(db, "PRAGMA busy_timeout"), 10000);
    assert_int_equal(value(db, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"), 1);
    assert_int_equal(value(db, "SELECT count(*) FROM sqlite_schema WHERE name = 'prompt'"), 1);
    rf_db_close(db);
    for (int mode = RF_DB_READ; mode <= RF_DB_CREATE; mode++) {
        struct rf_err err = { 0 };
        assert_int_equal(rf_db_open(&db, path, (enum rf_db_mode)mode, &err), 0);
        assert_int_equal(value(db, "SELECT count(*) FROM prompt"), 0);
        assert_int_equal(rf_db_exec(db, "INSERT INTO model(name) VALUES ('m' || hex(randomblob(8)))", &err),
                         mode == RF_DB_READ ? RF_IO : 0);
        rf_db_close(db);
    }
}

static void what_is_missing_or_empty_is_refused_with_advice(void **state)
{
    (void)state;
    struct rf_db *db = NULL;
    struct rf_err err = { 0 };
    assert_refused(RF_DB_READ, RF_IO, "ingest");
    assert_refused(RF_DB_WRITE, RF_IO, "no such database");
    write_file("");
    assert_refused(RF_DB_READ, RF_IO, "empty database");
    rf_db_close(open_new());
    assert_int_equal(rf_db_open(&db, "", RF_DB_CREATE, &err), RF_USAGE);
    assert_int_equal(rf_db_open(&db, dir, RF_DB_CREATE, NULL), RF_IO);
    assert_int_equal(rf_db_open(&db, "/no/such/folder/x.db", RF_DB_CREATE, NULL), RF_IO);
}

static void other_files_are_refused_and_left_alone(void **state)
{
    (void)state;
    struct stat before, after;
    write_file("id,prompt\n1,hello\n");
    for (int mode = RF_DB_READ; mode <= RF_DB_CREATE; mode++)
        assert_refused((enum rf_db_mode)mode, RF_CORRUPT, "not a database");
    drop_file(NULL);
    struct rf_db *db = open_new();
    assert_int_equal(rf_db_exec(db, "PRAGMA application_id = 77", NULL), 0);
    rf_db_close(db);
    assert_int_equal(stat(path, &before), 0);
    assert_refused(RF_DB_CREATE, RF_CORRUPT, "another application");
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    struct rf_db *db = open_new();
    assert_int_equal(rf_db_exec(db, "PRAGMA user_version = 9000", NULL), 0);
    rf_db_close(db);
    assert_refused(RF_DB_CREATE, RF_CORRUPT, "newer routefit");
}

static void a_damaged_database_is_corrupt(void **state)
{
    (void)state;
    rf_db_close(open_new());
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, 100, SEEK_SET);
    for (int i = 0; i < 8000; i++)
        fputc(0xa5, f);
    fclose(f);
    assert_refused(RF_DB_READ, RF_CORRUPT, "damaged");
}

static void values_go_in_and_out(void **state)
{
    (void)state;
    struct rf_db *db = open_new();
    struct rf_stmt *s = NULL;
    struct rf_err err = { 0 };
    const struct rf_str nul = { "a\0b", 3 };
    assert_int_equal(rf_stmt_new(&s, db, "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7", &err), 0);
    for (int round = 0; round < 2; round++) {
        rf_bind_int(s, 1, INT64_MIN);
        rf_bind_real(s, 2, 0.1);
        rf_bind_real(s, 3, NAN);
        rf_bind_str(s, 4, nul);
        rf_bind_blob(s, 5, "", 0);
        rf_bind_text(s, 6, NULL);
        rf_bind_null(s, 7);
        assert_int_equal(rf_step(s, &err), 1);
        assert_true(rf_col_int(s, 0) == INT64_MIN);
        assert_true(rf_col_real(s, 1) == 0.1);
        assert_true(isnan(rf_col_real(s, 2)));
        const struct rf_str got = rf_col_str(s, 3), empty = rf_col_str(s, 4), none = rf_col_str(s, 5);
        assert_int_equal(got.len, 3);
        assert_memory_equal(got.s, nul.s, 3);
        assert_non_null(empty.s);
        assert_int_equal(empty.len, 0);
        assert_null(none.s);
        assert_true(rf_col_null(s, 6));
        assert_null(rf_col_text(s, 6));
        assert_int_equal(rf_step(s, &err), 0);
    }
    rf_stmt_free(s);
    rf_db_close(db);
}

static void mistakes_in_statements_are_named(void **state)
{
    (void)state;
    struct rf_db *db = open_new();
    struct rf_stmt *s = NULL;
    int64_t v = 5;
    struct rf_err err = { 0 };
    assert_int_equal(rf_stmt_new(&s, db, "SELECT nothing FROM nowhere", &err), RF_FAIL);
    assert_non_null(strstr(err.msg, "nowhere"));
    assert_int_equal(rf_stmt_new(&s, db, "SELECT 1; SELECT 2", NULL), RF_FAIL);
    assert_int_equal(rf_stmt_new(&s, db, "  ", NULL), RF_FAIL);
    assert_null(s);
    assert_int_equal(rf_stmt_new(&s, db, "SELECT ?1", NULL), 0);
    rf_bind_int(s, 2, 1);
    assert_int_equal(rf_step(s, NULL), RF_FAIL);
    rf_bind_int(s, 1, 1);
    assert_int_equal(rf_step(s, NULL), 1);
    rf_stmt_free(s);
    assert_int_equal(rf_db_int(db, &v, NULL, "SELECT max(id) FROM model", 0, NULL), 0);
    assert_int_equal(rf_db_int(db, &v, NULL, "SELECT id FROM model WHERE name = ?1", 1, (const char *const[]){ "x" }),
                     0);
    assert_int_equal(v, 5);
    rf_db_close(db);
}

static void names_are_values_not_sql(void **state)
{
    (void)state;
    struct rf_db *db = open_new();
    struct rf_stmt *s = NULL;
    int64_t n = 0;
    const char *const name[] = { "x\"; DROP TABLE prompt;--" };
    assert_int_equal(rf_stmt_new(&s, db, "INSERT INTO model(name) VALUES (?1)", NULL), 0);
    rf_bind_text(s, 1, name[0]);
    assert_int_equal(rf_run(s, NULL), 0);
    assert_int_equal(rf_db_changes(db), 1);
    assert_int_equal(rf_db_last_id(db), 1);
    assert_int_equal(rf_db_int(db, &n, NULL, "SELECT count(*) FROM model WHERE name = ?1", 1, name), 1);
    assert_int_equal(n, 1);
    rf_stmt_free(s);
    rf_db_close(db);
}

static void an_error_in_a_transaction_bars_the_way_until_rollback(void **state)
{
    (void)state;
    struct rf_db *db = open_new();
    struct rf_stmt *s = NULL;
    struct rf_err err = { 0 };
    assert_int_equal(rf_stmt_new(&s, db, "INSERT INTO model(name) VALUES (?1)", &err), 0);
    assert_int_equal(rf_db_begin(db, &err), 0);
    assert_int_equal(rf_db_begin(db, NULL), RF_FAIL);
    rf_bind_text(s, 1, "one");
    assert_int_equal(rf_run(s, &err), 0);
    assert_int_equal(rf_run(s, NULL), RF_FAIL); /* the name is UNIQUE */
    rf_bind_text(s, 1, "two");
    assert_int_equal(rf_run(s, NULL), RF_FAIL);
    assert_int_equal(rf_db_exec(db, "SELECT 1", NULL), RF_FAIL);
    assert_int_equal(rf_db_commit(db, NULL), RF_FAIL);
    assert_int_equal(value(db, "SELECT count(*) FROM model"), 0);
    assert_int_equal(rf_db_commit(db, NULL), RF_FAIL);
    assert_int_equal(rf_db_begin(db, &err), 0);
    assert_int_equal(rf_run(s, &err), 0);
    assert_int_equal(rf_db_commit(db, &err), 0);
    assert_int_equal(value(db, "SELECT count(*) FROM model"), 1);
    rf_stmt_free(s);
    rf_db_close(db);
}

static void a_full_disk_stores_nothing_more(void **state)
{
    (void)state;
    struct rf_db *db = open_new();
    struct rf_stmt *s = NULL;
    int rc = 0, later = 0;
    assert_int_equal(rf_db_exec(db, "PRAGMA max_page_count = 80", NULL), 0);
    assert_int_equal(
        rf_stmt_new(&s, db, "INSERT INTO prompt(hash, text, turns) VALUES (randomblob(32), hex(zeroblob(4000)), 1)",
                    NULL),
        0);
    assert_int_equal(rf_db_begin(db, NULL), 0);
    for (int i = 0; i < 1000 && !rc; i++)
        rc = rf_run(s, NULL);
    assert_int_equal(rc, RF_IO);
    for (int i = 0; i < 10; i++)
        later += rf_run(s, NULL) == RF_IO;
    assert_int_equal(later, 10);
    rf_stmt_free(s);
    rf_db_close(db);
    struct rf_db *again = open_new();
    assert_int_equal(value(again, "SELECT count(*) FROM prompt"), 0);
    rf_db_close(again);
}

static void closing_rolls_back(void **state)
{
    (void)state;
    struct rf_db *db = open_new();
    assert_int_equal(rf_db_begin(db, NULL), 0);
    assert_int_equal(rf_db_exec(db, "INSERT INTO model(name) VALUES ('x')", NULL), 0);
    rf_db_close(db);
    rf_db_close(NULL);
    db = open_new();
    assert_int_equal(value(db, "SELECT count(*) FROM model"), 0);
    rf_db_close(db);
}

static void processes_may_make_the_same_database_at_once(void **state)
{
    (void)state;
    enum { N = 4 };
    pid_t child[N];
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < N; i++)
            if (!(child[i] = fork())) {
                struct rf_db *db = NULL;
                struct rf_err err = { 0 };
                const int rc = rf_db_open(&db, path, RF_DB_CREATE, &err);
                if (rc)
                    fprintf(stderr, "%s\n", err.msg);
                rf_db_close(db);
                _exit(-rc);
            }
        for (int i = 0; i < N; i++) {
            int status = -1;
            waitpid(child[i], &status, 0);
            assert_int_equal(status, 0);
        }
        drop_file(NULL);
    }
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    rf_db_close(open_new());
    for (long nth = 1; nth <= 4; nth++) {
        struct rf_db *db = NULL;
        struct rf_stmt *s = NULL;
        struct rf_err err = { 0 };
        rf_mem_fail_at(nth, false);
        int rc = rf_db_open(&db, path, RF_DB_READ, &err);
        if (!rc)
            rc = rf_stmt_new(&s, db, "SELECT 1", &err);
        if (rc)
            assert_non_null(strstr(err.msg, "out of memory"));
        rf_mem_fail_at(0, false);
        rf_stmt_free(s);
        rf_db_close(db);
    }
}

static struct rf_db *open_load(void)
{
    struct rf_db *db = NULL;
    struct rf_err err = { 0 };
    assert_int_equal(rf_db_open(&db, path, RF_DB_LOAD, &err), 0);
    return db;
}

static void begin_and_run(struct rf_db *db, const char *sql)
{
    struct rf_err err = { 0 };
    assert_int_equal(rf_db_begin(db, &err), 0);
    assert_int_equal(rf_db_exec(db, sql, &err), 0);
}

/* The folder ends empty (drop_dir): no file stays beside. */
static void a_loaded_database_appears_with_its_first_commit(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    struct rf_db *db = open_load();
    begin_and_run(db, "INSERT INTO model (name) VALUES ('m')");
    assert_int_equal(access(path, F_OK), -1);
    rf_db_rollback(db);
    begin_and_run(db, "INSERT INTO model (name) VALUES ('n')");
    assert_int_equal(rf_db_commit(db, &err), 0);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(value(db, "SELECT count(*) FROM model WHERE name = 'n'"), 1);
    assert_int_equal(value(db, "SELECT count(*) FROM model"), 1);
    assert_int_equal(value(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
    assert_int_equal(value(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(value(db, "PRAGMA synchronous"), 1);
    begin_and_run(db, "INSERT INTO model (name) VALUES ('o')"); /* a database like any other */
    assert_int_equal(rf_db_commit(db, &err), 0);
    rf_db_close(db);
    db = open_load();
    assert_int_equal(value(db, "SELECT count(*) FROM model"), 2);
    assert_int_equal(value(db, "PRAGMA foreign_keys"), 1);
    rf_db_close(db);
}

static void a_load_that_ends_early_leaves_nothing(void **state)
{
    (void)state;
    struct rf_db *db = open_load();
    begin_and_run(db, "INSERT INTO model (name) VALUES ('m')");
    rf_db_close(db);
    assert_int_equal(access(path, F_OK), -1);
}

static void a_load_does_not_replace_what_came_up_meanwhile(void **state)
{
    (void)state;
    struct rf_err err = { 0 }, later = { 0 };
    struct stat st;
    struct rf_db *db = open_load();
    begin_and_run(db, "INSERT INTO model (name) VALUES ('m')");
    write_file("mine");
    assert_int_equal(rf_db_commit(db, &err), RF_IO);
    rf_db_rollback(db);
    assert_int_equal(rf_db_begin(db, &later), RF_FAIL); /* there is nothing to go on with */
    rf_db_close(db);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 4);
}

static void a_load_does_not_end_under_a_statement(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    struct rf_stmt *s = NULL;
    struct rf_db *db = open_load();
    begin_and_run(db, "INSERT INTO model (name) VALUES ('m')");
    assert_int_equal(rf_stmt_new(&s, db, "SELECT 1", &err), 0);
    assert_int_not_equal(rf_db_commit(db, &err), 0);
    assert_non_null(strstr(err.msg, "statement"));
    rf_stmt_free(s);
    rf_db_close(db);
    assert_int_equal(access(path, F_OK), -1);
}

static struct rf_db *open_trial(void)
{
    struct rf_db *db = NULL;
    assert_int_equal(rf_db_open(&db, path, RF_DB_TRIAL, NULL), 0);
    return db;
}

static void a_trial_sees_its_commits_and_stores_nothing(void **state)
{
    (void)state;
    struct rf_db *db = open_trial();
    for (int n = 1; n <= 2; n++) {
        begin_and_run(db, "INSERT INTO model (name) VALUES (hex(randomblob(8)))");
        assert_int_equal(rf_db_commit(db, NULL), 0);
        assert_int_equal(value(db, "SELECT count(*) FROM model"), n);
    }
    rf_db_close(db);
    assert_int_equal(access(path, F_OK), -1); /* nothing was there, nothing is */
    db = open_load();
    begin_and_run(db, "INSERT INTO model (name) VALUES ('m')");
    assert_int_equal(rf_db_commit(db, NULL), 0);
    rf_db_close(db);
    db = open_trial();
    begin_and_run(db, "INSERT INTO model (name) VALUES ('n')");
    assert_int_equal(rf_db_commit(db, NULL), 0);
    begin_and_run(db, "INSERT INTO model (name) VALUES ('o')");
    assert_int_not_equal(rf_db_exec(db, "INSERT INTO model (name) VALUES ('o')", NULL), 0);
    assert_int_not_equal(rf_db_commit(db, NULL), 0);
    rf_db_rollback(db); /* forgets what was committed too */
    assert_int_equal(value(db, "SELECT count(*) FROM model"), 1);
    begin_and_run(db, "INSERT INTO model (name) VALUES ('p')");
    assert_int_equal(rf_db_commit(db, NULL), 0);
    rf_db_close(db);
    db = open_load();
    assert_int_equal(value(db, "SELECT count(*) FROM model"), 1);
    rf_db_close(db);
}

static int64_t indexes(struct rf_db *db)
{
    return value(db, "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND name = 'prompt_hash'");
}

static void a_load_may_build_an_index_at_its_end(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    struct rf_db *db = open_load();
    begin_and_run(db, "SELECT 1");
    assert_int_equal(rf_db_defer_index(db, "no_such_index", &err), 0);
    assert_int_equal(rf_db_defer_index(db, "prompt_hash", &err), 1);
    assert_int_equal(indexes(db), 0);
    assert_int_equal(rf_db_exec(db, "INSERT INTO prompt (hash, turns) VALUES (x'02', 1), (x'01', 1)", &err), 0);
    assert_int_equal(rf_db_exec(db, "SAVEPOINT inner", &err), 0);
    assert_int_equal(rf_db_build_index(db, "prompt_hash", &err), 0);
    assert_int_equal(indexes(db), 1);
    assert_int_equal(rf_db_exec(db, "ROLLBACK TO inner; RELEASE inner", &err), 0);
    assert_int_equal(indexes(db), 0);
    assert_int_equal(rf_db_commit(db, &err), 0);
    assert_int_equal(indexes(db), 1);
    assert_int_equal(value(db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    assert_int_equal(value(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(rf_db_begin(db, &err), 0);
    assert_int_equal(rf_db_defer_index(db, "prompt_hash", &err), 0); /* no load any more */
    assert_int_equal(indexes(db), 1);
    rf_db_close(db);
}

static void what_a_left_out_index_forbids_fails_the_commit(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    struct rf_db *db = open_load();
    begin_and_run(db, "INSERT INTO prompt (hash, turns) VALUES (x'01', 1)");
    assert_int_equal(rf_db_defer_index(db, "prompt_hash", &err), 0); /* it has a row */
    assert_int_equal(indexes(db), 1);
    rf_db_rollback(db);
    begin_and_run(db, "SELECT 1");
    assert_int_equal(rf_db_defer_index(db, "prompt_hash", &err), 1);
    assert_int_equal(rf_db_exec(db, "INSERT INTO prompt (hash, turns) VALUES (x'01', 1), (x'01', 1)", &err), 0);
    assert_true(rf_db_commit(db, &err) < 0);
    assert_int_equal(indexes(db), 1); /* as before the transaction */
    assert_int_equal(value(db, "SELECT count(*) FROM prompt"), 0);
    rf_db_close(db);
    assert_int_equal(access(path, F_OK), -1);
}

extern const char *const rf_ddl[];

/* A database as an earlier program made it, with rows that refer to each other; false where there is no sqlite3. */
static bool make_older(int version)
{
    char command[96];
    snprintf(command, sizeof command, "sqlite3 -bail %s >/dev/null 2>&1", path);
    FILE *f = popen(command, "w");
    assert_non_null(f);
    for (int i = 0; i < version; i++)
        fputs(rf_ddl[i], f);
    fprintf(f,
            "PRAGMA application_id = 1919314292; PRAGMA user_version = %d;"
            "INSERT INTO source VALUES (1, 's', 's', '', 'votes', 0, 0, 0, 0, 0, 0, '');"
            "INSERT INTO prompt VALUES (7, x'0a', 'hi', NULL, 1, 2); INSERT INTO source_row VALUES (1, 0, 7);"
            "INSERT INTO response VALUES (3, x'0b', 'ho');",
            version);
    return pclose(f) == 0;
}

static void an_older_schema_keeps_its_rows(void **state)
{
    (void)state;
    enum { OLDER = 3 };
    struct rf_err err = { 0 };
    struct rf_db *db = NULL;
    if (!make_older(OLDER)) {
        print_message("SKIP: no sqlite3 to make an older database with\n");
        skip();
    }
    assert_int_equal(rf_db_open(&db, path, RF_DB_READ, &err), 0);
    assert_true(value(db, "PRAGMA user_version") > OLDER);
    assert_int_equal(value(db, "SELECT id FROM prompt WHERE hash = x'0a' AND text = 'hi'"), 7);
    assert_int_equal(value(db, "SELECT prompt FROM source_row"), 7);
    assert_int_equal(value(db, "SELECT id FROM response WHERE text = 'ho'"), 3);
    assert_int_equal(value(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(value(db, "PRAGMA foreign_keys"), 1);
    assert_int_equal(value(db, "SELECT count(*) FROM votes"), 0);
    assert_int_equal(indexes(db), 1);
    rf_db_close(db);
}

#define TEST(f) cmocka_unit_test_teardown(f, drop_file)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_database_has_the_schema_and_the_settings),
        TEST(what_is_missing_or_empty_is_refused_with_advice),
        TEST(other_files_are_refused_and_left_alone),
        TEST(a_newer_schema_is_refused),
        TEST(a_damaged_database_is_corrupt),
        TEST(values_go_in_and_out),
        TEST(mistakes_in_statements_are_named),
        TEST(names_are_values_not_sql),
        TEST(an_error_in_a_transaction_bars_the_way_until_rollback),
        TEST(a_full_disk_stores_nothing_more),
        TEST(closing_rolls_back),
        TEST(processes_may_make_the_same_database_at_once),
        TEST(a_loaded_database_appears_with_its_first_commit),
        TEST(a_load_that_ends_early_leaves_nothing),
        TEST(a_load_does_not_replace_what_came_up_meanwhile),
        TEST(a_load_may_build_an_index_at_its_end),
        TEST(what_a_left_out_index_forbids_fails_the_commit),
        TEST(an_older_schema_keeps_its_rows),
        TEST(a_load_does_not_end_under_a_statement),
        TEST(a_trial_sees_its_commits_and_stores_nothing),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
