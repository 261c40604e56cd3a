/* Figures of a run, kept in table metric. */
#ifndef RF_CORE_RUN_METRIC_H
#define RF_CORE_RUN_METRIC_H

#include <stdint.h>

#include "core/db.h"
#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* *s = the statement that keeps figures of this run; the caller's to free (rf_stmt_free), NULL after a failure. */
int rf_run_metric_new(struct rf_stmt **s, struct rf_db *db, int64_t run, struct rf_err *err);
/* One figure by name, of a router (or whatever was measured) on a benchmark or a log, with the ends of its 95% interval
 * (NaN: none). A value of NaN is not defined: no row. No run keeps the same name of a router on a benchmark twice. */
int rf_run_metric(struct rf_stmt *s, const char *bench, const char *router, const char *name, double value, double low,
                  double high, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
