/* Unit tests of eval/recal.h and eval/recal_file.h: the optimum's own conditions, pooling against brute force, held-out
 * prompts, and the scoring pair beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/rng.h"
#include "core/stats.h"
#include "eval/prob.h"
#include "eval/recal.h"
#include "eval/recal_file.h"
#include "near.h"

/* Logits z that a router tells as stretch z + shift; strong wins with the chance of z. */
static void made(uint64_t seed, double stretch, double shift, double *logit, double *won, size_t n)
{
    struct rf_rng rng;
    rf_rng_init(&rng, seed, 0);
    for (size_t i = 0; i < n; i++) {
        const double z = 1.2 * rf_rng_normal(&rng);
        won[i] = rf_rng_uniform(&rng) < rf_sigmoid(z);
        logit[i] = stretch * z + shift;
    }
}

static void platt_by_hand(void **state)
{
    (void)state;
    /* at -1 one of four won, at 1 three of four: log odds -ln 3 and ln 3, met by ln 3 x + 0 */
    static const double x[] = { -1, -1, -1, -1, 1, 1, 1, 1 }, won[] = { 1, 0, 0, 0, 1, 1, 1, 0 };
    struct rf_recal r;
    assert_int_equal(rf_recal_fit(&r, RF_RECAL_PLATT, x, won, 8, NULL), 0);
    assert_near(r.slope, log(3), 1e-9);
    assert_near(r.bias, 0, 1e-9);
    assert_near(rf_recal_rate(&r, 1), .75, 1e-9);
}

static void platt_has_no_gradient_at_its_optimum(void **state)
{
    (void)state;
    enum { N = 400 };
    static double x[N], won[N];
    static const double way[][2] = { { 1, 0 }, { 3, 1 }, { 1e-4, 0 }, { 40, -300 }, { .2, 5 } };
    for (size_t k = 0; k < sizeof way / sizeof *way; k++) {
        struct rf_recal r;
        double g[2] = { 0, 0 };
        made(k, way[k][0], way[k][1], x, won, N);
        assert_int_equal(rf_recal_fit(&r, RF_RECAL_PLATT, x, won, N, NULL), 0);
        for (size_t i = 0; i < N; i++) {
            const double off = rf_sigmoid(r.slope * x[i] + r.bias) - won[i];
            g[0] += off / N;
            g[1] += off * (x[i] - way[k][1]) / way[k][0] / N; /* in units of z */
        }
        assert_near(g[0], 0, 1e-9);
        assert_near(g[1], 0, 1e-9);
        assert_near(r.slope * way[k][0], 1, .35); /* what the router did is undone */
    }
}

static void what_cannot_be_mended_is_refused(void **state)
{
    (void)state;
    static const double x[] = { -2, -1, 1, 2 }, all[] = { 1, 1, 1, 1 }, divided[] = { 0, 0, 1, 1 },
                        touching[] = { 0, 0, 1, 1 }, at[] = { 0, 1, 1, 2 }, back[] = { 1, 0, 1, 0 },
                        level[] = { 3, 3, 3, 3 }, turned[] = { 1, 1, 0, 0 }, far[] = { 0, INFINITY, 1, 2 };
    const struct {
        const double *x, *won;
        const char *why;
        int isotonic; /* what it says there */
    } row[] = {
        { x, all, "strong won all 4", RF_BAD_INPUT },     { x, divided, "one threshold divides", 0 },
        { at, touching, "one threshold divides", 0 },     { x, back, "backwards", 0 },
        { level, back, "are the same", RF_BAD_INPUT },    { x, turned, "backwards", 0 },
        { far, back, "expected a finite", RF_BAD_INPUT },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct rf_err err = { 0 };
        struct rf_recal r;
        assert_int_equal(rf_recal_fit(&r, RF_RECAL_PLATT, row[i].x, row[i].won, 4, &err), RF_BAD_INPUT);
        if (!strstr(err.msg, row[i].why))
            fail_msg("row %zu: %s", i, err.msg);
        assert_int_equal(rf_recal_fit(&r, RF_RECAL_ISOTONIC, row[i].x, row[i].won, 4, NULL), row[i].isotonic);
        rf_recal_release(&r);
    }
}

