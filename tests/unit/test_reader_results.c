/* Unit tests of the readers of scores, costs and tokens a line: results, llmrouter, routerarena, zeroeval,
 * arena-bench, scores; and of the check of costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "reader_fixture.h"

/* ---- results ---- */

static void results_know_the_names_that_users_give_their_columns(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    assert_string_equal(picked("prompt,bench,model_name,score\n"), "results");
    read_text(
        db, "results", "a.csv",
        "\xEF\xBB\xBFscore,model_name,bench,prompt,total_cost,prompt_tokens,completion_tokens,latency_ms,response\r\n"
        "1.0,m,b,\"a\r\nb\",0.25,12.0,3,250,yes\r\n0.5,n,b,\"a\r\nb\",,,,,\r\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE prompt = 'a' || char(13, 10) || 'b'"), 2);
    assert_int_equal(ask(db,
                         "SELECT count(*) FROM results WHERE cost = 0.25 AND input_tokens = 12 AND output_tokens = 3 "
                         "AND latency = 0.25 AND response_bytes = 3"),
                     1);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM result WHERE latency IS NULL AND cost IS NULL AND response_bytes = 0"), 1);
    read_text(db, "results", "b.jsonl",
              "{\"task\": \"c\", \"model\": \"m\", \"score\": true, \"sample_id\": 7, \"latency\": 1.5, \"response\": "
              "\"r\"}\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE bench = 'c' AND key = '7' AND latency = 1.5"), 1);
    const struct rf_sink_count c = read_text(
        db, "results", "d.csv",
        "task,model,score,sample_id,latency,input_tokens\nb,m,1,x,-1,\nb,m,1,y,,1.5\nb,m,1,z,,-3\nb,m,1,w,0,\n");
    assert_int_equal(c.dropped, 3);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE field = 'latency'"), 2);
    rf_db_close(db);
}

/* A header of any width may be asked for its names. */
static void tables_may_be_wide(void **state)
{
    (void)state;
    enum { COLUMNS = 9000 };
    char *const text = test_malloc(COLUMNS * 8), *p = text;
    p += sprintf(p, "model,score,prompt,task");
    for (int i = 0; i < COLUMNS; i++)
        p += sprintf(p, ",c%d", i);
    strcpy(p, "\n");
    assert_string_equal(picked(text), "results");
    test_free(text);
}

static void models_without_a_name_are_dropped(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_count c =
        read_text(db, "results", "x.csv", "task,model,score,prompt\nb,NaN,1,p\nb, ,1,p\nb,,1,p\nb,m,1,p\n");
    assert_int_equal(c.results, 1);
    assert_int_equal(c.dropped, 3);
    assert_int_equal(ask(db, "SELECT count(*) FROM model"), 1);
    rf_db_close(db);
}

