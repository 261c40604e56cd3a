/* Recognises files by content. A name's suffix decides nothing; two readers that are equally sure are an error, not a
 * guess. */
#include "datasets/sniff.h"

#include <string.h>

#include "core/csv.h"
#include "datasets/field.h"

enum { MAX_NAMES = 8192 };

struct rf_str rf_skip_mark(struct rf_str head)
{
    const bool mark = head.len >= 3 && !memcmp(head.s, "\xEF\xBB\xBF", 3);
    return mark ? (struct rf_str){ head.s + 3, head.len - 3 } : head;
}

size_t rf_skip_blanks(struct rf_str s, size_t i)
{
    while (i < s.len && s.s[i] && strchr(" \t\r\n", s.s[i]))
        i++;
    return i;
}

/* The byte at i, NUL behind the end. */
static char byte_at(struct rf_str s, size_t i)
{
    return i < s.len ? s.s[i] : '\0';
}

enum rf_shape rf_sniff_shape(struct rf_str head, size_t *object)
{
    const size_t open = rf_skip_blanks(head, head.len - rf_skip_mark(head).len);
    const size_t next = rf_skip_blanks(head, open + 1);
    *object = head.len;
    if (byte_at(head, open) == '[' && byte_at(head, next) == '{') {
        *object = next;
        return RF_SHAPE_JSON_ARRAY;
    }
    if (byte_at(head, open) == '[' && byte_at(head, next) == ']')
        return RF_SHAPE_JSON_ARRAY;
    if (byte_at(head, open) != '{')
        return RF_SHAPE_TABLE;
    *object = open;
    return byte_at(head, next) == '"' && memchr(head.s + open, '\n', next - open) ? RF_SHAPE_JSON_SPREAD
                                                                                  : RF_SHAPE_JSON_LINES;
}

/* Steps over a JSON string whose opening quote is at s[i]; returns the index of the closing quote, or n where head ends
 * before. */
static size_t string_end(struct rf_str s, size_t i)
{
    for (i++; i < s.len && s.s[i] != '"'; i++)
        if (s.s[i] == '\\')
            i++;
    return i < s.len ? i : s.len;
}

/* Keys of the object at the start of s. Tolerant: head may end anywhere within a long line; the reader itself is
 * strict. */
static size_t keys(struct rf_str s, struct rf_str *name, size_t max)
{
    size_t n = 0, depth = 0;
    for (size_t i = 0; i < s.len; i++) {
        const char c = s.s[i];
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && --depth == 0)
            break;
        if (c != '"')
            continue;
        const size_t start = i + 1, end = string_end(s, i);
        size_t next = end + 1;
        while (next < s.len && (s.s[next] == ' ' || s.s[next] == '\t'))
            next++;
        if (depth == 1 && next < s.len && s.s[next] == ':' && n < max)
            name[n++] = (struct rf_str){ s.s + start, end - start };
        i = end;
    }
    return n;
}

int rf_sniff_init(struct rf_sniffed *s, const char *path, struct rf_str head, struct rf_err *err)
{
    size_t object;
    *s = (struct rf_sniffed){ 0 };
    s->s.path = path;
    s->s.head = head = rf_skip_mark(head);
    const size_t most = head.len < MAX_NAMES ? head.len + 1 : MAX_NAMES; /* no more names than bytes, and one empty */
    int rc = RF_NEW(s->name, most, err);
    if (rc)
        return rc;
    s->s.name = s->name;
    const enum rf_shape shape = rf_sniff_shape(head, &object);
    s->s.json = shape != RF_SHAPE_TABLE;
    if (shape == RF_SHAPE_JSON_LINES || shape == RF_SHAPE_JSON_ARRAY)
        s->s.n = keys((struct rf_str){ head.s + object, head.len - object }, s->name, most);
    else if (shape == RF_SHAPE_TABLE)
        rc = rf_csv_header(head, &s->buf, s->name, most, &s->s.n, err);
    if (s->s.n > most)
        s->s.n = most; /* the header's number of fields; those behind tell nothing new */
    return rc;
}

void rf_sniff_release(struct rf_sniffed *s)
{
    rf_buf_release(&s->buf);
    rf_free(s->name);
    *s = (struct rf_sniffed){ 0 };
}

bool rf_sniff_has(const struct rf_sniff *s, const char *name)
{
    for (size_t i = 0; i < s->n; i++)
        if (rf_str_is(s->name[i], name))
            return true;
    return false;
}

bool rf_sniff_deep(const struct rf_sniff *s, const char *name)
{
    const size_t n = strlen(name);
    const char *const end = s->head.s + s->head.len;
    for (const char *p = s->head.s; (size_t)(end - p) > n + 2 && (p = memchr(p, '"', (size_t)(end - p) - n - 2)); p++)
        if (!memcmp(p + 1, name, n) && p[n + 1] == '"') {
            const size_t colon = rf_skip_blanks(s->head, (size_t)(p - s->head.s) + n + 2);
            if (colon < s->head.len && s->head.s[colon] == ':')
                return true;
        }
    return false;
}

bool rf_sniff_all(const struct rf_sniff *s, const char *const *names)
{
    while (*names && rf_sniff_has(s, *names))
        names++;
    return !*names;
}

int rf_sniff_pick(const struct rf_sniff *s, const struct rf_reader **r, struct rf_err *err)
{
    const struct rf_reader *best = NULL, *rival = NULL;
    int most = 0;
    for (size_t i = 0; rf_readers[i]; i++) {
        const int sure = rf_readers[i]->sniff(s);
        if (sure > 0 && sure == most)
            rival = rf_readers[i];
        if (sure > most) {
            best = rf_readers[i];
            rival = NULL;
            most = sure;
        }
    }
    *r = best;
    if (rival)
        return rf_fail(err, RF_BAD_INPUT, "%s:1: looks like %s and like %s; say which with --as", s->path, best->name,
                       rival->name);
    return 0;
}

int rf_reader_names(struct rf_buf *out, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && rf_readers[i]; i++)
        rc = rf_buf_printf(out, err, "%s%s", i ? ", " : "", rf_readers[i]->name);
    return rc;
}

int rf_reader_need(const char *name, const struct rf_reader **r, struct rf_err *err)
{
    struct rf_buf known = { 0 };
    int rc = 0;
    *r = NULL;
    for (size_t i = 0; rf_readers[i]; i++)
        if (!strcmp(rf_readers[i]->name, name))
            *r = rf_readers[i];
    if (!*r && !(rc = rf_reader_names(&known, err)))
        rc = rf_fail(err, RF_USAGE, "unknown format \"%.40s\": expected one of %s", name, known.data);
    rf_buf_release(&known);
    return rc;
}
