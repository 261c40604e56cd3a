/* The SQL of train/votes.c that is about names and rows. Refuses names that the database does not hold: a misspelt
 * filter would otherwise look like a lack of data. */
#include "train/votes_sql.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"

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
    const int rc = check_list(db, &f->source, "--source", "SELECT 1 FROM source WHERE name = ?1",
                              "SELECT name FROM source WHERE id IN (SELECT source FROM preference) ORDER BY name", err);
    return rc ? rc
              : check_list(db, &f->judge, "--judge", "SELECT 1 FROM preference WHERE judge = ?1 LIMIT 1",
                           "SELECT DISTINCT judge FROM preference ORDER BY judge", err);
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

int rf_votes_read(struct rf_votes *v, struct rf_db *db, const struct rf_votes_filter *f, struct rf_raw_vote **raw,
                  size_t *n, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct rf_raw_vote *list = NULL;
    size_t count = 0, cap = 0;
    int rc;
    if ((rc = rf_stmt_new(&s, db,
                          "WITH one AS MATERIALIZED (SELECT id, min(id) OVER (PARTITION BY known_as) AS model FROM "
                          "model_name)"
                          " SELECT p.prompt, a.model, b.model, p.winner, p.weight, p.judge, s.name"
                          " FROM preference p JOIN source s ON s.id = p.source JOIN one a ON a.id = p.model_a"
                          " JOIN one b ON b.id = p.model_b ORDER BY p.id",
                          err)))
        goto out;
    while ((rc = rf_step(s, err)) == 1) {
        const struct rf_raw_vote r = { rf_col_int(s, 0), rf_col_int(s, 1), rf_col_int(s, 2), rf_col_real(s, 4),
                                       winner_of(rf_col_text(s, 3)) };
        const int out = !passes(&f->source, rf_col_text(s, 6))                     ? RF_OUT_SOURCE
                        : !passes(&f->judge, rf_col_text(s, 5))                    ? RF_OUT_JUDGE
                        : rf_col_null(s, 3)                                        ? RF_OUT_UNPARSED
                        : rf_col_null(s, 0)                                        ? RF_OUT_NO_PROMPT
                        : r.a == r.b                                               ? RF_OUT_SAME_MODEL
                        : !rf_col_null(s, 4) && !(r.weight > 0 && r.weight < 1e30) ? RF_OUT_WEIGHT
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
out:
    rf_stmt_free(s);
    if (rc < 0) {
        rf_free(list);
        return rc;
    }
    *raw = list;
    *n = count;
    return 0;
}
