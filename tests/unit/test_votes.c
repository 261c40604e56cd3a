/* Unit tests of train/votes.h: what is kept, what is left out and why, the split, the fingerprint, and the refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "near.h"
#include "train/votes.h"
#include "vote_db.h"

static const char *const nobody[] = { "nobody" };

static void vote(struct rf_db *db, int source, const char *prompt, int a, int b, const char *winner, const char *judge,
                 const char *weight)
{
    vote_db_run(db,
                "INSERT INTO preference (source, line, origin, prompt, model_a, model_b, winner, judge, weight)"
                " VALUES (%d, 1, 'o', %s, %d, %d, '%s', '%s', %s)",
                source, prompt, a, b, winner, judge, weight);
}

/* Six prompts: 1 and 4 usable, 2 short in characters though not in bytes, 3 zero vector, 5 without vector, 6 without
 * text. */
static struct rf_db *small(char path[64])
{
    struct rf_db *db = vote_db_new(path, 3);
    const float x[3] = { 1, 2, 3 }, y[3] = { 0, 0, -1 }, zero[3] = { 0 };
    vote_db_run(db, "INSERT INTO model VALUES (7, 'zeta'), (8, 'alpha'), (9, 'unused'), (10, 'mid')");
    vote_db_prompt(db, 1, "sixteen chars ok");
    vote_db_prompt(db, 2, "\xe3\x80\x80 \xc3\xa9\xc3\xa9 fifteen char \n");
    vote_db_prompt(db, 3, "a prompt with a zero vector");
    vote_db_prompt(db, 4, "another prompt that is long enough");
    vote_db_prompt(db, 5, "a prompt that has no vector at all");
    vote_db_run(db, "INSERT INTO prompt VALUES (6, x'01', NULL, NULL, 1, NULL)");
    vote_db_vector(db, 1, x, 3);
    vote_db_vector(db, 2, x, 3);
    vote_db_vector(db, 3, zero, 3);
    vote_db_vector(db, 4, y, 3);
    vote_db_vector(db, 6, y, 3);
    vote(db, 1, "1", 7, 8, "a", "human", "NULL");
    vote(db, 1, "4", 8, 10, "bothbad", "human", "2.5");
    vote(db, 2, "4", 10, 7, "tie", "human", "NULL");
    vote(db, 1, "1", 7, 8, "b", "gpt-4", "NULL");
    vote(db, 1, "2", 7, 8, "b", "human", "NULL");
    vote(db, 1, "3", 7, 8, "b", "human", "NULL");
    vote(db, 1, "5", 7, 9, "b", "human", "NULL");
    vote(db, 1, "6", 7, 8, "b", "human", "NULL");
    vote(db, 1, "NULL", 7, 8, "b", "human", "NULL");
    vote(db, 1, "1", 7, 7, "b", "human", "NULL");
    vote(db, 1, "1", 7, 8, "b", "human", "0");
    vote_db_run(db, "INSERT INTO preference (source, line, origin, prompt, model_a, model_b, winner, judge) VALUES "
                    "(1, 1, 'o', 1, 7, 8, NULL, 'human')");
    return db;
}

