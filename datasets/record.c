/* Named fields out of CSV, JSON lines and JSON arrays. A file without a wanted column is an error; a row that is not a
 * row is dropped, with its line. */
#include "datasets/record.h"

#include <string.h>

#include "core/csv.h"
#include "core/json.h"
#include "core/json_array.h"
#include "core/json_nodes.h"
#include "datasets/field.h"
#include "datasets/mapping.h"
#include "datasets/sniff.h"

/* ---- a table: header and rows ---- */

struct table_state {
    struct rf_sink *sink;
    const struct rf_csv_table *t;
    size_t width; /* fields of the header, 0 before it */
    uint64_t rows;
};

int rf_table_header(const struct rf_csv_table *t, struct rf_sink *sink, const struct rf_str *column, size_t n,
                    struct rf_err *err)
{
    struct rf_mapping *const m = rf_sink_mapping(sink);
    struct rf_str *name = NULL;
    struct rf_buf has = { 0 };
    int rc = RF_NEW(name, n, err);
    rf_mapping_start(m);
    for (size_t i = 0; !rc && i < n; i++) {
        name[i] = rf_mapping_name(m, column[i]);
        rc = rf_mapping_list(&has, column[i], err);
    }
    if (!rc && !(rc = rf_mapping_end(m, rf_sink_path(sink), has.data, err)))
        rc = t->header(t->ctx, name, n, err);
    rf_buf_release(&has);
    rf_free(name);
    return rc;
}

static int table_row(void *ctx, const struct rf_csv_row *r, struct rf_err *err)
{
    struct table_state *s = ctx;
    if (s->width == 0) {
        s->width = r->n;
        return rf_table_header(s->t, s->sink, r->field, r->n, err);
    }
    const uint64_t row = s->rows++;
    const int rc = rf_sink_row(s->sink, err);
    if (rc)
        return rc;
    if (r->n != s->width)
        return rf_sink_drop(s->sink, r->line, NULL, "wrong number of fields", "as many as in the header", err,
                            "%zu fields below a header of %zu", r->n, s->width);
    return s->t->row(s->t->ctx, r->field, r->line, row, err);
}

int rf_csv_table_read(struct rf_input *in, struct rf_sink *sink, const struct rf_csv_table *t, struct rf_err *err)
{
    struct table_state s = { sink, t, 0, 0 };
    const int rc = rf_csv_read(in, &(struct rf_csv_options){ .unread = t->unread }, table_row, &s, err);
    return rc || s.width ? rc : rf_fail(err, RF_BAD_INPUT, "%s: found no header row", rf_sink_path(sink));
}

/* ---- named fields ---- */

struct record_state {
    struct rf_sink *sink;
    const struct rf_wanted *wanted;
    size_t n;
    int (*take)(void *ctx, const struct rf_record *r, struct rf_err *err);
    void *ctx;
    struct rf_str field[RF_RECORD_MOST];
    size_t column[RF_RECORD_MOST]; /* CSV: where the field stands, SIZE_MAX: nowhere */
    uint64_t unread;               /* CSV: bit c: nobody looks at column c */
    struct rf_json_nodes nodes;    /* JSON: the row */
    size_t levels;                 /* of them that are looked at */
    size_t offset[RF_RECORD_MOST]; /* JSON: where in text the field stands, SIZE_MAX: not there */
    struct rf_buf text;            /* JSON: values that are written anew */
    struct rf_buf keys;            /* JSON: those of the first object, for messages */
};

/* Which wanted field goes by this name; n: none. *rank = place among its aliases, the first for what the user mapped.
 */
static size_t wanted_field(const struct record_state *s, struct rf_str name, size_t *rank)
{
    for (size_t i = 0; i < s->n; i++)
        for (*rank = 0; *rank < RF_ALIASES && s->wanted[i].name[*rank]; ++*rank)
            if (rf_str_is(name, s->wanted[i].name[*rank])) {
                if (rf_mapping_gives(rf_sink_mapping(s->sink), name))
                    *rank = 0;
                return i;
            }
    return s->n;
}

