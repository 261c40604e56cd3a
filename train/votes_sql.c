/* The SQL of train/votes.c that is about names and rows. Refuses names that the database does not hold: a misspelt
 * filter would otherwise look like a lack of data. */
#include "train/votes_sql.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "train/judges.h"
#include "train/result_votes.h"

int rf_join_names(struct rf_db *db, const char *sql, struct rf_buf *b, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, sql, err);
    while (!rc && (rc = rf_step(s, err)) == 1)
        rc = rf_buf_printf(b, err, "%s%s", b->len ? ", " : "", rf_col_text(s, 0));
    rf_stmt_free(s);
    return rc;
}

/* found: SELECT with ?1, one row where the name is known; known: SELECT of all names. */
static int check_list(struct rf_db *db, const struct rf_list *list, const char *option, const char *found,
                      const char *known, struct rf_err *err)
{
    for (size_t i = 0; i < list->n; i++) {
        int64_t one;
        int rc = rf_db_int(db, &one, err, found, 1, &list->v[i]);
        if (rc == 0) {
            struct rf_buf all = { 0 };
            if (!(rc = rf_join_names(db, known, &all, err)))
                rc = rf_fail(err, RF_USAGE, "%s %s: the database has no vote of that name; it has %s", option,
                             list->v[i], all.len ? all.data : "no votes");
            rf_buf_release(&all);
        }
        if (rc < 0)
            return rc;
    }
    return 0;
}

int rf_votes_check_names(struct rf_db *db, const struct rf_votes_filter *f, struct rf_err *err)
{
    return check_list(db, &f->source, "--source", "SELECT 1 FROM source WHERE name = ?1",
                      "SELECT name FROM source WHERE id IN (SELECT source FROM preference) ORDER BY name", err);
}

static bool passes(const struct rf_list *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->v[i], name) == 0)
            return true;
    return list->n == 0;
}

static enum rf_winner winner_of(const char *word)
{
    static const char *const words[] = { [RF_WINS_A] = "a", [RF_WINS_B] = "b", [RF_TIE] = "tie" };
    for (int i = RF_WINS_A; word && i <= RF_TIE; i++)
        if (strcmp(word, words[i]) == 0)
            return (enum rf_winner)i;
    return RF_BOTH_BAD; /* the table's CHECK leaves no fifth */
}

/* The columns of a vote, and of the same judge's verdict on the same pair in the other order. */
enum { PROMPT, MODEL_A, MODEL_B, WINNER, WEIGHT, JUDGE, SOURCE, ID, OTHER, OTHER_WINNER, OTHER_WEIGHT, OTHER_SOURCE };
static const char sql[] =
    "WITH one AS MATERIALIZED (SELECT id, min(id) OVER (PARTITION BY known_as) AS model FROM model_name)"
    " SELECT p.prompt, a.model, b.model, p.winner, p.weight, p.judge, s.name, p.id, q.id, q.winner, q.weight, t.name"
    " FROM preference p JOIN source s ON s.id = p.source JOIN one a ON a.id = p.model_a JOIN one b ON b.id = p.model_b"
    " LEFT JOIN preference q ON ?1 AND q.origin = p.origin AND q.key = p.key AND q.judge = p.judge"
    " AND coalesce(q.shown_first, '') = CASE p.shown_first WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' END"
    " AND q.model_a = p.model_a AND q.model_b = p.model_b LEFT JOIN source t ON t.id = q.source ORDER BY p.id";

static double weight_in(struct rf_stmt *s, int column)
{
    return rf_col_null(s, column) ? 1 : rf_col_real(s, column);
}

static bool is_weight(double w)
{
    return w > 0 && w < 1e30;
}

/* Merges the vote with that of the other order, if it too can be read and counts; true where it stands there. */
static bool stands_elsewhere(struct rf_stmt *s, const struct rf_list *source, double trust, struct rf_raw_vote *r)
{
    const double other = rf_col_null(s, OTHER) ? 0 : weight_in(s, OTHER_WEIGHT) * trust;
    if (!is_weight(other) || rf_col_null(s, OTHER_WINNER) || !passes(source, rf_col_text(s, OTHER_SOURCE)))
        return false;
    if (rf_col_int(s, OTHER) < rf_col_int(s, ID))
        return true;
    if (winner_of(rf_col_text(s, OTHER_WINNER)) != r->winner)
        r->winner = RF_TIE;
    r->weight = (r->weight + other) / 2;
    return false;
}

