/* The tree holds, for the prompts by falling first verdict, what taking the first answer gains over going on. */
#include "eval/cascade.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/progress.h"
#include "core/stats.h"

struct node {
    double sum, best; /* of all leaves below; the best prefix of them, the empty one included */
    uint32_t end;     /* leaves in that prefix */
};

/* The prompts of one stage by falling verdict, in groups of equal ones. */
struct stage {
    uint32_t *order;     /* [rows] places in row[] */
    uint32_t *group;     /* [rows] the group of each place */
    uint32_t *end;       /* [groups] where each ends in order */
    size_t groups, step; /* every step-th group's end is tried as a threshold */
};

struct solver {
    const struct rf_cascade *c;
    const uint32_t *row;
    size_t rows;
    double lambda;
    struct stage stage[RF_CASCADE_STAGES - 1];
    double *take;      /* [stages][rows] value of taking a stage's answer */
    double *going;     /* [stages - 1][rows] value of going on behind a stage, by the later thresholds in force */
    double total;      /* sum of going[0] */
    struct node *tree; /* [2 * leaves] heap order, root 1 */
    size_t leaves;     /* a power of two >= groups of the first stage */
    double now[RF_CASCADE_STAGES - 1], best[RF_CASCADE_STAGES - 1]; /* thresholds */
    double value;                                                   /* of the best */
};

/* ---- the tree ---- */

static void join(struct solver *s, size_t at)
{
    const struct node *const a = &s->tree[2 * at], *const b = a + 1;
    const double through = a->sum + b->best;
    s->tree[at].sum = a->sum + b->sum;
    s->tree[at].best = through >= a->best ? through : a->best;
    s->tree[at].end = through >= a->best && b->end ? b->end : a->end;
}

static void set_leaf(struct solver *s, size_t leaf, double sum)
{
    struct node *const t = &s->tree[s->leaves + leaf];
    t->sum = sum;
    t->best = fmax(0, sum);
    t->end = sum >= 0 ? (uint32_t)leaf + 1 : 0;
}

static void plant(struct solver *s)
{
    const struct stage *const first = &s->stage[0];
    for (size_t g = 0, i = 0; g < s->leaves; g++) {
        double sum = 0;
        for (; g < first->groups && i < first->end[g]; i++)
            sum += s->take[first->order[i]] - s->going[first->order[i]];
        set_leaf(s, g, sum);
        if (g >= first->groups)
            s->tree[s->leaves + g].end = 0;
    }
    for (size_t at = s->leaves; at-- > 1;)
        join(s, at);
    s->total = 0;
    for (size_t i = 0; i < s->rows; i++)
        s->total += s->going[i];
}

/* Going on is worth `value` to place i from now on. */
static void move(struct solver *s, uint32_t i, double value)
{
    const size_t leaf = s->stage[0].group[i];
    const double by = value - s->going[i];
    s->going[i] = value;
    s->total += by;
    set_leaf(s, leaf, s->tree[s->leaves + leaf].sum - by);
    for (size_t at = (s->leaves + leaf) / 2; at; at /= 2)
        join(s, at);
}

/* ---- thresholds ---- */

/* The threshold that takes the first `groups` groups of a stage. */
static double threshold_of(const struct solver *s, size_t stage, size_t groups)
{
    const struct stage *const g = &s->stage[stage];
    if (!groups || groups == g->groups)
        return groups ? -INFINITY : INFINITY;
    return s->c->verdict[s->row[g->order[g->end[groups - 1] - 1]] * (s->c->stages - 1) + stage];
}

static void look(struct solver *s)
{
    const double value = s->total + s->tree[1].best;
    if (!(value > s->value))
        return;
    s->value = value;
    memcpy(s->best, s->now, sizeof s->best);
    s->best[0] = threshold_of(s, 0, s->tree[1].end);
}

/* All thresholds of stage k > 0, with those behind it in force: going[k] is filled. */
static int walk(struct solver *s, size_t k, struct rf_err *err)
{
    const struct stage *const g = &s->stage[k];
    double *const below = s->going + (k - 1) * s->rows;
    const double *const take = s->take + k * s->rows;
    int rc = 0;
    memcpy(below, s->going + k * s->rows, s->rows * sizeof *below);
    if (k == 1)
        plant(s);
    for (size_t t = 0; t <= g->groups && !rc; t++) {
        for (size_t i = t ? (t > 1 ? g->end[t - 2] : 0) : 0; t && i < g->end[t - 1]; i++) {
            if (k == 1)
                move(s, g->order[i], take[g->order[i]]);
            else
                below[g->order[i]] = take[g->order[i]];
        }
        if (t % g->step && t != g->groups)
            continue;
        if (rf_interrupted())
            return rf_fail(err, RF_INTERRUPTED, "interrupted");
        s->now[k] = threshold_of(s, k, t);
        if (k == 1)
            look(s);
        else
            rc = walk(s, k - 1, err);
    }
    return rc;
}

/* ---- setting up ---- */

