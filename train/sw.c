/* Tiles of queries by GEMM, weights in double, K x K sums, and a Newton of K strengths. */
#include "train/sw.h"

#include <math.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/par.h"
#include "core/stats.h"
#include "train/rows.h"

enum { K = RF_SW_TIERS, QUERIES = 32 }; /* queries of a tile */

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
 * tiers do not see. */
static void derivatives(const struct sums *s, const double *t, double scale, double *g, double *h)
{
    double held = 0;
    memset(g, 0, K * sizeof *g);
    memset(h, 0, K * K * sizeof *h);
    for (int i = 0; i < K; i++) {
        for (int j = 0; j < K; j++) {
            const double p = rf_sigmoid(t[j] - t[i]), a = s->win[i][j] * p, c = a * (1 - p);
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
    for (int i = 0; i < K; i++)
        if (!(h[i * K + i] > 0))
            h[i * K + i] = scale;
    for (int i = 0; i < K * K && !(held > 0); i++)
        h[i] += scale / K;
}

static int newton(const struct sums *s, double *t, struct rf_err *err)
{
    double g[K], h[K * K], to[K], scale = 0;
    for (int i = 0; i < K; i++)
        for (int j = 0; j < K; j++)
            scale += s->win[i][j] / K;
    double now = loss(s, t);
    for (int step = 0; step < 100; step++) {
        derivatives(s, t, scale, g, h);
        const int rc = rf_dposv(K, h, g, err);
        if (rc)
            return rc;
        double length = 1, largest = 0, next;
        for (int i = 0; i < K; i++)
            largest = fmax(largest, fabs(g[i]));
        do {
            for (int i = 0; i < K; i++)
                to[i] = t[i] - length * g[i];
            next = loss(s, to);
            length /= 2;
        } while (next > now && length > 1e-3 && largest > 1e-6);
        memcpy(t, to, sizeof to);
        now = next;
        if (largest < 1e-12)
            return 0;
    }
    return rf_fail(err, RF_FAIL, "the strengths of %d tiers did not settle in 100 steps", K);
}

struct job {
    const struct rf_sw *s;
    const double *length; /* [rows] of the vectors */
    const float *q;
    size_t queries;
    double *theta;
};

/* cosine[rows] of one query to the strengths; start: those of the query before. */
static int settle(const struct job *j, const double *cosine, double *theta, struct rf_err *err)
{
    const struct rf_sw *const s = j->s;
    struct sums sums = { 0 };
    double most = -INFINITY;
    for (size_t i = 0; i < s->n; i++)
        most = fmax(most, cosine[s->vote[i].row]);
    const double scale = most > 0 ? log(10) / most : 0; /* a query that is like no prompt: all votes alike */
    for (size_t i = 0; i < s->n; i++) {
        const struct rf_sw_vote *const v = &s->vote[i];
        const double w = 10 * exp(scale * cosine[v->row]) * (double)v->weight, share = (double)v->share;
        if (v->a != v->b) {
            sums.win[v->a][v->b] += w * share;
            sums.win[v->b][v->a] += w * (1 - share);
        } else if (s->compat) { /* feature -ln 10: "a wins" is a loss of the tier against 0 */
            sums.alone[v->a][0] += w * share;
            sums.alone[v->a][1] += w * (1 - share);
        }
    }
    return newton(&sums, theta, err);
}

/* Cosines in double: floats hold seven digits, of which a weight loses none, but a strength may. */
static int search_tile(void *ctx, size_t tile, struct rf_err *err)
{
    const struct job *const j = ctx;
    const struct rf_sw *const s = j->s;
    const size_t from = tile * QUERIES, n = j->queries - from < QUERIES ? j->queries - from : QUERIES;
    double *q = NULL, *block = NULL, *dot = NULL, *cosine = NULL;
    int rc;
    if ((rc = RF_NEW(q, n * s->dim, err)) || (rc = RF_NEW(block, RF_BLOCK_ROWS * s->dim, err)) ||
        (rc = RF_NEW(dot, RF_BLOCK_ROWS * n, err)) || (rc = RF_NEW(cosine, n * s->rows, err)))
        goto out;
    for (size_t i = 0; i < n; i++) {
        const float *const x = j->q + (from + i) * s->dim;
        const double length = rf_row_norm(x, s->dim);
        for (size_t k = 0; k < s->dim; k++)
            q[i * s->dim + k] = length > 0 ? (double)x[k] / length : 0;
    }
    for (size_t first = 0; first < s->rows; first += RF_BLOCK_ROWS) {
        const size_t m = s->rows - first < RF_BLOCK_ROWS ? s->rows - first : RF_BLOCK_ROWS;
        for (size_t i = 0; i < m * s->dim; i++)
            block[i] = (double)s->x[first * s->dim + i];
        rf_dgemm(false, true, n, m, s->dim, 1, q, s->dim, block, s->dim, 0, dot, m);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < m; k++)
                cosine[i * s->rows + first + k] = dot[i * m + k] / j->length[first + k];
    }
    double theta[K] = { 0 };
    for (size_t i = 0; i < n && !rc; i++) {
        rc = settle(j, cosine + i * s->rows, theta, err);
        memcpy(j->theta + (from + i) * K, theta, sizeof theta);
    }
out:
    rf_free(q);
    rf_free(block);
    rf_free(dot);
    rf_free(cosine);
    return rc;
}

int rf_sw_strengths(const struct rf_sw *s, const float *q, size_t queries, int threads, double *theta,
                    struct rf_err *err)
{
    double *length = NULL;
    int rc = RF_NEW(length, s->rows, err);
    for (size_t i = 0; i < s->rows && !rc; i++)
        length[i] = rf_row_norm(s->x + i * s->dim, s->dim);
    struct job j = { s, length, q, queries, theta };
    if (!rc)
        rc = rf_par_run((queries + QUERIES - 1) / QUERIES, threads, search_tile, &j, err);
    rf_free(length);
    return rc;
}
