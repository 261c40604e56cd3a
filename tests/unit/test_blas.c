/* Unit tests of core/blas.h: every call against its definition, and the refusals of the factorisations. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <string.h>
#include <cmocka.h>

#include "core/blas.h"
#include "near.h"

enum { M = 19, N = 13, K = 23 };

static double element(size_t i)
{
    return sin((double)(i * i % 97) + 0.3 * (double)i);
}

static void library_passes_its_check(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    assert_int_equal(rf_blas_init(&err), 0);
    assert_non_null(strstr(rf_blas_info(), "OpenBLAS"));
}

/* op(A)[i][k] op(B)[k][j] for all four transpositions, in both widths. */
static void products_match_their_definition(void **state)
{
    (void)state;
    double a[M * K], b[K * N], c[M * N];
    float fa[M * K], fb[K * N], fc[M * N];
    for (size_t i = 0; i < M * K; i++)
        fa[i] = (float)(a[i] = element(i));
    for (size_t i = 0; i < K * N; i++)
        fb[i] = (float)(b[i] = element(i + 11));
    for (int t = 0; t < 4; t++) {
        const bool ta = t & 1, tb = t & 2;
        for (size_t i = 0; i < M * N; i++)
            fc[i] = (float)(c[i] = element(i + 5));
        rf_dgemm(ta, tb, M, N, K, 2, a, ta ? M : K, b, tb ? K : N, 0.5, c, N);
        rf_sgemm(ta, tb, M, N, K, 2, fa, ta ? M : K, fb, tb ? K : N, 0.5f, fc, N);
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < N; j++) {
                double want = 0.5 * element(i * N + j + 5);
                for (size_t k = 0; k < K; k++)
                    want += 2 * a[ta ? k * M + i : i * K + k] * b[tb ? j * K + k : k * N + j];
                assert_near(c[i * N + j], want, 1e-12);
                assert_near(fc[i * N + j], want, 1e-4);
            }
    }
}

static void vector_calls_match_their_definition(void **state)
{
    (void)state;
    double a[M * N], x[M], g[N * N] = { 0 };
    float fa[M * N], fx[M], fy[M], fg[N * N] = { 0 };
    for (size_t i = 0; i < M * N; i++)
        fa[i] = (float)(a[i] = element(i));
    for (int t = 0; t < 2; t++) {
        for (size_t i = 0; i < M; i++) {
            fx[i] = (float)(x[i] = element(i + 3));
            fy[i] = (float)element(i + 9);
        }
        rf_sgemv(t, M, N, 3, fa, N, fx, 0.25f, fy);
        for (size_t i = 0; i < (t ? N : M); i++) {
            double want = 0.25 * element(i + 9);
            for (size_t k = 0; k < (t ? M : N); k++)
                want += 3 * a[t ? k * N + i : i * N + k] * x[k];
            assert_near(fy[i], want, 1e-4);
        }
    }
    rf_dsyrk_t(M, N, 1, a, N, 0, g, N);
    rf_ssyrk_t(M, N, 1, fa, N, 0, fg, N);
    for (size_t i = 0; i < N; i++)
        for (size_t j = i; j < N; j++) {
            double want = 0;
            for (size_t k = 0; k < M; k++)
                want += a[k * N + i] * a[k * N + j];
            assert_near(g[i * N + j], want, 1e-12);
            assert_near(fg[i * N + j], want, 1e-4);
        }
    double dot = 0;
    for (size_t i = 0; i < M; i++)
        dot += x[i] * a[i];
    assert_near(rf_ddot(M, x, a), dot, 1e-12);
    assert_near(rf_sdot(M, fx, fa), dot, 1e-4);
    rf_daxpy(M, 2, x, a);
    rf_saxpy(M, 2, fx, fa);
    assert_near(a[4], element(4) + 2 * x[4], 1e-12);
    assert_near(fa[4], a[4], 1e-5);
}

