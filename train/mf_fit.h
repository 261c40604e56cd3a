/* The two trainers of the matrix-factorisation router on plain arrays: RouteLLM's recipe (mf_adam.c) and the convex
 * solver with its factored form (mf_convex.c). Both stop early on the noise-free validation loss, keep the best model,
 * and report each epoch or step to the caller, who may stop them. Refuses: see each. */
#ifndef RF_TRAIN_MF_FIT_H
#define RF_TRAIN_MF_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "train/mf_model.h"
#include "train/mf_pass.h"
#include "train/mf_step.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a trainer reads; all borrowed. */
struct rf_mf_data {
    const float *x; /* [rows][dim] vectors, finite */
    size_t rows, dim, models;
    const struct rf_mf_pair *train, *valid;
    size_t trains, valids; /* trains > 0; valids may be 0 */
    size_t constants;      /* last coordinates of the vectors that are constants: no noise is put on them */
    const uint8_t *train_outcome, *valid_outcome; /* [trains], [valids] of enum rf_mf_outcome, for mf_adam's other
                                                     rules; NULL: all won */
    int threads; /* >= 1; for passes over all pairs, never inside a step of the recipe */
};

struct rf_mf_epoch {
    double train_loss;       /* as the solver sees it (noise included, ridge not) */
    struct rf_mf_loss valid; /* NaN without validation pairs */
};

/* After every epoch or step: 0 goes on; RF_INTERRUPTED with err untouched stops and keeps the best model; others fail.
 */
struct rf_mf_watch {
    int (*epoch)(void *ctx, const struct rf_mf_epoch *e, struct rf_err *err); /* NULL: nobody watches */
    void *ctx;
};

struct rf_mf_report {
    struct rf_mf_loss train, valid; /* of the model kept, without noise; valid NaN where there is none */
    size_t epochs;                  /* epochs or steps done */
    size_t best;                    /* the one that was kept, from 1; 0: the start */
    bool interrupted;
    double eta; /* of the ties, by the rule; 0 where it has none */
};

struct rf_mf_recipe {
    struct rf_adam adam;
    double alpha;         /* standard deviation of the input noise per coordinate, >= 0 */
    size_t batch;         /* pairs a step, > 0 */
    size_t epochs;        /* at most, > 0 */
    size_t patience;      /* epochs without a lower validation loss before it stops; 0: never stops early */
    uint64_t seed;        /* of order and noise */
    enum rf_mf_rule rule; /* other than RF_MF_DECISIVE: the data's outcomes are not NULL */
};

/* Trains m from where it stands; m receives the parameters of the epoch with the lowest validation loss (the last epoch
 * without validation pairs). RF_FAIL: loss not finite, with epoch, step and value. */
int rf_mf_adam(struct rf_mf_model *m, const struct rf_mf_data *d, const struct rf_mf_recipe *o,
               const struct rf_mf_watch *watch, struct rf_mf_report *report, struct rf_err *err);

/* alpha and ridge count in the vectors' root mean square length |q|: the solution does not depend on their scale. */
struct rf_mf_convex {
    const double *alpha; /* [alphas] noise levels to try, >= 0: standard deviation per coordinate is alpha |q| */
    size_t alphas;       /* > 0 */
    const double *ridge; /* [ridges] penalties to try, >= 0: loss per vote + ridge |q|^2 |U|^2 / 2 */
    size_t ridges;       /* > 0 */
    size_t rank;         /* 0: U is free (models <= k); else U = A B with A[models][rank], rank < k */
    size_t max_steps;    /* of L-BFGS for one point of the grid */
    size_t patience;     /* steps without a lower validation loss that end a point of the grid; 0: to the optimum */
    uint64_t seed;       /* of the start of the factors */
};

/* What became of one point of the grid. */
struct rf_mf_point {
    double alpha, ridge;
    struct rf_mf_loss valid; /* the lowest met */
    double train_loss;       /* there, with noise */
    size_t steps, evals;
    const char *end; /* why it ended, static */
};
struct rf_mf_points {
    struct rf_mf_point *v; /* [n], owned: release with rf_free */
    size_t n, best;        /* best: index of the chosen one */
};

/* Fits every point of the grid from U = 0, strongest ridge first; m receives the U of the lowest validation loss as
 * parameters (report->best 0: none was below a coin's). points may be NULL. RF_USAGE: more than one point and no
 * validation pairs to choose by; a free U with more models than k. */
int rf_mf_convex(struct rf_mf_model *m, const struct rf_mf_data *d, const struct rf_mf_convex *o,
                 const struct rf_mf_watch *watch, struct rf_mf_report *report, struct rf_mf_points *points,
                 struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
