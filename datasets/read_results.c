/* Plain results, CSV or JSON lines, one model on one question a row: model, score, task ("bench" or "bench/task"; or
 * ingest --bench), and the question by its own id (sample_id, or prompt_id where the text is not shared) or by its
 * prompt alone. Perhaps cost, input_tokens, output_tokens, latency in seconds, response, turn. Rows of one question
 * join; a blank score is a missing one: its question alone is stored. */
#include <math.h>
#include <string.h>

#include "datasets/field.h"
#include "datasets/figures.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum {
    MODEL,
    SCORE,
    TASK,
    SAMPLE_ID,
    PROMPT,
    PROMPT_ID,
    PROMPT_BYTES,
    COST,
    IN_TOKENS,
    OUT_TOKENS,
    LATENCY,
    LATENCY_MS,
    RESPONSE,
    TURN,
    FIELDS
};

static const struct rf_wanted wanted[FIELDS] = {
    [MODEL] = { { "model", "model_name" }, true },
    [SCORE] = { { "score" }, false },
    [TASK] = { { "task", "bench" }, false },
    [SAMPLE_ID] = { { "sample_id" }, false },
    [PROMPT] = { { "prompt" }, false },
    [PROMPT_ID] = { { "prompt_id" }, false },
    [PROMPT_BYTES] = { { "prompt_bytes" }, false },
    [COST] = { { "cost", "cost_usd", "total_cost" }, false },
    [IN_TOKENS] = { { "input_tokens", "prompt_tokens" }, false },
    [OUT_TOKENS] = { { "output_tokens", "completion_tokens" }, false },
    [LATENCY] = { { "latency", "latency_s", "latency_seconds" }, false },
    [LATENCY_MS] = { { "latency_ms" }, false },
    [RESPONSE] = { { "response" }, false },
    [TURN] = { { "turn" }, false },
};

/* "bench/task"; the whole is the bench where there is no slash. */
static void split_task(struct rf_str name, struct rf_item *item)
{
    const char *slash = name.len ? memchr(name.s, '/', name.len) : NULL;
    item->bench = slash ? (struct rf_str){ name.s, (size_t)(slash - name.s) } : name;
    if (slash)
        item->task = (struct rf_str){ slash + 1, (size_t)(name.s + name.len - slash) - 1 };
}

static int numbers(struct rf_sink *sink, const struct rf_record *r, struct rf_result *v, struct rf_err *err)
{
    const struct rf_str *const f = r->field;
    double ms = NAN;
    const struct rf_figure all[] = {
        { f[SCORE], "score", RF_FIGURE_SCORE, &v->score },
        { f[COST], "cost", RF_FIGURE_AMOUNT, &v->cost },
        { f[LATENCY], "latency", RF_FIGURE_AMOUNT, &v->latency },
        { f[LATENCY_MS], "latency_ms", RF_FIGURE_AMOUNT, &ms },
        { f[IN_TOKENS], "input_tokens", RF_FIGURE_COUNT, &v->input_tokens },
        { f[OUT_TOKENS], "output_tokens", RF_FIGURE_COUNT, &v->output_tokens },
        { f[TURN], "turn", RF_FIGURE_TURN, &v->turn },
    };
    const int rc = rf_figures_read(all, sizeof all / sizeof *all, sink, r->line, err);
    if (isnan(v->latency))
        v->latency = ms / 1000;
    return rc;
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct rf_sink *const sink = ctx;
    const struct rf_str *const f = r->field;
    struct rf_result v = { RF_NO_FIGURES, .model = f[MODEL], .response = f[RESPONSE] };
    struct rf_item item = { .line = r->line,
                            .row = r->row,
                            .join = true,
                            .key = rf_field_missing(f[SAMPLE_ID]) ? f[PROMPT_ID] : f[SAMPLE_ID] };
    char hex[RF_SHA256_HEX];
    int rc = numbers(sink, r, &v, err);
    if (rc <= 0)
        return rc;
    if (rf_sink_bench(sink)) {
        item.bench = rf_bench_or(sink, "");
        item.task = rf_field_missing(f[TASK]) ? (struct rf_str){ 0 } : f[TASK]; /* all that the column says */
    } else if (rf_field_missing(f[TASK]))
        return rf_fail(err, RF_BAD_INPUT,
                       "%s:%llu: found no task, expected \"bench\" or \"bench/task\": name the benchmark with --bench",
                       rf_sink_path(sink), (unsigned long long)r->line);
    else
        split_task(f[TASK], &item);
    if ((rc = rf_record_prompt(r, PROMPT, PROMPT_ID, PROMPT_BYTES, sink, &item.prompt, err)) <= 0)
        return rc;
    if (rf_field_missing(item.key) && item.prompt.n && (rc = rf_key_of_text(&item, *item.prompt.turn, hex, err)))
        return rc;
    return rf_sink_answer(sink, &item, &v, err);
}

static int read_results(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return rf_records_read(in, sink, wanted, FIELDS, take, sink, err);
}

static int sniff(const struct rf_sniff *s)
{
    const bool model = rf_sniff_has(s, "model") || rf_sniff_has(s, "model_name");
    const bool question = rf_sniff_has(s, "sample_id") || rf_sniff_has(s, "prompt_id") || rf_sniff_has(s, "prompt");
    return model && rf_sniff_has(s, "score") && question && (rf_sniff_has(s, "task") || rf_sniff_has(s, "bench")) ? 60
                                                                                                                  : 0;
}

const struct rf_reader rf_reader_results = {
    "results",
    "results, CSV or JSON lines: task, model, score and prompt, sample_id or prompt_id; perhaps cost, tokens, latency",
    sniff, read_results
};
