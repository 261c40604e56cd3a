/* Battles of Chatbot Arena as FastChat writes them (clean_battle_*.json, LMSYS's chatbot_arena_conversations and
 * human-preference releases, MT-bench's human judgments), and the same votes without texts by other judges:
 * question_id, model_a, model_b, winner; perhaps judge, turn, conversation_a, conversation_b. A question id may be
 * voted on twice: the key of a vote is its question id, its models and, from the second time on, "#2", "#3", so that
 * files of the same rows by several judges join. Where no row names a judge, a file named after a model is that
 * model's. */
#include <math.h>
#include <string.h>

#include "datasets/field.h"
#include "datasets/messages.h"
#include "datasets/record.h"
#include "datasets/seen.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

enum { QUESTION, MODEL_A, MODEL_B, WINNER, JUDGE, TURN, TALK_A, TALK_B, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [QUESTION] = { { "question_id", "id" }, false },
    [MODEL_A] = { { "model_a" }, true },
    [MODEL_B] = { { "model_b" }, true },
    [WINNER] = { { "winner" }, true },
    [JUDGE] = { { "judge" }, false },
    [TURN] = { { "turn" }, false },
    [TALK_A] = { { "conversation_a" }, RF_AS_WRITTEN },
    [TALK_B] = { { "conversation_b" }, RF_AS_WRITTEN },
};

enum { FIRST_MTBENCH = 81, LAST_MTBENCH = 160 };

struct state {
    struct rf_sink *sink;
    struct rf_str file_judge; /* .s NULL: none */
    struct rf_messages talk[2];
    struct rf_seen seen; /* keys and judges of the rows before */
    struct rf_buf key, id, who;
};

/* Every voter of the arena is a person. */
static struct rf_str judge_of(const struct state *s, struct rf_str judge)
{
    static const char voter[] = "arena_user_";
    if (rf_field_missing(judge))
        return s->file_judge;
    judge = rf_first_name(judge);
    return judge.len > sizeof voter - 1 && !memcmp(judge.s, voter, sizeof voter - 1) ? RF_STR("human") : judge;
}

/* Key and origin of a vote that has a question id, and the name of its prompt. MT-bench's questions are numbers, and
 * each of their turns is judged. */
static int name_vote(struct state *s, const struct rf_str *f, struct rf_vote *v, struct rf_err *err)
{
    const struct rf_str id = f[QUESTION];
    int64_t number = 0;
    uint64_t times = 0;
    const bool numbered = rf_field_int(id, &number);
    const struct rf_str part[] = { id, v->model_a, v->model_b, f[TURN] };
    int rc = rf_key_join(&s->key, part, numbered && !rf_field_missing(f[TURN]) ? 4 : 3, &v->key, err);
    if (!rc)
        rc = rf_key_join(&s->who, (const struct rf_str[]){ v->key, v->judge }, 2, &(struct rf_str){ 0 }, err);
    if (!rc)
        rc = rf_seen_add(&s->seen, (struct rf_str){ s->who.data, s->who.len }, &times, err);
    if (!rc && times > 1)
        rc = rf_buf_printf(&s->key, err, "#%llu", (unsigned long long)times);
    v->key = (struct rf_str){ s->key.data, s->key.len };
    struct rf_str family = { 0 }; /* of the prompt's name */
    if (!numbered) {
        v->origin = RF_STR("chatbot-arena");
        family = RF_STR("arena");
    } else if (number >= FIRST_MTBENCH && number <= LAST_MTBENCH) {
        v->origin = RF_STR("mt-bench");
        if (!s->talk[0].nuser)
            family = v->origin;
    }
    return rc || !family.s ? rc : rf_key_join(&s->id, (const struct rf_str[]){ family, id }, 2, &v->prompt.id, err);
}

/* Decodes one conversation; *dropped where it is none. */
static int decode(struct state *s, const struct rf_record *r, int i, bool *dropped, struct rf_err *err)
{
    struct rf_messages *const m = &s->talk[i];
    const struct rf_str text = r->field[TALK_A + i];
    struct rf_err why = { 0 };
    m->nuser = m->nanswer = m->repaired = 0;
    if (rf_field_missing(text) || !rf_messages_read(m, text, &why))
        return 0;
    *dropped = true;
    return rf_sink_drop_why(s->sink, r->line, wanted[TALK_A + i].name[0], "bad conversation", &why, err);
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    char shown[RF_SHOWN];
    bool dropped = false;
    struct rf_vote v = { RF_NO_NUMBERS,
                         .line = r->line,
                         .row = r->row,
                         .prompt = { .bytes = -1 },
                         .model_a = f[MODEL_A],
                         .model_b = f[MODEL_B],
                         .winner = rf_verdict(f[WINNER], f[MODEL_A], f[MODEL_B]),
                         .judge = judge_of(s, f[JUDGE]) };
    int rc = 0;
    if (!v.winner)
        return rf_sink_drop(s->sink, r->line, "winner", "bad winner", "model_a, model_b, tie or tie (bothbad)", err,
                            "%s", rf_field_show(f[WINNER], shown));
    for (int i = 0; !rc && !dropped && i < (rf_sink_reads_responses(s->sink) ? 2 : 1); i++)
        rc = decode(s, r, i, &dropped, err);
    if (rc || dropped || (!rf_field_missing(f[QUESTION]) && (rc = name_vote(s, f, &v, err))))
        return rc;
    v.prompt.turn = s->talk[0].nuser ? s->talk[0].user : NULL;
    v.prompt.n = s->talk[0].nuser;
    v.response_a = s->talk[0].nanswer ? s->talk[0].answer : NULL;
    v.nresponse_a = s->talk[0].nanswer;
    v.response_b = s->talk[1].nanswer ? s->talk[1].answer : NULL;
    v.nresponse_b = s->talk[1].nanswer;
    rf_sink_repaired(s->sink, s->talk[0].repaired + s->talk[1].repaired);
    return rf_sink_vote(s->sink, &v, err);
}

static int read_battles(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    if (!rf_sink_judge(sink))
        s.file_judge = rf_judge_of_file(rf_sink_path(sink));
    const int rc = rf_records_read(in, sink, wanted, FIELDS, take, &s, err);
    for (int i = 0; i < 2; i++)
        rf_messages_release(&s.talk[i]);
    rf_seen_release(&s.seen);
    rf_buf_release(&s.key);
    rf_buf_release(&s.id);
    rf_buf_release(&s.who);
    return rc;
}

/* Plain votes may have a question_id too: a prompt of their own, or its name, makes them votes. */
static int sniff(const struct rf_sniff *s)
{
    static const char *const names[] = { "model_a", "model_b", "winner", NULL };
    static const char *const signs[] = { "question_id", "conversation_a", "anony", "tstamp" };
    bool sign = false;
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        sign = sign || rf_sniff_has(s, signs[i]);
    return sign && rf_sniff_all(s, names) && !rf_sniff_has(s, "prompt") && !rf_sniff_has(s, "prompt_id") ? 80 : 0;
}

const struct rf_reader rf_reader_battles = {
    "battles",
    "battles of Chatbot Arena and FastChat, JSON or CSV: model_a, model_b, winner with question_id or conversations",
    sniff, read_battles
};
