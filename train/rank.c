/* Newton on a concave log-likelihood whose every term depends on one difference of strengths and, for two of the
 * conventions, on one number for ties. A row of a table knows a term's derivatives; everything else is common. */
#include "train/rank.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "core/progress.h"
#include "core/resample.h"
#include "core/stats.h"

/* ---- one pair ---- */

/* Log-likelihood of a pair's outcomes, and its derivatives by d and eta. */
struct term {
    double value, d, eta, dd, deta, etaeta;
};

/* y[RF_OUTCOMES]: weights of first wins, second wins, draw. */
static struct term half_term(const double *y, double d, double eta)
{
    const double first = y[RF_FIRST] + y[RF_DRAW] / 2, second = y[RF_SECOND] + y[RF_DRAW] / 2, p = rf_sigmoid(d);
    (void)eta;
    return (struct term){ .value = -first * rf_softplus(-d) - second * rf_softplus(d),
                          .d = first * (1 - p) - second * p,
                          .dd = -(first + second) * p * (1 - p) };
}

/* The derivatives alone, for one exponential. */
static struct term half_slope(const double *y, double d, double eta)
{
    const double first = y[RF_FIRST] + y[RF_DRAW] / 2, second = y[RF_SECOND] + y[RF_DRAW] / 2, p = rf_sigmoid(d);
    (void)eta;
    return (struct term){ .d = first * (1 - p) - second * p, .dd = -(first + second) * p * (1 - p) };
}

static struct term drop_slope(const double *y, double d, double eta)
{
    const double decided[RF_OUTCOMES] = { [RF_FIRST] = y[RF_FIRST], [RF_SECOND] = y[RF_SECOND] };
    return half_slope(decided, d, eta);
}

static struct term drop_term(const double *y, double d, double eta)
{
    const double decided[RF_OUTCOMES] = { [RF_FIRST] = y[RF_FIRST], [RF_SECOND] = y[RF_SECOND] };
    return half_term(decided, d, eta);
}

static struct term davidson_term(const double *y, double d, double eta)
{
    const double n = y[RF_FIRST] + y[RF_SECOND] + y[RF_DRAW], top = fmax(fabs(d) / 2, eta);
    const double win = exp(d / 2 - top), loss = exp(-d / 2 - top), draw = exp(eta - top), z = win + loss + draw;
    const double p = win / z, q = loss / z, t = draw / z, half = (p - q) / 2;
    return (struct term){ .value = (y[RF_FIRST] - y[RF_SECOND]) / 2 * d + y[RF_DRAW] * eta - n * (top + log(z)),
                          .d = (y[RF_FIRST] - y[RF_SECOND]) / 2 - n * half,
                          .eta = y[RF_DRAW] - n * t,
                          .dd = -n * ((p + q) / 4 - half * half),
                          .deta = n * half * t,
                          .etaeta = -n * t * (1 - t) };
}

static struct term rao_kupper_term(const double *y, double d, double eta)
{
    const double first = y[RF_FIRST] + y[RF_DRAW], second = y[RF_SECOND] + y[RF_DRAW], t = y[RF_DRAW];
    const double u = rf_sigmoid(d - eta), v = rf_sigmoid(-d - eta), e = exp(-2 * eta);
    const double a = first * u * (1 - u), b = second * v * (1 - v);
    return (struct term){ .value =
                              -first * rf_softplus(eta - d) - second * rf_softplus(d + eta) + t * (2 * eta + log1p(-e)),
                          .d = first * (1 - u) - second * (1 - v),
                          .eta = 2 * t / (1 - e) - first * (1 - u) - second * (1 - v),
                          .dd = -a - b,
                          .deta = a - b,
                          .etaeta = -a - b - 4 * t * e / ((1 - e) * (1 - e)) };
}

