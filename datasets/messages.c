/* Conversations: who said what. Refuses roles that it does not know: a prompt must be what the user typed. */
#include "datasets/messages.h"

#include <string.h>

#include "datasets/field.h"
#include "datasets/verdict.h"

enum speaker { NOBODY, USER, MODEL, SYSTEM };

static enum speaker speaker_of(struct rf_str role)
{
    static const struct {
        const char *role;
        enum speaker who;
    } known[] = { { "user", USER },     { "human", USER },       { "prompter", USER }, { "assistant", MODEL },
                  { "gpt", MODEL },     { "model", MODEL },      { "bot", MODEL },     { "chatgpt", MODEL },
                  { "system", SYSTEM }, { "developer", SYSTEM }, { "tool", SYSTEM },   { "function", SYSTEM } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (rf_str_is(role, known[i].role))
            return known[i].who;
    return NOBODY;
}

/* The text of a string; .s NULL: of another value, or of none (node 0). */
static struct rf_str string_of(const struct rf_json_nodes *t, size_t node)
{
    return node && t->node[node].kind == RF_JSON_STRING ? rf_json_text(t, node) : (struct rf_str){ 0 };
}

/* The texts of the parts of a content, behind buf, which has room for them. */
static int add_parts(struct rf_messages *m, size_t content, struct rf_str *said, struct rf_err *err)
{
    const struct rf_json_nodes *const t = &m->nodes;
    const size_t before = m->buf.len;
    int rc = 0;
    RF_JSON_EACH(part, t, content)
    {
        const size_t member = rf_json_member(t, part, RF_STR("text"));
        const struct rf_str text = string_of(t, t->node[part].kind == RF_JSON_OBJECT ? member : part);
        if (!rc && text.s)
            rc = rf_buf_add(&m->buf, text.s, text.len, err);
    }
    *said = (struct rf_str){ m->buf.data + before, m->buf.len - before };
    return rc ? rc : rf_buf_add(&m->buf, "", 1, err);
}

/* content: the node, 0: none. */
static int add_content(struct rf_messages *m, size_t content, struct rf_str *said, struct rf_err *err)
{
    const enum rf_json_kind kind = content ? m->nodes.node[content].kind : RF_JSON_NULL;
    if (kind == RF_JSON_ARRAY)
        return add_parts(m, content, said, err);
    *said = kind == RF_JSON_STRING ? rf_json_text(&m->nodes, content) : (struct rf_str){ "", 0 };
    return kind == RF_JSON_STRING || kind == RF_JSON_NULL
               ? 0
               : rf_fail(err, RF_BAD_INPUT, "found a content that is no text, expected a string or a list of parts");
}

static int grow(struct rf_messages *m, size_t n, struct rf_err *err)
{
    struct rf_str **const lists[] = { &m->user, &m->answer };
    if (n <= m->cap)
        return 0;
    for (size_t i = 0; i < 2; i++) {
        struct rf_str *p = rf_regrow(*lists[i], m->cap, n, sizeof *p, err);
        if (!p)
            return RF_FAIL;
        *lists[i] = p;
    }
    m->cap = n;
    return 0;
}

static int add_message(struct rf_messages *m, size_t message, struct rf_err *err)
{
    const struct rf_str names[][2] = { { RF_STR("role"), RF_STR("content") }, { RF_STR("from"), RF_STR("value") } };
    const struct rf_json_nodes *const t = &m->nodes;
    char shown[RF_SHOWN];
    const bool other = !rf_json_member(t, message, names[0][0]);
    const struct rf_str role = string_of(t, rf_json_member(t, message, names[other][0]));
    const size_t content = rf_json_member(t, message, names[other][1]);
    const enum speaker who = speaker_of(role);
    if (who == NOBODY)
        return rf_fail(err, RF_BAD_INPUT, "found a message by %s, expected user or assistant",
                       rf_field_show(role, shown));
    struct rf_str *const text = who == USER ? &m->user[m->nuser] : &m->answer[m->nanswer];
    const int rc = who == SYSTEM ? 0 : add_content(m, content, text, err);
    m->nuser += !rc && who == USER;
    m->nanswer += !rc && who == MODEL;
    return rc;
}

int rf_messages_read(struct rf_messages *m, struct rf_str s, struct rf_err *err)
{
    enum { LEVELS = 4 }; /* messages, their members, parts of a content, their members */
    m->nuser = m->nanswer = m->buf.len = 0;
    int rc = rf_json_nodes_read(&m->nodes, s.s, s.len, LEVELS, err);
    if (rc)
        return rc;
    m->repaired = m->nodes.repaired;
    if (m->nodes.node[0].kind != RF_JSON_ARRAY)
        return rf_fail(err, RF_BAD_INPUT, "found another value, expected a list of messages");
    size_t n = 1;
    RF_JSON_EACH(i, &m->nodes, 0) n++;
    /* no text is longer than its JSON, and the NULs take the place of quotes: the buffer does not move */
    if ((rc = rf_buf_reserve(&m->buf, s.len, err)) || (rc = grow(m, n, err)))
        return rc;
    RF_JSON_EACH(i, &m->nodes, 0)
    if ((rc = add_message(m, i, err)))
        return rc;
    return 0;
}

void rf_messages_release(struct rf_messages *m)
{
    rf_json_nodes_release(&m->nodes);
    rf_buf_release(&m->buf);
    rf_free(m->user);
    rf_free(m->answer);
    *m = (struct rf_messages){ 0 };
}
