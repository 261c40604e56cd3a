/* The old file's tables with one more column, checked against the pair: the old models' predictions must not move. The
 * curve is measured on questions of the benchmark that all models answered and that did not make the vector; where
 * there are too few it is the file's own prediction, and the row says so. */
#include "train/cluster_add.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/input.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/progress.h"
#include "core/rng.h"
#include "core/routefit_score.h"
#include "core/run.h"
#include "core/safetensors.h"
#include "train/cluster_curve.h"
#include "train/kind.h"
#include "train/scored.h"

enum { LEAST = 50, SAMPLE_STREAM = 0x61646431 };

/* A weight file of kind cluster. */
struct clusters {
    struct rf_buf bytes;
    struct routefit_tensors *f;
    struct routefit_router *r;
    struct rf_clusters c;
    float *centre, *score, *cost, beta; /* [k][dim], [k][models] twice */
    size_t models;
};

struct work {
    struct rf_ctx *ctx;
    const struct rf_cluster_add *o;
    struct clusters old;
    struct rf_scored s;    /* the new model's results */
    size_t *row;           /* [n] of s: the questions behind the vector */
    double *y, *paid;      /* [n] score and cost there */
    uint32_t *cluster;     /* [n] */
    size_t n, found;       /* found: scored questions in all */
    double *score, *cost;  /* [k] the vector */
    struct rf_scored held; /* results of all models */
    const float **x;       /* [questions] of the curve */
    double *field;         /* four [questions][models + 1]: predicted score and cost, true ones */
    size_t questions;
    bool measured; /* by results */
    struct rf_cluster_gain gain;
};

/* ---- the old file ---- */

static void clusters_release(struct clusters *c)
{
    routefit_free(c->r);
    routefit_tensors_close(c->f);
    rf_buf_release(&c->bytes);
    rf_free(c->centre);
    rf_free(c->score);
    rf_free(c->cost);
}

static int copy_tensor(const struct clusters *c, const char *name, const char *path, float **out, struct rf_err *err)
{
    const struct routefit_tensor *const t = routefit_tensors_find(c->f, name);
    char why[ROUTEFIT_ERR];
    const int rc = RF_NEW(*out, t->count, err);
    if (rc)
        return rc;
    return routefit_tensor_floats(t, *out, why) ? rf_fail(err, RF_CORRUPT, "%s: %s", path, why) : 0;
}

static int clusters_read(struct clusters *c, const char *path, struct rf_err *err)
{
    char why[ROUTEFIT_ERR];
    int rc = rf_file_read(path, 0, &c->bytes, err);
    if (rc)
        return rc;
    if (routefit_load(&c->r, c->bytes.data, c->bytes.len, NULL, why) ||
        routefit_tensors_open(&c->f, c->bytes.data, c->bytes.len, why))
        return rf_fail(err, RF_CORRUPT, "%s: %s", path, why);
    if (strcmp(routefit_kind(c->r), "cluster") != 0)
        return rf_fail(err, RF_USAGE, "--to %s: found a router of kind %s, expected cluster", path,
                       routefit_kind(c->r));
    c->models = routefit_models(c->r);
    if (routefit_meta(c->r, "routefit.recalibration"))
        return rf_fail(
            err, RF_USAGE,
            "--to %s: its win rates are recalibrated, which the new file would not have: add the model to the "
            "file before, then recalibrate",
            path);
    if (c->models == ROUTEFIT_MOST_MODELS)
        return rf_fail(err, RF_USAGE, "--to %s: it has %zu models, the most that a router has", path, c->models);
    float *beta = NULL;
    if ((rc = copy_tensor(c, "centroids", path, &c->centre, err)) ||
        (rc = copy_tensor(c, "scores", path, &c->score, err)) || (rc = copy_tensor(c, "costs", path, &c->cost, err)) ||
        (rc = copy_tensor(c, "beta", path, &beta, err)))
        return rc;
    c->beta = *beta;
    rf_free(beta);
    c->c = (struct rf_clusters){ .k = routefit_tensors_find(c->f, "centroids")->shape[0],
                                 .dim = routefit_dim(c->r),
                                 .centre = c->centre,
                                 .top = strtoul(routefit_meta(c->r, "routefit.top"), NULL, 10),
                                 .beta = (double)c->beta };
    return 0;
}

