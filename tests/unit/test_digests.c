/* Unit tests of datasets/digests.h: numbers in the order of adding, through all growth and equal beginnings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "datasets/digests.h"

/* The first eight bytes, by which places are found, agree for 16 numbers each. */
static void make(uint32_t number, uint8_t digest[RF_SHA256_SIZE])
{
    const uint32_t head = number / 16 * 2654435761u;
    memset(digest, 7, RF_SHA256_SIZE);
    memcpy(digest, &head, sizeof head);
    memcpy(digest + RF_SHA256_SIZE - sizeof number, &number, sizeof number);
}

static void digests_are_numbered_in_order(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct rf_digests d = { 0 };
    uint8_t digest[RF_SHA256_SIZE];
    make(0, digest);
    assert_int_equal(rf_digests_find(&d, digest), 0);
    for (uint32_t i = 0; i < N; i++) {
        make(i, digest);
        assert_int_equal(rf_digests_find(&d, digest), 0);
        assert_int_equal(rf_digests_add(&d, digest, NULL), 0);
    }
    for (uint32_t i = 0; i < N; i++) {
        make(i, digest);
        assert_int_equal(rf_digests_find(&d, digest), i + 1);
    }
    make(N, digest);
    assert_int_equal(rf_digests_find(&d, digest), 0);
    rf_digests_release(&d);
    assert_int_equal(rf_digests_find(&d, digest), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(digests_are_numbered_in_order) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
