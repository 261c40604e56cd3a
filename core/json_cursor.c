/* Strings of JSON text: runs without escapes are copied eight bytes at a time. Refuses what RFC 8259 and UTF-8 refuse;
 * escapes of lone surrogates become U+FFFD and are counted. */
#include "core/json_cursor.h"

#include "core/json.h"

enum { OVERSHOOT = 8 /* bytes that copy_plain may write behind the run */, ESCAPE = 6 /* bytes of \uXXXX */ };

int rf_json_cursor_init(struct rf_json_cursor *c, const char *s, size_t n, struct rf_buf *buf, struct rf_err *err)
{
    size_t room;
    buf->len = 0;
    /* Nothing grows when decoded, and the NULs take the place of quotes: n bytes do. */
    if (!rf_add(n, OVERSHOOT, &room))
        return rf_fail(err, RF_FAIL, "out of memory: a text of %zu bytes", n);
    const int rc = rf_buf_reserve(buf, room, err);
    *c = (struct rf_json_cursor){ s, s, s + n, buf->data, 0, err };
    return rc;
}

int rf_json_refuse(struct rf_json_cursor *c, const char *expected)
{
    return rf_fail_at(c->err, (size_t)(c->p - c->begin), c->p < c->end ? (unsigned char)*c->p : -1, expected);
}

/* For each of the eight bytes of v its top bit: set at least for the lowest byte that is below 0x20, '"', '\\' or above
 * 0x7F, and for none before it (borrows of the subtractions only disturb bytes above a true one). */
static uint64_t special_bytes(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
    const uint64_t quote = v ^ ones * '"', backslash = v ^ ones * '\\';
    return ((v - ones * 0x20) | (quote - ones) | (backslash - ones) | v) & tops;
}

static void copy_plain(struct rf_json_cursor *c)
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

static void put_point(struct rf_json_cursor *c, unsigned u)
{
    const int more = u < 0x80 ? 0 : u < 0x800 ? 1 : u < 0x10000 ? 2 : 3; /* continuation bytes */
    static const unsigned char lead[] = { 0, 0xC0, 0xE0, 0xF0 };
    *c->out++ = (char)(lead[more] | u >> (6 * more));
    for (int i = more - 1; i >= 0; i--)
        *c->out++ = (char)(0x80 | (u >> (6 * i) & 0x3F));
}

static int decode_escape(struct rf_json_cursor *c)
{
    static const char meant[256] = {
        ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b', ['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t'
    };
    const char simple = c->end - c->p >= 2 ? meant[(unsigned char)c->p[1]] : '\0';
    if (simple) {
        *c->out++ = simple;
        c->p += 2;
        return 0;
    }
    size_t used;
    const int32_t point = rf_json_escape(c->p, (size_t)(c->end - c->p), &used);
    if (point < 0)
        return rf_json_refuse(c, "one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
    const bool lone = RF_JSON_LONE(point);
    put_point(c, lone ? 0xFFFD : (unsigned)point);
    c->repaired += lone;
    c->p += used;
    return 0;
}

/* A run of characters of more than one byte; false, and p at the first wrong one, where they are not UTF-8. */
static bool copy_wide(struct rf_json_cursor *c)
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

int rf_json_decode(struct rf_json_cursor *c)
{
    for (;;) {
        copy_plain(c);
        if (c->p == c->end)
            return rf_json_refuse(c, "a closing quote");
        const unsigned char b = (unsigned char)*c->p;
        if (b == '"') {
            c->p++;
            *c->out++ = '\0';
            return 0;
        }
        if (b == '\\') {
            const int rc = decode_escape(c);
            if (rc)
                return rc;
        } else if (b < 0x20) {
            return rf_json_refuse(c, "control characters as escapes");
        } else if (!copy_wide(c)) {
            return rf_json_refuse(c, "UTF-8");
        }
    }
}
