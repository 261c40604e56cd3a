/* fit linear: every model's score, and its cost, as a linear function of the prompt's vector, by exact ridge
 * regression: the plug-in rule of CARROT (arXiv 2502.03261) sends a prompt to the best predicted trade. Of several
 * ridges the one with the least error in validation is kept, for scores and for costs each. Refuses: several ridges
 * without validation questions. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "train/kind.h"
#include "train/numbers.h"
#include "train/ridge.h"
#include "train/rows.h"

enum cost_rule { COST_RIDGE, COST_MEAN };

struct linear_options {
    struct rf_fit_options fit; /* first */
    struct rf_list l2;
    int cost;
};

static const struct rf_opt options[] = {
    RF_OPT(
        struct linear_options, l2, "l2", 0, RF_OPT_LIST, "LIST", "1e-5,1e-4,1e-3,1e-2,1e-1", NULL, 0, 0,
        "Strengths of the ridge, against the mean squared error; of several the one with the least error in validation "
        "is kept."),
    RF_OPT(struct linear_options, cost, "cost", 0, RF_OPT_CHOICE, "RULE", "ridge", "ridge|mean", 0, 0,
           "Predicted cost: a ridge regression as of the score, or the model's mean."),
    RF_OPT_END,
};

struct run {
    struct rf_fit *f;
    const struct linear_options *o;
    const struct rf_scored *s;
    double *l2;  /* [o->l2.n] */
    float *x;    /* [n][dim] vectors of the training questions */
    size_t *row; /* [n] their places in the results */
    size_t n;
    double *y, *w, *all; /* [n][models]; [models][dim + 1] the one kept; [ridges][models][dim + 1] */
};

static int gather(struct run *r, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t dim = s->in.dim, models = s->r.models;
    size_t cells, most;
    int rc;
    if (!rf_mul(s->r.n, dim, &cells) || !rf_mul(r->o->l2.n * models, dim + 1, &most))
        return rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", s->r.n, dim);
    if ((rc = RF_NEW(r->x, cells, err)) || (rc = RF_NEW(r->row, s->r.n, err)) ||
        (rc = RF_NEW(r->y, s->r.n * models, err)) || (rc = RF_NEW(r->w, models * (dim + 1), err)) ||
        (rc = RF_NEW(r->all, most, err)))
        return rc;
    for (size_t i = 0; i < s->r.n; i++)
        if (!s->valid[i]) {
            memcpy(r->x + r->n * dim, rf_scored_x(s, i), dim * sizeof *r->x);
            r->row[r->n++] = i;
        }
    r->f->used_train = r->n;
    r->f->used_valid = s->r.n - r->n;
    return 0;
}

static double predict(const struct run *r, const double *w, const float *x)
{
    return rf_row_dot_d(x, w, r->s->in.dim) + w[r->s->in.dim];
}

/* Mean squared error over the questions of one side. */
static double error_of(const struct run *r, const double *column, const double *w, bool valid)
{
    const struct rf_scored *const s = r->s;
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->r.n; i++)
        for (size_t m = 0; s->valid[i] == valid && m < s->r.models; m++) {
            const double v = column[i * s->r.models + m];
            if (isnan(v))
                continue;
            const double e = v - predict(r, w + m * (s->in.dim + 1), rf_scored_x(s, i));
            sum += e * e;
            n++;
        }
    return n ? sum / (double)n : (double)NAN;
}

/* Fits one of the results' matrices; r->w is the best of the ridges, *best which. log: its errors go to the log. */
static int fit_column(struct run *r, const double *column, const char *what, bool log, double *best, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t models = s->r.models, size = models * (s->in.dim + 1);
    double least = INFINITY;
    for (size_t i = 0; i < r->n; i++)
        memcpy(r->y + i * models, column + r->row[i] * models, models * sizeof *r->y);
    int rc = rf_ridge_fit(&(struct rf_ridge){ r->x, r->n, s->in.dim, r->y, models, r->l2, r->o->l2.n }, r->all, err);
    for (size_t i = 0; i < r->o->l2.n && !rc; i++) {
        const double train = error_of(r, column, r->all + i * size, false);
        const double valid = error_of(r, column, r->all + i * size, true);
        if (log)
            rc = rf_fit_epoch(r->f, train, valid, NAN, err);
        if (!rc && r->o->l2.n > 1)
            rc = rf_fit_note(r->f, err, "%s, l2 = %g: squared error %.6g in training, %.6g in validation", what,
                             r->l2[i], train, valid);
        if (i == 0 || valid < least) {
            least = valid;
            *best = r->l2[i];
            memcpy(r->w, r->all + i * size, size * sizeof *r->w);
        }
    }
    return rc == RF_INTERRUPTED ? rf_fail(err, rc, "stopped by Ctrl-C before all of --l2 were solved") : rc;
}

