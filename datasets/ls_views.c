/* The views: columns and one constant query each. Models are counted under the name that `routefit alias` gives them.
 */
#include <string.h>

#include "core/names.h"
#include "datasets/ls.h"

/* The price of model g.known_as by exact name or alias: of the list that holds from the latest day, then the one read
 * last. */
#define PRICE(what)                                                                                                    \
    "(SELECT p." what                                                                                                  \
    " * 1e6 FROM price p WHERE p.model IN (SELECT g.known_as UNION ALL SELECT name FROM alias WHERE "                  \
    "known_as = g.known_as) ORDER BY p.valid_from DESC, p.source DESC, p.line LIMIT 1)"

/* clang-format off */
const struct rf_view rf_views[] = {
    { .name = "sources",
      .sql = "SELECT name, format, rows_read, rows_kept, rows_known, rows_dropped, repaired, missing, bytes, added_at, path FROM "
             "source WHERE ?1 ORDER BY id",
      .column = { RF_COLUMN_TEXT("source"), RF_COLUMN_TEXT("format"), RF_COLUMN_INT("rows"), RF_COLUMN_INT("kept"),
                  RF_COLUMN_INT("known", .shown = RF_SHOWN_FILLED), RF_COLUMN_INT("dropped", .shown = RF_SHOWN_FILLED),
                  RF_COLUMN_INT("repaired", .shown = RF_SHOWN_FILLED),
                  RF_COLUMN_INT("missing", .shown = RF_SHOWN_FILLED), RF_COLUMN_INT("bytes"),
                  RF_COLUMN_TEXT("added_at"), RF_COLUMN_TEXT("path") } },
    { .name = "models",
      .sql = "WITH n AS MATERIALIZED (SELECT id, name, known_as FROM model_name),"
             " v AS (SELECT a.known_as AS m, CASE winner WHEN 'a' THEN 1 WHEN 'b' THEN 0 ELSE 0.5 END AS w FROM "
             "preference p JOIN n a ON a.id = p.model_a JOIN n b ON b.id = p.model_b WHERE winner IS NOT NULL AND "
             "a.known_as <> b.known_as"
             " UNION ALL SELECT b.known_as, CASE winner WHEN 'b' THEN 1 WHEN 'a' THEN 0 ELSE 0.5 END FROM preference p "
             "JOIN n a ON a.id = p.model_a JOIN n b ON b.id = p.model_b WHERE winner IS NOT NULL AND a.known_as <> "
             "b.known_as),"
             " vm AS (SELECT m, count(*) AS n, avg(w) AS w FROM v GROUP BY m),"
             " rm AS (SELECT n.known_as AS m, count(*) AS n, count(DISTINCT i.bench) AS b FROM result r JOIN n ON n.id "
             "= r.model JOIN item i ON i.id = r.item GROUP BY 1),"
             " g AS (SELECT known_as, sum(name <> known_as) AS aliases FROM n GROUP BY known_as)"
             " SELECT g.known_as, coalesce(vm.n, 0), vm.w, coalesce(rm.n, 0), coalesce(rm.b, 0), g.aliases, "
             PRICE("input") ", " PRICE("output")
             " FROM g LEFT JOIN vm ON vm.m = g.known_as LEFT JOIN rm ON rm.m = g.known_as WHERE ?1 ORDER BY g.known_as",
      .column = { RF_COLUMN_TEXT("model"), RF_COLUMN_INT("votes"), RF_COLUMN_REAL("win_share", 3),
                  RF_COLUMN_INT("results"), RF_COLUMN_INT("benches"),
                  RF_COLUMN_INT("aliases", .shown = RF_SHOWN_FILLED),
                  RF_COLUMN_REAL("input_per_1m", 3, .shown = RF_SHOWN_FILLED),
                  RF_COLUMN_REAL("output_per_1m", 3, .shown = RF_SHOWN_FILLED) } },
    { .name = "near",
      .fill = rf_ls_near,
      .column = { RF_COLUMN_TEXT("model"), RF_COLUMN_TEXT("looks_like"), RF_COLUMN_TEXT("but_for"),
                  RF_COLUMN_TEXT("command") } },
    { .name = "aliases",
      .sql = "SELECT name, known_as, CASE name IN (SELECT name FROM model) * 2 + (known_as IN (SELECT name FROM model)) "
             "WHEN 3 THEN 'both' WHEN 2 THEN 'name' WHEN 1 THEN 'known_as' ELSE 'neither' END FROM alias WHERE ?1 ORDER "
             "BY known_as, name",
      .column = { RF_COLUMN_TEXT("name"), RF_COLUMN_TEXT("known_as"), RF_COLUMN_TEXT("in_the_data") } },
    { .name = "benches",
      .sql = "SELECT i.bench, n.known_as, count(DISTINCT i.id), count(DISTINCT i.task), count(r.score), avg(r.score), "
             "avg(r.cost) FROM item i LEFT JOIN result r ON r.item = i.id LEFT JOIN model_name n ON n.id = r.model WHERE "
             "?1 GROUP BY i.bench, n.known_as ORDER BY i.bench, n.known_as",
      .column = { RF_COLUMN_TEXT("bench"), RF_COLUMN_TEXT("model"), RF_COLUMN_INT("items"),
                  RF_COLUMN_INT("tasks", .shown = RF_SHOWN_FILLED), RF_COLUMN_INT("results"),
                  RF_COLUMN_REAL("mean_score", 4), RF_COLUMN_REAL("mean_cost", 6, .shown = RF_SHOWN_FILLED) } },
    { .name = "tasks",
      .sql = "SELECT i.bench, i.task, count(DISTINCT i.id), count(DISTINCT i.prompt), count(DISTINCT n.known_as), "
             "count(r.score), avg(r.score) FROM item i LEFT JOIN result r ON r.item = i.id LEFT JOIN model_name n ON "
             "n.id = r.model WHERE ?1 GROUP BY i.bench, i.task ORDER BY i.bench, i.task",
      .column = { RF_COLUMN_TEXT("bench"), RF_COLUMN_TEXT("task"), RF_COLUMN_INT("items"), RF_COLUMN_INT("prompts"),
                  RF_COLUMN_INT("models"), RF_COLUMN_INT("results"), RF_COLUMN_REAL("mean_score", 4) } },
    { .name = "judges",
      .sql = "WITH pair AS (SELECT judge, count(DISTINCT shown_first) AS orders FROM preference WHERE key IS NOT NULL "
             "AND shown_first IS NOT NULL GROUP BY origin, key, judge)"
             " SELECT judge, count(*), sum(winner IS 'tie' OR winner IS 'bothbad'), sum(winner IS NULL), (SELECT "
             "count(*) FROM pair WHERE pair.judge = p.judge AND orders = 2), count(DISTINCT origin), count(DISTINCT "
             "prompt) FROM preference p WHERE ?1 GROUP BY judge ORDER BY judge",
      .column = { RF_COLUMN_TEXT("judge"), RF_COLUMN_INT("votes"), RF_COLUMN_INT("ties"), RF_COLUMN_INT("unparsed"),
                  RF_COLUMN_INT("both_orders"), RF_COLUMN_INT("origins"), RF_COLUMN_INT("prompts") } },
    { .name = "agreement",
      .fill = rf_ls_agreement,
      .column = { RF_COLUMN_TEXT("judge"), RF_COLUMN_TEXT("with"), RF_COLUMN_INT("pairs"),
                  RF_COLUMN_INTERVAL("same_pct", 1), RF_COLUMN_INT("both_decide"),
                  RF_COLUMN_INTERVAL("decided_same_pct", 1) } },
    { .name = "prompts",
      .fill = rf_ls_prompts,
      .column = { RF_COLUMN_TEXT("script"), RF_COLUMN_INT("prompts"),
                  RF_COLUMN_INT("several_turns", .shown = RF_SHOWN_FILLED), RF_COLUMN_INT("chars_to_50"),
                  RF_COLUMN_INT("to_200"), RF_COLUMN_INT("to_1000"), RF_COLUMN_INT("to_5000"), RF_COLUMN_INT("longer"),
                  RF_COLUMN_REAL("mean_chars", 1) } },
    { .name = "texts",
      .sql = "SELECT p.id, p.turns, p.bytes, (SELECT count(*) FROM preference v WHERE v.prompt = p.id), (SELECT count(*) "
             "FROM item i WHERE i.prompt = p.id), replace(substr(p.text, 1, 60), char(10), ' ') FROM prompt p ORDER BY "
             "p.id LIMIT ?1",
      .column = { RF_COLUMN_INT("prompt"), RF_COLUMN_INT("turns"), RF_COLUMN_INT("bytes"), RF_COLUMN_INT("votes"),
                  RF_COLUMN_INT("items"), RF_COLUMN_TEXT("text") } },
    { .name = "embedders",
      .sql = "SELECT e.name, e.kind, e.dim, (SELECT count(*) FROM embedding v WHERE v.embedder = e.id), e.sha256, e.path "
             "FROM embedder e WHERE ?1 ORDER BY e.id",
      .column = { RF_COLUMN_TEXT("embedder"), RF_COLUMN_TEXT("kind"), RF_COLUMN_INT("dim"), RF_COLUMN_INT("prompts"),
                  RF_COLUMN_TEXT("sha256"), RF_COLUMN_TEXT("path") } },
    { .name = "prices",
      .sql = "SELECT s.name, p.model, p.provider, p.input * 1e6, p.output * 1e6, p.request, p.valid_from, p.line FROM "
             "price p JOIN source s ON s.id = p.source ORDER BY p.source, p.rowid LIMIT ?1",
      .column = { RF_COLUMN_TEXT("list"), RF_COLUMN_TEXT("model"), RF_COLUMN_TEXT("provider", .shown = RF_SHOWN_FILLED),
                  RF_COLUMN_REAL("input_per_1m", 3), RF_COLUMN_REAL("output_per_1m", 3),
                  RF_COLUMN_REAL("request", 4, .shown = RF_SHOWN_FILLED),
                  RF_COLUMN_TEXT("valid_from", .shown = RF_SHOWN_FILLED), RF_COLUMN_INT("line") } },
    { .name = "scores",
      .sql = "SELECT x.router, s.name, count(*), min(x.score), avg(x.score), max(x.score) FROM external_score x JOIN "
             "source s ON s.id = x.source WHERE ?1 GROUP BY x.router, s.id UNION ALL SELECT c.name, r.command || ', run ' "
             "|| r.id, count(*), min(f.score), avg(f.score), max(f.score) FROM crossval c JOIN run r ON r.id = c.run JOIN "
             "fold_score f ON f.crossval = c.id GROUP BY c.id ORDER BY 1, 2",
      .column = { RF_COLUMN_TEXT("router"), RF_COLUMN_TEXT("source"), RF_COLUMN_INT("prompts"),
                  RF_COLUMN_REAL("least", 3), RF_COLUMN_REAL("mean", 3), RF_COLUMN_REAL("most", 3) } },
    { .name = "splits",
      .sql = "SELECT s.name, p.part, count(p.prompt), s.seed, s.made_at, s.options FROM split s LEFT JOIN split_prompt p "
             "ON p.split = s.id WHERE ?1 GROUP BY s.id, p.part ORDER BY s.id, p.part",
      .column = { RF_COLUMN_TEXT("split"), RF_COLUMN_TEXT("part"), RF_COLUMN_INT("prompts"), RF_COLUMN_INT("seed"),
                  RF_COLUMN_TEXT("made_at"), RF_COLUMN_TEXT("options") } },
    { .name = "overlaps",
      .sql = "SELECT o.run, r.started_at, o.kind, count(*), min(o.similarity), max(o.similarity) FROM overlap o JOIN run "
             "r ON r.id = o.run WHERE ?1 GROUP BY o.run, o.kind ORDER BY o.run, o.kind",
      .column = { RF_COLUMN_INT("run"), RF_COLUMN_TEXT("started_at"), RF_COLUMN_TEXT("kind"), RF_COLUMN_INT("pairs"),
                  RF_COLUMN_REAL("least_similar", 3), RF_COLUMN_REAL("most_similar", 3) } },
    { .name = "left_out",
      .sql = "SELECT bench, against, kind, count(*), min(similarity) FROM leave_out WHERE ?1 GROUP BY bench, against, "
             "kind ORDER BY bench, against, kind",
      .column = { RF_COLUMN_TEXT("bench"), RF_COLUMN_TEXT("against"), RF_COLUMN_TEXT("kind"), RF_COLUMN_INT("prompts"),
                  RF_COLUMN_REAL("least_similar", 3) } },
    { .name = "dropped",
      .sql = "SELECT s.name, d.line, d.field, d.reason, d.found, d.expected FROM dropped d JOIN source s ON s.id = "
             "d.source ORDER BY d.rowid LIMIT ?1",
      .column = { RF_COLUMN_TEXT("source"), RF_COLUMN_INT("line"), RF_COLUMN_TEXT("field", .shown = RF_SHOWN_FILLED),
                  RF_COLUMN_TEXT("reason"), RF_COLUMN_TEXT("found"),
                  RF_COLUMN_TEXT("expected", .shown = RF_SHOWN_FILLED) } },
    { .name = NULL },
};
/* clang-format on */
enum { MOST_VIEWS = 32 };

