/* EmbedLLM's correctness tables, CSV or JSON lines: one model on one question a row, prompt (or question), model_name,
 * label (1 right, 0 wrong), model_id; perhaps category, the dataset that the question is from. Questions join by their
 * text, for ids start anew in each of its files. A blank label is missing. */
#include <math.h>

#include "datasets/field.h"
#include "datasets/figures.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum { PROMPT, MODEL, LABEL, CATEGORY, MODEL_ID, ID, CATEGORY_ID, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [PROMPT] = { { "prompt", "question" }, true },
    [MODEL] = { { "model_name" }, true },
    [LABEL] = { { "label" }, true },
    [CATEGORY] = { { "category" }, false },
    [MODEL_ID] = { { "model_id" }, false }, /* numbers of the file's own, said otherwise by name and text */
    [ID] = { { "prompt_id", "question_id" }, false },
    [CATEGORY_ID] = { { "category_id" }, false },
};

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct rf_sink *const sink = ctx;
    const struct rf_str *const f = r->field;
    struct rf_result v = { RF_NO_FIGURES, .model = f[MODEL] };
    struct rf_item item = { .line = r->line,
                            .row = r->row,
                            .bench = rf_bench_or(sink, "embedllm"),
                            .task = rf_field_missing(f[CATEGORY]) ? (struct rf_str){ 0 } : f[CATEGORY],
                            .join = true,
                            .prompt = { .turn = &f[PROMPT], .n = 1, .bytes = -1 } };
    const struct rf_figure label = { f[LABEL], "label", RF_FIGURE_SCORE, &v.score };
    char hex[RF_SHA256_HEX];
    int rc = rf_figures_read(&label, 1, sink, r->line, err);
    if (rc <= 0)
        return rc;
    if (!f[PROMPT].len)
        return rf_sink_drop(sink, r->line, "prompt", "empty prompt", "the question's text", err, "none");
    rc = rf_key_of_text(&item, f[PROMPT], hex, err);
    return rc ? rc : rf_sink_answer(sink, &item, &v, err);
}

static int read_labels(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return rf_records_read(in, sink, wanted, FIELDS, take, sink, err);
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const names[] = { "model_id", "model_name", "label", NULL };
    return rf_sniff_all(s, names) && (rf_sniff_has(s, "prompt") || rf_sniff_has(s, "question")) ? 80 : 0;
}

const struct rf_reader rf_reader_embedllm = {
    "embedllm", "EmbedLLM's correctness tables: prompt or question, model_id, model_name, label, perhaps category",
    sniff, read_labels
};
