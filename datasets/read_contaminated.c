/* RouteLLM's contaminated_prompts.jsonl: eval_prompt is the text of a benchmark question that stands in the training
 * data too. Only its SHA-256 is kept, for evaluation to leave such questions out by exact text. */
#include "datasets/record.h"
#include "datasets/sniff.h"

static const struct rf_wanted wanted[] = { { { "eval_prompt" }, true } };

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    return rf_sink_contaminated(ctx, r->field[0], r->line, err);
}

static int read_list(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return rf_records_read(in, sink, wanted, 1, take, sink, err);
}

static int sniff(const struct rf_sniff *s)
{
    return rf_sniff_has(s, "eval_prompt") ? 90 : 0;
}

const struct rf_reader rf_reader_contaminated = {
    "contaminated", "RouteLLM's contaminated_prompts.jsonl: texts that evaluation leaves out", sniff, read_list
};
