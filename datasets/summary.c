/* The columns of the summary, and the lines beside it. Files that no reader knows are gathered by folder: a folder of
 * many takes one line. */
#include "datasets/summary.h"

#include <stdarg.h>
#include <string.h>

#include "core/text.h"

enum column { C_SOURCE, C_FORMAT, C_STATUS, C_ROWS, C_WHY = C_ROWS + 15, COLUMNS };
static const struct rf_column columns[COLUMNS] = {
    [C_SOURCE] = RF_COLUMN_TEXT("source"),
    [C_FORMAT] = RF_COLUMN_TEXT("format"),
    [C_STATUS] = RF_COLUMN_TEXT("status"),
    [C_ROWS] = RF_COLUMN_INT("rows"),
    RF_COLUMN_INT("kept"),
    RF_COLUMN_INT("known", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("dropped", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("repaired", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("votes", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("ties", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("unparsed", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("items", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("results", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("missing", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("prompts", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("contaminated", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("prices", .shown = RF_SHOWN_FILLED),
    RF_COLUMN_INT("scores", .shown = RF_SHOWN_FILLED),
    [C_WHY] = RF_COLUMN_TEXT("why_dropped", .shown = RF_SHOWN_FILLED),
};

int rf_summary_init(struct rf_summary *s, FILE *chat, bool dry, struct rf_err *err)
{
    *s = (struct rf_summary){ .chat = chat, .dry = dry };
    return rf_table_new(&s->table, columns, COLUMNS, err);
}

void rf_summary_release(struct rf_summary *s)
{
    rf_table_free(s->table);
    rf_buf_release(&s->folder);
    rf_buf_release(&s->skipped);
    *s = (struct rf_summary){ 0 };
}

/* ---- lines ---- */

void rf_summary_say(const struct rf_summary *s, const char *fmt, ...)
{
    char text[2048];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    rf_text_put(s->chat, (struct rf_str){ text, strlen(text) }, SIZE_MAX, "");
    fputc('\n', s->chat);
}

void rf_summary_skipped(struct rf_summary *s)
{
    if (s->nskipped == 1)
        rf_summary_say(s, "skipped %s%s: no reader knows it", s->folder.data, s->skipped.data);
    else if (s->nskipped)
        rf_summary_say(s, "skipped %zu files of %s that no reader knows: %s", s->nskipped,
                       s->folder.len ? s->folder.data : "this folder", s->skipped.data);
    s->nskipped = 0;
}

int rf_summary_skip(struct rf_summary *s, const char *path, struct rf_err *err)
{
    enum { MOST = 300 }; /* bytes of names */
    const char *const slash = strrchr(path, '/'), *const name = slash ? slash + 1 : path;
    const size_t n = (size_t)(name - path);
    int rc = 0;
    if (s->nskipped && (s->folder.len != n || memcmp(s->folder.data, path, n) != 0))
        rf_summary_skipped(s);
    if (!s->nskipped) {
        s->folder.len = s->skipped.len = 0;
        rc = rf_buf_add(&s->folder, path, n, err);
    }
    if (!rc && s->skipped.len < MOST)
        rc = rf_buf_printf(&s->skipped, err, "%s%s", s->nskipped ? ", " : "", name);
    else if (!rc && s->skipped.data[s->skipped.len - 1] != '.')
        rc = rf_buf_printf(&s->skipped, err, ", ...");
    s->nskipped += !rc;
    return rc;
}

/* ---- rows ---- */

static int put_status(struct rf_summary *s, const char *source, const char *format, const char *status,
                      struct rf_err *err)
{
    int rc = rf_table_text(s->table, source, err);
    if (!rc)
        rc = rf_table_text(s->table, format, err);
    return rc ? rc : rf_table_text(s->table, status, err);
}

int rf_summary_status(struct rf_summary *s, const char *source, const char *format, const char *status,
                      struct rf_err *err)
{
    int rc = put_status(s, source, format, status, err);
    for (int i = C_ROWS; !rc && i < COLUMNS; i++)
        rc = rf_table_missing(s->table, err);
    s->done++;
    return rc;
}

/* "3 bad winner, 1 empty prompt" */
static int put_reasons(struct rf_summary *s, const struct rf_sink *sink, struct rf_err *err)
{
    size_t n;
    const struct rf_sink_reason *const r = rf_sink_reasons(sink, &n);
    struct rf_buf text = { 0 };
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++)
        rc = rf_buf_printf(&text, err, "%s%llu %s", i ? ", " : "", (unsigned long long)r[i].n, r[i].reason);
    if (!rc)
        rc = rf_table_text(s->table, text.data, err);
    rf_buf_release(&text);
    return rc;
}

int rf_summary_stored(struct rf_summary *s, const char *source, const char *format, const struct rf_sink *sink,
                      struct rf_err *err)
{
    const struct rf_sink_count *const c = rf_sink_counts(sink);
    const uint64_t value[C_WHY - C_ROWS] = { c->rows,    c->kept,    c->known,        c->dropped, c->repaired,
                                             c->votes,   c->ties,    c->unparsed,     c->items,   c->results,
                                             c->missing, c->prompts, c->contaminated, c->prices,  c->scores };
    int rc = put_status(s, source, format, s->dry ? "would store" : "stored", err);
    for (size_t i = 0; !rc && i < sizeof value / sizeof *value; i++)
        rc = rf_table_int(s->table, (int64_t)value[i], err);
    if (!rc)
        rc = put_reasons(s, sink, err);
    s->done++;
    return rc;
}
