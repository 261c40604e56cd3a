/* Unit tests of core/resample.h: sums, and the laws that the counts follow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/resample.h"

static void sizes_are_the_sums(void **state)
{
    (void)state;
    static const size_t prompts[] = { 1, 2, 3, 63, 64, 255, 256, 14037 };
    static uint8_t count[14037][RF_LANES];
    for (size_t s = 0; s < sizeof prompts / sizeof *prompts; s++)
        for (int poisson = 0; poisson < 2; poisson++)
            for (size_t block = 0; block < 5; block++) {
                uint64_t size[RF_LANES], sum[RF_LANES] = { 0 };
                rf_resample(1, block, prompts[s], poisson, *count, size);
                for (size_t i = 0; i < prompts[s]; i++)
                    for (size_t l = 0; l < RF_LANES; l++)
                        sum[l] += count[i][l];
                assert_memory_equal(size, sum, sizeof sum);
                for (size_t l = 0; l < RF_LANES && !poisson; l++)
                    assert_int_equal(size[l], prompts[s]);
            }
}

static void seeds_and_blocks_differ(void **state)
{
    (void)state;
    enum { N = 100 };
    uint8_t a[N][RF_LANES], again[N][RF_LANES], seed[N][RF_LANES], block[N][RF_LANES];
    uint64_t size[RF_LANES];
    rf_resample(1, 7, N, false, *a, size);
    rf_resample(1, 7, N, false, *again, size);
    rf_resample(2, 7, N, false, *seed, size);
    rf_resample(1, 8, N, false, *block, size);
    assert_memory_equal(a, again, sizeof a);
    assert_memory_not_equal(a, seed, sizeof a);
    assert_memory_not_equal(a, block, sizeof a);
}

static void more_prompts_leave_the_poisson_counts_of_the_others(void **state)
{
    (void)state;
    uint8_t few[150][RF_LANES], many[1000][RF_LANES];
    uint64_t size[RF_LANES];
    rf_resample(3, 0, 150, true, *few, size);
    rf_resample(3, 0, 1000, true, *many, size);
    assert_memory_equal(few, many, sizeof few);
}

/* Three draws out of three prompts: all of the ten outcomes, of probability 1/27, 3/27 or 6/27. */
static void three_draws_are_multinomial(void **state)
{
    (void)state;
    enum { BLOCKS = 20000 };
    size_t seen[4][4] = { { 0 } };
    for (size_t block = 0; block < BLOCKS; block++) {
        uint8_t count[3][RF_LANES];
        uint64_t size[RF_LANES];
        rf_resample(5, block, 3, false, *count, size);
        for (size_t l = 0; l < RF_LANES; l++)
            seen[count[0][l]][count[1][l]]++;
    }
    double chi = 0;
    static const double factorial[] = { 1, 1, 2, 6 };
    for (size_t a = 0; a < 4; a++)
        for (size_t b = 0; a + b < 4; b++) {
            const double wanted = BLOCKS * RF_LANES * 6 / (factorial[a] * factorial[b] * factorial[3 - a - b]) / 27;
            chi += pow((double)seen[a][b] - wanted, 2) / wanted;
        }
    assert_true(chi < 27.9); /* 9 degrees of freedom, p = .001 */
}

/* At the size of a benchmark one count is all but Poisson, with either law; the sums tell them apart. Counts above 7
 * are those that more than 16 bits decide: one in a hundred thousand. */
static void counts_follow_their_law(void **state)
{
    (void)state;
    enum { N = 14037, BLOCKS = 60, COUNTS = 9 }; /* the last: 8 and more */
    static uint8_t count[N][RF_LANES];
    for (int poisson = 0; poisson < 2; poisson++) {
        const double all = (double)N * RF_LANES * BLOCKS;
        double seen[COUNTS] = { 0 }, square = 0, both = 0, lanes = 0, chi = 0, mass = exp(-1), left = all;
        for (size_t block = 0; block < BLOCKS; block++) {
            uint64_t size[RF_LANES];
            rf_resample(9, block, N, poisson, *count, size);
            for (size_t l = 0; l < RF_LANES; l++)
                square += pow((double)size[l] - N, 2) / (BLOCKS * RF_LANES);
            for (size_t i = 0; i < N; i++)
                for (size_t l = 0; l < RF_LANES; l++) {
                    seen[count[i][l] < COUNTS - 1 ? count[i][l] : COUNTS - 1]++;
                    both += (count[i][l] - 1.) * (count[(i + 1) % N][l] - 1.);
                    lanes += (count[i][l] - 1.) * (count[i][(l + 1) % RF_LANES] - 1.);
                }
        }
        for (size_t k = 0; k < COUNTS; k++, mass /= (double)k) {
            const double wanted = k < COUNTS - 1 ? all * mass : left;
            chi += pow(seen[k] - wanted, 2) / wanted;
            left -= wanted;
        }
        assert_true(chi < 26.1);                  /* 8 degrees of freedom, p = .001 */
        assert_true(fabs(both) < 5 * sqrt(all));  /* neighbours: covariance -1/n or 0 */
        assert_true(fabs(lanes) < 5 * sqrt(all)); /* resamples are independent */
        assert_true(poisson ? fabs(square / N - 1) < 5 * sqrt(2. / (BLOCKS * RF_LANES)) : square == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_the_sums),
        cmocka_unit_test(seeds_and_blocks_differ),
        cmocka_unit_test(more_prompts_leave_the_poisson_counts_of_the_others),
        cmocka_unit_test(three_draws_are_multinomial),
        cmocka_unit_test(counts_follow_their_law),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
