/* Philox4x32-10 and what is drawn from it. The constants are those of Salmon et al. (SC'11, section 3.3); the unit test
 * holds their published vectors. Word order: the counter's low half is words 0 and 1, the stream words 2 and 3, the
 * seed the key. */
#include "core/rng.h"

#include <math.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

enum { ROUNDS = 10, BLOCKS = RF_RNG_WORDS / 4 };
static const uint32_t M0 = 0xD2511F53u, M1 = 0xCD9E8D57u; /* multipliers */
static const uint32_t W0 = 0x9E3779B9u, W1 = 0xBB67AE85u; /* the key's steps: golden ratio, sqrt 3 - 1 */

void rf_philox(const uint32_t ctr[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t a = ctr[0], b = ctr[1], c = ctr[2], d = ctr[3], k0 = key[0], k1 = key[1];
    for (int i = 0; i < ROUNDS; i++, k0 += W0, k1 += W1) {
        const uint64_t p = (uint64_t)M0 * a, q = (uint64_t)M1 * c;
        a = (uint32_t)(q >> 32) ^ b ^ k0;
        b = (uint32_t)q;
        c = (uint32_t)(p >> 32) ^ d ^ k1;
        d = (uint32_t)p;
    }
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
}

#ifdef __AVX2__
/* A word of a block to each 64-bit lane, so that a product needs no shuffling: the multiplier reads low halves alone,
 * and what stands in the high halves does not matter until the end. */
static void next_words(struct rf_rng *r, uint32_t out[RF_RNG_WORDS])
{
    const __m256i m0 = _mm256_set1_epi64x(M0), m1 = _mm256_set1_epi64x(M1), four = _mm256_set1_epi64x(4);
    const __m256i first = _mm256_add_epi64(_mm256_set1_epi64x((int64_t)r->counter), _mm256_set_epi64x(3, 2, 1, 0));
    const __m256i w0 = _mm256_set1_epi64x(W0), w1 = _mm256_set1_epi64x(W1);
    __m256i k0 = _mm256_set1_epi64x((int64_t)r->seed), k1 = _mm256_srli_epi64(k0, 32);
    __m256i a[2] = { first, _mm256_add_epi64(first, four) }, b[2], c[2], d[2];
    for (int i = 0; i < 2; i++) {
        b[i] = _mm256_srli_epi64(a[i], 32);
        c[i] = _mm256_set1_epi64x((int64_t)r->stream);
        d[i] = _mm256_srli_epi64(c[i], 32);
    }
#pragma GCC unroll 1
    for (int round = 0; round < ROUNDS; round++) { /* unrolled, it would run out of registers */
        for (int i = 0; i < 2; i++) {
            const __m256i p = _mm256_mul_epu32(m0, a[i]), q = _mm256_mul_epu32(m1, c[i]);
            const __m256i bk = _mm256_xor_si256(b[i], k0);
            const __m256i dk = _mm256_xor_si256(d[i], k1);
            a[i] = _mm256_xor_si256(_mm256_srli_epi64(q, 32), bk);
            b[i] = q;
            c[i] = _mm256_xor_si256(_mm256_srli_epi64(p, 32), dk);
            d[i] = p;
        }
        k0 = _mm256_add_epi64(k0, w0);
        k1 = _mm256_add_epi64(k1, w1);
    }
    for (int i = 0; i < 2; i++) {
        const __m256i ab = _mm256_blend_epi32(a[i], _mm256_slli_epi64(b[i], 32), 0xAA);
        const __m256i cd = _mm256_blend_epi32(c[i], _mm256_slli_epi64(d[i], 32), 0xAA);
        const __m256i even = _mm256_unpacklo_epi64(ab, cd), odd = _mm256_unpackhi_epi64(ab, cd);
        _mm256_storeu_si256((__m256i *)(void *)(out + 16 * i), _mm256_permute2x128_si256(even, odd, 0x20));
        _mm256_storeu_si256((__m256i *)(void *)(out + 16 * i + 8), _mm256_permute2x128_si256(even, odd, 0x31));
    }
    r->counter += BLOCKS;
}
#else
static void next_words(struct rf_rng *r, uint32_t out[RF_RNG_WORDS])
{
    const uint32_t key[2] = { (uint32_t)r->seed, (uint32_t)(r->seed >> 32) };
    for (int i = 0; i < BLOCKS; i++, r->counter++) {
        const uint32_t ctr[4] = { (uint32_t)r->counter, (uint32_t)(r->counter >> 32), (uint32_t)r->stream,
                                  (uint32_t)(r->stream >> 32) };
        rf_philox(ctr, key, out + 4 * i);
    }
}
#endif

void rf_rng_init(struct rf_rng *r, uint64_t seed, uint64_t stream)
{
    *r = (struct rf_rng){ .seed = seed, .stream = stream, .used = RF_RNG_WORDS };
}

uint32_t rf_rng_u32(struct rf_rng *r)
{
    if (r->used == RF_RNG_WORDS) {
        next_words(r, r->word);
        r->used = 0;
    }
    return r->word[r->used++];
}

void rf_rng_fill(struct rf_rng *r, uint32_t *out, size_t n)
{
    size_t i = 0;
    while (i < n && r->used < RF_RNG_WORDS)
        out[i++] = r->word[r->used++];
    for (; n - i >= RF_RNG_WORDS; i += RF_RNG_WORDS)
        next_words(r, out + i);
    while (i < n)
        out[i++] = rf_rng_u32(r);
}

double rf_rng_uniform(struct rf_rng *r)
{
    const uint64_t high = rf_rng_u32(r) >> 6, low = rf_rng_u32(r) >> 5; /* 26 + 27 bits */
    return (double)(high << 27 | low) * 0x1p-53;
}

/* Lemire, "Fast random integer generation in an interval" (2019): the high word of a 32x32 product, redrawn in the few
 * cases where the low word would favour some results. */
uint32_t rf_rng_below(struct rf_rng *r, uint32_t n)
{
    uint64_t p = (uint64_t)rf_rng_u32(r) * n;
    if ((uint32_t)p < n) {
        const uint32_t reject = -n % n; /* 2^32 mod n */
        while ((uint32_t)p < reject)
            p = (uint64_t)rf_rng_u32(r) * n;
    }
    return (uint32_t)(p >> 32);
}

double rf_rng_normal(struct rf_rng *r)
{
    const double u = 1 - rf_rng_uniform(r), angle = 6.283185307179586 * rf_rng_uniform(r); /* u in (0, 1] */
    return sqrt(-2 * log(u)) * cos(angle);
}

void rf_rng_shuffle(struct rf_rng *r, uint32_t *v, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        const size_t j = rf_rng_below(r, (uint32_t)i);
        const uint32_t t = v[i - 1];
        v[i - 1] = v[j];
        v[j] = t;
    }
}
