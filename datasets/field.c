/* Cells as values. Refuses what strtod would let through: blanks, hexadecimal numbers, inf, half-read cells. */
#include "datasets/field.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/scan_real.h"

bool rf_str_is(struct rf_str s, const char *text)
{
    return s.s && s.len == strlen(text) && !memcmp(s.s, text, s.len);
}

bool rf_str_same(struct rf_str a, struct rf_str b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.s, b.s, a.len));
}

bool rf_str_ends(struct rf_str s, const char *tail)
{
    const size_t n = strlen(tail);
    return s.len >= n && !memcmp(s.s + s.len - n, tail, n);
}

bool rf_field_missing(struct rf_str s)
{
    static const char *const none[] = { "", "NaN", "nan", "None", "null", "NA" };
    enum { LONGEST = 4 };
    if (s.len > LONGEST || (s.len && s.s[0] != 'N' && s.s[0] != 'n'))
        return false;
    for (size_t i = 0; s.s && i < sizeof none / sizeof *none; i++)
        if (rf_str_is(s, none[i]))
            return true;
    return !s.s;
}

/* The cell as a C string of at most 63 characters that a number can have. */
static bool plain(struct rf_str s, const char *alphabet, char out[64])
{
    if (!s.s || s.len == 0 || s.len > 63)
        return false;
    memcpy(out, s.s, s.len);
    out[s.len] = '\0';
    return strspn(out, alphabet) == s.len;
}

bool rf_field_real(struct rf_str s, double *v)
{
    char text[64], *end = NULL;
    double quick;
    if (s.s && rf_scan_real(s.s, s.len, &quick) == s.len && s.len && isfinite(quick)) {
        *v = quick;
        return true;
    }
    if (!plain(s, "+-.0123456789eE", text))
        return false;
    const double x = strtod(text, &end);
    if (*end || !isfinite(x))
        return false;
    *v = x;
    return true;
}

bool rf_field_int(struct rf_str s, int64_t *v)
{
    char text[64], *end = NULL;
    if (!plain(s, "+-0123456789", text))
        return false;
    errno = 0;
    const long long x = strtoll(text, &end, 10);
    if (*end || errno)
        return false;
    *v = x;
    return true;
}

bool rf_field_count(struct rf_str s, int64_t *v)
{
    double real;
    if (rf_field_int(s, v))
        return *v >= 0;
    if (!rf_field_real(s, &real) || real < 0 || real > 9e15 || floor(real) < real)
        return false;
    *v = (int64_t)real;
    return true;
}

bool rf_field_date(struct rf_str s)
{
    enum { DAY = 10 };
    static const char shape[DAY + 1] = "dddd-dd-dd";
    size_t n = 0;
    while (n < s.len && n < DAY && (shape[n] == 'd' ? s.s[n] >= '0' && s.s[n] <= '9' : s.s[n] == shape[n]))
        n++;
    if (n < s.len && (n < DAY || (s.s[n] != 'T' && s.s[n] != ' ')))
        return false;
    const int month = n >= 7 ? (s.s[5] - '0') * 10 + s.s[6] - '0' : 1,
              day = n >= DAY ? (s.s[8] - '0') * 10 + s.s[9] - '0' : 1;
    return (n == 4 || n == 7 || n == DAY) && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

bool rf_field_score(struct rf_str s, double *v)
{
    static const char *const word[] = { "False", "True", "false", "true", "FALSE", "TRUE" };
    if (rf_field_real(s, v))
        return true;
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        if (rf_str_is(s, word[i])) {
            *v = i % 2 ? 1 : 0;
            return true;
        }
    return false;
}

const char *rf_field_show(struct rf_str s, char out[RF_SHOWN])
{
    enum { MOST = 40 };
    size_t n = s.len <= MOST ? s.len : MOST;
    while (n < s.len && n > 0 && ((unsigned char)s.s[n] & 0xC0) == 0x80) /* not in the middle of a character */
        n--;
    if (!s.s) {
        snprintf(out, RF_SHOWN, "nothing");
        return out;
    }
    out[0] = '"';
    for (size_t i = 0; i < n; i++) {
        const unsigned char c = (unsigned char)s.s[i];
        out[1 + i] = c < 0x20 || c == 0x7F ? '?' : (char)c;
    }
    snprintf(out + 1 + n, RF_SHOWN - 1 - n, "\"%s", n < s.len ? "..." : "");
    return out;
}
