/* Unit tests of core/cli.h with small tables of their own: dispatch, options, subcommands, databases, errors and exit
 * codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/cli.h"

struct mine {
    int64_t dim;
    const char *format; /* shadows the global option */
};
static const struct rf_opt rows[] = {
    RF_OPT(struct mine, dim, "dim", 'k', RF_OPT_INT, "N", "64", NULL, 1, 4096, "Width."),
    RF_OPT(struct mine, format, "format", 0, RF_OPT_TEXT, "F", "auto", NULL, 0, 0, "Format of the input."),
    RF_OPT_END,
};

/* What the command that ran last was given. */
static struct seen {
    int runs, nargs, threads;
    struct mine opts;
    char args[4][32], command[32], db_path[64];
    enum rf_format format;
    bool has_db, quiet;
    uint64_t seed;
} seen;

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    (void)err;
    const int runs = seen.runs;
    seen = (struct seen){ .runs = runs + 1,
                          .nargs = nargs,
                          .threads = ctx->threads,
                          .opts = *(struct mine *)opts,
                          .format = ctx->format,
                          .has_db = ctx->db,
                          .quiet = ctx->quiet,
                          .seed = ctx->seed };
    for (int i = 0; i < nargs && i < 4; i++)
        snprintf(seen.args[i], sizeof seen.args[i], "%s", args[i]);
    snprintf(seen.command, sizeof seen.command, "%s", ctx->command);
    snprintf(seen.db_path, sizeof seen.db_path, "%s", ctx->db_path);
    return 0;
}

static int run_fail(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    (void)ctx, (void)opts, (void)nargs, (void)args;
    return rf_fail(err, RF_GATE, "apgr is 0.4, expected 0.6\033[2J");
}

static int run_demo(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    (void)ctx, (void)opts, (void)nargs, (void)args;
    char *argv[] = { (char[]){ "routefit" }, (char[]){ "work" }, (char[]){ "-k" }, (char[]){ "9" },
                     (char[]){ "inner" } };
    return rf_cli_run(5, argv, err);
}

static int run_make(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    int rc = rf_db_begin(ctx->db, err);
    if (!rc)
        rc = rf_db_commit(ctx->db, err);
    return rc ? rc : run(ctx, opts, nargs, args, err);
}

#define COMMAND(NAME, NEED, RUN)                                                                                       \
    .name = NAME, .summary = "test " NAME, .args = "FILE...", .about = "About " NAME ".",                              \
    .examples = "routefit " NAME " a\nroutefit " NAME " b\n", .opts = { rows }, .opts_size = sizeof(struct mine),      \
    .max_args = -1, .need = NEED, .run = RUN

static const struct rf_cmd work = { COMMAND("work", RF_NEED_NOTHING, run), .min_args = 1 };
static const struct rf_cmd show = { COMMAND("show", RF_NEED_READ, run) };
static const struct rf_cmd make = { COMMAND("make", RF_NEED_CREATE, run_make) };
static const struct rf_cmd gate = { COMMAND("gate", RF_NEED_NOTHING, run_fail) };
static const struct rf_cmd demo = { COMMAND("demo", RF_NEED_NOTHING, run_demo) };
static const struct rf_cmd mf = { COMMAND("mf", RF_NEED_NOTHING, run) };
static const struct rf_cmd *const kinds[] = { &mf, NULL };
static const struct rf_cmd fit = { .name = "fit",
                                   .summary = "fit a router",
                                   .args = "KIND",
                                   .about = "About fit.",
                                   .examples = "routefit fit mf\nroutefit fit mf x\n",
                                   .subs = kinds };
static const struct rf_cmd *const first[] = { &work, &show, &make, NULL };
static const struct rf_cmd *const second[] = { &gate, &demo, &fit, NULL };
static const rf_cmd_table tables[] = { first, second };

static char dir[] = "/tmp/routefit-cli-XXXXXX";
static char out[1 << 16], chat[4096]; /* what the last command line wrote */