static const struct {
    struct term (*term)(const double *y, double d, double eta);
    struct term (*slope)(const double *y, double d, double eta); /* the same but for the value */
    double bold;   /* a step that changes no difference by more is taken without a look at the value; 0: none is */
    bool draws;    /* it has an eta, and a draw connects two models as half a win does */
    bool connects; /* a draw connects two models */
    double start;  /* of eta */
    double least;  /* eta stays above */
} model[] = {
    [RF_HALF] = { half_term, half_slope, 1.5, false, true, 0, 0 },
    [RF_DROP] = { drop_term, drop_slope, 1.5, false, false, 0, 0 },
    [RF_DAVIDSON] = { davidson_term, davidson_term, 0, true, true, -1, -INFINITY },
    [RF_RAO_KUPPER] = { rao_kupper_term, rao_kupper_term, 0, true, true, 0.3, 0 },
};

/* ---- groups ---- */

static void add_row(bool *restrict to, const bool *restrict from, size_t n)
{
    for (size_t j = 0; j < n; j++)
        to[j] |= from[j];
}

/* reach[i][j]: i beats, or draws with, j by a chain (Warshall's closure). */
static void close_over(const struct rf_duels *d, const double *sum, bool draws, bool *reach)
{
    const size_t n = d->models;
    for (size_t k = 0; k < d->pairs; k++) {
        const double *const y = sum + k * RF_OUTCOMES;
        const bool drawn = draws && y[RF_DRAW] > 0;
        reach[d->pair[k].a * n + d->pair[k].b] = y[RF_FIRST] > 0 || drawn;
        reach[d->pair[k].b * n + d->pair[k].a] = y[RF_SECOND] > 0 || drawn;
    }
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++)
            if (i != k && reach[i * n + k])
                add_row(reach + i * n, reach + k * n, n);
}

/* group[n]: sets in which every two models reach each other; 0 the largest, of equal ones that of the lowest index.
 * Returns its size. */
static size_t find_groups(size_t n, const bool *reach, int *group)
{
    size_t largest = 0;
    int next = 1, best = 1;
    for (size_t i = 0; i < n; i++)
        group[i] = -1;
    for (size_t i = 0; i < n; i++) {
        size_t size = 0;
        if (group[i] >= 0)
            continue;
        for (size_t j = i; j < n; j++)
            if (j == i || (reach[i * n + j] && reach[j * n + i])) {
                group[j] = next;
                size++;
            }
        if (size > largest) {
            largest = size;
            best = next;
        }
        next++;
    }
    for (size_t i = 0; i < n; i++)
        group[i] = group[i] == best ? 0 : group[i] < best ? group[i] : group[i] - 1;
    return largest;
}

/* ---- the maximum ---- */

/* Parameters: one strength per rated model, then eta where the convention has one. */
struct problem {
    const struct rf_duels *d;
    const double *sum;
    enum rf_tie_model ties;
    const size_t *at; /* [models] index of its strength, SIZE_MAX: not rated */
    size_t rated, n;  /* n parameters */
    double gauge;     /* of the size of the Hessian: see derivatives */
};

static double difference(const struct problem *p, size_t pair, const double *x)
{
    return x[p->at[p->d->pair[pair].a]] - x[p->at[p->d->pair[pair].b]];
}

static bool counts(const struct problem *p, size_t pair)
{
    return p->at[p->d->pair[pair].a] != SIZE_MAX && p->at[p->d->pair[pair].b] != SIZE_MAX;
}

static double eta_of(const struct problem *p, const double *x)
{
    return p->n > p->rated ? x[p->rated] : 0;
}

static double value(const struct problem *p, const double *x)
{
    double all = 0;
    for (size_t k = 0; k < p->d->pairs; k++)
        if (counts(p, k))
            all += model[p->ties].term(p->sum + k * RF_OUTCOMES, difference(p, k, x), eta_of(p, x)).value;
    return all;
}

/* Gradient g[n] and minus the Hessian h[n][n] of the log-likelihood. The strengths' own shift, which it does not see,
 * is fixed by gauge/rated in their cells: the inverse is then the pseudo-inverse plus 1/(gauge rated), and as well
 * conditioned as the votes let it be, whatever they weigh. */
