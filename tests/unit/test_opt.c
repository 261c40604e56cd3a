/* Unit tests of core/opt.h: values, refusals, shadowing, help, JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/names.h"
#include "core/opt.h"

struct mine {
    bool force;
    int64_t dim;
    double ridge;
    const char *output;
    int ties;
    struct rf_list models;
    const char *api_key;
    double threshold;
};

static const struct rf_opt table[] = {
    RF_OPT(struct mine, force, "force", 'f', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Overwrite."),
    RF_OPT(struct mine, dim, "dim", 'k', RF_OPT_INT, "N", "64", NULL, 1, 4096, "Width of the vectors."),
    RF_OPT(struct mine, ridge, "ridge", 0, RF_OPT_REAL, "X", "0.5", NULL, 0, DBL_MAX, "Weight of the penalty."),
    RF_OPT(struct mine, output, "output", 'o', RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0, "Where the weights go."),
    RF_OPT(struct mine, ties, "ties", 0, RF_OPT_CHOICE, NULL, "half", "drop|half|weak-suffices", 0, 0,
           "What a tie counts."),
    RF_OPT(struct mine, models, "models", 'm', RF_OPT_LIST, "NAME,...", "a,b", NULL, 0, 0, "Models."),
    RF_OPT(struct mine, api_key, "api-key", 0, RF_OPT_TEXT, "KEY", NULL, NULL, 0, 0, "Never stored."),
    RF_OPT(struct mine, threshold, "threshold", 0, RF_OPT_REAL, "P", NULL, NULL, 0, 1, "Without a default."),
    RF_OPT_END,
};

struct theirs {
    const char *ties, *db;
};
static const struct rf_opt others[] = {
    RF_OPT(struct theirs, ties, "ties", 0, RF_OPT_TEXT, "T", "none", NULL, 0, 0, "Shadowed by the command's own."),
    RF_OPT(struct theirs, db, "db", 0, RF_OPT_TEXT, "FILE", "routefit.db", NULL, 0, 0, "Database."),
    RF_OPT_END,
};

static struct mine got;
static struct theirs their;
static const struct rf_opt_set sets[] = { { table, &got }, { others, &their } };
static char *args[32];
static int nargs;

/* Parses the words of a line (which it cuts up); the error goes to *err. */
static int parse(const char *line, struct rf_err *err)
{
    static char text[512];
    char *argv[32] = { text }, *save = NULL;
    int argc = 0;
    snprintf(text, sizeof text, "routefit %s", line);
    for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    rf_opt_release(sets, 2);
    return rf_opt_parse(sets, 2, argc, argv, args, &nargs, err);
}

static int release(void **state)
{
    (void)state;
    rf_opt_release(sets, 2);
    return 0;
}

static void assert_refused(const char *line, const char *says)
{
    struct rf_err err = { 0 };
    assert_int_equal(parse(line, &err), RF_USAGE);
    if (!strstr(err.msg, says))
        fail_msg("\"%s\" does not say \"%s\"", err.msg, says);
}

static void defaults_are_set_from_the_table(void **state)
{
    (void)state;
    assert_int_equal(parse("", NULL), 0);
    assert_false(got.force);
    assert_int_equal(got.dim, 64);
    assert_true(got.ridge == 0.5);
    assert_null(got.output);
    assert_int_equal(got.ties, 1);
    assert_int_equal(got.models.n, 2);
    assert_string_equal(got.models.v[1], "b");
    assert_string_equal(their.db, "routefit.db");
    assert_int_equal(nargs, 0);
}