/* A table of 200 results of which every fourth has no score, as pandas writes that, and one has a word. */
static void blanks_of_any_layout_are_missing_and_never_too_many(void **state)
{
    (void)state;
    static const char *const blank[] = { "", "NaN", "nan", "None", "null", "NA" };
    static const struct {
        const char *format, *head, *start, *middle, *end; /* a row: start, the question's number, middle, score, end */
        const char *word;                                 /* reason for which a word in its place is dropped */
    } layout[] = {
        { "results", "task,sample_id,model,score\n", "b,q", ",m,", "\n", "bad number" },
        { "embedllm", "prompt_id,prompt,model_id,model_name,label\n", "0,q", ",0,m,", "\n", "bad number" },
        { "mtbench-judgements", "question_id,model,turn,score\n", "", ",m,1,", "\n", "bad score" },
        { "zeroeval", "id,model,correct\n", "", ",m,", "\n", "bad number" },
        { "routerbench", "sample_id,prompt,eval_name,m,m|total_cost,m|model_response\n", "s", ",\"['q']\",b.t,", ",,\n",
          "bad score" },
        { "routellm", "prompt,m\n", "q", ",", "\n", "bad score" },
    };
    for (size_t l = 0; l < sizeof layout / sizeof *layout; l++) {
        struct rf_db *db = new_db();
        struct rf_buf text = { 0 };
        char sql[200];
        rf_buf_printf(&text, NULL, "%s", layout[l].head);
        for (int i = 0; i < 200; i++) { /* ids of MT-Bench are 81 to 160; the others' do not matter */
            const char *const score = i == 5  ? "good"
                                      : i % 4 ? "1"
                                              : blank[(size_t)i / 4 % (sizeof blank / sizeof *blank)];
            rf_buf_printf(&text, NULL, "%s%d%s%s%s", layout[l].start, i, layout[l].middle, score, layout[l].end);
        }
        struct rf_sink_options o = plain_options;
        struct rf_sink_count c = { 0 };
        struct rf_err err = { 0 };
        o.bench = "b";
        assert_int_equal(read_with(db, layout[l].format, "x.csv", text.data, &o, &c, &err), 0);
        assert_int_equal(c.missing, 50);
        assert_int_equal(c.results, 149);
        assert_int_equal(c.dropped, 1);
        assert_int_equal(ask(db, "SELECT missing FROM source"), 50);
        assert_int_equal(ask(db, "SELECT count(*) FROM result WHERE score = 0"), 0);
        snprintf(sql, sizeof sql, "SELECT line FROM dropped WHERE reason = '%s'", layout[l].word);
        assert_int_equal(ask(db, sql), 7);
        rf_buf_release(&text);
        rf_db_close(db);
    }
}

static void a_blank_score_of_a_known_question_is_no_known_row(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_count c =
        read_text(db, "results", "x.csv", "task,model,score,sample_id\nb,m,1,q\nb,n,,q\nb,m,1,q\nb,o,,r\n");
    assert_int_equal(c.results, 1);
    assert_int_equal(c.missing, 2);
    assert_int_equal(c.known, 1);
    assert_int_equal(c.kept, 2); /* the last one brings a question */
    assert_int_equal(ask(db, "SELECT count(*) FROM model"), 1);
    rf_db_close(db);
}

/* Rows of one question that stand together are not looked up again; what differs in any word still is. */
static void rows_of_one_question_may_stand_together_or_not(void **state)
{
    (void)state;
    static const char *const tables[] = {
        "task,model,score,sample_id,prompt\nb/t,m,1,q,p\nb/t,n,0,q,p\nb/t,o,1,q,p\nb/t,m,1,r,p\n",
        "task,model,score,sample_id,prompt\nb/t,m,1,q,p\nb/t,m,1,r,p\nb/t,n,0,q,p\nb/t,o,1,q,p\n",
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct rf_db *db = new_db();
        struct rf_sink_count c = read_text(db, "results", "x.csv", tables[i]);
        assert_int_equal(c.items, 2);
        assert_int_equal(c.results, 4);
        assert_int_equal(c.kept, 4);
        assert_int_equal(c.dropped, 0);
        assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE key = 'q' AND task = 't' AND prompt = 'p'"), 3);
        assert_int_equal(ask(db, "SELECT count(*) FROM source_row WHERE prompt = 1"), 4);
        c = read_text(db, "results", "y.csv",
                      "task,model,score,sample_id,prompt\nb/t,x,1,q,p\nb/t,y,1,q,other\nb/t,z,1,q,p\nb/t,z,1,q,p\n"
                      "b/u,z,1,r,p\nc/t,z,1,q,p\n");
        assert_int_equal(c.results, 4);
        assert_int_equal(c.known, 1);
        assert_int_equal(c.items, 1);
        assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'same id, other prompt'"), 3);
        rf_db_close(db);
    }
}

/* ---- EmbedLLM ---- */

