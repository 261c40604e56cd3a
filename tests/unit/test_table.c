/* Unit tests of core/table.h and core/text.h: five formats of one table, folded intervals, hostile names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/table.h"
#include "core/text.h"

static const struct rf_column cols[] = {
    RF_COLUMN_TEXT("router"),
    RF_COLUMN_INT("strong_calls"),
    RF_COLUMN_REAL("apgr", 3, .low = "apgr_low", .high = "apgr_high"),
    RF_COLUMN_REAL("apgr_low", 3),
    RF_COLUMN_REAL("apgr_high", 3),
    RF_COLUMN_TEXT("note"),
};

static int fill(struct rf_table *t, const char *name, int64_t calls, double v, double low, double high,
                const char *note, struct rf_err *err)
{
    int rc;
    if ((rc = rf_table_text(t, name, err)) || (rc = rf_table_int(t, calls, err)) || (rc = rf_table_real(t, v, err)) ||
        (rc = rf_table_real(t, low, err)) || (rc = rf_table_real(t, high, err)))
        return rc;
    return rf_table_text(t, note, err);
}

static struct rf_table *sample(void)
{
    struct rf_table *t = NULL;
    assert_int_equal(rf_table_new(&t, cols, 6, NULL), 0);
    assert_int_equal(fill(t, "mf", 120, 0.58612, 0.5671, 0.60349, "=1+1", NULL), 0);
    assert_int_equal(fill(t, "zürich, \"x\"|y", 7, 0.5, NAN, NAN, NULL, NULL), 0);
    assert_int_equal(fill(t, "a\033[31m\nb", -3, NAN, 0.1, 0.2, "", NULL), 0);
    return t;
}

static void assert_prints(const struct rf_table *t, enum rf_format format, const char *want)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_int_equal(rf_table_print(t, f, format, NULL), 0);
    fclose(f);
    assert_string_equal(text, want);
    free(text);
}

static void people_see_aligned_columns_with_intervals_folded_in(void **state)
{
    (void)state;
    struct rf_table *t = sample();
    assert_prints(t, RF_FORMAT_TABLE,
                  "router         strong calls                  apgr  note\n"
                  "\n"
                  "mf                      120  0.586 [0.567, 0.603]  =1+1\n"
                  "zürich, \"x\"|y             7  0.500                 -\n"
                  "a?[31m?b                 -3      -\n");
    rf_table_free(t);
}

static void programs_get_every_column_and_all_digits(void **state)
{
    (void)state;
    struct rf_table *t = sample();
    assert_prints(
        t, RF_FORMAT_JSONL,
        "{\"router\": \"mf\", \"strong_calls\": 120, \"apgr\": 0.58612, \"apgr_low\": 0.5671, \"apgr_high\": 0.60349, "
        "\"note\": \"=1+1\"}\n"
        "{\"router\": \"zürich, \\\"x\\\"|y\", \"strong_calls\": 7, \"apgr\": 0.5, \"apgr_low\": null, \"apgr_high\": "
        "null, \"note\": null}\n"
        "{\"router\": \"a\\u001b[31m\\nb\", \"strong_calls\": -3, \"apgr\": null, \"apgr_low\": 0.1, \"apgr_high\": "
        "0.2, \"note\": \"\"}\n");
    assert_prints(t, RF_FORMAT_CSV,
                  "router,strong_calls,apgr,apgr_low,apgr_high,note\n"
                  "mf,120,0.58612,0.5671,0.60349,=1+1\n"
                  "\"zürich, \"\"x\"\"|y\",7,0.5,,,\n"
                  "\"a\033[31m\nb\",-3,,0.1,0.2,\n");
    rf_table_free(t);
}

static void columns_without_a_value_are_for_programs_only(void **state)
{
    (void)state;
    static const struct rf_column some[] = {
        RF_COLUMN_INT("a"),
        RF_COLUMN_INT("zero", .shown = RF_SHOWN_FILLED),
        RF_COLUMN_REAL("nan", 1, .shown = RF_SHOWN_FILLED),
        RF_COLUMN_TEXT("empty", .shown = RF_SHOWN_FILLED),
        RF_COLUMN_INT("b", .shown = RF_SHOWN_FILLED),
        RF_COLUMN_INT("digest", .shown = RF_SHOWN_NEVER),
    };
    struct rf_table *t = NULL;
    assert_int_equal(rf_table_new(&t, some, 6, NULL), 0);
    assert_prints(t, RF_FORMAT_TABLE, "a  zero  nan  empty  b\n\n");
    for (int row = 0; row < 2; row++) {
        assert_int_equal(rf_table_int(t, 1, NULL), 0);
        assert_int_equal(rf_table_int(t, 0, NULL), 0);
        assert_int_equal(rf_table_real(t, NAN, NULL), 0);
        assert_int_equal(rf_table_text(t, row ? "" : NULL, NULL), 0);
        assert_int_equal(rf_table_int(t, row, NULL), 0);
        assert_int_equal(rf_table_int(t, 5, NULL), 0);
    }
    assert_prints(t, RF_FORMAT_TABLE, "a  b\n\n1  0\n1  1\n");
    assert_prints(t, RF_FORMAT_MD, "| a | b |\n|---:|---:|\n| 1 | 0 |\n| 1 | 1 |\n");
    assert_prints(t, RF_FORMAT_CSV, "a,zero,nan,empty,b,digest\n1,0,,,0,5\n1,0,,,1,5\n");
    rf_table_free(t);
}

static void markdown_escapes_bars(void **state)
{
    (void)state;
    struct rf_table *t = sample();
    assert_prints(t, RF_FORMAT_MD,
                  "| router | strong calls | apgr | note |\n"
                  "|---|---:|---:|---|\n"
                  "| mf | 120 | 0.586 [0.567, 0.603] | =1+1 |\n"
                  "| zürich, \"x\"\\|y | 7 | 0.500 | - |\n"
                  "| a?[31m?b | -3 | - |  |\n");
    rf_table_free(t);
}

static void names_of_columns_are_quoted_for_programs(void **state)
{
    (void)state;
    static const struct rf_column column[] = { RF_COLUMN_INT("share:a \"b\", c\n\\d") };
    struct rf_table *t = NULL;
    assert_int_equal(rf_table_new(&t, column, 1, NULL), 0);
    assert_int_equal(rf_table_int(t, 1, NULL), 0);
    assert_prints(t, RF_FORMAT_JSON, "[\n  {\"share:a \\\"b\\\", c\\n\\\\d\": 1}\n]\n");
    assert_prints(t, RF_FORMAT_JSONL, "{\"share:a \\\"b\\\", c\\n\\\\d\": 1}\n");
    assert_prints(t, RF_FORMAT_CSV, "\"share:a \"\"b\"\", c\n\\d\"\n1\n");
    rf_table_free(t);
}

static void a_table_without_rows_is_well_formed(void **state)
{
    (void)state;
    struct rf_table *t = NULL;
    const struct rf_column one[] = { RF_COLUMN_INT("n") };
    assert_int_equal(rf_table_new(&t, one, 1, NULL), 0);
    assert_prints(t, RF_FORMAT_JSON, "[]\n");
    assert_prints(t, RF_FORMAT_JSONL, "");
    assert_prints(t, RF_FORMAT_CSV, "n\n");
    assert_prints(t, RF_FORMAT_TABLE, "n\n\n");
    assert_int_equal(rf_table_int(t, 1, NULL), 0);
    assert_int_equal(rf_table_missing(t, NULL), 0);
    assert_prints(t, RF_FORMAT_JSON, "[\n  {\"n\": 1},\n  {\"n\": null}\n]\n");
    rf_table_free(t);
    rf_table_free(NULL);
}

/* A pseudo terminal in raw mode: what is written to it can be read back as it is. */
static void a_terminal_gets_no_control_characters_in_any_format(void **state)
{
    (void)state;
    char got[4096];
    const int master = posix_openpt(O_RDWR | O_NOCTTY);
    if (master < 0 || grantpt(master) || unlockpt(master)) {
        print_message("SKIP a_terminal_gets_no_control_characters_in_any_format: no pseudo terminals here\n");
        skip();
    }
    FILE *f = fopen(ptsname(master), "r+");
    assert_non_null(f);
    struct termios raw;
    tcgetattr(fileno(f), &raw);
    cfmakeraw(&raw);
    tcsetattr(fileno(f), TCSANOW, &raw);
    struct rf_table *t = sample();
    for (int format = RF_FORMAT_TABLE; format <= RF_FORMAT_MD; format++) {
        assert_int_equal(rf_table_print(t, f, (enum rf_format)format, NULL), 0);
        const ssize_t n = read(master, got, sizeof got - 1);
        assert_true(n > 0);
        got[n] = '\0';
        assert_null(memchr(got, '\033', (size_t)n));
        if (format == RF_FORMAT_CSV)
            assert_non_null(strstr(got, ",'=1+1")); /* a spreadsheet would compute it */
    }
    rf_table_free(t);
    fclose(f);
    close(master);
}

