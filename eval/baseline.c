/* Scores of the baselines. They become curves by the same code as any router's. */
#include "eval/baseline.h"

#include <math.h>

/* One group of ties: its curve, the straight line from weak to strong, is the random router's expectation in closed
 * form. */
static bool score_random(const struct rf_bench *b, double *score)
{
    for (size_t i = 0; i < b->n; i++)
        score[i] = .5;
    return true;
}

/* Longer prompts go to strong: on RouteLLM's three benchmarks the better of the two signs, and the only choice made. */
static bool score_length(const struct rf_bench *b, double *score)
{
    for (size_t i = 0; i < b->n; i++) {
        if (isnan(b->bytes[i]))
            return false;
        score[i] = b->bytes[i];
    }
    return true;
}

/* Knows the outcomes: no router lies above it. */
static bool score_oracle(const struct rf_bench *b, double *score)
{
    for (size_t i = 0; i < b->n; i++)
        score[i] = b->strong[i] - b->weak[i];
    return true;
}

#define RANDOM "random"
#define LENGTH "length"
#define ORACLE "oracle"

const struct rf_baseline rf_baselines[RF_BASELINES] = {
    [RF_BASELINE_RANDOM] = { RANDOM, "a coin, in closed form", score_random },
    [RF_BASELINE_LENGTH] = { LENGTH, "prompts with more bytes go to strong", score_length },
    [RF_BASELINE_ORACLE] = { ORACLE, "knows where strong is better", score_oracle },
};
const char *const rf_baseline_names[RF_BASELINES] = {
    [RF_BASELINE_RANDOM] = RANDOM,
    [RF_BASELINE_LENGTH] = LENGTH,
    [RF_BASELINE_ORACLE] = ORACLE,
};