/* Two columns or keys of one name. */
static int twice(const struct record_state *s, const char *name, uint64_t line, struct rf_err *err)
{
    const bool mapped = rf_sink_mapping(s->sink) && rf_sink_mapping(s->sink)->n;
    return rf_fail(err, RF_BAD_INPUT, "%s:%llu: found two columns \"%s\", expected one%s", rf_sink_path(s->sink),
                   (unsigned long long)line, name, mapped ? "; --map COLUMN= leaves a column out" : "");
}

/* The names of all wanted fields are what columns can be mapped to, and say how deep a JSON row is looked into. */
static int check_names(struct record_state *s, struct rf_err *err)
{
    const char *known[RF_RECORD_MOST * RF_ALIASES];
    size_t n = 0;
    s->levels = 1;
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < RF_ALIASES && s->wanted[i].name[k]; k++) {
            known[n++] = s->wanted[i].name[k];
            if (strchr(s->wanted[i].name[k], '/'))
                s->levels = 2;
        }
    return rf_mapping_check(rf_sink_mapping(s->sink), known, n, err);
}

static int csv_header(void *ctx, const struct rf_str *name, size_t n, struct rf_err *err)
{
    struct record_state *s = ctx;
    size_t rank, best[RF_RECORD_MOST];
    for (size_t i = 0; i < s->n; i++)
        best[i] = s->column[i] = SIZE_MAX;
    for (size_t c = 0; c < n; c++) {
        const size_t i = wanted_field(s, name[c], &rank);
        if (i == s->n) {
            const int rc = rf_sink_unused(s->sink, name[c], err);
            if (rc)
                return rc;
        } else if (rank == best[i]) {
            return twice(s, s->wanted[i].name[rank], 1, err);
        } else if (rank < best[i]) {
            best[i] = rank;
            s->column[i] = c;
        }
    }
    s->unread = UINT64_MAX;
    for (size_t i = 0; i < s->n; i++)
        if (s->column[i] < 64 && (rf_sink_reads_responses(s->sink) || s->wanted[i].need != RF_RESPONSE))
            s->unread &= ~(UINT64_C(1) << s->column[i]);
    for (size_t i = 0; i < s->n; i++)
        if (s->wanted[i].need == RF_REQUIRED && s->column[i] == SIZE_MAX)
            return rf_fail(err, RF_BAD_INPUT, "%s:1: found no column \"%s\" among the %zu of the header",
                           rf_sink_path(s->sink), s->wanted[i].name[0], n);
    return 0;
}

static int csv_row(void *ctx, const struct rf_str *cell, uint64_t line, uint64_t row, struct rf_err *err)
{
    struct record_state *s = ctx;
    for (size_t i = 0; i < s->n; i++)
        s->field[i] = s->column[i] == SIZE_MAX ? (struct rf_str){ 0 } : cell[s->column[i]];
    return s->take(s->ctx, &(struct rf_record){ line, row, s->field }, err);
}

/* Field i is the JSON value v, written anew behind s->text: without blanks, with the digits that a double needs. */
static int rewrite_field(struct record_state *s, size_t i, struct rf_str v, struct rf_err *err)
{
    const size_t flags = JSON_ENCODE_ANY | JSON_COMPACT;
    json_t *value = NULL;
    int rc = rf_json_parse(v.s, v.len, &value, err);
    if (rc)
        return rc;
    const size_t need = json_dumpb(value, NULL, 0, flags);
    if (!(rc = rf_buf_reserve(&s->text, need, err))) {
        json_dumpb(value, s->text.data + s->text.len, need, flags);
        s->offset[i] = s->text.len;
        s->field[i] = (struct rf_str){ NULL, need };
        s->text.len += need;
    }
    json_decref(value);
    return rc;
}

