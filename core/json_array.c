/* The brackets of a JSON array, counted byte by byte outside of its strings. An element within one chunk of the input
 * is not copied. */
#include "core/json_array.h"

#include <string.h>

enum { MOST = 64 * 1024 * 1024 }; /* bytes of an element */

static int refuse(struct rf_json_array *a, uint64_t line, const char *found, const char *expected, struct rf_err *err)
{
    return rf_fail(err, RF_BAD_INPUT, "%s:%llu: found %s, expected %s", rf_input_name(a->in), (unsigned long long)line,
                   found, expected);
}

/* The same for the byte that stands next. */
static int refuse_byte(struct rf_json_array *a, const char *expected, struct rf_err *err)
{
    char found[] = "'?'";
    if (!a->chunk.len)
        return refuse(a, a->past + 1, "the end of the file", expected, err);
    if (*a->chunk.s > ' ' && *a->chunk.s < 0x7F)
        found[1] = *a->chunk.s;
    return refuse(a, a->past + 1, found, expected, err);
}

/* Makes sure that a byte is there; 1, 0 at the end of the input, or an rf_code. */
static int look(struct rf_json_array *a, struct rf_err *err)
{
    if (a->chunk.len)
        return 1;
    const int rc = rf_input_chunk(a->in, SIZE_MAX, &a->chunk, err);
    return rc ? rc : a->chunk.len != 0;
}

static void step(struct rf_json_array *a, size_t n)
{
    a->chunk.s += n;
    a->chunk.len -= n;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Passes blanks; 1 at another byte, 0 at the end of the input, or an rf_code. */
static int skip_blanks(struct rf_json_array *a, struct rf_err *err)
{
    int rc;
    while ((rc = look(a, err)) == 1 && blank(*a->chunk.s)) {
        a->past += *a->chunk.s == '\n';
        step(a, 1);
    }
    return rc;
}

static int open_array(struct rf_json_array *a, struct rf_err *err)
{
    struct rf_str head; /* asked for so that the first chunk holds a whole byte order mark */
    int rc = rf_input_head(a->in, &head, err);
    if (rc || (rc = look(a, err)) < 0)
        return rc;
    if (a->chunk.len >= 3 && !memcmp(a->chunk.s, "\xEF\xBB\xBF", 3))
        step(a, 3);
    if ((rc = skip_blanks(a, err)) < 0)
        return rc;
    if (!rc || *a->chunk.s != '[')
        return refuse_byte(a, "'[', the start of a JSON array", err);
    step(a, 1);
    a->opened = true;
    return 0;
}

/* Where in an element the scan is. */
struct scan {
    size_t depth; /* open brackets */
    bool inside;  /* a string */
    bool escaped; /* the next byte of the string is taken as it is */
};

/* Bytes of the chunk that belong to the element; fewer than there are where its end, ',' or ']', was seen. */
static size_t scan_chunk(struct rf_json_array *a, struct scan *s)
{
    const char *const p = a->chunk.s;
    const size_t n = a->chunk.len;
    for (size_t i = 0; i < n; i++) {
        const char c = p[i];
        if (c == '\n')
            a->past++;
        if (s->inside) {
            if (s->escaped)
                s->escaped = false;
            else if (c == '\\')
                s->escaped = true;
            else if (c == '"')
                s->inside = false;
        } else if (c == '"') {
            s->inside = true;
        } else if (c == '{' || c == '[') {
            s->depth++;
        } else if (s->depth) {
            if (c == '}' || c == ']')
                s->depth--;
        } else if (c == ',' || c == ']') {
            return i;
        }
    }
    return n;
}

/* The text up to the ',' or ']' behind the element, which starts at the next byte. */
static int read_element(struct rf_json_array *a, struct rf_str *element, uint64_t line, struct rf_err *err)
{
    struct scan s = { 0 };
    a->text.len = 0;
    for (;;) {
        const size_t n = scan_chunk(a, &s);
        const bool whole = n < a->chunk.len;
        *element = (struct rf_str){ a->chunk.s, n };
        if (a->text.len + n > MOST)
            return refuse(a, line, "an element of more than 64 MiB, or a string that does not end", "a shorter one",
                          err);
        if (!whole || a->text.len) {
            const int no = rf_buf_add(&a->text, a->chunk.s, n, err);
            if (no)
                return no;
            *element = (struct rf_str){ a->text.data, a->text.len };
        }
        step(a, n);
        if (whole)
            return 0;
        const int rc = look(a, err);
        if (rc < 0)
            return rc;
        if (rc == 0)
            return refuse(a, line, "the end of the file within this element", "its end and ']'", err);
    }
}

/* Passes what stands before an element: 1, 0 where the array ends instead, or an rf_code. */
static int find_element(struct rf_json_array *a, struct rf_err *err)
{
    int rc = a->opened ? 0 : open_array(a, err);
    if (rc || (rc = skip_blanks(a, err)) < 0)
        return rc;
    if (rc && a->count && *a->chunk.s == ',') {
        step(a, 1);
        if ((rc = skip_blanks(a, err)) < 0)
            return rc;
    } else if (rc && *a->chunk.s == ']') {
        step(a, 1);
        a->ended = true;
        if ((rc = skip_blanks(a, err)) <= 0)
            return rc;
        return refuse_byte(a, "the end of the file behind the array", err);
    }
    if (!rc || *a->chunk.s == ',' || *a->chunk.s == ']')
        return refuse_byte(a, "an element of the array", err);
    return 1;
}

int rf_json_array_next(struct rf_json_array *a, struct rf_str *element, uint64_t *line, struct rf_err *err)
{
    int rc = a->ended ? 0 : find_element(a, err);
    if (rc != 1)
        return rc;
    *line = a->past + 1;
    if ((rc = read_element(a, element, *line, err)))
        return rc;
    while (element->len && blank(element->s[element->len - 1]))
        element->len--;
    a->count++;
    return 1;
}

void rf_json_array_release(struct rf_json_array *a)
{
    rf_buf_release(&a->text);
    *a = (struct rf_json_array){ 0 };
}
