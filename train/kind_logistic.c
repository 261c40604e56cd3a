/* fit logistic: the chance that the strong side wins as a logistic function of the prompt's vector. Each C is solved to
 * the exact optimum, the one with the least validation loss is kept. Refuses: one class, separable votes without a
 * ridge, several C without validation votes. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/stats.h"
#include "train/kind.h"
#include "train/logit.h"
#include "train/rows.h"
#include "train/sides.h"

enum { AUTO, YES, NO };    /* --errors */
enum { ERRORS_DIM = 768 }; /* --errors auto: a full Hessian of more columns costs more than the fit */

struct logistic_options {
    struct rf_fit_options fit; /* first: rf_fit_table writes here */
    struct rf_list strong, weak, c;
    int ties, intercept, solver, errors;
};

static const struct rf_opt options[] = {
    RF_SIDES_OPTIONS(struct logistic_options, "drop"),
    RF_OPT(struct logistic_options, c, "C", 'C', RF_OPT_LIST, "LIST", "0.01,0.1,1,10", NULL, 0, 0,
           "Inverse strength of the ridge, as in scikit-learn; of several the one with the least validation loss is "
           "kept; inf: no ridge."),
    RF_OPT(struct logistic_options, intercept, "intercept", 0, RF_OPT_CHOICE, "YES|NO", "yes", "yes|no", 0, 0,
           "Add a constant, which the ridge does not touch."),
    RF_OPT(
        struct logistic_options, solver, "solver", 0, RF_OPT_CHOICE, "NAME", "auto", RF_LOGIT_SOLVERS, 0, 0,
        "The way to the optimum, which is the same for all: auto is newton, dual for fewer votes than columns, lbfgs "
        "above 4096 columns."),
    RF_OPT(struct logistic_options, errors, "errors", 0, RF_OPT_CHOICE, "WHEN", "auto", "auto|yes|no", 0, 0,
           "Store the weights' standard errors; auto: after newton with up to 768 columns."),
    RF_OPT_END,
};

/* The values of --C, ascending. */
static int read_c(const struct rf_list *list, double *c, struct rf_err *err)
{
    for (size_t i = 0; i < list->n; i++) {
        char *end = NULL;
        c[i] = strtod(list->v[i], &end);
        if (end == list->v[i] || *end || !(c[i] > 0))
            return rf_fail(err, RF_USAGE, "--C %s: expected numbers above 0 (1 is a start), or inf for no ridge",
                           list->v[i]);
        if (!isinf(c[i]) && (c[i] < 1e-12 || c[i] > 1e12))
            return rf_fail(err, RF_USAGE, "--C %s: expected 1e-12 to 1e12, or inf for no ridge", list->v[i]);
    }
    rf_sort_doubles(c, list->n);
    return 0;
}

struct point {
    const struct rf_votes *v;
    const double *theta;
};

static double logit_of(const void *ctx, size_t row)
{
    const struct point *const p = ctx;
    return rf_row_dot_d(p->v->x + row * p->v->dim, p->theta, p->v->dim) + p->theta[p->v->dim];
}

/* As rf_sides_measure. */
static void evaluate(const struct rf_votes *v, const struct rf_example *e, size_t n, const double *theta, double *loss,
                     double *accuracy)
{
    rf_sides_measure(e, n, logit_of, &(struct point){ v, theta }, loss, accuracy);
}

/* A fit under way. */
struct run {
    struct rf_fit *f;
    const struct logistic_options *o;
    struct rf_sides sides;
    double *c;            /* [o->c.n] ascending */
    double *theta, *best; /* [dim + 1] the latest solution, the one kept */
    double best_c, best_valid;
    struct rf_logit_result result; /* of the one kept */
};

static int observe(void *ctx, double loss, size_t passes, struct rf_err *err)
{
    struct run *r = ctx;
    (void)loss;
    return r->f->progress ? rf_progress_step(r->f->progress, passes, NULL, err) : 0;
}

static struct rf_logit problem(const struct run *r, double c)
{
    const struct rf_votes *v = r->f->votes;
    return (struct rf_logit){ .x = v->x,
                              .dim = v->dim,
                              .e = r->sides.train,
                              .n = r->sides.trains,
                              .c = isinf(c) ? 1 : c,
                              .ridge = isinf(c) ? 0 : 1,
                              .intercept = r->o->intercept == 0,
                              .seed = r->f->seed,
                              .threads = r->f->threads };
}

