/* What overlap costs on one thread, on made-up prompts and vectors: near-duplicates among 100,000 prompts of 480 bytes
 * (floor: their minhash products alone, at one multiplication of 8 lanes a cycle, clock measured), and cosines of
 * 2,000 x 16,000 vectors of 1,536 (floor: their matrix product). Prints "name  measured  floor  ratio".
 * With arguments M N: cosines of M x N instead. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/blas.h"
#include "core/progress.h"
#include "datasets/cosine.h"
#include "made_texts.h"

enum { PROMPTS = 100000, PLANTED = 1000, BYTES = 480, HASHES = 320, DIM = 1536 };

/* Of processor time, which others on the machine hardly change: all of this runs on one thread. */
static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void report(const char *name, double measured, double floor)
{
    printf("%-36s %10.3f s  floor %10.3f s  ratio %8.2f\n", name, measured, floor, measured / floor);
}

/* Seconds of a chain of dependent additions that takes one cycle each. */
static double cycle(void)
{
    enum { CHAIN = 400000000 };
    const double start = seconds();
    size_t x = 1;
    for (size_t i = 0; i < CHAIN; i++)
        __asm__ volatile("add $1, %0" : "+r"(x));
    return (seconds() - start) / CHAIN;
}

static int bench_near(struct rf_err *err)
{
    const struct rf_near_options o = { .jaccard = .8, .threads = 1 };
    struct rf_buf bytes = { 0 };
    struct rf_str *text = NULL;
    struct rf_pairs p = { 0 };
    struct rf_rng r;
    char copy[2 * BYTES];
    size_t planted = 0;
    int rc = RF_NEW(text, PROMPTS, err);
    if (rc || (rc = rf_buf_reserve(&bytes, PROMPTS * (size_t)(BYTES + 32), err)))
        goto out;
    rf_rng_init(&r, 11, 0);
    for (size_t i = 0; i < PROMPTS; i++) {
        size_t at;
        if (i < PROMPTS - PLANTED) {
            at = made_text(&r, BYTES, &bytes);
        } else { /* the last ones are near copies of the first */
            const struct rf_str of = text[i - (PROMPTS - PLANTED)];
            memcpy(copy, of.s, of.len);
            at = made_copy(&r, (struct rf_str){ copy, of.len }, .8, &bytes);
        }
        text[i] = (struct rf_str){ bytes.data + at, bytes.len - at };
    }
    const double start = seconds();
    if ((rc = rf_near_pairs(text, PROMPTS, &o, &p, err)))
        goto out;
    report("near-duplicates, 100,000 prompts", seconds() - start, (double)bytes.len * HASHES / 8 * cycle());
    for (size_t i = 0; i < p.n; i++)
        planted += p.v[i].b - p.v[i].a == PROMPTS - PLANTED;
    printf("%-36s %zu of %d planted pairs found, peak memory %.0f MB\n", "", planted, PLANTED,
           (double)rf_peak_rss() / 1e6);
out:
    rf_pairs_release(&p);
    rf_buf_release(&bytes);
    rf_free(text);
    return rc;
}

static int bench_cosine(size_t m, size_t n, struct rf_err *err)
{
    enum { ROWS = 512 };
    float *a = NULL, *b = NULL, *c = NULL;
    struct rf_pairs p = { 0 };
    struct rf_rng r;
    int rc;
    if ((rc = RF_NEW(a, m * DIM, err)) || (rc = RF_NEW(b, n * DIM, err)) || (rc = RF_NEW(c, ROWS * n, err)))
        goto out;
    rf_rng_init(&r, 2, 0);
    for (size_t i = 0; i < m * DIM; i++)
        a[i] = (float)rf_rng_u32(&r) / 4e9f - .5f;
    for (size_t i = 0; i < n * DIM; i++)
        b[i] = (float)rf_rng_u32(&r) / 4e9f - .5f;
    double start = seconds();
    for (size_t i = 0; i < m; i += ROWS)
        rf_sgemm(false, true, m - i < ROWS ? m - i : ROWS, n, DIM, 1, a + i * DIM, DIM, b, DIM, 0, c, n);
    const double floor = seconds() - start;
    start = seconds();
    if ((rc = rf_cosine_pairs(a, m, b, n, DIM, .95, 1, &p, err)))
        goto out;
    char name[64];
    snprintf(name, sizeof name, "cosine, %zu x %zu x %d", m, n, DIM);
    report(name, seconds() - start, floor);
out:
    rf_pairs_release(&p);
    rf_free(a);
    rf_free(b);
    rf_free(c);
    return rc;
}

int main(int argc, char **argv)
{
    struct rf_err err = { 0 };
    const bool sized = argc == 3;
    if (rf_blas_init(&err) || (!sized && bench_near(&err)) ||
        bench_cosine(sized ? strtoul(argv[1], NULL, 10) : 2000, sized ? strtoul(argv[2], NULL, 10) : 16000, &err))
        printf("%s\n", err.msg);
    return err.code ? 1 : 0;
}
