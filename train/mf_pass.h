/* Decisive votes in the order in which one pass over the vectors gives loss and gradient of the scores U[models][dim]:
 * the logit of winner over loser for a vector q is (u_winner - u_loser) . q. Pairs are sorted by their two models, so
 * that everything but the vector itself stays in the nearest cache. Same bits for any number of threads. Refuses: no
 * pairs; rows and models outside their range are a programming error (abort). */
#ifndef RF_TRAIN_MF_PASS_H
#define RF_TRAIN_MF_PASS_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_mf_pair {
    uint32_t win, lose; /* models, win != lose */
    uint32_t row;       /* of the prompt's vector */
    float weight;       /* > 0; 1 for a plain vote */
};

/* Over all pairs of a pass. */
struct rf_mf_loss {
    double loss;     /* weighted mean of the log loss per vote, nats */
    double accuracy; /* share of the votes whose winner has the larger score, ties half, 0..1 */
};

struct rf_mf_pass;
/* x[rows][dim]: borrowed until rf_mf_pass_free, not copied; pair[n]: copied. */
int rf_mf_pass_new(struct rf_mf_pass **out, const float *x, size_t rows, size_t dim, size_t models,
                   const struct rf_mf_pair *pair, size_t n, struct rf_err *err);
/* The last `n` coordinates of the vectors carry no noise: constants. */
void rf_mf_pass_constants(struct rf_mf_pass *p, size_t n);
void rf_mf_pass_free(struct rf_mf_pass *p); /* NULL is fine */

/* Loss of u[models][dim] under input noise of standard deviation alpha >= 0 per coordinate (mf_noise.h), and its
 * gradient g[models][dim] (NULL: not wanted). */
int rf_mf_pass_run(struct rf_mf_pass *p, const float *u, double alpha, int threads, struct rf_mf_loss *loss, double *g,
                   struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
