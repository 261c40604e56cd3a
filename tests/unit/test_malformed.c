/* Every text format with one fault at a time in its second row: the first and the third row are stored, the second is
 * dropped on the right physical line; or, where the fault is one of the whole file, the message names the line and
 * nothing is stored. What is no fault (byte order marks, line ends of any kind, blank lines) changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "datasets/foreign.h"
#include "reader_fixture.h"

enum { ROOM = 8192 };

/* Three good rows; the second holds MARK once, in a text that is stored. */
#define MARK "mark"
struct format {
    const char *name, *path;
    const char *header; /* CSV; NULL: JSON lines */
    const char *row[3];
    const char *number; /* a number of the second row, with what stands before it; NULL: the format has none */
    bool cells;         /* a bad cell is dropped, what the row says of the question stays */
};

static const struct format formats[] = {
    { "arena55k",
      "a.csv",
      "id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie",
      { "1,x,y,\"[\"\"one\"\"]\",\"[\"\"r\"\"]\",\"[\"\"s\"\"]\",1,0,0",
        "2,x,y,\"[\"\"mark\"\"]\",\"[\"\"r\"\"]\",\"[\"\"s\"\"]\",0,1,0",
        "3,x,y,\"[\"\"three\"\"]\",\"[\"\"r\"\"]\",\"[\"\"s\"\"]\",0,0,1" },
      ",0,1",
      false },
    { "votes",
      "v.csv",
      "model_a,model_b,winner,prompt,id,weight",
      { "x,y,a,one,1,1", "x,y,b,mark,2,0.5", "x,y,tie,three,3,1" },
      ",0.5",
      false },
    { "results",
      "r.csv",
      "task,model,score,prompt,cost",
      { "t,m,1,one,0.1", "t,m,0.5,mark,0.1", "t,m,0,three,0.1" },
      ",0.5",
      false },
    { "routerbench",
      "b.csv",
      "sample_id,prompt,eval_name,m,m|total_cost",
      { "t.1,one,t,1,0.1", "t.2,mark,t,0.5,0.1", "t.3,three,t,0,0.1" },
      ",0.5",
      true },
    { "routellm", "gsm8k.csv", "prompt,m,n", { "one,True,False", "mark,False,0.5", "three,True,True" }, ",0.5", true },
    { "prices", "p.csv", "model,input_per_1m,output_per_1m", { "a,1,2", "mark,0.5,2", "c,1,2" }, ",0.5", false },
    { "scores", "mf.csv", "prompt,router,score", { "one,r,0.1", "mark,r,0.5", "three,r,0.9" }, ",0.5", false },
    { "alpaca-eval",
      "annotations.csv",
      "instruction,generator_1,generator_2,annotator,preference",
      { "one,x,y,j,1", "mark,x,y,j,1.25", "three,x,y,j,2" },
      ",1.25",
      false },
    { "votes",
      "v.jsonl",
      NULL,
      { "{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"a\", \"prompt\": \"one\", \"weight\": 1}",
        "{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"b\", \"prompt\": \"mark\", \"weight\": 0.5}",
        "{\"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"tie\", \"prompt\": \"three\", \"weight\": 1}" },
      ": 0.5",
      false },
    { "results",
      "r.jsonl",
      NULL,
      { "{\"task\": \"t\", \"model\": \"m\", \"score\": 1, \"prompt\": \"one\"}",
        "{\"task\": \"t\", \"model\": \"m\", \"score\": 0.5, \"prompt\": \"mark\"}",
        "{\"task\": \"t\", \"model\": \"m\", \"score\": 0, \"prompt\": \"three\"}" },
      ": 0.5",
      false },
    { "mtbench-judgements",
      "j.jsonl",
      NULL,
      { "{\"question_id\": 81, \"model\": \"m\", \"score\": 1, \"turn\": 1}",
        "{\"question_id\": 82, \"model\": \"mark\", \"score\": 0.5, \"turn\": 1}",
        "{\"question_id\": 83, \"model\": \"m\", \"score\": 1, \"turn\": 1}" },
      ": 0.5",
      false },
    { "contaminated",
      "c.jsonl",
      NULL,
      { "{\"eval_prompt\": \"one\"}", "{\"eval_prompt\": \"mark\"}", "{\"eval_prompt\": \"three\"}" },
      NULL,
      false },
    { "mtbench-questions",
      "q.jsonl",
      NULL,
      { "{\"question_id\": 81, \"turns\": [\"one\"]}", "{\"question_id\": 82, \"turns\": [\"mark\"]}",
        "{\"question_id\": 83, \"turns\": [\"three\"]}" },
      NULL,
      false },
    { "prompts",
      "p.jsonl",
      NULL,
      { "{\"prompt\": \"one\"}", "{\"prompt\": \"mark\"}", "{\"prompt\": \"three\"}" },
      NULL,
      false },
    { "scores",
      "mf.jsonl",
      NULL,
      { "{\"prompt\": \"one\", \"score\": 0.1}", "{\"prompt\": \"mark\", \"score\": 0.5}",
        "{\"prompt\": \"three\", \"score\": 0.9}" },
      ": 0.5",
      false },
    { "gpt4-dataset",
      "g.jsonl",
      NULL,
      { "{\"prompt\": \"one\", \"mixtral_score\": 5}", "{\"prompt\": \"mark\", \"mixtral_score\": 0.5e1}",
        "{\"prompt\": \"three\", \"mixtral_score\": 2}" },
      ": 0.5e1",
      false },
    { "battles",
      "b.jsonl",
      NULL,
      { "{\"question_id\": \"1\", \"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"tie\"}",
        "{\"question_id\": \"2\", \"model_a\": \"mark\", \"model_b\": \"y\", \"winner\": \"model_a\"}",
        "{\"question_id\": \"3\", \"model_a\": \"x\", \"model_b\": \"y\", \"winner\": \"model_b\"}" },
      NULL,
      false },
    { "routerarena",
      "ra.jsonl",
      NULL,
      { "{\"global_index\": \"A_1\", \"question\": \"one\", \"llm_selected\": \"m\", \"evaluation_result\": "
        "{\"score\": 1}}",
        "{\"global_index\": \"A_2\", \"question\": \"mark\", \"llm_selected\": \"m\", \"evaluation_result\": "
        "{\"score\": 0.5}}",
        "{\"global_index\": \"A_3\", \"question\": \"three\", \"llm_selected\": \"m\", \"evaluation_result\": "
        "{\"score\": 0}}" },
      ": 0.5",
      false },
    { "llmrouter",
      "lr.jsonl",
      NULL,
      { "{\"task_name\": \"t\", \"query\": \"one\", \"model_name\": \"m\", \"performance\": 1}",
        "{\"task_name\": \"t\", \"query\": \"mark\", \"model_name\": \"m\", \"performance\": 0.5}",
        "{\"task_name\": \"t\", \"query\": \"three\", \"model_name\": \"m\", \"performance\": 0}" },
      ": 0.5",
      false },
    { "zeroeval", "z.csv", "id,model,correct", { "x#0,m,1", "x#1,mark,0", "x#2,m,True" }, ",0", true },
    { "judgebench-judges",
      "jj.csv",
      "pair_id,judge_name,judge_model,order,decision",
      { "p,n,m,AB,A>B", "mark,n,m,BA,A>B", "r,n,m,AB,A=B" },
      NULL,
      false },
    { "reviews", "rv.csv", "message_id,answer1,answer2,score", { "m,y,x,1", "mark,x,y,2", "o,x,y,3" }, ",2", false },
};
enum { FORMATS = sizeof formats / sizeof *formats };

