/* The rows are copied together: they are few, and what is done with them costs far more. */
#include "train/predict.h"

#include <string.h>

#include "core/mem.h"

int rf_predict_rows(const struct routefit_router *r, const float *x, const size_t *row, size_t n, double *score,
                    double *cost, struct rf_err *err)
{
    const size_t dim = routefit_dim(r);
    float *together = NULL;
    const int rc = RF_ROOM(together, n * dim, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < n; i++)
        memcpy(together + i * dim, x + row[i] * dim, dim * sizeof *x);
    routefit_predict_many(r, together, n, score, cost);
    rf_free(together);
    return 0;
}