static void derivatives(const struct problem *p, const double *x, double *g, double *h)
{
    const bool ties = p->n > p->rated;
    memset(g, 0, p->n * sizeof *g);
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->n; j++)
            h[i * p->n + j] = i < p->rated && j < p->rated ? p->gauge / (double)p->rated : 0;
    for (size_t k = 0; k < p->d->pairs; k++) {
        if (!counts(p, k))
            continue;
        const struct term t = model[p->ties].slope(p->sum + k * RF_OUTCOMES, difference(p, k, x), eta_of(p, x));
        const size_t a = p->at[p->d->pair[k].a], b = p->at[p->d->pair[k].b], e = p->rated;
        g[a] += t.d;
        g[b] -= t.d;
        h[a * p->n + a] -= t.dd;
        h[b * p->n + b] -= t.dd;
        h[a * p->n + b] += t.dd;
        h[b * p->n + a] += t.dd;
        if (!ties)
            continue;
        g[e] += t.eta;
        h[e * p->n + e] -= t.etaeta;
        h[a * p->n + e] -= t.deta;
        h[e * p->n + a] -= t.deta;
        h[b * p->n + e] += t.deta;
        h[e * p->n + b] += t.deta;
    }
}

static double largest_of(const double *v, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(v[i]));
    return most;
}

static double spread_of(const double *v, size_t n)
{
    double least = v[0], most = v[0];
    for (size_t i = 1; i < n; i++) {
        least = fmin(least, v[i]);
        most = fmax(most, v[i]);
    }
    return most - least;
}

/* x + step, the step halved until the value rises. One that changes no difference of strengths by more than 1.5 raises
 * a logistic likelihood in any case: its terms have |f'''| <= -f'', so that f(x + p) >= f(x) + gp - (e^d - d - 1) / d^2
 * pHp for differences up to d, and the factor is below 1 for d < 1.79 (Bach, Electronic J. Statistics 4, 2010). room[n]
 */
static void walk(const struct problem *p, double *x, const double *step, double largest, double *to)
{
    const bool bold = spread_of(step, p->rated) <= model[p->ties].bold,
               look = !bold && largest > 1e-6; /* below, rounding hides it */
    const double now = look ? value(p, x) : 0;
    for (double length = 1;; length /= 2) {
        for (size_t j = 0; j < p->n; j++)
            to[j] = x[j] + length * step[j];
        if (p->n > p->rated && to[p->rated] <= model[p->ties].least)
            continue;
        if (!look || length < 1e-3 || value(p, to) >= now)
            break;
    }
    memcpy(x, to, p->n * sizeof *x);
}

/* x[n] from where it stands to the maximum; room[n * n + 3 n]. */
static int newton(const struct problem *p, double *x, double *room, double *gradient, struct rf_err *err)
{
    double *const h = room, *const g = h + p->n * p->n, *const step = g + p->n, *const to = step + p->n;
    for (int i = 0; i < 200; i++) {
        derivatives(p, x, g, h);
        *gradient = largest_of(g, p->n);
        memcpy(step, g, p->n * sizeof *g);
        const int rc = rf_dposv(p->n, h, step, err);
        if (rc)
            return rc;
        const double largest = largest_of(step, p->n);
        walk(p, x, step, largest, to);
        if (largest < 1e-8) /* convergence is quadratic: the error is at rounding now */
            return 0;
    }
    return rf_fail(err, RF_FAIL, "strengths of %zu models did not settle in 200 steps", p->rated);
}

/* at[models] from the groups; the problem's numbers. */
static void set_problem(struct problem *p, const struct rf_rank *r, const struct rf_duels *d, const double *sum,
                        enum rf_tie_model ties, size_t *at)
{
    size_t k = 0;
    for (size_t i = 0; i < r->models; i++)
        at[i] = r->group[i] == 0 ? k++ : SIZE_MAX;
    *p = (struct problem){ d, sum, ties, at, k, k + (model[ties].draws ? 1 : 0), 0 };
    for (size_t i = 0; i < d->pairs * RF_OUTCOMES; i++)
        p->gauge += sum[i] / (double)k;
}

