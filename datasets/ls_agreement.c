/* `routefit ls agreement`: how often two judges say the same of a pair, with exact intervals. */
#include "core/share.h"
#include "datasets/ls.h"

/* A pair that a judge saw in both orders counts once: as a tie where the two verdicts differ. */
static const char sql[] =
    "WITH v AS MATERIALIZED (SELECT origin, key, judge, CASE WHEN min(w) = max(w) THEN min(w) ELSE 0 END AS w FROM "
    "(SELECT origin, key, judge, CASE winner WHEN 'a' THEN model_a WHEN 'b' THEN model_b ELSE 0 END AS w FROM "
    "preference "
    "WHERE key IS NOT NULL AND winner IS NOT NULL) GROUP BY origin, key, judge)"
    " SELECT a.judge, b.judge, count(*), sum(a.w = b.w), sum(a.w > 0 AND b.w > 0), sum(a.w > 0 AND a.w = b.w) FROM v a "
    "JOIN v b ON b.origin = a.origin AND b.key = a.key AND a.judge <> 'human' AND (b.judge = 'human' OR b.judge > "
    "a.judge)"
    " GROUP BY a.judge, b.judge ORDER BY a.judge, b.judge = 'human' DESC, b.judge";

static int put_share(struct rf_table *t, int64_t same, int64_t n, struct rf_err *err)
{
    double low, high;
    int rc = rf_table_int(t, n, err);
    for (int i = 0; i < 3 && !n && !rc; i++)
        rc = rf_table_missing(t, err);
    if (rc || !n)
        return rc;
    rf_share_interval((size_t)same, (size_t)n, .95, &low, &high);
    if ((rc = rf_table_real(t, 100. * (double)same / (double)n, err)) || (rc = rf_table_real(t, 100 * low, err)))
        return rc;
    return rf_table_real(t, 100 * high, err);
}

int rf_ls_agreement(struct rf_db *db, struct rf_table *t, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, sql, err);
    while (!rc && (rc = rf_step(s, err)) == 1)
        (void)((rc = rf_table_text(t, rf_col_text(s, 0), err)) || (rc = rf_table_text(t, rf_col_text(s, 1), err)) ||
               (rc = put_share(t, rf_col_int(s, 3), rf_col_int(s, 2), err)) ||
               (rc = put_share(t, rf_col_int(s, 5), rf_col_int(s, 4), err)));
    rf_stmt_free(s);
    return rc;
}
