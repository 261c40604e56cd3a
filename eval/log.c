/* Reading logs of prompts. */
#include "eval/log.h"

#include <math.h>
#include <string.h>

#include "core/input.h"
#include "core/mem.h"
#include "core/prompt_set.h"
#include "core/prompt_tasks.h"
#include "core/scan_real.h"
#include "core/script.h"

/* What a set's prompts bring beside the log. */
struct texts {
    int64_t *prompt; /* [n] */
    struct rf_buf text;
    size_t *at, *len; /* [n] */
};

static void texts_release(struct texts *t)
{
    rf_free(t->prompt);
    rf_free(t->at);
    rf_free(t->len);
    rf_buf_release(&t->text);
}

static int make_room(struct rf_log *l, struct texts *t, size_t n, struct rf_err *err)
{
    return RF_NEW(l->score, n, err) || RF_NEW(l->bytes, n, err) || RF_NEW(l->segment, n, err) ||
                   (t && (RF_NEW(t->prompt, n, err) || RF_NEW(t->at, n, err) || RF_NEW(t->len, n, err)))
               ? RF_FAIL
               : 0;
}

static int fingerprint(struct rf_log *l, const int64_t *prompt, struct rf_err *err)
{
    struct rf_sha256 *h = NULL;
    int rc = rf_sha256_new(&h, err);
    if (!rc && prompt)
        rc = rf_sha256_add(h, prompt, l->n * sizeof *prompt, err);
    if (!rc && !(rc = rf_sha256_add(h, l->score, l->n * sizeof *l->score, err)))
        rc = rf_sha256_end_hex(h, l->sha256, err);
    rf_sha256_free(h);
    return rc;
}

/* Index of a segment's name, added where it is new. */
static int segment_of(struct rf_log *l, const char *name, uint32_t *out, struct rf_err *err)
{
    for (size_t i = 0; i < l->segments.n; i++)
        if (!strcmp(l->segments.v[i], name)) {
            *out = (uint32_t)i;
            return 0;
        }
    char **const grown = rf_regrow(l->segments.v, l->segments.n, l->segments.n + 1, sizeof *grown, err);
    if (!grown)
        return RF_FAIL;
    l->segments.v = grown;
    if (!(grown[l->segments.n] = rf_strndup(name, strlen(name), err)))
        return RF_FAIL;
    *out = (uint32_t)l->segments.n++;
    return 0;
}

/* The segment of a prompt of which nothing else is known. */
static const char *const everybody[] = { [RF_BY_NOTHING] = "all", [RF_BY_TASK] = "no task", [RF_BY_SCRIPT] = "none" };

/* Segments by the questions that the prompts are: of one benchmark where the set is one. */
static int set_tasks(struct rf_log *l, const int64_t *prompt, struct rf_db *db, const char *bench, struct rf_err *err)
{
    struct rf_prompt_tasks tasks = { 0 };
    int rc = rf_prompt_tasks_or_bench(&tasks, db, bench, err);
    for (size_t i = 0; i < l->n && !rc; i++) {
        const char *const task = rf_prompt_task(&tasks, prompt[i]);
        if (task)
            rc = segment_of(l, task, &l->segment[i], err);
    }
    rf_prompt_tasks_release(&tasks);
    return rc;
}