/* Field i is this node. */
static int set_field(struct record_state *s, size_t i, size_t node, struct rf_err *err)
{
    const enum rf_json_kind kind = s->nodes.node[node].kind;
    const struct rf_str v = rf_json_text(&s->nodes, node);
    s->offset[i] = SIZE_MAX;
    s->field[i] = kind == RF_JSON_NULL ? (struct rf_str){ 0 } : v;
    if (kind >= RF_JSON_ARRAY ? s->wanted[i].need == RF_AS_WRITTEN
                              : kind != RF_JSON_REAL && (kind != RF_JSON_INTEGER || !rf_str_is(v, "-0")))
        return 0;
    return rewrite_field(s, i, v, err);
}

/* True if a wanted field stands within the object under this key. */
static bool leads_to_wanted(const struct record_state *s, struct rf_str key)
{
    for (size_t i = 0; i < s->n; i++)
        for (size_t r = 0; r < RF_ALIASES && s->wanted[i].name[r]; r++)
            if (!strncmp(s->wanted[i].name[r], key.s, key.len) && s->wanted[i].name[r][key.len] == '/')
                return true;
    return false;
}

/* The node at "a/b" within the row; 0 for other names and where there is none. */
static size_t inner_value(const struct rf_json_nodes *t, const char *name)
{
    const char *const slash = strchr(name, '/');
    const size_t outer = slash ? rf_json_member(t, 0, (struct rf_str){ name, (size_t)(slash - name) }) : 0;
    return outer ? rf_json_member(t, outer, (struct rf_str){ slash + 1, strlen(slash + 1) }) : 0;
}

static int inner_fields(struct record_state *s, const size_t *best, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < s->n; i++)
        for (size_t r = 0; !rc && r < RF_ALIASES && r < best[i] && s->wanted[i].name[r]; r++) {
            const size_t node = inner_value(&s->nodes, s->wanted[i].name[r]);
            if (node && s->nodes.node[node].kind != RF_JSON_NULL) {
                rc = set_field(s, i, node, err);
                break;
            }
        }
    return rc;
}

static int json_fields(struct record_state *s, uint64_t line, uint64_t row, struct rf_err *err)
{
    struct rf_mapping *const m = rf_sink_mapping(s->sink);
    size_t rank = 0, best[RF_RECORD_MOST];
    for (size_t i = 0; i < s->n; i++) {
        best[i] = s->offset[i] = SIZE_MAX;
        s->field[i] = (struct rf_str){ 0 };
    }
    s->text.len = 0;
    RF_JSON_EACH(v, &s->nodes, 0)
    {
        const struct rf_str column = rf_json_key(&s->nodes, v), name = rf_mapping_name(m, column);
        const size_t i = wanted_field(s, name, &rank);
        int rc = row == 0 && m ? rf_mapping_list(&s->keys, column, err) : 0;
        if (!rc && i == s->n && !leads_to_wanted(s, name)) {
            rc = rf_sink_unused(s->sink, name, err);
        } else if (!rc && i < s->n && rank == best[i]) {
            rc = twice(s, s->wanted[i].name[rank], line, err);
        } else if (!rc && i < s->n && rank < best[i]) {
            best[i] = rank;
            rc = set_field(s, i, v, err);
        }
        if (rc)
            return rc;
    }
    const int rc = inner_fields(s, best, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < s->n; i++)
        if (s->offset[i] != SIZE_MAX)
            s->field[i].s = s->text.data + s->offset[i];
    return 0;
}

static int json_row(struct record_state *s, struct rf_str text, uint64_t line, uint64_t row, struct rf_err *err)
{
    struct rf_err why = { 0 };
    int rc = rf_sink_row(s->sink, err);
    if (rc)
        return rc;
    if (rf_json_nodes_read(&s->nodes, text.s, text.len, s->levels, &why))
        return rf_sink_drop_why(s->sink, line, NULL, "bad JSON", &why, err);
    if (s->nodes.node[0].kind != RF_JSON_OBJECT)
        return rf_sink_drop(s->sink, line, NULL, "bad JSON", "{...}", err, "a value that is no object");
    if ((rc = json_fields(s, line, row, err)))
        return rc;
    for (size_t i = 0; i < s->n; i++)
        if (s->wanted[i].need == RF_REQUIRED && !s->field[i].s)
            return rf_sink_drop(s->sink, line, s->wanted[i].name[0], "missing field", "a value", err, "none");
    return s->take(s->ctx, &(struct rf_record){ line, row, s->field }, err);
}

