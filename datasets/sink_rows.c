/* What readers emit, as rows: votes, items, results, contaminated texts. What the database has already is known, what
 * contradicts it is dropped with both sides named; nothing is overwritten. */
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "datasets/field.h"
#include "datasets/sink_impl.h"
#include "datasets/sniff.h"

static void mark(struct rf_sink *s, enum row_state state)
{
    if (s->row < state)
        s->row = state;
}

/* Drops the row, says so in *dropped and returns rf_sink_drop's code: `return drop(...)` ends the row either way. */
#define DROP(s, line, field, reason, expected, ...)                                                                    \
    (*dropped = true, rf_sink_drop(s, line, field, reason, expected, err, __VA_ARGS__))

static int check_prompt(struct rf_sink *s, const struct rf_prompt *p, uint64_t line, bool *dropped, struct rf_err *err)
{
    if (p->n && p->turn[0].len == 0)
        return DROP(s, line, "prompt", "empty prompt", "text", "%s first turn", p->turn[0].s ? "an empty" : "a null");
    for (size_t i = 0; i < p->n; i++)
        if (!rf_utf8_valid(p->turn[i].s, p->turn[i].len))
            return DROP(s, line, "prompt", "not UTF-8", "UTF-8: convert the file with iconv", "other bytes in turn %zu",
                        i + 1);
    if (!p->n && p->id.s && !p->id.len)
        return DROP(s, line, "prompt", "empty prompt", "an id", "an empty id");
    return 0;
}

static int check_name(struct rf_sink *s, const char *what, struct rf_str name, uint64_t line, bool *dropped,
                      struct rf_err *err)
{
    char shown[RF_SHOWN];
    if (rf_field_missing(name) || rf_skip_blanks(name, 0) == name.len)
        return DROP(s, line, what, "no name", "a name", "%s", name.len ? rf_field_show(name, shown) : "none");
    if (!rf_utf8_valid(name.s, name.len))
        return DROP(s, line, what, "not UTF-8", "UTF-8: convert the file with iconv", "other bytes");
    return 0;
}

static int put_prompt(struct rf_sink *s, const struct rf_prompt *p, int64_t *id, struct rf_err *err)
{
    bool fresh;
    int64_t had;
    const int rc = rf_store_prompt(&s->store, p, id, &fresh, err);
    s->count.prompts += !rc && fresh;
    return rc || !p->n || !p->id.s ? rc : rf_store_name(&s->store, p->id, *id, &had, err);
}

static int add_rows(struct rf_sink *s, struct rf_stmt *add, const struct rf_sink_place *place, int n,
                    struct rf_err *err)
{
    rf_bind_int(add, 1, s->source);
    for (int i = 0; i < n; i++) {
        rf_bind_int(add, 2 * i + 2, (int64_t)place[i].row);
        rf_bind_int(add, 2 * i + 3, place[i].prompt);
    }
    return rf_run(add, err);
}

int rf_sink_flush(struct rf_sink *s, struct rf_err *err)
{
    const size_t n = s->nplace;
    int rc = 0;
    s->nplace = 0;
    if (n == RF_ROWS_TOGETHER)
        return add_rows(s, s->rows_add, s->place, RF_ROWS_TOGETHER, err);
    for (size_t i = 0; !rc && i < n; i++)
        rc = add_rows(s, s->row_add, &s->place[i], 1, err);
    return rc;
}

/* Which prompt stands in this row of the file; prompt 0: none. */
static int put_row(struct rf_sink *s, uint64_t row, int64_t prompt, struct rf_err *err)
{
    if (!prompt)
        return 0;
    s->place[s->nplace++] = (struct rf_sink_place){ row, prompt };
    return s->nplace == RF_ROWS_TOGETHER ? rf_sink_flush(s, err) : 0;
}

static void bind_id(struct rf_stmt *stmt, int i, int64_t id)
{
    if (id)
        rf_bind_int(stmt, i, id);
    else
        rf_bind_null(stmt, i);
}

/* ---- votes ---- */

static bool same_verdict(struct rf_str had, const char *winner)
{
    return winner ? rf_str_is(had, winner) : !had.s;
}

