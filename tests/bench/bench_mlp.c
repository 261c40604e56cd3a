/* What an epoch of fit mlp costs, one thread, in seconds of the processor: 30,000 made vectors of 384, 11 models, a
 * hidden layer of 100, batches of 200. Floor: the two wide matrix products of each step alone. In turn with it
 * scikit-learn as RouterBench calls it, one model after another (peer_mlp.py, by $ROUTEFIT_PEER_PYTHON or
 * /usr/bin/python3), after a fit without shuffling from the same start has given the same predictions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"
#include "train/mlp.h"

enum { ROWS = 30000, DIM = 384, MODELS = 11, HIDDEN = 100, BATCH = 200, EPOCHS = 2, ROUNDS = 3, SHOWN = 1000 };

static double processor_seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

static void plant(float *x, float *y, uint32_t *row)
{
    static float w[MODELS * DIM];
    struct rf_rng r;
    rf_rng_init(&r, 1, 0);
    for (size_t i = 0; i < MODELS * DIM; i++)
        w[i] = (float)(12 * rf_rng_normal(&r));
    for (size_t i = 0; i < ROWS; i++) {
        double square = 0;
        for (size_t j = 0; j < DIM; j++) {
            x[i * DIM + j] = (float)rf_rng_normal(&r);
            square += (double)x[i * DIM + j] * (double)x[i * DIM + j];
        }
        rf_saxpy(DIM, (float)(1 / sqrt(square)) - 1, x + i * DIM, x + i * DIM);
        for (size_t m = 0; m < MODELS; m++)
            y[i * MODELS + m] =
                rf_rng_uniform(&r) < rf_sigmoid((double)rf_sdot(DIM, x + i * DIM, w + m * DIM) + rf_rng_normal(&r));
        row[i] = (uint32_t)i;
    }
}

static int fit(const struct rf_mlp_data *d, size_t heads, bool in_order, struct rf_mlp *m, struct rf_err *err)
{
    const struct rf_mlp_data none = { .x = d->x, .heads = d->heads };
    const struct rf_mlp_recipe o = { .loss = RF_MLP_SQUARED,
                                     .adam = { 1e-3, 0.9, 0.999, 1e-8, 0 },
                                     .l2 = 1e-4,
                                     .batch = BATCH,
                                     .epochs = EPOCHS,
                                     .seed = 1,
                                     .in_order = in_order,
                                     .threads = 1 };
    struct rf_mlp_head head[MODELS];
    bool interrupted;
    const int rc = rf_mlp_init(m, heads, DIM, (const size_t[]){ HIDDEN }, 1, err);
    if (rc)
        return rc;
    rf_mlp_start(m, 1);
    return rf_mlp_fit(m, d, &none, &o, NULL, NULL, NULL, head, &interrupted, err);
}

/* Forward and backward products of an epoch. */
static double products(const float *x, struct rf_err *err)
{
    const size_t wide = MODELS * HIDDEN;
    float *const w = rf_calloc(wide * DIM, sizeof *w, err), *const a = rf_calloc(BATCH * wide, sizeof *a, err);
    const double from = processor_seconds();
    for (size_t i = 0; w && a && i < ROWS; i += BATCH) {
        rf_sgemm(false, true, BATCH, wide, DIM, 1, x + i * DIM, DIM, w, DIM, 0, a, wide);
        rf_sgemm(true, false, wide, DIM, BATCH, 1, a, wide, x + i * DIM, DIM, 0, w, DIM);
    }
    rf_free(w);
    rf_free(a);
    return processor_seconds() - from;
}

static int put(const char *folder, const char *name, const float *v, size_t n, const char *mode)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const f = fopen(path, mode);
    if (!f)
        return -1;
    const int rc = fwrite(v, sizeof *v, n, f) == n ? 0 : -1;
    return fclose(f) ? -1 : rc;
}

/* n numbers that the peer prints, or -1. */
static int peer(const char *folder, const char *what, double *out, size_t n)
{
    const char *const python = getenv("ROUTEFIT_PEER_PYTHON");
    char line[8192];
    size_t got = 0;
    snprintf(line, sizeof line,
             "OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 '%s' tests/bench/peer_mlp.py '%s' %s %d %d %d %d %d 2>/dev/null",
             python ? python : "/usr/bin/python3", folder, what, ROWS, DIM, MODELS, HIDDEN, EPOCHS);
    FILE *const f = popen(line, "r");
    while (f && got < n && fscanf(f, "%lf", &out[got]) == 1)
        got++;
    return f && pclose(f) == 0 && got == n ? 0 : -1;
}

