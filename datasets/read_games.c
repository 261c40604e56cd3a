/* Judges of pairs that see each pair in both orders, two votes a row: FastChat's *_pair.jsonl (question_id, model_1,
 * model_2, g1_winner, g2_winner, judge, turn; both winners in the pair's own numbering) and Arena-Hard's model_judgment
 * (question_id or uid, model, judge, games; perhaps baseline, category), whose labels "A>>B" to "B>>A" are in the order
 * shown: the baseline is A in the first game and B in the second. A label with two signs weighs 3, as in Arena-Hard's
 * own leaderboard. No winner ("error", null): a vote without one. */
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

enum { ID, MODEL_1, MODEL_2, WINNER_1, WINNER_2, TURN, MODEL, BASELINE, GAMES, CATEGORY, JUDGE, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [ID] = { { "question_id", "uid" }, true }, [MODEL_1] = { { "model_1" }, false },
    [MODEL_2] = { { "model_2" }, false },      [WINNER_1] = { { "g1_winner" }, false },
    [WINNER_2] = { { "g2_winner" }, false },   [TURN] = { { "turn" }, false },
    [MODEL] = { { "model" }, false },          [BASELINE] = { { "baseline" }, false },
    [GAMES] = { { "games" }, false },          [CATEGORY] = { { "category" }, false },
    [JUDGE] = { { "judge" }, false },
};

enum { FIRST_MTBENCH = 81, LAST_MTBENCH = 160 };

struct state {
    struct rf_sink *sink;
    struct rf_buf key, id;
};

static int refuse(struct state *s, const struct rf_record *r, int field, const char *reason, const char *expected,
                  struct rf_err *err)
{
    char shown[RF_SHOWN];
    return rf_sink_drop(s->sink, r->line, wanted[field].name[0], reason, expected, err, "%s",
                        rf_field_show(r->field[field], shown));
}

/* One vote, oriented and named: v's models, winner and order are set. */
static int emit(struct state *s, const struct rf_record *r, struct rf_vote v, struct rf_err *err)
{
    const struct rf_str *const f = r->field;
    rf_vote_orient(&v);
    const struct rf_str part[] = { f[ID], v.model_a, v.model_b, f[TURN] };
    const int rc = rf_key_join(&s->key, part, rf_field_missing(f[TURN]) ? 3 : 4, &v.key, err);
    return rc ? rc : rf_sink_vote(s->sink, &v, err);
}

/* ---- FastChat ---- */

static bool winner_of(struct rf_str word, const char **winner)
{
    static const struct {
        const char *word, *winner;
    } known[] = { { "model_1", "a" }, { "model_2", "b" }, { "tie", "tie" }, { "error", NULL } };
    *winner = NULL;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (rf_str_is(word, known[i].word)) {
            *winner = known[i].winner;
            return true;
        }
    return rf_field_missing(word);
}

static int take_pair(struct state *s, const struct rf_record *r, struct rf_vote v, struct rf_err *err)
{
    const struct rf_str *const f = r->field;
    int64_t number = 0;
    int rc = 0;
    v.model_a = f[MODEL_1];
    v.model_b = f[MODEL_2];
    if (rf_field_int(f[ID], &number) && number >= FIRST_MTBENCH && number <= LAST_MTBENCH) {
        v.origin = RF_STR("mt-bench");
        rc = rf_key_join(&s->id, (const struct rf_str[]){ v.origin, f[ID] }, 2, &v.prompt.id, err);
    }
    for (int i = 0; !rc && i < 2; i++) {
        if (!winner_of(f[WINNER_1 + i], &v.winner))
            rc = refuse(s, r, WINNER_1 + i, "bad winner", "model_1, model_2, tie or error", err);
        else {
            v.shown_first = i ? 'b' : 'a';
            rc = emit(s, r, v, err);
        }
    }
    return rc;
}

/* ---- Arena-Hard ---- */

