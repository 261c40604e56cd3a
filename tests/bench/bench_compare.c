/* What a duel over the whole curve costs at MMLU's size: 10,000 paired bootstraps of two routers, with pointwise and
 * simultaneous bands of both and of their difference. Floor: drawing the counts alone. Beside it, where python3 has
 * numpy, the same there: multiplicities by bincount on presorted arrays, cumulated sums, bands by interp and percentile
 * (a tenth of the resamples, times ten). Prints "name  measured  floor  ratio" in seconds of processor time, which a
 * busy machine does not stretch; best of three rounds, one thread. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/mem.h"
#include "core/resample.h"
#include "core/rng.h"
#include "eval/compare.h"
#include "eval/compare_band.h"

enum { N = 14037, RESAMPLES = 10000, ROUNDS = 2 };

static double score[2][N], strong[N], weak[N];
static struct rf_curve curve[2];
static volatile double keep; /* so that nothing is optimised away */

static const char numpy[] =
    "import time, numpy as np\n"
    "n, R = 14037, 1000\n"
    "rng = np.random.default_rng(0)\n"
    "strong = (rng.random(n) < .8).astype(float)\n"
    "weak = (rng.random(n) < .68).astype(float)\n"
    "o = [np.argsort(-rng.random(n)) for k in range(2)]\n"
    "d = [(strong - weak)[k] for k in o]\n"
    "at = np.linspace(0, n, 101)\n"
    "best = 1e9\n"
    "for _ in range(2):\n"
    "    t = time.process_time()\n"
    "    band, apgr = np.empty((3, R, 101)), np.empty((2, R))\n"
    "    for r in range(R):\n"
    "        c = np.bincount(rng.integers(0, n, n), minlength=n)\n"
    "        w = c @ weak\n"
    "        for k in range(2):\n"
    "            m = c[o[k]]\n"
    "            step = m * d[k]\n"
    "            g = np.cumsum(step)\n"
    "            apgr[k, r] = ((g - step / 2) @ m) / n / g[-1]\n"
    "            band[k, r] = (w + np.interp(at, np.cumsum(m), g)) / n\n"
    "    band[2] = band[0] - band[1]\n"
    "    sd = band.std(axis=1)\n"
    "    t_max = np.abs((band - band.mean(axis=1, keepdims=True)) / np.where(sd > 0, sd, 1)[:, None]).max(axis=2)\n"
    "    np.percentile(t_max, 95, axis=1)\n"
    "    np.percentile(band, [2.5, 97.5], axis=1)\n"
    "    np.percentile(apgr[0] - apgr[1], [2.5, 97.5])\n"
    "    best = min(best, time.process_time() - t)\n"
    "print(best * 10)\n";

static void make(void)
{
    struct rf_rng r;
    rf_rng_init(&r, 1, 0);
    for (size_t i = 0; i < N; i++) {
        score[0][i] = rf_rng_uniform(&r);
        score[1][i] = rf_rng_uniform(&r);
        strong[i] = rf_rng_below(&r, 100) < 80;
        weak[i] = rf_rng_below(&r, 100) < 68;
    }
    for (size_t k = 0; k < 2; k++) {
        const struct rf_scored s = { N, score[k], strong, weak };
        if (rf_curve_init(&curve[k], &s, NULL))
            exit(1);
    }
}

static void draw(bool poisson)
{
    static uint8_t count[N * RF_LANES];
    uint64_t size[RF_LANES];
    for (size_t b = 0; b < RESAMPLES / RF_LANES; b++)
        rf_resample(1, b, N, poisson, count, size);
    keep = count[0];
}

static void draw_multinomial(void)
{
    draw(false);
}

static void draw_poisson(void)
{
    draw(true);
}

static void bands(bool poisson)
{
    static struct rf_compare_band b;
    const struct rf_boot_options o = { .resamples = RESAMPLES, .seed = 1, .threads = 1, .poisson = poisson };
    if (!rf_compare_band(&curve[0], &curve[1], &o, .95, &b, NULL))
        keep = b.widest[RF_SIDE_DIFFERENCE];
}

static void bands_multinomial(void)
{
    bands(false);
}

static void bands_poisson(void)
{
    bands(true);
}

static void duel(void)
{
    const struct rf_contestant who[2] = { { &curve[0], { RF_MEASURE_APGR, 0, NULL, NULL } },
                                          { &curve[1], { RF_MEASURE_APGR, 0, NULL, NULL } } };
    const struct rf_compare_options o = { .resamples = RESAMPLES, .seed = 1, .threads = 1, .level = .95, .delta = .02 };
    struct rf_duel d = { .a = 0, .b = 1, .margin = NAN };
    if (!rf_compare(who, 2, &o, &d, 1, NULL))
        keep = d.p;
}

static double seconds(void (*f)(void))
{
    struct timespec start, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    f();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec);
}

/* Both sides in turn, so that they meet the same machine. */
static double line(const char *name, void (*measured)(void), void (*floor)(void))
{
    double best = INFINITY, least = INFINITY;
    for (int i = 0; i < ROUNDS; i++) {
        best = fmin(best, seconds(measured));
        least = fmin(least, seconds(floor));
    }
    printf("%-52s %7.3f  %7.3f s        ratio %.2f\n", name, best, least, best / least);
    return best;
}

int main(void)
{
    char path[] = "/tmp/bench_compare_XXXXXX", command[128];
    double peer = 0;
    make();
    line("compare: APGR of two, bootstrap and swaps", duel, draw_multinomial);
    line("compare: 10,000 paired bands, Poisson counts", bands_poisson, draw_poisson);
    const double own = line("compare: 10,000 paired bands of 14,037 prompts", bands_multinomial, draw_multinomial);
    const int fd = mkstemp(path);
    FILE *script = fd < 0 ? NULL : fdopen(fd, "w");
    if (!script)
        return 1;
    fputs(numpy, script);
    fclose(script);
    snprintf(command, sizeof command, "python3 %s 2>/dev/null || /usr/bin/python3 %s 2>/dev/null", path, path);
    FILE *out = popen(command, "r");
    if (out && fscanf(out, "%lf", &peer) == 1)
        printf("%-52s %7.3f  %7.3f s        numpy / own %.1f\n", "compare: the same in numpy", own, peer, peer / own);
    else
        puts("compare: numpy is not installed");
    if (out)
        pclose(out);
    remove(path);
    rf_curve_release(&curve[0]);
    rf_curve_release(&curve[1]);
    return 0;
}
