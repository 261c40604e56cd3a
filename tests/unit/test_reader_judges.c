/* Unit tests of the readers of judge labels: reviews, AlpacaEval, JudgeBench, LLMBar, PandaLM, RouteLLM's gpt4_dataset,
 * and the prompts that they name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "datasets/foreign.h"
#include "reader_fixture.h"

#define REVIEW(id, score)                                                                                              \
    "{\"review_id\": \"r\", \"question_id\": " id                                                                      \
    ", \"reviewer_id\": 1, \"metadata\": {}, \"text\": \"t\", \"score\": " score "}\n"
#define ALPACA_HEAD "instruction_idx,annotator,generator_1,generator_2,preference,output_1_chars,output_2_chars\n"
#define LLMBAR(input, label)                                                                                           \
    "{\"input\": \"" input "\", \"output_1\": \"o\", \"output_2\": \"p\", \"label\": " label "}"
#define PANDALM(index, key, input, labels)                                                                             \
    "{\"idx\": " index ", \"motivation_app\": \"Gmail\", \"cmp_key\": \"" key                                          \
    "\", \"instruction\": \"do\", \"input\": \"" input "\", \"response1\": \"r\", \"response2\": \"s\", " labels "}"

#define PAIR(id, first, second)                                                                                        \
    "{\"question_id\": " id ", \"model_1\": \"y\", \"model_2\": \"x\", \"g1_winner\": \"" first                        \
    "\", \"g2_winner\": \"" second "\", \"judge\": [\"gpt-4\", \"pair-v2\"], \"turn\": 1, \"g1_judgment\": \"j\"}\n"
#define HARD(id, more) "{\"uid\": \"" id "\", \"model\": \"m\", \"judge\": \"gpt-4.1\", " more "}\n"

static const struct rf_sink_options lax = { .max_errors = 1000 };

/* Reads where rows may be dropped. */
static struct rf_sink_count read_lax(struct rf_db *db, const char *format, const char *path, const char *text)
{
    struct rf_sink_count c = { 0 };
    struct rf_err err = { 0 };
    if (read_with(db, format, path, text, &lax, &c, &err))
        fail_msg("%s", err.msg);
    return c;
}

