/* RouterArena's cached results, a JSON object a line: global_index ("MMLUPro_math_12"), question, llm_selected,
 * generated_answer, token_usage and, once evaluated, evaluation_result with score and inference_cost. One file holds
 * one model by convention, but each line says which. A line that was not evaluated yet has no score: its question is
 * stored and the answer is not. Scores are kept as published: some metrics are continuous, and some go below 0. Of
 * several runs the first one counts. */
#include <math.h>
#include <string.h>

#include "datasets/field.h"
#include "datasets/figures.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum { INDEX, QUESTION, MODEL, RUN, ANSWER, IN_TOKENS, OUT_TOKENS, SCORE, COST, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [INDEX] = { { "global_index", "global index" }, true },
    [QUESTION] = { { "question", "prompt" }, false },
    [MODEL] = { { "llm_selected" }, true },
    [RUN] = { { "run_number" }, false },
    [ANSWER] = { { "generated_answer" }, false },
    [IN_TOKENS] = { { "token_usage/input_tokens" }, false },
    [OUT_TOKENS] = { { "token_usage/output_tokens" }, false },
    [SCORE] = { { "evaluation_result/score" }, false },
    [COST] = { { "evaluation_result/inference_cost" }, false },
};

/* The dataset of a question: its index without the number at the end. */
static struct rf_str dataset(struct rf_str index)
{
    size_t n = index.len;
    while (n && index.s[n - 1] >= '0' && index.s[n - 1] <= '9')
        n--;
    return n && n < index.len && index.s[n - 1] == '_' ? (struct rf_str){ index.s, n - 1 } : (struct rf_str){ 0 };
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct rf_sink *const sink = ctx;
    const struct rf_str *const f = r->field;
    struct rf_result v = { RF_NO_FIGURES, .model = f[MODEL], .response = f[ANSWER] };
    int64_t run = 1, id;
    const struct rf_figure figure[] = {
        { f[RUN], "run_number", RF_FIGURE_COUNT, &run },
        { f[SCORE], "evaluation_result/score", RF_FIGURE_SCORE, &v.score },
        { f[COST], "evaluation_result/inference_cost", RF_FIGURE_AMOUNT, &v.cost },
        { f[IN_TOKENS], "token_usage/input_tokens", RF_FIGURE_COUNT, &v.input_tokens },
        { f[OUT_TOKENS], "token_usage/output_tokens", RF_FIGURE_COUNT, &v.output_tokens },
    };
    const int rc = rf_figures_read(figure, sizeof figure / sizeof *figure, sink, r->line, err);
    if (rc <= 0)
        return rc;
    const struct rf_item item = { .line = r->line,
                                  .row = r->row,
                                  .bench = rf_bench_or(sink, "routerarena"),
                                  .task = dataset(f[INDEX]),
                                  .key = f[INDEX],
                                  .join = true,
                                  .prompt = { .turn = &f[QUESTION], .n = f[QUESTION].s != NULL, .bytes = -1 } };
    if (run == 1)
        return rf_sink_answer(sink, &item, &v, err);
    const int no =
        rf_sink_note(sink, r->line, "answers are of later runs and were left out", err, "run %lld", (long long)run);
    return no ? no : rf_sink_item(sink, &item, &id, err);
}

static int read_cached(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return rf_records_read(in, sink, wanted, FIELDS, take, sink, err);
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const names[] = { "llm_selected", NULL };
    return s->json && rf_sniff_all(s, names) && (rf_sniff_has(s, "global_index") || rf_sniff_has(s, "global index"))
               ? 90
               : 0;
}

const struct rf_reader rf_reader_routerarena = {
    "routerarena", "RouterArena's cached results: a question, the model's answer, its tokens, score and cost a line",
    sniff, read_cached
};
