/* Unit tests of core/normal.h: what normalising makes the same, what it keeps apart, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/json.h"
#include "core/rng.h"
#include "core/normal.h"

static struct rf_str str(const char *s)
{
    return (struct rf_str){ s, strlen(s) };
}

static const char *normal(struct rf_str s, struct rf_buf *out)
{
    struct rf_normal pad = { 0 };
    out->len = 0;
    assert_int_equal(rf_normal_add(&pad, s, out, NULL), 0);
    rf_normal_release(&pad);
    return out->data ? out->data : "";
}

static void forms_of_one_text_become_one(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        { "", "" },
        { " \t\r\n", "" },
        { "  What  is\tthe\r\nAnswer? ", "what is the answer?" },
        { "a\xc2\xa0\xe3\x80\x80 b\xe2\x80\xa8", "a b" },  /* no-break, ideographic, line separator */
        { "caf\x65\xcc\x81", "caf\xc3\xa9" },              /* combining accent */
        { "\xef\xbc\xa1\xef\xbc\xa2\xef\xbc\x91", "ab1" }, /* full width */
        { "\xef\xac\x81ne stra\xc3\x9f"
          "e",
          "fine strasse" }, /* ligature, sharp s */
        { "\xce\xa3\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x82",
          "\xcf\x83\xce\xaf\xcf\x83\xcf\x85\xcf\x86\xce\xbf\xcf\x83" },
        { "zero\xe2\x80\x8bwidth so\xc2\xad"
          "ft",
          "zerowidth soft" },
        { "\xe4\xbd\xa0\xe5\xa5\xbd", "\xe4\xbd\xa0\xe5\xa5\xbd" },
    };
    struct rf_buf out = { 0 };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_string_equal(normal(str(same[i][0]), &out), same[i][1]);
    assert_string_not_equal(normal(str("caf\xc3\xa9"), &out), "cafe");
    assert_string_not_equal(normal(str("a-b"), &out), "a b");
    rf_buf_release(&out);
}

static void nul_bytes_are_kept(void **state)
{
    (void)state;
    struct rf_buf out = { 0 };
    normal((struct rf_str){ "A\0B", 3 }, &out);
    assert_int_equal(out.len, 3);
    assert_memory_equal(out.data, "a\0b", 3);
    normal((struct rf_str){ "A\0\xc3\x89", 4 }, &out);
    assert_int_equal(out.len, 4);
    assert_memory_equal(out.data, "a\0\xc3\xa9", 4);
    rf_buf_release(&out);
}

static void bad_utf8_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "\xc3", "a\xff", "\xed\xa0\x80", "\xc0\x80" };
    struct rf_normal pad = { 0 };
    struct rf_buf out = { 0 };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct rf_err err = { 0 };
        assert_int_equal(rf_normal_add(&pad, str(bad[i]), &out, &err), RF_BAD_INPUT);
        assert_int_equal(out.len, 0);
    }
    rf_normal_release(&pad);
    rf_buf_release(&out);
}

static size_t put_point(uint32_t c, char *to)
{
    if (c < 0x80)
        return (void)(to[0] = (char)c), 1;
    if (c < 0x800)
        return (void)(to[0] = (char)(0xc0 | c >> 6)), (void)(to[1] = (char)(0x80 | (c & 63))), 2;
    to[0] = (char)(0xe0 | c >> 12);
    to[1] = (char)(0x80 | (c >> 6 & 63));
    to[2] = (char)(0x80 | (c & 63));
    return 3;
}

/* Of 20,000 random texts of letters that compose, fold and decompose the second pass changes none. */
static void a_second_pass_changes_nothing(void **state)
{
    (void)state;
    static const uint32_t from[] = { 0x20,   0x40,   0xc0,   0x130,  0x300,  0x340,  0x390,  0x400,
                                     0x1e00, 0x1f80, 0x2000, 0x3300, 0xac00, 0x1100, 0xfb00, 0xff00 };
    struct rf_rng r;
    struct rf_buf once = { 0 }, twice = { 0 };
    rf_rng_init(&r, 3, 0);
    for (int i = 0; i < 20000; i++) {
        char text[64];
        size_t n = 0;
        for (uint32_t k = 1 + rf_rng_below(&r, 12); k; k--)
            n += put_point(from[rf_rng_below(&r, 16)] + rf_rng_below(&r, 64), text + n);
        normal((struct rf_str){ text, n }, &once);
        assert_true(rf_utf8_valid(once.data, once.len));
        normal((struct rf_str){ once.data, once.len }, &twice);
        assert_int_equal(once.len, twice.len);
        assert_true(!once.len || !memcmp(once.data, twice.data, once.len));
    }
    rf_buf_release(&once);
    rf_buf_release(&twice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_of_one_text_become_one),
        cmocka_unit_test(nul_bytes_are_kept),
        cmocka_unit_test(bad_utf8_is_refused),
        cmocka_unit_test(a_second_pass_changes_nothing),
    };
    return cmocka_run_group_tests_name("normal", tests, NULL, NULL);
}
