/* fit knn: a bank of questions with every model's score; a prompt's predictions are means over its nearest neighbours
 * (RouterBench, routers/knn_router.py). The number of neighbours is the one of --k with the least squared error on the
 * validation questions, whose neighbours are searched once for all of --k. --guard lets no model take a prompt from a
 * baseline without evidence (train/guard.h). Refuses: more neighbours than the bank has questions (of several numbers
 * such are left out, and said), several numbers without validation questions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/names.h"
#include "core/stats.h"
#include "train/guard.h"
#include "train/kind.h"
#include "train/neighbours.h"
#include "core/numbers.h"

enum { MOST_K = 256 }; /* of the pair */
enum cost_rule { COST_MEAN, COST_NEIGHBOURS };

struct knn_options {
    struct rf_fit_options fit; /* first */
    struct rf_list k;
    int cost;
    const char *guard; /* NULL: none */
    double novelty, near, z, tolerance, floor;
    int64_t pairs;
};

static const struct rf_opt options[] = {
    RF_OPT(struct knn_options, k, "k", 'k', RF_OPT_LIST, "LIST", "5,10,20,40,80", NULL, 0, 0,
           "Numbers of neighbours; of several the one with the least error in validation is kept."),
    RF_OPT(struct knn_options, cost, "cost", 0, RF_OPT_CHOICE, "RULE", "mean", "mean|neighbours", 0, 0,
           "Predicted cost: the model's mean over the bank (as RouterBench), or the mean over the neighbours."),
    RF_OPT(struct knn_options, guard, "guard", 0, RF_OPT_TEXT, "MODEL", NULL, NULL, 0, 0,
           "Guarded: MODEL keeps every prompt that the neighbours are no evidence for; best: the model of the best "
           "mean score."),
    RF_OPT(struct knn_options, novelty, "novelty", 0, RF_OPT_REAL, "SHARE", "0.05", NULL, 0, 0.99,
           "Guard: a prompt is novel whose nearest question is farther than of all but this share of the bank's own."),
    RF_OPT(struct knn_options, near, "near", 0, RF_OPT_REAL, "SHARE", "0.95", NULL, 0, 1,
           "Guard: neighbours count whose cosine is at least this share of the nearest one's."),
    RF_OPT(struct knn_options, pairs, "pairs", 0, RF_OPT_INT, "N", "8", NULL, 1, MOST_K,
           "Guard: least number of such neighbours that are scored for both models."),
    RF_OPT(struct knn_options, z, "z", 0, RF_OPT_REAL, "Z", "1", NULL, 0, 10,
           "Guard: standard errors taken off the mean difference to MODEL."),
    RF_OPT(struct knn_options, tolerance, "tolerance", 0, RF_OPT_REAL, "SHARE", "0.1", NULL, 0, 1,
           "Guard: loss against MODEL that is accepted, as a share of the score range."),
    RF_OPT(struct knn_options, floor, "floor", 0, RF_OPT_REAL, "SHARE", "1", NULL, 0, 1,
           "Guard: least standard deviation of the differences, as a share of the score range; 1 is the most that they "
           "can have."),
    RF_OPT_END,
};

struct run {
    struct rf_fit *f;
    const struct knn_options *o;
    const struct rf_scored *s;
    size_t *bank; /* [rows] questions of the training side */
    size_t rows;
    float *x;  /* [rows][dim] their vectors */
    size_t *k; /* [ks] ascending */
    size_t ks;
    size_t best; /* the one kept */
    struct rf_guard guard;
    size_t baseline; /* model */
};

