/* Unit tests of core/sha256.h: the vectors of FIPS 180-4. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/sha256.h"

static const char *const ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char *const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static void digests_are_the_standard_ones(void **state)
{
    (void)state;
    uint8_t d[RF_SHA256_SIZE];
    char hex[RF_SHA256_HEX];
    assert_int_equal(rf_sha256_of("abc", 3, d, NULL), 0);
    rf_sha256_hex(d, hex);
    assert_string_equal(hex, ABC);
    assert_int_equal(rf_sha256_hex_of("", 0, hex, NULL), 0);
    assert_string_equal(hex, EMPTY);
}

static void pieces_make_the_whole_and_end_starts_anew(void **state)
{
    (void)state;
    struct rf_sha256 *h = NULL;
    char hex[RF_SHA256_HEX];
    assert_int_equal(rf_sha256_new(&h, NULL), 0);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(rf_sha256_add(h, "a", 1, NULL), 0);
        assert_int_equal(rf_sha256_add(h, "", 0, NULL), 0);
        assert_int_equal(rf_sha256_add(h, "bc", 2, NULL), 0);
        assert_int_equal(rf_sha256_end_hex(h, hex, NULL), 0);
        assert_string_equal(hex, ABC);
    }
    rf_sha256_free(h);
    rf_sha256_free(NULL);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    struct rf_sha256 *h = NULL;
    struct rf_err err = { 0 };
    rf_mem_fail_at(1, false);
    assert_int_equal(rf_sha256_new(&h, &err), RF_FAIL);
    assert_null(h);
    assert_int_equal(err.code, RF_FAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_the_standard_ones),
        cmocka_unit_test(pieces_make_the_whole_and_end_starts_anew),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
