/* Unit tests of train/mf_votes.h: which votes train, which validate, how models are numbered, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "train/mf_votes.h"

static char *names[] = { "alpha-1", "beta-2", "gamma-3", "delta-4" };

static struct rf_votes votes_of(struct rf_battle *b, size_t n)
{
    return (struct rf_votes){ .battle = b, .n = n, .rows = 4, .dim = 1, .model = names, .models = 4, .read = n };
}

static void decisive_votes_become_pairs_of_numbered_models(void **state)
{
    (void)state;
    struct rf_battle b[] = {
        { 0, 0, 2, RF_WINS_A, 1, false },  { 1, 2, 3, RF_WINS_B, 2, false }, { 2, 0, 2, RF_TIE, 1, false },
        { 3, 0, 3, RF_BOTH_BAD, 1, true }, { 3, 3, 0, RF_WINS_A, 1, true },  { 2, 0, 1, RF_WINS_A, 1, true },
        { 1, 1, 2, RF_TIE, 1, false },
    };
    const struct rf_votes v = votes_of(b, 7);
    const size_t left_out[RF_OUTS] = { 0 };
    struct rf_mf_votes m;
    assert_int_equal(rf_mf_votes_pick(&m, &v, false, left_out, NULL), 0);
    assert_int_equal(m.models, 3); /* beta-2 has a tie and a validation vote only */
    assert_string_equal(m.model[1], "gamma-3");
    assert_int_equal(m.ties, 3);
    assert_int_equal(m.unseen, 1);
    assert_int_equal(m.trains, 2);
    assert_int_equal(m.valids, 1);
    const struct rf_mf_pair first = { 0, 1, 0, 1 }, second = { 2, 1, 1, 2 }, valid = { 2, 0, 3, 1 };
    assert_memory_equal(&m.train[0], &first, sizeof first);
    assert_memory_equal(&m.train[1], &second, sizeof second);
    assert_memory_equal(&m.valid[0], &valid, sizeof valid);
    rf_mf_votes_release(&m);
}

static void a_model_without_training_votes_is_refused_by_name(void **state)
{
    (void)state;
    struct rf_battle b[] = { { 0, 0, 2, RF_WINS_A, 1, false } };
    const struct rf_votes v = votes_of(b, 1);
    const size_t left_out[RF_OUTS] = { 0 };
    struct rf_mf_votes m;
    struct rf_err err = { 0 };
    size_t id = 9;
    assert_int_equal(rf_mf_votes_pick(&m, &v, false, left_out, NULL), 0);
    assert_int_equal(rf_mf_votes_model(&m, "--weak", "gamma-3", &id, &err), 0);
    assert_int_equal(id, 1);
    assert_int_equal(rf_mf_votes_model(&m, "--weak", "gama-3", &id, &err), RF_USAGE);
    assert_non_null(strstr(err.msg, "--weak gama-3: no training vote on that model; did you mean gamma-3"));
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_mf_votes_model(&m, "--strong", "beta-2", &id, &err), RF_USAGE);
    rf_mf_votes_release(&m);
}

static void ties_alone_and_validation_alone_are_refused(void **state)
{
    (void)state;
    struct rf_battle ties[] = { { 0, 0, 2, RF_TIE, 1, false } }, held[] = { { 0, 0, 2, RF_WINS_A, 1, true } };
    struct rf_votes v = votes_of(ties, 1);
    const size_t left_out[RF_OUTS] = { 0 };
    struct rf_mf_votes m;
    struct rf_err err = { 0 };
    assert_int_equal(rf_mf_votes_pick(&m, &v, false, left_out, &err), RF_BAD_INPUT);
    assert_null(m.train);
    v = votes_of(held, 1);
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_mf_votes_pick(&m, &v, false, left_out, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "try a smaller --valid"));
}

static void failed_allocations_leave_nothing_behind(void **state)
{
    (void)state;
    struct rf_battle b[] = { { 0, 0, 2, RF_WINS_A, 1, false } };
    const struct rf_votes v = votes_of(b, 1);
    const size_t left_out[RF_OUTS] = { 0 };
    struct rf_mf_votes m;
    for (long nth = 1; nth <= 4; nth++) {
        rf_mem_fail_at(nth, true);
        assert_int_equal(rf_mf_votes_pick(&m, &v, false, left_out, NULL), RF_FAIL);
        rf_mem_fail_at(0, false);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisive_votes_become_pairs_of_numbered_models),
        cmocka_unit_test(a_model_without_training_votes_is_refused_by_name),
        cmocka_unit_test(ties_alone_and_validation_alone_are_refused),
        cmocka_unit_test(failed_allocations_leave_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