static void embedllm_joins_questions_by_text(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    static const char train[] = "prompt_id,model_id,category_id,category,label,prompt,model_name\n0,0,1,mmlu,1,one,a\n"
                                "0,1,1,mmlu,0,one,b\n1,0,1,piqa,,two,a\n1,1,1,piqa,x,two,b\n2,0,1,piqa,1,,a\n";
    assert_string_equal(picked(train), "embedllm");
    assert_string_equal(picked("question_id,question,model_id,model_name,label\n"), "embedllm");
    struct rf_sink_count c = read_text(db, "embedllm", "train.csv", train);
    assert_int_equal(c.results, 2);
    assert_int_equal(c.missing, 1);
    assert_int_equal(c.dropped, 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE bench = 'embedllm' AND task = 'mmlu' AND prompt = "
                             "'one' AND score = (model = 'a')"),
                     2);
    /* ids start anew in each file */
    c = read_text(db, "embedllm", "test.csv", "question_id,question,model_id,model_name,label\n0,three,0,a,1.0\n");
    assert_int_equal(c.results, 1);
    assert_int_equal(ask(db, "SELECT count(DISTINCT key) FROM results"), 2);
    rf_db_close(db);
}

/* ---- RouterArena ---- */

#define ARENA_HEAD "{\"global_index\": \"MMLUPro_computer science_7\", \"question\": \" q\\n\", \"llm_selected\": "
#define ARENA(model, usage, result)                                                                                    \
    ARENA_HEAD "\"" model "\", \"generated_answer\": \"yes\", \"token_usage\": " usage                                 \
               ", \"success\": true, \"evaluation_result\": " result "}\n"

