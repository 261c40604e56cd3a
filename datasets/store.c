/* Models, prompts and responses. Inserts first and asks only where the row was there: one walk down the index for a new
 * prompt. */
#include "datasets/store.h"

#include <string.h>

#include "core/json.h"
#include "datasets/field.h"

struct rf_store_model {
    char *name; /* owned; NULL: free slot */
    size_t len;
    int64_t id;
};

static const char prompt_hash[] = "prompt_hash", response_hash[] = "response_hash"; /* indexes */

static void forget_models(struct rf_store *st)
{
    for (size_t i = 0; i < st->cap; i++)
        rf_free(st->model[i].name);
    rf_free(st->model);
    st->model = NULL;
    st->nmodel = st->cap = 0;
}

/* From now on the database answers for the hashes of prompts. */
static int ask_for_prompts(struct rf_store *st, struct rf_err *err)
{
    rf_digests_release(&st->prompts);
    st->knows_prompts = false;
    return rf_db_build_index(st->db, prompt_hash, err);
}

static int ask_for_responses(struct rf_store *st, struct rf_err *err)
{
    rf_digests_release(&st->responses);
    st->knows_responses = false;
    return rf_db_build_index(st->db, response_hash, err);
}

int rf_store_reload(struct rf_store *st, struct rf_err *err)
{
    int rc = ask_for_prompts(st, err);
    if (rc || (rc = ask_for_responses(st, err)))
        return rc;
    forget_models(st);
    st->merges = 0;
    st->next_prompt = 0;
    rc = rf_db_int(st->db, &st->next_prompt, err, "SELECT max(id) FROM prompt", 0, NULL);
    st->next_prompt++;
    return rc < 0 ? rc : 0;
}

int rf_store_init(struct rf_store *st, struct rf_db *db, struct rf_err *err)
{
    const struct {
        struct rf_stmt **stmt;
        const char *sql;
    } all[] = {
        { &st->model_add, "INSERT INTO model (name) VALUES (?1) ON CONFLICT (name) DO NOTHING" },
        { &st->model_get, "SELECT id FROM model WHERE name = ?1" },
        { &st->prompt_add, "INSERT INTO prompt (id, hash, text, more, turns, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
                           "ON CONFLICT DO NOTHING" },
        { &st->prompt_get, "SELECT id FROM prompt WHERE hash = ?1" },
        { &st->prompt_fill, "UPDATE prompt SET hash = ?2, text = ?3, more = ?4, turns = ?5, bytes = ?6 WHERE id = ?1" },
        { &st->key_add, "INSERT INTO prompt_key (key, prompt) VALUES (?1, ?2) ON CONFLICT (key) DO NOTHING" },
        { &st->key_get, "SELECT prompt FROM prompt_key WHERE key = ?1" },
        { &st->response_add, "INSERT INTO response (hash, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING" },
    };
    *st = (struct rf_store){ .db = db };
    int rc = rf_sha256_new(&st->sha, err);
    for (size_t i = 0; !rc && i < sizeof all / sizeof *all; i++)
        rc = rf_stmt_new(all[i].stmt, db, all[i].sql, err);
    if (rc || (rc = rf_store_reload(st, err)) || (rc = rf_db_defer_index(db, prompt_hash, err)) < 0)
        return rc;
    st->knows_prompts = rc == 1;
    if ((rc = rf_db_defer_index(db, response_hash, err)) < 0)
        return rc;
    st->knows_responses = rc == 1;
    return 0;
}

void rf_store_release(struct rf_store *st)
{
    struct rf_stmt *const all[] = { st->model_add,   st->model_get, st->prompt_add, st->prompt_get,
                                    st->prompt_fill, st->key_add,   st->key_get,    st->response_add };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        rf_stmt_free(all[i]);
    forget_models(st);
    rf_stmt_free(st->merge_add);
    rf_digests_release(&st->prompts);
    rf_digests_release(&st->responses);
    rf_sha256_free(st->sha);
    rf_buf_release(&st->scratch);
    *st = (struct rf_store){ 0 };
}

/* ---- models ---- */

/* FNV-1a: names are short and few. */
static size_t slot_of(const struct rf_store *st, struct rf_str name)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (unsigned char)name.s[i]) * 0x100000001B3u;
    size_t i = (size_t)h & (st->cap - 1);
    while (st->model[i].name && !rf_str_same(name, (struct rf_str){ st->model[i].name, st->model[i].len }))
        i = (i + 1) & (st->cap - 1);
    return i;
}