/* Leaves out the numbers that are larger than the bank, which a small benchmark makes of the default ones. */
static int cut_k(struct run *r, struct rf_err *err)
{
    int rc = 0;
    while (r->ks > 1 && r->k[r->ks - 1] > r->rows && !rc)
        rc = rf_fit_note(r->f, err, "k = %zu left out: the bank has %zu questions", r->k[--r->ks], r->rows);
    return rc || r->k[r->ks - 1] <= r->rows
               ? rc
               : rf_fail(err, RF_USAGE, "--k %zu: the bank has %zu questions, expected at most so many neighbours",
                         r->k[r->ks - 1], r->rows);
}

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
    if ((rc = cut_k(r, err)))
        return rc;
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
    const size_t n = r->f->used_valid, dim = s->in.dim, most = r->k[r->ks - 1];
    size_t *at = NULL, found = 0;
    float *x = NULL;
    uint32_t *near = NULL;
    double least = INFINITY;
    int rc = 0;
    r->best = r->k[0];
    if (r->ks > 1 && !n)
        return rf_fail(err, RF_BAD_INPUT,
                       "--k has %zu values and no validation questions to choose by: give one, or a larger --valid",
                       r->ks);
    if (!n)
        return 0;
    if ((rc = RF_NEW(at, n, err)) || (rc = RF_NEW(x, n * dim, err)) || (rc = RF_NEW(near, n * most, err)))
        goto out;
    for (size_t i = 0; i < s->r.n; i++)
        if (s->valid[i]) {
            memcpy(x + found * dim, rf_scored_x(s, i), dim * sizeof *x);
            at[found++] = i;
        }
    if ((rc = rf_neighbours(r->x, r->rows, x, n, dim, most, r->f->threads, near, NULL, err)))
        goto out;
    for (size_t i = 0; i < r->ks; i++) {
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

/* ---- predictions and the guard ---- */

/* What the pair predicts from the neighbours: score[models], then cost[models]; verdict[models]: the guard's, or NULL.
 */
static void predict(const struct run *r, const uint32_t *near, const double *distance, double *out,
                    enum rf_guard_verdict *verdict)
{
    const struct rf_scored *const s = r->s;
    const size_t models = s->r.models, k = r->best, b = r->baseline;
    double *const score = out, *const cost = out + models, other[MOST_K], base[MOST_K];
    for (size_t m = 0; m < models; m++) {
        const double paid = isnan(s->mean_cost[m]) ? 0 : s->mean_cost[m];
        score[m] = mean_over(r, s->r.score, m, near, k, s->mean_score[m]);
        cost[m] = r->o->cost == COST_MEAN ? paid : mean_over(r, s->r.cost, m, near, k, paid);
    }
    for (size_t i = 0; i < k && r->o->guard; i++)
        base[i] = s->r.score[r->bank[near[i]] * models + b];
    for (size_t m = 0; m < models && r->o->guard; m++) {
        for (size_t i = 0; i < k; i++)
            other[i] = s->r.score[r->bank[near[i]] * models + m];
        const enum rf_guard_verdict v = m == b ? RF_GUARD_TRUSTED : rf_guard_judge(&r->guard, distance, other, base, k);
        if (v != RF_GUARD_TRUSTED)
            rf_guard_hold(&r->guard, score[b], cost[b], &score[m], &cost[m]);
        if (verdict)
            verdict[m] = v;
    }
}

/* The neighbours of question i, in room for one. */
static int find_near(const struct run *r, size_t i, uint32_t *near, double *distance, struct rf_err *err)
{
    return rf_neighbours(r->x, r->rows, rf_scored_x(r->s, i), 1, r->s->in.dim, r->best, 1, near, distance, err);
}

static int find_baseline(struct run *r, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const bool best = strcmp(r->o->guard, "best") == 0;
    for (size_t m = 0; m < s->r.models; m++) {
        if (!best && strcmp(s->r.model[m], r->o->guard) == 0) {
            r->baseline = m;
            return 0;
        }
        if (best && s->mean_score[m] > s->mean_score[r->baseline])
            r->baseline = m;
    }
    return best ? 0
                : rf_unknown("model of --guard", r->o->guard, (const char *const *)s->r.model, s->r.models,
                             "`routefit ls models` lists them, and best takes the one of the best mean score", err);
}

/* The novelty floor: a quantile of the cosines of the bank's questions, a sample of them, to their nearest other ones.
 */
static int find_floor(struct run *r, struct rf_err *err)
{
    enum { SAMPLE = 2000 };
    const size_t n = r->rows < SAMPLE ? r->rows : SAMPLE, dim = r->s->in.dim;
    float *x = NULL;
    uint32_t *near = NULL;
    double *distance = NULL, *cosine = NULL;
    int rc;
    if (r->rows < 2)
        return rf_fail(err, RF_BAD_INPUT, "--guard: the bank has one question, expected two or more");
    if ((rc = RF_NEW(x, n * dim, err)) || (rc = RF_NEW(near, 2 * n, err)) || (rc = RF_NEW(distance, 2 * n, err)) ||
        (rc = RF_NEW(cosine, n, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        memcpy(x + i * dim, r->x + i * r->rows / n * dim, dim * sizeof *x);
    if ((rc = rf_neighbours(r->x, r->rows, x, n, dim, 2, r->f->threads, near, distance, err)))
        goto out;
    for (size_t i = 0; i < n; i++) /* itself, or its double, comes first */
        cosine[i] = 1 - distance[2 * i + 1] * 1e-12;
    rf_sort_doubles(cosine, n);
    r->guard.number[RF_GUARD_NOVELTY] = rf_quantile_sorted(cosine, n, r->o->novelty);
out:
    rf_free(x);
    rf_free(near);
    rf_free(distance);
    rf_free(cosine);
    return rc;
}

static int set_guard(struct run *r, struct rf_err *err)
{
    const struct knn_options *const o = r->o;
    double *const number = r->guard.number;
    r->guard.range = (double)(float)(r->s->highest - r->s->lowest); /* as saved */
    number[RF_GUARD_NEAR] = o->near;
    number[RF_GUARD_PAIRS] = (double)o->pairs;
    number[RF_GUARD_Z] = o->z;
    number[RF_GUARD_TOLERANCE] = o->tolerance;
    number[RF_GUARD_FLOOR] = o->floor;
    const int rc = find_baseline(r, err);
    return rc ? rc : find_floor(r, err);
}

/* The cheapest model that a validation question may go to. */
static size_t cheapest_trusted(const struct run *r, const double *cost, const enum rf_guard_verdict *verdict)
{
    size_t best = r->baseline;
    for (size_t m = 0; m < r->s->r.models; m++)
        if (verdict[m] == RF_GUARD_TRUSTED && cost[m] < cost[best])
            best = m;
    return best;
}

/* What the guard does to the validation questions, told as notes: how many the baseline keeps and why, and what comes
 * of sending the others to the cheapest model that is trusted. */
static int tell_guard(const struct run *r, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t models = s->r.models;
    size_t kept[RF_GUARD_VERDICTS] = { 0 }, n = 0, left = 0;
    double *out = NULL, distance[MOST_K], score = 0, base = 0;
    enum rf_guard_verdict *verdict = NULL;
    uint32_t near[MOST_K];
    int rc;
    if ((rc = RF_NEW(out, 2 * models, err)) || (rc = RF_NEW(verdict, models, err)))
        goto out;
    for (size_t i = 0; i < s->r.n; i++) {
        if (!s->valid[i])
            continue;
        if ((rc = find_near(r, i, near, distance, err)))
            goto out;
        predict(r, near, distance, out, verdict);
        const size_t to = cheapest_trusted(r, out + models, verdict);
        enum rf_guard_verdict nearest = RF_GUARD_TRUSTED; /* the last doubt that a model met */
        for (size_t m = 0; m < models; m++)
            if (m != r->baseline && verdict[m] > nearest)
                nearest = verdict[m];
        const double a = s->r.score[i * models + to], b = s->r.score[i * models + r->baseline];
        n++;
        left += to != r->baseline;
        kept[nearest] += to == r->baseline;
        score += isnan(a) || isnan(b) ? 0 : a;
        base += isnan(a) || isnan(b) ? 0 : b;
    }
    if ((rc = rf_fit_note(r->f, err, "guard: baseline \"%s\", novel below cosine %.4f", s->r.model[r->baseline],
                          r->guard.number[RF_GUARD_NOVELTY])))
        goto out;
    for (int v = 0; v < RF_GUARD_VERDICTS && !rc; v++)
        if (kept[v])
            rc = rf_fit_note(r->f, err, "guard: the baseline keeps %zu of %zu validation questions: %s", kept[v], n,
                             rf_guard_verdict_name((enum rf_guard_verdict)v));
    if (!rc && n)
        rc = rf_fit_note(r->f, err,
                         "guard: %zu go to the cheapest trusted model; mean score %.4f in validation, %.4f of the "
                         "baseline alone",
                         left, score / (double)n, base / (double)n);
out:
    rf_free(out);
    rf_free(verdict);
    return rc;
}

static int add_guard(struct rf_model *m, const struct run *r, struct rf_err *err)
{
    const size_t n = RF_GUARD_NUMBERS;
    double *v = NULL;
    int rc;
    if (!r->o->guard)
        return 0;
    if ((rc = tell_guard(r, err)) || (rc = RF_NEW(v, n, err)))
        return rc;
    memcpy(v, r->guard.number, sizeof r->guard.number);
    if ((rc = rf_model_tensor(m, "guard", RF_F64, 1, &n, v, err)))
        return rc;
    return rf_model_meta(m, err, "routefit.guard", "%s", r->s->r.model[r->baseline]);
}

/* The predictions for a row of the bank's matrix, from the numbers as saved. */
static int add_checks(struct rf_model *m, const struct run *r, struct rf_err *err)
{
    const size_t models = r->s->r.models;
    uint32_t near[MOST_K];
    double distance[MOST_K];
    int rc = RF_NEW(m->predicted, RF_MODEL_CHECKS * 2 * models, err);
    for (size_t i = 0; i < RF_MODEL_CHECKS && !rc; i++)
        if (!(rc = find_near(r, rf_model_check_row(r->s->r.n, i), near, distance, err)))
            predict(r, near, distance, m->predicted + i * 2 * models, NULL);
    return rc;
}

/* A mean over neighbours needs the cost of every answer that has a score; others are not looked at. */
static int check_costs(const struct run *r, struct rf_err *err)
{
    for (size_t i = 0; i < r->rows && r->o->cost == COST_NEIGHBOURS; i++)
        for (size_t j = 0; j < r->s->r.models; j++)
            if (isnan(r->s->r.cost[r->bank[i] * r->s->r.models + j]) &&
                !isnan(r->s->r.score[r->bank[i] * r->s->r.models + j]))
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
        (rc = rf_model_meta(m, err, "routefit.k", "%zu", r->best)) || (rc = check_costs(r, err)) ||
        (rc = add_guard(m, r, err)))
        return rc;
    return add_checks(m, r, err);
}

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    struct run r = { .f = f, .o = opts, .s = f->scored };
    int rc;
    r.ks = r.o->k.n;
    if ((rc = rf_list_counts(&r.o->k, "--k", MOST_K, &r.k, err)) || (rc = fill_bank(&r, err)) ||
        (r.o->guard && (rc = set_guard(&r, err))) || (rc = choose_k(&r, err)))
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
                      "whose score is known. The file holds the vectors. With --guard a model that\n"
                      "the neighbours do not show to be as good as the baseline is predicted no better\n"
                      "and no cheaper than it, so that no trade of score against cost takes it.",
             .examples = "routefit fit knn --bench arc-challenge -o knn.safetensors\n"
                         "routefit fit knn --bench mmlu --k 40 --valid 0 -o mmlu.safetensors\n"
                         "routefit fit knn --bench mmlu --guard best --z 1 --tolerance 0.05 -o guarded.safetensors\n",
             .opts = { rf_fit_results_table, options },
             .opts_size = sizeof(struct knn_options),
             .max_args = -1,
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_RESULTS,
    .fit = fit,
};
