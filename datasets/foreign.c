/* Two tables of files that are no input of routefit, by their first bytes and by their columns, each with the way to
 * an input. Refuses to guess: what stands in neither is left to the readers. */
#include "datasets/foreign.h"

#include <stdbool.h>
#include <string.h>

#include "datasets/field.h"
#include "datasets/sniff.h"

static const char utf16[] = "this is UTF-16; turn it into UTF-8 first: iconv -f UTF-16 -t UTF-8 x.csv > y.csv";
static const char html[] = "this is a web page, not the file behind it: download the file itself";
static const char packed[] = "this is packed twice; unpack it once: gzip -dc x.gz | routefit ingest --name x -";
static const char columns[] = "this is JSON by columns, as pandas writes it by default; write a line per row: "
                              "pandas.read_json('x.json').to_json('x.jsonl', orient='records', lines=True)";
static const char zeros[] = "this starts with bytes of zero, which is no text and no format that routefit knows";
static const char tar[] = "this is a tar archive; unpack it and ingest the files in it";

static const struct {
    const char *magic;
    size_t len;
    const char *advice;
} kinds[] = {
    { "PAR1", 4,
      "this is a Parquet file; turn it into JSON lines first, with the script of datasets/ or share/routefit/: "
      "npm install hyparquet hyparquet-compressors; node parquet2jsonl.mjs x.parquet >x.jsonl; or with DuckDB: "
      "duckdb -c \"COPY (FROM 'x.parquet') TO 'x.jsonl' (FORMAT json)\"" },
    { "ARROW1", 6,
      "this is an Arrow file; turn it into CSV first: pandas.read_feather('x.arrow').to_csv('x.csv', index=False)" },
    { "\x1F\x8B", 2, packed },
    { "BZh", 3, "this is bzip2; unpack it on the way: bzip2 -dc x.csv.bz2 | routefit ingest --name x -" },
    { "\xFD"
      "7zXZ",
      5, "this is xz; unpack it on the way: xz -dc x.csv.xz | routefit ingest --name x -" },
    { "\x28\xB5\x2F\xFD", 4, packed },
    { "PK\x03\x04", 4,
      "this is a zip archive, or an Excel workbook: unpack it and ingest the files in it, or save the sheet as CSV" },
    { "\xFF\xFE", 2, utf16 },
    { "\xFE\xFF", 2, utf16 },
    { "\x93NUMPY", 6, "this is an .npy file, which is read twice: give it as a file, not through a pipe" },
    { "SQLite format 3", 15,
      "this is an SQLite database; export its tables as CSV, or name it with --db if it is routefit's" },
    { "version https://git-lfs", 23, "this is a Git LFS pointer, not the file itself: fetch it with git lfs pull" },
    { "<!DOCTYPE", 9, html },
    { "<!doctype", 9, html },
    { "<html", 5, html },
};

/* {"model": {"0": ..., and lists where one name belongs: columns, which read as a row would be one row of nonsense. */
static bool by_columns(struct rf_str s)
{
    static const char *const start[] = { "\"model\":{\"0\"", "\"model_name\":{\"0\"", "\"model_a\":{",
                                         "\"model_a\":[",    "\"model_b\":{",         "\"model_b\":[" };
    const size_t open = rf_skip_blanks(s, 0);
    if (open >= s.len || s.s[open] != '{')
        return false;
    for (size_t i = 0; i < sizeof start / sizeof *start; i++) {
        const size_t name = (size_t)(strchr(start[i], ':') - start[i]);
        const char *const found = memmem(s.s, s.len, start[i], name);
        size_t at = found ? (size_t)(found - s.s) + name : s.len;
        const char *c = start[i] + name;
        while (*c && (at = rf_skip_blanks(s, at)) < s.len && s.s[at] == *c)
            at++, c++;
        if (!*c)
            return true;
    }
    return false;
}