static int check_new(const struct work *w, struct rf_err *err)
{
    for (size_t m = 0; m < w->old.models; m++)
        if (strcmp(routefit_model(w->old.r, m), w->o->model) == 0)
            return rf_fail(err, RF_USAGE,
                           "--add %s: %s has this model already, expected a new one; `fit cluster` without --add makes "
                           "all tables anew",
                           w->o->model, w->o->to);
    if (!routefit_meta(w->old.r, "routefit.embedder"))
        return rf_fail(err, RF_BAD_INPUT, "%s does not say whose vectors it reads, expected metadata routefit.embedder",
                       w->o->to);
    return 0;
}

/* ---- the new model's prompts ---- */

static struct rf_inputs_filter inputs_of(const struct work *w)
{
    return (struct rf_inputs_filter){ .embedder = routefit_meta(w->old.r, "routefit.embedder"), .seed = w->ctx->seed };
}

static int check_vectors(const struct work *w, struct rf_err *err)
{
    const char *const want = routefit_meta(w->old.r, "routefit.embedder_sha256"), *const got = w->s.in.embedder_sha256;
    if (w->s.in.dim != w->old.c.dim)
        return rf_fail(err, RF_BAD_INPUT, "embedder \"%s\" gives vectors of %zu, %s reads vectors of %zu",
                       w->s.in.embedder, w->s.in.dim, w->o->to, w->old.c.dim);
    if (want && (!got || strcmp(want, got) != 0))
        return rf_fail(
            err, RF_BAD_INPUT,
            "embedder \"%s\" of the database is another text model than the one of %s (its sha256 is %.12s...): "
            "`routefit embed apply` with that model",
            w->s.in.embedder, w->o->to, want);
    return 0;
}

