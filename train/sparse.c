/* Each block of examples adds into a gradient of its own; there are few blocks, for a gradient is as long as the
 * weights, and their number depends on the examples alone. */
#include "train/sparse.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/par.h"
#include "core/stats.h"
#include "train/lbfgs.h"

enum { MOST_BLOCKS = 16, MEMORY = 10, MOST_STEPS = 5000 };

double rf_sparse_dot(const struct rf_csr *x, const double *theta, size_t row)
{
    double sum = theta[x->cols];
    for (size_t k = x->ptr[row]; k < x->ptr[row + 1]; k++)
        sum += theta[x->col[k]] * (double)x->val[k];
    return sum;
}

struct pass {
    const struct rf_sparse *p;
    const double *theta; /* [cols + 1] */
    size_t blocks;
    double *g;                  /* [blocks][cols + 1] */
    double loss[MOST_BLOCKS];   /* sums over each block's examples */
    double weight[MOST_BLOCKS]; /* of their weights */
};

/* Adds an example's loss at f to the sum; its derivative. */
static double lose(enum rf_sparse_loss loss, const struct rf_example *e, double f, double *sum)
{
    const double w = (double)e->weight, y = (double)e->y;
    if (loss == RF_SPARSE_SQUARED) {
        *sum += w * (f - y) * (f - y) / 2;
        return w * (f - y);
    }
    *sum += w * rf_softplus(-y * f);
    return -w * y * rf_sigmoid(-y * f);
}

static int block(void *ctx, size_t b, struct rf_err *err)
{
    struct pass *const a = ctx;
    const struct rf_sparse *const p = a->p;
    const struct rf_csr *const x = p->x;
    const size_t first = p->n * b / a->blocks, last = p->n * (b + 1) / a->blocks;
    double *const g = a->g + b * (x->cols + 1), loss = 0, weight = 0;
    (void)err;
    memset(g, 0, (x->cols + 1) * sizeof *g);
    for (size_t i = first; i < last;) {
        const size_t row = p->e[i].row;
        const double f = rf_sparse_dot(x, a->theta, row);
        double d = 0;
        for (; i < last && p->e[i].row == row; i++) {
            d += lose(p->loss, &p->e[i], f, &loss);
            weight += (double)p->e[i].weight;
        }
        for (size_t k = x->ptr[row]; k < x->ptr[row + 1]; k++)
            g[x->col[k]] += d * (double)x->val[k];
        g[x->cols] += d;
    }
    a->loss[b] = loss;
    a->weight[b] = weight;
    return 0;
}

/* The sums of the blocks, in their order, as a mean; then the ridge. */
static void join(const struct pass *a, double *f, double *g)
{
    const size_t cols = a->p->x->cols;
    double loss = a->loss[0], weight = a->weight[0], square = 0;
    memcpy(g, a->g, (cols + 1) * sizeof *g);
    for (size_t b = 1; b < a->blocks; b++) {
        const double *const part = a->g + b * (cols + 1);
        loss += a->loss[b];
        weight += a->weight[b];
        for (size_t j = 0; j <= cols; j++)
            g[j] += part[j];
    }
    for (size_t j = 0; j <= cols; j++)
        g[j] /= weight;
    for (size_t j = 0; j < cols; j++) {
        g[j] += a->p->l2 * a->theta[j];
        square += a->theta[j] * a->theta[j];
    }
    *f = loss / weight + a->p->l2 / 2 * square;
}

static int pass_init(struct pass *a, const struct rf_sparse *p, struct rf_err *err)
{
    const size_t blocks = rf_par_blocks(p->n);
    *a = (struct pass){ .p = p, .blocks = blocks < MOST_BLOCKS ? blocks : MOST_BLOCKS };
    return RF_NEW(a->g, a->blocks * (p->x->cols + 1), err);
}

static int run(struct pass *a, const double *theta, double *f, double *g, struct rf_err *err)
{
    a->theta = theta;
    const int rc = rf_par_run(a->blocks, a->p->threads, block, a, err);
    if (!rc)
        join(a, f, g);
    return rc;
}

