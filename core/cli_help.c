/* Help from the tables: the program, one command, and the list for the README. Prints what the rows say and keeps no
 * list of its own but that of the exit codes. */
#include "core/cli_help.h"

#include <string.h>

#include "core/text.h"

enum { NAME_WIDTH = 12 };

const struct rf_exit rf_exits[] = {
    { 0, "done" },
    { -RF_FAIL, "failed at run time" },
    { -RF_USAGE, "wrong option, argument or name" },
    { -RF_BAD_INPUT, "bad input data" },
    { -RF_INCOMPLETE, "stopped half-way, can be resumed" },
    { -RF_GATE, "a wanted quality was missed" },
    { -RF_CORRUPT, "database or weight file is damaged or foreign" },
    { -RF_IO, "cannot open, read or write; no space" },
    { -RF_INTERRUPTED, "interrupted" },
    { 0, NULL },
};

void rf_cli_each(const struct rf_cli *cli, void (*fn)(const struct rf_cmd *parent, const struct rf_cmd *cmd, void *ctx),
                 void *ctx)
{
    for (size_t i = 0; i < cli->ntables; i++)
        for (rf_cmd_table c = cli->tables[i]; *c; c++) {
            if (!(*c)->subs)
                fn(NULL, *c, ctx);
            for (rf_cmd_table s = (*c)->subs; s && *s; s++)
                fn(*c, *s, ctx);
        }
}

/* The heading over the commands of tables[i]. */
static const char *heading(const struct rf_cli *cli, size_t i)
{
    static const char *const rooms[] = { "Files in, tables out", "Tables in, weights out",
                                         "Weights and tables in, curves and numbers out" };
    return i + 1 < cli->ntables && i < sizeof rooms / sizeof *rooms ? rooms[i] : "More";
}

static void summary_line(const struct rf_cmd *c, FILE *f)
{
    fprintf(f, "  %-*s ", NAME_WIDTH, c->name);
    rf_text_wrap(f, (struct rf_str){ c->summary, strlen(c->summary) }, NAME_WIDTH + 3);
    fputc('\n', f);
}

void rf_help_program(const struct rf_cli *cli, FILE *f)
{
    fputs("usage: routefit [--db FILE] [-q] [--threads N] [--seed N] [--format F|--json]\n"
          "                COMMAND [OPTIONS] [ARGS]\n\n"
          "Trains LLM routers and measures them, offline, from one program and one file.\n",
          f);
    for (size_t i = 0; i < cli->ntables; i++) {
        if (!*cli->tables[i])
            continue;
        fprintf(f, "\n%s:\n", heading(cli, i));
        for (rf_cmd_table c = cli->tables[i]; *c; c++)
            summary_line(*c, f);
    }
    fputs("\nOptions, before or behind the command:\n", f);
    rf_opt_help(cli->globals, f);
    fputs("\nExit codes:\n", f);
    for (const struct rf_exit *e = rf_exits; e->meaning; e++)
        fprintf(f, "  %3d  %s\n", e->code, e->meaning);
    fputs("\n`routefit COMMAND -h` explains a command and gives examples.\n", f);
}

static void indented(const char *text, FILE *f)
{
    while (*text) {
        const size_t len = strcspn(text, "\n");
        fprintf(f, "  %.*s\n", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

/* Running text is wrapped anew; blank lines, and lines that start with a blank, stay as they are. */
static void paragraphs(const char *text, FILE *f)
{
    for (size_t n = 0; *text; text += n, text += *text == '\n') {
        n = strcspn(text, "\n");
        if (*text == ' ' || *text == '\n') {
            fprintf(f, "%.*s\n", (int)n, text);
            continue;
        }
        while (text[n] && text[n + 1] && text[n + 1] != ' ' && text[n + 1] != '\n')
            n += 1 + strcspn(text + n + 1, "\n");
        rf_text_wrap(f, (struct rf_str){ text, n }, 0);
        fputc('\n', f);
    }
}

/* The global options that the command does not take over. */
static void global_options(const struct rf_cli *cli, const struct rf_cmd *cmd, FILE *f)
{
    struct rf_opt kept[32];
    struct rf_opt_set own[RF_CMD_TABLES];
    size_t n = 0, nown = 0;
    while (nown < RF_CMD_TABLES && cmd->opts[nown]) {
        own[nown] = (struct rf_opt_set){ cmd->opts[nown], NULL };
        nown++;
    }
    for (const struct rf_opt *o = cli->globals; o->name && n + 1 < sizeof kept / sizeof *kept; o++)
        if (!rf_opt_shadowed(own, nown, o))
            kept[n++] = *o;
    kept[n] = (struct rf_opt)RF_OPT_END;
    fputs("\nOptions of every command:\n", f);
    rf_opt_help(kept, f);
}

void rf_help_command(const struct rf_cli *cli, const struct rf_cmd *parent, const struct rf_cmd *cmd, FILE *f)
{
    const bool options = cmd->opts[0] && cmd->opts[0]->name;
    fprintf(f, "usage: routefit %s%s%s%s%s%s\n\n", parent ? parent->name : "", parent ? " " : "", cmd->name,
            options ? " [OPTIONS]" : "", *cmd->args ? " " : "", cmd->args);
    paragraphs(cmd->about, f);
    if (cmd->subs) {
        fputs("\nOne of:\n", f);
        for (rf_cmd_table s = cmd->subs; *s; s++)
            summary_line(*s, f);
    }
    if (options)
        fputs("\nOptions:\n", f);
    for (size_t i = 0; i < RF_CMD_TABLES && cmd->opts[i]; i++)
        rf_opt_help(cmd->opts[i], f);
    global_options(cli, cmd, f);
    fputs("\nExamples:\n", f);
    indented(cmd->examples, f);
}

static void markdown_cell(const char *s, FILE *f)
{
    for (; *s; s++)
        fprintf(f, *s == '|' ? "\\|" : "%c", *s);
}

static void markdown_row(const struct rf_cmd *parent, const struct rf_cmd *cmd, void *ctx)
{
    FILE *f = ctx;
    fprintf(f, "| `%s%s%s` | ", parent ? parent->name : "", parent ? " " : "", cmd->name);
    if (*cmd->args) {
        fputc('`', f);
        markdown_cell(cmd->args, f);
        fputc('`', f);
    }
    fputs(" | ", f);
    markdown_cell(cmd->summary, f);
    fputs(" |\n", f);
}

void rf_help_markdown(const struct rf_cli *cli, FILE *f)
{
    fputs("| Command | Arguments | What it does |\n|---|---|---|\n", f);
    rf_cli_each(cli, markdown_row, f);
}
