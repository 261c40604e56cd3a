/* Figures of other benchmarks. */
#include "eval/named.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/stats.h"

/* ---- RouterArena ---- */

static const double arena_dearest = 200, arena_cheapest = .0044, arena_beta = .1;

static double arena_cost(struct rf_point p)
{
    return (log2(arena_dearest) - log2(1000 * p.cost)) / (log2(arena_dearest) - log2(arena_cheapest));
}

static double arena_score(double a, double c)
{
    return (1 + arena_beta) * a * c / (arena_beta * a + c);
}

double rf_arena_code(struct rf_point p)
{
    return p.cost > 0 ? arena_score(p.quality, arena_cost(p)) : (double)NAN;
}

double rf_arena(struct rf_point p)
{
    const double c = p.cost > 0 ? fmin(1, fmax(0, arena_cost(p))) : 1;
    return c > 0 ? arena_score(p.quality, c) : 0;
}

/* ---- ORBIT ---- */

int rf_orbit_budgets(const struct rf_field *f, double *budget, size_t *n, struct rf_err *err)
{
    double *sorted = NULL;
    size_t cells, distinct = 0;
    int rc;
    *n = 0;
    if (!rf_mul(f->prompts, f->models, &cells))
        return rf_fail(err, RF_FAIL, "out of memory: %zu prompts, %zu models", f->prompts, f->models);
    if ((rc = RF_NEW(sorted, cells, err)))
        return rc;
    memcpy(sorted, f->cost, cells * sizeof *sorted);
    rf_sort_doubles(sorted, cells);
    for (size_t i = 0; i < cells; i++)
        distinct += !i || sorted[i] > sorted[i - 1];
    const size_t most = distinct <= RF_ORBIT_BUDGETS ? cells : RF_ORBIT_BUDGETS;
    for (size_t i = 0; i < most; i++) {
        const double b = distinct <= RF_ORBIT_BUDGETS
                             ? sorted[i]
                             : rf_quantile_sorted(sorted, cells, (double)i / (RF_ORBIT_BUDGETS - 1));
        if (!*n || b > budget[*n - 1])
            budget[(*n)++] = b;
    }
    rf_free(sorted);
    return 0;
}

size_t rf_orbit_choose(const double *score, const double *cost, size_t models, double budget)
{
    size_t best = models;
    for (size_t m = 0; m < models; m++)
        if (cost[m] <= budget && (best == models || score[m] > score[best]))
            best = m;
    return best == models ? 0 : best;
}

/* By cost, the best quality of a cost first. */
static int by_cost(const void *a, const void *b)
{
    const struct rf_point *x = a, *y = b;
    return x->cost < y->cost ? -1 : x->cost > y->cost ? 1 : (x->quality < y->quality) - (x->quality > y->quality);
}

size_t rf_lrb_front(const struct rf_point *all, size_t n, struct rf_point *front)
{
    size_t k = 0;
    if (front != all)
        memcpy(front, all, n * sizeof *front);
    qsort(front, n, sizeof *front, by_cost);
    for (size_t i = 0; i < n; i++)
        if (!k || front[i].quality > front[k - 1].quality)
            front[k++] = front[i];
    return k;
}

/* Least cost of a point at least so good; NaN: none is. */
static double cheapest_as_good(const struct rf_point *p, size_t n, double quality)
{
    double least = NAN;
    for (size_t i = 0; i < n; i++)
        if (p[i].quality >= quality)
            least = fmin(least, p[i].cost); /* fmin passes over NaN */
    return least;
}

static double relative(double cost, struct rf_point best)
{
    return best.cost > 0 ? cost / best.cost : (double)NAN;
}

struct rf_orbit rf_orbit_code(const struct rf_point *p, size_t n, struct rf_point best, struct rf_point *pad)
{
    const struct rf_point last = p[n - 1];
    struct rf_orbit o = { .nauc = NAN, .peak = -HUGE_VAL };
    size_t k = rf_lrb_front(p, n, pad);
    pad[k++] = (struct rf_point){ best.cost, last.quality };
    qsort(pad, k, sizeof *pad, by_cost);
    for (size_t i = 0; i < k; i++)
        o.peak = fmax(o.peak, pad[i].quality);
    o.qnc = relative(cheapest_as_good(pad, k, best.quality), best);
    if (k > 1 && pad[k - 1].cost > 0) {
        o.nauc = 0;
        for (size_t i = 1; i < k; i++)
            o.nauc += (pad[i].cost - pad[i - 1].cost) / pad[k - 1].cost * (pad[i].quality + pad[i - 1].quality) / 2;
    }
    return o;
}

