/* One loop over all kinds of router: fit a small database, save, load with the scoring pair: the scores agree, the
 * bytes do not depend on the number of threads, and every bad option is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/stats.h"
#include "eval/recal.h"
#include "eval/recal_file.h"
#include "fit_args.h"
#include "near.h"
#include "train/fitted.h"
#include "train/kind.h"
#include "vote_db.h"

enum { PROMPTS = 800, DIM = 6 };

static char path[64];
static struct rf_db *db;

/* A fit under way, as `fit` does it. */
struct fitted {
    struct parsed p;
    struct rf_fit_data data;
    struct rf_fit f;
    struct rf_model m;
    struct rf_buf bytes; /* of the weight file */
};

static void fitted_release(struct fitted *t)
{
    rf_buf_release(&t->bytes);
    rf_model_release(&t->m);
    rf_fit_release(&t->f);
    rf_fit_data_release(&t->data);
    unparse(&t->p);
}

/* What must hold of a kind's numbers. */
static void check_losses(const struct rf_kind *kind, const struct fitted *t)
{
    const bool votes = t->data.votes != NULL;
    const double valid = t->m.valid_loss, none = votes ? log(2) : t->m.null_loss;
    assert_true(t->f.used_train > 0 && t->f.used_valid > 0 && t->f.epochs > 0);
    if (!(valid < none))
        print_error("%s: loss %g in validation, %g without a router\n", kind->cmd.name, valid, none);
    assert_true(valid < none);
    assert_true(!votes || (t->m.valid_accuracy > 0.55 && t->m.valid_accuracy < 1 && t->m.train_loss < log(2)));
}

/* From a command line to the fitted model; build: and to the bytes of its file. */
static int fit_args(struct fitted *t, const struct rf_kind *kind, const char *const *args, int threads, bool build,
                    struct rf_err *err)
{
    *t = (struct fitted){ 0 };
    int rc = parse(&t->p, kind, args, err);
    if (rc || (rc = rf_fit_data_load(&t->data, db, kind, t->p.opts, 9, err)))
        return rc;
    rf_fit_init(&t->f, t->data.votes, t->data.scored, threads, 9, NULL);
    if ((rc = kind->fit(&t->f, t->p.opts, &t->m, err)) || !build)
        return rc;
    if (!(rc = rf_model_build(&t->m, kind, &t->f, &t->bytes, err)))
        check_losses(kind, t);
    return rc;
}

/* A kind with the least that it must be told; one that learns from either stands twice. */
struct way {
    const struct rf_kind *kind;
    const char *const *args;
};
static const char *const of_votes[] = { "--valid=0.2", NULL }, *const of_results[] = { "--valid=0.2", "--bench=planted",
                                                                                       NULL };
enum { MOST_WAYS = 64 };
static struct way ways[MOST_WAYS];
static size_t nways;

static void list_ways(void)
{
    nways = 0;
    for (const struct rf_kind *const *k = rf_kinds; *k; k++) {
        assert_true(nways + 2 <= MOST_WAYS);
        if ((*k)->from != RF_FROM_RESULTS)
            ways[nways++] = (struct way){ *k, of_votes };
        if ((*k)->from != RF_FROM_VOTES)
            ways[nways++] = (struct way){ *k, of_results };
    }
}

static void scores_agree(const struct fitted *t, const struct routefit_router *r)
{
    const struct rf_votes *const v = t->data.votes;
    struct routefit_features *const pad = routefit_features_new(ROUTEFIT_BUCKETS);
    for (size_t i = 0; v && i < RF_MODEL_CHECKS; i++) {
        const size_t row = rf_model_check_row(v->rows, i);
        const struct rf_str text = v->x ? (struct rf_str){ 0 } : rf_turn_of(&v->text, row);
        assert_near(v->x ? routefit_win_rate(r, v->x + row * DIM) : routefit_win_rate_text(r, pad, text.s, text.len),
                    rf_sigmoid(t->m.check[i]), 1e-6);
    }
    routefit_features_free(pad);
    const struct rf_scored *const s = t->data.scored;
    for (size_t i = 0; s && i < RF_MODEL_CHECKS; i++) {
        double score[4], cost[4];
        assert_int_equal(routefit_models(r), 4);
        assert_int_equal(routefit_predict(r, rf_scored_x(s, rf_model_check_row(s->r.n, i)), score, cost), 0);
        for (size_t m = 0; m < 4; m++) {
            assert_string_equal(routefit_model(r, m), s->r.model[m]);
            assert_near(score[m], t->m.predicted[i * 8 + m], 1e-6);
            assert_near(cost[m], t->m.predicted[i * 8 + 4 + m], 1e-6);
        }
    }
}

