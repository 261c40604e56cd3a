/* Limited-memory BFGS. One arena holds every vector; the line search keeps a bracket whose lower end always satisfies
 * the decrease condition, so that a search cut short by rounding still returns a point that is no worse. */
#include "train/lbfgs.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"

#define DECREASE  1e-4 /* c1 of the Wolfe conditions */
#define CURVATURE 0.9  /* c2 */
enum { MAX_TRIALS = 40 };

/* f along the direction: length, value, slope. */
struct point {
    double a, f, slope;
};

struct work {
    const struct rf_lbfgs_problem *p;
    struct rf_lbfgs_options o;
    double *arena;         /* owns all below */
    double *x, *g;         /* [n] current point (the caller's) and gradient */
    double *dir, *xt, *gt; /* [n] direction, trial point, its gradient */
    double *s, *y;         /* [memory][n] steps and gradient changes, a ring */
    double *rho, *alpha;   /* [memory] 1 / (s . y), scratch of the recursion */
    size_t have, next;     /* pairs in the ring, slot of the next one */
    size_t evals;
    double f;
};

const char *rf_lbfgs_end_name(enum rf_lbfgs_end end)
{
    static const char *const name[] = { "gradient", "loss", "stopped", "max-iter", "stalled" };
    return name[end];
}

static double norm(size_t n, const double *v)
{
    return sqrt(rf_ddot(n, v, v));
}

static int work_init(struct work *w, const struct rf_lbfgs_problem *p, const struct rf_lbfgs_options *o, double *x,
                     struct rf_err *err)
{
    static const struct rf_lbfgs_options defaults = { .memory = 10, .max_iter = 1000, .noise = 1e-14 };
    *w = (struct work){ .p = p, .o = o ? *o : defaults, .x = x };
    if (!w->o.memory)
        w->o.memory = defaults.memory;
    if (!w->o.max_iter)
        w->o.max_iter = defaults.max_iter;
    if (!(w->o.noise > 0))
        w->o.noise = defaults.noise;
    const size_t m = w->o.memory, n = p->n;
    size_t total, rows;
    if (!rf_mul(m, 2, &rows) || !rf_add(rows, 4, &rows) || !rf_mul(rows, n, &total) || !rf_add(total, 2 * m, &total))
        return rf_fail(err, RF_FAIL, "out of memory: L-BFGS over %zu variables with %zu pairs", n, m);
    if (RF_NEW(w->arena, total, err))
        return RF_FAIL;
    w->g = w->arena;
    w->dir = w->g + n;
    w->xt = w->dir + n;
    w->gt = w->xt + n;
    w->s = w->gt + n;
    w->y = w->s + m * n;
    w->rho = w->y + m * n;
    w->alpha = w->rho + m;
    return 0;
}

/* dir = -H g by the two-loop recursion; without pairs a step of length 1 downhill. */
static void set_direction(struct work *w)
{
    const size_t n = w->p->n, m = w->o.memory;
    for (size_t i = 0; i < n; i++)
        w->dir[i] = -w->g[i];
    double scale = 1 / norm(n, w->g);
    for (size_t j = 0; j < w->have; j++) {
        const size_t q = (w->next + m - 1 - j) % m;
        w->alpha[q] = w->rho[q] * rf_ddot(n, w->s + q * n, w->dir);
        rf_daxpy(n, -w->alpha[q], w->y + q * n, w->dir);
    }
    if (w->have) {
        const size_t q = (w->next + m - 1) % m;
        scale = 1 / (w->rho[q] * rf_ddot(n, w->y + q * n, w->y + q * n));
    }
    for (size_t i = 0; i < n; i++)
        w->dir[i] *= scale;
    for (size_t j = w->have; j-- > 0;) {
        const size_t q = (w->next + m - 1 - j) % m;
        const double beta = w->rho[q] * rf_ddot(n, w->y + q * n, w->dir);
        rf_daxpy(n, w->alpha[q] - beta, w->s + q * n, w->dir);
    }
}

static int try_step(struct work *w, double a, struct point *out, struct rf_err *err)
{
    const size_t n = w->p->n;
    for (size_t i = 0; i < n; i++)
        w->xt[i] = w->x[i] + a * w->dir[i];
    w->evals++;
    out->a = a;
    const int rc = w->p->eval(w->p->ctx, w->xt, &out->f, w->gt, err);
    out->slope = rc ? 0 : rf_ddot(n, w->gt, w->dir);
    return rc;
}

/* Minimum of the cubic through two points with their slopes, kept a tenth of the interval away from both ends. */
static double between(const struct point *lo, const struct point *hi)
{
    const double width = hi->a - lo->a;
    double t = 0.5;
    if (isfinite(hi->f) && isfinite(hi->slope)) {
        const double d1 = lo->slope + hi->slope - 3 * (hi->f - lo->f) / width;
        const double disc = d1 * d1 - lo->slope * hi->slope;
        if (disc >= 0) {
            const double d2 = copysign(sqrt(disc), width);
            t = 1 - (hi->slope + d2 - d1) / (hi->slope - lo->slope + 2 * d2);
        }
    }
    return lo->a + width * (t > 0.1 ? (t < 0.9 ? t : 0.9) : t <= 0.1 ? 0.1 : 0.5); /* a NaN bisects */
}

/* Where the slope along last -> now would vanish, between twice and ten times as far as now. */
static double beyond(const struct point *last, const struct point *now)
{
    const double t = now->a + (now->a - last->a) * now->slope / (last->slope - now->slope);
    return t > 2 * now->a ? (t < 10 * now->a ? t : 10 * now->a) : t <= 2 * now->a ? 2 * now->a : 10 * now->a;
}

