/* Adam (Kingma and Ba, arXiv 1412.6980) on one array of parameters, each number touched once. torch.optim.Adam and
 * scikit-learn's differ in where they add eps: to the root of the corrected second moment, or of the raw one. */
#ifndef RF_TRAIN_ADAM_H
#define RF_TRAIN_ADAM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct rf_adam {
    double lr;           /* learning rate, > 0 */
    double beta1, beta2; /* decay of the moments, [0, 1) */
    double eps;          /* > 0 */
    double decay;        /* weight decay, added to the gradient (coupled L2), >= 0 */
};

/* The factors of step t, counted from 1. */
struct rf_adam_step {
    double rate; /* lr / (1 - beta1^t) */
    double root; /* 1 / sqrt(1 - beta2^t) */
};
struct rf_adam_step rf_adam_at(const struct rf_adam *o, size_t t);

/* torch's step of p[n] by its gradient and moments. scikit-learn's is the same with eps times s.root in place of eps.
 * Returns the sum of the squares of p before the step, in float. */
float rf_adam_update(size_t n, float *p, const float *grad, float *m1, float *m2, const struct rf_adam *o,
                     struct rf_adam_step s);

#ifdef __cplusplus
}
#endif
#endif
