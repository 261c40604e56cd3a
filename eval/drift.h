/* Whether two logs of prompts look the same to a router: distances of their distributions of win rates. */
#ifndef RF_EVAL_DRIFT_H
#define RF_EVAL_DRIFT_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_PSI_BINS = 10 };

struct rf_drift {
    double ks;   /* largest distance of the two distribution functions, 0..1 (Kolmogorov-Smirnov) */
    double ks_p; /* its p-value, by Kolmogorov's limit with Stephens' correction; ties make it too large, never too
                    small */
    double psi;  /* population stability index: sum over bins of (new - old) ln(new / old), in the old log's ten equally
                    full bins; below .1 stable, above .25 another population, by custom of credit scoring */
    double psi_expected; /* what PSI would be by chance alone: (bins - 1) (1/old_n + 1/new_n) */
    size_t bins;         /* fewer than ten where scores tie */
};

/* Both sorted ascending, finite, n > 0. An empty bin counts as half a prompt. */
void rf_drift_of(const double *old_score, size_t old_n, const double *new_score, size_t new_n, struct rf_drift *out);

#ifdef __cplusplus
}
#endif
#endif