static void votes_are_joined_and_counted(void **state)
{
    (void)state;
    char path[64];
    struct rf_db *db = small(path);
    const char *human[] = { "human" };
    const struct rf_votes_filter f = { .votes = { human, 1 }, .min_chars = 16 };
    struct rf_votes v;
    struct rf_err err = { 0 };
    assert_int_equal(rf_votes_load(&v, db, &f, &err), 0);
    assert_int_equal(v.read, 12);
    assert_int_equal(v.n, 4);
    size_t out = 0;
    for (int i = 0; i < RF_OUTS; i++) {
        assert_non_null(rf_left_out_name((enum rf_left_out)i));
        out += v.left_out[i];
        assert_int_equal(v.left_out[i], i != RF_OUT_SOURCE && i != RF_OUT_SPLIT && i <= RF_OUT_WEIGHT);
    }
    assert_int_equal(v.read, v.n + out);
    assert_int_equal(v.rows, 3);
    assert_int_equal(v.dim, 3);
    assert_int_equal(v.prompt[0], 1);
    assert_int_equal(v.prompt[1], 4);
    assert_int_equal(v.prompt[2], 6);
    assert_near(v.x[1], 2, 0);
    assert_near(v.x[5], -1, 0);
    assert_int_equal(v.models, 3); /* by name; the unused one is not among them */
    assert_string_equal(v.model[0], "alpha");
    assert_string_equal(v.model[2], "zeta");
    assert_true(v.battle[0].a == 2 && v.battle[0].b == 0 && v.battle[0].winner == RF_WINS_A && v.battle[0].row == 0);
    assert_near(v.battle[0].weight, 1, 0);
    assert_near(v.battle[1].weight, 2.5, 0);
    assert_int_equal(v.battle[1].winner, RF_BOTH_BAD);
    assert_int_equal(v.battle[2].winner, RF_TIE);
    assert_int_equal(v.battle[3].row, 2);
    assert_string_equal(v.embedder, "planted");
    assert_null(v.embedder_sha256);
    assert_int_equal(strlen(v.sha256), 64);
    rf_votes_release(&v);
    vote_db_close(db, path);
}

static void filters_name_what_they_keep(void **state)
{
    (void)state;
    char path[64], first[RF_SHA256_HEX];
    struct rf_db *db = small(path);
    const char *other[] = { "other" };
    struct rf_votes_filter f = { .source = { other, 1 } };
    struct rf_votes v;
    struct rf_err err = { 0 };
    assert_int_equal(rf_votes_load(&v, db, &f, &err), 0);
    assert_int_equal(v.n, 1);
    assert_int_equal(v.rows, 1);
    assert_int_equal(v.left_out[RF_OUT_SOURCE], 11);
    memcpy(first, v.sha256, sizeof first);
    rf_votes_release(&v);
    f = (struct rf_votes_filter){ .embedder = "planted" }; /* all judges, prompts of any length */
    assert_int_equal(rf_votes_load(&v, db, &f, &err), 0);
    assert_int_equal(v.n, 6);
    assert_string_not_equal(first, v.sha256);
    rf_votes_release(&v);
    vote_db_close(db, path);
}

static void aliases_are_one_model(void **state)
{
    (void)state;
    char path[64];
    struct rf_db *db = small(path);
    struct rf_votes v;
    struct rf_err err = { 0 };
    vote_db_run(db, "INSERT INTO alias VALUES ('alpha', 'new name'), ('mid', 'new name')");
    assert_int_equal(rf_votes_load(&v, db, &(struct rf_votes_filter){ 0 }, &err), 0);
    assert_int_equal(v.models, 2); /* 8 and 10 are one; its votes against itself are left out */
    assert_string_equal(v.model[0], "new name");
    assert_string_equal(v.model[1], "zeta");
    assert_int_equal(v.left_out[RF_OUT_SAME_MODEL], 2);
    assert_int_equal(v.n, 5);
    rf_votes_release(&v);
    vote_db_close(db, path);
}

