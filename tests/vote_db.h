/* A small database of votes with planted outcomes, for tests of train/. Include after cmocka.h. */
#ifndef RF_TESTS_VOTE_DB_H
#define RF_TESTS_VOTE_DB_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/db.h"
#include "core/rng.h"
#include "core/sha256.h"
#include "core/stats.h"

#define VOTE_DB_SCHEMA_ROW                                                                                             \
    "INSERT INTO source VALUES (1, 'planted', 'p', 'aa', 'x', 0, 0, 0, 0, 0, 0, '', 0), (2, 'other', 'o', 'bb', 'x', " \
    "0, "                                                                                                              \
    "0, 0, 0, 0, 0, '', 0)"

/* Runs a statement with printf-like text; the test fails where it does. */
static inline void vote_db_run(struct rf_db *db, const char *fmt, ...)
{
    char sql[4096];
    struct rf_err err = { 0 };
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(sql, sizeof sql, fmt, ap);
    va_end(ap);
    if (rf_db_exec(db, sql, &err))
        print_error("%s: %s\n", sql, err.msg);
    assert_int_equal(err.code, 0);
}

static inline void vote_db_prompt(struct rf_db *db, int64_t id, const char *text)
{
    struct rf_stmt *s = NULL;
    uint8_t hash[RF_SHA256_SIZE];
    assert_int_equal(rf_sha256_of(text, strlen(text), hash, NULL), 0);
    assert_int_equal(rf_stmt_new(&s, db, "INSERT INTO prompt VALUES (?1, ?2, ?3, NULL, 1, ?4)", NULL), 0);
    rf_bind_int(s, 1, id);
    rf_bind_blob(s, 2, hash, sizeof hash);
    rf_bind_text(s, 3, text);
    rf_bind_int(s, 4, (int64_t)strlen(text));
    assert_int_equal(rf_run(s, NULL), 0);
    rf_stmt_free(s);
}

static inline void vote_db_vector(struct rf_db *db, int64_t prompt, const float *x, size_t dim)
{
    struct rf_stmt *s = NULL;
    assert_int_equal(rf_stmt_new(&s, db, "INSERT INTO embedding (embedder, prompt, vector) VALUES (1, ?1, ?2)", NULL),
                     0);
    rf_bind_int(s, 1, prompt);
    rf_bind_blob(s, 2, x, dim * sizeof *x);
    assert_int_equal(rf_run(s, NULL), 0);
    rf_stmt_free(s);
}

/* An empty database at a fresh path (path[64] is filled) with sources 1 'planted' and 2 'other' and embedder 1
 * 'planted' of dim. */
static inline struct rf_db *vote_db_new(char path[64], size_t dim)
{
    struct rf_db *db = NULL;
    struct rf_err err = { 0 };
    snprintf(path, 64, "/tmp/routefit-votes-XXXXXX");
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    unlink(path);
    if (rf_db_open(&db, path, RF_DB_CREATE, &err))
        print_error("%s\n", err.msg);
    assert_non_null(db);
    vote_db_run(db, VOTE_DB_SCHEMA_ROW);
    vote_db_run(db, "INSERT INTO embedder VALUES (1, 'planted', 'npy', %zu, NULL, NULL)", dim);
    return db;
}

static inline void vote_db_close(struct rf_db *db, const char *path)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char name[80];
    rf_db_close(db);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}

/* Bench 'planted': a question for each prompt, answered by all four models, right more often the better the model is
 * and the higher the first element, at a cost of 4 to 1 thousandths of a dollar. And models 1..4, the first the
 * strongest, two by the names that `fit mf` compares, n prompts with vectors of dim, one vote each: the better model
 * wins more often where the first element is high, of which the text tells too; every 11th vote is a tie. */
static inline void vote_db_plant(struct rf_db *db, size_t n, size_t dim)
{
    static const char *const name[] = { "gpt-4-1106-preview", "model-2", "mixtral-8x7b-instruct-v0.1", "model-4" };
    struct rf_rng r;
    float x[64];
    assert_true(dim <= 64);
    rf_rng_init(&r, 42, 0);
    vote_db_run(db, "BEGIN");
    for (int m = 1; m <= 4; m++)
        vote_db_run(db, "INSERT INTO model VALUES (%d, '%s')", m, name[m - 1]);
    for (size_t i = 1; i <= n; i++) {
        char text[64];
        const int a = 1 + (int)rf_rng_below(&r, 4), b = 1 + (a + (int)rf_rng_below(&r, 3)) % 4;
        for (size_t j = 0; j < dim; j++)
            x[j] = (float)rf_rng_normal(&r);
        snprintf(text, sizeof text, "a %s question, %s enough, number %zu", x[0] > 0 ? "difficult" : "simple",
                 x[0] > 1 || x[0] < -1 ? "clearly" : "just", i);
        const double p = rf_sigmoid((b - a) * (0.5 + 0.8 * (double)x[0]) + 0.2 * (double)x[1]);
        vote_db_prompt(db, (int64_t)i, text);
        vote_db_vector(db, (int64_t)i, x, dim);
        vote_db_run(db,
                    "INSERT INTO preference (source, line, origin, prompt, model_a, model_b, winner, judge)"
                    " VALUES (1, %zu, 'planted', %zu, %d, %d, '%s', 'human')",
                    i, i, a, b,
                    i % 11 == 0              ? "tie"
                    : rf_rng_uniform(&r) < p ? "a"
                                             : "b");
        vote_db_run(db, "INSERT INTO item VALUES (%zu, 1, %zu, 'planted', 'half-%zu', '%zu', %zu)", i, i, i % 2, i, i);
        for (int m = 1; m <= 4; m++)
            vote_db_run(db, "INSERT INTO result (item, model, score, cost, source) VALUES (%zu, %d, %d, %g, 1)", i, m,
                        rf_rng_uniform(&r) < rf_sigmoid(3 - m + (m == 4 ? -2 : 2) * (double)x[0]), (5 - m) * 1e-3);
    }
    vote_db_run(db, "COMMIT");
}

#endif
