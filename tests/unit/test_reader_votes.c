/* Unit tests of the readers of votes: arena55k and votes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reader_fixture.h"

#define HEAD "id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie\n"
#define GOOD "1,x,y,\"[\"\"hi\"\"]\",\"[\"\"r\"\"]\",\"[null]\",1,0,0\n"

static void formats_are_known_by_their_columns(void **state)
{
    (void)state;
    assert_string_equal(picked(HEAD GOOD), "arena55k");
    assert_string_equal(picked("\xEF\xBB\xBF" HEAD GOOD), "arena55k");
    assert_string_equal(picked("model_a,model_b,winner\nx,y,a\n"), "votes");
    assert_string_equal(picked("{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"tie\"}\n"), "votes");
    assert_string_equal(picked("\n {\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"tie\"}\n"), "votes");
    assert_string_equal(picked(" [\n {\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"tie\"}]"), "votes");
    assert_string_equal(picked("[[\"model_a\", \"model_b\", \"winner\"]]"), "");
    assert_string_equal(picked("[]"), "");
    assert_string_equal(picked("model,score\n"), "");
    assert_string_equal(picked("hello"), "");
}

/* Kaggle's folder: a header that lacks a column is named by its reader, files without votes are no arena55k. */
static void a_lacking_column_is_named_and_other_files_of_the_folder_are_left(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    struct rf_err err = { 0 };
    static const char lacking[] =
        "model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie\n"
        "x,y,\"[\"\"hi\"\"]\",[],[],1,0,0\n";
    assert_string_equal(picked(lacking), "arena55k");
    assert_int_equal(read_with(db, "arena55k", "a.csv", lacking, &plain_options, &c, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg, "a.csv:1: found no column \"id\" among the 8 of the header");
    assert_string_equal(picked("id,prompt,response_a,response_b\n"), "");
    assert_string_equal(picked("id,winner_model_a,winner_model_b,winner_tie\n"), "");
    rf_db_close(db);
}

static void votes_of_arena_may_be_json_lines(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    static const char line[] =
        "{\"id\": 7, \"model_a\": \"x\", \"model_b\": \"y\", \"prompt\": [\"hi\", null], \"response_a\": \"[null]\", "
        "\"response_b\": [\"r\"], \"winner_model_a\": 0, \"winner_model_b\": 1, \"winner_tie\": false}\n";
    assert_string_equal(picked(line), "arena55k");
    const struct rf_sink_count c = read_text(db, "arena55k", "a.jsonl", line);
    assert_int_equal(c.votes, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE text = 'hi' AND turns = 2"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM preference WHERE key = '7' AND winner = 'b'"), 1);
    rf_db_close(db);
}

static void turns_ties_and_long_ids_are_read(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_count c = read_text(
        db, "arena55k", "a.csv",
        HEAD GOOD
        "18446744073709551617,x,y,\"[\"\"one\"\",\"\"two\"\",null]\",\"[\"\"r\"\",null]\",\"[\"\"\"\"]\",0,0,1\r\n"
        "3,y,x,\"[\"\"\\u0068i\"\"]\",\"[\"\"\\ud83d\"\"]\",\"[\"\"s\"\"]\",0,1,0\n");
    assert_int_equal(c.rows, 3);
    assert_int_equal(c.kept, 3);
    assert_int_equal(c.votes, 3);
    assert_int_equal(c.ties, 1);
    assert_int_equal(c.prompts, 2); /* "hi" under two spellings is one prompt */
    assert_int_equal(c.repaired, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM preference WHERE key = '18446744073709551617' AND winner = 'tie'"),
                     1);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM prompt WHERE turns = 3 AND text = 'one' AND more = '[\"two\",\"\"]'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM preference WHERE length(response_a_hash) = 32 AND "
                             "length(response_b_hash) = 32"),
                     3);
    assert_int_equal(ask(db, "SELECT count(*) FROM response"), 0);
    assert_int_equal(ask(db, "SELECT response_b_bytes FROM preference WHERE id = 1"), 0); /* null is empty */
    assert_int_equal(ask(db, "SELECT count(*) FROM source_row WHERE row IN (0, 2) AND prompt = 1"), 2);
    rf_db_close(db);
}