static int sort_stage(struct solver *s, size_t k, struct rf_err *err)
{
    struct stage *const g = &s->stage[k];
    double *down = NULL;
    size_t *order = NULL;
    int rc;
    if ((rc = RF_NEW(down, s->rows, err)) || (rc = RF_NEW(order, s->rows, err)) ||
        (rc = RF_NEW(g->order, s->rows, err)) || (rc = RF_NEW(g->group, s->rows, err)) ||
        (rc = RF_NEW(g->end, s->rows, err)))
        goto out;
    for (size_t i = 0; i < s->rows; i++)
        down[i] = -s->c->verdict[s->row[i] * (s->c->stages - 1) + k];
    rf_argsort(down, s->rows, order);
    for (size_t i = 0; i < s->rows; i++) {
        if (i && down[order[i]] > down[order[i - 1]])
            g->end[g->groups++] = (uint32_t)i;
        g->order[i] = (uint32_t)order[i];
        g->group[order[i]] = (uint32_t)g->groups;
    }
    g->end[g->groups++] = (uint32_t)s->rows;
    g->step = k && s->c->grid && g->groups > s->c->grid ? (g->groups + s->c->grid - 1) / s->c->grid : 1;
out:
    rf_free(down);
    rf_free(order);
    return rc;
}

static int check(const struct rf_cascade *c, const uint32_t *row, size_t rows, struct rf_err *err)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t k = 0; k < c->stages; k++) {
            const size_t at = row[i] * c->stages + k;
            if (!isfinite(c->score[at]) || !isfinite(c->cost[at]) || c->cost[at] < 0)
                return rf_fail(err, RF_BAD_INPUT,
                               "prompt %u, model %zu: found score %g and cost %g, expected finite ones, cost >= 0",
                               row[i] + 1, k + 1, c->score[at], c->cost[at]);
            if (k + 1 < c->stages && !isfinite(c->verdict[row[i] * (c->stages - 1) + k]))
                return rf_fail(err, RF_BAD_INPUT, "prompt %u, model %zu: found verdict %g, expected a finite one",
                               row[i] + 1, k + 1, c->verdict[row[i] * (c->stages - 1) + k]);
        }
    }
    return 0;
}

static int solver_init(struct solver *s, struct rf_err *err)
{
    const struct rf_cascade *const c = s->c;
    double work = (double)s->rows;
    size_t cells;
    int rc = check(c, s->row, s->rows, err);
    for (size_t k = 0; k + 1 < c->stages && !rc; k++) {
        rc = sort_stage(s, k, err);
        work *= k > 1 && !rc ? (double)(s->stage[k].groups / s->stage[k].step + 1) : 1;
    }
    if (!rc && work > RF_CASCADE_WORK)
        rc = rf_fail(
            err, RF_USAGE,
            "%zu models with %zu prompts: too many combinations of thresholds, expected a --grid of fewer, such "
            "as 40",
            c->stages, s->rows);
    if (!rc && !rf_mul(c->stages, s->rows, &cells))
        rc = rf_fail(err, RF_FAIL, "out of memory: %zu prompts of %zu models", s->rows, c->stages);
    if (rc)
        return rc;
    for (s->leaves = 1; s->leaves < s->stage[0].groups;)
        s->leaves *= 2;
    return RF_NEW(s->take, cells, err) || RF_NEW(s->going, cells, err) || RF_NEW(s->tree, 2 * s->leaves, err) ? RF_FAIL
                                                                                                              : 0;
}

static void solver_release(struct solver *s)
{
    for (size_t k = 0; k < RF_CASCADE_STAGES - 1; k++) {
        rf_free(s->stage[k].order);
        rf_free(s->stage[k].group);
        rf_free(s->stage[k].end);
    }
    rf_free(s->take);
    rf_free(s->going);
    rf_free(s->tree);
}

size_t rf_cascade_run(const struct rf_cascade *c, size_t i, const double *threshold, double *score, double *cost)
{
    size_t k = 0;
    *cost = c->cost[i * c->stages];
    while (k + 1 < c->stages && !(c->verdict[i * (c->stages - 1) + k] >= threshold[k]))
        *cost += c->cost[i * c->stages + ++k];
    *score = c->score[i * c->stages + k];
    return k;
}

static int solve(struct solver *s, double lambda, struct rf_cascade_corner *out, struct rf_err *err)
{
    const struct rf_cascade *const c = s->c;
    const size_t last = c->stages - 1;
    s->lambda = lambda;
    s->value = -INFINITY;
    for (size_t i = 0; i < s->rows; i++) {
        double paid = 0;
        for (size_t k = 0; k < c->stages; k++) {
            const size_t at = s->row[i] * c->stages + k;
            paid += c->cost[at];
            s->take[k * s->rows + i] = c->score[at] - lambda * paid;
        }
        s->going[(last - 1) * s->rows + i] = s->take[last * s->rows + i];
    }
    int rc = 0;
    if (last > 1) {
        rc = walk(s, last - 1, err);
    } else {
        plant(s);
        look(s);
    }
    memcpy(out->threshold, s->best, sizeof out->threshold);
    out->mean = (struct rf_point){ 0, 0 };
    for (size_t i = 0; i < s->rows; i++) {
        double score, cost;
        rf_cascade_run(c, s->row[i], out->threshold, &score, &cost);
        out->mean.quality += score / (double)s->rows;
        out->mean.cost += cost / (double)s->rows;
    }
    return rc;
}