/* A vote whose key the database has. Its row still names its prompt, so that files that go row by row can be joined:
 * the prompt of the stored vote, for the same vote may come with other escapes. */
static int known_vote(struct rf_sink *s, const struct rf_vote *v, const int64_t model[2], struct rf_err *err)
{
    const int64_t a = rf_col_int(s->vote_get, 0), b = rf_col_int(s->vote_get, 1);
    const bool same = a == model[0] && b == model[1] && same_verdict(rf_col_str(s->vote_get, 2), v->winner);
    const bool swapped = a == model[1] && b == model[0];
    char shown[RF_SHOWN], found[RF_SHOWN];
    int64_t prompt = rf_col_int(s->vote_get, 3); /* NULL reads as 0 */
    rf_field_show(rf_col_str(s->vote_get, 2), found);
    rf_reset(s->vote_get);
    if (!same)
        return rf_sink_drop(s, v->line, "winner", "same id, other verdict", "what the database has", err,
                            "%s for id %s, where the database has %s%s", v->winner ? v->winner : "no verdict",
                            rf_field_show(v->key, shown), found,
                            swapped                          ? " with the models in the other order"
                            : a == model[0] && b == model[1] ? ""
                                                             : " between other models");
    int rc = prompt ? 0 : put_prompt(s, &v->prompt, &prompt, err);
    mark(s, ROW_KNOWN);
    return rc ? rc : put_row(s, v->row, prompt, err);
}

static int new_vote(struct rf_sink *s, const struct rf_vote *v, struct rf_str origin, struct rf_str judge,
                    const int64_t model[2], struct rf_err *err)
{
    struct rf_said a, b;
    int64_t prompt = 0;
    int rc = put_prompt(s, &v->prompt, &prompt, err);
    if (!rc)
        rc = put_row(s, v->row, prompt, err);
    if (rc || (rc = rf_store_response(&s->store, v->response_a, v->nresponse_a, s->o.responses, &a, err)) ||
        (rc = rf_store_response(&s->store, v->response_b, v->nresponse_b, s->o.responses, &b, err)))
        return rc;
    struct rf_stmt *const add = s->vote_add;
    rf_bind_int(add, 1, s->source);
    rf_bind_int(add, 2, (int64_t)v->line);
    rf_lend_str(add, 3, origin);
    rf_lend_str(add, 4, v->key);
    bind_id(add, 5, prompt);
    rf_bind_int(add, 6, model[0]);
    rf_bind_int(add, 7, model[1]);
    rf_lend_str(add, 8, (struct rf_str){ v->winner, v->winner ? strlen(v->winner) : 0 });
    rf_lend_str(add, 9, judge);
    rf_bind_real(add, 10, v->weight);
    rf_said_bind(&a, add, 11);
    rf_said_bind(&b, add, 13);
    rf_lend_str(add, 15, (struct rf_str){ v->shown_first ? &v->shown_first : NULL, v->shown_first != 0 });
    rf_bind_real(add, 16, v->score_a);
    rf_bind_real(add, 17, v->score_b);
    rf_lend_str(add, 18, v->task);
    if ((rc = rf_run(add, err)))
        return rc;
    mark(s, ROW_ADDED);
    s->count.votes++;
    s->count.unjudged += !v->judge.s;
    s->count.unparsed += !v->winner;
    s->count.ties += v->winner && (v->winner[0] == 't' || !strcmp(v->winner, "bothbad"));
    return 0;
}

int rf_sink_ask_for_votes(struct rf_sink *s, struct rf_err *err)
{
    rf_seen_release(&s->votes);
    s->knows_votes = false;
    return rf_db_build_index(s->db, RF_VOTE_KEYS, err);
}

/* 1: no vote of this load has the key, as far as 64 bits tell; 0: one may; negative: an rf_code. */
static int new_key(struct rf_sink *s, const struct rf_str *part, size_t n, struct rf_err *err)
{
    struct rf_buf *const key = &s->store.scratch;
    uint64_t times = 0;
    int rc = 0;
    if (s->votes.n == RF_VOTE_KEYS_MOST)
        return 0;
    key->len = 0;
    for (size_t i = 0; !rc && i < n; i++)
        if (!(rc = rf_buf_add(key, part[i].s, part[i].len, err)))
            rc = rf_buf_add(key, "", 1, err);
    if (!rc)
        rc = rf_seen_add(&s->votes, (struct rf_str){ key->data, key->len }, &times, err);
    return rc ? rc : times == 1;
}

