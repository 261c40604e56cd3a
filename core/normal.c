/* Normalised text through utf8proc; plain ASCII, which most prompts are, needs only its capitals and blanks seen to. */
#include "core/normal.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

static bool plain(struct rf_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.s[i] >= 0x80)
            return false;
    return true;
}

/* White space as Unicode has it (White_Space). */
static bool blank(int32_t c)
{
    if (c < 0x80)
        return c == ' ' || (c >= '\t' && c <= '\r');
    const utf8proc_category_t k = utf8proc_category(c);
    return c == 0x85 || k == UTF8PROC_CATEGORY_ZS || k == UTF8PROC_CATEGORY_ZL || k == UTF8PROC_CATEGORY_ZP;
}

static char *add_plain(struct rf_str s, char *to)
{
    const char *const start = to;
    bool gap = false;
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.s[i];
        if (blank(c)) {
            gap = to > start;
            continue;
        }
        if (gap)
            *to++ = ' ';
        gap = false;
        *to++ = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    return to;
}

static char *add_points(const int32_t *cp, size_t n, char *to)
{
    const char *const start = to;
    bool gap = false;
    for (size_t i = 0; i < n; i++) {
        if (blank(cp[i])) {
            gap = to > start;
            continue;
        }
        if (gap)
            *to++ = ' ';
        gap = false;
        to += utf8proc_encode_char(cp[i], (utf8proc_uint8_t *)to);
    }
    return to;
}

/* The folded, composed code points of s in the pad, *n of them. */
static int decompose(struct rf_normal *pad, struct rf_str s, size_t *n, struct rf_err *err)
{
    const utf8proc_option_t how =
        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
    utf8proc_ssize_t need;
    for (;;) {
        need = utf8proc_decompose((const utf8proc_uint8_t *)s.s, (utf8proc_ssize_t)s.len, pad->cp,
                                  (utf8proc_ssize_t)pad->cap, how);
        if (need <= (utf8proc_ssize_t)pad->cap)
            break;
        int32_t *const cp = rf_regrow(pad->cp, pad->cap, (size_t)need, sizeof *cp, err);
        if (!cp)
            return RF_FAIL;
        pad->cp = cp;
        pad->cap = (size_t)need;
    }
    if (need >= 0)
        need = utf8proc_normalize_utf32(pad->cp, need, how);
    if (need < 0)
        return rf_fail(err, RF_BAD_INPUT, "cannot normalise a text of %zu bytes: %s", s.len, utf8proc_errmsg(need));
    *n = (size_t)need;
    return 0;
}

int rf_normal_add(struct rf_normal *pad, struct rf_str text, struct rf_buf *out, struct rf_err *err)
{
    const bool ascii = plain(text);
    size_t n = text.len, room;
    int rc = 0;
    if (!text.len || (!ascii && (rc = decompose(pad, text, &n, err))))
        return rc;
    if (!rf_mul(n, ascii ? 1 : 4, &room))
        return rf_fail(err, RF_FAIL, "out of memory: a text of %zu characters", n);
    if ((rc = rf_buf_reserve(out, room, err)))
        return rc;
    char *const end = ascii ? add_plain(text, out->data + out->len) : add_points(pad->cp, n, out->data + out->len);
    *end = 0;
    out->len = (size_t)(end - out->data);
    return 0;
}

void rf_normal_release(struct rf_normal *pad)
{
    rf_free(pad->cp);
    *pad = (struct rf_normal){ 0 };
}