static void a_full_disk_is_reported(void **state)
{
    (void)state;
    FILE *f = fopen("/dev/full", "w");
    if (!f) {
        print_message("SKIP a_full_disk_is_reported: no /dev/full here\n");
        skip();
    }
    struct rf_table *t = sample();
    assert_int_equal(rf_table_print(t, f, RF_FORMAT_TABLE, NULL), RF_IO);
    rf_table_free(t);
    fclose(f);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int rc = RF_FAIL;
    FILE *f = fopen("/dev/null", "w");
    assert_non_null(f);
    for (long nth = 1; rc; nth++) {
        struct rf_table *t = NULL;
        struct rf_err err = { 0 };
        rf_mem_fail_at(nth, false);
        rc = rf_table_new(&t, cols, 6, &err);
        for (int i = 0; !rc && i < 20; i++)
            rc = fill(t, "name", i, 1, 0, 2, "note", &err);
        if (!rc)
            rc = rf_table_print(t, f, RF_FORMAT_TABLE, &err);
        rf_mem_fail_at(0, false);
        rf_table_free(t);
    }
    fclose(f);
}

static void assert_cleaned(const char *s, size_t n, const char *want)
{
    char out[64] = "";
    FILE *f = fmemopen(out, sizeof out, "w");
    const size_t columns = rf_text_put(f, (struct rf_str){ s, n }, SIZE_MAX, "\n");
    assert_int_equal(columns, rf_text_put(NULL, (struct rf_str){ s, n }, SIZE_MAX, "\n"));
    fclose(f);
    assert_string_equal(out, want);
}

