/* CSV in and out. libcsv judges the structure; the text of quoted fields, which is nearly all of a file of prompts,
 * goes around it: it sees the two outer quotes, while memchr finds the next quote and the run up to it is copied once.
 * Around both stand what libcsv leaves open: the byte order mark, physical lines (it reports every row end; those
 * inside fields are counted in their text), the field cap. Refuses: unclosed quotes, quotes inside unquoted fields,
 * text behind a closing quote, fields above the cap. */
#include "core/csv.h"

#include <csv.h>
#include <string.h>

enum {
    CHUNK = 65536,
    BLOCK = 65536 /* growth of libcsv's field buffer; its own 128 is quadratic */,
    MAX_FIELD = 16 << 20
};

/* Where the next byte stands, as far as quotes go. */
enum place {
    OUTSIDE, /* of quotes: libcsv's */
    INSIDE,  /* a quoted field */
    AT_QUOTE /* behind a quote inside: another one is the doubled quote of the text, all else means that it closed */
};

struct reader {
    const char *name; /* of the input */
    size_t max_field;
    int (*row)(void *ctx, const struct rf_csv_row *row, struct rf_err *err);
    void *ctx;
    struct csv_parser parser;
    enum place place;
    struct rf_buf text;   /* the fields of the row so far, each with a NUL behind, and what there is of the next */
    size_t start;         /* of that next field in text */
    struct rf_str *field; /* their lengths; the addresses follow when the row is whole and text stands still */
    size_t n, cap;
    uint64_t line;     /* physical line, from 1 */
    uint64_t row_line; /* where the row started */
    bool after_cr;     /* the last row end was a CR: an LF now belongs to it */
    int rc; /* first failure, or what the caller's function said to stop; the rest of the chunk is not heard */
    struct rf_err *err;
};

static int keep_blanks(unsigned char c)
{
    (void)c;
    return 0;
}

/* Line ends in s[n]: every LF, and every CR without an LF behind. */
static uint64_t line_ends(const char *s, size_t n)
{
    const char *const end = s + n;
    uint64_t lines = 0;
    for (const char *p = s; (p = memchr(p, '\n', (size_t)(end - p))); p++)
        lines++;
    for (const char *p = s; (p = memchr(p, '\r', (size_t)(end - p))); p++)
        lines += p + 1 == end || p[1] != '\n';
    return lines;
}

static int field_too_long(struct reader *r)
{
    return rf_fail(
        r->err, RF_BAD_INPUT,
        "%s:%llu: found a field of more than %zu bytes, expected a shorter one (is a closing quote missing?)", r->name,
        (unsigned long long)r->line, r->max_field);
}

/* More text of the field that is being read. */
static int add_text(struct reader *r, const char *s, size_t n)
{
    if (n > r->max_field || r->text.len - r->start > r->max_field - n)
        return field_too_long(r);
    return rf_buf_add(&r->text, s, n, r->err);
}

/* The field is whole but for s[n], which libcsv held: all of an unquoted field, nothing of a quoted one. */
static int add_field(struct reader *r, const char *s, size_t n)
{
    if (r->n == r->cap) {
        const size_t cap = r->cap ? 2 * r->cap : 16;
        struct rf_str *bigger = rf_regrow(r->field, r->cap, cap, sizeof *bigger, r->err);
        if (!bigger)
            return RF_FAIL;
        r->field = bigger;
        r->cap = cap;
    }
    const int rc = add_text(r, s, n);
    if (rc)
        return rc;
    if (r->n == 0)
        r->row_line = r->line;
    const size_t len = r->text.len - r->start;
    r->field[r->n++].len = len;
    r->line += line_ends(r->text.data + r->start, len);
    r->text.len++; /* the NUL that rf_buf_add left behind */
    r->start = r->text.len;
    return 0;
}

static void on_field(void *s, size_t len, void *ctx)
{
    struct reader *r = ctx;
    if (!r->rc)
        r->rc = add_field(r, s, len);
}

