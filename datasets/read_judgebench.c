/* JudgeBench, two kinds of file: pairs with an objective label (pair_id, source, question, response_A, response_B,
 * label), and a table of judges (pair_id, judge_name, judge_model, order, decision; perhaps score_first, score_second).
 * A decision is worded in the order in which the judge saw the answers: of a BA row it is turned round. Both answers
 * are by one model, so the sides of a pair are named judgebench/A and judgebench/B. An empty decision is one that could
 * not be read. */
#include <math.h>

#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

#define SIDE_A RF_STR("judgebench/A")
#define SIDE_B RF_STR("judgebench/B")

struct state {
    struct rf_sink *sink;
    struct rf_buf id, judge;
};

/* "a", "b", "tie", or NULL for other words. */
static const char *decision(struct rf_str word)
{
    static const char *const words[][2] = { { "A>B", "a" },  { "B>A", "b" },  { "A=B", "tie" }, { "B=A", "tie" },
                                            { "A>>B", "a" }, { "B>>A", "b" }, { "A<B", "b" },   { "B<A", "a" } };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (rf_str_is(word, words[i][0]))
            return words[i][1];
    return NULL;
}

static int bad_word(struct rf_sink *sink, uint64_t line, const char *field, const char *reason, const char *expected,
                    struct rf_str found, struct rf_err *err)
{
    char shown[RF_SHOWN];
    return rf_sink_drop(sink, line, field, reason, expected, err, "%s", rf_field_show(found, shown));
}

/* The vote of a row before its verdict; id borrows from s. */
static int start_vote(struct state *s, const struct rf_record *r, struct rf_str pair, struct rf_vote *v,
                      struct rf_err *err)
{
    *v = (struct rf_vote){ RF_NO_NUMBERS, .line = r->line,           .row = r->row,     .origin = RF_STR("judgebench"),
                           .key = pair,   .prompt = { .bytes = -1 }, .model_a = SIDE_A, .model_b = SIDE_B };
    return rf_key_join(&s->id, (const struct rf_str[]){ RF_STR("judgebench"), pair }, 2, &v->prompt.id, err);
}

static int read_with(struct rf_input *in, struct rf_sink *sink, const struct rf_wanted *wanted, size_t n,
                     int (*take)(void *ctx, const struct rf_record *r, struct rf_err *err), struct rf_err *err)
{
    struct state s = { .sink = sink };
    const int rc = rf_records_read(in, sink, wanted, n, take, &s, err);
    rf_buf_release(&s.id);
    rf_buf_release(&s.judge);
    return rc;
}

/* ---- pairs ---- */

enum { P_PAIR, P_SOURCE, P_QUESTION, P_RESPONSE_A, P_RESPONSE_B, P_LABEL, P_FIELDS };

static const struct rf_wanted pair[P_FIELDS] = {
    [P_PAIR] = { { "pair_id" }, true },           [P_SOURCE] = { { "source" }, false },
    [P_QUESTION] = { { "question" }, true },      [P_RESPONSE_A] = { { "response_A" }, false },
    [P_RESPONSE_B] = { { "response_B" }, false }, [P_LABEL] = { { "label" }, true },
};

static int take_pair(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    struct rf_vote v;
    const int rc = start_vote(s, r, f[P_PAIR], &v, err);
    v.winner = decision(f[P_LABEL]);
    v.task = rf_optional(f[P_SOURCE]);
    v.judge = RF_STR("objective");
    v.prompt.turn = &f[P_QUESTION];
    v.prompt.n = 1;
    v.response_a = f[P_RESPONSE_A].s ? &f[P_RESPONSE_A] : NULL;
    v.nresponse_a = f[P_RESPONSE_A].s != NULL;
    v.response_b = f[P_RESPONSE_B].s ? &f[P_RESPONSE_B] : NULL;
    v.nresponse_b = f[P_RESPONSE_B].s != NULL;
    if (!rc && rf_field_missing(f[P_PAIR]))
        return bad_word(s->sink, r->line, "pair_id", "no id", "the id of the pair", f[P_PAIR], err);
    if (!rc && !v.winner)
        return bad_word(s->sink, r->line, "label", "bad label", "A>B, B>A or A=B", f[P_LABEL], err);
    return rc ? rc : rf_sink_vote(s->sink, &v, err);
}

static int read_pairs(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return read_with(in, sink, pair, P_FIELDS, take_pair, err);
}

static int sniff_pairs(const struct rf_sniff *s)
{
    static const char *const names[] = { "pair_id", "question", "response_A", "response_B", "label", NULL };
    return rf_sniff_all(s, names) ? 90 : 0;
}

const struct rf_reader rf_reader_judgebench = {
    "judgebench", "JudgeBench's pairs: pair_id, question, response_A, response_B and an objective label", sniff_pairs,
    read_pairs
};

/* ---- judges ---- */

enum { J_PAIR, J_NAME, J_MODEL, J_ORDER, J_DECISION, J_FIRST, J_SECOND, J_FIELDS };

static const struct rf_wanted judged[J_FIELDS] = {
    [J_PAIR] = { { "pair_id" }, true },         [J_NAME] = { { "judge_name" }, false },
    [J_MODEL] = { { "judge_model" }, true },    [J_ORDER] = { { "order" }, true },
    [J_DECISION] = { { "decision" }, true },    [J_FIRST] = { { "score_first" }, false },
    [J_SECOND] = { { "score_second" }, false },
};

static int take_judged(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    const bool turned = rf_str_is(f[J_ORDER], "BA");
    struct rf_vote v;
    int rc = start_vote(s, r, f[J_PAIR], &v, err);
    if (!rc && !rf_field_missing(f[J_NAME]))
        rc = rf_key_join(&s->judge, (const struct rf_str[]){ f[J_NAME], f[J_MODEL] }, 2, &v.judge, err);
    else
        v.judge = rf_optional(f[J_MODEL]);
    if (rc)
        return rc;
    if (rf_field_missing(f[J_PAIR]))
        return bad_word(s->sink, r->line, "pair_id", "no id", "the id of the pair", f[J_PAIR], err);
    if (!turned && !rf_str_is(f[J_ORDER], "AB"))
        return bad_word(s->sink, r->line, "order", "bad order", "AB or BA", f[J_ORDER], err);
    if (!rf_field_missing(f[J_DECISION]) && !(v.winner = decision(f[J_DECISION])))
        return bad_word(s->sink, r->line, "decision", "bad decision", "A>B, B>A or A=B", f[J_DECISION], err);
    if ((!rf_field_missing(f[J_FIRST]) && !rf_field_real(f[J_FIRST], &v.score_a)) ||
        (!rf_field_missing(f[J_SECOND]) && !rf_field_real(f[J_SECOND], &v.score_b)))
        return bad_word(s->sink, r->line, "score_first", "bad score", "numbers", f[J_FIRST], err);
    v.shown_first = 'a';
    if (turned) { /* what was read as a is the answer shown first: B */
        v.model_a = SIDE_B;
        v.model_b = SIDE_A;
        rf_vote_flip(&v);
    }
    return rf_sink_vote(s->sink, &v, err);
}

static int read_judged(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return read_with(in, sink, judged, J_FIELDS, take_judged, err);
}

static int sniff_judged(const struct rf_sniff *s)
{
    static const char *const names[] = { "pair_id", "judge_model", "order", "decision", NULL };
    return rf_sniff_all(s, names) ? 90 : 0;
}

const struct rf_reader rf_reader_judgebench_judges = {
    "judgebench-judges", "judges on JudgeBench: pair_id, judge_name, judge_model, order (AB or BA), decision",
    sniff_judged, read_judged
};
