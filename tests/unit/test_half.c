/* Unit tests of core/half.h, against arithmetic: every half is a sign, 11 bits and a power of two. */
#include <setjmp.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/half.h"

static void every_half_has_its_value_and_comes_back(void **state)
{
    (void)state;
    for (uint32_t h = 0; h < 0x10000; h++) {
        const int exponent = h >> 10 & 31, fraction = h & 0x3FF;
        const float x = rf_half_to_float((uint16_t)h);
        assert_int_equal(!!signbit(x), h >> 15);
        if (exponent == 31 && fraction) {
            assert_true(isnan(x));
            assert_true(isnan(rf_half_to_float(rf_half_from_float(x))));
            continue;
        }
        const double mag = exponent == 31 ? INFINITY
                           : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                          : ldexp(fraction, -24);
        assert_true(fabs((double)x) == mag);
        assert_int_equal(rf_half_from_float(x), h);
    }
}

static void floats_round_to_nearest_even(void **state)
{
    (void)state;
    for (uint16_t h = 0; h < 0x7BFF; h++) {
        const float low = rf_half_to_float(h), high = rf_half_to_float((uint16_t)(h + 1)), mid = (low + high) / 2;
        const uint16_t even = h & 1 ? (uint16_t)(h + 1) : h;
        assert_int_equal(rf_half_from_float(mid), even);
        assert_int_equal(rf_half_from_float(nextafterf(mid, -1)), h);
        assert_int_equal(rf_half_from_float(nextafterf(mid, 1e9f)), h + 1);
        assert_int_equal(rf_half_from_float(-mid), even | 0x8000);
    }
}

static void large_values_become_infinite(void **state)
{
    (void)state;
    assert_int_equal(rf_half_from_float(65504), 0x7BFF);
    assert_int_equal(rf_half_from_float(nextafterf(65520, 0)), 0x7BFF);
    assert_int_equal(rf_half_from_float(65520), 0x7C00);
    assert_int_equal(rf_half_from_float(-1e30f), 0xFC00);
    assert_int_equal(rf_half_from_float(0x1p-149f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_half_has_its_value_and_comes_back),
        cmocka_unit_test(floats_round_to_nearest_even),
        cmocka_unit_test(large_values_become_infinite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
