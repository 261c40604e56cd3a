/* Adam (Kingma and Ba, arXiv 1412.6980) on one array of parameters, each number touched once. torch.optim.Adam and
 * scikit-learn's differ in where they add eps: to the root of the corrected second moment, or of the raw one. */
#ifndef RF_TRAIN_ADAM_H
#define RF_TRAIN_ADAM_H

#include <math.h>
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
static inline struct rf_adam_step rf_adam_at(const struct rf_adam *o, size_t t)
{
    const struct rf_adam_step s = { o->lr / (1 - pow(o->beta1, (double)t)), 1 / sqrt(1 - pow(o->beta2, (double)t)) };
    return s;
}

/* torch's step of p[n] by its gradient and moments. scikit-learn's is the same with eps times s.root in place of eps.
 * Returns the sum of the squares of p before the step, in float. */
static inline float rf_adam_update(size_t n, float *__restrict p, const float *__restrict grad, float *__restrict m1,
                                   float *__restrict m2, const struct rf_adam *o, struct rf_adam_step s)
{
    const float b1 = (float)o->beta1, b2 = (float)o->beta2, a1 = (float)(1 - o->beta1), a2 = (float)(1 - o->beta2);
    const float decay = (float)o->decay, eps = (float)o->eps, r = (float)s.rate, q = (float)s.root;
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < n; i++) {
        const float g = grad[i] + decay * p[i];
        sum += p[i] * p[i];
        m1[i] = b1 * m1[i] + a1 * g;
        m2[i] = b2 * m2[i] + a2 * g * g;
        p[i] -= r * m1[i] / (sqrtf(m2[i]) * q + eps);
    }
    return sum;
}

#ifdef __cplusplus
}
#endif
#endif