/* A vote with a key: 1 where the database has it, at which vote_get then stands; 0 where not. */
static int find_vote(struct rf_sink *s, const struct rf_vote *v, struct rf_str origin, struct rf_str judge,
                     struct rf_err *err)
{
    const struct rf_str part[] = {
        origin, v->key, judge, { v->shown_first ? &v->shown_first : "", v->shown_first != 0 }
    };
    enum { PARTS = sizeof part / sizeof *part };
    if (s->knows_votes) {
        int rc = new_key(s, part, PARTS, err);
        if (rc || (rc = rf_sink_ask_for_votes(s, err)))
            return rc < 0 ? rc : 0;
    }
    for (int i = 0; i < PARTS; i++)
        rf_bind_str(s->vote_get, i + 1, part[i]);
    return rf_step(s->vote_get, err);
}

int rf_sink_vote(struct rf_sink *s, const struct rf_vote *v, struct rf_err *err)
{
    bool dropped = false;
    int64_t model[2];
    const char *const standard = s->o.judge ? s->o.judge : "human";
    const struct rf_str judge = v->judge.s ? v->judge : (struct rf_str){ standard, strlen(standard) };
    const struct rf_str origin = v->origin.s ? v->origin : s->name;
    int rc = check_name(s, "model_a", v->model_a, v->line, &dropped, err);
    if (!rc && !dropped)
        rc = check_name(s, "model_b", v->model_b, v->line, &dropped, err);
    if (!rc && !dropped && v->judge.s)
        rc = check_name(s, "judge", v->judge, v->line, &dropped, err);
    if (!rc && !dropped && v->key.s)
        rc = check_name(s, "id", v->key, v->line, &dropped, err);
    if (!rc && !dropped && v->task.len)
        rc = check_name(s, "task", v->task, v->line, &dropped, err);
    if (!rc && !dropped)
        rc = check_prompt(s, &v->prompt, v->line, &dropped, err);
    if (rc || dropped || (rc = rf_store_model(&s->store, v->model_a, &model[0], err)) ||
        (rc = rf_store_model(&s->store, v->model_b, &model[1], err)))
        return rc;
    if (v->key.s && (rc = find_vote(s, v, origin, judge, err)))
        return rc < 0 ? rc : known_vote(s, v, model, err);
    return new_vote(s, v, origin, judge, model, err);
}

/* ---- items and results ---- */

/* An item that the database has under this key: its prompt is filled in where it was missing, and must be the same
 * where not. */
static int known_item(struct rf_sink *s, const struct rf_item *v, int64_t *item, int64_t *in, struct rf_err *err)
{
    char shown[RF_SHOWN];
    uint8_t hash[RF_SHA256_SIZE];
    const bool bare = rf_col_int(s->item_get, 4); /* no prompt, or one that is known by a name alone */
    const int64_t id = rf_col_int(s->item_get, 0), had = bare && v->prompt.n ? 0 : rf_col_int(s->item_get, 1);
    const bool prompted = v->prompt.n || v->prompt.id.s;
    int64_t prompt = prompted ? had : 0;
    const bool untold = v->task.s && rf_col_null(s->item_get, 3); /* another file knew the question without its task */
    bool other = false;
    int rc = 0;
    if (prompt && v->prompt.n) {
        rc = rf_store_prompt_hash(&s->store, &v->prompt, hash, err);
        other = !rc && memcmp(hash, rf_col_str(s->item_get, 2).s, sizeof hash) != 0;
    } else if (prompt) {
        int64_t named = 0;
        rc = rf_store_find(&s->store, &v->prompt, &named, err);
        other = rc >= 0 && named != had;
    }
    rf_reset(s->item_get);
    if (rc < 0)
        return rc;
    if (other)
        return rf_sink_drop(s, v->line, "prompt", "same id, other prompt",
                            "the one that the database has; keep tables with other prompts apart with --bench", err,
                            "another text for id %s of this benchmark", rf_field_show(v->key, shown));
    if (prompted && !had) {
        if ((rc = put_prompt(s, &v->prompt, &prompt, err)))
            return rc;
        rf_bind_int(s->item_prompt, 1, id);
        rf_bind_int(s->item_prompt, 2, prompt);
        if ((rc = rf_run(s->item_prompt, err)))
            return rc;
    }
    if (untold) {
        rf_bind_int(s->item_task, 1, id);
        rf_bind_str(s->item_task, 2, v->task);
        if ((rc = rf_run(s->item_task, err)))
            return rc;
    }
    mark(s, untold || (prompted && !had) ? ROW_ADDED : ROW_ASKED);
    *item = id;
    *in = prompt;
    return put_row(s, v->row, prompt, err);
}