static void formats_are_known_by_their_fields(void **state)
{
    (void)state;
    static const char *const known[][2] = {
        { REVIEW("1", "2"), "reviews" },
        { "message_id,answer1,answer2,score\nm,x,y,1\n", "reviews" },
        { "{\"question_id\": 1, \"text\": \"q\", \"category\": \"generic\"}\n", "named-prompts" },
        { "{\"message_id\": \"m\", \"lang\": \"ru\", \"text\": \"### Human: q ### Assistant:\"}\n", "named-prompts" },
        { "{\"idx\": 0, \"dataset\": \"d\", \"instruction\": \"q\"}\n", "named-prompts" },
        { ALPACA_HEAD, "alpaca-eval" },
        { "[\n  {\n    \"instruction\":\"i\",\n    \"output_1\":\"o\",\n    \"generator_1\":\"x\",\n    "
          "\"dataset\":\"d\",\n"
          "    \"output_2\":\"p\",\n    \"generator_2\":\"y\",\n    \"annotator\":\"j\",\n    \"preference\":1.5\n  "
          "}\n]",
          "alpaca-eval" },
        { "{\"pair_id\": \"p\", \"question\": \"q\", \"response_A\": \"\", \"response_B\": \"\", \"label\": \"A>B\"}\n",
          "judgebench" },
        { "pair_id,judge_name,judge_model,order,label,decision,score_first,score_second\n", "judgebench-judges" },
        { "[" LLMBAR("i", "1") "]", "llmbar" },
        { "set,index,judge,prompt,label,winner,winner_swapped\n", "llmbar-judges" },
        { "[" PANDALM("0", "x_y", "", "\"annotator1\": 1, \"annotator2\": 2, \"annotator3\": 0") "]", "pandalm" },
        { "[{\"idx\": 0, \"gpt_result\": \"1\", \"gpt_reason\": \"\", \"gpt_reference\": \"\"}]", "pandalm-results" },
        { "{\"prompt\": \"p\", \"source\": [\"s\"], \"gpt4_response\": \"\", \"mixtral_response\": \"\", "
          "\"mixtral_score\": 4}\n",
          "gpt4-dataset" },
        { "prompt,source,gpt4_response,mixtral_response,mixtral_score\n", "gpt4-dataset" },
        { PAIR("1", "tie", "tie"), "games" },
        { HARD("u", "\"games\": []"), "games" },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_string_equal(picked(known[i][0]), known[i][1]);
}

static void summaries_are_told_what_they_are(void **state)
{
    (void)state;
    static const char *const summary[] = {
        ",win_rate,standard_error,n_wins,n_wins_base,n_draws,n_total,mode,avg_length\n",
        "{\n \"natural/x/CoT\": {\n  \"correct_False\": \"1 / 2\",\n  \"correct_average\": \"50.0%\"\n }\n}",
    };
    for (size_t i = 0; i < 2; i++) {
        struct rf_sniffed s = { 0 };
        assert_string_equal(picked(summary[i]), "");
        assert_int_equal(rf_sniff_init(&s, "x", (struct rf_str){ summary[i], strlen(summary[i]) }, NULL), 0);
        assert_non_null(strstr(rf_foreign_names(&s.s), "behind"));
        rf_sniff_release(&s);
    }
}

/* Columns of names, read as a row, would be one row of nonsense. */
static void columns_are_no_rows(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool columns;
    } list[] = {
        { "{\"model_a\":{\"0\":\"x\"},\"model_b\":{\"0\":\"y\"},\"winner\":{\"0\":\"x\"}}", true },
        { " {\"id\": [1], \"model_a\" : [\"x\"], \"model_b\": [\"y\"], \"winner\": [\"x\"]}", true },
        { "{\"task\": {\"0\": \"b\"}, \"model\": {\"0\": \"m\"}, \"score\": {\"0\": 1}}", true },
        { "{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"a\"}", false },
        { "{\"model\": [\"x\"], \"prompt\": \"p\"}", false },
        { "{\"prompt\": \"{\\\"model_a\\\": [1]}\"}", false },
        { "{\"model_a\"", false },
        { "model_a,model_b\n\"\"\"model_a\"\":[\",y\n", false },
    };
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        const char *const advice = rf_foreign_bytes((struct rf_str){ list[i].text, strlen(list[i].text) });
        assert_int_equal(list[i].columns, advice && strstr(advice, "columns"));
    }
}

/* ---- reviews ---- */

static void both_orders_of_a_pair_are_one_pair(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c =
        read_text(db, "reviews", "d/answer-gpt4-vs-7b-guanaco-vicuna-generations-t0.7-gpt-4-reviewer-threeclass.jsonl",
                  REVIEW("1", "1") REVIEW("2", "2") REVIEW("3", "3") REVIEW("4", "-1"));
    assert_int_equal(c.votes, 4);
    assert_int_equal(c.ties, 1);
    assert_int_equal(c.unparsed, 1);
    assert_int_equal(c.unjudged, 0);
    c = read_text(db, "reviews", "d/7b-guanaco-vicuna-generations-t0.7-vs-answer-gpt4-gpt-4-reviewer-threeclass.jsonl",
                  REVIEW("1", "2.0") REVIEW("2", "2"));
    assert_int_equal(c.votes, 2);
    assert_int_equal(c.prompts, 0);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM votes WHERE model_a = '7b-guanaco' AND model_b = 'gpt4' AND judge = 'gpt-4' "
                "AND origin = 'vicuna-pairwise'"),
        6);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE key = '1/7b-guanaco/gpt4' AND winner = 'b'"), 2);
    assert_int_equal(ask(db, "SELECT count(DISTINCT shown_first) FROM votes WHERE key = '1/7b-guanaco/gpt4'"), 2);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM votes WHERE key = '2/7b-guanaco/gpt4' AND (winner = 'a') = (shown_first = 'b')"),
        2);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE key = '4/7b-guanaco/gpt4' AND winner IS NULL"), 1);
    read_text(db, "named-prompts", "q.jsonl", "{\"question_id\": 2, \"text\": \"why?\", \"category\": \"generic\"}\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE prompt = 'why?'"), 2);
    rf_db_close(db);
}

