/* CSV: any bytes are rows or a refusal with its line, as libcsv alone would have it, in whatever chunks they come. Rows
 * have ascending lines that the text really has; what is written from the fields is read back as the same fields; the
 * header alone is the first row. The first byte picks the field cap. */
#include <csv.h>
#include <string.h>

#include "core/csv.h"
#include "fuzz/fuzz.h"

struct seen {
    FILE *copy;           /* what rf_csv_put makes of the rows; NULL: none */
    struct rf_buf fields; /* all fields, each with a NUL behind */
    struct rf_buf places; /* of each row its number of fields and its line */
    size_t rows, first;   /* number of rows, fields of the first */
    size_t cap, chunk;    /* options of the reading */
    uint64_t line;
};

static int look(void *ctx, const struct rf_csv_row *row, struct rf_err *err)
{
    struct seen *s = ctx;
    PROMISE(row->n > 0 && row->line > s->line);
    s->line = row->line;
    if (s->rows++ == 0)
        s->first = row->n;
    const uint64_t place[] = { row->n, row->line };
    if (rf_buf_add(&s->places, place, sizeof place, err))
        return err->code;
    for (size_t i = 0; i < row->n; i++) {
        const struct rf_str f = row->field[i];
        PROMISE(f.s[f.len] == '\0' && (!s->cap || f.len <= s->cap));
        if (rf_buf_add(&s->fields, f.s, f.len + 1, err))
            return err->code;
        if (s->copy) {
            if (row->n == 1 && f.len == 0)
                fputs("\"\"", s->copy); /* else a blank line, which is no row */
            rf_csv_put(s->copy, f, false);
            fputc(i + 1 < row->n ? ',' : '\n', s->copy);
        }
    }
    return 0;
}

static int read_all(const void *data, size_t n, struct seen *s, struct rf_err *err)
{
    const struct rf_csv_options o = { .max_field = s->cap, .chunk = s->chunk };
    struct rf_input *in = NULL;
    int rc = rf_input_memory(&in, "fuzz", data, n, err);
    if (!rc)
        rc = rf_csv_read(in, &o, look, s, err);
    rf_input_close(in);
    return rc;
}

/* ---- the oracle: libcsv fed with everything ---- */

static int no_blank(unsigned char c)
{
    return (void)c, 0;
}

static void keep_field(void *s, size_t n, void *fields)
{
    PROMISE(rf_buf_add(fields, s, n, NULL) == 0 && rf_buf_add(fields, "", 1, NULL) == 0);
}

static void ignore_row(int end, void *fields)
{
    (void)end;
    (void)fields;
}

/* True where libcsv takes data[n]; its fields, each with a NUL behind. */
static bool oracle(const uint8_t *data, size_t n, struct rf_buf *fields)
{
    struct csv_parser p;
    csv_init(&p, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_space_func(&p, no_blank);
    if (n >= 3 && !memcmp(data, "\xEF\xBB\xBF", 3)) {
        data += 3;
        n -= 3;
    }
    bool taken = csv_parse(&p, data, n, keep_field, ignore_row, fields) == n;
    taken = taken && csv_fini(&p, keep_field, ignore_row, fields) == 0;
    csv_free(&p);
    return taken;
}

static bool same(const struct rf_buf *a, const struct rf_buf *b)
{
    return a->len == b->len && (!a->len || !memcmp(a->data, b->data, a->len));
}

/* By libcsv alone, which gets all that comes a byte at a time, and in chunks of any length: the same rows, lines and
 * errors as in one piece. */
static void agree(const uint8_t *data, size_t n, const struct seen *one, int rc, const struct rf_err *why)
{
    const size_t chunks[] = { 1, 2 + n % 67 };
    for (size_t i = 0; i < sizeof chunks / sizeof *chunks; i++) {
        struct seen s = { .cap = one->cap, .chunk = chunks[i] };
        struct rf_err err = { 0 };
        PROMISE(read_all(data, n, &s, &err) == rc && err.code == why->code && !strcmp(err.msg, why->msg));
        PROMISE(same(&s.fields, &one->fields) && same(&s.places, &one->places));
        rf_buf_release(&s.fields);
        rf_buf_release(&s.places);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct seen once = { 0 }, again = { 0 };
    struct rf_err err = { 0 };
    struct rf_buf header = { 0 }, fields = { 0 };
    struct rf_str name[4];
    char *text = NULL;
    size_t length = 0, lines = 1;
    if (n == 0)
        return 0;
    once.cap = *data++ & 15;
    n--;
    for (size_t i = 0; i < n; i++)
        lines += data[i] == '\n' || data[i] == '\r';
    PROMISE(once.copy = open_memstream(&text, &length));
    const int rc = read_all(data, n, &once, &err);
    fclose(once.copy);
    PROMISE(rc == 0 || (rc == RF_BAD_INPUT && !strncmp(err.msg, "fuzz:", 5)));
    PROMISE(once.line <= lines);
    agree(data, n, &once, rc, &err);
    const bool taken = oracle(data, n, &fields);
    PROMISE(rc == 0 ? taken && same(&once.fields, &fields) : once.cap || !taken);
    if (rc == 0) {
        size_t first = 0;
        PROMISE(rf_csv_header((struct rf_str){ (const char *)data, n }, &header, name, 4, &first, NULL) == 0);
        PROMISE(first == once.first);
        PROMISE(read_all(text, length, &again, &err) == 0);
        /* a byte order mark that a second reading finds at the start was the text of the first field: it is removed */
        const size_t mark = length >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
        PROMISE(mark || (again.rows == once.rows && same(&again.fields, &once.fields)));
    }
    free(text);
    rf_buf_release(&header);
    rf_buf_release(&fields);
    rf_buf_release(&once.fields);
    rf_buf_release(&again.fields);
    rf_buf_release(&once.places);
    rf_buf_release(&again.places);
    return 0;
}
