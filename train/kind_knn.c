/* fit knn: a bank of questions with every model's score; a prompt's predictions are means over its nearest neighbours
 * (RouterBench, routers/knn_router.py). The number of neighbours is the one of --k with the least squared error on the
 * validation questions, whose neighbours are searched once for all of --k. Refuses: more neighbours than the bank has
 * questions, several numbers without validation questions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "train/kind.h"
#include "train/neighbours.h"
#include "train/numbers.h"

enum { MOST_K = 256 }; /* of the pair */
enum cost_rule { COST_MEAN, COST_NEIGHBOURS };

struct knn_options {
    struct rf_fit_options fit; /* first */
    struct rf_list k;
    int cost;
};

static const struct rf_opt options[] = {
    RF_OPT(struct knn_options, k, "k", 'k', RF_OPT_LIST, "LIST", "5,10,20,40,80", NULL, 0, 0,
           "Numbers of neighbours; of several the one with the least error in validation is kept."),
    RF_OPT(struct knn_options, cost, "cost", 0, RF_OPT_CHOICE, "RULE", "mean", "mean|neighbours", 0, 0,
           "Predicted cost: the model's mean over the bank (as RouterBench), or the mean over the neighbours."),
    RF_OPT_END,
};

struct run {
    struct rf_fit *f;
    const struct knn_options *o;
    const struct rf_scored *s;
    size_t *bank; /* [rows] questions of the training side */
    size_t rows;
    float *x;    /* [rows][dim] their vectors */
    size_t *k;   /* [o->k.n] ascending */
    size_t best; /* the one kept */
};

static int fill_bank(struct run *r, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    size_t cells;
    int rc;
    if ((rc = RF_NEW(r->bank, s->r.n, err)))
        return rc;
    for (size_t i = 0; i < s->r.n; i++)
        if (!s->valid[i])
            r->bank[r->rows++] = i;
    r->f->used_train = r->rows;
    r->f->used_valid = s->r.n - r->rows;
    if (r->k[r->o->k.n - 1] > r->rows)
        return rf_fail(err, RF_USAGE, "--k %zu: the bank has %zu questions", r->k[r->o->k.n - 1], r->rows);
    if (!rf_mul(r->rows, s->in.dim, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", r->rows, s->in.dim);
    if ((rc = RF_NEW(r->x, cells, err)))
        return rc;
    for (size_t i = 0; i < r->rows; i++)
        memcpy(r->x + i * s->in.dim, rf_scored_x(s, r->bank[i]), s->in.dim * sizeof *r->x);
    return 0;
}

/* Mean of a column of the results over the first k neighbours where the score is known; none: otherwise. */
static double mean_over(const struct run *r, const double *column, size_t model, const uint32_t *near, size_t k,
                        double otherwise)
{
    const size_t models = r->s->r.models;
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < k; i++) {
        const size_t at = r->bank[near[i]] * models + model;
        if (isnan(r->s->r.score[at]))
            continue;
        sum += column[at];
        n++;
    }
    return n ? sum / (double)n : otherwise;
}

/* Squared error of k neighbours over questions at[n] with neighbours near[n][most]. */
static double squared_error(const struct run *r, const size_t *at, size_t n, const uint32_t *near, size_t most,
                            size_t k)
{
    const struct rf_results *const t = &r->s->r;
    double sum = 0;
    size_t cells = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t m = 0; m < t->models; m++) {
            const double v = t->score[at[i] * t->models + m];
            if (isnan(v))
                continue;
            const double e = v - mean_over(r, t->score, m, near + i * most, k, r->s->mean_score[m]);
            sum += e * e;
            cells++;
        }
    return cells ? sum / (double)cells : (double)NAN;
}

static int choose_k(struct run *r, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t n = r->f->used_valid, dim = s->in.dim, most = r->k[r->o->k.n - 1];
    size_t *at = NULL, found = 0;
    float *x = NULL;
    uint32_t *near = NULL;
    double least = INFINITY;
    int rc = 0;
    r->best = r->k[0];
    if (r->o->k.n > 1 && !n)
        return rf_fail(err, RF_BAD_INPUT,
                       "--k has %zu values and no validation questions to choose by: give one, or a larger --valid",
                       r->o->k.n);
    if (!n)
        return 0;
    if ((rc = RF_NEW(at, n, err)) || (rc = RF_NEW(x, n * dim, err)) || (rc = RF_NEW(near, n * most, err)))
        goto out;
    for (size_t i = 0; i < s->r.n; i++)
        if (s->valid[i]) {
            memcpy(x + found * dim, rf_scored_x(s, i), dim * sizeof *x);
            at[found++] = i;
        }
    if ((rc = rf_neighbours(r->x, r->rows, x, n, dim, most, r->f->threads, near, err)))
        goto out;
    for (size_t i = 0; i < r->o->k.n; i++) {
        const double loss = squared_error(r, at, n, near, most, r->k[i]);
        if ((rc = rf_fit_note(r->f, err, "k = %zu: squared error %.5f in validation", r->k[i], loss)) ||
            (rc = rf_fit_epoch(r->f, loss, loss, NAN, err)))
            goto out;
        if (loss < least) {
            least = loss;
            r->best = r->k[i];
        }
    }
out:
    rf_free(at);
    rf_free(x);
    rf_free(near);
    return rc;
}

