/* What train/votes.c reads through SQL, in plain arrays: the choice of the embedder, and the votes that pass the
 * filters by name. */
#ifndef RF_TRAIN_VOTES_SQL_H
#define RF_TRAIN_VOTES_SQL_H

#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "core/mem.h"
#include "train/votes.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A vote before its prompt and its models are looked up. */
struct rf_raw_vote {
    int64_t prompt, a, b; /* ids of the database; of models that are known as one, the least */
    double weight;        /* > 0: the vote's own, 1 where it has none, times its judge's */
    enum rf_winner winner;
};

/* Adds the first column of all rows of sql to b, separated by ", ". */
int rf_join_names(struct rf_db *db, const char *sql, struct rf_buf *b, struct rf_err *err);
/* The names as which id[n] (sorted) are counted: *model = n of them by strcmp, owned by the caller with their texts;
 * of[i] = place of id[i].
 */
int rf_name_models(struct rf_db *db, const int64_t *id, size_t n, char ***model, uint32_t *of, struct rf_err *err);
/* RF_USAGE where --source holds a name that the database does not know. */
int rf_votes_check_names(struct rf_db *db, const struct rf_votes_filter *f, struct rf_err *err);
/* *raw = the votes that pass --source and --votes and have a prompt (or need none), two models and a usable weight, in
 * database order (of two merged ones in the place of the earlier, with their mean weight), and behind them those that
 * --votes results:BENCH asks for; v->read and v->left_out are counted. The array is the caller's (rf_free). */
int rf_votes_read(struct rf_votes *v, struct rf_db *db, const struct rf_votes_filter *f, struct rf_raw_vote **raw,
                  size_t *n, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
