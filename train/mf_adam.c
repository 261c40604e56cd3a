/* RouteLLM's recipe over epochs: shuffled batches, early stopping on the noise-free validation loss, best epoch kept
 * (RouteLLM itself keeps none). Order and noise of an epoch depend on (seed, epoch) alone. */
#include <math.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "train/mf_fit.h"

struct trainer {
    struct rf_mf_model *m, best;
    const struct rf_mf_data *d;
    const struct rf_mf_recipe *o;
    struct rf_mf_step *step;
    struct rf_mf_pair *batch; /* [o->batch] */
    uint8_t *outcome;         /* [o->batch] */
    float eta[3], best_eta;   /* value and moments of the ties' parameter */
    size_t steps;
    uint32_t *order;                  /* [trains] */
    float *u, *unit;                  /* [models][dim] scores, [models][k] scratch */
    struct rf_mf_pass *train, *valid; /* valid NULL: none */
};

static int setup(struct trainer *t, struct rf_err *err)
{
    const struct rf_mf_data *d = t->d;
    size_t nu;
    if (!d->trains)
        return rf_fail(err, RF_BAD_INPUT, "no votes with a winner to train on, expected at least one");
    if (!rf_mul(d->models, d->dim, &nu))
        return rf_fail(err, RF_FAIL, "out of memory: %zu models, vectors of %zu", d->models, d->dim);
    int rc = rf_mf_model_init(&t->best, d->models, t->m->k, d->dim, err);
    if (rc || (rc = rf_mf_step_new(&t->step, t->m, d->x, t->o->batch, err)) ||
        (rc = RF_NEW(t->batch, t->o->batch, err)) || (rc = RF_NEW(t->outcome, t->o->batch, err)) ||
        (rc = RF_NEW(t->order, d->trains, err)) || (rc = RF_NEW(t->u, nu, err)) ||
        (rc = RF_NEW(t->unit, d->models * t->m->k, err)) ||
        (rc = rf_mf_pass_new(&t->train, d->x, d->rows, d->dim, d->models, d->train, d->trains, err)))
        return rc;
    rf_mf_step_constants(t->step, d->constants);
    return d->valids ? rf_mf_pass_new(&t->valid, d->x, d->rows, d->dim, d->models, d->valid, d->valids, err) : 0;
}

static int one_epoch(struct trainer *t, size_t epoch, double *train_loss, struct rf_err *err)
{
    const size_t n = t->d->trains, batch = t->o->batch;
    struct rf_rng r;
    double sum = 0;
    rf_rng_init(&r, t->o->seed, 2 * epoch);
    for (size_t i = 0; i < n; i++)
        t->order[i] = (uint32_t)i;
    rf_rng_shuffle(&r, t->order, n);
    rf_mf_step_noise(t->step, t->o->alpha, t->o->seed, 2 * epoch + 1);
    for (size_t from = 0; from < n; from += batch) {
        const size_t m = n - from < batch ? n - from : batch;
        double loss;
        for (size_t i = 0; i < m; i++) {
            t->batch[i] = t->d->train[t->order[from + i]];
            t->outcome[i] = t->d->train_outcome ? t->d->train_outcome[t->order[from + i]] : RF_MF_WIN;
        }
        if (t->o->rule == RF_MF_DECISIVE ? rf_mf_step_gradient(t->step, t->m, t->batch, m, &loss, err)
                                         : rf_mf_step_outcomes(t->step, t->m, t->batch, t->outcome, m, t->o->rule,
                                                               (double)t->eta[0], &loss, err)) {
            rf_fail_in(err, "epoch %zu, step %zu", epoch, from / batch + 1);
            return RF_FAIL;
        }
        rf_mf_step_update(t->step, t->m, &t->o->adam);
        if (t->o->rule != RF_MF_DECISIVE) {
            const float by_eta = (float)rf_mf_step_by_eta(t->step);
            rf_adam_update(1, &t->eta[0], &by_eta, &t->eta[1], &t->eta[2], &t->o->adam,
                           rf_adam_at(&t->o->adam, ++t->steps));
        }
        sum += loss * (double)m;
    }
    *train_loss = sum / (double)n;
    return 0;
}

