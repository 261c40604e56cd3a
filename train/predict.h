/* Predictions for rows of a matrix, gathered so that the scoring pair takes some at a time. */
#ifndef RF_TRAIN_PREDICT_H
#define RF_TRAIN_PREDICT_H

#include <stddef.h>

#include "core/err.h"
#include "core/routefit_score.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_PREDICT_ROWS = 64 };

/* score[n][models] and cost[n][models] (NULL: not wanted), n <= RF_PREDICT_ROWS, of the rows row[n] of x[][dim], dim
 * and models the router's. */
int rf_predict_rows(const struct routefit_router *r, const float *x, const size_t *row, size_t n, double *score,
                    double *cost, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