int rf_orbit_collapsed(const double *score, size_t models, size_t dearest, size_t choice)
{
    double best = -HUGE_VAL;
    size_t others = 0; /* that are best */
    for (size_t m = 0; m < models; m++)
        best = fmax(best, score[m]);
    for (size_t m = 0; m < models; m++)
        others += m != dearest && score[m] >= best;
    return others ? choice == dearest || score[choice] < best : choice != dearest;
}

/* ---- RouterEval ---- */

double rf_routereval_bits_code(const double *score, size_t models)
{
    double most = -HUGE_VAL, sum = 0, bits = 0;
    for (size_t m = 0; m < models; m++)
        most = fmax(most, score[m]);
    for (size_t m = 0; m < models; m++)
        sum += exp(score[m] - most);
    for (size_t m = 0; m < models; m++) {
        const double p = exp(score[m] - most) / sum;
        bits -= p > 1e-10 ? p * log2(p) : 0;
    }
    return bits;
}

double rf_routereval_bits(const double *share, size_t models)
{
    double bits = 0;
    for (size_t m = 0; m < models; m++)
        bits -= share[m] > 0 ? share[m] * log2(share[m]) : 0;
    return bits > 0 ? bits : 0; /* a lone share may be rounded to above 1 */
}

/* ---- LLMRouterBench ---- */

double rf_lrb_perf_gain(const struct rf_point *p, size_t n, struct rf_point best)
{
    double most = -HUGE_VAL;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, p[i].quality);
    return best.quality > 0 ? most / best.quality - 1 : (double)NAN;
}

double rf_lrb_cost_save(const struct rf_point *p, size_t n, struct rf_point best)
{
    return 1 - relative(cheapest_as_good(p, n, best.quality), best);
}

double rf_lrb_pareto_dist(const struct rf_point *p, size_t n, const struct rf_point *front, size_t corners,
                          struct rf_point range)
{
    const double per_cost = range.cost > 0 ? 1 / range.cost : 0,
                 per_quality = range.quality > 0 ? 1 / range.quality : 0;
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double least = HUGE_VAL;
        for (size_t k = 0; k < corners; k++)
            least = fmin(least, per_cost * fabs(p[i].cost - front[k].cost) +
                                    per_quality * fabs(p[i].quality - front[k].quality));
        sum += least;
    }
    return sum / (double)n;
}

/* ---- deferral curve ---- */

struct rf_deferral rf_deferral_of(const struct rf_point *p, size_t n, double dearest, struct rf_point best,
                                  struct rf_point *pad)
{
    struct rf_deferral d = { .area = 0, .qnc = NAN };
    size_t k = 0;
    memcpy(pad, p, n * sizeof *pad);
    qsort(pad, n, sizeof *pad, by_cost);
    for (size_t i = 0; i < n; i++) /* of a cost the best quality */
        if (!k || pad[i].cost > pad[k - 1].cost)
            pad[k++] = pad[i];
    n = k;
    for (size_t i = 0; i + 1 < n; i++) {
        const struct rf_point a = pad[i], b = pad[i + 1];
        const double to = fmin(b.cost, dearest);
        if (!(to > a.cost))
            continue;
        const double height = a.quality + (b.quality - a.quality) * (to - a.cost) / (b.cost - a.cost);
        d.area += (to - a.cost) * (a.quality + height) / 2;
    }
    if (dearest > pad[n - 1].cost)
        d.area += (dearest - pad[n - 1].cost) * pad[n - 1].quality;
    d.area = dearest > 0 ? d.area / dearest : (double)NAN;
    for (size_t i = 0; i < n; i++)
        if (pad[i].quality >= best.quality) {
            const struct rf_point b = pad[i], a = i ? pad[i - 1] : b;
            const double cost = b.quality > a.quality
                                    ? a.cost + (b.cost - a.cost) * (best.quality - a.quality) / (b.quality - a.quality)
                                    : b.cost;
            d.qnc = relative(cost, best);
            break;
        }
    return d;
}