static void a_word_of_a_list_may_be_quoted(void **state)
{
    (void)state;
    static const struct {
        const char *text, *word[3];
    } all[] = {
        { "a,b", { "a", "b", NULL } },
        { "\"a,b\",c", { "a,b", "c", NULL } },
        { "\"a,b\"=x,c", { "a,b=x", "c", NULL } },
        { "\"\"\",\"\"\"", { "\",\"", NULL, NULL } },
        { "a\"b,c\"", { "a\"b", "c\"", NULL } },
        { "\"a\"", { "a", NULL, NULL } },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char line[80];
        snprintf(line, sizeof line, "--models %s", all[i].text);
        assert_int_equal(parse(line, NULL), 0);
        size_t n = 0;
        for (; all[i].word[n]; n++)
            assert_string_equal(got.models.v[n], all[i].word[n]);
        assert_int_equal(got.models.n, n);
    }
    assert_refused("--models \"a,b", "no closing quote");
    assert_refused("--models \"a\"\"", "no closing quote");
    assert_refused("--models a,\"\"", "empty word");
    assert_refused("--models \"a\",", "empty word");
}

static void a_number_without_a_default_is_told_from_zero(void **state)
{
    (void)state;
    struct rf_buf b = { 0 };
    assert_int_equal(parse("", NULL), 0);
    assert_true(isnan(got.threshold));
    assert_int_equal(rf_opt_json(sets, 2, &b, NULL), 0);
    assert_non_null(strstr(b.data, "\"threshold\":null"));
    rf_buf_release(&b);
    assert_int_equal(parse("--threshold 0", NULL), 0);
    assert_true(got.threshold == 0);
}

