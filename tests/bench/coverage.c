/* How often intervals hold what they say: simulated data sets whose truth is known. Usage: coverage [SETS [RESAMPLES]],
 * 2000 and 1000 if not given. Prints Markdown, kept in tests/bench/RESULTS.md.
 *
 * One pair of models: the score's rank share S is uniform, the lift (strong - weak) has the mean
 * g (1 + b (1 - 2S)), so that APGR = 1/2 + b/6 and CPT(x) solves s + b s (1 - s) = x. Right or wrong: as GSM8K's
 * 1,307 questions with the length baseline (g = .22, outcomes differ on .364). Graded in halves: as MT-Bench.
 * Many models: abilities against a prompt's difficulty, seen through noise; the true AIQ is that of 400,000 prompts.
 * Duels: two routers that see the same difficulty through noises of their own, equally large. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/resample.h"
#include "core/rng.h"
#include "core/stats.h"
#include "eval/boot.h"
#include "eval/compare.h"
#include "core/lambda.h"

enum { SIZES = 3, MODELS = 5, POPULATION = 400000, HALVES = 40 };
static const size_t size_of[SIZES] = { 72, 300, 1307 };
static size_t sets = 2000, resamples = 1000;

static void fail_if(int rc, const struct rf_err *err)
{
    if (rc) {
        printf("failed: %s\n", err->msg);
        exit(1);
    }
}

/* ---- one pair ---- */

struct pair_design {
    const char *name;
    double gap, slope, differ, noise; /* g, b; right or wrong: share of unequal outcomes; graded: sd of the lift */
};
static const struct pair_design pair_designs[] = {
    { "right or wrong, APGR .60", .22, .6, .364, 0 },
    { "graded, APGR .55", .93, .3, 0, 1.6 },
};

static double true_cpt(double b, double x)
{
    return (1 + b - sqrt((1 + b) * (1 + b) - 4 * b * x)) / (2 * b);
}

static void draw_pair(const struct pair_design *d, size_t n, struct rf_rng *r, double *score, double *strong,
                      double *weak)
{
    for (size_t i = 0; i < n; i++) {
        const double s = rf_rng_uniform(r), mean = d->gap * (1 + d->slope * (1 - 2 * s));
        score[i] = -s;
        if (d->noise > 0) {
            weak[i] = 7 + round(2 * rf_rng_normal(r)) / 2;
            strong[i] = weak[i] + round(2 * (mean + d->noise * rf_rng_normal(r))) / 2;
            continue;
        }
        const double u = rf_rng_uniform(r);
        const bool up = u < (d->differ + mean) / 2, same = u >= d->differ, right = rf_rng_uniform(r) < .8;
        strong[i] = up || (same && right);
        weak[i] = same ? strong[i] : !up;
    }
}

/* What one set says of one interval. */
struct found {
    bool none, below, above; /* no interval; the truth lies below or above it */
    double width;
};

static struct found judge(double low, double high, double truth)
{
    return (struct found){ isnan(low), truth<low, truth> high, high - low };
}

struct job {
    size_t n, design;
    uint64_t stream;
    double truth;
    struct found *a, *b, *c; /* [sets] */
    const struct rf_lambda_plan *plan;
};

static int pair_set(void *ctx, size_t set, struct rf_err *err)
{
    const struct job *j = ctx;
    const struct pair_design *d = &pair_designs[j->design];
    double *x = NULL;
    struct rf_curve c = { 0 };
    struct rf_boot b;
    struct rf_rng r;
    const struct rf_boot_options o = { .resamples = resamples, .seed = set + 1, .threads = 1 };
    int rc = RF_NEW(x, 3 * j->n, err);
    if (rc)
        goto out;
    rf_rng_init(&r, 77 + set, j->stream);
    draw_pair(d, j->n, &r, x, x + j->n, x + 2 * j->n);
    const struct rf_scored s = { j->n, x, x + j->n, x + 2 * j->n };
    if ((rc = rf_curve_init(&c, &s, err)) || (rc = rf_boot_of(&c, &o, &b, err)))
        goto out;
    j->a[set] = judge(b.low[RF_APGR], b.high[RF_APGR], .5 + d->slope / 6);
    j->b[set] = judge(b.low[RF_CPT50], b.high[RF_CPT50], true_cpt(d->slope, .5));
    /* the bands of quality: inside at the middle, inside everywhere */
    bool middle = true, everywhere = true;
    const double weak = d->noise > 0 ? 7 : .8 * (1 - d->differ) + (d->differ - d->gap) / 2;
    for (size_t i = 0; i < RF_BAND_POINTS; i++) {
        const double at = (double)i / (RF_BAND_POINTS - 1), q = weak + d->gap * (at + d->slope * at * (1 - at));
        if (2 * i == RF_BAND_POINTS - 1)
            middle = q >= b.band_low[i] && q <= b.band_high[i];
        everywhere = everywhere && q >= b.sim_low[i] && q <= b.sim_high[i];
    }
    j->c[set] = (struct found){ false, !middle, !everywhere, 0 };
out:
    rf_curve_release(&c);
    rf_free(x);
    return rc;
}

