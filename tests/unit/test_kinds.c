/* One loop over all kinds of router: fit a small database, save, load with the scoring pair: the scores agree, the
 * bytes do not depend on the number of threads, and every bad option is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/stats.h"
#include "near.h"
#include "train/kind.h"
#include "vote_db.h"

enum { PROMPTS = 800, DIM = 6, MAX_ARGS = 8 };

static char path[64];
static struct rf_db *db;

/* A kind's options as a command line gives them: defaults, then args (NULL-terminated). */
struct parsed {
    char *argv[MAX_ARGS + 1], *rest[MAX_ARGS + 1];
    void *opts;
    struct rf_opt_set sets[RF_CMD_TABLES];
    size_t nsets;
};

static int parse(struct parsed *p, const struct rf_kind *kind, const char *const *args, struct rf_err *err)
{
    int argc = 0, nargs = 0;
    *p = (struct parsed){ .opts = rf_calloc(1, kind->cmd.opts_size, NULL) };
    p->argv[argc++] = (char *)(uintptr_t) "fit";
    for (; *args; args++)
        p->argv[argc++] = (char *)(uintptr_t)*args;
    for (; p->nsets < RF_CMD_TABLES && kind->cmd.opts[p->nsets]; p->nsets++)
        p->sets[p->nsets] = (struct rf_opt_set){ kind->cmd.opts[p->nsets], p->opts };
    return rf_opt_parse(p->sets, p->nsets, argc, p->argv, p->rest, &nargs, err);
}

static void unparse(struct parsed *p)
{
    rf_opt_release(p->sets, p->nsets);
    rf_free(p->opts);
}

/* From a command line to the bytes of a weight file, as `fit` does it. */
static int fit_bytes(const struct rf_kind *kind, const char *const *args, int threads, struct rf_buf *bytes,
                     struct rf_model *m, struct rf_votes *v, struct rf_err *err)
{
    struct parsed p;
    struct rf_fit f = { 0 };
    int rc = parse(&p, kind, args, err);
    if (!rc) {
        const struct rf_fit_options *o = p.opts;
        const struct rf_votes_filter filter = { o->embedder, o->source, o->judge, o->min_chars, o->valid, 9 };
        rc = rf_votes_load(v, db, &filter, err);
    }
    if (!rc) {
        rf_fit_init(&f, v, threads, 9, NULL);
        if (!(rc = kind->fit(&f, p.opts, m, err)))
            rc = rf_model_build(m, kind, &f, bytes, err);
        if (!rc) {
            assert_true(f.used_train > 0 && f.used_valid > 0 && f.epochs > 0);
            if (!(m->valid_accuracy > 0.55 && m->valid_loss < log(2) && m->train_loss < log(2)))
                print_error("%s: accuracy %g, losses %g and %g\n", kind->cmd.name, m->valid_accuracy, m->valid_loss,
                            m->train_loss);
            assert_true(m->valid_accuracy > 0.55 && m->valid_accuracy < 1);
            assert_true(m->valid_loss < log(2) && m->train_loss < log(2));
        }
    }
    rf_fit_release(&f);
    unparse(&p);
    return rc;
}

static const char *const standard[] = { "--valid", "0.2", NULL };

static void every_kind_fits_saves_and_loads(void **state)
{
    (void)state;
    for (const struct rf_kind *const *k = rf_kinds; *k; k++) {
        struct rf_buf bytes = { 0 };
        struct rf_model m = { 0 };
        struct rf_votes v = { 0 };
        struct rf_err err = { 0 };
        struct routefit_router *r = NULL;
        char why[ROUTEFIT_ERR];
        if (fit_bytes(*k, standard, 1, &bytes, &m, &v, &err))
            print_error("%s: %s\n", (*k)->cmd.name, err.msg);
        assert_int_equal(err.code, 0);
        assert_int_equal(routefit_load(&r, bytes.data, bytes.len, NULL, why), 0);
        assert_string_equal(routefit_kind(r), (*k)->cmd.name);
        assert_int_equal(routefit_dim(r), DIM);
        assert_string_equal(routefit_meta(r, "routefit.embedder"), "planted");
        assert_string_equal(routefit_meta(r, "routefit.version"), RF_VERSION);
        assert_non_null(routefit_meta(r, "routefit.strong"));
        assert_non_null(routefit_meta(r, "routefit.weak"));
        for (size_t i = 0; i < RF_MODEL_CHECKS; i++) {
            const float *x = v.x + rf_model_check_row(&v, i) * DIM;
            assert_near(routefit_win_rate(r, x), rf_sigmoid(m.check[i]), 1e-6);
        }
        routefit_free(r);
        rf_model_release(&m);
        rf_votes_release(&v);
        rf_buf_release(&bytes);
    }
}

