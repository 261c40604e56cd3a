/* Unit tests of lists of numbers: order, ranges, what is no number, counts that are not whole. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "near.h"
#include "core/numbers.h"

static void lists_are_read_or_refused(void **state)
{
    (void)state;
    const char *good[] = { "3", "1e0", "20" };
    const char *const bad[] = { "", "x", "1x", "nan", "-1", "0", "101", "1.5" };
    struct rf_err err = { 0 };
    double *real = NULL;
    size_t *count = NULL;
    assert_int_equal(rf_list_reals(&(struct rf_list){ good, 3 }, "--l2", 1, 20, &real, NULL), 0);
    assert_near(real[0], 3, 0);
    assert_near(real[2], 20, 0);
    assert_int_equal(rf_list_counts(&(struct rf_list){ good, 3 }, "--k", 100, &count, NULL), 0);
    assert_int_equal(count[0], 1);
    assert_int_equal(count[2], 20);
    rf_free(real);
    rf_free(count);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *one = bad[i];
        assert_int_equal(rf_list_counts(&(struct rf_list){ &one, 1 }, "--k", 100, &count, NULL), RF_USAGE);
        rf_free(count);
    }
    assert_int_equal(rf_list_reals(&(struct rf_list){ 0 }, "--l2", 0, 1, &real, &err), RF_USAGE);
    assert_non_null(strstr(err.msg, "--l2"));
    rf_free(real);
}

static void one_word_is_a_number_in_its_range_or_refused(void **state)
{
    (void)state;
    const char *word[] = { "-inf", "1e-3", "nan", "2,", "" };
    const struct rf_list list = { word, 5 };
    double v = 7;
    assert_int_equal(rf_list_real(&list, 0, "-t", -INFINITY, INFINITY, &v, NULL), 0);
    assert_true(isinf(v));
    assert_int_equal(rf_list_real(&list, 1, "-t", 0, 1, &v, NULL), 0);
    assert_near(v, 1e-3, 0);
    for (size_t i = 2; i < list.n; i++) {
        struct rf_err err = { 0 };
        assert_int_equal(rf_list_real(&list, i, "-t", -INFINITY, INFINITY, &v, &err), RF_USAGE);
        assert_non_null(strstr(err.msg, "\", expected numbers"));
    }
    struct rf_err err = { 0 };
    assert_int_equal(rf_list_real(&list, 0, "-t", 0, 1, &v, &err), RF_USAGE);
    assert_string_equal(err.msg, "-t: found \"-inf\", expected numbers from 0 to 1");
    assert_near(v, 1e-3, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(lists_are_read_or_refused),
                                        cmocka_unit_test(one_word_is_a_number_in_its_range_or_refused) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
