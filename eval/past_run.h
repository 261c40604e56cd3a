/* What the database says of an earlier run, and the command line that does it again. */
#ifndef RF_EVAL_PAST_RUN_H
#define RF_EVAL_PAST_RUN_H

#include "core/db.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A row of table run; texts are "" where the row has none. */
struct rf_past_run {
    int64_t id;
    char *command; /* owned, as all texts: "fit mf" */
    char *status, *version, *blas, *data_sha256, *weights_sha256, *output;
    bool has_force;               /* the command has an option --force */
    struct rf_json_strings words; /* its command line, the program first */
};

/* RF_USAGE: no run has this id. Release also after a failure; a zeroed struct is fine. */
int rf_past_run_load(struct rf_past_run *r, struct rf_db *db, int64_t id, struct rf_err *err);
void rf_past_run_release(struct rf_past_run *r);

/* Adds the command line for a shell: "routefit fit mf -o 'my file.safetensors'". */
int rf_past_run_shell(const struct rf_past_run *r, struct rf_buf *out, struct rf_err *err);

/* Runs the command again on the database copy, which is changed; what would be written to the run's output goes to the
 * file output, and nothing is printed. The new run's row is the last one of the copy. RF_USAGE: the line holds a
 * secret that was not stored. */
int rf_past_run_again(const struct rf_past_run *r, const char *copy, const char *output, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
