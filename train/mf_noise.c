/* Gauss-Hermite on the logit. softplus(-(z + sd x)) = ln(1 + e^-z e^(-sd x)): the second factor belongs to the pair of
 * models, so one comparison costs one exponential and three logarithms; nodes of equal weight share a logarithm. */
#include "train/mf_noise.h"

#include <math.h>

#include "core/stats.h"

/* Nodes and weights for the standard normal distribution: sqrt 2 times those of the Hermite rule, weights / sqrt pi. */
#define X_FAR  2.8569700138728056
#define X_NEAR 1.3556261799742657
#define W_FAR  0.011257411327720691
#define W_NEAR 0.22207592200561266
#define W_MID  0.5333333333333333
#define SAFE   150.0 /* below it products of two (1 + e^|.|) are finite */

void rf_mf_noise_init(struct rf_mf_noise *q, double sd)
{
    *q = (struct rf_mf_noise){ .sd = sd,
                               .far = { exp(-sd * X_FAR), exp(sd * X_FAR) },
                               .near = { exp(-sd * X_NEAR), exp(sd * X_NEAR) } };
}

/* Node by node, for logits so large that the exponentials overflow. */
static double loss_of_large(const struct rf_mf_noise *q, double z, double *dz, double *dsd)
{
    static const double x[] = { -X_FAR, -X_NEAR, 0, X_NEAR, X_FAR }, w[] = { W_FAR, W_NEAR, W_MID, W_NEAR, W_FAR };
    double loss = 0;
    *dz = *dsd = 0;
    for (int k = 0; k < 5; k++) {
        const double t = z + q->sd * x[k], g = w[k] * rf_sigmoid(-t);
        loss += w[k] * rf_softplus(-t);
        *dz -= g;
        *dsd -= g * x[k];
    }
    return loss;
}

double rf_mf_noise_loss(const struct rf_mf_noise *q, double z, double *dz, double *dsd)
{
    if (!(fabs(z) + q->sd * X_FAR < SAFE))
        return loss_of_large(q, z, dz, dsd);
    const double e = exp(-z), m = 1 + e;
    const double f0 = 1 + e * q->far[0], f1 = 1 + e * q->far[1], n0 = 1 + e * q->near[0], n1 = 1 + e * q->near[1];
    if (q->sd == 0) { /* all nodes fall together */
        *dz = -e / m;
        *dsd = 0;
        return log1p(e);
    }
    /* sigmoid(-t) = 1 - 1/(1 + e^-t) at each node; the ones cancel in the slope of sd */
    const double far = 1 / f1 - 1 / f0, near = 1 / n1 - 1 / n0;
    *dz = -W_FAR * (2 - 1 / f0 - 1 / f1) - W_NEAR * (2 - 1 / n0 - 1 / n1) - W_MID * (e / m);
    *dsd = -W_FAR * X_FAR * far - W_NEAR * X_NEAR * near;
    return W_FAR * log(f0 * f1) + W_NEAR * log(n0 * n1) + W_MID * log(m);
}
