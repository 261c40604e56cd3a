/* fit cluster: k-means on the questions' vectors, and for every cluster each model's mean score and cost: UniRoute's
 * rule (arXiv 2502.08773) reads the nearest cluster, Avengers-Pro's (arXiv 2508.12631) weighs the nearest three by
 * softmax(-9 distance). A cluster's means are drawn to the model's own by some pseudo-counts. The number of clusters is
 * the one of --k with the least error in validation. Refuses: more clusters than questions, several numbers without
 * validation questions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
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
};

static const struct rf_opt options[] = {
    RF_OPT(struct cluster_options, k, "k", 'k', RF_OPT_LIST, "LIST", "4,8,16,32,64", NULL, 0, 0,
           "Numbers of clusters; of several the one with the least error in validation is kept."),
    RF_OPT(struct cluster_options, rule, "rule", 0, RF_OPT_CHOICE, "RULE", "soft", "nearest|soft", 0, 0,
           "Read the nearest cluster (UniRoute), or the nearest three by weight (Avengers-Pro)."),
    RF_OPT(struct cluster_options, shrink, "shrink", 0, RF_OPT_REAL, "N", "4", NULL, 0, 1e6,
           "Questions of average score that stand in every cluster beside its own."),
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
    size_t *row; /* [n] training questions */
    size_t n;
    float *unit; /* [n][dim] their vectors, of unit length */
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
    size_t cells;
    int rc;
    if (!rf_mul(s->r.n, s->in.dim, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", s->r.n, s->in.dim);
    if ((rc = RF_NEW(r->row, s->r.n, err)) || (rc = RF_NEW(r->unit, cells, err)))
        return rc;
    for (size_t i = 0; i < s->r.n; i++)
        if (!s->valid[i]) {
            rf_row_unit(rf_scored_x(s, i), s->in.dim, r->unit + r->n * s->in.dim);
            r->row[r->n++] = i;
        }
    r->f->used_train = r->n;
    r->f->used_valid = s->r.n - r->n;
    return 0;
}

/* Means of a column per cluster, with `shrink` questions of the model's mean in each. */
static void fill_table(const struct run *r, const double *column, const double *mean, const uint32_t *cluster, size_t k,
                       double *sum, double *count, float *out)
{
    const size_t models = r->s->r.models;
    for (size_t c = 0; c < k; c++)
        for (size_t m = 0; m < models; m++) {
            sum[c * models + m] = r->o->shrink * (isnan(mean[m]) ? 0 : mean[m]);
            count[c * models + m] = r->o->shrink;
        }
    for (size_t i = 0; i < r->n; i++)
        for (size_t m = 0; m < models; m++) {
            const double v = column[r->row[i] * models + m];
            if (isnan(v))
                continue;
            sum[cluster[i] * models + m] += v;
            count[cluster[i] * models + m] += 1;
        }
    for (size_t i = 0; i < k * models; i++) {
        const double fallback = isnan(mean[i % models]) ? 0 : mean[i % models];
        out[i] = (float)(count[i] > 0 ? sum[i] / count[i] : fallback);
    }
}

static int make_tables(struct run *r, size_t k, struct tables *t, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t models = s->r.models;
    const struct rf_kmeans_options o = { k, ITERATIONS, r->f->seed, r->f->threads };
    uint32_t *cluster = NULL;
    double *sum = NULL, *count = NULL, inertia;
    int rc;
    *t = (struct tables){ .k = k };
    if ((rc = RF_NEW(t->centre, k * s->in.dim, err)) || (rc = RF_NEW(t->score, k * models, err)) ||
        (rc = RF_NEW(t->cost, k * models, err)) || (rc = RF_NEW(cluster, r->n, err)) ||
        (rc = RF_NEW(sum, k * models, err)) || (rc = RF_NEW(count, k * models, err)) ||
        (rc = rf_kmeans(r->unit, r->n, s->in.dim, &o, t->centre, cluster, &inertia, err)))
        goto out;
    fill_table(r, s->r.score, s->mean_score, cluster, k, sum, count, t->score);
    fill_table(r, s->r.cost, s->mean_cost, cluster, k, sum, count, t->cost);
out:
    rf_free(cluster);
    rf_free(sum);
    rf_free(count);
    return rc;
}

/* What the pair predicts for x: score[models], then cost[models]. */
static void predict(const struct run *r, const struct tables *t, const float *x, double *out)
{
    const size_t dim = r->s->in.dim, models = r->s->r.models, top = r->o->rule == NEAREST ? 1 : TOP;
    double near[TOP + 1], weight[TOP], all = 0;
    size_t which[TOP + 1], n = 0;
    const double length = rf_row_norm(x, dim), inverse = length > 0 ? 1 / length : 0;
    for (size_t c = 0; c < t->k; c++) {
        double d = 0;
        for (size_t i = 0; i < dim; i++) {
            const double e = (double)x[i] * inverse - (double)t->centre[c * dim + i];
            d += e * e;
        }
        size_t at = n;
        for (; at > 0 && d < near[at - 1]; at--) {
            near[at] = near[at - 1];
            which[at] = which[at - 1];
        }
        near[at] = d;
        which[at] = c;
        n += n < top;
    }
    for (size_t i = 0; i < n; i++)
        all += weight[i] = exp(-beta * (sqrt(near[i]) - sqrt(near[0])));
    for (size_t m = 0; m < models; m++) {
        out[m] = out[models + m] = 0;
        for (size_t i = 0; i < n; i++) {
            out[m] += weight[i] / all * (double)t->score[which[i] * models + m];
            out[models + m] += weight[i] / all * (double)t->cost[which[i] * models + m];
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
    if ((rc = gather(&r, err)) || (rc = try_all(&r, err)))
        goto out;
    rc = rf_fit_note_free(f, err);
    if (!rc)
        rc = fill_model(m, &r, err);
out:
    tables_release(&r.best);
    rf_free(r.row);
    rf_free(r.unit);
    return rc;
}

const struct rf_kind rf_kind_cluster = {
    .cmd = { .name = "cluster",
             .summary = "clusters of questions with every model's mean score and cost",
             .args = "",
             .about = "Groups the questions by k-means on their vectors and keeps every model's mean\n"
                      "score and cost in each cluster. A prompt's predictions are those of its nearest\n"
                      "cluster, or of the nearest three by weight. The file is small.",
             .examples = "routefit fit cluster --bench arc-challenge -o cluster.safetensors\n"
                         "routefit fit cluster --bench mmlu --k 32 --rule nearest --valid 0 -o cluster.safetensors\n",
             .opts = { rf_fit_results_table, options },
             .opts_size = sizeof(struct cluster_options),
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_RESULTS,
    .fit = fit,
};
