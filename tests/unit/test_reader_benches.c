/* Unit tests of the readers of benchmark results: routerbench, routellm, MT-Bench, contaminated, results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "datasets/benchname.h"
#include "reader_fixture.h"

#define RB                                                                                                             \
    ",sample_id,prompt,eval_name,m1,m2,m2|model_response,m1|model_response,m1|total_cost,m2|total_cost,oracle_model_"  \
    "to_route_to\n"

static void formats_are_known_by_their_columns(void **state)
{
    (void)state;
    assert_string_equal(picked(RB), "routerbench");
    assert_string_equal(picked("prompt,m1,m2\n\"a\nb\",True,False\n"), "routellm");
    assert_string_equal(picked("prompt,m1,m2\na,FALSE,\n"), "routellm");
    assert_string_equal(picked("prompt,m1,m2\na,true,7\n"), "");
    assert_string_equal(picked("prompt,m1,m1_response\na,True,True\n"), "");
    assert_string_equal(picked("prompt,m1,m2\na,yes,no\n"), "");
    assert_string_equal(picked("prompt,sample_id,m1,m1|total_cost\n"), "routerbench");
    assert_string_equal(picked("{\"question_id\": 81, \"category\": \"x\", \"turns\": [\"a\"]}"), "mtbench-questions");
    assert_string_equal(
        picked("{\"question_id\": 81, \"model\": \"m\", \"x\": {\"score\": 1}, \"score\": 9, \"turn\": 1, \"cut"),
        "mtbench-judgements");
    assert_string_equal(picked("{\"train_prompt\": \"a\", \"eval_prompt\": \"b\"}"), "contaminated");
    assert_string_equal(picked("task,model,score,prompt_id\n"), "results");
    assert_string_equal(picked("{\"nested\": {\"eval_prompt\": 1}}"), "");
    assert_string_equal(picked("task,model,score,prompt_id,model_a,model_b,winner\n"), "?");
}

static void a_split_sample_is_one_item(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_count c =
        read_text(db, "routerbench", "t.csv",
                  RB "0,arc.1,\"['shots', \"\"what's?\"\"]\",ARC-Challenge,1.0,,['B'],['A'],0.5,0.7,m1\n"
                     "1,arc.1,\"[\"\"what's?\"\"]\",ARC-Challenge,,0.25,['B'],['longer'],0.1,0.2,m2\n"
                     "2,mmlu-x.2,plain text,mmlu-us-history,0.0,,,,0.3,,no_model_correct\n");
    assert_int_equal(c.rows, 3);
    assert_int_equal(c.kept, 3);
    assert_int_equal(c.items, 2);
    assert_int_equal(c.results, 3);
    assert_int_equal(c.prompts, 2);
    assert_int_equal(
        ask(db,
            "SELECT count(*) FROM results WHERE bench = 'arc-challenge' AND model = 'm1' AND score = 1 AND cost = 0.5"),
        1);
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE bench = 'arc-challenge' AND model = 'm2' AND score = "
                             "0.25 AND cost = 0.2"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM item WHERE bench = 'mmlu' AND task = 'us_history'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE text = 'what''s?'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM source_row"), 3);
    assert_int_equal(ask(db, "SELECT sum(response_bytes) FROM result"), 2); /* "A" and "B": never the other row's */
    rf_db_close(db);
}

static void cells_that_contradict_are_dropped(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    read_text(db, "routerbench", "t.csv", RB "0,a,['p'],b,1.0,0.0,,,0.5,0.7,m1\n");
    const struct rf_sink_count c =
        read_text(db, "routerbench", "u.csv",
                  RB "0,a,['p'],b,1.0,1.0,,,0.5,0.7,m1\n1,a,['q'],b,1.0,0.0,,,0.5,0.7,m1\n"
                     "2,c,['p'],b,good,0.0,,,0.5,-0.7,m1\n3,d,[],b,1.0,0.0,,,,,m1\n4,e,['p'],b,nan,,,,1,1,m1\n");
    assert_int_equal(c.dropped, 5);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'same cell, other score'"), 2);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'same id, other prompt'"), 3);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'bad score'"), 4);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'bad cost'"), 4);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'empty prompt'"), 5);
    assert_int_equal(ask(db, "SELECT count(*) FROM result"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt"), 1);
    rf_db_close(db);
}

static void a_model_without_a_cost_column_is_read_and_one_without_both_is_named(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink *sink = NULL;
    struct rf_input *in = NULL;
    const struct rf_reader *r = NULL;
    struct rf_err err = { 0 };
    static const char text[] =
        "sample_id,prompt,eval_name,m1,m2,m3,m1|total_cost,m2|model_response,oracle_model_to_route_to\n"
        "a,['p'],b,1.0,0.5,0.1,0.25,['r'],m1\n";
    assert_int_equal(rf_reader_need("routerbench", &r, &err), 0);
    assert_int_equal(rf_input_memory(&in, "t.csv", text, strlen(text), &err), 0);
    assert_int_equal(rf_sink_new(&sink, db, &plain_options, &err), 0);
    assert_int_equal(rf_sink_begin(sink, in, "t", "t.csv", r->name, &err), 0);
    assert_int_equal(r->read(in, sink, &err), 0);
    assert_int_equal(rf_sink_end(sink, (const uint8_t[RF_SHA256_SIZE]){ 0 }, sizeof text - 1, &err), 0);
    assert_string_equal(rf_sink_unused_names(sink), "\"m3\"");
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE model = 'm1' AND cost = 0.25"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE model = 'm2' AND score = 0.5 AND cost IS NULL"), 1);
    rf_sink_free(sink);
    rf_input_close(in);
    rf_db_close(db);
}