static void threads_give_the_same_bytes(void **state)
{
    (void)state;
    for (const struct rf_kind *const *k = rf_kinds; *k; k++) {
        struct rf_buf bytes[3] = { { 0 } };
        for (int i = 0; i < 3; i++) {
            struct rf_model m = { 0 };
            struct rf_votes v = { 0 };
            assert_int_equal(fit_bytes(*k, standard, 1 << i, &bytes[i], &m, &v, NULL), 0);
            assert_int_equal(bytes[i].len, bytes[0].len);
            assert_memory_equal(bytes[i].data, bytes[0].data, bytes[0].len);
            rf_model_release(&m);
            rf_votes_release(&v);
        }
        for (int i = 0; i < 3; i++)
            rf_buf_release(&bytes[i]);
    }
}

/* The pair must not be given a file that says something else than the trainer. */
static void wrong_scores_are_never_saved(void **state)
{
    (void)state;
    for (const struct rf_kind *const *k = rf_kinds; *k; k++) {
        struct rf_buf bytes = { 0 };
        struct rf_model m = { 0 };
        struct rf_votes v = { 0 };
        struct rf_fit f;
        struct rf_err err = { 0 };
        struct parsed p;
        assert_int_equal(parse(&p, *k, standard, NULL), 0);
        assert_int_equal(rf_votes_load(&v, db, &(struct rf_votes_filter){ .valid = 0.2 }, NULL), 0);
        rf_fit_init(&f, &v, 1, 1, NULL);
        assert_int_equal((*k)->fit(&f, p.opts, &m, &err), 0);
        m.check[7] += 1e-3;
        assert_int_equal(rf_model_build(&m, *k, &f, &bytes, &err), RF_FAIL);
        assert_non_null(strstr(err.msg, "the trainer"));
        rf_buf_release(&bytes);
        rf_model_release(&m);
        rf_fit_release(&f);
        rf_votes_release(&v);
        unparse(&p);
    }
}

static void refuse(const struct rf_kind *kind, const struct rf_opt *o, const char *value)
{
    char option[64];
    struct rf_buf bytes = { 0 };
    struct rf_model m = { 0 };
    struct rf_votes v = { 0 };
    struct rf_err err = { 0 };
    snprintf(option, sizeof option, "--%s=%s", o->name, value);
    const char *const args[] = { "--valid=0.2", option, NULL }, *const alone[] = { option, NULL };
    const int rc = fit_bytes(kind, strcmp(o->name, "valid") == 0 ? alone : args, 1, &bytes, &m, &v, &err);
    if (rc != RF_USAGE)
        print_error("fit %s %s: code %d, \"%s\"\n", kind->cmd.name, option, rc, err.msg);
    assert_int_equal(rc, RF_USAGE);
    assert_true(err.msg[0]);
    rf_buf_release(&bytes);
    rf_model_release(&m);
    rf_votes_release(&v);
}

static void every_bad_option_is_refused(void **state)
{
    (void)state;
    for (const struct rf_kind *const *k = rf_kinds; *k; k++)
        for (size_t t = 0; t < RF_CMD_TABLES && (*k)->cmd.opts[t]; t++)
            for (const struct rf_opt *o = (*k)->cmd.opts[t]; o->name; o++) {
                char value[64];
                if (o->type == RF_OPT_FLAG || strcmp(o->name, "output") == 0)
                    continue;
                refuse(*k, o, "no such thing");
                if (o->type != RF_OPT_INT && o->type != RF_OPT_REAL)
                    continue;
                refuse(*k, o, "nan");
                assert_true(o->min < o->max); /* every number has a range */
                snprintf(value, sizeof value, "%.0f", floor(o->min) - 1);
                refuse(*k, o, value);
                snprintf(value, sizeof value, "%.0f", ceil(o->max) + 1);
                refuse(*k, o, value);
            }
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
        cmocka_unit_test(every_kind_fits_saves_and_loads),
        cmocka_unit_test(threads_give_the_same_bytes),
        cmocka_unit_test(wrong_scores_are_never_saved),
        cmocka_unit_test(every_bad_option_is_refused),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
