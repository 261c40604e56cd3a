/* Cuts an object at its commas without building it: only strings and brackets are followed. Keys are decoded here, the
 * values are the caller's to parse, strictly. */
#include "datasets/members.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "datasets/sniff.h"

struct cursor {
    const char *name;
    struct rf_str text;
    size_t at;
    uint64_t line;
};

static int refuse(const struct cursor *c, const char *expected, struct rf_err *err)
{
    if (c->at >= c->text.len)
        return rf_fail(err, RF_BAD_INPUT, "%s:%llu: found the end of the file, expected %s", c->name,
                       (unsigned long long)c->line, expected);
    const unsigned char b = (unsigned char)c->text.s[c->at];
    return b < 0x20 || b > 0x7E ? rf_fail(err, RF_BAD_INPUT, "%s:%llu: found byte 0x%02X, expected %s", c->name,
                                          (unsigned long long)c->line, b, expected)
                                : rf_fail(err, RF_BAD_INPUT, "%s:%llu: found '%c', expected %s", c->name,
                                          (unsigned long long)c->line, b, expected);
}

/* The next byte behind blanks, 0 at the end. */
static char peek(struct cursor *c)
{
    for (; c->at < c->text.len; c->at++) {
        const char b = c->text.s[c->at];
        if (b != ' ' && b != '\t' && b != '\r' && b != '\n')
            return b;
        c->line += b == '\n';
    }
    return 0;
}

/* Steps behind the string that starts here; false where it has no end. */
static bool skip_string(struct cursor *c)
{
    for (c->at++; c->at < c->text.len && c->text.s[c->at] != '"'; c->at++) {
        c->line += c->text.s[c->at] == '\n';
        if (c->text.s[c->at] == '\\')
            c->at++;
    }
    if (c->at >= c->text.len)
        return false;
    c->at++;
    return true;
}

/* Steps behind the value that starts here. */
static int skip_value(struct cursor *c, struct rf_err *err)
{
    size_t depth = 0;
    while (peek(c)) {
        const char b = c->text.s[c->at];
        if (b == '"') {
            if (!skip_string(c))
                return refuse(c, "the end of a string", err);
            if (depth == 0)
                return 0;
            continue;
        }
        if (depth == 0 && (b == ',' || b == '}' || b == ']'))
            return 0;
        depth += b == '{' || b == '[';
        c->at++;
        if ((b == '}' || b == ']') && --depth == 0)
            return 0;
    }
    return refuse(c, "the end of an object", err);
}

static int one_member(struct cursor *c, int (*take)(void *ctx, const struct rf_member *m, struct rf_err *err),
                      void *ctx, struct rf_err *err)
{
    struct rf_err why = { 0 };
    struct rf_member m = { 0 };
    json_t *key = NULL;
    int rc;
    if (peek(c) != '"')
        return refuse(c, "a key in quotes", err);
    size_t start = c->at;
    if (!skip_string(c))
        return refuse(c, "the end of a key", err);
    if (rf_json_parse(c->text.s + start, c->at - start, &key, &why))
        return rf_fail(err, why.code, "%s:%llu: %s", c->name, (unsigned long long)c->line, why.msg);
    m.key = (struct rf_str){ json_string_value(key), json_string_length(key) };
    if (peek(c) != ':') {
        rc = refuse(c, "':'", err);
        goto out;
    }
    c->at++;
    peek(c);
    m.line = c->line;
    start = c->at;
    if ((rc = skip_value(c, err)))
        goto out;
    m.value = (struct rf_str){ c->text.s + start, c->at - start };
    rc = take(ctx, &m, err);
out:
    json_decref(key);
    return rc;
}

int rf_members_each(const char *name, struct rf_str text, uint64_t line,
                    int (*take)(void *ctx, const struct rf_member *m, struct rf_err *err), void *ctx,
                    struct rf_err *err)
{
    struct cursor c = { name, text, 0, line };
    int rc;
    if (peek(&c) != '{')
        return refuse(&c, "'{'", err);
    c.at++;
    for (bool more = peek(&c) != '}'; more; c.at += more) { /* on a key, then behind its comma */
        if ((rc = one_member(&c, take, ctx, err)))
            return rc;
        if (peek(&c) != ',' && peek(&c) != '}')
            return refuse(&c, "',' or '}'", err);
        more = peek(&c) == ',';
    }
    c.at++;
    return peek(&c) ? refuse(&c, "the end of the file", err) : 0;
}

int rf_member_parse(const char *name, const struct rf_member *m, json_t **out, struct rf_err *err)
{
    static const char word[] = "line ";
    struct rf_err why = { 0 };
    char *rest = NULL;
    uint64_t line = 1;
    if (!rf_json_parse(m->value.s, m->value.len, out, &why))
        return 0;
    if (why.code != RF_BAD_INPUT)
        return rf_fail(err, why.code, "%s", why.msg);
    if (!strncmp(why.msg, word, sizeof word - 1)) { /* of the value: make it the file's */
        line = strtoull(why.msg + sizeof word - 1, &rest, 10);
        rest += strspn(rest, ", ");
    }
    return rf_fail(err, RF_BAD_INPUT, "%s:%llu: %s", name, (unsigned long long)(m->line + line - 1),
                   rest ? rest : why.msg);
}

int rf_whole_read(struct rf_input *in, struct rf_buf *buf, struct rf_str *text, struct rf_err *err)
{
    struct rf_str chunk;
    int rc;
    buf->len = 0;
    do {
        if ((rc = rf_input_chunk(in, SIZE_MAX, &chunk, err)) || (rc = rf_buf_add(buf, chunk.s, chunk.len, err)))
            return rc;
        if (buf->len > RF_WHOLE_MOST)
            return rf_fail(err, RF_BAD_INPUT, "%s: found more than %d MiB in one value, expected less",
                           rf_input_name(in), RF_WHOLE_MOST >> 20);
    } while (chunk.len);
    *text = rf_skip_mark((struct rf_str){ buf->data ? buf->data : "", buf->len });
    return 0;
}