/* ---- many models ---- */

static const double ability[MODELS] = { -1, -.3, .2, .8, 1.6 }, price[MODELS] = { .1, .2, .5, 1, 3 };

struct field {
    double *score, *cost, *true_score; /* [n][MODELS] */
};

static int draw_field(size_t n, struct rf_rng *r, struct field *f, struct rf_err *err)
{
    int rc;
    *f = (struct field){ 0 };
    if ((rc = RF_NEW(f->score, n * MODELS, err)) || (rc = RF_NEW(f->cost, n * MODELS, err)) ||
        (rc = RF_NEW(f->true_score, n * MODELS, err)))
        return rc;
    for (size_t i = 0; i < n; i++) {
        const double hard = rf_rng_normal(r), seen = .8 * hard + .5 * rf_rng_normal(r);
        const double length = exp(.5 * rf_rng_normal(r));
        for (size_t m = 0; m < MODELS; m++) {
            f->score[i * MODELS + m] = rf_sigmoid(2 * (ability[m] - seen));
            f->cost[i * MODELS + m] = price[m] * length;
            f->true_score[i * MODELS + m] = rf_rng_uniform(r) < rf_sigmoid(2 * (ability[m] - hard));
        }
    }
    return 0;
}

static void field_release(struct field *f)
{
    rf_free(f->score);
    rf_free(f->cost);
    rf_free(f->true_score);
}

/* AIQ over one range: the hull's area, flat to the dearest model's mean cost, / that cost. */
static double aiq_of(const struct rf_lambda_plan *p, const uint8_t *count, size_t every, const struct field *f,
                     size_t n, struct rf_lambda_point *walk, struct rf_point *hull)
{
    const size_t points = rf_lambda_walk(p, count, every, walk);
    double cost = 0, draws = 0;
    size_t corners = 0;
    for (size_t i = 0; i < n; i++) {
        cost += (count ? count[i] : 1) * f->cost[i * MODELS + MODELS - 1];
        draws += count ? count[i] : 1;
    }
    for (size_t k = 0; k < points; k++)
        hull[k] = (struct rf_point){ fmax(0, walk[k].truth.cost), walk[k].truth.quality };
    return rf_hull(hull, points, hull, &corners, NULL) ? (double)NAN : rf_aiq_code(hull, corners, cost / draws);
}

