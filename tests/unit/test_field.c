/* Cells as numbers: the same double as strtod gives, bit for bit, and nothing but whole decimal numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rng.h"
#include "datasets/field.h"

static void check_number(const char *text)
{
    const double want = strtod(text, NULL);
    double got = -1;
    if (!rf_field_real((struct rf_str){ text, strlen(text) }, &got) || memcmp(&want, &got, sizeof got) != 0)
        fail_msg("%s: found %.17g, expected %.17g", text, got, want);
}

static double any_double(struct rf_rng *rng)
{
    double v;
    const uint64_t bits =
        (uint64_t)(900 + rf_rng_below(rng, 240)) << 52 | ((uint64_t)rf_rng_u32(rng) << 32 | rf_rng_u32(rng)) >> 12;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* Of up to 19 digits with a point anywhere and an exponent now and then; doubles as programs print them; the middles
 * between two doubles, and their neighbours in the last digit. */
static void numbers_are_those_of_strtod(void **state)
{
    (void)state;
    enum { ROUNDS = 100000 };
    struct rf_rng rng;
    char text[96];
    rf_rng_init(&rng, 7, 0);
    for (int i = 0; i < ROUNDS; i++) {
        static const uint64_t bound[] = { 10, 10000, 1000000000, UINT64_MAX };
        const uint64_t m = ((uint64_t)rf_rng_u32(&rng) << 32 | rf_rng_u32(&rng)) % bound[i % 4];
        const int width = 1 + (int)rf_rng_below(&rng, 22), point = (int)rf_rng_below(&rng, (uint32_t)width + 1);
        const int power = (int)rf_rng_below(&rng, 80) - 40;
        char plain[32], whole[64];
        snprintf(plain, sizeof plain, "%022" PRIu64, m);
        snprintf(whole, sizeof whole, "%.*s.%s", point, plain + 22 - width, plain + 22 - width + point);
        check_number(whole);
        snprintf(text, sizeof text, "%s%c%+03d", whole, i % 2 ? 'e' : 'E', power);
        check_number(text);
        snprintf(text, sizeof text, "%s%" PRIu64, i % 3 ? "" : i % 2 ? "-" : "+", m);
        check_number(text);
        const double v = any_double(&rng);
        snprintf(text, sizeof text, "%.*g", 15 + i % 3, v);
        check_number(text);
        const uint64_t odd = 2 * (((uint64_t)1 << 52) + (m & (((uint64_t)1 << 52) - 1))) + 1;
        for (uint64_t k = odd - 1; k <= odd + 1; k++) {
            snprintf(text, sizeof text, "%" PRIu64 ".%s", k, i % 2 ? "000" : "");
            check_number(text);
            snprintf(text, sizeof text, "%" PRIu64 "e-%d", k, i % 24);
            check_number(text);
        }
    }
}

static void what_is_no_whole_decimal_number_is_refused(void **state)
{
    (void)state;
    static const char *const good[] = { "0",
                                        "-0",
                                        "+1",
                                        "1.",
                                        ".5",
                                        "-.5",
                                        "1e3",
                                        "1E+3",
                                        "5e-324",
                                        "1e-400",
                                        "1e308",
                                        "00000000000000000000000001",
                                        "0.1234567890123456789012345678901234567890" };
    static const char *const bad[] = { "",      "-",   ".",     "e5",     "1e",   "1e+", "--1",
                                       "1.2.3", "1,5", "1e5x",  "0x10",   "inf",  "nan", " 1",
                                       "1 ",    "+-1", "1e400", "-1e999", "1e1.", "1-",  "True" };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        check_number(good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double v = 3;
        if (rf_field_real((struct rf_str){ bad[i], strlen(bad[i]) }, &v) || v < 3 || v > 3)
            fail_msg("%s was taken for %g", bad[i], v);
    }
    double v = 3;
    assert_false(rf_field_real((struct rf_str){ 0 }, &v));
    assert_true(rf_field_real((struct rf_str){ "1.25", 3 }, &v)); /* the length counts, not a NUL */
    assert_true(v > 1.19 && v < 1.21);
}

static void scores_may_be_words(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double v;
    } all[] = { { "True", 1 }, { "false", 0 }, { "FALSE", 0 }, { "0.25", 0.25 }, { "1", 1 } };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        double v = -1;
        assert_true(rf_field_score((struct rf_str){ all[i].text, strlen(all[i].text) }, &v));
        assert_memory_equal(&v, &all[i].v, sizeof v);
    }
    double v;
    assert_false(rf_field_score((struct rf_str){ "yes", 3 }, &v));
    assert_true(rf_field_missing((struct rf_str){ "NaN", 3 }) && rf_field_missing((struct rf_str){ "null", 4 }) &&
                rf_field_missing((struct rf_str){ "", 0 }) && rf_field_missing((struct rf_str){ 0 }));
    assert_false(rf_field_missing((struct rf_str){ "0", 1 }) || rf_field_missing((struct rf_str){ "None.", 5 }));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_those_of_strtod),
        cmocka_unit_test(what_is_no_whole_decimal_number_is_refused),
        cmocka_unit_test(scores_may_be_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
