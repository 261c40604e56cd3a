/* Unit tests of eval/measure.h: values against the curve's own, influences against finite differences, errors of
 * clusters against those of their sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "eval/measure.h"
#include "eval/metric.h"

enum { N = 60, MANY = 200 };

struct data {
    double score[N], strong[N], weak[N], weak_cost[N], strong_cost[N];
    struct rf_curve c;
};

static void make(struct data *d, uint32_t levels)
{
    struct rf_rng r;
    rf_rng_init(&r, 5, levels);
    for (size_t i = 0; i < N; i++) {
        d->score[i] = rf_rng_below(&r, levels);
        d->strong[i] = 1 + rf_rng_below(&r, 10);
        d->weak[i] = rf_rng_below(&r, 8);
        d->weak_cost[i] = .1 + rf_rng_uniform(&r);
        d->strong_cost[i] = d->weak_cost[i] + 2 * rf_rng_uniform(&r);
    }
    const struct rf_scored s = { N, d->score, d->strong, d->weak };
    assert_int_equal(rf_curve_init(&d->c, &s, NULL), 0);
}

static struct rf_measure measure(const struct data *d, enum rf_measure_kind kind, double at)
{
    return (struct rf_measure){ kind, at, d->weak_cost, d->strong_cost };
}

static const struct rf_weights once = { NULL, 0 };

/* The number, and with u its influences. */
static double value_of(const struct rf_measure *m, const struct rf_curve *c, struct rf_weights w, double *u)
{
    double top[4 * N], bottom[4 * N];
    const struct rf_parts p = rf_measure_parts(m, c, w, top, bottom);
    const struct rf_parts again = rf_measure_parts(m, c, w, NULL, NULL);
    if (p.top == p.top && (p.top != again.top || p.bottom != again.bottom))
        fail_msg("with influences %.17g / %.17g, without %.17g / %.17g", p.top, p.bottom, again.top, again.bottom);
    if (u)
        rf_measure_influence(p, top, bottom, c->n, u);
    return rf_measure_value(p);
}

static double se_of(const double *u, struct rf_weights w, size_t n, const size_t *cluster, size_t clusters)
{
    double pad[6], zero[4 * N] = { 0 };
    const struct rf_parts p = { 5, 1 };
    return rf_measure_se(p, rf_measure_spread(u, zero, w, n, cluster, clusters, pad));
}

static void near(double found, double expected, double within)
{
    if (!(fabs(found - expected) <= within))
        fail_msg("found %.17g, expected %.17g", found, expected);
}

static void values_are_the_curves_own(void **state)
{
    (void)state;
    for (uint32_t levels = 1; levels <= 100000; levels *= 10) {
        struct data d;
        double m[RF_METRICS];
        make(&d, levels);
        rf_metrics_of(&d.c, m);
        struct rf_measure x = measure(&d, RF_MEASURE_APGR, 0);
        near(value_of(&x, &d.c, once, NULL), m[RF_APGR], 1e-12);
        x.kind = RF_MEASURE_AUC;
        near(value_of(&x, &d.c, once, NULL), m[RF_AUC], 1e-12);
        for (x.at = 0; x.at <= 1; x.at += .0625) {
            x.kind = RF_MEASURE_CALLS;
            near(value_of(&x, &d.c, once, NULL), rf_curve_quality_at(&d.c, x.at), 1e-12);
        }
        x.at = 5;
        const double q = rf_curve_quality(&d.c, rf_curve_vertex(&d.c, 5));
        x.kind = RF_MEASURE_THRESHOLD;
        near(value_of(&x, &d.c, once, NULL), q, 1e-12);
        x.kind = RF_MEASURE_PGR;
        near(value_of(&x, &d.c, once, NULL), rf_pgr(q, d.c.weak, d.c.strong), 1e-12);
        rf_curve_release(&d.c);
    }
}

/* By hand: two prompts to strong of three; a budget of 2.5 pays for the first and half of the second. */
static void a_budget_buys_prompts_by_falling_score(void **state)
{
    (void)state;
    const double score[] = { 3, 2, 1 }, strong[] = { 1, 1, 1 }, weak[] = { 0, 0, 1 };
    const double weak_cost[] = { 1, 1, 1 }, strong_cost[] = { 4, 4, 2 };
    const struct rf_scored s = { 3, score, strong, weak };
    struct rf_curve c;
    assert_int_equal(rf_curve_init(&c, &s, NULL), 0);
    struct rf_measure m = { RF_MEASURE_COST, 2.5, weak_cost, strong_cost };
    near(value_of(&m, &c, once, NULL), (1 + 1 + .5) / 3, 1e-15);
    m.at = 1;
    near(value_of(&m, &c, once, NULL), 1. / 3, 1e-15);
    m.at = .9; /* less than weak alone costs */
    assert_true(isnan(value_of(&m, &c, once, NULL)));
    m.at = 99; /* never reached */
    near(value_of(&m, &c, once, NULL), 1, 1e-15);
    rf_curve_release(&c);
}

/* u_i = limit of (value with one more of i among MANY copies - value) * draws. The smooth numbers only: where a share
 * is held, the slope is an estimate of its own. */
