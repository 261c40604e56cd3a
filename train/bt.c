/* Ratings from a win matrix through train/rank.c, and RouteLLM's tiers by dynamic programming over the sorted ratings.
 */
#include "train/bt.h"

#include <math.h>
#include <string.h>

#include "core/mem.h"
#include "core/stats.h"
#include "train/rank.h"

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

int rf_bt_fit(size_t n, const double *win, double *rating, size_t *rated, struct rf_err *err)
{
    struct rf_duels d = { .models = n };
    struct rf_rank r = { 0 };
    double *sum = NULL; /* [pairs][RF_OUTCOMES] */
    int rc;
    *rated = 0;
    if ((rc = RF_NEW(d.pair, n * n / 2, err)) || (rc = RF_NEW(sum, n * n / 2 * RF_OUTCOMES, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            const double first = win[i * n + j], second = win[j * n + i];
            if (!(first > 0 || second > 0))
                continue;
            sum[d.pairs * RF_OUTCOMES + RF_FIRST] = first;
            sum[d.pairs * RF_OUTCOMES + RF_SECOND] = second;
            d.pair[d.pairs++] = (struct rf_duel){ (uint32_t)i, (uint32_t)j };
        }
    if ((rc = rf_rank_fit(&r, &d, sum, RF_HALF, NULL, err)))
        goto out;
    for (size_t i = 0; i < n; i++)
        rating[i] = RF_RATING_SCALE * r.theta[i] + RF_RATING_MEAN;
    *rated = r.rated;
out:
    rf_rank_release(&r);
    rf_free(d.pair);
    rf_free(sum);
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
