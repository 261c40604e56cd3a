/* Two queries: the names of the models, and one pass over all cells in the order of the questions. */
#include "core/results.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/names.h"

/* ["a","b"] for json_each; NULL for an empty list, which means all. */
static int json_list(const struct rf_list *list, struct rf_buf *out, struct rf_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < list->n && !rc; i++)
        if (!(rc = rf_buf_add(out, i ? "," : "[", 1, err)))
            rc = rf_json_add_string(out, (struct rf_str){ list->v[i], strlen(list->v[i]) }, err);
    return rc || !list->n ? rc : rf_buf_add(out, "]", 1, err);
}

static int check_names(struct rf_db *db, const struct rf_list *list, const char *sql, const char *what,
                       const char *advice, struct rf_err *err)
{
    struct rf_names known = { 0 };
    int rc = list->n ? rf_names_read(&known, db, sql, NULL, err) : 0;
    for (size_t i = 0; i < list->n && !rc; i++)
        if (!rf_names_have(&known, list->v[i]))
            rc = rf_names_unknown(&known, what, list->v[i], advice, err);
    rf_names_release(&known);
    return rc;
}

/* r->models: there is none of that name. */
static size_t model_of(const struct rf_results *r, const char *name)
{
    size_t m = 0;
    while (m < r->models && strcmp(r->model[m], name) != 0)
        m++;
    return m;
}

static int read_models(struct rf_results *r, struct rf_db *db, const struct rf_results_filter *f, const char *benches,
                       struct rf_err *err)
{
    static const char sql[] = "SELECT DISTINCT m.known_as FROM item i JOIN result r ON r.item = i.id JOIN model_name m "
                              "ON m.id = r.model WHERE "
                              "i.bench IN (SELECT value FROM json_each(?1)) ORDER BY 1";
    struct rf_names known = { 0 };
    struct rf_aliases alias = { 0 };
    int rc = rf_names_read(&known, db, sql, benches, err);
    if (!rc)
        rc = rf_aliases_read(&alias, db, err);
    for (size_t i = 0; i < f->model.n && !rc; i++)
        if (!rf_names_have(&known, rf_known_as(&alias, f->model.v[i])))
            rc = rf_names_unknown(&known, "model of these benchmarks", f->model.v[i],
                                  "`routefit ls benches` lists them", err);
    const size_t n = f->model.n ? f->model.n : known.n;
    if (!rc && !n)
        rc = rf_fail(err, RF_BAD_INPUT, "found no results of the benchmarks %s, expected some: `routefit ls benches`",
                     benches);
    if (!rc)
        rc = RF_NEW(r->model, n, err);
    for (size_t i = 0; i < n && !rc; i++) {
        const char *const name = f->model.n ? rf_known_as(&alias, f->model.v[i]) : known.v[i];
        if (model_of(r, name) < r->models)
            rc = rf_fail(err, RF_USAGE, "--model %s: found model \"%s\" twice, expected it once", f->model.v[i], name);
        else if ((r->model[i] = rf_strndup(name, strlen(name), err)))
            r->models++;
        else
            rc = RF_FAIL;
    }
    rf_names_release(&known);
    rf_aliases_release(&alias);
    return rc;
}

/* The name's one copy, NULL for no name. Few names come in long runs: the latest is looked at first. */
static int intern(struct rf_results *r, const char *name, char **out, struct rf_err *err)
{
    *out = NULL;
    if (!name)
        return 0;
    for (size_t i = r->names; i-- > 0;)
        if (!strcmp(r->name[i], name)) {
            *out = r->name[i];
            return 0;
        }
    char **grown = rf_regrow(r->name, r->names, r->names + 1, sizeof *grown, err);
    if (!grown)
        return RF_FAIL;
    r->name = grown;
    if (!(r->name[r->names] = rf_strndup(name, strlen(name), err)))
        return RF_FAIL;
    *out = r->name[r->names++];
    return 0;
}

/* Opens the next row of all matrices, NaN everywhere. */
static int open_row(struct rf_results *r, int64_t item, struct rf_stmt *s, struct rf_err *err)
{
    const size_t i = r->n++;
    r->item[i] = item;
    r->prompt[i] = rf_col_int(s, 1);
    for (size_t m = 0; m < r->models; m++)
        r->score[i * r->models + m] = r->cost[i * r->models + m] = NAN;
    const int rc = intern(r, rf_col_text(s, 2), &r->bench[i], err);
    return rc ? rc : intern(r, rf_col_text(s, 3), &r->task[i], err);
}

/* Takes back the last row where a score of it is missing. */
static void close_row(struct rf_results *r, bool complete)
{
    bool missing = false;
    for (size_t m = 0; r->n && m < r->models; m++)
        missing |= isnan(r->score[(r->n - 1) * r->models + m]);
    if (r->n && complete && missing) {
        r->n--;
        r->incomplete++;
    }
}