int rf_sparse_gradient(const struct rf_sparse *p, const double *theta, double *f, double *g, struct rf_err *err)
{
    struct pass a;
    int rc = pass_init(&a, p, err);
    if (!rc)
        rc = run(&a, theta, f, g, err);
    rf_free(a.g);
    return rc;
}

/* L-BFGS walks in z, theta = unit z: units in which every second derivative is about 1 make the steps few. */
struct solve {
    struct pass pass;
    double *unit;  /* [cols + 1] > 0 */
    double *theta; /* [cols + 1] of the point looked at */
    rf_sparse_observer observe;
    void *ctx;
};

static int eval(void *ctx, const double *z, double *f, double *g, struct rf_err *err)
{
    struct solve *const s = ctx;
    const size_t k = s->pass.p->x->cols + 1;
    for (size_t j = 0; j < k; j++)
        s->theta[j] = s->unit[j] * z[j];
    const int rc = run(&s->pass, s->theta, f, g, err);
    for (size_t j = 0; j < k; j++)
        g[j] *= s->unit[j];
    return rc;
}

/* The units from the diagonal of the Hessian, for the logistic loss at its largest; the least of them. */
static double set_units(const struct rf_sparse *p, double *unit)
{
    const struct rf_csr *const x = p->x;
    const double most = p->loss == RF_SPARSE_SQUARED ? 1 : 0.25;
    double weight = 0, least = INFINITY;
    memset(unit, 0, (x->cols + 1) * sizeof *unit);
    for (size_t i = 0; i < p->n; i++) {
        const double w = (double)p->e[i].weight;
        weight += w;
        for (size_t k = x->ptr[p->e[i].row]; k < x->ptr[p->e[i].row + 1]; k++)
            unit[x->col[k]] += w * (double)x->val[k] * (double)x->val[k];
    }
    for (size_t j = 0; j <= x->cols; j++) {
        unit[j] = 1 / sqrt(j < x->cols ? most * unit[j] / weight + p->l2 : most);
        least = fmin(least, unit[j]);
    }
    return least;
}

static int observe(void *ctx, const struct rf_lbfgs_state *state, struct rf_err *err)
{
    const struct solve *const s = ctx;
    return s->observe ? s->observe(s->ctx, state->evals, err) : 0;
}

int rf_sparse_solve(const struct rf_sparse *p, double tolerance, double *theta, struct rf_sparse_result *res,
                    rf_sparse_observer observer, void *ctx, struct rf_err *err)
{
    const size_t k = p->x->cols + 1;
    struct solve s = { .observe = observer, .ctx = ctx };
    const struct rf_lbfgs_problem problem = { k, eval, observe, &s };
    struct rf_lbfgs_options options = { .memory = MEMORY, .max_iter = MOST_STEPS };
    struct rf_lbfgs_result end;
    int rc = pass_init(&s.pass, p, err);
    if (rc || (rc = RF_NEW(s.unit, k, err)) || (rc = RF_NEW(s.theta, k, err)))
        goto out;
    options.tol_grad = tolerance * set_units(p, s.unit); /* then |gradient| <= tolerance in theta too */
    for (size_t j = 0; j < k; j++)
        theta[j] /= s.unit[j];
    rc = rf_lbfgs(&problem, &options, theta, &end, err);
    for (size_t j = 0; j < k; j++)
        theta[j] *= s.unit[j];
    if (rc)
        goto out;
    *res = (struct rf_sparse_result){ end.loss, end.grad_norm, end.evals };
    if (!(end.grad_norm <= options.tol_grad))
        rc = rf_fail(err, RF_FAIL, "no convergence: |gradient| %.3g after %zu passes (%s), expected %.3g",
                     end.grad_norm, end.evals, rf_lbfgs_end_name(end.end), options.tol_grad);
out:
    rf_free(s.pass.g);
    rf_free(s.unit);
    rf_free(s.theta);
    return rc;
}
