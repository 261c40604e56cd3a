/* Unit tests of core/search.h: every key of every short list, those between them, several rows of one key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/search.h"

struct row {
    int64_t key;
    char more[3];
};

static void every_key_is_found_and_no_other(void **state)
{
    (void)state;
    enum { MOST = 9 };
    struct row row[MOST];
    int64_t plain[MOST];
    for (size_t n = 0; n <= MOST; n++) {
        for (size_t i = 0; i < n; i++)
            plain[i] = row[i].key = 2 * (int64_t)i - 6; /* -6, -4, ... */
        for (int64_t key = -8; key < 14; key++) {
            size_t want = 0;
            while (want < n && plain[want] != key)
                want++;
            assert_int_equal(rf_first_with(row, sizeof *row, n, key), want);
            assert_int_equal(rf_first_with(plain, sizeof *plain, n, key), want);
        }
    }
    assert_int_equal(rf_first_with(NULL, sizeof *row, 0, 1), 0);
}

static void of_equals_the_first_is_found(void **state)
{
    (void)state;
    const int64_t key[] = { INT64_MIN, 3, 3, 3, 3, 7, 7, INT64_MAX };
    assert_int_equal(rf_first_with(key, sizeof *key, 8, INT64_MIN), 0);
    assert_int_equal(rf_first_with(key, sizeof *key, 8, 3), 1);
    assert_int_equal(rf_first_with(key, sizeof *key, 8, 7), 5);
    assert_int_equal(rf_first_with(key, sizeof *key, 8, INT64_MAX), 7);
    assert_int_equal(rf_first_with(key, sizeof *key, 8, 4), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_key_is_found_and_no_other),
                                        cmocka_unit_test(of_equals_the_first_is_found) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