static void slurp(const char *name, char *text, size_t size)
{
    FILE *f = fopen(name, "rb");
    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    fclose(f);
    unlink(name);
}

/* Runs the words of a line with stdout and stderr in files. */
static int cli(const char *line)
{
    static char text[512];
    char *argv[32], *save = NULL;
    int argc = 0;
    snprintf(text, sizeof text, "routefit %s", line);
    for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save))
        argv[argc++] = w;
    fflush(stdout);
    fflush(stderr);
    const int old_out = dup(1), old_err = dup(2);
    const int to_out = open("out", O_CREAT | O_TRUNC | O_WRONLY, 0600),
              to_err = open("err", O_CREAT | O_TRUNC | O_WRONLY, 0600);
    dup2(to_out, 1);
    dup2(to_err, 2);
    const int rc = rf_cli_main(tables, 2, argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(old_out, 1);
    dup2(old_err, 2);
    close(old_out);
    close(old_err);
    close(to_out);
    close(to_err);
    slurp("out", out, sizeof out);
    slurp("err", chat, sizeof chat);
    return rc;
}

static void assert_says(const char *text, const char *what)
{
    if (!strstr(text, what))
        fail_msg("\"%s\" does not say \"%s\"", text, what);
}

static int enter_dir(void **state)
{
    (void)state;
    unsetenv("ROUTEFIT_DB");
    return mkdtemp(dir) ? chdir(dir) : -1;
}

static int leave_dir(void **state)
{
    (void)state;
    for (const char *const *name = (const char *const[]){ "x.db", "x.db-wal", "x.db-shm", "text", NULL }; *name; name++)
        unlink(*name);
    return chdir("/") || rmdir(dir);
}

static void global_options_stand_before_and_after_the_command(void **state)
{
    (void)state;
    assert_int_equal(cli("--seed 7 --threads 3 -q work -k 5 one --json two"), 0);
    assert_int_equal(seen.runs, 1);
    assert_true(seen.seed == 7);
    assert_int_equal(seen.threads, 3);
    assert_true(seen.quiet);
    assert_int_equal(seen.opts.dim, 5);
    assert_int_equal(seen.format, RF_FORMAT_JSON);
    assert_int_equal(seen.nargs, 2);
    assert_string_equal(seen.args[1], "two");
    assert_false(seen.has_db);
    assert_int_equal(cli("--seed 7 work --seed 8 one"), 0); /* the later place wins */
    assert_true(seen.seed == 8);
    assert_int_equal(cli("work --threads 0 one"), 0);
    assert_true(seen.threads >= 1);
}

static void a_command_shadows_a_global_option_behind_its_name(void **state)
{
    (void)state;
    assert_int_equal(cli("--format csv work --format arena f"), 0);
    assert_int_equal(seen.format, RF_FORMAT_CSV);
    assert_string_equal(seen.opts.format, "arena");
    assert_int_equal(cli("--format csv work --json f"), 2);
}

static void subcommands_are_found_and_named(void **state)
{
    (void)state;
    assert_int_equal(cli("fit -q mf -k 3 x"), 0);
    assert_string_equal(seen.command, "fit mf");
    assert_int_equal(seen.nargs, 1);
    assert_int_equal(cli("fit mg"), 2);
    assert_string_equal(chat, "routefit fit: unknown KIND 'mg'; did you mean mf?\n");
    assert_int_equal(cli("fit"), 2);
    assert_int_equal(cli("fit -h"), 0);
    assert_says(out, "mf");
    assert_int_equal(cli("fit mf -h"), 0);
    assert_says(out, "usage: routefit fit mf [OPTIONS] FILE...");
    assert_int_equal(cli("help fit mf"), 0);
    assert_says(out, "About mf.");
}

