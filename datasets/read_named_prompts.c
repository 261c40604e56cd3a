/* Prompts by the names under which files of verdicts refer to them: question_id, text, category ("vicuna/1");
 * message_id, text ("oa/..."; the user's turns between "### Human:" and "### Assistant:"); idx, instruction, dataset
 * ("alpaca/0"). Refuses rows without an id. */
#include <string.h>

#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

enum { QUESTION, MESSAGE, INDEX, TEXT, INSTRUCTION, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [QUESTION] = { { "question_id" }, false },         [MESSAGE] = { { "message_id" }, false },
    [INDEX] = { { "idx", "instruction_idx" }, false }, [TEXT] = { { "text" }, false },
    [INSTRUCTION] = { { "instruction" }, false },
};

struct state {
    struct rf_sink *sink;
    struct rf_buf id;
    struct rf_str *turn; /* [cap] */
    size_t cap;
};

static int add_turn(struct state *s, size_t n, struct rf_str text, struct rf_err *err)
{
    if (n == s->cap) {
        const size_t cap = s->cap ? 2 * s->cap : 8;
        struct rf_str *p = rf_regrow(s->turn, s->cap, cap, sizeof *p, err);
        if (!p)
            return RF_FAIL;
        s->turn = p;
        s->cap = cap;
    }
    s->turn[n] = text;
    return 0;
}

/* Without the one blank that stands between a mark and the text. */
static struct rf_str unpadded(const char *from, const char *to)
{
    from += from < to && *from == ' ';
    to -= from < to && to[-1] == ' ';
    return (struct rf_str){ from, (size_t)(to - from) };
}

/* What the user typed in "### Human: ... ### Assistant: ... ### Human: ..."; a text that does not start with the mark
 * is one turn. A mark counts where it is the other's turn: people write "### Human:" too. */
static int user_turns(struct state *s, struct rf_str text, size_t *n, struct rf_err *err)
{
    static const char user[] = "### Human:", model[] = "### Assistant:";
    const char *p = text.s, *const end = text.s + text.len;
    int rc = 0;
    *n = 0;
    if (text.len < sizeof user - 1 || memcmp(p, user, sizeof user - 1)) {
        *n = 1;
        return add_turn(s, 0, text, err);
    }
    while (!rc && p) {
        p += sizeof user - 1;
        const char *const answer = memmem(p, (size_t)(end - p), model, sizeof model - 1);
        rc = add_turn(s, (*n)++, unpadded(p, answer ? answer : end), err);
        p = answer ? memmem(answer, (size_t)(end - answer), user, sizeof user - 1) : NULL;
    }
    return rc;
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    static const struct {
        int id, text;
        struct rf_str family;
    } layout[] = { { QUESTION, TEXT, { "vicuna", 6 } },
                   { MESSAGE, TEXT, { "oa", 2 } },
                   { INDEX, INSTRUCTION, { "alpaca", 6 } } };
    struct state *const s = ctx;
    struct rf_prompt p = { .bytes = -1 };
    size_t i = 0;
    while (i < sizeof layout / sizeof *layout && rf_field_missing(r->field[layout[i].id]))
        i++;
    if (i == sizeof layout / sizeof *layout)
        return rf_sink_drop(s->sink, r->line, NULL, "no id", "question_id, message_id or idx", err, "none");
    const struct rf_str text = r->field[layout[i].text];
    int rc = rf_key_join(&s->id, (const struct rf_str[]){ layout[i].family, r->field[layout[i].id] }, 2, &p.id, err);
    if (!rc && layout[i].id == MESSAGE && text.s)
        rc = user_turns(s, text, &p.n, err);
    else if (!rc)
        rc = add_turn(s, (p.n = 1) - 1, text, err);
    p.turn = s->turn;
    return rc ? rc : rf_sink_prompt(s->sink, &p, r->line, r->row, err);
}

static int read_prompts(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    const int rc = rf_records_read(in, sink, wanted, FIELDS, take, &s, err);
    rf_buf_release(&s.id);
    rf_free(s.turn);
    return rc;
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const layouts[][5] = { { "question_id", "text", "category", NULL },
                                              { "message_id", "text", "lang", NULL },
                                              { "idx", "instruction", "dataset", NULL } };
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++)
        if (rf_sniff_all(s, layouts[i]))
            return 85;
    return 0;
}

const struct rf_reader rf_reader_named_prompts = {
    "named-prompts", "prompts that files of verdicts name by id: Vicuna's, OpenAssistant's and AlpacaEval's", sniff,
    read_prompts
};