/* end: the byte that ended the row; -1: the end of the file did. No fields: a blank line, or the LF of a CRLF. */
static void on_row(int end, void *ctx)
{
    struct reader *r = ctx;
    const bool second_half = end == '\n' && r->after_cr && r->n == 0;
    if (r->rc)
        return;
    if (r->n) {
        const char *at = r->text.data;
        for (size_t i = 0; i < r->n; i++) {
            r->field[i].s = at;
            at += r->field[i].len + 1;
        }
        const struct rf_csv_row row = { r->n, r->field, r->row_line };
        r->rc = r->row(r->ctx, &row, r->err);
    }
    r->n = r->text.len = r->start = 0;
    r->line += !second_half;
    r->after_cr = end == '\r';
}

/* libcsv stopped: byte is where, NULL for the end of the file. */
static int parse_error(struct reader *r, const char *byte)
{
    const struct csv_parser *p = &r->parser;
    if (p->status != CSV_EPARSE)
        return rf_fail(r->err, RF_FAIL, "out of memory: no room for a CSV field");
    if (!byte)
        return rf_fail(
            r->err, RF_BAD_INPUT,
            "%s:%llu: found the end of the file inside a quoted field that starts here, expected a closing quote",
            r->name, (unsigned long long)r->line);
    const uint64_t line = r->line + line_ends(r->text.data + r->start, r->text.len - r->start);
    if (*byte == '"')
        return rf_fail(
            r->err, RF_BAD_INPUT,
            "%s:%llu: found a quote inside an unquoted field, expected the whole field in quotes and the quote doubled",
            r->name, (unsigned long long)line);
    return rf_fail(r->err, RF_BAD_INPUT,
                   "%s:%llu: found the byte 0x%02x behind a closing quote, expected '%c' or a line end", r->name,
                   (unsigned long long)line, (unsigned char)*byte, p->delim_char);
}

static int feed(struct reader *r, const char *s, size_t n)
{
    const size_t done = csv_parse(&r->parser, s, n, on_field, on_row, r);
    if (!r->rc && done < n)
        r->rc = parse_error(r, s + done);
    if (!r->rc && r->parser.entry_pos > r->max_field)
        r->rc = field_too_long(r);
    return r->rc;
}

/* One chunk [p, end). A quote that libcsv takes outside can only be an opening one: it refuses all others. */
static int split(struct reader *r, const char *p, const char *end)
{
    while (p < end && !r->rc) {
        if (r->place == AT_QUOTE) {
            const bool doubled = *p == '"';
            r->place = doubled ? INSIDE : OUTSIDE;
            r->rc = doubled ? add_text(r, p++, 1) : feed(r, "\"", 1);
            continue;
        }
        const char *quote = memchr(p, '"', (size_t)(end - p));
        if (r->place == OUTSIDE) {
            feed(r, p, (size_t)((quote ? quote + 1 : end) - p));
            r->place = quote ? INSIDE : OUTSIDE;
        } else {
            r->rc = add_text(r, p, (size_t)((quote ? quote : end) - p));
            r->place = quote ? AT_QUOTE : INSIDE;
        }
        p = quote ? quote + 1 : end;
    }
    return r->rc;
}

static int skip_byte_order_mark(struct rf_input *in, struct rf_err *err)
{
    struct rf_str head;
    const int rc = rf_input_head(in, &head, err);
    if (rc || head.len < 3 || memcmp(head.s, "\xEF\xBB\xBF", 3))
        return rc;
    return rf_input_chunk(in, 3, &head, err);
}

int rf_csv_read(struct rf_input *in, const struct rf_csv_options *o,
                int (*row)(void *ctx, const struct rf_csv_row *row, struct rf_err *err), void *ctx, struct rf_err *err)
{
    struct reader r = { .name = rf_input_name(in), .row = row, .ctx = ctx, .line = 1, .err = err };
    struct rf_str chunk;
    r.max_field = o && o->max_field ? o->max_field : MAX_FIELD;
    csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    csv_set_space_func(&r.parser, keep_blanks);
    csv_set_blk_size(&r.parser, BLOCK);
    csv_set_delim(&r.parser, (unsigned char)(o && o->delimiter ? o->delimiter : ','));
    if ((r.rc = rf_buf_reserve(&r.text, 0, err)) || (r.rc = skip_byte_order_mark(in, err)))
        goto out;
    do {
        if ((r.rc = rf_input_chunk(in, CHUNK, &chunk, err)) || split(&r, chunk.s, chunk.s + chunk.len))
            goto out;
    } while (chunk.len);
    if (r.place == AT_QUOTE && feed(&r, "\"", 1))
        goto out;
    if (csv_fini(&r.parser, on_field, on_row, &r) && !r.rc)
        r.rc = parse_error(&r, NULL);
out:
    csv_free(&r.parser);
    rf_buf_release(&r.text);
    rf_free(r.field);
    return r.rc;
}

