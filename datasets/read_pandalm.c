/* PandaLM's test sets, two kinds of file: pairs with three human labels each (idx, cmp_key, instruction, input,
 * response1, response2, annotator1..3: 1, 2, or 0 for a tie), the models being the two halves of cmp_key; and one
 * judge's results on them (idx, gpt_result or pandalm_result), named after the judge: "gpt-3.5-turbo-testset-v1.json".
 * "garbage" is the authors' word for a reply that could not be read. Where no models are known, the sides are named
 * pandalm/1 and pandalm/2. Refuses results whose judge nothing tells. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

struct state {
    struct rf_sink *sink;
    struct rf_str judge;      /* of the file's name; .s NULL: none */
    struct rf_buf set;        /* "pandalm-testset-v1" */
    struct rf_buf id, prompt; /* of the row */
};

/* "gpt-3.5-turbo-testset-v1" is the judge gpt-3.5-turbo on testset-v1. */
static int read_name(struct state *s, struct rf_str stem, struct rf_err *err)
{
    static const char word[] = "testset";
    const char *const at = memmem(stem.s, stem.len, word, sizeof word - 1);
    const size_t start = at ? (size_t)(at - stem.s) : 0;
    if (start > 1)
        s->judge = (struct rf_str){ stem.s, start - 1 };
    return rf_buf_printf(&s->set, err, "pandalm-%.*s", (int)(stem.len - start), stem.s + start);
}

/* 1 or 2: a or b; 0 or Tie: tie; garbage or nothing: *winner NULL. False for other words. */
static bool verdict(struct rf_str label, const char **winner)
{
    static const char *const winners[] = { "tie", "a", "b" };
    double n = 0;
    *winner = NULL;
    if (rf_field_missing(label) || rf_str_is(label, "garbage"))
        return true;
    if (label.len == 3 && !strncasecmp(label.s, "tie", 3))
        *winner = "tie";
    else if (rf_field_real(label, &n) && n >= 0 && n <= 2 && n == floor(n))
        *winner = winners[(int)n];
    return *winner != NULL;
}

static int bad_label(struct rf_sink *sink, uint64_t line, const char *field, struct rf_str found, struct rf_err *err)
{
    char shown[RF_SHOWN];
    return rf_sink_drop(sink, line, field, "bad label", "1, 2, or 0 for a tie", err, "%s", rf_field_show(found, shown));
}

static int start_vote(struct state *s, const struct rf_record *r, struct rf_str index, struct rf_vote *v,
                      struct rf_err *err)
{
    const struct rf_str set = { s->set.data, s->set.len };
    *v = (struct rf_vote){ RF_NO_NUMBERS,
                           .line = r->line,
                           .row = r->row,
                           .origin = set,
                           .key = index,
                           .prompt = { .bytes = -1 },
                           .model_a = RF_STR("pandalm/1"),
                           .model_b = RF_STR("pandalm/2") };
    return rf_key_join(&s->id, (const struct rf_str[]){ set, index }, 2, &v->prompt.id, err);
}

static int read_with(struct rf_input *in, struct rf_sink *sink, const struct rf_wanted *wanted, size_t n,
                     bool needs_judge, int (*take)(void *ctx, const struct rf_record *r, struct rf_err *err),
                     struct rf_err *err)
{
    struct state s = { .sink = sink };
    int rc = read_name(&s, rf_file_stem(rf_sink_path(sink)), err);
    if (!rc && needs_judge && !s.judge.s && !rf_sink_judge(sink))
        rc =
            rf_fail(err, RF_BAD_INPUT,
                    "%s:1: found no judge in the file's name, expected one like gpt-3.5-turbo-testset-v1.json: name it "
                    "with --judge",
                    rf_sink_path(sink));
    if (!rc)
        rc = rf_records_read(in, sink, wanted, n, take, &s, err);
    rf_buf_release(&s.set);
    rf_buf_release(&s.id);
    rf_buf_release(&s.prompt);
    return rc;
}

/* ---- pairs ---- */

enum { ANNOTATORS = 3 };
enum {
    P_INDEX,
    P_MODELS,
    P_INSTRUCTION,
    P_INPUT,
    P_RESPONSE1,
    P_RESPONSE2,
    P_APP,
    P_LABEL,
    P_FIELDS = P_LABEL + ANNOTATORS
};