/* Solves for each C, the next from the last one's solution, and keeps the one with the least validation loss. */
static int solve_all(struct run *r, struct rf_err *err)
{
    const struct rf_votes *v = r->f->votes;
    for (size_t i = 0; i < r->o->c.n; i++) {
        const struct rf_logit p = problem(r, r->c[i]);
        struct rf_logit_result result;
        double train_loss, valid_loss, accuracy, ignored;
        int rc = rf_logit_solve(&p, (enum rf_logit_solver)r->o->solver, r->theta, &result, observe, r, err);
        if (rc)
            return r->o->c.n > 1 ? rf_fail_in(err, "C = %g", r->c[i]) : rc;
        evaluate(v, r->sides.train, r->sides.trains, r->theta, &train_loss, &ignored);
        evaluate(v, r->sides.valid, r->sides.valids, r->theta, &valid_loss, &accuracy);
        if ((rc = rf_fit_epoch(r->f, train_loss, valid_loss, accuracy, err)))
            return rc == RF_INTERRUPTED ? rf_fail(err, rc, "stopped by Ctrl-C before all of --C were solved") : rc;
        if (r->o->c.n > 1 && (rc = rf_fit_note(r->f, err, "C = %g: loss %.5f in training, %.5f in validation", r->c[i],
                                               train_loss, valid_loss)))
            return rc;
        if (i == 0 || valid_loss < r->best_valid) {
            memcpy(r->best, r->theta, (v->dim + 1) * sizeof *r->best);
            r->best_c = r->c[i];
            r->best_valid = valid_loss;
            r->result = result;
        }
    }
    return 0;
}

static int add_standard_errors(struct rf_model *m, const struct run *r, struct rf_err *err)
{
    const struct rf_logit p = problem(r, r->best_c);
    double *se = NULL;
    int rc = 0;
    if (r->o->errors == NO || (r->o->errors == AUTO && (r->result.solver != RF_LOGIT_NEWTON || p.dim > ERRORS_DIM)))
        return 0;
    if ((rc = RF_NEW(se, p.dim + 1, err)) || (rc = rf_logit_errors(&p, r->best, se, err)) ||
        (rc = rf_model_floats(m, "weight_se", se, p.dim, err)))
        goto out;
    rc = rf_model_floats(m, "bias_se", se + p.dim, 1, err);
out:
    rf_free(se);
    return rc;
}

static int fill_model(struct rf_model *m, struct run *r, struct rf_err *err)
{
    static const char *const solver[] = { "auto", "newton", "dual", "lbfgs" };
    const struct rf_votes *v = r->f->votes;
    double ignored;
    char c[32];
    int rc;
    rf_real_text(r->best_c, c);
    if ((rc = add_standard_errors(m, r, err)) || (rc = rf_model_floats(m, "weight", r->best, v->dim, err)) ||
        (rc = rf_model_floats(m, "bias", r->best + v->dim, 1, err)) ||
        (rc = rf_sides_describe(&r->sides, v, &r->o->strong, &r->o->weak, (enum rf_ties)r->o->ties, m, err)) ||
        (rc = rf_model_meta(m, err, "routefit.C", "%s", c)) ||
        (rc = rf_model_meta(m, err, "routefit.solver", "%s", solver[r->result.solver])))
        return rc;
    evaluate(v, r->sides.train, r->sides.trains, r->best, &m->train_loss, &ignored);
    evaluate(v, r->sides.valid, r->sides.valids, r->best, &m->valid_loss, &m->valid_accuracy);
    for (size_t i = 0; i < RF_MODEL_CHECKS; i++)
        m->check[i] = rf_row_dot_d(v->x + rf_model_check_row(v->rows, i) * v->dim, r->best, v->dim) + r->best[v->dim];
    return rf_fit_note(r->f, err, "C = %g kept; %s, |gradient| %.2g after %zu passes over the votes", r->best_c,
                       solver[r->result.solver], r->result.grad_norm, r->result.passes);
}

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    struct run r = { .f = f, .o = opts };
    const size_t k = f->votes->dim + 1;
    int rc = 0;
    if (!r.o->c.n) {
        rc = rf_fail(err, RF_USAGE, "--C: expected at least one number");
        goto out;
    }
    if ((rc = RF_NEW(r.c, r.o->c.n, err)) || (rc = read_c(&r.o->c, r.c, err)) || (rc = RF_NEW(r.theta, k, err)) ||
        (rc = RF_NEW(r.best, k, err)) ||
        (rc = rf_sides_pick(&r.sides, f, &r.o->strong, &r.o->weak, (enum rf_ties)r.o->ties, err)))
        goto out;
    if (r.o->c.n > 1 && !r.sides.valids) {
        rc =
            rf_fail(err, RF_BAD_INPUT,
                    "--C has %zu values and no validation votes to choose by: give one, or a larger --valid", r.o->c.n);
        goto out;
    }
    if (!(rc = solve_all(&r, err)))
        rc = fill_model(m, &r, err);
out:
    rf_sides_release(&r.sides);
    rf_free(r.c);
    rf_free(r.theta);
    rf_free(r.best);
    return rc;
}

const struct rf_kind rf_kind_logistic = {
    .cmd = { .name = "logistic",
             .summary = "fit a logistic regression on the prompts' vectors",
             .args = "",
             .about = "Learns P(strong model wins | vector of the prompt) from the votes of a strong\n"
                      "set of models against a weak set, with a ridge, to the exact optimum.\n"
                      "The weights, and their standard errors, go to the file named by -o.",
             .examples =
                 "routefit fit logistic -o router.safetensors\n"
                 "routefit fit logistic -o gpt4.safetensors --strong 'gpt-4*' --weak mixtral-8x7b-instruct-v0.1 "
                 "--C 1\n",
             .opts = { rf_fit_table, options },
             .opts_size = sizeof(struct logistic_options),
             .max_args = -1,
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_VOTES,
    .fit = fit,
};