static void an_array_is_read_as_its_elements_in_lines(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c = read_text(db, "votes", "v.json",
                                       "[\n  {\"model_a\": \"x\", \"model_b\": \"y\",\n   \"winner\": \"b\"},\n"
                                       "  {\"model_a\": \"x\"\n  },\n  7, {\"model_a\" \"x\"},\n"
                                       "{\"winner\": \"a\", \"model_a\": \"x\", \"model_b\": \"y\"}\n]\n");
    struct rf_err err = { 0 };
    assert_int_equal(c.rows, 5);
    assert_int_equal(c.votes, 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM preference WHERE line = 2 OR line = 7"), 2);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE field = 'model_b'"), 4);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'bad JSON' AND line = 6"), 2);
    assert_int_equal(read_with(db, "votes", "w.json", "[{\"model_a\": \"x\", \"model", &plain_options, &c, &err),
                     RF_BAD_INPUT);
    assert_string_equal(err.msg, "w.json:1: found the end of the file within this element, expected its end and ']'");
    c = read_text(db, "votes", "e.json", "[]");
    assert_int_equal(c.rows, 0);
    rf_db_close(db);
}

static void bad_rows_are_dropped_with_their_lines(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_count c = read_text(db, "arena55k", "a.csv",
                                             HEAD GOOD "2,x,y,\"[null]\",\"[]\",\"[]\",1,0,0\n"
                                                       "3,x,y,\"[\"\"\"\"]\",\"[]\",\"[]\",1,0,0\n"
                                                       "4,x,y,\"[]\",\"[]\",\"[]\",1,0,0\n"
                                                       "5,x,y,\"[\"\"a\nb\"\"\",\"[]\",\"[]\",1,0,0\n"
                                                       "6,x,y,\"[\"\"a\"\"]\",\"[]\",\"[]\",1,1,0\n"
                                                       "7,x,y,\"[\"\"a\"\"]\",\"[]\",\"[]\",0,0,0\n"
                                                       "8,x,,\"[\"\"a\"\"]\",\"[]\",\"[]\",1,0,0\n"
                                                       "9,x,y,short\n");
    assert_int_equal(c.rows, 9);
    assert_int_equal(c.kept, 1);
    assert_int_equal(c.dropped, 8);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'empty prompt' AND line IN (3, 4, 5)"), 3);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'bad list of turns'"), 6);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'bad winner' AND line IN (8, 9)"), 2);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'no name'"), 10);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'wrong number of fields'"), 11);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt"), 1);
    rf_db_close(db);
}

static void the_same_vote_is_known_and_another_verdict_dropped(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    read_text(db, "arena55k", "a.csv", HEAD GOOD);
    const struct rf_sink_count c = read_text(db, "arena55k", "b.csv",
                                             HEAD "1,x,y,\"[\"\"other escapes\"\"]\",\"[]\",\"[]\",1,0,0\n"
                                                  "1,x,y,\"[\"\"hi\"\"]\",\"[]\",\"[]\",0,1,0\n"
                                                  "1,y,x,\"[\"\"hi\"\"]\",\"[]\",\"[]\",0,1,0\n");
    assert_int_equal(c.known, 1);
    assert_int_equal(c.dropped, 2);
    assert_int_equal(c.votes, 0);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'same id, other verdict'"), 2);
    assert_int_equal(ask(db, "SELECT prompt FROM source_row WHERE source = 2 AND row = 0"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt"), 1);
    rf_db_close(db);
}

static void too_many_drops_store_nothing(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    struct rf_err err = { 0 };
    const struct rf_sink_options strict = { .max_errors = 0 }, lax = { .max_errors = 1 };
    static const char bad[] = HEAD "1,x,y,\"[\"\"hi\"\"]\",\"[]\",\"[]\",7,0,0\n";
    assert_int_equal(read_with(db, "arena55k", "a.csv", bad, &plain_options, &c, &err), RF_BAD_INPUT); /* all of them */
    assert_non_null(strstr(err.msg, "bad winner"));
    assert_non_null(strstr(err.msg, "line 2"));
    err = (struct rf_err){ 0 };
    assert_int_equal(read_with(db, "arena55k", "a.csv", HEAD GOOD "2,x,y,[],[],[],1,0,0\n", &strict, &c, &err),
                     RF_BAD_INPUT);
    assert_int_equal(ask(db, "SELECT (SELECT count(*) FROM source) + (SELECT count(*) FROM preference)"), 0);
    err = (struct rf_err){ 0 };
    assert_int_equal(read_with(db, "arena55k", "a.csv", bad, &lax, &c, &err), 0);
    rf_db_close(db);
}

static void damaged_tables_stop(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    static const char *const damaged[] = { HEAD "1,x,y,\"[\"\"hi", "id,model_a\n1,x\n", "" };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct rf_err err = { 0 };
        assert_int_equal(read_with(db, "arena55k", "a.csv", damaged[i], &plain_options, &c, &err), RF_BAD_INPUT);
        assert_non_null(strstr(err.msg, "a.csv"));
    }
    assert_int_equal(ask(db, "SELECT count(*) FROM source"), 0);
    rf_db_close(db);
}

static void plain_votes_may_lack_their_prompts(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c = read_text(db, "votes", "v.csv",
                                       "winner,model_b,extra,model_a,prompt_id,prompt_bytes,judge,weight\n"
                                       "model_a,y,1,x,p1,12,,\ntie (bothbad),y,2,x,p1,12,gpt-4,0.5\nA,y,3,x,,,,\n"
                                       "left,y,4,x,p2,5,,\nb,y,5,x,p2,five,,\nb,y,6,x,p2,5,,-1\n");
    assert_int_equal(c.votes, 3);
    assert_int_equal(c.unjudged, 2);
    assert_int_equal(c.ties, 1);
    assert_int_equal(c.prompts, 1);
    assert_int_equal(c.dropped, 3);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE text IS NULL AND bytes = 12"), 1);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM preference WHERE judge = 'gpt-4' AND weight = 0.5 AND winner = 'bothbad'"), 1);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM preference WHERE prompt IS NULL AND judge = 'human' AND winner = 'a'"), 1);
    c = read_text(db, "votes", "v.jsonl",
                  "{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"b\", \"prompt\": \"hi\", \"id\": 7}\n\n"
                  "{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"b\", \"prompt\": \"hi\", \"id\": \"7\"}\n"
                  "{\"model_a\": \"x\", \"model_b\": \"y\"}\n[1]\n{\"a\n");
    assert_int_equal(c.rows, 5);
    assert_int_equal(c.votes, 1);
    assert_int_equal(c.known, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'bad JSON'"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'no winner'"), 1);
    rf_db_close(db);
}

