/* Scripts by ranges of code points, from the blocks of Unicode 15 (Blocks.txt). Signs, digits and scripts that are not
 * listed are no letters here. */
#include "core/script.h"

#include <stdbool.h>
#include <stdint.h>

#include "core/json.h"

enum script {
    LATIN,
    GREEK,
    CYRILLIC,
    ARMENIAN,
    HEBREW,
    ARABIC,
    DEVANAGARI,
    BENGALI,
    GURMUKHI,
    GUJARATI,
    ORIYA,
    TAMIL,
    TELUGU,
    KANNADA,
    MALAYALAM,
    SINHALA,
    THAI,
    LAO,
    TIBETAN,
    MYANMAR,
    GEORGIAN,
    HANGUL,
    ETHIOPIC,
    KHMER,
    MONGOLIAN,
    KANA,
    HAN,
    JAPANESE,
    MIXED,
    NONE,
    SCRIPTS
};

static const char *const names[SCRIPTS] = {
    [LATIN] = "Latin",           [GREEK] = "Greek",       [CYRILLIC] = "Cyrillic",
    [ARMENIAN] = "Armenian",     [HEBREW] = "Hebrew",     [ARABIC] = "Arabic",
    [DEVANAGARI] = "Devanagari", [BENGALI] = "Bengali",   [GURMUKHI] = "Gurmukhi",
    [GUJARATI] = "Gujarati",     [ORIYA] = "Oriya",       [TAMIL] = "Tamil",
    [TELUGU] = "Telugu",         [KANNADA] = "Kannada",   [MALAYALAM] = "Malayalam",
    [SINHALA] = "Sinhala",       [THAI] = "Thai",         [LAO] = "Lao",
    [TIBETAN] = "Tibetan",       [MYANMAR] = "Myanmar",   [GEORGIAN] = "Georgian",
    [HANGUL] = "Hangul",         [ETHIOPIC] = "Ethiopic", [KHMER] = "Khmer",
    [MONGOLIAN] = "Mongolian",   [KANA] = "Kana",         [HAN] = "Han",
    [JAPANESE] = "Japanese",     [MIXED] = "mixed",       [NONE] = "none",
};

/* Ascending; what lies between them is of no script. */
static const struct range {
    uint32_t first, last;
    enum script script;
} ranges[] = {
    { 'A', 'Z', LATIN },
    { 'a', 'z', LATIN },
    { 0xAA, 0xAA, LATIN },
    { 0xBA, 0xBA, LATIN },
    { 0xC0, 0xD6, LATIN },
    { 0xD8, 0xF6, LATIN },
    { 0xF8, 0x2AF, LATIN },
    { 0x370, 0x3FF, GREEK },
    { 0x400, 0x52F, CYRILLIC },
    { 0x530, 0x58F, ARMENIAN },
    { 0x590, 0x5FF, HEBREW },
    { 0x600, 0x6FF, ARABIC },
    { 0x750, 0x77F, ARABIC },
    { 0x870, 0x8FF, ARABIC },
    { 0x900, 0x97F, DEVANAGARI },
    { 0x980, 0x9FF, BENGALI },
    { 0xA00, 0xA7F, GURMUKHI },
    { 0xA80, 0xAFF, GUJARATI },
    { 0xB00, 0xB7F, ORIYA },
    { 0xB80, 0xBFF, TAMIL },
    { 0xC00, 0xC7F, TELUGU },
    { 0xC80, 0xCFF, KANNADA },
    { 0xD00, 0xD7F, MALAYALAM },
    { 0xD80, 0xDFF, SINHALA },
    { 0xE00, 0xE7F, THAI },
    { 0xE80, 0xEFF, LAO },
    { 0xF00, 0xFFF, TIBETAN },
    { 0x1000, 0x109F, MYANMAR },
    { 0x10A0, 0x10FF, GEORGIAN },
    { 0x1100, 0x11FF, HANGUL },
    { 0x1200, 0x139F, ETHIOPIC },
    { 0x1780, 0x17FF, KHMER },
    { 0x1800, 0x18AF, MONGOLIAN },
    { 0x1C80, 0x1C8F, CYRILLIC },
    { 0x1C90, 0x1CBF, GEORGIAN },
    { 0x1E00, 0x1EFF, LATIN },
    { 0x1F00, 0x1FFF, GREEK },
    { 0x2C60, 0x2C7F, LATIN },
    { 0x2DE0, 0x2DFF, CYRILLIC },
    { 0x2E80, 0x2FDF, HAN },
    { 0x3005, 0x3007, HAN },
    { 0x3040, 0x30FF, KANA },
    { 0x3130, 0x318F, HANGUL },
    { 0x31F0, 0x31FF, KANA },
    { 0x3400, 0x4DBF, HAN },
    { 0x4E00, 0x9FFF, HAN },
    { 0xA640, 0xA69F, CYRILLIC },
    { 0xA720, 0xA7FF, LATIN },
    { 0xA8E0, 0xA8FF, DEVANAGARI },
    { 0xA960, 0xA97F, HANGUL },
    { 0xAC00, 0xD7FF, HANGUL },
    { 0xF900, 0xFAFF, HAN },
    { 0xFB1D, 0xFB4F, HEBREW },
    { 0xFB50, 0xFDFF, ARABIC },
    { 0xFE70, 0xFEFE, ARABIC },
    { 0xFF21, 0xFF3A, LATIN },
    { 0xFF41, 0xFF5A, LATIN },
    { 0xFF66, 0xFF9F, KANA },
    { 0x20000, 0x323AF, HAN },
};
enum { RANGES = sizeof ranges / sizeof *ranges };

static enum script script_of(uint32_t c)
{
    size_t low = 0, high = RANGES;
    while (low < high) {
        const size_t mid = (low + high) / 2;
        if (c > ranges[mid].last)
            low = mid + 1;
        else
            high = mid;
    }
    return low < RANGES && c >= ranges[low].first ? ranges[low].script : NONE;
}

/* The code point of a well-formed character of n bytes. */
static uint32_t decode(const char *s, size_t n)
{
    const unsigned char *const p = (const unsigned char *)s;
    uint32_t c = n == 1 ? p[0] : p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        c = c << 6 | (p[i] & 0x3Fu);
    return c;
}

size_t rf_scripts(void)
{
    return SCRIPTS;
}

const char *rf_script_name(size_t script)
{
    return names[script];
}

size_t rf_script(struct rf_str text, size_t *chars)
{
    size_t count[SCRIPTS] = { 0 }, letters = 0, n = 0;
    for (size_t i = 0; i < text.len; n++) {
        const size_t step = rf_utf8_step(text.s + i, text.len - i);
        count[step ? script_of(decode(text.s + i, step)) : NONE]++;
        i += step ? step : 1;
    }
    if (chars)
        *chars = n;
    letters = n - count[NONE];
    if (!letters)
        return NONE;
    if (count[KANA] && count[HAN]) {
        count[JAPANESE] = count[KANA] + count[HAN];
        count[HAN] = count[KANA] = 0;
    }
    for (size_t s = 0; s < MIXED; s++)
        if (5 * count[s] >= 4 * letters)
            return s;
    return MIXED;
}
