/* Unit tests of core/minhash.h, shingle.h, template.h and pairs.h: exact similarities, recall of planted pairs, no
 * pair below the threshold, the same result for any threads, and groups that no bucket's size makes quadratic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "made_texts.h"
#include "near.h"
#include "core/shingle.h"
#include "core/template.h"

static struct rf_str str(const char *s)
{
    return (struct rf_str){ s, strlen(s) };
}

static double jaccard(const char *a, const char *b)
{
    double s = -1;
    assert_int_equal(rf_jaccard(str(a), str(b), &s, NULL), 0);
    return s;
}

static void similarity_counts_distinct_shingles(void **state)
{
    (void)state;
    assert_near(jaccard("abcdef", "abcdef"), 1, 0);
    assert_near(jaccard("abcdef", "abcdeg"), 1. / 3, 1e-15);
    assert_near(jaccard("aaaaaaaaaa", "aaaaa"), 1, 0);
    assert_near(jaccard("abcdeabcde", "abcde"), 1. / 5, 1e-15);
    assert_near(jaccard("abc", "abc"), 1, 0);
    assert_near(jaccard("abc", "abd"), 0, 0);
    assert_near(jaccard("", "abc"), 0, 0);
    assert_true(isnan(jaccard("", "")));
    /* characters, not bytes: four of five shingles of "xeeeee.." */
    assert_near(
        jaccard("\xc3\xa9\xc3\xa8\xc3\xaa\xc3\xab\xc3\xa0\xc3\xa1", "\xc3\xa9\xc3\xa8\xc3\xaa\xc3\xab\xc3\xa0z"),
        1. / 3, 1e-15);
    assert_near(jaccard("\xe4\xbd\xa0\xe5\xa5\xbd\xf0\x9f\x98\x80", "\xe4\xbd\xa0\xe5\xa5\xbd\xf0\x9f\x98\x80"), 1, 0);
}

static void early_exit_keeps_counts_at_the_threshold(void **state)
{
    (void)state;
    struct rf_shingles s = { 0 };
    struct rf_str a = str("one text of some length"), b = str("one text of same length");
    assert_int_equal(rf_shingles_set(&s, b, NULL), 0);
    const size_t nb = s.n;
    assert_int_equal(rf_shingles_set(&s, a, NULL), 0);
    const size_t common = rf_shingles_common(&s, b, nb, 0);
    assert_int_equal(common, 14);
    assert_int_equal(rf_shingles_common(&s, b, nb, common), common);
    assert_true(rf_shingles_common(&s, b, nb, common + 1) <= common);
    rf_shingles_release(&s);
}

static void recall_is_what_the_header_says(void **state)
{
    (void)state;
    for (double t = .5; t <= 1; t += .05)
        assert_true(rf_near_recall(t, t) >= .999);
    assert_near(rf_near_recall(.8, .8), .99936, 1e-5);
    assert_true(rf_near_recall(.8, .2) < 2e-4);
}

enum { TEXTS = 4000, PLANTED = 1000 };

/* TEXTS texts of 60 to 600 bytes, then PLANTED copies of the first ones with similarity .8 or hardly more. */
static void make_corpus(struct rf_buf *bytes, struct rf_str *text)
{
    struct rf_rng r;
    size_t at[TEXTS + PLANTED + 1];
    rf_rng_init(&r, 8, 1);
    for (size_t i = 0; i < TEXTS; i++)
        at[i] = made_text(&r, 60 + rf_rng_below(&r, 540), bytes);
    at[TEXTS] = bytes->len;
    for (size_t i = 0; i < PLANTED; i++) {
        char copy[1024];
        const size_t n = at[i + 1] - at[i];
        assert_true(n < sizeof copy);
        memcpy(copy, bytes->data + at[i], n);
        at[TEXTS + i] = made_copy(&r, (struct rf_str){ copy, n }, .8, bytes);
    }
    at[TEXTS + PLANTED] = bytes->len;
    for (size_t i = 0; i < TEXTS + PLANTED; i++)
        text[i] = (struct rf_str){ bytes->data + at[i], at[i + 1] - at[i] };
}

static bool holds(const struct rf_pairs *p, uint32_t a, uint32_t b)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->v[i].a == a && p->v[i].b == b)
            return true;
    return false;
}