static void text_is_cleaned_of_what_a_terminal_obeys(void **state)
{
    (void)state;
    assert_cleaned("plain \xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80\n", 18,
                   "plain \xc3\xa9 \xe6\x97\xa5 \xf0\x9f\x98\x80\n");
    assert_cleaned("a\0b\x7f"
                   "c\t",
                   6, "a?b?c?");
    assert_cleaned("\xc2\x9b"
                   "31m",
                   5, "?31m"); /* C1: CSI */
    assert_cleaned("\xe2\x80\xae"
                   "x\xe2\x81\xa6",
                   7, "?x?");                      /* right-to-left override, isolate */
    assert_cleaned("\x9b\xff\xe2\x80", 4, "????"); /* not UTF-8 */
}

static void words_are_wrapped_before_column_80(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    static const char words[] = "some words\nthat go on and on until a line of eighty columns has no room for them all";
    const struct rf_str line_of_words = { words, sizeof words - 1 };
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    fprintf(f, "%28s", "");
    rf_text_wrap(f, line_of_words, 28);
    fclose(f);
    for (const char *line = text; *line; line += strcspn(line, "\n") + (strchr(line, '\n') != NULL))
        assert_true(strcspn(line, "\n") < 80);
    assert_non_null(strstr(text, "\n                            "));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_see_aligned_columns_with_intervals_folded_in),
        cmocka_unit_test(programs_get_every_column_and_all_digits),
        cmocka_unit_test(columns_without_a_value_are_for_programs_only),
        cmocka_unit_test(markdown_escapes_bars),
        cmocka_unit_test(names_of_columns_are_quoted_for_programs),
        cmocka_unit_test(a_table_without_rows_is_well_formed),
        cmocka_unit_test(a_terminal_gets_no_control_characters_in_any_format),
        cmocka_unit_test(a_full_disk_is_reported),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(text_is_cleaned_of_what_a_terminal_obeys),
        cmocka_unit_test(words_are_wrapped_before_column_80),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
