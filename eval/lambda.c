/* Per prompt the corners of its predicted hull, from the best model down to the cheapest; then one sort of all steps.
 */
#include "eval/lambda.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/mem.h"

struct step { /* at lambda and above, the prompt leaves model from for model to */
    double lambda;
    uint32_t prompt, from, to;
};

static int check(const struct rf_field *f, struct rf_err *err)
{
    for (size_t i = 0; i < f->prompts * f->models; i++)
        if (!isfinite(f->score[i]) || !isfinite(f->cost[i]) || f->cost[i] < 0)
            return rf_fail(
                err, RF_BAD_INPUT,
                "prompt %zu, model %zu: found predicted score %g and cost %g, expected finite ones, cost >= 0",
                i / f->models + 1, i % f->models + 1, f->score[i], f->cost[i]);
    return 0;
}

/* The cheaper of two models, then the earlier one. */
static bool cheaper(const double *cost, uint32_t a, uint32_t b)
{
    return cost[a] < cost[b] || (cost[a] <= cost[b] && a < b);
}

/* The choice of a prompt at lambda = 0: the best score. */
static uint32_t best_of(const double *score, const double *cost, size_t models)
{
    uint32_t best = 0;
    for (uint32_t m = 1; m < models; m++)
        if (score[m] > score[best] || (score[m] >= score[best] && cheaper(cost, m, best)))
            best = m;
    return best;
}

/* The choice at lambda = INFINITY: the cheapest, of several the best. */
static uint32_t cheapest_of(const double *score, const double *cost, size_t models)
{
    uint32_t best = 0;
    for (uint32_t m = 1; m < models; m++)
        if (cost[m] < cost[best] || (cost[m] <= cost[best] && score[m] > score[best]))
            best = m;
    return best;
}

/* The next corner below model at: the cheaper model at which score - lambda cost catches up first; models: there is
 * none. Of several that catch up at the same lambda the cheapest, which is the choice from there on. */
static uint32_t next_of(const double *score, const double *cost, size_t models, uint32_t at, double *lambda)
{
    uint32_t next = (uint32_t)models;
    *lambda = INFINITY;
    for (uint32_t m = 0; m < models; m++) {
        if (!(cost[m] < cost[at]))
            continue;
        const double l = (score[at] - score[m]) / (cost[at] - cost[m]);
        if (l < *lambda || (l <= *lambda && next < models && cheaper(cost, m, next))) {
            next = m;
            *lambda = l;
        }
    }
    return next;
}

static int by_falling_lambda(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    if (x->lambda > y->lambda || x->lambda < y->lambda)
        return x->lambda > y->lambda ? -1 : 1;
    return (x->prompt > y->prompt) - (x->prompt < y->prompt);
}

/* All steps of all prompts, at most models - 1 each. */
static size_t find_steps(const struct rf_field *f, struct step *step)
{
    size_t n = 0;
    for (size_t i = 0; i < f->prompts; i++) {
        const double *const score = f->score + i * f->models, *const cost = f->cost + i * f->models;
        uint32_t at = best_of(score, cost, f->models);
        double lambda;
        for (uint32_t to; (to = next_of(score, cost, f->models, at, &lambda)) < f->models; at = to)
            step[n++] = (struct step){ lambda, (uint32_t)i, at, to };
    }
    return n;
}

int rf_lambda_curve(const struct rf_field *f, struct rf_lambda_curve *c, struct rf_err *err)
{
    struct step *step = NULL;
    *c = (struct rf_lambda_curve){ 0 };
    int rc = check(f, err);
    if (rc)
        goto out;
    const size_t room = f->prompts * f->models; /* as many as the caller's matrices have cells */
    if ((rc = RF_NEW(step, room, err)) || (rc = RF_NEW(c->point, room + 1, err)))
        goto out;
    const size_t n = find_steps(f, step);
    qsort(step, n, sizeof *step, by_falling_lambda);
    double quality = 0, cost = 0, predicted = 0;
    for (size_t i = 0; i < f->prompts; i++) {
        const size_t at = i * f->models;
        const uint32_t m = cheapest_of(f->score + at, f->cost + at, f->models);
        quality += f->true_score[at + m];
        cost += f->true_cost[at + m];
        predicted += f->cost[at + m];
    }
    const double prompts = (double)f->prompts;
    c->point[c->n++] = (struct rf_lambda_point){ INFINITY, { cost / prompts, quality / prompts }, predicted / prompts };
    for (size_t i = 0; i < n; i++) { /* downwards, every step is undone: from `to` back to `from` */
        const size_t at = step[i].prompt * f->models;
        quality += f->true_score[at + step[i].from] - f->true_score[at + step[i].to];
        cost += f->true_cost[at + step[i].from] - f->true_cost[at + step[i].to];
        predicted += f->cost[at + step[i].from] - f->cost[at + step[i].to];
        if (i + 1 < n && !(step[i + 1].lambda < step[i].lambda))
            continue;
        c->point[c->n++] =
            (struct rf_lambda_point){ step[i].lambda, { cost / prompts, quality / prompts }, predicted / prompts };
    }
out:
    rf_free(step);
    if (rc)
        rf_lambda_curve_release(c);
    return rc;
}

void rf_lambda_curve_release(struct rf_lambda_curve *c)
{
    rf_free(c->point);
    *c = (struct rf_lambda_curve){ 0 };
}

void rf_lambda_choose(const struct rf_field *f, double lambda, uint32_t *choice)
{
    for (size_t i = 0; i < f->prompts; i++) {
        const double *const score = f->score + i * f->models, *const cost = f->cost + i * f->models;
        if (isinf(lambda)) {
            choice[i] = cheapest_of(score, cost, f->models);
            continue;
        }
        uint32_t best = 0;
        for (uint32_t m = 1; m < f->models; m++) {
            const double gain = score[m] - lambda * cost[m] - (score[best] - lambda * cost[best]);
            if (gain > 0 || (gain >= 0 && cheaper(cost, m, best)))
                best = m;
        }
        choice[i] = best;
    }
}

struct rf_point rf_lambda_mean(const struct rf_field *f, const uint32_t *choice, double *share)
{
    struct rf_point mean = { 0, 0 };
    const double prompts = (double)f->prompts;
    for (size_t m = 0; share && m < f->models; m++)
        share[m] = 0;
    for (size_t i = 0; i < f->prompts; i++) {
        const size_t at = i * f->models + choice[i];
        mean.cost += f->true_cost[at] / prompts;
        mean.quality += f->true_score[at] / prompts;
        if (share)
            share[choice[i]] += 1 / prompts;
    }
    return mean;
}
