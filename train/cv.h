/* Cross-validation: each fold's prompts are scored by a router that was fitted as if they were not there, through the
 * scoring pair, as a deployed file would score them. What comes out is stored as scores that eval reads like a router.
 * Refuses: a fold without prompts, or without anything to learn from beside it. */
#ifndef RF_TRAIN_CV_H
#define RF_TRAIN_CV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/db.h"
#include "core/err.h"
#include "train/fitted.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_CV_MOST = 100 }; /* folds */

/* One fold, or all of them. */
struct rf_cv_part {
    size_t prompts; /* held out */
    size_t trained; /* votes or questions that were trained on; of all: their mean */
    size_t tested;  /* votes between the router's two sides, or scores, on the prompts held out */
    /* Over those: mean log loss in nats, by weight, a tie being half a win for each side; or mean squared error of the
     * predicted scores. NaN: none. */
    double loss;
    double accuracy; /* share of decisive votes ranked right; NaN for results */
    double null;     /* results: squared error of every model's mean over the other folds; NaN for votes */
    double seconds;
};

/* Zero-initialise; release also after a failure. */
struct rf_cv {
    size_t folds, rows, models; /* models 0: routers of one pair */
    const uint32_t *fold;       /* [rows] borrowed */
    double *score;              /* [rows] win rates, or [rows][models] predicted scores */
    double *cost;               /* [rows][models]; NULL for routers of one pair */
    struct rf_cv_part part[RF_CV_MOST], all;
};

/* fold[rf_job_rows(job)] < folds: of each prompt. job->progress is ignored; bar (NULL: none) counts fits.
 * RF_INTERRUPTED after Ctrl-C. The same folds, options and seed give the same scores for any number of threads. */
int rf_cv_run(struct rf_cv *cv, const struct rf_fit_job *job, const uint32_t *fold, size_t folds,
              struct rf_progress *bar, struct rf_err *err);
void rf_cv_release(struct rf_cv *cv);

/* RF_USAGE where the database has scores of the name already and force is not set. */
int rf_cv_check_name(struct rf_db *db, const char *name, bool force, struct rf_err *err);
/* Stores the scores under a run and a name, in place of those that have it; inside the caller's transaction. */
int rf_cv_store(const struct rf_cv *cv, const struct rf_fit_job *job, struct rf_db *db, int64_t run, const char *name,
                bool tuned, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