/* ---- texts with faults ---- */

struct text {
    char data[ROOM];
    size_t n;
};

static void put(struct text *t, const char *s, size_t n)
{
    assert_true(t->n + n < ROOM);
    memcpy(t->data + t->n, s, n);
    t->n += n;
    t->data[t->n] = '\0';
}

static void puts_to(struct text *t, const char *s)
{
    put(t, s, strlen(s));
}

/* The file with this second row and these line ends. */
static void build(struct text *t, const struct format *f, const char *second, size_t n, const char *end)
{
    t->n = 0;
    if (f->header) {
        puts_to(t, f->header);
        puts_to(t, end);
    }
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            put(t, second, n);
        else
            puts_to(t, f->row[i]);
        puts_to(t, end);
    }
}

/* The second row with the first `from` in it replaced by to[n]. */
static void replace(struct text *t, const struct format *f, const char *from, const char *to, size_t n)
{
    const char *const row = f->row[1], *const at = strstr(row, from);
    t->n = 0;
    assert_non_null(at);
    put(t, row, (size_t)(at - row));
    put(t, to, n);
    puts_to(t, at + strlen(from));
}

/* ---- what becomes of them ---- */

static const char *at_work; /* the fault, for messages */
static const struct format *now;

static int read_bytes(struct rf_db *db, const struct text *t, struct rf_sink_count *c, struct rf_err *err)
{
    const struct rf_reader *r = NULL;
    struct rf_sink *sink = NULL;
    struct rf_input *in = NULL;
    uint8_t digest[RF_SHA256_SIZE];
    int rc;
    *c = (struct rf_sink_count){ 0 };
    if (!(rc = rf_reader_need(now->name, &r, err)) && !(rc = rf_input_memory(&in, now->path, t->data, t->n, err)) &&
        !(rc = rf_db_begin(db, err)) && !(rc = rf_sink_new(&sink, db, &plain_options, err)) &&
        !(rc = rf_sink_begin(sink, in, now->path, now->path, r->name, err)) && !(rc = r->read(in, sink, err)) &&
        !(rc = rf_input_digest(in, digest, err)) && !(rc = rf_sink_end(sink, digest, t->n, err)))
        *c = *rf_sink_counts(sink);
    rf_sink_free(sink);
    rf_input_close(in);
    if (rc || (rc = rf_db_commit(db, err)))
        rf_db_rollback(db);
    return rc;
}