/* The weight of the draws; at: between rated models alone, or NULL. */
static double draws_of(const struct rf_duels *d, const double *sum, const size_t *at)
{
    double draws = 0;
    for (size_t k = 0; k < d->pairs; k++)
        if (!at || (at[d->pair[k].a] != SIZE_MAX && at[d->pair[k].b] != SIZE_MAX))
            draws += sum[k * RF_OUTCOMES + RF_DRAW];
    return draws;
}

/* reach[to] goes down to that of `from` and `step`. */
static bool lower(double *reach, size_t to, size_t from, double step)
{
    const bool lowers = reach[from] + step < reach[to];
    if (lowers)
        reach[to] = reach[from] + step;
    return lowers;
}

/* Have the strengths of connected models and eta a finite maximum? Without draws eta falls for ever. It rises for ever,
 * and the strengths with it, where strengths exist that are farther apart than one for every win and no farther for
 * every draw: then each outcome that was seen only gains (win e^(d/2), draw e^eta; sigma(d - eta)). They exist unless a
 * chain of votes from a model back to itself has more wins than draws: a negative cycle, for Bellman and Ford. */
static int eta_is_finite(const struct problem *p, bool *finite, struct rf_err *err)
{
    const struct rf_duels *const d = p->d;
    double *reach = NULL; /* [rated] */
    bool moves = true;
    const int rc = RF_NEW(reach, p->rated, err);
    for (size_t round = 0; round <= p->rated && moves && !rc; round++) {
        moves = false;
        for (size_t k = 0; k < d->pairs; k++) {
            if (!counts(p, k))
                continue;
            const double *const y = p->sum + k * RF_OUTCOMES;
            const size_t a = p->at[d->pair[k].a], b = p->at[d->pair[k].b];
            moves |= y[RF_FIRST] > 0 && lower(reach, b, a, -1);
            moves |= y[RF_SECOND] > 0 && lower(reach, a, b, -1);
            moves |= y[RF_DRAW] > 0 && lower(reach, b, a, 1);
            moves |= y[RF_DRAW] > 0 && lower(reach, a, b, 1);
        }
    }
    *finite = draws_of(d, p->sum, p->at) > 0 && moves;
    rf_free(reach);
    return rc;
}

static int refuse_eta(double draws, struct rf_err *err)
{
    return draws > 0 ? rf_fail(err, RF_BAD_INPUT,
                               "too many ties for this model of ties: found no chain of votes from a model back to "
                               "itself with more wins than ties, without which no strengths are the likeliest; try "
                               "--ties half")
                     : rf_fail(err, RF_BAD_INPUT,
                               "the votes between rated models hold no tie: expected some for this model of ties, or "
                               "--ties drop");
}

/* Subtracts the mean over the rated models. */
static void centre(double *theta, const int *group, size_t n)
{
    double mean = 0;
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (group[i] == 0 && !isnan(theta[i])) {
            mean += theta[i];
            k++;
        }
    for (size_t i = 0; i < n && k; i++)
        theta[i] -= mean / (double)k;
}

