/* LMSYS arena-human-preference-55k, train.csv: id, two models, prompt and responses as JSON lists of turns, winners
 * one-hot. The id is kept as text (64 bits and more). Refuses rows without a first turn and winners that are not
 * one-hot. */
#include <math.h>

#include "core/json.h"
#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum { ID, MODEL_A, MODEL_B, PROMPT, RESPONSE_A, RESPONSE_B, WIN_A, WIN_B, WIN_TIE, FIELDS, REQUIRED = FIELDS - 2 };

static const struct rf_wanted wanted[FIELDS] = {
    [ID] = { { "id" }, true },
    [MODEL_A] = { { "model_a" }, true },
    [MODEL_B] = { { "model_b" }, true },
    [PROMPT] = { { "prompt" }, true },
    [RESPONSE_A] = { { "response_a" }, RF_RESPONSE },
    [RESPONSE_B] = { { "response_b" }, RF_RESPONSE },
    [WIN_A] = { { "winner_model_a" }, true },
    [WIN_B] = { { "winner_model_b" }, true },
    [WIN_TIE] = { { "winner_tie" }, true },
};

enum { TEXTS = 3 };
static const struct {
    int field;
    const char *what;
} texts[TEXTS] = { { PROMPT, "prompt" }, { RESPONSE_A, "response_a" }, { RESPONSE_B, "response_b" } };

struct state {
    struct rf_sink *sink;
    struct rf_json_strings turns[TEXTS]; /* decoded texts, reused from row to row */
    struct rf_err why;                   /* of a text that is no list of turns */
};

/* "a", "b" or "tie"; NULL where the three cells are not one 1 and two 0. */
static const char *winner(const struct rf_str *field)
{
    static const char *const verdict[] = { "a", "b", "tie" };
    const char *found = NULL;
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double v;
        if (!rf_field_score(field[WIN_A + i], &v) || v < 0)
            return NULL;
        if (v >= 1)
            found = verdict[i];
        sum += v;
    }
    return sum <= 1 ? found : NULL;
}

/* Decodes one list of turns; *dropped where it is none. A missing column leaves no turns. */
static int decode(struct state *s, const struct rf_record *r, int i, bool *dropped, struct rf_err *err)
{
    struct rf_json_strings *const t = &s->turns[i];
    const struct rf_str text = r->field[texts[i].field];
    t->n = 0;
    if (!text.s)
        return 0;
    s->why.code = 0;
    if (!rf_json_strings(text.s, text.len, t, &s->why))
        return 0;
    *dropped = true;
    return rf_sink_drop_why(s->sink, r->line, texts[i].what, "bad list of turns", &s->why, err);
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *s = ctx;
    char shown[3][RF_SHOWN];
    bool dropped = false;
    int rc = 0;
    const int read = rf_sink_reads_responses(s->sink) ? TEXTS : 1;
    for (int i = 0; !rc && !dropped && i < read; i++)
        rc = decode(s, r, i, &dropped, err);
    if (rc || dropped)
        return rc;
    const char *const won = winner(r->field);
    if (!won)
        return rf_sink_drop(s->sink, r->line, "winner_model_a, _b, winner_tie", "bad winner", "one 1 and two 0", err,
                            "%s, %s, %s", rf_field_show(r->field[WIN_A], shown[0]),
                            rf_field_show(r->field[WIN_B], shown[1]), rf_field_show(r->field[WIN_TIE], shown[2]));
    if (s->turns[0].n == 0)
        return rf_sink_drop(s->sink, r->line, "prompt", "empty prompt", "at least one turn", err, "an empty list");
    if (rf_field_missing(r->field[ID]))
        return rf_sink_drop(s->sink, r->line, "id", "no id", "the id of the vote", err, "%s",
                            rf_field_show(r->field[ID], shown[0]));
    for (int i = 0; i < TEXTS; i++)
        rf_sink_repaired(s->sink, s->turns[i].repaired);
    return rf_sink_vote(s->sink,
                        &(struct rf_vote){
                            RF_NO_NUMBERS,
                            .line = r->line,
                            .row = r->row,
                            .origin = { "lmsys-arena-55k", 15 },
                            .key = r->field[ID],
                            .prompt = { .turn = s->turns[0].item, .n = s->turns[0].n },
                            .model_a = r->field[MODEL_A],
                            .model_b = r->field[MODEL_B],
                            .winner = won,
                            .judge = { "human", 5 },
                            .response_a = s->turns[1].n ? s->turns[1].item : NULL,
                            .nresponse_a = s->turns[1].n,
                            .response_b = s->turns[2].n ? s->turns[2].item : NULL,
                            .nresponse_b = s->turns[2].n,
                        },
                        err);
}

static int read_votes(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    const int rc = rf_records_read(in, sink, wanted, FIELDS, take, &s, err);
    for (int i = 0; i < TEXTS; i++)
        rf_json_strings_release(&s.turns[i]);
    return rc;
}

/* A winner column beside a model is enough to be taken for it: the header is then told which column it lacks. */
static int sniff(const struct rf_sniff *s)
{
    bool has[FIELDS];
    int found = 0;
    for (int i = 0; i < FIELDS; i++) {
        has[i] = rf_sniff_has(s, wanted[i].name[0]);
        found += wanted[i].need == RF_REQUIRED && has[i];
    }
    return found == REQUIRED ? 90 : (has[MODEL_A] || has[MODEL_B]) && (has[WIN_A] || has[WIN_B]) ? 40 : 0;
}

const struct rf_reader rf_reader_arena55k = {
    "arena55k", "votes of LMSYS arena-human-preference-55k (train.csv): prompts as JSON turns, winners one-hot", sniff,
    read_votes
};
