/* Cosines by dot products in double, or by tiles of queries in one float GEMM; weights summed by tiers and outcome; a
 * Newton of the K strengths, from those of the query before. */
#include "train/sw.h"

#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "core/stats.h"
#include "train/rows.h"

enum { K = RF_SW_TIERS, OUTCOMES = 3, CELLS = K * K * OUTCOMES }; /* outcomes: a wins, b wins, a tie */
enum { QUERIES = 256, ROWS = 2048 };                              /* of a tile */

struct rf_sw_index {
    const float *x; /* [rows][dim] */
    size_t rows, dim, n;
    double *inverse;      /* [rows] 1 / length */
    float *float_inverse; /* the same */
    uint32_t *row;        /* [n] of the votes by cell (a * K + b) * OUTCOMES + outcome */
    float *weight;        /* [n] */
    size_t start[CELLS + 1];
    bool compat;
};

static size_t cell_of(const struct rf_sw_vote *v)
{
    const size_t outcome = v->share > 0.75F ? 0 : v->share < 0.25F ? 1 : 2;
    return ((size_t)v->a * K + v->b) * OUTCOMES + outcome;
}

int rf_sw_index_new(struct rf_sw_index **out, const struct rf_sw *s, struct rf_err *err)
{
    struct rf_sw_index *x = NULL;
    size_t next[CELLS];
    int rc = RF_NEW(x, 1, err);
    if (rc)
        return rc;
    x->x = s->x;
    x->rows = s->rows;
    x->dim = s->dim;
    x->n = s->n;
    x->compat = s->compat;
    if ((rc = RF_NEW(x->inverse, s->rows, err)) || (rc = RF_NEW(x->float_inverse, s->rows, err)) ||
        (rc = RF_NEW(x->row, s->n, err)) || (rc = RF_NEW(x->weight, s->n, err))) {
        rf_sw_index_free(x);
        return rc;
    }
    for (size_t i = 0; i < s->rows; i++) {
        x->inverse[i] = 1 / rf_row_norm(s->x + i * s->dim, s->dim);
        x->float_inverse[i] = (float)x->inverse[i];
    }
    for (size_t i = 0; i < s->n; i++)
        x->start[cell_of(&s->vote[i]) + 1]++;
    for (size_t c = 0; c < CELLS; c++)
        x->start[c + 1] += x->start[c];
    memcpy(next, x->start, sizeof next);
    for (size_t i = 0; i < s->n; i++) {
        const size_t at = next[cell_of(&s->vote[i])]++;
        x->row[at] = s->vote[i].row;
        x->weight[at] = s->vote[i].weight;
    }
    *out = x;
    return 0;
}

void rf_sw_index_free(struct rf_sw_index *x)
{
    if (x) {
        rf_free(x->inverse);
        rf_free(x->float_inverse);
        rf_free(x->row);
        rf_free(x->weight);
    }
    rf_free(x);
}

/* ---- the strengths ---- */

/* Weighted outcomes: win[i][j] that i beat j; alone[i][0/1] that i beat, or lost to, strength 0. */
struct sums {
    double win[K][K], alone[K][2];
};

static double loss(const struct sums *s, const double *t)
{
    double sum = 0;
    for (int i = 0; i < K; i++) {
        for (int j = 0; j < K; j++)
            sum += s->win[i][j] * rf_softplus(t[j] - t[i]);
        sum += s->alone[i][0] * rf_softplus(t[i]) + s->alone[i][1] * rf_softplus(-t[i]);
    }
    return sum;
}

/* Gradient and Hessian; a tier that no vote names keeps 0, and 1/K in every cell fixes the shift that the votes between
 * tiers do not see. A ridge that is felt where nothing else holds a strength: votes that one side has all won would
 * send it to infinity, and leave it near 30 instead. */
static void derivatives(const struct sums *s, const double *t, double scale, double *g, double *h)
{
    double held = 0;
    memset(g, 0, K * sizeof *g);
    memset(h, 0, K * K * sizeof *h);
    for (int i = 0; i < K; i++) {
        for (int j = i + 1; j < K; j++) {
            const double won = s->win[i][j], lost = s->win[j][i], p = rf_sigmoid(t[j] - t[i]);
            const double a = won * p - lost * (1 - p), c = (won + lost) * p * (1 - p);
            g[i] -= a;
            g[j] += a;
            h[i * K + i] += c;
            h[j * K + j] += c;
            h[i * K + j] -= c;
            h[j * K + i] -= c;
        }
        const double p = rf_sigmoid(t[i]), all = s->alone[i][0] + s->alone[i][1];
        g[i] += s->alone[i][0] * p - s->alone[i][1] * (1 - p);
        h[i * K + i] += all * p * (1 - p);
        held += all;
    }
    for (int i = 0; i < K; i++) {
        if (!(h[i * K + i] > 0))
            h[i * K + i] = scale;
        h[i * K + i] += 1e-13 * scale;
        g[i] += 1e-13 * scale * t[i];
    }
    for (int i = 0; i < K * K && !(held > 0); i++)
        h[i] += scale / K;
}

