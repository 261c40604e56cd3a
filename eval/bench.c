/* One query reads a benchmark, in the order of item ids; everything after it works on arrays. */
#include "eval/bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/names.h"

/* ---- names ---- */

static int check_bench(struct rf_db *db, const char *name, struct rf_err *err)
{
    struct rf_names all = { 0 };
    int rc = rf_names_read(&all, db, "SELECT DISTINCT bench FROM item ORDER BY bench", NULL, err);
    if (!rc && !rf_names_have(&all, name))
        rc = rf_names_unknown(&all, "benchmark", name, "`routefit ingest FILE` reads one", err);
    rf_names_release(&all);
    return rc;
}

/* *name, where it is an alias, becomes what it is known as; l keeps the text. */
static int read_alias(struct rf_names *l, struct rf_db *db, const char **name, struct rf_err *err)
{
    const int rc = *name ? rf_names_read(l, db, "SELECT known_as FROM alias WHERE name = ?1", *name, err) : 0;
    if (l->n)
        *name = l->v[0];
    return rc;
}

/* Fills the names of the pair. The models that have results come best first. */
static int choose_pair(struct rf_bench *b, struct rf_db *db, const struct rf_bench_options *o, struct rf_err *err)
{
    struct rf_names models = { 0 };
    struct rf_names known[2] = { { 0 }, { 0 } };
    const char *strong = o->strong, *weak = o->weak;
    int rc = rf_names_read(&models, db,
                           "SELECT n.known_as FROM item i JOIN result r ON r.item = i.id JOIN model_name n ON n.id = "
                           "r.model WHERE i.bench = ?1 GROUP BY n.known_as ORDER BY avg(r.score) DESC, n.known_as",
                           o->name, err);
    if (rc || (rc = read_alias(&known[0], db, &strong, err)) || (rc = read_alias(&known[1], db, &weak, err)))
        goto out;
    if ((strong && !rf_names_have(&models, strong)) || (weak && !rf_names_have(&models, weak))) {
        rc = rf_names_unknown(&models, "model of this benchmark",
                              strong && !rf_names_have(&models, strong) ? strong : weak,
                              "`routefit ls benches` lists them", err);
        goto out;
    }
    if (models.n < 2) {
        rc = rf_fail(err, RF_USAGE, "benchmark \"%s\": models with results: found %zu, expected two to choose between",
                     o->name, models.n);
        goto out;
    }
    if ((!strong || !weak) && models.n != 2) {
        rc =
            rf_fail(err, RF_USAGE, "benchmark \"%s\" has results of %zu models: name the pair with --strong and --weak",
                    o->name, models.n);
        goto out;
    }
    if (!strong)
        strong = weak && !strcmp(weak, models.v[0]) ? models.v[1] : models.v[0];
    if (!weak)
        weak = strcmp(strong, models.v[0]) ? models.v[0] : models.v[1];
    if (!strcmp(strong, weak)) {
        rc = rf_fail(err, RF_USAGE, "--strong and --weak both name \"%s\": expected two models", strong);
        goto out;
    }
    if (!(b->name = rf_strndup(o->name, strlen(o->name), err)) ||
        !(b->strong_name = rf_strndup(strong, strlen(strong), err)) ||
        !(b->weak_name = rf_strndup(weak, strlen(weak), err)))
        rc = RF_FAIL;
out:
    rf_names_release(&models);
    rf_names_release(&known[0]);
    rf_names_release(&known[1]);
    return rc;
}

/* Two names of one model may have scored the same question: that is one score where they agree, and an error where not.
 */
static int check_aliases(const struct rf_bench *b, struct rf_db *db, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc =
        rf_stmt_new(&s, db,
                    "SELECT n.known_as, min(n.name), max(n.name), i.key FROM item i JOIN result r ON r.item = i.id "
                    "JOIN model_name n ON n.id = r.model WHERE i.bench = ?1 AND n.known_as IN (?2, ?3) AND EXISTS "
                    "(SELECT 1 FROM alias) GROUP BY i.id, r.turn, n.known_as HAVING min(r.score) < max(r.score) "
                    "LIMIT 1",
                    err);
    if (rc)
        goto out;
    rf_bind_text(s, 1, b->name);
    rf_bind_text(s, 2, b->strong_name);
    rf_bind_text(s, 3, b->weak_name);
    if ((rc = rf_step(s, err)) == 1)
        rc =
            rf_fail(err, RF_BAD_INPUT,
                    "benchmark \"%s\": found two scores of %s on question %s, under its names %s and %s, expected one: "
                    "take the alias back with routefit alias --remove",
                    b->name, rf_col_text(s, 0), rf_col_text(s, 3), rf_col_text(s, 1), rf_col_text(s, 2));
out:
    rf_stmt_free(s);
    return rc;
}

/* ---- contaminated texts ---- */

struct hashes {
    uint8_t (*v)[RF_SHA256_SIZE]; /* [n] ascending */
    size_t n;
};

