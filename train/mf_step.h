/* One training step of RouteLLM's recipe (routers/matrix_factorization/train_matrix_factorization.py): mean log loss of
 * a batch of decisive votes whose vectors carry Gaussian noise, its gradient, and torch.optim.Adam with weight decay
 * added to the gradient. Two matrix products a step, on one thread. Refuses: a loss that is not finite. */
#ifndef RF_TRAIN_MF_STEP_H
#define RF_TRAIN_MF_STEP_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "train/adam.h"
#include "train/mf_model.h"
#include "train/mf_outcome.h"
#include "train/mf_pass.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_mf_step; /* scratch of one trainer: batch, gradient, moments */
/* x[rows][dim] is borrowed; m's sizes and the largest batch are fixed from now on. */
int rf_mf_step_new(struct rf_mf_step **out, const struct rf_mf_model *m, const float *x, size_t batch,
                   struct rf_err *err);
void rf_mf_step_free(struct rf_mf_step *s); /* NULL is fine */

/* Draws the noise of the steps to come, standard deviation alpha per coordinate. A row's noise is a window of one
 * buffer of normals at an offset of its own, so windows of two rows may overlap, shifted; each draw makes a new buffer.
 * alpha 0 switches it off. */
void rf_mf_step_noise(struct rf_mf_step *s, double alpha, uint64_t seed, uint64_t stream);

/* Mean loss sum(weight * loss) / n of m on n <= batch pairs, and its gradient (rf_mf_step_gradient). RF_FAIL: not
 * finite (err has the value). */
int rf_mf_step_gradient(struct rf_mf_step *s, const struct rf_mf_model *m, const struct rf_mf_pair *pair, size_t n,
                        double *loss, struct rf_err *err);
/* The same by another rule, with an outcome for each pair: outcome[n] of enum rf_mf_outcome. */
int rf_mf_step_outcomes(struct rf_mf_step *s, const struct rf_mf_model *m, const struct rf_mf_pair *pair,
                        const uint8_t *outcome, size_t n, enum rf_mf_rule rule, double eta, double *loss,
                        struct rf_err *err);
/* The last gradient by eta; 0 after rf_mf_step_gradient. */
double rf_mf_step_by_eta(const struct rf_mf_step *s);
/* The last `n` coordinates of the vectors carry no noise: constants. */
void rf_mf_step_constants(struct rf_mf_step *s, size_t n);
/* The last gradient, in the shapes of the model; owned by s. */
const struct rf_mf_model *rf_mf_step_last(const struct rf_mf_step *s);
/* Adam's update of m by the last gradient. */
void rf_mf_step_update(struct rf_mf_step *s, struct rf_mf_model *m, const struct rf_adam *o);

#ifdef __cplusplus
}
#endif
#endif
