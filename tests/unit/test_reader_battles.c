/* Unit tests of the reader of battles: Chatbot Arena with and without texts, other judges on the same rows, MT-bench's
 * human judgments. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "datasets/seen.h"
#include "datasets/verdict.h"
#include "reader_fixture.h"

#define BARE(id, winner)                                                                                               \
    "{\"num\": 0, \"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"" winner "\", \"question_id\": \"" id "\"}\n"
#define TALK(user, said)                                                                                               \
    "[{\"content\": \"" user "\", \"role\": \"user\"}, {\"content\": \"" said "\", \"role\": \"assistant\"}]"
#define FULL(id, talk_a, talk_b)                                                                                       \
    "{\"question_id\": \"" id "\", \"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"tie (bothbad)\", \"judge\": " \
    "\"arena_user_9\", \"conversation_a\": " talk_a ", \"conversation_b\": " talk_b ", \"turn\": 1, \"anony\": true, " \
    "\"language\": \"English\", \"tstamp\": 1682351591.1322}\n"

static void battles_are_known_by_their_keys(void **state)
{
    (void)state;
    assert_string_equal(picked(BARE("q", "tie")), "battles");
    assert_string_equal(picked(FULL("q", "[]", "[]")), "battles");
    assert_string_equal(
        picked("[\n  {\n    \"model_a\": \"x\",\n    \"model_b\": \"y\",\n    \"winner\": \"tie\",\n    "
               "\"judge\": \"arena_user_1\",\n    \"turn\": 1,\n    \"anony\": true\n  }\n]"),
        "battles");
    assert_string_equal(picked("question_id,model_a,model_b,winner\nq,x,y,tie\n"), "battles");
    assert_string_equal(picked("question_id,model_a,model_b,winner,prompt\nq,x,y,tie,hi\n"), "votes");
    assert_string_equal(picked("model_a,model_b,winner,turn,language\nx,y,tie,1,en\n"), "votes");
}

/* A question id twice in a file is two votes, and files of the same rows by several judges join. */
static void judges_of_the_same_rows_join(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c =
        read_text(db, "battles", "d/human.json", BARE("q", "tie (bothbad)") BARE("r", "model_a") BARE("q", "model_b"));
    assert_int_equal(c.votes, 3);
    assert_int_equal(c.prompts, 2);
    assert_int_equal(c.unjudged, 0);
    c = read_text(db, "battles", "d/gpt-4-0125-preview.json",
                  BARE("q", "tie") BARE("r", "model_a") BARE("q", "model_b"));
    assert_int_equal(c.votes, 3);
    assert_int_equal(c.prompts, 0);
    assert_int_equal(ask(db,
                         "SELECT sum(h.winner = l.winner) * 10 + count(*) FROM preference h JOIN preference l USING "
                         "(origin, key) WHERE h.judge = 'human' AND l.judge = 'gpt-4-0125-preview'"),
                     23);
    assert_int_equal(ask(db, "SELECT count(*) FROM preference WHERE key IN ('q/x/y', 'q/x/y#2') AND origin = "
                             "'chatbot-arena'"),
                     4);
    c = read_text(db, "battles", "other/human.json", BARE("q", "tie (bothbad)"));
    assert_int_equal(c.known, 1);
    rf_db_close(db);
}

static void a_judge_is_named_by_row_file_or_option(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    struct rf_err err = { 0 };
    static const char named[] = "{\"question_id\": \"q\", \"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"tie\", "
                                "\"judge\": \"referee\"}\n";
    const struct rf_sink_options told = { .max_errors = -1, .judge = "me" };
    c = read_text(db, "battles", "claude-3-opus.json.gz", BARE("q", "tie") BARE("r", "tie"));
    assert_int_equal(c.unjudged, 0);
    c = read_text(db, "battles", "clean_battle_20230905.json", BARE("q", "model_a"));
    assert_int_equal(c.unjudged, 1);
    read_text(db, "battles", "gpt-4.json", named);
    assert_int_equal(read_with(db, "battles", "gpt-4.jsonl", BARE("s", "tie"), &told, &c, &err), 0);
    assert_int_equal(ask(db, "SELECT count(*) FROM preference WHERE judge = 'claude-3-opus'"), 2);
    assert_int_equal(ask(db, "SELECT count(DISTINCT judge) FROM preference WHERE judge IN ('human', 'referee', 'me')"),
                     3);
    assert_int_equal(ask(db, "SELECT count(*) FROM preference WHERE judge = 'gpt-4'"), 0);
    rf_db_close(db);
}

static void names_of_judges_start_as_models_do(void **state)
{
    (void)state;
    static const char *const judges[] = {
        "gpt-4-0125-preview", "claude-3-opus-20240229", "GPT4", "o1-mini", "llama3", "gemini"
    };
    static const char *const others[] = {
        "clean_battle_20230905", "train-00000-of-00001", "votes", "open", "gptinst", ""
    };
    for (size_t i = 0; i < sizeof judges / sizeof *judges; i++) {
        assert_true(rf_is_judge_name((struct rf_str){ judges[i], strlen(judges[i]) }));
        assert_false(rf_is_judge_name((struct rf_str){ others[i], strlen(others[i]) }));
    }
}

