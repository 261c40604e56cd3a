/* Bradley-Terry by Newton's method on the win matrix, and RouteLLM's tiers by dynamic programming over the sorted
 * ratings. Refuses to rate a model whose strength the data leave unbounded. */
#include "train/bt.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/blas.h"
#include "core/mem.h"
#include "core/stats.h"

void rf_bt_count(const struct rf_votes *v, double *win)
{
    for (size_t i = 0; i < v->n; i++) {
        const struct rf_battle *k = &v->battle[i];
        if (k->valid)
            continue;
        double *ab = &win[k->a * v->models + k->b], *ba = &win[k->b * v->models + k->a];
        const double half = 0.5 * (double)k->weight;
        *ab += k->winner == RF_WINS_A ? 2 * half : k->winner == RF_WINS_B ? 0 : half;
        *ba += k->winner == RF_WINS_B ? 2 * half : k->winner == RF_WINS_A ? 0 : half;
    }
}

/* reach[i][j]: i beats j by a chain of wins (Warshall's closure). */
static void close_over(size_t n, const double *win, bool *reach)
{
    for (size_t i = 0; i < n * n; i++)
        reach[i] = win[i] > 0;
    for (size_t k = 0; k < n; k++)
        for (size_t i = 0; i < n; i++)
            if (reach[i * n + k])
                for (size_t j = 0; j < n; j++)
                    reach[i * n + j] |= reach[k * n + j];
}

/* member[0..count): the largest set in which every two models beat each other by chains; of equally large ones that of
 * the lowest index. */
static size_t largest_component(size_t n, const bool *reach, size_t *member)
{
    size_t best = 0, count = 0;
    for (size_t i = 0; i < n; i++) {
        size_t size = 1;
        for (size_t j = 0; j < n; j++)
            size += j != i && reach[i * n + j] && reach[j * n + i];
        if (size > count) {
            best = i;
            count = size;
        }
    }
    for (size_t j = 0, k = 0; j < n; j++)
        if (j == best || (reach[best * n + j] && reach[j * n + best]))
            member[k++] = j;
    return count;
}

/* Negative log-likelihood of theta over the wins w[m][m]. */
static double loss(size_t m, const double *w, const double *theta)
{
    double sum = 0;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            sum += w[i * m + j] * rf_softplus(theta[j] - theta[i]);
    return sum;
}

/* Gradient into g and Hessian (both triangles) into h. The Hessian does not see a shift of all strengths: 1/m in every
 * cell fixes it. */
static void derivatives(size_t m, const double *w, const double *theta, double *g, double *h)
{
    memset(g, 0, m * sizeof *g);
    for (size_t i = 0; i < m * m; i++)
        h[i] = 1 / (double)m;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++) {
            const double p = rf_sigmoid(theta[j] - theta[i]), a = w[i * m + j] * p, c = a * (1 - p);
            g[i] -= a;
            g[j] += a;
            h[i * m + i] += c;
            h[j * m + j] += c;
            h[i * m + j] -= c;
            h[j * m + i] -= c;
        }
}

/* theta[m] from zero to the maximum. The loss is convex and self-concordant, so halved steps always get there. */
static int newton(size_t m, const double *w, double *theta, struct rf_err *err)
{
    double *g = NULL, *h = NULL, *to = NULL;
    int rc = 0;
    if ((rc = RF_NEW(g, m, err)) || (rc = RF_NEW(h, m * m, err)) || (rc = RF_NEW(to, m, err)))
        goto out;
    double now = loss(m, w, theta);
    for (int step = 0;; step++) {
        if (step == 200) {
            rc = rf_fail(err, RF_FAIL, "Bradley-Terry strengths of %zu models did not settle in 200 steps", m);
            goto out;
        }
        derivatives(m, w, theta, g, h);
        if ((rc = rf_dposv(m, h, g, err)))
            goto out;
        double length = 1, largest = 0, next;
        for (size_t i = 0; i < m; i++)
            largest = fmax(largest, fabs(g[i]));
        do {
            for (size_t i = 0; i < m; i++)
                to[i] = theta[i] - length * g[i];
            next = loss(m, w, to);
            length /= 2;
        } while (next > now && length > 1e-3 && largest > 1e-6); /* below, rounding hides the descent */
        memcpy(theta, to, m * sizeof *theta);
        now = next;
        if (largest < 1e-9) /* convergence is quadratic: the error is at rounding now */
            break;
    }
out:
    rf_free(g);
    rf_free(h);
    rf_free(to);
    return rc;
}

