/* RouteLLM's MMLU and GSM8K outcomes: prompt, one True/False column per model, perhaps M_response columns. Bench and
 * task come from the file's name ("mmlu_anatomy.csv", "gsm8k_responses.csv") or from --bench. Prompts are kept byte for
 * byte, line ends too. Rows have no ids: the key is "#" and the data row, and rows never join. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/csv.h"
#include "datasets/benchname.h"
#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/wide.h"

static const char *const keys[] = { "prompt", "Unnamed: 0", "index", NULL };
static const struct rf_wide_layout layout = { keys, NULL, "_response" };

struct state {
    struct rf_sink *sink;
    struct rf_wide wide;
    size_t prompt; /* column */
    struct rf_benchname bench;
};

static int header(void *ctx, const struct rf_str *name, size_t n, struct rf_err *err)
{
    struct state *s = ctx;
    if ((s->prompt = rf_column(name, n, keys[0])) == SIZE_MAX)
        return rf_fail(err, RF_BAD_INPUT, "%s:1: found no column \"prompt\" among the %zu of the header",
                       rf_sink_path(s->sink), n);
    const int rc = rf_wide_header(&s->wide, &layout, name, n, err);
    return rc ? rf_fail_in(err, "%s:1", rf_sink_path(s->sink)) : 0;
}

static int cell(struct state *s, const struct rf_wide_model *m, const struct rf_str *field, int64_t item, uint64_t line,
                struct rf_err *err)
{
    struct rf_result r;
    const int rc = rf_wide_score(m, field, s->sink, line, &r, err);
    if (rc <= 0)
        return rc;
    if (m->response != SIZE_MAX && field[m->response].len)
        r.response = field[m->response];
    return rf_sink_result(s->sink, item, &r, line, err);
}

static int row(void *ctx, const struct rf_str *field, uint64_t line, uint64_t at, struct rf_err *err)
{
    struct state *s = ctx;
    char key[24];
    int64_t item = 0;
    const int len = snprintf(key, sizeof key, "#%llu", (unsigned long long)at);
    int rc = rf_sink_item(s->sink,
                          &(struct rf_item){ .line = line,
                                             .row = at,
                                             .bench = s->bench.bench,
                                             .task = s->bench.task,
                                             .key = { key, (size_t)len },
                                             .prompt = { .turn = &field[s->prompt], .n = 1 } },
                          &item, err);
    for (size_t i = 0; !rc && item && i < s->wide.n; i++)
        rc = cell(s, &s->wide.model[i], field, item, line, err);
    return rc;
}

/* --bench says the benchmark; the task still comes from the file's name. */
static int name_bench(struct state *s, struct rf_err *err)
{
    const char *const forced = rf_sink_bench(s->sink), *const path = rf_sink_path(s->sink);
    struct rf_benchname named = { 0 };
    int rc = rf_benchname_set(&named, rf_path_stem(path), err);
    if (!rc && !forced && !strcmp(path, "-"))
        rc = rf_fail(err, RF_BAD_INPUT,
                     "standard input has no name to take the benchmark from: give it with --bench NAME");
    if (!rc)
        rc = forced ? rf_benchname_force(&s->bench, forced, named.task, err)
                    : rf_benchname_set(&s->bench, rf_path_stem(path), err);
    rf_benchname_release(&named);
    return rc;
}

static int read_outcomes(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    int rc = name_bench(&s, err);
    if (!rc)
        rc = rf_csv_table_read(in, sink, &(struct rf_csv_table){ .header = header, .row = row, .ctx = &s }, err);
    rf_wide_release(&s.wide);
    rf_benchname_release(&s.bench);
    return rc;
}

/* ---- sniffing: the header says little, so the first data row must hold True or False for two models, or
 * for one with blanks for all others ---- */

struct look {
    struct rf_wide wide;
    bool outcomes;
};

static bool is_verdict(struct rf_str s)
{
    double v;
    return rf_field_score(s, &v) && !rf_field_real(s, &v);
}

static int look_at(void *ctx, const struct rf_csv_row *r, struct rf_err *err)
{
    struct look *l = ctx;
    size_t verdicts = 0, blanks = 0;
    if (!l->wide.model)
        return rf_wide_header(&l->wide, &layout, r->field, r->n, err);
    for (size_t i = 0; i < l->wide.n && l->wide.model[i].score < r->n; i++) {
        const struct rf_str cell = r->field[l->wide.model[i].score];
        verdicts += is_verdict(cell);
        blanks += rf_field_missing(cell);
    }
    l->outcomes = verdicts > 1 || (verdicts == 1 && blanks > 0 && blanks + 1 == l->wide.n);
    return rf_fail(err, RF_FAIL, "seen enough");
}

static int sniff(const struct rf_sniff *s)
{
    struct rf_input *in = NULL;
    struct look l = { 0 };
    struct rf_err ignored = { 0 };
    if (s->json || s->n < 3 || !rf_sniff_has(s, "prompt") || rf_sniff_has(s, "sample_id"))
        return 0;
    if (!rf_input_memory(&in, s->path, s->head.s, s->head.len, &ignored))
        rf_csv_read(in, NULL, look_at, &l, &ignored); /* ends at the first data row, or where head is cut off */
    rf_input_close(in);
    rf_wide_release(&l.wide);
    return l.outcomes ? 80 : 0;
}

const struct rf_reader rf_reader_routellm = {
    "routellm", "RouteLLM's MMLU and GSM8K outcomes as CSV: prompt, and True or False for every model", sniff,
    read_outcomes
};
