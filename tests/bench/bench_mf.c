/* What fitting the matrix factorisation costs: an epoch of RouteLLM's recipe, a pass of the convex solver, and the time
 * of both to the lowest selection loss of the recipe. Data: $RFBENCH_TMP/mfq.f32 and mfq.ids (float32 [55000][1536];
 * int32 pairs winner, loser) where present, else planted in the same way. Prints "name  measured  floor  ratio" on one
 * thread. usage: bench_mf [EPOCHS]: of the recipe, 3 without it; its own best takes 100, some minutes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/stats.h"
#include "train/mf_fit.h"

enum { ROWS = 55000, TRAIN = 50000, SELECT = 2500, DIM = 1536, MODELS = 64, K = 128, TOPICS = 96, BATCH = 64 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void line(const char *name, double measured, double floor)
{
    printf("%-58s %10.4f s %10.4f s %8.2f\n", name, measured, floor, measured / floor);
    fflush(stdout);
}

/* ---- data ---- */

static int read_file(const char *dir, const char *name, void *out, size_t bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    if (!f)
        return -1;
    const size_t got = fread(out, 1, bytes, f);
    fclose(f);
    return got == bytes ? 0 : -1;
}

static int read_peers_data(float *x, struct rf_mf_pair *pair)
{
    const char *dir = getenv("RFBENCH_TMP");
    int32_t *ids = rf_calloc(2 * ROWS, sizeof *ids, NULL);
    int rc = dir && ids && !read_file(dir, "mfq.ids", ids, 2 * ROWS * sizeof *ids) &&
                     !read_file(dir, "mfq.f32", x, (size_t)ROWS * DIM * sizeof *x)
                 ? 0
                 : -1;
    for (size_t i = 0; !rc && i < ROWS; i++)
        pair[i] = (struct rf_mf_pair){ (uint32_t)ids[2 * i], (uint32_t)ids[2 * i + 1], (uint32_t)i, 1 };
    rf_free(ids);
    return rc;
}

/* Vectors of length 1 with a common part, decaying topics and noise; winners from strengths and tastes over the topics.
 */
static void plant(float *x, struct rf_mf_pair *pair)
{
    static float topic[(TOPICS + 1) * DIM], noise[65536 + DIM], z[TOPICS + 1], taste[MODELS][TOPICS], strength[MODELS];
    struct rf_rng r;
    rf_rng_init(&r, 21, 0);
    for (size_t i = 0; i < (TOPICS + 1) * DIM; i++)
        topic[i] = (float)(rf_rng_normal(&r) / sqrt(DIM));
    for (size_t i = 0; i < 65536 + DIM; i++)
        noise[i] = (float)(0.03 * rf_rng_normal(&r));
    for (size_t m = 0; m < MODELS; m++) {
        strength[m] = (float)(0.9 * rf_rng_normal(&r));
        for (size_t t = 0; t < TOPICS; t++)
            taste[m][t] = (float)(0.55 * rf_rng_normal(&r) / sqrt(1 + (double)t / 4));
    }
    for (size_t i = 0; i < ROWS; i++) {
        float *q = x + i * DIM;
        memcpy(q, noise + rf_rng_below(&r, 65536), DIM * sizeof *q);
        for (size_t t = 0; t < TOPICS; t++)
            z[t] = (float)(rf_rng_normal(&r) / sqrt(1 + (double)t / 4));
        z[TOPICS] = 3;
        rf_sgemv(true, TOPICS + 1, DIM, 1, topic, DIM, z, 1, q);
        const float length = sqrtf(rf_sdot(DIM, q, q));
        for (size_t j = 0; j < DIM; j++)
            q[j] /= length;
        const uint32_t a = rf_rng_below(&r, MODELS), b = (a + 1 + rf_rng_below(&r, MODELS - 1)) % MODELS;
        double logit = (double)(strength[a] - strength[b]);
        for (size_t t = 0; t < TOPICS; t++)
            logit += (double)(z[t] * (taste[a][t] - taste[b][t]));
        const int a_won = rf_rng_uniform(&r) < rf_sigmoid(logit);
        pair[i] = (struct rf_mf_pair){ a_won ? a : b, a_won ? b : a, (uint32_t)i, 1 };
    }
}

/* ---- watching a fit ---- */

struct race {
    double began, goal;   /* goal: stop at this selection loss; 0: never */
    double best, best_at; /* lowest selection loss, seconds to it */
    double first, last;   /* seconds to the end of the first epoch and of the last */
};

