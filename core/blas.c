/* The door to OpenBLAS and LAPACKE. LAPACK works by columns: a row-major upper triangle is its lower one, so factors
 * and inverses are made in place, without the transposed copies of LAPACKE's row-major mode. Refuses: dimensions beyond
 * the library's int (abort: such a call is a bug), and a library that computes wrong results. */
#include "core/blas.h"

#include <cblas.h>
#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>

static int as_int(size_t n)
{
    if (n > INT_MAX)
        abort();
    return (int)n;
}

/* Row strides must be at least 1 for the library, also of empty matrices. */
static int stride(size_t ld)
{
    return as_int(ld ? ld : 1);
}

static CBLAS_TRANSPOSE op(bool transposed)
{
    return transposed ? CblasTrans : CblasNoTrans;
}

void rf_sgemm(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b,
              size_t ldb, float beta, float *c, size_t ldc)
{
    cblas_sgemm(CblasRowMajor, op(ta), op(tb), as_int(m), as_int(n), as_int(k), alpha, a, stride(lda), b, stride(ldb),
                beta, c, stride(ldc));
}

void rf_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *a, size_t lda,
              const double *b, size_t ldb, double beta, double *c, size_t ldc)
{
    cblas_dgemm(CblasRowMajor, op(ta), op(tb), as_int(m), as_int(n), as_int(k), alpha, a, stride(lda), b, stride(ldb),
                beta, c, stride(ldc));
}

void rf_sgemv(bool ta, size_t m, size_t n, float alpha, const float *a, size_t lda, const float *x, float beta,
              float *y)
{
    cblas_sgemv(CblasRowMajor, op(ta), as_int(m), as_int(n), alpha, a, stride(lda), x, 1, beta, y, 1);
}

float rf_sdot(size_t n, const float *x, const float *y)
{
    return cblas_sdot(as_int(n), x, 1, y, 1);
}

double rf_ddot(size_t n, const double *x, const double *y)
{
    return cblas_ddot(as_int(n), x, 1, y, 1);
}

void rf_saxpy(size_t n, float a, const float *x, float *y)
{
    cblas_saxpy(as_int(n), a, x, 1, y, 1);
}

void rf_daxpy(size_t n, double a, const double *x, double *y)
{
    cblas_daxpy(as_int(n), a, x, 1, y, 1);
}

void rf_ssyrk_t(size_t m, size_t n, float alpha, const float *a, size_t lda, float beta, float *c, size_t ldc)
{
    cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, as_int(n), as_int(m), alpha, a, stride(lda), beta, c,
                stride(ldc));
}

void rf_dsyrk_t(size_t m, size_t n, double alpha, const double *a, size_t lda, double beta, double *c, size_t ldc)
{
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, as_int(n), as_int(m), alpha, a, stride(lda), beta, c,
                stride(ldc));
}

/* info of a LAPACK call as an error: negative where an argument holds NaN, positive where the pivot failed. */
static int lapack_result(lapack_int info, size_t n, struct rf_err *err)
{
    if (info < 0)
        return rf_fail(err, RF_FAIL, "the %zu x %zu system holds values that are not numbers", n, n);
    if (info > 0)
        return rf_fail(err, RF_FAIL, "the %zu x %zu matrix is not positive definite: pivot %d is not above zero", n, n,
                       (int)info);
    return 0;
}

int rf_dposv(size_t n, double *a, double *b, struct rf_err *err)
{
    const int k = as_int(n);
    return n ? lapack_result(LAPACKE_dposv(LAPACK_COL_MAJOR, 'L', k, 1, a, k, b, k), n, err) : 0;
}

int rf_dpotri(size_t n, double *a, struct rf_err *err)
{
    const int k = as_int(n);
    return n ? lapack_result(LAPACKE_dpotri(LAPACK_COL_MAJOR, 'L', k, a, k), n, err) : 0;
}

int rf_dpotrf(size_t n, double *a, struct rf_err *err)
{
    const int k = as_int(n);
    return n ? lapack_result(LAPACKE_dpotrf(LAPACK_COL_MAJOR, 'L', k, a, k), n, err) : 0;
}

void rf_dpotrs(size_t n, const double *u, double *b)
{
    cblas_dtrsv(CblasColMajor, CblasLower, CblasNoTrans, CblasNonUnit, as_int(n), u, stride(n), b, 1);
    cblas_dtrsv(CblasColMajor, CblasLower, CblasTrans, CblasNonUnit, as_int(n), u, stride(n), b, 1);
}

void rf_strsm_right(size_t m, size_t n, const float *u, size_t ldu, float *b, size_t ldb)
{
    cblas_strsm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, as_int(m), as_int(n), 1, u,
                stride(ldu), b, stride(ldb));
}

int rf_dsyev(size_t n, double *a, double *w, struct rf_err *err)
{
    if (!n)
        return 0;
    const lapack_int info = LAPACKE_dsyev(LAPACK_ROW_MAJOR, 'V', 'U', as_int(n), a, as_int(n), w);
    if (info > 0)
        return rf_fail(err, RF_FAIL, "the eigenvalues of a %zu x %zu matrix did not converge: %d values left", n, n,
                       (int)info);
    return lapack_result(info, n, err);
}

const char *rf_blas_info(void)
{
    return openblas_get_config();
}

/* ---- the self-check: sizes that are no multiple of any kernel's tile, small integers so that float sums are exact
 * ---- */

enum { M = 37, N = 29, K = 53 };

static int small(size_t i)
{
    return (int)(i * 2654435761u % 17) - 8;
}

static bool gemm_is_right(void)
{
    float a[M * K], b[N * K], c[M * N];
    for (size_t i = 0; i < M * K; i++)
        a[i] = (float)small(i);
    for (size_t i = 0; i < N * K; i++)
        b[i] = (float)small(i + 7);
    rf_sgemm(false, true, M, N, K, 1, a, K, b, K, 0, c, N);
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < N; j++) {
            int sum = 0;
            for (size_t k = 0; k < K; k++)
                sum += small(i * K + k) * small(j * K + k + 7);
            if (c[i * N + j] != (float)sum)
                return false;
        }
    return true;
}

/* G = I + B'B is positive definite and exact in doubles; the solution of G x = G e is e. */
static bool posv_is_right(void)
{
    double g[N * N], x[N];
    for (size_t i = 0; i < N; i++) {
        x[i] = 0;
        for (size_t j = 0; j < N; j++) {
            int sum = i == j;
            for (size_t k = 0; k < K; k++)
                sum += small(k * N + i) * small(k * N + j);
            g[i * N + j] = sum;
            x[i] += sum * (double)small(j + 3);
        }
    }
    if (rf_dposv(N, g, x, NULL))
        return false;
    for (size_t i = 0; i < N; i++)
        if (!(fabs(x[i] - small(i + 3)) < 1e-8))
            return false;
    return true;
}

int rf_blas_init(struct rf_err *err)
{
    openblas_set_num_threads(1);
    const char *wrong = !gemm_is_right() ? "matrix product" : !posv_is_right() ? "Cholesky solution" : NULL;
    if (wrong)
        return rf_fail(
            err, RF_FAIL,
            "%s (kernel %s) computes a wrong %s on this processor; try OPENBLAS_CORETYPE=Haswell or another build",
            openblas_get_config(), openblas_get_corename(), wrong);
    return 0;
}
