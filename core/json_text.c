/* JSON text out. What is written is always UTF-8 and safe on a terminal: ill-formed bytes become \ufffd, control
 * characters (C0, DEL, C1) escapes. Numbers have the shortest form that reads back as the same double. */
#include "core/json.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The escape for the character of `step` bytes at s (0: ill-formed); NULL where it may stand as it is. */
static const char *escape_of(const char *s, size_t step, char out[8])
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const unsigned char c = (unsigned char)s[0];
    const char *simple = c ? strchr(from, c) : NULL;
    if (step == 0)
        return "\\ufffd";
    if (simple) {
        snprintf(out, 8, "\\%c", to[simple - from]);
        return out;
    }
    if (c < 0x20 || c == 0x7F || (c == 0xC2 && (unsigned char)s[1] < 0xA0)) {
        snprintf(out, 8, "\\u%04x", c == 0xC2 ? (unsigned char)s[1] : c);
        return out;
    }
    return NULL;
}

/* Quotes and escapes s, piece by piece, into emit. */
static int write_string(struct rf_str s, int (*emit)(void *to, const char *piece, size_t n, struct rf_err *err),
                        void *to, struct rf_err *err)
{
    size_t plain = 0; /* start of what was not yet emitted */
    int rc = emit(to, "\"", 1, err);
    for (size_t i = 0; i < s.len && !rc;) {
        char space[8];
        const size_t step = rf_utf8_step(s.s + i, s.len - i);
        const char *escape = escape_of(s.s + i, step, space);
        const size_t next = i + (step ? step : 1);
        if (escape && !(rc = emit(to, s.s + plain, i - plain, err)) && !(rc = emit(to, escape, strlen(escape), err)))
            plain = next;
        i = next;
    }
    if (!rc && !(rc = emit(to, s.s + plain, s.len - plain, err)))
        rc = emit(to, "\"", 1, err);
    return rc;
}

static int emit_file(void *to, const char *piece, size_t n, struct rf_err *err)
{
    (void)err; /* a stream remembers its own failure */
    if (n)
        fwrite(piece, 1, n, to);
    return 0;
}

static int emit_buf(void *to, const char *piece, size_t n, struct rf_err *err)
{
    return rf_buf_add(to, piece, n, err);
}

void rf_json_put_string(FILE *f, struct rf_str s)
{
    write_string(s, emit_file, f, NULL);
}

int rf_json_add_string(struct rf_buf *b, struct rf_str s, struct rf_err *err)
{
    return write_string(s, emit_buf, b, err);
}

void rf_real_text(double v, char out[32])
{
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, v);
        if (strtod(out, NULL) == v)
            return;
    }
}

void rf_json_put_real(FILE *f, double v)
{
    char text[32];
    rf_real_text(v, text);
    fputs(isfinite(v) ? text : "null", f);
}
