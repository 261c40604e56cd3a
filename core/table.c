/* Results as tables. The cells are kept as values; each format is one function over them. For people the ends of an
 * interval are folded into the cell that they belong to, and text is cleaned of what a terminal would obey. Refuses a
 * row that is not full. */
#include "core/table.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/csv.h"
#include "core/json.h"
#include "core/text.h"

struct cell {
    bool missing;
    union {
        int64_t i;
        double r;
        struct {
            size_t at, len; /* into rf_table.text */
        } text;
    } v;
};

struct rf_table {
    const struct rf_column *col; /* [ncols], borrowed */
    size_t ncols;
    struct cell *cell; /* [n] of [cap], row after row */
    size_t n, cap;
    struct rf_buf text; /* the bytes of all text cells */
};

int rf_table_new(struct rf_table **out, const struct rf_column *cols, size_t ncols, struct rf_err *err)
{
    struct rf_table *t = NULL;
    const int rc = RF_NEW(t, 1, err);
    if (rc)
        return rc;
    t->col = cols;
    t->ncols = ncols;
    *out = t;
    return 0;
}

void rf_table_free(struct rf_table *t)
{
    if (!t)
        return;
    rf_buf_release(&t->text);
    rf_free(t->cell);
    rf_free(t);
}

/* ---------------------------------------------------------------- cells in */

static int add(struct rf_table *t, struct cell c, struct rf_err *err)
{
    if (t->n == t->cap) {
        const size_t cap = t->cap ? 2 * t->cap : 64;
        struct cell *grown = rf_regrow(t->cell, t->n, cap, sizeof *grown, err);
        if (!grown)
            return RF_FAIL;
        t->cell = grown;
        t->cap = cap;
    }
    t->cell[t->n++] = c;
    return 0;
}

/* The wrong type in a column is a mistake of the program, not of its user. */
static void expect(const struct rf_table *t, enum rf_cell type)
{
    if (t->col[t->n % t->ncols].type != type)
        abort();
}

int rf_table_text(struct rf_table *t, const char *s, struct rf_err *err)
{
    struct cell c = { .missing = !s, .v.text = { t->text.len, s ? strlen(s) : 0 } };
    expect(t, RF_CELL_TEXT);
    const int rc = s ? rf_buf_add(&t->text, s, c.v.text.len, err) : 0;
    return rc ? rc : add(t, c, err);
}

int rf_table_int(struct rf_table *t, int64_t v, struct rf_err *err)
{
    expect(t, RF_CELL_INT);
    return add(t, (struct cell){ .v.i = v }, err);
}

int rf_table_real(struct rf_table *t, double v, struct rf_err *err)
{
    expect(t, RF_CELL_REAL);
    return add(t, (struct cell){ .missing = isnan(v), .v.r = v }, err);
}

int rf_table_missing(struct rf_table *t, struct rf_err *err)
{
    return add(t, (struct cell){ .missing = true }, err);
}

/* ---------------------------------------------------------------- reading cells */

static const struct cell *cell_at(const struct rf_table *t, size_t row, size_t c)
{
    return &t->cell[row * t->ncols + c];
}

static struct rf_str text_of(const struct rf_table *t, const struct cell *c)
{
    return (struct rf_str){ t->text.data ? t->text.data + c->v.text.at : "", c->v.text.len };
}

static bool named(const char *end, const char *name)
{
    return end && !strcmp(end, name);
}

/* True where every row has nothing, 0 or "" in the column; a table without rows shows all that it could have. */
static bool blank(const struct rf_table *t, size_t c)
{
    for (size_t i = c; i < t->n; i += t->ncols) {
        const struct cell *cell = &t->cell[i];
        const bool some = t->col[c].type == RF_CELL_INT    ? cell->v.i != 0
                          : t->col[c].type == RF_CELL_REAL ? cell->v.r != 0
                                                           : cell->v.text.len != 0;
        if (!cell->missing && some)
            return false;
    }
    return t->n > 0;
}

/* True for a column that people do not see, or see as an end of another one's interval. */
static bool hidden(const struct rf_table *t, size_t c)
{
    if (t->col[c].shown == RF_SHOWN_NEVER || (t->col[c].shown == RF_SHOWN_FILLED && blank(t, c)))
        return true;
    for (size_t k = 0; k < t->ncols; k++)
        if (named(t->col[k].low, t->col[c].name) || named(t->col[k].high, t->col[c].name))
            return true;
    return false;
}

/* The columns that people see, [*n] of them in order; release with rf_free. */
static int columns_for_people(const struct rf_table *t, size_t **out, size_t *n, struct rf_err *err)
{
    size_t *seen = NULL;
    const int rc = RF_NEW(seen, t->ncols, err);
    if (rc)
        return rc;
    *n = 0;
    for (size_t c = 0; c < t->ncols; c++)
        if (!hidden(t, c))
            seen[(*n)++] = c;
    *out = seen;
    return 0;
}

/* Writes the end of an interval that the column `name` holds, from 10 on with one decimal less than the value has: an
 * interval does not live by its last digit. False where there is no such column or no value. */
