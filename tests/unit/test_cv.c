/* Unit tests of train/cv.h, train/subset.h, train/parts.h and core/division.h: groups stay whole and folds are
 * disjoint; what is scored out of fold is what a fit by hand gives in a database that does not hold the fold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/division.h"
#include "fit_args.h"
#include "near.h"
#include "train/cv.h"
#include "train/subset.h"
#include "vote_db.h"

enum { PROMPTS = 600, DIM = 5, FOLDS = 3, SEED = 9 };

static char path[64];
static struct rf_db *db;

/* What a kind must be told, and one ridge where a choice among several takes long. */
static const char *const of_votes[] = { "--valid=0.2", NULL };
static const char *const of_texts[] = { "--valid=0.2", "--l2=0.01", NULL };
static const char *const of_results[] = { "--valid=0.2", "--bench=planted", NULL };

static const char *const *standard(const struct rf_kind *kind)
{
    return kind->from == RF_FROM_RESULTS ? of_results : kind->input == ROUTEFIT_TEXT ? of_texts : of_votes;
}

/* Options, data and job of a kind. */
struct ready {
    struct parsed p;
    struct rf_fit_data data;
    struct rf_fit_job job;
};

static void get_ready(struct ready *r, const struct rf_kind *kind, int threads)
{
    struct rf_err err = { 0 };
    *r = (struct ready){ 0 };
    if (parse(&r->p, kind, standard(kind), &err) || rf_fit_data_load(&r->data, db, kind, r->p.opts, SEED, &err))
        print_error("%s: %s\n", kind->cmd.name, err.msg);
    assert_int_equal(err.code, 0);
    r->job = (struct rf_fit_job){ .kind = kind,
                                  .opts = r->p.opts,
                                  .votes = r->data.votes,
                                  .scored = r->data.scored,
                                  .threads = threads,
                                  .seed = SEED };
}

static void put_away(struct ready *r)
{
    rf_fit_data_release(&r->data);
    unparse(&r->p);
}

/* By a rule of its own: the planted texts are all alike, and would be one group. */
static uint32_t fold_of(int64_t prompt)
{
    return (uint32_t)(prompt * 7 % 11 % FOLDS);
}

static void fill_folds(const struct rf_fit_job *job, uint32_t *fold)
{
    for (size_t i = 0; i < rf_job_rows(job); i++)
        fold[i] = fold_of(rf_job_prompts(job)[i]);
}

static void cross_validate(struct rf_cv *cv, const struct rf_fit_job *job, uint32_t *fold)
{
    struct rf_err err = { 0 };
    fill_folds(job, fold);
    *cv = (struct rf_cv){ 0 };
    if (rf_cv_run(cv, job, fold, FOLDS, NULL, &err))
        print_error("%s: %s\n", job->kind->cmd.name, err.msg);
    assert_int_equal(err.code, 0);
}

/* Takes a fold's prompts out of the database, inside a transaction. */
static void forget_fold(uint32_t out)
{
    assert_int_equal(rf_db_begin(db, NULL), 0);
    for (int id = 1; id <= PROMPTS; id++)
        if (fold_of(id) == out)
            vote_db_run(db,
                        "DELETE FROM result WHERE item = %d; DELETE FROM item WHERE id = %d; DELETE FROM preference "
                        "WHERE prompt = %d",
                        id, id, id);
}

/* The scores of the whole data's prompts of a fold by a router that was fitted on what is in the database now. */
static void compare_by_hand(const struct rf_cv *cv, const struct ready *whole, uint32_t out)
{
    const struct rf_kind *const kind = whole->job.kind;
    struct routefit_features *const pad = routefit_features_new(ROUTEFIT_BUCKETS);
    struct routefit_router *r = NULL;
    struct rf_fitted t = { 0 };
    struct rf_err err = { 0 };
    struct ready rest;
    char why[ROUTEFIT_ERR];
    size_t compared = 0;
    get_ready(&rest, kind, 1);
    if (rf_fitted_make(&t, &rest.job, &err))
        print_error("%s: %s\n", kind->cmd.name, err.msg);
    assert_int_equal(err.code, 0);
    assert_int_equal(routefit_load(&r, t.bytes.data, t.bytes.len, NULL, why), 0);
    for (size_t i = 0; i < cv->rows; i++) {
        const struct rf_votes *const v = whole->data.votes;
        const struct rf_scored *const s = whole->data.scored;
        double score[4], cost[4];
        if (cv->fold[i] != out)
            continue;
        compared++;
        if (s) {
            assert_int_equal(routefit_predict(r, s->in.x + i * DIM, score, cost), 0);
            assert_memory_equal(score, cv->score + 4 * i, sizeof score);
            assert_memory_equal(cost, cv->cost + 4 * i, sizeof cost);
        } else if (v->text.at) {
            const struct rf_str text = rf_turn_of(&v->text, i);
            assert_near(cv->score[i], routefit_win_rate_text(r, pad, text.s, text.len), 0);
        } else {
            assert_near(cv->score[i], routefit_win_rate(r, v->x + i * DIM), 1e-12);
        }
    }
    assert_int_equal(compared, cv->part[out].prompts);
    assert_int_equal(t.fit.used_train, cv->part[out].trained);
    routefit_free(r);
    routefit_features_free(pad);
    rf_fitted_release(&t);
    put_away(&rest);
}