static int aiq_set(void *ctx, size_t set, struct rf_err *err)
{
    const struct job *j = ctx;
    const size_t n = j->n;
    struct field f = { 0 };
    struct rf_lambda_plan *plan = NULL;
    struct rf_lambda_point *walk = NULL;
    struct rf_point *hull = NULL;
    double *x = NULL;
    uint8_t *lanes = NULL, *count = NULL;
    uint32_t *order = NULL;
    struct rf_rng r;
    rf_rng_init(&r, 99 + set, j->stream);
    int rc = draw_field(n, &r, &f, err);
    const struct rf_field field = { n, MODELS, f.score, f.cost, f.true_score, f.cost };
    if (rc || (rc = rf_lambda_plan_new(&plan, &field, err)) || (rc = RF_NEW(walk, rf_lambda_points(plan), err)) ||
        (rc = RF_NEW(hull, rf_lambda_points(plan), err)) || (rc = RF_NEW(x, 2 * resamples, err)) ||
        (rc = RF_NEW(lanes, n * RF_LANES, err)) || (rc = RF_NEW(count, n, err)) || (rc = RF_NEW(order, n, err)))
        goto out;
    for (size_t k = 0; k < n; k++)
        order[k] = (uint32_t)k;
    const size_t every = rf_lambda_points(plan) / 512 + 1;
    const double value = aiq_of(plan, NULL, 1, &f, n, walk, hull);
    for (size_t b = 0; b * RF_LANES < resamples; b++) {
        uint64_t size[RF_LANES];
        rf_resample(set + 1, b, n, false, lanes, size);
        for (size_t l = 0; l < RF_LANES && b * RF_LANES + l < resamples; l++) {
            for (size_t i = 0; i < n; i++)
                count[i] = lanes[i * RF_LANES + l];
            x[b * RF_LANES + l] = x[resamples + b * RF_LANES + l] = aiq_of(plan, count, every, &f, n, walk, hull);
        }
    }
    double halves = 0;
    for (size_t h = 0; h < HALVES; h++) {
        if (h % 2 == 0)
            rf_rng_shuffle(&r, order, n);
        for (size_t k = 0; k < n; k++) /* one half, then the other */
            count[order[k]] = (k < n / 2) == (h % 2 == 0);
        halves += aiq_of(plan, count, every, &f, n, walk, hull) / HALVES;
    }
    struct rf_resamples s = { .x = x, .n = resamples, .value = value, .acceleration = NAN };
    struct rf_interval i = rf_interval_of(&s, RF_INTERVAL_PERCENTILE, .95);
    j->a[set] = judge(i.low, i.high, j->truth);
    s.x = x + resamples;
    s.bias = rf_half_bias(value, halves);
    i = rf_interval_of(&s, RF_INTERVAL_BCA, .95);
    j->b[set] = judge(i.low, i.high, j->truth);
out:
    rf_lambda_plan_free(plan);
    field_release(&f);
    rf_free(walk);
    rf_free(hull);
    rf_free(x);
    rf_free(lanes);
    rf_free(count);
    rf_free(order);
    return rc;
}

static double true_aiq(void)
{
    struct field f;
    struct rf_lambda_plan *plan = NULL;
    struct rf_lambda_point *walk = NULL;
    struct rf_point *hull = NULL;
    struct rf_err err = { 0 };
    struct rf_rng r;
    rf_rng_init(&r, 1, 1);
    fail_if(draw_field(POPULATION, &r, &f, &err), &err);
    const struct rf_field field = { POPULATION, MODELS, f.score, f.cost, f.true_score, f.cost };
    fail_if(rf_lambda_plan_new(&plan, &field, &err), &err);
    fail_if(RF_NEW(walk, rf_lambda_points(plan), &err), &err);
    fail_if(RF_NEW(hull, rf_lambda_points(plan), &err), &err);
    const double truth = aiq_of(plan, NULL, 1, &f, POPULATION, walk, hull);
    rf_lambda_plan_free(plan);
    field_release(&f);
    rf_free(walk);
    rf_free(hull);
    return truth;
}

/* ---- duels ---- */

static int duel_set(void *ctx, size_t set, struct rf_err *err)
{
    const struct job *j = ctx;
    const size_t n = j->n;
    double *x = NULL;
    struct rf_curve c[2] = { { 0 }, { 0 } };
    struct rf_rng r;
    struct rf_duel duel = { .a = 0, .b = 1, .margin = NAN };
    const struct rf_compare_options o = {
        .resamples = resamples, .seed = set + 1, .threads = 1, .family = RF_FAMILY_HOLM, .level = .95, .delta = .02
    };
    int rc = RF_NEW(x, 4 * n, err);
    if (rc)
        goto out;
    rf_rng_init(&r, 55 + set, j->stream);
    for (size_t i = 0; i < n; i++) {
        const double hard = rf_rng_normal(&r);
        x[2 * n + i] = rf_rng_uniform(&r) < rf_sigmoid(2.2 - hard);
        x[3 * n + i] = rf_rng_uniform(&r) < rf_sigmoid(.6 - hard);
        x[i] = hard + 1.5 * rf_rng_normal(&r);
        x[n + i] = hard + 1.5 * rf_rng_normal(&r);
    }
    struct rf_contestant who[2];
    for (size_t k = 0; k < 2; k++) {
        const struct rf_scored s = { n, x + k * n, x + 2 * n, x + 3 * n };
        if ((rc = rf_curve_init(&c[k], &s, err)))
            goto out;
        who[k] = (struct rf_contestant){ &c[k], { j->design ? RF_MEASURE_CALLS : RF_MEASURE_APGR, .4, NULL, NULL } };
    }
    if ((rc = rf_compare(who, 2, &o, &duel, 1, err)))
        goto out;
    j->a[set] = (struct found){ false, duel.p <= .05, duel.p_swap <= .05, duel.high - duel.low };
    j->b[set] = (struct found){ false, duel.verdict == RF_VERDICT_WORSE, duel.verdict == RF_VERDICT_BETTER, 0 };
    j->c[set] = judge(duel.low, duel.high, 0);
out:
    rf_curve_release(&c[0]);
    rf_curve_release(&c[1]);
    rf_free(x);
    return rc;
}

