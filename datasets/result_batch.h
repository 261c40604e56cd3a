/* Rows of table result on their way into the database. Those of items behind all that have results cannot be there yet:
 * they wait for each other and go in by one statement of many rows, which costs half of as many statements. */
#ifndef RF_DATASETS_RESULT_BATCH_H
#define RF_DATASETS_RESULT_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "datasets/reader.h"
#include "datasets/store.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_result_row {
    int64_t item, model, source;
    struct rf_result r; /* its figures; the texts are not looked at */
    struct rf_said said;
};

enum { RF_RESULT_BATCH = 64, RF_RESULT_ROOM = 4 * RF_RESULT_BATCH };

struct rf_result_batch {
    struct rf_db *db;                         /* borrowed, a transaction is open */
    struct rf_stmt *one, *many;               /* insert a row, RF_RESULT_BATCH rows */
    struct rf_result_row row[RF_RESULT_ROOM]; /* [n] waiting, ascending by item, model, turn */
    size_t n;
    int64_t last; /* items up to this one may have results in the table; 0: none has */
};

int rf_result_batch_init(struct rf_result_batch *b, struct rf_db *db, struct rf_err *err);
/* Forgets the rows that wait and what it knows of the table: after a rollback to a savepoint. */
int rf_result_batch_reload(struct rf_result_batch *b, struct rf_err *err);
void rf_result_batch_release(struct rf_result_batch *b);

/* *fresh: the row is new, and is or will be in the table. Else the table has one with its item, model and turn, which
 * stays as it is. */
int rf_result_batch_put(struct rf_result_batch *b, const struct rf_result_row *row, bool *fresh, struct rf_err *err);
/* All rows into the table: before the transaction ends. */
int rf_result_batch_flush(struct rf_result_batch *b, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
