/* The curve of a router: mean quality against the share of prompts that the strong model answers, over every threshold
 * that makes a difference. Pure functions on arrays. Refuses: no prompts, scores or qualities that are not finite. */
#ifndef RF_EVAL_CURVE_H
#define RF_EVAL_CURVE_H

#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A benchmark and a router's opinion on it, one element per prompt; all borrowed. */
struct rf_scored {
    size_t n;             /* prompts, > 0 */
    const double *score;  /* [n] win rate, or any finite number that is higher where strong is more likely to win */
    const double *strong; /* [n] quality of the strong model's answer, finite */
    const double *weak;   /* [n] quality of the weak model's answer, finite */
};

/* Prompts with equal scores form one group: a threshold sends all of them to strong or none. Vertex v, 0 <= v <=
 * groups, sends the v highest groups. Between two vertices the curve is a straight line: exactly the quality to expect
 * where a fair coin picks prompts out of the tied group one by one, and where two thresholds are mixed at random. */
struct rf_curve {
    size_t n;          /* prompts */
    size_t groups;     /* distinct scores, 1..n */
    size_t *order;     /* [n] prompts by falling score; equal scores by rising index */
    size_t *end;       /* [groups + 1] prompts that strong answers at each vertex: 0 = end[0] < ... < end[groups] = n */
    double *gain;      /* [groups + 1] sum of (strong - weak) over them; gain[0] = 0 */
    double *threshold; /* [groups + 1] the lowest score that strong answers there; threshold[0] = +infinity: none */
    double *lift;      /* [n] strong - weak, in the order of `order` */
    double *base;      /* [n] weak, in the same order */
    double weak;       /* mean quality of the weak model on all prompts */
    double strong;     /* mean quality of the strong model: weak + gain[groups] / n up to rounding */
};

/* Fills *c; release with rf_curve_release, also after a failure. RF_BAD_INPUT names the prompt that is not finite. */
int rf_curve_init(struct rf_curve *c, const struct rf_scored *s, struct rf_err *err);
void rf_curve_release(struct rf_curve *c); /* a zeroed struct is fine */

/* Share of strong calls, 0..1, and mean quality at vertex v. */
double rf_curve_share(const struct rf_curve *c, size_t v);
double rf_curve_quality(const struct rf_curve *c, size_t v);
/* Mean quality at any share in [0, 1], on the straight line between two vertices. */
double rf_curve_quality_at(const struct rf_curve *c, double share);
/* The vertex that a threshold reaches: strong answers where score >= threshold. */
size_t rf_curve_vertex(const struct rf_curve *c, double threshold);
/* The smallest share of strong calls whose quality reaches `quality`: the first crossing, for a curve may fall again.
 * NaN: never. */
double rf_curve_share_for(const struct rf_curve *c, double quality);
/* Mean of the quality over all shares: the area under the curve, by trapezoids. */
double rf_curve_area(const struct rf_curve *c);

#ifdef __cplusplus
}
#endif
#endif
