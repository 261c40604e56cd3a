/* Reads Python list literals of strings by the rules of Python's reference (2.4.1, string literals): both quotes, every
 * escape but \N{name}, adjacent literals joined, a trailing comma allowed. Refuses prefixes, triple quotes, nesting and
 * other types; the caller then takes the text as it stands. */
#include "datasets/pylist.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const char *p, *end;
    char *out; /* where the next decoded byte goes; decoding never lengthens */
    size_t repaired;
};

static void skip_blank(struct cursor *c)
{
    while (c->p < c->end && strchr(" \t\r\n\f", *c->p) && *c->p)
        c->p++;
}

static bool take(struct cursor *c, char want)
{
    if (c->p == c->end || *c->p != want)
        return false;
    c->p++;
    return true;
}

static int digit(char ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    if (ch >= 'a' && ch <= 'f')
        return ch - 'a' + 10;
    return ch >= 'A' && ch <= 'F' ? ch - 'A' + 10 : 16;
}

/* Reads up to max digits of the base; returns how many there were. */
static int number(struct cursor *c, int base, int max, uint32_t *value)
{
    int n = 0;
    *value = 0;
    while (n < max && c->p < c->end && digit(*c->p) < base) {
        *value = *value * (uint32_t)base + (uint32_t)digit(*c->p++);
        n++;
    }
    return n;
}

static bool put_code_point(struct cursor *c, uint32_t v)
{
    if (v > 0x10FFFF)
        return false;
    if (v >= 0xD800 && v <= 0xDFFF) {
        v = 0xFFFD;
        c->repaired++;
    }
    if (v < 0x80) {
        *c->out++ = (char)v;
        return true;
    }
    const int tail = v < 0x800 ? 1 : v < 0x10000 ? 2 : 3;
    static const unsigned char lead[] = { 0, 0xC0, 0xE0, 0xF0 };
    *c->out++ = (char)(lead[tail] | v >> (6 * tail));
    for (int i = tail - 1; i >= 0; i--)
        *c->out++ = (char)(0x80 | (v >> (6 * i) & 0x3F));
    return true;
}

/* What stands behind a backslash. An unknown escape keeps its backslash, as in Python. */
static bool escape(struct cursor *c)
{
    static const char from[] = "\\'\"abfnrtv", to[] = "\\'\"\a\b\f\n\r\t\v";
    static const struct {
        char letter;
        int digits;
    } hex[] = { { 'x', 2 }, { 'u', 4 }, { 'U', 8 } };
    uint32_t v;
    if (c->p == c->end || *c->p == 'N')
        return false;
    if (digit(*c->p) < 8) {
        number(c, 8, 3, &v);
        return put_code_point(c, v);
    }
    for (size_t i = 0; i < sizeof hex / sizeof *hex; i++)
        if (take(c, hex[i].letter))
            return number(c, 16, hex[i].digits, &v) == hex[i].digits && put_code_point(c, v);
    if (take(c, '\n')) /* a line that goes on */
        return true;
    const char *known = *c->p ? strchr(from, *c->p) : NULL;
    if (!known)
        *c->out++ = '\\';
    *c->out++ = known ? to[known - from] : *c->p;
    c->p++;
    return true;
}

/* A bit where a byte of w is ch, and none below the first such byte. */
static uint64_t has_byte(uint64_t w, char ch)
{
    const uint64_t ones = 0x0101010101010101u, x = w ^ ones * (unsigned char)ch;
    return (x - ones) & ~x & ones << 7;
}

/* Copies what stands before the next backslash, quote or line end: runs are short, so eight bytes at a time are quicker
 * than a search for each of the four. */
static void plain_run(struct cursor *c, char quote)
{
    uint64_t w;
    for (; c->end - c->p >= (ptrdiff_t)sizeof w; c->p += sizeof w, c->out += sizeof w) {
        memcpy(&w, c->p, sizeof w);
        if (has_byte(w, quote) | has_byte(w, '\\') | has_byte(w, '\n') | has_byte(w, '\r'))
            break;
        memcpy(c->out, &w, sizeof w);
    }
    while (c->p < c->end && *c->p != quote && *c->p != '\\' && *c->p != '\n' && *c->p != '\r')
        *c->out++ = *c->p++;
}

static bool string(struct cursor *c)
{
    const char quote = *c->p++;
    for (;;) {
        plain_run(c, quote);
        if (take(c, quote))
            return true;
        if (!take(c, '\\') || !escape(c))
            return false;
    }
}

static bool at_quote(const struct cursor *c)
{
    return c->p < c->end && (*c->p == '\'' || *c->p == '"');
}

/* One element: string literals side by side are one string. */
static bool element(struct cursor *c)
{
    if (!at_quote(c))
        return false;
    while (at_quote(c)) {
        if (!string(c))
            return false;
        skip_blank(c);
    }
    return true;
}

static int push(struct rf_pylist *l, struct rf_str s, struct rf_err *err)
{
    if (l->n == l->cap) {
        struct rf_str *p = rf_regrow(l->item, l->n, l->cap ? 2 * l->cap : 4, sizeof *p, err);
        if (!p)
            return RF_FAIL;
        l->item = p;
        l->cap = l->cap ? 2 * l->cap : 4;
    }
    l->item[l->n++] = s;
    return 0;
}

int rf_pylist_parse(struct rf_str s, struct rf_pylist *l, struct rf_err *err)
{
    l->n = l->repaired = l->buf.len = 0;
    if (rf_buf_reserve(&l->buf, s.len, err))
        return RF_FAIL;
    struct cursor c = { s.s, s.s + s.len, l->buf.data, 0 };
    bool ok = take(&c, '[');
    skip_blank(&c);
    while (ok && !take(&c, ']')) {
        char *const start = c.out;
        ok = element(&c);
        if (ok && push(l, (struct rf_str){ start, (size_t)(c.out - start) }, err))
            return RF_FAIL;
        if (ok && !take(&c, ',')) {
            ok = take(&c, ']');
            break;
        }
        skip_blank(&c);
    }
    skip_blank(&c);
    if (!ok || c.p != c.end) {
        l->n = 0;
        return 0;
    }
    l->repaired = c.repaired;
    return 1;
}

void rf_pylist_release(struct rf_pylist *l)
{
    rf_free(l->item);
    rf_buf_release(&l->buf);
    *l = (struct rf_pylist){ 0 };
}
