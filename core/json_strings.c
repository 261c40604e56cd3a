/* The list of strings that a vote file holds in each of its rows, decoded without building nodes: runs without escapes
 * are copied eight bytes at a time. Refuses what RFC 8259 and UTF-8 refuse, and every value that is neither a string
 * nor null; escapes of lone surrogates become U+FFFD and are counted. A differential test holds it equal to jansson. */
#include "core/json.h"

#include <string.h>

enum { OVERSHOOT = 8 /* bytes that copy_plain may write behind the run */, ESCAPE = 6 /* bytes of \uXXXX */ };

struct cursor {
    const char *begin, *p, *end;
    char *out;
    size_t repaired;
    struct rf_err *err;
};

static int refuse(struct cursor *c, const char *expected)
{
    return rf_fail_at(c->err, (size_t)(c->p - c->begin), c->p < c->end ? (unsigned char)*c->p : -1, expected);
}

static void skip_blanks(struct cursor *c)
{
    while (c->p < c->end && (*c->p == ' ' || *c->p == '\n' || *c->p == '\r' || *c->p == '\t'))
        c->p++;
}

static bool accept(struct cursor *c, const char *word)
{
    const size_t n = strlen(word);
    if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n))
        return false;
    c->p += n;
    return true;
}

/* For each of the eight bytes of v its top bit: set at least for the lowest byte that is below 0x20, '"', '\\' or above
 * 0x7F, and for none before it (borrows of the subtractions only disturb bytes above a true one). */
static uint64_t special_bytes(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    const uint64_t quote = v ^ ones * '"', backslash = v ^ ones * '\\';
    return ((v - ones * 0x20) | (quote - ones) | (backslash - ones) | v) & tops;
}

static void copy_plain(struct cursor *c)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the lowest byte of a word is the first");
    while (c->end - c->p >= OVERSHOOT) {
        uint64_t v;
        memcpy(&v, c->p, sizeof v);
        memcpy(c->out, &v, sizeof v);
        const uint64_t special = special_bytes(v);
        const int plain = special ? __builtin_ctzll(special) / 8 : OVERSHOOT;
        c->p += plain;
        c->out += plain;
        if (special)
            return;
    }
    while (c->p < c->end && (unsigned char)*c->p >= 0x20 && (unsigned char)*c->p < 0x80 && *c->p != '"' &&
           *c->p != '\\')
        *c->out++ = *c->p++;
}

/* Four hex digits as a number; -1 where they are none. */
static int32_t code_unit(const char *p)
{
    int32_t unit = 0;
    for (int i = 0; i < 4; i++) {
        const int b = p[i], letter = (b | 0x20) - 'a', digit = b - '0';
        const bool decimal = digit >= 0 && digit <= 9;
        if (!decimal && (letter < 0 || letter > 5))
            return -1;
        unit = unit * 16 + (decimal ? digit : letter + 10);
    }
    return unit;
}

int32_t rf_json_escape(const char *s, size_t n, size_t *used)
{
    int32_t unit = n >= ESCAPE && s[0] == '\\' && s[1] == 'u' ? code_unit(s + 2) : -1;
    *used = unit < 0 ? 0 : ESCAPE;
    if (unit >= 0xD800 && unit <= 0xDBFF && n >= 2 * ESCAPE && s[ESCAPE] == '\\' && s[ESCAPE + 1] == 'u') {
        const int32_t low = code_unit(s + ESCAPE + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            *used = 2 * ESCAPE;
        }
    }
    return unit;
}

static void put_point(struct cursor *c, unsigned u)
{
    const int more = u < 0x80 ? 0 : u < 0x800 ? 1 : u < 0x10000 ? 2 : 3; /* continuation bytes */
    static const unsigned char lead[] = { 0, 0xC0, 0xE0, 0xF0 };
    *c->out++ = (char)(lead[more] | u >> (6 * more));
    for (int i = more - 1; i >= 0; i--)
        *c->out++ = (char)(0x80 | (u >> (6 * i) & 0x3F));
}

