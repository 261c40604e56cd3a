/* RouterBench wide tables (CSV): sample_id, prompt, eval_name, and for every model M the columns M (score), M|model_response and M|total_cost;
 * the models are read from the header, in whatever order. The prompt is a Python list literal; the router sees its last element.
 * Some sample ids stand in two rows that share out the models between them, while costs and responses stand in both and differ: they are
 * one item, and all of a model's cell is taken from the row that has its score. A blank score is a missing one, never 0. */
#include <math.h>
#include <string.h>

#include "datasets/benchname.h"
#include "datasets/field.h"
#include "datasets/pylist.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

#define COST "|total_cost"
#define RESPONSE "|model_response"

struct model {
    struct rf_str name;              /* into state.names */
    size_t score, cost, response;    /* columns; response SIZE_MAX: none */
};

struct state {
    struct rf_sink *sink;
    struct rf_buf names;             /* the header's names, for the file's life */
    struct model *model;             /* [nmodel] */
    size_t nmodel;
    size_t sample, prompt, eval;     /* columns */
    struct rf_pylist asked, answered;
    struct rf_benchname bench;
};

/* Column of this name (head followed by tail), SIZE_MAX: none. */
static size_t column(const struct rf_str *name, size_t n, struct rf_str head, const char *tail)
{
    for (size_t i = 0; i < n; i++)
        if (name[i].len == head.len + strlen(tail) && rf_str_ends(name[i], tail) && !memcmp(name[i].s, head.s, head.len))
            return i;
    return SIZE_MAX;
}

static int header(void *ctx, const struct rf_str *name, size_t n, struct rf_err *err)
{
    struct state *s = ctx;
    char shown[RF_SHOWN];
    const struct {
        size_t *at;
        struct rf_str name;
    } key[] = { { &s->sample, { "sample_id", 9 } }, { &s->prompt, { "prompt", 6 } }, { &s->eval, { "eval_name", 9 } } };
    size_t bytes = 0;
    for (size_t i = 0; i < sizeof key / sizeof *key; i++)
        if ((*key[i].at = column(name, n, key[i].name, "")) == SIZE_MAX)
            return rf_fail(err, RF_BAD_INPUT, "%s:1: found no column \"%s\" among the %zu of the header", rf_sink_path(s->sink), key[i].name.s, n);
    for (size_t i = 0; i < n; i++) {
        bytes += name[i].len;
        if (column(name, i, name[i], "") != SIZE_MAX)
            return rf_fail(err, RF_BAD_INPUT, "%s:1: found two columns %s, expected one", rf_sink_path(s->sink), rf_field_show(name[i], shown));
    }
    int rc = RF_NEW(s->model, n, err);
    if (!rc)
        rc = rf_buf_reserve(&s->names, bytes, err);
    for (size_t i = 0; !rc && i < n; i++) {
        const size_t cost = column(name, n, name[i], COST);
        if (cost == SIZE_MAX || i == s->sample || i == s->prompt || i == s->eval)
            continue;
        const struct rf_str kept = { s->names.data + s->names.len, name[i].len };
        rc = rf_buf_add(&s->names, name[i].s, name[i].len, err);
        s->model[s->nmodel++] = (struct model){ kept, i, cost, column(name, n, name[i], RESPONSE) };
    }
    if (!rc && !s->nmodel)
        rc = rf_fail(err, RF_BAD_INPUT, "%s:1: found no model, expected a column M for every column \"M" COST "\"", rf_sink_path(s->sink));
    return rc;
}

/* The last element of a list literal, or the text as it stands; .len 0 for an empty list. */
static int last_of(struct rf_str text, struct rf_pylist *l, struct rf_str *out, struct rf_err *err)
{
    const int rc = rf_pylist_parse(text, l, err);
    *out = rc == 0 ? text : l->n ? l->item[l->n - 1] : (struct rf_str){ "", 0 };
    return rc < 0 ? rc : 0;
}

/* A model's cell, if this row has its score. */
static int cell(struct state *s, const struct model *m, const struct rf_str *field, int64_t item, uint64_t line, struct rf_err *err)
{
    struct rf_result r = { .model = m->name, .turn = 1, .cost = NAN, .input_tokens = -1, .output_tokens = -1 };
    char name[RF_SHOWN], shown[RF_SHOWN];
    if (rf_field_missing(field[m->score]))
        return 0;
    if (!rf_field_score(field[m->score], &r.score))
        return rf_sink_drop(s->sink, line, "bad score", err, "model %s: found %s, expected a number", rf_field_show(m->name, name),
                            rf_field_show(field[m->score], shown));
    if (!rf_field_missing(field[m->cost]) && (!rf_field_real(field[m->cost], &r.cost) || r.cost < 0))
        return rf_sink_drop(s->sink, line, "bad cost", err, "model %s: found %s, expected dollars >= 0", rf_field_show(m->name, name),
                            rf_field_show(field[m->cost], shown));
    if (m->response != SIZE_MAX && field[m->response].len) {
        const int rc = last_of(field[m->response], &s->answered, &r.response, err);
        if (rc)
            return rc;
        rf_sink_repaired(s->sink, s->answered.repaired);
    }
    return rf_sink_result(s->sink, item, &r, line, err);
}

static int row(void *ctx, const struct rf_str *field, uint64_t line, uint64_t at, struct rf_err *err)
{
    struct state *s = ctx;
    struct rf_str prompt;
    int64_t item = 0;
    const char *const forced = rf_sink_bench(s->sink);
    int rc = last_of(field[s->prompt], &s->asked, &prompt, err);
    if (rc || (rc = forced ? rf_benchname_force(&s->bench, forced, field[s->eval], err) : rf_benchname_set(&s->bench, field[s->eval], err)))
        return rc;
    rf_sink_repaired(s->sink, s->asked.repaired);
    rc = rf_sink_item(s->sink,
                      &(struct rf_item){ .line = line,
                                         .row = at,
                                         .bench = s->bench.bench,
                                         .task = s->bench.task,
                                         .key = field[s->sample],
                                         .join = true,
                                         .prompt = { .turn = &prompt, .n = 1 } },
                      &item, err);
    for (size_t i = 0; !rc && item && i < s->nmodel; i++)
        rc = cell(s, &s->model[i], field, item, line, err);
    return rc;
}

static int read_wide(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    const int rc = rf_csv_table_read(in, sink, &(struct rf_csv_table){ header, row, &s }, err);
    rf_buf_release(&s.names);
    rf_free(s.model);
    rf_pylist_release(&s.asked);
    rf_pylist_release(&s.answered);
    rf_benchname_release(&s.bench);
    return rc;
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const names[] = { "sample_id", "prompt", "eval_name", NULL };
    if (s->json || !rf_sniff_all(s, names))
        return 0;
    for (size_t i = 0; i < s->n; i++)
        if (rf_str_ends(s->name[i], COST))
            return 90;
    return 0;
}

const struct rf_reader rf_reader_routerbench = {
    "routerbench", "RouterBench's wide tables as CSV: score, response and cost of every model on a line", sniff, read_wide
};
