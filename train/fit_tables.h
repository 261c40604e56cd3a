/* What `fit` prints: the summary of one fit, or, with --tune and --cv, a row for every point of the grid, every fold
 * and the file. */
#ifndef RF_TRAIN_FIT_TABLES_H
#define RF_TRAIN_FIT_TABLES_H

#include <stddef.h>

#include "core/cli.h"
#include "core/err.h"
#include "train/cv.h"
#include "train/fitted.h"
#include "train/tune.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What was done; NULL: it was not. */
struct rf_fit_story {
    const struct rf_fit_job *job;
    const struct rf_grid *grid; /* with trial[grid->points] and the point kept */
    const struct rf_trial *trial;
    size_t kept;
    const struct rf_cv *cv;
    const char *name; /* of its scores */
    const struct rf_fitted *file;
    const char *output; /* the file's path */
};
int rf_fit_tell(const struct rf_fit_story *s, const struct rf_ctx *ctx, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