static int look(void *ctx, const struct rf_mf_epoch *e, struct rf_err *err)
{
    struct race *r = ctx;
    (void)err;
    r->last = seconds() - r->began;
    if (r->first <= 0)
        r->first = r->last;
    if (e->valid.loss < r->best) {
        r->best = e->valid.loss;
        r->best_at = r->last;
    }
    return r->best <= r->goal ? RF_INTERRUPTED : 0;
}

/* The two products of every step of an epoch, nothing else. */
static double products(size_t steps)
{
    float *in = rf_calloc((size_t)BATCH * DIM, 4, NULL), *w = rf_calloc((size_t)K * DIM, 4, NULL);
    float *g = rf_calloc((size_t)K * DIM, 4, NULL), *h = rf_calloc((size_t)BATCH * K, 4, NULL);
    const double t = seconds();
    for (size_t i = 0; i < steps; i++) {
        rf_sgemm(false, true, BATCH, K, DIM, 1, in, DIM, w, DIM, 0, h, K);
        rf_sgemm(true, false, K, DIM, BATCH, 1, h, K, in, DIM, 0, g, DIM);
    }
    const double took = seconds() - t;
    rf_free(in);
    rf_free(w);
    rf_free(g);
    rf_free(h);
    return took;
}

static void bench_epoch(const struct rf_mf_data *all)
{
    enum { EPOCHS = 4 }; /* the first one touches the memory */
    const struct rf_mf_recipe o = { { 3e-4, 0.9, 0.999, 1e-8, 1e-5 }, 0.1, BATCH, EPOCHS, 0, 1, RF_MF_DECISIVE };
    struct rf_mf_data d = *all;
    struct race r = { .began = seconds(), .best = INFINITY };
    struct rf_mf_model m;
    d.trains = ROWS;
    d.valids = 0;
    rf_mf_model_init(&m, MODELS, K, DIM, NULL);
    rf_mf_model_start(&m, 1);
    rf_mf_adam(&m, &d, &o, &(struct rf_mf_watch){ look, &r }, NULL, NULL);
    line("recipe: epoch of 55,000, batch 64; floor: its products", (r.last - r.first) / (EPOCHS - 1),
         products((ROWS + BATCH - 1) / BATCH));
    rf_mf_model_release(&m);
}

static void bench_pass(const struct rf_mf_data *d)
{
    enum { ROUNDS = 5 };
    struct rf_mf_pass *pass = NULL;
    struct rf_mf_loss loss;
    double *g = rf_calloc((size_t)MODELS * DIM, sizeof *g, NULL), took = 0, bound = 0;
    float *u = rf_calloc((size_t)MODELS * DIM, sizeof *u, NULL), *y = rf_calloc(TRAIN, sizeof *y, NULL);
    double t = seconds();
    rf_mf_pass_new(&pass, d->x, d->rows, DIM, MODELS, d->train, d->trains, NULL);
    printf("%-58s %10.4f s\n", "convex: sorting 50,000 pairs", seconds() - t);
    for (int i = 0; i <= ROUNDS; i++) { /* the first warms up */
        t = seconds();
        rf_mf_pass_run(pass, u, 0.1, 1, &loss, g, NULL);
        took += i ? (seconds() - t) / ROUNDS : 0;
        t = seconds();
        rf_sgemv(false, TRAIN, DIM, 1, d->x, DIM, u, 0, y);
        bound += i ? (seconds() - t) / ROUNDS : 0;
    }
    line("convex: pass over 50,000; floor: one read (sgemv)", took, bound);
    rf_mf_pass_free(pass);
    rf_free(g);
    rf_free(u);
    rf_free(y);
}