/* Strong Wolfe; or, where values differ by rounding only, the approximate conditions of Hager & Zhang (SIAM J. Optim.
 * 16, 2005). */
static bool is_wolfe(const struct work *w, const struct point *start, const struct point *t)
{
    const bool lower = t->f <= start->f + DECREASE * t->a * start->slope;
    if (lower && fabs(t->slope) <= -CURVATURE * start->slope)
        return true;
    return fabs(t->f - start->f) <= w->o.noise * fabs(start->f) && t->slope >= CURVATURE * start->slope &&
           t->slope <= (2 * DECREASE - 1) * start->slope;
}

/* Leaves the accepted point in xt, gt and *got; got->a = 0 where no length lowers f. */
static int search(struct work *w, struct point *got, struct rf_err *err)
{
    const struct point start = { 0, w->f, rf_ddot(w->p->n, w->g, w->dir) };
    struct point lo = start, hi = { 0 }, t = start;
    bool bracketed = false;
    double a = 1;
    for (int trial = 0; trial < MAX_TRIALS; trial++) {
        const int rc = try_step(w, a, &t, err);
        if (rc)
            return rc;
        const bool finite = isfinite(t.f) && isfinite(t.slope);
        if (finite && is_wolfe(w, &start, &t)) {
            *got = t;
            return 0;
        }
        const struct point last = lo;
        if (!finite || t.f > start.f + DECREASE * t.a * start.slope || t.f >= lo.f) {
            hi = t;
            bracketed = true;
        } else {
            if (bracketed ? t.slope * (hi.a - lo.a) >= 0 : t.slope >= 0) {
                hi = lo;
                bracketed = true;
            }
            lo = t;
        }
        if (bracketed && fabs(hi.a - lo.a) <= 1e-16 * fabs(hi.a))
            break;
        a = bracketed ? between(&lo, &hi) : beyond(&last, &t);
    }
    if (!isfinite(t.f) && lo.a <= 0)
        return rf_fail(err, RF_FAIL, "the loss is %g at every step length tried from here (last %g)", t.f, t.a);
    *got = lo;
    return lo.a > 0 ? try_step(w, lo.a, got, err) : 0;
}

/* Moves to the trial point and remembers the pair, unless rounding left no curvature in it. */
static void accept(struct work *w, const struct point *t)
{
    const size_t n = w->p->n, q = w->next;
    double *s = w->s + q * n, *y = w->y + q * n;
    for (size_t i = 0; i < n; i++) {
        s[i] = w->xt[i] - w->x[i];
        y[i] = w->gt[i] - w->g[i];
    }
    const double sy = rf_ddot(n, s, y);
    if (sy > 1e-16 * rf_ddot(n, y, y)) {
        w->rho[q] = 1 / sy;
        w->next = (q + 1) % w->o.memory;
        w->have += w->have < w->o.memory;
    }
    memcpy(w->x, w->xt, n * sizeof *w->x);
    memcpy(w->g, w->gt, n * sizeof *w->g);
    w->f = t->f;
}

/* One step and the reasons to end after it; 1: ended for *end. */
static int iterate(struct work *w, struct rf_lbfgs_state *st, enum rf_lbfgs_end *end, struct rf_err *err)
{
    const double before = w->f;
    struct point t = { 0 };
    set_direction(w);
    int rc = search(w, &t, err);
    if (!rc && t.a <= 0 && w->have) { /* once more, straight downhill */
        w->have = 0;
        set_direction(w);
        rc = search(w, &t, err);
    }
    if (rc)
        return rf_fail_in(err, "step %zu", st->iter + 1);
    *end = RF_LBFGS_STALLED;
    if (t.a <= 0)
        return 1;
    accept(w, &t);
    *st = (struct rf_lbfgs_state){ st->iter + 1, w->evals, w->f, norm(w->p->n, w->g), t.a, w->x, w->g };
    rc = w->p->observe ? w->p->observe(w->p->ctx, st, err) : 0;
    if (rc) {
        *end = RF_LBFGS_STOPPED;
        return rc;
    }
    if (st->grad_norm <= w->o.tol_grad)
        *end = RF_LBFGS_GRADIENT;
    else if (w->o.tol_loss > 0 && before - w->f < w->o.tol_loss * fmax(fabs(w->f), 1))
        *end = RF_LBFGS_LOSS;
    else if (st->iter >= w->o.max_iter)
        *end = RF_LBFGS_MAX_ITER;
    else
        return 0;
    return 1;
}

int rf_lbfgs(const struct rf_lbfgs_problem *p, const struct rf_lbfgs_options *o, double *x, struct rf_lbfgs_result *res,
             struct rf_err *err)
{
    struct work w;
    struct rf_lbfgs_state st = { 0 };
    enum rf_lbfgs_end end = RF_LBFGS_GRADIENT;
    int rc = work_init(&w, p, o, x, err);
    if (rc)
        goto out;
    w.evals = 1;
    if ((rc = p->eval(p->ctx, x, &w.f, w.g, err)))
        goto out;
    st.grad_norm = norm(p->n, w.g);
    if (!isfinite(w.f) || !isfinite(st.grad_norm)) {
        rc = rf_fail(err, RF_FAIL, "step 0: the loss is %g and its gradient %g long, expected finite values", w.f,
                     st.grad_norm);
        goto out;
    }
    int ended = st.grad_norm <= w.o.tol_grad || st.grad_norm == 0;
    while (!ended)
        ended = iterate(&w, &st, &end, err);
    rc = ended < 0 ? ended : 0;
    if (res)
        *res = (struct rf_lbfgs_result){ end, st.iter, w.evals, w.f, st.grad_norm };
out:
    rf_free(w.arena);
    return rc;
}
