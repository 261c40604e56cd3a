/* Unit tests of eval/plot_front.h: names that try to run programs, whole pictures, labels in the frame, refusals, the
 * leaderboard as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/input.h"
#include "eval/plot_front.h"

static const char *const hostile[] = { "`touch canary`",
                                       "$(touch canary)",
                                       "\"; system(\"touch canary\"); \"",
                                       "'; system('touch canary'); '",
                                       "< touch canary",
                                       "END_OF_NAMES",
                                       "END_OF_DATA\nsystem \"touch canary\"",
                                       "a\nb\033[31m\xe2\x80\xae<&>\"^_{}@~",
                                       "\xff\xfe%s%n\\",
                                       "" };
enum { HOSTILE = sizeof hostile / sizeof *hostile };

static int enter_scratch_folder(void **state)
{
    static char folder[] = "/tmp/test_plot_front.XXXXXX";
    *state = mkdtemp(folder);
    return *state && !chdir(folder) ? 0 : -1;
}

static int remove_scratch_folder(void **state)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", (const char *)*state);
    return chdir("/") || system(command) ? -1 : 0;
}

static bool have_gnuplot(void)
{
    if (!system("command -v gnuplot > /dev/null"))
        return true;
    printf("SKIP test_plot_front: gnuplot is not installed\n");
    return false;
}

/* The picture is whole, and nothing was run. */
static void check_svg(const char *path, const char *holds)
{
    struct rf_buf svg = { 0 };
    char command[200];
    assert_int_not_equal(access("canary", F_OK), 0);
    assert_int_equal(rf_file_read(path, 0, &svg, NULL), 0);
    assert_null(memchr(svg.data, 0x1b, svg.len));
    assert_non_null(strstr(svg.data, holds));
    rf_buf_release(&svg);
    snprintf(command, sizeof command, "python3 -c \"import xml.dom.minidom as m; m.parse('%s')\"", path);
    if (!system("command -v python3 > /dev/null"))
        assert_int_equal(system(command), 0);
}

static void names_run_nothing_in_a_front(void **state)
{
    (void)state;
    static const double x[] = { 0.1, 1, 10 }, y[] = { 0.4, 0.6, 0.65 }, lo[] = { 0.3, 0.5, 0.6 },
                        hi[] = { 0.5, 0.7, 0.7 };
    struct rf_front_point point[HOSTILE];
    if (!have_gnuplot())
        skip();
    for (size_t i = 0; i < HOSTILE; i++)
        point[i] = (struct rf_front_point){ hostile[i], 0.1 * pow(1.6, (double)i), 0.3 + 0.04 * (double)i, NAN, NAN };
    for (size_t k = 0; k < HOSTILE; k++) {
        const struct rf_plot_series line[] = {
            { .name = hostile[k], .role = RF_PLOT_ROUTER, .x = x, .y = y, .lo = lo, .hi = hi, .n = 3 },
            { .name = "zero router", .role = RF_PLOT_RANDOM, .x = x, .y = y, .n = 3 },
        };
        struct rf_front p = { hostile[k], hostile[k], hostile[k], k % 2, line, 2, point, HOSTILE };
        struct rf_err err = { 0 };
        if (rf_front_write(&p, "front.svg", true, ".", &err))
            fail_msg("name %zu: %s", k, err.msg);
        check_svg("front.svg", "`touch canary`");
    }
    assert_int_equal(access("front.svg.gp", F_OK), 0);
}

static void names_run_nothing_in_a_leaderboard(void **state)
{
    (void)state;
    struct rf_front_point row[HOSTILE];
    struct rf_err err = { 0 };
    if (!have_gnuplot())
        skip();
    for (size_t i = 0; i < HOSTILE; i++)
        row[i] = (struct rf_front_point){ hostile[i], 1000 - 10 * (double)i, 0, 990 - 10 * (double)i,
                                          1010 - 10 * (double)i };
    for (size_t k = 0; k < HOSTILE; k++) {
        const struct rf_board_plot p = { hostile[k], hostile[k], row, HOSTILE };
        if (rf_board_write(&p, "board.svg", true, NULL, &err))
            fail_msg("name %zu: %s", k, err.msg);
        check_svg("board.svg", "`touch canary`");
    }
}

static void one_model_and_equal_numbers_are_drawn(void **state)
{
    (void)state;
    const struct rf_front_point one = { "only", 2, 0.5, NAN, NAN };
    const struct rf_front p = { "t", "x", "y", false, NULL, 0, &one, 1 };
    const struct rf_board_plot b = { "t", "x", &one, 1 };
    if (!have_gnuplot())
        skip();
    assert_int_equal(rf_front_write(&p, "one.svg", true, NULL, NULL), 0);
    assert_int_equal(rf_board_write(&b, "one.svg", true, NULL, NULL), 0);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    const struct rf_front_point bad[] = { { "a", 1, 2, NAN, NAN }, { "b", 1, INFINITY, NAN, NAN } };
    const struct rf_front none = { "t", "x", "y", false, NULL, 0, NULL, 0 },
                          wrong = { "t", "x", "y", false, NULL, 0, bad, 2 };
    const struct rf_board_plot empty = { "t", "x", NULL, 0 };
    struct rf_err err = { 0 };
    assert_int_equal(rf_front_write(&none, "x.svg", true, NULL, NULL), RF_BAD_INPUT);
    assert_int_equal(rf_front_write(&wrong, "x.svg", true, NULL, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "model 2 (b)"));
    assert_int_equal(rf_board_write(&empty, "x.svg", true, NULL, NULL), RF_BAD_INPUT);
    assert_int_not_equal(access("x.svg", F_OK), 0);
}

static void a_leaderboard_as_text(void **state)
{
    (void)state;
    const struct rf_front_point row[] = { { "best\033", 20, 0, 10, 30 }, { "worst", 0, 0, 0, 5 } };
    const struct rf_board_plot p = { "t", "x", row, 2 };
    char text[200];
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(rf_board_text(&p, (struct rf_plot_style){ false, false }, f, 46, NULL), 0);
    rewind(f);
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(text, "best?   20.0            ----------o----------\n"
                              "worst    0.0  o-----\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_run_nothing_in_a_front),
        cmocka_unit_test(names_run_nothing_in_a_leaderboard),
        cmocka_unit_test(one_model_and_equal_numbers_are_drawn),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(a_leaderboard_as_text),
    };
    return cmocka_run_group_tests(tests, enter_scratch_folder, remove_scratch_folder);
}
