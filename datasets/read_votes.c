/* Plain votes, CSV or JSON: model_a, model_b, and winner (a word for it or one of the two names) or score_a and score_b
 * (the higher wins, equal ones tie); perhaps prompt (or prompt_id and prompt_bytes where the text is not shared), id,
 * origin, judge, weight, task, shown_first. Refuses winners that are neither: a vote is never guessed. */
#include <math.h>

#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

enum {
    MODEL_A,
    MODEL_B,
    WINNER,
    PROMPT,
    PROMPT_ID,
    PROMPT_BYTES,
    ID,
    ORIGIN,
    JUDGE,
    WEIGHT,
    SCORE_A,
    SCORE_B,
    SHOWN_FIRST,
    TASK,
    FIELDS
};

static const struct rf_wanted wanted[FIELDS] = {
    [MODEL_A] = { { "model_a" }, true },
    [MODEL_B] = { { "model_b" }, true },
    [WINNER] = { { "winner" }, false },
    [PROMPT] = { { "prompt" }, false },
    [PROMPT_ID] = { { "prompt_id" }, false },
    [PROMPT_BYTES] = { { "prompt_bytes" }, false },
    [ID] = { { "id" }, false },
    [ORIGIN] = { { "origin" }, false },
    [JUDGE] = { { "judge" }, false },
    [WEIGHT] = { { "weight" }, false },
    [SCORE_A] = { { "score_a" }, false },
    [SCORE_B] = { { "score_b" }, false },
    [SHOWN_FIRST] = { { "shown_first" }, false },
    [TASK] = { { "task" }, false },
};

/* Drops a row for one of its fields. */
static int refuse(struct rf_sink *sink, const struct rf_record *r, int field, const char *reason, const char *expected,
                  struct rf_err *err)
{
    char shown[RF_SHOWN];
    return rf_sink_drop(sink, r->line, wanted[field].name[0], reason, expected, err, "%s",
                        rf_field_show(r->field[field], shown));
}

/* The verdict and what else the judge said: 1, 0 where the row was dropped, or an rf_code. */
static int judgement(const struct rf_record *r, struct rf_sink *sink, struct rf_vote *v, struct rf_err *err)
{
    const struct rf_str *const f = r->field;
    if (!rf_field_missing(f[WEIGHT]) && (!rf_field_real(f[WEIGHT], &v->weight) || v->weight <= 0))
        return refuse(sink, r, WEIGHT, "bad weight", "a number above 0", err);
    if (!rf_field_missing(f[SCORE_A]) && !rf_field_real(f[SCORE_A], &v->score_a))
        return refuse(sink, r, SCORE_A, "bad score", "a number", err);
    if (!rf_field_missing(f[SCORE_B]) && !rf_field_real(f[SCORE_B], &v->score_b))
        return refuse(sink, r, SCORE_B, "bad score", "a number", err);
    const bool named = !rf_field_missing(f[WINNER]);
    v->winner = named ? rf_verdict(f[WINNER], f[MODEL_A], f[MODEL_B]) : rf_verdict_of_scores(v->score_a, v->score_b);
    if (!v->winner)
        return named ? refuse(sink, r, WINNER, "bad winner", "a, b, tie or bothbad", err)
                     : refuse(sink, r, WINNER, "no winner", "a winner, or score_a and score_b", err);
    if (rf_field_missing(f[SHOWN_FIRST]))
        return 1;
    const char *const first = rf_verdict(f[SHOWN_FIRST], f[MODEL_A], f[MODEL_B]);
    if (!first || first[1])
        return refuse(sink, r, SHOWN_FIRST, "bad order", "a or b", err);
    v->shown_first = first[0];
    return 1;
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct rf_sink *const sink = ctx;
    const struct rf_str *const f = r->field;
    struct rf_vote v = { RF_NO_NUMBERS,
                         .line = r->line,
                         .row = r->row,
                         .origin = rf_optional(f[ORIGIN]),
                         .key = rf_optional(f[ID]),
                         .task = rf_optional(f[TASK]),
                         .model_a = f[MODEL_A],
                         .model_b = f[MODEL_B],
                         .judge = rf_optional(f[JUDGE]) };
    int rc = judgement(r, sink, &v, err);
    if (rc > 0)
        rc = rf_record_prompt(r, PROMPT, PROMPT_ID, PROMPT_BYTES, sink, &v.prompt, err);
    return rc <= 0 ? rc : rf_sink_vote(sink, &v, err);
}

static int read_votes(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return rf_records_read(in, sink, wanted, FIELDS, take, sink, err);
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const won[] = { "model_a", "model_b", "winner", NULL };
    static const char *const scored[] = { "model_a", "model_b", "score_a", "score_b", NULL };
    return rf_sniff_all(s, won) || rf_sniff_all(s, scored) ? 60 : 0;
}

const struct rf_reader rf_reader_votes = {
    "votes",
    "votes, CSV or JSON: model_a, model_b, winner or score_a and score_b; perhaps prompt or prompt_id, id, judge, task",
    sniff, read_votes
};
