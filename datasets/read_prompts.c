/* Prompts alone: JSON lines, a JSON array or CSV with a prompt, text, question, instruction or query, with turns, or
 * with messages as chat programs log them, of which the user's count; Arena-Hard's questions are such. With --as
 * prompts also plain text, one prompt a line: a .txt by itself may be anything. Refuses: rows without a prompt. */
#include <string.h>

#include "core/json.h"
#include "datasets/benchname.h"
#include "datasets/field.h"
#include "datasets/foreign.h"
#include "datasets/mapping.h"
#include "datasets/messages.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

enum { F_TEXT, F_QUERY, F_INPUT, F_TURNS, F_MESSAGES, F_PROMPT_ID, F_ID, F_UID, FIELDS };
static const struct rf_wanted wanted[FIELDS] = {
    [F_TEXT] = { { "prompt", "text", "question", "instruction" }, false },
    [F_QUERY] = { { "query", "user_prompt", "user_query" }, false },
    [F_INPUT] = { { "input" }, false }, /* what an instruction of Alpaca's layout is about */
    [F_TURNS] = { { "turns" }, false },
    [F_MESSAGES] = { { "messages", "conversation", "conversations" }, RF_AS_WRITTEN },
    [F_PROMPT_ID] = { { "prompt_id" }, false }, /* as votes and results refer to it */
    [F_ID] = { { "question_id", "id", "conversation_id", "conversation_hash" }, false },
    [F_UID] = { { "uid" }, false },
};

struct state {
    struct rf_sink *sink;
    struct rf_json_strings turns;
    struct rf_messages talk;
    struct rf_buf id;   /* "<folder>/<file>/<id>" */
    struct rf_buf text; /* instruction and input */
    json_t *list;       /* of turns that are objects, and their contents: [ncontent] */
    struct rf_str *content;
    size_t ncontent;
};

static void release(struct state *s)
{
    rf_json_strings_release(&s->turns);
    rf_messages_release(&s->talk);
    rf_buf_release(&s->id);
    rf_buf_release(&s->text);
    rf_free(s->content);
    json_decref(s->list);
}

/* Arena-Hard's judgements name its questions by their ids: those of v0.1 have turns that are objects, those of v2.0 a
 * uid of hexadecimal digits. */
static bool of_arena_hard(const struct rf_record *r, bool objects)
{
    enum { DIGITS = 16 };
    const struct rf_str uid = r->field[F_UID];
    size_t n = 0;
    while (n < uid.len && uid.s[n] && strchr("0123456789abcdef", uid.s[n]))
        n++;
    return rf_field_missing(uid) ? objects : n == uid.len && n == DIGITS;
}

/* The name by which p is known; ids of a file count for that file alone. */
static int name_prompt(struct state *s, const struct rf_record *r, bool objects, struct rf_prompt *p,
                       struct rf_err *err)
{
    const char *const path = rf_sink_path(s->sink);
    const struct rf_str folder = rf_path_folder(path), stem = rf_path_stem(path),
                        id = r->field[rf_field_missing(r->field[F_ID]) ? F_UID : F_ID];
    if (!rf_field_missing(r->field[F_PROMPT_ID])) {
        p->id = r->field[F_PROMPT_ID];
        return 0;
    }
    if (rf_field_missing(id))
        return 0;
    if (of_arena_hard(r, objects))
        return rf_key_join(&s->id, (const struct rf_str[]){ RF_STR("arena-hard"), id }, 2, &p->id, err);
    s->id.len = 0;
    const int rc = rf_buf_printf(&s->id, err, "%.*s%s%.*s/%.*s", (int)folder.len, folder.s ? folder.s : "",
                                 folder.s ? "/" : "", (int)stem.len, stem.s, (int)id.len, id.s);
    p->id = (struct rf_str){ s->id.data, s->id.len };
    return rc;
}

