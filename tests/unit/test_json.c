/* Unit tests of core/json.h: the door to jansson, field access, text out, UTF-8. The list of strings has its own file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/json.h"
#include "core/rng.h"

static json_t *parse(const char *text)
{
    json_t *v = NULL;
    struct rf_err err = { 0 };
    if (rf_json_parse(text, strlen(text), &v, &err))
        fail_msg("%s: %s", text, err.msg);
    return v;
}

static void bad_texts_are_refused_with_column_found_and_expected(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        { "", "column 0: found the end of the text, expected a JSON value" },
        { "{", "column 1: found the end of the text, expected string or '}'" },
        { "[1,", "column 3: found the end of the text, expected ']'" },
        { "[1 2]", "column 4: found '2', expected ']'" },
        { "{\"a\":1,\"a\":2}", "column 10: found duplicate object key near '\"a\"', expected every key once" },
        { "1e999", "column 5: found real number overflow near '1e999', expected a number that fits 64 bits" },
        { "9223372036854775808",
          "column 19: found too big integer near '9223372036854775808', expected a number that fits 64 bits" },
        { "[1]x", "column 4: found 'x', expected the end of the text" },
        { "\"\xff\"", "column 1: found unable to decode byte 0xff near '\"', expected UTF-8" },
        { "[01]", "column 2: found invalid token near '0', expected a JSON value" },
        { "[\"a\x01\"]", "column 3: found control character 0x1 near '\"a', expected a JSON value" },
        { "[\n\n NaN]", "line 3, column 4: found invalid token near 'NaN', expected a JSON value" },
        { "{\"a\\u0000\":1}",
          "column 10: found NUL byte in object key not supported near '\"a\\u0000\"', expected a key without it" },
        { "\xef\xbb\xbf[1]", "column 1: found invalid token near '...', expected a JSON value" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rf_err err = { 0 };
        json_t *v = NULL;
        assert_int_equal(rf_json_parse(bad[i].text, strlen(bad[i].text), &v, &err), RF_BAD_INPUT);
        assert_string_equal(err.msg, bad[i].message);
        assert_null(v);
    }
    json_t *v = NULL;
    struct rf_err err = { 0 };
    assert_int_equal(rf_json_parse("[1]\0", 4, &v, NULL), RF_BAD_INPUT); /* a raw NUL behind the value */
    assert_int_equal(rf_json_parse("[1\0]", 4, &v, &err), RF_BAD_INPUT); /* or within: jansson loses this one */
    assert_string_equal(err.msg, "column 3: found a NUL byte, expected none");
    assert_null(v);
}

static void nul_escapes_and_large_integers_are_kept(void **state)
{
    (void)state;
    json_t *v = parse("[\"a\\u0000b\", 9007199254740993]");
    assert_int_equal(json_string_length(json_array_get(v, 0)), 3);
    assert_memory_equal(json_string_value(json_array_get(v, 0)), "a\0b", 3);
    assert_true(json_integer_value(json_array_get(v, 1)) == 9007199254740993);
    json_decref(v);
}

static void nesting_is_capped_at_64(void **state)
{
    (void)state;
    char text[200];
    for (size_t depth = 64; depth <= 65; depth++) {
        struct rf_err err = { 0 };
        json_t *v = NULL;
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(rf_json_parse(text, 2 * depth, &v, &err), depth == 64 ? 0 : RF_BAD_INPUT);
        assert_string_equal(
            err.msg, depth == 64 ? "" : "column 65: found values nested more than 64 deep, expected at most so many");
        json_decref(v);
    }
    memset(text, '[', sizeof text); /* brackets inside strings do not nest */
    text[0] = text[sizeof text - 1] = '"';
    json_t *v = NULL;
    assert_int_equal(rf_json_parse(text, sizeof text, &v, NULL), 0);
    json_decref(v);
}

static void lone_surrogates_are_repaired_and_counted(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value;
        size_t lone;
    } known[] = {
        { "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80", 0 },
        { "\"\\ud83d\"", "\xef\xbf\xbd", 1 },
        { "\"\\uDE00x\"", "\xef\xbf\xbdx", 1 },
        { "\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80", 1 },
        { "\"\\ud83d\\u0041\"",
          "\xef\xbf\xbd"
          "A",
          1 },
        { "\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd", 2 },
        { "\"\\\\ud83d\"", "\\ud83d", 0 },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        json_t *v = parse(known[i].text);
        assert_string_equal(json_string_value(v), known[i].value);
        assert_int_equal(rf_json_lone_surrogates(known[i].text, strlen(known[i].text)), known[i].lone);
        json_decref(v);
    }
}

static void fields_are_typed_and_named(void **state)
{
    (void)state;
    json_t *v = parse("{\"s\":\"x\",\"i\":-3,\"r\":2.5,\"n\":null,\"b\":true}");
    struct rf_err err = { 0 };
    struct rf_str s;
    double r;
    int64_t i;
    assert_int_equal(rf_json_get_string(v, "s", &s, &err), 0);
    assert_int_equal(s.len, 1);
    assert_int_equal(rf_json_get_int(v, "i", &i, &err), 0);
    assert_int_equal(i, -3);
    assert_int_equal(rf_json_get_number(v, "i", &r, &err), 0);
    assert_true(r == -3);
    assert_int_equal(rf_json_get_number(v, "r", &r, &err), 0);
    assert_true(r == 2.5);
    assert_int_equal(rf_json_get_int(v, "r", &i, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg, "key \"r\": found a real number, expected an integer");
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_json_get_string(v, "absent", &s, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg, "key \"absent\": found nothing, expected a string");
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_json_get_number(v, "b", &r, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg, "key \"b\": found true, expected a number");
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_json_get_string(json_object_get(v, "n"), "s", &s, &err), RF_BAD_INPUT);
    assert_string_equal(err.msg, "found null, expected an object with the key \"s\"");
    json_decref(v);
}