/* Pooling against the max-min formula: mean[i] = max over a <= i of min over b >= i of the mean of a..b. */
static void pooling_against_brute_force(void **state)
{
    (void)state;
    enum { N = 9, TRIALS = 2000 };
    struct rf_rng rng;
    rf_rng_init(&rng, 11, 0);
    for (int t = 0; t < TRIALS; t++) {
        double y[N], w[N];
        struct rf_block block[N];
        const size_t n = 1 + rf_rng_below(&rng, N);
        for (size_t i = 0; i < n; i++) {
            w[i] = 1 + rf_rng_below(&rng, 3);
            y[i] = rf_rng_below(&rng, (uint32_t)w[i] + 1);
        }
        const size_t blocks = rf_pool_violators(y, w, n, block);
        size_t i = 0;
        for (size_t b = 0; b < blocks; b++) {
            assert_int_equal(block[b].first, i);
            if (b)
                assert_true(block[b].sum / block[b].weight > block[b - 1].sum / block[b - 1].weight);
            for (; i <= block[b].last; i++) {
                double most = -1;
                for (size_t a = 0; a <= i; a++) {
                    double least = 2;
                    for (size_t e = i; e < n; e++) {
                        double sum = 0, weight = 0;
                        for (size_t k = a; k <= e; k++) {
                            sum += y[k];
                            weight += w[k];
                        }
                        least = fmin(least, sum / weight);
                    }
                    most = fmax(most, least);
                }
                assert_near(block[b].sum / block[b].weight, most, 1e-12);
            }
        }
        assert_int_equal(i, n);
    }
}

static void isotonic_by_hand(void **state)
{
    (void)state;
    /* logits 0 (lost), 1 (won), 2 (lost, lost), 3 (won), 3 again (won): 1 and 2 pool to a third */
    static const double x[] = { 3, 2, 0, 1, 2, 3 }, won[] = { 1, 0, 0, 1, 0, 1 };
    struct rf_recal r;
    assert_int_equal(rf_recal_fit(&r, RF_RECAL_ISOTONIC, x, won, 6, NULL), 0);
    assert_int_equal(r.knots, 4);
    assert_near(rf_recal_rate(&r, -9), 1. / 8, 1e-15); /* not 0: six prompts are no certainty */
    assert_near(rf_recal_rate(&r, 0), 1. / 8, 1e-15);
    assert_near(rf_recal_rate(&r, .5), (1. / 8 + 1. / 3) / 2, 1e-15);
    assert_near(rf_recal_rate(&r, 1), 1. / 3, 1e-15);
    assert_near(rf_recal_rate(&r, 1.7), 1. / 3, 1e-15);
    assert_near(rf_recal_rate(&r, 2.5), (1. / 3 + 7. / 8) / 2, 1e-15);
    assert_near(rf_recal_rate(&r, 99), 7. / 8, 1e-15);
    rf_recal_release(&r);
}

/* Logits that differ by rounding alone are one: else a line between them would be as steep as it likes. */
static void near_ties_are_one(void **state)
{
    (void)state;
    static const double x[] = { -1, 0, 1e-13, 2e-13, 1, 30, 30.5 }, won[] = { 0, 0, 1, 1, 1, 0, 1 };
    struct rf_recal r;
    assert_int_equal(rf_recal_fit(&r, RF_RECAL_ISOTONIC, x, won, 7, NULL), 0);
    for (size_t i = 1; i < r.knots; i++)
        assert_true(r.logit[i] - r.logit[i - 1] > .5);
    assert_near(rf_recal_rate(&r, 0), 2. / 3, 1e-12);
    assert_near(rf_recal_rate(&r, 1e-13), 2. / 3, 1e-12);
    rf_recal_release(&r);
}

