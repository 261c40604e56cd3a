/* Unit tests of train/tune.h: grids as they are written, and the choice among their points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "fit_args.h"
#include "near.h"
#include "train/subset.h"
#include "train/tune.h"
#include "vote_db.h"

enum { PROMPTS = 500, DIM = 4, SEED = 3, MOST_POINTS = 16 };

static char path[64];
static struct rf_db *db;

static int read_grid(struct rf_grid *g, const struct rf_cmd *cmd, const char *words, char *more, struct rf_err *err)
{
    char copy[128], *at = copy;
    const char *word[16];
    struct rf_list list = { word, 0 };
    *g = (struct rf_grid){ 0 };
    snprintf(copy, sizeof copy, "%s", words);
    for (char *w; (w = strsep(&at, ","));)
        word[list.n++] = w;
    return rf_grid_parse(g, cmd, &list, &more, more ? 1 : 0, err);
}

static void a_grid_is_every_combination(void **state)
{
    (void)state;
    char more[] = "ties=drop,half,weak-suffices";
    const struct rf_cmd *const cmd = &rf_kind_logistic.cmd;
    struct rf_buf text = { 0 };
    struct rf_grid g;
    struct parsed p;
    void *opts;
    assert_int_equal(read_grid(&g, cmd, "C=0.5,2", more, NULL), 0);
    assert_int_equal(g.points, 6);
    static const char *const want[] = { "C=0.5 ties=drop", "C=0.5 ties=half", "C=0.5 ties=weak-suffices",
                                        "C=2 ties=drop",   "C=2 ties=half",   "C=2 ties=weak-suffices" };
    for (size_t i = 0; i < 6; i++) {
        text.len = 0;
        assert_int_equal(rf_grid_text(&g, i, &text, NULL), 0);
        assert_string_equal(text.data, want[i]);
    }
    /* the options of a point are the kind's own with those values, in memory of their own */
    const char *const args[] = { "--strong=a,b", "--C=9", "--valid=0.3", NULL };
    assert_int_equal(parse(&p, &rf_kind_logistic, args, NULL), 0);
    struct rf_buf before = { 0 }, after = { 0 };
    assert_int_equal(rf_opt_json(p.sets, p.nsets, &before, NULL), 0);
    assert_int_equal(rf_grid_options(&g, 4, cmd, p.opts, &opts, NULL), 0);
    struct rf_opt_set sets[RF_CMD_TABLES];
    for (size_t i = 0; i < p.nsets; i++)
        sets[i] = (struct rf_opt_set){ p.sets[i].table, opts };
    assert_int_equal(rf_opt_json(sets, p.nsets, &after, NULL), 0);
    assert_non_null(strstr(before.data, "\"C\":[\"9\"]"));
    assert_non_null(strstr(after.data, "\"C\":[\"2\"]"));
    assert_non_null(strstr(after.data, "\"ties\":\"half\""));
    assert_non_null(strstr(after.data, "\"strong\":[\"a\",\"b\"]"));
    assert_non_null(strstr(after.data, "\"valid\":0.3"));
    unparse(&p);
    after.len = 0;
    assert_int_equal(rf_opt_json(sets, p.nsets, &after, NULL), 0);
    assert_non_null(strstr(after.data, "\"strong\":[\"a\",\"b\"]"));
    rf_grid_free_options(cmd, opts);
    rf_buf_release(&before);
    rf_buf_release(&after);
    rf_buf_release(&text);
    rf_grid_release(&g);
}

static void grids_that_say_nothing_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *words, *says;
    } wrong[] = {
        { "64,128", "found '64', expected OPTION=VALUE" },
        { "dimm=64", "did you mean dim?" },
        { "valid=0.1,0.2", "unknown option of --tune for fit mf" },
        { "output=x", "unknown option" },
        { "=3", "unknown option" },
        { "dim=", "found no value" },
        { "dim=64,64", "the value 64 twice" },
        { "dim=64,lr=1,dim=128", "--tune dim: found it twice" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct rf_err err = { 0 };
        struct rf_grid g;
        assert_int_equal(read_grid(&g, &rf_kind_mf.cmd, wrong[i].words, NULL, &err), RF_USAGE);
        if (!strstr(err.msg, wrong[i].says))
            print_error("%s: %s\n", wrong[i].words, err.msg);
        assert_non_null(strstr(err.msg, wrong[i].says));
        rf_grid_release(&g);
    }
    struct rf_err err = { 0 };
    struct rf_grid g;
    assert_int_equal(read_grid(&g, &rf_kind_ngram.cmd, "f32=1", NULL, &err), RF_USAGE); /* a flag */
    rf_grid_release(&g);
}

