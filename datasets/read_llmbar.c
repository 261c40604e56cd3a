/* LLMBar, two kinds of file: pairs with the authors' label (input, output_1, output_2, label 1 or 2), the set and the
 * index being the file's name (or its folder's, for dataset.json) and the place in it; and a table of judges (set,
 * index, judge, prompt, winner, winner_swapped), in which both verdicts name the answers as the pair numbers them and
 * an empty one could not be read. No models are known: the sides are named llmbar/1 and llmbar/2. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "datasets/benchname.h"
#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

struct state {
    struct rf_sink *sink;
    struct rf_buf set, key, id, judge;
};

/* The set in small letters: "GPTInst" is gptinst. */
static int set_name(struct state *s, struct rf_str name, struct rf_err *err)
{
    s->set.len = 0;
    const int rc = rf_buf_add(&s->set, name.s ? name.s : "", name.len, err);
    for (size_t i = 0; !rc && i < s->set.len; i++)
        s->set.data[i] = (char)tolower((unsigned char)s->set.data[i]);
    return rc;
}

/* The vote of a pair before its verdict; its names borrow from s. */
static int start_vote(struct state *s, const struct rf_record *r, struct rf_str index, struct rf_vote *v,
                      struct rf_err *err)
{
    const struct rf_str set = { s->set.data, s->set.len };
    *v = (struct rf_vote){ RF_NO_NUMBERS,
                           .line = r->line,
                           .row = r->row,
                           .origin = RF_STR("llmbar"),
                           .task = set,
                           .prompt = { .bytes = -1 },
                           .model_a = RF_STR("llmbar/1"),
                           .model_b = RF_STR("llmbar/2") };
    const int rc = rf_key_join(&s->key, (const struct rf_str[]){ set, index }, 2, &v->key, err);
    return rc ? rc : rf_key_join(&s->id, (const struct rf_str[]){ RF_STR("llmbar"), v->key }, 2, &v->prompt.id, err);
}

/* "a", "b", or NULL for all but 1 and 2. */
static const char *winner(struct rf_str label)
{
    double n = 0;
    if (!rf_field_real(label, &n))
        return NULL;
    return n > 0.5 && n < 1.5 ? "a" : n > 1.5 && n < 2.5 ? "b" : NULL;
}

static int bad_label(struct rf_sink *sink, uint64_t line, const char *field, struct rf_str found, struct rf_err *err)
{
    char shown[RF_SHOWN];
    return rf_sink_drop(sink, line, field, "bad label", "1 or 2", err, "%s", rf_field_show(found, shown));
}

static int read_with(struct state *s, struct rf_input *in, const struct rf_wanted *wanted, size_t n,
                     int (*take)(void *ctx, const struct rf_record *r, struct rf_err *err), struct rf_err *err)
{
    const int rc = rf_records_read(in, s->sink, wanted, n, take, s, err);
    rf_buf_release(&s->set);
    rf_buf_release(&s->key);
    rf_buf_release(&s->id);
    rf_buf_release(&s->judge);
    return rc;
}

/* ---- pairs ---- */

enum { P_INPUT, P_OUTPUT1, P_OUTPUT2, P_LABEL, P_FIELDS };

static const struct rf_wanted pair[P_FIELDS] = {
    [P_INPUT] = { { "input" }, true },
    [P_OUTPUT1] = { { "output_1" }, false },
    [P_OUTPUT2] = { { "output_2" }, false },
    [P_LABEL] = { { "label" }, true },
};

static int take_pair(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    char index[24];
    struct rf_vote v;
    const int n = snprintf(index, sizeof index, "%" PRIu64, r->row);
    const int rc = start_vote(s, r, (struct rf_str){ index, (size_t)n }, &v, err);
    v.winner = winner(f[P_LABEL]);
    v.judge = RF_STR("human");
    v.prompt.turn = &f[P_INPUT];
    v.prompt.n = 1;
    v.response_a = f[P_OUTPUT1].s ? &f[P_OUTPUT1] : NULL;
    v.nresponse_a = f[P_OUTPUT1].s != NULL;
    v.response_b = f[P_OUTPUT2].s ? &f[P_OUTPUT2] : NULL;
    v.nresponse_b = f[P_OUTPUT2].s != NULL;
    if (rc)
        return rc;
    return v.winner ? rf_sink_vote(s->sink, &v, err) : bad_label(s->sink, r->line, "label", f[P_LABEL], err);
}

static int read_pairs(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    const struct rf_str stem = rf_file_stem(rf_sink_path(sink)), folder = rf_path_folder(rf_sink_path(sink));
    const int rc = set_name(&s, rf_str_is(stem, "dataset") && folder.s ? folder : stem, err);
    return rc ? rc : read_with(&s, in, pair, P_FIELDS, take_pair, err);
}

static int sniff_pairs(const struct rf_sniff *s)
{
    static const char *const names[] = { "input", "output_1", "output_2", "label", NULL };
    return rf_sniff_all(s, names) && !rf_sniff_has(s, "instruction") ? 85 : 0;
}

const struct rf_reader rf_reader_llmbar = {
    "llmbar", "LLMBar's pairs: input, output_1, output_2, label; the set is the file's name", sniff_pairs, read_pairs
};

/* ---- judges ---- */

enum { J_SET, J_INDEX, J_JUDGE, J_PROMPT, J_WINNER, J_SWAPPED, J_FIELDS };

static const struct rf_wanted judged[J_FIELDS] = {
    [J_SET] = { { "set" }, true },       [J_INDEX] = { { "index" }, true },
    [J_JUDGE] = { { "judge" }, true },   [J_PROMPT] = { { "prompt" }, false },
    [J_WINNER] = { { "winner" }, true }, [J_SWAPPED] = { { "winner_swapped" }, true },
};

static int take_judged(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    struct rf_vote v;
    int rc = set_name(s, f[J_SET], err);
    if (rc || (rc = start_vote(s, r, f[J_INDEX], &v, err)) ||
        (rc = rf_key_join(&s->judge, (const struct rf_str[]){ f[J_JUDGE], f[J_PROMPT] },
                          rf_field_missing(f[J_PROMPT]) ? 1 : 2, &v.judge, err)))
        return rc;
    for (int i = 0; !rc && i < 2; i++) {
        const struct rf_str label = f[J_WINNER + i];
        v.winner = winner(label);
        v.shown_first = i ? 'b' : 'a';
        rc = v.winner || rf_field_missing(label)
                 ? rf_sink_vote(s->sink, &v, err)
                 : bad_label(s->sink, r->line, judged[J_WINNER + i].name[0], label, err);
    }
    return rc;
}

static int read_judged(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    return read_with(&s, in, judged, J_FIELDS, take_judged, err);
}

static int sniff_judged(const struct rf_sniff *s)
{
    static const char *const names[] = { "set", "index", "judge", "winner", "winner_swapped", NULL };
    return rf_sniff_all(s, names) ? 90 : 0;
}

const struct rf_reader rf_reader_llmbar_judges = {
    "llmbar-judges", "judges on LLMBar in both orders: set, index, judge, prompt, winner, winner_swapped", sniff_judged,
    read_judged
};
