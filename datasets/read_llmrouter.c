/* LLMRouter's data, JSON lines or a list, or CSV; one benchmark, "llmrouter", whose questions join by their text:
 *   routing data  question and scores, an object of model: score (cluster_id is left out)
 *   routing log   task_name, query, model_name, performance; perhaps response, input_tokens, output_tokens,
 *                 response_time in seconds
 *   queries       task_name and query: they give the questions their tasks, whichever file comes first
 * A query that stands under two tasks keeps the first; a null score is a missing one. */
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "datasets/field.h"
#include "datasets/figures.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum { QUESTION, TASK, SCORES, MODEL, PERFORMANCE, RESPONSE, IN_TOKENS, OUT_TOKENS, TIME, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [QUESTION] = { { "question", "query" }, true },
    [TASK] = { { "task_name" }, false },
    [SCORES] = { { "scores" }, false },
    [MODEL] = { { "model_name" }, false },
    [PERFORMANCE] = { { "performance" }, false },
    [RESPONSE] = { { "response" }, false },
    [IN_TOKENS] = { { "input_tokens" }, false },
    [OUT_TOKENS] = { { "output_tokens" }, false },
    [TIME] = { { "response_time" }, false },
};

static int one_model(struct rf_sink *sink, const struct rf_record *r, const struct rf_item *item, struct rf_err *err)
{
    const struct rf_str *const f = r->field;
    struct rf_result v = { RF_NO_FIGURES, .model = f[MODEL], .response = f[RESPONSE] };
    const struct rf_figure figure[] = {
        { f[PERFORMANCE], "performance", RF_FIGURE_SCORE, &v.score },
        { f[IN_TOKENS], "input_tokens", RF_FIGURE_COUNT, &v.input_tokens },
        { f[OUT_TOKENS], "output_tokens", RF_FIGURE_COUNT, &v.output_tokens },
        { f[TIME], "response_time", RF_FIGURE_AMOUNT, &v.latency },
    };
    const int rc = rf_figures_read(figure, sizeof figure / sizeof *figure, sink, r->line, err);
    return rc <= 0 ? rc : rf_sink_answer(sink, item, &v, err);
}

/* The scores of all models of a question. */
static int all_models(struct rf_sink *sink, const struct rf_record *r, const struct rf_item *item, struct rf_err *err)
{
    const struct rf_str text = r->field[SCORES];
    struct rf_err why = { 0 };
    json_t *scores = NULL, *v;
    const char *model;
    int64_t id = 0;
    int rc;
    if (rf_json_parse(text.s, text.len, &scores, &why))
        return rf_sink_drop_why(sink, r->line, "scores", "bad scores", &why, err);
    if (!json_is_object(scores)) {
        rc = rf_sink_drop(sink, r->line, "scores", "bad scores", "an object of model: score", err, "another value");
        goto out;
    }
    if ((rc = rf_sink_item(sink, item, &id, err)) || !id)
        goto out;
    json_object_foreach(scores, model, v)
    {
        struct rf_result one = { RF_NO_FIGURES, .model = { model, strlen(model) } };
        if (json_is_boolean(v) || json_is_number(v))
            one.score = json_is_boolean(v) ? json_is_true(v) : json_number_value(v);
        rc = json_is_null(v) || json_is_boolean(v) || json_is_number(v)
                 ? rf_sink_result(sink, id, &one, r->line, err)
                 : rf_sink_drop(sink, r->line, model, "bad number", "a number, true or false", err, "another value");
        if (rc)
            goto out;
    }
out:
    json_decref(scores);
    return rc;
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct rf_sink *const sink = ctx;
    const struct rf_str *const f = r->field;
    struct rf_item item = { .line = r->line,
                            .row = r->row,
                            .bench = rf_bench_or(sink, "llmrouter"),
                            .task = rf_field_missing(f[TASK]) ? (struct rf_str){ 0 } : f[TASK],
                            .join = true,
                            .prompt = { .turn = &f[QUESTION], .n = 1 } };
    char hex[RF_SHA256_HEX];
    int64_t id;
    const int rc = rf_key_of_text(&item, f[QUESTION], hex, err);
    if (rc)
        return rc;
    if (f[SCORES].s)
        return all_models(sink, r, &item, err);
    return f[MODEL].s ? one_model(sink, r, &item, err) : rf_sink_item(sink, &item, &id, err);
}

static int read_routing(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return rf_records_read(in, sink, wanted, FIELDS, take, sink, err);
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const data[] = { "question", "scores", NULL };
    static const char *const log[] = { "query", "model_name", "performance", NULL };
    static const char *const queries[] = { "task_name", "query", "ground_truth", NULL };
    return rf_sniff_all(s, log) ? 85 : rf_sniff_all(s, queries) ? 80 : s->json && rf_sniff_all(s, data) ? 75 : 0;
}

const struct rf_reader rf_reader_llmrouter = {
    "llmrouter", "LLMRouter's routing data (question, scores of all models), its log of calls and its queries", sniff,
    read_routing
};