static int make_room(struct rf_store *st, struct rf_err *err)
{
    struct rf_store_model *const old = st->model, *grown = NULL;
    const size_t n = st->cap;
    if (2 * st->nmodel < n)
        return 0;
    const int rc = RF_NEW(grown, n ? 2 * n : 64, err);
    if (rc)
        return rc;
    st->model = grown;
    st->cap = n ? 2 * n : 64;
    for (size_t i = 0; i < n; i++)
        if (old[i].name)
            st->model[slot_of(st, (struct rf_str){ old[i].name, old[i].len })] = old[i];
    rf_free(old);
    return 0;
}

/* The id that a one-row query gives: 1, 0 (no row) or an rf_code. */
static int one_id(struct rf_stmt *s, int64_t *id, struct rf_err *err)
{
    const int rc = rf_step(s, err);
    if (rc == 1) {
        *id = rf_col_int(s, 0);
        rf_reset(s);
    }
    return rc;
}

int rf_store_model(struct rf_store *st, struct rf_str name, int64_t *id, struct rf_err *err)
{
    int rc = make_room(st, err);
    if (rc)
        return rc;
    struct rf_store_model *m = &st->model[slot_of(st, name)];
    if (!m->name) {
        rf_bind_str(st->model_add, 1, name);
        rf_bind_str(st->model_get, 1, name);
        if ((rc = rf_run(st->model_add, err)) || (rc = one_id(st->model_get, &m->id, err)) < 0)
            return rc;
        if (!(m->name = rf_strndup(name.s, name.len, err)))
            return RF_FAIL;
        m->len = name.len;
        st->nmodel++;
    }
    *id = m->id;
    return 0;
}

/* ---- what was said ---- */

int rf_store_hash(struct rf_store *st, const struct rf_str *turn, size_t n, uint8_t out[RF_SHA256_SIZE],
                  struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < n; i++) {
        if (n > 1) {
            st->scratch.len = 0;
            rc = rf_buf_printf(&st->scratch, err, "%zu:", turn[i].len);
            if (!rc)
                rc = rf_sha256_add(st->sha, st->scratch.data, st->scratch.len, err);
        }
        if (!rc)
            rc = rf_sha256_add(st->sha, turn[i].s ? turn[i].s : "", turn[i].len, err);
    }
    return rc ? rc : rf_sha256_end(st->sha, out, err);
}

/* The turns as a JSON list, in scratch. */
static int json_list(struct rf_store *st, const struct rf_str *turn, size_t n, struct rf_str *out, struct rf_err *err)
{
    st->scratch.len = 0;
    int rc = rf_buf_add(&st->scratch, "[", 1, err);
    for (size_t i = 0; !rc && i < n; i++) {
        if (i)
            rc = rf_buf_add(&st->scratch, ",", 1, err);
        if (!rc)
            rc = rf_json_add_string(&st->scratch, (struct rf_str){ turn[i].s ? turn[i].s : "", turn[i].len }, err);
    }
    if (!rc)
        rc = rf_buf_add(&st->scratch, "]", 1, err);
    *out = (struct rf_str){ st->scratch.data, st->scratch.len };
    return rc;
}

static int hash_id(struct rf_store *st, struct rf_str id, uint8_t out[RF_SHA256_SIZE], struct rf_err *err)
{
    int rc = rf_sha256_add(st->sha, "id:", 3, err);
    if (!rc)
        rc = rf_sha256_add(st->sha, id.s, id.len, err);
    return rc ? rc : rf_sha256_end(st->sha, out, err);
}

int rf_store_prompt_hash(struct rf_store *st, const struct rf_prompt *p, uint8_t out[RF_SHA256_SIZE],
                         struct rf_err *err)
{
    return p->n ? rf_store_hash(st, p->turn, p->n, out, err) : hash_id(st, p->id, out, err);
}

static int by_hash(struct rf_store *st, const uint8_t hash[RF_SHA256_SIZE], int64_t *id, struct rf_err *err)
{
    if (st->knows_prompts) {
        const int64_t known = rf_digests_find(&st->prompts, hash);
        *id = known ? known : *id;
        return known != 0;
    }
    rf_bind_blob(st->prompt_get, 1, hash, RF_SHA256_SIZE);
    return one_id(st->prompt_get, id, err);
}

static int by_name(struct rf_store *st, struct rf_str name, int64_t *id, struct rf_err *err)
{
    rf_bind_str(st->key_get, 1, name);
    return one_id(st->key_get, id, err);
}