static void planted_pairs_are_found_at_the_threshold(void **state)
{
    (void)state;
    static struct rf_str text[TEXTS + PLANTED];
    struct rf_near_options o = { .jaccard = .8, .threads = 1 };
    struct rf_buf bytes = { 0 };
    struct rf_pairs one = { 0 };
    size_t planted = 0, edge = 0;
    make_corpus(&bytes, text);
    assert_int_equal(rf_near_pairs(text, TEXTS + PLANTED, &o, &one, NULL), 0);
    for (size_t i = 0; i < one.n; i++) {
        double s = 0;
        assert_int_equal(rf_jaccard(text[one.v[i].a], text[one.v[i].b], &s, NULL), 0);
        assert_near(one.v[i].similarity, s, 0);
        assert_true(s >= .8 && one.v[i].a < one.v[i].b);
        planted += one.v[i].a + TEXTS == one.v[i].b;
        edge += s < .82;
    }
    assert_true(planted >= PLANTED * 99 / 100);
    assert_true(edge >= PLANTED / 2); /* they really are at the threshold */
    for (o.threads = 2; o.threads <= 3; o.threads++) {
        struct rf_pairs more = { 0 };
        assert_int_equal(rf_near_pairs(text, TEXTS + PLANTED, &o, &more, NULL), 0);
        assert_int_equal(more.n, one.n);
        assert_memory_equal(more.v, one.v, one.n * sizeof *one.v);
        rf_pairs_release(&more);
    }
    rf_pairs_release(&one);
    rf_buf_release(&bytes);
}

static void sides_limit_the_pairs(void **state)
{
    (void)state;
    const char *const base = "the quick brown fox jumps over the lazy dog and runs into the deep dark forest";
    struct rf_str text[4] = { str(base),
                              str("the quick brown fox jumps over the lazy dog and runs into the deep dark forests"),
                              str("the quick brown fox jumps over the lazy dog and runs into the deep dark foresth"),
                              str("something else") };
    const uint8_t side[][4] = { { 1, 1, 2, 2 }, { 1, 1, 1, 1 }, { 3, 1, 1, 0 }, { 3, 3, 3, 3 } };
    static const size_t expected[] = { 2, 0, 2, 3 };
    for (size_t k = 0; k < 4; k++) {
        const struct rf_near_options o = { .jaccard = .8, .side = side[k], .threads = 1 };
        struct rf_pairs p = { 0 };
        assert_int_equal(rf_near_pairs(text, 4, &o, &p, NULL), 0);
        assert_int_equal(p.n, expected[k]);
        rf_pairs_release(&p);
    }
}

/* 3,000 texts that are all alike: the pairs stay linear in number, and all are one group. With sides too, every text of
 * the smaller one has a pair. */
static void a_crowd_is_one_group(void **state)
{
    (void)state;
    enum { CROWD = 3000 };
    static struct rf_str text[CROWD];
    static uint8_t side[CROWD];
    struct rf_buf bytes = { 0 };
    uint32_t *root = NULL;
    for (size_t i = 0; i < CROWD; i++) {
        const size_t at = bytes.len;
        assert_int_equal(rf_buf_printf(&bytes, NULL,
                                       "please write a long poem about the sea, the wind and the sun, with rhymes, in "
                                       "the style of number %04zu",
                                       i),
                         0);
        text[i].len = bytes.len - at;
        side[i] = i % 1000 == 7 ? RF_NEAR_RIGHT : RF_NEAR_LEFT;
    }
    for (size_t i = 0; i < CROWD; i++)
        text[i].s = bytes.data + i * text[0].len;
    struct rf_near_options o = { .jaccard = .8, .threads = 2 };
    struct rf_pairs p = { 0 };
    assert_int_equal(rf_near_pairs(text, CROWD, &o, &p, NULL), 0);
    assert_true(p.n < 40 * 8 * CROWD);
    assert_int_equal(rf_groups_new(&root, CROWD, NULL), 0);
    for (size_t i = 0; i < p.n; i++)
        rf_groups_join(root, p.v[i].a, p.v[i].b);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(rf_groups_find(root, (uint32_t)i), 0);
    rf_pairs_release(&p);
    o.side = side;
    assert_int_equal(rf_near_pairs(text, CROWD, &o, &p, NULL), 0);
    for (uint32_t i = 7; i < CROWD; i += 1000) {
        bool met = false;
        for (size_t k = 0; k < p.n; k++)
            met |= p.v[k].a == i || p.v[k].b == i;
        assert_true(met);
    }
    rf_pairs_release(&p);
    rf_free(root);
    rf_buf_release(&bytes);
}

static void odd_texts_are_fine(void **state)
{
    (void)state;
    struct rf_str text[] = { str(""), str(""), str("a"), str("a"), str("ab"), str("abcd"), str("abcde") };
    const struct rf_near_options o = { .jaccard = 1, .threads = 1 };
    struct rf_pairs p = { 0 };
    assert_int_equal(rf_near_pairs(text, 7, &o, &p, NULL), 0);
    assert_int_equal(p.n, 1);
    assert_true(holds(&p, 2, 3));
    rf_pairs_release(&p);
    assert_int_equal(rf_near_pairs(text, 0, &o, &p, NULL), 0);
    assert_int_equal(p.n, 0);
    static const double wrong[] = { .4, 1.1, 0, -1, NAN };
    for (size_t i = 0; i < 5; i++) {
        const struct rf_near_options bad = { .jaccard = wrong[i], .threads = 1 };
        assert_int_equal(rf_near_pairs(text, 7, &bad, &p, NULL), RF_USAGE);
    }
}