static const struct rf_wanted pair[P_FIELDS] = {
    [P_INDEX] = { { "idx" }, true },
    [P_MODELS] = { { "cmp_key" }, false },
    [P_INSTRUCTION] = { { "instruction" }, true },
    [P_INPUT] = { { "input" }, false },
    [P_RESPONSE1] = { { "response1" }, false },
    [P_RESPONSE2] = { { "response2" }, false },
    [P_APP] = { { "motivation_app" }, false },
    [P_LABEL] = { { "annotator1" }, true },
    [P_LABEL + 1] = { { "annotator2" }, false },
    [P_LABEL + 2] = { { "annotator3" }, false },
};

/* "bloom-7b_llama-7b": two names, where exactly one "_" stands between them. */
static void name_models(struct rf_str both, struct rf_vote *v)
{
    const char *const cut = both.len ? memchr(both.s, '_', both.len) : NULL;
    const size_t first = cut ? (size_t)(cut - both.s) : 0, rest = cut ? both.len - first - 1 : 0;
    if (!first || !rest || memchr(cut + 1, '_', rest))
        return;
    v->model_a = (struct rf_str){ both.s, first };
    v->model_b = (struct rf_str){ cut + 1, rest };
}

static int take_pair(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    static const char *const judges[ANNOTATORS] = { "human-1", "human-2", "human-3" };
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    struct rf_str text;
    struct rf_vote v;
    int rc = start_vote(s, r, f[P_INDEX], &v, err);
    if (rc || (rc = rf_instruction(&s->prompt, f[P_INSTRUCTION], f[P_INPUT], &text, err)))
        return rc;
    name_models(f[P_MODELS], &v);
    v.task = rf_optional(f[P_APP]);
    v.prompt.turn = &text;
    v.prompt.n = 1;
    v.response_a = f[P_RESPONSE1].s ? &f[P_RESPONSE1] : NULL;
    v.nresponse_a = f[P_RESPONSE1].s != NULL;
    v.response_b = f[P_RESPONSE2].s ? &f[P_RESPONSE2] : NULL;
    v.nresponse_b = f[P_RESPONSE2].s != NULL;
    for (int i = 0; !rc && i < ANNOTATORS; i++) {
        const struct rf_str label = f[P_LABEL + i];
        if (rf_field_missing(label)) /* not every pair has three */
            continue;
        v.judge = (struct rf_str){ judges[i], strlen(judges[i]) };
        rc = verdict(label, &v.winner) ? rf_sink_vote(s->sink, &v, err)
                                       : bad_label(s->sink, r->line, pair[P_LABEL + i].name[0], label, err);
    }
    return rc;
}

static int read_pairs(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return read_with(in, sink, pair, P_FIELDS, false, take_pair, err);
}

static int sniff_pairs(const struct rf_sniff *s)
{
    static const char *const names[] = { "idx", "instruction", "response1", "response2", "annotator1", NULL };
    return rf_sniff_all(s, names) ? 90 : 0;
}

const struct rf_reader rf_reader_pandalm = {
    "pandalm", "PandaLM's test set: idx, cmp_key, instruction, input, response1, response2, annotator1 to 3",
    sniff_pairs, read_pairs
};

/* ---- results ---- */

enum { R_INDEX, R_RESULT, R_FIELDS };

static const struct rf_wanted result[R_FIELDS] = {
    [R_INDEX] = { { "idx" }, true },
    [R_RESULT] = { { "gpt_result", "pandalm_result", "result" }, true },
};

static int take_result(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    struct rf_vote v;
    const int rc = start_vote(s, r, r->field[R_INDEX], &v, err);
    if (rc)
        return rc;
    if (!rf_sink_judge(s->sink))
        v.judge = s->judge;
    return verdict(r->field[R_RESULT], &v.winner) ? rf_sink_vote(s->sink, &v, err)
                                                  : bad_label(s->sink, r->line, "result", r->field[R_RESULT], err);
}

static int read_results(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return read_with(in, sink, result, R_FIELDS, true, take_result, err);
}

static int sniff_results(const struct rf_sniff *s)
{
    return rf_sniff_has(s, "idx") && (rf_sniff_has(s, "gpt_result") || rf_sniff_has(s, "pandalm_result")) ? 90 : 0;
}

const struct rf_reader rf_reader_pandalm_results = {
    "pandalm-results", "a judge on PandaLM's test set: idx, gpt_result or pandalm_result; the judge is the file's name",
    sniff_results, read_results
};