int rf_store_find(struct rf_store *st, const struct rf_prompt *p, int64_t *id, struct rf_err *err)
{
    uint8_t hash[RF_SHA256_SIZE];
    int rc = p->n ? 0 : by_name(st, p->id, id, err);
    if (rc || (rc = rf_store_prompt_hash(st, p, hash, err)))
        return rc;
    return by_hash(st, hash, id, err);
}

int rf_store_name(struct rf_store *st, struct rf_str name, int64_t prompt, int64_t *had, struct rf_err *err)
{
    rf_bind_str(st->key_add, 1, name);
    rf_bind_int(st->key_add, 2, prompt);
    *had = prompt;
    const int rc = rf_run(st->key_add, err);
    if (rc || rf_db_changes(st->db) == 1)
        return rc;
    const int got = by_name(st, name, had, err);
    return got < 0 ? got : 0;
}

static void bind_prompt(struct rf_stmt *s, int64_t id, const uint8_t hash[RF_SHA256_SIZE], const struct rf_prompt *p,
                        struct rf_str more)
{
    rf_bind_int(s, 1, id);
    rf_bind_blob(s, 2, hash, RF_SHA256_SIZE);
    rf_lend_str(s, 3, p->n ? p->turn[0] : (struct rf_str){ 0 });
    rf_lend_str(s, 4, more);
    rf_bind_int(s, 5, p->n ? (int64_t)p->n : 1);
    if (p->n)
        rf_bind_int(s, 6, (int64_t)p->turn[0].len);
    else if (p->bytes >= 0)
        rf_bind_int(s, 6, p->bytes);
    else
        rf_bind_null(s, 6);
}

/* Notes that everything that refers to prompt `from` is to refer to `to`: the tables are walked once for all such
 * pairs, by rf_store_settle. */
static int merge_later(struct rf_store *st, int64_t from, int64_t to, struct rf_err *err)
{
    int rc =
        st->merges
            ? 0
            : rf_db_exec(st->db,
                         "CREATE TEMP TABLE IF NOT EXISTS merged (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)", err);
    if (!rc && !st->merge_add)
        rc = rf_stmt_new(&st->merge_add, st->db, "INSERT OR REPLACE INTO merged (old, new) VALUES (?1, ?2)", err);
    if (rc)
        return rc;
    rf_bind_int(st->merge_add, 1, from);
    rf_bind_int(st->merge_add, 2, to);
    st->merges++;
    return rf_run(st->merge_add, err);
}

/* The tables that refer to prompts. Where the old and the new prompt both stand in a set, the entry of the new one
 * stays. Each needs an index for as long as it takes: without one, every prompt deleted is looked for in all of them.
 */
/* clang-format off */
#define REFERS(X) \
    X(preference) X(item) X(source_row) X(external_score) X(embedding) X(split_prompt) X(leave_out) X(prompt_key) \
    X(fold_score) X(fold_prediction) X(fit_prompt)
/* clang-format on */
#define INDEX(table)   "CREATE INDEX settle_" #table " ON " #table "(prompt);"
#define UNINDEX(table) "DROP INDEX settle_" #table ";"
#define REPOINT(table)                                                                                                 \
    "UPDATE OR IGNORE " #table                                                                                         \
    " SET prompt = (SELECT new FROM merged WHERE old = prompt) WHERE prompt IN (SELECT old FROM merged);"              \
    "DELETE FROM " #table " WHERE prompt IN (SELECT old FROM merged);"

int rf_store_settle(struct rf_store *st, struct rf_err *err)
{
    static const char sql[] = REFERS(INDEX)
        REFERS(REPOINT) "CREATE INDEX settle_overlap_a ON overlap(prompt_a); CREATE INDEX settle_overlap_b ON "
                        "overlap(prompt_b);"
                        "DELETE FROM overlap WHERE prompt_a IN (SELECT old FROM merged) OR prompt_b IN (SELECT old "
                        "FROM merged);"
                        "DELETE FROM prompt WHERE id IN (SELECT old FROM merged);"
                        "DELETE FROM merged; DROP INDEX settle_overlap_a; DROP INDEX settle_overlap_b;" REFERS(UNINDEX);
    if (!st->merges)
        return 0;
    st->merges = 0;
    return rf_db_exec(st->db, sql, err);
}

/* The prompt that was known by p's id alone gets p's text: 1 and *id where it could be filled in place; 0 where there
 * is none, or where the text has a prompt of its own, which takes its place. */
