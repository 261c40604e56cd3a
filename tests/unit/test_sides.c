/* Unit tests of train/sides.h and train/model_set.h: sets by name, glob and tier, the three conventions for ties, what
 * is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/mem.h"
#include "near.h"
#include "train/model_set.h"
#include "train/sides.h"

static const char *const names[] = { "gpt-4", "gpt-4-turbo", "llama[7b]", "mixtral", "never-loses" };
enum { MODELS = sizeof names / sizeof *names };

/* Row, a, b, winner. Model 4 wins its only battle: no finite rating. */
static struct rf_battle battles[] = {
    { 0, 0, 3, RF_WINS_A, 1, false },   { 0, 3, 0, RF_WINS_A, 2, false }, { 1, 3, 1, RF_TIE, 1, false },
    { 2, 0, 2, RF_BOTH_BAD, 1, false }, { 3, 2, 1, RF_WINS_B, 1, true },  { 4, 0, 1, RF_WINS_A, 1, false },
    { 4, 1, 0, RF_WINS_A, 1, false },   { 5, 4, 3, RF_WINS_A, 1, false }, { 5, 2, 3, RF_WINS_B, 1, false },
    { 6, 2, 0, RF_WINS_A, 1, false },
};
enum { N = sizeof battles / sizeof *battles };

static struct rf_votes votes(void)
{
    return (struct rf_votes){
        .battle = battles, .n = N, .read = N, .rows = 7, .dim = 1, .model = (char **)(uintptr_t)names, .models = MODELS
    };
}

static struct rf_list list(const char **words)
{
    struct rf_list l = { words, 0 };
    while (words[l.n])
        l.n++;
    return l;
}

static int pick(struct rf_sides *s, struct rf_fit *f, const struct rf_votes *v, const char *strong, const char *weak,
                enum rf_ties ties, struct rf_err *err)
{
    const char *a[] = { strong, NULL }, *b[] = { weak, NULL };
    const struct rf_list la = list(a), lb = list(b);
    rf_fit_init(f, v, NULL, 1, 1, NULL);
    return rf_sides_pick(s, f, &la, &lb, ties, err);
}

static void ties_follow_their_convention(void **state)
{
    (void)state;
    static const size_t examples[] = { [RF_TIES_DROP] = 3, [RF_TIES_HALF] = 7, [RF_TIES_WEAK] = 5 };
    const struct rf_votes v = votes();
    for (int t = RF_TIES_DROP; t <= RF_TIES_WEAK; t++) {
        struct rf_sides s;
        struct rf_fit f;
        double strong = 0, weak = 0;
        assert_int_equal(pick(&s, &f, &v, "gpt-4*", "[lm]*", (enum rf_ties)t, NULL), 0);
        assert_int_equal(s.trains, examples[t]);
        assert_int_equal(s.valids, 1);
        assert_true(s.valid[0].y > 0); /* model 1 of the strong side won as b */
        for (size_t i = 0; i < s.trains; i++) {
            *(s.train[i].y > 0 ? &strong : &weak) += (double)s.train[i].weight;
            assert_true(i == 0 || s.train[i - 1].row <= s.train[i].row);
        }
        assert_near(strong, t == RF_TIES_HALF ? 2 : 1, 0);
        assert_near(weak, t == RF_TIES_DROP ? 3 : t == RF_TIES_HALF ? 4 : 5, 0);
        assert_int_equal(f.left_out[RF_OUT_TIE], t == RF_TIES_DROP ? 2 : 0);
        assert_int_equal(f.left_out[RF_OUT_SETS], 4);
        assert_int_equal(f.used_train, t == RF_TIES_DROP ? 3 : 5);
        assert_int_equal(f.used_train + f.used_valid + f.left_out[RF_OUT_TIE] + f.left_out[RF_OUT_SETS], N);
        rf_sides_release(&s);
        rf_fit_release(&f);
    }
}

