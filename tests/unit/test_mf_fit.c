/* Unit tests of train/mf_fit.h: both trainers recover planted data, stop early with the best model, obey an
 * interruption, and give the same bytes for any number of threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mf_planted.h"

enum { MODELS = 8, K = 16, DIM = 20 };
static const double no_noise[] = { 0 }, grid[] = { 1e-1, 1e-2, 1e-3, 1e-4, 1e-5 };
static const struct rf_mf_recipe recipe = { { 3e-3, 0.9, 0.999, 1e-8, 1e-5 }, 0.05, 64, 40, 5, 3, RF_MF_DECISIVE };

/* What a watcher saw; stops after `stop` epochs (0: never). */
struct seen {
    size_t epochs, stop, best;
    double lowest;
};

static int look(void *ctx, const struct rf_mf_epoch *e, struct rf_err *err)
{
    (void)err;
    struct seen *s = ctx;
    s->epochs++;
    if (s->epochs == 1 || e->valid.loss < s->lowest) {
        s->lowest = e->valid.loss;
        s->best = s->epochs;
    }
    return s->epochs == s->stop ? RF_INTERRUPTED : 0;
}

static struct rf_mf_model new_model(size_t models, size_t k)
{
    struct rf_mf_model m;
    assert_int_equal(rf_mf_model_init(&m, models, k, DIM, NULL), 0);
    rf_mf_model_start(&m, 5);
    return m;
}

static bool same_model(const struct rf_mf_model *a, const struct rf_mf_model *b)
{
    return !memcmp(a->p, b->p, a->models * a->k * sizeof *a->p) && !memcmp(a->w, b->w, a->k * a->dim * sizeof *a->w) &&
           !memcmp(a->c, b->c, a->k * sizeof *a->c);
}

/* Loss of m on the validation pairs, from its parameters alone. */
static double valid_loss(const struct rf_mf_model *m, const struct planted *p)
{
    double sum = 0;
    for (size_t i = p->trains; i < p->trains + p->valids; i++)
        sum += rf_softplus(-rf_mf_model_logit(m, p->pair[i].win, p->pair[i].lose, p->x + p->pair[i].row * DIM));
    return sum / (double)p->valids;
}

static void both_trainers_recover_planted_tastes(void **state)
{
    (void)state;
    struct planted p = planted_new(MODELS, DIM, 8000, 1000, 2.5);
    const struct rf_mf_data d = planted_data(&p, 1);
    const struct rf_mf_convex o = { no_noise, 1, grid, 5, 0, 200, 10, 1 };
    struct rf_mf_model a = new_model(MODELS, K), b = new_model(MODELS, K);
    struct rf_mf_report ra, rb;
    assert_int_equal(rf_mf_adam(&a, &d, &recipe, NULL, &ra, NULL), 0);
    assert_int_equal(rf_mf_convex(&b, &d, &o, NULL, &rb, NULL, NULL), 0);
    assert_true(ra.valid.loss < p.bayes + 0.03);
    assert_true(rb.valid.loss < p.bayes + 0.02);
    assert_true(rb.valid.accuracy > 0.65);
    assert_near(ra.valid.loss, valid_loss(&a, &p), 1e-5);
    assert_near(rb.valid.loss, valid_loss(&b, &p), 1e-5);
    rf_mf_model_release(&a);
    rf_mf_model_release(&b);
    planted_free(&p);
}

