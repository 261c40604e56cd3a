/* What scoring costs: one prompt of 1,536 numbers through an mf router, a matrix of prompts in memory, and hashing
 * text. Floors: a plain sum over the same vector or matrix, measured here. Prints "name  measured  floor  ratio". */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/mem.h"
#include "core/routefit_score.h"
#include "core/safetensors.h"

enum { DIM = 1536, MODELS = 64, K = 128, ROWS = 55000, CALLS = 200000, ROUNDS = 5, TEXT = 8 << 20, PIECE = 480 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fill(float *x, size_t n, uint64_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        x[i] = (float)(int32_t)(seed >> 32) * 0x1p-31f;
    }
}

static struct routefit_router *mf_router(struct rf_err *err)
{
    static float P[MODELS * K], W[K * DIM], c[K];
    const struct rf_tensor t[] = { { "P.weight", RF_F32, 2, { MODELS, K }, P },
                                   { "text_proj.0.weight", RF_F32, 2, { K, DIM }, W },
                                   { "classifier.0.weight", RF_F32, 2, { 1, K }, c } };
    const struct routefit_pick pick = { .use_ids = 1, .strong_id = 24, .weak_id = 36 };
    struct rf_buf file = { 0 };
    struct routefit_router *r = NULL;
    char why[ROUTEFIT_ERR];
    fill(P, MODELS * K, 1);
    fill(W, K * DIM, 2);
    fill(c, K, 3);
    if (!rf_safetensors_build(t, 3, NULL, 0, &file, err) && routefit_load(&r, file.data, file.len, &pick, why))
        rf_fail(err, RF_FAIL, "%s", why);
    rf_buf_release(&file);
    return r;
}

/* Every number read once and added: no scoring can be faster than this. */
static double plain_sum(const float *x, size_t n)
{
    float s[64] = { 0 }, sum = 0;
    for (size_t i = 0; i + 64 <= n; i += 64)
        for (int k = 0; k < 64; k++)
            s[k] += x[i + (size_t)k];
    for (int k = 0; k < 64; k++)
        sum += s[k];
    return (double)sum;
}

static void line(const char *name, const char *unit, double measured, double floor)
{
    printf("%-44s %9.1f  %9.1f %-8s ratio %.2f\n", name, measured, floor, unit, measured / floor);
}

int main(void)
{
    struct rf_err err = { 0 };
    struct routefit_router *r = mf_router(&err);
    struct routefit_features *pad = routefit_features_new(ROUTEFIT_BUCKETS);
    float *x = rf_calloc((size_t)ROWS * DIM, sizeof *x, &err);
    double *p = rf_calloc(ROWS, sizeof *p, &err), best[5] = { INFINITY, INFINITY, INFINITY, INFINITY, INFINITY };
    char *text = rf_calloc(TEXT, 1, &err);
    volatile double keep = 0;
    const int rc = !r || !pad || !x || !p || !text;
    if (rc) {
        printf("bench_score: %s\n", err.code ? err.msg : "out of memory");
        goto out;
    }
    fill(x, (size_t)ROWS * DIM, 4);
    for (size_t i = 0; i < TEXT; i++) { /* words of 1 to 8 letters, frequent letters more often */
        const uint64_t h = (i + 1) * 0x9e3779b97f4a7c15u;
        text[i] = h >> 61 ? "etaoinsrhldcumfpgwybvkxjqz"[(h >> 32) % 26 * ((h >> 20) % 26) / 26] : ' ';
    }
    for (int round = 0; round < ROUNDS; round++) {
        double t[6];
        t[0] = seconds();
        for (int i = 0; i < CALLS; i++)
            keep += routefit_win_rate(r, x + (i & 1) * DIM);
        t[1] = seconds();
        for (int i = 0; i < CALLS; i++)
            keep += plain_sum(x + (i & 1) * DIM, DIM);
        t[2] = seconds();
        routefit_win_rates(r, x, ROWS, p);
        t[3] = seconds();
        keep += plain_sum(x, (size_t)ROWS * DIM);
        t[4] = seconds();
        for (size_t at = 0; at < TEXT; at += PIECE) {
            const uint32_t *bucket;
            const float *value, *shape;
            keep += (double)routefit_features_of(pad, text + at, TEXT - at < PIECE ? TEXT - at : PIECE, &bucket, &value,
                                                 &shape);
        }
        t[5] = seconds();
        for (int k = 0; k < 5; k++)
            best[k] = fmin(best[k], t[k + 1] - t[k]);
    }
    line("mf, one prompt of 1,536 (target 494)", "ns", best[0] / CALLS * 1e9, best[1] / CALLS * 1e9);
    line("mf, 55,000 x 1,536 in memory (target 454)", "ns/row", best[2] / ROWS * 1e9, best[3] / ROWS * 1e9);
    line("hash text in pieces of 480 bytes (floor 81/s)", "us/MB", best[4] / TEXT * 1e12, 1e6 / 81);
out:
    routefit_free(r);
    routefit_features_free(pad);
    rf_free(x);
    rf_free(p);
    rf_free(text);
    return rc;
}