static int new_item(struct rf_sink *s, const struct rf_item *v, int64_t *item, int64_t *in, struct rf_err *err)
{
    int64_t prompt = 0;
    int rc = put_prompt(s, &v->prompt, &prompt, err);
    if (rc || (rc = put_row(s, v->row, prompt, err)))
        return rc;
    rf_bind_int(s->item_add, 1, s->source);
    rf_bind_int(s->item_add, 2, (int64_t)v->line);
    rf_bind_str(s->item_add, 3, v->bench);
    rf_bind_str(s->item_add, 4, v->task);
    rf_bind_str(s->item_add, 5, v->key);
    bind_id(s->item_add, 6, prompt);
    if ((rc = rf_run(s->item_add, err)))
        return rc;
    *item = rf_db_last_id(s->db);
    *in = prompt;
    s->count.items++;
    mark(s, ROW_ADDED);
    return 0;
}

/* All that decides what becomes of an item, in a form in which no two items are the same. */
static int describe(const struct rf_item *v, struct rf_buf *out, struct rf_err *err)
{
    const struct rf_str said[] = { v->bench, v->task, v->key, v->prompt.id };
    enum { SAID = sizeof said / sizeof *said };
    int rc = 0;
    out->len = 0;
    for (size_t i = 0; !rc && i < SAID + v->prompt.n; i++) {
        const struct rf_str part = i < SAID ? said[i] : v->prompt.turn[i - SAID];
        const size_t len = part.s ? part.len : SIZE_MAX;
        if (!(rc = rf_buf_add(out, (const char *)&len, sizeof len, err)))
            rc = rf_buf_add(out, part.s ? part.s : "", part.len, err);
    }
    return rc;
}

/* An item with a key of its own: 1 where the row before was of the same, and nothing is new; 0 where not; or an
 * rf_code.
 */
static int same_item(struct rf_sink *s, const struct rf_item *v, int64_t *item, struct rf_err *err)
{
    struct rf_sink_asked *const a = &s->asked;
    int rc = describe(v, &a->other, err);
    if (rc ||
        !rf_str_same((struct rf_str){ a->words.data, a->words.len }, (struct rf_str){ a->other.data, a->other.len }))
        return rc;
    mark(s, ROW_ASKED);
    *item = a->item;
    rc = put_row(s, v->row, a->prompt, err);
    return rc ? rc : 1;
}

/* The item whose words stand in a->other is here now. */
static void remember_item(struct rf_sink_asked *a, int64_t item, int64_t prompt)
{
    const struct rf_buf words = a->other;
    a->other = a->words;
    a->words = words;
    a->item = item;
    a->prompt = prompt;
}

int rf_sink_item(struct rf_sink *s, const struct rf_item *v, int64_t *item, struct rf_err *err)
{
    bool dropped = false;
    int64_t prompt = 0;
    *item = 0;
    if (v->join) {
        const int same = same_item(s, v, item, err);
        if (same)
            return same < 0 ? same : 0;
    }
    int rc = check_name(s, "bench", v->bench, v->line, &dropped, err);
    if (!rc && !dropped)
        rc = check_name(s, "id", v->key, v->line, &dropped, err);
    if (!rc && !dropped)
        rc = check_prompt(s, &v->prompt, v->line, &dropped, err);
    if (rc || dropped)
        return rc;
    if (v->join) {
        rf_bind_str(s->item_get, 1, v->bench);
        rf_bind_str(s->item_get, 2, v->key);
        rc = rf_step(s->item_get, err);
    }
    if (rc < 0 || (rc = rc ? known_item(s, v, item, &prompt, err) : new_item(s, v, item, &prompt, err)))
        return rc;
    if (v->join && *item)
        remember_item(&s->asked, *item, prompt);
    return 0;
}

