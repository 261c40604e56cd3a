/* RouterBench wide tables (CSV): sample_id, prompt, eval_name, and for every model M the columns M (score),
 * M|model_response and M|total_cost; the models are read from the header, in whatever order. The prompt is a Python
 * list literal; the router sees its last element. Some sample ids stand in two rows that share out the models between
 * them, while costs and responses stand in both and differ: they are one item, and all of a model's cell is taken from
 * the row that has its score. A blank score is a missing one, never 0. */
#include <math.h>
#include <stdio.h>

#include "datasets/benchname.h"
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
};

static int header(void *ctx, const struct rf_str *name, size_t n, struct rf_err *err)
{
    struct state *s = ctx;
    size_t *const place[] = { &s->sample, &s->prompt, &s->eval };
    for (size_t i = 0; keys[i]; i++)
        if ((*place[i] = rf_column(name, n, keys[i])) == SIZE_MAX)
            return rf_fail(err, RF_BAD_INPUT, "%s:1: found no column \"%s\" among the %zu of the header",
                           rf_sink_path(s->sink), keys[i], n);
    int rc = rf_wide_header(&s->wide, &layout, name, n, rf_sink_path(s->sink), err);
    for (size_t i = 0; !rc && i < n; i++)
        if (!rf_wide_uses(&s->wide, &layout, name, i))
            rc = rf_sink_unused(s->sink, name[i], err);
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
        rc = last_of(field[m->response], &s->answered, &r.response, err);
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
    if (rc || (rc = forced ? rf_benchname_force(&s->bench, forced, field[s->eval], err)
                           : rf_benchname_set(&s->bench, field[s->eval], err)))
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
    for (size_t i = 0; !rc && item && i < s->wide.n; i++)
        rc = cell(s, &s->wide.model[i], field, item, line, err);
    return rc;
}

static int read_wide(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    const int rc = rf_csv_table_read(in, sink, &(struct rf_csv_table){ header, row, &s }, err);
    rf_wide_release(&s.wide);
    rf_pylist_release(&s.asked);
    rf_pylist_release(&s.answered);
    rf_benchname_release(&s.bench);
    return rc;
}

/* A cost column is enough to be taken for it: the header is then told which column it lacks. */
static int sniff(const struct rf_sniff *s)
{
    bool cost = false;
    for (size_t i = 0; i < s->n; i++)
        cost |= rf_str_ends(s->name[i], COST);
    return s->json || !cost ? 0 : rf_sniff_all(s, keys) ? 90 : 40;
}

const struct rf_reader rf_reader_routerbench = {
    "routerbench", "RouterBench's wide tables as CSV: score, response and cost of every model on a line", sniff,
    read_wide
};