int rf_votes_read(struct rf_votes *v, struct rf_db *db, const struct rf_votes_filter *f, struct rf_raw_vote **raw,
                  size_t *n, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct rf_raw_vote *list = NULL;
    struct rf_judges judges = { 0 };
    size_t count = 0, cap = 0;
    int rc = rf_judges_parse(&judges, db, &f->votes, err);
    if (rc || (rc = rf_stmt_new(&s, db, sql, err)))
        goto out;
    rf_bind_int(s, 1, f->orders == RF_ORDERS_MERGE);
    while ((rc = rf_step(s, err)) == 1) {
        const double trust = rf_judges_weight(&judges, rf_col_text(s, JUDGE));
        struct rf_raw_vote r = { rf_col_int(s, PROMPT), rf_col_int(s, MODEL_A), rf_col_int(s, MODEL_B),
                                 weight_in(s, WEIGHT) * trust, winner_of(rf_col_text(s, WINNER)) };
        const int out = !passes(&f->source, rf_col_text(s, SOURCE))  ? RF_OUT_SOURCE
                        : isnan(trust)                               ? RF_OUT_JUDGE
                        : rf_col_null(s, WINNER)                     ? RF_OUT_UNPARSED
                        : rf_col_null(s, PROMPT) && !f->promptless   ? RF_OUT_NO_PROMPT
                        : r.a == r.b                                 ? RF_OUT_SAME_MODEL
                        : !is_weight(r.weight)                       ? RF_OUT_WEIGHT
                        : stands_elsewhere(s, &f->source, trust, &r) ? RF_OUT_ORDER
                                                                     : -1;
        v->read++;
        if (out >= 0) {
            v->left_out[out]++;
            continue;
        }
        if (count == cap) {
            const size_t more = cap ? cap * 2 : 1024;
            struct rf_raw_vote *grown = rf_regrow(list, count, more, sizeof *list, err);
            if (!grown) {
                rc = RF_FAIL;
                goto out;
            }
            list = grown;
            cap = more;
        }
        list[count++] = r;
    }
    for (size_t i = 0; i < judges.benches && !rc; i++)
        rc = rf_result_votes(v, db, judges.bench[i], judges.trust[i], &f->source, &list, &count, err);
out:
    rf_stmt_free(s);
    rf_judges_release(&judges);
    if (rc < 0) {
        rf_free(list);
        return rc;
    }
    *raw = list;
    *n = count;
    return 0;
}

/* ---- models ---- */

struct named {
    const char *name; /* owned */
    int64_t id;
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->name, ((const struct named *)b)->name);
}

int rf_name_models(struct rf_db *db, const int64_t *id, size_t n, char ***model, uint32_t *of, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct named *m = NULL;
    size_t known = 0;
    int rc;
    if ((rc = RF_NEW(m, n, err)) || (rc = RF_NEW(*model, n, err)) ||
        (rc = rf_stmt_new(&s, db, "SELECT id, known_as FROM model_name ORDER BY id", err)))
        goto out;
    while (known < n && (rc = rf_step(s, err)) == 1) {
        if (rf_col_int(s, 0) != id[known])
            continue;
        const struct rf_str name = rf_col_str(s, 1);
        m[known].id = (int64_t)known;
        if (!(m[known].name = rf_strndup(name.s, name.len, err))) {
            rc = RF_FAIL;
            goto out;
        }
        known++;
    }
    if (rc < 0)
        goto out;
    rc = 0;
    qsort(m, n, sizeof *m, compare_names);
    for (size_t i = 0; i < n; i++) {
        (*model)[i] = (char *)(uintptr_t)m[i].name;
        of[m[i].id] = (uint32_t)i;
    }
    known = 0; /* the names are the votes' now */
out:
    for (size_t i = 0; i < known; i++)
        rf_free((void *)(uintptr_t)m[i].name);
    rf_free(m);
    rf_stmt_free(s);
    return rc;
}