static void scores_out_of_fold_are_those_of_a_fit_by_hand(void **state)
{
    (void)state;
    for (const struct rf_kind *const *k = rf_kinds; *k; k++) {
        struct ready whole;
        struct rf_cv cv;
        uint32_t fold[PROMPTS];
        get_ready(&whole, *k, 2);
        cross_validate(&cv, &whole.job, fold);
        assert_int_equal(cv.rows, PROMPTS);
        for (uint32_t out = 0; out < FOLDS; out++) {
            forget_fold(out);
            compare_by_hand(&cv, &whole, out);
            rf_db_rollback(db);
        }
        /* votes have a signal; so have results */
        assert_true(cv.all.loss < (whole.data.votes ? log(2) : cv.all.null));
        assert_int_equal(cv.all.prompts, PROMPTS);
        rf_cv_release(&cv);
        put_away(&whole);
    }
}

static void threads_give_the_same_scores(void **state)
{
    (void)state;
    for (const struct rf_kind *const *k = rf_kinds; *k; k++) {
        struct ready whole[2];
        struct rf_cv cv[2];
        uint32_t fold[PROMPTS];
        for (int i = 0; i < 2; i++) {
            get_ready(&whole[i], *k, 1 + 2 * i);
            cross_validate(&cv[i], &whole[i].job, fold);
        }
        const size_t cells = PROMPTS * (cv[0].models ? cv[0].models : 1);
        assert_memory_equal(cv[0].score, cv[1].score, cells * sizeof *cv[0].score);
        assert_near(cv[0].all.loss, cv[1].all.loss, 0);
        for (int i = 0; i < 2; i++) {
            rf_cv_release(&cv[i]);
            put_away(&whole[i]);
        }
    }
}

/* Log loss and accuracy by hand, over the votes between the two models that the file routes between. */
static void figures_are_those_of_the_votes(void **state)
{
    (void)state;
    const struct rf_kind *const kind = &rf_kind_mf;
    struct ready whole;
    struct rf_cv cv;
    uint32_t fold[PROMPTS];
    get_ready(&whole, kind, 1);
    cross_validate(&cv, &whole.job, fold);
    const struct rf_votes *const v = whole.data.votes;
    double sum[FOLDS] = { 0 }, right[FOLDS] = { 0 };
    size_t n[FOLDS] = { 0 }, decisive[FOLDS] = { 0 };
    for (size_t i = 0; i < v->n; i++) {
        const struct rf_battle *const b = &v->battle[i];
        const char *const strong = "gpt-4-1106-preview", *const weak = "mixtral-8x7b-instruct-v0.1";
        const bool forth = !strcmp(v->model[b->a], strong) && !strcmp(v->model[b->b], weak);
        const bool back = !strcmp(v->model[b->b], strong) && !strcmp(v->model[b->a], weak);
        const uint32_t f = fold[b->row];
        const double p = cv.score[b->row];
        if (!forth && !back)
            continue;
        n[f]++;
        if (b->winner >= RF_TIE) {
            sum[f] -= .5 * log(p) + .5 * log(1 - p);
            continue;
        }
        const bool strong_wins = (b->winner == RF_WINS_A) == forth;
        sum[f] -= log(strong_wins ? p : 1 - p);
        right[f] += (p > .5) == strong_wins;
        decisive[f]++;
    }
    for (size_t k = 0; k < FOLDS; k++) {
        assert_true(n[k] > 10);
        assert_int_equal(cv.part[k].tested, n[k]);
        assert_near(cv.part[k].loss, sum[k] / (double)n[k], 1e-9);
        assert_near(cv.part[k].accuracy, right[k] / (double)decisive[k], 1e-12);
    }
    rf_cv_release(&cv);
    put_away(&whole);
}

