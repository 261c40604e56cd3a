/* Which prompts a resample of the bootstrap holds, for RF_LANES resamples side by side. Resample r depends on (seed, r,
 * n) alone. */
#ifndef RF_CORE_RESAMPLE_H
#define RF_CORE_RESAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_LANES = 8 };

/* count[n][RF_LANES] = how often each of n prompts, 0 < n < 2^32, stands in the resamples from block * RF_LANES on;
 * size[lane] = the sum of its counts. Without poisson they are multinomial, n draws with equal chances, and every size
 * is n; with it each is Poisson by itself with mean 1, and a size is about n. Up to 2^-60, in which the probabilities
 * of a Poisson count are off. A count is at most 255: of n > 255 draws, 256 that hit one prompt have a probability
 * below 1e-500. */
void rf_resample(uint64_t seed, size_t block, size_t n, bool poisson, uint8_t *count, uint64_t size[RF_LANES]);

#ifdef __cplusplus
}
#endif
#endif