static void wide_headers_are_checked(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    static const char *const bad[][2] = { { "sample_id,prompt,m,m|total_cost\n", "eval_name" },
                                          { "sample_id,prompt,eval_name,m\n", "no column of a model" },
                                          { "sample_id,prompt,eval_name,m,m,m|total_cost\n", "two columns \"m\"" } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rf_err err = { 0 };
        assert_int_equal(read_with(db, "routerbench", "t.csv", bad[i][0], &plain_options, &c, &err), RF_BAD_INPUT);
        assert_non_null(strstr(err.msg, bad[i][1]));
    }
    char many[9000]; /* commas: as many columns and one */
    struct rf_err err = { 0 };
    memset(many, ',', sizeof many);
    memcpy(many, "sample_id,prompt,eval_name", 26);
    many[sizeof many - 1] = '\0';
    assert_int_equal(read_with(db, "routerbench", "t.csv", many, &plain_options, &c, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg, "t.csv:1: found 8976 columns, expected at most 8192");
    rf_db_close(db);
}

static void outcomes_keep_their_prompts_byte_for_byte(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c = read_text(db, "routellm", "x/mmlu_high_school.csv",
                                       "prompt,m1,m2,m1_response\n\" a\r\nb \",True,False,r\n\" a\r\nb \",False,,\n");
    assert_int_equal(c.items, 2);
    assert_int_equal(c.results, 3);
    assert_int_equal(c.prompts, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE text = ' a' || char(13, 10) || 'b '"), 1);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM item WHERE bench = 'mmlu' AND task = 'high_school' AND key IN ('#0', '#1')"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM model"), 2);
    c = read_text(db, "routellm", "gsm8k_responses.csv", "prompt,m1,m2\nq,True,maybe\n");
    assert_int_equal(c.dropped, 1);
    assert_int_equal(c.results, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM item WHERE bench = 'gsm8k' AND task IS NULL"), 1);
    const struct rf_sink_options named = { .bench = "mine", .max_errors = -1 };
    assert_int_equal(read_with(db, "routellm", "mmlu_y.csv", "prompt,m1,m2\nq,True,False\n", &named, &c, NULL), 0);
    assert_int_equal(ask(db, "SELECT count(*) FROM item WHERE bench = 'mine' AND task = 'y'"), 1);
    rf_db_close(db);
}

#define QUESTION "{\"question_id\": 81, \"category\": \"writing\", \"turns\": [\"one\", \"two\"], \"reference\": []}\n"
#define JUDGED                                                                                                         \
    "{\"question_id\": 81, \"model\": \"m\", \"judge\": [\"gpt-4\", \"v1\"], \"turn\": 1, \"score\": 9.5}\n"           \
    "{\"question_id\": 81, \"model\": \"m\", \"judge\": [\"gpt-4\", \"v1\"], \"turn\": 2, \"score\": -1}\n"            \
    "{\"question_id\": 81, \"model\": \"m\", \"judge\": [\"gpt-4\", \"v1\"], \"turn\": 1, \"score\": 9.5}\n"           \
    "{\"question_id\": 81, \"model\": \"m\", \"judge\": [\"gpt-4\", \"v1\"], \"turn\": 1, \"score\": 3}\n"

static void questions_and_judgements_meet_in_either_order(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct rf_db *db = new_db();
        if (order)
            read_text(db, "mtbench-questions", "question.jsonl", QUESTION);
        const struct rf_sink_count c = read_text(db, "mtbench-judgements", "j.jsonl", JUDGED);
        if (!order)
            read_text(db, "mtbench-questions", "question.jsonl", QUESTION);
        assert_int_equal(c.results, 1);
        assert_int_equal(c.known, 1);
        assert_int_equal(c.dropped, 1);
        assert_int_equal(c.missing, 1); /* -1 */
        assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'same cell, other score' AND line = 4"),
                         1);
        assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE bench = 'mt-bench' AND task = 'writing' AND key = "
                                 "'81' AND turn = 1 AND "
                                 "score = 9.5 AND prompt = 'one'"),
                         1);
        assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE turns = 2 AND more = '[\"two\"]'"), 1);
        rf_db_close(db);
    }
}

