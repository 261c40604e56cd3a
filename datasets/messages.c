/* Conversations: who said what. Refuses roles that it does not know: a prompt must be what the user typed. */
#include "datasets/messages.h"

#include <string.h>

#include "core/json.h"
#include "datasets/field.h"

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

static struct rf_str string_of(const json_t *v)
{
    return (struct rf_str){ json_string_value(v), json_string_length(v) };
}

/* The text of a content, behind buf, which has room for it. */
static int add_content(struct rf_buf *buf, const json_t *content, struct rf_str *said, struct rf_err *err)
{
    const size_t before = buf->len;
    int rc = 0;
    size_t i;
    json_t *part;
    if (json_is_string(content))
        rc = rf_buf_add(buf, json_string_value(content), json_string_length(content), err);
    else if (json_is_array(content))
        json_array_foreach(content, i, part)
        {
            const json_t *const text = json_is_string(part) ? part : json_object_get(part, "text");
            if (!rc && json_is_string(text))
                rc = rf_buf_add(buf, json_string_value(text), json_string_length(text), err);
        }
    else if (content && !json_is_null(content))
        rc = rf_fail(err, RF_BAD_INPUT, "found a content that is no text, expected a string or a list of parts");
    *said = (struct rf_str){ buf->data + before, buf->len - before };
    return rc ? rc : rf_buf_add(buf, "", 1, err);
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

static int add_message(struct rf_messages *m, const json_t *message, struct rf_err *err)
{
    char shown[RF_SHOWN];
    const json_t *role = json_object_get(message, "role"), *content = json_object_get(message, "content");
    if (!role) {
        role = json_object_get(message, "from");
        content = json_object_get(message, "value");
    }
    const enum speaker who = speaker_of(string_of(role));
    if (who == NOBODY)
        return rf_fail(err, RF_BAD_INPUT, "found a message by %s, expected user or assistant",
                       rf_field_show(string_of(role), shown));
    struct rf_str *const text = who == USER ? &m->user[m->nuser] : &m->answer[m->nanswer];
    const int rc = who == SYSTEM ? 0 : add_content(&m->buf, content, text, err);
    m->nuser += !rc && who == USER;
    m->nanswer += !rc && who == MODEL;
    return rc;
}

int rf_messages_read(struct rf_messages *m, struct rf_str s, struct rf_err *err)
{
    json_t *list = NULL, *message;
    size_t i;
    m->nuser = m->nanswer = m->buf.len = 0;
    m->repaired = rf_json_lone_surrogates(s.s, s.len);
    int rc = rf_json_parse(s.s, s.len, &list, err);
    if (rc)
        return rc;
    /* no text is longer than its JSON, and the NULs take the place of quotes: the buffer does not move */
    if ((rc = rf_buf_reserve(&m->buf, s.len, err)))
        goto out;
    if (!json_is_array(list))
        rc = rf_fail(err, RF_BAD_INPUT, "found another value, expected a list of messages");
    else
        rc = grow(m, json_array_size(list) + 1, err);
    if (!rc)
        json_array_foreach(list, i, message) if ((rc = add_message(m, message, err))) break;
out:
    json_decref(list);
    return rc;
}

void rf_messages_release(struct rf_messages *m)
{
    rf_buf_release(&m->buf);
    rf_free(m->user);
    rf_free(m->answer);
    *m = (struct rf_messages){ 0 };
}