static void groups_have_their_first_member_as_root(void **state)
{
    (void)state;
    uint32_t *root = NULL;
    assert_int_equal(rf_groups_new(&root, 6, NULL), 0);
    rf_groups_join(root, 5, 4);
    rf_groups_join(root, 3, 4);
    rf_groups_join(root, 1, 5);
    rf_groups_join(root, 5, 1);
    static const uint32_t expected[] = { 0, 1, 2, 1, 1, 1 };
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(rf_groups_find(root, i), expected[i]);
    rf_free(root);
}

enum { QUESTIONS = 30 };

/* Questions of some 200 bytes between instructions of 1,600 and of 100, as few-shot prompts are; the last one is a near
 * copy of the first. */
static void make_few_shot(struct rf_buf *bytes, struct rf_str *text)
{
    struct rf_buf before = { 0 }, after = { 0 }, first = { 0 };
    size_t at[QUESTIONS + 1];
    struct rf_rng r;
    rf_rng_init(&r, 21, 0);
    made_text(&r, 1600, &before);
    made_text(&r, 100, &after);
    for (size_t i = 0; i < QUESTIONS; i++) {
        at[i] = bytes->len;
        rf_buf_printf(bytes, NULL, "%s ", before.data);
        if (i + 1 < QUESTIONS)
            made_text(&r, 180 + rf_rng_below(&r, 60), bytes);
        else
            rf_buf_printf(bytes, NULL, "%s", first.data);
        if (!i) {
            rf_buf_add(&first, bytes->data + before.len + 1, bytes->len - before.len - 1, NULL);
            first.data[first.len / 2] = '#';
        }
        rf_buf_printf(bytes, NULL, " %s", after.data);
    }
    at[QUESTIONS] = bytes->len;
    for (size_t i = 0; i < QUESTIONS; i++)
        text[i] = (struct rf_str){ bytes->data + at[i], at[i + 1] - at[i] };
    rf_buf_release(&before);
    rf_buf_release(&after);
    rf_buf_release(&first);
}

static size_t alike(const struct rf_str *text, size_t n, struct rf_pairs *p)
{
    const struct rf_near_options o = { .jaccard = .8, .threads = 1 };
    p->n = 0;
    assert_int_equal(rf_near_pairs(text, n, &o, p, NULL), 0);
    return p->n;
}

static void templates_do_not_make_prompts_alike(void **state)
{
    (void)state;
    struct rf_buf bytes = { 0 }, content = { 0 };
    struct rf_str text[QUESTIONS], only[QUESTIONS];
    struct rf_template t = { 0 };
    struct rf_pairs p = { 0 };
    make_few_shot(&bytes, text);
    assert_true(alike(text, QUESTIONS, &p) > QUESTIONS); /* the trap */
    assert_int_equal(rf_template_find(&t, text, QUESTIONS, NULL), 0);
    assert_int_equal(rf_buf_reserve(&content, bytes.len, NULL), 0);
    for (size_t i = 0; i < QUESTIONS; i++) {
        size_t cut = 0;
        only[i] = rf_template_content(&t, i, text[i], &content, &cut);
        assert_true(cut > 1690);
        assert_true(only[i].len < 270);
    }
    assert_int_equal(alike(only, QUESTIONS, &p), 1);
    assert_true(holds(&p, 0, QUESTIONS - 1));
    rf_template_release(&t);
    /* nine texts make no template, and a short one is none of a text */
    size_t cut;
    assert_int_equal(rf_template_find(&t, text, RF_TEMPLATE_TEXTS - 1, NULL), 0);
    assert_int_equal(t.n, 0);
    assert_ptr_equal(rf_template_content(&t, 0, text[0], &content, &cut).s, text[0].s);
    assert_int_equal(cut, 0);
    rf_template_release(&t);
    rf_pairs_release(&p);
    rf_buf_release(&content);
    rf_buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(similarity_counts_distinct_shingles),
        cmocka_unit_test(early_exit_keeps_counts_at_the_threshold),
        cmocka_unit_test(recall_is_what_the_header_says),
        cmocka_unit_test(planted_pairs_are_found_at_the_threshold),
        cmocka_unit_test(sides_limit_the_pairs),
        cmocka_unit_test(a_crowd_is_one_group),
        cmocka_unit_test(odd_texts_are_fine),
        cmocka_unit_test(groups_have_their_first_member_as_root),
        cmocka_unit_test(templates_do_not_make_prompts_alike),
    };
    return cmocka_run_group_tests_name("minhash", tests, NULL, NULL);
}