static void the_best_epoch_is_kept(void **state)
{
    (void)state;
    struct planted p = planted_new(MODELS, DIM, 300, 200, 1); /* few votes: it overfits soon */
    const struct rf_mf_data d = planted_data(&p, 1);
    struct rf_mf_recipe o = recipe;
    struct rf_mf_model m = new_model(MODELS, K);
    struct seen seen = { 0 };
    struct rf_mf_report r;
    o.adam.lr = 0.02;
    o.epochs = 100;
    assert_int_equal(rf_mf_adam(&m, &d, &o, &(struct rf_mf_watch){ look, &seen }, &r, NULL), 0);
    assert_true(r.epochs < 100);
    assert_int_equal(r.epochs, r.best + 5);
    assert_int_equal(r.epochs, seen.epochs);
    assert_int_equal(r.best, seen.best);
    assert_true(r.valid.loss == seen.lowest);
    assert_near(valid_loss(&m, &p), seen.lowest, 1e-5);
    assert_false(r.interrupted);
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void an_interruption_keeps_the_best_so_far(void **state)
{
    (void)state;
    struct planted p = planted_new(MODELS, DIM, 500, 200, 2);
    const struct rf_mf_data d = planted_data(&p, 1);
    const struct rf_mf_convex o = { no_noise, 1, grid, 5, 0, 200, 10, 1 };
    for (int convex = 0; convex < 2; convex++) {
        struct rf_mf_model m = new_model(MODELS, K);
        struct seen seen = { .stop = 4 };
        const struct rf_mf_watch watch = { look, &seen };
        struct rf_mf_report r;
        assert_int_equal(convex ? rf_mf_convex(&m, &d, &o, &watch, &r, NULL, NULL)
                                : rf_mf_adam(&m, &d, &recipe, &watch, &r, NULL),
                         0);
        assert_true(r.interrupted);
        assert_int_equal(seen.epochs, 4);
        assert_int_equal(r.epochs, 4);
        assert_near(valid_loss(&m, &p), seen.lowest, 1e-5);
        rf_mf_model_release(&m);
    }
    planted_free(&p);
}

static void the_gradient_vanishes_at_the_convex_optimum(void **state)
{
    (void)state;
    const double alpha[] = { 0.3 }, ridge[] = { 1e-3 };
    struct planted p = planted_new(MODELS, DIM, 3000, 0, 2);
    const struct rf_mf_data d = planted_data(&p, 1);
    const struct rf_mf_convex o = { alpha, 1, ridge, 1, 0, 500, 0, 1 };
    struct rf_mf_model m = new_model(MODELS, K);
    struct rf_mf_report r;
    struct rf_mf_pass *pass = NULL;
    struct rf_mf_loss loss;
    double g[MODELS * DIM], square = 0, shift = 0;
    float u[MODELS * DIM], unit[MODELS * K];
    assert_int_equal(rf_mf_convex(&m, &d, &o, NULL, &r, NULL, NULL), 0);
    assert_true(isnan(r.valid.loss));
    rf_mf_model_scores(&m, u, unit);
    assert_int_equal(rf_mf_pass_new(&pass, p.x, d.rows, DIM, MODELS, p.pair, p.trains, NULL), 0);
    assert_int_equal(rf_mf_pass_run(pass, u, alpha[0], 1, &loss, g, NULL), 0);
    for (size_t i = 0; i < MODELS * DIM; i++)
        square += pow(g[i] + ridge[0] * (double)u[i], 2); /* the vectors have length 1 */
    assert_true(sqrt(square) < 2e-5);
    for (size_t j = 0; j < DIM; j++) { /* the shift that all rows could share is settled by the ridge */
        double sum = 0;
        for (size_t i = 0; i < MODELS; i++)
            sum += (double)u[i * DIM + j];
        shift = fmax(shift, fabs(sum));
    }
    assert_true(shift < 1e-4);
    rf_mf_pass_free(pass);
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void the_ridge_does_not_depend_on_the_scale_of_the_vectors(void **state)
{
    (void)state;
    const double ridge[] = { 1e-2 };
    struct planted p = planted_new(MODELS, DIM, 1500, 0, 2);
    const struct rf_mf_data d = planted_data(&p, 1);
    const struct rf_mf_convex o = { no_noise, 1, ridge, 1, 0, 500, 0, 1 };
    struct rf_mf_model m = new_model(MODELS, K);
    struct rf_mf_report small, large;
    assert_int_equal(rf_mf_convex(&m, &d, &o, NULL, &small, NULL, NULL), 0);
    for (size_t i = 0; i < d.rows * DIM; i++)
        p.x[i] *= 16;
    assert_int_equal(rf_mf_convex(&m, &d, &o, NULL, &large, NULL, NULL), 0);
    assert_near(small.train.loss, large.train.loss, 1e-5);
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void full_rank_factors_reach_the_convex_optimum(void **state)
{
    (void)state;
    const double alpha[] = { 0.1 }, ridge[] = { 1e-3 };
    struct planted p = planted_new(MODELS, DIM, 3000, 500, 2);
    const struct rf_mf_data d = planted_data(&p, 1);
    struct rf_mf_convex o = { alpha, 1, ridge, 1, 0, 1000, 0, 1 };
    struct rf_mf_model m = new_model(MODELS, K);
    struct rf_mf_report free_u, full, low;
    assert_int_equal(rf_mf_convex(&m, &d, &o, NULL, &free_u, NULL, NULL), 0);
    o.rank = MODELS;
    assert_int_equal(rf_mf_convex(&m, &d, &o, NULL, &full, NULL, NULL), 0);
    assert_near(full.train.loss, free_u.train.loss, 1e-4);
    o.rank = 2;
    assert_int_equal(rf_mf_convex(&m, &d, &o, NULL, &low, NULL, NULL), 0);
    assert_true(low.train.loss > free_u.train.loss && low.train.loss < log(2));
    assert_near(valid_loss(&m, &p), low.valid.loss, 1e-5);
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void the_grid_is_reported_and_its_best_point_chosen(void **state)
{
    (void)state;
    const double alpha[] = { 0, 0.2 }, ridge[] = { 1e-6, 1e-2, 1 };
    struct planted p = planted_new(MODELS, DIM, 400, 400, 2);
    const struct rf_mf_data d = planted_data(&p, 1);
    const struct rf_mf_convex o = { alpha, 2, ridge, 3, 0, 200, 10, 1 };
    struct rf_mf_model m = new_model(MODELS, K);
    struct rf_mf_points points;
    struct rf_mf_report r;
    assert_int_equal(rf_mf_convex(&m, &d, &o, NULL, &r, &points, NULL), 0);
    assert_int_equal(points.n, 6);
    assert_true(points.v[0].ridge == 1 && points.v[1].alpha == 0.2 && points.v[5].ridge == 1e-6);
    for (size_t i = 0; i < points.n; i++)
        assert_true(points.v[i].valid.loss >= points.v[points.best].valid.loss);
    assert_true(r.valid.loss == points.v[points.best].valid.loss);
    rf_free(points.v);
    rf_mf_model_release(&m);
    planted_free(&p);
}

static void threads_do_not_change_a_byte(void **state)
{
    (void)state;
    struct planted p = planted_new(MODELS, DIM, 2000, 500, 2);
    const struct rf_mf_convex o = { no_noise, 1, grid, 5, 0, 100, 5, 1 };
    struct rf_mf_recipe brief = recipe;
    brief.epochs = 3;
    struct rf_mf_model one[2] = { new_model(MODELS, K), new_model(MODELS, K) };
    for (int threads = 1; threads <= 4; threads *= 2) {
        const struct rf_mf_data d = planted_data(&p, threads);
        struct rf_mf_model m[2] = { new_model(MODELS, K), new_model(MODELS, K) };
        assert_int_equal(rf_mf_adam(&m[0], &d, &brief, NULL, NULL, NULL), 0);
        assert_int_equal(rf_mf_convex(&m[1], &d, &o, NULL, NULL, NULL, NULL), 0);
        for (int i = 0; i < 2; i++) {
            if (threads == 1)
                rf_mf_model_copy(&one[i], &m[i]);
            assert_true(same_model(&one[i], &m[i]));
            rf_mf_model_release(&m[i]);
        }
    }
    rf_mf_model_release(&one[0]);
    rf_mf_model_release(&one[1]);
    planted_free(&p);
}

static void what_cannot_be_fitted_is_named(void **state)
{
    (void)state;
    struct planted p = planted_new(MODELS, DIM, 200, 0, 2);
    struct rf_mf_data d = planted_data(&p, 1);
    struct rf_mf_convex o = { no_noise, 1, grid, 5, 0, 100, 5, 1 };
    struct rf_mf_recipe wild = recipe;
    struct rf_mf_model m = new_model(MODELS, K), narrow = new_model(MODELS, MODELS - 1);
    struct rf_err err = { 0 };
    assert_int_equal(rf_mf_convex(&m, &d, &o, NULL, NULL, NULL, &err), RF_USAGE);
    assert_non_null(strstr(err.msg, "no validation votes to choose by"));
    err = (struct rf_err){ 0 };
    o.ridges = 1;
    assert_int_equal(rf_mf_convex(&narrow, &d, &o, NULL, NULL, NULL, &err), RF_USAGE);
    assert_non_null(strstr(err.msg, "8 models do not fit a width of 7"));
    err = (struct rf_err){ 0 };
    wild.adam.lr = 1e30;
    assert_int_equal(rf_mf_adam(&m, &d, &wild, NULL, NULL, &err), RF_FAIL);
    assert_non_null(strstr(err.msg, "epoch 1, step "));
    err = (struct rf_err){ 0 };
    d.trains = 0;
    assert_int_equal(rf_mf_adam(&m, &d, &recipe, NULL, NULL, &err), RF_BAD_INPUT);
    rf_mf_model_release(&m);
    rf_mf_model_release(&narrow);
    planted_free(&p);
}

static void failed_allocations_leave_nothing_behind(void **state)
{
    (void)state;
    struct planted p = planted_new(MODELS, DIM, 100, 20, 2);
    const struct rf_mf_data d = planted_data(&p, 1);
    const struct rf_mf_convex o = { no_noise, 1, grid, 5, 3, 3, 5, 1 };
    struct rf_mf_recipe brief = recipe;
    struct rf_mf_model m = new_model(MODELS, K);
    brief.epochs = 1;
    for (int convex = 0; convex < 2; convex++)
        for (long nth = 1, failed = 1; failed; nth++) {
            rf_mem_fail_at(nth, true);
            failed = convex ? rf_mf_convex(&m, &d, &o, NULL, NULL, NULL, NULL)
                            : rf_mf_adam(&m, &d, &brief, NULL, NULL, NULL);
            rf_mem_fail_at(0, false);
            assert_true(failed == 0 || failed == RF_FAIL);
        }
    rf_mf_model_release(&m);
    planted_free(&p);
}

/* Ties planted by Davidson's rule: the fit finds their parameter, and comes near the truth's loss. */
static void planted_ties_are_found(void **state)
{
    (void)state;
    enum { TRAINS = 6000, VALIDS = 2000 };
    const double eta = 0.6;
    struct planted p = planted_new(MODELS, DIM, TRAINS, VALIDS, 2);
    uint8_t *outcome = rf_calloc(TRAINS + VALIDS, 1, NULL);
    struct rf_mf_recipe ties = recipe;
    struct rf_mf_report report;
    struct rf_mf_model m;
    struct rf_rng rng;
    double truth = 0, d[3];
    rf_rng_init(&rng, 21, 0);
    for (size_t i = 0; i < TRAINS + VALIDS; i++) {
        struct rf_mf_pair *const v = &p.pair[i];
        double a = 0, b = 0;
        for (size_t j = 0; j < DIM; j++) {
            a += (double)(p.u[v->win * DIM + j] * p.x[v->row * DIM + j]);
            b += (double)(p.u[v->lose * DIM + j] * p.x[v->row * DIM + j]);
        }
        const double draw = rf_rng_uniform(&rng),
                     won = exp(-rf_mf_outcome_loss(RF_MF_DAVIDSON, RF_MF_WIN, a, b, eta, d)),
                     tied = exp(-rf_mf_outcome_loss(RF_MF_DAVIDSON, RF_MF_TIE, a, b, eta, d));
        outcome[i] = draw < tied ? RF_MF_TIE : RF_MF_WIN;
        if (draw >= tied + won)
            *v = (struct rf_mf_pair){ v->lose, v->win, v->row, 1 };
        if (i >= TRAINS)
            truth -= log(draw < tied ? tied : draw < tied + won ? won : 1 - tied - won) / VALIDS;
    }
    const struct rf_mf_data data = { .x = p.x,
                                     .rows = TRAINS + VALIDS,
                                     .dim = DIM,
                                     .models = MODELS,
                                     .train = p.pair,
                                     .valid = p.pair + TRAINS,
                                     .trains = TRAINS,
                                     .valids = VALIDS,
                                     .train_outcome = outcome,
                                     .valid_outcome = outcome + TRAINS,
                                     .threads = 1 };
    ties.rule = RF_MF_DAVIDSON;
    assert_int_equal(rf_mf_model_init(&m, MODELS, K, DIM, NULL), 0);
    rf_mf_model_start(&m, 3);
    assert_int_equal(rf_mf_adam(&m, &data, &ties, NULL, &report, NULL), 0);
    assert_near(report.eta, eta, 0.1);
    assert_true(report.valid.loss < truth + 0.03);
    rf_mf_model_release(&m);
    rf_free(outcome);
    planted_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planted_ties_are_found),
        cmocka_unit_test(both_trainers_recover_planted_tastes),
        cmocka_unit_test(the_best_epoch_is_kept),
        cmocka_unit_test(an_interruption_keeps_the_best_so_far),
        cmocka_unit_test(the_gradient_vanishes_at_the_convex_optimum),
        cmocka_unit_test(the_ridge_does_not_depend_on_the_scale_of_the_vectors),
        cmocka_unit_test(full_rank_factors_reach_the_convex_optimum),
        cmocka_unit_test(the_grid_is_reported_and_its_best_point_chosen),
        cmocka_unit_test(threads_do_not_change_a_byte),
        cmocka_unit_test(what_cannot_be_fitted_is_named),
        cmocka_unit_test(failed_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
