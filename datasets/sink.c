/* The life of a sink: one source after another, rows counted, drops judged. What the rows mean stands in sink_rows.c.
 * Refuses a file of which too much would be dropped: then the caller rolls everything back. */
#include "datasets/sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "datasets/field.h"
#include "datasets/sink_impl.h"

enum { FEW_DROPS = 10, POLL_ROWS = 256, MOST_UNUSED = 400 };

/* The statement of row_add for n rows. */
static int add_rows_new(struct rf_stmt **out, struct rf_db *db, int n, struct rf_err *err)
{
    struct rf_buf sql = { 0 };
    int rc = rf_buf_printf(&sql, err, "INSERT INTO source_row (source, row, prompt) VALUES ");
    for (int i = 0; !rc && i < n; i++)
        rc = rf_buf_printf(&sql, err, "%s(?1, ?%d, ?%d)", i ? ", " : "", 2 * i + 2, 2 * i + 3);
    if (!rc && !(rc = rf_buf_printf(&sql, err, " ON CONFLICT DO NOTHING")))
        rc = rf_stmt_new(out, db, sql.data, err);
    rf_buf_release(&sql);
    return rc;
}

int rf_sink_new(struct rf_sink **out, struct rf_db *db, const struct rf_sink_options *o, struct rf_err *err)
{
    struct rf_sink *s = NULL;
    int64_t prices = 0;
    int rc = RF_NEW(s, 1, err);
    if (rc)
        return rc;
    const struct {
        struct rf_stmt **stmt;
        const char *sql;
    } all[] = {
        { &s->source_add,
          "INSERT INTO source (name, path, sha256, format, bytes, rows_read, rows_kept, rows_known, rows_dropped, "
          "repaired, added_at) VALUES (?1, ?2, '', ?3, 0, 0, 0, 0, 0, 0, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'))" },
        { &s->source_end, "UPDATE source SET sha256 = ?2, bytes = ?3, rows_read = ?4, rows_kept = ?5, rows_known = ?6, "
                          "rows_dropped = ?7, repaired = ?8, missing = ?9 WHERE id = ?1" },
        { &s->drop_add, "INSERT INTO dropped (source, line, reason, field, found, expected) VALUES (?1, ?2, ?3, ?4, "
                        "?5, ?6)" },
        { &s->vote_get,
          "SELECT model_a, model_b, winner, prompt FROM preference WHERE origin = ?1 AND key = ?2 AND judge = ?3 AND "
          "coalesce(shown_first, '') = ?4" },
        { &s->vote_add,
          "INSERT INTO preference (source, line, origin, key, prompt, model_a, model_b, winner, judge, weight, "
          "response_a_bytes, response_a_hash, response_b_bytes, response_b_hash, shown_first, score_a, score_b, task) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)" },
        { &s->item_get, "SELECT i.id, i.prompt, p.hash, i.task, p.text IS NULL FROM item i LEFT JOIN prompt p ON p.id "
                        "= i.prompt WHERE i.bench "
                        "= ?1 AND i.key = ?2" },
        { &s->item_add, "INSERT INTO item (source, line, bench, task, key, prompt) VALUES (?1, ?2, ?3, ?4, ?5, ?6)" },
        { &s->item_prompt, "UPDATE item SET prompt = ?2 WHERE id = ?1" },
        { &s->item_task, "UPDATE item SET task = ?2 WHERE id = ?1" },
        { &s->price_get,
          "SELECT input * ?2 + output * ?3 + coalesce(request, 0) AS dollars FROM price WHERE model = ?1 AND "
          "input IS NOT NULL AND output IS NOT NULL ORDER BY abs(dollars - ?4) LIMIT 1" },
        { &s->result_get, "SELECT score FROM result WHERE item = ?1 AND model = ?2 AND turn = ?3" },
        { &s->contaminated_add, "INSERT INTO contaminated (source, hash) VALUES (?1, ?2) ON CONFLICT DO NOTHING" },
        { &s->price_add, "INSERT INTO price (source, model, provider, input, output, request, valid_from, line) VALUES "
                         "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)" },
        { &s->score_get, "SELECT score FROM external_score WHERE router = ?1 AND prompt = ?2" },
        { &s->score_add, "INSERT INTO external_score (source, router, prompt, score) VALUES (?1, ?2, ?3, ?4)" },
    };
    s->db = db;
    s->o = *o;
    rc = rf_store_init(&s->store, db, err);
    for (size_t i = 0; !rc && i < sizeof all / sizeof *all; i++)
        rc = rf_stmt_new(all[i].stmt, db, all[i].sql, err);
    if (!rc)
        rc = rf_result_batch_init(&s->results, db, err);
    if (!rc && (rc = rf_db_int(db, &prices, err, "SELECT EXISTS (SELECT 1 FROM price)", 0, NULL)) >= 0) {
        s->priced = prices;
        rc = 0;
    }
    if (!rc && !(rc = add_rows_new(&s->row_add, db, 1, err)))
        rc = add_rows_new(&s->rows_add, db, RF_ROWS_TOGETHER, err);
    if (!rc && (rc = rf_db_defer_index(db, RF_VOTE_KEYS, err)) >= 0) {
        s->knows_votes = rc == 1;
        rc = 0;
    }
    if (rc)
        rf_sink_free(s);
    else
        *out = s;
    return rc;
}

