/* One pass over the paired neighbours (rule: github.com/experientiallabs/experiential, routing/decision.py). */
#include "train/guard.h"

#include <math.h>

static const double slack = 1e-9;

const char *rf_guard_verdict_name(enum rf_guard_verdict v)
{
    static const char *const name[] = { [RF_GUARD_TRUSTED] = "no trusted model is cheaper",
                                        [RF_GUARD_NOVEL] = "unlike all questions of the bank",
                                        [RF_GUARD_FEW] = "too few neighbours scored for both models",
                                        [RF_GUARD_DOUBT] = "difference within its error" };
    return name[v];
}

enum rf_guard_verdict rf_guard_judge(const struct rf_guard *g, const double *distance, const double *other,
                                     const double *baseline, size_t k)
{
    const double *const a = g->number;
    const double best = 1 - distance[0] * 1e-12, least = a[RF_GUARD_NEAR] * best - slack;
    double sum = 0, square = 0, pairs = 0;
    if (!(best > slack) || best < a[RF_GUARD_NOVELTY] - slack)
        return RF_GUARD_NOVEL;
    for (size_t i = 0; i < k && 1 - distance[i] * 1e-12 >= least; i++) {
        const double d = (other[i] - baseline[i]) / g->range;
        if (isnan(d))
            continue;
        sum += d;
        square += d * d;
        pairs++;
    }
    if (pairs < a[RF_GUARD_PAIRS])
        return RF_GUARD_FEW;
    const double mean = sum / pairs, spread = pairs > 1 ? (square - sum * mean) / (pairs - 1) : 0;
    const double floor = a[RF_GUARD_FLOOR] * a[RF_GUARD_FLOOR], error = sqrt((spread > floor ? spread : floor) / pairs);
    return mean - a[RF_GUARD_Z] * error >= -a[RF_GUARD_TOLERANCE] - slack ? RF_GUARD_TRUSTED : RF_GUARD_DOUBT;
}

void rf_guard_hold(const struct rf_guard *g, double baseline_score, double baseline_cost, double *score, double *cost)
{
    const double most = baseline_score - 1e-6 * g->range;
    *score = *score < most ? *score : most;
    *cost = *cost > baseline_cost ? *cost : baseline_cost;
}
