/* The arithmetic of similarity-weighted ranking (RouteLLM, routers/similarity_weighted; arXiv 2406.18665, section 4.2):
 * for a query with cosines s_i to the votes' prompts, vote i weighs 10 * 10^(s_i / max s), and a Bradley-Terry model of
 * the tiers is fitted to the weighted votes anew. Two rules for a vote between models of one tier:
 *   compat   as RouteLLM's code, whose design row then has -ln 10 in the tier's column alone: the vote says that the
 *            tier beats (or loses to) a model of strength 0
 *   clean    such a vote says nothing */
#ifndef RF_TRAIN_SW_H
#define RF_TRAIN_SW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_SW_TIERS = 10 };

struct rf_sw_vote {
    uint32_t row; /* of its prompt's vector */
    uint8_t a, b; /* tiers, < RF_SW_TIERS */
    float share;  /* of the win that goes to a: 1, 0, or .5 for a tie */
    float weight; /* > 0 */
};
struct rf_sw {
    const float *x; /* [rows][dim], none all zero */
    size_t rows, dim;
    const struct rf_sw_vote *vote; /* [n] */
    size_t n;
    bool compat;
};

/* What all queries share: lengths of the rows, votes sorted by tiers and outcome. Borrows s->x alone. */
struct rf_sw_index;
int rf_sw_index_new(struct rf_sw_index **out, const struct rf_sw *s, struct rf_err *err);
void rf_sw_index_free(struct rf_sw_index *x); /* NULL is fine */

/* RF_SW_EXACT: cosines and weights in double, one read of the vectors for each query; what the scoring pair gives, to
 * 1e-9. RF_SW_BATCH: cosines of many queries by one float GEMM, weights in float: ten times as fast, strengths within
 * about 1e-6. */
enum rf_sw_how { RF_SW_EXACT, RF_SW_BATCH };

/* theta[queries][RF_SW_TIERS]: log-odds of the tiers for each query q[queries][dim]; 0 for tiers without a vote. The
 * same for any number of threads. */
int rf_sw_strengths(const struct rf_sw_index *x, enum rf_sw_how how, const float *q, size_t queries, int threads,
                    double *theta, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