/* A = I + B'B, positive definite; the full square is filled. */
static void make_definite(double *a)
{
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            a[i * N + j] = i == j;
            for (size_t k = 0; k < M; k++)
                a[i * N + j] += element(k * N + i) * element(k * N + j);
        }
}

static void factors_and_inverses_solve(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    double a[N * N], u[N * N], inv[N * N], x[N], y[N];
    make_definite(a);
    memcpy(u, a, sizeof a);
    for (size_t i = 0; i < N; i++)
        x[i] = element(i + 2);
    assert_int_equal(rf_dposv(N, u, x, &err), 0);
    for (size_t i = 0; i < N; i++)
        assert_near(rf_ddot(N, a + i * N, x), element(i + 2), 1e-11);
    memcpy(inv, a, sizeof a);
    assert_int_equal(rf_dpotrf(N, inv, &err), 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = i; j < N; j++) {
            double sum = 0; /* U'U = A, and the factor of posv is the same */
            for (size_t k = 0; k <= i; k++)
                sum += inv[k * N + i] * inv[k * N + j];
            assert_near(sum, a[i * N + j], 1e-11);
            assert_near(inv[i * N + j], u[i * N + j], 1e-12);
        }
    for (size_t i = 0; i < N; i++)
        y[i] = element(i + 2);
    rf_dpotrs(N, inv, y);
    for (size_t i = 0; i < N; i++)
        assert_near(y[i], x[i], 1e-12);
    float fu[N * N], fb[2 * N], fx[2 * N];
    for (size_t i = 0; i < N * N; i++)
        fu[i] = (float)u[i];
    for (size_t i = 0; i < 2 * N; i++)
        fx[i] = fb[i] = (float)element(i);
    rf_strsm_right(2, N, fu, N, fx, N);
    for (size_t r = 0; r < 2; r++)
        for (size_t j = 0; j < N; j++) {
            double sum = 0;
            for (size_t k = 0; k <= j; k++)
                sum += (double)fx[r * N + k] * fu[k * N + j];
            assert_near(sum, fb[r * N + j], 1e-4);
        }
    assert_int_equal(rf_dpotri(N, inv, &err), 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++) {
            double sum = 0;
            for (size_t k = 0; k < N; k++)
                sum += a[i * N + k] * (k <= j ? inv[k * N + j] : inv[j * N + k]);
            assert_near(sum, i == j, 1e-11);
        }
}

static void eigenvectors_stand_in_columns(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    double a[N * N], v[N * N], w[N];
    make_definite(a);
    memcpy(v, a, sizeof a);
    assert_int_equal(rf_dsyev(N, v, w, &err), 0);
    for (size_t j = 0; j < N; j++) {
        if (j)
            assert_true(w[j - 1] <= w[j]);
        for (size_t i = 0; i < N; i++) {
            double sum = 0;
            for (size_t k = 0; k < N; k++)
                sum += a[i * N + k] * v[k * N + j];
            assert_near(sum, w[j] * v[i * N + j], 1e-10);
        }
    }
}

static void indefinite_and_non_finite_systems_are_refused(void **state)
{
    (void)state;
    struct rf_err err = { 0 };
    double a[9] = { 1, 0, 0, 0, 1, 2, 0, 2, 1 }, b[3] = { 1, 1, 1 };
    assert_int_equal(rf_dposv(3, a, b, &err), RF_FAIL);
    assert_non_null(strstr(err.msg, "pivot 3"));
    err = (struct rf_err){ 0 };
    double c[4] = { 1, NAN, NAN, 1 };
    assert_int_equal(rf_dpotrf(2, c, &err), RF_FAIL);
    assert_non_null(strstr(err.msg, "not numbers"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(library_passes_its_check),
        cmocka_unit_test(products_match_their_definition),
        cmocka_unit_test(vector_calls_match_their_definition),
        cmocka_unit_test(factors_and_inverses_solve),
        cmocka_unit_test(eigenvectors_stand_in_columns),
        cmocka_unit_test(indefinite_and_non_finite_systems_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
