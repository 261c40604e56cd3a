/* Commands as tables: one row gives dispatch, help, the manual page, completion and the tests that loop over all
 * commands. This file parses the command line, opens the database that the command needs, prints the error and returns
 * the exit code. */
#ifndef RF_CORE_CLI_H
#define RF_CORE_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "core/db.h"
#include "core/err.h"
#include "core/opt.h"
#include "core/table.h"

#ifdef __cplusplus
extern "C" {
#endif

#define RF_VERSION "0.1.0"

enum rf_need {
    RF_NEED_NOTHING, /* no database */
    RF_NEED_READ,    /* an existing one, read */
    RF_NEED_WRITE,   /* an existing one, written */
    RF_NEED_CREATE,  /* written; an absent one comes into being with the command's first commit (RF_DB_LOAD) */
    RF_NEED_TRIAL    /* as if written, but nothing is (RF_DB_TRIAL) */
};

/* What a command gets beside its own options. */
struct rf_ctx {
    struct rf_db *db; /* NULL with RF_NEED_NOTHING; closed by cli */
    const char *db_path;
    enum rf_format format; /* of tables on stdout */
    bool quiet;            /* -q */
    int threads;           /* >= 1 */
    uint64_t seed;         /* --seed */
    FILE *out;             /* results */
    FILE *chat;            /* chatter: stderr, or a sink with -q */
    const struct rf_cmd *cmd;
    const char *command;           /* its name with that of its parent: "fit mf" */
    const struct rf_opt_set *sets; /* the options in force, for run rows */
    size_t nsets;
    int argc; /* the whole command line, for run rows */
    char **argv;
};

enum { RF_CMD_TABLES = 3 };

struct rf_cmd {
    const char *name;     /* "ingest" */
    const char *summary;  /* one line, no full stop */
    const char *args;     /* "FILE|DIR|-..." or "" */
    const char *about;    /* paragraphs of help, running lines are wrapped anew, lines that start with a blank are kept;
                             what it reads, does, prints */
    const char *examples; /* at least two lines "routefit ..." that work when pasted */
    const struct rf_opt *opts[RF_CMD_TABLES]; /* tables over one struct of opts_size bytes; NULL-filled */
    size_t opts_size;
    int min_args, max_args; /* max -1: any */
    enum rf_need need;
    enum rf_need (*needs)(const void *opts); /* where it depends on the options; NULL: need */
    int (*run)(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err); /* NULL where subs is set */
    const struct rf_cmd *const *subs; /* NULL-terminated: `fit KIND`; NULL for a plain command */
};

/* A room's table: NULL-terminated list of commands. */
typedef const struct rf_cmd *const *rf_cmd_table;

/* Runs one command line (argv[0] is the program). Returns the exit code. Prints errors to stderr as "routefit COMMAND:
 * message". Nothing outside main calls it but the demo, which runs the same commands that it prints. */
int rf_cli_main(const rf_cmd_table *tables, size_t ntables, int argc, char **argv);
/* Runs another command line inside a running command, with the tables of rf_cli_main; its error is returned, not
 * printed. */
int rf_cli_run(int argc, char **argv, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
