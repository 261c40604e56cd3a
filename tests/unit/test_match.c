/* Unit tests of datasets/match.h, prompt_set.h and corpus.h on a small database: what names mean, what levels find,
 * that a pair stands on one level only, counts and groups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/db.h"
#include "datasets/match.h"

#define LONG_TEXT                                                                                                      \
    "A farmer has seventeen sheep and all but nine of them run away over the hill. How many sheep does the farmer "    \
    "have"

/* Votes hold prompts 1 to 5, bench quiz 4 and 6 to 10, of which 6 has two ids; file f holds quiz, 7 in two rows; file
 * long has three rows for every prompt. */
static const char *const text[] = {
    NULL,
    "What is the capital of France?",
    LONG_TEXT " left now?",
    "Write a poem.",
    "Shared by both, exactly.",
    NULL,
    "what  IS the capital of france?",
    LONG_TEXT " left today?",
    LONG_TEXT " left today!",
    "Write an ode.",
    "WRITE an ode.",
};
enum { PROMPTS = 10 };

static const float vector[PROMPTS + 1][2] = { { 0 },    { 1, 0 }, { 1, 0 }, { 0, 1 },   { -1, 0 }, { 0 },
                                              { 1, 0 }, { 1, 0 }, { 0, 0 }, { .1f, 2 }, { 0, 3 } };

static int open_db(void **state)
{
    struct rf_db *db = NULL;
    struct rf_stmt *s = NULL;
    assert_int_equal(rf_db_open(&db, ":memory:", RF_DB_CREATE, NULL), 0);
    assert_int_equal(rf_stmt_new(&s, db, "INSERT INTO prompt (id, hash, text, turns) VALUES (?1, ?2, ?3, 1)", NULL), 0);
    for (int i = 1; i <= PROMPTS; i++) {
        uint8_t hash[32] = { (uint8_t)i };
        rf_bind_int(s, 1, i);
        rf_bind_blob(s, 2, hash, sizeof hash);
        rf_bind_text(s, 3, text[i]);
        assert_int_equal(rf_run(s, NULL), 0);
    }
    rf_stmt_free(s);
    assert_int_equal(
        rf_db_exec(
            db,
            "INSERT INTO source (id, name, path, sha256, format, bytes, rows_read, rows_kept, rows_known, "
            "rows_dropped, repaired, added_at) VALUES"
            " (1, 'v', 'v', 'a', 'x', 0, 0, 0, 0, 0, 0, ''), (2, 'f', 'f', 'b', 'x', 0, 0, 0, 0, 0, 0, ''),"
            " (3, 'long', 'l', 'c', 'x', 0, 0, 0, 0, 0, 0, ''), (4, 'empty', 'e', 'd', 'x', 0, 0, 0, 0, 0, 0, ''),"
            " (5, 'quiz', 'q', 'e', 'x', 0, 0, 0, 0, 0, 0, '');"
            "INSERT INTO source_row VALUES (1, 0, 1), (1, 1, 2), (1, 2, 3), (1, 3, 4), (1, 4, 5),"
            " (2, 0, 4), (2, 1, 6), (2, 2, 6), (2, 3, 7), (2, 4, 7), (2, 5, 8), (2, 6, 9), (2, 7, 10), (5, 0, 9),"
            " (3, 0, 4), (3, 1, 4), (3, 2, 4), (3, 3, 7), (3, 4, 7), (3, 5, 7);"
            "INSERT INTO model VALUES (1, 'm'), (2, 'n');"
            "INSERT INTO preference (source, line, origin, prompt, model_a, model_b, winner, judge) VALUES"
            " (1, 2, 'x', 1, 1, 2, 'a', 'human'), (1, 3, 'x', 2, 1, 2, 'a', 'human'), (1, 4, 'x', 3, 1, 2, 'a', "
            "'human'),"
            " (1, 5, 'x', 4, 1, 2, 'a', 'human'), (1, 6, 'x', 5, 1, 2, 'a', 'human'), (1, 7, 'x', NULL, 1, 2, 'a', "
            "'human');"
            "INSERT INTO item (source, line, bench, task, key, prompt) VALUES (2, 2, 'quiz', NULL, '1', 4), (2, 3, "
            "'quiz', NULL, '2', 6),"
            " (2, 4, 'quiz', NULL, '3', 6), (2, 5, 'quiz', NULL, '4', 7), (2, 7, 'quiz', NULL, '5', 8), (2, 8, 'quiz', "
            "NULL, '6', 9),"
            " (2, 9, 'quiz', NULL, '7', 10), (3, 1, 'quiz', NULL, '8', NULL), (4, 1, 'blank', NULL, '1', NULL);"
            "INSERT INTO split VALUES (1, 's', 0, '{}', '');"
            "INSERT INTO split_prompt VALUES (1, 1, 'train'), (1, 6, 'test'), (1, 3, 'train');"
            "INSERT INTO embedder (id, name, kind, dim) VALUES (1, 'two', 'npy', 2), (2, 'none', 'npy', 2);",
            NULL),
        0);
    assert_int_equal(rf_stmt_new(&s, db, "INSERT INTO embedding (embedder, prompt, vector) VALUES (1, ?1, ?2)", NULL),
                     0);
    for (int i = 1; i <= PROMPTS; i++) {
        if (i == 5)
            continue;
        rf_bind_int(s, 1, i);
        rf_bind_blob(s, 2, vector[i], sizeof vector[i]);
        assert_int_equal(rf_run(s, NULL), 0);
    }
    rf_stmt_free(s);
    *state = db;
    return 0;
}

