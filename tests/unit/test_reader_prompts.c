/* Unit tests of the reader of prompts alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reader_fixture.h"

#define HARD                                                                                                           \
    "{\"question_id\": \"q\", \"category\": \"arena-hard-v0.1\", \"turns\": [{\"content\": \"one\"}, {\"content\": "   \
    "\"two\"}]}\n"

static void every_layout_gives_its_prompts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first;
        int turns;
    } list[] = {
        { "{\"uid\":\"u\",\"category\":\"c\",\"cluster\":\"k\",\"prompt\":\"one\"}\n", "one", 1 },
        { HARD, "one", 2 },
        { "[{\"id\": 1, \"question\": \"one\"}]", "one", 1 },
        { "{\"instruction\": \"do\", \"input\": \"this\", \"output\": \"x\"}\n", "do\n\nthis", 1 },
        { "{\"instruction\": \"do\", \"input\": \"\", \"output\": \"x\"}\n", "do", 1 },
        { "{\"turns\": [\"one\", \"two\", \"three\"]}\n", "one", 3 },
        { "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"user\", \"content\": \"one\"}, "
          "{\"role\": \"assistant\", \"content\": \"a\"}, {\"role\": \"user\", \"content\": \"two\"}]}\n",
          "one", 2 },
        { "{\"conversation_hash\": \"h\", \"model\": \"m\", \"conversation\": [{\"role\": \"developer\", \"content\": "
          "\"d\"}, {\"role\": \"user\", \"content\": \"one\"}, {\"role\": \"tool\", \"content\": \"t\"}]}\n",
          "one", 1 },
        { "\xEF\xBB\xBFid,query\r\n1,one\r\n", "one", 1 },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        struct rf_db *db = new_db();
        const char *const value[] = { list[i].first };
        int64_t turns = 0;
        assert_string_equal(picked(list[i].text), "prompts");
        assert_int_equal(read_text(db, "prompts", "d/p.jsonl", list[i].text).prompts, 1);
        assert_int_equal(rf_db_int(db, &turns, NULL, "SELECT turns FROM prompt WHERE text = ?1", 1, value), 1);
        assert_int_equal(turns, list[i].turns);
        rf_db_close(db);
    }
}

static void votes_that_name_a_prompt_get_its_text(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    read_text(db, "votes", "v.csv", "model_a,model_b,winner,prompt_id\nx,y,a,p1\n");
    read_text(db, "prompts", "p.csv", "prompt_id,prompt\np1,what?\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE prompt = 'what?'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt"), 1);
    /* Arena-Hard's ids are its questions' own, in whatever file */
    read_text(db, "prompts", "x/y.jsonl", "{\"uid\": \"0123456789abcdef\", \"prompt\": \"what?\"}\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt_key WHERE key = 'arena-hard/0123456789abcdef'"), 1);
    /* ids of a file are its own */
    read_text(db, "prompts", "d/one.csv", "id,prompt\n1,first\n");
    read_text(db, "prompts", "d/two.csv", "id,prompt\n1,second\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt_key WHERE key IN ('d/one/1', 'd/two/1')"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt"), 3);
    rf_db_close(db);
}

static void rows_without_a_prompt_are_dropped(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_count c =
        read_text(db, "prompts", "p",
                  "{\"prompt\": \"ok\"}\n{\"prompt\": \"\"}\n{\"messages\": [{\"role\": \"assistant\", "
                  "\"content\": \"a\"}]}\n{\"turns\": []}\n{\"turns\": [1]}\n{\"turns\": [{\"x\": "
                  "1}]}\n{\"messages\": 1}\n{\"prompt\": \"ok\"}\nno json\n");
    assert_int_equal(c.rows, 9);
    assert_int_equal(c.prompts, 1);
    assert_int_equal(c.kept, 1);
    assert_int_equal(c.known, 1);
    assert_int_equal(c.dropped, 7);
    assert_int_equal(ask(db, "SELECT count(*) FROM source_row"), 2);
    rf_db_close(db);
}

static void plain_text_is_read_where_it_is_asked_for(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    static const char text[] = "\xEF\xBB\xBFWhat, is this?\r\n\n  indented\r\nlast";
    assert_string_equal(picked(text), "");
    const struct rf_sink_count c = read_text(db, "prompts", "p.txt", text);
    assert_int_equal(c.rows, 3);
    assert_int_equal(c.prompts, 3);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE text IN ('What, is this?', '  indented', 'last')"), 3);
    rf_db_close(db);
}

static void other_formats_stay_theirs(void **state)
{
    (void)state;
    assert_string_equal(picked("{\"question_id\": 81, \"category\": \"c\", \"turns\": [\"a\"]}\n"),
                        "mtbench-questions");
    assert_string_equal(picked("model_a,model_b,winner,prompt\nx,y,a,p\n"), "votes");
    assert_string_equal(picked("id,prompt,response_a,response_b\n"), "");
    assert_string_equal(picked("{\"prompt\": \"p\", \"model\": \"m\"}\n"), "");
    assert_string_equal(picked("{\"prompt\": \"p\", \"records\": {\"m\": 1}}\n"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layout_gives_its_prompts),    cmocka_unit_test(votes_that_name_a_prompt_get_its_text),
        cmocka_unit_test(rows_without_a_prompt_are_dropped), cmocka_unit_test(plain_text_is_read_where_it_is_asked_for),
        cmocka_unit_test(other_formats_stay_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
