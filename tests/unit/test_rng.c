/* Unit tests of core/rng.h: the published vectors, ranges, moments, and independence of streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"

/* Random123 1.09, examples/kat_vectors: philox 4x32 with 10 rounds. */
static void philox_gives_the_published_vectors(void **state)
{
    (void)state;
    static const struct {
        uint32_t ctr[4], key[2], out[4];
    } known[] = {
        { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { ~0u, ~0u, ~0u, ~0u }, { ~0u, ~0u }, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 },
          { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t out[4];
        rf_philox(known[i].ctr, known[i].key, out);
        assert_memory_equal(out, known[i].out, sizeof out);
    }
}

static void words_follow_the_counter(void **state)
{
    (void)state;
    struct rf_rng r;
    rf_rng_init(&r, UINT64_C(0x0000000200000001), UINT64_C(0x0000000400000003));
    const uint32_t key[2] = { 1, 2 };
    for (uint32_t block = 0; block < 3; block++) {
        const uint32_t ctr[4] = { block, 0, 3, 4 };
        uint32_t out[4];
        rf_philox(ctr, key, out);
        for (int i = 0; i < 4; i++)
            assert_int_equal(rf_rng_u32(&r), out[i]);
    }
}

/* Also where the counter's upper half begins to count. */
static void filling_gives_the_same_words_in_bulk(void **state)
{
    (void)state;
    struct rf_rng one, bulk;
    rf_rng_init(&one, UINT64_C(0xF000000780000001), UINT64_C(0xE000000990000002));
    one.counter = UINT64_C(0x2FFFFFFF0);
    bulk = one;
    uint32_t word[700];
    static const size_t length[] = { 3, 700, 1, 128, 0, 131 };
    for (size_t k = 0; k < sizeof length / sizeof *length; k++) {
        rf_rng_fill(&bulk, word, length[k]);
        for (size_t i = 0; i < length[k]; i++)
            assert_int_equal(word[i], rf_rng_u32(&one));
    }
}

static void streams_and_seeds_differ(void **state)
{
    (void)state;
    struct rf_rng a, b, c, again;
    rf_rng_init(&a, 7, 0);
    rf_rng_init(&b, 7, 1);
    rf_rng_init(&c, 8, 0);
    rf_rng_init(&again, 7, 0);
    int same_stream = 0, same_seed = 0;
    for (int i = 0; i < 1000; i++) {
        const uint32_t x = rf_rng_u32(&a);
        assert_int_equal(x, rf_rng_u32(&again));
        same_stream += x == rf_rng_u32(&b);
        same_seed += x == rf_rng_u32(&c);
    }
    assert_int_equal(same_stream, 0);
    assert_int_equal(same_seed, 0);
}

static void uniform_and_normal_have_their_moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    struct rf_rng r;
    double u = 0, uu = 0, z = 0, zz = 0;
    rf_rng_init(&r, 42, 0);
    for (int i = 0; i < N; i++) {
        const double a = rf_rng_uniform(&r), b = rf_rng_normal(&r);
        assert_true(a >= 0 && a < 1 && isfinite(b));
        u += a;
        uu += a * a;
        z += b;
        zz += b * b;
    }
    /* within 5 standard errors */
    assert_true(fabs(u / N - .5) < 5 * sqrt(1. / 12 / N));
    assert_true(fabs(uu / N - 1. / 3) < 5 * sqrt(4. / 45 / N));
    assert_true(fabs(z / N) < 5 * sqrt(1. / N));
    assert_true(fabs(zz / N - 1) < 5 * sqrt(2. / N));
}

static void below_is_even_and_in_range(void **state)
{
    (void)state;
    enum { SIDES = 7, N = 70000 };
    struct rf_rng r;
    int seen[SIDES] = { 0 };
    double chi = 0;
    rf_rng_init(&r, 3, 9);
    assert_int_equal(rf_rng_below(&r, 1), 0);
    for (int i = 0; i < N; i++) {
        const uint32_t x = rf_rng_below(&r, SIDES);
        assert_true(x < SIDES);
        seen[x]++;
    }
    for (int i = 0; i < SIDES; i++)
        chi += pow(seen[i] - N / SIDES, 2) / (N / SIDES);
    assert_true(chi < 22.5);       /* 6 degrees of freedom, p = .001 */
    for (int i = 0; i < 1000; i++) /* a range where every second draw is rejected */
        assert_true(rf_rng_below(&r, 0x80000001u) < 0x80000001u);
}

static void shuffle_permutes(void **state)
{
    (void)state;
    enum { N = 1000 };
    struct rf_rng r;
    uint32_t v[N], moved = 0;
    uint8_t seen[N] = { 0 };
    for (uint32_t i = 0; i < N; i++)
        v[i] = i;
    rf_rng_init(&r, 1, 2);
    rf_rng_shuffle(&r, v, N);
    for (uint32_t i = 0; i < N; i++) {
        assert_true(v[i] < N && !seen[v[i]]);
        seen[v[i]] = 1;
        moved += v[i] != i;
    }
    assert_true(moved > N * 9 / 10);
    rf_rng_shuffle(&r, v, 0);
    rf_rng_shuffle(&r, v, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(words_follow_the_counter),
        cmocka_unit_test(filling_gives_the_same_words_in_bulk),
        cmocka_unit_test(streams_and_seeds_differ),
        cmocka_unit_test(uniform_and_normal_have_their_moments),
        cmocka_unit_test(below_is_even_and_in_range),
        cmocka_unit_test(shuffle_permutes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