static void options_stand_anywhere_between_arguments(void **state)
{
    (void)state;
    assert_int_equal(parse("x --dim 7 - -fo out --ridge=1e-3 y -m c,d --models e --ties drop -- --dim -k", NULL), 0);
    assert_true(got.force);
    assert_int_equal(got.dim, 7);
    assert_true(got.ridge == 1e-3);
    assert_string_equal(got.output, "out");
    assert_int_equal(got.ties, 0);
    assert_int_equal(got.models.n, 3);
    assert_string_equal(got.models.v[2], "e");
    const char *const want[] = { "x", "-", "y", "--dim", "-k" };
    assert_int_equal(nargs, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(args[i], want[i]);
}

static void the_first_argument_can_end_the_options(void **state)
{
    (void)state;
    char *argv[] = { (char[]){ "routefit" }, (char[]){ "--db" }, (char[]){ "x.db" }, (char[]){ "ls" },
                     (char[]){ "--json" } };
    assert_int_equal(rf_opt_defaults(sets, 2, NULL), 0);
    assert_int_equal(rf_opt_read(sets, 2, 5, argv, true, args, &nargs, NULL), 0);
    assert_string_equal(their.db, "x.db");
    assert_int_equal(nargs, 2);
    assert_string_equal(args[0], "ls");
    assert_string_equal(args[1], "--json");
}

static void wrong_values_are_refused(void **state)
{
    (void)state;
    assert_refused("--dim 0", "found '0', expected a whole number from 1 to 4096");
    assert_refused("--dim 4097", "4096");
    assert_refused("--dim 7x", "'7x'");
    assert_refused("--dim=", "whole number");
    assert_refused("--dim 99999999999999999999", "whole number");
    assert_refused("--dim 1.5", "whole number");
    assert_refused("--ridge nan", "finite number");
    assert_refused("--ridge inf", "finite number");
    assert_refused("--ridge -1", "at least 0");
    assert_refused("--ridge 1e999", "finite");
    assert_refused("--ties dro", "drop|half|weak-suffices");
    assert_refused("--models a,,b", "empty word");
    assert_refused("--dim", "found nothing behind it, expected N");
    assert_refused("-k", "--dim: found nothing");
    assert_refused("--force=yes", "found '=yes', expected no value");
}

static void unknown_options_get_the_nearest_name(void **state)
{
    (void)state;
    assert_refused("--dmi 3", "unknown option '--dmi'; did you mean --dim?");
    assert_refused("--outptu=x", "--output?");
    assert_refused("--mod a", "did you mean --models?"); /* a shortened name is not taken */
    assert_refused("--mod=a", "did you mean --models?");
    assert_refused("--qqqqqqqq", "-h lists");
    assert_refused("x -z", "unknown option '-z'");
    assert_refused("-fz", "unknown option '-z'");
}

static void two_different_values_are_refused(void **state)
{
    (void)state;
    assert_refused("--dim 3 -k 4", "given twice, as '3' and as '4'");
    assert_int_equal(parse("--dim 3 -k 3 -f -f", NULL), 0);
}

static void the_earlier_table_shadows_the_later(void **state)
{
    (void)state;
    assert_int_equal(parse("--ties drop --db y.db", NULL), 0);
    assert_int_equal(got.ties, 0);
    assert_string_equal(their.ties, "none");
    assert_string_equal(their.db, "y.db");
    assert_true(rf_opt_shadowed(sets, 1, &others[0]));
    assert_false(rf_opt_shadowed(sets, 1, &others[1]));
}

static void help_prints_defaults_and_ranges_within_80_columns(void **state)
{
    (void)state;
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    rf_opt_help(table, f);
    fclose(f);
    assert_non_null(strstr(text, "  -k, --dim N               Width of the vectors. From 1 to 4096. [64]\n"));
    assert_non_null(strstr(text, "      --ridge X             Weight of the penalty. At least 0. [0.5]\n"));
    assert_non_null(strstr(text, "--ties drop|half|weak-suffices\n"));
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") < 80);
    free(text);
}

static void values_in_force_become_json_without_secrets(void **state)
{
    (void)state;
    struct rf_buf b = { 0 };
    assert_int_equal(parse("-f --output a\"b --api-key hush", NULL), 0);
    assert_string_equal(got.api_key, "hush");
    assert_int_equal(rf_opt_json(sets, 2, &b, NULL), 0);
    assert_string_equal(b.data, "{\"force\":true,\"dim\":64,\"ridge\":0.5,\"output\":\"a\\\"b\",\"ties\":\"half\","
                                "\"models\":[\"a\",\"b\"],\"threshold\":null,\"db\":\"routefit.db\"}");
    rf_buf_release(&b);
}

static void nearest_is_near(void **state)
{
    (void)state;
    const char *const names[] = { "ingest", "split", "ls", "export", "eval" };
    assert_string_equal(rf_nearest("ingets", names, 5), "ingest");
    assert_string_equal(rf_nearest("exprot", names, 5), "export");
    assert_string_equal(rf_nearest("sl", names, 5), "ls");
    assert_null(rf_nearest("bananas", names, 5));
    assert_null(rf_nearest("x", NULL, 0));
    char longer[200];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_string_equal(rf_nearest("", names, 5) ? "near" : "far", "far");
    rf_nearest(longer, names, 5);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int rc = RF_FAIL;
    for (long nth = 1; rc; nth++) {
        struct rf_err err = { 0 };
        rf_mem_fail_at(nth, false);
        rc = parse("-m x,y,z file", &err);
        rf_mem_fail_at(0, false);
        if (rc)
            assert_non_null(strstr(err.msg, "out of memory"));
    }
    assert_int_equal(got.models.n, 3);
}

#define TEST(f) cmocka_unit_test_teardown(f, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(defaults_are_set_from_the_table),
        TEST(a_word_of_a_list_may_be_quoted),
        TEST(a_number_without_a_default_is_told_from_zero),
        TEST(options_stand_anywhere_between_arguments),
        TEST(the_first_argument_can_end_the_options),
        TEST(wrong_values_are_refused),
        TEST(unknown_options_get_the_nearest_name),
        TEST(two_different_values_are_refused),
        TEST(the_earlier_table_shadows_the_later),
        TEST(help_prints_defaults_and_ranges_within_80_columns),
        TEST(values_in_force_become_json_without_secrets),
        TEST(nearest_is_near),
        TEST(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
