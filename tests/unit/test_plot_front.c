/* Unit tests of eval/plot_front.h: names that try to run programs, whole pictures, lines named by labels that meet
 * nothing or in a key, refusals, the leaderboard as text. */
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

/* The script of a picture of two or more lines, for the caller to release. */
static struct rf_buf script_of(const struct rf_plot_series *line, size_t n, const struct rf_front_point *point,
                               size_t points)
{
    const struct rf_front p = { "t", "x", "y", false, line, n, point, points };
    struct rf_buf script = { 0 };
    assert_int_equal(rf_front_write(&p, "lines.svg", true, ".", NULL), 0);
    assert_int_equal(rf_file_read("lines.svg.gp", 0, &script, NULL), 0);
    return script;
}

enum { FRAME_CHARS = 100 };

/* Left end and middle, in units of the frame, of the labels in a script; how many there are. */
static size_t labels_of(const char *script, const char *const *name, double (*at)[2], size_t most)
{
    size_t n = 0;
    for (const char *l = script; (l = strstr(l, "set label ")); l++) {
        char side[8];
        assert_true(n < most);
        assert_int_equal(
            sscanf(l, "set label %*u $names[%*u][2:*] at graph %lf, graph %lf %7s", &at[n][0], &at[n][1], side), 3);
        const double wide = (double)strlen(name[n]) / FRAME_CHARS;
        at[n][0] -= !strcmp(side, "right") ? wide : !strcmp(side, "center") ? wide / 2 : 0;
        n++;
    }
    return n;
}

/* Two losses that run together on the right, where labels would stand between them, and the third on top of them. */
static void lines_are_named_where_they_run(void **state)
{
    (void)state;
    enum { N = 50, LINES = 3 };
    static const char *const name[LINES] = { "training loss", "validation loss", "a third loss" };
    const double high = 0.038 / 2; /* half a line of text, of the frame */
    double x[N], y[LINES][N], at[LINES][2], wide[LINES];
    struct rf_plot_series line[LINES];
    if (!have_gnuplot())
        skip();
    for (size_t k = 0; k < LINES; k++) {
        for (size_t i = 0; i < N; i++) {
            x[i] = (double)i;
            y[k][i] = exp(-(double)i / 8 * (1 + (double)k)) + (k == 2 && i % 10 == 0 ? 0.4 : 0);
        }
        line[k] = (struct rf_plot_series){ .name = name[k], .role = RF_PLOT_ROUTER, .x = x, .y = y[k], .n = N };
        wide[k] = (double)strlen(name[k]) / FRAME_CHARS;
    }
    struct rf_buf script = script_of(line, LINES, NULL, 0);
    assert_non_null(strstr(script.data, "unset key"));
    assert_int_equal(labels_of(script.data, name, at, LINES), LINES);
    double low = 0, top = 0;
    const char *const range = strstr(script.data, "set yrange [");
    assert_int_equal(sscanf(range, "set yrange [%lf:%lf]", &low, &top), 2);
    double left = 0, right = 0;
    assert_int_equal(sscanf(strstr(script.data, "set xrange ["), "set xrange [%lf:%lf]", &left, &right), 2);
    for (size_t k = 0; k < LINES; k++) {
        assert_true(at[k][0] >= 0 && at[k][0] + wide[k] <= 1 && at[k][1] >= high && at[k][1] <= 1 - high);
        for (size_t j = 0; j < k; j++)
            assert_true(at[j][0] + wide[j] <= at[k][0] || at[k][0] + wide[k] <= at[j][0] ||
                        fabs(at[j][1] - at[k][1]) >= 2 * high - 1e-4);
        for (size_t j = 0; j < LINES; j++)
            for (size_t i = 0; i < N; i++) {
                const double over = (x[i] - left) / (right - left), up = (y[j][i] - low) / (top - low);
                if (over > at[k][0] && over < at[k][0] + wide[k])
                    assert_true(fabs(up - at[k][1]) >= high - 1e-4);
            }
    }
    rf_buf_release(&script);
}

/* Six lines on top of each other leave no room for six labels. */
static void lines_without_room_for_labels_have_a_key(void **state)
{
    (void)state;
    enum { LINES = 6 };
    static const double x[] = { 0, 1 }, y[] = { 1, 1 };
    static const char *const name = "a name of a line that is as long as the names that are shown";
    const struct rf_front_point point = { "model", 0.5, 2, NAN, NAN };
    struct rf_plot_series line[LINES];
    double at[LINES][2];
    if (!have_gnuplot())
        skip();
    for (size_t k = 0; k < LINES; k++)
        line[k] = (struct rf_plot_series){ .name = name, .role = RF_PLOT_ROUTER, .x = x, .y = y, .n = 2 };
    struct rf_buf script = script_of(line, LINES, &point, 1);
    assert_null(strstr(script.data, "unset key"));
    assert_int_equal(labels_of(script.data, &name, at, LINES), 1); /* the model's */
    size_t keys = 0;
    for (const char *k = script.data; (k = strstr(k, "keyentry with lines ")); k++)
        keys++;
    assert_int_equal(keys, LINES);
    rf_buf_release(&script);
    script = script_of(line, 1, NULL, 0);
    assert_non_null(strstr(script.data, "unset key"));
    assert_int_equal(labels_of(script.data, &name, at, LINES), 1);
    rf_buf_release(&script);
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
        cmocka_unit_test(lines_are_named_where_they_run),
        cmocka_unit_test(lines_without_room_for_labels_have_a_key),
        cmocka_unit_test(one_model_and_equal_numbers_are_drawn),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(a_leaderboard_as_text),
    };
    return cmocka_run_group_tests(tests, enter_scratch_folder, remove_scratch_folder);
}
