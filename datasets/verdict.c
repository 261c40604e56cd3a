/* Verdicts, judges and pairs as vote files write them. A word that is not known is no verdict: nothing is guessed. */
#include "datasets/verdict.h"

#include <math.h>
#include <string.h>

#include "datasets/field.h"

static const char *verdict_word(struct rf_str word)
{
    static const char *const words[][2] = {
        { "a", "a" },
        { "A", "a" },
        { "model_a", "a" },
        { "b", "b" },
        { "B", "b" },
        { "model_b", "b" },
        { "tie", "tie" },
        { "Tie", "tie" },
        { "bothbad", "bothbad" },
        { "both_bad", "bothbad" },
        { "tie (bothbad)", "bothbad" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (rf_str_is(word, words[i][0]))
            return words[i][1];
    return NULL;
}

const char *rf_verdict(struct rf_str word, struct rf_str model_a, struct rf_str model_b)
{
    const char *const by_word = verdict_word(word);
    const bool a = word.len && rf_str_same(word, model_a), b = word.len && rf_str_same(word, model_b);
    if (!a && !b)
        return by_word;
    const char *const by_name = a ? "a" : "b";
    return (a && b) || (by_word && strcmp(by_word, by_name) != 0) ? NULL : by_name;
}

const char *rf_verdict_of_scores(double a, double b)
{
    if (!isfinite(a) || !isfinite(b))
        return NULL;
    return a > b ? "a" : a < b ? "b" : "tie";
}

struct rf_str rf_optional(struct rf_str s)
{
    return rf_field_missing(s) ? (struct rf_str){ 0 } : s;
}

struct rf_str rf_first_name(struct rf_str s)
{
    static const char open[] = "[\"";
    if (s.len < sizeof open || memcmp(s.s, open, sizeof open - 1) != 0)
        return s;
    const char *const from = s.s + sizeof open - 1, *const to = memchr(from, '"', s.len - (sizeof open - 1));
    const size_t n = to ? (size_t)(to - from) : 0;
    return n && !memchr(from, '\\', n) ? (struct rf_str){ from, n } : s;
}

void rf_vote_flip(struct rf_vote *v)
{
    const struct rf_vote was = *v;
    v->model_a = was.model_b;
    v->model_b = was.model_a;
    v->score_a = was.score_b;
    v->score_b = was.score_a;
    v->response_a = was.response_b;
    v->response_b = was.response_a;
    v->nresponse_a = was.nresponse_b;
    v->nresponse_b = was.nresponse_a;
    if (was.winner && !was.winner[1]) /* not a tie */
        v->winner = was.winner[0] == 'a' ? "b" : "a";
    if (was.shown_first)
        v->shown_first = was.shown_first == 'a' ? 'b' : 'a';
}

void rf_vote_orient(struct rf_vote *v)
{
    const struct rf_str a = v->model_a, b = v->model_b;
    const int order = memcmp(a.s ? a.s : "", b.s ? b.s : "", a.len < b.len ? a.len : b.len);
    if (order > 0 || (order == 0 && a.len > b.len))
        rf_vote_flip(v);
}

struct rf_str rf_file_stem(const char *path)
{
    static const char *const tails[] = { ".gz", ".zst", ".json", ".jsonl", ".ndjson", ".csv" };
    const char *const slash = strrchr(path, '/');
    struct rf_str s = { slash ? slash + 1 : path, strlen(slash ? slash + 1 : path) };
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        if (rf_str_ends(s, tails[i]) && s.len > strlen(tails[i]))
            s.len -= strlen(tails[i]);
    return s;
}

bool rf_is_judge_name(struct rf_str name)
{
    static const char *const family[] = { "gpt",     "chatgpt", "claude",     "gemini",  "palm", "llama", "mistral",
                                          "mixtral", "qwen",    "deepseek",   "command", "o1",   "o3",    "o4",
                                          "gemma",   "phi",     "prometheus", "pandalm", "grok" };
    for (size_t i = 0; i < sizeof family / sizeof *family; i++) {
        const size_t n = strlen(family[i]);
        if (name.len >= n && !strncasecmp(name.s, family[i], n) &&
            (name.len == n || strchr("-._0123456789", name.s[n])))
            return name.len == n || name.s[n] != '\0';
    }
    return false;
}

struct rf_str rf_judge_of_file(const char *path)
{
    const struct rf_str stem = rf_file_stem(path);
    return rf_str_is(stem, "human") || rf_is_judge_name(stem) ? stem : (struct rf_str){ 0 };
}

int rf_key_join(struct rf_buf *b, const struct rf_str *part, size_t n, struct rf_str *key, struct rf_err *err)
{
    int rc = 0;
    b->len = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        rc = i ? rf_buf_add(b, "/", 1, err) : 0;
        if (!rc)
            rc = rf_buf_add(b, part[i].s ? part[i].s : "", part[i].len, err);
    }
    *key = (struct rf_str){ b->data, b->len };
    return rc;
}

int rf_instruction(struct rf_buf *b, struct rf_str instruction, struct rf_str input, struct rf_str *text,
                   struct rf_err *err)
{
    *text = instruction;
    if (!input.len)
        return 0;
    b->len = 0;
    int rc = rf_buf_add(b, instruction.s ? instruction.s : "", instruction.len, err);
    if (!rc)
        rc = rf_buf_add(b, "\n\n", 2, err);
    if (!rc)
        rc = rf_buf_add(b, input.s, input.len, err);
    *text = (struct rf_str){ b->data, b->len };
    return rc;
}
