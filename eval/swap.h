/* Permutation tests of paired routers: swapping the two on a prompt turns the sign of what the prompt adds to their
 * difference. Every part gets a random sign, all tests the same signs. Depends on (seed, number of parts) alone. */
#ifndef RF_EVAL_SWAP_H
#define RF_EVAL_SWAP_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* part[tests][parts] -> t[tests][draws]: sum of the parts with random signs / root of the sum of their squares; 0 where
 * all parts are 0. */
int rf_swap_draws(const double *part, size_t tests, size_t parts, size_t draws, uint64_t seed, int threads, double *t,
                  struct rf_err *err);
/* The same statistic of the data: all signs as they are. */
double rf_swap_t(const double *part, size_t parts);

#ifdef __cplusplus
}
#endif
#endif
