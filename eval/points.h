/* Routers among many models at single points of their curves: at RouterBench's willingness to pay, at the corners of
 * the hull, and under a budget. A budget is met in the mean by a coin between the two corners of the hull around it,
 * which is the optimum of the linear program "most quality for a mean cost" (its solution mixes at most two points).
 * Figures are those of the choices themselves; intervals are of the fixed choices, over questions. Refuses: nothing of
 * its own. */
#ifndef RF_EVAL_POINTS_H
#define RF_EVAL_POINTS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/lambda.h"
#include "eval/means.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Does a budget pay for a mean cost? A mean is a rounded sum, so the last digits do not count: a budget of 10 pays for
 * questions that cost 10 each. */
static inline bool rf_affords(double budget, double cost)
{
    return cost <= budget * (1 + 1e-12);
}

/* RouterBench's 32 values (utils.py, WILLINGNESS_TO_PAY). */
enum { RF_WTP_GRID = 32 };
extern const double rf_wtp_grid[RF_WTP_GRID];

enum rf_at { RF_AT_CORNER, RF_AT_LAMBDA, RF_AT_WTP, RF_AT_BUDGET, RF_ATS };
extern const char *const rf_at_name[RF_ATS]; /* "hull", "lambda", "wtp", "budget" */

/* What points are wanted. */
struct rf_points_wish {
    bool corners;         /* those of the curve's hull */
    bool curve;           /* every breakpoint of lambda; without intervals and shares */
    const double *wtp;    /* [wtps] >= 0, borrowed */
    const double *budget; /* [budgets] mean cost of a prompt, US dollars, >= 0, borrowed */
    size_t wtps, budgets;
    struct rf_means_options boot;
};

struct rf_at_point {
    size_t entry; /* the caller's number of the router */
    enum rf_at how;
    double at;     /* the willingness to pay or the budget; NaN: neither */
    double lambda; /* one that makes the choice (of the cheaper point of a mixture), $ ^ -1; NaN: wtp, zero router */
    double upper;  /* of a mixture, that of the dearer point; else NaN */
    double mix;    /* chance of the dearer point; NaN: no mixture */
    struct rf_point mean, low, high; /* NaN: the budget buys nothing; low and high NaN: not wanted */
    double *share;                   /* [models of the results] part of the prompts, or NULL; owned */
};

struct rf_points {
    struct rf_at_point *v; /* [n] */
    size_t n;
};

/* Adds the points of a router by its predictions. column[f->models]: place of each model among the `models` of the
 * results (NULL: the same); plan: of f. */
int rf_points_add(struct rf_points *p, size_t entry, const struct rf_field *f, const size_t *column, size_t models,
                  const struct rf_lambda_plan *plan, const struct rf_points_wish *wish, struct rf_err *err);
/* Those of the zero router, mixtures of the f->models without a look at the prompt: corners and budgets alone. */
int rf_points_add_zero(struct rf_points *p, size_t entry, const struct rf_field *f, const struct rf_points_wish *wish,
                       struct rf_err *err);
void rf_points_release(struct rf_points *p); /* a zeroed struct is fine */

#ifdef __cplusplus
}
#endif
#endif
