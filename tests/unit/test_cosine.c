/* Unit tests of datasets/cosine.h: the pairs of a plain double loop, zero vectors, the threshold itself, sets against
 * themselves, any number of threads, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/rng.h"
#include "datasets/cosine.h"

/* Rows of several lengths around some 40 directions, so that cosines come close to any threshold; every 50th is zero.
 */
static float *make_rows(size_t n, size_t dim, uint64_t stream)
{
    float *const x = rf_calloc(n * dim, sizeof *x, NULL);
    struct rf_rng r;
    rf_rng_init(&r, 4, stream);
    for (size_t i = 0; i < n; i++) {
        struct rf_rng d;
        const double length = exp(4 * rf_rng_normal(&r)), noise = .5 * rf_rng_uniform(&r);
        rf_rng_init(&d, 5, rf_rng_below(&r, 40));
        for (size_t k = 0; k < dim; k++)
            x[i * dim + k] = i % 50 == 49 ? 0 : (float)(length * (rf_rng_normal(&d) + noise * rf_rng_normal(&r)));
    }
    return x;
}

static double cosine(const float *x, const float *y, size_t dim)
{
    double xy = 0, xx = 0, yy = 0;
    for (size_t k = 0; k < dim; k++) {
        xy += (double)x[k] * (double)y[k];
        xx += (double)x[k] * (double)x[k];
        yy += (double)y[k] * (double)y[k];
    }
    return xx > 0 && yy > 0 ? fmin(xy / (sqrt(xx) * sqrt(yy)), 1) : NAN;
}

static void check(const struct rf_pairs *p, const float *a, size_t m, const float *b, size_t n, size_t dim,
                  double least)
{
    size_t at = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = b ? 0 : i + 1; j < n; j++) {
            const double c = cosine(a + i * dim, (b ? b : a) + j * dim, dim);
            if (!(c >= least))
                continue;
            assert_true(at < p->n);
            assert_int_equal(p->v[at].a, i);
            assert_int_equal(p->v[at].b, j);
            assert_true(fabs(p->v[at].similarity - c) < 1e-12);
            at++;
        }
    assert_int_equal(at, p->n);
}

static void all_pairs_of_a_plain_loop_are_found(void **state)
{
    (void)state;
    static const size_t size[][3] = { { 1, 1, 1 }, { 700, 90, 33 }, { 90, 2100, 64 }, { 1100, 2300, 17 } };
    for (size_t k = 0; k < 4; k++) {
        const size_t m = size[k][0], n = size[k][1], dim = size[k][2];
        float *const a = make_rows(m, dim, 1), *const b = make_rows(n, dim, 2);
        for (double least = .9; least < .97; least += .05) {
            struct rf_pairs one = { 0 }, more = { 0 }, self = { 0 };
            assert_int_equal(rf_cosine_pairs(a, m, b, n, dim, least, 1, &one, NULL), 0);
            check(&one, a, m, b, n, dim, least);
            assert_true(k == 0 || one.n > 100);
            assert_int_equal(rf_cosine_pairs(a, m, b, n, dim, least, 3, &more, NULL), 0);
            assert_int_equal(more.n, one.n);
            if (one.n)
                assert_memory_equal(more.v, one.v, one.n * sizeof *one.v);
            assert_int_equal(rf_cosine_pairs(a, m, NULL, 0, dim, least, 2, &self, NULL), 0);
            check(&self, a, m, NULL, m, dim, least);
            rf_pairs_release(&one);
            rf_pairs_release(&more);
            rf_pairs_release(&self);
        }
        rf_free(a);
        rf_free(b);
    }
}

static void the_threshold_itself_counts_and_zero_never_does(void **state)
{
    (void)state;
    const float a[] = { 3, 4, 0, 0, 1e-20f, 0 }, b[] = { 4, 3, -3, -4, 0, 0, 1e20f, 0 };
    struct rf_pairs p = { 0 };
    assert_int_equal(rf_cosine_pairs(a, 3, b, 4, 2, .96, 1, &p, NULL), 0); /* (3,4).(4,3) = 24/25 */
    assert_int_equal(p.n, 2);
    assert_int_equal(p.v[0].a, 0);
    assert_int_equal(p.v[0].b, 0);
    assert_int_equal(p.v[1].a, 2);
    assert_int_equal(p.v[1].b, 3);
    rf_pairs_release(&p);
    assert_int_equal(rf_cosine_pairs(a, 3, b, 4, 2, 1, 1, &p, NULL), 0);
    assert_int_equal(p.n, 1);
    rf_pairs_release(&p);
    assert_int_equal(rf_cosine_pairs(a, 0, b, 4, 2, .9, 1, &p, NULL), 0);
    assert_int_equal(rf_cosine_pairs(a, 3, b, 0, 2, .9, 1, &p, NULL), 0);
    assert_int_equal(p.n, 0);
}

static void what_is_no_vector_or_threshold_is_refused(void **state)
{
    (void)state;
    static const double wrong[] = { 0, -1, 1.01, NAN };
    const float a[] = { 1, 2, 3, NAN }, b[] = { 1, 1 };
    struct rf_pairs p = { 0 };
    struct rf_err err = { 0 };
    assert_int_equal(rf_cosine_pairs(a, 2, b, 1, 2, .9, 1, &p, &err), RF_BAD_INPUT);
    assert_non_null(strstr(err.msg, "vector 1"));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(rf_cosine_pairs(b, 1, b, 1, 2, wrong[i], 1, &p, NULL), RF_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pairs_of_a_plain_loop_are_found),
        cmocka_unit_test(the_threshold_itself_counts_and_zero_never_does),
        cmocka_unit_test(what_is_no_vector_or_threshold_is_refused),
    };
    struct rf_err err = { 0 };
    if (rf_blas_init(&err)) {
        print_error("%s\n", err.msg);
        return 1;
    }
    return cmocka_run_group_tests_name("cosine", tests, NULL, NULL);
}