void rf_sink_free(struct rf_sink *s)
{
    if (!s)
        return;
    struct rf_stmt *const all[] = { s->source_add,       s->source_end, s->drop_add,   s->row_add,   s->rows_add,
                                    s->vote_get,         s->vote_add,   s->item_get,   s->item_add,  s->item_prompt,
                                    s->item_task,        s->price_get,  s->result_get, s->price_add, s->score_get,
                                    s->contaminated_add, s->score_add };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        rf_stmt_free(all[i]);
    rf_result_batch_release(&s->results);
    rf_store_release(&s->store);
    rf_seen_release(&s->votes);
    rf_buf_release(&s->unused);
    rf_buf_release(&s->asked.words);
    rf_buf_release(&s->asked.other);
    rf_free(s->reason);
    rf_free(s->note);
    rf_free(s);
}

int rf_sink_begin(struct rf_sink *s, const struct rf_input *in, const char *name, const char *path, const char *format,
                  struct rf_err *err)
{
    s->in = in;
    s->path = path;
    s->name = (struct rf_str){ name, strlen(name) };
    s->count = (struct rf_sink_count){ 0 };
    s->nreason = s->nnote = 0;
    s->unused.len = 0;
    s->row = ROW_NOTHING;
    s->nplace = 0;
    s->asked.words.len = 0;
    s->reject_mark = s->o.rejects ? rf_rejects_mark(s->o.rejects) : 0;
    rf_bind_text(s->source_add, 1, name);
    rf_bind_text(s->source_add, 2, path);
    rf_bind_text(s->source_add, 3, format);
    const int rc = rf_run(s->source_add, err);
    if (rc)
        return rc;
    s->source = rf_db_last_id(s->db);
    rf_progress_start(&s->progress, path, "bytes", rf_input_total(in));
    return 0;
}

/* The row read last is complete: into which column of the summary does it go? */
static void count_row(struct rf_sink *s)
{
    s->count.kept += s->row == ROW_ADDED;
    s->count.known += s->row == ROW_KNOWN || s->row == ROW_ASKED;
    s->row = ROW_NOTHING;
}

int rf_sink_row(struct rf_sink *s, struct rf_err *err)
{
    count_row(s);
    s->count.rows++;
    return s->count.rows % POLL_ROWS ? 0 : rf_progress_step(&s->progress, rf_input_done(s->in), NULL, err);
}

/* "12 bad JSON (first: line 7: found ...), 3 empty prompt (...)" */
static int list_reasons(const struct rf_sink *s, struct rf_buf *out, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < s->nreason; i++) {
        const struct rf_sink_reason *r = &s->reason[i];
        rc = rf_buf_printf(out, err, "%s%llu \"%s\" (first on line %llu: %.160s)", i ? ", " : "",
                           (unsigned long long)r->n, r->reason, (unsigned long long)r->line, r->detail);
    }
    return rc;
}