static void models_and_judge_come_from_the_name(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    struct rf_err err = { 0 };
    static const char *const name[] = { "x-vs-vicuna-13b-claude-3-opus-reviewer.jsonl",
                                        "a-oa-generations-vs-b-oa-generations-p0.9-gpt-4-turbo-reviewer-x.jsonl" };
    static const char *const bad[] = { "reviews.jsonl", "x-vs-y.jsonl", "x-vs-gpt-4-reviewer.jsonl", "-",
                                       "x-vs-y-z-reviewer.jsonl" };
    read_text(db, "reviews", name[0], REVIEW("1", "1"));
    read_text(db, "reviews", name[1], REVIEW("1", "2"));
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE model_a = 'vicuna-13b' AND model_b = 'x' AND winner = "
                             "'b' AND judge = 'claude-3-opus'"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE model_a = 'a' AND model_b = 'b' AND judge = "
                             "'gpt-4-turbo' AND origin = 'oa-pairwise'"),
                     1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err = (struct rf_err){ 0 };
        assert_int_equal(read_with(db, "reviews", bad[i], REVIEW("1", "1"), &lax, &c, &err), RF_BAD_INPUT);
        assert_non_null(strstr(err.msg, "expected a name like"));
    }
    rf_db_close(db);
}

static void reviews_of_other_shapes(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c =
        read_lax(db, "reviews", "x-vs-y-gpt-4-reviewer.jsonl",
                 REVIEW("1", "[8.5, 9]") REVIEW("2", "[7, 7]") REVIEW("3", "[-1, -1]") REVIEW("4", "0")
                     REVIEW("5", "[1]") REVIEW("6", "1.5") REVIEW("null", "1") REVIEW("8", "null"));
    assert_int_equal(c.votes, 3);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM votes WHERE line = 1 AND winner = 'b' AND score_a = 8.5 AND score_b = 9"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 2 AND winner = 'tie'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 3 AND winner IS NULL AND score_a IS NULL"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'bad score' AND line IN (4, 5, 6)"), 3);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE line IN (7, 8)"), 2);
    c = read_lax(db, "reviews", "v.csv", "message_id,answer1,answer2,score\r\nm,y,x,1\r\nm,x,y,1\r\nm,x,y,7\r\n");
    assert_int_equal(c.votes, 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE key = 'm/x/y' AND origin = 'oa-pairwise' AND judge = "
                             "'gpt-4' AND shown_first = winner"),
                     2);
    rf_db_close(db);
}

/* ---- prompts by name ---- */

static void the_users_turns_are_the_prompt(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c =
        read_lax(db, "named-prompts", "p.jsonl",
                 "{\"message_id\": \"a\", \"lang\": \"en\", \"text\": \"### Human: hi ### Assistant:\"}\n"
                 "{\"message_id\": \"b\", \"lang\": \"en\", \"text\": \"### Human: one ### Assistant: said ### Human:  "
                 "two\\n ### Assistant:\"}\n"
                 "{\"message_id\": \"c\", \"lang\": \"en\", \"text\": \"what is ### Human: for?\"}\n"
                 "{\"message_id\": \"d\", \"lang\": \"en\", \"text\": \"### Human: say ### Human: ### Assistant:\"}\n"
                 "{\"message_id\": \"e\", \"lang\": \"en\", \"text\": \"### Human:\"}\n"
                 "{\"message_id\": \"f\", \"lang\": \"en\"}\n{\"lang\": \"en\", \"text\": \"x\"}\n"
                 "{\"message_id\": \"h\", \"lang\": \"en\", \"text\": \"### Human: hi ### Assistant: x\"}\n");
    assert_int_equal(c.prompts, 4);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE text = 'hi' AND turns = 1"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE text = 'one' AND more = '[\" two\\n\"]' AND turns = 2"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE text IN ('what is ### Human: for?', 'say ### Human:')"),
                     2);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt_key k JOIN prompt p ON p.id = k.prompt WHERE text = 'hi' AND "
                             "key IN ('oa/a', 'oa/h')"),
                     2);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'empty prompt' AND line IN (5, 6)"), 2);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'no id'"), 7);
    rf_db_close(db);
}

