/* `routefit ls VIEW`: what the database holds. A view is a row below: its columns and one constant query that yields
 * them. */
#include <string.h>

#include "core/cli.h"
#include "core/names.h"
#include "datasets/commands.h"

struct options {
    int64_t limit;
};

static const struct rf_opt rows[] = {
    RF_OPT(struct options, limit, "limit", 'n', RF_OPT_INT, "N", "50", NULL, 0, 1e15,
           "Most rows of prompts and dropped to print; 0 for all."),
    RF_OPT_END,
};

enum { MOST_COLUMNS = 10 };

struct view {
    const char *name;
    const char *sql;                           /* ?1: --limit, -1 for all */
    struct rf_column column[MOST_COLUMNS + 1]; /* up to one without a name */
};

static const struct view views[] = {
    { "sources",
      "SELECT name, format, rows_read, rows_kept, rows_known, rows_dropped, repaired, bytes, added_at, path FROM "
      "source WHERE ?1 ORDER BY id",
      { RF_COLUMN_TEXT("source"), RF_COLUMN_TEXT("format"), RF_COLUMN_INT("rows"), RF_COLUMN_INT("kept"),
        RF_COLUMN_INT("known", .shown = RF_SHOWN_FILLED), RF_COLUMN_INT("dropped", .shown = RF_SHOWN_FILLED),
        RF_COLUMN_INT("repaired", .shown = RF_SHOWN_FILLED), RF_COLUMN_INT("bytes"), RF_COLUMN_TEXT("added_at"),
        RF_COLUMN_TEXT("path") } },
    { "models",
      "WITH v AS (SELECT model_a AS m, CASE winner WHEN 'a' THEN 1 WHEN 'b' THEN 0 ELSE 0.5 END AS w FROM preference "
      "WHERE winner IS NOT NULL"
      "  UNION ALL SELECT model_b, CASE winner WHEN 'b' THEN 1 WHEN 'a' THEN 0 ELSE 0.5 END FROM preference WHERE "
      "winner IS NOT NULL),"
      " vm AS (SELECT m, count(*) AS n, avg(w) AS w FROM v GROUP BY m),"
      " rm AS (SELECT r.model AS m, count(*) AS n, count(DISTINCT i.bench) AS b FROM result r JOIN item i ON i.id = "
      "r.item GROUP BY r.model)"
      " SELECT model.name, coalesce(vm.n, 0), vm.w, coalesce(rm.n, 0), coalesce(rm.b, 0) FROM model LEFT JOIN vm ON "
      "vm.m = model.id"
      " LEFT JOIN rm ON rm.m = model.id WHERE ?1 ORDER BY model.name",
      { RF_COLUMN_TEXT("model"), RF_COLUMN_INT("votes"), RF_COLUMN_REAL("win_share", 3), RF_COLUMN_INT("results"),
        RF_COLUMN_INT("benches") } },
    { "benches",
      "SELECT i.bench, m.name, count(DISTINCT i.id), count(DISTINCT i.task), count(r.score), avg(r.score), avg(r.cost) "
      "FROM item i"
      " LEFT JOIN result r ON r.item = i.id LEFT JOIN model m ON m.id = r.model WHERE ?1 GROUP BY i.bench, m.id ORDER "
      "BY i.bench, m.name",
      { RF_COLUMN_TEXT("bench"), RF_COLUMN_TEXT("model"), RF_COLUMN_INT("items"),
        RF_COLUMN_INT("tasks", .shown = RF_SHOWN_FILLED), RF_COLUMN_INT("results"), RF_COLUMN_REAL("mean_score", 4),
        RF_COLUMN_REAL("mean_cost", 6, .shown = RF_SHOWN_FILLED) } },
    { "prompts",
      "SELECT p.id, p.turns, p.bytes, (SELECT count(*) FROM preference v WHERE v.prompt = p.id), (SELECT count(*) FROM "
      "item i WHERE i.prompt = p.id),"
      " replace(substr(p.text, 1, 60), char(10), ' ') FROM prompt p ORDER BY p.id LIMIT ?1",
      { RF_COLUMN_INT("prompt"), RF_COLUMN_INT("turns"), RF_COLUMN_INT("bytes"), RF_COLUMN_INT("votes"),
        RF_COLUMN_INT("items"), RF_COLUMN_TEXT("text") } },
    { "embedders",
      "SELECT e.name, e.kind, e.dim, (SELECT count(*) FROM embedding v WHERE v.embedder = e.id), e.sha256, e.path FROM "
      "embedder e WHERE ?1 ORDER BY e.id",
      { RF_COLUMN_TEXT("embedder"), RF_COLUMN_TEXT("kind"), RF_COLUMN_INT("dim"), RF_COLUMN_INT("prompts"),
        RF_COLUMN_TEXT("sha256"), RF_COLUMN_TEXT("path") } },
    { "dropped",
      "SELECT s.name, d.line, d.field, d.reason, d.found, d.expected FROM dropped d JOIN source s ON s.id = d.source "
      "ORDER BY d.rowid "
      "LIMIT ?1",
      { RF_COLUMN_TEXT("source"), RF_COLUMN_INT("line"), RF_COLUMN_TEXT("field", .shown = RF_SHOWN_FILLED),
        RF_COLUMN_TEXT("reason"), RF_COLUMN_TEXT("found"), RF_COLUMN_TEXT("expected", .shown = RF_SHOWN_FILLED) } },
};
enum { VIEWS = sizeof views / sizeof *views };