static int read_members(struct rf_log *l, struct texts *t, struct rf_db *db, const struct rf_prompt_set *set,
                        enum rf_log_by by, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, "SELECT text, bytes FROM prompt WHERE id = ?1", err);
    if (rc)
        goto out;
    for (size_t i = 0; i < set->n; i++) {
        rf_bind_int(s, 1, set->member[i].prompt);
        if ((rc = rf_step(s, err)) != 1) {
            rc = rc ? rc
                    : rf_fail(err, RF_CORRUPT, "found no prompt %lld, expected it", (long long)set->member[i].prompt);
            goto out;
        }
        const struct rf_str text = rf_col_str(s, 0);
        uint32_t segment = 0;
        if ((rc = segment_of(l, by == RF_BY_SCRIPT ? rf_script_name(rf_script(text, NULL)) : everybody[by], &segment,
                             err)))
            goto out;
        const size_t at = t->text.len;
        if ((rc = rf_buf_add(&t->text, text.s ? text.s : "", text.len, err)))
            goto out;
        for (uint32_t k = 0; k < set->member[i].times; k++, l->n++) {
            t->prompt[l->n] = set->member[i].prompt;
            t->at[l->n] = at;
            t->len[l->n] = text.len;
            l->bytes[l->n] = rf_col_real(s, 1);
            l->segment[l->n] = segment;
        }
        rf_reset(s);
    }
out:
    rf_stmt_free(s);
    return rc;
}

int rf_log_of_set(struct rf_log *l, struct rf_db *db, const char *name, enum rf_log_by by, const struct rf_router *r,
                  const struct rf_router_options *o, struct rf_err *err)
{
    struct rf_prompt_set set = { 0 };
    struct texts t = { 0 };
    struct rf_buf what = { 0 };
    size_t n = 0;
    *l = (struct rf_log){ 0 };
    int rc = rf_prompt_set_read(&set, db, name, err);
    for (size_t i = 0; i < set.n; i++)
        n += set.member[i].times;
    if (rc || (rc = make_room(l, &t, n, err)) || (rc = read_members(l, &t, db, &set, by, err)) ||
        (by == RF_BY_TASK && (rc = set_tasks(l, t.prompt, db, set.bench, err))) ||
        (rc = rf_buf_printf(&what, err, "\"%s\"", name)))
        goto out;
    const struct rf_asked a = { what.data, l->n, t.prompt, &t.text, t.at, t.len };
    if (!(rc = rf_router_score_asked(r, db, &a, o, l->score, err)))
        rc = fingerprint(l, t.prompt, err);
out:
    rf_prompt_set_release(&set);
    rf_buf_release(&what);
    texts_release(&t);
    return rc;
}

int rf_log_of_scores(struct rf_log *l, const char *path, struct rf_err *err)
{
    struct rf_input *in = NULL;
    struct rf_buf scores = { 0 };
    struct rf_str text;
    uint64_t line;
    uint32_t all;
    *l = (struct rf_log){ 0 };
    int rc = rf_input_open(&in, path, err);
    while (!rc && (rc = rf_input_line(in, &text, &line, err)) == 1) {
        double v = 0;
        const size_t digits = rf_scan_real(text.s, text.len, &v), end = digits;
        const bool ends = end == text.len || text.s[end] == '\t' || text.s[end] == '\r';
        if (!digits || !ends || !(v >= 0 && v <= 1))
            rc = rf_fail(err, RF_BAD_INPUT,
                         "%s:%llu: found '%.*s', expected a win rate from 0 to 1 as `score` prints it",
                         rf_input_name(in), (unsigned long long)line, text.len < 40 ? (int)text.len : 40, text.s);
        else
            rc = rf_buf_add(&scores, &v, sizeof v, err);
    }
    const size_t n = scores.len / sizeof *l->score;
    if (!rc && !n)
        rc = rf_fail(err, RF_BAD_INPUT, "%s: found no line, expected a win rate in each", rf_input_name(in));
    if (rc || (rc = make_room(l, NULL, n, err)) || (rc = segment_of(l, "all", &all, err)))
        goto out;
    l->n = n;
    memcpy(l->score, scores.data, n * sizeof *l->score);
    for (size_t i = 0; i < n; i++)
        l->bytes[i] = NAN;
    rc = fingerprint(l, NULL, err);
out:
    rf_input_close(in);
    rf_buf_release(&scores);
    return rc;
}

void rf_log_release(struct rf_log *l)
{
    rf_free(l->score);
    rf_free(l->bytes);
    rf_free(l->segment);
    rf_names_release(&l->segments);
    *l = (struct rf_log){ 0 };
}
