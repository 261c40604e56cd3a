/* What a ranking costs, one thread: the fit once votes are counted, counting, and 100 bootstraps of the votes, on
 * 26,919 planted votes between 20 models with the shares of the public ones (a third of ties); and similarity-weighted
 * ranking of a query, in a batch, on RouteLLM's shape. Floors: the exponentials of one Newton pass, one read of the
 * votes, one product of the queries with all vectors. Best of the rounds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/progress.h"
#include "core/rng.h"
#include "core/stats.h"
#include "train/rank.h"
#include "train/sw.h"

enum { MODELS = 20, VOTES = 26919, ROUNDS = 20, RESAMPLES = 100 };
enum { ROWS = 55000, DIM = 1536, QUERIES = 256 };

static volatile double keep; /* so that nothing is optimised away */

static int plant(struct rf_duels *d, struct rf_err *err)
{
    struct rf_rng r;
    rf_rng_init(&r, 1, 0);
    *d = (struct rf_duels){ .models = MODELS, .n = VOTES };
    if (RF_NEW(d->pair, MODELS * MODELS, err) || RF_NEW(d->vote, VOTES, err) || RF_NEW(d->weight, VOTES, err))
        return RF_FAIL;
    for (uint32_t a = 0; a < MODELS; a++)
        for (uint32_t b = a + 1; b < MODELS; b++)
            d->pair[d->pairs++] = (struct rf_duel){ a, b };
    for (size_t i = 0; i < VOTES; i++) {
        const uint32_t k = rf_rng_below(&r, (uint32_t)d->pairs);
        const double p = rf_sigmoid(((double)d->pair[k].b - (double)d->pair[k].a) * 0.15), u = rf_rng_uniform(&r);
        d->vote[i] = k * RF_OUTCOMES + (u < 0.3 ? RF_DRAW : (u - 0.3) / 0.7 < p ? RF_FIRST : RF_SECOND);
        d->weight[i] = 1;
    }
    return 0;
}

static int bench_rank(struct rf_err *err)
{
    struct rf_duels d;
    double *sum = NULL, *theta = NULL, fit = INFINITY, count = INFINITY, boot = INFINITY, floor = INFINITY;
    int rc = plant(&d, err);
    if (rc || (rc = RF_NEW(sum, d.pairs * RF_OUTCOMES, err)) || (rc = RF_NEW(theta, RESAMPLES * MODELS, err)))
        goto out;
    for (int i = 0; i < ROUNDS && !rc; i++) {
        struct rf_rank r;
        double from = rf_seconds();
        rf_duels_count(&d, sum, NULL);
        count = fmin(count, rf_seconds() - from);
        from = rf_seconds();
        if ((rc = rf_rank_fit(&r, &d, sum, RF_HALF, NULL, err)))
            break;
        fit = fmin(fit, rf_seconds() - from);
        from = rf_seconds();
        for (size_t k = 0; k < 2 * d.pairs; k++)
            keep += rf_sigmoid((double)k * 0.01);
        floor = fmin(floor, rf_seconds() - from);
        from = rf_seconds();
        rc = rf_rank_bootstrap(&r, &d, RF_HALF, RESAMPLES, 1, 1, theta, err);
        boot = fmin(boot, rf_seconds() - from);
        rf_rank_release(&r);
    }
    printf("rank %d votes counted  %.1f us  %.1f us  %.1f\n", VOTES, count * 1e6, VOTES * 8 / 15e3,
           count * 15e9 / VOTES / 8);
    printf("rank fit of %d models  %.1f us  %.1f us  %.1f\n", MODELS, fit * 1e6, floor * 1e6, fit / floor);
    printf("rank %d bootstraps  %.2f ms  %.2f ms  %.1f\n", RESAMPLES, boot * 1e3, RESAMPLES * fit * 1e3,
           boot / RESAMPLES / fit);
out:
    rf_duels_release(&d);
    rf_free(sum);
    rf_free(theta);
    return rc;
}

static int bench_sw(struct rf_err *err)
{
    struct rf_rng r;
    float *x = NULL, *q = NULL, *product = NULL;
    struct rf_sw_vote *vote = NULL;
    double *theta = NULL, took = INFINITY, one = INFINITY, gemm = INFINITY;
    int rc;
    rf_rng_init(&r, 2, 0);
    if ((rc = RF_NEW(x, (size_t)ROWS * DIM, err)) || (rc = RF_NEW(q, (size_t)QUERIES * DIM, err)) ||
        (rc = RF_NEW(vote, ROWS, err)) || (rc = RF_NEW(theta, QUERIES * RF_SW_TIERS, err)) ||
        (rc = RF_NEW(product, (size_t)QUERIES * ROWS, err)))
        goto out;
    for (size_t i = 0; i < (size_t)ROWS * DIM; i++)
        x[i] = (float)rf_rng_uniform(&r) - 0.4F;
    for (size_t i = 0; i < (size_t)QUERIES * DIM; i++)
        q[i] = (float)rf_rng_uniform(&r) - 0.4F;
    for (uint32_t i = 0; i < ROWS; i++)
        vote[i] = (struct rf_sw_vote){ i, (uint8_t)rf_rng_below(&r, RF_SW_TIERS),
                                       (uint8_t)rf_rng_below(&r, RF_SW_TIERS), (float)rf_rng_below(&r, 2), 1 };
    const struct rf_sw s = { x, ROWS, DIM, vote, ROWS, true };
    for (int i = 0; i < 3 && !rc; i++) {
        double from = rf_seconds();
        rc = rf_sw_strengths(&s, q, QUERIES, 1, theta, err);
        took = fmin(took, rf_seconds() - from);
        from = rf_seconds();
        rc = rc ? rc : rf_sw_strengths(&s, q, 1, 1, theta, err);
        one = fmin(one, rf_seconds() - from);
        from = rf_seconds();
        rf_sgemm(false, true, QUERIES, ROWS, DIM, 1, q, DIM, x, DIM, 0, product, ROWS);
        gemm = fmin(gemm, rf_seconds() - from);
    }
    printf("sw %dx%d, a query of %d  %.2f ms  %.2f ms  %.1f\n", ROWS, DIM, QUERIES, took / QUERIES * 1e3,
           gemm / QUERIES * 1e3, took / gemm);
    printf("sw %dx%d, a query alone  %.2f ms  %.2f ms  %.1f\n", ROWS, DIM, one * 1e3, (double)ROWS * DIM * 4 / 18e6,
           one * 18e9 / ((double)ROWS * DIM * 4));
out:
    rf_free(x);
    rf_free(q);
    rf_free(product);
    rf_free(vote);
    rf_free(theta);
    return rc;
}

int main(void)
{
    struct rf_err err = { 0 };
    if (rf_blas_init(&err) || bench_rank(&err) || bench_sw(&err)) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    return 0;
}
