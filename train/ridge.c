/* Sums in double, a block of rows at a time; the same blocks in the same order always. */
#include "train/ridge.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"

/* Rows as doubles with a 1 behind each. */
static void widen(const struct rf_ridge *r, size_t from, size_t n, double *a)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < r->dim; j++)
            a[i * (r->dim + 1) + j] = (double)r->x[(from + i) * r->dim + j];
        a[i * (r->dim + 1) + r->dim] = 1;
    }
}

/* gram[k][k] (upper) = sum of a a' over all rows; right[k][targets] = sum of a y over the rows that have y. */
static void add_up(const struct rf_ridge *r, double *a, double *y, double *gram, double *right)
{
    const size_t k = r->dim + 1;
    for (size_t from = 0; from < r->n; from += RF_BLOCK_ROWS) {
        const size_t n = r->n - from < RF_BLOCK_ROWS ? r->n - from : RF_BLOCK_ROWS;
        widen(r, from, n, a);
        for (size_t i = 0; i < n * r->targets; i++) {
            const double v = r->y[from * r->targets + i];
            y[i] = isnan(v) ? 0 : v;
        }
        rf_dsyrk_t(n, k, 1, a, k, 1, gram, k);
        rf_dgemm(true, false, k, r->targets, n, 1, a, k, y, r->targets, 1, right, r->targets);
    }
}

/* Takes the rows on which target t is missing out of the Gram matrix; how many rows are left. */
static size_t take_out(const struct rf_ridge *r, size_t t, double *a, double *gram)
{
    const size_t k = r->dim + 1;
    size_t left = r->n;
    for (size_t i = 0; i < r->n; i++) {
        if (!isnan(r->y[i * r->targets + t]))
            continue;
        widen(r, i, 1, a);
        rf_dsyrk_t(1, k, -1, a, k, 1, gram, k);
        left--;
    }
    return left;
}

/* One target with one ridge: u (the Gram matrix) is overwritten. */
static int solve(double *u, size_t k, double l2, size_t rows, const double *right, size_t targets, size_t t, double *w,
                 struct rf_err *err)
{
    for (size_t j = 0; j + 1 < k; j++)
        u[j * k + j] += l2 * (double)rows;
    for (size_t j = 0; j < k; j++)
        w[j] = right[j * targets + t];
    return rf_dposv(k, u, w, err);
}

int rf_ridge_fit(const struct rf_ridge *r, double *w, struct rf_err *err)
{
    const size_t k = r->dim + 1;
    double *a = NULL, *y = NULL, *gram = NULL, *right = NULL, *own = NULL, *u = NULL;
    size_t square, rows, block;
    int rc;
    if (!rf_mul(k, k, &square) || !rf_mul(RF_BLOCK_ROWS, k, &rows) || !rf_mul(RF_BLOCK_ROWS, r->targets, &block)) {
        rc = rf_fail(err, RF_FAIL, "out of memory: %zu columns", r->dim);
        goto out;
    }
    if ((rc = RF_NEW(a, rows, err)) || (rc = RF_NEW(y, block, err)) || (rc = RF_NEW(gram, square, err)) ||
        (rc = RF_NEW(right, k * r->targets, err)) || (rc = RF_NEW(own, square, err)) || (rc = RF_NEW(u, square, err)))
        goto out;
    add_up(r, a, y, gram, right);
    for (size_t t = 0; t < r->targets; t++) {
        memcpy(own, gram, square * sizeof *own);
        const size_t left = take_out(r, t, a, own);
        for (size_t i = 0; i < r->ridges; i++) {
            memcpy(u, own, square * sizeof *u);
            if ((rc = solve(u, k, r->l2[i], left, right, r->targets, t, w + (i * r->targets + t) * k, err))) {
                rc = rf_fail_in(err, "ridge %g", r->l2[i]);
                goto out;
            }
        }
    }
out:
    rf_free(a);
    rf_free(y);
    rf_free(gram);
    rf_free(right);
    rf_free(own);
    rf_free(u);
    return rc;
}
