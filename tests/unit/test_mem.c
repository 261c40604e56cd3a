/* Unit tests of core/err.h and core/mem.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/mem.h"

static void first_failure_wins(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    assert_int_equal(rf_fail(&err, RF_BAD_INPUT, "line %d", 7), RF_BAD_INPUT);
    assert_int_equal(rf_fail(&err, RF_IO, "later"), RF_BAD_INPUT);
    assert_string_equal(err.msg, "line 7");
    assert_int_equal(rf_fail_in(&err, "x.csv"), RF_BAD_INPUT);
    assert_string_equal(err.msg, "x.csv: line 7");
}

static void sizes_are_checked(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    size_t r = 3;
    assert_false(rf_mul(SIZE_MAX / 2, 3, &r));
    assert_false(rf_add(SIZE_MAX, 1, &r));
    assert_int_equal(r, 3);
    assert_true(rf_mul(6, 7, &r));
    assert_int_equal(r, 42);
    assert_null(rf_calloc(SIZE_MAX, 16, &err));
    assert_int_equal(err.code, RF_FAIL);
}

static void nth_allocation_fails(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    rf_mem_fail_at(2, false);
    void *a = rf_calloc(1, 1, &err), *b = rf_calloc(1, 1, &err), *c = rf_calloc(0, 8, NULL);
    assert_non_null(a);
    assert_null(b);
    assert_non_null(c);
    assert_int_equal((uintptr_t)a % 64, 0);
    rf_free(a);
    rf_free(c);
}

static void buffer_grows(void **state)
{
    (void)state;
    struct rf_buf b = { 0 };
    for (int i = 0; i < 1000; i++)
        assert_int_equal(rf_buf_printf(&b, NULL, "%d,", i), 0);
    assert_int_equal(strlen(b.data), b.len);
    assert_string_equal(b.data + b.len - 4, "999,");
    rf_buf_release(&b);
    assert_null(b.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_failure_wins),
        cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(nth_allocation_fails),
        cmocka_unit_test(buffer_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