const char *rf_foreign_bytes(struct rf_str head)
{
    enum { TAR_MAGIC = 257 };
    const struct rf_str text = rf_skip_mark(head);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (head.len >= kinds[i].len && !memcmp(head.s, kinds[i].magic, kinds[i].len))
            return kinds[i].advice;
    if (head.len > TAR_MAGIC + 5 && !memcmp(head.s + TAR_MAGIC, "ustar", 5))
        return tar;
    if (text.len > 1 && text.s[1] == '\0')
        return text.s[0] ? utf16 : zeros; /* without its mark */
    return by_columns(text) ? columns : NULL;
}

static const char unnamed[] =
    "these may be results, but the question or the benchmark is missing: prompt, sample_id or prompt_id, and task, or "
    "--bench NAME --as results; other names with --map, as --map question=prompt";

enum { MOST_NAMES = 4 };
static const struct {
    const char *name[MOST_NAMES + 1]; /* all of them; NULL-filled */
    const char *advice;
} shapes[] = {
    { { "Model", "Mode", "Acc", "Total" },
      "this is a summary of ZeroEval, a line per model, without questions: there is nothing to route on; ingest "
      "outcomes per question (id, model, correct)" },
    { { "session_id", "chat_history", "model_input", "output" },
      "these are answers of ZeroEval's result_dirs without verdicts: score them with its evaluation first and write a "
      "table id, model, correct" },
    { { "win_rate", "standard_error", "n_wins", "n_total" },
      "this is a leaderboard of AlpacaEval, one line per model: the labels behind it are gone; ingest its "
      "annotations.json" },
    { { "question_id", "model_id", "choices" },
      "these are the answers of a model without scores: ingest the judgements (gpt-4_single.jsonl)" },
    { { "id", "winner_model_a", "winner_model_b", "winner_tie" },
      "these are verdicts without models and prompts, such as the sample_submission.csv of arena-55k: ingest its "
      "train.csv" },
    { { "prompt", "response_a", "response_b" },
      "these are answers without verdicts, such as the test.csv of arena-55k: there is nothing to learn from them; "
      "ingest its train.csv" },
    { { "doc_id", "doc", "target", "arguments" },
      "these are samples of lm-evaluation-harness, which name no model; write results from them: "
      "jq -c '{task: \"gsm8k\", model: \"NAME\", prompt: .arguments.gen_args_0.arg_0, score: .exact_match}' "
      "samples.jsonl > x.jsonl, with the task, metric and (select) the filter that you want" },
    { { "custom_id", "response", "error" },
      "these are answers of an OpenAI batch without verdicts: score them, and write a table task, model, prompt, "
      "score" },
    { { "custom_id", "method", "body" },
      "these are requests of an OpenAI batch; read their prompts with: jq -c .body x.jsonl | routefit ingest --as "
      "prompts --name x -" },
    { { "instance_id", "stats" },
      "these are HELM's verdicts, which name neither model nor prompt: join them with instances.json, and write a "
      "table "
      "task, model, prompt, score" },
    { { "columns", "data" },
      "this is JSON by columns and data; write a line per row: pandas.read_json('x.json', "
      "orient='split').to_json('x.jsonl', orient='records', lines=True)" },
    { { "data" }, "these are rows inside of an object; write a line per row: jq -c '.data[]' x.json > x.jsonl" },
    { { "model", "score" }, unnamed },
    { { "model_name", "score" }, unnamed },
};

/* Names that readers ask for, when a header has them in other letters or between blanks. */
static bool nearly_known(const struct rf_sniff *s)
{
    static const char *const known[] = {
        "model_a", "model_b", "winner", "model", "score", "prompt", "task", "question"
    };
    for (size_t i = 0; i < s->n; i++) {
        struct rf_str name = s->name[i];
        for (; name.len && name.s[0] == ' '; name.s++)
            name.len--;
        while (name.len && name.s[name.len - 1] == ' ')
            name.len--;
        for (size_t k = 0; k < sizeof known / sizeof *known; k++)
            if (name.len == strlen(known[k]) && !strncasecmp(name.s, known[k], name.len) &&
                !rf_str_is(s->name[i], known[k]))
                return true;
    }
    return false;
}

