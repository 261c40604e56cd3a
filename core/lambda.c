/* Per prompt the corners of its predicted hull, from the best model down to the cheapest; then one sort of all steps.
 */
#include "core/lambda.h"

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

struct rf_lambda_plan {
    struct rf_field f;
    struct step *step; /* [n] by falling lambda */
    size_t n;
    uint32_t *cheapest; /* [prompts] where all of it begins */
};

int rf_lambda_plan_new(struct rf_lambda_plan **out, const struct rf_field *f, struct rf_err *err)
{
    struct rf_lambda_plan *p = NULL;
    int rc = check(f, err);
    if (rc || (rc = RF_NEW(p, 1, err)))
        return rc;
    p->f = *f;
    /* as many steps at most as the caller's matrices have cells */
    if ((rc = RF_NEW(p->step, f->prompts * f->models, err)) || (rc = RF_NEW(p->cheapest, f->prompts, err))) {
        rf_lambda_plan_free(p);
        return rc;
    }
    p->n = find_steps(f, p->step);
    qsort(p->step, p->n, sizeof *p->step, by_falling_lambda);
    for (size_t i = 0; i < f->prompts; i++)
        p->cheapest[i] = cheapest_of(f->score + i * f->models, f->cost + i * f->models, f->models);
    *out = p;
    return 0;
}

void rf_lambda_plan_free(struct rf_lambda_plan *p)
{
    if (p) {
        rf_free(p->step);
        rf_free(p->cheapest);
    }
    rf_free(p);
}

size_t rf_lambda_points(const struct rf_lambda_plan *p)
{
    return p->n + 1;
}

/* Sums over the prompts of the choice in force. */
struct sums {
    double quality, cost, predicted, weight;
};

static struct rf_lambda_point point_of(const struct sums *s, double lambda)
{
    return (
        struct rf_lambda_point){ lambda, { s->cost / s->weight, s->quality / s->weight }, s->predicted / s->weight };
}

size_t rf_lambda_walk(const struct rf_lambda_plan *p, const uint8_t *count, size_t every, struct rf_lambda_point *point)
{
    const struct rf_field *const f = &p->f;
    struct sums s = { 0 };
    size_t n = 0, skipped = 0;
    for (size_t i = 0; i < f->prompts; i++) {
        const size_t at = i * f->models + p->cheapest[i];
        const double w = count ? count[i] : 1;
        s.quality += w * f->true_score[at];
        s.cost += w * f->true_cost[at];
        s.predicted += w * f->cost[at];
        s.weight += w;
    }
    point[n++] = point_of(&s, INFINITY);
    for (size_t i = 0; i < p->n; i++) { /* downwards, every step is undone: from `to` back to `from` */
        const struct step *const t = &p->step[i];
        const size_t row = t->prompt * f->models, from = row + t->from, to = row + t->to;
        const double w = count ? count[t->prompt] : 1;
        s.quality += w * (f->true_score[from] - f->true_score[to]);
        s.cost += w * (f->true_cost[from] - f->true_cost[to]);
        s.predicted += w * (f->cost[from] - f->cost[to]);
        const bool last = i + 1 == p->n;
        if (!last && (!(p->step[i + 1].lambda < t->lambda) || ++skipped < every))
            continue;
        point[n++] = point_of(&s, t->lambda);
        skipped = 0;
    }
    return n;
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

void rf_wtp_choose(const struct rf_field *f, double w, uint32_t *choice)
{
    for (size_t i = 0; i < f->prompts; i++) {
        const double *const score = f->score + i * f->models, *const cost = f->cost + i * f->models;
        uint32_t best = 0;
        for (uint32_t m = 1; m < f->models; m++)
            if (w > 0 ? score[m] * w - cost[m] > score[best] * w - cost[best] : score[m] > score[best])
                best = m;
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
