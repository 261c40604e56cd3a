/* What the command and option tables look like as text: help for people, the manual page, the list for the README.
 * Between core/cli.c and its two printers; commands do not need it. */
#ifndef RF_CORE_CLI_HELP_H
#define RF_CORE_CLI_HELP_H

#include <stdio.h>

#include "core/cli.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Everything that there is to describe. All borrowed. */
struct rf_cli {
    const rf_cmd_table *tables; /* [ntables]; the last one holds what belongs to no room */
    size_t ntables;
    const struct rf_opt *globals; /* options before and after every command; defaults as in force */
};

/* One row of the list of exit codes. */
struct rf_exit {
    int code;
    const char *meaning;
};
extern const struct rf_exit rf_exits[]; /* ends with meaning NULL */

/* Calls fn for every command that can run, subcommands in place of their parents: parent is NULL or `fit` of
 * `fit mf`. */
void rf_cli_each(const struct rf_cli *cli, void (*fn)(const struct rf_cmd *parent, const struct rf_cmd *cmd, void *ctx),
                 void *ctx);

/* routefit --help. */
void rf_help_program(const struct rf_cli *cli, FILE *f);
/* routefit COMMAND -h; parent NULL or the command that cmd is a subcommand of. */
void rf_help_command(const struct rf_cli *cli, const struct rf_cmd *parent, const struct rf_cmd *cmd, FILE *f);
/* routefit help --man: mdoc, for mandoc and groff. */
void rf_help_man(const struct rf_cli *cli, FILE *f);
/* routefit help --markdown: one table row per command. */
void rf_help_markdown(const struct rf_cli *cli, FILE *f);

#ifdef __cplusplus
}
#endif
#endif
