/* Small grids over a kind's own options. Every point is a whole fit; the one with the least loss on validation prompts
 * is kept, the first of equals. Values are parsed by the kind's option table itself. Refuses: options that are not the
 * kind's own, flags, values that the table refuses, an option named twice, large grids, nothing to validate with. */
#ifndef RF_TRAIN_TUNE_H
#define RF_TRAIN_TUNE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"
#include "train/fitted.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_GRID_AXES = 8, RF_GRID_MOST = 1000 }; /* points */

struct rf_axis {
    const struct rf_opt *opt;
    char *arg[RF_GRID_MOST]; /* [n] "--dim=64", owned: options may point into them */
    size_t n;
};

/* Zero-initialise; release also after a failure. */
struct rf_grid {
    struct rf_axis *axis; /* [axes], owned */
    size_t axes, points;  /* points: their product; 0: there is no grid */
};

/* words: "dim=64", "128", "l2=0.1": a word without "=" is another value of the option before it. more[n]: the same
 * words with commas between, as they stand on the command line behind --tune. */
int rf_grid_parse(struct rf_grid *g, const struct rf_cmd *cmd, const struct rf_list *words, char *const *more, size_t n,
                  struct rf_err *err);
void rf_grid_release(struct rf_grid *g);

/* "dim=64 l2=0.1": the settings of a point, the last option the fastest. */
int rf_grid_text(const struct rf_grid *g, size_t point, struct rf_buf *out, struct rf_err *err);
/* *out = a copy of a kind's options with the settings of a point, good while g is; rf_grid_free_options. */
int rf_grid_options(const struct rf_grid *g, size_t point, const struct rf_cmd *cmd, const void *opts, void **out,
                    struct rf_err *err);
void rf_grid_free_options(const struct rf_cmd *cmd, void *opts);

/* What came of one point: means over the folds, each weighing by what it validated with. */
struct rf_trial {
    size_t trained, validated;                     /* votes or questions, of all folds together */
    double train_loss, valid_loss, valid_accuracy; /* as in struct rf_model; NaN: not defined */
    double seconds;
};

/* trial[g->points] and *best. data: votes or results whose sides the caller set, or, with folds, sets here: each fold
 * in turn is the validation side (fold[rows] < folds; NULL: the sides are as they are). bar counts fits; NULL: none. */
int rf_tune(const struct rf_grid *g, const struct rf_fit_job *job, struct rf_fit_data *data, const uint32_t *fold,
            size_t folds, struct rf_progress *bar, struct rf_trial *trial, size_t *best, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
