/* LANES draws side by side: one random bit each, laid over the sign bit of the part. */
#include "eval/swap.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/rng.h"

enum { LANES = 32 };

/* The upper half of the streams used here, so that no other use of the same seed meets them. */
static const uint64_t STREAM = UINT64_C(0x73776170) << 32;

struct work {
    const double *part;
    size_t tests, parts, draws;
    uint64_t seed;
    double *t;
};

/* sum += v or -v by the bits of signs, lane by lane. */
static inline void add(double sum[LANES], double v, const uint64_t sign[LANES])
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    for (size_t l = 0; l < LANES; l++) {
        const uint64_t turned = bits ^ sign[l];
        double x;
        memcpy(&x, &turned, sizeof x);
        sum[l] += x;
    }
}

/* Draws [block * LANES, ...): par's unit of work. */
static int run_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct work *w = ctx;
    const size_t first = block * LANES;
    double(*sum)[LANES] = NULL;
    struct rf_rng rng;
    if (rf_interrupted())
        return rf_fail(err, RF_INTERRUPTED, "interrupted after about %zu of %zu permutations", first, w->draws);
    if (RF_NEW(sum, w->tests, err))
        return RF_FAIL;
    rf_rng_init(&rng, w->seed, STREAM + block);
    for (size_t i = 0; i < w->parts; i++) {
        const uint64_t word = rf_rng_u32(&rng);
        uint64_t sign[LANES];
        for (size_t l = 0; l < LANES; l++)
            sign[l] = (word >> l & 1) << 63;
        for (size_t k = 0; k < w->tests; k++)
            add(sum[k], w->part[k * w->parts + i], sign);
    }
    for (size_t k = 0; k < w->tests; k++)
        for (size_t l = 0; l < LANES && first + l < w->draws; l++)
            w->t[k * w->draws + first + l] = sum[k][l];
    rf_free(sum);
    return 0;
}

static double root_of_squares(const double *part, size_t parts)
{
    double squares = 0;
    for (size_t i = 0; i < parts; i++)
        squares += part[i] * part[i];
    return sqrt(squares);
}

int rf_swap_draws(const double *part, size_t tests, size_t parts, size_t draws, uint64_t seed, int threads, double *t,
                  struct rf_err *err)
{
    struct work w = { part, tests, parts, draws, seed, t };
    const int rc = rf_par_run((draws + LANES - 1) / LANES, threads, run_block, &w, err);
    for (size_t k = 0; k < tests && !rc; k++) {
        const double scale = root_of_squares(part + k * parts, parts);
        for (size_t r = 0; r < draws; r++)
            t[k * draws + r] = scale > 0 ? t[k * draws + r] / scale : 0;
    }
    return rc;
}

double rf_swap_t(const double *part, size_t parts)
{
    const double scale = root_of_squares(part, parts);
    double sum = 0;
    for (size_t i = 0; i < parts; i++)
        sum += part[i];
    return scale > 0 ? sum / scale : 0;
}