static int close_db(void **state)
{
    rf_db_close(*state);
    return 0;
}

static struct rf_prompt_set set_of(struct rf_db *db, const char *name)
{
    struct rf_prompt_set s;
    assert_int_equal(rf_prompt_set_read(&s, db, name, NULL), 0);
    return s;
}

static void check_set(struct rf_db *db, const char *name, const char *expected, const char *bench)
{
    struct rf_prompt_set s = set_of(db, name);
    char got[256] = "";
    for (size_t i = 0; i < s.n; i++) {
        const size_t n = strlen(got);
        snprintf(got + n, sizeof got - n, "%lld:%u/%u ", (long long)s.member[i].prompt, s.member[i].times,
                 s.member[i].files);
    }
    assert_string_equal(got, expected);
    if (bench)
        assert_string_equal(s.bench, bench);
    else
        assert_null(s.bench);
    assert_null(rf_prompt_set_find(&s, 99));
    assert_ptr_equal(rf_prompt_set_find(&s, s.member[s.n - 1].prompt), &s.member[s.n - 1]);
    rf_prompt_set_release(&s);
}

static void names_mean_their_prompts(void **state)
{
    struct rf_db *const db = *state;
    check_set(db, "votes", "1:1/1 2:1/1 3:1/1 4:1/1 5:1/1 ", NULL);
    check_set(db, "v", "1:1/1 2:1/1 3:1/1 4:1/1 5:1/1 ", NULL);
    check_set(db, "source:f", "4:1/1 6:2/1 7:2/1 8:1/1 9:1/1 10:1/1 ", NULL);
    check_set(db, "long", "4:1/1 7:1/1 ", NULL); /* three rows of each say nothing */
    check_set(db, "quiz", "4:2/2 6:2/1 7:3/2 8:1/1 9:1/1 10:1/1 ", "quiz");
    check_set(db, "bench:quiz", "4:2/2 6:2/1 7:3/2 8:1/1 9:1/1 10:1/1 ", "quiz");
    check_set(db, "source:quiz", "9:1/1 ", NULL);
    check_set(db, "split:s", "1:1/0 3:1/0 6:1/0 ", NULL);
    check_set(db, "split:s:train", "1:1/0 3:1/0 ", NULL);
    struct rf_prompt_set s = set_of(db, "all");
    assert_int_equal(s.n, PROMPTS);
    rf_prompt_set_release(&s);
}

static void names_of_nothing_are_refused(void **state)
{
    static const struct {
        const char *name, *says;
        int code;
    } wrong[] = {
        { "quizz", "did you mean quiz", RF_USAGE },
        { "split:s:trian", "did you mean split:s:train", RF_USAGE },
        { "bench:f", "unknown set of prompts", RF_USAGE },
        { "", "unknown set of prompts", RF_USAGE },
        { "empty", "no prompt", RF_BAD_INPUT },
        { "blank", "no prompt", RF_BAD_INPUT },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct rf_prompt_set s;
        struct rf_err err = { 0 };
        assert_int_equal(rf_prompt_set_read(&s, *state, wrong[i].name, &err), wrong[i].code);
        if (!strstr(err.msg, wrong[i].says))
            fail_msg("\"%s\": %s", wrong[i].name, err.msg);
        rf_prompt_set_release(&s);
    }
}

/* The matches of two sets, b NULL of one, as "kind a b, ...". */
static void check_matches(struct rf_db *db, const char *a, const char *b, const struct rf_match_options *o,
                          const char *expected, const struct rf_match_count *all)
{
    struct rf_prompt_set sa = set_of(db, a), sb = { 0 };
    struct rf_corpus c;
    struct rf_matches m;
    char got[512] = "";
    if (b)
        sb = set_of(db, b);
    assert_int_equal(rf_corpus_read(&c, db, NULL), 0);
    assert_int_equal(rf_matches_find(&m, db, &c, &sa, b ? &sb : NULL, o, NULL), 0);
    for (size_t i = 0; i < m.n; i++) {
        const size_t n = strlen(got);
        snprintf(got + n, sizeof got - n, "%c %lld %lld, ", rf_likeness_name[m.v[i].kind][0], (long long)m.v[i].a,
                 (long long)m.v[i].b);
        assert_true(m.v[i].kind >= RF_NEAR || m.v[i].similarity == 1);
        assert_true(m.v[i].kind != RF_NEAR || (m.v[i].similarity >= o->jaccard && m.v[i].similarity < 1));
    }
    assert_string_equal(got, expected);
    const struct rf_match_count *const n = &m.count[RF_LIKENESSES];
    assert_int_equal(n->pairs, all->pairs);
    assert_int_equal(n->a, all->a);
    assert_int_equal(n->b, all->b);
    assert_int_equal(n->groups, all->groups);
    assert_int_equal(m.vectorless[0], o->embedder && !strcmp(a, "votes"));
    rf_matches_release(&m);
    rf_corpus_release(&c);
    rf_prompt_set_release(&sa);
    rf_prompt_set_release(&sb);
}