/* Tells where a cost is not what any price list asks for the tokens. */
static int check_cost(struct rf_sink *s, const struct rf_result *r, uint64_t line, struct rf_err *err)
{
    if (!s->priced || isnan(r->cost) || r->input_tokens < 0 || r->output_tokens < 0)
        return 0;
    rf_bind_str(s->price_get, 1, r->model);
    rf_bind_int(s->price_get, 2, r->input_tokens);
    rf_bind_int(s->price_get, 3, r->output_tokens);
    rf_bind_real(s->price_get, 4, r->cost);
    const int rc = rf_step(s->price_get, err);
    if (rc <= 0)
        return rc;
    const double asked = rf_col_real(s->price_get, 0);
    rf_reset(s->price_get);
    return fabs(asked - r->cost) <= 1e-9 * fmax(asked, r->cost)
               ? 0
               : rf_sink_note(s, line, "costs are not tokens times the price that the database has", err,
                              "found %.10g, expected %.10g", r->cost, asked);
}

static int known_result(struct rf_sink *s, int64_t item, int64_t model, const struct rf_result *r, uint64_t line,
                        struct rf_err *err)
{
    char shown[RF_SHOWN];
    rf_bind_int(s->result_get, 1, item);
    rf_bind_int(s->result_get, 2, model);
    rf_bind_int(s->result_get, 3, r->turn);
    const int rc = rf_step(s->result_get, err);
    if (rc < 0)
        return rc;
    const double had = rf_col_real(s->result_get, 0);
    rf_reset(s->result_get);
    if (had < r->score || had > r->score)
        return rf_sink_drop(s, line, "score", "same cell, other score", "what the database has", err,
                            "%.10g for model %s, turn %d, where the database has %.10g", r->score,
                            rf_field_show(r->model, shown), r->turn, had);
    mark(s, ROW_KNOWN);
    return 0;
}

int rf_sink_result(struct rf_sink *s, int64_t item, const struct rf_result *r, uint64_t line, struct rf_err *err)
{
    const struct rf_str *const response = r->response.s ? &r->response : NULL;
    const bool words = s->o.responses == RF_KEEP_TEXT;
    bool dropped = false, fresh = false;
    struct rf_result_row row = { .item = item, .source = s->source, .r = *r };
    if (!r->model.s && isnan(r->score)) /* a question alone */
        return 0;
    int rc = check_name(s, "model", r->model, line, &dropped, err);
    if (!rc && !dropped && isnan(r->score)) {
        s->count.missing++;
        mark(s, ROW_MISSING);
        return 0;
    }
    if (rc || dropped || (rc = rf_store_model(&s->store, r->model, &row.model, err)) ||
        (rc = rf_store_response(&s->store, response, 1, words ? RF_KEEP_HASH : s->o.responses, &row.said, err)) ||
        (rc = rf_result_batch_put(&s->results, &row, &fresh, err)))
        return rc;
    if (!fresh)
        return known_result(s, item, row.model, r, line, err);
    if (words && response && (rc = rf_store_words(&s->store, response, 1, &row.said, err)))
        return rc;
    s->count.results++;
    mark(s, ROW_ADDED);
    return check_cost(s, r, line, err);
}

/* ---- texts that evaluation leaves out ---- */

int rf_sink_contaminated(struct rf_sink *s, struct rf_str text, uint64_t line, struct rf_err *err)
{
    uint8_t hash[RF_SHA256_SIZE];
    bool dropped = false;
    int rc = check_prompt(s, &(struct rf_prompt){ .turn = &text, .n = 1 }, line, &dropped, err);
    if (rc || dropped || (rc = rf_store_hash(&s->store, &text, 1, hash, err)))
        return rc;
    rf_bind_int(s->contaminated_add, 1, s->source);
    rf_bind_blob(s->contaminated_add, 2, hash, sizeof hash);
    if ((rc = rf_run(s->contaminated_add, err)))
        return rc;
    const bool fresh = rf_db_changes(s->db) == 1;
    s->count.contaminated += fresh;
    mark(s, fresh ? ROW_ADDED : ROW_KNOWN);
    return 0;
}