/* One text, or an instruction and what it is about. */
static int one_turn(struct state *s, const struct rf_record *r, struct rf_str *turn, struct rf_err *err)
{
    const struct rf_str text = r->field[F_TEXT].len ? r->field[F_TEXT] : r->field[F_QUERY], about = r->field[F_INPUT];
    *turn = text.len ? text : about;
    if (!text.len || !about.len)
        return 0;
    s->text.len = 0;
    const int rc = rf_buf_printf(&s->text, err, "%.*s\n\n%.*s", (int)text.len, text.s, (int)about.len, about.s);
    *turn = (struct rf_str){ s->text.data, s->text.len };
    return rc;
}

/* A list of objects with a content, each a turn: Arena-Hard's. */
static int read_contents(struct state *s, struct rf_str list, struct rf_err *why)
{
    json_decref(s->list);
    s->list = NULL;
    const int rc = rf_json_parse(list.s, list.len, &s->list, why);
    if (rc)
        return rc;
    const size_t n = json_array_size(s->list);
    if (n > s->ncontent) {
        struct rf_str *p = rf_regrow(s->content, s->ncontent, n, sizeof *p, why);
        if (!p)
            return RF_FAIL;
        s->content = p;
        s->ncontent = n;
    }
    for (size_t i = 0; i < n; i++) {
        const json_t *const text = json_object_get(json_array_get(s->list, i), "content");
        if (!json_is_string(text))
            return rf_fail(why, RF_BAD_INPUT, "found a turn without text, expected texts, or objects with a content");
        s->content[i] = (struct rf_str){ json_string_value(text), json_string_length(text) };
    }
    return 0;
}

/* turns as a list of texts, or of objects with a content. */
static int read_turns(struct state *s, struct rf_str list, struct rf_prompt *p, struct rf_err *why)
{
    const size_t at = rf_skip_blanks(list, 0), next = rf_skip_blanks(list, at + 1);
    const bool objects = next < list.len && list.s[next] == '{';
    const int rc = objects ? read_contents(s, list, why) : rf_json_strings(list.s, list.len, &s->turns, why);
    p->turn = objects ? s->content : s->turns.item;
    p->n = objects ? json_array_size(s->list) : s->turns.n;
    return rc;
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *s = ctx;
    struct rf_err why = { 0 };
    struct rf_str one = { 0 };
    struct rf_prompt p = { .turn = &one, .n = 1, .bytes = -1 };
    const bool turns = !rf_field_missing(r->field[F_TURNS]), talk = !rf_field_missing(r->field[F_MESSAGES]);
    int rc = 0;
    if (turns && read_turns(s, r->field[F_TURNS], &p, &why))
        return rf_sink_drop_why(s->sink, r->line, "turns", "bad list of turns", &why, err);
    if (!turns && talk) {
        if (rf_messages_read(&s->talk, r->field[F_MESSAGES], &why))
            return rf_sink_drop_why(s->sink, r->line, "messages", "bad list of messages", &why, err);
        p.turn = s->talk.user;
        p.n = s->talk.nuser;
    }
    if (!turns && !talk)
        rc = one_turn(s, r, &one, err);
    if (!rc && (!p.n || !p.turn[0].len))
        return rf_sink_drop(s->sink, r->line, NULL, "empty prompt", "a prompt, text, question, turns or messages", err,
                            "none");
    if (!rc)
        rc = name_prompt(s, r, p.turn == s->content, &p, err);
    return rc ? rc : rf_sink_prompt(s->sink, &p, r->line, r->row, err);
}

/* ---- plain text ---- */

static int read_text(struct state *s, struct rf_input *in, struct rf_err *err)
{
    struct rf_str text;
    uint64_t line, row = 0;
    int rc;
    while ((rc = rf_input_line(in, &text, &line, err)) == 1) {
        if (line == 1)
            text = rf_skip_mark(text);
        if (text.len && text.s[text.len - 1] == '\r')
            text.len--;
        if (rf_skip_blanks(text, 0) == text.len)
            continue;
        if ((rc = rf_sink_row(s->sink, err)) ||
            (rc = rf_sink_prompt(s->sink, &(struct rf_prompt){ .turn = &text, .n = 1, .bytes = -1 }, line, row++, err)))
            return rc;
    }
    return rc;
}