/* One of the results' matrices for the bank, as floats; missing entries are 0. */
static float *bank_table(const struct run *r, const double *column, struct rf_err *err)
{
    const size_t models = r->s->r.models;
    float *v = rf_calloc(r->rows * models, sizeof *v, err);
    for (size_t i = 0; v && i < r->rows; i++)
        for (size_t m = 0; m < models; m++) {
            const double c = column[r->bank[i] * models + m];
            v[i * models + m] = isnan(c) ? 0 : (float)c;
        }
    return v;
}

static int add_means(struct rf_model *m, const char *name, const double *mean, size_t n, struct rf_err *err)
{
    float *v = rf_calloc(n, sizeof *v, err);
    for (size_t i = 0; v && i < n; i++)
        v[i] = isnan(mean[i]) ? 0 : (float)mean[i]; /* a model without a known cost: the note says so */
    return rf_model_tensor(m, name, RF_F32, 1, &n, v, err);
}

/* "known", where a score is missing. */
static int add_known(struct rf_model *m, const struct run *r, const size_t shape[2], struct rf_err *err)
{
    const size_t models = r->s->r.models;
    int8_t *known = rf_calloc(r->rows * models, 1, err);
    bool all = true;
    for (size_t i = 0; known && i < r->rows; i++)
        for (size_t j = 0; j < models; j++) {
            const bool has = !isnan(r->s->r.score[r->bank[i] * models + j]);
            known[i * models + j] = has;
            all &= has;
        }
    if (known && all) {
        rf_free(known);
        return 0;
    }
    return rf_model_tensor(m, "known", RF_I8, 2, shape, known, err);
}

/* The predictions for a row of the bank's matrix, from the numbers as saved. */
static int add_checks(struct rf_model *m, const struct run *r, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t models = s->r.models;
    uint32_t near[MOST_K];
    int rc = RF_NEW(m->predicted, RF_MODEL_CHECKS * 2 * models, err);
    for (size_t i = 0; i < RF_MODEL_CHECKS && !rc; i++) {
        double *const score = m->predicted + i * 2 * models, *const cost = score + models;
        rc = rf_neighbours(r->x, r->rows, rf_scored_x(s, rf_model_check_row(s->r.n, i)), 1, s->in.dim, r->best, 1, near,
                           err);
        for (size_t j = 0; j < models && !rc; j++) {
            const double paid = isnan(s->mean_cost[j]) ? 0 : s->mean_cost[j];
            score[j] = mean_over(r, s->r.score, j, near, r->best, s->mean_score[j]);
            cost[j] = r->o->cost == COST_MEAN ? paid : mean_over(r, s->r.cost, j, near, r->best, paid);
        }
    }
    return rc;
}

/* A mean over neighbours needs every cost. */
static int check_costs(const struct run *r, struct rf_err *err)
{
    for (size_t i = 0; i < r->rows && r->o->cost == COST_NEIGHBOURS; i++)
        for (size_t j = 0; j < r->s->r.models; j++)
            if (isnan(r->s->r.cost[r->bank[i] * r->s->r.models + j]))
                return rf_fail(err, RF_BAD_INPUT,
                               "model \"%s\" lacks costs, expected one for every answer: use --cost mean",
                               r->s->r.model[j]);
    return rf_fit_note_free(r->f, err);
}

static int fill_model(struct rf_model *m, const struct run *r, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t vectors[2] = { r->rows, s->in.dim }, table[2] = { r->rows, s->r.models };
    float *const x = rf_calloc(r->rows * s->in.dim, sizeof *x, err);
    int rc;
    if (x)
        memcpy(x, r->x, r->rows * s->in.dim * sizeof *x);
    if ((rc = rf_model_tensor(m, "vectors", RF_F32, 2, vectors, x, err)) ||
        (rc = rf_model_tensor(m, "scores", RF_F32, 2, table, bank_table(r, s->r.score, err), err)) ||
        (r->o->cost == COST_NEIGHBOURS &&
         (rc = rf_model_tensor(m, "costs", RF_F32, 2, table, bank_table(r, s->r.cost, err), err))) ||
        (rc = add_known(m, r, table, err)) || (rc = add_means(m, "mean_score", s->mean_score, s->r.models, err)) ||
        (rc = add_means(m, "mean_cost", s->mean_cost, s->r.models, err)) ||
        (rc = rf_model_meta(m, err, "routefit.k", "%zu", r->best)) || (rc = check_costs(r, err)))
        return rc;
    return add_checks(m, r, err);
}

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    struct run r = { .f = f, .o = opts, .s = f->scored };
    int rc;
    if ((rc = rf_list_counts(&r.o->k, "--k", MOST_K, &r.k, err)) || (rc = fill_bank(&r, err)) ||
        (rc = choose_k(&r, err)))
        goto out;
    rc = fill_model(m, &r, err);
out:
    rf_free(r.k);
    rf_free(r.bank);
    rf_free(r.x);
    return rc;
}

const struct rf_kind rf_kind_knn = {
    .cmd = { .name = "knn",
             .summary = "keep scored questions; predict from a prompt's nearest neighbours",
             .args = "",
             .about = "Keeps the questions of the benchmarks with every model's score. A prompt's\n"
                      "predicted score of a model is the mean over its k nearest questions by cosine\n"
                      "whose score is known. The file holds the vectors.",
             .examples = "routefit fit knn --bench arc-challenge -o knn.safetensors\n"
                         "routefit fit knn --bench mmlu --k 40 --valid 0 -o knn.safetensors\n",
             .opts = { rf_fit_results_table, options },
             .opts_size = sizeof(struct knn_options),
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_RESULTS,
    .fit = fit,
};
