/* Three-class reviews of pairs, as FastChat's first GPT-4 reviewer and its users (QLoRA) publish them: JSON lines with
 * question_id and score, the models in the file's name ("A-vs-B-gpt-4-reviewer-threeclass.jsonl"), or a table with
 * message_id, answer1, answer2, score. Score 1: the first answer wins, 2: the second, 3: a tie, -1: the reply could not
 * be read; a list of two numbers: the higher wins. A pair shown in both orders keeps one orientation, model_a before
 * model_b by name, and says which was shown first. Refuses files whose models or judge nothing tells. */
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "datasets/field.h"
#include "datasets/record.h"
#include "datasets/sniff.h"
#include "datasets/verdict.h"

enum { QUESTION, MESSAGE, ANSWER1, ANSWER2, SCORE, JUDGE, FIELDS };

static const struct rf_wanted wanted[FIELDS] = {
    [QUESTION] = { { "question_id" }, false }, [MESSAGE] = { { "message_id" }, false },
    [ANSWER1] = { { "answer1" }, false },      [ANSWER2] = { { "answer2" }, false },
    [SCORE] = { { "score" }, true },           [JUDGE] = { { "judge" }, false },
};

struct state {
    struct rf_sink *sink;
    struct rf_str model[2], judge, family; /* of the file's name; .s NULL: it tells none */
    struct rf_buf key, id, origin;
};

/* ---- the file's name ---- */

/* Where text starts in s at or behind from, s.len: nowhere. */
static size_t find(struct rf_str s, size_t from, const char *text)
{
    const char *const at = from < s.len ? memmem(s.s + from, s.len - from, text, strlen(text)) : NULL;
    return at ? (size_t)(at - s.s) : s.len;
}

/* "13b-guanaco-oa-generations-topp0.9" is the model 13b-guanaco on the questions "oa"; "answer-gpt4" is gpt4. */
static struct rf_str model_of(struct rf_str part, struct rf_str *family)
{
    static const char head[] = "answer-", made[] = "-generations";
    const size_t end = find(part, 0, made);
    if (end < part.len) {
        size_t word = end;
        while (word && part.s[word - 1] != '-')
            word--;
        *family = (struct rf_str){ part.s + word, end - word };
        part.len = word ? word - 1 : 0;
    }
    if (part.len > sizeof head - 1 && !memcmp(part.s, head, sizeof head - 1))
        part = (struct rf_str){ part.s + sizeof head - 1, part.len - (sizeof head - 1) };
    return part;
}

/* Cuts "MODEL-vs-MODEL-JUDGE-reviewer..." ; the judge is the last stretch that starts as a judge's name does. */
static void read_name(struct state *s, struct rf_str stem)
{
    const size_t versus = find(stem, 0, "-vs-"), reviewer = find(stem, versus, "-reviewer");
    if (reviewer == stem.len)
        return;
    size_t judge = reviewer;
    do
        judge--;
    while (judge > versus + 4 &&
           !(stem.s[judge] == '-' && rf_is_judge_name((struct rf_str){ stem.s + judge + 1, reviewer - judge - 1 })));
    if (judge <= versus + 4)
        return;
    s->model[0] = model_of((struct rf_str){ stem.s, versus }, &s->family);
    s->model[1] = model_of((struct rf_str){ stem.s + versus + 4, judge - versus - 4 }, &s->family);
    s->judge = (struct rf_str){ stem.s + judge + 1, reviewer - judge - 1 };
}

/* ---- rows ---- */

/* The verdict of a score, with the scores where there are two; false where it is none. *winner NULL: not parsed. */
static bool verdict(struct rf_str score, struct rf_vote *v)
{
    static const char *const winners[] = { "a", "b", "tie" };
    int64_t n = 0;
    double single = 0;
    json_t *pair = NULL;
    bool fine = rf_field_real(score, &single);
    if (fine) {
        n = single >= -1 && single <= 3 && single == floor(single) ? (int64_t)single : 0;
        v->winner = n > 0 ? winners[n - 1] : NULL;
        return n != 0;
    }
    if (score.len && score.s[0] == '[' && !rf_json_parse(score.s, score.len, &pair, NULL) &&
        json_array_size(pair) == 2 && json_is_number(json_array_get(pair, 0)) &&
        json_is_number(json_array_get(pair, 1))) {
        v->score_a = json_number_value(json_array_get(pair, 0));
        v->score_b = json_number_value(json_array_get(pair, 1));
        fine = true;
        if (v->score_a < 0 || v->score_b < 0)
            v->score_a = v->score_b = NAN; /* [-1, -1] is FastChat's mark of a reply without scores */
        else
            v->winner = rf_verdict_of_scores(v->score_a, v->score_b);
    }
    json_decref(pair);
    return fine;
}