static void influences_are_derivatives(void **state)
{
    (void)state;
    static const enum rf_measure_kind kinds[] = { RF_MEASURE_APGR, RF_MEASURE_AUC, RF_MEASURE_THRESHOLD,
                                                  RF_MEASURE_PGR };
    for (uint32_t levels = 7; levels <= 100000; levels *= 100) {
        struct data d;
        make(&d, levels);
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            const struct rf_measure m = measure(&d, kinds[k], levels / 2);
            double u[N], sum = 0;
            uint8_t count[N];
            memset(count, MANY, sizeof count);
            const struct rf_weights w = { count, 1 };
            const double value = value_of(&m, &d.c, once, u);
            near(value_of(&m, &d.c, w, NULL), value, 1e-12);
            for (size_t i = 0; i < N; i++) {
                sum += u[i];
                count[i]++;
                const double up = value_of(&m, &d.c, w, NULL);
                count[i] -= 2;
                const double down = value_of(&m, &d.c, w, NULL);
                count[i]++;
                near((up - down) / 2 * MANY * N, u[i], 2e-3 * fmax(1, fabs(u[i])));
            }
            near(sum, 0, 1e-9);
        }
        rf_curve_release(&d.c);
    }
}

/* Influences of counted prompts are those of the prompts written out. */
static void weights_are_copies(void **state)
{
    (void)state;
    struct data d;
    struct rf_rng r;
    make(&d, 9);
    rf_rng_init(&r, 1, 1);
    double score[4 * N], strong[4 * N], weak[4 * N], wc[4 * N], sc[4 * N], u[N], v[4 * N];
    uint8_t count[N][3] = { { 0 } };
    size_t n = 0, from[4 * N];
    for (size_t i = 0; i < N; i++) {
        count[i][1] = (uint8_t)rf_rng_below(&r, 4);
        for (int k = 0; k < count[i][1]; k++, n++) {
            score[n] = d.score[i];
            strong[n] = d.strong[i];
            weak[n] = d.weak[i];
            wc[n] = d.weak_cost[i];
            sc[n] = d.strong_cost[i];
            from[n] = i;
        }
    }
    const struct rf_scored s = { n, score, strong, weak };
    struct rf_curve c;
    assert_int_equal(rf_curve_init(&c, &s, NULL), 0);
    static const double at[] = { 0, 0, .37, 1.3, 4, 4 };
    for (int kind = RF_MEASURE_APGR; kind <= RF_MEASURE_PGR; kind++) {
        const struct rf_measure counted = measure(&d, (enum rf_measure_kind)kind, at[kind]);
        const struct rf_measure written = { (enum rf_measure_kind)kind, at[kind], wc, sc };
        const struct rf_weights w = { &count[0][1], 3 };
        near(value_of(&counted, &d.c, w, u), value_of(&written, &c, once, v), 1e-12);
        double sum = 0;
        for (size_t i = 0; i < n; i++) {
            near(u[from[i]], v[i], 1e-9);
            sum += v[i];
        }
        near(sum, 0, 1e-9);
        near(se_of(u, w, N, NULL, 0), se_of(v, once, n, NULL, 0), 1e-12);
    }
    rf_curve_release(&c);
    rf_curve_release(&d.c);
}

static void the_error_of_clusters_is_that_of_their_sums(void **state)
{
    (void)state;
    const double u[] = { 1, 2, -3, 4, -4 };
    const size_t cluster[] = { 0, 1, 0, 2, 1 };
    const uint8_t count[] = { 2, 1, 2, 3, 1 };
    const struct rf_weights w = { count, 1 };
    near(se_of(u, once, 5, cluster, 3), sqrt(4 + 4 + 16) / 5, 1e-15);
    near(se_of(u, once, 5, NULL, 0), sqrt(1 + 4 + 9 + 16 + 16) / 5, 1e-15);
    near(se_of(u, w, 5, cluster, 3), sqrt(2 * 4 + 4 + 3 * 16) / 9, 1e-15);
}

/* By hand: the error of a ratio r is that of top - r bottom. */
static void a_ratios_pivot_is_fiellers(void **state)
{
    (void)state;
    const double top[] = { 1, -1, 2, -2 }, bottom[] = { 1, 1, -1, -1 };
    const struct rf_spread v = rf_measure_spread(top, bottom, once, 4, NULL, 0, NULL);
    near(v.top, 10. / 16, 1e-15);
    near(v.both, 0, 1e-15);
    near(v.bottom, 4. / 16, 1e-15);
    const struct rf_parts p = { 3, 2 };
    near(rf_measure_value(p), 1.5, 1e-15);
    near(rf_measure_se(p, v), sqrt(.625 + 2.25 * .25) / 2, 1e-15);
    near(rf_measure_pivot(p, v, 1), 1 / sqrt(.625 + .25), 1e-15);
    assert_true(rf_measure_pivot(p, v, 1.5) == 0);
    assert_true(isnan(rf_measure_value((struct rf_parts){ 1, 0 })));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_the_curves_own),  cmocka_unit_test(a_budget_buys_prompts_by_falling_score),
        cmocka_unit_test(influences_are_derivatives), cmocka_unit_test(weights_are_copies),
        cmocka_unit_test(a_ratios_pivot_is_fiellers), cmocka_unit_test(the_error_of_clusters_is_that_of_their_sums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