static void split_follows_the_text_alone(void **state)
{
    (void)state;
    enum { N = 2000 };
    char path[64];
    struct rf_db *db = vote_db_new(path, 2);
    struct rf_votes_filter f = { .valid = 0.25, .seed = 5 };
    struct rf_votes v, w;
    size_t valid = 0, moved = 0;
    vote_db_plant(db, N, 2);
    /* the same first turn with another second turn: a prompt of its own, on the same side */
    vote_db_run(
        db, "INSERT INTO prompt SELECT id + %d, CAST(text || id AS BLOB), text, '[\"more\"]', 2, bytes FROM prompt", N);
    vote_db_run(db, "INSERT INTO embedding SELECT NULL, 1, prompt + %d, vector FROM embedding", N);
    vote_db_run(db,
                "INSERT INTO preference (source, line, origin, prompt, model_a, model_b, winner, judge)"
                " SELECT 1, 1, 'o', prompt + %d, model_a, model_b, winner, judge FROM preference",
                N);
    assert_int_equal(rf_votes_load(&v, db, &f, NULL), 0);
    assert_int_equal(v.rows, 2 * N);
    for (size_t i = 0; i < N; i++) {
        assert_int_equal(v.valid[i], v.valid[N + i]);
        valid += v.valid[i];
    }
    assert_near((double)valid / N, 0.25, 0.04);
    for (size_t i = 0; i < v.n; i++)
        assert_int_equal(v.battle[i].valid, v.valid[v.battle[i].row]);
    f.seed = 6;
    assert_int_equal(rf_votes_load(&w, db, &f, NULL), 0);
    for (size_t i = 0; i < N; i++)
        moved += v.valid[i] != w.valid[i];
    assert_near((double)moved / N, 2 * 0.25 * 0.75, 0.05);
    rf_votes_release(&v);
    rf_votes_release(&w);
    vote_db_close(db, path);
}

static void refuse(struct rf_db *db, const struct rf_votes_filter *f, int code, const char *word)
{
    struct rf_votes v;
    struct rf_err err = { 0 };
    assert_int_equal(rf_votes_load(&v, db, f, &err), code);
    if (!strstr(err.msg, word))
        print_error("\"%s\" does not say \"%s\"\n", err.msg, word);
    assert_non_null(strstr(err.msg, word));
    assert_null(v.x);
    assert_null(v.model);
}

static void wrong_names_and_vectors_are_refused(void **state)
{
    (void)state;
    char path[64];
    struct rf_db *db = small(path);
    const float bad[3] = { 1, NAN, 0 };
    const char *other[] = { "other" };
    refuse(db, &(struct rf_votes_filter){ .embedder = "lsa" }, RF_USAGE, "it has planted");
    refuse(db, &(struct rf_votes_filter){ .source = { (const char **)(uintptr_t)nobody, 1 } }, RF_USAGE,
           "it has other, planted");
    refuse(db, &(struct rf_votes_filter){ .votes = { (const char **)(uintptr_t)nobody, 1 } }, RF_USAGE, "gpt-4");
    refuse(db, &(struct rf_votes_filter){ .min_chars = 1000000, .source = { other, 1 } }, RF_BAD_INPUT,
           "shorter than --min-chars");
    vote_db_vector(db, 5, bad, 3);
    refuse(db, &(struct rf_votes_filter){ 0 }, RF_BAD_INPUT, "vector of prompt 5: element 1 is nan");
    vote_db_run(db, "UPDATE embedding SET vector = x'00000000' WHERE prompt = 5");
    refuse(db, &(struct rf_votes_filter){ 0 }, RF_CORRUPT, "4 bytes, expected 12");
    vote_db_run(db, "INSERT INTO embedder VALUES (2, 'text', 'text', 3, 'ff', NULL)");
    refuse(db, &(struct rf_votes_filter){ 0 }, RF_USAGE, "choose one with --embedder: planted, text");
    refuse(db, &(struct rf_votes_filter){ .embedder = "text" }, RF_BAD_INPUT, "without a vector");
    vote_db_close(db, path);
    db = vote_db_new(path, 3);
    refuse(db, &(struct rf_votes_filter){ 0 }, RF_BAD_INPUT, "has no votes");
    vote_db_run(db, "DELETE FROM embedder");
    refuse(db, &(struct rf_votes_filter){ 0 }, RF_BAD_INPUT, "routefit embed");
    vote_db_close(db, path);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    char path[64];
    struct rf_db *db = small(path);
    for (long nth = 1; nth < 60; nth++) {
        struct rf_votes v;
        struct rf_err err = { 0 };
        rf_mem_fail_at(nth, false);
        const int rc = rf_votes_load(&v, db, &(struct rf_votes_filter){ .min_chars = 16 }, &err);
        rf_mem_fail_at(0, false);
        assert_int_equal(rc, err.code);
        assert_true(rc == 0 || rc == RF_FAIL);
        rf_votes_release(&v);
    }
    vote_db_close(db, path);
}