static int name_vote(struct state *s, const struct rf_str *f, struct rf_vote *v, struct rf_err *err)
{
    const bool message = !rf_field_missing(f[MESSAGE]);
    const struct rf_str id = f[message ? MESSAGE : QUESTION];
    const struct rf_str family = message ? RF_STR("oa") : s->family.s ? s->family : RF_STR("vicuna");
    const struct rf_str key[] = { id, v->model_a, v->model_b }, name[] = { family, id };
    int rc = rf_key_join(&s->key, key, 3, &v->key, err);
    if (!rc)
        rc = rf_key_join(&s->id, name, 2, &v->prompt.id, err);
    s->origin.len = 0;
    if (!rc)
        rc = rf_buf_printf(&s->origin, err, "%.*s-pairwise", (int)family.len, family.s);
    v->origin = (struct rf_str){ s->origin.data, s->origin.len };
    return rc;
}

/* The second kind of file names no judge: the scores are those of the reviewer that all of these tables come from. */
static struct rf_str judge_of(const struct state *s, const struct rf_str *f)
{
    if (!rf_field_missing(f[JUDGE]))
        return f[JUDGE];
    if (rf_sink_judge(s->sink))
        return (struct rf_str){ 0 };
    return s->judge.s ? s->judge : RF_STR("gpt-4");
}

static int take(void *ctx, const struct rf_record *r, struct rf_err *err)
{
    struct state *const s = ctx;
    const struct rf_str *const f = r->field;
    char shown[RF_SHOWN];
    const bool named = !rf_field_missing(f[ANSWER1]) && !rf_field_missing(f[ANSWER2]);
    struct rf_vote v = { RF_NO_NUMBERS,
                         .line = r->line,
                         .row = r->row,
                         .prompt = { .bytes = -1 },
                         .model_a = named ? f[ANSWER1] : s->model[0],
                         .model_b = named ? f[ANSWER2] : s->model[1],
                         .judge = judge_of(s, f),
                         .shown_first = 'a' };
    if (!named && !s->model[0].s)
        return rf_fail(
            err, RF_BAD_INPUT,
            "%s:%llu: found no models, neither as answer1 and answer2 nor in the file's name, expected a name "
            "like MODEL-vs-MODEL-gpt-4-reviewer-threeclass.jsonl",
            rf_sink_path(s->sink), (unsigned long long)r->line);
    if (rf_field_missing(f[QUESTION]) && rf_field_missing(f[MESSAGE]))
        return rf_sink_drop(s->sink, r->line, "question_id", "no id", "the id of the question", err, "none");
    if (!verdict(f[SCORE], &v))
        return rf_sink_drop(s->sink, r->line, "score", "bad score", "1, 2, 3, -1 or two numbers", err, "%s",
                            rf_field_show(f[SCORE], shown));
    rf_vote_orient(&v);
    const int rc = name_vote(s, f, &v, err);
    return rc ? rc : rf_sink_vote(s->sink, &v, err);
}

static int read_reviews(struct rf_input *in, struct rf_sink *sink, struct rf_err *err)
{
    struct state s = { .sink = sink };
    read_name(&s, rf_file_stem(rf_sink_path(sink)));
    const int rc = rf_records_read(in, sink, wanted, FIELDS, take, &s, err);
    rf_buf_release(&s.key);
    rf_buf_release(&s.id);
    rf_buf_release(&s.origin);
    return rc;
}

static int sniff(const struct rf_sniff *s)
{
    static const char *const lines[] = { "question_id", "score", "reviewer_id", NULL };
    static const char *const table[] = { "message_id", "answer1", "answer2", "score", NULL };
    return rf_sniff_all(s, lines) || rf_sniff_all(s, table) ? 85 : 0;
}

const struct rf_reader rf_reader_reviews = { "reviews",
                                             "reviews of pairs in three classes (FastChat's GPT-4 reviewer, QLoRA): "
                                             "question_id, score; models in the file's name",
                                             sniff, read_reviews };