/* ---- AlpacaEval ---- */

static void preferences_are_kept_and_named(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c =
        read_lax(db, "alpaca-eval", "a.csv",
                 ALPACA_HEAD "0,j,x,y,2.0,1,1\n1,j,x,y,1,1,1\n2,j,x,y,1.5,1,1\n3,j,x,y,0.0,1,1\n4,j,x,y,,1,1\n"
                             "5,w,x,y,1.00002,1,1\n6,w,x,y,1.97,1,1\n0,j,x,y,2.0,1,1\n" /* again */
                             "7,j,x,y,3,1,1\n8,j,x,y,0.5,1,1\n9,j,x,y,tie,1,1\n10,j,x,,1,1,1\n0,w,x,y,1,1,1\n");
    assert_int_equal(c.votes, 8);
    assert_int_equal(c.known, 1);
    assert_int_equal(c.ties, 2);
    assert_int_equal(c.unparsed, 1);
    assert_int_equal(c.dropped, 4);
    assert_int_equal(ask(db,
                         "SELECT count(*) FROM votes WHERE (line IN (2, 8) AND winner = 'b') OR (line IN (3, 7, 14) "
                         "AND winner = 'a') OR "
                         "(line IN (4, 5) AND winner = 'tie') OR (line = 6 AND winner IS NULL AND score_b IS NULL)"),
                     8);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 5 AND score_b = 0 AND score_a IS NULL"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 7 AND score_b = 1.00002"), 1);
    read_text(db, "named-prompts", "i.jsonl", "{\"idx\": 0, \"dataset\": \"d\", \"instruction\": \"do\"}\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE prompt = 'do'"), 2);
    rf_db_close(db);
}

#define ANNOTATION(out, preference)                                                                                    \
    "{\"instruction\": \"do\", \"output_1\": \"" out                                                                   \
    "\", \"generator_1\": \"x\", \"dataset\": \"koala\", \"output_2\": \"p\", "                                        \
    "\"generator_2\": \"y\", \"annotator\": \"j\", \"preference\": " preference ", \"raw_completion\": {\"a\": [1]}}"

static void annotations_without_an_index_are_told_by_their_texts(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_count c =
        read_lax(db, "alpaca-eval", "annotations.json",
                 "[" ANNOTATION("o", "1.25") ",\n" ANNOTATION("o", "1.25") ",\n" ANNOTATION(
                     "other", "null") ",\n"
                                      "{\"generator_1\": \"x\", \"generator_2\": \"y\", \"preference\": 1},\n"
                                      "{\"instruction\": \"do\", \"input\": \"it\", \"generator_1\": \"x\", "
                                      "\"generator_2\": \"y\", \"preference\": 1}]");
    assert_int_equal(c.votes, 3);
    assert_int_equal(c.known, 1);
    assert_int_equal(c.unparsed, 1);
    assert_int_equal(c.unjudged, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE prompt = 'do' AND task = 'koala' AND judge = 'j'"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE response_a_bytes = 5 AND response_b_bytes = 1"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM prompt WHERE text = 'do' || char(10, 10) || 'it'"), 1);
    assert_int_equal(ask(db, "SELECT line FROM dropped WHERE reason = 'no prompt'"), 4);
    rf_db_close(db);
}

/* ---- JudgeBench ---- */

static void decisions_in_the_other_order_are_turned_round(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c = read_lax(
        db, "judgebench", "p.jsonl",
        "{\"pair_id\": \"p\", \"source\": \"mmlu-pro-law\", \"question\": \"q\", \"response_model\": \"m\", "
        "\"response_A\": \"r\", \"response_B\": \"ss\", \"label\": \"B>A\"}\n"
        "{\"pair_id\": \"o\", \"question\": \"q\", \"response_A\": \"r\", \"response_B\": \"ss\", \"label\": \"?\"}\n");
    assert_int_equal(c.votes, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE winner = 'b' AND judge = 'objective' AND task = "
                             "'mmlu-pro-law' AND prompt = 'q' AND "
                             "response_b_bytes = 2"),
                     1);
    c = read_lax(
        db, "judgebench-judges", "judges.csv",
        "pair_id,judge_name,judge_model,order,label,decision,score_first,score_second\n"
        "p,rm,org/m,AB,B>A,B>A,1,2.5\np,rm,org/m,BA,B>A,A>B,2.5,1\np,ah,m,AB,B>A,A=B,,\np,ah,m,BA,B>A,,,\n"
        "p,ah,n,BC,B>A,A>B,,\np,ah,n,AB,B>A,maybe,,\np,ah,n,AB,B>A,A>B,x,\n,ah,n,AB,B>A,A>B,,\np,,n,BA,B>A,B>A,,\n");
    assert_int_equal(c.votes, 5);
    assert_int_equal(c.unparsed, 1);
    assert_int_equal(c.dropped, 4);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE judge = 'rm/org/m' AND winner = 'b' AND score_a = 1 AND "
                             "score_b = 2.5 AND "
                             "model_a = 'judgebench/A' AND model_b = 'judgebench/B' AND prompt = 'q'"),
                     2);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM votes WHERE judge = 'rm/org/m' AND (line = 2) = (shown_first = 'a')"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE judge = 'ah/m' AND (winner = 'tie' OR (winner IS NULL "
                             "AND shown_first = 'b'))"),
                     2);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE judge = 'n' AND winner = 'a' AND shown_first = 'b'"), 1);
    rf_db_close(db);
}