/* Every value is what the option table takes; the point is named where it is none. */
static void the_option_table_parses_the_values(void **state)
{
    (void)state;
    struct rf_grid g;
    struct parsed p;
    struct rf_err err = { 0 };
    const char *const none[] = { NULL };
    void *opts = NULL;
    assert_int_equal(read_grid(&g, &rf_kind_mf.cmd, "dim=64,lots", NULL, NULL), 0);
    assert_int_equal(parse(&p, &rf_kind_mf, none, NULL), 0);
    assert_int_equal(rf_grid_options(&g, 0, &rf_kind_mf.cmd, p.opts, &opts, NULL), 0);
    rf_grid_free_options(&rf_kind_mf.cmd, opts);
    opts = NULL;
    assert_int_equal(rf_grid_options(&g, 1, &rf_kind_mf.cmd, p.opts, &opts, &err), RF_USAGE);
    assert_null(opts);
    assert_non_null(strstr(err.msg, "--dim: found 'lots', expected a whole number from 1 to 65536"));
    rf_grid_release(&g);
    unparse(&p);
}

/* ---- the choice ---- */

struct ready {
    struct parsed p;
    struct rf_fit_data data;
    struct rf_fit_job job;
};

static void get_ready(struct ready *r, const struct rf_kind *kind, const char *const *args)
{
    struct rf_err err = { 0 };
    *r = (struct ready){ 0 };
    if (parse(&r->p, kind, args, &err) || rf_fit_data_load(&r->data, db, kind, r->p.opts, SEED, &err))
        print_error("%s: %s\n", kind->cmd.name, err.msg);
    assert_int_equal(err.code, 0);
    r->job = (struct rf_fit_job){
        .kind = kind, .opts = r->p.opts, .votes = r->data.votes, .scored = r->data.scored, .threads = 2, .seed = SEED
    };
}

static void put_away(struct ready *r)
{
    rf_fit_data_release(&r->data);
    unparse(&r->p);
}

/* Loss in validation of a fit with these arguments, by hand. */
static double loss_of(const struct rf_kind *kind, const char *const *args)
{
    struct rf_fitted t = { 0 };
    struct ready r;
    get_ready(&r, kind, args);
    assert_int_equal(rf_fitted_make(&t, &r.job, NULL), 0);
    const double loss = t.model.valid_loss;
    rf_fitted_release(&t);
    put_away(&r);
    return loss;
}

