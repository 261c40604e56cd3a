/* Near-duplicates among many texts: MinHash with locality-sensitive hashing finds the candidates, and the Jaccard
 * similarity of each is computed exactly. A text's set are its shingles: every 5 characters (code points) in a row; of
 * a text of fewer, all of it. Characters and not words, since one changed word is most of a short prompt.
 *
 * 320 hashes or fewer stand in 40 bands of r; two texts become candidates where one band agrees, which for similarity s
 * happens with probability 1 - (1 - s^r)^40. r is the largest (at most 8) that finds a pair at the threshold itself
 * with probability >= .999: at .8 r = 8 and .9994, at .9 and above more than .9999999. (Broder, "On the resemblance and
 * containment of documents", 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3.)
 * No step is quadratic: where more than 64 texts agree in a band, each is compared with the 8 that agree with it best
 * in the next two bands. A crowd of near-duplicates is so joined to one group without naming all its pairs. */
#ifndef RF_CORE_MINHASH_H
#define RF_CORE_MINHASH_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/pairs.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_NEAR_LEFT = 1, RF_NEAR_RIGHT = 2 };

struct rf_near_options {
    double jaccard;      /* smallest similarity of a pair, .5 .. 1 */
    const uint8_t *side; /* [n] bits RF_NEAR_LEFT, RF_NEAR_RIGHT: pairs have one text of either; NULL: any two texts */
    int threads;         /* >= 1; no influence on the result */
};

/* Adds to the empty list *out all found pairs a < b of text[n] (well-formed UTF-8) with similarity >= o->jaccard,
 * sorted. Memory: 500 bytes a text. RF_INTERRUPTED after Ctrl-C. */
int rf_near_pairs(const struct rf_str *text, size_t n, const struct rf_near_options *o, struct rf_pairs *out,
                  struct rf_err *err);

/* Probability that a pair of similarity s is found at this threshold. */
double rf_near_recall(double threshold, double s);

/* Jaccard similarity of two texts' shingles, exactly; NaN where neither has one. */
int rf_jaccard(struct rf_str a, struct rf_str b, double *similarity, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