/* ---- LLMBar ---- */

static void both_verdicts_of_a_row_are_votes(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c = read_lax(db, "llmbar-judges", "judges.csv",
                                      "set,index,judge,prompt,label,winner,winner_swapped\nneighbor,0,GPT-4,CoT,1,1,2\n"
                                      "neighbor,1,GPT-4,CoT,1,,1\nneighbor,1,GPT-4,,1,3,2\n");
    assert_int_equal(c.votes, 5);
    assert_int_equal(c.unparsed, 1);
    assert_int_equal(c.dropped, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 2 AND judge = 'GPT-4/CoT' AND key = 'neighbor/0' "
                             "AND (winner = 'a') = "
                             "(shown_first = 'a')"),
                     2);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE judge = 'GPT-4' AND winner = 'b' AND shown_first = 'b'"),
                     1);
    c = read_lax(db, "llmbar", "Adversarial/Neighbor/dataset.json",
                 "[" LLMBAR("zero", "2") ", " LLMBAR("one", "1") ", " LLMBAR("two", "0") "]");
    assert_int_equal(c.votes, 2);
    read_text(db, "llmbar", "d/natural.json", "[" LLMBAR("zero", "1") "]");
    assert_int_equal(
        ask(db, "SELECT count(*) FROM votes WHERE task = 'neighbor' AND prompt = 'zero' AND model_a = 'llmbar/1'"), 3);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE judge = 'human' AND key = 'neighbor/0' AND winner = 'b' "
                             "AND response_a_bytes = 1"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE judge = 'human' AND key = 'natural/0' AND winner = 'a' "
                             "AND prompt = 'zero'"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM dropped WHERE reason = 'bad label'"), 2);
    rf_db_close(db);
}

/* ---- PandaLM ---- */

