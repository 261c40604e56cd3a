/* RouteLLM's labels by GPT-4 (routellm/gpt4_dataset as JSON lines or CSV): prompt, mixtral_score, perhaps source,
 * gpt4_response, mixtral_response. The score of 1 to 5 grades Mixtral's answer alone and is kept in score_b; by
 * RouteLLM's rule the weak model does from 4 on, which is a tie here, and below it the strong one wins. */
#include <math.h>

#include "core/json.h"
#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

enum { PROMPT, SOURCE, RESPONSE_A, RESPONSE_B, SCORE, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [PROMPT] = { { "prompt" }, true },
    [SOURCE] = { { "source" }, false },
    [RESPONSE_A] = { { "gpt4_response" }, false },
    [RESPONSE_B] = { { "mixtral_response" }, false },
    [SCORE] = { { "mixtral_score" }, true },
};

enum { LEAST = 1, ENOUGH = 4, MOST = 5 };

struct state {
    struct rf_sink *sink;
    struct rf_json_strings source;
};

/* A source is a list of one word; other lists stay as they are written. */
static struct rf_str task_of(struct state *s, struct rf_str source)
{
    if (source.len && source.s[0] == '[' && !rf_json_strings(source.s, source.len, &s->source, NULL) &&
        s->source.n == 1)
        return rf_optional(s->source.item[0]);
    return rf_optional(source);
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    char shown[RF_SHOWN];
    double score = NAN;
    if (!rf_field_real(f[SCORE], &score) || score < LEAST || score > MOST)
        return rf_sink_drop(s->sink, r->line, "mixtral_score", "bad score", "1 to 5", err, "%s",
                            rf_field_show(f[SCORE], shown));
    return rf_sink_vote(s->sink,
                        &(struct rf_vote){ .line = r->line,
                                           .row = r->row,
                                           .origin = RF_STR("routellm-gpt4-dataset"),
                                           .task = task_of(s, f[SOURCE]),
                                           .prompt = { .turn = &f[PROMPT], .n = 1, .bytes = -1 },
                                           .model_a = RF_STR("gpt-4-1106-preview"),
                                           .model_b = RF_STR("mistralai/Mixtral-8x7B-Instruct-v0.1"),
                                           .winner = score >= ENOUGH ? "tie" : "a",
                                           .judge = RF_STR("gpt-4"),
                                           .weight = NAN,
                                           .score_a = NAN,
                                           .score_b = score,
                                           .response_a = f[RESPONSE_A].s ? &f[RESPONSE_A] : NULL,
                                           .nresponse_a = f[RESPONSE_A].s != NULL,
                                           .response_b = f[RESPONSE_B].s ? &f[RESPONSE_B] : NULL,
                                           .nresponse_b = f[RESPONSE_B].s != NULL },
                        err);
}

static int read_labels(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    const int rc = rf_records_read(in, sink, wanted, FIELDS, take, &s, err);
    rf_json_strings_release(&s.source);
    return rc;
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const names[] = { "prompt", "mixtral_score", NULL };
    return rf_sniff_all(s, names) ? 90 : 0;
}

const struct rf_reader rf_reader_gpt4_dataset = {
    "gpt4-dataset", "RouteLLM's gpt4_dataset: prompt, mixtral_score (1 to 5), perhaps source and the two responses",
    sniff, read_labels
};
