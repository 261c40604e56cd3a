/* The weights of the centroids are found once per question; a resample changes the new model's column alone, then takes
 * the exact curve over all trades of score against cost. */
#include "train/cluster_curve.h"

#include <math.h>
#include <string.h>

#include "core/lambda.h"
#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/resample.h"
#include "core/stats.h"

void rf_cluster_vector(const struct rf_cluster_rows *rows, size_t k, const double *y, const double *paid, double shrink,
                       double *room, double *score, double *cost)
{
    const double mean = rf_clusters_mean_all(rows, y, 1), price = rf_clusters_mean_all(rows, paid, 1);
    rf_clusters_mean(rows, k, y, 1, mean, shrink, room, score);
    rf_clusters_mean(rows, k, paid, 1, isnan(price) ? 0 : price, shrink, room, cost);
}

struct work {
    const struct rf_cluster_curve *c;
    uint32_t *which; /* [questions][RF_CLUSTER_TOP + 1] */
    double *weight;
    size_t near; /* centroids of a question */
    double upto;
    double *aiq; /* [resamples] */
};

/* Scratch of one thread. */
struct scratch {
    double *score, *cost;        /* [questions][models] */
    double *room, *mean, *price; /* [2 k], [k], [k] */
};

static void scratch_release(struct scratch *s)
{
    rf_free(s->score);
    rf_free(s->cost);
    rf_free(s->room);
    rf_free(s->mean);
    rf_free(s->price);
}