static void three_people_are_three_judges(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    struct rf_err err = { 0 };
    c = read_text(db, "pandalm-results", "gpt-3.5-turbo-testset-v1.json",
                  "[{\"idx\": 0, \"gpt_result\": \"1\"}, {\"idx\": 1, \"gpt_result\": \"Tie\"}, {\"idx\": 2, "
                  "\"gpt_result\": \"garbage\"}]");
    assert_int_equal(c.votes, 3);
    assert_int_equal(c.unparsed, 1);
    read_text(db, "pandalm-results", "pandalm-7b-testset-v1.json", "[{\"idx\": 0, \"pandalm_result\": 0}]");
    c = read_lax(db, "pandalm", "testset-v1.json",
                 "[" PANDALM("0", "x_y", "it", "\"annotator1\": 1, \"annotator2\": 2, \"annotator3\": 0") ",\n" PANDALM(
                     "1", "a_b_c", "", "\"annotator1\": 1, \"annotator2\": 9") "]");
    assert_int_equal(c.votes, 4);
    assert_int_equal(c.dropped, 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE key = '0' AND origin = 'pandalm-testset-v1' AND prompt "
                             "= 'do' || char(10, 10) || 'it'"),
                     5);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE model_a = 'x' AND model_b = 'y' AND task = 'Gmail' AND "
                             "(judge || winner) IN "
                             "('human-1a', 'human-2b', 'human-3tie')"),
                     3);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM votes WHERE model_a = 'pandalm/1' AND judge = 'human-1' AND prompt = 'do'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE judge = 'pandalm-7b' AND winner = 'tie'"), 1);
    assert_int_equal(
        read_with(db, "pandalm-results", "x.json", "[{\"idx\": 0, \"gpt_result\": \"1\"}]", &lax, &c, &err),
        RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "--judge"));
    rf_db_close(db);
}

/* ---- games ---- */

static void both_games_of_a_pair_are_votes(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_count c =
        read_lax(db, "games", "gpt-4_pair.jsonl",
                 PAIR("81", "model_1", "model_2") PAIR("82", "tie", "error") PAIR("83", "model_2", "A"));
    assert_int_equal(c.votes, 5);
    assert_int_equal(c.unparsed, 1);
    assert_int_equal(c.dropped, 1);
    /* the winners are in the pair's numbering, and x comes before y */
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE key = '81/x/y/1' AND judge = 'gpt-4' AND origin = "
                             "'mt-bench' AND (winner || shown_first) IN ('bb', 'aa')"),
                     2);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE key = '82/x/y/1' AND winner IS NULL AND shown_first = "
                             "'a'"),
                     1);
    rf_db_close(db);
}

/* Both layouts of votes, and the questions first or last. */
static void votes_on_mtbench_find_their_questions(void **state)
{
    (void)state;
    static const char questions[] = "{\"question_id\": 81, \"category\": \"writing\", \"turns\": [\"one\", \"two\"]}\n"
                                    "{\"question_id\": 82, \"category\": \"writing\", \"turns\": [\"three\"]}\n";
    static const char human[] = "question_id,model_a,model_b,winner,judge,turn\n81,x,y,model_a,h,1\n83,x,y,tie,h,1\n";
    for (int order = 0; order < 2; order++) {
        struct rf_db *db = new_db();
        if (order)
            read_text(db, "mtbench-questions", "question.jsonl", questions);
        read_text(db, "games", "gpt-4_pair.jsonl", PAIR("81", "model_1", "model_2") PAIR("82", "tie", "error"));
        read_text(db, "battles", "human.csv", human);
        if (!order)
            read_text(db, "mtbench-questions", "question.jsonl", questions);
        assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE prompt = 'one' AND turns = 2 AND key = '81/x/y/1'"),
                         3);
        assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE prompt = 'three'"), 2);
        assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE key = '83/x/y/1' AND prompt IS NULL"), 1);
        assert_int_equal(ask(db, "SELECT count(*) FROM item i JOIN preference p ON p.prompt = i.prompt"), 5);
        assert_int_equal(ask(db, "SELECT count(*) FROM prompt"), 3);
        rf_db_close(db);
    }
}