int rf_cascade_best(const struct rf_cascade *c, const uint32_t *row, size_t rows, double lambda,
                    struct rf_cascade_corner *out, struct rf_err *err)
{
    struct solver s = { .c = c, .row = row, .rows = rows };
    int rc = solver_init(&s, err);
    if (!rc)
        rc = solve(&s, lambda, out, err);
    solver_release(&s);
    return rc;
}

/* ---- all corners ---- */

struct corners {
    struct rf_cascade_corner *v;
    size_t n, cap;
};

static int add(struct corners *l, const struct rf_cascade_corner *c, struct rf_err *err)
{
    if (l->n == l->cap) {
        const size_t more = l->cap ? 2 * l->cap : 64;
        struct rf_cascade_corner *const grown = rf_regrow(l->v, l->n, more, sizeof *grown, err);
        if (!grown)
            return RF_FAIL;
        l->v = grown;
        l->cap = more;
    }
    l->v[l->n++] = *c;
    return 0;
}

/* The corners between a and b, both known. */
static int between(struct solver *s, struct corners *l, struct rf_cascade_corner a, struct rf_cascade_corner b,
                   struct rf_err *err)
{
    const double run = b.mean.cost - a.mean.cost, rise = b.mean.quality - a.mean.quality;
    struct rf_cascade_corner c;
    if (!(run > 0) || !(rise > 0))
        return 0;
    const double lambda = rise / run, known = a.mean.quality - lambda * a.mean.cost;
    int rc = solve(s, lambda, &c, err);
    if (rc || !(c.mean.cost > a.mean.cost && c.mean.cost < b.mean.cost) ||
        c.mean.quality - lambda * c.mean.cost <= known + 1e-11 * (1 + fabs(known)))
        return rc;
    if ((rc = add(l, &c, err)) || (rc = between(s, l, a, c, err)))
        return rc;
    return between(s, l, c, b, err);
}

static int by_cost(const void *a, const void *b)
{
    const struct rf_cascade_corner *const x = a, *const y = b;
    if (x->mean.cost < y->mean.cost || x->mean.cost > y->mean.cost)
        return x->mean.cost < y->mean.cost ? -1 : 1;
    return (x->mean.quality < y->mean.quality) - (x->mean.quality > y->mean.quality);
}

/* A lambda so small that it only decides between equals: least gap of quality over largest cost would do. */
static double smallest(const struct rf_cascade *c, const uint32_t *row, size_t rows)
{
    double low = INFINITY, high = -INFINITY, paid = 0;
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < c->stages; k++) {
            low = fmin(low, c->score[row[i] * c->stages + k]);
            high = fmax(high, c->score[row[i] * c->stages + k]);
            paid = fmax(paid, c->cost[row[i] * c->stages + k]);
        }
    return paid > 0 && high > low ? 1e-9 * (high - low) / ((double)rows * paid) : 0;
}

int rf_cascade_corners(const struct rf_cascade *c, const uint32_t *row, size_t rows, struct rf_cascade_corner **out,
                       size_t *n, struct rf_err *err)
{
    struct solver s = { .c = c, .row = row, .rows = rows };
    struct rf_cascade_corner cheapest = { .threshold = { -INFINITY } }, best;
    struct corners l = { 0 };
    size_t kept = 0;
    int rc = solver_init(&s, err);
    for (size_t k = 0; k + 1 < c->stages; k++)
        cheapest.threshold[k] = -INFINITY;
    for (size_t i = 0; i < rows; i++) {
        cheapest.mean.quality += c->score[row[i] * c->stages] / (double)rows;
        cheapest.mean.cost += c->cost[row[i] * c->stages] / (double)rows;
    }
    if (rc || (rc = add(&l, &cheapest, err)) || (rc = solve(&s, smallest(c, row, rows), &best, err)))
        goto out;
    if (best.mean.quality > cheapest.mean.quality &&
        ((rc = add(&l, &best, err)) || (rc = between(&s, &l, cheapest, best, err))))
        goto out;
    qsort(l.v, l.n, sizeof *l.v, by_cost);
    for (size_t i = 0; i < l.n; i++) /* a rounding may have let an equal in */
        if (!i || (l.v[i].mean.cost > l.v[kept - 1].mean.cost && l.v[i].mean.quality > l.v[kept - 1].mean.quality))
            l.v[kept++] = l.v[i];
    *out = l.v;
    *n = kept;
    l.v = NULL;
out:
    rf_free(l.v);
    solver_release(&s);
    return rc;
}

size_t rf_cascade_at_lambda(const struct rf_cascade_corner *corner, size_t n, double lambda)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++)
        if (corner[i].mean.quality - lambda * corner[i].mean.cost >
            corner[best].mean.quality - lambda * corner[best].mean.cost)
            best = i;
    return best;
}