static int find(const char *name, const struct view **view, struct rf_err *err)
{
    const char *names[VIEWS];
    for (size_t i = 0; i < VIEWS; i++) {
        names[i] = views[i].name;
        if (!strcmp(name, names[i])) {
            *view = &views[i];
            return 0;
        }
    }
    return rf_unknown("view", name, names, VIEWS, "-h lists them", err);
}

static int put_cell(struct rf_table *t, const struct rf_column *c, struct rf_stmt *s, int i, struct rf_err *err)
{
    if (rf_col_null(s, i))
        return rf_table_missing(t, err);
    switch (c->type) {
    case RF_CELL_INT:
        return rf_table_int(t, rf_col_int(s, i), err);
    case RF_CELL_REAL:
        return rf_table_real(t, rf_col_real(s, i), err);
    case RF_CELL_TEXT:
        break;
    }
    return rf_table_text(t, rf_col_text(s, i), err);
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct options *const o = opts;
    const struct view *view = &views[0];
    struct rf_table *table = NULL;
    struct rf_stmt *s = NULL;
    size_t n = 0;
    int rc = nargs ? find(args[0], &view, err) : 0;
    while (view->column[n].name)
        n++;
    if (rc || (rc = rf_table_new(&table, view->column, n, err)) || (rc = rf_stmt_new(&s, ctx->db, view->sql, err)))
        goto out;
    rf_bind_int(s, 1, o->limit ? o->limit : -1);
    while ((rc = rf_step(s, err)) == 1) {
        rc = 0;
        for (size_t i = 0; !rc && i < n; i++)
            rc = put_cell(table, &view->column[i], s, (int)i, err);
        if (rc)
            goto out;
    }
    if (!rc)
        rc = rf_table_print(table, ctx->out, ctx->format, err);
out:
    rf_stmt_free(s);
    rf_table_free(table);
    return rc;
}

const struct rf_cmd rf_cmd_ls = {
    .name = "ls",
    .summary = "list what the database holds",
    .args = "[sources|models|benches|prompts|embedders|dropped]",
    .about = "Prints one view:\n"
             "  sources    ingested files and what became of their rows (the default)\n"
             "  models     models with their votes (a tie is half a win) and results\n"
             "  benches    benchmarks, and the models measured on them\n"
             "  prompts    prompts, and how many votes and questions use them\n"
             "  embedders  sets of vectors\n"
             "  dropped    rows that were not stored, and why",
    .examples = "routefit ls\n"
                "routefit ls benches --json\n"
                "routefit ls dropped -n 0 --format csv",
    .opts = { rows },
    .opts_size = sizeof(struct options),
    .min_args = 0,
    .max_args = 1,
    .need = RF_NEED_READ,
    .run = run,
};