/* A router that is far too sure: on prompts that the fit has not seen it gets better, and cross-validation says so. */
static void held_out_win_rates_get_better(void **state)
{
    (void)state;
    enum { N = 4000, HALF = N / 2 };
    static double x[N], won[N], lost[N], before[N], after[N], cross[HALF];
    made(5, 3, 1, x, won, N);
    for (size_t i = 0; i < N; i++) {
        lost[i] = 1 - won[i];
        before[i] = rf_sigmoid(x[i]);
    }
    for (int m = RF_RECAL_PLATT; m <= RF_RECAL_ISOTONIC; m++) {
        struct rf_recal r;
        struct rf_prob a, b, c;
        assert_int_equal(rf_recal_fit(&r, (enum rf_recal_method)m, x, won, HALF, NULL), 0);
        for (size_t i = HALF; i < N; i++)
            after[i] = rf_recal_rate(&r, x[i]);
        assert_int_equal(rf_prob_of(before + HALF, won + HALF, lost + HALF, HALF, &a, NULL), 0);
        assert_int_equal(rf_prob_of(after + HALF, won + HALF, lost + HALF, HALF, &b, NULL), 0);
        assert_true(b.brier < a.brier - .01 && b.log_loss < a.log_loss - .05 && b.ece < a.ece / 3);
        if (m == RF_RECAL_PLATT)
            assert_near(b.auroc, a.auroc, 1e-12); /* the order stays */
        assert_int_equal(rf_recal_cross((enum rf_recal_method)m, x, won, HALF, 10, 1, cross, NULL), 0);
        assert_int_equal(rf_prob_of(cross, won, lost, HALF, &c, NULL), 0);
        assert_near(c.log_loss, b.log_loss, .04);
        rf_recal_release(&r);
    }
}

static void logits_come_back(void **state)
{
    (void)state;
    for (double z = -700; z < 30; z += 7.3)
        assert_near(rf_recal_logit(rf_sigmoid(z)), z, 1e-9 + (z > 0 ? 1e-15 * exp(z) : 0));
    assert_true(isfinite(rf_recal_logit(0)) && isfinite(rf_recal_logit(1)));
    assert_true(rf_recal_logit(1) > 36);
}

/* ---- the pair ---- */

enum { DIM = 3 };
static const float weight[DIM] = { 1, -2, .5f }, bias = .25f;

static void open_logistic(struct rf_recal_file *f)
{
    const struct rf_tensor t[] = { { "weight", RF_F32, 1, { DIM }, weight }, { "bias", RF_F32, 1, { 1 }, &bias } };
    const struct rf_meta m[] = { { "routefit.kind", "logistic" },
                                 { "routefit.strong", "s" },
                                 { "routefit.weak", "w" } };
    struct rf_buf bytes = { 0 };
    assert_int_equal(rf_safetensors_build(t, 2, m, 3, &bytes, NULL), 0);
    assert_int_equal(rf_recal_file_open(f, "made", &bytes, NULL), 0);
    assert_null(bytes.data);
}

static void the_pair_gives_the_same_win_rates(void **state)
{
    (void)state;
    double knot[] = { -2, -1, 0, .5, 3 }, rate[] = { .1, .2, .2, .6, .9 };
    struct rf_recal ways[] = { { .method = RF_RECAL_PLATT, .slope = .4, .bias = -1.5 },
                               { .method = RF_RECAL_ISOTONIC, .knots = 5, .logit = knot, .rate = rate } };
    struct rf_rng rng;
    rf_rng_init(&rng, 3, 0);
    for (int k = 0; k < 2; k++) {
        struct rf_recal_file f = { 0 }, g = { 0 };
        struct rf_buf bytes = { 0 }, again = { 0 };
        struct routefit_router *r = NULL, *own = NULL;
        double w[DIM], b, p[20];
        float x[20 * DIM];
        open_logistic(&f);
        assert_int_equal(rf_recal_file_load(&f, NULL, &bytes, &own, NULL), 0);
        rf_recal_file_set(&f, &ways[k]);
        assert_int_equal(rf_recal_file_load(&f, NULL, &bytes, &r, NULL), 0);
        assert_string_equal(routefit_meta(r, "routefit.recalibration"), k ? "isotonic" : "platt");
        for (int i = 0; i < 20 * DIM; i++)
            x[i] = (float)(2 * rf_rng_normal(&rng));
        routefit_win_rates(r, x, 20, p);
        for (int i = 0; i < 20; i++) {
            const double want = rf_recal_rate(&ways[k], routefit_logit(own, x + i * DIM));
            assert_near(p[i], want, 1e-14);
            assert_near(routefit_win_rate(r, x + i * DIM), p[i], 0);
            assert_near(rf_sigmoid(routefit_logit(r, x + i * DIM)), want, 1e-14);
        }
        assert_true(isnan(routefit_win_rate(r, (const float[]){ NAN, 0, 0 })));
        assert_int_equal(routefit_linear(r, w, &b), k ? -1 : 0);
        if (!k) {
            assert_near(w[1], -.8, 1e-15);
            assert_near(b, .4 * .25 - 1.5, 1e-15);
        }
        /* taken apart again, it is as it was before; its origin is known */
        char origin[RF_SHA256_HEX];
        memcpy(origin, f.origin, sizeof origin);
        assert_int_equal(rf_recal_file_open(&g, "again", &bytes, NULL), 0);
        assert_string_equal(g.origin, origin);
        routefit_free(r);
        assert_int_equal(rf_recal_file_load(&g, NULL, &again, &r, NULL), 0);
        assert_null(routefit_meta(r, "routefit.recalibration"));
        assert_near(routefit_logit(r, x), routefit_logit(own, x), 0);
        routefit_free(r);
        routefit_free(own);
        rf_recal_file_release(&f);
        rf_recal_file_release(&g);
        rf_buf_release(&bytes);
        rf_buf_release(&again);
    }
}