/* rf_rank_fit; *finite tells a refusal because the votes give eta no finite value from other failures. */
static int fit(struct rf_rank *r, const struct rf_duels *d, const double *sum, enum rf_tie_model ties,
               const struct rf_rank *start, bool *finite, struct rf_err *err)
{
    bool *reach = NULL;
    size_t *at = NULL;
    double *x = NULL, *room = NULL;
    struct problem p;
    int rc;
    *r = (struct rf_rank){ .models = d->models, .eta = NAN };
    *finite = !model[ties].draws || draws_of(d, sum, NULL) > 0;
    if (!*finite) {
        rc = refuse_eta(0, err);
        goto out;
    }
    if ((rc = RF_NEW(reach, d->models * d->models, err)) || (rc = RF_NEW(r->group, d->models, err)) ||
        (rc = RF_NEW(r->theta, d->models, err)) || (rc = RF_NEW(at, d->models, err)))
        goto out;
    close_over(d, sum, model[ties].connects, reach);
    r->rated = find_groups(d->models, reach, r->group);
    for (size_t i = 0; i < d->models; i++)
        r->theta[i] = NAN;
    if (r->rated < 2) {
        r->rated = 0;
        for (size_t i = 0; i < d->models; i++)
            r->group[i] = (int)i + 1;
        goto out;
    }
    set_problem(&p, r, d, sum, ties, at);
    if (p.n > p.rated && ((rc = eta_is_finite(&p, finite, err)) || !*finite)) {
        rc = rc ? rc : refuse_eta(draws_of(d, sum, at), err);
        goto out;
    }
    if ((rc = RF_NEW(x, p.n, err)) || (rc = RF_NEW(room, p.n * p.n + 3 * p.n, err)))
        goto out;
    for (size_t i = 0; i < d->models; i++)
        if (at[i] != SIZE_MAX && start && !isnan(start->theta[i]))
            x[at[i]] = start->theta[i];
    if (p.n > p.rated)
        x[p.rated] = start && !isnan(start->eta) ? start->eta : model[ties].start;
    if ((rc = newton(&p, x, room, &r->gradient, err)))
        goto out;
    for (size_t i = 0; i < d->models; i++)
        r->theta[i] = at[i] == SIZE_MAX ? (double)NAN : x[at[i]];
    r->eta = p.n > p.rated ? x[p.rated] : (double)NAN;
    centre(r->theta, r->group, d->models);
out:
    rf_free(reach);
    rf_free(at);
    rf_free(x);
    rf_free(room);
    if (rc)
        rf_rank_release(r);
    return rc;
}

int rf_rank_fit(struct rf_rank *r, const struct rf_duels *d, const double *sum, enum rf_tie_model ties,
                const struct rf_rank *start, struct rf_err *err)
{
    bool finite;
    return fit(r, d, sum, ties, start, &finite, err);
}

void rf_rank_release(struct rf_rank *r)
{
    rf_free(r->theta);
    rf_free(r->group);
    *r = (struct rf_rank){ 0 };
}

/* ---- uncertainty ---- */

/* B[n][n] += weights of one pair's votes, each the outer product of its own gradient. */
static void add_scores(const struct problem *p, size_t pair, const double *x, const double *square, double *b)
{
    const size_t at[3] = { p->at[p->d->pair[pair].a], p->at[p->d->pair[pair].b], p->rated };
    const size_t k = p->n > p->rated ? 3 : 2;
    for (size_t o = 0; o < RF_OUTCOMES; o++) {
        double y[RF_OUTCOMES] = { 0 };
        y[o] = 1;
        const struct term t = model[p->ties].term(y, difference(p, pair, x), eta_of(p, x));
        const double g[3] = { t.d, -t.d, t.eta };
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < k; j++)
                b[at[i] * p->n + at[j]] += square[pair * RF_OUTCOMES + o] * g[i] * g[j];
    }
}