static void routerarena_keeps_continuous_scores_and_leaves_out_what_was_not_evaluated(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    static const char text[] = ARENA(
        "m", "{\"input_tokens\": 349, \"output_tokens\": 120, \"total_tokens\": 469}",
        "{\"ground_truth\": \"610\", \"score\": -0.033, \"metric\": \"chess\", \"inference_cost\": 0.5}")
        ARENA("n", "{}",
              "null") "{\"global_index\": \"AIME_1\", \"question\": \"r\", \"llm_selected\": \"m\", \"run_number\": 1, "
                      "\"token_usage\": null, \"evaluation_result\": {\"score\": 1}}\n"
                      "{\"global_index\": \"AIME_1\", \"question\": \"r\", \"llm_selected\": \"m\", \"run_number\": 2, "
                      "\"evaluation_result\": {\"score\": 0}}\n"
                      "{\"global_index\": \"AIME_2\", \"question\": \"s\", \"llm_selected\": \"m\", "
                      "\"evaluation_result\": {\"score\": 1, \"inference_cost\": -1}}\n";
    assert_string_equal(picked(text), "routerarena");
    const struct rf_sink_count c = read_text(db, "routerarena", "m.jsonl", text);
    assert_int_equal(c.items, 2);
    assert_int_equal(c.results, 2);
    assert_int_equal(c.missing, 1); /* what a later run says is left out, and no more missing than there */
    assert_int_equal(c.dropped, 1);
    assert_int_equal(ask(db,
                         "SELECT count(*) FROM results WHERE bench = 'routerarena' AND task = 'MMLUPro_computer "
                         "science' AND key = 'MMLUPro_computer science_7' AND prompt = ' q' || char(10) AND model = "
                         "'m' AND score = -0.033 AND cost = 0.5 AND input_tokens = 349 AND output_tokens = 120 AND "
                         "response_bytes = 3"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE task = 'AIME' AND score = 1 AND input_tokens IS NULL"),
                     1);
    rf_db_close(db);
}

/* Notes of a sink that read text; *first gets the first one. */
static size_t notes_of(struct rf_db *db, const char *format, const char *text, struct rf_sink_reason *first)
{
    struct rf_sink *sink = NULL;
    struct rf_input *in = NULL;
    const struct rf_reader *r = NULL;
    size_t n = 0;
    assert_int_equal(rf_reader_need(format, &r, NULL), 0);
    assert_int_equal(rf_input_memory(&in, "t", text, strlen(text), NULL), 0);
    assert_int_equal(rf_sink_new(&sink, db, &plain_options, NULL), 0);
    assert_int_equal(rf_sink_begin(sink, in, "t", "t", format, NULL), 0);
    assert_int_equal(r->read(in, sink, NULL), 0);
    assert_int_equal(rf_sink_end(sink, (const uint8_t[RF_SHA256_SIZE]){ 0 }, strlen(text), NULL), 0);
    const struct rf_sink_reason *const note = rf_sink_notes(sink, &n);
    if (n)
        *first = note[0];
    rf_sink_free(sink);
    rf_input_close(in);
    return n;
}

static void a_cost_that_no_price_list_gives_is_kept_and_noted(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_reason note = { 0 };
    assert_int_equal(
        rf_db_exec(db,
                   "INSERT INTO source VALUES (9, 'p', 'p', 'x', 'p', 1, 1, 1, 0, 0, 0, 'now', 0);"
                   "INSERT INTO price (source, model, input, output, line) VALUES (9, 'm', 1e-6, 2e-6, 1), "
                   "(9, 'm', 3e-6, 3e-6, 2), (9, 'n', NULL, 1, 3)",
                   NULL),
        0);
    assert_int_equal(notes_of(db, "results",
                              "task,model,score,sample_id,cost,input_tokens,output_tokens\n"
                              "b,m,1,w,0.0005,100,200\nb,m,1,x,0.0009,100,200\nb,m,1,y,0.00089,100,200\n"
                              "b,n,1,z,7,100,200\nb,m,1,v,7,,200\nb,other,1,u,7,1,2\n",
                              &note),
                     1);
    assert_int_equal(note.n, 1);
    assert_int_equal(note.line, 4);
    assert_string_equal(note.detail, "found 0.00089, expected 0.0009");
    assert_int_equal(ask(db, "SELECT count(*) FROM result"), 6);
    rf_db_close(db);
}

/* ---- ZeroEval ---- */

static void zeroeval_meets_its_questions_in_either_order_and_names_the_bench_by_the_file(void **state)
{
    (void)state;
    static const char scores[] =
        "id,model,correct,input_chars,output_chars\r\nx#0,m,1,5,6\r\nx#0,n,0,5,6\r\nx#1,m,,5,6\r\n"
        "x#1,n,maybe,5,6\r\n";
    static const char prompts[] = "{\"id\": \"x#0\", \"prompt\": \"a \", \"answer\": \"# 18\"}\n"
                                  "{\"id\": \"x#1\", \"prompt\": \"b\", \"answer\": \"\"}\n";
    assert_string_equal(picked(scores), "zeroeval");
    for (int order = 0; order < 2; order++) {
        struct rf_db *db = new_db();
        if (order)
            read_text(db, "zeroeval", "d/math_l5_prompts.jsonl", prompts);
        const struct rf_sink_count c = read_text(db, "zeroeval", "d/math_l5_scores.csv", scores);
        if (!order)
            read_text(db, "zeroeval", "d/math_l5_prompts.jsonl", prompts);
        assert_int_equal(c.results, 2);
        assert_int_equal(c.dropped, 1);
        assert_int_equal(ask(db, "SELECT count(*) FROM item WHERE bench = 'math-l5'"), 2);
        assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE prompt = 'a ' AND input_tokens IS NULL"), 2);
        rf_db_close(db);
    }
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    const struct rf_sink_options named = { .bench = "mine", .max_errors = -1 };
    assert_int_equal(read_with(db, "zeroeval", "x.csv", "model,id,correct\nm,3,True\n", &named, &c, NULL), 0);
    assert_int_equal(ask(db, "SELECT count(*) FROM results WHERE bench = 'mine' AND key = '3' AND score = 1"), 1);
    rf_db_close(db);
}

/* ---- LLMRouter ---- */

static void llmrouter_questions_join_by_text_and_take_the_task_from_the_file_that_knows_it(void **state)
{
    (void)state;
    static const char data[] =
        "[\n  {\n    \"question\": \"q\\n\",\n    \"scores\": {\"m\": 0.25, \"n\": null, \"o\": true, "
        "\"p\": \"x\"},\n    \"cluster_id\": 2\n  },\n"
        "  {\"question\": \"r\", \"scores\": [1], \"cluster_id\": 0}\n]\n";
    static const char queries[] =
        "{\"task_name\": \"math\", \"query\": \"q\\n\", \"ground_truth\": \"C\", \"metric\": \"em_mc\", \"choices\": "
        "null}\n"
        "{\"task_name\": \"other\", \"query\": \"q\\n\", \"ground_truth\": \"C\", \"metric\": \"em_mc\"}\n"
        "{\"task_name\": null, \"query\": \"s\", \"ground_truth\": \"C\", \"metric\": \"em_mc\"}\n";
    assert_string_equal(picked(data), "llmrouter");
    assert_string_equal(picked(queries), "llmrouter");
    for (int order = 0; order < 2; order++) {
        struct rf_db *db = new_db();
        if (order)
            read_text(db, "llmrouter", "q.jsonl", queries);
        const struct rf_sink_count c = read_text(db, "llmrouter", "r.json", data);
        if (!order)
            read_text(db, "llmrouter", "q.jsonl", queries);
        assert_int_equal(c.results, 2);
        assert_int_equal(c.dropped, 2);
        assert_int_equal(ask(db, "SELECT line FROM dropped WHERE field = 'p'"), 2);
        assert_int_equal(ask(db, "SELECT count(*) FROM item"), 2);
        assert_int_equal(ask(db,
                             "SELECT count(*) FROM results WHERE bench = 'llmrouter' AND task = 'math' AND prompt = "
                             "'q' || char(10) AND (score = 0.25 OR model = 'o' AND score = 1)"),
                         2);
        rf_db_close(db);
    }
}

static void llmrouter_logs_hold_one_call_a_line(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    static const char log[] =
        "{\"task_name\": \"gsm8k\", \"query\": \"q\", \"ground_truth\": \"2\", \"metric\": \"GSM8K\", \"model_name\": "
        "\"m\", "
        "\"response\": \"2\", \"token_num\": 453, \"input_tokens\": 449, \"output_tokens\": 4, \"response_time\": 1.5, "
        "\"api_key_used\": \"\", \"performance\": 1.0, \"embedding_id\": 42, \"user_id\": null}\n"
        "{\"task_name\": \"gsm8k\", \"query\": \"q\", \"model_name\": \"n\", \"performance\": null, \"response_time\": "
        "2}\n"
        "{\"task_name\": \"gsm8k\", \"model_name\": \"n\", \"performance\": 0.5}\n";
    assert_string_equal(picked(log), "llmrouter");
    const struct rf_sink_count c = read_text(db, "llmrouter", "log.jsonl", log);
    assert_int_equal(c.items, 1);
    assert_int_equal(c.dropped, 1);
    assert_int_equal(c.results, 1);
    assert_int_equal(ask(db,
                         "SELECT count(*) FROM results WHERE task = 'gsm8k' AND latency = 1.5 AND input_tokens = 449 "
                         "AND output_tokens = 4 AND score = 1 AND response_bytes = 1"),
                     1);
    rf_db_close(db);
}

/* ---- arena-bench ---- */

static void arena_bench_keeps_blanks_missing_and_shares_its_ids_with_the_arena(void **state)
{
    (void)state;
#define HEX "66c00ddde3dc4128a14d6afd5e899342"
    static const char scores[] =
        "question_id,model,score,judgment_chars\n" HEX ",m,8,3\n" HEX ",n,10.0,3\n" HEX ",o,,3\n";
    static const char questions[] =
        "{\"question_id\":\"" HEX
        "\",\"category\":\"arena-bench-v1\",\"turns\":[\"what?\"],\"required_temperature\":0}\n";
    assert_string_equal(picked(scores), "mtbench-judgements");
    for (int order = 0; order < 2; order++) {
        struct rf_db *db = new_db();
        if (order)
            read_text(db, "mtbench-questions", "arena_bench_v1/question.jsonl", questions);
        const struct rf_sink_count c = read_text(db, "mtbench-judgements", "arena_bench_v1/scores.csv", scores);
        if (!order)
            read_text(db, "mtbench-questions", "arena_bench_v1/question.jsonl", questions);
        assert_int_equal(c.results, 2);
        assert_int_equal(c.dropped, 0);
        assert_int_equal(c.missing, 1);
        assert_int_equal(ask(db,
                             "SELECT count(*) FROM results WHERE bench = 'arena-bench-v1' AND task IS NULL AND turn = "
                             "1 AND prompt = 'what?'"),
                         2);
        assert_int_equal(ask(db, "SELECT count(*) FROM prompt_key k JOIN prompt p ON p.id = k.prompt WHERE k.key = "
                                 "'arena/" HEX "' AND text = 'what?'"),
                         1);
        assert_int_equal(ask(db, "SELECT count(*) FROM prompt"), 1);
        rf_db_close(db);
    }
}

/* ---- other routers' scores ---- */

static void scores_of_other_routers_are_kept_by_router_and_prompt(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    assert_string_equal(picked("prompt,score\n"), "scores");
    assert_string_equal(picked("router,prompt,score\n"), "scores");
    assert_string_equal(picked("prompt,mf,bert\nx,0.1,0.2\n"), "scores");
    assert_string_equal(picked("prompt,score,model\n"), "");
    struct rf_sink_count c =
        read_text(db, "scores", "mine/bert2", "prompt,score\r\n\"a\r\nb\",0.25\r\nb,\r\nc,x\r\n,1\r\n");
    assert_int_equal(c.scores, 1);
    assert_int_equal(c.dropped, 2);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM external_score e JOIN prompt p ON p.id = e.prompt WHERE router = 'bert2' "
                "AND score = 0.25 AND text = 'a' || char(13, 10) || 'b'"),
        1);
    c = read_text(
        db, "scores", "y.jsonl",
        "{\"prompt\": \"c\", \"win_rate\": 0.5, \"router\": \"r\"}\n{\"prompt_id\": \"f/1\", \"win_rate\": 1}\n"
        "{\"prompt\": \"c\", \"win_rate\": 0.75, \"router\": \"r\"}\n");
    assert_int_equal(c.scores, 2);
    assert_int_equal(c.dropped, 1);
    c = read_text(db, "scores", "thresholds.csv",
                  "id,model_a,model_b,prompt,mf,random\n1,a,b,\"[\"\"x\"\", \"\"y\"\"]\",0.125,0.5\n2,a,b,x,0.1,0.2\n");
    assert_int_equal(c.scores, 2);
    assert_int_equal(c.dropped, 1);
    assert_int_equal(ask(db,
                         "SELECT count(*) FROM external_score e JOIN prompt p ON p.id = e.prompt WHERE router = 'mf' "
                         "AND score = 0.125 AND turns = 2 AND text = 'x'"),
                     1);
    rf_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_know_the_names_that_users_give_their_columns),
        cmocka_unit_test(tables_may_be_wide),
        cmocka_unit_test(models_without_a_name_are_dropped),
        cmocka_unit_test(blanks_of_any_layout_are_missing_and_never_too_many),
        cmocka_unit_test(rows_of_one_question_may_stand_together_or_not),
        cmocka_unit_test(a_blank_score_of_a_known_question_is_no_known_row),
        cmocka_unit_test(embedllm_joins_questions_by_text),
        cmocka_unit_test(routerarena_keeps_continuous_scores_and_leaves_out_what_was_not_evaluated),
        cmocka_unit_test(a_cost_that_no_price_list_gives_is_kept_and_noted),
        cmocka_unit_test(zeroeval_meets_its_questions_in_either_order_and_names_the_bench_by_the_file),
        cmocka_unit_test(llmrouter_questions_join_by_text_and_take_the_task_from_the_file_that_knows_it),
        cmocka_unit_test(llmrouter_logs_hold_one_call_a_line),
        cmocka_unit_test(arena_bench_keeps_blanks_missing_and_shares_its_ids_with_the_arena),
        cmocka_unit_test(scores_of_other_routers_are_kept_by_router_and_prompt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
