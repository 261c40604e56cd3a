/* Many small networks side by side, one head for each model: of the same shape (one to three hidden layers of
 * rectified linear units, one linear output), on the same rows, each with parameters of its own. What
 * scikit-learn's MLPRegressor and MLPClassifier fit one after the other (RouterBench, routers/mlp_router.py) is fitted
 * here in one pass: the first layer of several heads is one matrix product. Weights are floats, losses doubles.
 * Refuses: a loss that is not finite. */
#ifndef RF_TRAIN_MLP_H
#define RF_TRAIN_MLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "train/adam.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_MLP_HIDDEN = 3, RF_MLP_LAYERS = RF_MLP_HIDDEN + 1, RF_MLP_WIDEST = 4096 };

/* ---- the networks ---- */

/* Layer l takes width[l] numbers to width[l + 1]; the last has width 1. Zero-initialise. */
struct rf_mlp {
    size_t heads, layers;            /* layers: hidden ones and the output */
    size_t width[RF_MLP_LAYERS + 1]; /* of the vectors, the hidden layers, the output */
    float *w[RF_MLP_LAYERS];         /* [heads][width[l + 1]][width[l]] */
    float *b[RF_MLP_LAYERS];         /* [heads][width[l + 1]] */
};
/* hidden[n] widths of 1..RF_MLP_WIDEST, n in 1..RF_MLP_HIDDEN. All zero; release also after a failure. */
int rf_mlp_init(struct rf_mlp *m, size_t heads, size_t dim, const size_t *hidden, size_t n, struct rf_err *err);
void rf_mlp_release(struct rf_mlp *m);
/* Glorot's uniform start for rectified units as scikit-learn draws it: weights and biases in +-sqrt(6 / (widths of
 * both sides)). A head's numbers depend on (seed, its place) alone. */
void rf_mlp_start(struct rf_mlp *m, uint64_t seed);
/* Head `from` of b becomes head `to` of a; both of one shape. */
void rf_mlp_copy_head(struct rf_mlp *a, size_t to, const struct rf_mlp *b, size_t from);
/* out[heads] for the vector x, in double throughout, as the scoring pair does it. */
void rf_mlp_predict(const struct rf_mlp *m, const float *x, double *out);

/* ---- examples ---- */

enum rf_mlp_loss { RF_MLP_SQUARED, RF_MLP_LOGISTIC };

struct rf_mlp_data {
    const float *x;      /* [rows][dim], finite; borrowed */
    const uint32_t *row; /* [n] of x */
    const float *y;      /* [n][heads]; NaN: missing, does not count for that head. Logistic: 0 or 1 */
    const float *weight; /* [n] > 0; NULL: 1 each */
    size_t n, heads;
};

/* ---- one step ---- */

struct rf_mlp_step; /* scratch of one trainer: a batch, its units, gradient, moments */
/* For m's shape and its heads and up to `batch` examples at a time. */
int rf_mlp_step_new(struct rf_mlp_step **out, const struct rf_mlp *m, size_t batch, struct rf_err *err);
void rf_mlp_step_free(struct rf_mlp_step *s); /* NULL is fine */

/* Sums over a batch, for one head. */
struct rf_mlp_sums {
    double weight; /* of the examples that count */
    double loss;   /* squared: weight error^2 / 2; logistic: weight log loss in nats */
    double right;  /* logistic: weight of those on the right side, half of those with a logit of 0 */
};
/* sum[m->heads] = sums over examples at[n] of d, n <= batch; column[heads]: where the head's targets stand in d->y.
 * backward: and the gradient of loss / weight. */
void rf_mlp_step_run(struct rf_mlp_step *s, const struct rf_mlp *m, const struct rf_mlp_data *d, enum rf_mlp_loss loss,
                     const uint32_t *at, size_t n, const size_t *column, bool backward, struct rf_mlp_sums *sum);
/* The last gradient, in the shapes of the model; owned by s. */
const struct rf_mlp *rf_mlp_step_last(const struct rf_mlp_step *s);
/* scikit-learn's Adam by the last gradient and the one of l2 / 2 |weights|^2 / sum.weight (biases are not shrunk);
 * heads without a weight stand still. penalty[heads] = that term before the step. o->decay is not looked at. */
void rf_mlp_step_update(struct rf_mlp_step *s, struct rf_mlp *m, const struct rf_adam *o, double l2,
                        const struct rf_mlp_sums *sum, double *penalty);
/* Head `head` leaves: the last one takes its place, with its moments. */
void rf_mlp_step_drop(struct rf_mlp_step *s, struct rf_mlp *m, size_t head);

/* sum[heads] over all examples. */
int rf_mlp_measure(const struct rf_mlp *m, const struct rf_mlp_data *d, enum rf_mlp_loss loss, struct rf_mlp_sums *sum,
                   struct rf_err *err);

/* ---- a fit ---- */

struct rf_mlp_recipe {
    enum rf_mlp_loss loss;
    struct rf_adam adam;
    double l2;       /* scikit-learn's alpha, >= 0 */
    size_t batch;    /* examples of a step, >= 1 */
    size_t epochs;   /* most */
    size_t patience; /* a head stops after so many epochs without a lower loss; 0: never */
    uint64_t seed;   /* of the order of the examples */
    bool in_order;   /* they are not shuffled */
    int threads;     /* the result does not depend on it */
};

/* What became of a head. Losses are means by weight, without the penalty. */
struct rf_mlp_head {
    size_t epochs, best; /* run, kept */
    double train, valid; /* losses at the epoch kept (of train: during it); NaN: no examples */
    double right;        /* logistic: share of the validation on the right side; NaN: none */
    double least;        /* validation loss, or training loss with the penalty, so far */
    size_t idle;         /* epochs since without a lower one */
    bool stopped;
};

/* Called after each epoch, when the caller's head[] holds what became of the heads so far. As rf_fit_epoch. */
typedef int (*rf_mlp_observer)(void *ctx, struct rf_err *err);

/* Trains m from where it stands. With validation examples every head keeps its epoch of least validation loss, and
 * stops after `patience` epochs without a lower one. Without, scikit-learn's rule: it stops when its training loss with
 * the penalty has not fallen by 1e-4 for more than `patience` epochs, and the last epoch is kept. head[heads] is
 * filled; name[heads], or NULL: of the heads, for errors. *interrupted: the observer said RF_INTERRUPTED; m is what was
 * best so far. RF_FAIL: a loss that is not finite, no memory. */
int rf_mlp_fit(struct rf_mlp *m, const struct rf_mlp_data *train, const struct rf_mlp_data *valid,
               const struct rf_mlp_recipe *o, const char *const *name, rf_mlp_observer observe, void *ctx,
               struct rf_mlp_head *head, bool *interrupted, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