int rf_bt_fit(size_t n, const double *win, double *rating, size_t *rated, struct rf_err *err)
{
    bool *reach = NULL;
    size_t *member = NULL, m = 0;
    double *w = NULL, *theta = NULL, mean = 0;
    int rc = 0;
    *rated = 0;
    for (size_t i = 0; i < n; i++)
        rating[i] = NAN;
    if ((rc = RF_NEW(reach, n * n, err)) || (rc = RF_NEW(member, n, err)))
        goto out;
    close_over(n, win, reach);
    m = largest_component(n, reach, member);
    if (m < 2)
        goto out;
    if ((rc = RF_NEW(w, m * m, err)) || (rc = RF_NEW(theta, m, err)))
        goto out;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < m; j++)
            w[i * m + j] = i == j ? 0 : win[member[i] * n + member[j]];
    if ((rc = newton(m, w, theta, err)))
        goto out;
    for (size_t i = 0; i < m; i++)
        mean += theta[i] / (double)m;
    for (size_t i = 0; i < m; i++)
        rating[member[i]] = 400 / log(10) * (theta[i] - mean) + 1000;
    *rated = m;
out:
    rf_free(reach);
    rf_free(member);
    rf_free(w);
    rf_free(theta);
    return rc;
}

/* Population variance of r[from..to], both ends in. */
static double variance(const double *r, size_t from, size_t to)
{
    const double count = (double)(to - from + 1);
    double mean = 0, sum = 0;
    for (size_t i = from; i <= to; i++)
        mean += r[i];
    mean /= count;
    for (size_t i = from; i <= to; i++)
        sum += (r[i] - mean) * (r[i] - mean);
    return sum / count;
}

/* cost[j][t] = least sum of variances of r[0..j] in groups 0..t; cut[j][t] = last index of group t - 1 there. The first
 * cut wins on equal cost; r[0] alone costs nothing in any number of groups. */
static void cut_groups(size_t m, const double *r, size_t tiers, double *cost, size_t *cut)
{
    for (size_t j = 1; j < m; j++)
        cost[j * tiers] = variance(r, 0, j);
    for (size_t j = 1; j < m; j++)
        for (size_t t = 1; t < tiers; t++)
            cost[j * tiers + t] = INFINITY;
    for (size_t j = 1; j < m; j++)
        for (size_t l = 0; l < j; l++) {
            const double last = variance(r, l + 1, j);
            for (size_t t = 1; t < tiers; t++) {
                const double c = cost[l * tiers + t - 1] + last;
                if (c < cost[j * tiers + t]) {
                    cost[j * tiers + t] = c;
                    cut[j * tiers + t] = l;
                }
            }
        }
}

int rf_bt_tiers(size_t n, const double *rating, size_t tiers, int *tier, struct rf_err *err)
{
    size_t *order = NULL, *cut = NULL, m = 0;
    double *down = NULL, *cost = NULL;
    int rc = 0;
    if ((rc = RF_NEW(order, n, err)) || (rc = RF_NEW(down, n, err)) || (rc = RF_NEW(cost, n * tiers, err)) ||
        (rc = RF_NEW(cut, n * tiers, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        down[i] = isnan(rating[i]) ? INFINITY : -rating[i]; /* strongest first, unrated last */
    rf_argsort(down, n, order);
    for (size_t i = 0; i < n; i++) {
        tier[order[i]] = -1;
        if (!isnan(rating[order[i]]))
            m = i + 1;
    }
    if (!m)
        goto out;
    for (size_t i = 0; i < m; i++)
        down[i] = rating[order[i]];
    cut_groups(m, down, tiers, cost, cut);
    size_t last = m - 1;
    for (size_t t = tiers - 1; t > 0 && last > 0; t--) {
        for (size_t i = cut[last * tiers + t] + 1; i <= last; i++)
            tier[order[i]] = (int)t;
        last = cut[last * tiers + t];
    }
    for (size_t i = 0; i <= last; i++)
        tier[order[i]] = 0;
out:
    rf_free(order);
    rf_free(cut);
    rf_free(down);
    rf_free(cost);
    return rc;
}
