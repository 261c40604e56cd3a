/* The command line: global options, the command and its subcommand, the database that it needs, its error and exit
 * code. Refuses: unknown commands (nearest match named), a wrong number of arguments. */
#include "core/cli.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/blas.h"
#include "core/cli_help.h"
#include "core/json.h"
#include "core/names.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/text.h"

enum { MAX_TABLES = 8, MAX_NAMES = 64, MAX_THREADS = 1024 };

/* ---------------------------------------------------------------- global options */

struct globals {
    const char *db;
    bool quiet, json, help, version;
    int64_t threads; /* 0 = all cores */
    int64_t seed;
    int format; /* enum rf_format */
};

static const struct rf_opt global_rows[] = {
    RF_OPT(struct globals, db, "db", 0, RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "Database; $ROUTEFIT_DB names another default."),
    RF_OPT(struct globals, quiet, "quiet", 'q', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "No progress and no chatter on stderr."),
    RF_OPT(struct globals, threads, "threads", 0, RF_OPT_INT, "N", NULL, NULL, 0, MAX_THREADS,
           "Threads; 0 takes all cores. Results do not depend on it."),
    RF_OPT(struct globals, seed, "seed", 0, RF_OPT_INT, "N", "1", NULL, 0, 1e18, "Seed of all random numbers."),
    RF_OPT(struct globals, format, "format", 0, RF_OPT_CHOICE, NULL, "table", RF_FORMAT_CHOICES, 0, 0,
           "Format of tables on stdout."),
    RF_OPT(struct globals, json, "json", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Short for --format json."),
    RF_OPT(struct globals, help, "help", 'h', RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "Explain the command."),
    RF_OPT(struct globals, version, "version", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "Print the versions of program and libraries."),
    RF_OPT_END,
};

/* What one process has of these. Filled by rf_cli_main, read by rf_cli_run and by help. */
static struct {
    /* The rows above with the defaults of this machine. */
    struct rf_opt globals[sizeof global_rows / sizeof *global_rows];
    char threads[16];
    rf_cmd_table tables[MAX_TABLES];
    struct rf_cli cli;
} program;

static struct rf_opt *global(const char *name)
{
    struct rf_opt *o = program.globals;
    while (strcmp(o->name, name) != 0)
        o++;
    return o;
}

/* ---------------------------------------------------------------- finding commands */

static int unknown_command(const char *what, const char *found, const rf_cmd_table *tables, size_t n,
                           struct rf_err *err)
{
    const char *names[MAX_NAMES];
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        for (rf_cmd_table c = tables[i]; *c && k < MAX_NAMES; c++)
            names[k++] = (*c)->name;
    return rf_unknown(what, found, names, k, "-h lists them", err);
}

static const struct rf_cmd *find(const char *name, const rf_cmd_table *tables, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (rf_cmd_table c = tables[i]; *c; c++)
            if (!strcmp((*c)->name, name))
                return *c;
    return NULL;
}

/* ---------------------------------------------------------------- help */

struct help_opts {
    bool man, markdown;
};

static const struct rf_opt help_rows[] = {
    RF_OPT(struct help_opts, man, "man", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0, "The manual page, in mdoc."),
    RF_OPT(struct help_opts, markdown, "markdown", 0, RF_OPT_FLAG, NULL, NULL, NULL, 0, 0,
           "The list of commands, in Markdown."),
    RF_OPT_END,
};

static int run_help(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct help_opts *o = opts;
    const struct rf_cmd *parent = NULL, *cmd = NULL;
    if (o->man)
        rf_help_man(&program.cli, ctx->out);
    else if (o->markdown)
        rf_help_markdown(&program.cli, ctx->out);
    else if (!nargs)
        rf_help_program(&program.cli, ctx->out);
    else {
        if (!(cmd = find(args[0], program.cli.tables, program.cli.ntables)))
            return unknown_command("command", args[0], program.cli.tables, program.cli.ntables, err);
        if (nargs > 1 && cmd->subs) {
            parent = cmd;
            if (!(cmd = find(args[1], &parent->subs, 1)))
                return unknown_command(parent->args, args[1], &parent->subs, 1, err);
        }
        rf_help_command(&program.cli, parent, cmd, ctx->out);
    }
    return 0;
}

static const struct rf_cmd help_cmd = {
    .name = "help",
    .summary = "explain the program or one command",
    .args = "[COMMAND]",
    .about = "Prints the same as `routefit COMMAND -h`, and without a command the list of all.",
    .examples = "routefit help\nroutefit help help\n",
    .opts = { help_rows },
    .opts_size = sizeof(struct help_opts),
    .max_args = 2,
    .need = RF_NEED_NOTHING,
    .run = run_help,
};
static const struct rf_cmd *const own_commands[] = { &help_cmd, NULL };

static void print_version(FILE *f)
{
    fprintf(f, "routefit %s\nSQLite %s\n%s\njansson %s\n", RF_VERSION, rf_db_version(), rf_blas_info(),
            jansson_version_str());
}

/* ---------------------------------------------------------------- one command line */

/* A command line on its way: everything that has to be released. */
struct line {
    struct globals globals;
    const struct rf_cmd *parent, *cmd; /* parent: `fit` of `fit mf` */
    char name[64];                     /* for messages: " fit mf" */
    char **rest;                       /* [nrest] of [argc]: the command or subcommand and what follows */
    int nrest;
    void *opts; /* the command's option struct */
    struct rf_opt_set sets[RF_CMD_TABLES + 1];
    size_t nsets; /* sets that hold defaults: 0 until then */
    FILE *sink;   /* in place of stderr, with -q */
};

static void name_it(struct line *l, const char *word)
{
    const size_t n = strlen(l->name);
    snprintf(l->name + n, sizeof l->name - n, " %s", word);
}

/* Global options up to the command, and again up to its subcommand. cmd stays NULL where none is named. */
static int find_command(struct line *l, int argc, char **argv, struct rf_err *err)
{
    const struct rf_opt_set set = { program.globals, &l->globals };
    int rc;
    if ((rc = RF_NEW(l->rest, (size_t)argc + 1, err)) || (rc = rf_opt_defaults(&set, 1, err)) ||
        (rc = rf_opt_read(&set, 1, argc, argv, true, l->rest, &l->nrest, err)) || !l->nrest)
        return rc;
    if (!(l->cmd = find(l->rest[0], program.cli.tables, program.cli.ntables)))
        return unknown_command("command", l->rest[0], program.cli.tables, program.cli.ntables, err);
    name_it(l, l->cmd->name);
    if (!l->cmd->subs)
        return 0;
    /* rest is read and written by the same call: words only move towards its start. */
    if ((rc = rf_opt_read(&set, 1, l->nrest, l->rest, true, l->rest, &l->nrest, err)))
        return rc;
    if (!l->nrest)
        return l->globals.help ? 0 : rf_fail(err, RF_USAGE, "found no %s, expected one; -h lists them", l->cmd->args);
    l->parent = l->cmd;
    if (!(l->cmd = find(l->rest[0], &l->parent->subs, 1)))
        return unknown_command(l->parent->args, l->rest[0], &l->parent->subs, 1, err);
    name_it(l, l->cmd->name);
    return 0;
}

/* The command's own options and, shadowed by them, the global ones; what is left are its arguments, at the start of
 * rest. */
static int read_options(struct line *l, struct rf_err *err)
{
    int rc;
    size_t n = 0;
    if (!(l->opts = rf_calloc(1, l->cmd->opts_size, err)))
        return RF_FAIL;
    for (; n < RF_CMD_TABLES && l->cmd->opts[n]; n++)
        l->sets[n] = (struct rf_opt_set){ l->cmd->opts[n], l->opts };
    l->sets[n] = (struct rf_opt_set){ program.globals, &l->globals };
    l->nsets = n + 1;
    if ((rc = rf_opt_defaults(l->sets, n, err)))
        return rc;
    return rf_opt_read(l->sets, l->nsets, l->nrest, l->rest, false, l->rest, &l->nrest, err);
}

static int check_arguments(const struct line *l, struct rf_err *err)
{
    const struct rf_cmd *c = l->cmd;
    const bool few = l->nrest < c->min_args, many = c->max_args >= 0 && l->nrest > c->max_args;
    if (many)
        return rf_fail(err, RF_USAGE, "found '%s' as argument %d, expected %s", l->rest[c->max_args], c->max_args + 1,
                       *c->args ? c->args : "options only");
    return few ? rf_fail(err, RF_USAGE, "found %d arguments, expected %s", l->nrest, c->args) : 0;
}

/* Fills what a command gets. */
static int prepare(struct rf_ctx *ctx, struct line *l, int argc, char **argv, struct rf_err *err)
{
    static bool checked;
    const struct globals *g = &l->globals;
    const enum rf_format format = (enum rf_format)g->format;
    int rc;
    if (g->json && format != RF_FORMAT_TABLE && format != RF_FORMAT_JSON)
        return rf_fail(err, RF_USAGE, "found --json with another --format, expected one of them");
    *ctx = (struct rf_ctx){
        .db_path = g->db,
        .format = g->json ? RF_FORMAT_JSON : format,
        .quiet = g->quiet,
        .threads = g->threads ? (int)g->threads : rf_par_cores(),
        .seed = (uint64_t)g->seed,
        .out = stdout,
        .chat = stderr,
        .cmd = l->cmd,
        .command = l->name + 1,
        .sets = l->sets,
        .nsets = l->nsets,
        .argc = argc,
        .argv = argv,
    };
    if (g->quiet) {
        if (!(l->sink = fopen("/dev/null", "w")))
            return rf_fail_errno(err, RF_IO, "cannot open /dev/null");
        ctx->chat = l->sink;
    }
    rf_progress_setup(g->quiet);
    if (!checked && (rc = rf_blas_init(err)))
        return rc;
    checked = true;
    static const enum rf_db_mode modes[] = { [RF_NEED_READ] = RF_DB_READ,
                                             [RF_NEED_WRITE] = RF_DB_WRITE,
                                             [RF_NEED_CREATE] = RF_DB_LOAD,
                                             [RF_NEED_TRIAL] = RF_DB_TRIAL };
    const enum rf_need need = l->cmd->needs ? l->cmd->needs(l->opts) : l->cmd->need;
    return need == RF_NEED_NOTHING ? 0 : rf_db_open(&ctx->db, g->db, modes[need], err);
}

static int run_line(struct line *l, int argc, char **argv, struct rf_err *err)
{
    struct rf_ctx ctx = { 0 };
    int rc = find_command(l, argc, argv, err);
    if (!rc && l->cmd && !l->cmd->subs)
        rc = read_options(l, err);
    if (rc)
        goto out;
    if (l->globals.version)
        print_version(stdout);
    else if (!l->cmd)
        rf_help_program(&program.cli, stdout);
    else if (l->globals.help)
        rf_help_command(&program.cli, l->parent, l->cmd, stdout);
    else if (!(rc = check_arguments(l, err)) && !(rc = prepare(&ctx, l, argc, argv, err)))
        rc = l->cmd->run(&ctx, l->opts, l->nrest, l->rest, err);
    if (!rc && (fflush(stdout) || ferror(stdout)))
        rc = rf_fail_errno(err, RF_IO, "cannot write the results");
out:
    rf_db_close(ctx.db);
    if (l->nsets)
        rf_opt_release(l->sets, l->nsets);
    if (l->sink)
        fclose(l->sink);
    rf_free(l->opts);
    rf_free(l->rest);
    return rc;
}

int rf_cli_run(int argc, char **argv, struct rf_err *err)
{
    struct line l = { 0 };
    return run_line(&l, argc, argv, err);
}

int rf_cli_main(const rf_cmd_table *tables, size_t ntables, int argc, char **argv)
{
    struct line l = { 0 };
    struct rf_err err = { 0 };
    const char *db = getenv("ROUTEFIT_DB");
    if (ntables >= MAX_TABLES)
        abort(); /* make MAX_TABLES larger */
    memcpy(program.tables, tables, ntables * sizeof *tables);
    program.tables[ntables] = own_commands;
    memcpy(program.globals, global_rows, sizeof global_rows);
    snprintf(program.threads, sizeof program.threads, "%d", rf_par_cores());
    global("threads")->def = program.threads;
    global("db")->def = db && *db ? db : "routefit.db";
    program.cli = (struct rf_cli){ program.tables, ntables + 1, program.globals };
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is a failed write, not the end of the process */
    const int rc = run_line(&l, argc, argv, &err);
    if (rc) {
        fflush(stdout);
        fprintf(stderr, "routefit%s: ", l.name);
        rf_text_put(stderr, (struct rf_str){ err.msg, strlen(err.msg) }, SIZE_MAX, "");
        fputc('\n', stderr);
    }
    return -rc;
}