/* ---- the reader ---- */

static bool has_prompts(const struct rf_sniff *s)
{
    for (size_t i = 0; i <= F_MESSAGES; i++)
        for (size_t k = 0; i != F_INPUT && k < RF_ALIASES && wanted[i].name[k]; k++)
            if (rf_sniff_has(s, wanted[i].name[k]))
                return true;
    return false;
}

/* {"turns": [{ */
static bool turns_are_objects(const struct rf_sniff *s)
{
    static const char key[] = "\"turns\"";
    const char *const at = s->json ? memmem(s->head.s, s->head.len, key, sizeof key - 1) : NULL;
    if (!at)
        return false;
    size_t i = rf_skip_blanks(s->head, (size_t)(at - s->head.s) + sizeof key - 1);
    for (const char *c = ":[{"; *c; c++, i = rf_skip_blanks(s->head, i + 1))
        if (i >= s->head.len || s->head.s[i] != *c)
            return false;
    return true;
}

static bool is_one_of(struct rf_str name, const char *const *list)
{
    while (*list && !rf_str_is(name, *list))
        list++;
    return *list != NULL;
}

/* Nothing beside the prompts that another reader might have wanted: a wide table whose layout no reader knows is not
 * taken for its prompts. CSV: known names alone, for a column may be a model. */
static bool nothing_else(const struct rf_sniff *s)
{
    static const char *const plain[] = { "idx",    "index",   "category",     "cluster",    "task",
                                         "topic",  "dataset", "lang",         "language",   "source",
                                         "answer", "output",  "ground_truth", "difficulty", "level",
                                         "split",  "",        "Unnamed: 0",   NULL };
    static const char *const other[] = { "models",    "score",   "scores",    "winner",  "model_a", "model_b", "label",
                                         "responses", "choices", "embedding", "verdict", "records", NULL };
    static const char *const log[] = { "model", "response", NULL }; /* of a chat with a model: it is in the messages */
    const bool talk =
        rf_sniff_has(s, "messages") || rf_sniff_has(s, "conversation") || rf_sniff_has(s, "conversations");
    for (size_t i = 0; i < s->n; i++) {
        bool field = is_one_of(s->name[i], plain);
        for (size_t k = 0; !field && k < FIELDS; k++)
            for (size_t a = 0; !field && a < RF_ALIASES && wanted[k].name[a]; a++)
                field = rf_str_is(s->name[i], wanted[k].name[a]);
        if (s->json ? is_one_of(s->name[i], other) || (!talk && is_one_of(s->name[i], log)) : !field)
            return false;
    }
    return true;
}

static int sniff(const struct rf_sniff *s)
{
    if (rf_sniff_has(s, "turns") && turns_are_objects(s)) /* Arena-Hard's; MT-Bench's are texts */
        return 95;
    return has_prompts(s) && nothing_else(s) && !rf_foreign_names(s) ? 20 : 0;
}

static int read_prompts(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    struct rf_sniffed what = { 0 };
    struct rf_str head;
    bool records = false;
    int rc = rf_input_head(in, &head, err);
    if (!rc && !(rc = rf_sniff_init(&what, rf_sink_path(sink), head, err)))
        records = what.s.json || has_prompts(&what.s) || (rf_sink_mapping(sink) && rf_sink_mapping(sink)->n);
    rf_sniff_release(&what);
    if (!rc)
        rc = records ? rf_records_read(in, sink, wanted, FIELDS, take, &s, err) : read_text(&s, in, err);
    release(&s);
    return rc;
}

const struct rf_reader rf_reader_prompts = {
    "prompts", "prompts alone: prompt, text, question, turns or messages a row; Arena-Hard's questions", sniff,
    read_prompts
};