static int decode_escape(struct cursor *c)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    const char letter = c->end - c->p >= 2 ? c->p[1] : '\0';
    const char *simple = letter ? strchr(from, letter) : NULL;
    if (simple) {
        *c->out++ = to[simple - from];
        c->p += 2;
        return 0;
    }
    size_t used;
    const int32_t point = rf_json_escape(c->p, (size_t)(c->end - c->p), &used);
    if (point < 0)
        return refuse(c, "one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
    const bool lone = RF_JSON_LONE(point);
    put_point(c, lone ? 0xFFFD : (unsigned)point);
    c->repaired += lone;
    c->p += used;
    return 0;
}

/* A run of characters of more than one byte; false, and p at the first wrong one, where they are not UTF-8. */
static bool copy_wide(struct cursor *c)
{
    while (c->p < c->end && (unsigned char)*c->p >= 0x80) {
        const size_t n = rf_utf8_step(c->p, (size_t)(c->end - c->p));
        if (!n)
            return false;
        for (size_t i = 0; i < n; i++)
            *c->out++ = *c->p++;
    }
    return true;
}

/* A string whose opening quote is passed, up to and with its closing one. */
static int decode_string(struct cursor *c)
{
    for (;;) {
        copy_plain(c);
        if (c->p == c->end)
            return refuse(c, "a closing quote");
        const unsigned char b = (unsigned char)*c->p;
        if (b == '"') {
            c->p++;
            return 0;
        }
        if (b == '\\') {
            const int rc = decode_escape(c);
            if (rc)
                return rc;
        } else if (b < 0x20) {
            return refuse(c, "control characters as escapes");
        } else if (!copy_wide(c)) {
            return refuse(c, "UTF-8");
        }
    }
}

static int decode_item(struct cursor *c, struct rf_json_strings *t)
{
    if (t->n == t->cap) {
        const size_t cap = t->cap ? 2 * t->cap : 8;
        struct rf_str *item = rf_regrow(t->item, t->cap, cap, sizeof *item, c->err);
        if (!item)
            return RF_FAIL;
        t->item = item;
        t->cap = cap;
    }
    struct rf_str *item = &t->item[t->n++];
    *item = (struct rf_str){ 0 };
    if (accept(c, "null"))
        return 0;
    if (!accept(c, "\""))
        return refuse(c, "a string or null");
    item->s = c->out;
    const int rc = decode_string(c);
    if (rc)
        return rc;
    item->len = (size_t)(c->out - item->s);
    *c->out++ = '\0';
    return 0;
}

int rf_json_strings(const char *s, size_t n, struct rf_json_strings *t, struct rf_err *err)
{
    size_t room;
    t->n = t->repaired = t->buf.len = 0;
    /* Nothing grows when decoded, and the NULs take the place of quotes: n bytes do. */
    if (!rf_add(n, OVERSHOOT, &room))
        return rf_fail(err, RF_FAIL, "out of memory: a text of %zu bytes", n);
    int rc = rf_buf_reserve(&t->buf, room, err);
    if (rc)
        return rc;
    struct cursor c = { s, s, s + n, t->buf.data, 0, err };
    skip_blanks(&c);
    if (!accept(&c, "["))
        return refuse(&c, "'['");
    skip_blanks(&c);
    for (bool more = !accept(&c, "]"); more;) {
        if ((rc = decode_item(&c, t)))
            return rc;
        skip_blanks(&c);
        more = accept(&c, ",");
        if (!more && !accept(&c, "]"))
            return refuse(&c, "',' or ']'");
        skip_blanks(&c);
    }
    skip_blanks(&c);
    if (c.p != c.end)
        return refuse(&c, "the end of the text");
    t->buf.len = (size_t)(c.out - t->buf.data);
    t->repaired = c.repaired;
    return 0;
}

void rf_json_strings_release(struct rf_json_strings *t)
{
    rf_buf_release(&t->buf);
    rf_free(t->item);
    *t = (struct rf_json_strings){ 0 };
}