static void votes_may_be_scores_names_and_orders(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    static const char head[] = "model_a,model_b,winner,score_a,score_b,shown_first,task\n";
    struct rf_buf text = { 0 };
    struct rf_err err = { 0 };
    struct rf_sink_count c = { 0 };
    assert_string_equal(picked("model_a,model_b,score_a,score_b\nx,y,1,2\n"), "votes");
    assert_int_equal(rf_buf_printf(&text, NULL,
                                   "%sx,y,,3,4.5,b,code\nx,y,,-1,-1,,\nx,y,y,,,model_a,\nx,y,a,1,9,x,\n" /* 2..5 */
                                   "x,y,,3,,,\nx,y,,,,,\nx,y,z,1,2,,\nx,y,a,one,2,,\nx,y,a,,inf,,\n"     /* 6..10 */
                                   "x,y,a,,,tie,\na,b,a,,,,\nb,a,a,,,,\nx,x,x,,,,\nx,x,tie,,,,\n",       /* 11.. */
                                   head),
                     0);
    const struct rf_sink_options lax = { .max_errors = 100 };
    assert_int_equal(read_with(db, "votes", "v.csv", text.data, &lax, &c, &err), 0);
    assert_int_equal(c.votes, 6);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 2 AND winner = 'b' AND score_a = 3 AND score_b = "
                             "4.5 AND shown_first = 'b' AND task = 'code'"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 3 AND winner = 'tie' AND score_a = -1 AND "
                             "shown_first IS NULL AND task IS NULL"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 4 AND winner = 'b' AND shown_first = 'a'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 5 AND winner = 'a' AND score_b = 9 AND "
                             "shown_first = 'a'"),
                     1); /* a winner that is named stands */
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 12 AND winner = 'a'"),
                     1); /* word and name agree */
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 15 AND winner = 'tie'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'bad winner' AND line IN (8, 13, 14)"), 3);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'no winner' AND line IN (6, 7)"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'bad score' AND line IN (9, 10)"), 2);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'bad order'"), 11);
    rf_buf_release(&text);
    rf_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_known_by_their_columns),
        cmocka_unit_test(a_lacking_column_is_named_and_other_files_of_the_folder_are_left),
        cmocka_unit_test(votes_of_arena_may_be_json_lines),
        cmocka_unit_test(turns_ties_and_long_ids_are_read),
        cmocka_unit_test(an_array_is_read_as_its_elements_in_lines),
        cmocka_unit_test(bad_rows_are_dropped_with_their_lines),
        cmocka_unit_test(the_same_vote_is_known_and_another_verdict_dropped),
        cmocka_unit_test(too_many_drops_store_nothing),
        cmocka_unit_test(damaged_tables_stop),
        cmocka_unit_test(votes_may_be_scores_names_and_orders),
        cmocka_unit_test(plain_votes_may_lack_their_prompts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
