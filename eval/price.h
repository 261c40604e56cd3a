/* What a model asks for, by the price lists in the database, and what its answers are like. */
#ifndef RF_EVAL_PRICE_H
#define RF_EVAL_PRICE_H

#include "core/db.h"
#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_price_of {
    double input, output; /* US dollars a token, >= 0; NaN: the list does not say */
    double request;       /* US dollars a request; 0 where the list does not say */
    char date[16];        /* the day from which it holds; "" where the list does not say */
};

/* The price of a model by its exact name or one of its aliases: of the lists that hold by `date` (ISO 8601; NULL: any)
 * the latest, then the one read last. RF_USAGE: no list has the model, or none by that day; says what to do. */
int rf_price_find(struct rf_price_of *p, struct rf_db *db, const char *model, const char *date, struct rf_err *err);

/* Mean output tokens of the model's results; where no result has tokens, their bytes / bytes_per_token; NaN where no
 * result has either. */
int rf_price_output_tokens(double *tokens, struct rf_db *db, const char *model, double bytes_per_token,
                           struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
