/* Routers on texts read the prompt; routers on vectors read table embedding, a block of rows at a time. A prompt whose
 * vector is all zero is scored as it is: the deployed router would do the same. */
#include "eval/router.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/input.h"
#include "core/mem.h"
#include "core/par.h"
#include "core/prompt_tasks.h"

static const char suffix[] = ".safetensors", prefix[] = "scores:";

/* ---- loading ---- */

int rf_router_open(struct routefit_router **out, const char *path, const struct rf_router_options *o,
                   struct rf_err *err)
{
    const bool picks = o->pick.strong || o->pick.weak || o->pick.ids.n;
    struct routefit_pick pick;
    struct routefit_router *plain = NULL;
    struct rf_buf bytes = { 0 };
    struct stat st;
    char why[ROUTEFIT_ERR], other[ROUTEFIT_ERR];
    int rc = rf_pick(&o->pick, &pick, err);
    if (!rc && stat(path, &st))
        rc = rf_fail_errno(err, RF_IO, "%s", path);
    if (rc || (rc = rf_file_read(path, 0, &bytes, err)))
        goto out;
    if (routefit_load(out, bytes.data, bytes.len, &pick, why)) {
        const bool sound = picks && !routefit_load(&plain, bytes.data, bytes.len, NULL, other);
        rc = rf_fail(err, sound ? RF_USAGE : RF_CORRUPT, "%s: %s", path, why);
    }
out:
    routefit_free(plain);
    rf_buf_release(&bytes);
    return rc;
}

/* Does no router before this one, and nothing else in the same tables, have the name? */
static bool is_free(const char *name, size_t len, const struct rf_router *known, size_t nknown,
                    const char *const *taken, size_t ntaken)
{
    for (size_t i = 0; i < nknown; i++)
        if (strlen(known[i].name) == len && !memcmp(known[i].name, name, len))
            return false;
    for (size_t i = 0; i < ntaken; i++)
        if (strlen(taken[i]) == len && !memcmp(taken[i], name, len))
            return false;
    return true;
}

/* The first len bytes of name where they are free, else longer ones that say the same: with `mark` in front, as often
 * as it takes. */
static char *free_name(const char *name, size_t len, const char *mark, const struct rf_router *known, size_t nknown,
                       const char *const *taken, size_t ntaken, struct rf_err *err)
{
    struct rf_buf text = { 0 };
    char *out = NULL;
    size_t marks = 0;
    do {
        text.len = 0;
        for (size_t i = 0; i < marks; i++)
            if (rf_buf_add(&text, mark, strlen(mark), err))
                goto out;
        if (rf_buf_add(&text, name, len, err))
            goto out;
        marks++;
    } while (!is_free(text.data, text.len, known, nknown, taken, ntaken));
    out = rf_strndup(text.data, text.len, err);
out:
    rf_buf_release(&text);
    return out;
}

/* The name of path, or the path itself where another router or a baseline has that name; "./" in front of a path that
 * is another's name (a/r, then r). */
static char *name_of(const char *path, const struct rf_router *known, size_t nknown, const char *const *taken,
                     size_t ntaken, struct rf_err *err)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t len = strlen(base);
    const size_t cut = sizeof suffix - 1;
    if (len > cut && !strcmp(base + len - cut, suffix))
        len -= cut;
    return is_free(base, len, known, nknown, taken, ntaken)
               ? rf_strndup(base, len, err)
               : free_name(path, strlen(path), *path == '/' ? "/" : "./", known, nknown, taken, ntaken, err);
}