static void complain(const char *what, const struct rf_err *err)
{
    fail_msg("%s (%s), %s: %s %s", now->name, now->path, at_work, what, err->msg);
}

/* All three rows are stored. */
static void expect_good(const struct text *t)
{
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    struct rf_err err = { 0 };
    if (read_bytes(db, t, &c, &err) || c.dropped || c.kept != 3)
        complain("expected three rows", &err);
    rf_db_close(db);
}

/* The second row is dropped on its line, the others are stored. */
static void expect_drop(const struct text *t)
{
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    struct rf_err err = { 0 };
    if (read_bytes(db, t, &c, &err))
        complain("expected a dropped row, found", &err);
    if (c.dropped != 1 || (c.kept != 2 && !now->cells))
        complain("expected one row dropped and two kept", &err);
    const int64_t line = ask(db, "SELECT line FROM dropped");
    if (line != (now->header ? 3 : 2) ||
        ask(db, "SELECT count(*) FROM dropped WHERE found <> '' AND reason <> ''") != 1)
        complain("expected its line and what was found there", &err);
    rf_db_close(db);
}

/* The whole file is refused, with the line in the message, and nothing is stored. line 0: none is named. */
static void expect_refusal(const struct text *t, int line)
{
    struct rf_db *db = new_db();
    struct rf_sink_count c;
    struct rf_err err = { 0 };
    char where[64];
    snprintf(where, sizeof where, line ? "%s:%d:" : "%s:", now->path, line);
    if (read_bytes(db, t, &c, &err) != RF_BAD_INPUT || strncmp(err.msg, where, strlen(where)) != 0)
        complain("expected a refusal that names the line, found", &err);
    assert_int_equal(ask(db,
                         "SELECT (SELECT count(*) FROM source) + (SELECT count(*) FROM prompt) + (SELECT count(*) FROM "
                         "preference) + (SELECT count(*) FROM item) + (SELECT count(*) FROM price)"),
                     0);
    rf_db_close(db);
}