static int too_many(const struct rf_sink *s, const char *limit, struct rf_err *err)
{
    struct rf_buf why = { 0 };
    int rc = list_reasons(s, &why, err);
    if (!rc)
        rc = rf_fail(
            err, RF_BAD_INPUT,
            "%s: found %llu rows or cells to drop in %llu rows, expected %s; nothing was stored: %s; %s%s, check "
            "--as and the file, or allow it with --max-errors N",
            s->path, (unsigned long long)s->count.dropped, (unsigned long long)s->count.rows, limit,
            why.data ? why.data : "", s->o.rejects ? "all are written to " : "list all with --rejects FILE",
            s->o.rejects ? rf_rejects_name(s->o.rejects) : "");
    rf_buf_release(&why);
    return rc;
}

int rf_sink_end(struct rf_sink *s, const uint8_t sha256[RF_SHA256_SIZE], uint64_t bytes, struct rf_err *err)
{
    char hex[RF_SHA256_HEX];
    const struct rf_sink_count *c = &s->count;
    struct rf_buf id = { 0 };
    count_row(s);
    rf_progress_end(&s->progress);
    if (s->o.max_errors < 0 && c->dropped > FEW_DROPS && c->dropped > c->rows / 100)
        return too_many(s, "at most 1%", err);
    if (s->o.max_errors < 0 && c->dropped && c->kept + c->known == 0)
        return too_many(s, "one to keep at least", err);
    rf_sha256_hex(sha256, hex);
    const bool dated = c->prices && s->o.date;
    int rc = rf_buf_printf(&id, err, "%s%s%s", hex, dated ? "@" : "", dated ? s->o.date : "");
    if (rc)
        goto out;
    rf_bind_int(s->source_end, 1, s->source);
    rf_bind_text(s->source_end, 2, id.data);
    const uint64_t value[] = { bytes, c->rows, c->kept, c->known, c->dropped, c->repaired, c->missing };
    for (int i = 0; i < (int)(sizeof value / sizeof *value); i++)
        rf_bind_int(s->source_end, 3 + i, (int64_t)value[i]);
    if (!(rc = rf_result_batch_flush(&s->results, err)) && !(rc = rf_run(s->source_end, err)) &&
        !(rc = rf_sink_flush(s, err)))
        rc = rf_store_settle(&s->store, err);
out:
    rf_buf_release(&id);
    return rc;
}

int rf_sink_undo(struct rf_sink *s, struct rf_err *err)
{
    const int rc = s->o.rejects ? rf_rejects_forget(s->o.rejects, s->reject_mark, err) : 0;
    rf_progress_end(&s->progress);
    s->count = (struct rf_sink_count){ 0 };
    s->nreason = s->nnote = 0;
    s->asked.words.len = 0;
    if (rc)
        return rc;
    int no = rf_sink_ask_for_votes(s, err);
    if (!no)
        no = rf_result_batch_reload(&s->results, err);
    return no ? no : rf_store_reload(&s->store, err);
}

/* ---- drops ---- */

/* Counts one more of a kind. */
static int count_reason(struct rf_sink_reason **list, size_t *n, const char *reason, uint64_t line, const char *detail,
                        struct rf_err *err)
{
    size_t i = 0;
    while (i < *n && strcmp((*list)[i].reason, reason) != 0)
        i++;
    if (i == *n) {
        struct rf_sink_reason *p = rf_regrow(*list, *n, *n + 1, sizeof *p, err);
        if (!p)
            return RF_FAIL;
        *list = p;
        ++*n;
        p[i] = (struct rf_sink_reason){ .reason = reason, .line = line };
        snprintf(p[i].detail, sizeof p[i].detail, "%s", detail);
    }
    (*list)[i].n++;
    return 0;
}

int rf_sink_note(struct rf_sink *s, uint64_t line, const char *what, struct rf_err *err, const char *detail, ...)
{
    char text[RF_DETAIL];
    va_list ap;
    va_start(ap, detail);
    vsnprintf(text, sizeof text, detail, ap);
    va_end(ap);
    return count_reason(&s->note, &s->nnote, what, line, text, err);
}

