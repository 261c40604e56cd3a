/* One sort and one walk with a stack of corners (Andrew's monotone chain, upper half). Most points are dominated, so
 * those that a strip of cheaper points shows to be so go before the sort. */
#include "core/hull.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* By cost, the best quality of a cost first. */
static int by_cost(const void *a, const void *b)
{
    const struct rf_point *x = a, *y = b;
    return x->cost < y->cost ? -1 : x->cost > y->cost ? 1 : (x->quality < y->quality) - (x->quality > y->quality);
}

/* True where b lies on or below the line from a to c. */
static bool below(struct rf_point a, struct rf_point b, struct rf_point c)
{
    return (b.quality - a.quality) * (c.cost - a.cost) <= (c.quality - a.quality) * (b.cost - a.cost);
}

enum { STRIPS = 256 }; /* of equal width in cost */

static size_t strip_of(double cost, double least, double scale)
{
    const double at = (cost - least) * scale;
    return at < STRIPS ? (size_t)at : STRIPS - 1;
}

/* Takes out points that are no better than one of a cheaper strip: no corner among them. Returns how many stay. */
static size_t thin(struct rf_point *p, size_t n)
{
    double best[STRIPS], least = p[0].cost, most = p[0].cost, before = -INFINITY;
    for (size_t i = 1; i < n; i++) {
        least = p[i].cost < least ? p[i].cost : least;
        most = p[i].cost > most ? p[i].cost : most;
    }
    const double scale = STRIPS / (most - least);
    size_t stay = 0;
    if (!isfinite(scale))
        return n;
    for (size_t k = 0; k < STRIPS; k++)
        best[k] = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double *const b = &best[strip_of(p[i].cost, least, scale)];
        *b = p[i].quality > *b ? p[i].quality : *b;
    }
    for (size_t k = 0; k < STRIPS; k++) { /* from the best of a strip to the best of those before it */
        const double own = best[k];
        best[k] = before;
        before = own > before ? own : before;
    }
    for (size_t i = 0; i < n; i++)
        if (p[i].quality > best[strip_of(p[i].cost, least, scale)])
            p[stay++] = p[i];
    return stay;
}

int rf_hull(const struct rf_point *p, size_t n, struct rf_point *hull, size_t *corners, struct rf_err *err)
{
    size_t k = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(p[i].cost) || !isfinite(p[i].quality) || p[i].cost < 0)
            return rf_fail(err, RF_BAD_INPUT,
                           "point %zu: found cost %g and quality %g, expected finite ones, cost >= 0", i + 1, p[i].cost,
                           p[i].quality);
        hull[i] = p[i];
    }
    n = thin(hull, n);
    qsort(hull, n, sizeof *hull, by_cost);
    for (size_t i = 0; i < n; i++) {
        const struct rf_point c = hull[i];
        if (k && c.quality <= hull[k - 1].quality) /* dearer and no better */
            continue;
        while (k >= 2 && below(hull[k - 2], hull[k - 1], c))
            k--;
        hull[k++] = c;
    }
    *corners = k;
    return 0;
}

double rf_hull_end(const struct rf_point *p, size_t n)
{
    struct rf_point best = p[0];
    for (size_t i = 1; i < n; i++)
        if (p[i].quality > best.quality || (p[i].quality >= best.quality && p[i].cost > best.cost))
            best = p[i];
    return best.cost;
}

double rf_hull_quality(const struct rf_point *hull, size_t corners, double cost)
{
    if (!(cost >= hull[0].cost))
        return NAN;
    for (size_t i = 1; i < corners; i++)
        if (cost < hull[i].cost)
            return hull[i - 1].quality + (hull[i].quality - hull[i - 1].quality) * (cost - hull[i - 1].cost) /
                                             (hull[i].cost - hull[i - 1].cost);
    return hull[corners - 1].quality;
}

double rf_hull_area(const struct rf_point *hull, size_t corners, double upto)
{
    double area = 0;
    for (size_t i = 1; i <= corners; i++) {
        const struct rf_point a = hull[i - 1];
        struct rf_point b = i < corners ? hull[i] : (struct rf_point){ upto, a.quality };
        if (b.cost > upto)
            b = (struct rf_point){ upto, rf_hull_quality(hull, corners, upto) };
        if (b.cost > a.cost)
            area += (b.cost - a.cost) * (a.quality + b.quality) / 2;
    }
    return area;
}

double rf_aiq_code(const struct rf_point *hull, size_t corners, double upto)
{
    return upto > 0 ? rf_hull_area(hull, corners, upto) / upto : (double)NAN;
}

double rf_aiq_paper(const struct rf_point *hull, size_t corners, double upto)
{
    const double range = upto - hull[0].cost;
    return range > 0 ? rf_hull_area(hull, corners, upto) / range : hull[0].quality;
}