static void levels_find_what_they_say_and_each_pair_once(void **state)
{
    struct rf_db *const db = *state;
    struct rf_match_options o = { .level = RF_EXACT, .jaccard = .8, .cosine = .95, .threads = 1 };
    check_matches(db, "votes", "quiz", &o, "e 4 4, ", &(struct rf_match_count){ 1, 1, 1, 1 });
    o.level = RF_NORMALISED;
    check_matches(db, "votes", "quiz", &o, "e 4 4, n 1 6, ", &(struct rf_match_count){ 2, 2, 2, 2 });
    o.level = RF_NEAR;
    check_matches(db, "votes", "quiz", &o, "e 4 4, n 1 6, n 2 7, n 2 8, ", &(struct rf_match_count){ 4, 3, 4, 3 });
    o.threads = 3;
    check_matches(db, "quiz", "votes", &o, "e 4 4, n 6 1, n 7 2, n 8 2, ", &(struct rf_match_count){ 4, 4, 3, 3 });
    /* vectors: 1 = 2 = 6 = 7, 3 = 9 = 10 nearly, 8 is zero, 5 has none */
    o.embedder = "two";
    check_matches(db, "votes", "quiz", &o, "e 4 4, n 1 6, n 2 7, n 2 8, c 1 7, c 2 6, c 3 10, c 3 9, ",
                  &(struct rf_match_count){ 8, 4, 6, 3 });
}

static void a_set_alone_shows_its_repeats(void **state)
{
    struct rf_db *const db = *state;
    struct rf_match_options o = { .level = RF_NEAR, .jaccard = .8, .cosine = .95, .threads = 1 };
    check_matches(db, "quiz", NULL, &o, "e 4 4, e 6 6, e 7 7, n 9 10, n 7 8, ", &(struct rf_match_count){ 5, 6, 0, 4 });
    check_matches(db, "votes", NULL, &o, "", &(struct rf_match_count){ 0, 0, 0, 0 });
    o.embedder = "two";
    check_matches(db, "votes", NULL, &o, "c 1 2, ", &(struct rf_match_count){ 1, 2, 0, 1 });
}

static void missing_vectors_are_named(void **state)
{
    struct rf_match_options o = { .level = RF_EXACT, .jaccard = .8, .cosine = .95, .threads = 1, .embedder = "none" };
    struct rf_prompt_set votes = set_of(*state, "votes");
    struct rf_corpus c;
    struct rf_matches m;
    struct rf_err err = { 0 };
    assert_int_equal(rf_corpus_read(&c, *state, NULL), 0);
    assert_int_equal(rf_matches_find(&m, *state, &c, &votes, NULL, &o, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "votes"));
    rf_matches_release(&m);
    o.embedder = "tow";
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_matches_find(&m, *state, &c, &votes, NULL, &o, &err), RF_USAGE);
    rf_matches_release(&m);
    rf_corpus_release(&c);
    rf_prompt_set_release(&votes);
}

static void texts_are_ordered_by_content(void **state)
{
    struct rf_corpus c;
    assert_int_equal(rf_corpus_read(&c, *state, NULL), 0);
    assert_int_equal(c.n, PROMPTS);
    assert_int_equal(c.texts, PROMPTS - 2); /* 1 = 6, 9 = 10 */
    assert_int_equal(c.text_of[0], c.text_of[5]);
    for (size_t t = 1; t < c.texts; t++)
        assert_true(c.hash[t - 1] <= c.hash[t]);
    rf_corpus_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_mean_their_prompts),
        cmocka_unit_test(names_of_nothing_are_refused),
        cmocka_unit_test(levels_find_what_they_say_and_each_pair_once),
        cmocka_unit_test(a_set_alone_shows_its_repeats),
        cmocka_unit_test(missing_vectors_are_named),
        cmocka_unit_test(texts_are_ordered_by_content),
    };
    struct rf_err err = { 0 };
    if (rf_blas_init(&err)) {
        print_error("%s\n", err.msg);
        return 1;
    }
    return cmocka_run_group_tests_name("match", tests, open_db, close_db);
}
