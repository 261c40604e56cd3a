/* Philox4x32-10 and what is drawn from it. The constants are those of Salmon et al. (SC'11, section 3.3); the unit test
 * holds their published vectors. Word order: the counter's low half is words 0 and 1, the stream words 2 and 3, the
 * seed the key. */
#include "core/rng.h"

#include <math.h>

enum { ROUNDS = 10, WIDE = 32 }; /* WIDE: blocks that rf_rng_fill makes side by side */
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

void rf_rng_init(struct rf_rng *r, uint64_t seed, uint64_t stream)
{
    *r = (struct rf_rng){ .seed = seed, .stream = stream, .used = 4 };
}

uint32_t rf_rng_u32(struct rf_rng *r)
{
    if (r->used == 4) {
        const uint32_t ctr[4] = { (uint32_t)r->counter, (uint32_t)(r->counter >> 32), (uint32_t)r->stream,
                                  (uint32_t)(r->stream >> 32) };
        const uint32_t key[2] = { (uint32_t)r->seed, (uint32_t)(r->seed >> 32) };
        rf_philox(ctr, key, r->block);
        r->counter++;
        r->used = 0;
    }
    return r->block[r->used++];
}

/* WIDE consecutive blocks, with each round as loops that the compiler turns into vector code. */
static void philox_wide(const struct rf_rng *r, uint32_t *out)
{
    uint32_t a[WIDE], b[WIDE], c[WIDE], d[WIDE], p[WIDE], q[WIDE];
    uint32_t k0 = (uint32_t)r->seed, k1 = (uint32_t)(r->seed >> 32);
    for (unsigned i = 0; i < WIDE; i++) {
        a[i] = (uint32_t)(r->counter + i);
        b[i] = (uint32_t)((r->counter + i) >> 32);
        c[i] = (uint32_t)r->stream;
        d[i] = (uint32_t)(r->stream >> 32);
    }
    for (int round = 0; round < ROUNDS; round++, k0 += W0, k1 += W1) {
#pragma omp simd
        for (unsigned i = 0; i < WIDE; i++)
            p[i] = (uint32_t)((uint64_t)M0 * a[i] >> 32);
#pragma omp simd
        for (unsigned i = 0; i < WIDE; i++)
            q[i] = (uint32_t)((uint64_t)M1 * c[i] >> 32);
#pragma omp simd
        for (unsigned i = 0; i < WIDE; i++) {
            const uint32_t low_p = M0 * a[i], low_q = M1 * c[i];
            a[i] = q[i] ^ b[i] ^ k0;
            b[i] = low_q;
            c[i] = p[i] ^ d[i] ^ k1;
            d[i] = low_p;
        }
    }
    for (unsigned i = 0; i < WIDE; i++) {
        out[4 * i] = a[i];
        out[4 * i + 1] = b[i];
        out[4 * i + 2] = c[i];
        out[4 * i + 3] = d[i];
    }
}

void rf_rng_fill(struct rf_rng *r, uint32_t *out, size_t n)
{
    size_t i = 0;
    while (i < n && r->used < 4)
        out[i++] = r->block[r->used++];
    for (; n - i >= 4 * WIDE; i += 4 * WIDE, r->counter += WIDE)
        philox_wide(r, out + i);
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
