/* Unit tests of rf_json_strings: values, refusals, and agreement with jansson on random texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "json_agree.h"

static void lists_are_decoded(void **state)
{
    (void)state;
    static const char text[] =
        " [ \"\", null ,\"a\\nb\\u00e9\\ud83d\\ude00\\/\" , \"\\u0000\xe2\x82\xac\",\"\\ud800\"] \n";
    struct rf_json_strings t = { 0 };
    assert_int_equal(rf_json_strings(text, sizeof text - 1, &t, NULL), 0);
    assert_int_equal(t.n, 5);
    assert_int_equal(t.repaired, 1);
    assert_string_equal(t.item[0].s, "");
    assert_null(t.item[1].s);
    assert_string_equal(t.item[2].s, "a\nb\xc3\xa9\xf0\x9f\x98\x80/");
    assert_int_equal(t.item[3].len, 4);
    assert_memory_equal(t.item[3].s, "\0\xe2\x82\xac", 5);
    assert_string_equal(t.item[4].s, "\xef\xbf\xbd");
    /* the next, shorter list takes the same place */
    assert_int_equal(rf_json_strings("[]", 2, &t, NULL), 0);
    assert_int_equal(t.n, 0);
    assert_int_equal(t.repaired, 0);
    rf_json_strings_release(&t);
    assert_null(t.item);
}

static void bad_lists_are_refused_with_their_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        { "", "byte 0: found the end, expected '['" },
        { "{}", "byte 0: found '{', expected '['" },
        { "[\"a\"", "byte 4: found the end, expected ',' or ']'" },
        { "[\"a\",]", "byte 5: found ']', expected a string or null" },
        { "[1]", "byte 1: found '1', expected a string or null" },
        { "[nul]", "byte 1: found 'n', expected a string or null" },
        { "[\"a\" \"b\"]", "byte 5: found '\"', expected ',' or ']'" },
        { "[\"abc", "byte 5: found the end, expected a closing quote" },
        { "[\"a\nb\"]", "byte 3: found the byte 0x0a, expected control characters as escapes" },
        { "[\"\xc3(\"]", "byte 2: found the byte 0xc3, expected UTF-8" },
        { "[\"\\x\"]", "byte 2: found '\\', expected one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX" },
        { "[\"\\u12g4\"]",
          "byte 2: found '\\', expected one of the escapes \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX" },
        { "[] []", "byte 3: found '[', expected the end of the text" },
    };
    struct rf_json_strings t = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rf_err err = { 0 };
        assert_int_equal(rf_json_strings(bad[i].text, strlen(bad[i].text), &t, &err), RF_BAD_INPUT);
        assert_string_equal(err.msg, bad[i].message);
        assert_true(json_agree(bad[i].text, strlen(bad[i].text), &t));
    }
    rf_json_strings_release(&t);
}

/* Random lists out of awkward pieces; half of them damaged in one byte, or cut. */
static void random_lists_agree_with_jansson(void **state)
{
    (void)state;
    static const char *const piece[] = {
        "\"",
        "\",\"",
        "\", \"",
        "null",
        ",",
        "[",
        "]",
        "plain text of some length ",
        "x",
        "\\n",
        "\\\"",
        "\\\\",
        "\\u00e9",
        "\\u0000",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\udc00",
        "\\uD83d\\u0041",
        "\xc3\xa9",
        "\xe6\xbc\xa2\xe5\xad\x97",
        "\xf0\x9f\x98\x80",
        "\\u12",
        "\\q",
        "\x1f",
        "\x7f",
        "\xed\xa0\x80",
        " ",
        "\t",
    };
    enum { PIECES = sizeof piece / sizeof *piece };
    struct rf_json_strings t = { 0 };
    struct rf_buf b = { 0 };
    struct rf_rng r;
    int accepted = 0;
    rf_rng_init(&r, 2026, 0);
    for (int i = 0; i < 40000; i++) {
        b.len = 0;
        rf_buf_printf(&b, NULL, "[\"");
        const uint32_t n = rf_rng_below(&r, 12), safe = rf_rng_below(&r, 3);
        for (uint32_t k = 0; k < n; k++) {
            const char *p = piece[safe ? 7 + rf_rng_below(&r, 14) : rf_rng_below(&r, PIECES)];
            rf_buf_add(&b, p, strlen(p), NULL);
            if (safe && rf_rng_below(&r, 4) == 0)
                rf_buf_add(&b, "\",\"", 3, NULL);
        }
        rf_buf_printf(&b, NULL, "\"]");
        if (i % 4 == 0)
            b.data[rf_rng_below(&r, (uint32_t)b.len)] = (char)rf_rng_u32(&r);
        if (i % 4 == 1)
            b.len = rf_rng_below(&r, (uint32_t)b.len);
        if (!json_agree(b.data, b.len, &t))
            fail_msg("the two differ on: %.*s", (int)b.len, b.data);
        accepted += rf_json_strings(b.data, b.len, &t, NULL) == 0;
    }
    assert_true(accepted > 10000 && accepted < 30000);
    rf_json_strings_release(&t);
    rf_buf_release(&b);
}

static void no_memory_is_an_error(void **state)
{
    (void)state;
    for (long nth = 1; nth <= 2; nth++) {
        struct rf_json_strings t = { 0 };
        struct rf_err err = { 0 };
        rf_mem_fail_at(nth, false);
        assert_int_equal(rf_json_strings("[\"a\"]", 5, &t, &err), RF_FAIL);
        assert_int_equal(rf_json_strings("[\"a\"]", 5, &t, NULL), 0);
        rf_json_strings_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_decoded),
        cmocka_unit_test(bad_lists_are_refused_with_their_byte),
        cmocka_unit_test(random_lists_agree_with_jansson),
        cmocka_unit_test(no_memory_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
