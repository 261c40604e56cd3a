/* One fit of one kind, from its data to the bytes of its weight file: what `fit`, cross-validation and the tuner each
 * do over and over. */
#ifndef RF_TRAIN_FITTED_H
#define RF_TRAIN_FITTED_H

#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/progress.h"
#include "train/kind.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is fitted; all borrowed. */
struct rf_fit_job {
    const struct rf_kind *kind;
    const void *opts;             /* the kind's option struct */
    const struct rf_votes *votes; /* as in struct rf_fit */
    const struct rf_scored *scored;
    int threads; /* >= 1 */
    uint64_t seed;
    struct rf_progress *progress; /* NULL: silent, and deaf to Ctrl-C within the fit */
    const char *tuned, *tuned_on; /* as in struct rf_fit */
};

/* Zero-initialise; release also after a failure. */
struct rf_fitted {
    struct rf_fit fit;
    struct rf_model model;
    struct rf_buf bytes; /* the weight file, whose scores are the trainer's */
    double seconds;
};

/* RF_INTERRUPTED only where there is no usable model; else t->fit.interrupted says that Ctrl-C came. */
int rf_fitted_make(struct rf_fitted *t, const struct rf_fit_job *job, struct rf_err *err);
void rf_fitted_release(struct rf_fitted *t);

/* The prompts of the data: how many, and their ids, ascending. */
size_t rf_job_rows(const struct rf_fit_job *job);
const int64_t *rf_job_prompts(const struct rf_fit_job *job);

#ifdef __cplusplus
}
#endif
#endif
