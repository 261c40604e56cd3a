/* Unit tests of core/scan_real.h: strtod's bits for many numbers in many forms, and what is no JSON number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/scan_real.h"

enum { NUMBERS = 300000 };

static void same_as_strtod(const char *text)
{
    double v = 0;
    const double want = strtod(text, NULL);
    if (rf_scan_real(text, strlen(text), &v) != strlen(text) || memcmp(&v, &want, sizeof v) != 0)
        fail_msg("%s: found %.17g, expected %.17g", text, v, want);
}

static void every_form_gives_the_bits_of_strtod(void **state)
{
    (void)state;
    static const int places[] = { 17, 16, 9, 8, 18, 3, 25, 0 };
    static const char *const edge[] = {
        "0",
        "-0",
        "-0.0",
        "0e5",
        "1e22",
        "1e23",
        "1e-22",
        "1e-23",
        "9007199254740992",
        "9007199254740993",
        "9007199254740992e22",
        "9007199254740991e-22",
        "123456789012345678",
        "1234567890123456789",
        "0.1",
        "0.1000000000000000055511151231257827",
        "2.2250738585072011e-308",
        "4.9e-324",
        "2e-324",
        "1.7976931348623157e308",
        "1e309",
        "-1e400",
        "1e-99999999999",
        "0.000000000000000000000000000000000001",
        "1000000000000000000000000000000",
    };
    uint64_t u = 88172645463325252u;
    for (size_t i = 0; i < sizeof edge / sizeof *edge; i++)
        same_as_strtod(edge[i]);
    for (int i = 0; i < NUMBERS; i++) {
        char text[512];
        double x;
        u ^= u << 13, u ^= u >> 7, u ^= u << 17;
        if (i % 2) {
            memcpy(&x, &u, sizeof x);
            if (!(x - x == 0)) /* not finite */
                continue;
        } else {
            x = (float)((double)(u >> 11) * 0x1p-53 - 0.5); /* as entries of vectors are */
        }
        const int p = places[i / 2 % 8];
        if (i / 16 % 3 == 0)
            snprintf(text, sizeof text, "%.*g", p, x);
        else if (i / 16 % 3 == 1)
            snprintf(text, sizeof text, "%.*f", p, x);
        else
            snprintf(text, sizeof text, "%.*E", p, x);
        if (strlen(text) <= RF_REAL_MOST)
            same_as_strtod(text);
    }
}

static void a_number_ends_where_its_form_does(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t used;
    } list[] = { { "1,2", 1 }, { "-1.5e3]", 6 }, { "12 ", 2 }, { "NaN", 0 },  { "+1", 0 },
                 { "01", 0 },  { ".5", 0 },      { "1.", 0 },  { "1.e1", 0 }, { "1e", 0 },
                 { "1e+", 0 }, { "-", 0 },       { "", 0 },    { "0x10", 1 }, { "-Infinity", 0 } };
    char many[RF_REAL_MOST + 2];
    double v;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        assert_int_equal(rf_scan_real(list[i].text, strlen(list[i].text), &v), list[i].used);
    memset(many, '1', sizeof many);
    assert_int_equal(rf_scan_real(many, RF_REAL_MOST, &v), RF_REAL_MOST);
    assert_int_equal(rf_scan_real(many, RF_REAL_MOST + 1, &v), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_gives_the_bits_of_strtod),
        cmocka_unit_test(a_number_ends_where_its_form_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