static int fill_prompt(struct rf_store *st, const struct rf_prompt *p, const uint8_t hash[RF_SHA256_SIZE],
                       struct rf_str more, int64_t *id, struct rf_err *err)
{
    uint8_t name[RF_SHA256_SIZE];
    int64_t bare = 0, text = 0;
    int rc = hash_id(st, p->id, name, err);
    if (rc || (rc = by_hash(st, name, &bare, err)) <= 0 || (rc = ask_for_prompts(st, err)) ||
        (rc = by_hash(st, hash, &text, err)) < 0)
        return rc;
    if (rc) {
        st->filled = true;
        return merge_later(st, bare, text, err);
    }
    bind_prompt(st->prompt_fill, bare, hash, p, more);
    *id = bare;
    st->filled = true;
    return (rc = rf_run(st->prompt_fill, err)) ? rc : 1;
}

int rf_store_prompt(struct rf_store *st, const struct rf_prompt *p, int64_t *id, bool *fresh, struct rf_err *err)
{
    uint8_t hash[RF_SHA256_SIZE];
    struct rf_str more = { 0 };
    int rc;
    *id = 0;
    *fresh = st->filled = false;
    if (p->n == 0 && !p->id.s)
        return 0;
    if (!p->n && (rc = by_name(st, p->id, id, err)))
        return rc < 0 ? rc : 0;
    if ((rc = rf_store_prompt_hash(st, p, hash, err)) ||
        (p->n > 1 && (rc = json_list(st, p->turn + 1, p->n - 1, &more, err))))
        return rc;
    if (p->n && p->id.s && (rc = fill_prompt(st, p, hash, more, id, err)))
        return rc < 0 ? rc : 0;
    if (st->knows_prompts) {
        if (st->prompts.n == RF_DIGESTS_MOST)
            rc = ask_for_prompts(st, err);
        else if (!by_hash(st, hash, id, err))
            rc = rf_digests_add(&st->prompts, hash, err);
        if (rc || *id)
            return rc;
    }
    bind_prompt(st->prompt_add, st->next_prompt, hash, p, more);
    if ((rc = rf_run(st->prompt_add, err)))
        return rc;
    if (rf_db_changes(st->db) == 1) {
        *id = st->next_prompt++;
        *fresh = true;
        return 0;
    }
    rc = by_hash(st, hash, id, err);
    return rc < 0 ? rc : 0;
}

int rf_store_words(struct rf_store *st, const struct rf_str *turn, size_t n, const struct rf_said *said,
                   struct rf_err *err)
{
    struct rf_str words = { 0 };
    int rc = 0;
    for (size_t i = 0; i < n; i++)
        if (!rf_utf8_valid(turn[i].s, turn[i].len))
            return 0;
    if (n == 1)
        words = (struct rf_str){ turn->s ? turn->s : "", turn->len };
    else if ((rc = json_list(st, turn, n, &words, err)))
        return rc;
    if (st->knows_responses) {
        if (st->responses.n == RF_DIGESTS_MOST)
            rc = ask_for_responses(st, err);
        else if (rf_digests_find(&st->responses, said->hash))
            return 0;
        else
            rc = rf_digests_add(&st->responses, said->hash, err);
        if (rc)
            return rc;
    }
    rf_bind_blob(st->response_add, 1, said->hash, sizeof said->hash);
    rf_bind_str(st->response_add, 2, words);
    return rf_run(st->response_add, err);
}

int rf_store_response(struct rf_store *st, const struct rf_str *turn, size_t n, enum rf_keep keep, struct rf_said *said,
                      struct rf_err *err)
{
    *said = (struct rf_said){ .any = turn && keep != RF_KEEP_NONE };
    const int rc = said->any ? rf_store_hash(st, turn, n, said->hash, err) : 0;
    if (rc || !said->any)
        return rc;
    for (size_t i = 0; i < n; i++)
        said->bytes += (int64_t)turn[i].len;
    return keep == RF_KEEP_TEXT ? rf_store_words(st, turn, n, said, err) : 0;
}

void rf_said_bind(const struct rf_said *said, struct rf_stmt *stmt, int i)
{
    if (said->any) {
        rf_bind_int(stmt, i, said->bytes);
        rf_bind_blob(stmt, i + 1, said->hash, sizeof said->hash);
    } else {
        rf_bind_null(stmt, i);
        rf_bind_null(stmt, i + 1);
    }
}
