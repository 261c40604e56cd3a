/* Plain results, CSV or JSON lines, one model on one question a row: model, score, task ("bench" or "bench/task"; or
 * ingest --bench), and the question by its own id (sample_id, or prompt_id where the text is not shared) or by its
 * prompt alone. Perhaps cost, input_tokens, output_tokens, turn. Rows of one question join; a blank score is a missing
 * one and stores nothing. */
#include <math.h>
#include <string.h>

#include "core/sha256.h"
#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"

enum { MODEL, SCORE, TASK, SAMPLE_ID, PROMPT, PROMPT_ID, PROMPT_BYTES, COST, IN_TOKENS, OUT_TOKENS, TURN, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [MODEL] = { { "model" }, true },
    [SCORE] = { { "score" }, false },
    [TASK] = { { "task", "bench" }, false },
    [SAMPLE_ID] = { { "sample_id" }, false },
    [PROMPT] = { { "prompt" }, false },
    [PROMPT_ID] = { { "prompt_id" }, false },
    [PROMPT_BYTES] = { { "prompt_bytes" }, false },
    [COST] = { { "cost" }, false },
    [IN_TOKENS] = { { "input_tokens" }, false },
    [OUT_TOKENS] = { { "output_tokens" }, false },
    [TURN] = { { "turn" }, false },
};

/* The numbers of a row; false where one is none, and *bad names its column. */
static bool numbers(const struct rf_str *f, struct rf_result *v, int *bad)
{
    int64_t turn = 1;
    const struct {
        int column;
        bool whole;
        void *to;
    } all[] = { { SCORE, false, &v->score },
                { COST, false, &v->cost },
                { IN_TOKENS, true, &v->input_tokens },
                { OUT_TOKENS, true, &v->output_tokens },
                { TURN, true, &turn } };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const struct rf_str cell = f[ *bad = all[i].column];
        if (!rf_field_missing(cell) &&
            !(all[i].whole ? rf_field_int(cell, all[i].to) : rf_field_score(cell, all[i].to)))
            return false;
    }
    v->turn = (int)turn;
    *bad = v->cost < 0 ? COST : v->input_tokens < -1 ? IN_TOKENS : v->output_tokens < -1 ? OUT_TOKENS : TURN;
    return *bad == TURN && turn >= 1 && turn <= 1000;
}

/* "bench/task"; the whole is the bench where there is no slash. */
static void split_task(struct rf_str name, struct rf_item *item)
{
    const char *slash = name.len ? memchr(name.s, '/', name.len) : NULL;
    item->bench = slash ? (struct rf_str){ name.s, (size_t)(slash - name.s) } : name;
    if (slash)
        item->task = (struct rf_str){ slash + 1, (size_t)(name.s + name.len - slash) - 1 };
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct rf_sink *const sink = ctx;
    const struct rf_str *const f = r->field;
    const char *const forced = rf_sink_bench(sink);
    struct rf_result v = { .model = f[MODEL], .score = NAN, .cost = NAN, .input_tokens = -1, .output_tokens = -1 };
    struct rf_item item = { .line = r->line,
                            .row = r->row,
                            .join = true,
                            .key = rf_field_missing(f[SAMPLE_ID]) ? f[PROMPT_ID] : f[SAMPLE_ID] };
    char shown[RF_SHOWN], hex[RF_SHA256_HEX];
    uint8_t hash[RF_SHA256_SIZE];
    int64_t id = 0;
    int bad, rc;
    if (!numbers(f, &v, &bad))
        return rf_sink_drop(sink, r->line, wanted[bad].name[0], "bad number", "a number in its range", err, "%s",
                            rf_field_show(f[bad], shown));
    if (isnan(v.score))
        return rf_sink_drop(sink, r->line, "score", "no score", "a number", err, "%s", rf_field_show(f[SCORE], shown));
    if (forced)
        item.bench = (struct rf_str){ forced, strlen(forced) };
    else if (rf_field_missing(f[TASK]))
        return rf_fail(err, RF_BAD_INPUT,
                       "%s:%llu: found no task, expected \"bench\" or \"bench/task\": name the benchmark with --bench",
                       rf_sink_path(sink), (unsigned long long)r->line);
    else
        split_task(f[TASK], &item);
    if ((rc = rf_record_prompt(r, PROMPT, PROMPT_ID, PROMPT_BYTES, sink, &item.prompt, err)) <= 0)
        return rc;
    if (rf_field_missing(item.key) && item.prompt.n) {
        if ((rc = rf_sha256_of(item.prompt.turn->s, item.prompt.turn->len, hash, err)))
            return rc;
        rf_sha256_hex(hash, hex);
        item.key = (struct rf_str){ hex, strlen(hex) };
    }
    rc = rf_sink_item(sink, &item, &id, err);
    return rc || !id ? rc : rf_sink_result(sink, id, &v, r->line, err);
}

static int read_results(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    return rf_records_read(in, sink, wanted, FIELDS, take, sink, err);
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const names[] = { "model", "score", NULL };
    const bool question = rf_sniff_has(s, "sample_id") || rf_sniff_has(s, "prompt_id") || rf_sniff_has(s, "prompt");
    return rf_sniff_all(s, names) && question && (rf_sniff_has(s, "task") || rf_sniff_has(s, "bench")) ? 60 : 0;
}

const struct rf_reader rf_reader_results = {
    "results",
    "results, CSV or JSON lines: task, model, score and prompt, sample_id or prompt_id; perhaps cost, tokens, turn",
    sniff, read_results
};
