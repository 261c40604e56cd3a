/* The manual page from the tables, in mdoc. Keeps what starts a line or an escape in roff from acting as such. */
#include <string.h>

#include "core/cli_help.h"

#define REVISED "November 24, 2026" /* of the wording below */

/* One line [n] of text: a dot or quote at its start would make it a request, a backslash an escape. */
static void put_line(const char *s, size_t n, FILE *f)
{
    if (n && (*s == '.' || *s == '\''))
        fputs("\\&", f);
    for (size_t i = 0; i < n; i++)
        if (s[i] == '\\')
            fputs("\\e", f);
        else
            fputc(s[i], f);
    fputc('\n', f);
}

/* Running text: a paragraph at each blank line, a new line for each sentence, as mdoc wants them. */
static void put_text(const char *s, FILE *f)
{
    while (*(s += strspn(s, " "))) {
        size_t n = strcspn(s, "\n");
        const char *stop = memmem(s, n, ". ", 2);
        if (stop)
            n = (size_t)(stop - s) + 1;
        if (n)
            put_line(s, n, f);
        else
            fputs(".Pp\n", f);
        s += n;
        s += *s == '\n';
    }
}

/* Lines as they are. */
static void put_literal(const char *s, FILE *f)
{
    fputs(".Bd -literal -offset indent\n", f);
    while (*s) {
        const size_t n = strcspn(s, "\n");
        put_line(s, n, f);
        s += n + (s[n] == '\n');
    }
    fputs(".Ed\n", f);
}

/* One argument of a macro: quoted, so that no word of it is taken for a macro. */
static void put_arg(const char *s, FILE *f)
{
    fputs(" \"", f);
    for (; *s; s++)
        fputs(*s == '"' ? "\\(dq" : *s == '\\' ? "\\e" : (const char[]){ *s, '\0' }, f);
    fputc('"', f);
}

static void put_option(const struct rf_opt *o, FILE *f)
{
    const char *arg = o->arg ? o->arg : o->choices;
    struct rf_buf text = { 0 };
    fputs(".It", f);
    if (o->letter)
        fprintf(f, " Fl %c ,", o->letter);
    fprintf(f, " Fl Fl %s", o->name);
    if (o->type != RF_OPT_FLAG && arg) {
        fputs(" Ar", f);
        put_arg(arg, f);
    }
    fputc('\n', f);
    put_text(rf_opt_describe(o, &text, NULL) ? o->help : text.data, f);
    rf_buf_release(&text);
}

static void put_options(const struct rf_opt *const *tables, size_t n, FILE *f)
{
    if (!n || !tables[0] || !tables[0]->name)
        return;
    fputs(".Bl -tag -width Ds\n", f);
    for (size_t i = 0; i < n && tables[i]; i++)
        for (const struct rf_opt *o = tables[i]; o->name; o++)
            put_option(o, f);
    fputs(".El\n", f);
}

static void put_command(const struct rf_cmd *parent, const struct rf_cmd *cmd, void *ctx)
{
    FILE *f = ctx;
    fprintf(f, ".Ss %s%s%s\n.Bd -ragged -compact\n.Nm\n.Cm", parent ? parent->name : "", parent ? " " : "", cmd->name);
    put_arg(parent ? parent->name : cmd->name, f);
    if (parent)
        put_arg(cmd->name, f);
    fputs("\n.Op Ar OPTIONS\n", f);
    if (*cmd->args) {
        fputs(".Ar", f);
        put_arg(cmd->args, f);
        fputc('\n', f);
    }
    fputs(".Ed\n.Pp\n", f);
    put_text(cmd->about, f);
    put_options(cmd->opts, RF_CMD_TABLES, f);
    fputs(".Pp\nExamples:\n", f);
    put_literal(cmd->examples, f);
}

void rf_help_man(const struct rf_cli *cli, FILE *f)
{
    fputs(".Dd " REVISED "\n.Dt ROUTEFIT 1\n.Os\n.Sh NAME\n.Nm routefit\n.Nd train LLM routers and measure them\n"
          ".Sh SYNOPSIS\n.Nm\n.Op Fl Fl db Ar FILE\n.Op Fl q\n.Op Fl Fl threads Ar N\n.Op Fl Fl seed Ar N\n"
          ".Op Fl Fl format Ar F | Fl Fl json\n.Ar COMMAND\n.Op Ar OPTIONS\n.Op Ar ARGS\n.Sh DESCRIPTION\n.Nm\n"
          "reads votes, benchmark results and embeddings into one SQLite database,\n"
          "fits routers that decide which of two language models answers a prompt,\n"
          "and measures them.\nResults go to standard output, chatter to standard error.\n"
          ".Pp\nOptions of every command, before or behind it:\n",
          f);
    put_options(&cli->globals, 1, f);
    fputs(".Sh COMMANDS\n", f);
    rf_cli_each(cli, put_command, f);
    fputs(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n.It Ev ROUTEFIT_DB\nThe database where\n.Fl Fl db\nis not given.\n.El\n"
          ".Sh EXIT STATUS\n.Bl -tag -width Ds\n",
          f);
    for (const struct rf_exit *e = rf_exits; e->meaning; e++)
        fprintf(f, ".It %d\n%s\n", e->code, e->meaning);
    fputs(".El\n.Sh SEE ALSO\n.Xr gnuplot 1 ,\n.Xr sqlite3 1\n", f);
}
