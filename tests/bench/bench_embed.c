/* What the text embedder costs on one thread, on made-up prompts: hashing, and the SVD to 256 of 22,794 prompts x 2^18
 * buckets. Floors: reading the text once; for the SVD the bytes that its passes must move (each entry's 8 bytes and a
 * line of 64 floats read and written for it, 17 slices a pass) over this machine's bandwidth between cache and core,
 * measured here. Prints "name  measured  floor  ratio". */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/progress.h"
#include "core/rng.h"
#include "core/routefit_score.h"
#include "core/csr.h"
#include "datasets/svd.h"

enum { PROMPTS = 22794, BYTES = 480, WORDS = 60000, BUCKETS = 1 << 18, DIM = 256, ITERATIONS = 5, SLICES = 17 };

/* Words of 2 to 11 letters, made of syllables; the k-th most frequent one has a chance near 1/k (Zipf). */
static size_t word_of(uint32_t k, char *out)
{
    static const char *const syllable[] = { "an", "ter", "lo", "mi",  "co", "re",  "shu", "ven",
                                            "ta", "qui", "or", "pla", "de", "ing", "st",  "ul" };
    struct rf_rng rng;
    size_t n = 0;
    rf_rng_init(&rng, 5, k);
    for (uint32_t parts = 1 + rf_rng_below(&rng, 4); parts; parts--)
        n += (size_t)sprintf(out + n, "%s", syllable[rf_rng_below(&rng, 16)]);
    return n;
}

static char *make_prompts(struct rf_err *err)
{
    char *text = rf_calloc(PROMPTS, BYTES, err);
    struct rf_rng rng;
    rf_rng_init(&rng, 11, 0);
    for (size_t i = 0; text && i < PROMPTS; i++) {
        char *t = text + i * BYTES, word[32];
        memset(t, ' ', BYTES);
        for (size_t n = 0; n + 16 < BYTES; n++)
            memcpy(t + n, word, word_of((uint32_t)(exp(rf_rng_uniform(&rng) * log(WORDS))), word)),
                n += strcspn(t + n, " ");
    }
    return text;
}

/* Seconds to read n bytes once. */
static double read_once(const char *text, size_t n)
{
    volatile uint64_t keep;
    uint64_t sum = 0, x;
    const double start = rf_seconds();
    for (size_t i = 0; i + 8 <= n; i += 8) {
        memcpy(&x, text + i, 8);
        sum += x;
    }
    keep = sum;
    (void)keep;
    return rf_seconds() - start;
}

/* Bytes per second of y += a x over arrays that stay in the outer cache, as the packed slices do. */
static double cached_bandwidth(struct rf_err *err)
{
    enum { N = PROMPTS * 16, ROUNDS = 200 };
    float *x = rf_calloc(N, sizeof *x, err), *y = rf_calloc(N, sizeof *y, err);
    double rate = 0;
    if (x && y) {
        const double start = rf_seconds();
        for (int r = 0; r < ROUNDS; r++)
            rf_saxpy(N, 0.5f, x, y);
        rate = 3.0 * N * sizeof *x * ROUNDS / (rf_seconds() - start);
    }
    rf_free(x);
    rf_free(y);
    return rate;
}

/* Features of all prompts as rows of *a; *took: seconds in the hash alone. */
static int hash_all(const char *text, size_t buckets, struct rf_csr *a, double *took, struct rf_err *err)
{
    struct routefit_features *pad = routefit_features_new(buckets);
    const uint32_t *bucket;
    const float *value, *shape;
    int rc = pad ? 0 : rf_fail(err, RF_FAIL, "no memory for features");
    a->cols = buckets;
    *took = 0;
    for (size_t i = 0; !rc && i < PROMPTS; i++) {
        const double start = rf_seconds();
        const size_t n = routefit_features_of(pad, text + i * BYTES, BYTES, &bucket, &value, &shape);
        *took += rf_seconds() - start;
        rc = rf_csr_push(a, bucket, value, n, err);
    }
    routefit_features_free(pad);
    return rc;
}

static void report(const char *name, double measured, double floor, const char *unit)
{
    printf("%-28s %10.3f %s  floor %10.3f %s  ratio %8.2f\n", name, measured, unit, floor, unit, measured / floor);
}

int main(void)
{
    const struct rf_svd_options o = { .dim = DIM, .iterations = ITERATIONS, .seed = 1, .threads = 1 };
    struct rf_err err = { 0 };
    struct rf_csr a = { 0 }, at = { 0 };
    struct rf_svd d = { 0 };
    char *text = NULL;
    double took;
    if (rf_blas_init(&err) || !(text = make_prompts(&err)) || hash_all(text, ROUTEFIT_BUCKETS, &a, &took, &err))
        goto out;
    const double bytes = (double)PROMPTS * BYTES;
    report("hash 10.9 MB of prompts", took, read_once(text, PROMPTS * (size_t)BYTES), "s");
    printf("%-28s %10.1f MB/s, %zu entries\n", "", bytes / 1e6 / took, rf_csr_entries(&a));
    rf_csr_release(&a);
    if (hash_all(text, BUCKETS, &a, &took, &err))
        goto out;
    printf("%-28s %10.1f MB/s with 2^18 buckets\n", "", bytes / 1e6 / took);
    rf_free(text);
    text = NULL;
    double start = rf_seconds();
    if (rf_csr_transpose(&a, 1, &at, &err))
        goto out;
    rf_csr_release(&a);
    const double entries = (double)rf_csr_entries(&at), rate = cached_bandwidth(&err);
    report("transpose", rf_seconds() - start, entries * 16 / rate, "s");
    start = rf_seconds();
    if (rf_svd_sparse(&at, &o, &d, &err))
        goto out;
    /* a full pass gathers a line (64 bytes) and updates one (128); the last half pass gathers */
    report("svd to 256, 5 iterations", rf_seconds() - start, entries * SLICES * (ITERATIONS * 208.0 + 72.0) / rate,
           "s");
    printf("%-28s energy %.1f of %.1f, peak memory %.0f MB\n", "", d.energy, d.total, (double)rf_peak_rss() / 1e6);
out:
    if (err.code)
        printf("%s\n", err.msg);
    rf_free(text);
    rf_csr_release(&a);
    rf_csr_release(&at);
    rf_svd_release(&d);
    return err.code ? 1 : 0;
}