/* The same word, or two paths to one file. */
static int check_new(const char *const *word, size_t i, struct rf_err *err)
{
    struct stat a, b;
    const bool file = !stat(word[i], &a);
    for (size_t j = 0; j < i; j++)
        if (!strcmp(word[i], word[j]) || (file && !stat(word[j], &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino))
            return rf_fail(err, RF_USAGE, "\"%s\" and \"%s\" are the same %s: expected each router once", word[j],
                           word[i], file ? "file" : "scores");
    return 0;
}

/* Stored scores, where word[i] is their name: 1; 0: it is a path. */
static int load_stored(struct rf_router *known, size_t i, struct rf_db *db, const char *word, const char *const *taken,
                       size_t ntaken, struct rf_err *err)
{
    struct rf_router *const r = &known[i];
    const size_t cut = sizeof prefix - 1;
    const bool named = !strncmp(word, prefix, cut);
    struct stat st;
    if (!named && (!stat(word, &st) || errno != ENOENT))
        return 0;
    const char *const name = named ? word + cut : word;
    const int rc = db ? rf_stored_find(&r->stored, db, name, err) : 0;
    if (rc < 0)
        return rc;
    if (!rc)
        return rf_fail(err, named ? RF_USAGE : RF_IO, "%s: found no %s of this name; `routefit ls scores` lists scores",
                       name, named ? "scores" : "file, and no scores");
    r->name = free_name(name, strlen(name), prefix, known, i, taken, ntaken, err);
    return r->name ? 1 : RF_FAIL;
}

int rf_routers_load(struct rf_router **out, struct rf_db *db, const char *const *word, size_t n,
                    const struct rf_router_options *o, const char *const *taken, size_t ntaken, struct rf_err *err)
{
    struct rf_router *r = NULL;
    int rc = RF_NEW(r, n, err);
    for (size_t i = 0; i < n && !rc; i++) {
        if ((rc = check_new(word, i, err)) || (rc = load_stored(r, i, db, word[i], taken, ntaken, err)) < 0)
            break;
        if (rc || (rc = rf_router_open(&r[i].r, word[i], o, err))) {
            rc = rc < 0 ? rc : 0;
            continue;
        }
        r[i].name = name_of(word[i], r, i, taken, ntaken, err);
        rc = r[i].name ? 0 : RF_FAIL;
    }
    if (rc)
        rf_routers_free(r, n);
    else
        *out = r;
    return rc;
}

void rf_routers_free(struct rf_router *r, size_t n)
{
    for (size_t i = 0; r && i < n; i++) {
        rf_free(r[i].name);
        routefit_free(r[i].r);
        rf_stored_free(r[i].stored);
    }
    rf_free(r);
}

/* ---- scoring ---- */

static int score_texts(const struct rf_router *r, struct rf_db *db, const struct rf_asked *a, double *score,
                       struct rf_err *err)
{
    struct routefit_features *pad = routefit_features_new(routefit_dim(r->r));
    struct rf_prompt_tasks tasks = { 0 };
    int rc =
        pad ? 0 : rf_fail(err, RF_FAIL, "out of memory: no room for the features of %zu buckets", routefit_dim(r->r));
    if (!rc && routefit_tasks(r->r))
        rc = rf_prompt_tasks_load(&tasks, db, err);
    for (size_t i = 0; i < a->n && !rc; i++)
        if (!a->text_len[i])
            rc = rf_fail(err, RF_BAD_INPUT,
                         "router \"%s\" reads texts: found a prompt of %s without one; ingest a source that has the "
                         "texts",
                         r->name, a->what);
        else
            score[i] = routefit_win_rate_task(r->r, pad, a->texts->data + a->text_at[i], a->text_len[i],
                                              rf_prompt_task(&tasks, a->prompt[i]));
    routefit_features_free(pad);
    rf_prompt_tasks_release(&tasks);
    return rc;
}

/* The embedder whose vectors the router was fitted on, checked against what the file says of it. */
static int find_embedder(const struct rf_router *r, struct rf_db *db, const struct rf_router_options *o,
                         const char **name, int64_t *id, struct rf_err *err)
{
    const char *made_by = routefit_meta(r->r, "routefit.embedder_sha256");
    struct rf_stmt *s = NULL;
    int rc;
    *name = o->embedder ? o->embedder : routefit_meta(r->r, "routefit.embedder");
    if (!*name) {
        rc = rf_fail(err, RF_USAGE, "router \"%s\" does not say which vectors it reads: name them with --embedder",
                     r->name);
        goto out;
    }
    if ((rc = rf_stmt_new(&s, db, "SELECT id, dim, sha256 FROM embedder WHERE name = ?1", err)))
        goto out;
    rf_bind_text(s, 1, *name);
    if ((rc = rf_step(s, err)) < 0)
        goto out;
    const char *sha256 = rc ? rf_col_text(s, 2) : NULL;
    if (!rc)
        rc = rf_fail(
            err, RF_BAD_INPUT,
            "router \"%s\" reads vectors of embedder \"%s\", which the database does not have: `routefit embed` "
            "makes them, --embedder names others",
            r->name, *name);
    else if ((uint64_t)rf_col_int(s, 1) != routefit_dim(r->r))
        rc = rf_fail(err, RF_BAD_INPUT, "embedder \"%s\": found vectors of width %lld, expected %zu for router \"%s\"",
                     *name, (long long)rf_col_int(s, 1), routefit_dim(r->r), r->name);
    else if (made_by && *made_by && sha256 && strcmp(made_by, sha256))
        rc = rf_fail(
            err, RF_BAD_INPUT,
            "embedder \"%s\": found vectors of the text model %.12s..., expected those of %.12s... on which router "
            "\"%s\" was fitted; embed again with that model",
            *name, sha256, made_by, r->name);
    else
        rc = 0;
    *id = rc ? 0 : rf_col_int(s, 0);
out:
    rf_stmt_free(s);
    return rc;
}

/* Copies the vector of a prompt into x[dim]: 1; 0: there is none. */
static int fetch(struct rf_stmt *s, int64_t prompt, float *x, size_t dim, struct rf_err *err)
{
    rf_bind_int(s, 2, prompt);
    const int rc = rf_step(s, err);
    if (rc != 1)
        return rc;
    const struct rf_str v = rf_col_str(s, 0);
    if (v.len != dim * sizeof *x)
        return rf_fail(err, RF_CORRUPT, "vector of prompt %lld: found %zu bytes, expected %zu", (long long)prompt,
                       v.len, dim * sizeof *x);
    memcpy(x, v.s, v.len);
    rf_reset(s);
    return 1;
}

/* The prompts to be scored, and what is done with a block of their vectors. */
struct job {
    const char *what; /* for messages */
    const int64_t *prompt;
    size_t n;
    void (*take)(const struct job *j, const struct routefit_router *r, const float *x, size_t first, size_t m);
    double *score; /* [n] win rates, or [n][models] predicted scores */
    double *cost;  /* [n][models] predicted costs */
};

static void take_win_rates(const struct job *j, const struct routefit_router *r, const float *x, size_t first, size_t m)
{
    routefit_win_rates(r, x, m, j->score + first);
}

static void take_predictions(const struct job *j, const struct routefit_router *r, const float *x, size_t first,
                             size_t m)
{
    const size_t models = routefit_models(r);
    routefit_predict_many(r, x, m, j->score + first * models, j->cost + first * models);
}

/* The error for prompts without vectors, with the command that gives them some. */
static int fail_missing(struct rf_db *db, int64_t id, const char *name, const struct job *j, size_t missing,
                        struct rf_err *err)
{
    struct rf_stmt *s = NULL;
    struct rf_buf remedy = { 0 };
    int rc = rf_stmt_new(&s, db, "SELECT coalesce(path, 'FILE') FROM embedder WHERE id = ?1 AND kind = 'text'", err);
    if (rc)
        goto out;
    rf_bind_int(s, 1, id);
    if ((rc = rf_step(s, err)) < 0)
        goto out;
    rc = rc ? rf_buf_printf(&remedy, err, "embed apply %s --name %s", rf_col_text(s, 0), name)
            : rf_buf_printf(&remedy, err, "embed npy FILE.npy --source NAME --embedder %s", name);
    if (!rc)
        rc = rf_fail(err, RF_BAD_INPUT,
                     "%zu of the %zu prompts of %s have no vector of embedder \"%s\": `routefit %s` gives "
                     "them one",
                     missing, j->n, j->what, name, remedy.data);
out:
    rf_stmt_free(s);
    rf_buf_release(&remedy);
    return rc;
}

static int score_vectors(const struct rf_router *r, struct rf_db *db, const struct job *j,
                         const struct rf_router_options *o, struct rf_err *err)
{
    const size_t dim = routefit_dim(r->r);
    const char *name = NULL;
    struct rf_stmt *s = NULL;
    float *x = NULL;
    size_t cells, missing = 0;
    int64_t id = 0;
    int rc = find_embedder(r, db, o, &name, &id, err);
    if (rc)
        goto out;
    if (!rf_mul(RF_BLOCK_ROWS, dim, &cells)) {
        rc = rf_fail(err, RF_FAIL, "router \"%s\": vectors of width %zu are too wide", r->name, dim);
        goto out;
    }
    if ((rc = RF_NEW(x, cells, err)) ||
        (rc = rf_stmt_new(&s, db, "SELECT vector FROM embedding WHERE embedder = ?1 AND prompt = ?2", err)))
        goto out;
    rf_bind_int(s, 1, id);
    for (size_t first = 0; first < j->n; first += RF_BLOCK_ROWS) {
        const size_t m = j->n - first < RF_BLOCK_ROWS ? j->n - first : RF_BLOCK_ROWS;
        for (size_t i = 0; i < m; i++) {
            if ((rc = fetch(s, j->prompt[first + i], x + i * dim, dim, err)) < 0)
                goto out;
            missing += rc == 0;
        }
        j->take(j, r->r, x, first, m);
    }
    rc = missing ? fail_missing(db, id, name, j, missing, err) : 0;
out:
    rf_stmt_free(s);
    rf_free(x);
    return rc;
}

int rf_router_score_asked(const struct rf_router *r, struct rf_db *db, const struct rf_asked *a,
                          const struct rf_router_options *o, double *score, struct rf_err *err)
{
    const struct job j = { a->what, a->prompt, a->n, take_win_rates, score, NULL };
    if (r->stored)
        return rf_fail(err, RF_USAGE, "router \"%s\" is scores of a benchmark: %s needs a weight file", r->name,
                       a->what);
    const int rc = rf_pick_check(r->r, r->name, err);
    if (rc)
        return rc;
    return routefit_input(r->r) == ROUTEFIT_TEXT ? score_texts(r, db, a, score, err) : score_vectors(r, db, &j, o, err);
}

int rf_router_score(const struct rf_router *r, struct rf_db *db, const struct rf_bench *b,
                    const struct rf_router_options *o, double *score, struct rf_err *err)
{
    struct rf_buf what = { 0 };
    if (r->stored)
        return rf_stored_win_rates(r->stored, db, b, score, err);
    int rc = rf_buf_printf(&what, err, "benchmark \"%s\"", b->name);
    if (!rc) {
        const struct rf_asked a = { what.data, b->n, b->prompt, &b->texts, b->text_at, b->text_len };
        rc = rf_router_score_asked(r, db, &a, o, score, err);
    }
    rf_buf_release(&what);
    return rc;
}

size_t rf_router_models(const struct rf_router *r)
{
    return r->stored ? r->stored->model.n : routefit_models(r->r);
}

const char *rf_router_model(const struct rf_router *r, size_t i)
{
    return r->stored ? r->stored->model.v[i] : routefit_model(r->r, i);
}

int rf_router_predict(const struct rf_router *r, struct rf_db *db, const char *bench, const int64_t *prompt, size_t n,
                      const struct rf_router_options *o, double *score, double *cost, struct rf_err *err)
{
    struct rf_buf what = { 0 };
    if (!rf_router_models(r))
        return rf_fail(err, RF_USAGE, "router \"%s\" compares one pair of models: expected one among many (fit knn)",
                       r->name);
    if (r->stored)
        return rf_stored_predict(r->stored, db, bench, prompt, n, score, cost, err);
    int rc = rf_buf_printf(&what, err, "benchmark \"%s\"", bench);
    const struct job j = { what.data, prompt, n, take_predictions, score, cost };
    rc = rc ? rc : score_vectors(r, db, &j, o, err);
    rf_buf_release(&what);
    return rc;
}