/* ---- faults ---- */

static void good_files_in_every_dress(void **state)
{
    (void)state;
    static const char *const end[] = { "\n", "\r\n", "\r", "\n\n", "\r\n\r\n" };
    struct text t, marked;
    for (size_t i = 0; i < FORMATS; i++) {
        now = &formats[i];
        const char *const row = now->row[1];
        for (size_t e = 0; e < sizeof end / sizeof *end; e++) {
            at_work = end[e];
            if (!now->header && !strcmp(end[e], "\r")) /* a lone CR ends no JSON line */
                continue;
            build(&t, now, row, strlen(row), end[e]);
            expect_good(&t);
        }
        at_work = "byte order mark";
        build(&t, now, row, strlen(row), "\n");
        marked.n = 0;
        puts_to(&marked, "\xEF\xBB\xBF");
        put(&marked, t.data, t.n);
        expect_good(&marked);
        at_work = "no line end behind the last row";
        t.n--;
        expect_good(&t);
    }
}

static void whole_files_that_are_none(void **state)
{
    (void)state;
    struct text t, wide;
    for (size_t i = 0; i < FORMATS; i++) {
        struct rf_sink_count c;
        struct rf_err err = { 0 };
        struct rf_db *db = new_db();
        now = &formats[i];
        at_work = "header alone";
        t.n = 0;
        puts_to(&t, now->header ? now->header : "\n");
        puts_to(&t, "\n");
        const int rc = read_bytes(db, &t, &c, &err);
        if ((rc && (now->header || rc != RF_BAD_INPUT)) || c.rows)
            complain("expected no row", &err);
        rf_db_close(db);
        at_work = "UTF-16";
        build(&t, now, now->row[1], strlen(now->row[1]), "\n");
        wide.n = 0;
        put(&wide, "\xFF\xFE", 2);
        for (size_t k = 0; k < t.n; k++)
            put(&wide, (const char[]){ t.data[k], '\0' }, 2);
        assert_non_null(rf_foreign_bytes((struct rf_str){ wide.data, wide.n }));
        if (!now->header)
            continue;
        at_work = "empty";
        t.n = 0;
        expect_refusal(&t, 0);
        at_work = "column twice";
        t.n = 0;
        puts_to(&t, now->header);
        puts_to(&t, ",");
        puts_to(&t, now->header);
        puts_to(&t, "\n");
        expect_refusal(&t, 1);
        at_work = "no column that is needed";
        t.n = 0;
        puts_to(&t, "one,two,three\n1,2,3\n");
        expect_refusal(&t, strcmp(now->name, "scores") ? 1 : 0); /* of which no single column is needed */
    }
}

static void faults_of_tables(void **state)
{
    (void)state;
    struct text t, row;
    for (size_t i = 0; i < FORMATS; i++) {
        now = &formats[i];
        if (!now->header)
            continue;
        const char *const good = now->row[1];
        at_work = "a field too many";
        row.n = 0;
        puts_to(&row, good);
        puts_to(&row, ",x");
        build(&t, now, row.data, row.n, "\n");
        expect_drop(&t);
        build(&t, now, row.data, row.n, "\r\n");
        expect_drop(&t);
        at_work = "a field too few";
        build(&t, now, good, (size_t)(strrchr(good, ',') - good), "\n");
        expect_drop(&t);
        at_work = "quote that is not closed";
        replace(&row, now, MARK, "\"", 1);
        build(&t, now, row.data, row.n, "\n");
        if (!strstr(good, "\"\"mark"))
            expect_refusal(&t, 3);
        at_work = "quote inside a field";
        replace(&row, now, MARK, "a\"b", 3);
        build(&t, now, row.data, row.n, "\n");
        expect_refusal(&t, 3);
        at_work = "bytes that are not UTF-8";
        replace(&row, now, MARK, "a\xFF", 2);
        build(&t, now, row.data, row.n, "\n");
        expect_drop(&t);
        at_work = "nothing where a text belongs";
        if (strcmp(now->name, "arena55k")) {
            replace(&row, now, MARK, "", 0);
            build(&t, now, row.data, row.n, "\n");
            expect_drop(&t);
        }
    }
}