/* ---- the header alone ---- */

enum { STOP = RF_INTERRUPTED }; /* what take_header says once it has its row */

struct header {
    struct rf_buf *buf;
    struct rf_str *field;
    size_t max, n;
};

static int take_header(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    struct header *h = ctx;
    const struct rf_str last = row->field[row->n - 1];
    const char *const from = row->field[0].s; /* the fields stand side by side */
    h->buf->len = 0;
    const int rc = rf_buf_add(h->buf, from, (size_t)(last.s - from) + last.len, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < row->n && i < h->max; i++)
        h->field[i] = (struct rf_str){ h->buf->data + (row->field[i].s - from), row->field[i].len };
    h->n = row->n;
    return STOP;
}

int rf_csv_header(struct rf_str head, struct rf_buf *buf, struct rf_str *field, size_t max, size_t *n,
                  struct rf_err *err)
{
    struct header h = { buf, field, max, 0 };
    struct rf_input *in = NULL;
    struct rf_err why = { 0 };
    if (!rf_input_memory(&in, "header", head.s, head.len, &why))
        rf_csv_read(in, NULL, take_header, &h, &why);
    rf_input_close(in);
    *n = h.n;
    return why.code == RF_FAIL ? rf_fail(err, RF_FAIL, "%s", why.msg) : 0; /* what is no CSV has no header */
}

/* ---- out ---- */

static size_t skip(struct rf_str s, size_t i, const char *set, size_t most)
{
    while (i < s.len && most-- && s.s[i] && strchr(set, s.s[i]))
        i++;
    return i;
}

/* Digits with an optional sign, point and exponent: what a spreadsheet takes for a number, not for a formula. */
static bool is_number(struct rf_str s)
{
    static const char digit[] = "0123456789";
    const size_t whole = skip(s, 0, "+-", 1), point = skip(s, whole, digit, s.len), part = skip(s, point, ".", 1);
    const size_t end = skip(s, part, digit, s.len), letter = skip(s, end, "eE", 1), power = skip(s, letter, "+-", 1);
    const size_t last = letter > end ? skip(s, power, digit, s.len) : end;
    return point - whole + end - part > 0 && (letter == end || last > power) && last == s.len;
}

/* True where s holds one of the bytes of set (a NUL-terminated list). */
static bool holds(struct rf_str s, const char *set)
{
    for (const char *c = set; *c; c++)
        if (s.len && memchr(s.s, *c, s.len))
            return true;
    return false;
}

void rf_csv_put(FILE *f, struct rf_str field, bool safe)
{
    const bool formula = safe && field.len && field.s[0] && strchr("=+-@\t\r", field.s[0]) && !is_number(field);
    const bool quoted =
        holds(field, ",\"\r\n") || (field.len && (holds((struct rf_str){ field.s, 1 }, " \t") ||
                                                  holds((struct rf_str){ field.s + field.len - 1, 1 }, " \t")));
    if (quoted)
        fputc('"', f);
    if (formula)
        fputc('\'', f);
    const char *p = field.s, *const end = field.s + field.len;
    for (const char *quote; p < end && (quote = memchr(p, '"', (size_t)(end - p))); p = quote + 1) {
        fwrite(p, 1, (size_t)(quote - p), f);
        fputs("\"\"", f);
    }
    if (p < end)
        fwrite(p, 1, (size_t)(end - p), f);
    if (quoted)
        fputc('"', f);
}
