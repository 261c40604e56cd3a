/* Scores that the database holds under a name, in place of a router's file: another router's, as ingested (table
 * external_score), or those out of fold of `fit --cv` (table crossval). Refuses: benchmarks with prompts that have no
 * score under the name. */
#ifndef RF_EVAL_STORED_H
#define RF_EVAL_STORED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/names.h"
#include "eval/bench.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_stored {
    char *name;
    int64_t crossval;      /* row of the table; 0: ingested scores */
    bool tuned;            /* options were chosen on the prompts that are scored */
    double range;          /* largest less smallest score learnt from; NaN: scores of one pair */
    struct rf_names model; /* of a router among many: by name; else none */
    char *data_sha256;     /* what the cross-validated fit went by; NULL: not said */
};

/* *out = the scores of that name (rf_stored_free): 1; 0: there are none. Out of fold before ingested ones. */
int rf_stored_find(struct rf_stored **out, struct rf_db *db, const char *name, struct rf_err *err);
void rf_stored_free(struct rf_stored *s); /* NULL is fine */

/* score[b->n] = win rates of the benchmark's prompts; of a router among many models by the scoring pair's rule, for the
 * benchmark's pair. */
int rf_stored_win_rates(const struct rf_stored *s, struct rf_db *db, const struct rf_bench *b, double *score,
                        struct rf_err *err);
/* For a router among many models: score[n][s->model.n] and cost, as predicted. bench: its name, for messages. */
int rf_stored_predict(const struct rf_stored *s, struct rf_db *db, const char *bench, const int64_t *prompt, size_t n,
                      double *score, double *cost, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
