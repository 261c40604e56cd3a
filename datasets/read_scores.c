/* What other routers think of prompts, CSV or JSON lines: prompt (or prompt_id) and score, perhaps router; without one
 * the source's name is the router's. Also the table that RouteLLM's calibration makes: a column for each of its routers
 * beside the columns of arena-55k, whose prompts are JSON lists of turns. Higher scores mean: sooner the strong model.
 * Blank scores are missing ones. */
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "datasets/benchname.h"
#include "datasets/field.h"
#include "datasets/figures.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum { PROMPT, PROMPT_ID, PROMPT_BYTES, MODEL_A, SCORE, ROUTER, FIRST, FIELDS = FIRST + 5 };

static const struct rf_wanted wanted[FIELDS] = {
    [PROMPT] = { { "prompt" }, false },
    [PROMPT_ID] = { { "prompt_id" }, false },
    [PROMPT_BYTES] = { { "prompt_bytes" }, false },
    [MODEL_A] = { { "model_a" }, false },
    [SCORE] = { { "score", "win_rate" }, false },
    [ROUTER] = { { "router" }, false },
    /* RouteLLM's own names of its routers */
    [FIRST] = { { "mf" }, false },
    { { "sw_ranking" }, false },
    { { "bert" }, false },
    { { "causal_llm" }, false },
    { { "random" }, false },
};

struct state {
    struct rf_sink *sink;
    struct rf_str router; /* of rows that name none */
    struct rf_json_strings turns;
};

/* --name, or the last part of the path without its suffix. */
static struct rf_str router_of_source(const struct rf_sink *sink)
{
    const struct rf_str stem = rf_path_stem(rf_sink_path(sink)), name = rf_sink_name(sink);
    size_t start = name.len;
    while (start && name.s[start - 1] != '/')
        start--;
    return name.len - start >= stem.len && !strncmp(name.s + start, stem.s, stem.len) ? stem : name;
}

/* 1: v is the score of one router, emitted; or an rf_code. */
static int emit(const struct state *s, const struct rf_record *r, int column, struct rf_str router,
                const struct rf_prompt *prompt, struct rf_err *err)
{
    struct rf_score v = { .line = r->line, .row = r->row, .router = router, .prompt = *prompt, .score = NAN };
    const struct rf_figure figure = { r->field[column], wanted[column].name[0], RF_FIGURE_SCORE, &v.score };
    const int rc = rf_figures_read(&figure, 1, s->sink, r->line, err);
    return rc <= 0 || isnan(v.score) ? (rc < 0 ? rc : 0) : rf_sink_score(s->sink, &v, err);
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    struct rf_prompt prompt;
    struct rf_err why = { 0 };
    int rc = rf_record_prompt(r, PROMPT, PROMPT_ID, PROMPT_BYTES, s->sink, &prompt, err);
    if (rc <= 0)
        return rc;
    if (f[MODEL_A].s && prompt.n) {
        if (rf_json_strings(prompt.turn->s, prompt.turn->len, &s->turns, &why))
            return rf_sink_drop_why(s->sink, r->line, "prompt", "bad list of turns", &why, err);
        prompt = (struct rf_prompt){ .turn = s->turns.item, .n = s->turns.n, .bytes = -1 };
        rf_sink_repaired(s->sink, s->turns.repaired);
    }
    if (!prompt.n && !prompt.id.s)
        return rf_sink_drop(s->sink, r->line, "prompt", "no prompt", "a text or an id", err, "none");
    rc = emit(s, r, SCORE, rf_field_missing(f[ROUTER]) ? s->router : f[ROUTER], &prompt, err);
    for (int i = FIRST; !rc && i < FIELDS; i++)
        rc = emit(s, r, i, (struct rf_str){ wanted[i].name[0], strlen(wanted[i].name[0]) }, &prompt, err);
    return rc;
}

static int read_scores(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink, .router = router_of_source(sink) };
    const int rc = rf_records_read(in, sink, wanted, FIELDS, take, &s, err);
    rf_json_strings_release(&s.turns);
    return rc;
}

static int sniff(const struct rf_sniff *s)
{
    const bool prompt = rf_sniff_has(s, "prompt") || rf_sniff_has(s, "prompt_id");
    bool wide = false;
    for (int i = FIRST; i < FIELDS; i++)
        wide |= rf_sniff_has(s, wanted[i].name[0]);
    if (!prompt || rf_sniff_has(s, "model") || rf_sniff_has(s, "model_name") || rf_sniff_has(s, "model_a"))
        return 0;
    return rf_sniff_has(s, "score") || rf_sniff_has(s, "win_rate") ? (rf_sniff_has(s, "router") ? 65 : 50)
           : wide                                                  ? 40
                                                                   : 0;
}

const struct rf_reader rf_reader_scores = {
    "scores", "scores of other routers: prompt or prompt_id, score, perhaps router; RouteLLM's mf, bert, ... columns",
    sniff, read_scores
};
