/* What a logistic fit costs at C = 1 with an intercept, for each solver, one thread. The data are those of the shared
 * bench (peers_lr.py writes lr_N_D.f32 and .i8 under $RFBENCH_TMP, /tmp/rfbench), so that scikit-learn's time and
 * objective are for the same problem. Floor: one read of the matrix for each pass. The first line of a solver is the
 * time until the objective is within 1e-6 of the optimum, the second the whole solution. Best of three rounds. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/blas.h"
#include "core/input.h"
#include "core/progress.h"
#include "train/logit.h"
#include "train/rows.h"

enum { ROUNDS = 3 };

static volatile float keep; /* so that nothing is optimised away */

struct clock {
    double started, optimum, reached; /* reached: seconds until within 1e-6 of the optimum; 0: not yet */
};

static int watch(void *ctx, double loss, size_t passes, struct rf_err *err)
{
    struct clock *c = ctx;
    (void)passes;
    (void)err;
    if (c->reached == 0 && loss <= c->optimum * (1 + 1e-6))
        c->reached = rf_seconds() - c->started;
    return 0;
}

static double read_once(const struct rf_logit *p)
{
    double best = INFINITY;
    for (int r = 0; r < ROUNDS; r++) {
        const double from = rf_seconds();
        for (size_t i = 0; i < p->n; i++)
            keep = rf_row_dot(p->x + i * p->dim, p->x, p->dim);
        best = fmin(best, rf_seconds() - from);
    }
    return best;
}

static int bench_solver(const struct rf_logit *p, enum rf_logit_solver solver, double *optimum, double *theta,
                        struct rf_err *err)
{
    static const char *const name[] = { "auto", "newton", "dual", "lbfgs" };
    const double pass = read_once(p);
    double near = INFINITY, whole = INFINITY;
    struct rf_logit_result res = { 0 };
    for (int r = 0; r < ROUNDS; r++) {
        struct clock c = { .started = rf_seconds(), .optimum = *optimum };
        memset(theta, 0, (p->dim + 1) * sizeof *theta);
        const int rc = rf_logit_solve(p, solver, theta, &res, watch, &c, err);
        if (rc)
            return rc;
        if (r == 0 && isinf(*optimum)) { /* the first solver's first round sets what the others are held against */
            *optimum = res.loss;
            r--;
            continue;
        }
        near = fmin(near, c.reached);
        whole = fmin(whole, rf_seconds() - c.started);
    }
    const double floor = pass * (double)res.passes;
    printf("logistic %zux%zu %s, objective within 1e-6  %.3f s  %.3f s  %.1f\n", p->n, p->dim, name[solver], near,
           floor, near / floor);
    printf("logistic %zux%zu %s, |gradient| %.1e, objective %.6f, %zu passes  %.3f s  %.3f s  %.1f\n", p->n, p->dim,
           name[solver], res.grad_norm, res.loss, res.passes, whole, floor, whole / floor);
    return 0;
}

static int bench_shape(size_t n, size_t dim, struct rf_err *err)
{
    static const enum rf_logit_solver solvers[] = { RF_LOGIT_NEWTON, RF_LOGIT_DUAL };
    const char *dir = getenv("RFBENCH_TMP");
    char path[4096];
    struct rf_buf x = { 0 }, y = { 0 };
    struct rf_example *e = NULL;
    double *theta = NULL, optimum = INFINITY;
    int rc = 0;
    snprintf(path, sizeof path, "%s/lr_%zu_%zu.f32", dir ? dir : "/tmp/rfbench", n, dim);
    if (rf_file_read(path, 0, &x, NULL)) {
        printf("SKIP logistic %zux%zu: no %s (bench/peers_lr.py writes it)\n", n, dim, path);
        goto out;
    }
    memcpy(path + strlen(path) - 3, "i8", sizeof "i8");
    if ((rc = rf_file_read(path, 0, &y, err)) || (rc = RF_NEW(e, n, err)) || (rc = RF_NEW(theta, dim + 1, err)))
        goto out;
    if (x.len != n * dim * sizeof(float) || y.len != n) {
        rc = rf_fail(err, RF_BAD_INPUT, "%s: not the size of %zu rows of %zu columns", path, n, dim);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        e[i] = (struct rf_example){ (uint32_t)i, y.data[i] ? 1 : -1, 1 };
    const struct rf_logit p = { .x = (const float *)(const void *)x.data,
                                .dim = dim,
                                .e = e,
                                .n = n,
                                .c = 1,
                                .ridge = 1,
                                .intercept = true,
                                .threads = 1 };
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers && !rc; s++)
        rc = bench_solver(&p, solvers[s], &optimum, theta, err);
out:
    rf_buf_release(&x);
    rf_buf_release(&y);
    rf_free(e);
    rf_free(theta);
    return rc;
}

int main(void)
{
    struct rf_err err = { 0 };
    if (rf_blas_init(&err) || bench_shape(20000, 256, &err) || bench_shape(55000, 1536, &err))
        printf("bench_logistic: %s\n", err.msg);
    return err.code ? 1 : 0;
}
