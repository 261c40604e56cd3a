/* fit cluster: k-means on the questions' vectors, and for every cluster each model's mean score and cost: UniRoute's
 * rule (arXiv 2502.08773) reads the nearest cluster, Avengers-Pro's (arXiv 2508.12631) weighs the nearest three by
 * softmax(-9 distance). A cluster's means are drawn to the model's own by some pseudo-counts. The number of clusters is
 * the one of --k with the least error in validation. --add is train/cluster_add.c. Refuses: more clusters than
 * questions, several numbers without validation questions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "train/cluster.h"
#include "train/cluster_add.h"
#include "train/kind.h"
#include "train/kmeans.h"
#include "core/numbers.h"
#include "train/rows.h"

enum { MOST_K = 4096, ITERATIONS = 100, TOP = 3 };
enum rule { NEAREST, SOFT };
static const double beta = 9;

struct cluster_options {
    struct rf_fit_options fit; /* first */
    struct rf_list k;
    int rule;
    double shrink;
    const char *add, *to; /* both or neither */
    int64_t sample, resamples;
};

static const struct rf_opt options[] = {
    RF_OPT(struct cluster_options, k, "k", 'k', RF_OPT_LIST, "LIST", "4,8,16,32,64", NULL, 0, 0,
           "Numbers of clusters; of several the one with the least error in validation is kept."),
    RF_OPT(struct cluster_options, rule, "rule", 0, RF_OPT_CHOICE, "RULE", "soft", "nearest|soft", 0, 0,
           "Read the nearest cluster (UniRoute), or the nearest three by weight (Avengers-Pro)."),
    RF_OPT(struct cluster_options, shrink, "shrink", 0, RF_OPT_REAL, "N", "4", NULL, 0, 1e6,
           "Questions of average score that stand in every cluster beside its own."),
    RF_OPT(struct cluster_options, add, "add", 0, RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0,
           "Fit no clusters: MODEL joins those of --to by its scores on --bench."),
    RF_OPT(struct cluster_options, to, "to", 0, RF_OPT_TEXT, "FILE", NULL, NULL, 0, 0,
           "The cluster file that MODEL joins; it stays as it is, -o names the longer one."),
    RF_OPT(struct cluster_options, sample, "sample", 0, RF_OPT_INT, "N", "200", NULL, 50, 1e9,
           "For --add: scored questions used at most, chosen by --seed; the others measure the curve."),
    RF_OPT(struct cluster_options, resamples, "resamples", 0, RF_OPT_INT, "N", "200", NULL, 1, 1e6,
           "For --add: resamples of those questions for the interval."),
    RF_OPT_END,
};

/* Clusters with their tables, as they will stand in the file. */
struct tables {
    size_t k;
    float *centre;       /* [k][dim] */
    float *score, *cost; /* [k][models] */
};

struct run {
    struct rf_fit *f;
    const struct cluster_options *o;
    const struct rf_scored *s;
    size_t n;             /* training questions */
    float *unit;          /* [n][dim] their vectors, of unit length */
    double *score, *cost; /* [n][models] */
    struct tables best;
};

static void tables_release(struct tables *t)
{
    rf_free(t->centre);
    rf_free(t->score);
    rf_free(t->cost);
    *t = (struct tables){ 0 };
}