static bool blank(struct rf_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!strchr(" \t\r", s.s[i]) || !s.s[i])
            return false;
    return true;
}

static int json_lines(struct record_state *s, struct rf_input *in, struct rf_err *err)
{
    struct rf_str text;
    uint64_t line, row = 0;
    int rc;
    while ((rc = rf_input_line(in, &text, &line, err)) == 1) {
        if (line == 1)
            text = rf_skip_mark(text);
        if (!blank(text) && (rc = json_row(s, text, line, row++, err)))
            break;
    }
    return rc;
}

static int json_elements(struct record_state *s, struct rf_input *in, struct rf_err *err)
{
    struct rf_json_array a = { .in = in };
    struct rf_str text;
    uint64_t line, row = 0;
    int rc;
    while ((rc = rf_json_array_next(&a, &text, &line, err)) == 1)
        if ((rc = json_row(s, text, line, row++, err)))
            break;
    rf_json_array_release(&a);
    return rc;
}

static int csv_table(struct record_state *s, struct rf_input *in, struct rf_err *err)
{
    return rf_csv_table_read(in, s->sink, &(struct rf_csv_table){ csv_header, csv_row, s, &s->unread }, err);
}

int rf_records_read(struct rf_input *in, struct rf_sink *sink, const struct rf_wanted *wanted, size_t n,
                    int (*take)(void *ctx, const struct rf_record *r, struct rf_err *err), void *ctx,
                    struct rf_err *err)
{
    struct record_state s = { .sink = sink, .wanted = wanted, .n = n, .take = take, .ctx = ctx };
    static int (*const read[])(struct record_state *, struct rf_input *, struct rf_err *) = {
        [RF_SHAPE_TABLE] = csv_table,
        [RF_SHAPE_JSON_LINES] = json_lines,
        [RF_SHAPE_JSON_SPREAD] = json_lines, /* whose rows are dropped with their lines */
        [RF_SHAPE_JSON_ARRAY] = json_elements,
    };
    struct rf_str head;
    size_t object;
    int rc = rf_input_head(in, &head, err);
    if (rc || (rc = check_names(&s, err)))
        goto out;
    const enum rf_shape shape = rf_sniff_shape(head, &object);
    if (shape != RF_SHAPE_TABLE) /* a table's header starts and ends it */
        rf_mapping_start(rf_sink_mapping(sink));
    rc = read[shape](&s, in, err);
    if (!rc && shape != RF_SHAPE_TABLE)
        rc = rf_mapping_end(rf_sink_mapping(sink), rf_sink_path(sink), s.keys.data, err);
out:
    rf_json_nodes_release(&s.nodes);
    rf_buf_release(&s.text);
    rf_buf_release(&s.keys);
    return rc;
}

int rf_record_prompt(const struct rf_record *r, int text, int id, int bytes, struct rf_sink *sink, struct rf_prompt *p,
                     struct rf_err *err)
{
    char shown[RF_SHOWN];
    *p = (struct rf_prompt){ .bytes = -1 };
    if (r->field[text].len || (r->field[text].s && rf_field_missing(r->field[id]))) {
        p->turn = &r->field[text];
        p->n = 1;
    } else if (!rf_field_missing(r->field[id])) {
        p->id = r->field[id];
        if (!rf_field_missing(r->field[bytes]) && (!rf_field_int(r->field[bytes], &p->bytes) || p->bytes < 0))
            return rf_sink_drop(sink, r->line, "prompt_bytes", "bad number", "a length in bytes", err, "%s",
                                rf_field_show(r->field[bytes], shown));
    }
    return 1;
}
