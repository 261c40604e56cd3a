/* Plain votes, CSV or JSON lines: model_a, model_b, winner; perhaps prompt (or prompt_id and prompt_bytes where the
 * text is not shared), id, origin, judge, weight. Refuses winners outside the words below: a vote is never guessed. */
#include <math.h>

#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum { MODEL_A, MODEL_B, WINNER, PROMPT, PROMPT_ID, PROMPT_BYTES, ID, ORIGIN, JUDGE, WEIGHT, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [MODEL_A] = { { "model_a" }, true },
    [MODEL_B] = { { "model_b" }, true },
    [WINNER] = { { "winner" }, true },
    [PROMPT] = { { "prompt" }, false },
    [PROMPT_ID] = { { "prompt_id" }, false },
    [PROMPT_BYTES] = { { "prompt_bytes" }, false },
    [ID] = { { "id" }, false },
    [ORIGIN] = { { "origin" }, false },
    [JUDGE] = { { "judge" }, false },
    [WEIGHT] = { { "weight" }, false },
};

static const char *verdict(struct rf_str word)
{
    static const char *const words[][2] = {
        { "a", "a" },
        { "A", "a" },
        { "model_a", "a" },
        { "b", "b" },
        { "B", "b" },
        { "model_b", "b" },
        { "tie", "tie" },
        { "bothbad", "bothbad" },
        { "both_bad", "bothbad" },
        { "tie (bothbad)", "bothbad" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (rf_str_is(word, words[i][0]))
            return words[i][1];
    return NULL;
}

/* An empty cell of an optional column is the same as no column. */
static struct rf_str optional(struct rf_str s)
{
    return rf_field_missing(s) ? (struct rf_str){ 0 } : s;
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct rf_sink *const sink = ctx;
    const struct rf_str *const f = r->field;
    const char *const won = verdict(f[WINNER]);
    char shown[RF_SHOWN];
    struct rf_vote v = { RF_NO_NUMBERS,
                         .line = r->line,
                         .row = r->row,
                         .origin = optional(f[ORIGIN]),
                         .key = optional(f[ID]),
                         .model_a = f[MODEL_A],
                         .model_b = f[MODEL_B],
                         .winner = won,
                         .judge = optional(f[JUDGE]) };
    if (!won)
        return rf_sink_drop(sink, r->line, "winner", "bad winner", "a, b, tie or bothbad", err, "%s",
                            rf_field_show(f[WINNER], shown));
    if (!rf_field_missing(f[WEIGHT]) && (!rf_field_real(f[WEIGHT], &v.weight) || v.weight <= 0))
        return rf_sink_drop(sink, r->line, "weight", "bad weight", "a number above 0", err, "%s",
                            rf_field_show(f[WEIGHT], shown));
    const int rc = rf_record_prompt(r, PROMPT, PROMPT_ID, PROMPT_BYTES, sink, &v.prompt, err);
    return rc <= 0 ? rc : rf_sink_vote(sink, &v, err);
}

static int read_votes(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return rf_records_read(in, sink, wanted, FIELDS, take, sink, err);
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const names[] = { "model_a", "model_b", "winner", NULL };
    return rf_sniff_all(s, names) ? 60 : 0;
}

const struct rf_reader rf_reader_votes = {
    "votes", "votes, CSV or JSON lines: model_a, model_b, winner; perhaps prompt or prompt_id, id, judge, weight",
    sniff, read_votes
};
