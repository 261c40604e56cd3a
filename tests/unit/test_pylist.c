/* Unit tests of datasets/pylist.h: Python's rules for list literals of strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "datasets/pylist.h"

static struct rf_str str(const char *s)
{
    return (struct rf_str){ s, strlen(s) };
}

/* Expects the literal to be a list of one string. */
static void holds(const char *literal, const char *text)
{
    struct rf_pylist l = { 0 };
    assert_int_equal(rf_pylist_parse(str(literal), &l, NULL), 1);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.item[0].len, strlen(text));
    assert_memory_equal(l.item[0].s, text, strlen(text));
    rf_pylist_release(&l);
}

static void escapes_are_those_of_python(void **state)
{
    (void)state;
    holds("['a\\nb\\t\\r\\\\ \\' \\\" \\a\\b\\f\\v']", "a\nb\t\r\\ ' \" \a\b\f\v");
    holds("[\"it's\"]", "it's");
    holds("['\\x41\\xe9']", "A\xC3\xA9");
    holds("['\\u20ac \\U0001F600']", "\xE2\x82\xAC \xF0\x9F\x98\x80");
    holds("['\\101\\7\\0601']", "A\a01");
    holds("['\\q\\ ']", "\\q\\ ");
    holds("['a\\\nb']", "ab");
    holds("['\xC3\xA9']", "\xC3\xA9");
}

static void neighbours_join_and_elements_are_counted(void **state)
{
    (void)state;
    struct rf_pylist l = { 0 };
    holds("['a' \"b\"\n 'c']", "abc");
    holds("[ 'a' , ]", "a");
    assert_int_equal(rf_pylist_parse(str("['a', \"b\", '', 'd', 'e', 'f']"), &l, NULL), 1);
    assert_int_equal(l.n, 6);
    assert_int_equal(l.item[2].len, 0);
    assert_memory_equal(l.item[5].s, "f", 1);
    assert_int_equal(rf_pylist_parse(str("[]"), &l, NULL), 1);
    assert_int_equal(l.n, 0);
    rf_pylist_release(&l);
}

static void nul_bytes_are_kept_and_surrogates_repaired(void **state)
{
    (void)state;
    struct rf_pylist l = { 0 };
    assert_int_equal(rf_pylist_parse(str("['a\\0b\\ud800']"), &l, NULL), 1);
    assert_int_equal(l.item[0].len, 6);
    assert_memory_equal(l.item[0].s, "a\0b\xEF\xBF\xBD", 6);
    assert_int_equal(l.repaired, 1);
    rf_pylist_release(&l);
}

static void what_is_no_list_of_strings_is_refused(void **state)
{
    (void)state;
    static const char *const no[] = {
        "",          "plain",           "'a'",           "['a'",    "['a'] x", "['a",      "['a' 1]",
        "[1]",       "[None]",          "[['a']]",       "['a',,]", "[,]",     "['a\nb']", "['\\x4']",
        "['\\u12']", "['\\U00110000']", "['\\N{DASH}']", "[u'a']",  "['a\\"
    };
    struct rf_pylist l = { 0 };
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        assert_int_equal(rf_pylist_parse(str(no[i]), &l, NULL), 0);
        assert_int_equal(l.n, 0);
    }
    rf_pylist_release(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_are_those_of_python),
        cmocka_unit_test(neighbours_join_and_elements_are_counted),
        cmocka_unit_test(nul_bytes_are_kept_and_surrogates_repaired),
        cmocka_unit_test(what_is_no_list_of_strings_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