/* ---- prompts, prices, other routers' scores ---- */

int rf_sink_prompt(struct rf_sink *s, const struct rf_prompt *p, uint64_t line, uint64_t row, struct rf_err *err)
{
    bool dropped = false;
    const uint64_t prompts = s->count.prompts;
    int64_t id = 0;
    int rc = check_prompt(s, p, line, &dropped, err);
    if (rc || dropped || (rc = put_prompt(s, p, &id, err)))
        return rc;
    mark(s, s->count.prompts > prompts || s->store.filled ? ROW_ADDED : ROW_KNOWN);
    return put_row(s, row, id, err);
}

static bool bad_price(double v)
{
    return isinf(v) || v < 0;
}

int rf_sink_price(struct rf_sink *s, const struct rf_price *p, struct rf_err *err)
{
    bool dropped = false;
    int rc = check_name(s, "model", p->model, p->line, &dropped, err);
    if (rc || dropped)
        return rc;
    if (bad_price(p->input) || bad_price(p->output) || bad_price(p->request))
        return rf_sink_drop(s, p->line, "price", "bad price", "dollars >= 0", err, "%g in, %g out, %g a request",
                            p->input, p->output, p->request);
    rf_bind_int(s->price_add, 1, s->source);
    rf_bind_str(s->price_add, 2, p->model);
    rf_bind_str(s->price_add, 3, p->provider);
    rf_bind_real(s->price_add, 4, p->input);
    rf_bind_real(s->price_add, 5, p->output);
    rf_bind_real(s->price_add, 6, p->request);
    if (p->valid_from.s)
        rf_bind_str(s->price_add, 7, p->valid_from);
    else
        rf_bind_text(s->price_add, 7, s->o.date);
    rf_bind_int(s->price_add, 8, (int64_t)p->line);
    if ((rc = rf_run(s->price_add, err)))
        return rc;
    s->priced = true;
    s->count.prices++;
    mark(s, ROW_ADDED);
    return 0;
}

static int new_score(struct rf_sink *s, const struct rf_score *v, int64_t prompt, struct rf_err *err)
{
    rf_bind_int(s->score_add, 1, s->source);
    rf_bind_str(s->score_add, 2, v->router);
    rf_bind_int(s->score_add, 3, prompt);
    rf_bind_real(s->score_add, 4, v->score);
    const int rc = rf_run(s->score_add, err);
    if (!rc) {
        s->count.scores++;
        mark(s, ROW_ADDED);
    }
    return rc;
}

int rf_sink_score(struct rf_sink *s, const struct rf_score *v, struct rf_err *err)
{
    bool dropped = false;
    int64_t prompt = 0;
    int rc = check_name(s, "router", v->router, v->line, &dropped, err);
    if (!rc && !dropped)
        rc = check_prompt(s, &v->prompt, v->line, &dropped, err);
    if (rc || dropped || (rc = put_prompt(s, &v->prompt, &prompt, err)) || (rc = put_row(s, v->row, prompt, err)))
        return rc;
    if (!prompt)
        return rf_sink_drop(s, v->line, "prompt", "empty prompt", "a text or an id", err, "none");
    rf_bind_str(s->score_get, 1, v->router);
    rf_bind_int(s->score_get, 2, prompt);
    if ((rc = rf_step(s->score_get, err)) <= 0)
        return rc < 0 ? rc : new_score(s, v, prompt, err);
    const double had = rf_col_real(s->score_get, 0);
    rf_reset(s->score_get);
    if (had < v->score || had > v->score)
        return rf_sink_drop(s, v->line, "score", "same prompt, other score", "what the database has", err,
                            "%.10g, where the database has %.10g", v->score, had);
    mark(s, ROW_KNOWN);
    return 0;
}
