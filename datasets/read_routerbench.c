/* RouterBench wide tables, as CSV or as the pickled DataFrame that RouterBench publishes: sample_id, prompt, eval_name,
 * and for every model M the columns M (score), M|model_response and M|total_cost; the models are read from the header,
 * in whatever order. The prompt is a list, in CSV a Python list literal; the router sees its last element. Some sample
 * ids stand in two rows that share out the models between them, while costs and responses stand in both and differ:
 * they are one item, and all of a model's cell is taken from the row that has its score. A blank score is a missing
 * one, never 0. */
#include <math.h>
#include <stdio.h>

#include "datasets/benchname.h"
#include "datasets/dataframe.h"
#include "datasets/field.h"
#include "datasets/pylist.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/wide.h"

#define COST "|total_cost"

static const char *const keys[] = { "sample_id", "prompt", "eval_name", NULL };
static const char *const other[] = { "sample_id", "prompt", "eval_name", "oracle_model_to_route_to", NULL };
static const struct rf_wide_layout layout = { other, COST, "|model_response" };

struct state {
    struct rf_sink *sink;
    struct rf_wide wide;
    size_t sample, prompt, eval; /* columns */
    struct rf_pylist asked, answered;
    struct rf_benchname bench;
    const enum rf_cell_kind *kind; /* [columns] of the row's cells; NULL: texts, as in CSV */
};

static int header(void *ctx, const struct rf_str *name, size_t n, struct rf_err *err)
{
    struct state *s = ctx;
    size_t *const place[] = { &s->sample, &s->prompt, &s->eval };
    for (size_t i = 0; keys[i]; i++)
        if ((*place[i] = rf_column(name, n, keys[i])) == SIZE_MAX)
            return rf_fail(err, RF_BAD_INPUT, "found no column \"%s\" among the %zu of the header", keys[i], n);
    int rc = rf_wide_header(&s->wide, &layout, name, n, err);
    for (size_t i = 0; !rc && i < n; i++)
        if (!rf_wide_uses(&s->wide, &layout, name, i))
            rc = rf_sink_unused(s->sink, name[i], err);
    return rc;
}

static enum rf_cell_kind kind_of(const struct state *s, size_t column)
{
    return s->kind ? s->kind[column] : RF_CELL_TEXT;
}

/* The last element of a list or of its literal, or the text as it stands; .len 0 for an empty list. */
static int last_of(const struct state *s, const struct rf_str *field, size_t column, struct rf_pylist *l,
                   struct rf_str *out, struct rf_err *err)
{
    l->repaired = 0;
    *out = field[column];
    if (kind_of(s, column) != RF_CELL_TEXT)
        return 0;
    const int rc = rf_pylist_parse(field[column], l, err);
    if (rc > 0)
        *out = l->n ? l->item[l->n - 1] : (struct rf_str){ "", 0 };
    rf_sink_repaired(s->sink, l->repaired);
    return rc < 0 ? rc : 0;
}

/* A model's cell, if this row has its score. */
static int cell(struct state *s, const struct rf_wide_model *m, const struct rf_str *field, int64_t item, uint64_t line,
                struct rf_err *err)
{
    struct rf_result r;
    char shown[RF_SHOWN], column[256];
    int rc = rf_wide_score(m, field, s->sink, line, &r, err);
    if (rc <= 0)
        return rc;
    const struct rf_str cost = m->cost == SIZE_MAX ? (struct rf_str){ 0 } : field[m->cost];
    if (!rf_field_missing(cost) && (!rf_field_real(cost, &r.cost) || r.cost < 0)) {
        snprintf(column, sizeof column, "%s" COST, m->name.s);
        return rf_sink_drop(s->sink, line, column, "bad cost", "dollars >= 0", err, "%s", rf_field_show(cost, shown));
    }
    if (m->response != SIZE_MAX && field[m->response].len) {
        rc = last_of(s, field, m->response, &s->answered, &r.response, err);
        if (rc)
            return rc;
    }
    return rf_sink_result(s->sink, item, &r, line, err);
}

static int row(void *ctx, const struct rf_str *field, uint64_t line, uint64_t at, struct rf_err *err)
{
    struct state *s = ctx;
    struct rf_str prompt;
    int64_t item = 0;
    const char *const forced = rf_sink_bench(s->sink);
    const size_t key[] = { s->sample, s->prompt, s->eval };
    for (size_t i = 0; keys[i]; i++)
        if (kind_of(s, key[i]) == RF_CELL_OTHER)
            return rf_sink_drop(s->sink, line, keys[i], "bad cell", "a text", err, "%.*s", (int)field[key[i]].len,
                                field[key[i]].s);
    int rc = last_of(s, field, s->prompt, &s->asked, &prompt, err);
    if (rc || (rc = forced ? rf_benchname_force(&s->bench, forced, field[s->eval], err)
                           : rf_benchname_set(&s->bench, field[s->eval], err)))
        return rc;
    rc = rf_sink_item(s->sink,
                      &(struct rf_item){ .line = line,
                                         .row = at,
                                         .bench = s->bench.bench,
                                         .task = s->bench.task,
                                         .key = field[s->sample],
                                         .join = true,
                                         .prompt = { .turn = &prompt, .n = 1 } },
                      &item, err);
    for (size_t i = 0; !rc && item && i < s->wide.n; i++)
        rc = cell(s, &s->wide.model[i], field, item, line, err);
    return rc;
}

static void release(struct state *s)
{
    rf_wide_release(&s->wide);
    rf_pylist_release(&s->asked);
    rf_pylist_release(&s->answered);
    rf_benchname_release(&s->bench);
}