/* The verdict of a label, a: the answer shown first. */
static bool verdict(struct rf_str label, struct rf_vote *v)
{
    static const struct {
        const char *label, *winner;
        double weight;
    } known[] = {
        { "A>>B", "a", 3 }, { "A>B", "a", 1 }, { "A=B", "tie", 1 }, { "B>A", "b", 1 }, { "B>>A", "b", 3 },
        { "B<<A", "a", 3 }, { "B<A", "a", 1 }, { "B=A", "tie", 1 }, { "A<B", "b", 1 }, { "A<<B", "b", 3 },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (rf_str_is(label, known[i].label)) {
            v->winner = known[i].winner;
            v->weight = known[i].weight;
            return true;
        }
    return false;
}

/* The published judgements of v0.1, and of v2.0 by category, do not say against what: their settings do. */
static struct rf_str baseline_of(const struct rf_str *f)
{
    if (!rf_field_missing(f[BASELINE]))
        return f[BASELINE];
    if (rf_str_is(f[CATEGORY], "hard_prompt"))
        return RF_STR("o3-mini-2025-01-31");
    if (rf_str_is(f[CATEGORY], "creative_writing"))
        return RF_STR("gemini-2.0-flash-001");
    return rf_field_missing(f[CATEGORY]) || rf_str_is(f[CATEGORY], "arena-hard-v0.1") ? RF_STR("gpt-4-0314")
                                                                                      : (struct rf_str){ 0 };
}

/* The games as they were played: the baseline first, then second. */
static int take_games(struct state *s, const struct rf_record *r, const json_t *games, struct rf_vote v,
                      struct rf_err *err)
{
    const struct rf_str *const f = r->field;
    const struct rf_str baseline = baseline_of(f);
    char shown[RF_SHOWN];
    int rc = 0;
    if (!json_is_array(games) || !json_array_size(games) || json_array_size(games) > 2)
        return refuse(s, r, GAMES, "bad games", "a list of one or two games", err);
    if (!baseline.s)
        return refuse(s, r, BASELINE, "no baseline", "the model that all others were compared with", err);
    if (rf_field_missing(f[BASELINE]))
        rc = rf_sink_note(s->sink, r->line,
                          "rows name no baseline; it is taken from Arena-Hard's settings for their category", err, "%s",
                          rf_field_show(baseline, shown));
    for (size_t i = 0; !rc && i < json_array_size(games); i++) {
        const json_t *const score = json_object_get(json_array_get(games, i), "score");
        const struct rf_str label = { json_string_value(score), json_string_length(score) };
        v.model_a = i ? f[MODEL] : baseline;
        v.model_b = i ? baseline : f[MODEL];
        v.shown_first = 'a';
        v.winner = NULL;
        v.weight = NAN;
        if (score && !json_is_null(score) && !verdict(label, &v))
            rc = rf_sink_drop(s->sink, r->line, "score", "bad label", "A>>B, A>B, A=B, B>A or B>>A", err, "%s",
                              rf_field_show(label, shown));
        else
            rc = emit(s, r, v, err);
    }
    return rc;
}

/* ---- rows ---- */

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    struct rf_vote v = { RF_NO_NUMBERS,
                         .line = r->line,
                         .row = r->row,
                         .prompt = { .bytes = -1 },
                         .task = rf_optional(f[CATEGORY]),
                         .judge = rf_first_name(rf_optional(f[JUDGE])) };
    struct rf_err why = { 0 };
    json_t *games = NULL;
    int rc = 0;
    if (rf_field_missing(f[ID]))
        return refuse(s, r, ID, "no id", "the id of the question", err);
    if (rf_field_missing(f[GAMES]))
        return take_pair(s, r, v, err);
    if (rf_json_parse(f[GAMES].s, f[GAMES].len, &games, &why))
        return rf_sink_drop_why(s->sink, r->line, "games", "bad games", &why, err);
    v.origin = RF_STR("arena-hard");
    rc = rf_key_join(&s->id, (const struct rf_str[]){ RF_STR("arena-hard"), f[ID] }, 2, &v.prompt.id, err);
    if (!rc)
        rc = take_games(s, r, games, v, err);
    json_decref(games);
    return rc;
}

static int read_games(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    const int rc = rf_records_read(in, sink, wanted, FIELDS, take, &s, err);
    rf_buf_release(&s.key);
    rf_buf_release(&s.id);
    return rc;
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const pairs[] = { "question_id", "model_1", "model_2", "g1_winner", NULL };
    static const char *const games[] = { "model", "games", NULL };
    return rf_sniff_all(s, pairs) ||
                   (rf_sniff_all(s, games) && (rf_sniff_has(s, "question_id") || rf_sniff_has(s, "uid")))
               ? 85
               : 0;
}

const struct rf_reader rf_reader_games = {
    "games", "pairs judged in both orders: FastChat's gpt-4_pair.jsonl (g1_winner), Arena-Hard's judgements (games)",
    sniff, read_games
};