/* t - length step, halved until the loss falls. A step that changes no difference of strengths by more than 1.5 lowers
 * it in any case: the logistic loss has |f'''| <= f'', so that f(t + p) <= f(t) + gp + (e^d - d - 1) / d^2 pHp for
 * differences up to d, and the factor is below 1 for d < 1.79 (Bach, Electronic J. Statistics 4, 2010). */
static void walk(const struct sums *s, double *t, const double *step, double largest)
{
    double to[K], length = 1;
    for (int i = 0; i < K; i++)
        to[i] = t[i] - step[i];
    if (largest > 0.75) {
        const double now = loss(s, t);
        while (loss(s, to) > now && length > 1e-3) {
            length /= 2;
            for (int i = 0; i < K; i++)
                to[i] = t[i] - length * step[i];
        }
    }
    memcpy(t, to, sizeof to);
}

static int newton(const struct sums *s, double *t, struct rf_err *err)
{
    double g[K], h[K * K], scale = 0;
    for (int i = 0; i < K; i++) {
        for (int j = 0; j < K; j++)
            scale += s->win[i][j] / K;
        scale += (s->alone[i][0] + s->alone[i][1]) / K;
    }
    scale = scale > 0 ? scale : 1; /* no vote between tiers */
    for (int step = 0; step < 100; step++) {
        derivatives(s, t, scale, g, h);
        const int rc = rf_dposv(K, h, g, err);
        if (rc)
            return rc;
        double largest = 0;
        for (int i = 0; i < K; i++)
            largest = fmax(largest, fabs(g[i]));
        walk(s, t, g, largest);
        if (largest < 1e-8) /* convergence is quadratic: the error is at rounding now */
            return 0;
    }
    return rf_fail(err, RF_FAIL, "the strengths of %d tiers did not settle in 100 steps", K);
}

/* ---- the weights ---- */

/* The sum of a cell's votes to its tiers. */
static void add_cell(const struct rf_sw_index *x, size_t cell, double w, struct sums *s)
{
    const size_t a = cell / OUTCOMES / K, b = cell / OUTCOMES % K, outcome = cell % OUTCOMES;
    const double won = outcome == 0 ? w : outcome == 1 ? 0 : w / 2;
    if (a != b) {
        s->win[a][b] += won;
        s->win[b][a] += w - won;
    } else if (x->compat) { /* feature -ln 10: "a wins" is a loss of the tier against 0 */
        s->alone[a][0] += won;
        s->alone[a][1] += w - won;
    }
}

/* weight[rows]: of a row's votes. */
static void sum_doubles(const struct rf_sw_index *x, const double *weight, struct sums *s)
{
    *s = (struct sums){ 0 };
    for (size_t c = 0; c < CELLS; c++) {
        double w = 0;
        for (size_t i = x->start[c]; i < x->start[c + 1]; i++)
            w += weight[x->row[i]] * (double)x->weight[i];
        add_cell(x, c, w, s);
    }
}

static void sum_floats(const struct rf_sw_index *x, const float *weight, struct sums *s)
{
    *s = (struct sums){ 0 };
    for (size_t c = 0; c < CELLS; c++) {
        const size_t end = x->start[c + 1];
        double part[4] = { 0 }; /* hides the latency of the sum */
        size_t i = x->start[c];
        for (; i + 4 <= end; i += 4)
            for (size_t k = 0; k < 4; k++)
                part[k] += (double)(weight[x->row[i + k]] * x->weight[i + k]);
        for (; i < end; i++)
            part[0] += (double)(weight[x->row[i]] * x->weight[i]);
        add_cell(x, c, (part[0] + part[1]) + (part[2] + part[3]), s);
    }
}

/* 10 * 10^(v / most) in place, to 2e-7 of it: 2^t = 2^whole times a polynomial in the rest (Taylor, of degree 7). A
 * query that is like no prompt (most <= 0) weighs all votes alike. Written so that compilers take several at a time:
 * no clamp and no floor() in the loop. The sum with OFFSET may round up to the next whole number: then the rest is
 * some -1e-5, where the polynomial holds as well. */
