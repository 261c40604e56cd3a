/* Unit tests of core/csr.h and datasets/svd.h: against the exact eigenvalues of A'A on small dense matrices. */
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
#include "core/csr.h"
#include "datasets/svd.h"

/* A dense matrix x[n][m] and its sparse transpose; entry (i, j) is present with the given chance. */
struct sample {
    size_t n, m;
    double *x;
    struct rf_csr at;
};

/* Rank-`rank` signal with falling weights plus noise, thinned out. */
static void sample_make(struct sample *s, size_t n, size_t m, size_t rank, double noise, double density)
{
    struct rf_rng rng;
    struct rf_csr a = { .cols = m };
    uint32_t *col = rf_calloc(m, sizeof *col, NULL);
    float *val = rf_calloc(m, sizeof *val, NULL);
    double *u = rf_calloc(n * rank, sizeof *u, NULL), *v = rf_calloc(m * rank, sizeof *v, NULL);
    *s = (struct sample){ .n = n, .m = m, .x = rf_calloc(n * m, sizeof(double), NULL) };
    rf_rng_init(&rng, 7, 0);
    for (size_t i = 0; i < n * rank; i++)
        u[i] = rf_rng_normal(&rng);
    for (size_t i = 0; i < m * rank; i++)
        v[i] = rf_rng_normal(&rng) / (1 + (double)(i % rank));
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        for (size_t j = 0; j < m; j++) {
            double x = noise * rf_rng_normal(&rng);
            for (size_t r = 0; r < rank; r++)
                x += u[i * rank + r] * v[j * rank + r];
            if (rf_rng_uniform(&rng) >= density)
                continue;
            s->x[i * m + j] = (double)(float)x;
            col[k] = (uint32_t)j;
            val[k++] = (float)x;
        }
        assert_int_equal(rf_csr_push(&a, col, val, k, NULL), 0);
    }
    assert_int_equal(rf_csr_transpose(&a, 1, &s->at, NULL), 0);
    rf_csr_release(&a);
    rf_free(col);
    rf_free(val);
    rf_free(u);
    rf_free(v);
}

static void sample_free(struct sample *s)
{
    rf_csr_release(&s->at);
    rf_free(s->x);
}

/* Squared singular values, descending. */
static double *exact(const struct sample *s)
{
    double *g = rf_calloc(s->m * s->m, sizeof *g, NULL), *w = rf_calloc(s->m, sizeof *w, NULL);
    rf_dgemm(true, false, s->m, s->m, s->n, 1, s->x, s->m, s->x, s->m, 0, g, s->m);
    assert_int_equal(rf_dsyev(s->m, g, w, NULL), 0);
    for (size_t i = 0; i < s->m / 2; i++) {
        const double t = w[i];
        w[i] = w[s->m - 1 - i];
        w[s->m - 1 - i] = t;
    }
    rf_free(g);
    return w;
}

static struct rf_svd decompose(const struct sample *s, size_t dim, size_t iterations, int threads)
{
    const struct rf_svd_options o = { .dim = dim, .iterations = iterations, .seed = 1, .threads = threads };
    struct rf_svd d = { 0 };
    struct rf_err err = { 0 };
    assert_int_equal(rf_svd_sparse(&s->at, &o, &d, &err), 0);
    return d;
}

static double orthonormality(const struct rf_svd *d)
{
    double far = 0;
    for (size_t a = 0; a < d->dim; a++)
        for (size_t b = a; b < d->dim; b++) {
            double dot = a == b ? -1 : 0;
            for (size_t i = 0; i < d->cols; i++)
                dot += (double)d->v[i * d->dim + a] * (double)d->v[i * d->dim + b];
            far = fmax(far, fabs(dot));
        }
    return far;
}

static void transposes(void **state)
{
    (void)state;
    struct rf_csr part[2] = { { .cols = 4 }, { .cols = 4 } }, t = { 0 };
    assert_int_equal(rf_csr_push(&part[0], (const uint32_t[]){ 1, 3 }, (const float[]){ 5, 6 }, 2, NULL), 0);
    assert_int_equal(rf_csr_push(&part[0], NULL, NULL, 0, NULL), 0);
    assert_int_equal(rf_csr_push(&part[1], (const uint32_t[]){ 0, 3 }, (const float[]){ 7, 8 }, 2, NULL), 0);
    assert_int_equal(rf_csr_transpose(part, 2, &t, NULL), 0);
    assert_int_equal(t.rows, 4);
    assert_int_equal(t.cols, 3);
    assert_memory_equal(t.ptr, ((size_t[]){ 0, 1, 2, 2, 4 }), 5 * sizeof(size_t));
    assert_memory_equal(t.col, ((uint32_t[]){ 2, 0, 0, 2 }), 4 * sizeof(uint32_t));
    assert_memory_equal(t.val, ((float[]){ 7, 5, 6, 8 }), 4 * sizeof(float));
    for (int p = 0; p < 2; p++)
        rf_csr_release(&part[p]);
    rf_csr_release(&t);
}

static void rows_survive_growth(void **state)
{
    (void)state;
    struct rf_csr a = { .cols = 8 };
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(rf_csr_push(&a, (const uint32_t[]){ i % 8 }, (const float[]){ (float)i }, 1, NULL), 0);
    assert_int_equal(rf_csr_entries(&a), 5000);
    for (uint32_t i = 0; i < 5000; i++)
        assert_true(a.ptr[i] == i && a.col[i] == i % 8 && a.val[i] == (float)i);
    rf_csr_release(&a);
}

