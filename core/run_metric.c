/* Figures of a run: one statement, a row each. */
#include "core/run_metric.h"

#include <math.h>

int rf_run_metric_new(struct rf_stmt **s, struct rf_db *db, int64_t run, struct rf_err *err)
{
    const int rc = rf_stmt_new(s, db,
                               "INSERT INTO metric(run, bench, router, name, value, low, high) "
                               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                               err);
    if (!rc)
        rf_bind_int(*s, 1, run);
    return rc;
}

int rf_run_metric(struct rf_stmt *s, const char *bench, const char *router, const char *name, double value, double low,
                  double high, struct rf_err *err)
{
    if (isnan(value))
        return 0;
    rf_bind_text(s, 2, bench);
    rf_bind_text(s, 3, router);
    rf_bind_text(s, 4, name);
    rf_bind_real(s, 5, value);
    rf_bind_real(s, 6, low);
    rf_bind_real(s, 7, high);
    return rf_run(s, err);
}