/* r's win rates are own's, recalibrated. */
static void recalibrated(const struct fitted *t, const struct routefit_router *own, const struct routefit_router *r,
                         const struct rf_recal *how)
{
    enum { ROWS = 7 };
    if (routefit_input(own) == ROUTEFIT_TEXT) {
        struct routefit_features *const pad = routefit_features_new(routefit_dim(own));
        for (size_t i = 0; i < ROWS; i++) {
            const struct rf_str text = rf_turn_of(&t->data.votes->text, i);
            const double p = routefit_win_rate_text(own, pad, text.s, text.len);
            assert_near(routefit_win_rate_text(r, pad, text.s, text.len), rf_recal_rate(how, rf_recal_logit(p)), 1e-9);
        }
        routefit_features_free(pad);
        return;
    }
    float x[ROWS * DIM];
    double p[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        memcpy(x + i * DIM, t->data.votes ? t->data.votes->x + i * DIM : rf_scored_x(t->data.scored, i),
               DIM * sizeof *x);
    routefit_win_rates(r, x, ROWS, p);
    for (size_t i = 0; i < ROWS; i++) {
        assert_near(p[i], rf_recal_rate(how, routefit_logit(own, x + i * DIM)), 1e-12);
        assert_near(routefit_win_rate(r, x + i * DIM), p[i], 0);
        assert_near(rf_sigmoid(routefit_logit(r, x + i * DIM)), p[i], 1e-12);
    }
}

static void every_kind_fits_saves_and_loads(void **state)
{
    (void)state;
    for (const struct way *w = ways; w < ways + nways; w++) {
        const struct rf_kind *const kind = w->kind;
        struct fitted t;
        struct rf_err err = { 0 };
        struct routefit_router *r = NULL;
        char why[ROUTEFIT_ERR];
        if (fit_args(&t, kind, w->args, 1, true, &err))
            print_error("%s: %s\n", kind->cmd.name, err.msg);
        assert_int_equal(err.code, 0);
        assert_int_equal(routefit_load(&r, t.bytes.data, t.bytes.len, NULL, why), 0);
        assert_string_equal(routefit_kind(r), kind->cmd.name);
        const bool text = kind->input == ROUTEFIT_TEXT;
        assert_int_equal(routefit_input(r), kind->input);
        assert_int_equal(routefit_dim(r), text ? ROUTEFIT_BUCKETS : DIM);
        assert_string_equal(routefit_meta(r, text ? "routefit.features" : "routefit.embedder"),
                            text ? ROUTEFIT_FEATURES : "planted");
        assert_string_equal(routefit_meta(r, "routefit.version"), RF_VERSION);
        assert_true(t.data.scored || (routefit_meta(r, "routefit.strong") && routefit_meta(r, "routefit.weak")));
        scores_agree(&t, r);
        routefit_free(r);
        fitted_release(&t);
    }
}

/* Any kind's file takes a recalibration, which the pair applies to its win rates one by one, in rows and of texts. */
static void every_kind_is_recalibrated(void **state)
{
    (void)state;
    double knot[] = { -1, -.2, .1, 1 }, rate[] = { .2, .4, .4, .9 };
    const struct rf_recal ways_to[] = { { .method = RF_RECAL_PLATT, .slope = .3, .bias = .7 },
                                        { .method = RF_RECAL_ISOTONIC, .knots = 4, .logit = knot, .rate = rate } };
    for (const struct way *w = ways; w < ways + nways; w++)
        for (int k = 0; k < 2; k++) {
            struct rf_recal_file file = { 0 };
            struct rf_buf bytes = { 0 };
            struct routefit_router *own = NULL, *r = NULL;
            struct fitted t;
            assert_int_equal(fit_args(&t, w->kind, w->args, 1, true, NULL), 0);
            assert_int_equal(rf_recal_file_open(&file, "made", &t.bytes, NULL), 0);
            if (t.data.scored) {
                rf_recal_file_meta(&file, "routefit.strong", t.data.scored->r.model[0]);
                rf_recal_file_meta(&file, "routefit.weak", t.data.scored->r.model[1]);
            }
            assert_int_equal(rf_recal_file_load(&file, NULL, &bytes, &own, NULL), 0);
            rf_recal_file_set(&file, &ways_to[k]);
            assert_int_equal(rf_recal_file_load(&file, NULL, &bytes, &r, NULL), 0);
            recalibrated(&t, own, r, &ways_to[k]);
            routefit_free(own);
            routefit_free(r);
            rf_buf_release(&bytes);
            rf_recal_file_release(&file);
            fitted_release(&t);
        }
}

/* `--tune dim=64 l2=1,2`: what stands behind the option reaches the tuner for every kind. */
static void every_kind_takes_a_grid(void **state)
{
    (void)state;
    for (const struct rf_kind *const *k = rf_kinds; *k; k++)
        assert_int_equal((*k)->cmd.max_args, -1);
}

static void threads_give_the_same_bytes(void **state)
{
    (void)state;
    for (const struct way *w = ways; w < ways + nways; w++) {
        struct fitted t[3];
        for (int i = 0; i < 3; i++) {
            assert_int_equal(fit_args(&t[i], w->kind, w->args, 1 << i, true, NULL), 0);
            assert_int_equal(t[i].bytes.len, t[0].bytes.len);
            assert_memory_equal(t[i].bytes.data, t[0].bytes.data, t[0].bytes.len);
        }
        for (int i = 0; i < 3; i++)
            fitted_release(&t[i]);
    }
}

/* The pair must not be given a file that says something else than the trainer. */
static void wrong_scores_are_never_saved(void **state)
{
    (void)state;
    for (const struct way *w = ways; w < ways + nways; w++) {
        struct fitted t;
        struct rf_err err = { 0 };
        assert_int_equal(fit_args(&t, w->kind, w->args, 1, false, &err), 0);
        *(t.m.predicted ? &t.m.predicted[7] : &t.m.check[7]) += 1e-3;
        assert_int_equal(rf_model_build(&t.m, w->kind, &t.f, &t.bytes, &err), RF_FAIL);
        assert_non_null(strstr(err.msg, "the trainer"));
        fitted_release(&t);
    }
}

static void refuse(const struct way *w, const struct rf_opt *o, const char *value)
{
    char option[64];
    const char *args[4] = { 0 };
    size_t n = 0;
    struct fitted t;
    struct rf_err err = { 0 };
    snprintf(option, sizeof option, "--%s=%s", o->name, value);
    for (const char *const *a = w->args; *a; a++) /* but the option itself */
        if (strncmp(*a + 2, o->name, strlen(o->name)) != 0)
            args[n++] = *a;
    args[n] = option;
    const int rc = fit_args(&t, w->kind, args, 1, true, &err);
    if (rc != RF_USAGE)
        print_error("fit %s %s: code %d, \"%s\"\n", w->kind->cmd.name, option, rc, err.msg);
    assert_int_equal(rc, RF_USAGE);
    assert_true(err.msg[0]);
    fitted_release(&t);
}

static void every_bad_option_is_refused(void **state)
{
    (void)state;
    for (const struct way *w = ways; w < ways + nways; w++)
        for (size_t t = 0; t < RF_CMD_TABLES && w->kind->cmd.opts[t]; t++)
            for (const struct rf_opt *o = w->kind->cmd.opts[t]; o->name; o++) {
                char value[64];
                if (o->type == RF_OPT_FLAG || !strcmp(o->name, "output") || !strcmp(o->name, "name") ||
                    !strcmp(o->name, "tune")) /* any name will do; test_tune.c */
                    continue;
                refuse(w, o, "no such thing");
                if (o->type != RF_OPT_INT && o->type != RF_OPT_REAL)
                    continue;
                refuse(w, o, "nan");
                assert_true(o->min < o->max); /* every number has a range */
                snprintf(value, sizeof value, "%.0f", floor(o->min) - 1);
                refuse(w, o, value);
                snprintf(value, sizeof value, "%.0f", ceil(o->max) + 1);
                refuse(w, o, value);
            }
}

/* The last test: the signal stays with the process. */
static void ctrl_c_leaves_a_router_or_a_message(void **state)
{
    (void)state;
    static struct fitted all[MOST_WAYS];
    for (size_t i = 0; i < nways; i++) {
        all[i] = (struct fitted){ 0 };
        assert_int_equal(parse(&all[i].p, ways[i].kind, ways[i].args, NULL), 0);
        assert_int_equal(rf_fit_data_load(&all[i].data, db, ways[i].kind, all[i].p.opts, 9, NULL), 0);
    }
    rf_progress_setup(true);
    assert_int_equal(raise(SIGINT), 0);
    for (size_t i = 0; i < nways; i++) {
        struct rf_progress progress;
        struct rf_fitted made = { 0 };
        struct rf_err err = { 0 };
        rf_progress_start(&progress, "fit", "epochs", 0);
        const struct rf_fit_job job = { .kind = ways[i].kind,
                                        .opts = all[i].p.opts,
                                        .votes = all[i].data.votes,
                                        .scored = all[i].data.scored,
                                        .threads = 1,
                                        .seed = 9,
                                        .progress = &progress };
        const int rc = rf_fitted_make(&made, &job, &err);
        if (rc ? rc != RF_INTERRUPTED || !*err.msg : !made.fit.interrupted)
            fail_msg("%s: code %d, message \"%s\"", ways[i].kind->cmd.name, rc, err.msg);
        rf_fitted_release(&made);
        fitted_release(&all[i]);
    }
}

static int open_database(void **state)
{
    (void)state;
    db = vote_db_new(path, DIM);
    vote_db_plant(db, PROMPTS, DIM);
    list_ways();
    return rf_blas_init(NULL);
}

static int close_database(void **state)
{
    (void)state;
    vote_db_close(db, path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_fits_saves_and_loads),
        cmocka_unit_test(every_kind_is_recalibrated),
        cmocka_unit_test(every_kind_takes_a_grid),
        cmocka_unit_test(threads_give_the_same_bytes),
        cmocka_unit_test(wrong_scores_are_never_saved),
        cmocka_unit_test(every_bad_option_is_refused),
        cmocka_unit_test(ctrl_c_leaves_a_router_or_a_message),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