static void leading_values_are_exact(void **state)
{
    (void)state;
    struct sample s;
    sample_make(&s, 1100, 90, 6, 0.05, 0.5);
    double *w = exact(&s);
    struct rf_svd d = decompose(&s, 40, 12, 1);
    assert_int_equal(d.dim, 40);
    for (size_t i = 0; i < 20; i++)
        assert_true(fabs(d.s[i] / sqrt(w[i]) - 1) < 1e-5);
    assert_true(orthonormality(&d) < 1e-5);
    rf_svd_release(&d);
    rf_free(w);
    sample_free(&s);
}

/* v_j is an eigenvector of A'A: |A v_j| = s_j. */
static void vectors_belong_to_values(void **state)
{
    (void)state;
    struct sample s;
    sample_make(&s, 300, 700, 6, 0.02, 0.3);
    struct rf_svd d = decompose(&s, 6, 8, 1);
    for (size_t j = 0; j < d.dim; j++) {
        double norm = 0;
        for (size_t i = 0; i < s.n; i++) {
            double dot = 0;
            for (size_t c = 0; c < s.m; c++)
                dot += s.x[i * s.m + c] * (double)d.v[c * d.dim + j];
            norm += dot * dot;
        }
        assert_true(fabs(sqrt(norm) / d.s[j] - 1) < 1e-5);
    }
    rf_svd_release(&d);
    sample_free(&s);
}

/* A flat spectrum is the hard case: no gap behind the last wanted vector. */
static void energy_is_near_the_best(void **state)
{
    (void)state;
    struct sample s;
    sample_make(&s, 900, 300, 1, 1, 0.4);
    double *w = exact(&s), best = 0, total = 0;
    for (size_t i = 0; i < s.m; i++) {
        best += i < 64 ? w[i] : 0;
        total += w[i];
    }
    struct rf_svd d = decompose(&s, 64, 6, 1);
    assert_true(d.energy >= 0.99 * best && d.energy <= best * (1 + 1e-5));
    assert_true(fabs(d.total / total - 1) < 1e-6);
    rf_svd_release(&d);
    rf_free(w);
    sample_free(&s);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    struct sample s;
    sample_make(&s, 1600, 1200, 8, 0.5, 0.05);
    struct rf_svd one = decompose(&s, 40, 3, 1);
    for (int threads = 2; threads <= 4; threads++) {
        struct rf_svd d = decompose(&s, 40, 3, threads);
        assert_memory_equal(d.v, one.v, one.cols * one.dim * sizeof *one.v);
        assert_memory_equal(d.s, one.s, one.dim * sizeof *one.s);
        rf_svd_release(&d);
    }
    rf_svd_release(&one);
    sample_free(&s);
}

static void a_lower_rank_gives_fewer_vectors(void **state)
{
    (void)state;
    struct sample s;
    sample_make(&s, 200, 60, 5, 0, 1);
    double *w = exact(&s);
    struct rf_svd d = decompose(&s, 20, 4, 1);
    assert_int_equal(d.dim, 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(fabs(d.s[i] / sqrt(w[i]) - 1) < 1e-5);
    assert_true(orthonormality(&d) < 1e-5);
    rf_svd_release(&d);
    rf_free(w);
    sample_free(&s);
}

static void bad_requests_are_refused(void **state)
{
    (void)state;
    struct sample s;
    sample_make(&s, 30, 20, 2, 1, 1);
    struct rf_svd d = { 0 };
    struct rf_svd_options o = { .dim = 21, .iterations = 2, .seed = 1, .threads = 1 };
    struct rf_err err = { 0 };
    assert_int_equal(rf_svd_sparse(&s.at, &o, &d, &err), RF_USAGE);
    assert_non_null(strstr(err.msg, "at most 20"));
    o.dim = 4;
    err = (struct rf_err){ 0 };
    s.at.val[5] = NAN;
    assert_int_equal(rf_svd_sparse(&s.at, &o, &d, &err), RF_BAD_INPUT);
    memset(s.at.val, 0, rf_csr_entries(&s.at) * sizeof *s.at.val);
    err = (struct rf_err){ 0 };
    assert_int_equal(rf_svd_sparse(&s.at, &o, &d, &err), RF_BAD_INPUT);
    assert_null(d.v);
    sample_free(&s);
}

/* Wherever memory ends: an error and nothing leaked. */
static void failed_allocations_are_reported(void **state)
{
    (void)state;
    struct sample s;
    sample_make(&s, 40, 30, 3, 1, 1);
    const struct rf_svd_options o = { .dim = 4, .iterations = 1, .seed = 1, .threads = 1 };
    int rc = RF_FAIL;
    for (long nth = 1; rc; nth++) {
        struct rf_svd d = { 0 };
        struct rf_err err = { 0 };
        rf_mem_fail_at(nth, false);
        rc = rf_svd_sparse(&s.at, &o, &d, &err);
        rf_mem_fail_at(0, false);
        assert_int_equal(rc, err.code);
        rf_svd_release(&d);
    }
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transposes),
        cmocka_unit_test(rows_survive_growth),
        cmocka_unit_test(leading_values_are_exact),
        cmocka_unit_test(vectors_belong_to_values),
        cmocka_unit_test(energy_is_near_the_best),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(a_lower_rank_gives_fewer_vectors),
        cmocka_unit_test(bad_requests_are_refused),
        cmocka_unit_test(failed_allocations_are_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
