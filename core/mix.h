/* Frozen 64-bit hashing for shingles, chunks and the order of splits: the same numbers on every machine and in every
 * version, for splits and overlaps that were stored are found again by them. Not for secrets. */
#ifndef RF_CORE_MIX_H
#define RF_CORE_MIX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A bijection in which every bit of x moves every bit of the result (the finaliser of SplitMix64). */
static inline uint64_t rf_mix64(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* Of n bytes, after those that gave `before` (0: none). */
static inline uint64_t rf_mix_bytes(uint64_t before, const void *data, size_t n)
{
    const unsigned char *p = (const unsigned char *)data;
    uint64_t h = before ^ n * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * UINT64_C(0x100000001b3);
    return rf_mix64(h);
}

#ifdef __cplusplus
}
#endif
#endif
