/* What a ranking costs, one thread: the fit once votes are counted, counting, and 100 bootstraps of the votes, on
 * 26,919 planted votes between 20 models with the shares of the public ones (a third of ties); and similarity-weighted
 * ranking of a query, in a batch, on RouteLLM's shape. Floors: the exponentials of one Newton pass, one read of the
 * votes, one product of the queries, or of one, with all vectors. Best of
 * the rounds, in processor time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/progress.h"
#include "core/rng.h"
#include "core/routefit_score.h"
#include "core/safetensors.h"
#include "core/stats.h"
#include "train/rank.h"
#include "train/sw.h"

enum { MODELS = 20, VOTES = 26919, ROUNDS = 20, RESAMPLES = 100 };
enum { ROWS = 55000, DIM = 1536, QUERIES = 256 };

static volatile double keep; /* so that nothing is optimised away */

/* Of the process: what other programs on the machine take does not count. */
static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

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
        double from = cpu_seconds();
        rf_duels_count(&d, sum, NULL);
        count = fmin(count, cpu_seconds() - from);
        from = cpu_seconds();
        if ((rc = rf_rank_fit(&r, &d, sum, RF_HALF, NULL, err)))
            break;
        fit = fmin(fit, cpu_seconds() - from);
        from = cpu_seconds();
        for (size_t k = 0; k < 2 * d.pairs; k++)
            keep += rf_sigmoid((double)k * 0.01);
        floor = fmin(floor, cpu_seconds() - from);
        from = cpu_seconds();
        rc = rf_rank_bootstrap(&r, &d, RF_HALF, RESAMPLES, 1, 1, theta, err);
        boot = fmin(boot, cpu_seconds() - from);
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

/* The same votes as a weight file, loaded by the scoring pair. */
static int load_pair(const float *x, const struct rf_sw_vote *vote, struct routefit_router **r, struct rf_err *err)
{
    static const int8_t tier[RF_SW_TIERS] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    static float row[ROWS], weight[ROWS];
    static int8_t a[ROWS], b[ROWS], share[ROWS];
    struct rf_buf file = { 0 };
    char why[ROUTEFIT_ERR];
    for (size_t i = 0; i < ROWS; i++) {
        row[i] = (float)vote[i].row;
        weight[i] = vote[i].weight;
        a[i] = (int8_t)vote[i].a;
        b[i] = (int8_t)vote[i].b;
        share[i] = (int8_t)(2 * vote[i].share);
    }
    const struct rf_tensor t[] = {
        { "vectors", RF_F32, 2, { ROWS, DIM }, x },
        { "vote_row", RF_F32, 1, { ROWS }, row },
        { "vote_weight", RF_F32, 1, { ROWS }, weight },
        { "vote_a", RF_I8, 1, { ROWS }, a },
        { "vote_b", RF_I8, 1, { ROWS }, b },
        { "vote_share", RF_I8, 1, { ROWS }, share },
        { "tier", RF_I8, 1, { RF_SW_TIERS }, tier },
    };
    const struct rf_meta m[] = { { "routefit.kind", "sw" },
                                 { "routefit.input", "vector" },
                                 { "routefit.rule", "compat" } };
    const struct routefit_pick pick = { NULL, NULL, 1, 0, 9 };
    int rc = rf_safetensors_build(t, sizeof t / sizeof *t, m, sizeof m / sizeof *m, &file, err);
    if (!rc && routefit_load(r, file.data, file.len, &pick, why))
        rc = rf_fail(err, RF_FAIL, "%s", why);
    rf_buf_release(&file);
    return rc;
}

static int bench_sw(struct rf_err *err)
{
    struct rf_rng r;
    float *x = NULL, *q = NULL, *product = NULL;
    struct rf_sw_vote *vote = NULL;
    struct rf_sw_index *index = NULL;
    struct routefit_router *pair = NULL;
    double *theta = NULL, took = INFINITY, one = INFINITY, gemm = INFINITY, read = INFINITY, pair_one = INFINITY,
           pair_four = INFINITY, p[4];
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
    if ((rc = rf_sw_index_new(&index, &s, err)) || (rc = load_pair(x, vote, &pair, err)))
        goto out;
    for (int i = 0; i < 3 && !rc; i++) {
        double from = cpu_seconds();
        rc = rf_sw_strengths(index, RF_SW_BATCH, q, QUERIES, 1, theta, err);
        took = fmin(took, cpu_seconds() - from);
        from = cpu_seconds();
        rc = rc ? rc : rf_sw_strengths(index, RF_SW_BATCH, q, 1, 1, theta, err);
        one = fmin(one, cpu_seconds() - from);
        from = cpu_seconds();
        rf_sgemm(false, true, QUERIES, ROWS, DIM, 1, q, DIM, x, DIM, 0, product, ROWS);
        gemm = fmin(gemm, cpu_seconds() - from);
        from = cpu_seconds();
        rf_sgemv(false, ROWS, DIM, 1, x, DIM, q, 0, product);
        read = fmin(read, cpu_seconds() - from);
        from = cpu_seconds();
        routefit_win_rates(pair, q, 1, p);
        pair_one = fmin(pair_one, cpu_seconds() - from);
        from = cpu_seconds();
        routefit_win_rates(pair, q, 4, p);
        pair_four = fmin(pair_four, cpu_seconds() - from);
    }
    printf("sw %dx%d, a query of %d  %.2f ms  %.2f ms  %.1f\n", ROWS, DIM, QUERIES, took / QUERIES * 1e3,
           gemm / QUERIES * 1e3, took / gemm);
    printf("sw %dx%d, a query alone  %.2f ms  %.2f ms  %.1f\n", ROWS, DIM, one * 1e3, read * 1e3, one / read);
    printf("sw %dx%d, the pair alone  %.2f ms  %.2f ms  %.1f\n", ROWS, DIM, pair_one * 1e3, read * 1e3,
           pair_one / read);
    printf("sw %dx%d, the pair, one of 4  %.2f ms  %.2f ms  %.1f\n", ROWS, DIM, pair_four / 4e-3, gemm / QUERIES * 1e3,
           pair_four / 4 / (gemm / QUERIES));
out:
    rf_free(x);
    rf_free(q);
    rf_free(product);
    rf_free(vote);
    rf_free(theta);
    rf_sw_index_free(index);
    routefit_free(pair);
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