static int scratch_init(struct scratch *s, const struct rf_cluster_curve *c, struct rf_err *err)
{
    const size_t k = c->clusters.k;
    size_t cells;
    int rc;
    *s = (struct scratch){ 0 };
    if (!rf_mul(c->questions, c->models, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu questions of %zu models", c->questions, c->models);
    if ((rc = RF_NEW(s->score, cells, err)) || (rc = RF_NEW(s->cost, cells, err)) ||
        (rc = RF_NEW(s->room, 2 * k, err)) || (rc = RF_NEW(s->mean, k, err)) || (rc = RF_NEW(s->price, k, err)))
        return rc;
    memcpy(s->score, c->score, cells * sizeof *s->score);
    memcpy(s->cost, c->cost, cells * sizeof *s->cost);
    return 0;
}

/* The new model's column by the rows as counted. */
static void fill_column(const struct work *w, const struct rf_cluster_rows *rows, struct scratch *s)
{
    const struct rf_cluster_curve *const c = w->c;
    rf_cluster_vector(rows, c->clusters.k, c->y, c->paid, c->shrink, s->room, s->mean, s->price);
    for (size_t i = 0; i < c->questions; i++) {
        const uint32_t *const which = w->which + i * (RF_CLUSTER_TOP + 1);
        const double *const weight = w->weight + i * (RF_CLUSTER_TOP + 1);
        double score = 0, cost = 0;
        for (size_t t = 0; t < w->near; t++) {
            score += weight[t] * s->mean[which[t]];
            cost += weight[t] * s->price[which[t]];
        }
        s->score[(i + 1) * c->models - 1] = score;
        s->cost[(i + 1) * c->models - 1] = cost;
    }
}

/* AIQ of a field up to a cost. */
static int aiq_of(const struct rf_field *f, double upto, double *aiq, struct rf_err *err)
{
    struct rf_lambda_plan *plan = NULL;
    struct rf_lambda_point *walk = NULL;
    struct rf_point *hull = NULL;
    size_t corners;
    int rc = rf_lambda_plan_new(&plan, f, err);
    if (rc || (rc = RF_NEW(walk, rf_lambda_points(plan), err)) || (rc = RF_NEW(hull, rf_lambda_points(plan), err)))
        goto out;
    const size_t n = rf_lambda_walk(plan, NULL, 1, walk);
    for (size_t i = 0; i < n; i++)
        hull[i] = walk[i].truth;
    if (!(rc = rf_hull(hull, n, hull, &corners, err)))
        *aiq = rf_aiq_code(hull, corners, upto);
out:
    rf_lambda_plan_free(plan);
    rf_free(walk);
    rf_free(hull);
    return rc;
}

static struct rf_field field_of(const struct rf_cluster_curve *c, const struct scratch *s)
{
    return (struct rf_field){ c->questions,
                              c->models,
                              s->score,
                              s->cost,
                              c->true_score ? c->true_score : s->score,
                              c->true_cost ? c->true_cost : s->cost };
}

/* The largest mean cost of a model. */
static double dearest(const struct rf_field *f)
{
    double most = 0;
    for (size_t m = 0; m < f->models; m++) {
        double sum = 0;
        for (size_t i = 0; i < f->prompts; i++)
            sum += f->true_cost[i * f->models + m];
        most = fmax(most, sum / (double)f->prompts);
    }
    return most;
}

/* AIQ of the models before the last one: their columns alone. */
static int without_last(const struct rf_field *f, double upto, double *aiq, struct rf_err *err)
{
    const double *const from[] = { f->score, f->cost, f->true_score, f->true_cost };
    const size_t models = f->models - 1, cells = f->prompts * models;
    double *to = NULL;
    int rc = RF_NEW(to, 4 * cells, err);
    for (size_t k = 0; k < 4 && !rc; k++)
        for (size_t i = 0; i < f->prompts; i++)
            memcpy(to + k * cells + i * models, from[k] + i * f->models, models * sizeof *to);
    const struct rf_field less = { f->prompts, models, to, to + cells, to + 2 * cells, to + 3 * cells };
    if (!rc)
        rc = aiq_of(&less, upto, aiq, err);
    rf_free(to);
    return rc;
}

static int boot_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct work *const w = ctx;
    const struct rf_cluster_curve *const c = w->c;
    struct scratch s = { 0 };
    uint64_t size[RF_LANES];
    uint8_t *count = NULL;
    int rc;
    if (rf_interrupted())
        return rf_fail(err, RF_INTERRUPTED, "interrupted after about %zu of %zu resamples", block * RF_LANES,
                       c->resamples);
    if ((rc = RF_NEW(count, c->rows.n * RF_LANES, err)) || (rc = scratch_init(&s, c, err)))
        goto out;
    rf_resample(c->seed, block, c->rows.n, false, count, size);
    for (size_t l = 0; l < RF_LANES && block * RF_LANES + l < c->resamples && !rc; l++) {
        struct rf_cluster_rows rows = c->rows;
        rows.count = count + l;
        rows.count_stride = RF_LANES;
        fill_column(w, &rows, &s);
        const struct rf_field f = field_of(c, &s);
        rc = aiq_of(&f, w->upto, &w->aiq[block * RF_LANES + l], err);
    }
out:
    scratch_release(&s);
    rf_free(count);
    return rc;
}

int rf_cluster_curve(const struct rf_cluster_curve *c, struct rf_cluster_gain *gain, struct rf_err *err)
{
    struct work w = { .c = c };
    struct scratch s = { 0 };
    int rc;
    *gain = (struct rf_cluster_gain){ NAN, NAN, NAN, NAN };
    if ((rc = RF_NEW(w.which, c->questions * (RF_CLUSTER_TOP + 1), err)) ||
        (rc = RF_NEW(w.weight, c->questions * (RF_CLUSTER_TOP + 1), err)) || (rc = RF_NEW(w.aiq, c->resamples, err)) ||
        (rc = scratch_init(&s, c, err)))
        goto out;
    for (size_t i = 0; i < c->questions; i++)
        w.near = rf_clusters_weigh(&c->clusters, c->x[i], w.which + i * (RF_CLUSTER_TOP + 1),
                                   w.weight + i * (RF_CLUSTER_TOP + 1));
    fill_column(&w, &c->rows, &s);
    const struct rf_field f = field_of(c, &s);
    w.upto = dearest(&f);
    if (!(w.upto > 0))
        goto out;
    if ((rc = without_last(&f, w.upto, &gain->before, err)) || (rc = aiq_of(&f, w.upto, &gain->after, err)) ||
        (rc = rf_par_run((c->resamples + RF_LANES - 1) / RF_LANES, c->threads, boot_block, &w, err)))
        goto out;
    rf_sort_doubles(w.aiq, c->resamples);
    gain->low = rf_quantile_sorted(w.aiq, c->resamples, 0.025);
    gain->high = rf_quantile_sorted(w.aiq, c->resamples, 0.975);
out:
    rf_free(w.which);
    rf_free(w.weight);
    rf_free(w.aiq);
    scratch_release(&s);
    return rc;
}