/* Scores 1 to 5 of model 1 and 3 of model 2: differences 1/2, 0, and a missing score, of a range of 4. */
static void results_count_as_votes(void **state)
{
    (void)state;
    char path[64];
    const char *of_bench[] = { "results:graded:2" };
    struct rf_db *db = vote_db_new(path, 2);
    struct rf_votes v;
    vote_db_plant(db, 8, 2);
    vote_db_run(db, "INSERT INTO item VALUES (11, 1, 1, 'graded', NULL, '1', 1), (12, 1, 2, 'graded', NULL, '2', 2),"
                    " (13, 1, 3, 'graded', NULL, '3', 3), (14, 1, 4, 'graded', NULL, '4', NULL)");
    vote_db_run(db, "INSERT INTO result (item, model, score, source) VALUES (11, 1, 5, 1), (11, 2, 3, 1),"
                    " (12, 1, 1, 1), (12, 2, 5, 1), (13, 1, 3, 1), (14, 1, 2, 1), (14, 2, 2, 1)");
    const struct rf_votes_filter f = { .votes = { of_bench, 1 } };
    assert_int_equal(rf_votes_load(&v, db, &f, NULL), 0);
    assert_int_equal(v.n, 3);            /* 5 against 3 is half a win and half a tie, 1 against 5 a whole win */
    assert_int_equal(v.read, 8 + 3 + 2); /* 2 against 2 is a quarter of a tie and three of "both bad" */
    assert_int_equal(v.left_out[RF_OUT_JUDGE], 8);
    assert_int_equal(v.left_out[RF_OUT_NO_PROMPT], 2);
    const struct rf_battle *const b = v.battle;
    const uint32_t one = strcmp(v.model[0], "gpt-4-1106-preview") == 0 ? 0 : 1;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(b[i].a, one);
        assert_int_equal(b[i].b, 1 - one);
        assert_int_equal(v.prompt[b[i].row], i < 2 ? 1 : 2);
    }
    assert_int_equal(b[0].winner, RF_WINS_A);
    assert_int_equal(b[1].winner, RF_TIE);
    assert_int_equal(b[2].winner, RF_WINS_B);
    assert_near((double)b[0].weight, 1, 0);
    assert_near((double)b[1].weight, 1, 0);
    assert_near((double)b[2].weight, 2, 0);
    rf_votes_release(&v);

    const char *twice[] = { "results:graded", "results:graded:2" }, *unknown[] = { "results:grade" };
    refuse(db, &(struct rf_votes_filter){ .votes = { twice, 2 } }, RF_USAGE, "twice");
    refuse(db, &(struct rf_votes_filter){ .votes = { unknown, 1 } }, RF_USAGE, "graded");
    for (long nth = 1; nth < 90; nth++) {
        struct rf_err err = { 0 };
        rf_mem_fail_at(nth, false);
        const int rc = rf_votes_load(&v, db, &f, &err);
        rf_mem_fail_at(0, false);
        assert_int_equal(rc, err.code);
        assert_true(rc == 0 || rc == RF_FAIL);
        rf_votes_release(&v);
    }
    vote_db_close(db, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_count_as_votes),
        cmocka_unit_test(votes_are_joined_and_counted),
        cmocka_unit_test(filters_name_what_they_keep),
        cmocka_unit_test(split_follows_the_text_alone),
        cmocka_unit_test(wrong_names_and_vectors_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(aliases_are_one_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