static void assert_written(struct rf_str s, const char *expected)
{
    struct rf_buf b = { 0 };
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    rf_json_put_string(f, s);
    fclose(f);
    assert_int_equal(rf_json_add_string(&b, s, NULL), 0);
    assert_string_equal(text, expected);
    assert_string_equal(b.data, expected);
    free(text);
    rf_buf_release(&b);
}

static void strings_are_escaped_for_machines_and_terminals(void **state)
{
    (void)state;
    assert_written((struct rf_str){ "", 0 }, "\"\"");
    assert_written((struct rf_str){ "a\"b\\c\n\t\x1b[0m\0z", 13 }, "\"a\\\"b\\\\c\\n\\t\\u001b[0m\\u0000z\"");
    assert_written((struct rf_str){ "\xc3\xa9\xc2\x9b\x7f", 5 }, "\"\xc3\xa9\\u009b\\u007f\"");
    assert_written((struct rf_str){ "\xff"
                                    "ok\xe2\x82",
                                    5 },
                   "\"\\ufffdok\\ufffd\\ufffd\"");
}

static void written_strings_come_back(void **state)
{
    (void)state;
    struct rf_buf b = { 0 };
    char text[0x10FFFF / 100 * 4];
    size_t n = 0;
    for (unsigned u = 0; u <= 0x10FFFF; u += u < 0x900 ? 1 : 997) {
        if (RF_JSON_LONE(u))
            continue;
        if (u < 0x80) {
            text[n++] = (char)u;
        } else if (u < 0x800) {
            text[n++] = (char)(0xC0 | u >> 6);
            text[n++] = (char)(0x80 | (u & 63));
        } else if (u < 0x10000) {
            text[n++] = (char)(0xE0 | u >> 12);
            text[n++] = (char)(0x80 | (u >> 6 & 63));
            text[n++] = (char)(0x80 | (u & 63));
        } else {
            text[n++] = (char)(0xF0 | u >> 18);
            text[n++] = (char)(0x80 | (u >> 12 & 63));
            text[n++] = (char)(0x80 | (u >> 6 & 63));
            text[n++] = (char)(0x80 | (u & 63));
        }
    }
    assert_true(rf_utf8_valid(text, n));
    assert_int_equal(rf_json_add_string(&b, (struct rf_str){ text, n }, NULL), 0);
    json_t *v = parse(b.data);
    assert_int_equal(json_string_length(v), n);
    assert_memory_equal(json_string_value(v), text, n);
    json_decref(v);
    rf_buf_release(&b);
}

static void reals_are_short_and_come_back(void **state)
{
    (void)state;
    static const struct {
        double v;
        const char *text;
    } known[] = { { 0, "0" },
                  { -0., "-0" },
                  { .1, "0.1" },
                  { 1. / 3, "0.3333333333333333" },
                  { .1 + .2, "0.30000000000000004" },
                  { 1e22, "1e+22" },
                  { 5e-324, "4.94065645841247e-324" },
                  { 123456789012345680., "1.2345678901234568e+17" } };
    char text[32];
    struct rf_rng r;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        rf_real_text(known[i].v, text);
        assert_string_equal(text, known[i].text);
    }
    rf_rng_init(&r, 11, 0);
    for (int i = 0; i < 20000; i++) {
        const uint64_t bits = (uint64_t)rf_rng_u32(&r) << 32 | rf_rng_u32(&r);
        double v;
        memcpy(&v, &bits, sizeof v);
        rf_real_text(v, text);
        assert_true(isnan(v) || strtod(text, NULL) == v);
    }
    char *out = NULL;
    size_t n;
    FILE *f = open_memstream(&out, &n);
    rf_json_put_real(f, NAN);
    rf_json_put_real(f, -INFINITY);
    rf_json_put_real(f, .5);
    fclose(f);
    assert_string_equal(out, "nullnull0.5");
    free(out);
}

static void utf8_is_checked_as_rfc_3629_says(void **state)
{
    (void)state;
    static const char *const bad[] = { "\x80",         "\xc0\x80",         "\xc1\xbf",         "\xe0\x9f\xbf",
                                       "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
                                       "\xc3",         "\xe2\x82",         "\xf0\x9f\x98",     "\xc3(" };
    static const char *const good[] = { "",
                                        "abcdefghi",
                                        "\xc2\x80",
                                        "\xe0\xa0\x80",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char padded[20] = "12345678";
        memcpy(padded + 8, bad[i], strlen(bad[i]));
        assert_false(rf_utf8_valid(bad[i], strlen(bad[i])));
        assert_false(rf_utf8_valid(padded, 8 + strlen(bad[i])));
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(rf_utf8_valid(good[i], strlen(good[i])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_texts_are_refused_with_column_found_and_expected),
        cmocka_unit_test(nul_escapes_and_large_integers_are_kept),
        cmocka_unit_test(nesting_is_capped_at_64),
        cmocka_unit_test(lone_surrogates_are_repaired_and_counted),
        cmocka_unit_test(fields_are_typed_and_named),
        cmocka_unit_test(strings_are_escaped_for_machines_and_terminals),
        cmocka_unit_test(written_strings_come_back),
        cmocka_unit_test(reals_are_short_and_come_back),
        cmocka_unit_test(utf8_is_checked_as_rfc_3629_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