int rf_view_need(const char *name, const struct rf_view **v, struct rf_err *err)
{
    const char *names[MOST_VIEWS];
    size_t n = 0;
    for (; rf_views[n].name && n < MOST_VIEWS; n++) {
        names[n] = rf_views[n].name;
        if (!strcmp(name, names[n])) {
            *v = &rf_views[n];
            return 0;
        }
    }
    return rf_unknown("view", name, names, n, "-h lists them", err);
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

/* The rows of a query. */
static int fill_by_query(const struct rf_view *v, size_t n, struct rf_db *db, int64_t limit, struct rf_table *t,
                         struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    int rc = rf_stmt_new(&s, db, v->sql, err);
    if (rc)
        return rc;
    rf_bind_int(s, 1, limit ? limit : -1);
    while ((rc = rf_step(s, err)) == 1) {
        rc = 0;
        for (size_t i = 0; !rc && i < n; i++)
            rc = put_cell(t, &v->column[i], s, (int)i, err);
        if (rc)
            break;
    }
    rf_stmt_free(s);
    return rc;
}

int rf_view_print(const struct rf_view *v, struct rf_db *db, int64_t limit, FILE *f, enum rf_format format,
                  struct rf_err *err)
{
    struct rf_table *t = NULL;
    size_t n = 0;
    while (v->column[n].name)
        n++;
    int rc = rf_table_new(&t, v->column, n, err);
    if (!rc)
        rc = v->fill ? v->fill(db, t, err) : fill_by_query(v, n, db, limit, t, err);
    if (!rc)
        rc = rf_table_print(t, f, format, err);
    rf_table_free(t);
    return rc;
}