static int by_size(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Some of the scored questions, by the seed; ascending. */
static int sample(struct work *w, struct rf_err *err)
{
    const size_t n = w->s.r.n;
    struct rf_rng r;
    uint32_t *order = NULL;
    int rc;
    if ((rc = RF_NEW(order, n, err)) || (rc = RF_NEW(w->row, n, err)) || (rc = RF_NEW(w->y, n, err)) ||
        (rc = RF_NEW(w->paid, n, err)) || (rc = RF_NEW(w->cluster, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        if (!isnan(w->s.r.score[i]))
            order[w->found++] = (uint32_t)i;
    if (w->found < LEAST) {
        rc = rf_fail(err, RF_BAD_INPUT,
                     "\"%s\" is scored on %zu prompts that have a vector, expected %d or more (200 are plenty)",
                     w->o->model, w->found, LEAST);
        goto out;
    }
    rf_rng_init(&r, w->ctx->seed, SAMPLE_STREAM);
    rf_rng_shuffle(&r, order, w->found);
    w->n = w->found < (size_t)w->o->sample ? w->found : (size_t)w->o->sample;
    for (size_t i = 0; i < w->n; i++)
        w->row[i] = order[i];
    qsort(w->row, w->n, sizeof *w->row, by_size);
    struct rf_clusters nearest = w->old.c;
    nearest.top = 1;
    for (size_t i = 0; i < w->n; i++) {
        double weight[RF_CLUSTER_TOP + 1];
        uint32_t which[RF_CLUSTER_TOP + 1];
        rf_clusters_weigh(&nearest, rf_scored_x(&w->s, w->row[i]), which, weight);
        w->cluster[i] = which[0];
        w->y[i] = w->s.r.score[w->row[i]];
        w->paid[i] = w->s.r.cost[w->row[i]];
    }
out:
    rf_free(order);
    return rc;
}

static int load_new(struct work *w, struct rf_err *err)
{
    const char *name = w->o->model;
    const struct rf_scored_filter f = {
        .results = { .bench = w->o->bench, .model = { &name, 1 }, .source = w->o->source },
        .inputs = inputs_of(w),
        .level = true
    };
    const size_t k = w->old.c.k;
    double *room = NULL;
    int rc;
    if ((rc = rf_scored_load(&w->s, w->ctx->db, &f, err)) || (rc = check_vectors(w, err)) || (rc = sample(w, err)) ||
        (rc = RF_NEW(w->score, k, err)) || (rc = RF_NEW(w->cost, k, err)) || (rc = RF_NEW(room, 2 * k, err)))
        goto out;
    const struct rf_cluster_rows rows = { w->n, w->cluster, NULL, 0 };
    rf_cluster_vector(&rows, k, w->y, w->paid, w->o->shrink, room, w->score, w->cost);
    for (size_t c = 0; c < k; c++) { /* as saved */
        w->score[c] = (double)(float)w->score[c];
        w->cost[c] = (double)(float)w->cost[c];
    }
out:
    rf_free(room);
    return rc;
}

/* ---- the new file ---- */

static int add_table(struct rf_model *m, const char *name, const struct work *w, const float *table,
                     const double *column, struct rf_err *err)
{
    const size_t k = w->old.c.k, models = w->old.models, shape[2] = { k, models + 1 };
    float *const v = rf_calloc(k * (models + 1), sizeof *v, err);
    for (size_t c = 0; v && c < k; c++) {
        memcpy(v + c * (models + 1), table + c * models, models * sizeof *v);
        v[c * (models + 1) + models] = (float)column[c];
    }
    return rf_model_tensor(m, name, RF_F32, 2, shape, v, err);
}

static int copy_floats(struct rf_model *m, const char *name, size_t rank, const size_t *shape, const float *x, size_t n,
                       struct rf_err *err)
{
    float *const v = rf_calloc(n, sizeof *v, err);
    if (v)
        memcpy(v, x, n * sizeof *v);
    return rf_model_tensor(m, name, RF_F32, rank, shape, v, err);
}

/* The list of a metadata entry, NULL: none, with one more name. */
static int longer_list(struct rf_model *m, const char *key, const char *list, const char *name, struct rf_err *err)
{
    struct rf_buf b = { 0 };
    int rc = list ? rf_buf_add(&b, list, (size_t)(strrchr(list, ']') - list), err) : rf_buf_add(&b, "[", 1, err);
    if (!rc && !(list && (rc = rf_buf_add(&b, ",", 1, err))) &&
        !(rc = rf_json_add_string(&b, (struct rf_str){ name, strlen(name) }, err)))
        rc = rf_model_meta(m, err, key, "%s]", b.data);
    rf_buf_release(&b);
    return rc;
}

static int add_metadata(struct rf_model *m, const struct work *w, struct rf_err *err)
{
    static const char *const kept[] = { "routefit.kind",      "routefit.version",         "routefit.seed",
                                        "routefit.input",     "routefit.embedder",        "routefit.embedder_sha256",
                                        "routefit.questions", "routefit.valid_questions", "routefit.data_sha256",
                                        "routefit.top",       "routefit.strong",          "routefit.weak" };
    const char *const added = routefit_meta(w->old.r, "routefit.added");
    int rc;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        const char *const value = routefit_meta(w->old.r, kept[i]);
        if (value && (rc = rf_model_meta(m, err, kept[i], "%s", value)))
            return rc;
    }
    if ((rc = longer_list(m, "routefit.models", routefit_meta(w->old.r, "routefit.models"), w->o->model, err)))
        return rc;
    return longer_list(m, "routefit.added", added && strrchr(added, ']') ? added : NULL, w->o->model, err);
}

static int build(const struct work *w, struct rf_buf *bytes, struct rf_err *err)
{
    const struct clusters *const c = &w->old;
    const size_t centre[2] = { c->c.k, c->c.dim }, one = 1;
    struct rf_model m = { 0 };
    float *range = NULL;
    int rc;
    if ((rc = copy_tensor(c, "score_range", w->o->to, &range, err)) ||
        (rc = copy_floats(&m, "centroids", 2, centre, c->centre, centre[0] * centre[1], err)) ||
        (rc = add_table(&m, "scores", w, c->score, w->score, err)) ||
        (rc = add_table(&m, "costs", w, c->cost, w->cost, err)) ||
        (rc = copy_floats(&m, "beta", 1, &one, &c->beta, 1, err)) ||
        (rc = copy_floats(&m, "score_range", 1, &one, range, 1, err)) || (rc = add_metadata(&m, w, err)))
        goto out;
    rc = rf_safetensors_build(m.tensor, m.tensors, m.meta, m.metas, bytes, err);
out:
    rf_free(range);
    rf_model_release(&m);
    return rc;
}

/* The new bytes predict the same of the old models, and of the new one what its vector says. */
static int check(const struct work *w, const struct rf_buf *bytes, struct rf_err *err)
{
    const size_t models = w->old.models;
    struct routefit_router *r = NULL;
    double *want = NULL, *got = NULL;
    char why[ROUTEFIT_ERR];
    int rc;
    if (routefit_load(&r, bytes->data, bytes->len, NULL, why))
        return rf_fail(err, RF_FAIL, "the scoring pair refuses the new weights: %s", why);
    if ((rc = RF_NEW(want, 2 * (models + 1), err)) || (rc = RF_NEW(got, 2 * (models + 1), err)))
        goto out;
    for (size_t i = 0; i < w->n && !rc; i++) {
        const float *const x = rf_scored_x(&w->s, w->row[i]);
        double weight[RF_CLUSTER_TOP + 1], *const cost = want + models + 1;
        uint32_t which[RF_CLUSTER_TOP + 1];
        const size_t n = rf_clusters_weigh(&w->old.c, x, which, weight);
        routefit_predict(w->old.r, x, want, cost);
        routefit_predict(r, x, got, got + models + 1);
        want[models] = cost[models] = 0;
        for (size_t t = 0; t < n; t++) {
            want[models] += weight[t] * w->score[which[t]];
            cost[models] += weight[t] * w->cost[which[t]];
        }
        for (size_t j = 0; j < 2 * (models + 1) && !rc; j++)
            if (!(fabs(got[j] - want[j]) <= 1e-9 * (1 + fabs(want[j]))))
                rc = rf_fail(err, RF_FAIL, "the new weights predict %.9g of \"%s\", expected %.9g", got[j],
                             routefit_model(r, j % (models + 1)), want[j]);
    }
out:
    rf_free(want);
    rf_free(got);
    routefit_free(r);
    return rc;
}

/* ---- the curve ---- */

static bool behind_vector(const struct work *w, int64_t item)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->s.r.item[w->row[i]] == item)
            return true;
    return false;
}

/* Room for the curve over n questions; the old models' predictions are filled in for the vectors x[questions]. */
static int make_field(struct work *w, size_t n, struct rf_err *err)
{
    size_t cells;
    int rc;
    if (!rf_mul(n, 4 * (w->old.models + 1), &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu questions of %zu models", n, w->old.models + 1);
    if ((rc = RF_NEW(w->x, n, err)))
        return rc;
    return RF_NEW(w->field, cells, err);
}

static void predict_old(struct work *w)
{
    const size_t models = w->old.models + 1, cells = w->questions * models;
    for (size_t i = 0; i < w->questions; i++)
        routefit_predict(w->old.r, w->x[i], w->field + i * models, w->field + cells + i * models);
}

static bool costs_known(const struct rf_results *r)
{
    for (size_t i = 0; i < r->n * r->models; i++)
        if (isnan(r->cost[i]))
            return false;
    return true;
}

/* Questions that all models answered, at known costs, but for those behind the vector; none where they are too few. */
static int hold_out(struct work *w, struct rf_err *err)
{
    const size_t models = w->old.models + 1;
    const char **name = NULL;
    struct rf_err why = { 0 };
    int rc = RF_NEW(name, models, err);
    if (rc)
        return rc;
    for (size_t m = 0; m + 1 < models; m++)
        name[m] = routefit_model(w->old.r, m);
    name[models - 1] = w->o->model;
    const struct rf_scored_filter f = {
        .results = { .bench = w->o->bench, .model = { name, models }, .source = w->o->source, .complete = true },
        .inputs = inputs_of(w),
        .level = true
    };
    rc = rf_scored_load(&w->held, w->ctx->db, &f, &why);
    rf_free(name);
    if (rc == RF_USAGE || rc == RF_BAD_INPUT) { /* a model without results there */
        fprintf(w->ctx->chat, "no curve by results: %s\n", why.msg);
        return 0;
    }
    if (rc)
        return rf_fail(err, rc, "%s", why.msg);
    const struct rf_results *const r = &w->held.r;
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += !behind_vector(w, r->item[i]);
    if (n < LEAST || !costs_known(r)) {
        fprintf(w->ctx->chat, "no curve by results: %s\n",
                n < LEAST ? "too few questions beside those of the vector have all models' scores"
                          : "the cost of some answers is unknown");
        return 0;
    }
    if ((rc = make_field(w, n, err)))
        return rc;
    double *const score = w->field + 2 * n * models, *const cost = score + n * models;
    for (size_t i = 0; i < r->n; i++) {
        if (behind_vector(w, r->item[i]))
            continue;
        memcpy(score + w->questions * models, r->score + i * models, models * sizeof *score);
        memcpy(cost + w->questions * models, r->cost + i * models, models * sizeof *cost);
        w->x[w->questions++] = rf_scored_x(&w->held, i);
    }
    w->measured = true;
    return 0;
}

static int draw_curve(struct work *w, struct rf_err *err)
{
    int rc = hold_out(w, err);
    if (rc)
        return rc;
    if (!w->measured) {
        if ((rc = make_field(w, w->n, err)))
            return rc;
        for (; w->questions < w->n; w->questions++)
            w->x[w->questions] = rf_scored_x(&w->s, w->row[w->questions]);
    }
    predict_old(w);
    const size_t models = w->old.models + 1, cells = w->questions * models;
    const struct rf_cluster_curve c = { .clusters = w->old.c,
                                        .rows = { w->n, w->cluster, NULL, 0 },
                                        .y = w->y,
                                        .paid = w->paid,
                                        .shrink = w->o->shrink,
                                        .questions = w->questions,
                                        .models = models,
                                        .x = w->x,
                                        .score = w->field,
                                        .cost = w->field + cells,
                                        .true_score = w->measured ? w->field + 2 * cells : NULL,
                                        .true_cost = w->measured ? w->field + 3 * cells : NULL,
                                        .resamples = (size_t)w->o->resamples,
                                        .seed = w->ctx->seed,
                                        .threads = w->ctx->threads };
    return rf_cluster_curve(&c, &w->gain, err);
}

/* ---- the command ---- */

/* prompts: behind the vector; of: scored ones in all; curve: by results of `questions` others, or by the file's own
 * predictions for the same prompts; aiq_before: without the model */
static const struct rf_column columns[] = {
    RF_COLUMN_TEXT("kind"),          RF_COLUMN_TEXT("output"), RF_COLUMN_TEXT("added"),
    RF_COLUMN_INT("models"),         RF_COLUMN_INT("prompts"), RF_COLUMN_INT("of"),
    RF_COLUMN_REAL("score", 4),      RF_COLUMN_TEXT("curve"),  RF_COLUMN_INT("questions"),
    RF_COLUMN_REAL("aiq_before", 4), RF_COLUMN_REAL("aiq", 4), RF_COLUMN_REAL("aiq_low", 4),
    RF_COLUMN_REAL("aiq_high", 4),
};

static int print_summary(const struct work *w, struct rf_err *err)
{
    const struct rf_cluster_rows rows = { w->n, w->cluster, NULL, 0 };
    struct rf_table *t = NULL;
    int rc;
    if ((rc = rf_table_new(&t, columns, sizeof columns / sizeof *columns, err)) ||
        (rc = rf_table_text(t, w->ctx->cmd->name, err)) || (rc = rf_table_text(t, w->o->output, err)) ||
        (rc = rf_table_text(t, w->o->model, err)) || (rc = rf_table_int(t, (int64_t)w->old.models + 1, err)) ||
        (rc = rf_table_int(t, (int64_t)w->n, err)) || (rc = rf_table_int(t, (int64_t)w->found, err)) ||
        (rc = rf_table_real(t, rf_clusters_mean_all(&rows, w->y, 1), err)) ||
        (rc = rf_table_text(t, w->measured ? "results" : "predictions", err)) ||
        (rc = rf_table_int(t, (int64_t)w->questions, err)) || (rc = rf_table_real(t, w->gain.before, err)) ||
        (rc = rf_table_real(t, w->gain.after, err)) || (rc = rf_table_real(t, w->gain.low, err)) ||
        (rc = rf_table_real(t, w->gain.high, err)))
        goto out;
    rc = rf_table_print(t, w->ctx->out, w->ctx->format, err);
out:
    rf_table_free(t);
    return rc;
}

static int check_options(const struct rf_cluster_add *o, struct rf_err *err)
{
    if (!o->output)
        return rf_fail(err, RF_USAGE, "name the weight file to write: -o FILE");
    return 0;
}

static void work_release(struct work *w)
{
    clusters_release(&w->old);
    rf_scored_release(&w->s);
    rf_scored_release(&w->held);
    rf_free(w->row);
    rf_free(w->y);
    rf_free(w->paid);
    rf_free(w->cluster);
    rf_free(w->score);
    rf_free(w->cost);
    rf_free(w->x);
    rf_free(w->field);
}

int rf_cluster_add(struct rf_ctx *ctx, const struct rf_cluster_add *o, struct rf_err *err)
{
    struct work w = { .ctx = ctx, .o = o };
    struct rf_outfile file = { 0 };
    struct rf_buf bytes = { 0 };
    struct rf_run run = { 0 };
    char sha256[RF_SHA256_HEX];
    bool running = false;
    int rc;
    if ((rc = check_options(o, err)) || (rc = clusters_read(&w.old, o->to, err)) || (rc = check_new(&w, err)) ||
        (rc = rf_outfile_open(&file, o->output, o->force, err)) || (rc = rf_run_begin(&run, ctx, err)))
        goto out;
    running = true;
    if ((rc = load_new(&w, err)) || (rc = build(&w, &bytes, err)) || (rc = check(&w, &bytes, err)) ||
        (rc = draw_curve(&w, err)) || (rc = rf_outfile_save(&file, bytes.data, bytes.len, sha256, err)) ||
        (rc = rf_run_end(&run, ctx, "done", w.s.sha256, sha256, o->output, err)))
        goto out;
    running = false;
    rc = print_summary(&w, err);
out:
    if (running) /* the first error is the one that counts */
        rf_run_end(&run, ctx, rc == RF_INTERRUPTED ? "interrupted" : "failed", w.s.sha256, NULL, NULL, NULL);
    rf_outfile_release(&file);
    rf_buf_release(&bytes);
    work_release(&w);
    return rc;
}