static int gather(struct run *r, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t models = s->r.models;
    size_t cells;
    int rc;
    if (!rf_mul(s->r.n, s->in.dim, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", s->r.n, s->in.dim);
    if ((rc = RF_NEW(r->unit, cells, err)) || (rc = RF_NEW(r->score, s->r.n * models, err)) ||
        (rc = RF_NEW(r->cost, s->r.n * models, err)))
        return rc;
    for (size_t i = 0; i < s->r.n; i++)
        if (!s->valid[i]) {
            rf_row_unit(rf_scored_x(s, i), s->in.dim, r->unit + r->n * s->in.dim);
            memcpy(r->score + r->n * models, s->r.score + i * models, models * sizeof *r->score);
            memcpy(r->cost + r->n * models, s->r.cost + i * models, models * sizeof *r->cost);
            r->n++;
        }
    r->f->used_train = r->n;
    r->f->used_valid = s->r.n - r->n;
    return 0;
}

/* The table of a column of the results: every model's means per cluster, drawn to its own mean (unknown: 0). column:
 * [n][models] of the training questions. room[3 k]. */
static void fill_table(const struct run *r, const double *column, const double *mean,
                       const struct rf_cluster_rows *rows, size_t k, double *room, float *out)
{
    const size_t models = r->s->r.models;
    double *const of_cluster = room + 2 * k;
    for (size_t m = 0; m < models; m++) {
        rf_clusters_mean(rows, k, column + m, models, isnan(mean[m]) ? 0 : mean[m], r->o->shrink, room, of_cluster);
        for (size_t c = 0; c < k; c++)
            out[c * models + m] = (float)of_cluster[c];
    }
}

static int make_tables(struct run *r, size_t k, struct tables *t, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t models = s->r.models;
    const struct rf_kmeans_options o = { k, ITERATIONS, r->f->seed, r->f->threads };
    struct rf_cluster_rows rows = { .n = r->n };
    uint32_t *cluster = NULL;
    double *room = NULL, inertia;
    int rc;
    *t = (struct tables){ .k = k };
    if ((rc = RF_NEW(t->centre, k * s->in.dim, err)) || (rc = RF_NEW(t->score, k * models, err)) ||
        (rc = RF_NEW(t->cost, k * models, err)) || (rc = RF_NEW(cluster, r->n, err)) ||
        (rc = RF_NEW(room, 3 * k, err)) ||
        (rc = rf_kmeans(r->unit, r->n, s->in.dim, &o, t->centre, cluster, &inertia, err)))
        goto out;
    rows.cluster = cluster;
    fill_table(r, r->score, s->mean_score, &rows, k, room, t->score);
    fill_table(r, r->cost, s->mean_cost, &rows, k, room, t->cost);
out:
    rf_free(cluster);
    rf_free(room);
    return rc;
}

/* What the pair predicts for x: score[models], then cost[models]. */
static void predict(const struct run *r, const struct tables *t, const float *x, double *out)
{
    const size_t models = r->s->r.models;
    const struct rf_clusters c = { t->k, r->s->in.dim, t->centre, r->o->rule == NEAREST ? 1 : TOP, beta };
    double weight[RF_CLUSTER_TOP + 1];
    uint32_t which[RF_CLUSTER_TOP + 1];
    const size_t n = rf_clusters_weigh(&c, x, which, weight);
    for (size_t m = 0; m < models; m++) {
        out[m] = out[models + m] = 0;
        for (size_t i = 0; i < n; i++) {
            out[m] += weight[i] * (double)t->score[which[i] * models + m];
            out[models + m] += weight[i] * (double)t->cost[which[i] * models + m];
        }
    }
}

static double error_of(const struct run *r, const struct tables *t, bool valid, double *room)
{
    const struct rf_results *const q = &r->s->r;
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < q->n; i++) {
        if (r->s->valid[i] != valid)
            continue;
        predict(r, t, rf_scored_x(r->s, i), room);
        for (size_t m = 0; m < q->models; m++) {
            const double v = q->score[i * q->models + m];
            if (isnan(v))
                continue;
            sum += (v - room[m]) * (v - room[m]);
            n++;
        }
    }
    return n ? sum / (double)n : (double)NAN;
}

static int try_k(struct run *r, size_t k, double *least, double *room, struct rf_err *err)
{
    struct tables t;
    int rc = make_tables(r, k, &t, err);
    if (rc)
        goto out;
    const double train = error_of(r, &t, false, room), valid = error_of(r, &t, true, room);
    if ((rc = rf_fit_epoch(r->f, train, valid, NAN, err)) ||
        (rc = rf_fit_note(r->f, err, "k = %zu: squared error %.5f in training, %.5f in validation", k, train, valid)))
        goto out;
    if (!r->best.k || valid < *least) {
        const struct tables old = r->best;
        *least = valid;
        r->best = t;
        t = old;
    }
out:
    tables_release(&t);
    return rc == RF_INTERRUPTED ? rf_fail(err, rc, "stopped by Ctrl-C before all of --k were tried") : rc;
}

static int try_all(struct run *r, struct rf_err *err)
{
    double *room = NULL, least = INFINITY;
    size_t *k = NULL; /* ascending */
    int rc = rf_list_counts(&r->o->k, "--k", MOST_K, &k, err);
    if (rc || (rc = RF_NEW(room, 2 * r->s->r.models, err)))
        goto out;
    if (r->o->k.n > 1 && !r->f->used_valid)
        rc = rf_fail(err, RF_BAD_INPUT,
                     "--k has %zu values and no validation questions to choose by: give one, or a larger --valid",
                     r->o->k.n);
    else if (k[0] > r->n)
        rc = rf_fail(err, RF_USAGE, "--k %zu: there are %zu questions", k[0], r->n);
    for (size_t i = 0; i < r->o->k.n && !rc; i++)
        rc = k[i] > r->n ? rf_fit_note(r->f, err, "k = %zu left out: there are %zu questions", k[i], r->n)
                         : try_k(r, k[i], &least, room, err);
out:
    rf_free(room);
    rf_free(k);
    return rc;
}

/* One of the kept tables as a tensor, which then owns it. */
static int give(struct rf_model *m, const char *name, size_t rows, size_t columns, float **table, struct rf_err *err)
{
    const size_t shape[2] = { rows, columns };
    float *const v = *table;
    *table = NULL;
    return rf_model_tensor(m, name, RF_F32, 2, shape, v, err);
}

static int fill_model(struct rf_model *m, struct run *r, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t models = s->r.models, k = r->best.k;
    int rc = RF_NEW(m->predicted, RF_MODEL_CHECKS * 2 * models, err);
    for (size_t i = 0; i < RF_MODEL_CHECKS && !rc; i++)
        predict(r, &r->best, rf_scored_x(s, rf_model_check_row(s->r.n, i)), m->predicted + i * 2 * models);
    if (rc || (rc = give(m, "centroids", k, s->in.dim, &r->best.centre, err)) ||
        (rc = give(m, "scores", k, models, &r->best.score, err)) ||
        (rc = give(m, "costs", k, models, &r->best.cost, err)) ||
        (rc = rf_model_meta(m, err, "routefit.top", "%d", r->o->rule == NEAREST ? 1 : TOP)))
        return rc;
    float *const b = rf_calloc(1, sizeof *b, err);
    if (b)
        *b = (float)beta;
    return rf_model_tensor(m, "beta", RF_F32, 1, &(size_t){ 1 }, b, err);
}

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    struct run r = { .f = f, .o = opts, .s = f->scored };
    int rc;
    if (r.o->add || r.o->to)
        return rf_fail(err, RF_USAGE, "found --%s alone: expected --add MODEL with --to FILE", r.o->add ? "add" : "to");
    if ((rc = gather(&r, err)) || (rc = try_all(&r, err)))
        goto out;
    rc = rf_fit_note_free(f, err);
    if (!rc)
        rc = fill_model(m, &r, err);
out:
    tables_release(&r.best);
    rf_free(r.unit);
    rf_free(r.score);
    rf_free(r.cost);
    return rc;
}

