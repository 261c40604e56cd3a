/* Text for people. Counts one column per code point: enough for names of models and files; wide and combining
 * characters only shift a column. Refuses to pass on what a terminal would obey. */
#include "core/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/json.h"

enum { COLUMNS = 79 };

/* Bytes of the character at s[0..n); a byte that starts no well-formed one counts as a character. */
static size_t char_bytes(const char *s, size_t n)
{
    const size_t len = rf_utf8_step(s, n);
    return len ? len : 1;
}

static bool harmless(const char *s, size_t len)
{
    const unsigned char a = (unsigned char)s[0];
    if (len == 1)
        return a >= ' ' && a < 127;
    const unsigned char b = (unsigned char)s[1];
    if (len == 2)
        return !(a == 0xc2 && b < 0xa0); /* C1 */
    if (len == 4 || a != 0xe2)
        return true;
    const unsigned char c = (unsigned char)s[2];
    const bool marks = b == 0x80 && (c == 0x8e || c == 0x8f || (c >= 0xa8 && c <= 0xae)); /* U+200E, 200F, 2028..202E */
    const bool isolates = b == 0x81 && c >= 0xa6 && c <= 0xa9;                            /* U+2066..2069 */
    return !marks && !isolates;
}

size_t rf_text_put(FILE *f, struct rf_str s, size_t max, const char *keep)
{
    size_t columns = 0;
    for (size_t i = 0, len; i < s.len && columns < max; i += len, columns++) {
        len = char_bytes(s.s + i, s.len - i);
        const bool kept = s.s[i] && strchr(keep, s.s[i]);
        if (!f)
            continue;
        if (kept || harmless(s.s + i, len))
            fwrite(s.s + i, 1, len, f);
        else
            fputc('?', f);
    }
    return columns;
}

static bool between_words(char c)
{
    return c == ' ' || c == '\n';
}

void rf_text_wrap(FILE *f, struct rf_str s, size_t indent)
{
    size_t at = indent;
    for (size_t i = 0, n = 0; i < s.len; i += n) {
        n = 1;
        if (between_words(s.s[i]))
            continue;
        while (i + n < s.len && !between_words(s.s[i + n]))
            n++;
        const size_t width = rf_text_put(NULL, (struct rf_str){ s.s + i, n }, SIZE_MAX, "");
        if (at > indent && at + 1 + width > COLUMNS) {
            fprintf(f, "\n%*s", (int)indent, "");
            at = indent;
        }
        fprintf(f, "%s%.*s", at > indent ? " " : "", (int)n, s.s + i);
        at += (at > indent) + width;
    }
}
