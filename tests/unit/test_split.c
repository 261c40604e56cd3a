/* Unit tests of core/split.h: shares of the whole and of every stratum, whole groups, the same result in any order,
 * refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "core/split.h"

enum { GROUPS = 3000, STRATA = 40 };

/* Most groups of one prompt, some of up to `largest`; strata of very different sizes. */
static void make_groups(struct rf_split_group *g, uint32_t largest, uint64_t stream)
{
    struct rf_rng r;
    rf_rng_init(&r, 6, stream);
    for (size_t i = 0; i < GROUPS; i++) {
        const uint32_t s = rf_rng_below(&r, STRATA * STRATA);
        g[i].stratum = (uint32_t)sqrt((double)s);
        g[i].size = rf_rng_below(&r, 10) ? 1 : 1 + rf_rng_below(&r, largest);
        g[i].hash = (uint64_t)rf_rng_u32(&r) << 32 | i;
    }
}

static void parts_keep_to_their_shares(void **state)
{
    (void)state;
    static const struct {
        size_t parts;
        double share[5];
    } asked[] = {
        { 3, { 80, 10, 10 } }, { 2, { .9, .1 } }, { 5, { 1, 1, 1, 1, 1 } }, { 3, { 70, 0, 30 } }, { 1, { 7 } }
    };
    static struct rf_split_group g[GROUPS];
    static uint32_t part[GROUPS];
    for (size_t a = 0; a < sizeof asked / sizeof *asked; a++)
        for (uint32_t largest = 1; largest <= 64; largest *= 4) {
            double given[5] = { 0 }, sum = 0, total = 0;
            static double in[STRATA][5], of[STRATA];
            memset(in, 0, sizeof in);
            memset(of, 0, sizeof of);
            make_groups(g, largest, a);
            assert_int_equal(rf_split_groups(g, GROUPS, asked[a].share, asked[a].parts, 1, part, NULL), 0);
            for (size_t i = 0; i < GROUPS; i++) {
                assert_true(part[i] < asked[a].parts);
                given[part[i]] += g[i].size;
                in[g[i].stratum][part[i]] += g[i].size;
                of[g[i].stratum] += g[i].size;
                total += g[i].size;
            }
            for (size_t k = 0; k < asked[a].parts; k++)
                sum += asked[a].share[k];
            for (size_t k = 0; k < asked[a].parts; k++) {
                const double share = asked[a].share[k] / sum;
                assert_true(fabs(given[k] - share * total) <= largest);
                assert_true(share > 0 || given[k] == 0);
                for (size_t s = 0; s < STRATA; s++)
                    assert_true(fabs(in[s][k] - share * of[s]) <= 2 * largest);
            }
        }
}

static void order_does_not_matter_and_the_seed_does(void **state)
{
    (void)state;
    static const double share[] = { 3, 1 };
    static struct rf_split_group g[GROUPS], back[GROUPS];
    static uint32_t one[GROUPS], two[GROUPS];
    size_t moved = 0;
    make_groups(g, 5, 9);
    for (size_t i = 0; i < GROUPS; i++)
        back[GROUPS - 1 - i] = g[i];
    assert_int_equal(rf_split_groups(g, GROUPS, share, 2, 7, one, NULL), 0);
    assert_int_equal(rf_split_groups(back, GROUPS, share, 2, 7, two, NULL), 0);
    for (size_t i = 0; i < GROUPS; i++)
        assert_int_equal(one[i], two[GROUPS - 1 - i]);
    assert_int_equal(rf_split_groups(g, GROUPS, share, 2, 8, two, NULL), 0);
    for (size_t i = 0; i < GROUPS; i++)
        moved += one[i] != two[i];
    assert_true(moved > GROUPS / 4 && moved < GROUPS / 2); /* 2 * 3/4 * 1/4 */
}

static void wrong_shares_are_refused(void **state)
{
    (void)state;
    static const double none[] = { 0, 0 }, negative[] = { 1, -1 }, nan[] = { NAN, 1 };
    struct rf_split_group g = { 0, 1, 5 };
    uint32_t part = 9;
    assert_int_equal(rf_split_groups(&g, 1, none, 2, 0, &part, NULL), RF_USAGE);
    assert_int_equal(rf_split_groups(&g, 1, negative, 2, 0, &part, NULL), RF_USAGE);
    assert_int_equal(rf_split_groups(&g, 1, nan, 2, 0, &part, NULL), RF_USAGE);
    assert_int_equal(rf_split_groups(&g, 1, none, 0, 0, &part, NULL), RF_USAGE);
    assert_int_equal(rf_split_groups(&g, 1, none, RF_PARTS + 1, 0, &part, NULL), RF_USAGE);
    assert_int_equal(part, 9);
    assert_int_equal(rf_split_groups(&g, 0, negative, 1, 0, &part, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_keep_to_their_shares),
        cmocka_unit_test(order_does_not_matter_and_the_seed_does),
        cmocka_unit_test(wrong_shares_are_refused),
    };
    return cmocka_run_group_tests_name("split", tests, NULL, NULL);
}
