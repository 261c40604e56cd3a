/* The non-decreasing convex hull of (cost, quality) points and its mean height, AIQ (RouterBench, arXiv 2403.12031,
 * sections 3.2 and 3.3; github.com/withmartian/routerbench, AIQ.py). A router that mixes two others at random reaches
 * every point between them, so a set of routers is worth its hull.
 * Refuses: points that are not finite, costs below zero. */
#ifndef RF_CORE_HULL_H
#define RF_CORE_HULL_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_point {
    double cost;    /* US dollars a prompt, >= 0 */
    double quality; /* mean score */
};

/* Corners of the hull: hull[n] receives them by rising cost, *corners >= 1 of them. The first is the cheapest point (of
 * several the best one), each corner is dearer and better than the one before, and the slopes fall. n >= 1; O(n log n).
 * hull may be p. RF_BAD_INPUT names the point. */
int rf_hull(const struct rf_point *p, size_t n, struct rf_point *hull, size_t *corners, struct rf_err *err);

/* Where RouterBench's own hull of the points ends: the largest cost at which the best quality is had. Its hull keeps
 * flat ends, of which the corners above keep only the first point. n >= 1. */
double rf_hull_end(const struct rf_point *p, size_t n);

/* Best quality for an average cost: on the hull between its corners, flat behind the last; NaN below the first. */
double rf_hull_quality(const struct rf_point *hull, size_t corners, double cost);

/* Area under the hull from its first corner to `upto`, flat behind the last corner. upto >= the first corner's cost. */
double rf_hull_area(const struct rf_point *hull, size_t corners, double upto);

/* AIQ as RouterBench's code has it: area / upto. upto: the largest cost of all hulls compared; alone, rf_hull_end. NaN
 * where upto is 0. */
double rf_aiq_code(const struct rf_point *hull, size_t corners, double upto);
/* As the paper has it: area / (upto - first corner's cost). The quality of the corner where both are the same. */
double rf_aiq_paper(const struct rf_point *hull, size_t corners, double upto);

#ifdef __cplusplus
}
#endif
#endif