/* The same by another rule; accuracy is over the pairs with a winner. */
static void measure_outcomes(const struct trainer *t, const struct rf_mf_pair *pair, const uint8_t *outcome, size_t n,
                             struct rf_mf_loss *out)
{
    const size_t dim = t->d->dim;
    double sum = 0, weight = 0, right = 0, won = 0, d[3];
    for (size_t i = 0; i < n; i++) {
        const float *const q = t->d->x + pair[i].row * dim;
        const double a = (double)rf_sdot(dim, t->u + pair[i].win * dim, q),
                     b = (double)rf_sdot(dim, t->u + pair[i].lose * dim, q);
        weight += (double)pair[i].weight;
        sum += (double)pair[i].weight *
               rf_mf_outcome_loss(t->o->rule, (enum rf_mf_outcome)outcome[i], a, b, (double)t->eta[0], d);
        if (outcome[i] == RF_MF_WIN) {
            won++;
            right += a > b ? 1 : a < b ? 0 : 0.5;
        }
    }
    *out = (struct rf_mf_loss){ sum / weight, right / won };
}

/* Loss and accuracy of the current parameters, without noise; NaN for no pairs. */
static int measure(struct trainer *t, struct rf_mf_pass *pass, struct rf_mf_loss *out, struct rf_err *err)
{
    const bool train = pass == t->train;
    *out = (struct rf_mf_loss){ NAN, NAN };
    if (!pass)
        return 0;
    rf_mf_model_scores(t->m, t->u, t->unit);
    if (t->o->rule != RF_MF_DECISIVE) {
        measure_outcomes(t, train ? t->d->train : t->d->valid, train ? t->d->train_outcome : t->d->valid_outcome,
                         train ? t->d->trains : t->d->valids, out);
        return 0;
    }
    return rf_mf_pass_run(pass, t->u, 0, t->d->threads, out, NULL, err);
}

int rf_mf_adam(struct rf_mf_model *m, const struct rf_mf_data *d, const struct rf_mf_recipe *o,
               const struct rf_mf_watch *watch, struct rf_mf_report *report, struct rf_err *err)
{
    struct trainer t = { .m = m, .d = d, .o = o };
    struct rf_mf_report r = { .valid = { INFINITY, 0 } };
    int rc = setup(&t, err);
    for (size_t epoch = 1; !rc && epoch <= o->epochs && !r.interrupted; epoch++) {
        struct rf_mf_epoch e;
        if ((rc = one_epoch(&t, epoch, &e.train_loss, err)) || (rc = measure(&t, t.valid, &e.valid, err)))
            break;
        r.epochs = epoch;
        if (!t.valid || e.valid.loss < r.valid.loss) {
            rf_mf_model_copy(&t.best, m);
            t.best_eta = t.eta[0];
            r.best = epoch;
            r.valid = e.valid;
        }
        rc = watch && watch->epoch ? watch->epoch(watch->ctx, &e, err) : 0;
        if (rc == RF_INTERRUPTED) {
            r.interrupted = true;
            rc = 0;
        }
        if (t.valid && o->patience && epoch - r.best >= o->patience)
            break;
    }
    if (!rc) {
        rf_mf_model_copy(m, &t.best);
        t.eta[0] = t.best_eta;
        r.eta = (double)t.best_eta;
        rc = measure(&t, t.train, &r.train, err);
    }
    if (!rc && report)
        *report = r;
    rf_mf_step_free(t.step);
    rf_mf_pass_free(t.train);
    rf_mf_pass_free(t.valid);
    rf_mf_model_release(&t.best);
    rf_free(t.batch);
    rf_free(t.outcome);
    rf_free(t.order);
    rf_free(t.u);
    rf_free(t.unit);
    return rc;
}
