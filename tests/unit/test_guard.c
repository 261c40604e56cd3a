/* Unit tests of the guard of kNN routers, by hand: in the trainer (train/guard.h) and in the pair, from a file. Two
 * models, the baseline at 10 dollars and another at 1; four questions at (1, 0), four at (.6, .8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "core/routefit_score.h"
#include "core/safetensors.h"
#include "near.h"
#include "train/guard.h"

enum { ROWS = 8, MODELS = 2, BASE = 0, OTHER = 1 };

static const float score[ROWS][MODELS] = { { 1, 1 }, { 1, 1 }, { 1, 1 }, { 0, 1 },   /* differences 0 0 0 1 */
                                           { 1, 0 }, { 1, 0 }, { 1, 0 }, { 1, 0 } }; /* -1 */
static const double usual[RF_GUARD_NUMBERS] = { 0.7, 0.95, 4, 1, 0.1, 0.5 };

/* A router with one number of the guard changed (RF_GUARD_NUMBERS: none); unknown: a row whose other score is missing.
 */
struct made {
    int k, number;
    double to;
    int unknown; /* -1: none */
};

static struct routefit_router *load(const struct made *made, char why[ROUTEFIT_ERR])
{
    static const float x[ROWS][2] = { { 1, 0 },       { 2, 0 },       { 1, 0 },       { 3, 0 },
                                      { 0.6F, 0.8F }, { 0.6F, 0.8F }, { 1.2F, 1.6F }, { 0.6F, 0.8F } };
    static const float mean_score[MODELS] = { 0.875F, 0.5F }, mean_cost[MODELS] = { 10, 1 }, range[1] = { 1 };
    double guard[RF_GUARD_NUMBERS];
    int8_t known[ROWS][MODELS];
    char k[8];
    memcpy(guard, usual, sizeof guard);
    if (made->number < RF_GUARD_NUMBERS)
        guard[made->number] = made->to;
    memset(known, 1, sizeof known);
    if (made->unknown >= 0)
        known[made->unknown][OTHER] = 0;
    snprintf(k, sizeof k, "%d", made->k);
    const struct rf_tensor t[] = {
        { "vectors", RF_F32, 2, { ROWS, 2 }, x },           { "scores", RF_F32, 2, { ROWS, MODELS }, score },
        { "known", RF_I8, 2, { ROWS, MODELS }, known },     { "mean_score", RF_F32, 1, { MODELS }, mean_score },
        { "mean_cost", RF_F32, 1, { MODELS }, mean_cost },  { "score_range", RF_F32, 1, { 1 }, range },
        { "guard", RF_F64, 1, { RF_GUARD_NUMBERS }, guard }
    };
    const struct rf_meta m[] = {
        { "routefit.kind", "knn" },  { "routefit.input", "vector" }, { "routefit.models", "[\"base\",\"other\"]" },
        { "routefit.k", k },         { "routefit.guard", "base" },   { "routefit.strong", "base" },
        { "routefit.weak", "other" }
    };
    struct rf_buf buf = { 0 };
    struct routefit_router *r = NULL;
    assert_int_equal(rf_safetensors_build(t, sizeof t / sizeof *t, m, sizeof m / sizeof *m, &buf, NULL), 0);
    if (routefit_load(&r, buf.data, buf.len, NULL, why))
        r = NULL;
    rf_buf_release(&buf);
    return r;
}

static const struct guarded {
    const char *what;
    struct made made;
    float x[2];
    double base, other; /* plain means */
    enum rf_guard_verdict verdict;
} cases[] = {
    /* mean .25, variance .25: standard error .25 */
    { "as good by one error", { 8, RF_GUARD_NUMBERS, 0, -1 }, { 1, 0 }, 0.875, 0.5, RF_GUARD_TRUSTED },
    { "at the bound", { 8, RF_GUARD_Z, 1.4, -1 }, { 1, 0 }, 0.875, 0.5, RF_GUARD_TRUSTED },
    { "behind the bound", { 8, RF_GUARD_Z, 1.41, -1 }, { 1, 0 }, 0.875, 0.5, RF_GUARD_DOUBT },
    { "a larger floor: error .5", { 8, RF_GUARD_FLOOR, 1, -1 }, { 1, 0 }, 0.875, 0.5, RF_GUARD_DOUBT },
    { "all neighbours count: mean -.375", { 8, RF_GUARD_NEAR, 0.5, -1 }, { 1, 0 }, 0.875, 0.5, RF_GUARD_DOUBT },
    { "too few", { 8, RF_GUARD_PAIRS, 5, -1 }, { 1, 0 }, 0.875, 0.5, RF_GUARD_FEW },
    { "too few with a missing score", { 8, RF_GUARD_NUMBERS, 0, 1 }, { 1, 0 }, 0.875, 3.0 / 7, RF_GUARD_FEW },
    /* of four alike the three first: 0 0 0, error .5 / sqrt 3 = .289 */
    { "ties go to the lower rows", { 3, RF_GUARD_PAIRS, 3, -1 }, { 5, 0 }, 1, 1, RF_GUARD_DOUBT },
    { "clearly worse", { 4, RF_GUARD_NUMBERS, 0, -1 }, { 0, 1 }, 1, 0, RF_GUARD_DOUBT },
    { "worse, and all is tolerated", { 4, RF_GUARD_TOLERANCE, 1.25, -1 }, { 0, 1 }, 1, 0, RF_GUARD_TRUSTED },
    { "cosine .8 below the floor", { 4, RF_GUARD_NOVELTY, 0.81, -1 }, { 0, 1 }, 1, 0, RF_GUARD_NOVEL },
    { "unlike all, without a floor", { 4, RF_GUARD_NOVELTY, -1, -1 }, { -1, 0 }, 1, 0, RF_GUARD_NOVEL },
    { "the origin", { 4, RF_GUARD_NOVELTY, -1, -1 }, { 0, 0 }, 0.75, 1, RF_GUARD_NOVEL },
};