static int hashes_read(struct hashes *h, struct rf_db *db, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int64_t n = 0;
    int rc = rf_db_int(db, &n, err, "SELECT count(*) FROM contaminated", 0, NULL);
    if (rc < 0 || (rc = RF_NEW(h->v, (size_t)n, err)) ||
        (rc = rf_stmt_new(&s, db, "SELECT hash FROM contaminated ORDER BY hash", err)))
        goto out;
    while (h->n < (size_t)n && (rc = rf_step(s, err)) == 1) {
        const struct rf_str hash = rf_col_str(s, 0);
        if (hash.len != RF_SHA256_SIZE) {
            rc = rf_fail(err, RF_CORRUPT, "table contaminated: found a hash of %zu bytes, expected %d", hash.len,
                         RF_SHA256_SIZE);
            goto out;
        }
        memcpy(h->v[h->n++], hash.s, RF_SHA256_SIZE);
    }
    rc = rc < 0 ? rc : 0;
out:
    rf_stmt_free(s);
    return rc;
}

static int by_hash(const void *a, const void *b)
{
    return memcmp(a, b, RF_SHA256_SIZE);
}

/* 1 where the text is listed, 0 where not. */
static int listed(const struct hashes *h, struct rf_str text, struct rf_err *err)
{
    uint8_t digest[RF_SHA256_SIZE];
    const int rc = rf_sha256_of(text.s, text.len, digest, err);
    return rc ? rc : bsearch(digest, h->v, h->n, sizeof *h->v, by_hash) != NULL;
}

/* The same for any turn of a prompt; more: JSON list of the later ones, .s NULL for none. */
static int any_listed(const struct hashes *h, struct rf_str text, struct rf_str more, struct rf_json_strings *turns,
                      struct rf_err *err)
{
    if (!h->n || !text.s)
        return 0;
    int rc = listed(h, text, err);
    if (rc || !more.s)
        return rc;
    if ((rc = rf_json_strings(more.s, more.len, turns, err)))
        return rf_fail_in(err, "prompt.more");
    for (size_t i = 0; i < turns->n && !rc; i++)
        rc = listed(h, turns->item[i], err);
    return rc;
}

/* ---- questions that overlap listed ---- */

const char *const rf_overlap_name[RF_OVERLAPS] = { "exact", "normalised", "near", "cosine" };

/* Counts a question by its leave_out.kind: 1 where it has one, 0 where not. */
static int count_left_out(struct rf_bench *b, struct rf_str kind, struct rf_err *err)
{
    for (int i = 0; kind.s && i < RF_OVERLAPS; i++)
        if (kind.len == strlen(rf_overlap_name[i]) && !memcmp(kind.s, rf_overlap_name[i], kind.len)) {
            b->left_out[i]++;
            return 1;
        }
    return kind.s ? rf_fail(err, RF_CORRUPT, "table leave_out: found kind '%.20s', expected one of overlap", kind.s)
                  : 0;
}

/* ---- items ---- */

enum column { PROMPT, TEXT, MORE, BYTES, STRONG_SUM, STRONG_TURNS, WEAK_SUM, WEAK_TURNS, GRADED, LEFT_OUT };

static const char items_sql[] = "SELECT i.prompt, q.text, q.more, q.bytes, "
                                "total(r.score) FILTER (WHERE r.name = ?2), count(*) FILTER (WHERE r.name = ?2), "
                                "total(r.score) FILTER (WHERE r.name = ?3), count(*) FILTER (WHERE r.name = ?3), "
                                "count(*) FILTER (WHERE r.score NOT IN (0, 1)), "
                                "(SELECT kind FROM leave_out l WHERE l.bench = i.bench AND l.prompt = i.prompt) "
                                "FROM item i LEFT JOIN prompt q ON q.id = i.prompt LEFT JOIN (SELECT DISTINCT s.item, "
                                "s.turn, s.score, n.known_as AS name FROM item j JOIN result s ON s.item = j.id JOIN "
                                "model_name n ON n.id = s.model WHERE j.bench = ?1 AND n.known_as IN (?2, ?3)) r ON "
                                "r.item = i.id WHERE i.bench = ?1 GROUP BY i.id ORDER BY i.id";

static int make_room(struct rf_bench *b, size_t n, struct rf_err *err)
{
    return RF_NEW(b->prompt, n, err) || RF_NEW(b->strong, n, err) || RF_NEW(b->weak, n, err) ||
                   RF_NEW(b->strong_sum, n, err) || RF_NEW(b->weak_sum, n, err) || RF_NEW(b->turns, n, err) ||
                   RF_NEW(b->bytes, n, err) || RF_NEW(b->text_at, n, err) || RF_NEW(b->text_len, n, err) ||
                   RF_NEW(b->strong_all, n, err) || RF_NEW(b->weak_all, n, err)
               ? RF_FAIL
               : 0;
}

