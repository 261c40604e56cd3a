/* Random numbers that depend on (seed, stream, counter) alone: Philox4x32-10 (Salmon et al., SC'11, "Parallel random
 * numbers: as easy as 1, 2, 3", with its published test vectors). No global state; two streams never meet. */
#ifndef RF_CORE_RNG_H
#define RF_CORE_RNG_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One block: 4 words from a 128-bit counter and a 64-bit key. */
void rf_philox(const uint32_t ctr[4], const uint32_t key[2], uint32_t out[4]);

enum { RF_RNG_WORDS = 32 }; /* words made at a time */

struct rf_rng {
    uint64_t seed;    /* the key */
    uint64_t stream;  /* upper half of the counter: one per purpose (epoch, resample, thread-independent block) */
    uint64_t counter; /* lower half: the next block */
    uint32_t word[RF_RNG_WORDS];
    unsigned used; /* words already given out; RF_RNG_WORDS: none left */
};

void rf_rng_init(struct rf_rng *r, uint64_t seed, uint64_t stream);
uint32_t rf_rng_u32(struct rf_rng *r);
/* The next n words, the same as n calls of rf_rng_u32, and faster. */
void rf_rng_fill(struct rf_rng *r, uint32_t *out, size_t n);
double rf_rng_uniform(struct rf_rng *r);                      /* [0, 1), 53 bits */
uint32_t rf_rng_below(struct rf_rng *r, uint32_t n);          /* [0, n), unbiased (Lemire's rejection); n > 0 */
double rf_rng_normal(struct rf_rng *r);                       /* N(0, 1), Box-Muller */
void rf_rng_shuffle(struct rf_rng *r, uint32_t *v, size_t n); /* Fisher-Yates; n < 2^32 */

#ifdef __cplusplus
}
#endif
#endif