/* r->w as two float tensors; the checks' column `which` (0 score, 1 cost) is filled from the floats. */
static int add_tensors(struct rf_model *m, const struct run *r, const char *weight, const char *bias, size_t which,
                       struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t dim = s->in.dim, shape[2] = { s->r.models, dim };
    float *const w = rf_calloc(shape[0] * dim, sizeof *w, err), *const b = rf_calloc(shape[0], sizeof *b, err);
    for (size_t k = 0; w && b && k < shape[0]; k++) {
        for (size_t j = 0; j < dim; j++)
            w[k * dim + j] = (float)r->w[k * (dim + 1) + j];
        b[k] = (float)r->w[k * (dim + 1) + dim];
    }
    for (size_t i = 0; w && b && i < RF_MODEL_CHECKS; i++)
        for (size_t k = 0; k < shape[0]; k++) {
            const float *const x = rf_scored_x(s, rf_model_check_row(s->r.n, i));
            double v = (double)b[k];
            for (size_t j = 0; j < dim; j++)
                v += (double)w[k * dim + j] * (double)x[j];
            m->predicted[(i * 2 + which) * shape[0] + k] = which ? fmax(0, v) : v;
        }
    const int rc = rf_model_tensor(m, weight, RF_F32, 2, shape, w, err);
    if (rc)
        rf_free(b);
    return rc ? rc : rf_model_tensor(m, bias, RF_F32, 1, shape, b, err);
}

/* Costs: a model whose cost is nowhere known counts as free. */
static int fit_costs(struct run *r, double *best, struct rf_err *err)
{
    const struct rf_scored *const s = r->s;
    const size_t k = s->in.dim + 1;
    bool known = true;
    int rc = rf_fit_note_free(r->f, err);
    for (size_t m = 0; m < s->r.models; m++)
        known &= !isnan(s->mean_cost[m]);
    if (rc || (known && r->o->cost == COST_RIDGE))
        return rc ? rc : fit_column(r, s->r.cost, "cost", false, best, err);
    memset(r->w, 0, s->r.models * k * sizeof *r->w);
    for (size_t m = 0; m < s->r.models; m++)
        r->w[m * k + k - 1] = isnan(s->mean_cost[m]) ? 0 : s->mean_cost[m];
    return 0;
}

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    struct run r = { .f = f, .o = opts, .s = f->scored };
    double score_l2 = 0, cost_l2 = 0;
    char text[32];
    int rc;
    if ((rc = rf_list_reals(&r.o->l2, "--l2", 1e-12, 1e12, &r.l2, err)) || (rc = gather(&r, err)))
        goto out;
    if (r.o->l2.n > 1 && !f->used_valid) {
        rc = rf_fail(err, RF_BAD_INPUT,
                     "--l2 has %zu values and no validation questions to choose by: give one, or a larger --valid",
                     r.o->l2.n);
        goto out;
    }
    if ((rc = RF_NEW(m->predicted, RF_MODEL_CHECKS * 2 * f->scored->r.models, err)) ||
        (rc = fit_column(&r, f->scored->r.score, "score", true, &score_l2, err)) ||
        (rc = add_tensors(m, &r, "weight", "bias", 0, err)) || (rc = fit_costs(&r, &cost_l2, err)) ||
        (rc = add_tensors(m, &r, "cost_weight", "cost_bias", 1, err)))
        goto out;
    rf_real_text(score_l2, text);
    rc = rf_model_meta(m, err, "routefit.l2", "%s", text);
    if (!rc && cost_l2 > 0) {
        rf_real_text(cost_l2, text);
        rc = rf_model_meta(m, err, "routefit.cost_l2", "%s", text);
    }
out:
    rf_free(r.l2);
    rf_free(r.x);
    rf_free(r.row);
    rf_free(r.y);
    rf_free(r.w);
    rf_free(r.all);
    return rc;
}

const struct rf_kind rf_kind_linear = {
    .cmd = { .name = "linear",
             .summary = "ridge regression of every model's score and cost",
             .args = "",
             .about = "Predicts every model's score and cost as linear functions of the prompt's\n"
                      "vector, each by ridge regression to the exact optimum. On text vectors a pair\n"
                      "of its models collapses to one weight per bucket (export).",
             .examples = "routefit fit linear --bench arc-challenge -o linear.safetensors\n"
                         "routefit fit linear --bench mmlu,gsm8k --l2 1e-3 --valid 0 -o linear.safetensors\n",
             .opts = { rf_fit_results_table, options },
             .opts_size = sizeof(struct linear_options),
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_RESULTS,
    .fit = fit,
};