static void weigh_floats(float *v, size_t n, float most)
{
    enum { LEAST = -120, OFFSET = 128 };
    const float scale = most > 1e-36F ? 3.321928094887362F / most : 0, bar = LEAST / scale;
    for (size_t i = 0; i < n && scale > -LEAST; i++) /* cosines are -1 at least: else none is below the bar */
        v[i] = v[i] > bar ? v[i] : bar;
    for (size_t i = 0; i < n; i++) {
        const float t = v[i] * scale;
        const int32_t whole = (int32_t)(t + OFFSET) - OFFSET;
        const float f = t - (float)whole;
        const float p =
            1 + f * (0.6931471806F +
                     f * (0.2402265070F +
                          f * (0.0555041087F +
                               f * (0.0096181291F + f * (0.0013333558F + f * (0.000154035304F + f * 0.0000152527F))))));
        const int32_t bits = (whole + 127) * (1 << 23);
        float power;
        memcpy(&power, &bits, sizeof power);
        v[i] = 10 * p * power;
    }
}

/* ---- queries ---- */

struct job {
    const struct rf_sw_index *x;
    const float *q;
    size_t queries;
    double *theta;
};

/* A query of length 1; one that is all zero stays so. */
static double inverse_length(const float *q, size_t dim)
{
    const double length = rf_row_norm(q, dim);
    return length > 0 ? 1 / length : 0;
}

static int search_one(void *ctx, size_t query, struct rf_err *err)
{
    const struct job *const j = ctx;
    const struct rf_sw_index *const x = j->x;
    const float *const from = j->q + query * x->dim;
    const double inverse = inverse_length(from, x->dim);
    double *q = NULL, *v = NULL, most = -INFINITY, theta[K] = { 0 };
    struct sums s;
    int rc;
    if ((rc = RF_NEW(q, x->dim, err)) || (rc = RF_NEW(v, x->rows, err)))
        goto out;
    for (size_t k = 0; k < x->dim; k++)
        q[k] = (double)from[k] * inverse;
    for (size_t i = 0; i < x->rows; i++) {
        v[i] = rf_row_dot_d(x->x + i * x->dim, q, x->dim) * x->inverse[i];
        most = fmax(most, v[i]);
    }
    const double scale = most > 0 ? log(10) / most : 0;
    for (size_t i = 0; i < x->rows; i++)
        v[i] = 10 * exp(scale * v[i]);
    sum_doubles(x, v, &s);
    if (!(rc = newton(&s, theta, err)))
        memcpy(j->theta + query * K, theta, sizeof theta);
out:
    rf_free(q);
    rf_free(v);
    return rc;
}

/* The weights of one query from its dot products with the rows. */
static void settle(const struct rf_sw_index *x, float *v, struct sums *s)
{
    const size_t rows = x->rows;
    const float *const inverse = x->float_inverse;
    float most = -INFINITY;
#pragma omp simd reduction(max : most)
    for (size_t i = 0; i < rows; i++) {
        v[i] *= inverse[i];
        most = v[i] > most ? v[i] : most;
    }
    weigh_floats(v, rows, most);
    sum_floats(x, v, s);
}

static int search_tile(void *ctx, size_t tile, struct rf_err *err)
{
    const struct job *const j = ctx;
    const struct rf_sw_index *const x = j->x;
    const size_t from = tile * QUERIES, n = j->queries - from < QUERIES ? j->queries - from : QUERIES;
    float *q = NULL, *v = NULL;
    double theta[K] = { 0 };
    int rc;
    if ((rc = RF_NEW(q, n * x->dim, err)) || (rc = RF_ROOM(v, n * x->rows, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        rf_row_unit(j->q + (from + i) * x->dim, x->dim, q + i * x->dim);
    if (n == 1)
        rf_sgemv(false, x->rows, x->dim, 1, x->x, x->dim, q, 0, v);
    for (size_t first = 0; n > 1 && first < x->rows; first += ROWS)
        rf_sgemm(false, true, n, x->rows - first < ROWS ? x->rows - first : ROWS, x->dim, 1, q, x->dim,
                 x->x + first * x->dim, x->dim, 0, v + first, x->rows);
    for (size_t i = 0; i < n && !rc; i++) {
        struct sums s;
        settle(x, v + i * x->rows, &s);
        rc = newton(&s, theta, err);
        memcpy(j->theta + (from + i) * K, theta, sizeof theta);
    }
out:
    rf_free(q);
    rf_free(v);
    return rc;
}

int rf_sw_strengths(const struct rf_sw_index *x, enum rf_sw_how how, const float *q, size_t queries, int threads,
                    double *theta, struct rf_err *err)
{
    struct job j = { x, q, queries, theta };
    return how == RF_SW_EXACT ? rf_par_run(queries, threads, search_one, &j, err)
                              : rf_par_run((queries + QUERIES - 1) / QUERIES, threads, search_tile, &j, err);
}
