/* CSV in and out. core/csv_front.c finds the rows that are plain to see, which are nearly all; their fields are handed
 * out where they stand. All else is judged by libcsv, a row at a time; there the text of quoted fields goes around it:
 * it sees the two outer quotes, while memchr finds the next quote and the run up to it is copied once. Around both
 * stand what libcsv leaves open: the byte order mark, physical lines (it reports every row end; those inside fields are
 * counted in their text), the field cap. Refuses: unclosed quotes, quotes inside unquoted fields, text behind a closing
 * quote, fields above the cap. */
#include "core/csv.h"

#include <csv.h>
#include <string.h>

#include "core/csv_front.h"

enum { BLOCK = 65536 /* growth of libcsv's field buffer; its own 128 is quadratic */, MAX_FIELD = 16 << 20 };

/* Where the next byte stands, as far as quotes go. */
enum place {
    OUTSIDE, /* of quotes: libcsv's */
    INSIDE,  /* a quoted field */
    AT_QUOTE /* behind a quote inside: another one is the doubled quote of the text, all else means that it closed */
};

struct reader {
    const char *name; /* of the input */
    size_t max_field;
    const uint64_t *unread; /* of the options */
    int (*row)(void *ctx, const struct rf_csv_row *row, struct rf_err *err);
    void *ctx;
    struct csv_parser parser;
    struct rf_csv_front front;
    bool between; /* rows: the next byte starts one */
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

static int add_field_slot(struct reader *r)
{
    if (r->n == r->cap) {
        const size_t cap = r->cap ? 2 * r->cap : 16;
        struct rf_str *bigger = rf_regrow(r->field, r->cap, cap, sizeof *bigger, r->err);
        if (!bigger)
            return RF_FAIL;
        r->field = bigger;
        r->cap = cap;
    }
    r->n++;
    return 0;
}

/* The field is whole but for s[n], which libcsv held: all of an unquoted field, nothing of a quoted one. */
static int add_field(struct reader *r, const char *s, size_t n)
{
    int rc = add_text(r, s, n);
    if (rc || (rc = add_field_slot(r)))
        return rc;
    if (r->n == 1)
        r->row_line = r->line;
    const size_t len = r->text.len - r->start;
    r->field[r->n - 1].len = len;
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

/* The row of n fields is whole. end: the byte that ended it; -1: the end of the file did. No fields: a blank line, or
 * the LF of a CRLF. */
static void end_row(struct reader *r, int end)
{
    const bool second_half = end == '\n' && r->after_cr && r->n == 0;
    if (r->n) {
        const struct rf_csv_row row = { r->n, r->field, r->row_line };
        r->rc = r->row(r->ctx, &row, r->err);
    }
    r->n = 0;
    r->line += !second_half;
    r->after_cr = end == '\r';
}

static void on_row(int end, void *ctx)
{
    struct reader *r = ctx;
    if (r->rc)
        return;
    const char *at = r->text.data;
    for (size_t i = 0; i < r->n; i++) {
        r->field[i].s = at;
        at += r->field[i].len + 1;
    }
    end_row(r, end);
    r->text.len = r->start = 0;
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
    if (!r->rc && r->parser.entry_pos > r->max_field)
        r->rc = field_too_long(r);
    if (!r->rc && done < n)
        r->rc = parse_error(r, s + done);
    return r->rc;
}

/* libcsv's way through [p, end): at most up to the end of the row, which is where it gets. A quote that it takes
 * outside can only be an opening one: it refuses all others. */
static char *judge(struct reader *r, char *p, char *end)
{
    r->between = false;
    if (r->place == AT_QUOTE) {
        const bool doubled = *p == '"';
        r->place = doubled ? INSIDE : OUTSIDE;
        r->rc = doubled ? add_text(r, p, 1) : feed(r, "\"", 1);
        return p + doubled;
    }
    char *const lf = r->place == OUTSIDE ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    char *const most = lf ? lf + 1 : end, *const quote = memchr(p, '"', (size_t)(most - p));
    char *const next = quote ? quote + 1 : most;
    if (r->place == OUTSIDE) {
        feed(r, p, (size_t)(next - p));
        r->place = quote ? INSIDE : OUTSIDE;
        r->between = next[-1] == '\n';
    } else {
        r->rc = add_text(r, p, (size_t)((quote ? quote : end) - p));
        r->place = quote ? AT_QUOTE : INSIDE;
    }
    return next;
}

/* Makes one of the two quotes of each pair in s[n]; returns what is left of n. */
static size_t single_quotes(char *s, size_t n)
{
    char *to = memchr(s, '"', n), *const end = s + n;
    for (char *from = to; from;) {
        char *const quote = memchr(from + 2, '"', (size_t)(end - from - 2)), *const stop = quote ? quote : end;
        const size_t run = (size_t)(stop - from) - 1; /* the second quote and what follows it */
        memmove(to, from + 1, run);
        to += run;
        from = quote;
    }
    return to ? (size_t)(to - s) : n;
}

/* A row that was seen through: its fields without their quotes and with a NUL behind, in place. */
static void open_fields(struct reader *r)
{
    const uint64_t unread = r->unread ? *r->unread : 0;
    for (size_t i = 0; i < r->n; i++) {
        struct rf_str *const f = &r->field[i];
        if (f->len && *f->s == '"') {
            char *const s = (char *)f->s + 1; /* the bytes of a chunk are the reader's own */
            f->s = s;
            f->len -= 2;
            if (r->front.doubled && (i >= 64 || !(unread >> i & 1)))
                f->len = single_quotes(s, f->len);
        }
        ((char *)f->s)[f->len] = '\0';
    }
}

/* All rows of [p, end) that are plain to see; returns where the first other one starts. */
static char *plain_rows(struct reader *r, char *p, char *end)
{
    struct rf_csv_front *const f = &r->front;
    const char *from = p, *at;
    rf_csv_front_start(f, p, end);
    while (!r->rc && (at = rf_csv_front_next(f))) {
        const char ends = *at;
        if ((r->rc = add_field_slot(r)))
            break;
        r->field[r->n - 1] = (struct rf_str){ from, (size_t)(at - from) };
        from = at + 1;
        if (ends == f->delimiter)
            continue;
        if (r->n == 1 && !r->field[0].len)
            r->n = 0;
        open_fields(r);
        r->row_line = r->line;
        r->line += f->lines;
        end_row(r, ends);
        f->row = from;
        f->lines = 0;
        f->doubled = false;
    }
    r->n = 0;
    return p + (f->row - p);
}

static int split(struct reader *r, char *p, char *end)
{
    while (p < end && !r->rc) {
        if (r->between)
            p = plain_rows(r, p, end);
        if (p < end && !r->rc)
            p = judge(r, p, end);
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
    struct reader r = { .name = rf_input_name(in), .row = row, .ctx = ctx, .line = 1, .between = true, .err = err };
    const struct rf_csv_options set = o ? *o : (struct rf_csv_options){ 0 };
    struct rf_str chunk;
    r.max_field = set.max_field ? set.max_field : MAX_FIELD;
    r.unread = set.unread;
    r.front.max_field = r.max_field;
    r.front.delimiter = set.delimiter ? set.delimiter : ',';
    csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL);
    csv_set_space_func(&r.parser, keep_blanks);
    csv_set_blk_size(&r.parser, BLOCK);
    csv_set_delim(&r.parser, (unsigned char)r.front.delimiter);
    if ((r.rc = rf_buf_reserve(&r.text, 0, err)) || (r.rc = skip_byte_order_mark(in, err)))
        goto out;
    do {
        if ((r.rc = rf_input_chunk(in, set.chunk ? set.chunk : SIZE_MAX, &chunk, err)) ||
            split(&r, (char *)chunk.s, (char *)chunk.s + chunk.len))
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