/* ---- CSV ---- */

static int csv_header(void *ctx, const struct rf_str *name, size_t n, struct rf_err *err)
{
    const struct state *const s = ctx;
    return header(ctx, name, n, err) ? rf_fail_in(err, "%s:1", rf_sink_path(s->sink)) : 0;
}

static int read_csv(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    const int rc =
        rf_csv_table_read(in, sink, &(struct rf_csv_table){ .header = csv_header, .row = row, .ctx = &s }, err);
    release(&s);
    return rc;
}

/* A cost column is enough to be taken for it: the header is then told which column it lacks. */
static int sniff_csv(const struct rf_sniff *s)
{
    bool cost = false;
    for (size_t i = 0; i < s->n; i++)
        cost |= rf_str_ends(s->name[i], COST);
    return s->json || !cost ? 0 : rf_sniff_all(s, keys) ? 90 : 40;
}

const struct rf_reader rf_reader_routerbench = {
    "routerbench", "RouterBench's wide tables as CSV: score, response and cost of every model on a line", sniff_csv,
    read_csv
};

/* ---- pickled DataFrame ---- */

/* What the cells of a column may be. */
enum role { UNUSED, VALUE, PROSE /* lists too */ };

struct pickled {
    struct rf_frame *frame;
    enum role *role;            /* [columns] */
    struct rf_str *field;       /* [columns] */
    enum rf_cell_kind *kind;    /* [columns] */
    char (*room)[RF_CELL_ROOM]; /* [columns] */
    size_t columns;
};

static void set_roles(const struct state *s, struct pickled *p)
{
    const enum role response = rf_sink_reads_responses(s->sink) ? PROSE : UNUSED;
    p->role[s->sample] = p->role[s->eval] = VALUE;
    p->role[s->prompt] = PROSE;
    for (size_t i = 0; i < s->wide.n; i++) {
        const struct rf_wide_model *const m = &s->wide.model[i];
        p->role[m->score] = VALUE;
        if (m->cost != SIZE_MAX)
            p->role[m->cost] = VALUE;
        if (m->response != SIZE_MAX)
            p->role[m->response] = response;
    }
}

/* Cells as the texts that CSV would have, but for lists. */
static int set_fields(const struct state *s, struct pickled *p, size_t at, struct rf_err *err)
{
    static const struct rf_str list = { "a list", 6 }, object = { "an object", 9 };
    for (size_t c = 0; c < p->columns; c++) {
        struct rf_cell cell;
        const int rc = p->role[c] ? rf_frame_cell(p->frame, at, c, &cell, err) : 0;
        if (rc)
            return rc;
        if (!p->role[c])
            continue;
        p->kind[c] = cell.kind;
        p->field[c] = rf_cell_text(&cell, p->room[c]);
        rf_sink_repaired(s->sink, cell.repaired);
        if (cell.kind == RF_CELL_OTHER || (cell.kind == RF_CELL_LIST && p->role[c] == VALUE)) {
            p->kind[c] = RF_CELL_OTHER;
            p->field[c] = cell.kind == RF_CELL_LIST ? list : object;
        }
    }
    return 0;
}

static int pickle_header(void *ctx, const struct rf_str *name, size_t n, struct rf_err *err)
{
    const struct state *const s = ctx;
    return header(ctx, name, n, err) ? rf_fail_in(err, "%s", rf_sink_path(s->sink)) : 0;
}

static int read_rows(struct state *s, struct pickled *p, struct rf_err *err)
{
    const struct rf_str *const name = rf_frame_names(p->frame, &p->columns);
    int rc =
        rf_table_header(&(struct rf_csv_table){ .header = pickle_header, .ctx = s }, s->sink, name, p->columns, err);
    if (rc || (rc = RF_NEW(p->role, p->columns, err)) || (rc = RF_NEW(p->field, p->columns, err)) ||
        (rc = RF_NEW(p->kind, p->columns, err)) || (rc = RF_NEW(p->room, p->columns, err)))
        return rc;
    set_roles(s, p);
    s->kind = p->kind;
    for (size_t at = 0; !rc && at < rf_frame_rows(p->frame); at++)
        if (!(rc = rf_sink_row(s->sink, err)) && (rc = set_fields(s, p, at, err)))
            rc = rf_fail_in(err, "%s", rf_sink_path(s->sink));
        else if (!rc)
            rc = row(s, p->field, at + 1, at, err);
    return rc;
}

static int read_pickle(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    struct pickled p = { 0 };
    struct rf_buf bytes = { 0 };
    int rc = rf_input_rest(in, 0, &bytes, err);
    if (!rc && rf_frame_new(&p.frame, (struct rf_str){ bytes.data, bytes.len }, err))
        rc = rf_fail_in(err, "%s", rf_sink_path(sink));
    if (!rc)
        rc = read_rows(&s, &p, err);
    release(&s);
    rf_frame_free(p.frame);
    rf_free(p.role);
    rf_free(p.field);
    rf_free(p.kind);
    rf_free(p.room);
    rf_buf_release(&bytes);
    return rc;
}

static int sniff_pickle(const struct rf_sniff *s)
{
    return rf_frame_sniff(s->head, keys[0]) ? 80 : 0;
}

const struct rf_reader rf_reader_routerbench_pickle = {
    "routerbench-pickle",
    "the same tables as RouterBench publishes them, DataFrames in .pkl files; nothing of a pickle is run", sniff_pickle,
    read_pickle
};
