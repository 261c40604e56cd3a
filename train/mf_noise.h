/* The logistic loss of a won comparison under Gaussian noise on the input vector. The logit is linear in the vector, so
 * noise alpha N(0, I) on the vector is noise N(0, sd^2) on the logit, sd = alpha |u_winner - u_loser|; its expectation
 * is taken by 5-point Gauss-Hermite quadrature (exact for polynomials of degree 9), without random numbers. Farthest
 * from the exact integral over all logits: 5e-5 at sd 1, 7e-4 at 1.5, 3e-3 at 2, 5e-2 at 4. */
#ifndef RF_TRAIN_MF_NOISE_H
#define RF_TRAIN_MF_NOISE_H

#ifdef __cplusplus
extern "C" {
#endif

/* What all comparisons of one pair of models share. */
struct rf_mf_noise {
    double sd;      /* of the logit, >= 0 */
    double far[2];  /* e^(-sd x), e^(sd x) at the outer node x = 2.857 */
    double near[2]; /* the same at the inner node x = 1.356 */
};

void rf_mf_noise_init(struct rf_mf_noise *q, double sd);
/* E[softplus(-(z + sd X))], X ~ N(0, 1): the mean loss at logit z (winner over loser), in nats. *dz, *dsd: its
 * derivatives with respect to z and sd. */
double rf_mf_noise_loss(const struct rf_mf_noise *q, double z, double *dz, double *dsd);

#ifdef __cplusplus
}
#endif
#endif
