/* Run rows: what was done, with which options, on which data, giving which weights. Append-only. */
#ifndef RF_CORE_RUN_H
#define RF_CORE_RUN_H

#include <stdint.h>

#include "core/cli.h"
#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero-initialise; id stays 0 until a row is there. */
struct rf_run {
    int64_t id;          /* of the row */
    double started;      /* rf_seconds() */
    struct rf_stmt *end; /* made with the row, so that a run can be ended where memory has run out */
};

/* Inserts the row (status 'running') inside the caller's transaction, or alone where none is open. Whoever began a run
 * ends it. */
int rf_run_begin(struct rf_run *run, struct rf_ctx *ctx, struct rf_err *err);
/* Writes the options in force anew, where the command chose some itself: from the struct `chosen`, over the tables of
 * those that the command was run with. */
int rf_run_chose(struct rf_run *run, struct rf_ctx *ctx, const void *opts, void *chosen, struct rf_err *err);
/* Fills time, memory, status ('done', 'interrupted', 'failed'), fingerprint of the data and of the weights (hex or
 * NULL), path of the output. */
int rf_run_end(struct rf_run *run, struct rf_ctx *ctx, const char *status, const char *data_sha256,
               const char *weights_sha256, const char *output, struct rf_err *err);

/* The end of a command that leaves no file: the status follows from rc, the command's own code; returns rc, or the
 * failure of the end itself. Does nothing where no row was begun. */
int rf_run_close(struct rf_run *run, struct rf_ctx *ctx, int rc, const char *data_sha256, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
