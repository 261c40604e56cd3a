/* The loop is one pass; nothing depends on its order but the sum of squares, whose order the compiler fixes. */
#include "train/adam.h"

#include <math.h>

struct rf_adam_step rf_adam_at(const struct rf_adam *o, size_t t)
{
    return (struct rf_adam_step){ o->lr / (1 - pow(o->beta1, (double)t)), 1 / sqrt(1 - pow(o->beta2, (double)t)) };
}

float rf_adam_update(size_t n, float *restrict p, const float *restrict grad, float *restrict m1, float *restrict m2,
                     const struct rf_adam *o, struct rf_adam_step s)
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