static int64_t ask(const char *sql)
{
    int64_t v = -1;
    assert_int_equal(rf_db_int(db, &v, NULL, sql, 0, NULL), 1);
    return v;
}

static void scores_are_stored_under_their_name(void **state)
{
    (void)state;
    const struct rf_kind *const kinds[] = { &rf_kind_ngram, &rf_kind_knn };
    struct rf_err err = { 0 };
    vote_db_run(db, "INSERT INTO run VALUES (1, 'fit', '[]', '{}', 1, 'v', 'b', 1, '2026', 'done', NULL, NULL, NULL, "
                    "NULL, NULL)");
    for (int i = 0; i < 2; i++) {
        struct ready whole;
        struct rf_cv cv;
        uint32_t fold[PROMPTS];
        get_ready(&whole, kinds[i], 1);
        cross_validate(&cv, &whole.job, fold);
        for (int twice = 0; twice < 2; twice++) /* the second time in place of the first */
            assert_int_equal(rf_cv_store(&cv, &whole.job, db, 1, i ? "many" : "pair", i == 1, &err), 0);
        assert_int_equal(rf_cv_check_name(db, i ? "many" : "pair", true, NULL), 0);
        assert_int_equal(rf_cv_check_name(db, i ? "many" : "pair", false, NULL), RF_USAGE);
        rf_cv_release(&cv);
        put_away(&whole);
    }
    assert_int_equal(rf_cv_check_name(db, "other", false, &err), 0);
    assert_int_equal(ask("SELECT count(*) FROM crossval"), 2);
    assert_int_equal(ask("SELECT count(*) FROM fold_score"), 2 * PROMPTS);
    assert_int_equal(ask("SELECT count(score) FROM fold_score"), PROMPTS);
    assert_int_equal(ask("SELECT count(*) FROM fold_prediction"), 4 * PROMPTS);
    assert_int_equal(ask("SELECT count(*) FROM fold_score WHERE fold <> prompt * 7 % 11 % 3"), 0);
    assert_int_equal(ask("SELECT score_range FROM crossval WHERE name = 'many' AND tuned AND folds = 3"), 1);
    assert_int_equal(
        ask("SELECT count(DISTINCT m.known_as) FROM fold_prediction p JOIN model_name m ON m.id = p.model"), 4);
    vote_db_run(db, "INSERT INTO external_score VALUES (1, 'taken', 1, .5)");
    assert_int_equal(rf_cv_check_name(db, "taken", true, NULL), RF_USAGE);
}

static void a_fold_without_prompts_is_refused(void **state)
{
    (void)state;
    struct ready whole;
    struct rf_cv cv = { 0 };
    struct rf_err err = { 0 };
    uint32_t fold[PROMPTS] = { 0 };
    get_ready(&whole, &rf_kind_logistic, 1);
    assert_int_equal(rf_cv_run(&cv, &whole.job, fold, 2, NULL, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "fold 0: found all prompts"));
    rf_cv_release(&cv);
    put_away(&whole);
}

/* ---- groups ---- */

/* Twelve texts far apart, one of them four times: again, in capitals, and with a letter changed. */
static void folds_keep_groups_whole(void **state)
{
    (void)state;
    enum { N = 15 };
    static const char *const text[N] = {
        "The quick brown fox jumps over the lazy dog by the river bank",
        "Name three rivers that flow into the Black Sea from the west",
        "How many moves does the shortest possible checkmate in chess take",
        "Explain photosynthesis to a child who has never seen a plant",
        "Write a limerick about an accountant and his umbrella collection",
        "Which treaty ended the Thirty Years War and where was it signed",
        "Translate good morning, dear neighbours, into five languages",
        "A train leaves Paris at noon with ninety passengers aboard it",
        "Compute the determinant of the identity matrix times seven",
        "Sketch the plot of a detective novel set on a space station",
        "What is the boiling point of ethanol at an altitude of two miles",
        "List the ingredients of a traditional Ligurian green sauce",
        "THE QUICK BROWN FOX JUMPS OVER THE LAZY DOG BY THE RIVER BANK",
        "The quick brown fox jumps over the lazy dog by the river banks",
        "The quick brown fox  jumps over the lazy dog by the river bank",
    };
    char own[64];
    struct rf_db *texts = vote_db_new(own, 1);
    int64_t prompt[N];
    uint32_t fold[N], again[N], count[3] = { 0 };
    for (int i = 0; i < N; i++)
        vote_db_prompt(texts, prompt[i] = i + 1, text[i]);
    assert_int_equal(rf_folds(texts, prompt, N, 3, 4, 1, fold, NULL), 0);
    for (int i = 12; i < N; i++)
        assert_int_equal(fold[i], fold[0]);
    for (int i = 0; i < N; i++) {
        assert_true(fold[i] < 3);
        count[fold[i]]++;
    }
    for (int k = 0; k < 3; k++)
        assert_true(count[k] >= 4 && count[k] <= 6); /* fifteen in three, four of them in one piece */
    assert_int_equal(rf_folds(texts, prompt, N, 3, 4, 2, again, NULL), 0);
    assert_memory_equal(fold, again, sizeof fold);
    assert_int_equal(rf_folds(texts, prompt, N, 3, 5, 1, again, NULL), 0);
    assert_memory_not_equal(fold, again, sizeof fold);
    vote_db_close(texts, own);
}