static void mistakes_exit_with_2_and_a_way_on(void **state)
{
    (void)state;
    assert_int_equal(cli("wrok x"), 2);
    assert_string_equal(chat, "routefit: unknown command 'wrok'; did you mean work?\n");
    assert_int_equal(cli("work --dmi 3 x"), 2);
    assert_string_equal(chat, "routefit work: unknown option '--dmi'; did you mean --dim?\n");
    assert_int_equal(cli("work"), 2);
    assert_says(chat, "found 0 arguments, expected FILE...");
    assert_int_equal(cli("help a b c"), 2);
    assert_int_equal(cli("help nothing-like-it"), 2);
    assert_int_equal(cli("--sede 3 work x"), 2);
    assert_says(chat, "--seed");
}

static void help_is_made_of_the_rows_and_goes_to_stdout(void **state)
{
    (void)state;
    static const char *const lines[] = { "", "-h", "--help", "help" };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_int_equal(cli(lines[i]), 0);
        for (const struct rf_cmd *const *c = first; *c; c++)
            assert_says(out, (*c)->summary);
        assert_string_equal(chat, "");
    }
    assert_int_equal(cli("work -h"), 0);
    assert_says(out, "About work.");
    assert_says(out, "-k, --dim N               Width. From 1 to 4096. [64]");
    assert_says(out, "  routefit work b\n");
    assert_null(strstr(out, "Format of tables")); /* its own --format has taken the place */
    assert_int_equal(cli("help --markdown"), 0);
    assert_says(out, "| `fit mf` | `FILE...` | test mf |\n");
    assert_int_equal(cli("help --man"), 0);
    assert_says(out, ".Ss fit mf\n");
    assert_int_equal(cli("--version"), 0);
    assert_says(out, "routefit " RF_VERSION "\nSQLite 3.");
}

static void databases_are_opened_as_the_row_asks(void **state)
{
    (void)state;
    assert_int_equal(cli("show --db x.db"), 7);
    assert_says(chat, "routefit show: x.db: no such database");
    assert_int_equal(cli("make --db x.db"), 0);
    assert_true(seen.has_db);
    assert_string_equal(seen.db_path, "x.db");
    setenv("ROUTEFIT_DB", "x.db", 1);
    assert_int_equal(cli("show"), 0);
    assert_string_equal(seen.db_path, "x.db");
    unsetenv("ROUTEFIT_DB");
    FILE *f = fopen("text", "w");
    assert_non_null(f);
    fputs("no database\n", f);
    fclose(f);
    assert_int_equal(cli("--db text show"), 6);
}

static void a_command_runs_others_with_the_same_tables(void **state)
{
    (void)state;
    assert_int_equal(cli("demo"), 0);
    assert_int_equal(seen.opts.dim, 9);
    assert_string_equal(seen.args[0], "inner");
}

static void an_error_is_printed_without_what_steers_a_terminal(void **state)
{
    (void)state;
    assert_int_equal(cli("gate"), 5);
    assert_string_equal(chat, "routefit gate: apgr is 0.4, expected 0.6?[2J\n");
    assert_string_equal(out, "");
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    int rc = 1;
    for (long nth = 1; rc; nth++) {
        rf_mem_fail_at(nth, false);
        rc = cli("fit mf -k 3 x");
        rf_mem_fail_at(0, false);
        assert_int_equal(rc, rc ? 1 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(global_options_stand_before_and_after_the_command),
        cmocka_unit_test(a_command_shadows_a_global_option_behind_its_name),
        cmocka_unit_test(subcommands_are_found_and_named),
        cmocka_unit_test(mistakes_exit_with_2_and_a_way_on),
        cmocka_unit_test(help_is_made_of_the_rows_and_goes_to_stdout),
        cmocka_unit_test(databases_are_opened_as_the_row_asks),
        cmocka_unit_test(a_command_runs_others_with_the_same_tables),
        cmocka_unit_test(an_error_is_printed_without_what_steers_a_terminal),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, enter_dir, leave_dir);
}
