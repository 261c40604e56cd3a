/* fit svr: every model's score as a linear function of the prompt's vector, by support vector regression to the exact
 * optimum (RouterBench, routers/svm_router.py: scikit-learn's LinearSVR as it comes, so the plain epsilon-insensitive
 * loss with epsilon 0 and C 1); costs as fit linear. Of several C the one with the least squared error in validation is
 * kept. Refuses: several C without validation questions. */
#include "core/json.h"
#include "core/mem.h"
#include "core/par.h"
#include "train/kind.h"
#include "core/numbers.h"
#include "train/planes.h"
#include "train/svr.h"

struct svr_options {
    struct rf_fit_options fit; /* first */
    struct rf_list c, cost_l2;
    double epsilon;
    int cost;
};

static const struct rf_opt options[] = {
    RF_OPT(struct svr_options, c, "C", 'C', RF_OPT_LIST, "LIST", "0.01,0.1,1,10", NULL, 0, 0,
           "Weight of the loss, summed over the questions, against the ridge, as in scikit-learn (RouterBench: 1); of "
           "several the one with the least error in validation is kept."),
    RF_OPT(struct svr_options, epsilon, "epsilon", 0, RF_OPT_REAL, "X", "0", NULL, 0, 1e6,
           "Errors up to this count as none; RouterBench's is 0."),
    RF_COST_OPTIONS(struct svr_options),
    RF_OPT_END,
};

/* One problem for each value of C and each model. */
struct problems {
    const struct rf_planes *p;
    const double *c;
    double epsilon;
    double *all; /* [n][models][size] */
};

static int solve_one(void *ctx, size_t block, struct rf_err *err)
{
    const struct problems *const o = ctx;
    const struct rf_planes *const p = o->p;
    const size_t m = block % p->models;
    const struct rf_svr problem = { .x = p->x,
                                    .n = p->n,
                                    .dim = p->size - 1,
                                    .y = p->y + m,
                                    .stride = p->models,
                                    .c = o->c[block / p->models],
                                    .epsilon = o->epsilon };
    struct rf_svr_result res;
    const int rc = rf_svr_solve(&problem, o->all + block * p->size, NULL, &res, err);
    return rc ? rf_fail_in(err, "model \"%s\"", p->s->r.model[m]) : 0;
}

static int solve(const struct rf_planes *p, const void *ctx, const double *c, size_t n, double *all, struct rf_err *err)
{
    const struct svr_options *const o = ctx;
    struct problems problems = { p, c, o->epsilon, all };
    return rf_par_run(n * p->models, p->f->threads, solve_one, &problems, err);
}

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    const struct svr_options *const o = opts;
    struct rf_planes p = { 0 };
    struct rf_planes_fits score = {
        .what = "score", .option = "C", .n = o->c.n, .log = true, .solve = solve, .ctx = opts
    };
    double *c = NULL, *l2 = NULL, *w = NULL, best = 0;
    char text[32];
    int rc;
    if ((rc = rf_list_reals(&o->c, "--C", 1e-9, 1e9, &c, err)) ||
        (rc = rf_list_reals(&o->cost_l2, "--cost-l2", 1e-12, 1e12, &l2, err)) || (rc = rf_planes_init(&p, f, err)) ||
        (rc = RF_NEW(w, p.models * p.size, err)))
        goto out;
    score.column = p.s->r.score;
    score.value = c;
    /* the costs first: what they refuse should not cost a fit */
    if ((rc = rf_planes_costs(&p, (enum rf_cost_rule)o->cost, "cost-l2", l2, o->cost_l2.n, m, err)) ||
        (rc = rf_planes_fit(&p, &score, w, &best, err)) || (rc = rf_planes_tensors(&p, RF_PLANES_SCORE, w, m, err)))
        goto out;
    rf_real_text(best, text);
    if ((rc = rf_model_meta(m, err, "routefit.C", "%s", text)))
        goto out;
    rf_real_text(o->epsilon, text);
    rc = rf_model_meta(m, err, "routefit.epsilon", "%s", text);
out:
    rf_planes_release(&p);
    rf_free(c);
    rf_free(l2);
    rf_free(w);
    return rc;
}

const struct rf_kind rf_kind_svr = {
    .cmd = { .name = "svr",
             .summary = "support vector regression of every model's score",
             .args = "",
             .about = "Predicts every model's score as a linear function of the prompt's vector with\n"
                      "the least absolute error beyond epsilon and a ridge, to the exact optimum: what\n"
                      "scikit-learn's LinearSVR minimises, and RouterBench's SVM router by it. Of\n"
                      "scores that are 0 or 1 that is a median, so predictions lean to the one that is\n"
                      "more frequent. Costs are fitted as by fit linear.",
             .examples = "routefit fit svr --bench arc-challenge -o svr.safetensors\n"
                         "routefit fit svr --bench mmlu --C 1 --cost mean --valid 0 -o mmlu.safetensors\n",
             .opts = { rf_fit_results_table, options },
             .opts_size = sizeof(struct svr_options),
             .max_args = -1,
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_RESULTS,
    .fit = fit,
};