int rf_sink_drop(struct rf_sink *s, uint64_t line, const char *field, const char *reason, const char *expected,
                 struct rf_err *err, const char *found, ...)
{
    char text[RF_DETAIL], detail[RF_DETAIL], limit[64];
    va_list ap;
    va_start(ap, found);
    vsnprintf(text, sizeof text, found, ap);
    va_end(ap);
    snprintf(detail, sizeof detail, "%s%s%s%.300s%s%s", field ? field : "", field ? ": " : "", expected ? "found " : "",
             text, expected ? ", expected " : "", expected ? expected : "");
    s->count.dropped++;
    if (s->row < ROW_DROPPED)
        s->row = ROW_DROPPED;
    rf_bind_int(s->drop_add, 1, s->source);
    rf_bind_int(s->drop_add, 2, (int64_t)line);
    rf_bind_text(s->drop_add, 3, reason);
    rf_bind_text(s->drop_add, 4, field);
    rf_bind_text(s->drop_add, 5, text);
    rf_bind_text(s->drop_add, 6, expected);
    int rc = rf_run(s->drop_add, err);
    if (!rc && s->o.rejects)
        rc = rf_rejects_add(s->o.rejects,
                            &(struct rf_reject){ s->path, s->name.s, line, field, reason, text, expected }, err);
    if (!rc)
        rc = count_reason(&s->reason, &s->nreason, reason, line, detail, err);
    if (!rc && s->o.max_errors >= 0 && s->count.dropped > (uint64_t)s->o.max_errors) {
        snprintf(limit, sizeof limit, "at most %lld (--max-errors)", (long long)s->o.max_errors);
        rc = too_many(s, limit, err);
    }
    return rc;
}

int rf_sink_drop_why(struct rf_sink *s, uint64_t line, const char *field, const char *reason, const struct rf_err *why,
                     struct rf_err *err)
{
    static const char found[] = "found ", expected[] = ", expected ";
    if (why->code != RF_BAD_INPUT)
        return rf_fail(err, why->code, "%s", why->msg);
    const char *const at = strstr(why->msg, found), *const split = at ? strstr(at, expected) : NULL;
    if (!split)
        return rf_sink_drop(s, line, field, reason, NULL, err, "%s", why->msg);
    return rf_sink_drop(s, line, field, reason, split + sizeof expected - 1, err, "%.*s%.*s", (int)(at - why->msg),
                        why->msg, (int)(split - at - (ptrdiff_t)sizeof found + 1), at + sizeof found - 1);
}

void rf_sink_repaired(struct rf_sink *s, size_t n)
{
    s->count.repaired += n;
}

int rf_sink_unused(struct rf_sink *s, struct rf_str name, struct rf_err *err)
{
    char shown[RF_SHOWN];
    if (!name.len || s->unused.len > MOST_UNUSED)
        return 0;
    rf_field_show(name, shown);
    const char *seen = s->unused.len ? strstr(s->unused.data, shown) : NULL;
    return seen ? 0 : rf_buf_printf(&s->unused, err, "%s%s", s->unused.len ? ", " : "", shown);
}

/* ---- what it knows ---- */

struct rf_str rf_sink_name(const struct rf_sink *s)
{
    return s->name;
}

const char *rf_sink_path(const struct rf_sink *s)
{
    return s->path;
}

struct rf_mapping *rf_sink_mapping(const struct rf_sink *s)
{
    return s->o.mapping;
}

bool rf_sink_reads_responses(const struct rf_sink *s)
{
    return s->o.responses != RF_KEEP_NONE;
}

const char *rf_sink_judge(const struct rf_sink *s)
{
    return s->o.judge;
}

const char *rf_sink_bench(const struct rf_sink *s)
{
    return s->o.bench;
}

const struct rf_sink_count *rf_sink_counts(const struct rf_sink *s)
{
    return &s->count;
}

const struct rf_sink_reason *rf_sink_reasons(const struct rf_sink *s, size_t *n)
{
    *n = s->nreason;
    return s->reason;
}

const struct rf_sink_reason *rf_sink_notes(const struct rf_sink *s, size_t *n)
{
    *n = s->nnote;
    return s->note;
}

const char *rf_sink_unused_names(const struct rf_sink *s)
{
    return s->unused.len ? s->unused.data : "";
}
