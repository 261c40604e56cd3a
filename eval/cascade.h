/* Cascades: the first model answers; a verifier's score of that answer decides whether it is taken, or whether the next
 * model is paid too. FrugalGPT (arXiv 2305.05176) searches the thresholds on a grid of 40 quantiles, RouterBench
 * (run_cascading_router.py) simulates the verifier's errors; here the thresholds are those that maximise
 *     F(t) = mean of (score of the answer that is taken - lambda * all that was paid for the prompt)
 * over all combinations of the distinct verdicts, and the verdicts are data.
 * Given the thresholds of the later stages a prompt that goes on has a known value, so that the best first threshold is
 * the best prefix of the prompts by falling verdict. As a later threshold moves past one prompt, one prompt's value
 * changes: a tree of prefix maxima makes that O(log n). So two models take O(n log n), three as well, each further one
 * n times that. The optimum over lambda is piecewise: all its corners are found by solving at the lambda of two known
 * ones until nothing lies above the line between them. Refuses: scores that are not finite, costs below zero, more work
 * than RF_CASCADE_WORK. */
#ifndef RF_EVAL_CASCADE_H
#define RF_EVAL_CASCADE_H

#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/hull.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { RF_CASCADE_STAGES = 8 };
/* Prompts times combinations of the thresholds that are walked one by one for one solution. */
#define RF_CASCADE_WORK 3e8

/* Matrices are row-major and borrowed. */
struct rf_cascade {
    size_t n;              /* prompts */
    size_t stages;         /* models, 2..RF_CASCADE_STAGES */
    const double *score;   /* [n][stages] of the answers */
    const double *cost;    /* [n][stages] >= 0 */
    const double *verdict; /* [n][stages - 1] the verifier's score of an answer: the higher, the better it looks */
    size_t grid;           /* most thresholds tried at a stage behind the first; 0: all distinct verdicts */
};

/* An answer of stage s < stages - 1 is taken where its verdict >= threshold[s]; -INFINITY: always, INFINITY: never. */
struct rf_cascade_corner {
    double threshold[RF_CASCADE_STAGES - 1];
    struct rf_point mean; /* over the prompts that it was fitted on */
};

/* The best thresholds at one lambda >= 0 on row[rows] of c; of equals one with the greater first acceptance. */
int rf_cascade_best(const struct rf_cascade *c, const uint32_t *row, size_t rows, double lambda,
                    struct rf_cascade_corner *out, struct rf_err *err);
/* All corners of the best F over lambda in [0, INFINITY): *out[*n] by rising cost, owned by the caller (rf_free). */
int rf_cascade_corners(const struct rf_cascade *c, const uint32_t *row, size_t rows, struct rf_cascade_corner **out,
                       size_t *n, struct rf_err *err);
/* The corner with the greatest quality - lambda cost. */
size_t rf_cascade_at_lambda(const struct rf_cascade_corner *corner, size_t n, double lambda);

/* What becomes of prompt i: the stage whose answer is taken, its score and all that was paid. */
size_t rf_cascade_run(const struct rf_cascade *c, size_t i, const double *threshold, double *score, double *cost);

#ifdef __cplusplus
}
#endif
#endif
