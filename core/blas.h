/* The one door to BLAS and LAPACK: thin typed calls, row-major, single-threaded (threads come from core/par.h).
 * Dimensions are size_t here and checked to fit the library's int: a too large one is a programming error (abort). */
#ifndef RF_CORE_BLAS_H
#define RF_CORE_BLAS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sets OpenBLAS to one thread and compares a small GEMM and POSV with naive loops (old builds compute wrong results on
 * some processors). RF_FAIL with the kernel's name where they differ. Called once by main. */
int rf_blas_init(struct rf_err *err);
/* "OpenBLAS 0.3.21 Zen ..." : static string. */
const char *rf_blas_info(void);

/* C[m][n] = alpha * op(A) op(B) + beta * C; ta: A is stored [k][m]; tb: B is stored [n][k]. ld* = row strides in
 * elements. */
void rf_sgemm(bool ta, bool tb, size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b,
              size_t ldb, float beta, float *c, size_t ldc);
void rf_dgemm(bool ta, bool tb, size_t m, size_t n, size_t k, double alpha, const double *a, size_t lda,
              const double *b, size_t ldb, double beta, double *c, size_t ldc);
/* y = alpha * op(A) x + beta * y for A[m][n]; ta: A' x. */
void rf_sgemv(bool ta, size_t m, size_t n, float alpha, const float *a, size_t lda, const float *x, float beta,
              float *y);
float rf_sdot(size_t n, const float *x, const float *y);
double rf_ddot(size_t n, const double *x, const double *y);
void rf_saxpy(size_t n, float a, const float *x, float *y);
void rf_daxpy(size_t n, double a, const double *x, double *y);
/* Upper triangle of C[n][n] += A'A for A[m][n] (float rows accumulated in float, or all double). */
void rf_ssyrk_t(size_t m, size_t n, float alpha, const float *a, size_t lda, float beta, float *c, size_t ldc);
void rf_dsyrk_t(size_t m, size_t n, double alpha, const double *a, size_t lda, double beta, double *c, size_t ldc);

/* Solves A x = b for symmetric positive definite A[n][n] (upper triangle used, overwritten by its Cholesky factor),
 * b[n] overwritten by x. RF_FAIL where A is not positive definite: err names the pivot. */
int rf_dposv(size_t n, double *a, double *b, struct rf_err *err);
/* In place: A (upper triangle, the factor left by rf_dposv) becomes the upper triangle of A^-1. */
int rf_dpotri(size_t n, double *a, struct rf_err *err);
/* In place Cholesky A = U'U, upper. RF_FAIL names the pivot. */
int rf_dpotrf(size_t n, double *a, struct rf_err *err);
/* Solves A x = b with the factor that rf_dpotrf or rf_dposv left in u; b[n] overwritten by x. */
void rf_dpotrs(size_t n, const double *u, double *b);
/* B[m][n] := B U^-1 for upper triangular U[n][n] (float rows: one Cholesky-QR step). */
void rf_strsm_right(size_t m, size_t n, const float *u, size_t ldu, float *b, size_t ldb);
/* Eigenvalues w[n] ascending and eigenvectors in the columns of A[n][n] (symmetric, upper triangle used). */
int rf_dsyev(size_t n, double *a, double *w, struct rf_err *err);

#ifdef __cplusplus
}
#endif
#endif