static void questions_of_other_benchmarks_take_the_folder(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    struct rf_err err = { 0 };
    static const char line[] = "{\"question_id\": \"abc\", \"category\": \"c\", \"turns\": [\"one\"]}\n";
    read_text(db, "mtbench-questions", "data/arena_bench_v1/question.jsonl", line);
    read_text(db, "mtbench-judgements", "data/arena_bench_v1/model_judgment/gpt-4_single.jsonl",
              "{\"question_id\": \"abc\", \"model\": \"m\", \"turn\": 1, \"score\": 7}\n");
    assert_int_equal(
        ask(db, "SELECT count(*) FROM results WHERE bench = 'arena-bench-v1' AND prompt = 'one' AND score = 7"), 1);
    assert_int_equal(read_with(db, "mtbench-questions", "question.jsonl", line, &plain_options, &c, &err),
                     RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "--bench"));
    rf_db_close(db);
}

static void contaminated_texts_are_hashed(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_count c = read_text(
        db, "contaminated", "c.jsonl",
        "{\"train_prompt\": \"x\", \"eval_prompt\": \"abc\"}\n{\"eval_prompt\": \"abc\"}\n{\"eval_prompt\": \"\"}\n");
    assert_int_equal(c.contaminated, 1);
    assert_int_equal(c.known, 1);
    assert_int_equal(c.dropped, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM contaminated WHERE hex(hash) LIKE 'BA7816BF%'"), 1);
    rf_db_close(db);
}

static void plain_results_join_by_id_or_by_prompt(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c = read_text(db, "results", "r.csv",
                                       "task,prompt_id,prompt_bytes,model,score,cost,input_tokens,turn\n"
                                       "mmlu/law,p1,77,m1,True,,,\nmmlu/law,p1,77,m2,0.5,0.01,12,\nmmlu/"
                                       "law,p2,,m1,,,,\nmmlu/law,p2,,m1,1,,x,\nmmlu/law,p3,9,m1,1,,,0\n");
    assert_int_equal(c.items, 2);
    assert_int_equal(c.results, 2);
    assert_int_equal(c.missing, 1);
    assert_int_equal(c.dropped, 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE bench = 'mmlu' AND task = 'law' AND key = 'p1'"), 2);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM result WHERE cost = 0.01 AND input_tokens = 12 AND output_tokens IS NULL"), 1);
    assert_int_equal(ask(db, "SELECT bytes FROM prompt WHERE text IS NULL"), 77);
    c = read_text(db, "results", "r.jsonl",
                  "{\"bench\": \"b\", \"prompt\": \"hi\", \"model\": \"m1\", \"score\": 1}\n{\"bench\": \"b\", "
                  "\"prompt\": \"hi\", \"model\": \"m2\", \"score\": 0}\n");
    assert_int_equal(c.items, 1);
    assert_int_equal(c.results, 2);
    assert_int_equal(c.prompts, 1);
    rf_db_close(db);
}

static void benchmarks_are_named_by_rule(void **state)
{
    (void)state;
    struct rf_benchname b = { 0 };
    static const char *const cases[][3] = { { "MMLU-Formal-Logic", "mmlu", "formal_logic" },
                                            { "mmlu_anatomy", "mmlu", "anatomy" },
                                            { "gsm8k_responses", "gsm8k", NULL },
                                            { "mmlu", "mmlu", NULL },
                                            { "_results", "_results", NULL } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(rf_benchname_set(&b, (struct rf_str){ cases[i][0], strlen(cases[i][0]) }, NULL), 0);
        assert_int_equal(b.bench.len, strlen(cases[i][1]));
        assert_memory_equal(b.bench.s, cases[i][1], b.bench.len);
        assert_int_equal(b.task.s != NULL, cases[i][2] != NULL);
        if (b.task.s)
            assert_memory_equal(b.task.s, cases[i][2], b.task.len);
    }
    rf_benchname_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_known_by_their_columns),
        cmocka_unit_test(a_split_sample_is_one_item),
        cmocka_unit_test(cells_that_contradict_are_dropped),
        cmocka_unit_test(a_model_without_a_cost_column_is_read_and_one_without_both_is_named),
        cmocka_unit_test(wide_headers_are_checked),
        cmocka_unit_test(outcomes_keep_their_prompts_byte_for_byte),
        cmocka_unit_test(questions_and_judgements_meet_in_either_order),
        cmocka_unit_test(questions_of_other_benchmarks_take_the_folder),
        cmocka_unit_test(contaminated_texts_are_hashed),
        cmocka_unit_test(plain_results_join_by_id_or_by_prompt),
        cmocka_unit_test(benchmarks_are_named_by_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
