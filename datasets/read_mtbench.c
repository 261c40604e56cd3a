/* MT-Bench, two files in either order: question.jsonl (question_id, category, turns) and judgements (question_id,
 * model, turn, score, judge; also FastChat's *_single.jsonl, or a table without turns). A score of -1 or a blank is a
 * reply that the judge's reader could not parse: missing. FastChat and arena-bench keep other
 * benchmarks in the same layout: ids 81..160 are MT-Bench's own; for others the folder names the benchmark. Questions
 * of 32 hexadecimal digits come from the arena, whose votes name them too: their prompts are known as "arena/ID", and
 * the texts of MT-Bench's as "mt-bench/ID" to the pair votes of datasets/read_games.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "datasets/benchname.h"
#include "datasets/field.h"
#include "datasets/figures.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum { FIRST_ID = 81, LAST_ID = 160 };

struct state {
    struct rf_sink *sink;
    struct rf_json_strings turns;
    struct rf_benchname folder; /* of the path, hyphens for underscores; .bench.s NULL: none */
};

/* .../mt_bench/question.jsonl and .../mt_bench/model_judgment/x.jsonl belong to the same benchmark. */
static int name_folder(struct state *s, struct rf_err *err)
{
    struct rf_str folder = rf_path_folder(rf_sink_path(s->sink));
    struct rf_buf up = { 0 };
    int rc = 0;
    if (rf_str_is(folder, "model_judgment")) {
        rc = rf_buf_add(&up, rf_sink_path(s->sink), (size_t)(folder.s - rf_sink_path(s->sink)), err);
        folder = rc || !up.len ? (struct rf_str){ 0 } : rf_path_folder(up.data);
    }
    if (!rc && folder.s)
        rc = rf_benchname_set(&s->folder, folder, err);
    for (char *p = s->folder.buf.data; p && *p; p++)
        if (*p == '_')
            *p = '-';
    rf_buf_release(&up);
    return rc;
}

/* The benchmark of a question; .s NULL where nothing tells. */
static struct rf_str bench_of(const struct state *s, struct rf_str id)
{
    const char *const forced = rf_sink_bench(s->sink);
    int64_t n = 0;
    if (forced)
        return (struct rf_str){ forced, strlen(forced) };
    if (rf_field_int(id, &n) && n >= FIRST_ID && n <= LAST_ID)
        return (struct rf_str){ "mt-bench", 8 };
    return s->folder.bench;
}

/* The name by which other files know the question: "arena/ID", or "mt-bench/ID" of a text; in out, .s NULL: none. */
static struct rf_str prompt_name(struct rf_str bench, struct rf_str id, bool text, char out[64])
{
    enum { DIGITS = 32 };
    if (text && rf_str_is(bench, "mt-bench") && id.len < DIGITS)
        return (struct rf_str){ out, (size_t)snprintf(out, 64, "mt-bench/%.*s", (int)id.len, id.s) };
    for (size_t i = 0; i < id.len; i++)
        if (!id.s[i] || !strchr("0123456789abcdef", id.s[i]))
            return (struct rf_str){ 0 };
    return id.len == DIGITS ? (struct rf_str){ out, (size_t)snprintf(out, 64, "arena/%.*s", DIGITS, id.s) }
                            : (struct rf_str){ 0 };
}

static int emit_item(struct state *s, const struct rf_record *r, struct rf_str id, struct rf_str task,
                     const struct rf_prompt *prompt, int64_t *item, struct rf_err *err)
{
    const struct rf_str bench = bench_of(s, id);
    char shown[RF_SHOWN], name[64];
    struct rf_prompt known = *prompt;
    if (!bench.s)
        return rf_fail(err, RF_BAD_INPUT,
                       "%s:%llu: found question %s, which is not MT-Bench's (%d..%d): name its benchmark with --bench",
                       rf_sink_path(s->sink), (unsigned long long)r->line, rf_field_show(id, shown), FIRST_ID, LAST_ID);
    known.id = prompt_name(bench, id, prompt->n > 0, name);
    return rf_sink_item(s->sink,
                        &(struct rf_item){ .line = r->line,
                                           .row = r->row,
                                           .bench = bench,
                                           .task = rf_str_same(task, bench) ? (struct rf_str){ 0 } : task,
                                           .key = id,
                                           .join = true,
                                           .prompt = known },
                        item, err);
}

