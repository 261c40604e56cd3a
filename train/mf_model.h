/* The matrix-factorisation router's parameters in RouteLLM's shapes, and the scores U that they stand for:
 *     logit of model s over model w for the vector q = (u_s - u_w) . q,   U = P^ diag(c) W,   P^ = P with rows of
 * length 1 (RouteLLM, routers/matrix_factorization/model.py). With no more models than k every U has such parameters.
 * Refuses: sizes whose product overflows. */
#ifndef RF_TRAIN_MF_MODEL_H
#define RF_TRAIN_MF_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows of P shorter than this are divided by it, as torch.nn.functional.normalize does. */
#define RF_MF_MIN_NORM 1e-12f

struct rf_mf_model {
    size_t models, k, dim;
    float *p; /* [models][k]  "P.weight"; owned, as are the next two */
    float *w; /* [k][dim]     "text_proj.0.weight" */
    float *c; /* [k]          "classifier.0.weight" */
};

/* Zeros. On failure nothing is owned. */
int rf_mf_model_init(struct rf_mf_model *m, size_t models, size_t k, size_t dim, struct rf_err *err);
void rf_mf_model_release(struct rf_mf_model *m);
void rf_mf_model_copy(struct rf_mf_model *to, const struct rf_mf_model *from); /* of equal sizes */

/* PyTorch's starting distributions: P ~ N(0, 1) (nn.Embedding), W and c uniform in +-1/sqrt(fan in) (nn.Linear). */
void rf_mf_model_start(struct rf_mf_model *m, uint64_t seed);

/* unit[models][k]: rows of P at length 1; length[models] (NULL: not wanted): what they were divided by. */
void rf_mf_model_unit_rows(const struct rf_mf_model *m, float *unit, float *length);
/* u[models][dim] = U; scratch[models][k]. */
void rf_mf_model_scores(const struct rf_mf_model *m, float *u, float *scratch);
/* The parameters of u[models][dim]: P = [I | 0], W = [U; 0], c = 1. k >= models. */
void rf_mf_model_from_scores(struct rf_mf_model *m, const float *u);
/* The parameters of U = A B, a[models][rank], b[rank][dim], k > rank: the rows of A are shortened by one common factor,
 * and brought to length 1 by an extra column whose row of W is zero. */
void rf_mf_model_from_factors(struct rf_mf_model *m, size_t rank, const double *a, const double *b);

/* Logit of model s over model w for q[dim], in double, from the float parameters. */
double rf_mf_model_logit(const struct rf_mf_model *m, size_t s, size_t w, const float *q);

#ifdef __cplusplus
}
#endif
#endif