/* Files whose recalibration breaks a rule, by name. */
static void wrong_recalibrations_are_refused(void **state)
{
    (void)state;
    static const double good[] = { 1, 2, 3 }, falling[] = { .5, .4, .6 }, rates[] = { .1, .4, .6 },
                        high[] = { .1, .4, 1.6 }, level[] = { 1, 1, 2 }, flat[] = { 0, 1 }, platt[] = { 2, 1 };
    static const struct rf_tensor rate = { "recalibration.win_rate", RF_F64, 1, { 3 }, rates },
                                  knot = { "recalibration.logit", RF_F64, 1, { 3 }, good },
                                  two = { "recalibration.platt", RF_F64, 1, { 2 }, platt };
    const struct {
        const char *how; /* NULL: nothing */
        struct rf_tensor t[3];
        size_t n;
        const char *why;
    } row[] = {
        { NULL, { two }, 1, "nothing beside tensors recalibration.*" },
        { NULL, { rate }, 1, "nothing beside" },
        { "beta", { two }, 1, "found beta, expected platt or isotonic" },
        { "platt", { two }, 0, "expected a tensor recalibration.platt" },
        { "platt", { { "recalibration.platt", RF_F64, 1, { 2 }, flat } }, 1, "found the slope 0" },
        { "platt", { { "recalibration.platt", RF_F64, 1, { 3 }, good } }, 1, "found length 3" },
        { "platt", { two, rate }, 2, "another recalibration than platt" },
        { "isotonic", { two, rate, knot }, 3, "another recalibration than isotonic" },
        { "isotonic", { knot }, 1, "expected a tensor recalibration.win_rate" },
        { "isotonic", { knot, { "recalibration.win_rate", RF_F64, 1, { 2 }, rates } }, 2, "found length 2" },
        { "isotonic", { knot, { "recalibration.win_rate", RF_F64, 1, { 3 }, falling } }, 2, "found 2 and 0.4 at 1" },
        { "isotonic", { knot, { "recalibration.win_rate", RF_F64, 1, { 3 }, high } }, 2, "found 3 and 1.6 at 2" },
        { "isotonic", { { "recalibration.logit", RF_F64, 1, { 3 }, level }, rate }, 2, "found 1 and 0.4 at 1" },
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct rf_tensor t[5] = { { "weight", RF_F32, 1, { DIM }, weight }, { "bias", RF_F32, 1, { 1 }, &bias } };
        const struct rf_meta m[] = { { "routefit.kind", "logistic" }, { "routefit.recalibration", row[i].how } };
        struct routefit_router *r = NULL;
        struct rf_buf bytes = { 0 };
        char why[ROUTEFIT_ERR] = "";
        memcpy(t + 2, row[i].t, row[i].n * sizeof *t);
        assert_int_equal(rf_safetensors_build(t, 2 + row[i].n, m, row[i].how ? 2 : 1, &bytes, NULL), 0);
        if (!routefit_load(&r, bytes.data, bytes.len, NULL, why) || !strstr(why, row[i].why))
            fail_msg("row %zu: %s", i, why);
        rf_buf_release(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(platt_by_hand),
        cmocka_unit_test(platt_has_no_gradient_at_its_optimum),
        cmocka_unit_test(what_cannot_be_mended_is_refused),
        cmocka_unit_test(pooling_against_brute_force),
        cmocka_unit_test(isotonic_by_hand),
        cmocka_unit_test(near_ties_are_one),
        cmocka_unit_test(held_out_win_rates_get_better),
        cmocka_unit_test(logits_come_back),
        cmocka_unit_test(the_pair_gives_the_same_win_rates),
        cmocka_unit_test(wrong_recalibrations_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
