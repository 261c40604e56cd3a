/* Every model's score or cost as an affine function of a prompt's vector, a plane [dim + 1] with the intercept last:
 * what kinds of router that predict by planes have in common. Gathers the training questions, keeps of several
 * candidates the one with the least squared error over the validation questions, writes tensors, and fits costs by
 * ridge regression. Refuses: several candidates without validation questions. */
#ifndef RF_TRAIN_PLANES_H
#define RF_TRAIN_PLANES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/opt.h"
#include "train/kind.h"

#ifdef __cplusplus
extern "C" {
#endif

enum rf_cost_rule { RF_COST_RIDGE, RF_COST_MEAN };
#define RF_COST_RULES "ridge|mean"
/* Strengths of a ridge, against the mean squared error, from weak to strong. */
#define RF_USUAL_RIDGES "1e-5,1e-4,1e-3,1e-2,1e-1"

/* Rows for the members cost (int) and cost_l2 (struct rf_list) of a kind's options. */
#define RF_COST_OPTIONS(type)                                                                                          \
    RF_OPT(type, cost, "cost", 0, RF_OPT_CHOICE, "RULE", "ridge", RF_COST_RULES, 0, 0,                                 \
           "Predicted cost: a ridge regression on the vector, or the model's mean."),                                  \
        RF_OPT(type, cost_l2, "cost-l2", 0, RF_OPT_LIST, "LIST", RF_USUAL_RIDGES, NULL, 0, 0,                          \
               "Strengths of the costs' ridge, against the mean squared error; of several the one with the least "     \
               "error in validation is kept.")

struct rf_planes {
    struct rf_fit *f;          /* borrowed */
    const struct rf_scored *s; /* its data */
    size_t models, size;       /* of s; dim + 1 */
    float *x;                  /* [n][dim] vectors of the training questions */
    size_t *row;               /* [n] their places in the results */
    size_t n;
    double *y; /* [n][models] what is fitted; NaN: missing */
};
/* Gathers the training questions of f->scored and sets f->used_train and f->used_valid. Release also after a failure.
 */
int rf_planes_init(struct rf_planes *p, struct rf_fit *f, struct rf_err *err);
void rf_planes_release(struct rf_planes *p);

/* Several fits of one of the results' matrices. */
struct rf_planes_fits {
    const double *column; /* s->r.score or s->r.cost: p->y becomes its training rows */
    const char *what;     /* "score", for the notes */
    const char *option;   /* "l2": what the candidates differ in, an option's name */
    const double *value;  /* [n] */
    size_t n;
    bool log; /* their errors go to the training log */
    /* all[n][models][dim + 1] = the planes for every value */
    int (*solve)(const struct rf_planes *p, const void *ctx, const double *value, size_t n, double *all,
                 struct rf_err *err);
    const void *ctx; /* of solve */
};
/* w[models][dim + 1] = the planes kept, *best = their value. RF_BAD_INPUT: several values and no validation questions.
 */
int rf_planes_fit(struct rf_planes *p, const struct rf_planes_fits *c, double *w, double *best, struct rf_err *err);
/* Ridge regression of a matrix with the strengths l2: solve for the above. */
int rf_planes_ridge(const struct rf_planes *p, const void *ctx, const double *l2, size_t n, double *all,
                    struct rf_err *err);

enum rf_planes_kind { RF_PLANES_SCORE, RF_PLANES_COST };
/* w as the float tensors "weight", "bias" or "cost_weight", "cost_bias", and the predictions of its checks (costs are
 * at least 0). */
int rf_planes_tensors(const struct rf_planes *p, enum rf_planes_kind kind, const double *w, struct rf_model *m,
                      struct rf_err *err);
/* Fits and adds the costs, "routefit.cost_l2" where a ridge was fitted, and a note for every model of which no cost is
 * known: it counts as free, and the others have their mean. option: "l2" or "cost-l2", whose values l2 are. */
int rf_planes_costs(struct rf_planes *p, enum rf_cost_rule rule, const char *option, const double *l2, size_t n,
                    struct rf_model *m, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