static int run(struct rf_ctx *ctx, void *opts, int nargs, char **args, struct rf_err *err)
{
    const struct cluster_options *const o = opts;
    if (!o->add || !o->to)
        return rf_fit_command(ctx, opts, nargs, args, err);
    if (o->fit.model.n)
        return rf_fail(err, RF_USAGE, "--model names the models of new clusters: leave it out with --add");
    const struct rf_cluster_add add = { .model = o->add,
                                        .to = o->to,
                                        .output = o->fit.output,
                                        .force = o->fit.force,
                                        .bench = o->fit.bench,
                                        .source = o->fit.source,
                                        .shrink = o->shrink,
                                        .sample = o->sample,
                                        .resamples = o->resamples };
    return rf_cluster_add(ctx, &add, err);
}

const struct rf_kind rf_kind_cluster = {
    .cmd = { .name = "cluster",
             .summary = "clusters of questions with every model's mean score and cost",
             .args = "",
             .about = "Groups the questions by k-means on their vectors and keeps every model's mean\n"
                      "score and cost in each cluster. A prompt's predictions are those of its nearest\n"
                      "cluster, or of the nearest three by weight. The file is small.\n"
                      "With --add a new model joins the clusters of a file by 50 to 200 scored\n"
                      "questions. The row then has AIQ without and with it, over the other questions\n"
                      "that all models answered (else by the file's own predictions), and the interval\n"
                      "that those few questions leave.",
             .examples =
                 "routefit fit cluster --bench arc-challenge -o cluster.safetensors\n"
                 "routefit fit cluster --bench mmlu --k 32 --rule nearest --valid 0 -o mmlu.safetensors\n"
                 "routefit fit cluster --add new-model --to cluster.safetensors --bench mmlu -o more.safetensors\n",
             .opts = { rf_fit_results_table, options },
             .opts_size = sizeof(struct cluster_options),
             .max_args = -1,
             .need = RF_NEED_WRITE,
             .run = run },
    .from = RF_FROM_RESULTS,
    .fit = fit,
};