static int make_room(struct rf_results *r, size_t n, struct rf_err *err)
{
    size_t cells;
    if (!rf_mul(n, r->models, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu questions of %zu models", n, r->models);
    return RF_NEW(r->score, cells, err) || RF_NEW(r->cost, cells, err) || RF_NEW(r->item, n, err) ||
                   RF_NEW(r->prompt, n, err) || RF_NEW(r->bench, n, err) || RF_NEW(r->task, n, err)
               ? RF_FAIL
               : 0;
}

static int read_cells(struct rf_results *r, struct rf_db *db, const struct rf_results_filter *f, const char *benches,
                      const char *sources, struct rf_err *err)
{
    static const char count[] = "SELECT count(*) FROM item WHERE bench IN (SELECT value FROM json_each(?1))";
    static const char sql[] =
        "SELECT i.id, i.prompt, i.bench, i.task, m.known_as, avg(r.score), CASE WHEN count(*) = count(r.cost) THEN "
        "sum(r.cost) END FROM item i JOIN result r ON r.item = i.id JOIN model_name m ON m.id = r.model WHERE i.bench "
        "IN "
        "(SELECT value FROM json_each(?1)) AND (?2 IS NULL OR i.source IN (SELECT id FROM source WHERE name IN (SELECT "
        "value FROM json_each(?2)))) "
        "GROUP BY i.id, m.known_as ORDER BY i.id";
    struct rf_stmt *s = NULL;
    int64_t items = 0, at = 0;
    int rc = rf_db_int(db, &items, err, count, 1, &benches);
    if (rc < 0 || (rc = make_room(r, (size_t)items, err)) || (rc = rf_stmt_new(&s, db, sql, err)))
        goto out;
    rf_bind_text(s, 1, benches);
    rf_bind_text(s, 2, sources);
    while ((rc = rf_step(s, err)) == 1) {
        const int64_t item = rf_col_int(s, 0);
        const size_t m = model_of(r, rf_col_text(s, 4));
        if (item != at) {
            close_row(r, f->complete);
            if (r->n == (size_t)items || (rc = open_row(r, item, s, err)))
                goto out;
            at = item;
        }
        if (m == r->models)
            continue;
        r->score[(r->n - 1) * r->models + m] = rf_col_real(s, 5);
        r->cost[(r->n - 1) * r->models + m] = rf_col_real(s, 6);
    }
    close_row(r, f->complete);
    if (!rc && !r->n)
        rc = rf_fail(err, RF_BAD_INPUT, "no question is left: %zu lack a score of one of the %zu models%s",
                     r->incomplete, r->models, sources ? ", the others are of other sources" : "");
out:
    rf_stmt_free(s);
    return rc < 0 ? rc : 0;
}

static int fingerprint(struct rf_results *r, struct rf_err *err)
{
    struct rf_sha256 *h = NULL;
    const size_t cells = r->n * r->models;
    int rc = rf_sha256_new(&h, err);
    for (size_t m = 0; m < r->models && !rc; m++)
        rc = rf_sha256_add(h, r->model[m], strlen(r->model[m]) + 1, err);
    if (!rc && !(rc = rf_sha256_add(h, r->item, r->n * sizeof *r->item, err)) &&
        !(rc = rf_sha256_add(h, r->score, cells * sizeof *r->score, err)) &&
        !(rc = rf_sha256_add(h, r->cost, cells * sizeof *r->cost, err)))
        rc = rf_sha256_end_hex(h, r->sha256, err);
    rf_sha256_free(h);
    return rc;
}

int rf_results_load(struct rf_results *r, struct rf_db *db, const struct rf_results_filter *f, struct rf_err *err)
{
    struct rf_buf benches = { 0 }, sources = { 0 };
    int rc;
    *r = (struct rf_results){ 0 };
    if (!f->bench.n) {
        rc = rf_fail(err, RF_USAGE, "found no benchmark, expected --bench NAME; `routefit ls benches` lists them");
        goto out;
    }
    if ((rc = check_names(db, &f->bench, "SELECT DISTINCT bench FROM item ORDER BY bench", "benchmark",
                          "`routefit ingest FILE` reads one", err)) ||
        (rc = check_names(db, &f->source, "SELECT name FROM source ORDER BY name", "source", "`routefit ls` lists them",
                          err)) ||
        (rc = json_list(&f->bench, &benches, err)) || (rc = json_list(&f->source, &sources, err)) ||
        (rc = read_models(r, db, f, benches.data, err)) || (rc = read_cells(r, db, f, benches.data, sources.data, err)))
        goto out;
    rc = fingerprint(r, err);
out:
    rf_buf_release(&benches);
    rf_buf_release(&sources);
    if (rc)
        rf_results_release(r);
    return rc;
}

void rf_results_release(struct rf_results *r)
{
    for (size_t m = 0; m < r->models; m++)
        rf_free(r->model[m]);
    for (size_t i = 0; i < r->names; i++)
        rf_free(r->name[i]);
    void *const owned[] = { r->model, r->score, r->cost, r->item, r->prompt, r->bench, r->task, r->name };
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        rf_free(owned[i]);
    *r = (struct rf_results){ 0 };
}