static int read_lines(struct rf_input *in, struct rf_sink *sink, const struct rf_wanted *wanted, size_t n,
                      int (*take)(void *ctx, const struct rf_record *r, struct rf_err *err), struct rf_err *err)
{
    struct state s = { .sink = sink };
    int rc = name_folder(&s, err);
    if (!rc)
        rc = rf_records_read(in, sink, wanted, n, take, &s, err);
    rf_json_strings_release(&s.turns);
    rf_benchname_release(&s.folder);
    return rc;
}

/* ---- questions ---- */

enum { Q_ID, Q_CATEGORY, Q_TURNS, Q_FIELDS };
static const struct rf_wanted question[Q_FIELDS] = {
    [Q_ID] = { { "question_id" }, true }, [Q_CATEGORY] = { { "category" }, false }, [Q_TURNS] = { { "turns" }, true }
};

static int take_question(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *s = ctx;
    struct rf_err why = { 0 };
    int64_t item;
    const struct rf_str text = r->field[Q_TURNS];
    if (rf_json_strings(text.s, text.len, &s->turns, &why))
        return rf_sink_drop_why(s->sink, r->line, "turns", "bad list of turns", &why, err);
    if (!s->turns.n)
        return rf_sink_drop(s->sink, r->line, "turns", "empty prompt", "at least one turn", err, "an empty list");
    return emit_item(s, r, r->field[Q_ID], r->field[Q_CATEGORY],
                     &(struct rf_prompt){ .turn = s->turns.item, .n = s->turns.n }, &item, err);
}

static int read_questions(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return read_lines(in, sink, question, Q_FIELDS, take_question, err);
}

static int sniff_questions(const struct rf_sniff *s)
{
    static const char *const names[] = { "question_id", "turns", NULL };
    return s->json && rf_sniff_all(s, names) ? (rf_sniff_has(s, "cluster") ? 40 : 90) : 0; /* arena-hard has clusters */
}

const struct rf_reader rf_reader_mtbench_questions = {
    "mtbench-questions", "MT-Bench's question.jsonl: question_id, category and turns a line", sniff_questions,
    read_questions
};

/* ---- judgements ---- */

enum { J_ID, J_MODEL, J_TURN, J_SCORE, J_FIELDS };
static const struct rf_wanted judgement[J_FIELDS] = {
    [J_ID] = { { "question_id" }, true },
    [J_MODEL] = { { "model" }, true },
    [J_TURN] = { { "turn" }, false },
    [J_SCORE] = { { "score" }, false },
};

static int take_judgement(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *s = ctx;
    struct rf_result v = { RF_NO_FIGURES, .model = r->field[J_MODEL] };
    char shown[RF_SHOWN];
    int64_t item = 0;
    const struct rf_figure turn = { r->field[J_TURN], "turn", RF_FIGURE_TURN, &v.turn };
    int rc = rf_figures_read(&turn, 1, s->sink, r->line, err);
    if (rc <= 0)
        return rc;
    if (!rf_field_missing(r->field[J_SCORE]) && !rf_field_real(r->field[J_SCORE], &v.score))
        return rf_sink_drop(s->sink, r->line, "score", "bad score", "a number", err, "%s",
                            rf_field_show(r->field[J_SCORE], shown));
    if (v.score < 0)
        v.score = NAN;
    rc = emit_item(s, r, r->field[J_ID], (struct rf_str){ 0 }, &(struct rf_prompt){ .bytes = -1 }, &item, err);
    return rc || !item ? rc : rf_sink_result(s->sink, item, &v, r->line, err);
}

static int read_judgements(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return read_lines(in, sink, judgement, J_FIELDS, take_judgement, err);
}

static int sniff_judgements(const struct rf_sniff *s)
{
    static const char *const names[] = { "question_id", "model", "score", NULL };
    return !rf_sniff_all(s, names) ? 0 : rf_sniff_has(s, "turn") ? 90 : 60;
}

const struct rf_reader rf_reader_mtbench_judgements = {
    "mtbench-judgements",
    "single-answer judgements of MT-Bench and arena-bench: question_id, model, score, perhaps turn", sniff_judgements,
    read_judgements
};