/* ---- the table ---- */

static void line(const char *what, const char *how, size_t n, const struct found *f)
{
    double none = 0, below = 0, above = 0, width = 0;
    for (size_t i = 0; i < sets; i++) {
        none += f[i].none;
        below += f[i].below;
        above += f[i].above;
        width += f[i].none ? 0 : f[i].width;
    }
    const double kept = (double)sets - none;
    printf("| %s | %s | %zu | %.1f%% | %.1f%% | %.1f%% | %.3f | %.1f%% |\n", what, how, n,
           100 * (1 - (below + above) / kept), 100 * below / kept, 100 * above / kept, width / kept,
           100 * none / (double)sets);
    fflush(stdout);
}

static double share(const struct found *f, bool below, bool above)
{
    double sum = 0;
    for (size_t i = 0; i < sets; i++)
        sum += (below && f[i].below) || (above && f[i].above);
    return 100 * sum / (double)sets;
}

int main(int argc, char **argv)
{
    struct rf_err err = { 0 };
    const int threads = rf_par_cores();
    struct job j = { 0 };
    sets = argc > 1 ? strtoul(argv[1], NULL, 10) : sets;
    resamples = argc > 2 ? strtoul(argv[2], NULL, 10) : resamples;
    fail_if(RF_NEW(j.a, sets, &err) || RF_NEW(j.b, sets, &err) || RF_NEW(j.c, sets, &err), &err);
    printf("%zu data sets, %zu resamples each; a share of .95 has a standard error of %.1f points\n\n", sets, resamples,
           100 * sqrt(.95 * .05 / (double)sets));
    printf("| metric | data | prompts | covered | truth below | truth above | mean width | no interval |\n");
    printf("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    double band[2 * SIZES][2];
    for (j.design = 0; j.design < 2; j.design++)
        for (size_t i = 0; i < SIZES; i++) {
            j.n = size_of[i];
            j.stream++;
            fail_if(rf_par_run(sets, threads, pair_set, &j, &err), &err);
            line("APGR", pair_designs[j.design].name, j.n, j.a);
            line("CPT(50)", pair_designs[j.design].name, j.n, j.b);
            band[j.design * SIZES + i][0] = 100 - share(j.c, true, false);
            band[j.design * SIZES + i][1] = 100 - share(j.c, false, true);
        }
    j.truth = true_aiq();
    for (size_t i = 0; i < SIZES; i++) {
        j.n = size_of[i];
        j.stream++;
        fail_if(rf_par_run(sets, threads, aiq_set, &j, &err), &err);
        line("AIQ, percentile", "five models", j.n, j.a);
        line("AIQ, bca with the bias of halves", "five models", j.n, j.b);
    }
    printf("\n| band of the quality | prompts | pointwise, at half the calls | simultaneous, everywhere |\n");
    printf("| --- | ---: | ---: | ---: |\n");
    for (size_t i = 0; i < 2 * SIZES; i++)
        printf("| %s | %zu | %.1f%% | %.1f%% |\n", pair_designs[i / SIZES].name, size_of[i % SIZES], band[i][0],
               band[i][1]);
    printf("\n| two equal routers | prompts | better or worse | bootstrap p <= .05 | swap p <= .05 | 0 inside the "
           "interval |\n");
    printf("| --- | ---: | ---: | ---: | ---: | ---: |\n");
    for (j.design = 0; j.design < 2; j.design++)
        for (size_t i = 0; i < SIZES; i++) {
            j.n = size_of[i];
            j.stream++;
            fail_if(rf_par_run(sets, threads, duel_set, &j, &err), &err);
            printf("| %s | %zu | %.1f%% | %.1f%% | %.1f%% | %.1f%% |\n", j.design ? "quality at 40% calls" : "APGR",
                   j.n, share(j.b, true, true), share(j.a, true, false), share(j.a, false, true),
                   100 - share(j.c, true, true));
            fflush(stdout);
        }
    rf_free(j.a);
    rf_free(j.b);
    rf_free(j.c);
    return 0;
}