/* Seconds of both to the recipe's lowest selection loss: measured = convex solver, floor = the recipe. */
static void bench_race(const struct rf_mf_data *d, double alpha, double ridge, size_t epochs)
{
    const struct rf_mf_recipe o = { { 3e-4, 0.9, 0.999, 1e-8, 1e-5 }, alpha, BATCH, epochs, 0, 1, RF_MF_DECISIVE };
    const struct rf_mf_convex c = { &alpha, 1, &ridge, 1, 0, 300, 0, 1 };
    struct rf_mf_pass *report = NULL;
    struct rf_mf_loss of_recipe, of_convex;
    struct race slow = { .best = INFINITY }, fast = { .best = INFINITY };
    struct rf_mf_model m;
    float *u = rf_calloc((size_t)MODELS * DIM, sizeof *u, NULL),
          *unit = rf_calloc((size_t)MODELS * K, sizeof *unit, NULL);
    rf_mf_pass_new(&report, d->x, d->rows, DIM, MODELS, d->train + TRAIN + SELECT, ROWS - TRAIN - SELECT, NULL);
    rf_mf_model_init(&m, MODELS, K, DIM, NULL);
    rf_mf_model_start(&m, 1);
    slow.began = seconds();
    rf_mf_adam(&m, d, &o, &(struct rf_mf_watch){ look, &slow }, NULL, NULL);
    rf_mf_model_scores(&m, u, unit);
    rf_mf_pass_run(report, u, 0, 1, &of_recipe, NULL, NULL);
    fast.goal = slow.best;
    fast.began = seconds();
    rf_mf_convex(&m, d, &c, &(struct rf_mf_watch){ look, &fast }, NULL, NULL, NULL);
    rf_mf_model_scores(&m, u, unit);
    rf_mf_pass_run(report, u, 0, 1, &of_convex, NULL, NULL);
    printf("alpha %g, ridge %g: recipe %.5f after %.2f s (%zu epochs, report %.5f); convex %.5f after %.3f s (report "
           "%.5f); "
           "%.0f times%s\n",
           alpha, ridge, slow.best, slow.best_at, epochs, of_recipe.loss, fast.best, fast.best_at, of_convex.loss,
           slow.best_at / fast.best_at, fast.best <= slow.best ? "" : " (NOT REACHED)");
    fflush(stdout);
    rf_mf_pass_free(report);
    rf_mf_model_release(&m);
    rf_free(u);
    rf_free(unit);
}

/* The search that `fit mf` makes without options, all of it; floor: reading the vectors once for each evaluation. */
static void bench_search(const struct rf_mf_data *d)
{
    const double alpha[] = { 0, 0.1, 0.3, 1 }, ridge[] = { 1e-1, 1e-2, 1e-3, 1e-4, 1e-5 };
    const struct rf_mf_convex c = { alpha, 4, ridge, 5, 0, 300, 10, 1 };
    struct rf_mf_report report;
    struct rf_mf_points points = { 0 };
    struct rf_mf_model m;
    float *y = rf_calloc(TRAIN, sizeof *y, NULL);
    size_t evals = 0;
    rf_mf_model_init(&m, MODELS, K, DIM, NULL);
    double t = seconds();
    rf_mf_convex(&m, d, &c, NULL, &report, &points, NULL);
    const double took = seconds() - t;
    for (size_t i = 0; i < points.n; i++)
        evals += points.v[i].evals;
    t = seconds();
    rf_sgemv(false, TRAIN, DIM, 1, d->x, DIM, d->x, 0, y);
    line("convex: the whole default search", took, (double)evals * (seconds() - t));
    printf("%zu points, %zu evaluations; kept alpha %g, ridge %g: selection loss %.5f\n", points.n, evals,
           points.v[points.best].alpha, points.v[points.best].ridge, report.valid.loss);
    rf_mf_model_release(&m);
    rf_free(points.v);
    rf_free(y);
}

int main(int argc, char **argv)
{
    const long epochs = argc > 1 ? strtol(argv[1], NULL, 10) : 3;
    struct rf_err err = { 0 };
    float *x = rf_calloc((size_t)ROWS * DIM, sizeof *x, &err);
    struct rf_mf_pair *pair = rf_calloc(ROWS, sizeof *pair, &err);
    if (!x || !pair || rf_blas_init(&err) || epochs < 1) {
        fprintf(stderr, "bench_mf: %s\n", err.code ? err.msg : "usage: bench_mf [EPOCHS]");
        return 1;
    }
    const int planted = read_peers_data(x, pair) != 0;
    if (planted)
        plant(x, pair);
    printf("bench_mf: %s, %s\n", planted ? "planted data" : "the peers' data", rf_blas_info());
    const struct rf_mf_data d = { .x = x,
                                  .rows = ROWS,
                                  .dim = DIM,
                                  .models = MODELS,
                                  .train = pair,
                                  .valid = pair + TRAIN,
                                  .trains = TRAIN,
                                  .valids = SELECT,
                                  .threads = 1 };
    bench_epoch(&d);
    bench_pass(&d);
    bench_race(&d, 0.1, 0, (size_t)epochs);
    bench_race(&d, 0, 1e-5, (size_t)epochs);
    bench_search(&d);
    rf_free(x);
    rf_free(pair);
    return 0;
}