/* Takes in the row on which s stands; 0 or an rf_code. */
static int take_item(struct rf_bench *b, struct rf_stmt *s, const struct rf_bench_options *o, const struct hashes *h,
                     struct rf_json_strings *turns, struct rf_err *err)
{
    const int64_t judged = rf_col_int(s, STRONG_TURNS);
    const double strong = rf_col_real(s, STRONG_SUM), weak = rf_col_real(s, WEAK_SUM);
    const struct rf_str text = rf_col_str(s, TEXT);
    b->items++;
    if (!judged || judged != rf_col_int(s, WEAK_TURNS)) {
        b->missing++;
        return 0;
    }
    b->right_wrong = b->right_wrong && !rf_col_int(s, GRADED);
    b->strong_all[b->n_all] = strong / (double)judged;
    b->weak_all[b->n_all] = weak / (double)judged;
    b->n_all++;
    const int dirty = o->keep_contaminated ? 0 : any_listed(h, text, rf_col_str(s, MORE), turns, err);
    if (dirty < 0)
        return dirty;
    if (dirty) {
        b->contaminated++;
        return 0;
    }
    const int known = o->keep_contaminated ? 0 : count_left_out(b, rf_col_str(s, LEFT_OUT), err);
    if (known)
        return known < 0 ? known : 0;
    const size_t i = b->n++;
    b->prompt[i] = rf_col_int(s, PROMPT);
    b->strong[i] = strong / (double)judged;
    b->weak[i] = weak / (double)judged;
    b->strong_sum[i] = strong;
    b->weak_sum[i] = weak;
    b->turns[i] = (size_t)judged;
    b->bytes[i] = rf_col_real(s, BYTES);
    b->text_at[i] = b->texts.len;
    b->text_len[i] = text.len;
    return rf_buf_add(&b->texts, text.s, text.len, err);
}

static int read_items(struct rf_bench *b, struct rf_db *db, const struct rf_bench_options *o, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct hashes h = { 0 };
    struct rf_json_strings turns = { 0 };
    int64_t n = 0;
    int rc = rf_db_int(db, &n, err, "SELECT count(*) FROM item WHERE bench = ?1", 1, &o->name);
    if (rc < 0 || (rc = make_room(b, (size_t)n, err)) || (rc = hashes_read(&h, db, err)) ||
        (rc = rf_stmt_new(&s, db, items_sql, err)))
        goto out;
    rf_bind_text(s, 1, b->name);
    rf_bind_text(s, 2, b->strong_name);
    rf_bind_text(s, 3, b->weak_name);
    b->right_wrong = true;
    while (b->items < (size_t)n && (rc = rf_step(s, err)) == 1)
        if ((rc = take_item(b, s, o, &h, &turns, err)))
            goto out;
    rc = rc < 0 ? rc : 0;
    if (!rc && !b->n)
        rc = rf_fail(
            err, RF_BAD_INPUT,
            "benchmark \"%s\": no item is left of %zu (%zu lack a score of \"%s\" or \"%s\", %zu are contaminated or "
            "overlap)",
            b->name, b->items, b->missing, b->strong_name, b->weak_name, b->n_all);
out:
    rf_stmt_free(s);
    rf_json_strings_release(&turns);
    rf_free(h.v);
    return rc;
}

static int fingerprint(struct rf_bench *b, struct rf_err *err)
{
    struct rf_sha256 *h = NULL;
    int rc = rf_sha256_new(&h, err);
    if (!rc && !(rc = rf_sha256_add(h, b->prompt, b->n * sizeof *b->prompt, err)) &&
        !(rc = rf_sha256_add(h, b->strong, b->n * sizeof *b->strong, err)) &&
        !(rc = rf_sha256_add(h, b->weak, b->n * sizeof *b->weak, err)))
        rc = rf_sha256_end_hex(h, b->sha256, err);
    rf_sha256_free(h);
    return rc;
}

int rf_bench_given(const struct rf_list *bench, struct rf_err *err)
{
    for (size_t i = 1; i < bench->n; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(bench->v[i], bench->v[j]))
                return rf_fail(err, RF_USAGE, "--bench: found benchmark \"%s\" twice, expected it once", bench->v[i]);
    return bench->n
               ? 0
               : rf_fail(err, RF_USAGE, "found no benchmark, expected --bench NAME; `routefit ls benches` lists them");
}

int rf_bench_load(struct rf_bench *b, struct rf_db *db, const struct rf_bench_options *o, struct rf_err *err)
{
    int rc;
    *b = (struct rf_bench){ 0 };
    if ((rc = check_bench(db, o->name, err)) || (rc = choose_pair(b, db, o, err)) || (rc = check_aliases(b, db, err)) ||
        (rc = read_items(b, db, o, err)))
        return rc;
    return fingerprint(b, err);
}

void rf_bench_release(struct rf_bench *b)
{
    void *const owned[] = { b->name,    b->strong_name, b->weak_name,  b->prompt,  b->strong,
                            b->weak,    b->strong_sum,  b->weak_sum,   b->turns,   b->bytes,
                            b->text_at, b->text_len,    b->strong_all, b->weak_all };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        rf_free(owned[i]);
    rf_buf_release(&b->texts);
    *b = (struct rf_bench){ 0 };
}

double rf_bench_scale(const struct rf_bench *b)
{
    return b->right_wrong ? 100 : 1;
}

struct rf_str rf_bench_text(const struct rf_bench *b, size_t i)
{
    return (struct rf_str){ b->texts.data ? b->texts.data + b->text_at[i] : "", b->text_len[i] };
}
