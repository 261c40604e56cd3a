/* fit linear: every model's score, and its cost, as a linear function of the prompt's vector, by exact ridge
 * regression: the plug-in rule of CARROT (arXiv 2502.03261) sends a prompt to the best predicted trade. Of several
 * ridges the one with the least error in validation is kept, for scores and for costs each. Refuses: several ridges
 * without validation questions. */
#include "core/json.h"
#include "core/mem.h"
#include "train/kind.h"
#include "core/numbers.h"
#include "train/planes.h"

struct linear_options {
    struct rf_fit_options fit; /* first */
    struct rf_list l2;
    int cost;
};

static const struct rf_opt options[] = {
    RF_OPT(
        struct linear_options, l2, "l2", 0, RF_OPT_LIST, "LIST", RF_USUAL_RIDGES, NULL, 0, 0,
        "Strengths of the ridge, against the mean squared error; of several the one with the least error in validation "
        "is kept."),
    RF_OPT(struct linear_options, cost, "cost", 0, RF_OPT_CHOICE, "RULE", "ridge", RF_COST_RULES, 0, 0,
           "Predicted cost: a ridge regression as of the score, or the model's mean."),
    RF_OPT_END,
};

static int fit(struct rf_fit *f, const void *opts, struct rf_model *m, struct rf_err *err)
{
    const struct linear_options *const o = opts;
    struct rf_planes p = { 0 };
    struct rf_planes_fits score = {
        .what = "score", .option = "l2", .n = o->l2.n, .log = true, .solve = rf_planes_ridge
    };
    double *l2 = NULL, *w = NULL, best = 0;
    char text[32];
    int rc;
    if ((rc = rf_list_reals(&o->l2, "--l2", 1e-12, 1e12, &l2, err)) || (rc = rf_planes_init(&p, f, err)) ||
        (rc = RF_NEW(w, p.models * p.size, err)))
        goto out;
    score.column = p.s->r.score;
    score.value = l2;
    if ((rc = rf_planes_fit(&p, &score, w, &best, err)) || (rc = rf_planes_tensors(&p, RF_PLANES_SCORE, w, m, err)))
        goto out;
    rf_real_text(best, text);
    if (!(rc = rf_model_meta(m, err, "routefit.l2", "%s", text)))
        rc = rf_planes_costs(&p, (enum rf_cost_rule)o->cost, "l2", l2, o->l2.n, m, err);
out:
    rf_planes_release(&p);
    rf_free(l2);
    rf_free(w);
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
                         "routefit fit linear --bench mmlu,gsm8k --l2 1e-3 --valid 0 -o both.safetensors\n",
             .opts = { rf_fit_results_table, options },
             .opts_size = sizeof(struct linear_options),
             .max_args = -1,
             .need = RF_NEED_WRITE,
             .run = rf_fit_command },
    .from = RF_FROM_RESULTS,
    .fit = fit,
};
