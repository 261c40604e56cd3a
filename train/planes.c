/* What the planes of scores and of costs share. Predictions of the checks are made from the floats as saved. */
#include "train/planes.h"

#include <math.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "train/ridge.h"
#include "train/rows.h"

int rf_planes_init(struct rf_planes *p, struct rf_fit *f, struct rf_err *err)
{
    const struct rf_scored *const s = f->scored;
    const size_t dim = s->in.dim;
    size_t cells;
    int rc;
    *p = (struct rf_planes){ .f = f, .s = s, .models = s->r.models, .size = dim + 1 };
    if (!rf_mul(s->r.n, dim, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu vectors of %zu", s->r.n, dim);
    if ((rc = RF_NEW(p->x, cells, err)) || (rc = RF_NEW(p->row, s->r.n, err)) ||
        (rc = RF_NEW(p->y, s->r.n * p->models, err)))
        return rc;
    for (size_t i = 0; i < s->r.n; i++)
        if (!s->valid[i]) {
            memcpy(p->x + p->n * dim, rf_scored_x(s, i), dim * sizeof *p->x);
            p->row[p->n++] = i;
        }
    f->used_train = p->n;
    f->used_valid = s->r.n - p->n;
    return 0;
}

void rf_planes_release(struct rf_planes *p)
{
    rf_free(p->x);
    rf_free(p->row);
    rf_free(p->y);
    *p = (struct rf_planes){ 0 };
}

static double predict(const struct rf_planes *p, const double *w, const float *x)
{
    return rf_row_dot_d(x, w, p->size - 1) + w[p->size - 1];
}

/* Mean squared error over the questions of one side. */
static double error_of(const struct rf_planes *p, const double *column, const double *w, bool valid)
{
    const struct rf_scored *const s = p->s;
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->r.n; i++)
        for (size_t m = 0; s->valid[i] == valid && m < p->models; m++) {
            const double v = column[i * p->models + m];
            if (isnan(v))
                continue;
            const double e = v - predict(p, w + m * p->size, rf_scored_x(s, i));
            sum += e * e;
            n++;
        }
    return n ? sum / (double)n : (double)NAN;
}

int rf_planes_ridge(const struct rf_planes *p, const void *ctx, const double *l2, size_t n, double *all,
                    struct rf_err *err)
{
    (void)ctx;
    return rf_ridge_fit(&(struct rf_ridge){ p->x, p->n, p->size - 1, p->y, p->models, l2, n }, all, err);
}

int rf_planes_fit(struct rf_planes *p, const struct rf_planes_fits *c, double *w, double *best, struct rf_err *err)
{
    const size_t models = p->models, cells = models * p->size;
    double *all = NULL, least = INFINITY;
    size_t room;
    int rc = 0;
    if (c->n > 1 && !p->f->used_valid)
        return rf_fail(err, RF_BAD_INPUT,
                       "--%s has %zu values and no validation questions to choose by: give one, or a larger --valid",
                       c->option, c->n);
    if (!rf_mul(c->n, cells, &room))
        return rf_fail(err, RF_FAIL, "out of memory: %zu times %zu numbers", c->n, cells);
    for (size_t i = 0; i < p->n; i++)
        memcpy(p->y + i * models, c->column + p->row[i] * models, models * sizeof *p->y);
    if (!(rc = RF_NEW(all, room, err)))
        rc = c->solve(p, c->ctx, c->value, c->n, all, err);
    for (size_t i = 0; i < c->n && !rc; i++) {
        const double train = error_of(p, c->column, all + i * cells, false);
        const double valid = error_of(p, c->column, all + i * cells, true);
        if (c->log)
            rc = rf_fit_epoch(p->f, train, valid, NAN, err);
        if (!rc && c->n > 1)
            rc = rf_fit_note(p->f, err, "%s, %s = %g: squared error %.6g in training, %.6g in validation", c->what,
                             c->option, c->value[i], train, valid);
        if (i == 0 || valid < least) {
            least = valid;
            *best = c->value[i];
            memcpy(w, all + i * cells, cells * sizeof *w);
        }
    }
    rf_free(all);
    return rc == RF_INTERRUPTED ? rf_fail(err, rc, "stopped by Ctrl-C before all of --%s were solved", c->option) : rc;
}

/* m->predicted, made where it is still NULL. */
static int make_checks(const struct rf_planes *p, struct rf_model *m, struct rf_err *err)
{
    return m->predicted ? 0 : RF_NEW(m->predicted, RF_MODEL_CHECKS * 2 * p->models, err);
}

int rf_planes_tensors(const struct rf_planes *p, enum rf_planes_kind kind, const double *w, struct rf_model *m,
                      struct rf_err *err)
{
    static const char *const name[][2] = { { "weight", "bias" }, { "cost_weight", "cost_bias" } };
    const size_t dim = p->size - 1, shape[2] = { p->models, dim };
    float *const to = rf_calloc(shape[0] * dim, sizeof *to, err), *const b = rf_calloc(shape[0], sizeof *b, err);
    int rc = make_checks(p, m, err);
    for (size_t k = 0; to && b && k < shape[0]; k++) {
        for (size_t j = 0; j < dim; j++)
            to[k * dim + j] = (float)w[k * p->size + j];
        b[k] = (float)w[k * p->size + dim];
    }
    for (size_t i = 0; to && b && !rc && i < RF_MODEL_CHECKS; i++)
        for (size_t k = 0; k < shape[0]; k++) {
            const float *const x = rf_scored_x(p->s, rf_model_check_row(p->s->r.n, i));
            double v = (double)b[k];
            for (size_t j = 0; j < dim; j++)
                v += (double)to[k * dim + j] * (double)x[j];
            m->predicted[(i * 2 + kind) * shape[0] + k] = kind == RF_PLANES_COST ? fmax(0, v) : v;
        }
    if (rc) {
        rf_free(to);
        rf_free(b);
        return rc;
    }
    if ((rc = rf_model_tensor(m, name[kind][0], RF_F32, 2, shape, to,
                              err))) { /* which takes `to`, whatever comes of it */
        rf_free(b);
        return rc;
    }
    return rf_model_tensor(m, name[kind][1], RF_F32, 1, shape, b, err);
}

int rf_planes_costs(struct rf_planes *p, enum rf_cost_rule rule, const char *option, const double *l2, size_t n,
                    struct rf_model *m, struct rf_err *err)
{
    const struct rf_planes_fits fits = { p->s->r.cost, "cost", option, l2, n, false, rf_planes_ridge, NULL };
    double *w = NULL, best = 0;
    bool known = true;
    int rc;
    if ((rc = rf_fit_note_free(p->f, err)) || (rc = RF_NEW(w, p->models * p->size, err)))
        goto out;
    for (size_t k = 0; k < p->models; k++) {
        const double mean = p->s->mean_cost[k];
        known &= !isnan(mean);
        w[k * p->size + p->size - 1] = isnan(mean) ? 0 : mean;
    }
    if (known && rule == RF_COST_RIDGE) {
        char text[32];
        if ((rc = rf_planes_fit(p, &fits, w, &best, err)))
            goto out;
        rf_real_text(best, text);
        if ((rc = rf_model_meta(m, err, "routefit.cost_l2", "%s", text)))
            goto out;
    }
    rc = rf_planes_tensors(p, RF_PLANES_COST, w, m, err);
out:
    rf_free(w);
    return rc;
}