/* The planted best: where the ridge is huge nothing is learnt; and every loss is that of a fit by hand. */
static void the_least_loss_in_validation_is_kept(void **state)
{
    (void)state;
    static const struct {
        const struct rf_kind *kind;
        const char *grid, *first, *value[3];
        size_t best;
    } cases[] = {
        { &rf_kind_linear, "l2=1e6,0.01,1e5", "--bench=planted", { "--l2=1e6", "--l2=0.01", "--l2=1e5" }, 1 },
        { &rf_kind_knn, "k=250,1,20", "--bench=planted", { "--k=250", "--k=1", "--k=20" }, 2 },
        { &rf_kind_logistic, "C=1e-6,1e-5,1", "--embedder=planted", { "--C=1e-6", "--C=1e-5", "--C=1" }, 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *args[] = { "--valid=0.15", cases[i].first, NULL, NULL };
        struct rf_trial trial[MOST_POINTS] = { { 0 } };
        struct rf_err err = { 0 };
        struct rf_grid g;
        struct ready r;
        size_t best = 99;
        assert_int_equal(read_grid(&g, &cases[i].kind->cmd, cases[i].grid, NULL, NULL), 0);
        get_ready(&r, cases[i].kind, args);
        if (rf_tune(&g, &r.job, &r.data, NULL, 1, NULL, trial, &best, &err))
            print_error("%s: %s\n", cases[i].kind->cmd.name, err.msg);
        assert_int_equal(err.code, 0);
        assert_int_equal(best, cases[i].best);
        put_away(&r);
        for (size_t k = 0; k < 3; k++) {
            args[2] = cases[i].value[k];
            assert_near(trial[k].valid_loss, loss_of(cases[i].kind, args), 0);
        }
        rf_grid_release(&g);
    }
}

/* With folds each is the validation side once, and the mean weighs by what is in it. */
static void folds_take_turns_as_validation_side(void **state)
{
    (void)state;
    const char *const args[] = { "--bench=planted", NULL };
    struct rf_trial trial[MOST_POINTS] = { { 0 } };
    uint32_t fold[PROMPTS];
    bool valid[PROMPTS];
    struct rf_grid g;
    struct ready r;
    size_t best = 99;
    double sum = 0, n = 0;
    assert_int_equal(read_grid(&g, &rf_kind_linear.cmd, "l2=1e6,0.1", NULL, NULL), 0);
    get_ready(&r, &rf_kind_linear, args);
    for (size_t i = 0; i < PROMPTS; i++)
        fold[i] = i % 10 < 5 ? 0 : i % 10 < 8 ? 1 : 2;
    assert_int_equal(rf_tune(&g, &r.job, &r.data, fold, 3, NULL, trial, &best, NULL), 0);
    assert_int_equal(best, 1);
    assert_int_equal(trial[1].validated, PROMPTS);
    assert_int_equal(trial[1].trained, 2 * PROMPTS);
    void *opts;
    assert_int_equal(rf_grid_options(&g, 1, &rf_kind_linear.cmd, r.p.opts, &opts, NULL), 0);
    r.job.opts = opts;
    for (uint32_t k = 0; k < 3; k++) {
        struct rf_fitted t = { 0 };
        for (size_t i = 0; i < PROMPTS; i++)
            valid[i] = fold[i] == k;
        assert_int_equal(rf_sides_of_scored(&r.data.own_scored, valid, NULL), 0);
        assert_int_equal(rf_fitted_make(&t, &r.job, NULL), 0);
        sum += t.model.valid_loss * (double)t.fit.used_valid;
        n += (double)t.fit.used_valid;
        rf_fitted_release(&t);
    }
    assert_near(trial[1].valid_loss, sum / n, 1e-12);
    rf_grid_free_options(&rf_kind_linear.cmd, opts);
    put_away(&r);
    rf_grid_release(&g);
}

static void nothing_to_choose_by_is_refused(void **state)
{
    (void)state;
    const char *const args[] = { "--bench=planted", "--valid=0", NULL };
    struct rf_trial trial[MOST_POINTS] = { { 0 } };
    struct rf_err err = { 0 };
    struct rf_grid g;
    struct ready r;
    size_t best;
    assert_int_equal(read_grid(&g, &rf_kind_linear.cmd, "l2=0.1,1", NULL, NULL), 0);
    get_ready(&r, &rf_kind_linear, args);
    assert_int_equal(rf_tune(&g, &r.job, &r.data, NULL, 1, NULL, trial, &best, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "--cv"));
    put_away(&r);
    rf_grid_release(&g);
}

/* The file says what was chosen. */
static void the_choice_stands_in_the_file(void **state)
{
    (void)state;
    const char *const args[] = { "--bench=planted", NULL };
    struct rf_fitted t = { 0 };
    struct routefit_router *router = NULL;
    struct ready r;
    char why[ROUTEFIT_ERR];
    get_ready(&r, &rf_kind_linear, args);
    r.job.tuned = "l2=1";
    r.job.tuned_on = "5 folds";
    assert_int_equal(rf_fitted_make(&t, &r.job, NULL), 0);
    assert_int_equal(routefit_load(&router, t.bytes.data, t.bytes.len, NULL, why), 0);
    assert_string_equal(routefit_meta(router, "routefit.tuned"), "l2=1");
    assert_string_equal(routefit_meta(router, "routefit.tuned_on"), "5 folds");
    routefit_free(router);
    rf_fitted_release(&t);
    put_away(&r);
}

static int open_database(void **state)
{
    (void)state;
    db = vote_db_new(path, DIM);
    vote_db_plant(db, PROMPTS, DIM);
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
        cmocka_unit_test(a_grid_is_every_combination),         cmocka_unit_test(grids_that_say_nothing_are_refused),
        cmocka_unit_test(the_option_table_parses_the_values),  cmocka_unit_test(the_least_loss_in_validation_is_kept),
        cmocka_unit_test(folds_take_turns_as_validation_side), cmocka_unit_test(nothing_to_choose_by_is_refused),
        cmocka_unit_test(the_choice_stands_in_the_file),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