static bool put_end(const struct rf_table *t, size_t row, const char *name, char *out, size_t size)
{
    for (size_t k = 0; name && k < t->ncols; k++)
        if (named(name, t->col[k].name) && t->col[k].type == RF_CELL_REAL && !cell_at(t, row, k)->missing) {
            const double v = cell_at(t, row, k)->v.r;
            const int digits = t->col[k].digits;
            snprintf(out, size, "%.*f", digits - (digits > 0 && fabs(v) >= 10), v);
            return true;
        }
    return false;
}

/* A cell as people read it: the value, and behind it the interval ("" where there is none). */
struct shown {
    struct rf_str value;
    char interval[96];
    char number[48];
};

static void show(const struct rf_table *t, size_t row, size_t c, struct shown *s)
{
    const struct cell *cell = cell_at(t, row, c);
    const struct rf_column *col = &t->col[c];
    s->interval[0] = '\0';
    if (col->type == RF_CELL_TEXT && !cell->missing) {
        s->value = text_of(t, cell);
        return;
    }
    if (cell->missing)
        snprintf(s->number, sizeof s->number, "-");
    else if (col->type == RF_CELL_INT)
        snprintf(s->number, sizeof s->number, "%lld", (long long)cell->v.i);
    else
        snprintf(s->number, sizeof s->number, fabs(cell->v.r) < 1e15 ? "%.*f" : "%.*e", col->digits, cell->v.r);
    s->value = (struct rf_str){ s->number, strlen(s->number) };
    char low[40], high[40];
    if (!cell->missing && put_end(t, row, col->low, low, sizeof low) && put_end(t, row, col->high, high, sizeof high))
        snprintf(s->interval, sizeof s->interval, " [%s, %s]", low, high);
}

static size_t columns(struct rf_str s)
{
    return rf_text_put(NULL, s, SIZE_MAX, "");
}

static void blanks(FILE *f, size_t n)
{
    fprintf(f, "%*s", (int)n, "");
}

/* ---------------------------------------------------------------- for people */

struct width {
    size_t value, interval, all; /* all: of the whole column, with its title */
};

static struct width measure(const struct rf_table *t, size_t c)
{
    struct width w = { 0 };
    for (size_t row = 0; row < t->n / t->ncols; row++) {
        struct shown s;
        show(t, row, c, &s);
        const size_t value = columns(s.value), interval = strlen(s.interval);
        w.value = value > w.value ? value : w.value;
        w.interval = interval > w.interval ? interval : w.interval;
    }
    const size_t title = strlen(t->col[c].name), both = w.value + w.interval;
    w.all = title > both ? title : both;
    return w;
}

static void put_title(const char *name, FILE *f)
{
    for (; *name; name++)
        fputc(*name == '_' ? ' ' : *name, f);
}

/* Text stands left and numbers right; nothing is padded at the end of a line. */
static int print_table(const struct rf_table *t, FILE *f, bool person, struct rf_err *err)
{
    (void)person;
    size_t *col = NULL, n = 0;
    struct width *w = NULL;
    int rc;
    if ((rc = columns_for_people(t, &col, &n, err)) || (rc = RF_NEW(w, n, err)))
        goto out;
    for (size_t i = 0, pad = 0; i < n; i++) {
        const bool left = t->col[col[i]].type == RF_CELL_TEXT;
        w[i] = measure(t, col[i]);
        const size_t fill = w[i].all - strlen(t->col[col[i]].name);
        blanks(f, pad + (left ? 0 : fill));
        put_title(t->col[col[i]].name, f);
        pad = 2 + (left ? fill : 0);
    }
    fputs("\n\n", f);
    for (size_t row = 0; row < t->n / t->ncols; row++) {
        for (size_t i = 0, pad = 0; i < n; i++) {
            struct shown s;
            show(t, row, col[i], &s);
            const size_t value = columns(s.value), interval = strlen(s.interval), fill = w[i].all - value;
            const bool left = t->col[col[i]].type == RF_CELL_TEXT;
            if (!value) {
                pad += fill + 2;
                continue;
            }
            blanks(f, pad + (left ? 0 : fill - w[i].interval));
            rf_text_put(f, s.value, SIZE_MAX, "");
            fputs(s.interval, f);
            pad = 2 + (left ? fill : w[i].interval - interval);
        }
        fputc('\n', f);
    }
out:
    rf_free(w);
    rf_free(col);
    return rc;
}

/* A vertical bar would end the cell. */
static void put_md(struct rf_str s, FILE *f)
{
    for (size_t i = 0; i < s.len;) {
        const char *bar = memchr(s.s + i, '|', s.len - i);
        const size_t len = bar ? (size_t)(bar - s.s) - i : s.len - i;
        rf_text_put(f, (struct rf_str){ s.s + i, len }, SIZE_MAX, "");
        if (bar)
            fputs("\\|", f);
        i += len + (bar != NULL);
    }
}