int rf_rank_sandwich(const struct rf_rank *r, const struct rf_duels *d, const double *sum, const double *square,
                     enum rf_tie_model ties, double *cov, struct rf_err *err)
{
    size_t *at = NULL;
    double *x = NULL, *g = NULL, *h = NULL, *b = NULL, *hb = NULL, *v = NULL;
    struct problem p;
    int rc = RF_NEW(at, r->models, err);
    for (size_t i = 0; i < r->models * r->models; i++)
        cov[i] = NAN;
    if (rc || !r->rated)
        goto out;
    set_problem(&p, r, d, sum, ties, at);
    const size_t n = p.n;
    if ((rc = RF_NEW(x, n, err)) || (rc = RF_NEW(g, n, err)) || (rc = RF_NEW(h, n * n, err)) ||
        (rc = RF_NEW(b, n * n, err)) || (rc = RF_NEW(hb, n * n, err)) || (rc = RF_NEW(v, n * n, err)))
        goto out;
    for (size_t i = 0; i < r->models; i++)
        if (at[i] != SIZE_MAX)
            x[at[i]] = r->theta[i];
    if (n > p.rated)
        x[p.rated] = r->eta;
    derivatives(&p, x, g, h);
    for (size_t k = 0; k < d->pairs; k++)
        if (counts(&p, k))
            add_scores(&p, k, x, square, b);
    if ((rc = rf_dpotrf(n, h, err)) || (rc = rf_dpotri(n, h, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            h[i * n + j] = h[j * n + i]; /* the upper triangle was filled */
    rf_dgemm(false, false, n, n, n, 1, h, n, b, n, 0, hb, n);
    rf_dgemm(false, false, n, n, n, 1, hb, n, h, n, 0, v, n);
    for (size_t i = 0; i < r->models; i++)
        for (size_t j = 0; j < r->models; j++)
            if (at[i] != SIZE_MAX && at[j] != SIZE_MAX)
                cov[i * r->models + j] = v[at[i] * n + at[j]];
out:
    rf_free(at);
    rf_free(x);
    rf_free(g);
    rf_free(h);
    rf_free(b);
    rf_free(hb);
    rf_free(v);
    return rc;
}

struct boot {
    const struct rf_rank *r;
    const struct rf_duels *d;
    enum rf_tie_model ties;
    size_t resamples;
    uint64_t seed;
    double *theta;
};

/* theta[models] of one resample. */
static int boot_one(const struct boot *b, const double *sum, double *theta, struct rf_err *err)
{
    const size_t models = b->d->models;
    struct rf_rank r;
    struct rf_err why = { 0 };
    bool finite;
    for (size_t i = 0; i < models; i++)
        theta[i] = NAN;
    const int rc = fit(&r, b->d, sum, b->ties, b->r, &finite, &why);
    if (!rc) {
        memcpy(theta, r.theta, models * sizeof *theta);
        centre(theta, b->r->group, models);
        rf_rank_release(&r);
    }
    return rc && finite ? rf_fail(err, rc, "%s", why.msg) : 0;
}

/* Resamples [block * RF_LANES, ...): par's unit of work. */
static int boot_block(void *ctx, size_t block, struct rf_err *err)
{
    const struct boot *const b = ctx;
    const size_t first = block * RF_LANES, cells = b->d->pairs * RF_OUTCOMES;
    uint64_t size[RF_LANES];
    uint8_t *count = NULL;
    double *sum = NULL;  /* [cells][RF_LANES] */
    double *lane = NULL; /* [cells] */
    int rc = 0;
    if (rf_interrupted())
        return rf_fail(err, RF_INTERRUPTED, "interrupted after about %zu of %zu resamples", first, b->resamples);
    if (!(count = rf_calloc(b->d->n, RF_LANES, err)) || RF_NEW(sum, cells * RF_LANES, err) ||
        RF_NEW(lane, cells, err)) {
        rc = RF_FAIL;
        goto out;
    }
    rf_resample(b->seed, block, b->d->n, false, count, size);
    for (size_t i = 0; i < b->d->n; i++)
        for (size_t l = 0; l < RF_LANES; l++)
            sum[b->d->vote[i] * RF_LANES + l] += (double)b->d->weight[i] * count[i * RF_LANES + l];
    for (size_t l = 0; l < RF_LANES && first + l < b->resamples && !rc; l++) {
        for (size_t k = 0; k < cells; k++)
            lane[k] = sum[k * RF_LANES + l];
        rc = boot_one(b, lane, b->theta + (first + l) * b->d->models, err);
    }
out:
    rf_free(count);
    rf_free(sum);
    rf_free(lane);
    return rc;
}

int rf_rank_bootstrap(const struct rf_rank *r, const struct rf_duels *d, enum rf_tie_model ties, size_t resamples,
                      uint64_t seed, int threads, double *theta, struct rf_err *err)
{
    struct boot b = { r, d, ties, resamples, seed, theta };
    return rf_par_run((resamples + RF_LANES - 1) / RF_LANES, threads, boot_block, &b, err);
}
