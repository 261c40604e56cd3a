/* Unit tests of eval/plot.h: names that try to run programs, repeatable bytes, refusals, and the text chart sign by
 * sign. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/input.h"
#include "eval/plot.h"

static const double line_x[] = { 0, 50, 100 }, line_y[] = { 40, 60, 60 }, line_lo[] = { 39, 55, 60 },
                    line_hi[] = { 41, 65, 60 }, random_x[] = { 0, 100 }, random_y[] = { 40, 60 };

static struct rf_plot one_curve(const struct rf_plot_series *series, size_t n)
{
    return (struct rf_plot){
        .title = "Title", .x_name = "x", .y_name = "y", .weak = 40, .strong = 60, .series = series, .n = n
    };
}

static struct rf_plot_series router(const char *name)
{
    return (struct rf_plot_series){
        .name = name, .role = RF_PLOT_ROUTER, .x = line_x, .y = line_y, .lo = line_lo, .hi = line_hi, .n = 3
    };
}

static const struct rf_plot_series mixture = {
    .name = "random", .role = RF_PLOT_RANDOM, .x = random_x, .y = random_y, .n = 2
};

static int enter_scratch_folder(void **state)
{
    static char folder[] = "/tmp/test_plot.XXXXXX";
    *state = mkdtemp(folder);
    return *state && !chdir(folder) ? 0 : -1;
}

static int remove_scratch_folder(void **state)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf '%s'", (const char *)*state);
    return chdir("/") || system(command) ? -1 : 0;
}

static bool have(const char *program)
{
    char command[100];
    snprintf(command, sizeof command, "command -v %s > /dev/null", program);
    if (!system(command))
        return true;
    printf("SKIP test_plot: %s is not installed\n", program);
    return false;
}

static void names_run_nothing_and_keep_the_picture_whole(void **state)
{
    (void)state;
    static char long_name[10001];
    memset(long_name, 'n', sizeof long_name - 1);
    const char *const hostile[] = { "`touch canary`",
                                    "$(touch canary)",
                                    "\"; system(\"touch canary\"); \"",
                                    "'; system('touch canary'); '",
                                    "< touch canary",
                                    "|touch canary",
                                    "new\nsystem('touch canary')\nEND_OF_NAMES\nsystem('touch canary')",
                                    "\x1b[31mred\x9b",
                                    "right\xe2\x80\xaeleft",
                                    "<b>&amp;\\n@x^{2}_y~",
                                    "\xff\xfe",
                                    long_name,
                                    "",
                                    "%s%n" };
    if (!have("gnuplot"))
        skip();
    struct rf_plot_series series[RF_PLOT_SERIES];
    assert_int_equal(sizeof hostile / sizeof *hostile, RF_PLOT_SERIES);
    for (size_t k = 0; k < RF_PLOT_SERIES; k++) {
        series[k] = router(hostile[k]);
        struct rf_err err = { 0 };
        struct rf_plot p = one_curve(series, k + 1);
        p.title = p.x_name = p.y_name = p.weak_name = p.strong_name = hostile[k];
        if (rf_plot_write(&p, "hostile.svg", true, ".", &err))
            fail_msg("name %zu: %s", k, err.msg);
    }
    assert_int_not_equal(access("canary", F_OK), 0);
    assert_int_equal(access("hostile.svg.gp", F_OK), 0);
    struct rf_buf svg = { 0 };
    assert_int_equal(rf_file_read("hostile.svg", 0, &svg, NULL), 0);
    assert_null(memchr(svg.data, 0x1b, svg.len));
    assert_non_null(strstr(svg.data, "`touch canary`"));
    rf_buf_release(&svg);
    if (have("python3"))
        assert_int_equal(system("python3 -c \"import xml.dom.minidom as m; m.parse('hostile.svg')\""), 0);
}

static void the_same_plot_gives_the_same_bytes(void **state)
{
    (void)state;
    static const char *const names[] = { "a.svg", "a.png" };
    if (!have("gnuplot"))
        skip();
    const struct rf_plot_series series[] = { router("mf"), mixture };
    const struct rf_plot p = one_curve(series, 2);
    for (size_t i = 0; i < 2; i++) {
        struct rf_buf first = { 0 }, second = { 0 }, again = { 0 };
        char command[100];
        assert_int_equal(rf_plot_write(&p, names[i], false, ".", NULL), 0);
        assert_int_equal(rf_file_read(names[i], 0, &first, NULL), 0);
        struct rf_err err = { 0 };
        assert_int_equal(rf_plot_write(&p, names[i], false, NULL, &err), RF_USAGE);
        assert_non_null(strstr(err.msg, "--force"));
        assert_int_equal(rf_plot_write(&p, names[i], true, NULL, NULL), 0);
        assert_int_equal(rf_file_read(names[i], 0, &second, NULL), 0);
        snprintf(command, sizeof command, "gnuplot -d %s.gp > again", names[i]);
        assert_int_equal(system(command), 0);
        assert_int_equal(rf_file_read("again", 0, &again, NULL), 0);
        assert_true(first.len > 1000 && first.len == second.len && first.len == again.len);
        assert_memory_equal(first.data, second.data, first.len);
        assert_memory_equal(first.data, again.data, first.len);
        rf_buf_release(&first);
        rf_buf_release(&second);
        rf_buf_release(&again);
    }
    assert_int_equal(rf_plot_write(&p, "a.pdf", false, NULL, NULL), 0);
}

static void without_gnuplot_the_error_names_the_package(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    const struct rf_plot_series series = router("mf");
    const struct rf_plot p = one_curve(&series, 1);
    char *path = strdup(getenv("PATH"));
    assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
    assert_int_equal(rf_plot_write(&p, "b.svg", false, NULL, &err), RF_FAIL);
    assert_int_equal(setenv("PATH", path, 1), 0);
    assert_non_null(strstr(err.msg, "gnuplot-nox"));
    assert_int_not_equal(access("b.svg", F_OK), 0);
    free(path);
}

static void plots_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const double nan_y[] = { 1, NAN, 2 }, back[] = { 0, 60, 50 };
    struct rf_plot_series s = router("mf");
    struct rf_plot p = one_curve(&s, 1);
    struct rf_err err = { 0 };
    assert_int_equal(rf_plot_write(&p, "c.gif", false, NULL, &err), RF_USAGE);
    assert_non_null(strstr(err.msg, ".svg, .png or .pdf"));
    s.y = nan_y;
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_plot_check(&p, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "curve 1 (mf): point 2"));
    s = router("mf");
    s.x = back;
    assert_int_equal(rf_plot_check(&p, NULL), RF_BAD_INPUT);
    s = router("mf");
    s.hi = NULL;
    assert_int_equal(rf_plot_check(&p, NULL), RF_BAD_INPUT);
    s = router("mf");
    s.n = 0;
    assert_int_equal(rf_plot_check(&p, NULL), RF_BAD_INPUT);
    s = router("mf");
    p.weak = INFINITY;
    assert_int_equal(rf_plot_check(&p, NULL), RF_BAD_INPUT);
    p = one_curve(&s, 0);
    assert_int_equal(rf_plot_check(&p, NULL), RF_BAD_INPUT);
    p = one_curve(&s, RF_PLOT_SERIES + 1);
    assert_int_equal(rf_plot_check(&p, NULL), RF_BAD_INPUT);
    p = one_curve(&s, 1);
    assert_int_equal(rf_plot_text(&p, (struct rf_plot_style){ 0 }, stdout, 39, 8, NULL), RF_USAGE);
}

/* The chart as a string for the caller to free. */
static char *chart(const struct rf_plot *p, struct rf_plot_style style)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_int_equal(rf_plot_text(p, style, f, 40, 9, NULL), 0);
    fclose(f);
    return text;
}