static void the_pair_falls_back_where_in_doubt(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct guarded *const c = &cases[i];
        const bool trusted = c->verdict == RF_GUARD_TRUSTED;
        double got[MODELS], cost[MODELS];
        char why[ROUTEFIT_ERR] = "";
        struct routefit_router *const r = load(&c->made, why);
        if (!r)
            fail_msg("%s: %s", c->what, why);
        assert_int_equal(routefit_predict(r, c->x, got, cost), 0);
        assert_near(got[BASE], c->base, 1e-12);
        assert_near(got[OTHER], trusted || c->other < c->base ? c->other : c->base - 1e-6, 1e-12);
        assert_near(cost[BASE], 10, 0);
        assert_near(cost[OTHER], trusted ? 1 : 10, 0);
        assert_near(routefit_logit(r, c->x), trusted ? 4 * (c->base - c->other) : 4, 1e-9);
        routefit_free(r);
    }
}

static void the_trainer_has_the_same_rule(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct guarded *const c = &cases[i];
        struct rf_guard g = { .range = 1 };
        double distance[ROWS], other[ROWS], base[ROWS];
        const double length = hypot((double)c->x[0], (double)c->x[1]);
        const bool second = c->x[1] > 0 || c->x[0] < 0; /* the rows at (.6, .8) are nearer */
        memcpy(g.number, usual, sizeof usual);
        if (c->made.number < RF_GUARD_NUMBERS)
            g.number[c->made.number] = c->made.to;
        for (size_t k = 0; k < (size_t)c->made.k; k++) {
            const size_t row = (k + (second ? 4 : 0)) % ROWS;
            const double cosine = row < 4 ? (double)c->x[0] : 0.6 * (double)c->x[0] + 0.8 * (double)c->x[1];
            distance[k] = rint((1 - (length > 0 ? cosine / length : 0)) * 1e12);
            base[k] = (double)score[row][BASE];
            other[k] = (int)row == c->made.unknown ? (double)NAN : (double)score[row][OTHER];
        }
        const enum rf_guard_verdict v = rf_guard_judge(&g, distance, other, base, (size_t)c->made.k);
        if (v != c->verdict)
            fail_msg("%s: %s", c->what, rf_guard_verdict_name(v));
    }
}

/* A held model never wins, at any trade of score against cost. */
static void a_held_model_is_never_chosen(void **state)
{
    (void)state;
    const struct rf_guard g = { .range = 10 };
    for (int i = 0; i < 100; i++) {
        double s = i * 0.1, c = i * 0.3;
        rf_guard_hold(&g, 5, 20, &s, &c);
        assert_true(s < 5 && c >= 20 && s <= i * 0.1 && c >= i * 0.3);
    }
}

static void damaged_guards_are_refused(void **state)
{
    (void)state;
    static const struct made bad[] = { { 4, RF_GUARD_NOVELTY, 1.5, -1 },  { 4, RF_GUARD_NEAR, -0.1, -1 },
                                       { 4, RF_GUARD_PAIRS, 0, -1 },      { 4, RF_GUARD_Z, -1, -1 },
                                       { 4, RF_GUARD_TOLERANCE, -1, -1 }, { 4, RF_GUARD_FLOOR, 1e7, -1 } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char why[ROUTEFIT_ERR] = "";
        assert_null(load(&bad[i], why));
        assert_non_null(strstr(why, "tensor guard"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_pair_falls_back_where_in_doubt),
        cmocka_unit_test(the_trainer_has_the_same_rule),
        cmocka_unit_test(a_held_model_is_never_chosen),
        cmocka_unit_test(damaged_guards_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
