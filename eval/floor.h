/* How few strong calls keep a promised quality: learn then test (Angelopoulos et al., arXiv 2110.01052), by fixed
 * sequence testing from "strong answers all" downwards. Each threshold t is tested against "the promise does not hold
 * at t" at level delta, and the first that cannot be refuted ends the walk; so the promise fails with probability at
 * most delta, whatever the number of prompts and however the qualities are distributed on their range.
 *
 * The promise: mean of routed - keep * strong + loss >= 0. With keep = .95 and loss = 0 it is 95% of strong's quality,
 * with keep = 1 and loss = .01 at most .01 below strong.
 *
 * The test is by betting (Waudby-Smith and Ramdas, arXiv 2010.09686): with X = routed - keep * strong + loss in [-B, .]
 * and the promise broken, the mean over lambda in (0, 1/B) of prod(1 + lambda X) has expectation at most 1, so that it
 * exceeds 1/delta with probability at most delta. It knows no variance and is as sharp as one that does. */
#ifndef RF_EVAL_FLOOR_H
#define RF_EVAL_FLOOR_H

#include "core/err.h"
#include "eval/curve.h"

#ifdef __cplusplus
extern "C" {
#endif

struct rf_floor_options {
    double keep;      /* 0 < keep <= 1 */
    double loss;      /* >= 0, in the scores' own units */
    double low, high; /* range that no score can leave, low < high */
    double delta;     /* in (0, 1) */
};

struct rf_floor {
    size_t vertex;  /* of the curve: fewest strong calls for which the promise is certain; groups: strong answers all */
    int certain;    /* 0: not even with strong on every prompt; vertex is then groups */
    double p;       /* at the vertex: the promise is refuted with this p-value, <= delta where certain */
    size_t prompts; /* where not certain: about how many such prompts would do; 0: no number would */
};

/* c: the curve of the router on labelled prompts. RF_BAD_INPUT: a score outside [low, high]. */
int rf_floor_find(const struct rf_curve *c, const struct rf_floor_options *o, struct rf_floor *out, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