static void tiers_leave_unrated_models_out_by_name(void **state)
{
    (void)state;
    const struct rf_votes v = votes();
    struct rf_sides s;
    struct rf_fit f;
    assert_int_equal(pick(&s, &f, &v, "tier:0-1", "tier:2-9", RF_TIES_WEAK, NULL), 0);
    assert_non_null(strstr(f.notes.data, "without a finite rating, in no tier: never-loses\nstrong: "));
    assert_non_null(strstr(f.notes.data, "\nweak: "));
    assert_int_equal(f.left_out[RF_OUT_UNRATED], 1);
    assert_false(s.strong[4] || s.weak[4]);
    rf_sides_release(&s);
    rf_fit_release(&f);
    /* named, it counts */
    assert_int_equal(pick(&s, &f, &v, "never-loses", "tier:0-9", RF_TIES_WEAK, NULL), 0);
    assert_int_equal(f.left_out[RF_OUT_UNRATED], 0);
    assert_int_equal(s.trains, 1);
    rf_sides_release(&s);
    rf_fit_release(&f);
}

static void words_name_models(void **state)
{
    (void)state;
    const struct rf_votes v = votes();
    const int tier[MODELS] = { 0, 1, 2, 3, -1 };
    const char *words[] = { "llama[7b]", "tier:1", "gpt-?", NULL };
    const struct rf_list l = list(words);
    bool in[MODELS];
    assert_true(rf_model_set_wants_tiers(&l));
    assert_int_equal(rf_model_set(&v, &l, "--strong", tier, in, NULL), 0);
    assert_true(in[0] && in[1] && in[2] && !in[3] && !in[4]);
}

static void words_take_models_out(void **state)
{
    (void)state;
    const struct rf_votes v = votes();
    const int tier[MODELS] = { 0, 1, 2, 3, -1 };
    bool in[MODELS];
    const char *first[] = { "!gpt-*", "!tier:3", NULL };
    const struct rf_list all_but = list(first);
    assert_true(rf_model_set_wants_tiers(&all_but));
    assert_int_equal(rf_model_set(&v, &all_but, "--weak", tier, in, NULL), 0);
    for (size_t m = 0; m < MODELS; m++)
        assert_int_equal(in[m], strncmp(v.model[m], "gpt-", 4) != 0 && tier[m] != 3);
    const char *later[] = { "gpt-*", "!gpt-4", NULL };
    const struct rf_list some_but = list(later);
    assert_false(rf_model_set_wants_tiers(&some_but));
    assert_int_equal(rf_model_set(&v, &some_but, "--weak", NULL, in, NULL), 0);
    for (size_t m = 0; m < MODELS; m++)
        assert_int_equal(in[m], strncmp(v.model[m], "gpt-", 4) == 0 && strcmp(v.model[m], "gpt-4") != 0);
}

static void refuse(const char *strong, const char *weak, int code, const char *word)
{
    const struct rf_votes v = votes();
    struct rf_sides s;
    struct rf_fit f;
    struct rf_err err = { 0 };
    assert_int_equal(pick(&s, &f, &v, strong, weak, RF_TIES_DROP, &err), code);
    if (!strstr(err.msg, word))
        print_error("\"%s\" does not say \"%s\"\n", err.msg, word);
    assert_non_null(strstr(err.msg, word));
    rf_sides_release(&s);
    rf_fit_release(&f);
}

static void sets_without_sense_are_refused(void **state)
{
    (void)state;
    static const char *const tiers[] = {
        "tier:", "tier:x", "tier:-1", "tier:3-2", "tier:0-10", "tier:1-2-3", "tier:0,1"
    };
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        refuse(tiers[i], "mixtral", RF_USAGE, "expected tier:N");
    refuse("gpt4", "mixtral", RF_USAGE, "did you mean gpt-4?");
    refuse("!gpt4", "mixtral", RF_USAGE, "did you mean gpt-4?");
    refuse("gpt-4", "gpt-*", RF_USAGE, "model gpt-4 is in both");
    refuse("never-loses", "gpt-4", RF_BAD_INPUT, "no votes left of 10");
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const struct rf_votes v = votes();
    for (long nth = 1; nth < 40; nth++) {
        struct rf_sides s;
        struct rf_fit f;
        struct rf_err err = { 0 };
        rf_mem_fail_at(nth, false);
        const int rc = pick(&s, &f, &v, "tier:0-1", "tier:2-9", RF_TIES_HALF, &err);
        rf_mem_fail_at(0, false);
        assert_true(rc == 0 || rc == RF_FAIL);
        assert_int_equal(rc, err.code);
        rf_sides_release(&s);
        rf_fit_release(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_follow_their_convention),
        cmocka_unit_test(tiers_leave_unrated_models_out_by_name),
        cmocka_unit_test(words_name_models),
        cmocka_unit_test(words_take_models_out),
        cmocka_unit_test(sets_without_sense_are_refused),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