/* True where the first line separates its columns by c: more than once, and more often than a comma stands there. */
static bool separated_by(struct rf_str head, char c)
{
    size_t n = 0, commas = 0;
    for (size_t i = 0; i < head.len && head.s[i] != '\n' && head.s[i] != '\r'; i++) {
        commas += head.s[i] == ',';
        n += head.s[i] == c;
    }
    return n > 1 && n > commas;
}

static const char llmbar_summary[] =
    "this is LLMBar's summary, shares of right verdicts per judge and set: the verdicts behind them are gone; ingest "
    "the "
    "pairs (dataset.json) and a table of verdicts: set, index, judge, winner, winner_swapped";

/* A text file: a list of words, such as a tokenizer's vocabulary, or lines that may be prompts. */
static const char *plain_text(const struct rf_sniff *s)
{
    enum { FEW = 16, SHORT = 24 }; /* lines that may tell; bytes of a word */
    size_t lines = 0, words = 0;
    if (!rf_str_ends((struct rf_str){ s->path, strlen(s->path) }, ".txt"))
        return NULL;
    for (size_t i = 0, end; i < s->head.len; i = end + 1) {
        const char *const lf = memchr(s->head.s + i, '\n', s->head.len - i);
        end = lf ? (size_t)(lf - s->head.s) : s->head.len;
        lines++;
        words += end - i <= SHORT && !memchr(s->head.s + i, ' ', end - i);
    }
    return lines >= FEW && 10 * words >= 9 * lines
               ? "this is a list of words, such as a tokenizer's vocabulary, not prompts"
           : lines >= FEW ? "this is plain text; if each line is a prompt, read it with --as prompts"
                          : NULL;
}

const char *rf_foreign_names(const struct rf_sniff *s)
{
    static const char sign[] = "\"correct_average\"";
    size_t object;
    if (rf_sniff_deep(s, "feature") && rf_sniff_deep(s, "input_price") && rf_sniff_deep(s, "embedding"))
        return "these are LLMRouter's vectors of its models' descriptions, and routefit has vectors of prompts; their "
               "prices stand in default_llm.json too";
    const enum rf_shape shape = rf_sniff_shape(s->head, &object);
    if (s->json && memmem(s->head.s, s->head.len, sign, sizeof sign - 1))
        return llmbar_summary;
    if (shape == RF_SHAPE_JSON_SPREAD)
        return "this is JSON with one object over several lines; write one object a line: jq -c . x.json > x.jsonl";
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (rf_sniff_all(s, shapes[i].name))
            return shapes[i].advice;
    if (s->head.len && (unsigned char)s->head.s[0] == 0x80)
        return "this is a Python pickle, but no DataFrame of RouterBench; reading one in Python runs code, so in a "
               "sandbox: pandas.read_pickle('x.pkl').to_csv('x.csv')";
    if (!s->json && separated_by(s->head, '\t'))
        return "its columns are separated by tabs, expected commas: pandas.read_csv('x.tsv', "
               "sep='\\t').to_csv('x.csv', "
               "index=False)";
    if (!s->json && separated_by(s->head, ';'))
        return "its columns are separated by semicolons, expected commas: pandas.read_csv('x.csv', "
               "sep=';').to_csv('y.csv', index=False)";
    if (s->head.len > 4 && !memcmp(s->head.s, "sep=", 4))
        return "its first line is Excel's sep=, which is no header: tail -n +2 x.csv > y.csv";
    if (!s->json && s->head.len && s->head.s[0] == '#')
        return "its first line is a comment, expected the names of columns: grep -v '^#' x.csv > y.csv";
    if (nearly_known(s))
        return "its columns are named as routefit's but for capitals or blanks: say which is which, as "
               "--map 'Model A=model_a' --map Winner=winner";
    return s->json ? NULL : plain_text(s);
}
