/* ZeroEval's outcomes as a table (id, model, correct) and its questions (id, prompt, answer), in either order. The
 * file's name is the benchmark's: gsm_scores.csv and gsm_prompts.jsonl are "gsm", ZeroEval's own name for its data.
 * A pair of question and model that is not there is missing, and so is a blank verdict. Lengths in characters are no
 * tokens and are left out. Prompts are kept byte for byte. */
#include <math.h>
#include <string.h>

#include "datasets/benchname.h"
#include "datasets/field.h"
#include "datasets/figures.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum { ID, MODEL, CORRECT, PROMPT, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [ID] = { { "id" }, true },
    [MODEL] = { { "model" }, false },
    [CORRECT] = { { "correct" }, false },
    [PROMPT] = { { "prompt" }, false },
};

struct state {
    struct rf_sink *sink;
    struct rf_buf bench;
};

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    const struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    struct rf_result v = { RF_NO_FIGURES, .model = f[MODEL] };
    const struct rf_figure figure = { f[CORRECT], "correct", RF_FIGURE_SCORE, &v.score };
    const int rc = rf_figures_read(&figure, 1, s->sink, r->line, err);
    const struct rf_item item = { .line = r->line,
                                  .row = r->row,
                                  .bench = rf_bench_or(s->sink, s->bench.data),
                                  .key = f[ID],
                                  .join = true,
                                  .prompt = { .turn = &f[PROMPT], .n = f[PROMPT].s != NULL, .bytes = -1 } };
    return rc <= 0 ? rc : rf_sink_answer(s->sink, &item, &v, err);
}

/* "math_l5_scores" is "math-l5". */
static int name_bench(struct state *s, struct rf_err *err)
{
    static const char *const tails[] = { "_scores", "_prompts" };
    struct rf_str stem = rf_path_stem(rf_sink_path(s->sink));
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (rf_str_ends(stem, tails[i]))
            stem.len -= strlen(tails[i]);
    const int rc = rf_buf_add(&s->bench, stem.s, stem.len, err);
    for (char *p = s->bench.data; !rc && *p; p++)
        if (*p == '_')
            *p = '-';
    return rc;
}

static int read_outcomes(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    int rc = name_bench(&s, err);
    if (!rc)
        rc = rf_records_read(in, sink, wanted, FIELDS, take, &s, err);
    rf_buf_release(&s.bench);
    return rc;
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const outcome[] = { "id", "model", "correct", NULL };
    static const char *const question[] = { "id", "prompt", "answer", NULL };
    if (rf_sniff_all(s, outcome))
        return 70;
    return rf_sniff_all(s, question) && rf_str_ends(rf_path_stem(s->path), "_prompts") ? 70 : 0;
}

const struct rf_reader rf_reader_zeroeval = { "zeroeval",
                                              "ZeroEval's outcomes (id, model, correct) and questions (id, prompt, "
                                              "answer); the file's name is the benchmark's",
                                              sniff, read_outcomes };