static int agree(const char *folder, const struct rf_mlp_data *d, struct rf_err *err)
{
    static double theirs[SHOWN];
    struct rf_mlp m;
    double most = 0, ours;
    int rc = rf_mlp_init(&m, 1, DIM, (const size_t[]){ HIDDEN }, 1, err);
    rf_mlp_start(&m, 1);
    if (rc || put(folder, "mlp_start.f32", m.w[0], HIDDEN * DIM, "wb") ||
        put(folder, "mlp_start.f32", m.b[0], HIDDEN, "ab") || put(folder, "mlp_start.f32", m.w[1], HIDDEN, "ab") ||
        put(folder, "mlp_start.f32", m.b[1], 1, "ab") || peer(folder, "agree", theirs, SHOWN)) {
        rf_mlp_release(&m);
        return -1;
    }
    rf_mlp_release(&m);
    if (!(rc = fit(d, 1, true, &m, err)))
        for (size_t i = 0; i < SHOWN; i++) {
            rf_mlp_predict(&m, d->x + i * DIM, &ours);
            most = fmax(most, fabs(ours - theirs[i]));
        }
    rf_mlp_release(&m);
    printf("mlp %dx%d, %d epochs in order from one start: predictions within %.1e of scikit-learn's\n", ROWS, DIM,
           EPOCHS, most);
    return rc ? rc : most < 1e-3 ? 0 : rf_fail(err, RF_FAIL, "expected them within 1e-3");
}

static int run(const char *folder, const float *x, const float *y, const struct rf_mlp_data *d, struct rf_err *err)
{
    double best = INFINITY, floor = INFINITY, theirs, most = 0, least = INFINITY;
    const bool side = !put(folder, "mlp_x.f32", x, ROWS * DIM, "wb") &&
                      !put(folder, "mlp_y.f32", y, ROWS * MODELS, "wb") && !agree(folder, d, err);
    if (err->code)
        return err->code;
    if (!side)
        printf("SKIP mlp beside scikit-learn: no %s to write to, or no python3 with scikit-learn\n", folder);
    for (int r = 0; r < ROUNDS; r++) {
        struct rf_mlp m;
        floor = fmin(floor, products(x, err));
        const double from = processor_seconds();
        const int rc = fit(d, MODELS, false, &m, err);
        const double ours = (processor_seconds() - from) / EPOCHS;
        rf_mlp_release(&m);
        if (rc)
            return rc;
        best = fmin(best, ours);
        if (!side || peer(folder, "time", &theirs, 1))
            continue;
        most = fmax(most, theirs / ours);
        least = fmin(least, theirs / ours);
        printf("mlp epoch of %d models, round %d: %.3f s, scikit-learn %.3f s, ratio %.2f\n", MODELS, r + 1, ours,
               theirs, theirs / ours);
    }
    printf("mlp epoch, %dx%d, %d models of %d units  %.3f s  floor %.3f s  ratio %.2f\n", ROWS, DIM, MODELS, HIDDEN,
           best, floor, best / floor);
    if (most > 0)
        printf("mlp epoch, scikit-learn against it: %.2f to %.2f times\n", least, most);
    return 0;
}

int main(void)
{
    const char *const folder = getenv("RFBENCH_TMP");
    struct rf_err err = { 0 };
    float *x = NULL, *y = NULL;
    uint32_t *row = NULL;
    int rc = 1;
    if (rf_blas_init(&err) || RF_NEW(x, (size_t)ROWS * DIM, &err) || RF_NEW(y, (size_t)ROWS * MODELS, &err) ||
        RF_NEW(row, ROWS, &err))
        goto out;
    plant(x, y, row);
    const struct rf_mlp_data d = { x, row, y, NULL, ROWS, MODELS };
    rc = run(folder ? folder : "/tmp", x, y, &d, &err) ? 1 : 0;
out:
    if (rc)
        fprintf(stderr, "bench_mlp: %s\n", err.msg);
    rf_free(x);
    rf_free(y);
    rf_free(row);
    return rc;
}
