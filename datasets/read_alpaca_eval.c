/* AlpacaEval's annotations: instruction (or instruction_idx), generator_1, generator_2, annotator, preference; perhaps
 * input, output_1, output_2. A preference is 1 to 2, the share of the second answer plus 1; above 1.5 b wins, below a,
 * 1.5 and 0 tie, none: not parsed. It is kept as it is in score_b, so that AlpacaEval's win rate is 100 * avg(score_b -
 * 1). Rows that stand twice are one vote. */
#include <inttypes.h>
#include <math.h>

#include "datasets/field.h"
#include "core/mix.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

enum { INDEX, INSTRUCTION, INPUT, OUTPUT1, OUTPUT2, GENERATOR1, GENERATOR2, ANNOTATOR, PREFERENCE, DATASET, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [INDEX] = { { "instruction_idx" }, false }, [INSTRUCTION] = { { "instruction" }, false },
    [INPUT] = { { "input" }, false },           [OUTPUT1] = { { "output_1" }, false },
    [OUTPUT2] = { { "output_2" }, false },      [GENERATOR1] = { { "generator_1" }, true },
    [GENERATOR2] = { { "generator_2" }, true }, [ANNOTATOR] = { { "annotator" }, false },
    [PREFERENCE] = { { "preference" }, false }, [DATASET] = { { "dataset" }, false },
};

struct state {
    struct rf_sink *sink;
    struct rf_buf key, id, prompt;
};

/* Where the file has no index, the texts are the pair's identity. */
static int name_vote(struct state *s, const struct rf_str *f, struct rf_vote *v, struct rf_err *err)
{
    char digest[32];
    struct rf_str id = f[INDEX];
    int rc = 0;
    if (!rf_field_missing(id)) {
        rc = rf_key_join(&s->id, (const struct rf_str[]){ RF_STR("alpaca"), id }, 2, &v->prompt.id, err);
    } else {
        uint64_t h = rf_mix_bytes(0, v->prompt.turn->s, v->prompt.turn->len);
        h = rf_mix_bytes(h, f[OUTPUT1].s, f[OUTPUT1].len);
        h = rf_mix_bytes(h, f[OUTPUT2].s, f[OUTPUT2].len);
        id = (struct rf_str){ digest, (size_t)snprintf(digest, sizeof digest, "%016" PRIx64, h) };
    }
    return rc ? rc : rf_key_join(&s->key, (const struct rf_str[]){ id, v->model_a, v->model_b }, 3, &v->key, err);
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    char shown[RF_SHOWN];
    struct rf_str text;
    struct rf_vote v = { RF_NO_NUMBERS,
                         .line = r->line,
                         .row = r->row,
                         .origin = RF_STR("alpaca-eval"),
                         .prompt = { .bytes = -1 },
                         .task = rf_optional(f[DATASET]),
                         .model_a = f[GENERATOR1],
                         .model_b = f[GENERATOR2],
                         .judge = rf_optional(f[ANNOTATOR]),
                         .response_a = f[OUTPUT1].s ? &f[OUTPUT1] : NULL,
                         .nresponse_a = f[OUTPUT1].s != NULL,
                         .response_b = f[OUTPUT2].s ? &f[OUTPUT2] : NULL,
                         .nresponse_b = f[OUTPUT2].s != NULL };
    double p = NAN;
    if (!rf_field_missing(f[PREFERENCE])) {
        if (!rf_field_real(f[PREFERENCE], &p) || !((p >= 1 && p <= 2) || fpclassify(p) == FP_ZERO))
            return rf_sink_drop(s->sink, r->line, "preference", "bad preference", "1 to 2, or 0 for a draw", err, "%s",
                                rf_field_show(f[PREFERENCE], shown));
        v.winner = p > 1.5 ? "b" : p < 1.5 && p >= 1 ? "a" : "tie";
        v.score_b = p;
    }
    if (!f[INSTRUCTION].s && rf_field_missing(f[INDEX]))
        return rf_sink_drop(s->sink, r->line, "instruction", "no prompt", "instruction or instruction_idx", err,
                            "none");
    int rc = rf_instruction(&s->prompt, f[INSTRUCTION], f[INPUT], &text, err);
    v.prompt.turn = f[INSTRUCTION].s ? &text : NULL;
    v.prompt.n = f[INSTRUCTION].s != NULL;
    if (!rc)
        rc = name_vote(s, f, &v, err);
    return rc ? rc : rf_sink_vote(s->sink, &v, err);
}

static int read_annotations(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    const int rc = rf_records_read(in, sink, wanted, FIELDS, take, &s, err);
    rf_buf_release(&s.key);
    rf_buf_release(&s.id);
    rf_buf_release(&s.prompt);
    return rc;
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const names[] = { "generator_1", "generator_2", "preference", NULL };
    return rf_sniff_all(s, names) ? 85 : 0;
}

const struct rf_reader rf_reader_alpaca_eval = {
    "alpaca-eval",
    "AlpacaEval's annotations, JSON or CSV: instruction, generator_1, generator_2, annotator, preference", sniff,
    read_annotations
};