static int print_md(const struct rf_table *t, FILE *f, bool person, struct rf_err *err)
{
    (void)person;
    size_t *col = NULL, n = 0;
    const int rc = columns_for_people(t, &col, &n, err);
    for (size_t i = 0; i < n; i++) {
        fputs("| ", f);
        put_title(t->col[col[i]].name, f);
        fputs(i + 1 < n ? " " : " |\n", f);
    }
    for (size_t i = 0; i < n; i++)
        fprintf(f, "%s%s", t->col[col[i]].type == RF_CELL_TEXT ? "|---" : "|---:", i + 1 < n ? "" : "|\n");
    for (size_t row = 0; row < t->n / t->ncols; row++)
        for (size_t i = 0; i < n; i++) {
            struct shown s;
            show(t, row, col[i], &s);
            fputs("| ", f);
            put_md(s.value, f);
            fprintf(f, "%s %s", s.interval, i + 1 < n ? "" : "|\n");
        }
    rf_free(col);
    return rc;
}

/* ---------------------------------------------------------------- for programs */

static struct rf_str name_of(const struct rf_table *t, size_t c)
{
    return (struct rf_str){ t->col[c].name, strlen(t->col[c].name) };
}

static void put_object(const struct rf_table *t, size_t row, FILE *f)
{
    fputc('{', f);
    for (size_t c = 0; c < t->ncols; c++) {
        const struct cell *cell = cell_at(t, row, c);
        fputs(c ? ", " : "", f);
        rf_json_put_string(f, name_of(t, c)); /* a name may hold a model's: share:MODEL */
        fputs(": ", f);
        if (cell->missing)
            fputs("null", f);
        else if (t->col[c].type == RF_CELL_TEXT)
            rf_json_put_string(f, text_of(t, cell));
        else if (t->col[c].type == RF_CELL_INT)
            fprintf(f, "%lld", (long long)cell->v.i);
        else
            rf_json_put_real(f, cell->v.r);
    }
    fputc('}', f);
}

static int print_json(const struct rf_table *t, FILE *f, bool person, struct rf_err *err)
{
    (void)person, (void)err;
    const size_t rows = t->n / t->ncols;
    for (size_t row = 0; row < rows; row++) {
        fputs(row ? ",\n  " : "[\n  ", f);
        put_object(t, row, f);
    }
    fputs(rows ? "\n]\n" : "[]\n", f);
    return 0;
}

static int print_jsonl(const struct rf_table *t, FILE *f, bool person, struct rf_err *err)
{
    (void)person, (void)err;
    for (size_t row = 0; row < t->n / t->ncols; row++) {
        put_object(t, row, f);
        fputc('\n', f);
    }
    return 0;
}

/* On a terminal a person reads it and may paste it into a spreadsheet; into a file or pipe goes the text as it is. */
static int print_csv(const struct rf_table *t, FILE *f, bool person, struct rf_err *err)
{
    (void)err;
    for (size_t c = 0; c < t->ncols; c++) {
        fputs(c ? "," : "", f);
        rf_csv_put(f, name_of(t, c), person);
    }
    fputc('\n', f);
    for (size_t i = 0; i < t->n; i++) {
        const struct cell *cell = &t->cell[i];
        const enum rf_cell type = t->col[i % t->ncols].type;
        char number[32] = "";
        if (type == RF_CELL_INT && !cell->missing)
            snprintf(number, sizeof number, "%lld", (long long)cell->v.i);
        else if (type == RF_CELL_REAL && !cell->missing)
            rf_real_text(cell->v.r, number);
        if (type == RF_CELL_TEXT && !cell->missing)
            rf_csv_put(f, text_of(t, cell), person);
        else
            fputs(number, f);
        fputc((i + 1) % t->ncols ? ',' : '\n', f);
    }
    return 0;
}

static int (*const printers[])(const struct rf_table *t, FILE *f, bool person, struct rf_err *err) = {
    [RF_FORMAT_TABLE] = print_table, [RF_FORMAT_JSON] = print_json, [RF_FORMAT_JSONL] = print_jsonl,
    [RF_FORMAT_CSV] = print_csv,     [RF_FORMAT_MD] = print_md,
};

/* Whatever the format, a terminal gets the text without what it would obey. */
static int print_cleaned(const struct rf_table *t, FILE *f, enum rf_format format, struct rf_err *err)
{
    char *data = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&data, &n);
    int rc = memory ? printers[format](t, memory, true, err) : rf_fail_errno(err, RF_FAIL, "out of memory");
    if (memory && fclose(memory) && !rc)
        rc = rf_fail(err, RF_FAIL, "out of memory: no room for a table as text");
    if (!rc)
        rf_text_put(f, (struct rf_str){ data, n }, SIZE_MAX, "\n\t");
    free(data);
    return rc;
}

int rf_table_print(const struct rf_table *t, FILE *f, enum rf_format format, struct rf_err *err)
{
    if (t->n % t->ncols)
        abort(); /* the last row is not full */
    const int rc = isatty(fileno(f)) ? print_cleaned(t, f, format, err) : printers[format](t, f, false, err);
    if (!rc && (fflush(f) || ferror(f)))
        return rf_fail_errno(err, RF_IO, "cannot write the results");
    return rc;
}
