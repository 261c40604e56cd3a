/* What the answers of a benchmark's two models cost, prompt by prompt: as the results say, or by their tokens and a
 * price list. */
#ifndef RF_EVAL_COST_H
#define RF_EVAL_COST_H

#include "core/db.h"
#include "core/err.h"
#include "eval/bench.h"
#include "eval/curve.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_costs {
    double *strong, *weak; /* [b->n] US dollars, by prompt; NaN: not known; owned */
    size_t unknown;        /* prompts on which one is not known */
    bool priced;           /* some come from tokens and prices */
    char date[16];         /* of the strong model's price list; "" where it does not say, or none was used */
};

/* date: prices that held on that day; NULL: the latest. */
int rf_costs_load(struct rf_costs *c, struct rf_db *db, const struct rf_bench *b, const char *date, struct rf_err *err);
void rf_costs_release(struct rf_costs *c); /* a zeroed struct is fine */

/* Mean cost of a prompt where a share of them goes to strong by the curve, tied prompts in equal parts; NaN where costs
 * are not known. */
double rf_costs_at(const struct rf_costs *c, const struct rf_curve *curve, double share);

#ifdef __cplusplus
}
#endif
#endif
