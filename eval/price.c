/* Prices by name and day. */
#include "eval/price.h"

#include <math.h>
#include <stdio.h>

#define NAMES_OF(i)                                                                                                    \
    "(SELECT " i " UNION SELECT known_as FROM alias WHERE name = " i " UNION SELECT a.name FROM alias a WHERE "        \
    "a.known_as = coalesce((SELECT known_as FROM alias WHERE name = " i "), " i "))"

int rf_price_find(struct rf_price_of *p, struct rf_db *db, const char *model, const char *date, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db,
                         "SELECT input, output, request, valid_from, ?2 IS NULL OR valid_from IS NULL OR valid_from <= "
                         "?2 AS holds FROM price WHERE model IN " NAMES_OF(
                             "?1") " ORDER BY holds DESC, valid_from DESC, source DESC, line LIMIT 1",
                         err);
    if (rc)
        goto out;
    rf_bind_text(s, 1, model);
    rf_bind_text(s, 2, date);
    if ((rc = rf_step(s, err)) < 0)
        goto out;
    if (!rc)
        rc = rf_fail(err, RF_USAGE,
                     "no price list has \"%s\": ingest one, or say with `routefit alias` under which name it stands "
                     "(`routefit ls prices` shows them)",
                     model);
    else if (!rf_col_int(s, 4))
        rc = rf_fail(err, RF_USAGE, "no price of \"%s\" holds on %s: the first is of %s", model, date,
                     rf_col_text(s, 3));
    else {
        const char *const day = rf_col_text(s, 3);
        p->input = rf_col_real(s, 0);
        p->output = rf_col_real(s, 1);
        p->request = rf_col_null(s, 2) ? 0 : rf_col_real(s, 2);
        snprintf(p->date, sizeof p->date, "%s", day ? day : "");
        rc = 0;
    }
out:
    rf_stmt_free(s);
    return rc;
}

int rf_price_output_tokens(double *tokens, struct rf_db *db, const char *model, double bytes_per_token,
                           struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db,
                         "SELECT avg(r.output_tokens), avg(r.response_bytes) FROM result r JOIN model_name n ON n.id = "
                         "r.model WHERE n.known_as IN " NAMES_OF("?1"),
                         err);
    *tokens = NAN;
    if (rc)
        goto out;
    rf_bind_text(s, 1, model);
    if ((rc = rf_step(s, err)) < 0)
        goto out;
    if (rc == 1)
        *tokens = rf_col_null(s, 0) ? rf_col_real(s, 1) / bytes_per_token : rf_col_real(s, 0);
    rc = 0;
out:
    rf_stmt_free(s);
    return rc;
}
