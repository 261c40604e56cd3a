/* `routefit alias`: names that are one model, as the user declares them. Refuses chains and cycles: what a name is
 * known as is never an alias itself, so that one look-up answers. */
#include <string.h>

#include "core/cli.h"
#include "core/names.h"
#include "core/text.h"
#include "datasets/commands.h"
#include "datasets/ls.h"

struct options {
    struct rf_list remove;
};

static const struct rf_opt rows[] = {
    RF_OPT(struct options, remove, "remove", 0, RF_OPT_LIST, "NAME", NULL, NULL, 0, 0,
           "Names that shall be models of their own again."),
    RF_OPT_END,
};

/* One value of text that a query gives for a name: 1 and *out (replaced), 0: none, or an rf_code. */
static int look_up(struct rf_db *db, const char *sql, const char *name, struct rf_buf *out, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, sql, err);
    if (!rc) {
        rf_bind_text(s, 1, name);
        rc = rf_step(s, err);
    }
    if (rc == 1) {
        const struct rf_str text = rf_col_str(s, 0);
        out->len = 0;
        const int no = rf_buf_add(out, text.s, text.len, err);
        rc = no ? no : 1;
    }
    rf_stmt_free(s);
    return rc;
}

/* Says where no data and no price list has the name yet, with the nearest one that is there. */
static int remark_unknown(struct rf_ctx *ctx, const char *name, struct rf_err *err)
{
    struct rf_names known = { 0 };
    int rc = rf_names_read(&known, ctx->db, "SELECT name FROM model UNION SELECT model FROM price", NULL, err);
    if (!rc && !rf_names_have(&known, name)) {
        const char *const near = rf_nearest(name, (const char *const *)known.v, known.n);
        struct rf_buf text = { 0 };
        if (!(rc = rf_buf_printf(&text, err, "%s: no model of that name is here yet%s%s%s", name,
                                 near ? "; did you mean " : "", near ? near : "", near ? "?" : ""))) {
            rf_text_put(ctx->chat, (struct rf_str){ text.data, text.len }, SIZE_MAX, "");
            fputc('\n', ctx->chat);
        }
        rf_buf_release(&text);
    }
    rf_names_release(&known);
    return rc;
}

static int insert(struct rf_db *db, const char *name, const char *known_as, struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, "INSERT INTO alias (name, known_as) VALUES (?1, ?2)", err);
    if (!rc) {
        rf_bind_text(s, 1, name);
        rf_bind_text(s, 2, known_as);
        rc = rf_run(s, err);
    }
    rf_stmt_free(s);
    return rc;
}

static int declare(struct rf_ctx *ctx, const char *name, const char *known_as, struct rf_buf *had, struct rf_err *err)
{
    int rc;
    if (!*name || !*known_as || !strcmp(name, known_as))
        return rf_fail(err, RF_USAGE, "found \"%s=%s\", expected two different names", name, known_as);
    if ((rc = look_up(ctx->db, "SELECT known_as FROM alias WHERE name = ?1", name, had, err)) < 0)
        return rc;
    if (rc)
        return strcmp(had->data, known_as) ? rf_fail(err, RF_USAGE,
                                                     "%s is known as %s already: take that back first with "
                                                     "routefit alias --remove '%s'",
                                                     name, had->data, name)
                                           : 0;
    if ((rc = look_up(ctx->db, "SELECT known_as FROM alias WHERE name = ?1", known_as, had, err)) < 0)
        return rc;
    if (rc)
        return rf_fail(err, RF_USAGE, "%s is itself known as %s: expected '%s=%s'", known_as, had->data, name,
                       strcmp(name, had->data) ? had->data : "another name");
    if ((rc = look_up(ctx->db, "SELECT name FROM alias WHERE known_as = ?1", name, had, err)) < 0)
        return rc;
    if (rc)
        return rf_fail(err, RF_USAGE,
                       "%s is the name as which %s is known: take that back first with routefit alias --remove '%s'",
                       name, had->data, had->data);
    if ((rc = insert(ctx->db, name, known_as, err)) || (rc = remark_unknown(ctx, name, err)))
        return rc;
    return remark_unknown(ctx, known_as, err);
}

/* word: "NAME=KNOWN_AS", cut at its last "=". */
static int declare_word(struct rf_ctx *ctx, const char *word, struct rf_buf *had, struct rf_err *err)
{
    const char *const cut = strrchr(word, '=');
    if (!cut)
        return rf_fail(err, RF_USAGE, "found \"%s\", expected NAME=KNOWN_AS", word);
    char *const name = rf_strndup(word, (size_t)(cut - word), err);
    const int rc = name ? declare(ctx, name, cut + 1, had, err) : RF_FAIL;
    rf_free(name);
    return rc;
}

static int take_back(struct rf_db *db, const char *name, struct rf_err *err)
{
    struct rf_names known = { 0 };
    struct rf_stmt *s = NULL;
    int rc = rf_names_read(&known, db, "SELECT name FROM alias", NULL, err);
    if (!rc && !rf_names_have(&known, name))
        rc = rf_names_unknown(&known, "alias", name, "`routefit alias` lists them", err);
    if (!rc && !(rc = rf_stmt_new(&s, db, "DELETE FROM alias WHERE name = ?1", err))) {
        rf_bind_text(s, 1, name);
        rc = rf_run(s, err);
    }
    rf_stmt_free(s);
    rf_names_release(&known);
    return rc;
}

static int change(struct rf_ctx *ctx, const struct rf_list *remove, int n, char **word, struct rf_err *err)
{
    struct rf_buf had = { 0 };
    int rc = rf_db_begin(ctx->db, err);
    for (size_t i = 0; !rc && i < remove->n; i++)
        rc = take_back(ctx->db, remove->v[i], err);
    for (int i = 0; !rc && i < n; i++)
        rc = declare_word(ctx, word[i], &had, err);
    rf_buf_release(&had);
    if (!rc)
        return rf_db_commit(ctx->db, err);
    rf_db_rollback(ctx->db);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    const struct rf_view *list = NULL;
    if (nargs || o->remove.n)
        return change(ctx, &o->remove, nargs, args, err);
    const int rc = rf_view_need("aliases", &list, err);
    return rc ? rc : rf_view_print(list, ctx->db, 0, ctx->out, ctx->format, err);
}

const struct rf_cmd rf_cmd_alias = {
    .name = "alias",
    .summary = "say which names are one model",
    .args = "[NAME=KNOWN_AS...]",
    .about = "Files call one model by several names: gpt-4-1106-preview, openai/gpt-4-1106-preview.\n"
             "routefit never guesses that two names are one; this command says it. From then on\n"
             "NAME is counted as KNOWN_AS: in votes (one of a model against itself is left out),\n"
             "in the pair of a benchmark, in its price, and in `routefit ls models`. What the\n"
             "files wrote stays as it is, and --remove takes a declaration back.\n"
             "\n"
             "Without arguments it lists what was declared. Names that no file has written yet\n"
             "may be declared before they come. A name that is known as another one cannot be\n"
             "what a third one is known as. `routefit ls near` lists names that look alike.",
    .examples = "routefit alias 'openai/gpt-4-1106-preview=gpt-4-1106-preview'\n"
                "routefit alias\n"
                "routefit alias --remove openai/gpt-4-1106-preview",
    .opts = { rows },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = -1,
    .need = RF_NEED_CREATE,
    .run = run,
};
