/* Scores of the baselines. They become curves by the same code as any router's. */
#include "eval/baseline.h"

#include <math.h>

#include "eval/prior.h"

/* One group of ties: its curve, the straight line from weak to strong, is the random router's expectation in closed
 * form. */
static int score_random(const struct rf_bench *b, const struct rf_ctx *ctx, double *score, struct rf_err *err)
{
    (void)ctx, (void)err;
    for (size_t i = 0; i < b->n; i++)
        score[i] = .5;
    return 1;
}

static int by_bytes(const struct rf_bench *b, double sign, double *score)
{
    for (size_t i = 0; i < b->n; i++) {
        if (isnan(b->bytes[i]))
            return 0;
        score[i] = sign * b->bytes[i];
    }
    return 1;
}

/* Longer prompts go to strong, or shorter ones: which of the two is the better sign is all that length could learn. */
static int score_length(const struct rf_bench *b, const struct rf_ctx *ctx, double *score, struct rf_err *err)
{
    (void)ctx, (void)err;
    return by_bytes(b, 1, score);
}

static int score_shorter(const struct rf_bench *b, const struct rf_ctx *ctx, double *score, struct rf_err *err)
{
    (void)ctx, (void)err;
    return by_bytes(b, -1, score);
}

/* Knows the outcomes: no router lies above it. */
static int score_oracle(const struct rf_bench *b, const struct rf_ctx *ctx, double *score, struct rf_err *err)
{
    (void)ctx, (void)err;
    for (size_t i = 0; i < b->n; i++)
        score[i] = b->strong[i] - b->weak[i];
    return 1;
}

#define BASELINES(X)                                                                                                   \
    X(RF_BASELINE_RANDOM, "random", "a coin, in closed form", score_random)                                            \
    X(RF_BASELINE_LENGTH, "length", "prompts with more bytes go to strong", score_length)                              \
    X(RF_BASELINE_SHORTER, "shorter", "prompts with fewer bytes go to strong", score_shorter)                          \
    X(RF_BASELINE_TASK, "task-prior", "the gain on the other prompts of the task, out of fold", rf_prior_of_tasks)     \
    X(RF_BASELINE_SCRIPT, "script-prior", "the same of the prompt's script", rf_prior_of_scripts)                      \
    X(RF_BASELINE_ORACLE, "oracle", "knows where strong is better", score_oracle)

#define ROW(id, name, summary, score)  [id] = { name, summary, score },
#define NAME(id, name, summary, score) [id] = name,
const struct rf_baseline rf_baselines[RF_BASELINES] = { BASELINES(ROW) };
const char *const rf_baseline_names[RF_BASELINES] = { BASELINES(NAME) };
#undef ROW
#undef NAME