/* Whichever file comes first, the prompt known by its question id gets its text. */
static void texts_and_bare_votes_meet_in_either_order(void **state)
{
    (void)state;
    static const char full[] = FULL("q", TALK("hi\\ud800", "yes"), TALK("hi", "no"));
    for (int first = 0; first < 2; first++) {
        struct rf_db *db = new_db();
        if (first)
            read_text(db, "battles", "gpt-4.json", BARE("q", "model_a"));
        read_text(db, "battles", "train.jsonl", full);
        if (!first)
            read_text(db, "battles", "gpt-4.json", BARE("q", "model_a"));
        const struct rf_sink_count c = read_text(db, "battles", "human.json", BARE("q", "tie (bothbad)"));
        assert_int_equal(c.known, 1); /* the arena's voter is a human */
        assert_int_equal(ask(db, "SELECT count(*) FROM prompt"), 1);
        assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE prompt = 'hi\xEF\xBF\xBD' AND turns = 1"), 2);
        assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE winner = 'bothbad' AND judge = 'human' AND "
                                 "response_a_bytes = 3 AND response_b_bytes = 2"),
                         1);
        assert_int_equal(ask(db, "SELECT count(*) FROM prompt_key WHERE key = 'arena/q'"), 1);
        rf_db_close(db);
    }
}

static void conversations_are_turns(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c = { 0 };
    struct rf_err err = { 0 };
    const struct rf_sink_options lax = { .max_errors = 100, .responses = RF_KEEP_TEXT };
    static const char text[] =
        FULL("1x",
             "[{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": \"one\"}, "
             "{\"role\": \"assistant\", \"content\": null}, {\"role\": \"user\", \"content\": "
             "[{\"type\": \"text\", \"text\": \"t\"}, {\"type\": \"image\"}, \"wo\"]}, {\"role\": "
             "\"assistant\", \"content\": \"B\"}]",
             TALK("one", "C"))                                         /* 1 */
        FULL("2x", "[{\"role\": \"bird\", \"content\": \"?\"}]", "[]") /* 2 */
        FULL("3x", "{\"role\": 1}", "[]")                              /* 3 */
        FULL("4x", "[{\"role\": \"user\", \"content\": 7}]", "[]")     /* 4 */
        FULL("5x", "\"[{'role': 'user'}]\"", "[]")                     /* 5 */
        FULL("6x", "\"[{\\\"role\\\": \\\"user\\\", \\\"content\\\": \\\"six\\\"}]\"",
             "[]")                                                     /* 6: JSON within a string */
        FULL("7x", "[]", TALK("seven", "C"))                           /* 7 */
        FULL("8x", "[{\"role\": \"user\", \"content\": null}]", "[]"); /* 8 */
    assert_int_equal(read_with(db, "battles", "b.json", text, &lax, &c, &err), 0);
    assert_int_equal(c.votes, 3);
    assert_int_equal(ask(db,
                         "SELECT count(*) FROM votes WHERE line = 1 AND prompt = 'one' AND turns = 2 AND response_a = "
                         "'[\"\",\"B\"]' AND response_b = 'C'"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE text = 'one' AND more = '[\"two\"]'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 6 AND prompt = 'six' AND response_a IS NULL"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 7 AND prompt IS NULL"), 1); /* known by its id */
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'bad conversation' AND line IN (2, 3, 4, 5)"),
                     4);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'empty prompt'"), 8);
    rf_db_close(db);
}

/* FastChat's simple battles have no ids: every row is a vote, and one array may hold all of them. */
static void battles_without_ids_are_votes_each(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    static const char row[] =
        "{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"model_b\", \"judge\": \"arena_user_1\", "
        "\"turn\": 1, \"anony\": false, \"language\": \"English\", \"tstamp\": 1.5}";
    char text[1024];
    snprintf(text, sizeof text, "[%s,\n%s]", row, row);
    const struct rf_sink_count c = read_text(db, "battles", "clean_battle_20230905.json", text);
    assert_int_equal(c.votes, 2);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM preference WHERE key IS NULL AND prompt IS NULL AND judge = 'human'"), 2);
    rf_db_close(db);
}

/* MT-bench: many pairs a question, two turns each, several judges. */
static void numbered_questions_are_judged_by_pair_and_turn(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    char text[4096] = "";
    for (int i = 0; i < 4; i++)
        snprintf(
            text + strlen(text), sizeof text - strlen(text),
            "{\"question_id\": %d, \"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"model_a\", \"judge\": \"%s\", "
            "\"turn\": %d, \"conversation_a\": " TALK("q", "r") ", \"conversation_b\": []}\n",
            i == 3 ? 7 : 81, i == 1 ? "author_1" : "expert_2", i == 2 ? 2 : 1);
    const struct rf_sink_count c = read_text(db, "battles", "human.jsonl", text);
    assert_int_equal(c.votes, 4);
    assert_int_equal(ask(db, "SELECT count(*) FROM preference WHERE origin = 'mt-bench' AND key = '81/x/y/1'"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM preference WHERE origin = 'mt-bench' AND key = '81/x/y/2'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM preference WHERE origin = 'human.jsonl' AND key = '7/x/y/1'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt_key"), 0);
    rf_db_close(db);
}

static void texts_are_counted(void **state)
{
    (void)state;
    struct rf_seen s = { 0 };
    char text[16];
    uint64_t times;
    for (uint64_t round = 1; round <= 2; round++)
        for (int i = 0; i < 5000; i++) {
            const int n = snprintf(text, sizeof text, "%d", i);
            assert_int_equal(rf_seen_add(&s, (struct rf_str){ text, (size_t)n }, &times, NULL), 0);
            assert_int_equal(times, round);
        }
    assert_int_equal(s.n, 5000);
    rf_seen_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(battles_are_known_by_their_keys),
        cmocka_unit_test(judges_of_the_same_rows_join),
        cmocka_unit_test(a_judge_is_named_by_row_file_or_option),
        cmocka_unit_test(names_of_judges_start_as_models_do),
        cmocka_unit_test(texts_and_bare_votes_meet_in_either_order),
        cmocka_unit_test(conversations_are_turns),
        cmocka_unit_test(battles_without_ids_are_votes_each),
        cmocka_unit_test(numbered_questions_are_judged_by_pair_and_turn),
        cmocka_unit_test(texts_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
