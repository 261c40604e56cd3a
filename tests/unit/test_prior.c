/* Unit tests of eval/prior.h: means of the other prompts, by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "eval/prior.h"
#include "near.h"

/* Group 0 in folds 0, 0, 1; group 1 in fold 1 alone; group 2 in folds 0 and 1. */
static void every_score_is_the_mean_of_the_others(void **state)
{
    (void)state;
    static const double gain[] = { 1, 0, -1, 1, 0, 1 };
    static const uint32_t group[] = { 0, 0, 0, 1, 2, 2 }, fold[] = { 0, 0, 1, 1, 0, 1 };
    double score[6];
    assert_int_equal(rf_prior(gain, group, 3, fold, 2, 6, score, NULL), 0);
    assert_near(score[0], -1, 0);
    assert_near(score[1], -1, 0);
    assert_near(score[2], .5, 1e-15);
    assert_near(score[3], 1. / 3, 1e-15); /* none in fold 0: all of it, 1 + 0 + 0 */
    assert_near(score[4], 1, 0);
    assert_near(score[5], 0, 0);
}

/* Its own gain does not move a prompt's score, nor do those of its fold. */
static void no_prompt_tells_of_itself(void **state)
{
    (void)state;
    enum { N = 60 };
    double gain[N], before[N], after[N];
    uint32_t group[N], fold[N];
    for (uint32_t i = 0; i < N; i++) {
        gain[i] = (double)(i * 7 % 5) - 2;
        group[i] = i * i % 4;
        fold[i] = i % 3;
    }
    assert_int_equal(rf_prior(gain, group, 4, fold, 3, N, before, NULL), 0);
    for (uint32_t i = 0; i < N; i++)
        if (fold[i] == 1)
            gain[i] += 100;
    assert_int_equal(rf_prior(gain, group, 4, fold, 3, N, after, NULL), 0);
    for (uint32_t i = 0; i < N; i++) {
        if (fold[i] == 1)
            assert_near(after[i], before[i], 1e-12);
        else
            assert_true(after[i] > before[i] + 1);
    }
}

/* One group only, one fold only: what is left is nothing, and all are tied. */
static void without_others_the_score_is_nothing(void **state)
{
    (void)state;
    static const double gain[] = { 1, -1, 1 };
    static const uint32_t none[] = { 0, 0, 0 };
    double score[3] = { 9, 9, 9 };
    assert_int_equal(rf_prior(gain, none, 1, none, 1, 3, score, NULL), 0);
    for (int i = 0; i < 3; i++)
        assert_near(score[i], 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_score_is_the_mean_of_the_others),
        cmocka_unit_test(no_prompt_tells_of_itself),
        cmocka_unit_test(without_others_the_score_is_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