/* ---- stored splits ---- */

static int load(const char *split, size_t folds, struct rf_votes *v, struct rf_err *err)
{
    const struct rf_votes_filter f = { .text = true, .valid = .3, .seed = 1, .split = split, .folds = folds };
    return rf_votes_load(v, db, &f, err);
}

static void a_stored_split_decides(void **state)
{
    (void)state;
    struct rf_votes v;
    vote_db_run(db,
                "INSERT INTO split VALUES (1, 'three', 1, '{}', ''), (2, 'two', 1, '{}', ''), (3, 'folds', 1, '{}', "
                "'');"
                "INSERT INTO split_prompt SELECT 1, id, CASE WHEN id %% 5 = 0 THEN 'valid' WHEN id %% 5 = 1 THEN "
                "'test' ELSE 'train' END FROM prompt WHERE id > 100;"
                "INSERT INTO split_prompt SELECT 2, id, iif(id %% 2, 'train', 'test') FROM prompt;"
                "INSERT INTO split_prompt SELECT 3, id, id %% 4 FROM prompt WHERE id > 10");
    assert_int_equal(load("three", 0, &v, NULL), 0);
    assert_int_equal(v.rows, 400); /* 500 less a fifth */
    assert_int_equal(v.left_out[RF_OUT_SPLIT], 200);
    assert_int_equal(v.read, v.n + 200);
    for (size_t i = 0; i < v.rows; i++) {
        assert_int_equal(v.valid[i], v.prompt[i] % 5 == 0);
        assert_true(v.prompt[i] > 100 && v.prompt[i] % 5 != 1);
    }
    for (size_t i = 0; i < v.n; i++)
        assert_int_equal(v.battle[i].valid, v.valid[v.battle[i].row]);
    rf_votes_release(&v);

    size_t valid = 0;
    assert_int_equal(load("two", 0, &v, NULL), 0);
    assert_int_equal(v.rows, 300);
    for (size_t i = 0; i < v.rows; i++) {
        assert_int_equal(v.prompt[i] % 2, 1);
        valid += v.valid[i];
    }
    assert_true(valid > 60 && valid < 120); /* by --valid */
    assert_null(v.fold);
    rf_votes_release(&v);

    assert_int_equal(load("folds", 4, &v, NULL), 0);
    assert_int_equal(v.rows, 590);
    for (size_t i = 0; i < v.rows; i++)
        assert_int_equal(v.fold[i], v.prompt[i] % 4);
    rf_votes_release(&v);

    static const struct {
        const char *split;
        size_t folds;
        const char *says;
    } wrong[] = { { "thre", 0, "did you mean three?" },
                  { "folds", 0, "goes with --cv" },
                  { "folds", 3, "found part \"3\", expected the folds 0 to 2" },
                  { "folds", 5, "found 4 folds, expected the 5" },
                  { "three", 4, "expected the folds 0 to 3" } };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct rf_err err = { 0 };
        assert_int_equal(load(wrong[i].split, wrong[i].folds, &v, &err), RF_USAGE);
        if (!strstr(err.msg, wrong[i].says))
            print_error("%s\n", err.msg);
        assert_non_null(strstr(err.msg, wrong[i].says));
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
        cmocka_unit_test(folds_keep_groups_whole),
        cmocka_unit_test(scores_out_of_fold_are_those_of_a_fit_by_hand),
        cmocka_unit_test(threads_give_the_same_scores),
        cmocka_unit_test(figures_are_those_of_the_votes),
        cmocka_unit_test(a_fold_without_prompts_is_refused),
        cmocka_unit_test(scores_are_stored_under_their_name),
        cmocka_unit_test(a_stored_split_decides),
    };
    return cmocka_run_group_tests(tests, open_database, close_database);
}
