/* What an evaluation costs at MMLU's size: the exact curve with all metrics, and 1,000 bootstrap resamples. Floors,
 * measured here: a stable counting sort of the scores' upper 16 bits with one pass of sums; drawing the counts with the
 * cheapest generator and adding up the area in whole numbers. Prints "name  measured  floor  ratio"; best of several
 * rounds, one thread. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/progress.h"
#include "core/rng.h"
#include "eval/boot.h"
#include "eval/curve.h"
#include "eval/metric.h"

enum { N = 14037, RESAMPLES = 1000, ROUNDS = 15, BUCKETS = 1 << 16 };

static double score[N], strong[N], weak[N];
static volatile double keep; /* so that nothing is optimised away */

static void make(void)
{
    struct rf_rng r;
    rf_rng_init(&r, 1, 0);
    for (size_t i = 0; i < N; i++) {
        score[i] = rf_rng_uniform(&r);
        strong[i] = rf_rng_below(&r, 100) < 80;
        weak[i] = rf_rng_below(&r, 100) < 68;
    }
}

static void curve_floor(void)
{
    static uint32_t count[BUCKETS + 1], order[N];
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < N; i++)
        count[(size_t)(score[i] * BUCKETS) + 1]++;
    for (size_t b = 0; b < BUCKETS; b++)
        count[b + 1] += count[b];
    for (uint32_t i = 0; i < N; i++)
        order[count[(size_t)(score[i] * BUCKETS)]++] = i;
    double gain = 0, area = 0;
    for (size_t i = N; i--;) {
        const double lift = strong[order[i]] - weak[order[i]];
        area += gain + lift / 2;
        gain += lift;
    }
    keep = area / gain;
}

static void curve_measured(void)
{
    const struct rf_scored s = { N, score, strong, weak };
    struct rf_curve c;
    double m[RF_METRICS];
    if (!rf_curve_init(&c, &s, NULL))
        rf_metrics_of(&c, m);
    keep = m[RF_APGR];
    rf_curve_release(&c);
}

static void boot_floor(void)
{
    static uint16_t count[N];
    static int8_t lift[N];
    uint64_t x = 88172645463325252u;
    for (size_t i = 0; i < N; i++)
        lift[i] = (int8_t)(strong[i] - weak[i]);
    for (int r = 0; r < RESAMPLES; r++) {
        memset(count, 0, sizeof count);
        for (size_t i = 0; i < N; i += 2) { /* xorshift64, two indices a word */
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            count[(uint32_t)x * (uint64_t)N >> 32]++;
            count[(x >> 32) * N >> 32]++;
        }
        int64_t area = 0;
        int gain = 0;
        for (size_t i = 0; i < N; i++) {
            const int k = count[i], more = k * lift[i];
            area += (int64_t)(2 * gain + more) * k;
            gain += more;
        }
        keep = (double)area / gain;
    }
}

static void boot_measured(bool areas_only)
{
    const struct rf_scored s = { N, score, strong, weak };
    const struct rf_boot_options o = { .resamples = RESAMPLES, .seed = 1, .threads = 1, .areas_only = areas_only };
    struct rf_curve c;
    struct rf_boot b = { 0 };
    if (!rf_curve_init(&c, &s, NULL) && !rf_boot_of(&c, &o, &b, NULL))
        keep = b.se[RF_APGR];
    rf_curve_release(&c);
}

static void boot_areas(void)
{
    boot_measured(true);
}

static void boot_all(void)
{
    boot_measured(false);
}

static double milliseconds(void (*f)(void))
{
    const double start = rf_seconds();
    f();
    return 1e3 * (rf_seconds() - start);
}

/* Both sides in turn, so that they meet the same machine. */
static void line(const char *name, void (*measured)(void), void (*floor)(void))
{
    double best = INFINITY, least = INFINITY;
    for (int i = 0; i < ROUNDS; i++) {
        best = fmin(best, milliseconds(measured));
        least = fmin(least, milliseconds(floor));
    }
    printf("%-44s %9.3f  %9.3f ms       ratio %.2f\n", name, best, least, best / least);
}

int main(void)
{
    make();
    line("eval: 14,037 prompts, curve and metrics", curve_measured, curve_floor);
    line("eval: 1,000 bootstraps of APGR and AUC", boot_areas, boot_floor);
    line("eval: 1,000 bootstraps, all metrics, band", boot_all, boot_floor);
    return 0;
}