static void faults_of_lines(void **state)
{
    (void)state;
    static const struct {
        const char *what, *line;
        size_t n;
    } whole[] = {
        { "a number", "1", 1 },
        { "a text", "\"x\"", 3 },
        { "an open object", "{\"prompt\": \"x\"", 14 },
        { "an empty object", "{}", 2 },
        { "single quotes", "{'prompt': 'x'}", 15 },
        { "words", "not JSON at all", 15 },
        { "a NUL byte", "{\"a\": \"\0\"}", 10 },
    };
    static const struct {
        const char *what, *text;
        size_t n;
    } inside[] = {
        { "bytes that are not UTF-8", "a\xFF", 2 },
        { "an overlong form", "\xC0\xAF", 2 },
        { "a control character", "a\tb", 3 },
        { "a wrong escape", "\\x41", 4 },
    };
    struct text t, row;
    for (size_t i = 0; i < FORMATS; i++) {
        now = &formats[i];
        if (now->header)
            continue;
        const char *const good = now->row[1];
        for (size_t k = 0; k < sizeof whole / sizeof *whole; k++) {
            at_work = whole[k].what;
            build(&t, now, whole[k].line, whole[k].n, "\n");
            expect_drop(&t);
        }
        for (size_t k = 0; k < sizeof inside / sizeof *inside; k++) {
            at_work = inside[k].what;
            replace(&row, now, MARK, inside[k].text, inside[k].n);
            build(&t, now, row.data, row.n, "\n");
            expect_drop(&t);
        }
        at_work = "cut off";
        build(&t, now, good, strlen(good) - 1, "\n");
        expect_drop(&t);
        at_work = "bytes behind the object";
        row.n = 0;
        puts_to(&row, good);
        puts_to(&row, " {}");
        build(&t, now, row.data, row.n, "\n");
        expect_drop(&t);
        at_work = "a key twice";
        row.n = 0;
        puts_to(&row, "{\"model\": 1, \"model\": 2, ");
        puts_to(&row, good + 1);
        build(&t, now, row.data, row.n, "\n");
        expect_drop(&t);
        at_work = "deep nesting";
        row.n = 0;
        puts_to(&row, "{\"deep\": ");
        for (int k = 0; k < 200; k++)
            puts_to(&row, "[");
        for (int k = 0; k < 200; k++)
            puts_to(&row, "]");
        puts_to(&row, ", ");
        puts_to(&row, good + 1);
        build(&t, now, row.data, row.n, "\n");
        expect_drop(&t);
    }
}

static void numbers_that_are_none(void **state)
{
    (void)state;
    static const char *const numbers[] = { "1e999", "-1e999", "0x10", "inf", "--1", "1,5", "1e", "half" };
    struct text t, row;
    for (size_t i = 0; i < FORMATS; i++) {
        now = &formats[i];
        if (!now->number)
            continue;
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
            char to[64];
            const char *const quote = !now->header || strchr(numbers[k], ',') ? "\"" : "";
            /* in JSON as a text, for bare words are no JSON at all */
            snprintf(to, sizeof to, "%.*s%s%s%s", now->header ? 1 : 2, now->number, quote, numbers[k], quote);
            at_work = numbers[k];
            replace(&row, now, now->number, to, strlen(to));
            build(&t, now, row.data, row.n, "\n");
            expect_drop(&t);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_files_in_every_dress), cmocka_unit_test(whole_files_that_are_none),
        cmocka_unit_test(faults_of_tables),          cmocka_unit_test(faults_of_lines),
        cmocka_unit_test(numbers_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