static void ascii_chart_is_drawn_sign_by_sign(void **state)
{
    (void)state;
    const struct rf_plot_series series[] = { router("mf\x1b[2J"), mixture };
    const struct rf_plot p = one_curve(series, 2);
    char *text = chart(&p, (struct rf_plot_style){ .unicode = false });
    assert_string_equal(text, "          Title\n"
                              "         y\n"
                              "      60 +--------------****************\n"
                              "         |            **          ....  \n"
                              "         |          **        ....      \n"
                              "         |         *       ...          \n"
                              "      50 +       **    ....             \n"
                              "         |     **   ...                 \n"
                              "         |   ** ....                    \n"
                              "         | **...                        \n"
                              "      40 +*.----------------------------\n"
                              "         +------------------------------\n"
                              "          0   20    40    60    80    100\n"
                              "          x\n"
                              "\n"
                              "         * mf?[2J\n"
                              "         . random\n"
                              "         - strong model, 60\n"
                              "         - weak model, 40\n");
    free(text);
}

static void colours_and_unicode_come_only_when_asked_for(void **state)
{
    (void)state;
    const struct rf_plot_series series = router("mf");
    const struct rf_plot p = one_curve(&series, 1);
    char *plain = chart(&p, (struct rf_plot_style){ .unicode = true }),
         *coloured = chart(&p, (struct rf_plot_style){ true, true });
    assert_null(strchr(plain, 0x1b));
    assert_non_null(strstr(plain, "●"));
    assert_non_null(strstr(plain, "░"));
    assert_non_null(strstr(coloured, "\033[34m●\033[0m"));
    free(plain);
    free(coloured);
    FILE *pipe = tmpfile();
    assert_non_null(pipe);
    unsetenv("LC_ALL");
    unsetenv("LC_CTYPE");
    setenv("LANG", "de_DE.utf8", 1);
    assert_true(rf_plot_text_style(pipe).unicode);
    assert_false(rf_plot_text_style(pipe).colour);
    setenv("LC_ALL", "C", 1);
    assert_false(rf_plot_text_style(pipe).unicode);
    fclose(pipe);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_run_nothing_and_keep_the_picture_whole),
        cmocka_unit_test(the_same_plot_gives_the_same_bytes),
        cmocka_unit_test(without_gnuplot_the_error_names_the_package),
        cmocka_unit_test(plots_that_make_no_sense_are_refused),
        cmocka_unit_test(ascii_chart_is_drawn_sign_by_sign),
        cmocka_unit_test(colours_and_unicode_come_only_when_asked_for),
    };
    return cmocka_run_group_tests(tests, enter_scratch_folder, remove_scratch_folder);
}