static void arena_hard_turns_the_baseline_round(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    struct rf_sink_count c =
        read_lax(db, "games", "m.jsonl",
                 HARD("u", "\"baseline\": \"b\", \"games\": [{\"score\": \"A>>B\"}, {\"score\": \"A>B\"}]")
                     HARD("v", "\"baseline\": \"b\", \"games\": [{\"score\": \"A<<B\"}, {\"score\": null}]")
                         HARD("w", "\"category\": \"creative_writing\", \"games\": [{\"score\": \"A=B\"}, null]")
                             HARD("x", "\"baseline\": \"b\", \"games\": [{\"score\": \"A\"}]")
                                 HARD("y", "\"baseline\": \"b\", \"games\": []")
                                     HARD("z", "\"category\": \"mine\", \"games\": [{\"score\": \"A=B\"}]"));
    assert_int_equal(c.votes, 6);
    assert_int_equal(c.unparsed, 2);
    assert_int_equal(c.dropped, 3);
    /* the baseline b was A at first, then the model was */
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE key = 'u/b/m' AND winner = 'a' AND shown_first = 'a' "
                             "AND weight = 3"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE key = 'u/b/m' AND winner = 'b' AND shown_first = 'b' "
                             "AND weight = 1"),
                     1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE key = 'v/b/m' AND winner = 'b' AND weight = 3"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE winner IS NULL AND weight IS NULL"), 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE model_a = 'gemini-2.0-flash-001' AND task = "
                             "'creative_writing'"),
                     2);
    /* v0.1 names neither baseline nor category, and its questions are known by their ids */
    c = read_lax(db, "games", "old.jsonl",
                 "{\"question_id\": \"q\", \"model\": \"m\", \"judge\": \"j\", \"games\": [{\"score\": \"A=B\"}]}\n");
    assert_int_equal(c.votes, 1);
    read_text(db, "prompts", "arena/question.jsonl",
              "{\"question_id\": \"q\", \"turns\": [{\"content\": \"why?\"}]}\n");
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE prompt = 'why?' AND model_a = 'gpt-4-0314'"), 1);
    rf_db_close(db);
}

/* ---- RouteLLM ---- */

static void a_weak_answer_that_does_is_a_tie(void **state)
{
    (void)state;
    struct rf_db *db = new_db();
    const struct rf_sink_count c = read_lax(db, "gpt4-dataset", "train.jsonl",
                                            "{\"prompt\": \"p\", \"source\": [\"evol_instruct\"], \"gpt4_response\": "
                                            "\"g\", \"mixtral_response\": \"mm\", \"mixtral_score\": 4}\n"
                                            "{\"prompt\": \"q\", \"source\": [\"a\", \"b\"], \"gpt4_response\": \"g\", "
                                            "\"mixtral_response\": \"m\", \"mixtral_score\": 3}\n"
                                            "{\"prompt\": \"r\", \"mixtral_score\": \"5\"}\n{\"prompt\": \"s\", "
                                            "\"mixtral_score\": 0}\n{\"prompt\": \"t\", \"mixtral_score\": null}\n");
    assert_int_equal(c.votes, 3);
    assert_int_equal(c.dropped, 2);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 1 AND winner = 'tie' AND score_b = 4 AND task = "
                             "'evol_instruct' AND "
                             "response_b_bytes = 2 AND judge = 'gpt-4' AND model_a = 'gpt-4-1106-preview'"),
                     1);
    assert_int_equal(
        ask(db, "SELECT count(*) FROM votes WHERE line = 2 AND winner = 'a' AND score_b = 3 AND task LIKE '[%'"), 1);
    assert_int_equal(ask(db, "SELECT count(*) FROM votes WHERE line = 3 AND winner = 'tie' AND score_b = 5 AND "
                             "response_a_bytes IS NULL"),
                     1);
    rf_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_are_known_by_their_fields),
        cmocka_unit_test(summaries_are_told_what_they_are),
        cmocka_unit_test(columns_are_no_rows),
        cmocka_unit_test(both_orders_of_a_pair_are_one_pair),
        cmocka_unit_test(models_and_judge_come_from_the_name),
        cmocka_unit_test(reviews_of_other_shapes),
        cmocka_unit_test(the_users_turns_are_the_prompt),
        cmocka_unit_test(preferences_are_kept_and_named),
        cmocka_unit_test(annotations_without_an_index_are_told_by_their_texts),
        cmocka_unit_test(decisions_in_the_other_order_are_turned_round),
        cmocka_unit_test(both_verdicts_of_a_row_are_votes),
        cmocka_unit_test(three_people_are_three_judges),
        cmocka_unit_test(both_games_of_a_pair_are_votes),
        cmocka_unit_test(votes_on_mtbench_find_their_questions),
        cmocka_unit_test(arena_hard_turns_the_baseline_round),
        cmocka_unit_test(a_weak_answer_that_does_is_a_tie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
